/* SPDX-License-Identifier: BSD-3-Clause */
#include "mirror.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "ends.h"
#include "nlset.h"

enum {
	READS = 16,
	TABLE = 20970
}; /* and the VRF's number: the kernel's routing tables of what the box sends */

/* ---- what there shall be ---- */

static void add_address(struct am_host_want *want, const struct am_prefix *prefix)
{
	if (want->n_addresses < AM_HOST_ADDRESSES)
		want->addresses[want->n_addresses++] = *prefix;
}

static bool link_is_up(const struct am_daemon *d, const struct am_interface *in)
{
	struct am_port_stats stats;

	if (in->port == AM_NO_ID || !d->ports.by_id[in->port].port)
		return true;
	am_port_stats(&d->ports.by_id[in->port], &stats);
	return stats.link_up;
}

/* RFC 4291 appendix A: of the MAC that the tunnel would have, which stays the same and differs from the other end's. */
static struct am_prefix link_local_of(const struct am_mac *mac)
{
	struct am_prefix p = {.ip = {.family = AM_IPV6, .bytes = {0xfe, 0x80}}, .len = 64};

	memcpy(p.ip.bytes + 8, mac->bytes, 3);
	p.ip.bytes[8] ^= 2;
	p.ip.bytes[11] = 0xff;
	p.ip.bytes[12] = 0xfe;
	memcpy(p.ip.bytes + 13, mac->bytes + 3, 3);
	return p;
}

static bool has_link_local(const struct am_conf_l3 *l3)
{
	for (uint16_t i = 0; i < l3->n_addresses; i++)
		if (l3->addresses[i].ip.family == AM_IPV6 && am_ip_is_link_local(&l3->addresses[i].ip))
			return true;
	return false;
}

/* Of an interface that has addresses in the file. False: the kernel has nothing of it. */
static bool want_interface(const struct am_daemon *d, const struct am_interface *in,
	const struct am_conf_l3 *l3, struct am_host_want *want)
{
	bool nic = in->mirror == AM_MIRROR_NIC || in->mirror == AM_MIRROR_COPY;
	const char *name = am_model_iface(d->model, in->iface)->name;

	if (nic && !l3->n_addresses)
		return false;
	want->mode = nic ? AM_HOST_IS_NIC : in->mirror == AM_MIRROR_TAP ? AM_HOST_IS_TAP : AM_HOST_IS_TUN;
	snprintf(want->name, sizeof want->name, "%.15s",
		nic              ? d->ports.by_id[in->port].conf.device
		: *l3->host_name ? l3->host_name
				 : name);
	for (uint16_t i = 0; i < l3->n_addresses; i++)
		add_address(want, &l3->addresses[i]);
	if (in->mirror == AM_MIRROR_TUN && !has_link_local(l3)) {
		const struct am_prefix own = link_local_of(&in->mac);

		add_address(want, &own);
	}
	return true;
}

static void add_alone(struct am_host_want *want, const struct am_ip *ip)
{
	add_address(want, &(struct am_prefix){*ip, (uint8_t)(am_ip_len(ip) * 8)});
}

/* Addresses of interfaces that have no mirror of their own. */
static void add_unmirrored(const struct am_daemon *d, uint16_t vrf, struct am_host_want *want)
{
	const struct am_roots *roots = am_model_roots(d->model);

	for (uint16_t i = 0; i < roots->n_interfaces; i++) {
		const struct am_interface *in = roots->interfaces[i];
		const struct am_conf_l3 *l3 = am_model_interface_conf(d->model, i);

		if (!in || !l3 || in->vrf != vrf || in->mirror != AM_MIRROR_NONE || !l3->host)
			continue;
		for (uint16_t k = 0; k < l3->n_addresses; k++)
			add_alone(want, &l3->addresses[k].ip);
	}
}

/* A VRF's own: its loopbacks, and the way of what the box sends from any of its addresses. */
static bool want_box(const struct am_daemon *d, const struct am_interface *in, const struct am_conf_vrf *vrf,
	struct am_host_want *want)
{
	want->mode = AM_HOST_IS_TUN;
	want->is_way = true;
	snprintf(
		want->name, sizeof want->name, "%.15s", vrf->kind == AM_VRF_IS_DEFAULT ? d->name : vrf->name);
	for (unsigned i = 0; i < vrf->n_loopbacks; i++)
		add_alone(want, &vrf->loopbacks[i]);
	add_unmirrored(d, in->vrf, want);
	return true;
}

