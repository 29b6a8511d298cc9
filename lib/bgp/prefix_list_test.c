/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/prefix_file.h"

static struct am_bgp_prefix_entry entry(const char *text, uint32_t seq)
{
	struct am_bgp_prefix_entry e;
	struct am_err err;

	if (am_bgp_prefix_entry_parse(text, &e, &err))
		fail_msg("%s", err.text);
	e.seq = seq;
	return e;
}

static struct am_prefix prefix(const char *text)
{
	struct am_prefix p;

	assert_int_equal(am_prefix_parse_text(text, &p), 0);
	return p;
}

static struct am_bgp_prefix_list *list_of(const char *const *texts, size_t n)
{
	struct am_bgp_prefix_entry *entries = calloc(n + 1, sizeof *entries);
	struct am_bgp_prefix_list *list = NULL;

	for (size_t i = 0; i < n; i++)
		entries[i] = entry(texts[i], (uint32_t)i + 1);
	assert_int_equal(am_bgp_prefix_list_create(entries, n, &list), 0);
	free(entries);
	return list;
}

static void lengths_and_order(void **state)
{
	static const char *const texts[] = {
		"deny 10.1.0.0/16 le 32",
		"10.0.0.0/8 ge 16 le 24",
		"192.0.2.0/24",
		"deny 0.0.0.0/0",
		"2001:db8::/32 ge 48",
		"permit 2001:db8:1::/48",
	};
	static const struct {
		const char *prefix;
		enum am_bgp_prefix_match match;
		uint32_t seq;
	} rows[] = {
		{"10.0.0.0/8", AM_BGP_PREFIX_NO_MATCH, 0},
		{"10.2.0.0/15", AM_BGP_PREFIX_NO_MATCH, 0},
		{"10.2.0.0/16", AM_BGP_PREFIX_PERMIT, 2},
		{"10.2.3.0/24", AM_BGP_PREFIX_PERMIT, 2},
		{"10.2.3.0/25", AM_BGP_PREFIX_NO_MATCH, 0},
		{"10.1.0.0/16", AM_BGP_PREFIX_DENY, 1},
		{"10.1.2.3/32", AM_BGP_PREFIX_DENY, 1},
		{"192.0.2.0/24", AM_BGP_PREFIX_PERMIT, 3},
		{"192.0.2.0/25", AM_BGP_PREFIX_NO_MATCH, 0},
		{"192.0.2.128/25", AM_BGP_PREFIX_NO_MATCH, 0},
		{"0.0.0.0/0", AM_BGP_PREFIX_DENY, 4},
		{"2001:db8::/32", AM_BGP_PREFIX_NO_MATCH, 0},
		{"2001:db8:1::/48", AM_BGP_PREFIX_PERMIT, 5},
		{"2001:db8::1/128", AM_BGP_PREFIX_PERMIT, 5},
		{"2001:db9::/48", AM_BGP_PREFIX_NO_MATCH, 0},
		{"::/0", AM_BGP_PREFIX_NO_MATCH, 0},
	};
	struct am_bgp_prefix_list *list = list_of(texts, sizeof texts / sizeof texts[0]);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct am_prefix p = prefix(rows[i].prefix);
		uint32_t seq = 0;

		if (am_bgp_prefix_list_match(list, &p, &seq) != rows[i].match || seq != rows[i].seq)
			fail_msg("%s: entry %u", rows[i].prefix, seq);
		assert_int_equal(am_bgp_prefix_list_permits(list, &p), rows[i].match == AM_BGP_PREFIX_PERMIT);
	}
	assert_int_equal(am_bgp_prefix_list_count(list), 6);
	am_bgp_prefix_list_free(list);
}

/* What the header says of it, entry by entry. */
static const struct am_bgp_prefix_entry *slow(
	const struct am_bgp_prefix_entry *entries, size_t n, const struct am_prefix *p)
{
	const struct am_bgp_prefix_entry *best = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct am_bgp_prefix_entry *e = &entries[i];

		if (p->len >= e->ge && p->len <= e->le && am_prefix_contains(&e->prefix, &p->ip) &&
			(!best || e->seq < best->seq))
			best = e;
	}
	return best;
}

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* Few different bits, so that prefixes lie in each other and beside each other. */
static struct am_prefix draw(uint32_t *seed)
{
	bool wide = next(seed) % 2;
	struct am_ip ip = {.family = wide ? AM_IPV6 : AM_IPV4};
	unsigned bits = wide ? 128 : 32;

