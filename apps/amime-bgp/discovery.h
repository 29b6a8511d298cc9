/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_BGP_DISCOVERY_H
#define AMIME_BGP_DISCOVERY_H
/*
 * Unnumbered neighbours: who is at the other end of an interface is learnt from its router advertisements, and it learns of us from ours
 * (bgp/ra.h). One of these for each neighbour without an address.
 */
#include "base/err.h"
#include "daemon.h"

struct am_bgpd_discovery;

/* NULL, and why. The interface may come later. */
struct am_bgpd_discovery *am_bgpd_discovery_open(
	struct am_bgpd *d, struct am_bgpd_neighbor *neighbor, struct am_err *err);
/* Sends a last advertisement; freed when the loop has closed its handles. */
void am_bgpd_discovery_close(struct am_bgpd_discovery *discovery);

#endif
