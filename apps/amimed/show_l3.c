/* SPDX-License-Identifier: BSD-3-Clause */
#include "show_l3.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "hops.h"
#include "model/route_view.h"
#include "show.h"

/* The running configuration as `show config` has it: every default is spelled out there. */
static json_t *running(const struct am_daemon *d)
{
	char *text = am_config_print(am_model_config(d->model));
	json_t *config = text ? json_loads(text, 0, NULL) : NULL;

	free(text);
	return config;
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

/* ---- interfaces ---- */

static const char *port_state(const struct am_daemon *d, const char *name)
{
	struct am_port_stats stats;

	for (uint16_t id = 0; id < AM_PORTS_MAX; id++) {
		const struct am_open_port *open = &d->ports.by_id[id];

		if (!open->port || strcmp(open->conf.name, name) != 0)
			continue;
		am_port_stats(open, &stats);
		return stats.link_up ? "up" : "down";
	}
	return "down";
}

static const char *state_of(const struct am_daemon *d, const char *kind, const char *name)
{
	const struct am_config *config = am_model_config(d->model);

	if (strcmp(kind, "port") == 0)
		return port_state(d, name);
	for (uint16_t i = 0; strcmp(kind, "tunnel") == 0 && i < config->n_tunnels; i++)
		if (strcmp(config->tunnels[i].name, name) == 0)
			return am_show_tunnel_is_up(d, &config->tunnels[i]) ? "up" : "down";
	return "up";
}

static void add_counters(json_t *row, const struct am_daemon *d, const char *kind, const char *name)
{
	static const enum am_counter shown[] = {
		AM_C_RX_PACKETS, AM_C_RX_BYTES, AM_C_TX_PACKETS, AM_C_TX_BYTES};
	struct am_iface_counters c;
	json_int_t drops = 0;

	for (uint16_t i = 0; i < am_model_ifaces(d->model); i++) {
		const struct am_iface_info *info = am_model_iface(d->model, i);

		if (!info || strcmp(am_show_kind((int)info->kind), kind) != 0 ||
			strcmp(info->name, name) != 0)
			continue;
		am_show_read_counters(d, info->id, &c);
		for (unsigned k = 0; k < sizeof shown / sizeof *shown; k++)
			json_object_set_new(
				row, am_counter_name(shown[k]), json_integer((json_int_t)c.count[shown[k]]));
		for (unsigned v = AM_V_HELD + 1; v < AM_VERDICTS; v++)
			drops += (json_int_t)c.drop[v];
		json_object_set_new(row, "drops", json_integer(drops));
	}
}

static json_t *addresses_of(const json_t *o)
{
	json_t *list = json_object_get(o, "addresses");

	return list ? json_incref(list) : json_array();
}

static void add_interface(json_t *out, const struct am_daemon *d, const char *kind, const char *name,
	const json_t *o, bool counted)
{
	const char *vrf = text_of(o, "vrf");
	json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:o}", "name", name, "kind", kind, "state",
		state_of(d, kind, name), "vrf", strcmp(vrf, "none") == 0 ? "" : vrf, "addresses",
		addresses_of(o));

	if (row && counted)
		add_counters(row, d, kind, name);
	json_array_append_new(out, row);
}

/* "wan.100": its state is the port's. */
static void add_vlans(json_t *out, const struct am_daemon *d, const char *port, const json_t *o)
{
	const char *number;
	json_t *vlan;

	json_object_foreach(json_object_get(o, "vlans"), number, vlan)
	{
		char name[80];
		json_t *row;

		snprintf(name, sizeof name, "%s.%s", port, number);
		row = json_pack("{s:s, s:s, s:s, s:s, s:o}", "name", name, "kind", "vlan", "state",
			port_state(d, port), "vrf", text_of(vlan, "vrf"), "addresses", addresses_of(vlan));
		json_array_append_new(out, row);
	}
}

json_t *am_show_interfaces(const struct am_daemon *d)
{
	static const char *const sections[][2] = {
		{"ports", "port"}, {"tunnels", "tunnel"}, {"bridges", "bridge"}};
	json_t *config = running(d), *out = json_array(), *o;
	const char *name;

	for (unsigned s = 0; s < sizeof sections / sizeof *sections; s++) {
		json_object_foreach(json_object_get(config, sections[s][0]), name, o)
		{
			add_interface(out, d, sections[s][1], name, o, true);
			add_vlans(out, d, name, o);
		}
	}
	json_decref(config);
	return out;
}

/* ---- neighbors ---- */

