/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_RETIRE_H
#define AMIMED_RETIRE_H
/* What is to be freed when no worker can see it any more: looked at by a timer, never waited for. */
#include <stdbool.h>

#include <uv.h>

#include "model/model.h"
#include "pipeline/worker.h"

struct am_workers;
struct retiring;

struct am_retire {
	struct am_plane *plane;
	struct am_model *model;
	struct am_workers *const *workers;
	struct retiring *first;
	uv_timer_t timer;
	bool ready;
	bool hold; /* somebody in another thread looks at the model: nothing leaves meanwhile */
};

int am_retire_init(struct am_retire *r, uv_loop_t *loop, struct am_plane *plane, struct am_model *model,
	struct am_workers *const *workers);

/* old was unlinked just now; NULL is nothing. */
void am_retire_add(struct am_retire *r, struct am_retired *old);

/* The workers are gone: free all of it. */
void am_retire_all(struct am_retire *r);

#endif
