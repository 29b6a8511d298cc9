/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_WORKERS_H
#define AMIMED_WORKERS_H
/*
 * The workers' threads: each one turns its worker, sleeps on its ports' descriptors when there is nothing to do (after
 * traffic it rests for a while first, which no packet ends), and stands still while control changes the ports.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "config/config.h"
#include "pipeline/worker.h"

struct am_workers;

/* NULL and err. conf: idle, cpus. */
struct am_workers *am_workers_start(struct am_plane *plane, const struct am_config *conf, struct am_err *err);

/* That each CPU of the configuration can be run on. */
void am_workers_check_cpus(const struct am_config *conf, struct am_config_errors *errors);
/* From now on: idle, cpus. */
void am_workers_adapt(struct am_workers *workers, const struct am_config *conf);

/* Returns when all of them stand still, outside the grace-period set; that is within one turn. */
void am_workers_park(struct am_workers *workers);
void am_workers_resume(struct am_workers *workers);

/* Has every worker had a turn since it was asked last? One that sleeps has some a second. */
bool am_workers_advance(struct am_workers *workers, const struct am_plane *plane);

/*
 * Before the end: what ports have received and rings hold is forwarded, as far as that goes within some hundred
 * milliseconds. The threads stand still after it.
 */
void am_workers_drain(struct am_workers *workers);

/* Ends the threads and waits for them. */
void am_workers_stop(struct am_workers *workers);

unsigned am_workers_count(const struct am_workers *workers);
/* The CPU that worker i is bound to, or -1. */
int am_workers_cpu(const struct am_workers *workers, unsigned i);
int am_workers_tid(const struct am_workers *workers, unsigned i);
/* How often worker i has rested with its ports' descriptors not waited for, since it came up. */
uint64_t am_workers_rests(const struct am_workers *workers, unsigned i);

#endif
