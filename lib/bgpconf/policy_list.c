/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists that policies refer to: of prefixes, ASes and communities, each by its name or written where it is used. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/prefix_file.h"
#include "policy_parts.h"

/* ---- prefixes ---- */

static void destroy_list(void *list)
{
	am_bgp_prefix_list_free(list);
}

/* A list of these entries, kept; NULL where it cannot be made. */
static const struct am_bgp_prefix_list *make_list(
	const struct place *at, const struct am_bgp_prefix_entry *entries, size_t n)
{
	struct am_bgp_prefix_list *list;
	int rc = am_bgp_prefix_list_create(entries, n, &list);

	if (rc) {
		conf_complain(
			at, rc == -E2BIG ? "more than 16 million entries: split the list" : "out of memory");
		return NULL;
	}
	return bgpconf_keep(at, list, destroy_list) ? list : NULL;
}

static void read_entry(const struct place *at, void *to)
{
	struct vector *entries = to;
	struct am_bgp_prefix_entry e, *place;
	struct am_err err;

	if (!conf_want_text(at))
		return;
	if (am_bgp_prefix_entry_parse(json_string_value(at->json), &e, &err)) {
		conf_complain(at, "%s", err.text);
		return;
	}
	e.seq = entries->n + 1;
	place = bgpconf_push(at, entries);
	if (place)
		*place = e;
}

/* A file beside the configuration, while it is read. */
struct file {
	char file[256], list[128];
	const struct place *at;
};

static const struct field file_rows[] = {
	{.name = "file", .kind = FIELD_TEXT, .required = true, AT(struct file, file)},
	TEXT("list", struct file, list),
};
static const struct fields file_fields = FIELDS(file_rows);

static void complain_in_file(void *to, unsigned line, unsigned column, const char *text)
{
	const struct file *f = to;

	conf_complain(f->at, "%s:%u:%u: %s", f->file, line, column, text);
}

static void parse_file(struct file *f, const char *text, size_t len, const struct am_bgp_prefix_list **out)
{
	struct am_bgp_prefix_file parsed;
	int rc = am_bgp_prefix_file_parse(text, len, *f->list ? f->list : NULL, complain_in_file, f, &parsed);

	if (rc == -ENOMEM)
		conf_complain(f->at, "out of memory");
	if (rc)
		return;
	*out = make_list(f->at, parsed.entries, parsed.n);
	am_bgp_prefix_file_free(&parsed);
}

/* The reader knows the file that it cannot read; the operator looks for the key that names it. */
static char *read_named(const struct place *at, const char *path, size_t *len)
{
	struct am_config_errors errors = {0};
	char *text = conf_read_file(path, len, &errors);

	for (size_t i = 0; i < errors.n; i++)
		conf_complain(at, "%s", errors.items[i].text);
	am_config_errors_free(&errors);
	return text;
}

static void read_file(const struct place *at, const struct am_bgp_prefix_list **out)
{
	struct place member = conf_place_member(at, "file");
	const char *folder = policy_load(at)->folder;
	struct file f = {.at = &member};
	size_t errors = at->load->errors->n, len;
	char path[512], *text;

	conf_read_fields(at, &file_fields, &f);
	if (errors != at->load->errors->n)
		return;
	if (!folder) {
		conf_complain(&member, "files are read only beside a configuration that is a file itself");
		return;
	}
	snprintf(
		path, sizeof path, "%s%s%s", *f.file == '/' ? "" : folder, *f.file == '/' ? "" : "/", f.file);
	text = read_named(&member, path, &len);
	if (text)
		parse_file(&f, text, len, out);
	free(text);
}

static void read_prefix_list(const struct place *at, void *item)
{
	struct bgpconf_prefix_list *l = item;
	struct vector entries = {.size = sizeof(struct am_bgp_prefix_entry)};

	if (json_is_object(at->json)) {
		read_file(at, &l->list);
		return;
	}
	bgpconf_each(at, read_entry, &entries);
	l->list = make_list(at, entries.items, entries.n);
	free(entries.items);
}

static void push_list(const struct place *at, struct vector *v, const struct am_bgp_prefix_list *list)
{
	const struct am_bgp_prefix_list **place = list ? bgpconf_push(at, v) : NULL;

	if (place)
		*place = list;
}

/* An address alone, or an entry: what has a slash or a colon is no name. */
static bool is_literal(const char *text, struct am_ip *ip)
{
	*ip = (struct am_ip){0};
	return !am_ip_parse_text(text, ip) || strpbrk(text, "/: ");
}

