/* SPDX-License-Identifier: BSD-3-Clause */
/* show routes as a table. */
#include <stdbool.h>
#include <string.h>

#include "control/table.h"
#include "view.h"

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static bool is(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

/* > best, = used beside it, S stale, x rejected; as routers print it. */
static const char *mark(const json_t *route)
{
	if (is(route, "rejected"))
		return "x";
	if (is(route, "stale"))
		return is(route, "best") ? "S>" : "S";
	if (is(route, "best"))
		return ">";
	return strcmp(text_of(route, "why"), "multipath") ? "" : "=";
}

static void evpn_text(const json_t *e, char *text, size_t room)
{
	static const char *const keys[] = {"mac", "ip", "prefix"};
	size_t n = (size_t)snprintf(text, room, "[%d] rd %s tag %lld",
		(int)json_integer_value(json_object_get(e, "type")), text_of(e, "rd"),
		(long long)json_integer_value(json_object_get(e, "tag")));

	for (unsigned i = 0; i < 3 && n < room; i++) {
		if (json_is_string(json_object_get(e, keys[i])))
			n += (size_t)snprintf(text + n, room - n, " %s", text_of(e, keys[i]));
	}
}

static void prefix_text(const json_t *route, char *text, size_t room)
{
	const json_t *e = json_object_get(route, "evpn");

	if (e)
		evpn_text(e, text, room);
	else
		snprintf(text, room, "%s", text_of(route, "prefix"));
}

static void number_cell(struct am_table *t, const json_t *route, const char *key)
{
	const json_t *value = json_object_get(route, key);

	if (json_is_integer(value))
		am_table_cell(t, "%lld", (long long)json_integer_value(value));
	else
		am_table_cell(t, "%s", "");
}

static void add_row(struct am_table *t, const json_t *route)
{
	char prefix[256];

	prefix_text(route, prefix, sizeof prefix);
	am_table_cell(t, "%s", mark(route));
	am_table_cell(t, "%s", prefix);
	am_table_cell(t, "%s", text_of(route, "next_hop"));
	number_cell(t, route, "local_pref");
	number_cell(t, route, "med");
	am_table_cell(t, "%s", text_of(route, "from"));
	am_table_cell(t, "%s%s%.1s", text_of(route, "as_path"), *text_of(route, "as_path") ? " " : "",
		text_of(route, "origin"));
	am_table_cell(t, "%s%s%s", text_of(route, "why"), *text_of(route, "because") ? ": " : "",
		text_of(route, "because"));
}

/* What is not there, since what brought it was wrong. */
static void print_withdrawn(const json_t *result, FILE *out)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(result, "withdrawn"), i, one)
		fprintf(out, "no route from %s: its UPDATE %lld s ago was wrong (%s: %s), %s\n",
			text_of(one, "from"), (long long)json_integer_value(json_object_get(one, "ago_s")),
			text_of(one, "attribute"), text_of(one, "why"), text_of(one, "class"));
}

void am_bgp_view_routes(const json_t *result, FILE *out)
{
	static const struct {
		const char *head;
		enum am_align align;
	} columns[] = {{"", AM_LEFT}, {"PREFIX", AM_LEFT}, {"NEXT HOP", AM_LEFT}, {"PREF", AM_RIGHT},
		{"MED", AM_RIGHT}, {"FROM", AM_LEFT}, {"AS PATH", AM_LEFT}, {"WHY", AM_LEFT}};
	struct am_table *t = am_table_new();
	const json_t *routes = json_object_get(result, "routes");
	json_t *route;
	size_t i;

	for (i = 0; i < sizeof columns / sizeof *columns; i++)
		am_table_column(t, columns[i].head, columns[i].align);
	json_array_foreach(routes, i, route) add_row(t, route);
	am_table_print(t, out, 0);
	am_table_free(t);
	print_withdrawn(result, out);
	if (json_is_string(json_object_get(result, "not_advertised")))
		fprintf(out, "not advertised: %s\n", text_of(result, "not_advertised"));
}
