/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_HELD_H
#define AMIMED_HELD_H
/*
 * Packets that wait for a neighbour to be found (RFC 1122 2.3.2.2: a host should save at least the latest one): a few of each, for
 * a second, and of as many neighbours as there are places. Buffers are not looked into here; what leaves is the caller's again.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/clock.h"

struct rte_mbuf;

enum { AM_HELD_NEIGHBOURS = 256, AM_HELD_EACH = 3 };

/* A neighbour that somebody has a packet for. */
struct am_glean {
	uint16_t interface;
	struct am_ip ip;
};

struct am_held {
	struct {
		struct am_glean who;
		am_time until;
		unsigned n; /* 0: free */
		struct rte_mbuf *m[AM_HELD_EACH];
	} places[AM_HELD_NEIGHBOURS];
	uint64_t held, sent, lost;
};

/* m waits from now on. Returns what does not any more: an older one of the same neighbour, m itself where all places are taken, or NULL. */
struct rte_mbuf *am_held_put(
	struct am_held *held, const struct am_glean *who, struct rte_mbuf *m, am_time now);
/* Those for a neighbour that is found, or (found false) is not there: oldest first, at most AM_HELD_EACH. */
unsigned am_held_take(struct am_held *held, const struct am_glean *who, bool found, struct rte_mbuf **out);
/* Those of one neighbour whose time is over, and whose they were; 0 at the end. */
unsigned am_held_expire(struct am_held *held, am_time now, struct am_glean *who, struct rte_mbuf **out);

#endif
