/* SPDX-License-Identifier: BSD-3-Clause */
#include "probe.h"

#include <rte_cycles.h>

#include "base/clock.h"

enum {
	CALIBRATIONS = 1000,
	PATIENCE_PART = 8,        /* of all the time there is, for the longest wait */
	PATIENCE_LEAST_PART = 32, /* of the longest wait */
};

#define PATIENCE_NS (AM_S / 5)

/* A chain of dependent decrements: one turn is one cycle of the core on every CPU of interest. */
static uint64_t spin(void)
{
	uint64_t turns = PROBE_TURNS, start = rte_rdtsc_precise();

#if defined(__x86_64__)
	__asm__ volatile("1: dec %0\n\tjnz 1b" : "+r"(turns) : : "cc");
#else
	while (--turns)
		__asm__ volatile("" : "+r"(turns));
#endif
	return rte_rdtsc_precise() - start;
}

static void note_clock(struct probes *p, uint64_t took)
{
	unsigned i = p->n;

	if (p->n == PROBE_FASTEST && took >= p->fastest[p->n - 1])
		return;
	if (p->n < PROBE_FASTEST)
		p->n++;
	else
		i--;
	for (; i > 0 && p->fastest[i - 1] > took; i--)
		p->fastest[i] = p->fastest[i - 1];
	p->fastest[i] = took;
	p->clock = p->fastest[p->n - 1];
}

bool probes_is_slow(const struct probes *p, const struct probe_moment *m)
{
	return m->clock * 100 > p->clock * PROBE_SLOW_PERCENT;
}

static struct probe_moment look(struct probes *p, bool memory)
{
	struct probe_moment m = {.memory = memory ? chase_steps(&p->chase, PROBE_STEPS) : 0};

	m.clock = spin();
	note_clock(p, m.clock);
	return m;
}

struct probe_moment probes_look(struct probes *p, bool memory)
{
	struct probe_moment m = look(p, memory);

	if (memory) {
		bench_histogram_add(&p->answers, m.memory);
		p->memory = bench_histogram_percentile(&p->answers, PROBE_MEMORY_PERCENTILE);
		bench_histogram_add(&p->bursts, chase_bursts(&p->chase, PROBE_BURSTS));
		p->burst = bench_histogram_percentile(&p->bursts, PROBE_MEMORY_PERCENTILE);
	}
	return m;
}

uint64_t probes_exchange(struct probes *p, uint64_t before, uint64_t after)
{
	bench_histogram_add(&p->exchanges, before);
	bench_histogram_add(&p->exchanges, after);
	p->exchange = bench_histogram_percentile(&p->exchanges, PROBE_EXCHANGE_PERCENTILE);
	return before > after ? before : after;
}

bool probes_is_far(const struct probes *p, uint64_t exchange)
{
	return exchange * 100 > p->exchange * PROBE_FAR_PERCENT;
}

void probes_be_patient(struct probes *p, uint64_t limit_ns)
{
	double hz = (double)rte_get_tsc_hz(), most_ns = limit_ns < PATIENCE_NS * PATIENCE_PART
								? (double)limit_ns / PATIENCE_PART
								: PATIENCE_NS;

	p->deadline = rte_rdtsc() + (uint64_t)((double)limit_ns * hz / 1e9);
	p->patience = p->most_patience = (uint64_t)(most_ns * hz / 1e9);
}

struct probe_moment probes_await(struct probes *p)
{
	uint64_t start = rte_rdtsc(), now = start;
	struct probe_moment m = look(p, false);

	while (probes_is_slow(p, &m) && now - start < p->patience && now < p->deadline) {
		m = look(p, false);
		now = rte_rdtsc();
	}
	p->waited += now - start;
	if (!probes_is_slow(p, &m))
		p->patience = p->most_patience;
	else if (p->patience > p->most_patience / PATIENCE_LEAST_PART)
		p->patience /= 2;
	return m;
}

int probes_init(struct probes *p, bool memory, uint64_t seed, struct am_err *err)
{
	int ret = 0;

	*p = (struct probes){.has_memory = memory};
	for (int i = 0; i < CALIBRATIONS; i++)
		note_clock(p, spin());
	if (memory)
		ret = chase_open(&p->chase, (size_t)PROBE_MEMORY_MB << 20, seed, err);
	for (int i = 0; memory && ret == 0 && i < CALIBRATIONS; i++)
		probes_look(p, true);
	return ret;
}

void probes_fini(struct probes *p)
{
	chase_close(&p->chase);
}
