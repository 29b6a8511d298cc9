/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two speakers with tables through thousands of histories of faults: routes come and go, policies change, connections die, one of them starts
 * anew. Once the faults stop, they agree (test_story.h). Each follows from its seed: AM_BGP_SEED=N runs that one alone.
 */
#include "test_story.h"

/* Each takes some six times as long with the address sanitizer. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define FEWER 4
#endif
#endif
#ifndef FEWER
#define FEWER 1
#endif

enum {
	SEEDS = 2000 / FEWER,
	EVERY_BYTE = 51, /* a seed: all families, add-path and graceful restart */
};

/* ---- what happens to them ---- */

/* The program starts anew; silent: its kernel does, too, and nobody tells the peer. */
static void restart(struct story *w, unsigned node, bool silent)
{
	struct half *h = &w->half[node];

	am_bgp_speaker_free(w->pair.node[node].speaker);
	for (unsigned k = 0; k < PAIR_WIRES; k++) {
		w->pair.wires[k].end[node].there = false;
		w->pair.wires[k].silent = silent;
	}
	h->keep.armed = w->pair.node[node].up = h->lossy = false;
	h->config.session.caps.restarting = true;
	if (pair_draw(&w->pair, 3) == 0)
		odd_families(w, node);
	new_speaker(w, node);
	announce_all(w, node);
}

static void again(struct story *w, unsigned node)
{
	struct pair_node *n = &w->pair.node[node];

	am_bgp_speaker_remove(n->speaker, (unsigned)n->peer, AM_BGP_CEASE_DECONFIGURED, NULL, w->pair.now);
	w->half[node].keep.armed = false;
	pair_events(&w->pair, node);
	w->half[node].keep.armed = false;
	n->peer = am_bgp_speaker_add(n->speaker, &w->half[node].config, w->pair.now);
	assert_true(n->peer >= 0);
}

static void lose_updates(struct story *w)
{
	unsigned node = (unsigned)pair_draw(&w->pair, 2);

	w->pair.node[node].lossy ^= true;
	w->half[!node].lossy = w->lossy = true;
}

/* One of them reads nothing while the other has more news than fits into what waits for it. */
static void storm(struct story *w, unsigned node)
{
	w->pair.node[node].deaf = true;
	for (unsigned i = 0; i < 60; i++) {
		stir(w, !node, 24);
		pair_turn(&w->pair);
		if (i % 20 == 0)
			w->pair.now = am_time_add(w->pair.now, 400 * AM_MS);
	}
	w->pair.node[node].deaf = false;
}

static void fault_of_network(struct story *w)
{
	struct pair *p = &w->pair;

	switch (pair_draw(p, 7)) {
	case 0:
		p->cut = !p->cut;
		break;
	case 1:
		p->stalled = !p->stalled;
		break;
	case 2:
		p->chunk = pair_draw(p, 2) ? (w->fat ? 1000 : 1) : 0;
		break;
	case 3:
		p->node[pair_draw(p, 2)].deaf ^= true;
		break;
	case 4:
		p->cut_at = p->passed + 1 + pair_draw(p, 600);
		break;
	case 5:
		lose_updates(w);
		break;
	default:
		pair_lose(p, &p->wires[pair_draw(p, PAIR_WIRES)]);
		break;
	}
}

static void fault_of_node(struct story *w, unsigned node)
{
	struct pair_node *n = &w->pair.node[node];
	am_time now = w->pair.now;

	switch (pair_draw(&w->pair, 12)) {
	case 0:
		am_bgp_speaker_stop(
			n->speaker, (unsigned)n->peer, 2 + (uint8_t)pair_draw(&w->pair, 8), "odd", now);
		break;
	case 1:
	case 2:
		am_bgp_speaker_start(n->speaker, (unsigned)n->peer, now);
		break;
	case 3:
		restart(w, node, pair_draw(&w->pair, 3) == 0);
		break;
	case 4:
		again(w, node);
		break;
	case 5:
		am_bgp_speaker_refresh(n->speaker, (unsigned)n->peer, (unsigned)pair_draw(&w->pair, 3), now);
		break;
	case 6:
		am_bgp_speaker_recheck(n->speaker, NULL, 0);
		break;
	case 7:
		other_policy(w, node);
		break;
	case 8:
		if (w->fat && pair_draw(&w->pair, 2))
			storm(w, node);
		break;
	default:
		stir(w, node, 1 + (unsigned)pair_draw(&w->pair, 12));
		break;
	}
	pair_events(&w->pair, node);
}

/* To the next timer, or a nanosecond beside it; or some time. */
static void time_passes(struct story *w)
{
	am_time next = pair_next(&w->pair), before = w->pair.now;

	if (next.ns != UINT64_MAX && next.ns > before.ns + 1 && pair_draw(&w->pair, 4))
		w->pair.now.ns = next.ns + pair_draw(&w->pair, 3) - 1;
	else
		w->pair.now = am_time_add(before, pair_draw(&w->pair, LEAP_MS) * AM_MS);
}

