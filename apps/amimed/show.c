/* SPDX-License-Identifier: BSD-3-Clause */
#include "show.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_version.h>

#include "daemon.h"
#include "ends.h"
#include "hops.h"
#include "links.h"
#include "model/route_view.h"
#include "pipeline/counters.h"
#include "reports.h"
#include "show_acls.h"
#include "show_bond.h"
#include "show_host.h"
#include "show_interfaces.h"
#include "show_l3.h"
#include "show_mac_ip.h"
#include "show_neighbors.h"
#include "show_routes.h"

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *mac_json(const struct am_mac *mac)
{
	char text[AM_MAC_TEXT];

	return json_string(am_mac_text(mac, text));
}

static json_t *ips_json(const struct am_ip *ips, unsigned n)
{
	json_t *list = json_array();
	char text[AM_IP_TEXT];

	for (unsigned i = 0; i < n; i++)
		if (ips[i].family)
			json_array_append_new(list, json_string(am_ip_text(&ips[i], text)));
	return list;
}

static json_t *seconds_since(am_time then)
{
	return json_integer((json_int_t)(am_time_since(am_clock_monotonic(), then) / AM_S));
}

/* Counters */

static json_t *counters_json(const struct am_iface_counters *c)
{
	json_t *o = json_object();

	for (unsigned i = 0; i < AM_COUNTERS; i++)
		json_object_set_new(
			o, am_counter_name((enum am_counter)i), json_integer((json_int_t)c->count[i]));
	return o;
}

static bool is_drop(unsigned verdict)
{
	return verdict != AM_V_OK && verdict != AM_V_HELD;
}

static uint64_t all_drops(const struct am_iface_counters *c)
{
	uint64_t n = 0;

	for (unsigned v = 0; v < AM_VERDICTS; v++)
		if (is_drop(v))
			n += c->drop[v];
	return n;
}

/* What the workers counted, and what a port's driver had to refuse by itself. */
void am_show_read_counters(const struct am_daemon *d, uint16_t iface, struct am_iface_counters *c)
{
	const struct am_roots *roots = am_model_roots(d->model);
	struct am_port_stats stats;

	am_plane_counters(d->plane, iface, c);
	for (uint16_t id = 0; id < AM_PORTS_MAX && id < roots->n_ports; id++) {
		if (!d->ports.by_id[id].port || roots->ports[id].iface != iface)
			continue;
		am_port_stats(&d->ports.by_id[id], &stats);
		c->drop[AM_V_PORT_GSO] += stats.rx_gso;
		c->drop[AM_V_PORT_MTU] += stats.rx_too_long;
	}
}

static void add_counters(json_t *o, const struct am_daemon *d, uint16_t iface)
{
	struct am_iface_counters c;

	if (iface == AM_NO_ID)
		return; /* a bridge without VXLAN side */
	am_show_read_counters(d, iface, &c);
	json_object_set_new(o, "counters", counters_json(&c));
	json_object_set_new(o, "drops", json_integer((json_int_t)all_drops(&c)));
}

static const struct am_iface_info *find_iface(const struct am_daemon *d, int kind, const char *name)
{
	for (uint16_t i = 0; i < am_model_ifaces(d->model); i++) {
		const struct am_iface_info *info = am_model_iface(d->model, i);

		if (info && (int)info->kind == kind && strcmp(info->name, name) == 0)
			return info;
	}
	return NULL;
}

json_t *am_show_counters(const struct am_daemon *d, int kind, const char *name)
{
	const struct am_iface_info *info = find_iface(d, kind, name);
	struct am_iface_counters c;
	json_t *o;

	if (!info)
		return NULL;
	am_show_read_counters(d, info->id, &c);
	o = counters_json(&c);
	for (unsigned v = 0; v < AM_VERDICTS; v++) {
		char key[64];

		snprintf(key, sizeof key, "drop_%s", am_verdict_name((enum am_verdict)v));
		if (is_drop(v))
			json_object_set_new(o, key, json_integer((json_int_t)c.drop[v]));
	}
	return o;
}

