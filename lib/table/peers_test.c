/* SPDX-License-Identifier: BSD-3-Clause */
#include "table/peers.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { SEED = 4, UNDERLAY = 0, DEFAULT = 1 };

/* An address that ends in n. */
static struct am_ip ip(uint8_t family, uint16_t n)
{
	struct am_ip a = {.family = family};

	if (family == AM_IPV4) {
		a.bytes[0] = 192;
		a.bytes[2] = (uint8_t)(n >> 8);
		a.bytes[3] = (uint8_t)n;
	} else {
		a.bytes[0] = 0x20;
		a.bytes[1] = 0x01;
		a.bytes[14] = (uint8_t)(n >> 8);
		a.bytes[15] = (uint8_t)n;
	}
	return a;
}

static int add(struct am_peers_builder *b, uint16_t vrf, uint8_t family, uint16_t remote, uint16_t local,
	uint32_t index)
{
	struct am_ip r = ip(family, remote), l = ip(family, local);

	return am_peers_add(b, vrf, &r, &l, index);
}

static enum am_peer_lookup find(const struct am_peers *p, uint16_t vrf, uint8_t family, uint16_t remote,
	uint16_t local, uint32_t *peer)
{
	struct am_ip r = ip(family, remote), l = ip(family, local);

	return am_peers_find(p, vrf, family, r.bytes, l.bytes, peer);
}

static const uint8_t families[] = {AM_IPV4, AM_IPV6};

static void test_found_unknown_not_ours(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct am_peers_builder *b = am_peers_builder(SEED);
		struct am_peers *p;
		uint8_t f = families[i];
		uint32_t peer = 99;

		assert_int_equal(add(b, UNDERLAY, f, 2, 1, 42), 0);
		p = am_peers_build(b);
		am_peers_builder_free(b);
		assert_int_equal(find(p, UNDERLAY, f, 2, 1, &peer), AM_PEER_FOUND);
		assert_int_equal(peer, 42);
		assert_int_equal(find(p, UNDERLAY, f, 3, 1, &peer), AM_PEER_SOURCE_UNKNOWN);
		assert_int_equal(find(p, UNDERLAY, f, 2, 4, &peer), AM_PEER_NOT_OURS);
		assert_int_equal(find(p, UNDERLAY, f, 1, 2, &peer), AM_PEER_NOT_OURS);
		assert_int_equal(find(p, DEFAULT, f, 2, 1, &peer), AM_PEER_NOT_OURS);
		assert_int_equal(find(p, UNDERLAY, families[!i], 2, 1, &peer), AM_PEER_NOT_OURS);
		am_peers_free(p);
	}
}

static void test_empty_table_knows_nobody(void **state)
{
	struct am_peers_builder *b = am_peers_builder(SEED);
	struct am_peers *p = am_peers_build(b);
	uint32_t peer;

	(void)state;
	assert_int_equal(find(p, UNDERLAY, AM_IPV4, 2, 1, &peer), AM_PEER_NOT_OURS);
	assert_int_equal(find(p, UNDERLAY, AM_IPV6, 2, 1, &peer), AM_PEER_NOT_OURS);
	assert_int_equal(am_peers_use(p, 0, AM_USE_ETHERIP, 0), AM_NO_TARGET);
	am_peers_free(p);
	am_peers_builder_free(b);
}

static void test_same_triple_twice(void **state)
{
	struct am_peers_builder *b = am_peers_builder(SEED);
	struct am_ip v4 = ip(AM_IPV4, 1), v6 = ip(AM_IPV6, 2), none = {0};

	(void)state;
	assert_int_equal(add(b, UNDERLAY, AM_IPV4, 2, 1, 7), 0);
	assert_int_equal(add(b, UNDERLAY, AM_IPV4, 2, 1, 7), 0);
	assert_int_equal(add(b, UNDERLAY, AM_IPV4, 2, 1, 8), -EEXIST);
	assert_int_equal(add(b, DEFAULT, AM_IPV4, 2, 1, 8), 0);
	assert_int_equal(am_peers_add(b, UNDERLAY, &v6, &v4, 9), -EINVAL);
	assert_int_equal(am_peers_add(b, UNDERLAY, &none, &none, 9), -EINVAL);
	assert_int_equal(am_peers_add(b, UNDERLAY, &v4, &v4, AM_NO_PEER), -EINVAL);
	am_peers_builder_free(b);
}

