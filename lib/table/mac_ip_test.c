/* SPDX-License-Identifier: BSD-3-Clause */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "table/mac_ip.h"

enum { MAX = 1024, ADDRESSES = 1500, STEPS = 200000, READS = 20000 };

/* Entry i, as it is the n-th time: MAC and flags follow from both. */
static struct am_mac_ip entry_of(uint32_t i, uint32_t n)
{
	struct am_mac_ip e = {.bridge = (uint16_t)(i % 3), .ip = {.family = i % 2 ? AM_IPV4 : AM_IPV6}};

	memcpy(e.ip.bytes, &i, sizeof i);
	if (e.ip.family == AM_IPV6)
		e.ip.bytes[15] = 1;
	memcpy(e.mac.bytes, &i, sizeof i);
	e.mac.bytes[5] = (uint8_t)n;
	e.flags = n % 8;
	return e;
}

/* Any history of changes leaves what a plain array says; full is full. */
static void does_as_an_array(void **state)
{
	struct am_mac_ips *t = am_mac_ips_create(MAX, 7);
	uint32_t *has = calloc(ADDRESSES, sizeof *has), count = 0, random = 1,
		 refused = 0; /* 1 + n; 0: not there */
	struct am_mac_ip e, got;

	(void)state;
	for (uint32_t step = 0; step < STEPS; step++) {
		uint32_t i, number;

		random = random * 1664525 + 1013904223;
		i = (random >> 8) % ADDRESSES;
		e = entry_of(i, step % 200);
		number = am_mac_ips_find(t, e.bridge, &e.ip, &got);
		assert_int_equal(number != AM_MAC_IP_NONE, has[i] != 0);
		if (has[i]) {
			struct am_mac_ip want = entry_of(i, has[i] - 1);

			assert_memory_equal(&got.mac, &want.mac, sizeof got.mac);
			assert_int_equal(got.flags, want.flags);
		}
		if (random >> 31 && has[i]) {
			am_mac_ips_del(t, number);
			has[i] = 0;
			count--;
		} else if (am_mac_ips_set(t, &e, step) != AM_MAC_IP_NONE) {
			count += !has[i];
			has[i] = 1 + step % 200;
		} else {
			assert_int_equal(count, MAX);
			refused++;
		}
		assert_int_equal(am_mac_ips_count(t), count);
	}
	assert_true(refused || count < MAX);
	free(has);
	am_mac_ips_free(t);
}

static void numbers_stay(void **state)
{
	struct am_mac_ips *t = am_mac_ips_create(4, 7);
	struct am_mac_ip e = entry_of(1, 1), got;
	uint32_t first = am_mac_ips_set(t, &e, 10), other;

	(void)state;
	am_mac_ips_see(t, first, 12);
	assert_int_equal(am_mac_ips_seen_s(t, first), 12);
	e.mac.bytes[5] = 9;
	assert_int_equal(am_mac_ips_set(t, &e, 20), first);
	assert_int_equal(am_mac_ips_seen_s(t, first), 20);
	e = entry_of(2, 1);
	other = am_mac_ips_set(t, &e, 20);
	assert_true(other != first && am_mac_ips_end(t) == 2);
	am_mac_ips_del(t, first);
	assert_false(am_mac_ips_at(t, first, &got));
	assert_true(am_mac_ips_at(t, other, &got));
	for (uint32_t i = 3; i < 6; i++) {
		e = entry_of(i, 1);
		assert_true(am_mac_ips_set(t, &e, 20) != AM_MAC_IP_NONE);
	}
	e = entry_of(6, 1);
	assert_true(am_mac_ips_set(t, &e, 20) == AM_MAC_IP_NONE);
	am_mac_ips_free(t);
}

struct shared {
	struct am_mac_ips *t;
	_Atomic bool done;
};

static void *churn(void *arg)
{
	struct shared *s = arg;

	for (uint32_t n = 0; !atomic_load(&s->done); n++)
		for (uint32_t i = 0; i < 64; i++) {
			struct am_mac_ip e = entry_of(i, n % 200), got;
			uint32_t number = am_mac_ips_find(s->t, e.bridge, &e.ip, &got);

			if (n % 3 == 2 && number != AM_MAC_IP_NONE)
				am_mac_ips_del(s->t, number);
			else
				am_mac_ips_set(s->t, &e, n);
		}
	return NULL;
}

/* What a reader gets is one state of one entry, never parts of two. */
static void readers_see_whole_entries(void **state)
{
	struct shared s = {.t = am_mac_ips_create(MAX, 7)};
	uint32_t found = 0;
	pthread_t writer;

	(void)state;
	assert_int_equal(pthread_create(&writer, NULL, churn, &s), 0);
	for (uint32_t n = 0; n < READS || found < READS / 100; n++) {
		uint32_t i = n % 64;
		struct am_mac_ip e = entry_of(i, 0), got;

		if (am_mac_ips_find(s.t, e.bridge, &e.ip, &got) == AM_MAC_IP_NONE)
			continue;
		found++;
		e = entry_of(i, got.mac.bytes[5]);
		if (memcmp(&got.mac, &e.mac, sizeof e.mac) != 0 || got.flags != e.flags ||
			got.bridge != e.bridge)
			fail_msg("entry %u: a MAC of one state with flags of another", i);
	}
	atomic_store(&s.done, true);
	pthread_join(writer, NULL);
	am_mac_ips_free(s.t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(does_as_an_array),
		cmocka_unit_test(numbers_stay),
		cmocka_unit_test(readers_see_whole_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