/* show version */

/* Octets of memory that are really there, hugepages apart; 0 where the kernel does not say. */
static json_int_t resident(void)
{
	unsigned long all, here = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f && fscanf(f, "%lu %lu", &all, &here) != 2)
		here = 0;
	if (f)
		fclose(f);
	return (json_int_t)here * sysconf(_SC_PAGESIZE);
}

static json_t *show_version(const struct am_daemon *d)
{
	return json_pack("{s:s, s:s, s:s, s:i, s:o, s:b, s:I}", "version", AM_VERSION, "dpdk", rte_version(),
		"name", d->name, "pid", (int)getpid(), "uptime_s", seconds_since(d->started), "hugepages",
		d->eal.hugepages, "resident", resident());
}

/* show ports */

static json_t *driver_json(const struct am_open_port *open, const char **link)
{
	struct am_port_stats stats;

	am_port_stats(open, &stats);
	*link = stats.link_up ? "up" : "down";
	return json_pack("{s:I, s:I, s:I, s:I}", "rx_dropped", (json_int_t)stats.rx_dropped, "rx_too_long",
		(json_int_t)stats.rx_too_long, "rx_gso", (json_int_t)stats.rx_gso, "tx_errors",
		(json_int_t)stats.tx_errors);
}

static json_t *port_json(const struct am_daemon *d, uint16_t id)
{
	const struct am_open_port *open = &d->ports.by_id[id];
	const struct am_port_limits *limits = &open->port->limits;
	char why[AM_ERR_TEXT];
	const char *link;
	json_t *driver = driver_json(open, &link), *o;

	o = json_pack("{s:s, s:s, s:s, s:s, s:i, s:o, s:i, s:i, s:i, s:o}", "name", open->conf.name, "driver",
		am_driver_name(open->conf.driver), "device",
		open->conf.driver == AM_DRIVER_ETHDEV ? open->conf.devargs : open->conf.device, "link", link,
		"mtu", limits->mtu, "mac", mac_json(&limits->mac), "rx_queues", limits->rx_queues,
		"tx_queues", limits->tx_queues, "ifindex", limits->ifindex, "driver_counters", driver);
	if (o && open->conf.driver == AM_DRIVER_BOND)
		json_object_set_new(o, "bond", am_show_bond(open));
	if (o && strcmp(link, "down") == 0)
		json_object_set_new(o, "why", json_string(am_link_text(d, id, why, sizeof why)));
	if (o)
		add_counters(o, d, am_model_roots(d->model)->ports[id].iface);
	return o;
}

static json_t *show_ports(const struct am_daemon *d)
{
	const struct am_roots *roots = am_model_roots(d->model);
	json_t *list = json_array();

	for (uint16_t id = 0; id < AM_PORTS_MAX && id < roots->n_ports; id++)
		if (d->ports.by_id[id].port)
			json_array_append_new(list, port_json(d, id));
	return list;
}

/* show tunnels */

static json_t *remote_json(const struct am_conf_tunnel *t, uint16_t i)
{
	char text[AM_IP_TEXT];

	return t->remote[i].family || !t->remote_name ? json_string(am_ip_text(&t->remote[i], text))
						      : json_string(t->remote_name);
}

static void add_tunnel_state(json_t *o, const struct am_links *links, const struct am_conf_tunnel *t)
{
	json_t *paths = json_array();
	bool any = false;

	for (uint16_t i = 0; i < t->n_remote; i++) {
		struct am_link_path p;
		json_t *path;

		am_links_stripe(links, t, i, &p);
		path = json_pack("{s:o, s:b, s:s, s:o}", "remote", remote_json(t, i), "up", (int)p.up, "why",
			p.why, "port", text_or_null(p.port));
		any |= p.up;
		if (p.note[0])
			json_object_set_new(path, "note", json_string(p.note));
		json_array_append_new(paths, path);
	}
	json_object_set_new(o, "state", json_string(any ? "up" : "down"));
	json_object_set_new(o, "paths", paths);
}

