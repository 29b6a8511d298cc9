/* SPDX-License-Identifier: BSD-3-Clause */
#include "view_l3.h"

#include <string.h>

#include "control/table.h"

/* A column: its head, and the key that is shown there. Numbers stand to the right. */
struct column {
	const char *head, *key;
};

static void put_value(struct am_table *t, const json_t *value)
{
	const json_t *one;
	char text[300] = "";
	size_t i, used = 0;

	if (json_is_integer(value)) {
		am_table_cell(t, "%lld", (long long)json_integer_value(value));
		return;
	}
	json_array_foreach(value, i, one)
	{
		const char *s = json_string_value(one);

		if (s && used < sizeof text)
			used += (size_t)snprintf(
				text + used, sizeof text - used, "%s%s", used ? ", " : "", s);
	}
	if (json_is_string(value))
		snprintf(text, sizeof text, "%s", json_string_value(value));
	am_table_cell(t, "%s", *text ? text : "-");
}

static void view(const json_t *list, const struct column *columns, unsigned n, const char *none, FILE *out)
{
	struct am_table *t = am_table_new();
	const json_t *o;
	size_t i;

	for (unsigned c = 0; c < n; c++) {
		const json_t *first = json_object_get(json_array_get(list, 0), columns[c].key);

		am_table_column(t, columns[c].head, json_is_integer(first) ? AM_RIGHT : AM_LEFT);
	}
	json_array_foreach(list, i, o)
	{
		for (unsigned c = 0; c < n; c++)
			put_value(t, json_object_get(o, columns[c].key));
	}
	if (json_array_size(list))
		am_table_print(t, out, 0);
	else
		fprintf(out, "%s\n", none);
	am_table_free(t);
}

#define VIEW(list, columns, none, out) view(list, columns, sizeof(columns) / sizeof *(columns), none, out)

/* ---- interfaces ---- */

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static void say_why(const json_t *list, FILE *out)
{
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
	{
		if (*text(o, "why"))
			fprintf(out, "%s %s is down: %s\n", text(o, "kind"), text(o, "name"), text(o, "why"));
	}
}

void am_view_interfaces(const json_t *list, FILE *out)
{
	static const struct column columns[] = {{"INTERFACE", "name"}, {"KIND", "kind"}, {"STATE", "state"},
		{"VRF", "vrf"}, {"MTU", "mtu"}, {"RX PKTS", "rx_packets"}, {"RX BYTES", "rx_bytes"},
		{"TX PKTS", "tx_packets"}, {"TX BYTES", "tx_bytes"}, {"DROPS", "drops"},
		{"ADDRESSES", "addresses"}};

	VIEW(list, columns, "there is no interface", out);
	say_why(list, out);
}

static void line(const char *label, const json_t *value, FILE *out)
{
	const json_t *one;
	size_t i;

	if (json_is_string(value) && *json_string_value(value))
		fprintf(out, "  %-10s %s\n", label, json_string_value(value));
	json_array_foreach(value, i, one)
	{
		if (json_string_value(one))
			fprintf(out, "  %-10s %s\n", i ? "" : label, json_string_value(one));
	}
}

static void host_line(const json_t *host, FILE *out)
{
	if (!host)
		return;
	fprintf(out, "  %-10s %s %s%s%s, %s%s%s\n", "host", text(host, "kind"), text(host, "device"),
		*text(host, "netns") ? " in " : "", text(host, "netns"), text(host, "state"),
		*text(host, "why") ? ": " : "", text(host, "why"));
}

static void counter_lines(const json_t *counters, FILE *out)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)counters, name, value)
	{
		if (json_integer_value(value))
			fprintf(out, "  %-16s %lld\n", name, (long long)json_integer_value(value));
	}
}

static void reason_lines(const json_t *reasons, FILE *out)
{
	const json_t *reason;
	size_t i;

	json_array_foreach(reasons, i, reason)
	{
		fprintf(out, "  dropped %lld as %s: %s\n",
			(long long)json_integer_value(json_object_get(reason, "count")), text(reason, "drop"),
			text(reason, "text"));
	}
	if (json_is_array(reasons) && !json_array_size(reasons))
		fputs("  nothing was dropped\n", out);
}

static void view_one(const json_t *o, FILE *out)
{
	fprintf(out, "%s %s: %s, MTU %lld\n", text(o, "kind"), text(o, "name"), text(o, "state"),
		(long long)json_integer_value(json_object_get(o, "mtu")));
	line("why", json_object_get(o, "why"), out);
	line("warning", json_object_get(o, "warnings"), out);
	line("vrf", json_object_get(o, "vrf"), out);
	line("addresses", json_object_get(o, "addresses"), out);
	line("mac", json_object_get(o, "mac"), out);
	line("urpf", json_object_get(o, "urpf"), out);
	host_line(json_object_get(o, "host"), out);
	counter_lines(json_object_get(o, "counters"), out);
	reason_lines(json_object_get(o, "drop_reasons"), out);
}

