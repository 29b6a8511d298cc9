/* SPDX-License-Identifier: BSD-3-Clause */
#include "hops.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon.h"
#include "model/route_view.h"

static int ask_route(void *ctx, const struct am_ip *to, struct am_kroute *out)
{
	struct am_daemon *d = ctx;

	return am_nl_route(d->nl, to, out);
}

static int ask_neigh(void *ctx, int ifindex, const struct am_ip *ip, struct am_kneigh *out)
{
	struct am_daemon *d = ctx;

	return am_nl_neigh(d->nl, ifindex, ip, out);
}

static int probe(void *ctx, int ifindex, const struct am_ip *ip)
{
	struct am_daemon *d = ctx;
	int rc = am_nl_probe(d->nl, ifindex, ip);

	if (rc)
		am_log(&d->log, AM_LOG_DEBUG, "the kernel does not ask for a neighbour: errno %d", -rc);
	return rc;
}

static int ask_link(void *ctx, int ifindex, struct am_klink *out)
{
	struct am_daemon *d = ctx;

	return am_nl_link(d->nl, ifindex, out);
}

static bool port_of(void *ctx, int ifindex, uint16_t *port)
{
	const struct am_daemon *d = ctx;

	for (uint16_t id = 0; id < AM_PORTS_MAX; id++) {
		if (d->ports.by_id[id].port && d->ports.by_id[id].port->limits.ifindex == ifindex) {
			*port = id;
			return true;
		}
	}
	return false;
}

static bool in_vrf(void *ctx, uint16_t port, uint16_t vlan, uint16_t vrf, char *text, size_t room)
{
	const struct am_daemon *d = ctx;
	uint16_t found = am_model_port_vrf(d->model, port, vlan);
	const struct am_conf_vrf *theirs = am_model_vrf_conf(d->model, found);
	const struct am_conf_vrf *ours = am_model_vrf_conf(d->model, vrf);

	text[0] = 0;
	if (found != vrf)
		snprintf(text, room, "%s%.23s's, not %.23s's", theirs ? "VRF " : "",
			theirs ? theirs->name : "no VRF", ours ? ours->name : "this one");
	return found == vrf;
}

/* Of another namespace none: routes of ours do not lead there. */
static bool is_mirror(void *ctx, int ifindex)
{
	const struct am_daemon *d = ctx;

	for (unsigned i = 0; i < am_hosts_count(d->hosts); i++) {
		const struct am_host_slot *slot = am_hosts_at(d->hosts, i);

		if (slot->ifindex == ifindex && slot->want.mode != AM_HOST_IS_NIC && !*slot->want.netns)
			return true;
	}
	return false;
}

static int ifindex_of(void *ctx, uint16_t port)
{
	const struct am_daemon *d = ctx;

	if (port >= AM_PORTS_MAX || !d->ports.by_id[port].port)
		return 0;
	return d->ports.by_id[port].absent ? AM_HOP_NO_DEVICE : d->ports.by_id[port].port->limits.ifindex;
}

bool am_daemon_local_note(const struct am_daemon *d, const struct am_ip *local, char *buf, size_t room)
{
	struct am_kroute route;
	char text[AM_IP_TEXT];

	if (am_nl_route(d->nl, local, &route) == 0 && route.type == AM_KROUTE_LOCAL)
		return false;
	am_ip_text(local, text);
	snprintf(buf, room,
		"local address %s is on no device here, so nobody answers for it when it is asked for; try: ip address "
		"add %s/%u dev DEVICE",
		text, text, (unsigned)am_ip_len(local) * 8);
	return true;
}

static void say_locals(const struct am_daemon *d, const struct am_hop *hop)
{
	const struct am_config *config = am_model_config(d->model);
	char text[AM_ERR_TEXT];

	for (uint16_t t = 0; t < config->n_tunnels; t++)
		for (uint16_t i = 0; i < config->tunnels[t].n_remote; i++)
			if (am_ip_equal(&config->tunnels[t].remote[i], &hop->want.remote) &&
				am_daemon_local_note(d, &config->tunnels[t].local[i], text, sizeof text))
				am_log(&d->log, AM_LOG_WARN, "tunnel %s: %s", config->tunnels[t].name, text);
}

static void say(const struct am_daemon *d, uint16_t i, const struct am_hop *hop, bool up)
{
	char text[AM_ERR_TEXT];

	am_hop_text(hop, text, sizeof text);
	if (hop->state == AM_HOP_NO_NEIGHBOUR && !hop->fell)
		am_log(&d->log, AM_LOG_INFO, "next hop: %s", text); /* how every one begins */
	else if (up)
		am_log(&d->log, AM_LOG_INFO, "next hop %s, port %s", text,
			am_model_port_name(d->model, hop->port));
	else
		am_log(&d->log, AM_LOG_WARN, "next hop down: %s", text);
	if (up && am_model_nexthop_note(d->model, i, text, sizeof text))
		am_log(&d->log, AM_LOG_WARN, "%s", text);
	if (up && hop->want.vrf == AM_VRF_UNDERLAY)
		say_locals(d, hop);
}

/* On a link whose kernel's side is a TAP: mirror.c knows. */
static bool is_mirrored(const struct am_daemon *d, const struct am_nexthop *next)
{
	const struct am_roots *roots = am_model_roots(d->model);
	const struct am_interface *in =
		next->interface < roots->n_interfaces ? roots->interfaces[next->interface] : NULL;

	return in && in->mirror == AM_MIRROR_TAP;
}

static void report(void *ctx, uint16_t i, const struct am_hop *hop, bool up, bool news)
{
	struct am_daemon *d = ctx;
	const struct am_mac *src = NULL;
	uint16_t vlan = hop->vlan;
	struct am_retired *old;

	/* A port that has just left is still in what was known; the look that follows knows better. */
	up = up && d->ports.by_id[hop->port].port;
	if (up) {
		src = &d->ports.by_id[hop->port].port->limits.mac;
		if (!vlan)
			vlan = d->ports.by_id[hop->port].conf.vlan;
	}
	old = am_model_resolve(d->model, i, up, hop->port, src, &hop->mac, vlan);
	am_retire_add(&d->retire, old);
	if (news)
		say(d, i, hop, up);
}

int am_daemon_hops_create(struct am_daemon *d)
{
	const struct am_hops_env env = {
		.ctx = d,
		.route = ask_route,
		.neigh = ask_neigh,
		.probe = probe,
		.link = ask_link,
		.is_mirror = is_mirror,
		.port_of = port_of,
		.in_vrf = in_vrf,
		.ifindex_of = ifindex_of,
		.report = report,
	};

	d->hops = am_hops_create(&env);
	return d->hops ? 0 : -ENOMEM;
}

void am_daemon_hops_sync(struct am_daemon *d)
{
	uint16_t n = am_model_nexthops(d->model);
	struct am_hop_want *want = calloc(n ? n : 1, sizeof *want);

	for (uint16_t i = 0; want && i < n; i++) {
		const struct am_nexthop *next = am_model_nexthop(d->model, i);

		want[i] = (struct am_hop_want){
			.vrf = next->vrf,
			.port = next->port,
			.is_static = next->is_static || is_mirrored(d, next),
			.remote = next->remote,
			.via = next->via,
		};
	}
	if (!want || am_hops_want(d->hops, want, n) < 0)
		am_log(&d->log, AM_LOG_ERROR, "no memory for %u next hops: they stay as they were", n);
	free(want);
}
