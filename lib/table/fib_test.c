/* SPDX-License-Identifier: BSD-3-Clause */
#include "table/fib.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"

enum { ROOM = 1 << 20 };

static struct am_prefix prefix(const char *text)
{
	struct am_prefix p;

	assert_int_equal(am_prefix_parse_text(text, &p), 0);
	return p;
}

static uint32_t lookup(const struct am_fib *fib, const char *text)
{
	struct am_ip ip;

	assert_int_equal(am_ip_parse_text(text, &ip), 0);
	return am_fib_lookup(fib, ip.bytes);
}

static int set(struct am_fib *fib, const char *text, uint32_t value)
{
	struct am_prefix p = prefix(text);

	return am_fib_set(fib, &p, value);
}

static int del(struct am_fib *fib, const char *text)
{
	struct am_prefix p = prefix(text);

	return am_fib_del(fib, &p);
}

static void reclaim(struct am_fib_room *room)
{
	while (am_fib_room_close(room))
		am_fib_room_free(room);
}

static const unsigned roots[] = {AM_FIB_ROOT_SMALL, AM_FIB_ROOT_MIDDLE, AM_FIB_ROOT_LARGE};

/* Longest match at every length, whichever order prefixes come and go in. */
static void check_nested(enum am_family family, unsigned root_bits)
{
	struct am_fib_room *room = am_fib_room_create(ROOM, ROOM);
	struct am_fib *fib = am_fib_create(room, family, root_bits);
	unsigned bits = family == AM_IPV4 ? 32 : 128, longest = 0;
	struct am_ip ip = {.family = (uint8_t)family};

	assert_non_null(fib);
	memset(ip.bytes, 0xa5, bits / 8);
	assert_int_equal(am_fib_lookup(fib, ip.bytes), 0);
	for (unsigned i = 0; i <= bits; i++) {
		unsigned len = i * 7 % (bits + 1); /* each of them once: 33 and 129 share no factor with 7 */
		struct am_prefix p = am_prefix_around(&ip, (uint8_t)len);

		longest = len > longest ? len : longest;
		assert_int_equal(am_fib_set(fib, &p, 1 + len), 0);
		assert_int_equal(am_fib_get(fib, &p), 1 + len);
		assert_int_equal(am_fib_lookup(fib, ip.bytes), 1 + longest);
	}
	assert_int_equal(am_fib_count(fib), bits + 1);
	for (unsigned len = bits + 1; len-- > 0;) {
		struct am_prefix p = am_prefix_around(&ip, (uint8_t)len);

		assert_int_equal(am_fib_lookup(fib, ip.bytes), 1 + len);
		assert_int_equal(am_fib_del(fib, &p), 0);
		assert_int_equal(am_fib_del(fib, &p), -ENOENT);
	}
	assert_int_equal(am_fib_lookup(fib, ip.bytes), 0);
	reclaim(room);
	assert_int_equal(am_fib_room_use(room).used[AM_FIB_NODES], 0);
	assert_int_equal(am_fib_room_use(room).used[AM_FIB_VALUES], 0);
	am_fib_destroy(fib);
	am_fib_room_destroy(room);
}

static void test_nested(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof roots / sizeof *roots; i++) {
		check_nested(AM_IPV4, roots[i]);
		check_nested(AM_IPV6, roots[i]);
	}
}

static void test_edges(void **state)
{
	struct am_fib_room *room = am_fib_room_create(ROOM, ROOM);
	struct am_fib *fib = am_fib_create(room, AM_IPV4, AM_FIB_ROOT_LARGE);

	(void)state;
	assert_int_equal(set(fib, "10.0.0.0/24", 7), 0);
	assert_int_equal(set(fib, "0.0.0.0/0", 1), 0);
	assert_int_equal(set(fib, "255.255.255.255/32", 2), 0);
	assert_int_equal(set(fib, "0.0.0.0/32", 3), 0);
	assert_int_equal(lookup(fib, "9.255.255.255"), 1);
	assert_int_equal(lookup(fib, "10.0.0.0"), 7);
	assert_int_equal(lookup(fib, "10.0.0.255"), 7);
	assert_int_equal(lookup(fib, "10.0.1.0"), 1);
	assert_int_equal(lookup(fib, "255.255.255.255"), 2);
	assert_int_equal(lookup(fib, "255.255.255.254"), 1);
	assert_int_equal(lookup(fib, "0.0.0.0"), 3);
	assert_int_equal(set(fib, "10.0.0.0/24", 8), 0);
	assert_int_equal(lookup(fib, "10.0.0.77"), 8);
	assert_int_equal(am_fib_count(fib), 4);
	assert_int_equal(set(fib, "10.0.0.0/24", 0), -EINVAL);
	assert_int_equal(set(fib, "2001:db8::/32", 1), -EINVAL);
	assert_int_equal(del(fib, "2001:db8::/32"), -EINVAL);
	assert_int_equal(del(fib, "10.0.0.0/25"), -ENOENT);
	assert_int_equal(del(fib, "11.0.0.0/8"), -ENOENT);
	am_fib_destroy(fib);
	assert_int_equal(
		am_fib_room_use(room).used[AM_FIB_VALUES], am_fib_room_use(room).retired[AM_FIB_VALUES]);
	am_fib_room_destroy(room);
}

