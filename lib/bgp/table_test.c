/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "marks.h"
#include "table.h"

static uint32_t draw(uint32_t *state, uint32_t below)
{
	*state = *state * 1103515245 + 12345;
	return (*state >> 8) % below;
}

/* Marks against an array of them. */
static void test_marks(void **state)
{
	enum { END = 70000, STEPS = 30000 };
	static bool model[END];
	struct am_bgp_marks m = {0};
	uint32_t random = 1, count = 0;

	(void)state;
	assert_int_equal(am_bgp_marks_next(&m, 0), AM_BGP_NO_MARK);
	for (uint32_t end = 1; end < END; end = end * 3 + 1)
		assert_true(am_bgp_marks_reserve(&m, end));
	assert_true(am_bgp_marks_reserve(&m, END));
	for (int i = 0; i < STEPS; i++) {
		uint32_t at = draw(&random, END), from = draw(&random, END), next = from;

		if (draw(&random, 3)) {
			count += !model[at];
			model[at] = true;
			am_bgp_mark(&m, at);
		} else {
			count -= model[at];
			model[at] = false;
			am_bgp_unmark(&m, at);
		}
		assert_int_equal(m.count, count);
		if (i % 100)
			continue;
		while (next < END && !model[next])
			next++;
		assert_int_equal(am_bgp_marks_next(&m, from), next < END ? (int64_t)next : AM_BGP_NO_MARK);
	}
	am_bgp_marks_release(&m);
}

static struct am_bgp_nlri nlri_of(enum am_bgp_family family, uint32_t number)
{
	struct am_bgp_nlri n = {.family = family};

	if (family == AM_BGP_L2VPN_EVPN) {
		n.evpn =
			(struct am_bgp_evpn){.type = (uint8_t)(1 + number % 5), .tag = number, .n_labels = 1};
		n.evpn.ip = (struct am_ip){AM_IPV4, {10}};
		n.evpn.ip_len = 8;
		n.evpn.gateway.family = AM_IPV4;
		return n;
	}
	n.prefix.ip.family = family == AM_BGP_IPV4_UNICAST ? AM_IPV4 : AM_IPV6;
	n.prefix.len = family == AM_BGP_IPV4_UNICAST ? 32 : 64;
	am_store32(n.prefix.ip.bytes, number);
	return n;
}

/* All prefixes are found by what they are, and only these, while the table grows and shrinks. */
static void test_find(void **state)
{
	enum { N = 20000 };
	static uint32_t ids[N];

	(void)state;
	for (enum am_bgp_family f = 0; f < AM_BGP_FAMILIES; f++) {
		struct am_bgp_table t;
		struct am_bgp_key key;

		assert_true(am_bgp_table_init(&t, f, 5));
		for (uint32_t i = 0; i < N; i++) {
			const struct am_bgp_nlri n = nlri_of(f, i);

			assert_int_equal(am_bgp_table_key(&t, &n, &key), 0);
			assert_int_equal(am_bgp_table_find(&t, &key),
				f == AM_BGP_L2VPN_EVPN && i % 5 == 3 && i > 3 ? ids[3] : 0);
			ids[i] = am_bgp_table_find(&t, &key);
			ids[i] = ids[i] ? ids[i] : am_bgp_table_add(&t, &key);
		}
		for (uint32_t i = 0; i < N; i++) {
			const struct am_bgp_nlri n = nlri_of(f, i);
			struct am_bgp_nlri got;

			am_bgp_table_key(&t, &n, &key);
			assert_int_equal(am_bgp_table_find(&t, &key), ids[i]);
			am_bgp_table_nlri(&t, ids[i], (struct am_bgp_span){0}, &got);
			am_bgp_table_key(&t, &got, &key);
			assert_int_equal(am_bgp_table_find(&t, &key), ids[i]);
		}
		for (uint32_t i = N; i-- > 0;) {
			const struct am_bgp_nlri n = nlri_of(f, i);

			am_bgp_table_key(&t, &n, &key);
			if (am_bgp_table_find(&t, &key))
				am_bgp_table_remove(&t, ids[i]);
			assert_int_equal(am_bgp_table_find(&t, &key), 0);
		}
		assert_int_equal(t.nodes.live, 0);
		assert_int_equal(t.nodes.bytes, 0);
		am_bgp_table_release(&t);
	}
}

static void test_extra(void **state)
{
	struct am_bgp_evpn route = {.type = AM_BGP_EVPN_IP_PREFIX,
		.esi = {1},
		.ip = {AM_IPV4, {10}},
		.ip_len = 8,
		.gateway = {AM_IPV4, {192, 0, 2, 1}},
		.n_labels = 1,
		.labels = {77}};
	struct am_bgp_nlri n = {.family = AM_BGP_L2VPN_EVPN, .evpn = route}, got;
	uint8_t room[AM_BGP_EXTRA_MAX];
	struct am_bgp_span extra = {room, am_bgp_evpn_extra(&route, room)};
	struct am_bgp_table t;
	struct am_bgp_key key, other;
	uint32_t id;

	(void)state;
	assert_true(am_bgp_table_init(&t, AM_BGP_L2VPN_EVPN, 5));
	assert_int_equal(am_bgp_table_key(&t, &n, &key), 0);
	id = am_bgp_table_add(&t, &key);
	am_bgp_table_nlri(&t, id, extra, &got);
	assert_int_equal(got.evpn.labels[0], 77);
	assert_int_equal(got.evpn.esi[0], 1);
	assert_memory_equal(&got.evpn.gateway, &route.gateway, sizeof route.gateway);
	n.evpn.gateway.bytes[3] = 2;
	n.evpn.labels[0] = 78;
	assert_int_equal(am_bgp_table_key(&t, &n, &other), 0);
	assert_int_equal(am_bgp_table_find(&t, &other), id);
	n.family = AM_BGP_IPV4_UNICAST;
	assert_int_equal(am_bgp_table_key(&t, &n, &other), -EINVAL);
	am_bgp_table_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_extra),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
