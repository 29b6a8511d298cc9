/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_BGP_PACE_H
#define AMIME_BGP_PACE_H
/* A line of the log that a peer can cause as often as it likes is written once a second; the next one says how many were not. */
#include <stdbool.h>

#include "base/clock.h"

/* All 0 at the beginning. */
struct am_bgpd_pace {
	am_time next;  /* nothing is written before */
	unsigned held; /* lines not written since the last one that was */
};

/* Whether this one is written; then *more is how many were not since the last one. */
bool am_bgpd_pace_due(struct am_bgpd_pace *p, am_time now, unsigned *more);

#endif
