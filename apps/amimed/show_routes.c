/* SPDX-License-Identifier: BSD-3-Clause */
#include "show_routes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon.h"
#include "hops.h"
#include "links.h"
#include "model/route_view.h"
#include "net/ether.h"
#include "show.h"

static const char *word_of(enum am_hop_state state)
{
	static const char *const words[] = {
		[AM_HOP_NEW] = "resolving",
		[AM_HOP_STATIC] = "static",
		[AM_HOP_UP] = "live",
		[AM_HOP_NO_ROUTE] = "no-route",
		[AM_HOP_LOCAL] = "local",
		[AM_HOP_FOREIGN] = "foreign",
		[AM_HOP_OTHER_VRF] = "other-vrf",
		[AM_HOP_NOT_KERNELS] = "not-kernels",
		[AM_HOP_ABSENT] = "absent",
		[AM_HOP_NO_NEIGHBOUR] = "no-neighbor",
	};

	return words[state];
}

/* On a link whose kernel's side is a TAP: there the kernel's neighbour is the answer (mirror.c). */
static const char *mirrored_state(
	const struct am_daemon *d, const struct am_nexthop *next, char *why, size_t room)
{
	struct am_kneigh known = {0};
	char ip[AM_IP_TEXT];
	struct am_nl *nl;
	int ifindex = am_hosts_ifindex(d->hosts, next->interface, &nl);

	why[0] = 0;
	if (next->resolved)
		return word_of(AM_HOP_UP);
	am_ip_text(&next->remote, ip);
	if (!ifindex) {
		snprintf(why, room,
			"the host interface on the way to %s is not there; see: amimectl show interfaces",
			ip);
		return word_of(AM_HOP_ABSENT);
	}
	if (am_nl_neigh(nl, ifindex, &next->remote, &known) != 0 || !known.failed) {
		snprintf(why, room, "the kernel is asking for neighbour %s", ip);
		return word_of(AM_HOP_NEW);
	}
	snprintf(why, room, "no answer from neighbour %s; asking every second", ip);
	return word_of(AM_HOP_NO_NEIGHBOUR);
}

const char *am_show_hop_state(const struct am_daemon *d, uint16_t i, char *why, size_t room)
{
	const struct am_hop *hop = am_hops_at(d->hops, i);
	const struct am_nexthop *next = am_model_nexthop(d->model, i);

	if (hop->state == AM_HOP_STATIC && next && !next->is_static)
		return mirrored_state(d, next, why, room);
	why[0] = 0;
	if (!am_hop_is_up(hop))
		am_hop_text(hop, why, room);
	return word_of(hop->state);
}

/* ---- one next hop ---- */

static void set_text(json_t *o, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(o, key, json_string(text));
}

static const char *name_of(const struct am_daemon *d, uint16_t iface)
{
	const struct am_iface_info *info = am_model_iface(d->model, iface);

	return info ? info->name : NULL;
}

static const struct am_conf_tunnel *tunnel_of(const struct am_daemon *d, const struct am_interface *in)
{
	return in && in->kind == AM_INTERFACE_TUNNEL
		       ? am_config_tunnel(am_model_config(d->model), name_of(d, in->iface))
		       : NULL;
}

/* The octets that are written in front of the packet. */
static void set_adjacency(json_t *o, const struct am_daemon *d, const struct am_adjacency *a)
{
	char mac[AM_MAC_TEXT];
	struct am_mac to;

	json_object_set_new(o, "mtu", json_integer(a->mtu));
	if (a->kind == AM_ADJACENCY_PORT)
		set_text(o, "port", am_model_port_name(d->model, a->port));
	if (!a->head_len)
		return;
	memcpy(to.bytes, a->head, sizeof to.bytes);
	set_text(o, "mac", am_mac_text(&to, mac));
	if (a->head_len > AM_ETH_LEN)
		json_object_set_new(o, "vlan", json_integer(am_load16(a->head + 2 * AM_MAC_LEN + 2) & 0xfff));
}

/* A next hop that is not live, whatever it waits for. */
static void set_trouble(json_t *o, const struct am_links *links, const struct am_route_hop *hop)
{
	const struct am_daemon *d = links->d;
	const struct am_conf_tunnel *tunnel = tunnel_of(d, hop->out);
	const struct am_hop *asked = hop->nexthop == AM_NO_ID ? NULL : am_hops_at(d->hops, hop->nexthop);
	char why[AM_ERR_TEXT] = "";

	if (asked && !hop->resolved) {
		set_text(o, "state", am_show_hop_state(d, hop->nexthop, why, sizeof why));
		set_text(o, "why", why);
	} else if (tunnel) {
		am_links_tunnel(links, tunnel, why);
		set_text(o, "state", "tunnel-down");
		set_text(o, "why", why);
	} else {
		set_text(o, "state", "resolving");
	}
}

