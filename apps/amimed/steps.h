/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_STEPS_H
#define AMIMED_STEPS_H
/*
 * How long an event loop's steps take: from the end of one wait to the beginning of the next, with all that is called between.
 * By the clock it is how long others waited; on the CPU it is what the loop's thread did itself, whatever else the machine had
 * to do.
 */
#include <uv.h>

#include "base/clock.h"
#include "histogram.h"

struct am_steps {
	struct am_histogram clock, cpu;

	uv_prepare_t before_poll;
	am_time seen;
	uint64_t idle_ns, cpu_ns; /* of all time, when seen */
};

/* The loop is initialized and does not run yet. Closes with its handles. 0 or a negative uv error. */
int am_steps_init(struct am_steps *s, uv_loop_t *loop);
/* From now on. */
void am_steps_start(struct am_steps *s);

#endif