static void read_list_or_name(const struct place *at, void *to)
{
	const struct am_bgpconf_policies *p = policy_load(at)->policies;
	struct vector entries = {.size = sizeof(struct am_bgp_prefix_entry)};
	const char *text = json_string_value(at->json);
	struct am_ip ip;

	if (!conf_want_text(at))
		return;
	if (is_literal(text, &ip)) {
		struct am_bgp_prefix_entry host = {{ip, (uint8_t)(am_ip_len(&ip) * 8)},
			(uint8_t)(am_ip_len(&ip) * 8), (uint8_t)(am_ip_len(&ip) * 8), true, 1};

		if (!ip.family)
			read_entry(at, &entries);
		if (ip.family || entries.n)
			push_list(at, to, make_list(at, ip.family ? &host : entries.items, 1));
		free(entries.items);
		return;
	}
	for (uint16_t i = 0; i < p->n_lists; i++) {
		if (!strcmp(p->lists[i].name, text)) {
			push_list(at, to, p->lists[i].list);
			return;
		}
	}
	conf_complain(at,
		"there is no prefix list \"%.60s\": define it in \"prefix_lists\", or write a prefix", text);
}

void bgpconf_read_prefix_lists(const struct place *at, struct vector *v)
{
	bgpconf_each(at, read_list_or_name, v);
}

/* ---- numbers ---- */

static int by_low(const void *a, const void *b)
{
	const struct am_bgp_range *x = a, *y = b;

	return (x->low > y->low) - (x->low < y->low);
}

void bgpconf_sort_ranges(struct vector *v)
{
	struct am_bgp_range *r = v->items;
	uint32_t kept = 0;

	if (!v->n)
		return;
	qsort(r, v->n, sizeof *r, by_low);
	for (uint32_t i = 1; i < v->n; i++) {
		if (r[kept].high == UINT32_MAX || r[i].low <= r[kept].high + 1)
			r[kept].high = r[i].high > r[kept].high ? r[i].high : r[kept].high;
		else
			r[++kept] = r[i];
	}
	v->n = kept + 1;
}

static void push_range(const struct place *at, struct vector *v, struct am_bgp_range range)
{
	struct am_bgp_range *place = bgpconf_push(at, v);

	if (place)
		*place = range;
}

static bool to_number(const char *text, size_t len, uint32_t *out)
{
	uint64_t v = 0;

	if (!len || len > 10 || strspn(text, "0123456789") < len)
		return false;
	for (size_t i = 0; i < len; i++)
		v = v * 10 + (uint64_t)(text[i] - '0');
	*out = (uint32_t)v;
	return v <= UINT32_MAX;
}

/* "10-20", ">10", ">=10", "<10", "<=10". */
static bool to_range(const char *text, struct am_bgp_range *out)
{
	size_t skip = strspn(text, "<>="), digits;
	bool or_equal = skip == 2 && text[1] == '=';
	const char *number = text + skip + strspn(text + skip, " ");
	uint32_t v;

	digits = strspn(number, "0123456789");
	if (!to_number(number, digits, &v) || skip > 2 || (skip == 2 && !or_equal) ||
		(skip && (*text == '=' || number[digits])))
		return false;
	if (!skip) {
		out->low = v;
		return number[digits] == '-' &&
		       to_number(number + digits + 1, strlen(number + digits + 1), &out->high) &&
		       out->low <= out->high;
	}
	if (*text == '>')
		*out = (struct am_bgp_range){or_equal ? v : v + (v < UINT32_MAX), UINT32_MAX};
	else
		*out = (struct am_bgp_range){0, or_equal ? v : v - (v > 0)};
	return or_equal || (*text == '>' ? v < UINT32_MAX : v > 0);
}

static void read_number(const struct place *at, void *to)
{
	struct am_bgp_range range;

	if (!json_is_string(at->json)) {
		if (conf_read_uint(at, 0, UINT32_MAX, NULL, &range.low))
			push_range(at, to, (struct am_bgp_range){range.low, range.low});
	} else if (to_range(json_string_value(at->json), &range)) {
		push_range(at, to, range);
	} else {
		conf_complain(at,
			"\"%.60s\" is no range: write 50, \"50-99\", \">50\", \">=50\", \"<50\" or \"<=50\"",
			json_string_value(at->json));
	}
}

void bgpconf_read_numbers(const struct place *at, struct vector *v)
{
	bgpconf_each(at, read_number, v);
	bgpconf_sort_ranges(v);
}

static bool push_as_set(const struct place *at, struct vector *v, const char *name)
{
	const struct am_bgpconf_policies *p = policy_load(at)->policies;

	for (uint16_t i = 0; i < p->n_as_sets; i++) {
		if (strcmp(p->as_sets[i].name, name))
			continue;
		for (uint32_t k = 0; k < p->as_sets[i].n; k++)
			push_range(at, v, p->as_sets[i].ranges[k]);
		return true;
	}
	return false;
}

