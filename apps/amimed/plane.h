/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_PLANE_H
#define AMIMED_PLANE_H
/* How the data plane is dimensioned from the configuration. */
#include <stdbool.h>

#include "config/config.h"
#include "pkt/reasm.h"
#include "table/roots.h"

enum {
	/* Room, of which only what is used takes memory. */
	AM_PLANE_PATHS = 49152,          /* header strings and peers */
	AM_PLANE_IFACES = AM_IFACES_MAX, /* rows of counters; about a kilooctet each for each worker */
};

/* peers: indices of peers are below it. */
struct am_reasm_conf am_plane_reasm(const struct am_config *config, uint32_t peers, uint64_t seed);

/* Several workers, and a port that does not have a queue for each of them, or a wish for it. */
bool am_plane_wants_handoff(const struct am_config *config);

#endif
