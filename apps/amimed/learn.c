/* SPDX-License-Identifier: BSD-3-Clause */
#include "learn.h"

#include <unistd.h>

#include "daemon.h"

enum { LOOK_MS = 1, BATCH = 64, ROUNDS = 16 }; /* 1024 of each worker a step: well under a millisecond */

static unsigned drain_worker(struct am_daemon *d, unsigned worker, uint64_t now_s)
{
	struct am_learn reports[BATCH];
	unsigned n = am_plane_learned(d->plane, worker, reports, BATCH);

	for (unsigned i = 0; i < n; i++)
		am_model_learn(d->model,
			&(struct am_learn_in){.key = reports[i].key, .member = reports[i].member}, now_s);
	return n;
}

/* Two that have one address is what nobody finds out by himself. */
static void say(struct am_daemon *d, const struct am_learn_pair_in *in, enum am_pair_news news,
	const struct am_mac *before)
{
	const char *bridge = am_model_bridge_name(d->model, in->bridge);
	char ip[AM_IP_TEXT], mac[AM_MAC_TEXT], other[AM_MAC_TEXT], member[128];

	am_ip_text(&in->ip, ip);
	am_mac_text(&in->mac, mac);
	am_mac_text(before, other);
	am_model_member_text(d->model, in->member, member, sizeof member);
	if (news == AM_PAIR_FIXED)
		am_log(&d->log, AM_LOG_WARN,
			"bridge %s: %s (%s) claims address %s, which is %s by the configuration: give one of them "
			"another address",
			bridge, mac, member, ip, other);
	else if (news == AM_PAIR_DOUBLE)
		am_log(&d->log, AM_LOG_WARN,
			"bridge %s: both %s and %s (%s) claim address %s: nobody answers for it in their name for "
			"three minutes; give one of them another address",
			bridge, other, mac, member, ip);
}

static unsigned drain_pairs(struct am_daemon *d, unsigned worker, uint64_t now_s)
{
	struct am_learn_pair reports[BATCH];
	unsigned n = am_plane_learned_pairs(d->plane, worker, reports, BATCH);

	for (unsigned i = 0; i < n; i++) {
		const struct am_learn_pair *r = &reports[i];
		const struct am_learn_pair_in in = {r->bridge, r->member, r->flags, r->mac, r->ip};
		struct am_mac before;

		say(d, &in, am_model_learn_pair(d->model, &in, now_s, &before), &before);
	}
	return n;
}

bool am_learn_drain(struct am_daemon *d)
{
	uint64_t now_s = am_clock_monotonic().ns / AM_S;
	unsigned n = 1;

	for (unsigned round = 0; round < ROUNDS && n; round++) {
		n = 0;
		for (unsigned i = 0; i < am_workers_count(d->workers); i++)
			n += drain_worker(d, i, now_s) + drain_pairs(d, i, now_s);
	}
	return n;
}

/* Where more may wait than a step takes, the loop comes back at once, as where workers ring. */
static void look(struct am_daemon *d)
{
	const uint64_t one = 1;
	ssize_t n;

	if (!am_learn_drain(d))
		return;
	n = write(d->learn_fd, &one, sizeof one);
	(void)n; /* full means that it is readable already */
}

static void on_look(uv_timer_t *timer)
{
	look(timer->data);
}

void am_learn_adapt(struct am_daemon *d)
{
	bool spin = am_model_config(d->model)->idle == AM_IDLE_SPIN;

	am_plane_set_quiet(d->plane, spin);
	am_slow_look(d->slow, spin);
	if (spin) {
		uv_timer_start(&d->learn_timer, on_look, LOOK_MS, LOOK_MS);
		return;
	}
	uv_timer_stop(&d->learn_timer);
	look(d); /* what was reported while nobody was to ring */
}
