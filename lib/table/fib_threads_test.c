/* SPDX-License-Identifier: BSD-3-Clause */
/* Few routes in one corner of the address space, so that nearly every change matters to nearly every lookup. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "fib_churn.h"

enum {
	BASE = 1500, /* routes that stay */
	CHURN = 500, /* routes that come and go, /0 to /8 among them */
	ROUTES = BASE + CHURN,
	ADDRESSES = 4096,
	CHANGES = 20000,
	READERS = 2,
	NODES = 1 << 16,
};

struct world {
	struct am_prefix routes[ROUTES];
	struct am_ip addresses[ADDRESSES];
	int32_t stays[ADDRESSES];
};

struct dice {
	uint64_t at;
};

static uint32_t roll(struct dice *d, uint32_t sides)
{
	d->at += 0x9e3779b97f4a7c15ull;
	return (uint32_t)(am_hash64(d->at, 4711) >> 20) % sides;
}

/* Addresses of one corner, so that routes nest and most changes are seen. */
static struct am_ip some_address(struct dice *d, enum am_family family)
{
	struct am_ip ip = {.family = (uint8_t)family};

	for (unsigned i = 0; i < (family == AM_IPV4 ? 4u : 16u); i++)
		ip.bytes[i] = roll(d, 3) ? 0xc0 : (uint8_t)(0xc0 ^ 1u << roll(d, 8));
	return ip;
}

static bool same_route(const struct am_prefix *a, const struct am_prefix *b)
{
	return a->len == b->len && am_ip_equal(&a->ip, &b->ip);
}

static void draw_routes(struct world *w, struct dice *d, enum am_family family)
{
	for (unsigned i = 0; i < ROUTES; i++) {
		struct am_ip ip = some_address(d, family);
		uint8_t most = family == AM_IPV4 ? 32 : 128;
		unsigned j = 0;

		w->routes[i] = am_prefix_around(
			&ip, (uint8_t)(i >= BASE && i < BASE + 9 ? i - BASE : 9 + roll(d, most - 8u)));
		while (j < i && !same_route(&w->routes[i], &w->routes[j]))
			j++;
		i -= j < i; /* drawn before */
	}
}

static void draw_addresses(struct world *w, struct dice *d, enum am_family family)
{
	for (unsigned i = 0; i < ADDRESSES; i++) {
		w->addresses[i] = some_address(d, family);
		w->stays[i] = -1;
		for (int j = 0; j < BASE; j++)
			if (am_prefix_contains(&w->routes[j], &w->addresses[i]) &&
				(w->stays[i] < 0 || w->routes[j].len > w->routes[w->stays[i]].len))
				w->stays[i] = j;
	}
}

static void run(enum am_family family, unsigned root_bits)
{
	struct world *w = calloc(1, sizeof *w);
	struct fib_churn c = {.n_stay = BASE,
		.n_routes = ROUTES,
		.n_addresses = ADDRESSES,
		.changes = CHANGES,
		.readers = READERS};
	struct dice d = {.at = family};

	assert_non_null(w);
	draw_routes(w, &d, family);
	draw_addresses(w, &d, family);
	c.room = am_fib_room_create(NODES, NODES);
	c.fib = am_fib_create(c.room, family, root_bits);
	c.routes = w->routes;
	c.addresses = w->addresses;
	c.stays = w->stays;
	assert_non_null(c.fib);
	for (uint32_t i = 0; i < BASE; i++)
		assert_int_equal(am_fib_set(c.fib, &w->routes[i], 1 + i), 0);
	assert_int_equal(fib_churn_run(&c), 0);
	print_message("%llu lookups, %llu of routes that come and go, in %llu changes\n",
		(unsigned long long)c.looked, (unsigned long long)c.passing, (unsigned long long)c.changed);
	assert_int_equal(c.wrong, 0);
	assert_true(c.passing > 0);
	assert_int_equal(am_fib_count(c.fib), BASE);
	am_fib_destroy(c.fib);
	assert_int_equal(am_fib_room_use(c.room).used[AM_FIB_VALUES], 0);
	assert_int_equal(am_fib_room_use(c.room).used[AM_FIB_NODES], 0);
	am_fib_room_destroy(c.room);
	free(w);
}

static void test_ipv4(void **state)
{
	(void)state;
	run(AM_IPV4, AM_FIB_ROOT_LARGE);
	run(AM_IPV4, AM_FIB_ROOT_SMALL);
}

static void test_ipv6(void **state)
{
	(void)state;
	run(AM_IPV6, AM_FIB_ROOT_MIDDLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4),
		cmocka_unit_test(test_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
