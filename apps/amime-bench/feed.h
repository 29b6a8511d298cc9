/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_FEED_H
#define BENCH_FEED_H
/*
 * One worker's generator and sink: packets of the stock arrive at the queues that are its, a run at a time; what leaves
 * is counted, its order checked, and freed. One thread, that of the worker.
 *
 * Hot traffic goes through a few buffers over and over. Cold traffic goes through FEED_COLD of them in turn, made long
 * before they arrive, and what left rests as long before it is used again.
 */
#include <stdbool.h>
#include <stdint.h>

#include "stock.h"

struct rte_mbuf;

enum {
	FEED_PACKETS_MAX = 2 * TRAFFIC_WINDOW_MAX,
	FEED_TURNS_MAX = FEED_PACKETS_MAX,
	FEED_COLD = 16384, /* packets, each in a buffer that takes more than 2,400 octets: over 39 MB */
	FEED_REST = 8192,
	FEED_BUFFERS_HOT = 4096,
	FEED_BUFFERS_COLD = FEED_COLD + FEED_REST + FEED_BUFFERS_HOT,
};

/* Packets that are ready to arrive, in order, and what must leave for them. */
struct feed_run {
	unsigned n, leave;
	uint16_t leave_by[AM_PORTS_MAX];
	struct rte_mbuf *m[FEED_PACKETS_MAX];
	uint8_t port[FEED_PACKETS_MAX];
};

struct feed {
	struct bed *bed;
	struct stock *stock;
	unsigned worker;
	unsigned datagrams; /* of one run */
	bool exact; /* what leaves by this worker's queues is what came in by them: no hand-off, nothing lost */
	am_time now;

	uint32_t *schedule; /* items, in the order in which they arrive; again from the start at the end */
	uint32_t n_schedule, at;
	uint32_t *seq; /* by flow, of each way: the last number given out */
	uint16_t id;
	uint64_t draws;

	struct feed_run *runs; /* a ring: made ahead */
	unsigned n_runs, next;
	struct rte_mbuf **rest; /* a ring: what left, before it is freed */
	unsigned n_rest, rest_at;

	struct rte_mbuf *held[FEED_PACKETS_MAX * 2]; /* by the null pipeline */
	unsigned n_held;
	uint64_t left,
		disordered; /* frames that left, and those of them before which a later one of their flow did */
};

int feed_open(
	struct feed *f, struct bed *b, struct stock *s, unsigned worker, uint64_t seed, struct am_err *err);
void feed_close(struct feed *f);

/* The next run's packets arrive. False where buffers or rings are full. */
bool feed_arrive(struct feed *f);

/* Turns of the worker until it has taken them. */
bool feed_work(struct feed *f);

/* One turn, for a worker at whose queues nothing comes in: what others hand over. False where there was nothing. */
bool feed_turn(struct feed *f);

/* Take what left, make another run. False where it is not what had to leave. */
bool feed_collect(struct feed *f);

/* The same without a worker: only receive, and send as many as would have to leave. */
bool feed_arrive_null(struct feed *f);
bool feed_work_null(struct feed *f);
bool feed_collect_null(struct feed *f);

#endif
