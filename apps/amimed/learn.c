/* SPDX-License-Identifier: BSD-3-Clause */
#include "learn.h"

#include "daemon.h"

enum { BATCH = 64, ROUNDS = 16 }; /* 1024 of each worker a step: well under a millisecond */

static unsigned drain_worker(struct am_daemon *d, unsigned worker, uint64_t now_s)
{
	struct am_learn reports[BATCH];
	unsigned n = am_plane_learned(d->plane, worker, reports, BATCH);

	for (unsigned i = 0; i < n; i++)
		am_model_learn(d->model,
			&(struct am_learn_in){.key = reports[i].key, .member = reports[i].member}, now_s);
	return n;
}

bool am_learn_drain(struct am_daemon *d)
{
	uint64_t now_s = am_clock_monotonic().ns / AM_S;
	unsigned n = 1;

	for (unsigned round = 0; round < ROUNDS && n; round++) {
		n = 0;
		for (unsigned i = 0; i < am_workers_count(d->workers); i++)
			n += drain_worker(d, i, now_s);
	}
	return n;
}
