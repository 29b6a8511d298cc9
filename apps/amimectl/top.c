/* SPDX-License-Identifier: BSD-3-Clause */
#include "top.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "control/table.h"

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "-";
}

static double number(const json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}

void am_top_look_free(struct am_top_look *look)
{
	json_decref(look->version);
	json_decref(look->ports);
	json_decref(look->tunnels);
	json_decref(look->bridges);
	json_decref(look->routed);
	json_decref(look->drops);
	json_decref(look->workers);
	memset(look, 0, sizeof *look);
}

/* ---- rates ---- */

static const json_t *by_name(const json_t *list, const char *name)
{
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
	{
		if (strcmp(text(o, "name"), name) == 0)
			return o;
	}
	return NULL;
}

/* What was counted a second; a counter that went back began anew. */
static double rate(const json_t *before, const json_t *now, const char *key, double s)
{
	double was = number(before, key), is = number(now, key);

	return before && s > 0 && is >= was ? (is - was) / s : 0;
}

static void add_interfaces(json_t *out, const char *kind, const json_t *before, const json_t *now, double s)
{
	static const char *const keys[] = {"rx_packets", "rx_bytes", "tx_packets", "tx_bytes"};
	const json_t *o;
	size_t i;

	json_array_foreach(now, i, o)
	{
		const json_t *was = by_name(before, text(o, "name"));
		const json_t *c = json_object_get(o, "counters"), *cw = json_object_get(was, "counters");
		json_t *row;

		if (!c)
			continue;
		row = json_pack("{s:s, s:s, s:s}", "kind", kind, "name", text(o, "name"), "state",
			json_object_get(o, "link") ? text(o, "link") : text(o, "state"));
		for (unsigned k = 0; k < sizeof keys / sizeof *keys; k++) {
			char key[32];

			snprintf(key, sizeof key, "%s_per_s", keys[k]);
			json_object_set_new(row, key, json_real(rate(cw, c, keys[k], s)));
		}
		json_object_set_new(row, "drops_per_s", json_real(rate(was, o, "drops", s)));
		json_array_append_new(out, row);
	}
}

static const json_t *same_interface(const json_t *list, const json_t *interface)
{
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
	{
		if (strcmp(text(o, "kind"), text(interface, "kind")) == 0 &&
			strcmp(text(o, "name"), text(interface, "name")) == 0)
			return o;
	}
	return NULL;
}

/* Those of which no other list has anything: their numbers stand beside their names. */
static void add_routed(json_t *out, const json_t *before, const json_t *now, double s)
{
	static const char *const keys[] = {"rx_packets", "rx_bytes", "tx_packets", "tx_bytes", "drops"};
	const json_t *o;
	size_t i;

	json_array_foreach(now, i, o)
	{
		const json_t *was = same_interface(before, o);
		const char *kind = text(o, "kind");
		json_t *row;

		if (strcmp(kind, "vlan") != 0 && strcmp(kind, "irb") != 0 && strcmp(kind, "vrf") != 0)
			continue;
		row = json_pack(
			"{s:s, s:s, s:s}", "kind", kind, "name", text(o, "name"), "state", text(o, "state"));
		for (unsigned k = 0; k < sizeof keys / sizeof *keys; k++) {
			char key[32];

			snprintf(key, sizeof key, "%s_per_s", keys[k]);
			json_object_set_new(row, key, json_real(rate(was, o, keys[k], s)));
		}
		json_array_append_new(out, row);
	}
}

static const json_t *same_drop(const json_t *list, const json_t *drop)
{
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
	{
		if (strcmp(text(o, "kind"), text(drop, "kind")) == 0 &&
			strcmp(text(o, "interface"), text(drop, "interface")) == 0 &&
			strcmp(text(o, "drop"), text(drop, "drop")) == 0)
			return o;
	}
	return NULL;
}

static json_t *drop_rates(const struct am_top_look *before, const struct am_top_look *now, double s)
{
	json_t *out = json_array();
	const json_t *o;
	size_t i;

	json_array_foreach(now->drops, i, o)
	{
		const json_t *was = same_drop(before->drops, o);
		/* One that is listed now and was not is new: it was zero. */
		double per_s = was ? rate(was, o, "count", s) : s > 0 ? number(o, "count") / s : 0;

		json_array_append_new(
			out, json_pack("{s:s, s:s, s:s, s:f, s:f, s:s}", "kind", text(o, "kind"), "interface",
				     text(o, "interface"), "drop", text(o, "drop"), "count",
				     number(o, "count"), "per_s", per_s, "text", text(o, "text")));
	}
	return out;
}

static json_t *worker_rates(const struct am_top_look *before, const struct am_top_look *now, double s)
{
	const json_t *is = json_object_get(now->workers, "workers"),
		     *was = json_object_get(before->workers, "workers");
	json_t *out = json_array();
	const json_t *o;
	size_t i;

	json_array_foreach(is, i, o)
	{
		const json_t *w = json_array_get(was, i);
		double turns = rate(w, o, "turns", s), busy = rate(w, o, "busy_turns", s);

		json_array_append_new(out,
			json_pack("{s:f, s:f, s:f, s:f, s:f}", "worker", number(o, "worker"), "packets_per_s",
				rate(w, o, "packets", s), "carried_per_s", rate(w, o, "carried", s),
				"turns_per_s", turns, "busy_percent", turns > 0 ? 100 * busy / turns : 0));
	}
	return out;
}

