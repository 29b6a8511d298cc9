/* SPDX-License-Identifier: BSD-3-Clause */
#include "links.h"

#include <stdio.h>
#include <string.h>

#include "daemon.h"
#include "ends.h"
#include "hops.h"

void am_links_look(struct am_links *links, const struct am_daemon *d)
{
	*links = (struct am_links){.d = d};
	for (uint16_t id = 0; id < AM_PORTS_MAX; id++) {
		const struct am_open_port *open = &d->ports.by_id[id];
		struct am_port_stats stats;

		if (!open->port || open->absent)
			continue;
		am_port_stats(open, &stats);
		links->up[id] = stats.link_up;
	}
}

/* ---- ports ---- */

static const char *device_text(
	const struct am_daemon *d, const struct am_open_port *open, char *buf, size_t room)
{
	const char *device = open->conf.device;
	struct am_klink link = {.up = true};

	if (am_nl_link(d->nl, open->port->limits.ifindex, &link) == 0 && !link.up)
		snprintf(buf, room, "device %s is set down; try: ip link set %s up", device, device);
	else
		snprintf(buf, room,
			"device %s has no carrier; look at the cable and at the other side, and at: ip link show %s",
			device, device);
	return buf;
}

const char *am_link_text(const struct am_daemon *d, uint16_t port, char *buf, size_t room)
{
	const struct am_open_port *open = &d->ports.by_id[port];
	const char *device = open->conf.device;

	buf[0] = 0;
	if (!open->port)
		snprintf(buf, room, "it is not open; see the log");
	else if (open->absent && open->why[0])
		snprintf(buf, room, "device %s is there again and cannot be opened: %s", device, open->why);
	else if (open->absent)
		snprintf(buf, room,
			"device %s is gone; the port is opened again when there is one of that name", device);
	else if (device[0])
		device_text(d, open, buf, room);
	else
		snprintf(buf, room,
			"its driver says that it has no link; look at the cable and the other side");
	return buf;
}

static bool find_port(const struct am_daemon *d, const char *name, uint16_t *port)
{
	for (uint16_t id = 0; name && id < AM_PORTS_MAX; id++) {
		if (!d->ports.by_id[id].port || strcmp(d->ports.by_id[id].conf.name, name) != 0)
			continue;
		*port = id;
		return true;
	}
	return false;
}

/* ---- paths ---- */

/* The port that a next hop that is known leaves by has no link, so nothing does. */
static void check_port(const struct am_links *links, struct am_link_path *path)
{
	char why[AM_ERR_TEXT];
	uint16_t port;
	int used;

	if (!find_port(links->d, path->port, &port) || links->up[port])
		return;
	path->up = false;
	used = snprintf(path->why, sizeof path->why, "port %s is down: ", path->port);
	snprintf(path->why + used, sizeof path->why - (size_t)used, "%s",
		am_link_text(links->d, port, why, sizeof why));
}

void am_links_path(const struct am_links *links, uint16_t vrf, const struct am_ip *ip,
	const struct am_ip *local, struct am_link_path *out)
{
	const struct am_daemon *d = links->d;
	uint16_t i = am_model_nexthop_to(d->model, vrf, ip);
	const struct am_nexthop *next = i == AM_NO_ID ? NULL : am_model_nexthop(d->model, i);
	const struct am_hop *hop = i == AM_NO_ID ? NULL : am_hops_at(d->hops, i);

	*out = (struct am_link_path){0};
	if (!next || !hop) {
		snprintf(out->why, sizeof out->why, "nothing is sent there yet");
		return;
	}
	out->up = am_hop_is_up(hop);
	am_hop_text(hop, out->why, sizeof out->why);
	if (out->up)
		out->port = am_model_port_name(d->model, next->out_port);
	if (!am_model_nexthop_note(d->model, i, out->note, sizeof out->note))
		out->note[0] = 0;
	/* A static next hop may lead where the kernel has no addresses. */
	if (local && hop->state == AM_HOP_UP && !out->note[0] &&
		!am_daemon_local_note(d, local, out->note, sizeof out->note))
		out->note[0] = 0;
	check_port(links, out);
}

void am_links_stripe(
	const struct am_links *links, const struct am_conf_tunnel *t, uint16_t i, struct am_link_path *out)
{
	char why[AM_ERR_TEXT] = "";

	am_ends_why(links->d, t, why, sizeof why);
	if (!why[0]) {
		am_links_path(links, AM_VRF_UNDERLAY, &t->remote[i], &t->local[i], out);
		return;
	}
	*out = (struct am_link_path){0};
	memcpy(out->why, why, sizeof out->why);
}

bool am_links_tunnel(const struct am_links *links, const struct am_conf_tunnel *t, char why[AM_ERR_TEXT])
{
	struct am_link_path path;

	why[0] = 0;
	for (uint16_t i = t->n_remote; i-- > 0;) {
		am_links_stripe(links, t, i, &path);
		if (path.up)
			return true;
		memcpy(why, path.why, AM_ERR_TEXT);
	}
	return false;
}

/* ---- bridges ---- */

static bool member_is_up(const struct am_links *links, const struct am_member *m)
{
	if (m->kind == AM_MEMBER_PORT)
		return m->port < AM_PORTS_MAX && links->up[m->port];
	return m->paths && atomic_load_explicit(&m->paths->live, memory_order_relaxed);
}

bool am_links_bridge(const struct am_links *links, const struct am_bridge *bridge, char why[AM_ERR_TEXT])
{
	const struct am_roots *roots = am_model_roots(links->d->model);
	char first[128] = "";

	why[0] = 0;
	for (uint16_t i = 0; i < bridge->n_members; i++) {
		const struct am_member *m = roots->members[bridge->members[i]];

		if (member_is_up(links, m))
			return true;
		if (!first[0])
			am_model_member_text(links->d->model, m->id, first, sizeof first);
	}
	if (!bridge->n_members)
		snprintf(why, AM_ERR_TEXT, "it has no member");
	else
		snprintf(why, AM_ERR_TEXT,
			"none of its %u members is up, nor its first, %s; see: amimectl show bridges",
			bridge->n_members, first);
	return false;
}