static void live(struct story *w)
{
	unsigned steps = 20 + (unsigned)pair_draw(&w->pair, 150);

	for (unsigned i = 0; i < steps; i++) {
		uint64_t what = pair_draw(&w->pair, 16);

		if (what == 0)
			fault_of_network(w);
		else if (what < 3)
			fault_of_node(w, (unsigned)pair_draw(&w->pair, 2));
		else if (what < 5)
			pair_turn(&w->pair);
		else
			pair_drain(&w->pair);
		if (what >= 5) {
			look_at_kept(w, 0);
			look_at_kept(w, 1);
			time_passes(w);
		}
		look_at_routes(w, 0);
		look_at_routes(w, 1);
		if (what & 1) {
			follow_changes(w, 0);
			follow_changes(w, 1);
		}
	}
}

/* What was lost comes again: by a refresh with its borders (RFC 7313), or with a new session. */
static void heal(struct story *w)
{
	bool can = true;

	pair_run(&w->pair, am_time_add(w->pair.now, 400 * AM_S));
	for (unsigned i = 0; i < 2; i++)
		can &= w->pair.node[i].up && w->half[i].agreed.enhanced_refresh && w->half[i].agreed.refresh;
	if (can)
		ask_again(w);
	else
		pair_lose_all(&w->pair);
}

static void run_seed(uint64_t seed)
{
	struct story *w = make(seed);

	stir(w, 0, 20);
	stir(w, 1, 20);
	live(w);
	calm_down(w);
	if (w->lossy)
		heal(w);
	settle(w);
	release(w);
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

/* Both have tables, and every connection dies when k octets have passed, for every k until both have all. */
static void test_every_byte(void **state)
{
	size_t whole = SIZE_MAX;

	(void)state;
	for (size_t k = 1; k < whole; k++) {
		struct story *w = make(EVERY_BYTE);

		w->fat = false;
		stir(w, 0, 20);
		stir(w, 1, 20);
		w->pair.chunk = k % 2 ? 1 : 4096;
		w->pair.cut_at = k;
		pair_run(&w->pair, am_time_add(w->pair.now, AM_S));
		if (w->pair.cut_at)
			whole = k;
		settle(w);
		release(w);
	}
	assert_true(whole > 500 && whole < 20000);
}

/* Both connect at once: one connection is left, without a rest. */
static void test_collisions(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 500; seed++) {
		struct story *w = make(seed);
		unsigned wires = 0;

		w->pair.chunk = seed % 3;
		/* Now one connects first, now the other. */
		if (seed & 1)
			pair_events(&w->pair, 1);
		pair_drain(&w->pair);
		for (unsigned k = 0; k < PAIR_WIRES; k++)
			wires += w->pair.wires[k].used;
		if (!w->pair.node[0].up || !w->pair.node[1].up || wires != 1 || w->pair.node[0].downs) {
			SAY(w, "%u connections, %s and %s", wires, state_name(w, 0), state_name(w, 1));
			fail();
		}
		/* RFC 4271 6.8: node 1 has the larger identifier. */
		if (!w->half[0].config.session.passive && !w->half[1].config.session.passive)
			assert_true(pair_view(&w->pair, 0).session->incoming);
		settle(w);
		release(w);
	}
}

/* RFC 4724 4.2: one that started anew is let in, though its old session is not known to be over, and no hold timer runs out. */
static void test_comes_back(void **state)
{
	unsigned tried = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 500; seed++) {
		struct story *w = make(seed);
		uint16_t hold = w->half[0].config.session.hold_time,
			 other = w->half[1].config.session.hold_time;

		stir(w, 0, 20);
		stir(w, 1, 20);
		settle(w);
		if (w->half[1].agreed.graceful && !w->half[0].config.session.passive &&
			(!hold || !other || (hold > 30 && other > 30))) {
			restart(w, 0, true);
			pair_run(&w->pair, am_time_add(w->pair.now, 25 * AM_S));
			if (!w->pair.node[0].up || !w->pair.node[1].up) {
				SAY(w, "%s and %s", state_name(w, 0), state_name(w, 1));
				fail();
			}
			settle(w);
			tried++;
		}
		release(w);
	}
	assert_true(tried > 50);
}

/* RFC 7313: a refresh with its borders brings what was lost, and takes what should have gone. */
static void test_refresh_heals(void **state)
{
	unsigned wrong_before = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 200; seed++) {
		struct story *w = make(seed);
		unsigned node, family, number;

		for (unsigned i = 0; i < 2; i++) {
			struct am_bgp_capabilities *caps = &w->half[i].config.session.caps;

			caps->refresh = caps->enhanced_refresh = true;
			again(w, i);
		}
		stir(w, 0, 30);
		stir(w, 1, 30);
		settle(w);
		w->pair.node[seed % 2].lossy = true;
		stir(w, seed % 2, 40);
		pair_run(&w->pair, am_time_add(w->pair.now, 8 * AM_S));
		w->pair.node[seed % 2].lossy = false;
		wrong_before += wrong(w, &node, &family, &number) != NULL;
		ask_again(w);
		settle(w);
		release(w);
	}
	assert_true(wrong_before > 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seeds),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_collisions),
		cmocka_unit_test(test_comes_back),
		cmocka_unit_test(test_refresh_heals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
