/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_BGP_TRANSPORT_H
#define AMIME_BGP_TRANSPORT_H
/*
 * TCP: listeners, one socket a link, and the socket options that BGP asks for: MD5 (RFC 2385), GTSM (RFC 5082), TTL, source address. No byte
 * waits here: what a peer does not read stays in its session's buffer, which has a fixed size.
 */
#include "base/err.h"
#include "bgp/speaker.h"
#include "bgpconf/bgpconf.h"

struct am_bgpd;
struct am_bgpd_transport;

/* NULL and why; listeners are opened as the configuration says. */
struct am_bgpd_transport *am_bgpd_transport_open(struct am_bgpd *d, struct am_err *err);
/* Closes everything; the loop must run once more, then free. */
void am_bgpd_transport_close(struct am_bgpd_transport *t);
void am_bgpd_transport_free(struct am_bgpd_transport *t);

/* The keys that connections from this address of a neighbour need, TCP MD5 or TCP-AO; or they need them no more. */
void am_bgpd_transport_keys(struct am_bgpd_transport *t, const struct am_ip *address,
	const struct am_bgpconf_session *session, bool needed);
/* Can the kernel do what the configuration asks for? -EOPNOTSUPP and what it cannot. */
int am_bgpd_transport_check(const struct am_bgpconf *config, struct am_err *err);

/* What the speaker's events ask for. */
void am_bgpd_transport_connect(struct am_bgpd_transport *t, struct am_bgp_link link);
void am_bgpd_transport_output(struct am_bgpd_transport *t, struct am_bgp_link link);
void am_bgpd_transport_close_link(struct am_bgpd_transport *t, struct am_bgp_link link);

/* Addresses of an open link, family AM_AF_NONE where there is none. */
void am_bgpd_transport_addresses(const struct am_bgpd_transport *t, struct am_bgp_link link,
	struct am_ip *local, struct am_ip *remote);
/* And its ports, 0 where there is none. */
void am_bgpd_transport_ports(
	const struct am_bgpd_transport *t, struct am_bgp_link link, uint16_t *local, uint16_t *remote);

#endif
