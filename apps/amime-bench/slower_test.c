/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A real difference is not taken for noise: a worker each turn of which takes a quarter longer is found to cost that, and the same
 * worker measured several times over to cost the same, while somebody else uses the machine now and then.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <rte_cycles.h>

#include "base/clock.h"
#include "bench.h"
#include "pipeline_rows.h"
#include "pkt/buf.h"
#include "start.h"

enum {
	MEMORY_MB = 48,
	BUFFERS = 4096,
	BUFFER_CACHE = 512,
	HANDICAP = 25, /* per cent */
	NOISE_OCTETS = 4 << 20,
	NOISE_MS = 7, /* busy so long, then idle so long */
};

/* clang-format off */
static const struct bench_case usual = ROW("encap", "", "packet", BENCH_BURST,
	ARG(SETUP(GRE, 4, 4, FLOOR, 1), TRAFFIC(encap, WORK_SMALL, HOT)));
/* clang-format on */

/* Somebody else's work, on and off, wherever the scheduler puts it. */
static void *make_noise(void *stop)
{
	uint8_t *octets = malloc(NOISE_OCTETS);
	uint64_t start = am_clock_monotonic().ns;

	while (octets && !atomic_load((_Atomic bool *)stop)) {
		struct timespec pause = {0, NOISE_MS * 1000 * 1000};

		if ((am_clock_monotonic().ns - start) / (NOISE_MS * AM_MS) % 2)
			nanosleep(&pause, NULL);
		else
			memset(octets, (int)start, NOISE_OCTETS);
	}
	free(octets);
	return NULL;
}

static void no_progress(unsigned round, unsigned repeat, unsigned at, unsigned n, const char *name)
{
	(void)round, (void)repeat, (void)at, (void)n, (void)name;
}

static void test_a_slower_worker_is_seen(void **state)
{
	const struct bench_size size = {.samples = 100, .runs = 8, .repeats = 3};
	struct bench_case slower = usual;
	struct bench_result results[2] = {{.c = &usual}, {.c = &slower}};
	double medians[BENCH_REPEATS_MAX], apart, ratio;
	struct bench *b = malloc(sizeof *b);
	struct am_err err = {""};
	_Atomic bool stop = false;
	pthread_t noise;

	slower.name = "encap-slower";
	slower.handicap = HANDICAP;
	assert_non_null(b);
	assert_int_equal(pthread_create(&noise, NULL, make_noise, &stop), 0);
	assert_int_equal(bench_init(b, *state, &size, false, &err), 0);
	assert_int_equal(bench_measure(b, results, 2, 20 * AM_S, no_progress, &err), 0);
	atomic_store(&stop, true);
	pthread_join(noise, NULL);
	for (int i = 0; i < 2; i++) {
		assert_true(bench_disagreement(b, &results[i], medians, &apart));
		print_message("%s: %.1f %.1f %.1f cycles\n", results[i].c->name, medians[0], medians[1],
			medians[2]);
		assert_true(apart < 0.10);
	}
	ratio = results[1].stats.median / results[0].stats.median / (1 + HANDICAP / 100.0);
	print_message("found by %.3f of what it is\n", ratio);
	assert_true(ratio > 0.93 && ratio < 1.07);
	bench_free(results, 2);
	bench_fini(b);
	free(b);
}

static int start(void **state)
{
	static struct bench_env env = {.seed = 1, .second_cpu = -1};
	struct am_err err;

	env.cpu = sched_getcpu();
	if (start_dpdk(env.cpu, MEMORY_MB, false, &err))
		return -1;
	env.pool = am_buf_pool("bench", BUFFERS, BUFFER_CACHE);
	*state = &env;
	return env.pool ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_slower_worker_is_seen)};

	return cmocka_run_group_tests_name("amime-bench/slower", tests, start, NULL);
}