/* Host bits are refused, not cut off: whoever means another prefix than he says should hear of it. */
static void test_host_bits(void **state)
{
	struct am_fib_room *room = am_fib_room_create(ROOM, ROOM);
	struct am_fib *fib = am_fib_create(room, AM_IPV4, AM_FIB_ROOT_SMALL);
	struct am_prefix p = prefix("10.0.0.0/24");

	(void)state;
	p.ip.bytes[3] = 1;
	assert_int_equal(am_fib_set(fib, &p, 1), -EINVAL);
	p.ip.bytes[3] = 0;
	p.len = 33;
	assert_int_equal(am_fib_set(fib, &p, 1), -EINVAL);
	am_fib_destroy(fib);
	am_fib_room_destroy(room);
}

/* A room that is full refuses and changes nothing; what is retired fills it again. */
static void test_exhaustion(void **state)
{
	struct am_fib_room *room = am_fib_room_create(64, 64);
	struct am_fib *fib = am_fib_create(room, AM_IPV4, AM_FIB_ROOT_SMALL);
	unsigned held = 0, refused = 0;

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		uint8_t address[4] = {(uint8_t)(i * 7), (uint8_t)i, 0, 0};
		struct am_ip ip = am_ip4(address);
		struct am_prefix p = am_prefix_around(&ip, 24);
		int r = am_fib_set(fib, &p, i + 1);

		if (r == -ENOSPC)
			refused++;
		else
			held++;
		assert_int_equal(am_fib_get(fib, &p), r == 0 ? i + 1 : 0);
		assert_int_equal(am_fib_lookup(fib, address), r == 0 ? i + 1 : 0);
		assert_int_equal(am_fib_count(fib), held);
	}
	assert_true(held > 3);
	assert_true(refused > 3);
	reclaim(room);
	assert_int_equal(am_fib_room_use(room).retired[AM_FIB_NODES], 0);
	assert_int_equal(del(fib, "0.0.0.0/24"), 0);
	assert_int_equal(del(fib, "7.1.0.0/24"), 0);
	reclaim(room);
	assert_int_equal(set(fib, "7.1.7.0/24", 77), 0);
	assert_int_equal(lookup(fib, "7.1.7.9"), 77);
	am_fib_destroy(fib);
	am_fib_room_destroy(room);
}

/* The reference: every prefix is looked at. */
struct model {
	struct am_prefix prefixes[512];
	uint32_t values[512];
	unsigned n;
};

static uint32_t model_lookup(const struct model *m, const struct am_ip *ip)
{
	uint32_t value = 0;
	int longest = -1;

	for (unsigned i = 0; i < m->n; i++) {
		if (m->prefixes[i].len <= longest || !am_prefix_contains(&m->prefixes[i], ip))
			continue;
		longest = m->prefixes[i].len;
		value = m->values[i];
	}
	return value;
}

static unsigned model_find(const struct model *m, const struct am_prefix *p)
{
	unsigned i = 0;

	while (i < m->n && (m->prefixes[i].len != p->len || !am_ip_equal(&m->prefixes[i].ip, &p->ip)))
		i++;
	return i;
}

struct dice {
	uint64_t at;
};

static uint32_t roll(struct dice *d, uint32_t sides)
{
	d->at += 0x9e3779b97f4a7c15ull;
	return (uint32_t)(am_hash64(d->at, 4711) >> 20) % sides;
}

/* Few bits differ, so that prefixes nest, meet in nodes and leave them again. */
static struct am_ip some_address(struct dice *d, enum am_family family)
{
	struct am_ip ip = {.family = (uint8_t)family};
	unsigned octets = family == AM_IPV4 ? 4 : 16;

	for (unsigned i = 0; i < octets; i++)
		ip.bytes[i] = roll(d, 3) ? 0xc0 : (uint8_t)(0xc0 ^ 1u << roll(d, 8));
	return ip;
}

