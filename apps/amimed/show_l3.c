/* SPDX-License-Identifier: BSD-3-Clause */
#include "show_l3.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "hops.h"
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

/* ---- routes and VRFs, as they are configured ---- */

static void add_locals(json_t *out, const char *vrf, const json_t *loopbacks)
{
	const json_t *address;
	size_t i;

	json_array_foreach(loopbacks, i, address)
	{
		const char *text = json_string_value(address);
		json_t *prefix =
			json_sprintf("%s/%d", text ? text : "", text && strchr(text, ':') ? 128 : 32);

		json_array_append_new(out, json_pack("{s:s, s:o, s:s, s:s}", "vrf", vrf, "prefix", prefix,
						   "kind", "local", "by", "loopback"));
	}
}

/* "192.0.2.1/24" is on 192.0.2.0/24. */
static json_t *network_of(const char *address)
{
	char text[AM_PREFIX_TEXT], ip_text[AM_IP_TEXT];
	const char *slash = strchr(address, '/');
	struct am_prefix prefix;
	struct am_ip ip;

	snprintf(ip_text, sizeof ip_text, "%.*s", slash ? (int)(slash - address) : 0, address);
	if (am_ip_parse_text(ip_text, &ip))
		return json_string(address);
	prefix = am_prefix_around(&ip, (uint8_t)strtoul(slash + 1, NULL, 10));
	return json_string(am_prefix_text(&prefix, text));
}

static void add_connected(json_t *out, const json_t *interfaces)
{
	const json_t *o, *address;
	size_t i, k;

	json_array_foreach(interfaces, i, o)
	{
		json_array_foreach(json_object_get(o, "addresses"), k, address)
		{
			json_array_append_new(out, json_pack("{s:s, s:o, s:s, s:s}", "vrf", text_of(o, "vrf"),
							   "prefix", network_of(json_string_value(address)),
							   "kind", "connected", "by", text_of(o, "name")));
		}
	}
}

/* "tunnel to-b", "port wan"; what it does where it leads nowhere. */
static json_t *way_of(const json_t *route)
{
	static const char *const ways[] = {"tunnel", "port", "bridge"};

	for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++)
		if (*text_of(route, ways[i]))
			return json_sprintf("%s %s", ways[i], text_of(route, ways[i]));
	if (json_is_true(json_object_get(route, "blackhole")))
		return json_string("blackhole");
	return json_string(json_is_true(json_object_get(route, "unreachable")) ? "unreachable" : "");
}

static void add_static(json_t *out, const char *vrf, const json_t *routes)
{
	const json_t *route;
	size_t i;

	json_array_foreach(routes, i, route)
	{
		json_array_append_new(out,
			json_pack("{s:s, s:s, s:s, s:o, s:s}", "vrf", vrf, "prefix", text_of(route, "prefix"),
				"kind", "static", "by", way_of(route), "via", text_of(route, "via")));
	}
}

json_t *am_show_routes(const struct am_daemon *d)
{
	json_t *config = running(d), *interfaces = am_show_interfaces(d), *out = json_array(), *vrf;
	const char *name;

	json_object_foreach(json_object_get(config, "vrfs"), name, vrf)
	{
		add_locals(out, name, json_object_get(vrf, "loopbacks"));
		add_static(out, name, json_object_get(vrf, "routes"));
	}
	add_connected(out, interfaces);
	json_decref(interfaces);
	json_decref(config);
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

json_t *am_show_vrfs(const struct am_daemon *d)
{
	json_t *config = running(d), *out = json_array(), *vrf;
	const char *name;

	json_object_foreach(json_object_get(config, "vrfs"), name, vrf)
	{
		json_t *loopbacks = json_object_get(vrf, "loopbacks");

		json_array_append_new(
			out, json_pack("{s:s, s:o, s:I, s:s}", "name", name, "loopbacks",
				     loopbacks ? json_incref(loopbacks) : json_array(), "routes",
				     (json_int_t)json_array_size(json_object_get(vrf, "routes")), "netns",
				     text_of(vrf, "netns")));
	}
	json_decref(config);
	return out;
}
