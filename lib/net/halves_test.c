/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "net/csum.h"
#include "test_halves.h"
#include "test_hex.h"

enum { FIRST = 1256, REST = 301, PADDING = 6, ROOM = 1400 };

static const uint8_t families[] = {AM_IPV4, AM_IPV6};

/* A fragment, the octets that there are of it, and where its own header ends. */
struct half {
	uint8_t bytes[ROOM];
	uint32_t has, head;
};

static void repair(uint8_t *ip)
{
	uint16_t csum;

	if (ip[0] >> 4 != AM_IPV4)
		return;
	memset(ip + 10, 0, sizeof csum);
	csum = am_csum_finish(am_csum_add(ip, AM_IP4_LEN, 0));
	memcpy(ip + 10, &csum, sizeof csum);
}

static void put_ip4(uint8_t *ip, uint16_t at, uint16_t len, bool more)
{
	ip[0] = 0x45;
	ip[1] = 0xba;
	am_store16(ip + 2, (uint16_t)(AM_IP4_LEN + len));
	am_store16(ip + 4, 0xbeef);
	am_store16(ip + 6, (uint16_t)((more ? AM_IP4_MF : 0) | at / 8));
	ip[8] = more ? 64 : 63; /* they may have gone different ways */
	ip[9] = AM_PROTO_ETHERIP;
	am_store32(ip + 12, 0xc0000201);
	am_store32(ip + 16, 0xc6336402);
	repair(ip);
}

static void put_ip6(uint8_t *ip, uint16_t at, uint16_t len, bool more)
{
	am_store32(ip, 0x6ba00000 | (more ? 0x12345 : 0));
	am_store16(ip + 4, (uint16_t)(AM_IP6_FRAG_LEN + len));
	ip[6] = AM_PROTO_FRAGMENT;
	ip[7] = more ? 64 : 63;
	memset(ip + 8, 0x2a, 16);
	memset(ip + 24, 0x2b, 16);
	ip[40] = AM_PROTO_GRE;
	am_store16(ip + 42, (uint16_t)(at | more));
	am_store32(ip + 44, 0xdeadbeef);
}

static struct half half_of(uint8_t family, uint16_t at, uint16_t len, bool more)
{
	struct half h = {.head = family == AM_IPV4 ? AM_IP4_LEN : AM_IP6_LEN + AM_IP6_FRAG_LEN};

	if (family == AM_IPV4)
		put_ip4(h.bytes, at, len, more);
	else
		put_ip6(h.bytes, at, len, more);
	h.has = h.head + len;
	return h;
}

/* Asked in heap blocks of exactly their size; what is said must hold. */
static bool ask(uint8_t family, const struct half *a, const struct half *b, struct am_halves *out)
{
	uint8_t *one = exactly(a->bytes, a->has), *two = exactly(b->bytes, b->has);
	const char *wrong = halves_wrong(family, one, a->has, two, b->has);
	bool halves = halves_of(family, one, a->has, two, b->has, out);

	free(one);
	free(two);
	if (wrong)
		fail_msg("IPv%u halves of %u and %u octets: %s", family, a->has, b->has, wrong);
	return halves;
}

static void assert_found(uint8_t family, const struct half *a, const struct half *b, unsigned first)
{
	struct am_halves h;

	assert_true(ask(family, a, b, &h));
	assert_int_equal(h.first, first);
	assert_int_equal(h.family, family);
	assert_int_equal(h.proto, family == AM_IPV4 ? AM_PROTO_ETHERIP : AM_PROTO_GRE);
	assert_int_equal(h.tos, 0xba);
	assert_int_equal(h.id, family == AM_IPV4 ? 0xbeef : 0xdeadbeef);
	assert_int_equal(h.head, a->head);
	assert_int_equal(h.plen[first], FIRST);
	assert_int_equal(h.plen[!first], REST);
}

static void test_plain(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct half a = half_of(families[i], 0, FIRST, true),
			    b = half_of(families[i], FIRST, REST, false);

		assert_found(families[i], &a, &b, 0);
		assert_found(families[i], &b, &a, 1);
		a.has += PADDING;
		b.has += PADDING;
		assert_found(families[i], &a, &b, 0);
	}
}

static bool are_halves(uint8_t family, struct half a, struct half b)
{
	struct am_halves h;

	repair(a.bytes);
	repair(b.bytes);
	return ask(family, &a, &b, &h);
}

static void test_no_halves(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		uint8_t f = families[i];
		struct half first = half_of(f, 0, FIRST, true), rest = half_of(f, FIRST, REST, false), whole,
			    empty;

		assert_true(are_halves(f, first, rest));
		assert_false(are_halves(f, first, first));
		assert_false(are_halves(f, rest, rest));
		assert_false(are_halves(f, first, half_of(f, FIRST, 304, true)));
		assert_false(are_halves(f, first, half_of(f, FIRST + 8, REST, false)));
		assert_false(are_halves(f, first, half_of(f, FIRST - 8, REST, false)));
		assert_false(are_halves(f, half_of(f, 8, FIRST, true), half_of(f, FIRST + 8, REST, false)));
		assert_false(are_halves(f, half_of(f, 0, FIRST + 1, true), rest));
		empty = half_of(f, FIRST, 0, false);
		assert_false(are_halves(f, first, empty));
		/* Nothing, and behind it all there is. */
		empty = half_of(f, 0, 0, true);
		whole = half_of(f, 0, REST, false);
		assert_false(are_halves(f, empty, whole));
		assert_false(are_halves(f, whole, empty));
	}
}