static json_t *tunnel_json(const struct am_links *links, const struct am_conf_tunnel *t)
{
	const struct am_daemon *d = links->d;
	static const char *const types[] = {
		[AM_CONF_ETHERIP] = "etherip",
		[AM_CONF_GRE] = "gre",
		[AM_CONF_GRETAP] = "gretap",
	};
	const struct am_iface_info *info =
		am_model_tunnel_iface(d->model, (uint16_t)(t - am_model_config(d->model)->tunnels));
	json_t *o = json_pack("{s:s, s:s, s:o, s:o, s:i, s:s}", "name", t->name, "type", types[t->type],
		"local", ips_json(t->local, t->n_local), "remote", ips_json(t->remote, t->n_remote), "mtu",
		(int)t->mtu, "split", t->split == AM_CONF_FILL ? "fill" : "floor");

	if (!o)
		return NULL;
	if (t->has_key)
		json_object_set_new(o, "key", json_integer(t->key));
	add_tunnel_state(o, links, t);
	am_ends_show(d, t, o);
	am_reports_show(d, t, o);
	if (info)
		add_counters(o, d, info->id);
	return o;
}

static json_t *show_tunnels(const struct am_daemon *d)
{
	const struct am_config *config = am_model_config(d->model);
	json_t *list = json_array();
	struct am_links links;

	am_links_look(&links, d);
	for (uint16_t i = 0; i < config->n_tunnels; i++)
		json_array_append_new(list, tunnel_json(&links, &config->tunnels[i]));
	return list;
}

/* show bridges */

static json_t *member_json(
	const struct am_links *links, const struct am_member *member, const struct am_conf_member *conf)
{
	const struct am_daemon *d = links->d;
	struct am_link_path path = {0};
	char text[128];
	json_t *o;

	am_model_member_text(d->model, member->id, text, sizeof text);
	o = json_pack("{s:i, s:s}", "id", member->id, "member", text);
	if (!o || member->kind == AM_MEMBER_PORT)
		return o;
	if (member->kind == AM_MEMBER_VTEP && member->tunnel == AM_NO_TARGET && conf)
		am_links_path(links, AM_VRF_DEFAULT, &conf->vtep, NULL, &path);
	json_object_set_new(o, "up", json_boolean(member->paths && atomic_load(&member->paths->live)));
	if (path.why[0])
		json_object_set_new(o, "why", json_string(path.why));
	return o;
}

static const struct am_conf_bridge *find_bridge(const struct am_config *config, const char *name)
{
	for (uint16_t i = 0; i < config->n_bridges; i++)
		if (strcmp(config->bridges[i].name, name) == 0)
			return &config->bridges[i];
	return NULL;
}

static json_t *members_json(
	const struct am_links *links, const struct am_bridge *bridge, const struct am_conf_bridge *conf)
{
	const struct am_roots *roots = am_model_roots(links->d->model);
	json_t *list = json_array();

	for (uint16_t i = 0; i < bridge->n_members; i++)
		json_array_append_new(list, member_json(links, roots->members[bridge->members[i]],
						    conf && i < conf->n_members ? &conf->members[i] : NULL));
	return list;
}

static json_t *bridge_json(const struct am_links *links, const struct am_bridge *bridge)
{
	const struct am_daemon *d = links->d;
	const char *name = am_model_bridge_name(d->model, bridge->id);
	struct am_bridge_stats stats;
	json_t *o;

	am_model_bridge_stats(d->model, bridge->id, &stats);
	o = json_pack("{s:s, s:s, s:i, s:o, s:i, s:I, s:I, s:I, s:I, s:I}", "name", name, "kind",
		bridge->xconnect ? "xconnect" : "bridge", "mtu", bridge->mtu, "members",
		members_json(links, bridge, find_bridge(am_model_config(d->model), name)), "macs",
		(int)stats.macs, "learnt", (json_int_t)stats.learnt, "moved", (json_int_t)stats.moved, "aged",
		(json_int_t)stats.aged, "limited", (json_int_t)stats.limited, "held", (json_int_t)stats.held);
	if (!o)
		return NULL;
	if (bridge->has_vni)
		json_object_set_new(o, "vni", json_integer(bridge->vni));
	add_counters(o, d, bridge->iface);
	return o;
}

