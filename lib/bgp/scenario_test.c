/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two sessions through 10,000 histories of faults: whatever happened, once it stops both are up and have what the other announced. Each
 * follows from its seed: AM_BGP_SEED=N runs that one alone.
 */
#include "test_world.h"

#include <stdio.h>

enum { SEEDS = 10000, CALM_SECONDS = 600 };

/* An odd pair in every way that a configuration allows, as long as the two can talk. */
static void odd_config(struct world *w, struct am_bgp_session_config *a, struct am_bgp_session_config *b)
{
	static const uint16_t hold[] = {0, 3, 9, 90};
	struct am_bgp_session_config *both[] = {a, b};

	*a = world_config(0);
	*b = world_config(1);
	for (unsigned i = 0; i < 2; i++) {
		struct am_bgp_session_config *c = both[i];

		c->hold_time = hold[world_draw(w, 4)];
		c->local_id = 1 + (uint32_t)world_draw(w, 3);
		c->seed = world_draw(w, UINT64_MAX);
		c->connect_retry = 1 + (uint32_t)world_draw(w, 8);
		c->idle_hold = 1 + (uint32_t)world_draw(w, 3);
		c->caps.as4 = world_draw(w, 2);
		c->caps.extended_message = world_draw(w, 2);
		c->caps.graceful = world_draw(w, 2);
		c->caps.notification = world_draw(w, 2);
		c->caps.families[0].graceful = world_draw(w, 2);
	}
	both[world_draw(w, 2)]->passive = world_draw(w, 4) == 0;
	if (world_draw(w, 4) == 0) {
		b->local_as = b->remote_as = a->local_as;
		a->remote_as = a->local_as;
		b->local_id = a->local_id + 1;
	}
}

/* To the next timer, or a nanosecond beside it. */
static void to_the_edge(struct world *w)
{
	am_time next = world_next(w);
	int64_t beside = (int64_t)world_draw(w, 3) - 1;

	if (next.ns == UINT64_MAX || next.ns + (uint64_t)beside <= w->now.ns)
		return;
	w->now.ns = next.ns + (uint64_t)beside;
	am_bgp_expire(w->node[world_draw(w, 2)].session, w->now);
}

static void fault(struct world *w)
{
	struct am_bgp_session *s = w->node[world_draw(w, 2)].session;
	struct link *l = &w->link[world_draw(w, WORLD_LINKS)];

	switch (world_draw(w, 8)) {
	case 0:
		w->stalled = !w->stalled;
		break;
	case 1:
		w->refuse = !w->refuse;
		break;
	case 2:
		am_bgp_stop(s, 2 + (uint8_t)world_draw(w, 8), "odd", w->now);
		break;
	case 3:
		am_bgp_start(s, w->now);
		break;
	case 4:
		if (l->used && l->there)
			world_lose(l);
		break;
	case 5:
		w->chunk = world_draw(w, 2) ? 1 : 0;
		break;
	default:
		to_the_edge(w);
		break;
	}
	world_events(w);
}

static void calm_down(struct world *w)
{
	w->calm = true;
	w->stalled = w->refuse = false;
	am_bgp_start(w->node[0].session, w->now);
	am_bgp_start(w->node[1].session, w->now);
}

static void check(struct world *w, uint64_t seed, const char *what)
{
	if (!world_settles(w, CALM_SECONDS)) {
		print_error("AM_BGP_SEED=%llu, %s: %s and %s after %u s\n", (unsigned long long)seed, what,
			am_bgp_state_name(am_bgp_session_state(w->node[0].session)),
			am_bgp_state_name(am_bgp_session_state(w->node[1].session)), CALM_SECONDS);
		fail();
	}
}

static void run_seed(uint64_t seed)
{
	struct world odd = {.random = seed};
	struct am_bgp_session_config a, b;
	struct world *w;
	unsigned steps;

	odd_config(&odd, &a, &b);
	w = world_new(&a, &b, seed);
	steps = 20 + (unsigned)world_draw(w, 200);
	am_bgp_start(w->node[0].session, w->now);
	am_bgp_start(w->node[1].session, w->now);
	for (unsigned i = 0; i < steps; i++) {
		world_step(w);
		if (world_draw(w, 8) == 0)
			fault(w);
	}
	calm_down(w);
	check(w, seed, "faults at random");
	world_free(w);
}

static void test_seeds(void **state)
{
	const char *only = getenv("AM_BGP_SEED");

	(void)state;
	if (only) {
		run_seed(strtoull(only, NULL, 10));
		return;
	}
	for (uint64_t seed = 0; seed < SEEDS; seed++)
		run_seed(seed);
}

/* The first connection dies when k bytes have passed, for every k until both have everything; and bytes come one by one, too. */
static void cut_everywhere(unsigned chunk)
{
	struct am_bgp_session_config a = world_config(0), b = world_config(1);
	size_t whole = 1;

	for (size_t k = 0; k < whole; k++) {
		struct world *w = world_new(&a, &b, k);

		w->chunk = chunk;
		w->first_cut = k;
		am_bgp_start(w->node[0].session, w->now);
		am_bgp_start(w->node[1].session, w->now);
		check(w, k, "the connection was cut");
		if (w->links_made > 1 || k == 0)
			whole = k + 2;
		assert_true(k < 100000);
		world_free(w);
	}
	assert_true(whole > 1000);
}

static void test_every_byte(void **state)
{
	(void)state;
	cut_everywhere(0);
	cut_everywhere(1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seeds),
		cmocka_unit_test(test_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