/* Their sum is what an IP packet may be at most, less the header on IPv4; one octet more is too much. */
static void test_longest(void **state)
{
	enum { CUT = 32768 };
	static uint8_t a[CUT + 48], b[CUT + 48];
	struct am_halves h;

	(void)state;
	for (unsigned more = 0; more < 2; more++) {
		put_ip4(a, 0, CUT, true);
		put_ip4(b, CUT, (uint16_t)(65535 - AM_IP4_LEN - CUT + more), false);
		assert_int_equal(am_ip4_halves(a, sizeof a, b, sizeof b, &h), !more);
		assert_null(halves_wrong(AM_IPV4, a, sizeof a, b, sizeof b));
		put_ip6(a, 0, CUT, true);
		put_ip6(b, CUT, (uint16_t)(65535 - CUT + more), false);
		assert_int_equal(am_ip6_halves(a, sizeof a, b, sizeof b, &h), !more);
		assert_null(halves_wrong(AM_IPV6, a, sizeof a, b, sizeof b));
	}
}

/* One bit of one half's header, its checksum right all the same or wrong by that. Returns how many still pass. */
static unsigned flip_bits(uint8_t family, bool second, bool repaired)
{
	struct half good[2] = {half_of(family, 0, FIRST, true), half_of(family, FIRST, REST, false)};
	struct am_halves h;
	unsigned pass = 0;

	for (unsigned bit = 0; bit < good[0].head * 8; bit++) {
		struct half bad = good[second];

		bad.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (repaired)
			repair(bad.bytes);
		pass += ask(family, second ? &good[0] : &bad, second ? &bad : &good[1], &h);
		assert_int_equal(ask(family, second ? &bad : &good[0], second ? &good[1] : &bad, &h), 0);
	}
	return pass;
}

/*
 * Harmless: the hop limit; of IPv6 the flow label and what the Fragment header reserves; and each bit whose loss makes
 * the second half shorter.
 */
static void test_single_bits(void **state)
{
	enum { HOP_LIMIT = 8, LABEL = 20, RESERVED = 8 + 2 };
	const unsigned shorter4 = (unsigned)__builtin_popcount(AM_IP4_LEN + REST),
		       shorter6 = (unsigned)__builtin_popcount(AM_IP6_FRAG_LEN + REST);

	(void)state;
	for (unsigned second = 0; second < 2; second++) {
		assert_int_equal(flip_bits(AM_IPV4, second, false), 0);
		/* And whatever the checksum was, it is repaired: 16 bits of it. */
		assert_int_equal(flip_bits(AM_IPV4, second, true), HOP_LIMIT + 16 + second * shorter4);
		assert_int_equal(
			flip_bits(AM_IPV6, second, false), HOP_LIMIT + LABEL + RESERVED + second * shorter6);
	}
}

/* The same bit in both: what they must have in common may be anything, the rest may not. */
static void test_single_bits_in_both(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct half good[2] = {
			half_of(families[i], 0, FIRST, true), half_of(families[i], FIRST, REST, false)};

		for (unsigned bit = 0; bit < good[0].head * 8; bit++) {
			struct half a = good[0], b = good[1];

			a.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
			b.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
			are_halves(families[i], a, b);
			are_halves(families[i], b, a);
		}
	}
}

static void test_reserved_and_df(void **state)
{
	(void)state;
	for (unsigned flag = 0x4000; flag <= 0x8000; flag *= 2) {
		struct half a = half_of(AM_IPV4, 0, FIRST, true), b = half_of(AM_IPV4, FIRST, REST, false);
		struct half a_set = a, b_set = b;

		am_store16(a_set.bytes + 6, (uint16_t)(AM_IP4_MF | flag));
		am_store16(b_set.bytes + 6, (uint16_t)(FIRST / 8 | flag));
		assert_false(are_halves(AM_IPV4, a_set, b));
		assert_false(are_halves(AM_IPV4, a, b_set));
		assert_false(are_halves(AM_IPV4, a_set, b_set));
		assert_false(are_halves(AM_IPV4, b_set, a_set));
	}
}

static void test_truncated(void **state)
{
	struct am_halves h;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct half a = half_of(families[i], 0, FIRST, true),
			    b = half_of(families[i], FIRST, REST, false), cut;

		for (uint32_t has = 0; has < a.has; has++) {
			cut = a;
			cut.has = has;
			assert_false(ask(families[i], &cut, &b, &h));
			assert_false(ask(families[i], &b, &cut, &h));
		}
		for (uint32_t has = 0; has < b.has; has++) {
			cut = b;
			cut.has = has;
			assert_false(ask(families[i], &a, &cut, &h));
			assert_false(ask(families[i], &cut, &a, &h));
		}
	}
}

/* Every value of every length field, in view of what is there. */
static void test_lengths(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct half a = half_of(families[i], 0, FIRST, true),
			    b = half_of(families[i], FIRST, REST, false);
		uint32_t field = families[i] == AM_IPV4 ? 2 : 4;

		for (uint32_t says = 0; says <= ROOM; says++) {
			struct half x = a, y = b;

			am_store16(x.bytes + field, (uint16_t)says);
			am_store16(y.bytes + field, (uint16_t)says);
			assert_int_equal(are_halves(families[i], x, b), says == am_load16(a.bytes + field));
			are_halves(families[i], a, y);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_no_halves),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_single_bits),
		cmocka_unit_test(test_single_bits_in_both),
		cmocka_unit_test(test_reserved_and_df),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests_name("net/halves", tests, NULL, NULL);
}
