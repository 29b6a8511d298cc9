/* SPDX-License-Identifier: BSD-3-Clause */
#include "helper.h"

#include <sched.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_lcore.h>

enum { EXCHANGES = 128 };

static bool run_feed(struct helper *h)
{
	uint64_t start;
	bool good = feed_arrive(h->feed);

	start = rte_rdtsc();
	good = good && feed_work(h->feed);
	atomic_fetch_add_explicit(&h->cycles, rte_rdtsc() - start, memory_order_relaxed);
	return good && feed_collect(h->feed);
}

static bool take_over(struct helper *h)
{
	uint64_t start = rte_rdtsc();

	if (feed_turn(h->feed))
		atomic_fetch_add_explicit(&h->cycles, rte_rdtsc() - start, memory_order_relaxed);
	return feed_collect(h->feed);
}

/* For as long as somebody calls. */
static void answer(struct helper *h)
{
	uint32_t call;

	do {
		call = atomic_load_explicit(&h->call, memory_order_acquire);
		if (call != atomic_load_explicit(&h->answer, memory_order_relaxed))
			atomic_store_explicit(&h->answer, call, memory_order_release);
	} while (call && !atomic_load_explicit(&h->stop, memory_order_relaxed));
}

static bool call_helper(struct helper *h, uint32_t call)
{
	atomic_store_explicit(&h->call, call, memory_order_release);
	while (atomic_load_explicit(&h->answer, memory_order_acquire) != call)
		if (atomic_load_explicit(&h->failed, memory_order_relaxed))
			return false;
	return true;
}

uint64_t helper_exchange(struct helper *h)
{
	bool good = call_helper(h, 1);
	uint64_t start = rte_rdtsc(), took;

	for (uint32_t i = 0; good && i < EXCHANGES; i++)
		good = call_helper(h, i + 2);
	took = rte_rdtsc() - start;
	call_helper(h, 0);
	return took / EXCHANGES;
}

static void *work(void *arg)
{
	struct helper *h = arg;
	bool good = rte_thread_register() == 0; /* for a cache of the buffers' pool */

	atomic_store(&h->ready, true);
	while (good && !atomic_load_explicit(&h->stop, memory_order_relaxed)) {
		good = h->feed->n_schedule ? run_feed(h) : take_over(h);
		atomic_fetch_add_explicit(&h->runs, 1, memory_order_relaxed);
		if (atomic_load_explicit(&h->call, memory_order_relaxed))
			answer(h);
	}
	atomic_store(&h->failed, !good);
	rte_thread_unregister();
	return NULL;
}

int helper_cpu(int but)
{
	cpu_set_t usable;

	if (sched_getaffinity(0, sizeof usable, &usable))
		return -1;
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (i != but && CPU_ISSET(i, &usable))
			return i;
	return -1;
}

int helper_thread(pthread_t *thread, int cpu, void *(*run)(void *), void *arg)
{
	pthread_attr_t attr;
	cpu_set_t on;
	int ret;

	CPU_ZERO(&on);
	CPU_SET(cpu, &on);
	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof on, &on);
	ret = pthread_create(thread, &attr, run, arg);
	pthread_attr_destroy(&attr);
	return ret;
}

int helper_start(struct helper *h, struct feed *feed, int cpu, struct am_err *err)
{
	int ret;

	memset(h, 0, sizeof *h);
	h->feed = feed;
	h->cpu = cpu;
	ret = helper_thread(&h->thread, cpu, work, h);
	if (ret)
		return am_fail(err, ret, "no thread for a second worker on CPU %d: %s", cpu, strerror(ret));
	h->started = true;
	while (!atomic_load(&h->ready))
		sched_yield();
	return 0;
}

void helper_stop(struct helper *h)
{
	if (!h->started)
		return;
	atomic_store(&h->stop, true);
	pthread_join(h->thread, NULL);
	h->started = false;
}
