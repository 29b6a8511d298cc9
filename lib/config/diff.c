/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Objects whose marks differ are taken in their printed form, where every default stands, and compared key by key: a key
 * that is added to a table of fields is compared from that moment on.
 */
#include "config/diff.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parts.h"

struct text {
	char *at;
	size_t n, room;
};

static void put(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->at + t->n, t->room - t->n, fmt, ap);
	va_end(ap);
	t->n += (size_t)n;
	if (t->n >= t->room) { /* full: the end says so */
		t->n = t->room - 1;
		memcpy(t->at + t->n - 3, "...", 3);
	}
}

/* ---- one key ---- */

static void put_value(struct text *out, const json_t *value)
{
	char *text;

	if (!value || json_is_null(value)) {
		put(out, "none");
		return;
	}
	text = json_is_string(value) ? strdup(json_string_value(value))
				     : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	put(out, "%s", text ? text : "?");
	free(text);
}

static char *dump(const json_t *value)
{
	return json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
}

/* An array's elements as keys of an object, so that one is found in one step. */
json_t *conf_json_set(const json_t *array)
{
	json_t *set = json_object();

	for (size_t i = 0; i < json_array_size(array); i++) {
		char *text = dump(json_array_get(array, i));

		if (text)
			json_object_set_new(set, text, json_true());
		free(text);
	}
	return set;
}

bool conf_json_is_in(const json_t *set, const json_t *element)
{
	char *text = dump(element);
	bool found = text && json_object_get(set, text);

	free(text);
	return found;
}

/* Those of array that are not in other, with sign in front of each. */
static void put_missing(struct text *out, char sign, const json_t *array, const json_t *other)
{
	json_t *set = conf_json_set(other);

	for (size_t i = 0; i < json_array_size(array) && out->n + 1 < out->room; i++) {
		if (!conf_json_is_in(set, json_array_get(array, i))) {
			put(out, " %c", sign);
			put_value(out, json_array_get(array, i));
		}
	}
	json_decref(set);
}

/* " -gone +come"; where only the order differs, that. */
static void put_elements(struct text *out, const json_t *old, const json_t *new_)
{
	size_t start = out->n;

	put_missing(out, '-', old, new_);
	put_missing(out, '+', new_, old);
	if (out->n == start)
		put(out, " in another order");
}

static void put_keys(struct text *out, const char *prefix, const json_t *old, const json_t *new_);

static void put_key(
	struct text *out, const char *prefix, const char *key, const json_t *old, const json_t *new_)
{
	char name[64];

	if (old && new_ && json_equal(old, new_))
		return;
	if (json_is_object(old) && json_is_object(new_)) {
		snprintf(name, sizeof name, "%s%s.", prefix, key);
		put_keys(out, name, old, new_);
		return;
	}
	put(out, "%s%s%s", out->n ? ", " : "", prefix, key);
	if (json_is_array(old) && json_is_array(new_)) {
		put_elements(out, old, new_);
		return;
	}
	put(out, " ");
	put_value(out, old);
	put(out, " -> ");
	put_value(out, new_);
}

/* Both print the same table, so they have the same keys. */
static void put_keys(struct text *out, const char *prefix, const json_t *old, const json_t *new_)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)new_, key, value)
		put_key(out, prefix, key, json_object_get(old, key), value);
}

/* ---- one object ---- */

static struct am_diff_item *append(struct am_diff *out)
{
	struct am_diff_item *item = out->items;

	/* There is room up to the next power of two. */
	if (!(out->n & (out->n - 1))) {
		item = realloc(item, (out->n ? out->n * 2 : 1) * sizeof *item);
		if (!item)
			return NULL;
		out->items = item;
	}
	item += out->n++;
	memset(item, 0, sizeof *item);
	return item;
}

static bool any_needs_restart(enum am_diff_object object, const json_t *old, const json_t *new_)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)new_, key, value)
	{
		if (conf_needs_restart(object, old, new_, key))
			return true;
	}
	return false;
}

/* Objects of one kind, in an array, each beginning with its name. */
struct objects {
	const uint8_t *items;
	uint32_t n;
	struct am_map *names;
};

