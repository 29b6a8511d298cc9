/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_HELPER_H
#define BENCH_HELPER_H
/*
 * A second worker, in a thread and on a CPU of its own, that works for as long as another one is measured: runs of its own
 * feed one after the other, or where nothing comes in at its queues, what the first worker hands over.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "feed.h"

struct helper {
	struct feed *feed;
	int cpu;
	pthread_t thread;
	bool started;
	_Atomic bool stop; /* by the thread that is measured */
	/* By the helper, read by the thread that is measured. */
	_Atomic bool ready;
	_Atomic bool failed;
	_Atomic uint64_t runs;   /* finished */
	_Atomic uint64_t cycles; /* in turns that had something to do */
	_Atomic uint32_t answer; /* the call that it heard last */
	_Alignas(64) _Atomic uint32_t
		call; /* by the thread that is measured: not 0 while the helper shall do nothing but answer */
};

/* A CPU that this thread may use, but for one; -1: there is none. Ask before DPDK binds the thread. */
int helper_cpu(int but);

/* A thread on that CPU alone. 0 or an errno. */
int helper_thread(pthread_t *thread, int cpu, void *(*run)(void *), void *arg);

/* It runs when this returns. 0 or a negative errno. */
int helper_start(struct helper *h, struct feed *feed, int cpu, struct am_err *err);
/* TSC cycles that a cache line takes to the helper's CPU and another one back, on the average of many times. */
uint64_t helper_exchange(struct helper *h);
/* Harmless where it was not started. */
void helper_stop(struct helper *h);

#endif
