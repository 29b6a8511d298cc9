/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_SLOW_H
#define AMIMED_SLOW_H
/*
 * The slow thread: between the workers' punt rings and the kernel's devices. No worker ever writes to one, and control is not
 * in the way, so that what the kernel answers is not late because a reload is under way.
 *
 * Control says which devices there are; the thread holds a lock while it works off a batch, which is well under a millisecond.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "drivers/host.h"
#include "held.h"
#include "net/icmp_report.h"

struct am_plane;
struct am_port;
struct am_slow;
struct rte_mempool;

struct am_slow_stats {
	uint64_t to_kernel, to_kernel_bytes,
		refused; /* refused: the device did not take it, or there is none */
	uint64_t from_kernel, from_kernel_bytes, lost; /* lost: no buffer, or the worker's ring was full */
};

/* Workers not running yet: they punt from now on. NULL and err where it cannot be. */
struct am_slow *am_slow_start(
	struct am_plane *plane, unsigned workers, struct rte_mempool *pool, struct am_err *err);
void am_slow_stop(struct am_slow *slow);
/* Control: workers are quiet (am_plane_set_quiet), so the thread looks each millisecond by itself. */
void am_slow_look(struct am_slow *slow, bool by_itself);

/*
 * Control: the device of a target (pipeline/punt.h) from now on; NULL: none any more, and it is not used when this returns.
 * 0 or -errno.
 */
int am_slow_set_host(struct am_slow *slow, uint16_t target, const struct am_host *host);
/* Where what is not ours is given back; NULL: none any more. */
void am_slow_set_port(struct am_slow *slow, uint16_t port_id, struct am_port *port);

/*
 * Neighbours that somebody has a packet for: control asks the kernel to find them, and says whether it did. The packets wait
 * meanwhile (held.h). Readable when there are some; and one after the other, false at the end.
 */
int am_slow_glean_fd(const struct am_slow *slow);
bool am_slow_next_glean(struct am_slow *slow, struct am_glean *out);
/* The neighbour is known to workers: its packets are sent; or it is not there, and their senders are told. */
void am_slow_answer_glean(struct am_slow *slow, const struct am_glean *who, bool found);
/* Once a second: what has waited for too long goes the same way. */
void am_slow_expire(struct am_slow *slow);
struct am_slow_glean_stats {
	uint64_t held, sent, lost;
};
void am_slow_glean_stats(struct am_slow *slow, struct am_slow_glean_stats *out);

/* What others said about our tunnels' packets: readable by the same descriptor; one after the other, false at the end. */
bool am_slow_next_report(struct am_slow *slow, struct am_icmp_report *out);

void am_slow_host_stats(struct am_slow *slow, uint16_t target, struct am_slow_stats *out);
void am_slow_port_stats(struct am_slow *slow, uint16_t port_id, struct am_slow_stats *out);

#endif