void am_view_interface(const json_t *list, FILE *out)
{
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
	{
		if (i)
			fputc('\n', out);
		view_one(o, out);
	}
}

/* ---- neighbors ---- */

/* Who waits for it. */
static void put_waiting(struct am_table *t, const json_t *o)
{
	long long paths = json_integer_value(json_object_get(o, "paths")),
		  routes = json_integer_value(json_object_get(o, "routes"));
	char waits[160];
	int used = 0;

	waits[0] = 0;
	if (paths)
		used = snprintf(waits, sizeof waits, "%lld path%s", paths, paths == 1 ? "" : "s");
	if (routes)
		snprintf(waits + used, sizeof waits - (size_t)used, "%s%lld%s route%s: %.60s%s",
			used ? ", " : "", routes, json_object_get(o, "routes_at_least") ? " or more" : "",
			routes == 1 ? "" : "s", text(o, "first_route"), routes == 1 ? "" : ", ...");
	am_table_cell(t, "%s", waits[0] ? waits : "-");
}

void am_view_neighbors(const json_t *list, FILE *out)
{
	static const char *const heads[] = {
		"NEIGHBOR", "ON", "VRF", "MAC", "STATE", "AGE", "TO", "FOR", "WHY"};
	struct am_table *t = am_table_new();
	const json_t *o;
	size_t i;

	for (i = 0; i < sizeof heads / sizeof *heads; i++)
		am_table_column(t, heads[i], i == 5 ? AM_RIGHT : AM_LEFT);
	json_array_foreach(list, i, o)
	{
		put_value(t, json_object_get(o, "neighbor"));
		put_value(t, json_object_get(o, *text(o, "interface") ? "interface" : "port"));
		put_value(t, json_object_get(o, "vrf"));
		put_value(t, json_object_get(o, "mac"));
		put_value(t, json_object_get(o, "state"));
		put_value(t, json_object_get(o, "age_s"));
		put_value(t, json_object_get(o, "to"));
		put_waiting(t, o);
		put_value(t, json_object_get(o, "why"));
	}
	if (json_array_size(list))
		am_table_print(t, out, 0);
	else
		fputs("no next hop is wanted, and no neighbor is known\n", out);
	am_table_free(t);
}

void am_view_acls(const json_t *list, FILE *out)
{
	static const struct column columns[] = {{"ACL", "acl"}, {"RULE", "rule"}, {"PACKETS", "packets"},
		{"BYTES", "bytes"}, {"WHAT", "text"}, {"NAME", "name"}, {"ON", "interfaces"}};

	VIEW(list, columns, "there is no access list: see \"acls\" in amime.json(5)", out);
}

void am_view_as(const json_t *list, FILE *out)
{
	static const struct column columns[] = {{"AS", "as"}, {"PACKETS", "packets"}, {"BYTES", "bytes"}};

	VIEW(list, columns, "no route says whose traffic goes there: see \"as\" in amime.json(5)", out);
}

static void put_sizes(struct am_table *t, const json_t *vrf)
{
	static const char *const families[] = {"ipv4", "ipv6"};
	static const char *const origins[] = {"local", "connected", "static", "neighbor"};

	for (unsigned o = 0; o < sizeof origins / sizeof *origins; o++) {
		json_int_t n = 0;

		for (unsigned f = 0; f < 2; f++)
			n += json_integer_value(
				json_object_get(json_object_get(vrf, families[f]), origins[o]));
		am_table_cell(t, "%lld", (long long)n);
	}
	for (unsigned f = 0; f < 2; f++)
		put_value(t, json_object_get(json_object_get(vrf, families[f]), "prefixes"));
	put_value(t, json_object_get(vrf, "memory"));
}

void am_view_vrfs(const json_t *o, FILE *out)
{
	static const char *const heads[] = {
		"VRF", "LOCAL", "CONNECTED", "STATIC", "NEIGHBOR", "IPV4", "IPV6", "OCTETS"};
	static const char *const more[] = {"NETNS", "LOOPBACKS", "INTERFACES"};
	const json_t *list = json_object_get(o, "vrfs"), *vrf;
	struct am_table *t = am_table_new();
	size_t i;

	for (i = 0; i < sizeof heads / sizeof *heads; i++)
		am_table_column(t, heads[i], i ? AM_RIGHT : AM_LEFT);
	for (i = 0; i < sizeof more / sizeof *more; i++)
		am_table_column(t, more[i], AM_LEFT);
	json_array_foreach(list, i, vrf)
	{
		put_value(t, json_object_get(vrf, "name"));
		put_sizes(t, vrf);
		put_value(t, json_object_get(vrf, "netns"));
		put_value(t, json_object_get(vrf, "loopbacks"));
		put_value(t, json_object_get(vrf, "interfaces"));
	}
	am_table_print(t, out, 0);
	am_table_free(t);
	fprintf(out, "%lld octets more below the direct tables of all of them\n",
		(long long)json_integer_value(json_object_get(o, "shared_memory")));
}
