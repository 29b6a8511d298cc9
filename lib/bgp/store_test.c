/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "bgp/store.h"

static const uint8_t path[] = {2, 1, 0, 0, 0, 7}, list[] = {0, 1, 0, 2}, unknown[] = {0xe0, 99, 2, 5, 6};

/* One of every attribute that has a span, and of every kind of number. */
static struct am_bgp_set full(void)
{
	static const uint8_t bytes[64] = {2, 0, 0, 0, 0, 1};
	const struct am_bgp_attrs attrs = {
		.has = AM_BGP_HAS(1) | AM_BGP_HAS(2) | AM_BGP_HAS(3) | AM_BGP_HAS(4) | AM_BGP_HAS(5) |
		       AM_BGP_HAS(6) | AM_BGP_HAS(7) | AM_BGP_HAS(8) | AM_BGP_HAS(9) | AM_BGP_HAS(10) |
		       AM_BGP_HAS(16) | AM_BGP_HAS(22) | AM_BGP_HAS(25) | AM_BGP_HAS(26) | AM_BGP_HAS(32) |
		       AM_BGP_HAS(35) | AM_BGP_HAS(128),
		.partial = AM_BGP_HAS(8),
		.origin = 2,
		.med = 3,
		.local_pref = 4,
		.originator_id = 5,
		.otc = 6,
		.aigp = 1ull << 40,
		.aggregator = {70000, 9},
		.as_path = {path, sizeof path},
		.communities = {list, sizeof list},
		.ext_communities = {bytes, 8},
		.ext6_communities = {bytes, 20},
		.large_communities = {bytes, 24},
		.cluster_list = {bytes, 8},
		.pmsi = {bytes, 9},
		.attr_set = {bytes, 6},
		.unknown = {unknown, sizeof unknown},
	};

	return (struct am_bgp_set){attrs, {16, {0x20, 1}}, {list, 3}};
}

static void assert_span(struct am_bgp_span a, struct am_bgp_span b)
{
	assert_int_equal(a.len, b.len);
	if (a.len)
		assert_memory_equal(a.bytes, b.bytes, a.len);
}

static void test_round_trip(void **state)
{
	struct am_bgp_store *s = am_bgp_store_create(1);
	const struct am_bgp_set set = full();
	struct am_bgp_set got;
	struct am_bgp_next_hop hop;
	am_bgp_set_id id, again;

	(void)state;
	assert_int_equal(am_bgp_store_intern(s, &set, &id), 0);
	am_bgp_store_get(s, id, &got);
	assert_int_equal(got.attrs.has, set.attrs.has & ~AM_BGP_HAS(3));
	assert_int_equal(got.attrs.partial, set.attrs.partial);
	assert_int_equal(got.attrs.origin, 2);
	assert_int_equal(got.attrs.med, 3);
	assert_int_equal(got.attrs.local_pref, 4);
	assert_int_equal(got.attrs.originator_id, 5);
	assert_int_equal(got.attrs.otc, 6);
	assert_true(got.attrs.aigp == 1ull << 40);
	assert_int_equal(got.attrs.aggregator.as, 70000);
	assert_span(got.attrs.as_path, set.attrs.as_path);
	assert_span(got.attrs.communities, set.attrs.communities);
	assert_span(got.attrs.ext_communities, set.attrs.ext_communities);
	assert_span(got.attrs.ext6_communities, set.attrs.ext6_communities);
	assert_span(got.attrs.large_communities, set.attrs.large_communities);
	assert_span(got.attrs.cluster_list, set.attrs.cluster_list);
	assert_span(got.attrs.pmsi, set.attrs.pmsi);
	assert_span(got.attrs.attr_set, set.attrs.attr_set);
	assert_span(got.attrs.unknown, set.attrs.unknown);
	assert_span(got.extra, set.extra);
	am_bgp_store_next_hop(s, id, &hop);
	assert_int_equal(hop.len, 16);
	assert_memory_equal(hop.bytes, set.next_hop.bytes, 16);
	/* What was decoded is the same set. */
	assert_int_equal(am_bgp_store_intern(s, &got, &again), 0);
	assert_int_equal(again, id);
	am_bgp_store_release(s, id, 2);
	assert_int_equal(am_bgp_store_size(s).sets, 0);
	am_bgp_store_free(s);
}