struct section {
	enum am_diff_object object;
	const struct fields *fields;
	size_t size, mark_at; /* of an object; where its mark stands in it */
	struct objects old, new_;
};

static struct am_diff_item *note(
	struct am_diff *out, enum am_diff_action action, enum am_diff_object object, const char *name)
{
	struct am_diff_item *item = append(out);

	if (!item)
		return NULL;
	item->action = action;
	item->object = object;
	snprintf(item->name, sizeof item->name, "%s", name);
	if (action != AM_DIFF_CHANGE)
		conf_impact_of_rest(item);
	return item;
}

static int note_change(struct am_diff *out, enum am_diff_object object, const char *name,
	const struct fields *fields, const void *old, const void *new_)
{
	struct am_diff_item *item = note(out, AM_DIFF_CHANGE, object, name);
	json_t *before, *after;
	struct text what;

	if (!item)
		return -ENOMEM;
	before = conf_print_fields(fields, old);
	after = conf_print_fields(fields, new_);
	what = (struct text){.at = item->what, .room = sizeof item->what};
	put_keys(&what, "", before, after);
	item->needs_restart = any_needs_restart(object, before, after);
	conf_impact_of_change(item, before, after);
	json_decref(before);
	json_decref(after);
	return 0;
}

static uint64_t mark_of(const struct section *s, const uint8_t *object)
{
	uint64_t mark;

	memcpy(&mark, object + s->mark_at, sizeof mark);
	return mark;
}

/* The object of this name, or NULL. */
static const uint8_t *find(const struct section *s, const struct objects *in, const char *name)
{
	uint32_t at;

	return conf_find_name(in->names, name, &at) ? in->items + at * s->size : NULL;
}

/* Those of one side that the other does not have. */
static int note_missing(struct am_diff *out, const struct section *s, enum am_diff_action action,
	const struct objects *from, const struct objects *in)
{
	for (uint32_t i = 0; i < from->n; i++) {
		const char *name = (const char *)from->items + i * s->size;

		if (!find(s, in, name) && !note(out, action, s->object, name))
			return -ENOMEM;
	}
	return 0;
}

static int note_changed(struct am_diff *out, const struct section *s)
{
	int r = 0;

	for (uint32_t i = 0; i < s->new_.n && !r; i++) {
		const uint8_t *new_ = s->new_.items + i * s->size;
		const uint8_t *old = find(s, &s->old, (const char *)new_);

		if (old && mark_of(s, old) != mark_of(s, new_))
			r = note_change(out, s->object, (const char *)new_, s->fields, old, new_);
	}
	return r;
}

static int note_new(struct am_diff *out, const struct section *s)
{
	int r = note_changed(out, s);

	return r ? r : note_missing(out, s, AM_DIFF_ADD, &s->new_, &s->old);
}

/* ---- objects that are always there ---- */

static int note_system(struct am_diff *out, const struct am_config *old, const struct am_config *new_)
{
	if (!old)
		return note(out, AM_DIFF_ADD, AM_OBJ_SYSTEM, "system") ? 0 : -ENOMEM;
	if (old->system_mark == new_->system_mark)
		return 0;
	return note_change(out, AM_OBJ_SYSTEM, "system", &conf_system_fields, old, new_);
}

/* One of the two that always exist. */
static int note_vrf(
	struct am_diff *out, const char *name, const struct am_conf_vrf *old, const struct am_conf_vrf *new_)
{
	if (!old)
		return note(out, AM_DIFF_ADD, AM_OBJ_VRF, name) ? 0 : -ENOMEM;
	if (old->mark == new_->mark)
		return 0;
	return note_change(out, AM_OBJ_VRF, name, &conf_vrf_fields, old, new_);
}

static int note_vrfs(struct am_diff *out, const struct am_config *old, const struct am_config *new_)
{
	int r = note_vrf(out, "underlay", old ? &old->underlay : NULL, &new_->underlay);

	if (r)
		return r;
	return note_vrf(out, "default", old ? &old->dflt : NULL, &new_->dflt);
}

/* ---- the whole ---- */

enum { PREFIX_SETS, ACLS, PORTS, TUNNELS, VRFS, BRIDGES, XCONNECTS, SECTIONS };

