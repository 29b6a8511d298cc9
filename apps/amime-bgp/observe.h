/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_BGP_OBSERVE_H
#define AMIME_BGP_OBSERVE_H
/*
 * What the speaker's tap sees goes from here to who wants it: the log of messages, the last UPDATEs that were wrong, and the last NOTIFICATION
 * of each direction.
 */
#include "daemon.h"

void am_bgpd_observe(struct am_bgpd *d);

/* The last NOTIFICATION that came from a neighbour, or went to it. */
struct am_bgpd_notified {
	am_time at;
	size_t len; /* 0: there was none */
	uint8_t message[];
};
/* All that was kept of a neighbour. */
void am_bgpd_observed_free(struct am_bgpd *d, struct am_bgpd_neighbor *n);

#endif