	for (unsigned i = 0; i < bits / 8; i++)
		ip.bytes[i] = (uint8_t)(next(seed) % 4 ? 0 : next(seed) & 0x81);
	return am_prefix_around(&ip, (uint8_t)(next(seed) % (bits + 1)));
}

static void check_random(uint32_t seed, size_t n, bool denies)
{
	struct am_bgp_prefix_entry *entries = calloc(n, sizeof *entries);
	struct am_bgp_prefix_list *list;

	for (size_t i = 0; i < n; i++) {
		struct am_bgp_prefix_entry *e = &entries[i];
		unsigned bits;

		e->prefix = draw(&seed);
		bits = (unsigned)am_ip_len(&e->prefix.ip) * 8;
		e->ge = (uint8_t)(e->prefix.len + next(&seed) % (bits - e->prefix.len + 1));
		e->le = (uint8_t)(e->ge + next(&seed) % (bits - e->ge + 1));
		e->permit = !denies || next(&seed) % 2;
		e->seq = (uint32_t)(n - i);
	}
	assert_int_equal(am_bgp_prefix_list_create(entries, n, &list), 0);
	for (unsigned i = 0; i < 2000; i++) {
		struct am_prefix p = draw(&seed);
		const struct am_bgp_prefix_entry *want = slow(entries, n, &p);
		uint32_t seq = 0;
		char text[AM_PREFIX_TEXT];

		if (am_bgp_prefix_list_match(list, &p, &seq) != (want ? want->permit ? 1 : 2 : 0) ||
			(want && seq != want->seq) ||
			am_bgp_prefix_list_permits(list, &p) != (want && want->permit))
			fail_msg("%s: entry %u, not %u", am_prefix_text(&p, text), seq, want ? want->seq : 0);
	}
	am_bgp_prefix_list_free(list);
	free(entries);
}

static void same_as_one_by_one(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 60; seed++)
		check_random(seed, 1 + seed * seed % 700, seed % 2);
}

static void equality(void **state)
{
	static const char *const a[] = {"10.0.0.0/8 le 24", "10.0.0.0/8 le 24", "192.0.2.0/24"};
	static const char *const b[] = {"10.0.0.0/8 le 24", "10.0.0.0/8 le 25", "192.0.2.0/24"};
	struct am_bgp_prefix_list *x = list_of(a, 3), *y = list_of(a, 3), *z = list_of(b, 3);

	(void)state;
	assert_int_equal(am_bgp_prefix_list_count(x), 2);
	assert_true(am_bgp_prefix_list_equal(x, y));
	assert_false(am_bgp_prefix_list_equal(x, z));
	am_bgp_prefix_list_free(x);
	am_bgp_prefix_list_free(y);
	am_bgp_prefix_list_free(z);
}

static void refused(void **state)
{
	struct am_bgp_prefix_entry e = entry("10.0.0.0/8 le 24", 1);
	struct am_bgp_prefix_list *list = NULL;

	(void)state;
	e.le = 33;
	assert_int_equal(am_bgp_prefix_list_create(&e, 1, &list), -EINVAL);
	e.le = 7;
	assert_int_equal(am_bgp_prefix_list_create(&e, 1, &list), -EINVAL);
	e = entry("10.0.0.0/8 le 24", 1);
	e.prefix.ip.bytes[3] = 1;
	assert_int_equal(am_bgp_prefix_list_create(&e, 1, &list), -EINVAL);
	assert_null(list);
}

static void empty(void **state)
{
	struct am_bgp_prefix_list *list;
	struct am_prefix p = prefix("10.0.0.0/8");

	(void)state;
	assert_int_equal(am_bgp_prefix_list_create(NULL, 0, &list), 0);
	assert_false(am_bgp_prefix_list_permits(list, &p));
	assert_false(am_bgp_prefix_list_permits_ip(list, &p.ip));
	am_bgp_prefix_list_free(list);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_and_order),
		cmocka_unit_test(same_as_one_by_one),
		cmocka_unit_test(equality),
		cmocka_unit_test(refused),
		cmocka_unit_test(empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
