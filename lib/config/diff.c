/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Both configurations are taken in their printed form, where every default stands, and compared key by key: a key that
 * is added to a table of fields is compared from that moment on.
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
static json_t *as_set(const json_t *array)
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

/* Those of array that are not in other, with sign in front of each. */
static void put_missing(struct text *out, char sign, const json_t *array, const json_t *other)
{
	json_t *set = as_set(other);

	for (size_t i = 0; i < json_array_size(array) && out->n + 1 < out->room; i++) {
		char *text = dump(json_array_get(array, i));

		if (text && !json_object_get(set, text)) {
			put(out, " %c", sign);
			put_value(out, json_array_get(array, i));
		}
		free(text);
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
	struct am_diff_item *grown = realloc(out->items, (out->n + 1) * sizeof *grown);

	if (!grown)
		return NULL;
	out->items = grown;
	grown += out->n++;
	memset(grown, 0, sizeof *grown);
	return grown;
}

static bool differs(const json_t *old, const json_t *new_, const char *key)
{
	return !json_equal(json_object_get(old, key), json_object_get(new_, key));
}

static bool any_differs(const json_t *old, const json_t *new_, const char *const *keys)
{
	for (; *keys; keys++) {
		if (differs(old, new_, *keys))
			return true;
	}
	return false;
}

/*
 * What a running daemon cannot change: its EAL and threads, and what a device was opened with. A port that moves to another
 * device is opened anew, so nothing waits.
 */
static bool needs_restart(enum am_diff_object object, const json_t *old, const json_t *new_)
{
	static const char *const device[] = {"driver", "device", "devargs", NULL};
	static const char *const opened_with[] = {"queues", "mtu", "mac", NULL};
	const char *key;
	json_t *value;

	if (object == AM_OBJ_PORT)
		return any_differs(old, new_, opened_with) && !any_differs(old, new_, device);
	if (object != AM_OBJ_SYSTEM)
		return false;
	json_object_foreach((json_t *)(uintptr_t)new_, key, value)
	{
		if (strcmp(key, "watch") != 0 && differs(old, new_, key))
			return true;
	}
	return false;
}

struct section {
	enum am_diff_object object;
	const json_t *old, *new_; /* objects by name */
};

static int note(struct am_diff *out, const struct section *s, enum am_diff_action action, const char *name)
{
	const json_t *old = json_object_get(s->old, name), *new_ = json_object_get(s->new_, name);
	struct am_diff_item *item = append(out);
	struct text what;

	if (!item)
		return -ENOMEM;
	item->action = action;
	item->object = s->object;
	snprintf(item->name, sizeof item->name, "%s", name);
	what = (struct text){.at = item->what, .room = sizeof item->what};
	if (action == AM_DIFF_CHANGE) {
		put_keys(&what, "", old, new_);
		item->needs_restart = needs_restart(s->object, old, new_);
	}
	return 0;
}

static int note_removed(struct am_diff *out, const struct section *s)
{
	const char *name;
	json_t *value;
	int r = 0;

	json_object_foreach((json_t *)(uintptr_t)s->old, name, value)
	{
		if (!r && !json_object_get(s->new_, name))
			r = note(out, s, AM_DIFF_REMOVE, name);
	}
	return r;
}

static int note_changed(struct am_diff *out, const struct section *s)
{
	const char *name;
	json_t *value;
	int r = 0;

	json_object_foreach((json_t *)(uintptr_t)s->new_, name, value)
	{
		const json_t *old = json_object_get(s->old, name);

		if (!r && old && !json_equal(old, value))
			r = note(out, s, AM_DIFF_CHANGE, name);
	}
	return r;
}

static int note_added(struct am_diff *out, const struct section *s)
{
	const char *name;
	json_t *value;
	int r = 0;

	json_object_foreach((json_t *)(uintptr_t)s->new_, name, value)
	{
		if (!r && !json_object_get(s->old, name))
			r = note(out, s, AM_DIFF_ADD, name);
	}
	return r;
}

/* ---- the whole ---- */

/* The printed form, with "system" one level deeper: an object called "system" as the others have names. */
static json_t *by_name(const struct am_config *c)
{
	json_t *root = c ? conf_print_root(c) : json_object();
	json_t *system = json_object_get(root, "system");

	if (system)
		json_object_set_new(root, "system", json_pack("{sO}", "system", system));
	return root;
}

/* Users go before what they use, and come after it. */
static int compare(const json_t *old, const json_t *new_, struct am_diff *out)
{
	static const char *const keys[] = {"system", "ports", "tunnels", "vrfs", "bridges", "xconnects"};
	enum { N = sizeof keys / sizeof keys[0] };
	struct section sections[N];
	int r = 0;

	for (int i = 0; i < N; i++)
		sections[i] = (struct section){(enum am_diff_object)i, json_object_get(old, keys[i]),
			json_object_get(new_, keys[i])};
	for (int i = N - 1; i >= 0 && !r; i--)
		r = note_removed(out, &sections[i]);
	for (int i = 0; i < N && !r; i++) {
		r = note_changed(out, &sections[i]);
		if (!r)
			r = note_added(out, &sections[i]);
	}
	return r;
}

int am_config_diff(const struct am_config *old, const struct am_config *new_, struct am_diff *out)
{
	json_t *before = by_name(old), *after = by_name(new_);
	int r = -ENOMEM;

	*out = (struct am_diff){0};
	if (before && after)
		r = compare(before, after, out);
	json_decref(before);
	json_decref(after);
	if (r)
		am_diff_free(out);
	return r;
}

void am_diff_free(struct am_diff *diff)
{
	free(diff->items);
	*diff = (struct am_diff){0};
}
