/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "bgp/decision.h"

static const struct am_bgp_decision_options plain = {.default_local_pref = 100};

/* A path in words: attributes and what is known of the peer. Zeroes are like everybody's. */
struct path {
	uint32_t local_pref, med, originator; /* 0: none */
	uint64_t aigp;                        /* 0: none */
	uint8_t origin, cluster;
	uint32_t as[4]; /* ends with 0 */
	enum am_bgp_peer_kind kind;
	uint32_t id, cost, path_id;
	uint8_t peer;
	bool gone, stale;
};

enum { MOST = 8 };

struct set {
	struct am_bgp_candidate paths[MOST];
	struct am_bgp_attrs attrs[MOST];
	uint8_t as_paths[MOST][2 + 4 * 4];
	size_t n;
};

static void add(struct set *set, const struct path *p)
{
	static const uint8_t clusters[64];
	struct am_bgp_attrs *a = &set->attrs[set->n];
	uint8_t *path = set->as_paths[set->n];

	*a = (struct am_bgp_attrs){.has = AM_BGP_HAS(1) | AM_BGP_HAS(2), .origin = p->origin};
	a->local_pref = p->local_pref;
	a->med = p->med;
	a->aigp = p->aigp;
	a->originator_id = p->originator;
	a->cluster_list = (struct am_bgp_span){clusters, p->cluster * 4u};
	a->has |= p->local_pref ? AM_BGP_HAS(AM_BGP_ATTR_LOCAL_PREF) : 0;
	a->has |= p->med ? AM_BGP_HAS(AM_BGP_ATTR_MED) : 0;
	a->has |= p->aigp ? AM_BGP_HAS(AM_BGP_ATTR_AIGP) : 0;
	a->has |= p->originator ? AM_BGP_HAS(AM_BGP_ATTR_ORIGINATOR_ID) : 0;
	a->has |= p->cluster ? AM_BGP_HAS(AM_BGP_ATTR_CLUSTER_LIST) : 0;
	path[0] = 2;
	for (path[1] = 0; path[1] < 4 && p->as[path[1]]; path[1]++)
		am_store32(path + 2 + 4 * path[1], p->as[path[1]]);
	a->as_path = (struct am_bgp_span){path, path[1] ? 2 + 4 * (size_t)path[1] : 0};
	set->paths[set->n++] = (struct am_bgp_candidate){
		.attrs = a,
		.kind = p->kind,
		.peer_id = p->id,
		.peer = {.family = AM_IPV4, .bytes = {192, 0, 2, p->peer}},
		.path_id = p->path_id,
		.igp_cost = p->cost,
		.reachable = !p->gone,
		.stale = p->stale,
	};
}

/* The first of each pair wins, and the other loses in this step. */
static const struct {
	struct path good, bad;
	enum am_bgp_verdict lost;
} pairs[] = {
	{{.as = {1, 2, 3}}, {.as = {1}, .local_pref = 900, .gone = true}, AM_BGP_LOST_UNREACHABLE},
	{{.as = {1, 2, 3}}, {.as = {1}, .local_pref = 900, .stale = true}, AM_BGP_LOST_STALE},
	{{.local_pref = 101, .as = {1, 2, 3}}, {.as = {1}}, AM_BGP_LOST_LOCAL_PREF},
	{{.as = {1, 2, 3}}, {.local_pref = 99, .as = {1}}, AM_BGP_LOST_LOCAL_PREF},
	{{.aigp = 900, .as = {1, 2}}, {.as = {1}}, AM_BGP_LOST_AIGP},
	{{.aigp = 10, .cost = 5, .as = {1}}, {.aigp = 14, .cost = 2, .as = {1}}, AM_BGP_LOST_AIGP},
	{{.as = {1}, .origin = 2}, {.as = {1, 2}}, AM_BGP_LOST_AS_PATH},
	{{.as = {1}, .med = 9}, {.as = {1}, .origin = 1}, AM_BGP_LOST_ORIGIN},
	{{.as = {1}, .med = 5, .kind = AM_BGP_INTERNAL}, {.as = {1}, .med = 6}, AM_BGP_LOST_MED},
	{{.as = {1}, .kind = AM_BGP_INTERNAL}, {.as = {1}, .med = 1}, AM_BGP_LOST_MED},
	{{.as = {1}, .cost = 9}, {.as = {1}, .kind = AM_BGP_INTERNAL}, AM_BGP_LOST_EXTERNAL},
	{{.as = {1}, .cost = 9}, {.as = {1}, .kind = AM_BGP_CONFEDERATION}, AM_BGP_LOST_EXTERNAL},
	{{.as = {1}, .cost = 1, .id = 9}, {.as = {1}, .cost = 2}, AM_BGP_LOST_IGP_COST},
	{{.as = {1}, .id = 9}, {.as = {2}, .cluster = 1}, AM_BGP_LOST_CLUSTER_LIST},
	{{.as = {1}, .id = 1, .peer = 9}, {.as = {2}, .id = 2}, AM_BGP_LOST_IDENTIFIER},
	{{.as = {1}, .id = 7, .originator = 1}, {.as = {2}, .id = 2}, AM_BGP_LOST_IDENTIFIER},
	{{.as = {1}, .peer = 1, .path_id = 9}, {.as = {2}, .peer = 2}, AM_BGP_LOST_ADDRESS},
	{{.as = {1}, .path_id = 1}, {.as = {2}, .path_id = 2}, AM_BGP_LOST_PATH_ID},
	/* MED does not count between neighbours. */
	{{.as = {1}, .med = 9, .id = 1}, {.as = {2}, .med = 1, .id = 2}, AM_BGP_LOST_IDENTIFIER},
};