static void change(struct model *m, struct am_fib *fib, struct dice *d, enum am_family family)
{
	struct am_ip ip = some_address(d, family);
	uint8_t len = (uint8_t)roll(d, family == AM_IPV4 ? 33 : 129);
	struct am_prefix p = am_prefix_around(&ip, len);
	unsigned at;

	if (m->n && roll(d, 3) == 0)
		p = m->prefixes[roll(d, m->n)];
	at = model_find(m, &p);
	if (at == m->n && m->n == sizeof m->prefixes / sizeof *m->prefixes)
		return;
	if (roll(d, 2)) {
		uint32_t value = 1 + roll(d, 1000000);

		assert_int_equal(am_fib_set(fib, &p, value), 0);
		m->prefixes[at] = p;
		m->values[at] = value;
		m->n += at == m->n;
		return;
	}
	assert_int_equal(am_fib_del(fib, &p), at == m->n ? -ENOENT : 0);
	if (at < m->n) {
		m->n--;
		m->prefixes[at] = m->prefixes[m->n];
		m->values[at] = m->values[m->n];
	}
}

static void compare(const struct model *m, const struct am_fib *fib, struct dice *d, enum am_family family)
{
	struct am_ip ips[AM_FIB_BULK_MAX];
	const uint8_t *addresses[AM_FIB_BULK_MAX];
	uint32_t values[AM_FIB_BULK_MAX];
	unsigned n = 1 + roll(d, AM_FIB_BULK_MAX);

	for (unsigned i = 0; i < n; i++) {
		ips[i] = some_address(d, family);
		addresses[i] = ips[i].bytes;
	}
	am_fib_lookup_bulk(fib, addresses, n, values);
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(values[i], model_lookup(m, &ips[i]));
		assert_int_equal(am_fib_lookup(fib, addresses[i]), values[i]);
	}
}

struct page {
	const struct model *model;
	struct am_prefix last; /* family 0: none yet */
	unsigned n, room;
};

static bool is_behind(const struct am_prefix *a, const struct am_prefix *b)
{
	int order = memcmp(&a->ip, &b->ip, sizeof a->ip);

	return order > 0 || (order == 0 && a->len > b->len);
}

static bool turn(void *ctx, const struct am_prefix *p, uint32_t value)
{
	struct page *page = ctx;
	unsigned at = model_find(page->model, p);

	assert_true(at < page->model->n);
	assert_int_equal(page->model->values[at], value);
	assert_true(!page->last.ip.family || is_behind(p, &page->last));
	page->last = *p;
	page->n++;
	return --page->room;
}

/* Behind any prefix, in pages of any size: each one once, in order. */
static void compare_walk(
	const struct model *m, const struct am_fib *fib, struct dice *d, enum am_family family)
{
	struct am_ip ip = some_address(d, family), found;
	struct page page = {.model = m};
	struct am_prefix match;
	unsigned behind = 0, before;

	if (roll(d, 2))
		page.last = am_prefix_around(&ip, (uint8_t)roll(d, family == AM_IPV4 ? 33 : 129));
	for (unsigned i = 0; i < m->n; i++)
		behind += !page.last.ip.family || is_behind(&m->prefixes[i], &page.last);
	do {
		before = page.n;
		page.room = 1 + roll(d, 40);
		am_fib_walk(fib, page.last.ip.family ? &page.last : NULL, turn, &page);
	} while (page.n > before);
	assert_int_equal(page.n, behind);
	found = some_address(d, family);
	assert_int_equal(am_fib_match(fib, &found, &match), model_lookup(m, &found));
	if (model_lookup(m, &found))
		assert_int_equal(am_fib_get(fib, &match), model_lookup(m, &found));
}

static void test_against_model(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 24; i++) {
		enum am_family family = i % 2 ? AM_IPV4 : AM_IPV6;
		struct am_fib_room *room = am_fib_room_create(ROOM, ROOM);
		struct am_fib *fib = am_fib_create(room, family, roots[i % 3]);
		struct model *m = calloc(1, sizeof *m);
		struct dice d = {.at = i};

		print_message("seed %u\n", i);
		for (unsigned step = 0; step < 2000; step++) {
			change(m, fib, &d, family);
			assert_int_equal(am_fib_count(fib), m->n);
			if (step % 16 == 0)
				compare(m, fib, &d, family);
			if (step % 64 == 0) {
				compare_walk(m, fib, &d, family);
				reclaim(room);
			}
		}
		free(m);
		am_fib_destroy(fib);
		reclaim(room);
		assert_int_equal(am_fib_room_use(room).used[AM_FIB_NODES], 0);
		assert_int_equal(am_fib_room_use(room).used[AM_FIB_VALUES], 0);
		am_fib_room_destroy(room);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_host_bits),
		cmocka_unit_test(test_exhaustion),
		cmocka_unit_test(test_against_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
