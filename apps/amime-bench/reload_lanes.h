/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_RELOAD_LANES_H
#define BENCH_RELOAD_LANES_H
/*
 * Two ports whose rx makes frames and whose tx looks at them, so that a worker's own thread is generator and sink: what
 * it spends between two frames of a flow is its own doing, and no ring hides it. Each queue is a lane, with numbered
 * frames of two steady flows and, where asked for, of senders that are new or have moved.
 *
 * Control looks at a lane through windows: it asks for the next one, and the lane closes the last, in the middle of its
 * work, and hands over what was seen in it.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "pkt/port.h"

struct rte_mempool;

enum {
	LANES_MAX = 2,
	LANES_FLOWS = 2, /* flow i is in bridge i, VLAN i + 1 */
	LANES_FRAME = 68,
};

/* What happened to a flow in a window. */
struct lanes_flow {
	uint64_t sent, received, lost, reordered;
	/* the longest between two frames, or from the last one to the window's end, in which the thread was not
	 * switched away against its will */
	uint64_t gap_ns;
};

struct lanes_window {
	struct lanes_flow flow[LANES_FLOWS];
	uint64_t ns, cpu_ns; /* cpu_ns: of the lanes' threads, all of them together */
	uint64_t events;     /* frames from senders that were new or had moved */
	uint64_t stolen_ns;  /* the longest gap in which a thread was switched away */
};

enum lanes_event { LANES_STEADY, LANES_NEW_SENDERS, LANES_MOVING_SENDERS };

struct lane;

struct lanes {
	struct am_port *lan, *wan;
	struct lane *lane[LANES_MAX];
	unsigned n;
};

/* pool is for frames. 0 or -ENOMEM. */
int lanes_open(struct lanes *t, struct rte_mempool *pool, unsigned n);
void lanes_close(struct lanes *t);

/* Control thread, before workers run, or between two windows: what comes beside the steady flows, a second, on lane 0. */
void lanes_set_events(struct lanes *t, enum lanes_event event, double rate);

/* Control thread, workers running: close every lane's window; their sum, and a new one begins. */
void lanes_window(struct lanes *t, struct lanes_window *out);

/* When the first frame came out of any lane since lanes_forget; 0: none yet. */
uint64_t lanes_first_ns(const struct lanes *t);
void lanes_forget(struct lanes *t);

#endif