static const char *hop_word(enum am_hop_state state)
{
	static const char *const words[] = {
		[AM_HOP_NEW] = "new",
		[AM_HOP_STATIC] = "static",
		[AM_HOP_UP] = "up",
		[AM_HOP_NO_ROUTE] = "no-route",
		[AM_HOP_LOCAL] = "local",
		[AM_HOP_FOREIGN] = "foreign",
		[AM_HOP_NOT_KERNELS] = "not-kernels",
		[AM_HOP_ABSENT] = "absent",
		[AM_HOP_NO_NEIGHBOUR] = "no-neighbor",
	};

	return words[state];
}

json_t *am_show_neighbors(const struct am_daemon *d)
{
	json_t *out = json_array();

	for (uint16_t i = 0; i < am_hops_count(d->hops); i++) {
		const struct am_hop *hop = am_hops_at(d->hops, i);
		const struct am_nexthop *next = am_model_nexthop(d->model, i);
		char to[AM_IP_TEXT], by[AM_IP_TEXT] = "", mac[AM_MAC_TEXT] = "", why[AM_ERR_TEXT];
		const char *port = NULL;

		if (hop->neighbour.family)
			am_ip_text(&hop->neighbour, by);
		if (next && next->resolved) {
			am_mac_text(&next->dst, mac);
			port = am_model_port_name(d->model, next->out_port);
		}
		json_array_append_new(
			out, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "to",
				     am_ip_text(&hop->want.remote, to), "vrf",
				     hop->want.vrf == AM_VRF_UNDERLAY ? "underlay" : "default", "neighbor",
				     by, "mac", mac, "port", port ? port : "", "state", hop_word(hop->state),
				     "why", am_hop_text(hop, why, sizeof why)));
	}
	return out;
}

json_t *am_show_as(const struct am_daemon *d)
{
	json_t *out = json_array();
	struct am_as_counters c;

	for (uint32_t row = 1; row < am_model_as_rows(d->model); row++) {
		am_plane_as(d->plane, row, &c);
		json_array_append_new(
			out, json_pack("{s:I, s:I, s:I}", "as", (json_int_t)am_model_as(d->model, row),
				     "packets", (json_int_t)c.packets, "bytes", (json_int_t)c.bytes));
	}
	return out;
}

/* ---- VRFs ---- */

static json_t *family_json(const struct am_vrf_size *size, unsigned f)
{
	const uint32_t *n = size->by_origin[f];

	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:I}", "prefixes", (int)size->prefixes[f], "local",
		(int)n[AM_ORIGIN_LOCAL], "connected", (int)n[AM_ORIGIN_CONNECTED], "static",
		(int)n[AM_ORIGIN_STATIC], "neighbor", (int)n[AM_ORIGIN_NEIGHBOUR], "memory",
		(json_int_t)size->octets[f]);
}

static json_t *interfaces_of(const struct am_daemon *d, uint16_t vrf)
{
	const struct am_roots *roots = am_model_roots(d->model);
	json_t *list = json_array();

	for (uint16_t i = 0; i < roots->n_interfaces; i++) {
		const struct am_interface *in = roots->interfaces[i];

		if (in && in->vrf == vrf && in->kind != AM_INTERFACE_BOX)
			json_array_append_new(list, json_string(am_model_iface(d->model, in->iface)->name));
	}
	return list;
}

static json_t *vrf_json(const struct am_daemon *d, uint16_t vrf, const struct am_conf_vrf *conf)
{
	json_t *loopbacks = json_array();
	struct am_vrf_size size;
	char text[AM_IP_TEXT];

	am_model_vrf_size(d->model, vrf, &size);
	for (uint16_t i = 0; i < conf->n_loopbacks; i++)
		json_array_append_new(loopbacks, json_string(am_ip_text(&conf->loopbacks[i], text)));
	return json_pack("{s:s, s:s, s:o, s:o, s:I, s:o, s:o, s:I}", "name", conf->name, "netns", conf->netns,
		"loopbacks", loopbacks, "interfaces", interfaces_of(d, vrf), "routes",
		(json_int_t)size.prefixes[0] + size.prefixes[1], "ipv4", family_json(&size, 0), "ipv6",
		family_json(&size, 1), "memory", (json_int_t)(size.octets[0] + size.octets[1]));
}

json_t *am_show_vrfs(const struct am_daemon *d)
{
	const struct am_roots *roots = am_model_roots(d->model);
	json_t *list = json_array();

	for (uint16_t vrf = 0; vrf < roots->n_vrfs; vrf++) {
		const struct am_conf_vrf *conf = am_model_vrf_conf(d->model, vrf);

		if (conf)
			json_array_append_new(list, vrf_json(d, vrf, conf));
	}
	return json_pack(
		"{s:o, s:I}", "vrfs", list, "shared_memory", (json_int_t)am_model_fib_room(d->model));
}
