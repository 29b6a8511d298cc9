/* SPDX-License-Identifier: BSD-3-Clause */
#include "fib_reference.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fib_routes.h"

enum { ROUTES = 400, ADDRESSES = 2000 };

/* Every route is looked at. */
static int32_t plain_find(const struct am_prefix *routes, uint32_t n, const struct am_ip *ip)
{
	int32_t best = -1;

	for (uint32_t i = 0; i < n; i++)
		if (am_prefix_contains(&routes[i], ip) && (best < 0 || routes[i].len > routes[best].len))
			best = (int32_t)i;
	return best;
}

/* In one corner of the address space, so that routes nest. */
static struct am_ip corner(enum am_family family, uint64_t *dice)
{
	struct am_ip ip = {.family = (uint8_t)family};

	for (unsigned i = 0; i < (family == AM_IPV4 ? 4u : 16u); i++)
		ip.bytes[i] = fib_routes_roll(dice, 3) ? 0xff : (uint8_t)(1u << fib_routes_roll(dice, 8));
	return ip;
}

static void check(enum am_family family)
{
	uint64_t dice = family;
	struct am_prefix routes[ROUTES];
	struct fib_reference *r;

	for (uint32_t i = 0; i < ROUTES; i++) {
		struct am_ip ip = corner(family, &dice);
		uint32_t j = 0;

		routes[i] =
			am_prefix_around(&ip, (uint8_t)fib_routes_roll(&dice, family == AM_IPV4 ? 33 : 129));
		while (j < i &&
			(routes[j].len != routes[i].len || !am_ip_equal(&routes[j].ip, &routes[i].ip)))
			j++;
		i -= j < i;
	}
	r = fib_reference_make(routes, ROUTES);
	assert_non_null(r);
	for (unsigned i = 0; i < ADDRESSES; i++) {
		struct am_ip ip = corner(family, &dice);

		assert_int_equal(fib_reference_find(r, &ip), plain_find(routes, ROUTES, &ip));
	}
	fib_reference_free(r);
}

static void test_reference(void **state)
{
	(void)state;
	check(AM_IPV4);
	check(AM_IPV6);
}

static int line(const char *text, struct am_prefix *out)
{
	return fib_routes_line(text, strlen(text), out);
}

static void test_lines(void **state)
{
	struct am_prefix p;

	(void)state;
	assert_int_equal(line("192.0.2.0/24 64496\n", &p), 1);
	assert_int_equal(p.len, 24);
	assert_int_equal(p.ip.family, AM_IPV4);
	assert_int_equal(line("2001:db8::/32", &p), 1);
	assert_int_equal(p.ip.family, AM_IPV6);
	assert_int_equal(line("0.0.0.0/0\tdefault\r\n", &p), 1);
	assert_int_equal(line("", &p), 0);
	assert_int_equal(line("\n", &p), 0);
	assert_int_equal(line("# net: 192.0.2.0/24", &p), 0);
	assert_int_equal(line(" 192.0.2.0/24", &p), -EINVAL);
	assert_int_equal(line("192.0.2.1/24", &p), -EINVAL);
	assert_int_equal(line("192.0.2.0", &p), -EINVAL);
	assert_int_equal(line("net: 192.0.2.0/24", &p), -EINVAL);
	assert_int_equal(fib_routes_line("192.0.0.0/24", 11, &p), 1);
	assert_int_equal(p.len, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reference),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