static json_t *show_bridges(const struct am_daemon *d)
{
	const struct am_roots *roots = am_model_roots(d->model);
	json_t *list = json_array();
	struct am_links links;

	am_links_look(&links, d);
	for (uint16_t i = 0; i < roots->n_bridges; i++)
		if (roots->bridges[i])
			json_array_append_new(list, bridge_json(&links, roots->bridges[i]));
	return list;
}

/* show fdb */

static json_t *fdb_entry_json(const struct am_daemon *d, const struct am_fdb_entry *entry)
{
	const char *bridge = am_model_bridge_name(d->model, entry->key & 0xffff);
	char text[128];
	struct am_mac mac;
	json_t *o;

	am_fdb_key_mac(entry->key, &mac);
	am_model_member_text(d->model, entry->value & AM_FDB_MEMBER, text, sizeof text);
	o = json_pack(
		"{s:s, s:o, s:s}", "bridge", bridge ? bridge : "?", "mac", mac_json(&mac), "member", text);
	if (o && entry->value & AM_FDB_STATIC)
		json_object_set_new(o, "static", json_true());
	else if (o)
		json_object_set_new(o, "age_s", json_integer((json_int_t)am_model_mac_age(d->model, entry)));
	if (o && entry->value & AM_FDB_HELD)
		json_object_set_new(o, "held", json_true());
	return o;
}

static json_t *show_fdb(const struct am_daemon *d, const struct am_request *request)
{
	const struct am_fdb *fdb = am_model_fdb(d->model);
	json_t *list = json_array(), *next = json_null();
	struct am_fdb_entry entry;
	uint32_t at = request->at, n = 0;

	for (; n < request->limit && am_fdb_next(fdb, &at, &entry); n++)
		json_array_append_new(list, fdb_entry_json(d, &entry));
	if (n == request->limit)
		next = json_integer(at);
	return json_pack(
		"{s:o, s:o, s:I}", "entries", list, "next", next, "count", (json_int_t)am_fdb_count(fdb));
}

/* show drops */

const char *am_show_kind(int kind)
{
	static const char *const kinds[] = {
		[AM_IFACE_PORT] = "port",
		[AM_IFACE_TUNNEL] = "tunnel",
		[AM_IFACE_BRIDGE] = "bridge",
		[AM_IFACE_VLAN] = "vlan",
		[AM_IFACE_IRB] = "irb",
		[AM_IFACE_BOX] = "vrf",
	};

	return kinds[kind];
}

static void add_drops(json_t *list, const struct am_daemon *d, const struct am_iface_info *info, bool zeros)
{
	struct am_iface_counters c;

	am_show_read_counters(d, info->id, &c);
	for (unsigned v = 0; v < AM_VERDICTS; v++) {
		if (!is_drop(v) || (!zeros && !c.drop[v]))
			continue;
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:I, s:s}", "kind", am_show_kind(info->kind), "interface",
				info->name, "drop", am_verdict_name((enum am_verdict)v), "count",
				(json_int_t)c.drop[v], "text", am_verdict_text((enum am_verdict)v)));
	}
}

static json_t *show_drops(const struct am_daemon *d, const struct am_request *request)
{
	json_t *list = json_array();

	for (uint16_t i = 0; i < am_model_ifaces(d->model); i++) {
		const struct am_iface_info *info = am_model_iface(d->model, i);

		if (info)
			add_drops(list, d, info, request->all);
	}
	return list;
}

/* show workers */