static void test_steps(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		for (int turned = 0; turned < 2; turned++) {
			struct set set = {.n = 0};
			uint8_t verdicts[2];

			add(&set, turned ? &pairs[i].bad : &pairs[i].good);
			add(&set, turned ? &pairs[i].good : &pairs[i].bad);
			print_message("%zu: %s\n", i, am_bgp_verdict_name(pairs[i].lost));
			assert_int_equal(am_bgp_decide(set.paths, 2, &plain, verdicts), turned);
			assert_int_equal(verdicts[turned], AM_BGP_BEST);
			assert_int_equal(verdicts[!turned], pairs[i].lost);
		}
	}
}

static void test_options(void **state)
{
	struct am_bgp_decision_options o = plain;
	struct set set = {.n = 0};
	uint8_t verdicts[2];

	(void)state;
	add(&set, &(struct path){.as = {1}, .med = 9, .id = 1});
	add(&set, &(struct path){.as = {2}, .med = 1, .id = 2});
	o.always_compare_med = true;
	assert_int_equal(am_bgp_decide(set.paths, 2, &o, verdicts), 1);
	assert_int_equal(verdicts[0], AM_BGP_LOST_MED);
	set.n = 0;
	add(&set, &(struct path){.as = {1}});
	add(&set, &(struct path){.as = {1}, .med = 1000});
	o = plain;
	o.missing_med_is_worst = true;
	assert_int_equal(am_bgp_decide(set.paths, 2, &o, verdicts), 1);
}

static void test_none(void **state)
{
	struct set set = {.n = 0};
	uint8_t verdicts[2] = {99, 99};

	(void)state;
	assert_int_equal(am_bgp_decide(set.paths, 0, &plain, verdicts), -1);
	add(&set, &(struct path){.as = {1}, .gone = true});
	add(&set, &(struct path){.as = {2}, .gone = true});
	assert_int_equal(am_bgp_decide(set.paths, 2, &plain, verdicts), -1);
	assert_int_equal(verdicts[0], AM_BGP_LOST_UNREACHABLE);
	assert_int_equal(verdicts[1], AM_BGP_LOST_UNREACHABLE);
}

static void test_multipath(void **state)
{
	struct am_bgp_decision_options o = plain;
	struct set set = {.n = 0};
	uint8_t v[MOST];

	(void)state;
	add(&set, &(struct path){.as = {1, 7}, .id = 1});
	add(&set, &(struct path){.as = {1, 7}, .id = 2});
	add(&set, &(struct path){.as = {2, 7}, .id = 3});
	add(&set, &(struct path){.as = {1, 7}, .id = 4, .cost = 1});
	add(&set, &(struct path){.as = {3, 7}, .id = 5, .med = 4});
	add(&set, &(struct path){.as = {3, 7}, .id = 6, .med = 5});
	assert_int_equal(am_bgp_decide(set.paths, set.n, &o, v), 0);
	assert_int_equal(v[1], AM_BGP_MULTIPATH);
	assert_int_equal(v[2], AM_BGP_LOST_IDENTIFIER);
	assert_int_equal(v[3], AM_BGP_LOST_IGP_COST);
	assert_int_equal(v[4], AM_BGP_LOST_IDENTIFIER);
	o.multipath_relax = true;
	assert_int_equal(am_bgp_decide(set.paths, set.n, &o, v), 0);
	assert_int_equal(v[2], AM_BGP_MULTIPATH);
	assert_int_equal(v[4], AM_BGP_MULTIPATH);
	/* Its own neighbour says that another way is better. */
	assert_int_equal(v[5], AM_BGP_LOST_MED);
}