/* Workers send there all the same: what the port says is not theirs to know. */
static void set_live(json_t *o, const struct am_links *links, const struct am_route_hop *hop)
{
	const struct am_conf_tunnel *tunnel = tunnel_of(links->d, hop->out);
	const struct am_adjacency *a = hop->resolved;
	char why[AM_ERR_TEXT] = "";

	if (tunnel && !am_links_tunnel(links, tunnel, why))
		set_text(o, "state", "tunnel-down");
	else if (a && a->kind == AM_ADJACENCY_PORT && !links->up[a->port])
		set_text(o, "state", "port-down");
	else
		set_text(o, "state", "live");
	if (a && a->kind == AM_ADJACENCY_PORT && !links->up[a->port])
		am_link_text(links->d, a->port, why, sizeof why);
	set_text(o, "why", why);
}

static json_t *hop_json(const struct am_links *links, const struct am_route *route, unsigned i)
{
	const struct am_daemon *d = links->d;
	const struct am_nexthop *next;
	struct am_route_hop hop;
	json_t *o = json_object();
	char via[AM_IP_TEXT];

	am_model_route_hop(d->model, route, i, &hop);
	if (hop.live)
		set_live(o, links, &hop);
	else
		set_trouble(o, links, &hop);
	if (hop.out)
		set_text(o, "interface", name_of(d, hop.out->iface));
	if (tunnel_of(d, hop.out))
		set_text(o, "tunnel", tunnel_of(d, hop.out)->name);
	next = hop.nexthop == AM_NO_ID ? NULL : am_model_nexthop(d->model, hop.nexthop);
	if (next)
		set_text(o, "via", am_ip_text(&next->remote, via));
	if (hop.resolved)
		set_adjacency(o, d, hop.resolved);
	return o;
}

/* ---- one route ---- */

static const char *kind_word(unsigned kind)
{
	static const char *const words[] = {
		[AM_ROUTE_FORWARD] = "forward",
		[AM_ROUTE_LOCAL] = "local",
		[AM_ROUTE_GLEAN] = "glean",
		[AM_ROUTE_BLACKHOLE] = "blackhole",
		[AM_ROUTE_UNREACHABLE] = "unreachable",
	};

	return words[kind];
}

static const char *origin_word(enum am_route_origin origin)
{
	static const char *const words[AM_ORIGINS] = {
		[AM_ORIGIN_LOCAL] = "local",
		[AM_ORIGIN_CONNECTED] = "connected",
		[AM_ORIGIN_STATIC] = "static",
		[AM_ORIGIN_NEIGHBOUR] = "neighbor",
	};

	return words[origin];
}

json_t *am_show_route(const struct am_links *links, uint16_t vrf, const struct am_route_info *info)
{
	const struct am_daemon *d = links->d;
	const struct am_roots *roots = am_model_roots(d->model);
	const struct am_conf_vrf *conf = am_model_vrf_conf(d->model, vrf);
	const struct am_route *route = info->route;
	char prefix[AM_PREFIX_TEXT];
	json_t *hops = json_array(),
	       *o = json_pack("{s:s, s:s, s:s, s:s, s:i, s:o}", "vrf", conf ? conf->name : "?", "prefix",
		       am_prefix_text(&info->prefix, prefix), "origin", origin_word(info->origin), "kind",
		       kind_word(route->kind), "class", (int)route->id, "hops", hops);

	if (!o)
		return NULL;
	if (route->as)
		json_object_set_new(o, "as", json_integer(route->as));
	if (route->kind != AM_ROUTE_FORWARD && route->interface < roots->n_interfaces &&
		roots->interfaces[route->interface])
		set_text(o, "interface", name_of(d, roots->interfaces[route->interface]->iface));
	for (unsigned i = 0; i < route->n; i++)
		json_array_append_new(hops, hop_json(links, route, i));
	return o;
}

/* ---- a page of them ---- */

struct page {
	const struct am_daemon *d;
	struct am_links links;
	const struct am_routes_ask *ask;
	uint16_t vrf;
	json_t *list;
	unsigned room;
	struct am_prefix last;
	json_t *next; /* NULL: that was all */
};

static bool add_route(void *ctx, const struct am_route_info *info)
{
	struct page *page = ctx;
	const struct am_prefix *within = &page->ask->within;

	if (within->ip.family && !am_prefix_contains(within, &info->prefix.ip))
		return false;
	if (!page->room) {
		char last[AM_PREFIX_TEXT];

		page->next = json_sprintf("%u %s", page->vrf, am_prefix_text(&page->last, last));
		return false;
	}
	page->room--;
	page->last = info->prefix;
	json_array_append_new(page->list, am_show_route(&page->links, page->vrf, info));
	return true;
}

