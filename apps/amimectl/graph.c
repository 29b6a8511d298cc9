/* SPDX-License-Identifier: BSD-3-Clause */
#include "graph.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"

struct maker {
	struct am_graph *graph;
	const json_t *config, *tunnels, *ports;
	bool failed;
};

#define NOWHERE SIZE_MAX

const char *am_node_word(enum am_node_kind kind)
{
	static const char *const words[AM_NODE_KINDS] = {
		[AM_NODE_PORT] = "port",
		[AM_NODE_BRIDGE] = "bridge",
		[AM_NODE_VTEP] = "vtep",
		[AM_NODE_TABLE] = "vrf",
		[AM_NODE_TUNNEL] = "tunnel",
		[AM_NODE_VRF] = "vrf",
		[AM_NODE_UPLINK] = "port",
	};

	return words[kind];
}

const char *am_state_word(enum am_node_state state)
{
	static const char *const words[] = {
		[AM_STATE_UNKNOWN] = "", [AM_STATE_UP] = "up", [AM_STATE_DOWN] = "down"};

	return words[state];
}

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static void format(char *out, size_t room, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* What is too long is cut. */
static void format(char *out, size_t room, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (vsnprintf(out, room, fmt, args) < 0)
		out[0] = 0;
	va_end(args);
}

/* An address, or several, with commas. */
static void addresses(const json_t *value, char *out, size_t room)
{
	const json_t *one;
	size_t i, used = 0;

	format(out, room, "%s", json_is_string(value) ? json_string_value(value) : "");
	json_array_foreach(value, i, one)
	{
		const char *s = json_string_value(one);

		if (s && used < room)
			used += (size_t)snprintf(out + used, room - used, "%s%s", used ? ", " : "", s);
	}
}

/* ---- nodes and edges ---- */

static size_t find(const struct am_graph *g, enum am_node_kind kind, const char *name)
{
	for (size_t i = 0; i < g->n_nodes; i++)
		if (g->nodes[i].kind == kind && strcmp(g->nodes[i].name, name) == 0)
			return i;
	return NOWHERE;
}

static struct am_node *add_node(struct maker *m, enum am_node_kind kind, const char *name)
{
	struct am_graph *g = m->graph;
	struct am_node *more = realloc(g->nodes, (g->n_nodes + 1) * sizeof *more), *node;

	m->failed |= !more;
	if (!more)
		return NULL;
	g->nodes = more;
	node = &more[g->n_nodes++];
	*node = (struct am_node){.kind = kind};
	format(node->name, sizeof node->name, "%s", name);
	return node;
}

static void add_edge(struct maker *m, size_t from, size_t to, const char *label)
{
	struct am_graph *g = m->graph;
	struct am_edge *more;

	if (from == NOWHERE || to == NOWHERE)
		return;
	more = realloc(g->edges, (g->n_edges + 1) * sizeof *more);
	m->failed |= !more;
	if (!more)
		return;
	g->edges = more;
	more[g->n_edges] = (struct am_edge){.from = from, .to = to};
	format(more[g->n_edges++].label, sizeof more->label, "%s", label);
}

/* ---- what is up ---- */

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

static void set_state(struct am_node *node, const char *word, const char *why)
{
	if (strcmp(word, "up") == 0)
		node->state = AM_STATE_UP;
	else if (*word)
		node->state = AM_STATE_DOWN;
	if (node->state == AM_STATE_DOWN)
		format(node->why, sizeof node->why, "%s", why);
}

/* ---- what there is ---- */

static void add_port(struct maker *m, const char *name, const json_t *port)
{
	const char *vrf = text(port, "vrf"), *device = text(port, "device");
	bool uplink = *vrf && strcmp(vrf, "none") != 0;
	struct am_node *node = add_node(m, uplink ? AM_NODE_UPLINK : AM_NODE_PORT, name);
	const json_t *now = by_name(m->ports, name);

	if (!node)
		return;
	format(node->detail, sizeof node->detail, "%s %s", text(port, "driver"),
		*device ? device : text(port, "devargs"));
	if (now)
		set_state(node, text(now, "link"), text(now, "why"));
}

static void add_tunnel(struct maker *m, const char *name, const json_t *tunnel)
{
	struct am_node *node = add_node(m, AM_NODE_TUNNEL, name);
	const json_t *now = by_name(m->tunnels, name);
	char local[48], remote[48];

	if (!node)
		return;
	addresses(json_object_get(tunnel, "local"), local, sizeof local);
	addresses(json_object_get(tunnel, "remote"), remote, sizeof remote);
	format(node->detail, sizeof node->detail, "%s %s > %s", text(tunnel, "type"), local, remote);
	if (now)
		set_state(node, text(now, "state"),
			text(json_array_get(json_object_get(now, "paths"), 0), "why"));
}

static enum am_node_kind vrf_kind(const char *name)
{
	return strcmp(name, "underlay") ? AM_NODE_TABLE : AM_NODE_VRF;
}

static void add_vrf(struct maker *m, const char *name, const json_t *vrf)
{
	struct am_node *node = add_node(m, vrf_kind(name), name);

	if (node)
		addresses(json_object_get(vrf, "loopbacks"), node->detail, sizeof node->detail);
}

/* The route of the default VRF by which a VTEP is reached: the longest prefix. */
static const json_t *route_to(const json_t *config, const char *address)
{
	const json_t *routes =
		json_object_get(json_object_get(json_object_get(config, "vrfs"), "default"), "routes");
	const json_t *route, *best = NULL;
	struct am_prefix prefix;
	struct am_ip ip;
	int longest = -1;
	size_t i;

	if (am_ip_parse_text(address, &ip) != 0)
		return NULL;
	json_array_foreach(routes, i, route)
	{
		if (am_prefix_parse_text(text(route, "prefix"), &prefix) != 0 ||
			!am_prefix_contains(&prefix, &ip) || prefix.len <= longest)
			continue;
		best = route;
		longest = prefix.len;
	}
	return best;
}

static size_t vtep_node(struct maker *m, const char *address)
{
	size_t at = find(m->graph, AM_NODE_VTEP, address), to;
	const json_t *route = route_to(m->config, address);

	if (at != NOWHERE || !add_node(m, AM_NODE_VTEP, address))
		return at;
	at = m->graph->n_nodes - 1;
	to = find(m->graph, AM_NODE_TUNNEL, text(route, "tunnel"));
	if (to == NOWHERE)
		to = find(m->graph, AM_NODE_UPLINK, text(route, "port"));
	add_edge(m, at, to, text(route, "prefix"));
	return at;
}

/* "VLAN 100", or nothing where there is nothing to say. */
static void vlan_label(const json_t *member, char *out, size_t room)
{
	const json_t *vlan = json_object_get(member, "vlan");

	out[0] = 0;
	if (json_is_integer(vlan))
		format(out, room, "VLAN %lld", (long long)json_integer_value(vlan));
	else if (json_is_string(vlan) && strcmp(json_string_value(vlan), "any") != 0)
		format(out, room, "%s", json_string_value(vlan));
}

static void add_member(struct maker *m, size_t bridge, const json_t *bridge_json, const json_t *member)
{
	const json_t *vni = json_object_get(bridge_json, "vni");
	char label[64];

	if (*text(member, "vtep")) {
		format(label, sizeof label, "VNI %lld", (long long)json_integer_value(vni));
		add_edge(m, bridge, vtep_node(m, text(member, "vtep")), json_is_integer(vni) ? label : "");
		return;
	}
	vlan_label(member, label, sizeof label);
	if (*text(member, "tunnel")) {
		add_edge(m, bridge, find(m->graph, AM_NODE_TUNNEL, text(member, "tunnel")), label);
		return;
	}
	add_edge(m, find(m->graph, AM_NODE_PORT, text(member, "port")), bridge, label);
	/* A port may be both: an uplink whose other VLANs are bridged. */
	add_edge(m, bridge, find(m->graph, AM_NODE_UPLINK, text(member, "port")), label);
}

static void add_bridge(struct maker *m, const char *name, const json_t *bridge, const char *kind)
{
	struct am_node *node = add_node(m, AM_NODE_BRIDGE, name);
	size_t at = m->graph->n_nodes - 1, i;
	const json_t *member;

	if (!node)
		return;
	if (json_is_integer(json_object_get(bridge, "vni")))
		format(node->detail, sizeof node->detail, "%s, VNI %lld, MTU %lld", kind,
			(long long)json_integer_value(json_object_get(bridge, "vni")),
			(long long)json_integer_value(json_object_get(bridge, "mtu")));
	else
		format(node->detail, sizeof node->detail, "%s, MTU %lld", kind,
			(long long)json_integer_value(json_object_get(bridge, "mtu")));
	json_array_foreach(json_object_get(bridge, "members"), i, member)
	{
		add_member(m, at, bridge, member);
	}
}

static bool is_bridged(const struct am_graph *g, size_t tunnel)
{
	for (size_t i = 0; i < g->n_edges; i++)
		if (g->edges[i].to == tunnel && g->nodes[g->edges[i].from].kind == AM_NODE_BRIDGE)
			return true;
	return false;
}

/* A tunnel that no bridge has is an interface of its VRF. */
static void connect_routed(struct maker *m, size_t tunnel)
{
	const char *name = m->graph->nodes[tunnel].name;
	const json_t *o = json_object_get(json_object_get(m->config, "tunnels"), name), *route;
	const char *vrf = *text(o, "vrf") ? text(o, "vrf") : "default";
	const json_t *routes =
		json_object_get(json_object_get(json_object_get(m->config, "vrfs"), vrf), "routes");
	unsigned n = 0;
	char label[64];
	size_t i;

	json_array_foreach(routes, i, route) n += !strcmp(text(route, "tunnel"), name);
	format(label, sizeof label, "%u route%s", n, n == 1 ? "" : "s");
	add_edge(m, find(m->graph, AM_NODE_TABLE, vrf), tunnel, label);
}

/* Which VRF a tunnel's packets are in, outside and inside, and which ports and bridges are in one. */
static void connect_vrfs(struct maker *m)
{
	size_t underlay = find(m->graph, AM_NODE_VRF, "underlay");
	const char *name;
	json_t *o;

	for (size_t i = 0; i < m->graph->n_nodes; i++) {
		if (m->graph->nodes[i].kind != AM_NODE_TUNNEL)
			continue;
		if (!is_bridged(m->graph, i))
			connect_routed(m, i);
		add_edge(m, i, underlay, "");
	}
	json_object_foreach(json_object_get(m->config, "ports"), name, o)
	{
		add_edge(m, find(m->graph, vrf_kind(text(o, "vrf")), text(o, "vrf")),
			find(m->graph, AM_NODE_UPLINK, name), "");
	}
	json_object_foreach(json_object_get(m->config, "bridges"), name, o)
	{
		if (json_array_size(json_object_get(o, "addresses")))
			add_edge(m, find(m->graph, AM_NODE_BRIDGE, name),
				find(m->graph, AM_NODE_TABLE, *text(o, "vrf") ? text(o, "vrf") : "default"),
				"");
	}
}

static void each(
	struct maker *m, const char *section, void (*add)(struct maker *m, const char *name, const json_t *o))
{
	const char *name;
	json_t *o;

	json_object_foreach(json_object_get(m->config, section), name, o)
	{
		add(m, name, o);
	}
}

static void add_real_bridge(struct maker *m, const char *name, const json_t *o)
{
	add_bridge(m, name, o, "bridge");
}

static void add_xconnect(struct maker *m, const char *name, const json_t *o)
{
	add_bridge(m, name, o, "xconnect");
}

struct am_graph *am_graph_make(const json_t *config, const json_t *tunnels, const json_t *ports)
{
	struct maker m = {calloc(1, sizeof *m.graph), config, tunnels, ports, false};

	if (!m.graph)
		return NULL;
	each(&m, "ports", add_port);
	each(&m, "tunnels", add_tunnel);
	each(&m, "vrfs", add_vrf);
	each(&m, "bridges", add_real_bridge);
	each(&m, "xconnects", add_xconnect);
	connect_vrfs(&m);
	if (!m.failed)
		return m.graph;
	am_graph_free(m.graph);
	return NULL;
}

void am_graph_free(struct am_graph *g)
{
	if (!g)
		return;
	free(g->nodes);
	free(g->edges);
	free(g);
}

json_t *am_graph_json(const struct am_graph *g)
{
	json_t *nodes = json_array(), *edges = json_array();

	for (size_t i = 0; i < g->n_nodes; i++) {
		const struct am_node *n = &g->nodes[i];

		json_array_append_new(nodes,
			json_pack("{s:s, s:s, s:s, s:s, s:s}", "kind", am_node_word(n->kind), "name", n->name,
				"detail", n->detail, "state", am_state_word(n->state), "why", n->why));
	}
	for (size_t i = 0; i < g->n_edges; i++)
		json_array_append_new(
			edges, json_pack("{s:I, s:I, s:s}", "from", (json_int_t)g->edges[i].from, "to",
				       (json_int_t)g->edges[i].to, "label", g->edges[i].label));
	return json_pack("{s:o, s:o}", "nodes", nodes, "edges", edges);
}
