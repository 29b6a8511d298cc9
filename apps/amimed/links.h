/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_LINKS_H
#define AMIMED_LINKS_H
/* Which ports, bridges and tunnels carry anything, as an answer says it: looked at once, at its beginning. */
#include <stdbool.h>

#include "base/err.h"
#include "pipeline/worker.h"

struct am_bridge;
struct am_conf_tunnel;
struct am_daemon;
struct am_ip;

struct am_links {
	const struct am_daemon *d;
	bool up[AM_PORTS_MAX]; /* by port id */
};

void am_links_look(struct am_links *links, const struct am_daemon *d);

/* A sentence about a port that is down: why, and what to do. Returns buf. */
const char *am_link_text(const struct am_daemon *d, uint16_t port, char *buf, size_t room);

/* One path's next hop. */
struct am_link_path {
	bool up;
	char why[AM_ERR_TEXT];  /* what is missing; where it is up, by whom it leads */
	char note[AM_ERR_TEXT]; /* a warning, or empty */
	const char *port;       /* where it leaves; NULL: not known */
};

/* Towards ip in a VRF. local: the tunnel's own address, which somebody must answer for; or NULL. */
void am_links_path(const struct am_links *links, uint16_t vrf, const struct am_ip *ip,
	const struct am_ip *local, struct am_link_path *out);

/* One of a tunnel's paths; where an end of it is not known, that is why. */
void am_links_stripe(
	const struct am_links *links, const struct am_conf_tunnel *t, uint16_t i, struct am_link_path *out);
/* True where a path is up; else why the first of them is not. */
bool am_links_tunnel(const struct am_links *links, const struct am_conf_tunnel *t, char why[AM_ERR_TEXT]);
/* True where one of its members is up; else what they lack. */
bool am_links_bridge(const struct am_links *links, const struct am_bridge *bridge, char why[AM_ERR_TEXT]);

#endif