static bool want_one(const struct am_daemon *d, const struct am_interface *in, struct am_host_want *want)
{
	const struct am_config *config = am_model_config(d->model);
	const struct am_conf_l3 *l3 = am_model_interface_conf(d->model, in->id);
	const char *name = am_model_iface(d->model, in->iface)->name;
	const struct am_conf_vrf *vrf;

	/* Once a second of each: thousands of tunnels that the kernel has nothing of cost next to nothing. */
	if (l3 && in->mirror == AM_MIRROR_NONE)
		return false;
	vrf = am_config_vrf_named(config, l3 ? l3->vrf : name);
	*want = (struct am_host_want){.target = in->id,
		.mac = in->mac,
		.mtu = in->mtu,
		.carrier = link_is_up(d, in),
		.table = TABLE + in->vrf};
	snprintf(want->interface, sizeof want->interface, "%s%s", l3 ? "" : "vrf ", name);
	if (vrf)
		snprintf(want->netns, sizeof want->netns, "%s", vrf->netns);
	return vrf && (l3 ? want_interface(d, in, l3, want) : want_box(d, in, vrf, want));
}

/* ---- what the kernel has ---- */

static void found_address(void *ctx, const struct am_kaddress *address)
{
	struct am_kaddresses *found = ctx;
	struct am_kaddress *more;
	struct am_ip *ips;

	if (found->n == found->room) {
		more = realloc(found->items, (found->room * 2 + 32) * sizeof *more);
		found->items = more ? more : found->items;
		ips = realloc(found->ips, (found->room * 2 + 32) * sizeof *ips);
		found->ips = ips ? ips : found->ips;
		if (!more || !ips)
			return;
		found->room = found->room * 2 + 32;
	}
	found->items[found->n] = *address;
	found->ips[found->n++] = address->ip;
}

void am_mirror_free_addresses(struct am_kaddresses *addresses)
{
	free(addresses->items);
	free(addresses->ips);
	*addresses = (struct am_kaddresses){0};
}

/* Only the daemon's own namespace has devices that frames are left to. */
static bool read_addresses(struct am_daemon *d)
{
	struct am_kaddresses found = {0}, *known = &d->kernel;
	bool differ;

	if (am_nl_addresses(d->nl, found_address, &found) != 0) {
		am_mirror_free_addresses(&found);
		return false;
	}
	differ = found.n != known->n ||
		 (found.n && memcmp(found.ips, known->ips, found.n * sizeof *found.ips) != 0);
	am_mirror_free_addresses(known);
	*known = found;
	return differ;
}

int am_mirror_steer(struct am_daemon *d, struct am_err *err)
{
	int rc = 0;

	for (uint16_t id = 0; id < AM_PORTS_MAX; id++) {
		struct am_port *port = d->ports.by_id[id].port;
		struct am_steer steer;
		int failed;

		if (!port || !port->ops->steer)
			continue;
		am_model_steer(d->model, NULL, id, &steer);
		steer.n_kernel = (uint16_t)d->kernel.n;
		steer.kernel = d->kernel.ips;
		failed = port->ops->steer(port, &steer);
		if (failed)
			rc = am_fail(err, -failed, "port %s: the %s driver cannot take its frames: %s",
				port->name, port->ops->name, strerror(-failed));
	}
	return rc;
}

void am_mirror_addresses(struct am_daemon *d)
{
	struct am_err err;

	if (read_addresses(d) && am_mirror_steer(d, &err))
		am_log(&d->log, AM_LOG_ERROR, "%s", err.text);
	am_ends_look(d);
}

/* ---- neighbours ---- */

/* Next hops of routes that wait for this neighbour. */
static void resolve(struct am_daemon *d, uint16_t target, const struct am_kneigh *neigh)
{
	const struct am_interface *in = am_model_roots(d->model)->interfaces[target];

	for (uint16_t i = 0; in && in->mirror == AM_MIRROR_TAP && i < am_model_nexthops(d->model); i++) {
		const struct am_nexthop *next = am_model_nexthop(d->model, i);

		if (next->interface == target && !next->is_static && am_ip_equal(&next->remote, &neigh->ip))
			am_retire_add(&d->retire, am_model_resolve(d->model, i, !neigh->failed, in->port,
							  &in->mac, &neigh->mac, in->vlan));
	}
}

/* One that is used is the kernel's to keep, also where it does not see our packets. */
void am_mirror_neighbour(
	struct am_daemon *d, const struct am_nl *nl, const struct am_kneigh *neigh, bool gone)
{
	uint32_t before = am_model_neighbours(d->model);
	struct am_nl *whose;
	uint16_t target;

	if (!gone && !neigh->usable && !neigh->failed)
		return;
	for (unsigned i = 0; i < am_hosts_count(d->hosts); i++) {
		const struct am_host_slot *slot = am_hosts_at(d->hosts, i);

		target = slot->want.target;
		if (slot->ifindex != neigh->ifindex ||
			am_hosts_ifindex(d->hosts, target, &whose) != neigh->ifindex || whose != nl)
			continue;
		am_retire_add(&d->retire, am_model_neighbour(d->model, target, &neigh->ip,
						  gone || neigh->failed ? NULL : &neigh->mac));
		if (!gone) { /* forgotten is not refuted */
			resolve(d, target, neigh);
			am_slow_answer_glean(d->slow, &(struct am_glean){target, neigh->ip}, !neigh->failed);
		}
		if (am_model_neighbours(d->model) > before)
			am_nl_keep_neighbour(whose, neigh->ifindex, &neigh->ip);
	}
}