static void read_as(const struct place *at, void *to)
{
	const char *text = json_string_value(at->json);
	struct am_bgp_range range;

	if (!text) {
		if (conf_read_uint(at, 0, UINT32_MAX, NULL, &range.low))
			push_range(at, to, (struct am_bgp_range){range.low, range.low});
	} else if (strspn(text, "0123456789-") == strlen(text)) {
		if (to_range(text, &range))
			push_range(at, to, range);
		else
			conf_complain(at,
				"\"%.60s\" is no range of ASes: write it like \"64512-65534\", or one AS without the quotes",
				text);
	} else if (!push_as_set(at, to, text)) {
		conf_complain(at,
			"there is no AS set \"%.60s\": define it in \"as_sets\", or write AS numbers", text);
	}
}

void bgpconf_read_as_ranges(const struct place *at, struct vector *v)
{
	bgpconf_each(at, read_as, v);
	bgpconf_sort_ranges(v);
}

static void read_as_set(const struct place *at, void *item)
{
	struct vector v = {.size = sizeof(struct am_bgp_range)};
	struct bgpconf_as_set *s = item;

	bgpconf_read_as_ranges(at, &v);
	s->ranges = bgpconf_keep_vector(at, &v);
	s->n = v.n;
}

/* ---- communities ---- */

struct communities {
	struct vector *v;
	bool single;
};

static bool push_community_list(const struct place *at, const struct communities *to, const char *name)
{
	const struct am_bgpconf_policies *p = policy_load(at)->policies;
	const struct bgpconf_community_list *l;
	uint16_t number = 0;

	while (number < p->n_communities && strcmp(p->communities[number].name, name))
		number++;
	if (number == p->n_communities)
		return false;
	l = &p->communities[number];
	for (uint32_t i = 0; i < l->n; i++) {
		struct am_bgp_community_pattern *place = bgpconf_push(at, to->v);

		if (to->single && !am_bgp_community_is_one(&l->patterns[i])) {
			conf_complain(at,
				"the list \"%.60s\" has patterns: only whole communities can be added", name);
			return true;
		}
		if (place)
			*place = l->patterns[i];
	}
	return true;
}

static void read_community(const struct place *at, void *to)
{
	const struct communities *c = to;
	const char *text = json_string_value(at->json);
	struct am_bgp_community_pattern pattern, *place;
	struct am_err err;

	if (!conf_want_text(at))
		return;
	if (am_bgp_community_parse(text, &pattern, &err)) {
		if (!push_community_list(at, c, text))
			conf_complain(at, "%s; nor is it a list of \"community_lists\"", err.text);
		return;
	}
	if (c->single && !am_bgp_community_is_one(&pattern)) {
		conf_complain(at, "\"%.60s\" stands for many: only whole communities can be added", text);
		return;
	}
	place = bgpconf_push(at, c->v);
	if (place)
		*place = pattern;
}

void bgpconf_read_communities(const struct place *at, struct vector *v, bool single)
{
	struct communities to = {v, single};

	bgpconf_each(at, read_community, &to);
}

static void read_community_list(const struct place *at, void *item)
{
	struct vector v = {.size = sizeof(struct am_bgp_community_pattern)};
	struct bgpconf_community_list *l = item;
	struct am_bgp_community_pattern known;
	struct am_err err;

	if (!am_bgp_community_parse(l->name, &known, &err))
		conf_complain(at, "\"%s\" is the name of a community: give the list another one", l->name);
	bgpconf_read_communities(at, &v, false);
	l->patterns = bgpconf_keep_vector(at, &v);
	l->n = v.n;
}

/* ---- sections ---- */

/* Named values of any type. Each is in the array when those behind it are read, so that a list may use the ones before it. */
static void read_section(
	const struct place *root, const char *key, void **items, uint16_t *n, size_t size, read_one read)
{
	struct place at = conf_place_member(root, key);
	const char *name;
	json_t *value;

	if (!at.json || !conf_want_object(&at))
		return;
	*items = calloc(json_object_size(at.json) + 1, size);
	if (!*items) {
		conf_complain(&at, "out of memory");
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)at.json, name, value)
	{
		struct place member = {.load = at.load, .up = &at, .key = name, .json = value};
		char *item = (char *)*items + *n * size;

		if (!conf_name_is_good(name)) {
			conf_complain(&member,
				"\"%.60s\" is no name: use 1 to 31 of the characters A-Z a-z 0-9 _ . -",
				name);
		} else if (*n < UINT16_MAX) {
			strcpy(item, name);
			read(&member, item);
			++*n;
		}
	}
}

void bgpconf_read_named_lists(const struct place *root)
{
	struct am_bgpconf_policies *p = policy_load(root)->policies;

	read_section(
		root, "prefix_lists", (void **)&p->lists, &p->n_lists, sizeof *p->lists, read_prefix_list);
	read_section(root, "as_sets", (void **)&p->as_sets, &p->n_as_sets, sizeof *p->as_sets, read_as_set);
	read_section(root, "community_lists", (void **)&p->communities, &p->n_communities,
		sizeof *p->communities, read_community_list);
}