uint64_t am_show_resident(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	unsigned long long pages = 0;

	if (f && fscanf(f, "%*u %llu", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static json_t *worker_json(const struct am_daemon *d, unsigned i)
{
	struct am_worker_stats s;
	int cpu = am_workers_cpu(d->workers, i);

	am_plane_worker_stats(d->plane, i, &s);
	return json_pack(
		"{s:i, s:o, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:{s:I, s:I, s:i, s:i, s:I}}",
		"worker", (int)i, "cpu", cpu < 0 ? json_null() : json_integer(cpu), "tid",
		am_workers_tid(d->workers, i), "turns", (json_int_t)s.turns, "busy_turns",
		(json_int_t)s.busy_turns, "packets", (json_int_t)s.packets, "carried", (json_int_t)s.carried,
		"handed_out", (json_int_t)s.handed_out, "handed_in", (json_int_t)s.handed_in, "sleeps",
		(json_int_t)s.sleeps, "rests", (json_int_t)am_workers_rests(d->workers, i), "reassembly",
		"reassembled", (json_int_t)s.reasm.reassembled, "fragments", (json_int_t)s.reasm.fragments,
		"live", (int)s.reasm.live, "buffers", (int)s.reasm.buffers, "memory",
		(json_int_t)s.reasm.memory);
}

static json_t *steps_json(const struct am_histogram *h)
{
	static const char *const names[AM_HISTOGRAM_BUCKETS] = {
		"to_10us", "to_100us", "to_1ms", "to_10ms", "to_100ms", "to_1s", "longer"};
	json_t *o = json_object();

	for (unsigned i = 0; i < AM_HISTOGRAM_BUCKETS; i++)
		json_object_set_new(o, names[i], json_integer((json_int_t)h->count[i]));
	json_object_set_new(o, "longest_us", json_integer((json_int_t)(h->longest_ns / AM_US)));
	return o;
}

static json_t *show_workers(const struct am_daemon *d)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < am_workers_count(d->workers); i++)
		json_array_append_new(list, worker_json(d, i));
	return json_pack("{s:o, s:o, s:o, s:I, s:I, s:I}", "workers", list, "control_steps",
		steps_json(&d->steps.clock), "control_steps_cpu", steps_json(&d->steps.cpu), "table_memory",
		(json_int_t)am_model_memory(d->model), "fib_failures",
		(json_int_t)am_model_fib_failures(d->model), "resident_memory",
		(json_int_t)am_show_resident());
}

/* show config, and how a reload went */

static json_t *errors_json(const char *file, const struct am_config_errors *errors)
{
	json_t *list = json_array();

	for (size_t i = 0; i < errors->n; i++) {
		const struct am_config_error *e = &errors->items[i];

		json_array_append_new(list,
			json_pack("{s:s, s:s, s:i, s:i, s:s}", "file", am_config_error_file(e, file), "path",
				e->path, "line", (int)e->line, "column", (int)e->column, "text", e->text));
	}
	return list;
}

json_t *am_show_errors(const struct am_daemon *d)
{
	return errors_json(d->config_path, &d->reload.errors);
}

static json_t *number_or_null(unsigned number)
{
	return number ? json_integer(number) : json_null();
}

json_t *am_show_reload(const struct am_daemon *d)
{
	const struct am_reload *r = &d->reload;
	json_t *o = json_pack("{s:s, s:i, s:o, s:b, s:b, s:o, s:o, s:o}", "file", d->config_path, "loads",
		(int)r->count, "last_s_ago", seconds_since(r->when), "last_ok", (int)r->ok, "file_runs",
		(int)r->is_file, "errors", errors_json(d->config_path, &r->errors), "running",
		number_or_null(r->running), "committed", number_or_null(d->archive.committed));

	if (!o)
		return NULL;
	if (am_reload_on_trial(r))
		json_object_set_new(o, "confirm_within_s",
			json_integer(
				(json_int_t)(am_time_since(r->trial_ends, am_clock_monotonic()) / AM_S)));
	if (r->start_note.text[0])
		json_object_set_new(o, "started_otherwise", json_string(r->start_note.text));
	if (r->not_kept.text[0])
		json_object_set_new(o, "not_kept", json_string(r->not_kept.text));
	return o;
}

static json_t *record_json(const struct am_daemon *d, const struct am_record *record)
{
	return json_pack("{s:i, s:I, s:s, s:s, s:s, s:b, s:b, s:b}", "number", (int)record->number, "time",
		(json_int_t)record->time_s, "who", record->who, "how", record->how, "file", record->file,
		"running", (int)(record->number == d->reload.running), "committed",
		(int)(record->number == d->archive.committed), "confirmed", (int)record->committed);
}

json_t *am_show_history(const struct am_daemon *d)
{
	json_t *list = json_array();

	for (unsigned i = d->archive.n; i-- > 0;)
		json_array_append_new(list, record_json(d, &d->archive.records[i]));
	return json_pack("{s:s, s:o}", "dir", d->archive.dir, "entries", list);
}

/*
 * The text that was made when it was prepared, in one line: for thousands of tunnels it is megabytes, which control could not
 * print in a millisecond.
 */
char *am_show_config(const struct am_daemon *d)
{
	json_t *o = am_show_reload(d);
	char *head = o ? json_dumps(o, JSON_COMPACT) : NULL, *line = NULL;

	json_decref(o);
	if (head)
		head[strlen(head) - 1] = 0; /* its closing brace */
	if (!head || asprintf(&line, "{\"ok\":true,\"result\":%s,\"config\":%s}}", head, d->reload.text) < 0)
		line = NULL;
	free(head);
	for (char *at = line; at && (at = strchr(at, '\n'));)
		*at = ' '; /* never inside a string */
	return line;
}

json_t *am_show_explain(const struct am_config *config, const char *tunnel, struct am_err *err)
{
	char *text = am_model_explain(config, tunnel, err);
	json_t *o = text ? json_loads(text, 0, NULL) : NULL;

	free(text);
	return o;
}

json_t *am_show_explain_packet(const struct am_daemon *d, const struct am_packet_ask *ask, struct am_err *err)
{
	const struct am_explain_packet packet = {
		.interface = ask->interface,
		.from = ask->from,
		.to = ask->to,
		.length = (uint16_t)ask->length,
		.protocol = (uint8_t)ask->protocol,
		.ttl = (uint8_t)ask->ttl,
		.may_cut = ask->may_cut,
		.sport = (uint16_t)ask->sport,
		.dport = (uint16_t)ask->dport,
	};
	char *text = am_model_explain_packet(d->model, &packet, err);
	json_t *o = text ? json_loads(text, 0, NULL) : NULL;

	free(text);
	return o;
}

json_t *am_show(struct am_daemon *d, const struct am_request *request, struct am_err *err)
{
	switch (request->what) {
	case AM_SHOW_VERSION:
		return show_version(d);
	case AM_SHOW_PORTS:
		return show_ports(d);
	case AM_SHOW_TUNNELS:
		return show_tunnels(d);
	case AM_SHOW_BRIDGES:
		return show_bridges(d);
	case AM_SHOW_FDB:
		return show_fdb(d, request);
	case AM_SHOW_DROPS:
		return show_drops(d, request);
	case AM_SHOW_WORKERS:
		return show_workers(d);
	case AM_SHOW_HOST:
		return am_show_host(d);
	case AM_SHOW_INTERFACES:
		return am_show_interfaces(d, request, err);
	case AM_SHOW_NEIGHBORS:
		return am_show_neighbors(d, request);
	case AM_SHOW_ROUTES:
		return am_show_routes(d, &request->routes, err);
	case AM_SHOW_VRFS:
		return am_show_vrfs(d);
	case AM_SHOW_AS:
		return am_show_as(d);
	case AM_SHOW_MAC_IP:
		return am_show_mac_ip(d, request->at, request->limit);
	case AM_SHOW_ACLS:
		return am_show_acls(d);
	case AM_SHOW_CONFIG: /* am_show_config */
	case AM_SHOWS:
		break;
	}
	return NULL;
}