json_t *am_top_rates(const struct am_top_look *before, const struct am_top_look *now)
{
	double s = now->at_s - before->at_s;
	json_t *interfaces = json_array();

	add_interfaces(interfaces, "port", before->ports, now->ports, s);
	add_interfaces(interfaces, "tunnel", before->tunnels, now->tunnels, s);
	add_interfaces(interfaces, "bridge", before->bridges, now->bridges, s);
	add_routed(interfaces, before->routed, now->routed, s);
	return json_pack("{s:s, s:f, s:f, s:o, s:o, s:o, s:{s:f, s:f}}", "name", text(now->version, "name"),
		"uptime_s", number(now->version, "uptime_s"), "over_s", s, "interfaces", interfaces, "drops",
		drop_rates(before, now, s), "workers", worker_rates(before, now, s), "memory", "resident",
		number(now->workers, "resident_memory"), "tables", number(now->workers, "table_memory"));
}

/* ---- tables ---- */

/* 12.3 M: three digits are what an eye takes in. */
static const char *scaled(double n, char buf[24])
{
	static const char units[] = " kMGT";
	unsigned u = 0;

	for (; n >= 1000 && u + 1 < sizeof units - 1; u++)
		n /= 1000;
	snprintf(buf, 24, u == 0 || n >= 100 ? "%.0f%c" : "%.1f%c", n, units[u]);
	if (buf[strlen(buf) - 1] == ' ')
		buf[strlen(buf) - 1] = 0;
	return buf;
}

static void cell(struct am_table *t, double n)
{
	char buf[24];

	am_table_cell(t, "%s", scaled(n, buf));
}

static void print_and_free(struct am_table *t, FILE *out)
{
	am_table_print(t, out, 0);
	fputc('\n', out);
	am_table_free(t);
}

static int view_interfaces(const json_t *list, int lines, FILE *out)
{
	static const char *const heads[] = {
		"INTERFACE", "STATE", "RX PKT/S", "RX BIT/S", "TX PKT/S", "TX BIT/S", "DROP/S"};
	struct am_table *t = am_table_new();
	const json_t *o;
	size_t i;

	for (unsigned h = 0; h < sizeof heads / sizeof *heads; h++)
		am_table_column(t, heads[h], h < 2 ? AM_LEFT : AM_RIGHT);
	json_array_foreach(list, i, o)
	{
		if (lines && (int)i >= lines)
			break;
		am_table_cell(t, "%s %s", text(o, "kind"), text(o, "name"));
		am_table_cell(t, "%s", text(o, "state"));
		cell(t, number(o, "rx_packets_per_s"));
		cell(t, 8 * number(o, "rx_bytes_per_s"));
		cell(t, number(o, "tx_packets_per_s"));
		cell(t, 8 * number(o, "tx_bytes_per_s"));
		cell(t, number(o, "drops_per_s"));
	}
	print_and_free(t, out);
	return (int)i + 2;
}

static int view_workers(const json_t *list, FILE *out)
{
	static const char *const heads[] = {"WORKER", "BUSY", "RX PKT/S", "CARRIED/S", "TURNS/S"};
	struct am_table *t = am_table_new();
	const json_t *o;
	size_t i;

	for (unsigned h = 0; h < sizeof heads / sizeof *heads; h++)
		am_table_column(t, heads[h], AM_RIGHT);
	json_array_foreach(list, i, o)
	{
		am_table_cell(t, "%.0f", number(o, "worker"));
		am_table_cell(t, "%.0f %%", number(o, "busy_percent"));
		cell(t, number(o, "packets_per_s"));
		cell(t, number(o, "carried_per_s"));
		cell(t, number(o, "turns_per_s"));
	}
	print_and_free(t, out);
	return (int)i + 2;
}

/* Those that happen first, and of them the many first. */
static int by_rate(const void *a, const void *b)
{
	double x = number(*(const json_t *const *)a, "per_s"), y = number(*(const json_t *const *)b, "per_s");

	return x < y ? 1 : x > y ? -1 : 0;
}

static void view_drops(const json_t *list, int lines, FILE *out)
{
	static const char *const heads[] = {"DROPPED AT", "REASON", "PKT/S", "ALL", "MEANING"};
	size_t n = json_array_size(list);
	const json_t **rows = calloc(n + 1, sizeof *rows);
	struct am_table *t = am_table_new();

	for (unsigned h = 0; h < sizeof heads / sizeof *heads; h++)
		am_table_column(t, heads[h], h == 2 || h == 3 ? AM_RIGHT : AM_LEFT);
	for (size_t i = 0; rows && i < n; i++)
		rows[i] = json_array_get(list, i);
	if (rows)
		qsort(rows, n, sizeof(json_t *), by_rate);
	for (size_t i = 0; rows && i < n && (!lines || (int)i < lines); i++) {
		am_table_cell(t, "%s %s", text(rows[i], "kind"), text(rows[i], "interface"));
		am_table_cell(t, "%s", text(rows[i], "drop"));
		cell(t, number(rows[i], "per_s"));
		am_table_cell(t, "%.0f", number(rows[i], "count"));
		am_table_cell(t, "%s", text(rows[i], "text"));
	}
	am_table_print(t, out, 0);
	am_table_free(t);
	free(rows);
}

void am_top_view(const json_t *rates, int lines, FILE *out)
{
	const json_t *memory = json_object_get(rates, "memory");
	int used = 2;

	fprintf(out, "%s, up %.0f s, memory %.1f MiB (tables %.1f MiB), over %.1f s\n\n", text(rates, "name"),
		number(rates, "uptime_s"), number(memory, "resident") / (1 << 20),
		number(memory, "tables") / (1 << 20), number(rates, "over_s"));
	used += view_interfaces(json_object_get(rates, "interfaces"), lines ? lines / 2 : 0, out);
	used += view_workers(json_object_get(rates, "workers"), out);
	if (!lines || lines > used + 2)
		view_drops(json_object_get(rates, "drops"), lines ? lines - used - 2 : 0, out);
}