static struct objects objects(const void *items, uint32_t n, size_t size)
{
	return (struct objects){items, n, conf_names(items, n, size)};
}

/* Bridges stand before xconnects. */
static uint32_t count_bridges(const struct am_config *c)
{
	uint32_t n = 0;

	while (n < c->n_bridges && !c->bridges[n].xconnect)
		n++;
	return n;
}

static void list(const struct am_config *c, struct objects out[SECTIONS])
{
	uint32_t n = count_bridges(c);

	out[PREFIX_SETS] = objects(c->prefix_sets, c->n_prefix_sets, sizeof *c->prefix_sets);
	out[ACLS] = objects(c->acls, c->n_acls, sizeof *c->acls);
	out[PORTS] = objects(c->ports, c->n_ports, sizeof *c->ports);
	out[TUNNELS] = objects(c->tunnels, c->n_tunnels, sizeof *c->tunnels);
	out[VRFS] = objects(c->vrfs, c->n_vrfs, sizeof *c->vrfs);
	out[BRIDGES] = objects(c->bridges, n, sizeof *c->bridges);
	out[XCONNECTS] = objects(c->bridges ? c->bridges + n : NULL, c->n_bridges - n, sizeof *c->bridges);
}

/* Users go before what they use, and come after it. */
static int compare(const struct am_config *old, const struct am_config *new_,
	const struct section sections[SECTIONS], struct am_diff *out)
{
	int r = 0;

	for (int i = SECTIONS - 1; i >= 0 && !r; i--)
		r = note_missing(out, &sections[i], AM_DIFF_REMOVE, &sections[i].old, &sections[i].new_);
	if (!r)
		r = note_system(out, old, new_);
	for (int i = 0; i < SECTIONS && !r; i++) {
		if (i == VRFS)
			r = note_vrfs(out, old, new_);
		if (!r)
			r = note_new(out, &sections[i]);
	}
	return r;
}

#define SECTION(what, table, type)                                                                           \
	{                                                                                                    \
		.object = (what), .fields = &(table), .size = sizeof(type), .mark_at = offsetof(type, mark)  \
	}

int am_config_diff(const struct am_config *old, const struct am_config *new_, struct am_diff *out)
{
	static const struct am_config nothing;
	struct section sections[SECTIONS] = {
		[PREFIX_SETS] = SECTION(AM_OBJ_PREFIX_SET, conf_prefix_set_fields, struct am_conf_prefix_set),
		[ACLS] = SECTION(AM_OBJ_ACL, conf_acl_fields, struct am_conf_acl),
		[PORTS] = SECTION(AM_OBJ_PORT, conf_port_fields, struct am_conf_port),
		[TUNNELS] = SECTION(AM_OBJ_TUNNEL, conf_tunnel_fields, struct am_conf_tunnel),
		[VRFS] = SECTION(AM_OBJ_VRF, conf_vrf_fields, struct am_conf_vrf),
		[BRIDGES] = SECTION(AM_OBJ_BRIDGE, conf_bridge_fields, struct am_conf_bridge),
		[XCONNECTS] = SECTION(AM_OBJ_XCONNECT, conf_xconnect_fields, struct am_conf_bridge),
	};
	struct objects before[SECTIONS], after[SECTIONS];
	bool ok = true;
	int r;

	*out = (struct am_diff){0};
	list(old ? old : &nothing, before);
	list(new_, after);
	for (int i = 0; i < SECTIONS; i++) {
		sections[i].old = before[i];
		sections[i].new_ = after[i];
		ok = ok && before[i].names && after[i].names;
	}
	r = ok ? compare(old, new_, sections, out) : -ENOMEM;
	for (size_t i = 0; i < out->n; i++)
		if (out->items[i].object == AM_OBJ_PORT && out->items[i].action == AM_DIFF_CHANGE)
			conf_impact_users(&out->items[i], new_);
	for (int i = 0; i < SECTIONS; i++) {
		am_map_free(before[i].names);
		am_map_free(after[i].names);
	}
	if (r)
		am_diff_free(out);
	return r;
}

void am_diff_free(struct am_diff *diff)
{
	free(diff->items);
	*diff = (struct am_diff){0};
}
