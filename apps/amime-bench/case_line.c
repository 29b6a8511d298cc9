/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a cache line costs that two cores write: the model of many workers has none of it, and here is what one for each packet
 * would add. Both count in words of their own of one line, with as much work between as a packet takes.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "helper.h"
#include "workload.h"

enum { STEPS = 16 }; /* of the work between, each waiting for the one before */

struct line {
	_Alignas(64) _Atomic uint64_t count[2]; /* of the core that is measured, of the other one */
	_Alignas(64) _Atomic bool stop;
	_Atomic uint64_t bursts;    /* of the other one */
	_Alignas(64) uint64_t seen; /* of those, when the sample began */
	uint64_t runs;              /* since then */
	pthread_t thread;
	bool started;
};

static uint64_t work_on(uint64_t v)
{
	for (unsigned i = 0; i < STEPS; i++)
		v = (v ^ v >> 29) * 0xbf58476d1ce4e5b9u;
	return v;
}

/* As workers count: nobody else writes the word, so that it takes no locked instruction. */
static void count_burst(_Atomic uint64_t *count)
{
	for (unsigned i = 0; i < BENCH_BURST; i++) {
		uint64_t n = atomic_load_explicit(count, memory_order_relaxed);

		atomic_store_explicit(count, n + (work_on(n) | 1), memory_order_relaxed);
	}
}

static void *count_too(void *state)
{
	struct line *l = state;

	while (!atomic_load_explicit(&l->stop, memory_order_relaxed)) {
		count_burst(&l->count[1]);
		atomic_fetch_add_explicit(&l->bursts, 1, memory_order_relaxed);
	}
	return NULL;
}

static void close_line(void *state)
{
	struct line *l = state;

	atomic_store(&l->stop, true);
	if (l->started)
		pthread_join(l->thread, NULL);
	free(l);
}

static void *open_line(const struct bench_env *env, const void *arg, struct am_err *err)
{
	struct line *l = work_alloc(sizeof *l);
	int ret = l ? 0 : ENOMEM;

	if (l && *(const bool *)arg) {
		ret = env->second_cpu < 0 ? ENODEV : helper_thread(&l->thread, env->second_cpu, count_too, l);
		l->started = !ret;
	}
	if (!ret)
		return l;
	am_fail(err, ret, "no second core to write a line: %s", strerror(ret));
	free(l);
	return NULL;
}

static bool run_line(void *state)
{
	struct line *l = state;

	count_burst(&l->count[0]);
	l->runs++;
	return true;
}

/* The other one must have counted about as much, or it was not there. */
static bool beside_line(void *state, double *cycles)
{
	struct line *l = state;
	uint64_t bursts = atomic_load_explicit(&l->bursts, memory_order_relaxed), its = bursts - l->seen,
		 mine = l->runs;

	*cycles = 0;
	l->seen = bursts;
	l->runs = 0;
	return 2 * its >= mine;
}

/* clang-format off */
#define LINE_CASE(name_, about_, shared_, ...) \
	{.name = name_, .per = "packet", .about = about_, .ops = BENCH_BURST, .open = open_line, .run = run_line, .close = close_line, \
	 .arg = &(const bool){shared_}, ##__VA_ARGS__}

const struct bench_case bench_line_cases[] = {
	LINE_CASE("null/line", "a counter and the work between", false),
	LINE_CASE("workers/line", "one line for each packet that another core writes as often: workers share none", true,
		.null = "null/line", .two_cpus = true, .beside = beside_line),
	{.name = NULL},
};
/* clang-format on */
