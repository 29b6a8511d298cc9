/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_BGP_FAULTS_H
#define AMIME_BGP_FAULTS_H
/*
 * The last UPDATEs of a neighbour that were wrong (RFC 7606), as they came, so that a route that is missed can say why it is not there. Bounded
 * by number and octets for each neighbour, and by octets for all of them; what is not kept is counted.
 */
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "bgp/update.h"

enum {
	AM_BGPD_FAULTS = 8,             /* of one neighbour */
	AM_BGPD_FAULT_OCTETS = 4096,    /* of one of them; of a longer message its routes are not known */
	AM_BGPD_FAULTS_OCTETS = 4 << 20 /* of all */
};

struct am_bgpd_fault;

/* All 0 at the beginning. */
struct am_bgpd_faults {
	struct am_bgpd_fault *kept[AM_BGPD_FAULTS]; /* a ring; NULL: free */
	unsigned next;
	uint64_t seen, not_kept; /* not_kept: there was no room at all, or not for the message */
};

/* total: the octets that all neighbours together keep. */
void am_bgpd_faults_put(struct am_bgpd_faults *faults, size_t *total, const struct am_bgp_update *update,
	struct am_bgp_span message, const struct am_bgp_context *receive, am_time now);
void am_bgpd_faults_free(struct am_bgpd_faults *faults, size_t *total);

/* An array, the newest first. */
json_t *am_bgpd_faults_show(const struct am_bgpd_faults *faults, am_time now);
/* The newest one that withdrew this route, or NULL. */
json_t *am_bgpd_faults_of(const struct am_bgpd_faults *faults, const struct am_bgp_nlri *nlri, am_time now);

#endif