/* GRE with and without key, GRETAP, EtherIP and VXLAN side by side on one address pair. */
static void test_uses_coexist(void **state)
{
	static const struct {
		enum am_peer_use use;
		uint32_t selector, target;
	} uses[] = {
		{AM_USE_ETHERIP, 0, 1},
		{AM_USE_GRE, 0, 2},
		{AM_USE_GRE_KEY, 0, 3},
		{AM_USE_GRE_KEY, 7, 4},
		{AM_USE_GRETAP, 0, 5},
		{AM_USE_GRETAP_KEY, 7, 6},
		{AM_USE_VXLAN, 7, 7},
		{AM_USE_VXLAN, 0xffffff, 8},
		{AM_USE_GRE_KEY, ~0u, 9},
	};
	struct am_peers_builder *b = am_peers_builder(SEED);
	struct am_peers *p;

	(void)state;
	for (size_t i = 0; i < sizeof uses / sizeof *uses; i++)
		assert_int_equal(am_peers_add_use(b, 3, uses[i].use, uses[i].selector, uses[i].target), 0);
	assert_int_equal(am_peers_add_use(b, 3, AM_USE_GRE_KEY, 7, 70), -EEXIST);
	assert_int_equal(am_peers_add_use(b, 4, AM_USE_GRE_KEY, 7, 70), 0);
	p = am_peers_build(b);
	am_peers_builder_free(b);
	for (size_t i = 0; i < sizeof uses / sizeof *uses; i++)
		assert_int_equal(am_peers_use(p, 3, uses[i].use, uses[i].selector), uses[i].target);
	assert_int_equal(am_peers_use(p, 4, AM_USE_GRE_KEY, 7), 70);
	assert_int_equal(am_peers_use(p, 3, AM_USE_GRE_KEY, 8), AM_NO_TARGET);
	assert_int_equal(am_peers_use(p, 4, AM_USE_ETHERIP, 0), AM_NO_TARGET);
	assert_int_equal(am_peers_use(p, 3, AM_USE_GRETAP_KEY, 0), AM_NO_TARGET);
	am_peers_free(p);
}

static void test_many(void **state)
{
	enum { N = 3000 };
	struct am_peers_builder *b = am_peers_builder(SEED);
	struct am_peers *p;
	uint32_t peer;

	(void)state;
	for (uint32_t i = 0; i < N; i++) {
		assert_int_equal(add(b, UNDERLAY, families[i & 1], (uint16_t)(i + 10), i % 5, i), 0);
		assert_int_equal(am_peers_add_use(b, i, AM_USE_VXLAN, i % 17, i + 1), 0);
	}
	p = am_peers_build(b);
	am_peers_builder_free(b);
	for (uint32_t i = 0; i < N; i++) {
		uint8_t f = families[i & 1];

		assert_int_equal(find(p, UNDERLAY, f, (uint16_t)(i + 10), i % 5, &peer), AM_PEER_FOUND);
		assert_int_equal(peer, i);
		assert_int_equal(am_peers_use(p, peer, AM_USE_VXLAN, i % 17), i + 1);
		assert_int_equal(
			find(p, UNDERLAY, f, (uint16_t)(i + 10), (i + 1) % 5, &peer), AM_PEER_SOURCE_UNKNOWN);
		assert_int_equal(find(p, UNDERLAY, f, (uint16_t)(i + 10), 5, &peer), AM_PEER_NOT_OURS);
	}
	assert_in_range(am_peers_memory(p), N * 80, N * 900);
	am_peers_free(p);
}

/* What is built stays as it was while the builder goes on. */
static void test_built_is_independent(void **state)
{
	struct am_peers_builder *b = am_peers_builder(SEED);
	struct am_peers *one, *two;
	uint32_t peer;

	(void)state;
	assert_int_equal(add(b, UNDERLAY, AM_IPV4, 2, 1, 0), 0);
	one = am_peers_build(b);
	assert_int_equal(add(b, UNDERLAY, AM_IPV4, 3, 1, 1), 0);
	two = am_peers_build(b);
	am_peers_builder_free(b);
	assert_int_equal(find(one, UNDERLAY, AM_IPV4, 3, 1, &peer), AM_PEER_SOURCE_UNKNOWN);
	am_peers_free(one);
	assert_int_equal(find(two, UNDERLAY, AM_IPV4, 3, 1, &peer), AM_PEER_FOUND);
	am_peers_free(two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found_unknown_not_ours),
		cmocka_unit_test(test_empty_table_knows_nobody),
		cmocka_unit_test(test_same_triple_twice),
		cmocka_unit_test(test_uses_coexist),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_built_is_independent),
	};

	return cmocka_run_group_tests_name("table/peers", tests, NULL, NULL);
}
