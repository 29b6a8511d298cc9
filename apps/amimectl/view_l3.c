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

void am_view_interfaces(const json_t *list, FILE *out)
{
	static const struct column columns[] = {{"INTERFACE", "name"}, {"KIND", "kind"}, {"STATE", "state"},
		{"VRF", "vrf"}, {"RX PKTS", "rx_packets"}, {"RX BYTES", "rx_bytes"},
		{"TX PKTS", "tx_packets"}, {"TX BYTES", "tx_bytes"}, {"DROPS", "drops"},
		{"ADDRESSES", "addresses"}};

	VIEW(list, columns, "there is no interface", out);
}

void am_view_neighbors(const json_t *list, FILE *out)
{
	static const struct column columns[] = {{"TO", "to"}, {"VRF", "vrf"}, {"STATE", "state"},
		{"NEIGHBOR", "neighbor"}, {"MAC", "mac"}, {"PORT", "port"}, {"WHY", "why"}};

	VIEW(list, columns, "no next hop is wanted", out);
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
