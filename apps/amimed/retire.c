/* SPDX-License-Identifier: BSD-3-Clause */
#include "retire.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "workers.h"

enum { LOOK_EVERY_MS = 10, PIECES = 2000 /* some 0.2 ms */ };

struct retiring {
	struct retiring *next;
	struct am_retired *old;
	uint64_t token;
	bool cleared;
};

int am_retire_init(struct am_retire *r, uv_loop_t *loop, struct am_plane *plane, struct am_model *model,
	struct am_workers *const *workers)
{
	r->plane = plane;
	r->workers = workers;
	r->model = model;
	r->first = NULL;
	r->hold = false;
	r->timer.data = r;
	r->ready = uv_timer_init(loop, &r->timer) == 0;
	return r->ready ? 0 : -ENOMEM;
}

/* Reassembly state and counters of what left are the workers' own, so they stand still while these are cleared. */
static void clear(struct am_retire *r, const struct am_retired *old)
{
	uint32_t at = 0, peer, row, n;
	uint16_t iface;
	bool parked = false;

	while (am_retired_next_peer(old, &at, &peer)) {
		if (!parked && *r->workers)
			am_workers_park(*r->workers);
		parked = true;
		am_plane_forget_peer(r->plane, peer);
	}
	for (at = 0; am_retired_next_iface(old, &at, &iface);) {
		if (!parked && *r->workers)
			am_workers_park(*r->workers);
		parked = true;
		am_plane_clear_iface(r->plane, iface);
	}
	for (at = 0; am_retired_next_acl(old, &at, &row, &n);)
		am_plane_clear_acl(r->plane, row, n);
	if (parked && *r->workers)
		am_workers_resume(*r->workers);
}

/* True where there is more to let go of. */
static bool let_go(struct am_retire *r, struct retiring *it, unsigned pieces)
{
	if (!it->cleared)
		clear(r, it->old);
	it->cleared = true;
	if (am_model_retire_some(it->old, pieces))
		return true;
	free(it);
	return false;
}

static void look(uv_timer_t *timer)
{
	struct am_retire *r = timer->data;

	if (r->hold || am_model_is_settling(r->model))
		return;
	for (struct retiring **at = &r->first; *at;) {
		struct retiring *it = *at, *next = it->next;

		if (!am_plane_passed(r->plane, it->token)) {
			at = &it->next;
			continue;
		}
		if (let_go(r, it, PIECES))
			return;
		*at = next;
	}
	if (!r->first)
		uv_timer_stop(&r->timer);
}

void am_retire_add(struct am_retire *r, struct am_retired *old)
{
	struct retiring *it, **at = &r->first;

	if (!old)
		return;
	it = calloc(1, sizeof *it);
	if (!it)
		return; /* leaks what a worker may still read, rather than freeing it too early */
	it->old = old;
	it->token = am_plane_token(r->plane);
	while (*at)
		at = &(*at)->next;
	*at = it;
	if (!uv_is_active((const uv_handle_t *)&r
				  ->timer)) /* starting it anew would put off the look again and again */
		uv_timer_start(&r->timer, look, LOOK_EVERY_MS, LOOK_EVERY_MS);
}

void am_retire_all(struct am_retire *r)
{
	while (r->first) {
		struct retiring *it = r->first;

		r->first = it->next;
		while (let_go(r, it, UINT_MAX))
			;
	}
}