/* A path that lost late among its neighbour's, and early against the best, is no multipath. */
static void test_loser_of_losers(void **state)
{
	struct set set = {.n = 0};
	uint8_t v[MOST];

	(void)state;
	add(&set, &(struct path){.as = {1}, .local_pref = 200});
	add(&set, &(struct path){.as = {2}, .id = 1});
	add(&set, &(struct path){.as = {2}, .id = 2});
	assert_int_equal(am_bgp_decide(set.paths, set.n, &plain, v), 0);
	assert_int_equal(v[1], AM_BGP_LOST_LOCAL_PREF);
	assert_int_equal(v[2], AM_BGP_LOST_LOCAL_PREF);
}

/* The set of RFC 3345 that makes pairwise comparison depend on the order: A beats B by MED, B beats C, C beats A by cost. */
static void test_med_trap(void **state)
{
	const struct path abc[3] = {{.as = {1}, .med = 1, .cost = 30}, {.as = {1}, .med = 5, .cost = 10},
		{.as = {2}, .med = 9, .cost = 20}};
	static const unsigned orders[6][3] = {
		{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		struct set set = {.n = 0};
		uint8_t v[MOST];
		int best;

		for (unsigned k = 0; k < 3; k++)
			add(&set, &abc[orders[i][k]]);
		best = am_bgp_decide(set.paths, 3, &plain, v);
		assert_int_equal(orders[i][best], 2);
		for (unsigned k = 0; k < 3; k++) {
			if (orders[i][k] == 0)
				assert_int_equal(v[k], AM_BGP_LOST_IGP_COST);
			if (orders[i][k] == 1)
				assert_int_equal(v[k], AM_BGP_LOST_MED);
		}
	}
}

static unsigned draw(unsigned *state, unsigned below)
{
	*state = *state * 1103515245 + 12345;
	return (*state >> 16) % below;
}

/* Whatever the paths, every order of them gives the same best one, and each the same verdict. */
static void test_any_order(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 20000; seed++) {
		unsigned s = seed, n = 2 + draw(&s, MOST - 1), order[MOST];
		struct am_bgp_decision_options o = {100, draw(&s, 2), draw(&s, 2), draw(&s, 2)};
		struct path p[MOST];
		struct set one = {.n = 0}, two = {.n = 0};
		uint8_t v[MOST], w[MOST];
		int best, again;

		for (unsigned i = 0; i < n; i++) {
			p[i] = (struct path){
				.local_pref = draw(&s, 4) ? 0 : 100 + draw(&s, 2),
				.med = draw(&s, 3),
				.origin = (uint8_t)(draw(&s, 4) == 0),
				.as = {1 + draw(&s, 3), 7, draw(&s, 4) ? 0 : 8},
				.kind = draw(&s, 2),
				.cost = draw(&s, 3),
				.id = draw(&s, 3),
				.peer = (uint8_t)i, /* peers differ, so no two paths are the same */
				.gone = draw(&s, 8) == 0,
			};
			order[i] = i;
			add(&one, &p[i]);
		}
		for (unsigned i = n - 1; i > 0; i--) {
			unsigned k = draw(&s, i + 1), t = order[i];

			order[i] = order[k];
			order[k] = t;
		}
		for (unsigned i = 0; i < n; i++)
			add(&two, &p[order[i]]);
		best = am_bgp_decide(one.paths, n, &o, v);
		again = am_bgp_decide(two.paths, n, &o, w);
		assert_int_equal(best < 0, again < 0);
		if (best >= 0)
			assert_int_equal(order[again], best);
		for (unsigned i = 0; i < n; i++)
			assert_int_equal(w[i], v[order[i]]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_multipath),
		cmocka_unit_test(test_loser_of_losers),
		cmocka_unit_test(test_med_trap),
		cmocka_unit_test(test_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
