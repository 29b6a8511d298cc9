/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PIPELINE_STAGE_H
#define PIPELINE_STAGE_H
/*
 * Where a worker's cycles go. A library built with AM_STAGE_CLOCK=1 reads the time stamp counter between the stages
 * of a turn, a few times for each burst; in others all of this is nothing.
 */
#include <stdint.h>

struct am_plane;

enum am_stage {
	AM_STAGE_REST,   /* of a turn: the snapshot, expiry, grace periods; and what is between turns */
	AM_STAGE_RX,     /* a port's receive function */
	AM_STAGE_INPUT,  /* whose frame it is, and who may enter a bridge */
	AM_STAGE_DECAP,  /* reassembly, and out of the tunnel */
	AM_STAGE_ROUTE,  /* FIB lookup, next hop, header string, cut */
	AM_STAGE_BRIDGE, /* lookup, header string, cut */
	AM_STAGE_TX,     /* a port's transmit function */
	AM_STAGES,
};

const char *am_stage_name(enum am_stage s); /* "bridge" */

/* Cycles of the time stamp counter that a worker has spent in each stage; zeroes without the clock. */
void am_plane_stages(const struct am_plane *plane, unsigned worker, uint64_t out[AM_STAGES]);

#endif
