/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_BED_H
#define BENCH_BED_H
/* A test bed: a configuration as a running data plane between ports in memory. Its clock is the caller's. */
#include <stdint.h>

#include "base/clock.h"
#include "config/config.h"
#include "model/model.h"
#include "pipeline/worker.h"

struct bed {
	struct rte_mempool *pool;
	struct am_model *model;
	struct am_plane *plane;
	struct am_tap *tap; /* NULL: nobody looks */
	unsigned workers;
	uint16_t n_ports;
	struct am_port *port[AM_PORTS_MAX]; /* by port id */
	am_time now;                        /* of the tables: when everything was learnt */
	uint64_t octets;                    /* of tables */
};

/* Only ports of driver mem can be opened. Adds to errors what is in the way otherwise. */
void bed_check(const struct am_config *config, struct am_config_errors *errors);

/* Takes config, also where it fails: then a negative errno, and bed_close is not called. */
int bed_open(
	struct bed *b, struct am_config *config, struct rte_mempool *pool, uint64_t seed, struct am_err *err);
void bed_close(struct bed *b);

/* From now on the workers' packets are traced as by `amimectl trace --every 1000`. */
int bed_trace(struct bed *b, struct am_err *err);
/* Makes room for more of it. False: some of it is lost. */
bool bed_read_trace(struct bed *b);

/* Turns of all workers by this thread until nothing moves any more. */
void bed_settle(struct bed *b);

/* The queue of a port that a worker receives from, and the one that it sends by; false where it has none there. */
bool bed_queue(const struct bed *b, unsigned worker, uint16_t port, uint16_t *queue);
bool bed_tx_queue(const struct bed *b, unsigned worker, uint16_t port, uint16_t *queue);

/* The sentence of a drop that was counted since the bed was opened, most of all; NULL: none was. */
const char *bed_drop(const struct bed *b, uint64_t *n);

#endif
