/* SPDX-License-Identifier: BSD-3-Clause */
#include "view.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "control/table.h"
#include "view_host.h"
#include "view_l3.h"

/* ---- reading what may not be there ---- */

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "-";
}

static long long number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static long long counter(const json_t *o, const char *key)
{
	return number(json_object_get(o, "counters"), key);
}

static bool flag(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

static void join(const json_t *list, const char *separator, char *buf, size_t room)
{
	size_t used = 0, i;
	const json_t *value;

	buf[0] = 0;
	json_array_foreach(list, i, value)
	{
		const char *s = json_string_value(value);

		if (used < room)
			used += (size_t)snprintf(
				buf + used, room - used, "%s%s", i ? separator : "", s ? s : "?");
	}
}

static struct am_table *table_of(int n, const char *const heads[], int first_right, int n_right)
{
	struct am_table *t = am_table_new();

	for (int i = 0; i < n; i++)
		am_table_column(
			t, heads[i], i >= first_right && i < first_right + n_right ? AM_RIGHT : AM_LEFT);
	return t;
}

/* Print and free; a word where it would be empty. */
static void finish(struct am_table *t, size_t rows, const char *none, FILE *out)
{
	if (rows)
		am_table_print(t, out, 0);
	else
		fprintf(out, "%s\n", none);
	am_table_free(t);
}

/* ---- show ---- */

static void duration(long long s, char *buf, size_t room)
{
	if (s >= 86400)
		snprintf(buf, room, "%lldd %lldh", s / 86400, s / 3600 % 24);
	else if (s >= 3600)
		snprintf(buf, room, "%lldh %lldm", s / 3600, s / 60 % 60);
	else if (s >= 60)
		snprintf(buf, room, "%lldm %llds", s / 60, s % 60);
	else
		snprintf(buf, room, "%llds", s);
}

static void show_version(const json_t *o, FILE *out)
{
	char up[32];

	duration(number(o, "uptime_s"), up, sizeof up);
	fprintf(out, "amimed %s, %s, %s\n", text(o, "version"), text(o, "dpdk"),
		flag(o, "hugepages") ? "hugepages" : "no hugepages");
	fprintf(out, "%s, process %lld, up %s, %.1f MiB resident\n", text(o, "name"), number(o, "pid"), up,
		(double)number(o, "resident") / (1 << 20));
}

static void bond_members(const json_t *port, FILE *out)
{
	const json_t *bond = json_object_get(port, "bond"), *m;
	size_t i;

	json_array_foreach(json_object_get(bond, "members"), i, m)
	{
		fprintf(out, "%s: %s, %s, link %s, %s", text(port, "name"), text(bond, "mode"),
			text(m, "device"), text(m, "link"), flag(m, "active") ? "active" : "not active");
		if (json_object_get(m, "partner"))
			fprintf(out, ", partner %s", text(m, "partner"));
		fprintf(out, "\n");
	}
}

static void show_ports(const json_t *list, FILE *out)
{
	static const char *const heads[] = {"PORT", "DRIVER", "DEVICE", "LINK", "MTU", "QUEUES", "RX PKTS",
		"RX BYTES", "TX PKTS", "TX BYTES", "RX LOST", "TX ERR", "DROPS", "MAC"};
	struct am_table *t = table_of(14, heads, 4, 9);
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
	{
		const json_t *driver = json_object_get(o, "driver_counters");

		am_table_cell(t, "%s", text(o, "name"));
		am_table_cell(t, "%s", text(o, "driver"));
		am_table_cell(t, "%s", text(o, "device"));
		am_table_cell(t, "%s", text(o, "link"));
		am_table_cell(t, "%lld", number(o, "mtu"));
		am_table_cell(t, "%lld", number(o, "rx_queues"));
		am_table_cell(t, "%lld", counter(o, "rx_packets"));
		am_table_cell(t, "%lld", counter(o, "rx_bytes"));
		am_table_cell(t, "%lld", counter(o, "tx_packets"));
		am_table_cell(t, "%lld", counter(o, "tx_bytes"));
		am_table_cell(t, "%lld", number(driver, "rx_dropped"));
		am_table_cell(t, "%lld", number(driver, "tx_errors"));
		am_table_cell(t, "%lld", number(o, "drops"));
		am_table_cell(t, "%s", text(o, "mac"));
	}
	finish(t, json_array_size(list), "no ports", out);
	json_array_foreach(list, i, o)
	{
		if (json_object_get(o, "why"))
			fprintf(out, "%s: down: %s\n", text(o, "name"), text(o, "why"));
		bond_members(o, out);
	}
}

/* Outer packets for each packet sent: 1.00 where none was cut, 2.00 where all were. */
static void fragments_per_packet(struct am_table *t, const json_t *o)
{
	long long sent = counter(o, "tx_packets");
	long long outer = sent - counter(o, "tx_fragmented") + counter(o, "tx_fragments");

	if (sent)
		am_table_cell(t, "%.2f", (double)outer / (double)sent);
	else
		am_table_cell(t, "-");
}

static void tunnel_row(struct am_table *t, const json_t *o)
{
	char local[256], remote[256];

	join(json_object_get(o, "local"), ",", local, sizeof local);
	join(json_object_get(o, "remote"), ",", remote, sizeof remote);
	am_table_cell(t, "%s", text(o, "name"));
	am_table_cell(t, "%s", text(o, "type"));
	am_table_cell(t, "%s", local);
	am_table_cell(t, "%s", remote);
	am_table_cell(t, "%s", text(o, "state"));
	am_table_cell(t, "%lld", number(o, "mtu"));
	am_table_cell(t, "%lld", counter(o, "rx_packets"));
	am_table_cell(t, "%lld", counter(o, "tx_packets"));
	am_table_cell(t, "%lld", counter(o, "rx_reassembled"));
	am_table_cell(t, "%lld", counter(o, "tx_fragmented"));
	fragments_per_packet(t, o);
	am_table_cell(t, "%lld", number(o, "drops"));
}

/* Why a path is down, and what is to be said about one that is up. */
static void path_notes(const json_t *tunnel, FILE *out)
{
	const json_t *path;
	size_t i;

	json_array_foreach(json_object_get(tunnel, "paths"), i, path)
	{
		if (!flag(path, "up"))
			fprintf(out, "%s: down: %s\n", text(tunnel, "name"), text(path, "why"));
		else if (json_object_get(path, "note"))
			fprintf(out, "%s: %s\n", text(tunnel, "name"), text(path, "note"));
	}
	path = json_object_get(tunnel, "last_error");
	if (path)
		fprintf(out, "%s: %s (%lld s ago, %lld in all)\n", text(tunnel, "name"), text(path, "text"),
			number(path, "s_ago"), number(path, "count"));
	path = json_object_get(tunnel, "moves");
	if (path && json_object_get(path, "note"))
		fprintf(out, "%s: %s\n", text(tunnel, "name"), text(path, "note"));
}

static void show_tunnels(const json_t *list, FILE *out)
{
	static const char *const heads[] = {"TUNNEL", "TYPE", "LOCAL", "REMOTE", "STATE", "MTU", "RX PKTS",
		"TX PKTS", "REASSEMBLED", "FRAGMENTED", "FRAGS/PKT", "DROPS"};
	struct am_table *t = table_of(12, heads, 5, 7);
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
	{
		tunnel_row(t, o);
	}
	finish(t, json_array_size(list), "no tunnels", out);
	json_array_foreach(list, i, o)
	{
		path_notes(o, out);
	}
}

static void bridge_members(const json_t *bridge, FILE *out)
{
	const json_t *m;
	size_t i;

	json_array_foreach(json_object_get(bridge, "members"), i, m)
	{
		const char *state = "";

		if (json_object_get(m, "up"))
			state = flag(m, "up") ? ", up" : ", down";
		fprintf(out, "%s: %s%s%s%s\n", text(bridge, "name"), text(m, "member"), state,
			json_object_get(m, "why") ? ": " : "",
			json_object_get(m, "why") ? text(m, "why") : "");
	}
}

static void bridge_row(struct am_table *t, const json_t *o)
{
	am_table_cell(t, "%s", text(o, "name"));
	am_table_cell(t, "%s", text(o, "kind"));
	if (json_object_get(o, "vni"))
		am_table_cell(t, "%lld", number(o, "vni"));
	else
		am_table_cell(t, "-");
	am_table_cell(t, "%lld", number(o, "mtu"));
	am_table_cell(t, "%zu", json_array_size(json_object_get(o, "members")));
	am_table_cell(t, "%lld", number(o, "macs"));
	am_table_cell(t, "%lld", number(o, "learnt"));
	am_table_cell(t, "%lld", number(o, "moved"));
	am_table_cell(t, "%lld", number(o, "aged"));
	am_table_cell(t, "%lld", number(o, "limited"));
	am_table_cell(t, "%lld", number(o, "held"));
	am_table_cell(t, "%lld", counter(o, "rx_packets"));
	am_table_cell(t, "%lld", counter(o, "tx_packets"));
	am_table_cell(t, "%lld", number(o, "drops"));
}

static void show_bridges(const json_t *list, FILE *out)
{
	static const char *const heads[] = {"BRIDGE", "KIND", "VNI", "MTU", "MEMBERS", "MACS", "LEARNT",
		"MOVED", "AGED", "LIMITED", "HELD", "VXLAN RX", "VXLAN TX", "DROPS"};
	struct am_table *t = table_of(14, heads, 2, 12);
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
	{
		bridge_row(t, o);
	}
	finish(t, json_array_size(list), "no bridges", out);
	json_array_foreach(list, i, o)
	{
		bridge_members(o, out);
	}
}

static void show_fdb(const json_t *result, FILE *out)
{
	static const char *const heads[] = {"BRIDGE", "MAC", "AGE", "MEMBER"};
	const json_t *list = json_object_get(result, "entries"), *o;
	struct am_table *t = table_of(4, heads, 2, 1);
	size_t i;

	json_array_foreach(list, i, o)
	{
		am_table_cell(t, "%s", text(o, "bridge"));
		am_table_cell(t, "%s", text(o, "mac"));
		if (flag(o, "static"))
			am_table_cell(t, "static");
		else
			am_table_cell(t, "%llds", number(o, "age_s"));
		am_table_cell(
			t, "%s%s", text(o, "member"), flag(o, "held") ? " (held by the loop guard)" : "");
	}
	finish(t, json_array_size(list), "no MAC address is known", out);
}

static void mac_ip_row(struct am_table *t, const json_t *o)
{
	am_table_cell(t, "%s", text(o, "bridge"));
	am_table_cell(t, "%s", text(o, "ip"));
	am_table_cell(t, "%s", text(o, "mac"));
	am_table_cell(t, "%s", text(o, "origin"));
	if (json_object_get(o, "age_s"))
		am_table_cell(t, "%llds", number(o, "age_s"));
	else
		am_table_cell(t, "-");
	am_table_cell(t, "%s%s%s", text(o, "member"), flag(o, "router") ? " (router)" : "",
		flag(o, "duplicate") ? " (two claim this address)" : "");
}

static void show_mac_ip(const json_t *result, FILE *out)
{
	static const char *const heads[] = {"BRIDGE", "IP", "MAC", "ORIGIN", "AGE", "MEMBER"};
	const json_t *list = json_object_get(result, "entries"), *o;
	struct am_table *t = table_of(6, heads, 4, 1);
	size_t i;

	json_array_foreach(list, i, o)
	{
		mac_ip_row(t, o);
	}
	finish(t, json_array_size(list), "no host is known: see \"arp_nd\" in amime.json(5)", out);
	json_array_foreach(json_object_get(result, "bridges"), i, o)
	{
		fprintf(out,
			"%s: %lld known, %lld questions answered, %lld learnt, %lld moved, %lld aged, %lld refused, "
			"%lld conflicts, %lld duplicates\n",
			text(o, "bridge"), number(o, "known"), number(o, "answered"), number(o, "learnt"),
			number(o, "moved"), number(o, "aged"), number(o, "refused"), number(o, "conflicts"),
			number(o, "duplicates"));
	}
}

static void show_drops(const json_t *list, FILE *out)
{
	static const char *const heads[] = {"INTERFACE", "DROP", "COUNT", "MEANING"};
	struct am_table *t = table_of(4, heads, 2, 1);
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
	{
		am_table_cell(t, "%s %s", text(o, "kind"), text(o, "interface"));
		am_table_cell(t, "%s", text(o, "drop"));
		am_table_cell(t, "%lld", number(o, "count"));
		am_table_cell(t, "%s", text(o, "text"));
	}
	finish(t, json_array_size(list), "nothing was dropped", out);
}

static void worker_row(struct am_table *t, const json_t *o)
{
	const json_t *r = json_object_get(o, "reassembly");
	long long turns = number(o, "turns");

	am_table_cell(t, "%lld", number(o, "worker"));
	if (json_is_integer(json_object_get(o, "cpu")))
		am_table_cell(t, "%lld", number(o, "cpu"));
	else
		am_table_cell(t, "any");
	am_table_cell(t, "%lld", number(o, "packets"));
	am_table_cell(t, "%lld", number(o, "carried"));
	am_table_cell(t, "%lld", number(o, "handed_out"));
	am_table_cell(t, "%lld", number(o, "handed_in"));
	am_table_cell(t, "%.0f%%", turns ? 100.0 * (double)number(o, "busy_turns") / (double)turns : 0.0);
	am_table_cell(t, "%lld", number(o, "sleeps"));
	am_table_cell(t, "%lld", number(o, "rests"));
	am_table_cell(t, "%lld", number(r, "reassembled"));
	am_table_cell(t, "%lld", number(r, "live"));
	am_table_cell(t, "%lld", number(r, "memory") / 1024);
}

static void steps_line(const char *head, const json_t *steps, FILE *out)
{
	fprintf(out,
		"%s %lld up to 10 us, %lld up to 100 us, %lld up to 1 ms, %lld longer; longest %lld us\n",
		head, number(steps, "to_10us"), number(steps, "to_100us"), number(steps, "to_1ms"),
		number(steps, "to_10ms") + number(steps, "to_100ms") + number(steps, "to_1s") +
			number(steps, "longer"),
		number(steps, "longest_us"));
}

static void show_workers(const json_t *result, FILE *out)
{
	static const char *const heads[] = {"WORKER", "CPU", "PACKETS", "CARRIED", "HANDED OUT", "HANDED IN",
		"BUSY TURNS", "SLEEPS", "RESTS", "REASSEMBLED", "HELD NOW", "TABLE KIB"};
	const json_t *list = json_object_get(result, "workers"), *o;
	struct am_table *t = table_of(12, heads, 0, 12);
	size_t i;

	json_array_foreach(list, i, o)
	{
		worker_row(t, o);
	}
	finish(t, json_array_size(list), "no workers", out);
	steps_line("control steps:        ", json_object_get(result, "control_steps"), out);
	steps_line("on the CPU themselves:", json_object_get(result, "control_steps_cpu"), out);
}

void am_view_errors(const json_t *errors, FILE *out)
{
	const json_t *e;
	size_t i;

	json_array_foreach(errors, i, e)
	{
		if (number(e, "line"))
			fprintf(out, "%s:%lld:%lld: ", text(e, "file"), number(e, "line"),
				number(e, "column"));
		fprintf(out, "%s: %s\n", text(e, "path"), text(e, "text"));
	}
}

static void reload_lines(const json_t *o, FILE *out)
{
	am_view_errors(json_object_get(o, "errors"), out);
	if (json_object_get(o, "started_otherwise"))
		fprintf(out, "at start: %s\n", text(o, "started_otherwise"));
	if (json_object_get(o, "not_kept"))
		fprintf(out, "not kept for the next start: %s\n", text(o, "not_kept"));
	if (json_object_get(o, "confirm_within_s"))
		fprintf(out,
			"configuration %lld is on trial: back to %lld in %lld s, unless: amimectl confirm\n",
			number(o, "running"), number(o, "committed"), number(o, "confirm_within_s"));
}

static void show_config(const json_t *o, FILE *out)
{
	char ago[32];

	duration(number(o, "last_s_ago"), ago, sizeof ago);
	fprintf(out, "%s, read %lld times, the last one %s ago: ", text(o, "file"), number(o, "loads"), ago);
	if (!flag(o, "last_ok"))
		fprintf(out, "refused, an earlier one runs\n");
	else if (flag(o, "file_runs"))
		fprintf(out, "taken\n");
	else
		fprintf(out, "not what runs: configuration %lld of the history does\n", number(o, "running"));
	reload_lines(o, out);
	json_dumpf(json_object_get(o, "config"), out, JSON_INDENT(2));
	fputc('\n', out);
}

void am_view_reload(const json_t *o, FILE *out)
{
	fprintf(out, "configuration %lld runs\n", number(o, "running"));
	reload_lines(o, out);
}

/* ---- history ---- */

static const char *record_state(const json_t *o)
{
	if (flag(o, "running"))
		return flag(o, "committed") ? "runs" : "on trial";
	if (flag(o, "committed"))
		return "committed";
	return flag(o, "confirmed") ? "" : "never confirmed";
}

static void time_text(long long s, char *out, size_t room)
{
	time_t at = (time_t)s;
	struct tm tm;

	if (!localtime_r(&at, &tm) || !strftime(out, room, "%Y-%m-%d %H:%M:%S", &tm))
		snprintf(out, room, "?");
}

void am_view_history(const json_t *result, FILE *out)
{
	static const char *const heads[] = {"NUMBER", "TIME", "BY", "HOW", "STATE", "FILE"};
	const json_t *entries = json_object_get(result, "entries"), *e;
	struct am_table *t = am_table_new();
	char when[32];
	size_t i;

	for (i = 0; i < sizeof heads / sizeof *heads; i++)
		am_table_column(t, heads[i], i ? AM_LEFT : AM_RIGHT);
	json_array_foreach(entries, i, e)
	{
		time_text(number(e, "time"), when, sizeof when);
		am_table_cell(t, "%lld", number(e, "number"));
		am_table_cell(t, "%s", when);
		am_table_cell(t, "%s", text(e, "who"));
		am_table_cell(t, "%s", text(e, "how"));
		am_table_cell(t, "%s", record_state(e));
		am_table_cell(t, "%s", text(e, "file"));
	}
	am_table_print(t, out, 0);
	am_table_free(t);
	if (!json_array_size(entries))
		fprintf(out, "no configuration is kept in %s\n", text(result, "dir"));
}

void am_view_show(const char *what, const json_t *result, FILE *out)
{
	static const struct {
		const char *what;
		void (*view)(const json_t *result, FILE *out);
	} views[] = {
		{"version", show_version},
		{"ports", show_ports},
		{"tunnels", show_tunnels},
		{"bridges", show_bridges},
		{"fdb", show_fdb},
		{"mac-ip", show_mac_ip},
		{"drops", show_drops},
		{"workers", show_workers},
		{"config", show_config},
		{"host", am_view_host},
		{"interfaces", am_view_interfaces},
		{"interface", am_view_interface},
		{"neighbors", am_view_neighbors},
		{"vrfs", am_view_vrfs},
		{"as", am_view_as},
		{"acls", am_view_acls},
	};

	for (unsigned i = 0; i < sizeof views / sizeof *views; i++)
		if (strcmp(what, views[i].what) == 0)
			views[i].view(result, out);
}

/* ---- explain ---- */

static void outer_line(const json_t *o, FILE *out)
{
	const json_t *packets = json_object_get(o, "packets"), *p;
	size_t i;

	fprintf(out, "  outer packet of %lld octets, %lld of them overhead: ", number(o, "outer"),
		number(o, "overhead"));
	if (json_array_size(packets) == 1) {
		fprintf(out, "leaves whole\n");
		return;
	}
	fprintf(out, "leaves as %zu fragments,", json_array_size(packets));
	json_array_foreach(packets, i, p)
	{
		fprintf(out, "%s %lld", i ? " +" : "", (long long)json_integer_value(p));
	}
	fputc('\n', out);
}

static void explain_stack(const json_t *o, FILE *out)
{
	static const char *const heads[] = {"LAYER", "OCTETS"};
	struct am_table *t = table_of(2, heads, 1, 1);
	const json_t *layer, *mss = json_object_get(o, "tcp_mss");
	size_t i;

	if (json_object_get(o, "error"))
		fprintf(out, "  cannot be: %s\n", text(o, "error"));
	json_array_foreach(json_object_get(o, "layers"), i, layer)
	{
		am_table_cell(t, "%s", text(layer, "name"));
		am_table_cell(t, "%lld", number(layer, "octets"));
	}
	am_table_print(t, out, 2);
	am_table_free(t);
	if (!json_object_get(o, "layers"))
		return;
	outer_line(o, out);
	fprintf(out, "  largest inner IP packet that stays whole: %lld", number(o, "whole"));
	if (json_object_get(o, "whole_tagged"))
		fprintf(out, " (with a VLAN tag %lld)", number(o, "whole_tagged"));
	fprintf(out, "\n  largest inner IP packet that is carried: %lld\n", number(o, "largest"));
	if (mss)
		fprintf(out, "  TCP MSS clamped to %lld (IPv4), %lld (IPv6)\n", number(mss, "ipv4"),
			number(mss, "ipv6"));
}

void am_view_explain(const json_t *o, FILE *out)
{
	char local[512], remote[512];
	const json_t *b;
	size_t i;

	join(json_object_get(o, "local"), ", ", local, sizeof local);
	join(json_object_get(o, "remote"), ", ", remote, sizeof remote);
	fprintf(out, "tunnel %s: %s from %s to %s, MTU %lld, split %s", text(o, "tunnel"), text(o, "type"),
		local, remote, number(o, "mtu"), text(o, "split"));
	if (json_object_get(o, "path_mtu"))
		fprintf(out, " at path MTU %lld", number(o, "path_mtu"));
	fprintf(out, "\n\nfull, by itself:\n");
	explain_stack(json_object_get(o, "alone"), out);
	json_array_foreach(json_object_get(o, "bridges"), i, b)
	{
		fprintf(out, "\n%s %s, %s, an IP packet of %lld octets inside:\n", text(b, "kind"),
			text(b, "name"), text(b, "member"), number(b, "mtu"));
		explain_stack(b, out);
	}
}
