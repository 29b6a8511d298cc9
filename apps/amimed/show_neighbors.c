/* SPDX-License-Identifier: BSD-3-Clause */
#include "show_neighbors.h"

#include <linux/neighbour.h>
#include <stdio.h>
#include <string.h>

#include "daemon.h"
#include "links.h"
#include "model/route_view.h"
#include "show_routes.h"

/* A page that is being filled: first next hops by number, then one host interface after the other. */
struct page {
	const struct am_daemon *d;
	struct am_links links;
	json_t *list;
	uint32_t room;
};

static void set_text(json_t *o, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(o, key, json_string(text));
}

/* ---- next hops ---- */

/* "2 paths, 12 routes: 10.0.0.0/8" */
static void add_waiting(json_t *o, const struct am_daemon *d, uint16_t i)
{
	struct am_waiting w;
	char prefix[AM_PREFIX_TEXT];
	const struct am_conf_vrf *vrf;

	am_model_waiting(d->model, i, &w);
	vrf = am_model_vrf_conf(d->model, w.vrf);
	json_object_set_new(o, "paths", json_integer(w.paths));
	json_object_set_new(o, "routes", json_integer(w.prefixes));
	if (w.more)
		json_object_set_new(o, "routes_at_least", json_true());
	if (w.prefixes && vrf) {
		set_text(o, "first_route", am_prefix_text(&w.first, prefix));
		set_text(o, "first_route_vrf", vrf->name);
	}
}

static const char *vrf_name(const struct am_daemon *d, uint16_t vrf)
{
	const struct am_conf_vrf *conf = am_model_vrf_conf(d->model, vrf);

	return conf ? conf->name : "";
}

static void add_hop(struct page *page, uint16_t i)
{
	const struct am_daemon *d = page->d;
	const struct am_hop *hop = am_hops_at(d->hops, i);
	const struct am_nexthop *next = am_model_nexthop(d->model, i);
	char to[AM_IP_TEXT], by[AM_IP_TEXT], mac[AM_MAC_TEXT], why[AM_ERR_TEXT];
	struct am_kneigh known;
	const char *state = am_show_hop_state(d, i, why, sizeof why);
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s}", "to", am_ip_text(&hop->want.remote, to), "vrf",
		vrf_name(d, hop->want.vrf), "origin", next && next->is_static ? "static" : "kernel", "state",
		state, "why", why);

	if (hop->neighbour.family)
		set_text(o, "neighbor", am_ip_text(&hop->neighbour, by));
	if (next && next->resolved) {
		set_text(o, "mac", am_mac_text(&next->dst, mac));
		set_text(o, "port", am_model_port_name(d->model, next->out_port));
	}
	if (hop->ifindex > 0 && hop->neighbour.family &&
		am_nl_neigh(d->nl, hop->ifindex, &hop->neighbour, &known) == 0)
		json_object_set_new(o, "age_s", json_integer(known.age_s));
	add_waiting(o, d, i);
	json_array_append_new(page->list, o);
	page->room--;
}

/* ---- on links ---- */

struct link {
	struct page *page;
	const struct am_interface *in;
	const char *device;
};

/* Groups and the like are no neighbours. */
static const char *nud_word(uint16_t state)
{
	static const struct {
		uint16_t state;
		const char *word;
	} words[] = {{NUD_PERMANENT, "permanent"}, {NUD_REACHABLE, "reachable"}, {NUD_STALE, "stale"},
		{NUD_DELAY, "delay"}, {NUD_PROBE, "probe"}, {NUD_INCOMPLETE, "resolving"},
		{NUD_FAILED, "failed"}};

	for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
		if (state & words[i].state)
			return words[i].word;
	return NULL;
}

/* Is it a route? Then workers know it. */
static const char *way_of(const struct link *link, const struct am_ip *ip)
{
	struct am_route_info info;

	if (!am_model_route_match(link->page->d->model, link->in->vrf, ip, &info))
		return "no route leads there";
	if (info.origin == AM_ORIGIN_NEIGHBOUR)
		return "";
	if (info.route->kind == AM_ROUTE_GLEAN)
		return "packets to it ask for it";
	return "the file's route leads there";
}

static void add_known(void *ctx, const struct am_kneigh *known)
{
	const struct link *link = ctx;
	const struct am_daemon *d = link->page->d;
	const char *state = nud_word(known->state);
	char ip[AM_IP_TEXT], mac[AM_MAC_TEXT];
	json_t *o;

	if (!state)
		return;
	o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "neighbor", am_ip_text(&known->ip, ip),
		"vrf", vrf_name(d, link->in->vrf), "interface",
		am_model_iface(d->model, link->in->iface)->name, "device", link->device, "origin", "kernel",
		"state", state, "age_s", (json_int_t)known->age_s, "why",
		known->usable ? way_of(link, &known->ip)
			      : "nobody answers; asked for again when packets come");
	if (known->usable)
		set_text(o, "mac", am_mac_text(&known->mac, mac));
	json_array_append_new(link->page->list, o);
	link->page->room -= link->page->room > 0;
}

static void add_slot(struct page *page, const struct am_host_slot *slot)
{
	const struct am_roots *roots = am_model_roots(page->d->model);
	struct link link = {.page = page, .device = slot->want.name};
	struct am_nl *nl;
	int ifindex = am_hosts_ifindex(page->d->hosts, slot->want.target, &nl);

	if (slot->want.target >= roots->n_interfaces)
		return;
	link.in = roots->interfaces[slot->want.target];
	if (ifindex && link.in && link.in->kind != AM_INTERFACE_BOX)
		am_nl_neighbours(nl, ifindex, add_known, &link);
}

json_t *am_show_neighbors(const struct am_daemon *d, const struct am_request *request)
{
	uint32_t hops = am_hops_count(d->hops), all = hops + am_hosts_count(d->hosts), at = request->at;
	struct page page = {.d = d, .list = json_array(), .room = request->limit};

	for (; at < all && page.room; at++) {
		if (at < hops)
			add_hop(&page, (uint16_t)at);
		else
			add_slot(&page, am_hosts_at(d->hosts, at - hops));
	}
	return json_pack("{s:o, s:o}", "entries", page.list, "next",
		at < all ? json_integer((json_int_t)at) : json_null());
}