struct listed {
	struct am_kneigh *items;
	unsigned n, room;
};

static void list_neighbour(void *ctx, const struct am_kneigh *neigh)
{
	struct listed *list = ctx;
	struct am_kneigh *more;

	if (list->n == list->room) {
		more = realloc(list->items, (list->room * 2 + 64) * sizeof *more);
		if (!more)
			return;
		list->items = more;
		list->room = list->room * 2 + 64;
	}
	list->items[list->n++] = *neigh;
}

void am_mirror_neighbours(struct am_daemon *d)
{
	am_retire_add(&d->retire, am_model_neighbours_follow(d->model));
	for (unsigned i = 0; i < am_hosts_count(d->hosts); i++) {
		struct listed list = {0};
		struct am_nl *nl;
		int ifindex = am_hosts_ifindex(d->hosts, am_hosts_at(d->hosts, i)->want.target, &nl);

		if (ifindex && am_nl_neighbours(nl, ifindex, list_neighbour, &list) == 0)
			for (unsigned k = 0; k < list.n; k++)
				am_mirror_neighbour(d, nl, &list.items[k], false);
		free(list.items);
	}
}

/* Once a second: next hops on mirrored links that nobody has answered for. The kernel asks, and what it finds out comes by netlink. */
static void ask_for_nexthops(struct am_daemon *d)
{
	const struct am_roots *roots = am_model_roots(d->model);

	for (uint16_t i = 0; i < am_model_nexthops(d->model); i++) {
		const struct am_nexthop *next = am_model_nexthop(d->model, i);
		struct am_nl *nl;
		int ifindex;

		if (next->resolved || next->interface >= roots->n_interfaces ||
			!roots->interfaces[next->interface] ||
			roots->interfaces[next->interface]->mirror != AM_MIRROR_TAP)
			continue;
		ifindex = am_hosts_ifindex(d->hosts, next->interface, &nl);
		if (ifindex)
			am_nl_keep_neighbour(nl, ifindex, &next->remote);
	}
}

void am_mirror_gleans(struct am_daemon *d)
{
	struct am_kneigh known;
	struct am_glean glean;
	struct am_nl *nl;

	while (am_slow_next_glean(d->slow, &glean)) {
		int ifindex = am_hosts_ifindex(d->hosts, glean.interface, &nl);

		if (!ifindex)
			continue;
		/* It may have been found while the packet came up: nothing more would be heard of it then. */
		if (am_nl_neigh(nl, ifindex, &glean.ip, &known) == 0 && known.usable)
			am_mirror_neighbour(d, nl, &known, false);
		else
			am_nl_probe(nl, ifindex, &glean.ip);
	}
}

/* ---- all of it ---- */

static void space_changed(void *ctx, enum am_nl_event event, const struct am_kneigh *neigh)
{
	const struct am_space_watch *watch = ctx;

	if (event == AM_NL_NEIGH || event == AM_NL_NEIGH_GONE)
		am_mirror_neighbour(watch->d, watch->nl, neigh, event == AM_NL_NEIGH_GONE);
}

static void on_space(uv_poll_t *poll, int status, int events)
{
	struct am_space_watch *watch = poll->data;
	int rc = 1;

	(void)status;
	(void)events;
	for (unsigned i = 0; i < READS && rc > 0; i++)
		rc = am_nl_read(watch->nl, space_changed, watch);
	if (rc == -ENOBUFS)
		am_mirror_neighbours(watch->d);
}

static void watch_spaces(struct am_daemon *d)
{
	struct am_nl *nl;

	while (d->n_spaces < AM_SPACES && (nl = am_hosts_netlink(d->hosts, d->n_spaces)) != NULL) {
		struct am_space_watch *watch = &d->spaces[d->n_spaces];

		if (uv_poll_init(&d->loop, &watch->poll, am_nl_fd(nl)) < 0)
			return;
		watch->d = d;
		watch->nl = nl;
		watch->poll.data = watch;
		uv_poll_start(&watch->poll, UV_READABLE, on_space);
		d->n_spaces++;
	}
}

void am_mirror_sync(struct am_daemon *d)
{
	const struct am_roots *roots = am_model_roots(d->model);
	struct am_host_want *wants = calloc(roots->n_interfaces + 1u, sizeof *wants);
	unsigned n = 0;

	/* A VRF's own device comes first: the rules of all addresses lead to it. */
	for (unsigned pass = 0; wants && pass < 2; pass++)
		for (uint16_t i = 0; i < roots->n_interfaces; i++) {
			const struct am_interface *in = roots->interfaces[i];

			if (in && (in->kind == AM_INTERFACE_BOX) == (pass == 0))
				n += want_one(d, in, &wants[n]);
		}
	if (wants)
		am_hosts_sync(d->hosts, wants, n);
	free(wants);
	watch_spaces(d);
	am_mirror_addresses(d);
	ask_for_nexthops(d);
	am_slow_expire(d->slow);
}