static void test_too_long(void **state)
{
	static uint8_t long_list[65536];
	struct am_bgp_store *s = am_bgp_store_create(1);
	struct am_bgp_set set = full();
	am_bgp_set_id id;

	(void)state;
	set.attrs.communities = (struct am_bgp_span){long_list, 65536 - 4};
	assert_int_equal(am_bgp_store_intern(s, &set, &id), -EMSGSIZE);
	set.attrs.communities.len = 64000;
	assert_int_equal(am_bgp_store_intern(s, &set, &id), 0);
	am_bgp_store_release(s, id, 1);
	am_bgp_store_free(s);
}

/* 100,000 sets cost 16 octets and rounding beside their bytes, and less than 5 for finding them. */
static void test_lean(void **state)
{
	enum { N = 100000 };
	struct am_bgp_store *s = am_bgp_store_create(1);
	am_bgp_set_id *ids = malloc(N * sizeof *ids);
	struct am_bgp_set set = full();
	struct am_bgp_store_size size;

	(void)state;
	for (uint32_t i = 0; i < N; i++) {
		set.attrs.med = i;
		set.attrs.communities.len = i % 2 ? 4 : 0;
		assert_int_equal(am_bgp_store_intern(s, &set, &ids[i]), 0);
	}
	size = am_bgp_store_size(s);
	assert_int_equal(size.sets, N);
	print_message("%zu octets a set, and %.1f beside them\n", size.bytes / N, (double)size.overhead / N);
	assert_true(size.overhead / N < 16 + 7 + 5);
	for (uint32_t i = 0; i < N; i++)
		am_bgp_store_release(s, ids[i], 1);
	/* And all of it is given back, but what makes the store. */
	size = am_bgp_store_size(s);
	assert_int_equal(size.sets, 0);
	assert_true(size.overhead < 80000);
	am_bgp_store_free(s);
	free(ids);
}

static uint32_t draw(uint32_t *state, uint32_t below)
{
	*state = *state * 1103515245 + 12345;
	return (*state >> 8) % below;
}

/* Blocks of all sizes keep what was written into them, whatever is freed around them. */
static void test_arena(void **state)
{
	enum { N = 3000, STEPS = 200000 };
	static struct {
		uint32_t id;
		size_t len;
	} blocks[N];
	struct am_bgp_arena a = {0};
	uint32_t random = 1;

	(void)state;
	for (int i = 0; i < STEPS; i++) {
		uint32_t at = draw(&random, N);
		size_t len = draw(&random, 50) ? 16 + draw(&random, 600) : 16 + draw(&random, 70000);

		if (blocks[at].id) {
			const uint8_t *p = am_bgp_arena_at(&a, blocks[at].id);

			assert_int_equal(p[0], (uint8_t)at);
			assert_int_equal(p[blocks[at].len - 1], (uint8_t)at);
			am_bgp_arena_free(&a, blocks[at].id, blocks[at].len);
			blocks[at].id = 0;
			continue;
		}
		blocks[at].id = am_bgp_arena_alloc(&a, len);
		blocks[at].len = len;
		assert_true(blocks[at].id);
		memset(am_bgp_arena_at(&a, blocks[at].id), (int)at, len);
	}
	for (uint32_t i = 0; i < N; i++) {
		if (blocks[i].id)
			am_bgp_arena_free(&a, blocks[i].id, blocks[i].len);
	}
	assert_int_equal(a.bytes, 0);
	am_bgp_arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_lean),
		cmocka_unit_test(test_arena),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