/* Behind what stands before the prefix that is asked for: one that is a bit shorter; before ::/0 all of IPv4. */
static void add_fib(struct page *page, const struct am_prefix *after)
{
	const struct am_prefix *within = &page->ask->within;
	const struct am_prefix last_of_ipv4 = {{AM_IPV4, {255, 255, 255, 255}}, 32};
	const struct am_prefix shorter = {within->ip, (uint8_t)(within->len - 1)};

	if (!after && within->len)
		after = &shorter;
	else if (!after && within->ip.family == AM_IPV6)
		after = &last_of_ipv4;
	am_model_routes(page->d->model, page->vrf, after, add_route, page);
}

static void add_match(struct page *page)
{
	struct am_route_info info;

	if (am_model_route_match(page->d->model, page->vrf, &page->ask->within.ip, &info))
		json_array_append_new(page->list, am_show_route(&page->links, page->vrf, &info));
}

/* To tunnel remotes no table leads, but next hops, one an address. */
static json_t *underlay_json(const struct am_links *links, uint16_t i, const struct am_hop *hop)
{
	const struct am_daemon *d = links->d;
	const struct am_nexthop *next = am_model_nexthop(d->model, i);
	char via[AM_IP_TEXT], prefix[AM_PREFIX_TEXT], mac[AM_MAC_TEXT];
	struct am_link_path path;
	const struct am_prefix to = {hop->want.remote, (uint8_t)(am_ip_len(&hop->want.remote) * 8)};
	json_t *o = json_object();

	am_links_path(links, AM_VRF_UNDERLAY, &hop->want.remote, NULL, &path);
	set_text(o, "state", path.up ? "live" : am_hop_is_up(hop) ? "port-down" : word_of(hop->state));
	if (hop->neighbour.family)
		set_text(o, "via", am_ip_text(&hop->neighbour, via));
	if (!path.up)
		set_text(o, "why", path.why);
	if (next && next->resolved) {
		set_text(o, "mac", am_mac_text(&next->dst, mac));
		set_text(o, "port", am_model_port_name(d->model, next->out_port));
		if (next->out_port < am_model_roots(d->model)->n_ports)
			json_object_set_new(
				o, "mtu", json_integer(am_model_roots(d->model)->ports[next->out_port].mtu));
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:[o]}", "vrf", "underlay", "prefix",
		am_prefix_text(&to, prefix), "origin", hop->want.is_static ? "static" : "kernel", "kind",
		"forward", "hops", o);
}

static void add_underlay(struct page *page, uint16_t from)
{
	const struct am_prefix *within = &page->ask->within;

	for (uint16_t i = from; i < am_hops_count(page->d->hops) && !page->next; i++) {
		const struct am_hop *hop = am_hops_at(page->d->hops, i);

		if (hop->want.vrf != AM_VRF_UNDERLAY ||
			(within->ip.family && !am_prefix_contains(within, &hop->want.remote)))
			continue;
		if (page->room)
			json_array_append_new(page->list, underlay_json(&page->links, i, hop));
		else
			page->next = json_sprintf("%u %u", AM_VRF_UNDERLAY, i);
		page->room -= page->room > 0;
	}
}

static bool is_wanted(const struct page *page, const struct am_conf_vrf *conf)
{
	return conf && (!page->ask->vrf[0] || strcmp(page->ask->vrf, conf->name) == 0);
}

json_t *am_show_routes(const struct am_daemon *d, const struct am_routes_ask *ask, struct am_err *err)
{
	const struct am_roots *roots = am_model_roots(d->model);
	struct page page = {.d = d, .ask = ask, .list = json_array(), .room = AM_ROWS_LIMIT};
	bool resumes = ask->after.ip.family;

	am_links_look(&page.links, d);
	if (ask->vrf[0] && !am_config_vrf_named(am_model_config(d->model), ask->vrf)) {
		json_decref(page.list);
		am_fail(err, ENOENT, "there is no VRF %s; amimectl show vrfs has all", ask->vrf);
		return NULL;
	}
	for (uint16_t vrf = ask->after_vrf; vrf < roots->n_vrfs && !page.next; vrf++) {
		page.vrf = vrf;
		if (!is_wanted(&page, am_model_vrf_conf(d->model, vrf)))
			continue;
		if (vrf == AM_VRF_UNDERLAY)
			add_underlay(&page, ask->after_hop);
		else if (ask->match)
			add_match(&page);
		else
			add_fib(&page, resumes && vrf == ask->after_vrf ? &ask->after : NULL);
	}
	return json_pack("{s:o, s:o}", "routes", page.list, "next", page.next ? page.next : json_null());
}
