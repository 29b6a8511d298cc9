/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_WIRE_TESTER_H
#define BENCH_WIRE_TESTER_H
/*
 * One thread that is both ends of what is tested: it sends on every stream what is due, and receives on every port, turn
 * by turn, so that one clock stamps a frame when it is handed to the driver and when the driver hands it back.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "histogram.h"
#include "wire_config.h"

struct am_port;
struct rte_mempool;
struct wire_tester;

/* What became of a stream's frames. */
struct wire_counts {
	uint64_t sent;
	uint64_t received; /* each once, at the port where they belong, whole */
	uint64_t lost;
	uint64_t reordered; /* of those received, RFC 4737 */
	uint64_t duplicates;
	uint64_t misdirected; /* at another port */
};

/* One trial. */
struct wire_ask {
	uint16_t size;        /* WIRE_IMIX or octets with FCS */
	double rate;          /* frames a second of each stream */
	uint64_t duration_ns; /* of sending */
	uint64_t frames;      /* of each stream at most; 0: as many as there is time for */
};

struct wire_result {
	struct wire_ask ask;
	uint64_t elapsed_ns; /* while frames were sent */
	struct wire_counts total;
	struct wire_counts stream[WIRE_STREAMS_MAX];
	uint64_t corrupted, foreign, stale; /* stale: from an earlier trial */
	uint64_t tester_lost;               /* received by a port of ours, and dropped by its driver */
	double offered;                     /* frames a second of each stream, on average */
	struct bench_histogram
		*latency; /* of all streams, in nanoseconds; the tester's, until its next trial */
};

/* Now and then, while a trial runs; false ends it early. */
typedef bool wire_watch(void *ctx, const struct wire_result *so_far, uint64_t elapsed_ns);

/* ports[i] belongs to config->base.ports[i], and is steered to give every frame. NULL and err. */
struct wire_tester *wire_tester_new(const struct wire_config *config, struct am_port *const *ports,
	struct rte_mempool *pool, struct am_err *err);
void wire_tester_free(struct wire_tester *t);

/* Send a little on each stream, until it arrives. 0 or a negative errno and err, which says what does not. */
int wire_tester_reach(struct wire_tester *t, uint16_t size, struct am_err *err);

/* 0 or a negative errno: -EINTR where watch ended it, with a result all the same. */
int wire_tester_run(struct wire_tester *t, const struct wire_ask *ask, struct wire_result *out,
	wire_watch *watch, void *ctx, struct am_err *err);

/* Frames in all trials, with those that let bridges learn, on config->base.ports[i]. */
uint64_t wire_tester_sent(const struct wire_tester *t, uint16_t i);
uint64_t wire_tester_received(const struct wire_tester *t, uint16_t i);

#endif
