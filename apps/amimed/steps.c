/* SPDX-License-Identifier: BSD-3-Clause */
#include "steps.h"

#include <time.h>

static uint64_t thread_cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * AM_S + (uint64_t)ts.tv_nsec;
}

/* Once a turn of the loop, which calls what was waited for before its wait is over: so the wait is taken off. */
static void before_poll(uv_prepare_t *prepare)
{
	struct am_steps *s = prepare->data;
	uint64_t idle_ns = uv_metrics_idle_time(prepare->loop), cpu_ns = thread_cpu_ns();
	am_time now = am_clock_monotonic();

	if (s->seen.ns) {
		uint64_t turn = am_time_since(now, s->seen), waited = idle_ns - s->idle_ns;

		am_histogram_add(&s->clock, turn > waited ? turn - waited : 0);
		am_histogram_add(&s->cpu, cpu_ns - s->cpu_ns);
	}
	s->seen = now;
	s->idle_ns = idle_ns;
	s->cpu_ns = cpu_ns;
}

int am_steps_init(struct am_steps *s, uv_loop_t *loop)
{
	int rc = uv_loop_configure(loop, UV_METRICS_IDLE_TIME);

	if (rc < 0)
		return rc;
	s->before_poll.data = s;
	return uv_prepare_init(loop, &s->before_poll);
}

void am_steps_start(struct am_steps *s)
{
	uv_prepare_start(&s->before_poll, before_poll);
}
