/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "random.h"
#include "test_roa.h"

static struct am_bgp_roa roa(const char *prefix, uint8_t max_len, uint32_t as)
{
	struct am_bgp_roa out = {.max_len = max_len, .as = as};

	assert_int_equal(am_prefix_parse_text(prefix, &out.prefix), 0);
	return out;
}

static int add(struct am_bgp_roa_table *t, unsigned source, const char *prefix, uint8_t max_len, uint32_t as)
{
	struct am_bgp_roa r = roa(prefix, max_len, as);

	return am_bgp_roa_add(t, source, &r);
}

static int take(struct am_bgp_roa_table *t, unsigned source, const char *prefix, uint8_t max_len, uint32_t as)
{
	struct am_bgp_roa r = roa(prefix, max_len, as);

	return am_bgp_roa_remove(t, source, &r);
}

static const char *state_of(const struct am_bgp_roa_table *t, const char *prefix, uint32_t origin)
{
	struct am_prefix p;

	assert_int_equal(am_prefix_parse_text(prefix, &p), 0);
	return am_bgp_roa_state_name(am_bgp_roa_validate(t, &p, origin));
}

static const struct {
	const char *prefix;
	uint32_t origin;
	const char *state;
} routes[] = {
	{"10.0.0.0/8", 1, "not-found"}, /* only parts of it are covered */
	{"11.0.0.0/16", 1, "not-found"},
	{"10.1.0.0/16", 1, "valid"},
	{"10.1.0.0/16", 2, "invalid"},
	{"10.1.5.0/24", 1, "valid"},   /* maxLength */
	{"10.1.5.0/25", 1, "invalid"}, /* beyond it */
	{"10.1.5.0/24", 3, "valid"},   /* the other of two that cover it */
	{"10.1.5.0/24", 0, "invalid"}, /* the path ends in a set */
	{"10.1.6.0/24", 3, "invalid"},
	{"10.2.0.0/16", 0, "invalid"}, /* AS 0: nobody, not even one without number */
	{"10.2.1.0/24", 7, "invalid"},
	{"10.3.0.0/16", 9, "valid"}, /* AS 0 does not weigh more than another entry */
	{"0.0.0.0/0", 1, "not-found"},
	{"2001:db8::/32", 1, "valid"},
	{"2001:db8:1::/48", 1, "valid"},
	{"2001:db8:1::/49", 1, "invalid"},
	{"2001:db9::/32", 1, "not-found"},
	{"2001:db8::1/128", 5, "valid"},
};

static void test_states(void **state)
{
	struct am_bgp_roa_table *t = am_bgp_roa_create();

	(void)state;
	assert_int_equal(add(t, 0, "10.1.0.0/16", 24, 1), 1);
	assert_int_equal(add(t, 0, "10.1.5.0/24", 24, 3), 1);
	assert_int_equal(add(t, 0, "10.2.0.0/16", 32, 0), 1);
	assert_int_equal(add(t, 0, "10.3.0.0/16", 16, 0), 1);
	assert_int_equal(add(t, 0, "10.3.0.0/16", 16, 9), 1);
	assert_int_equal(add(t, 0, "2001:db8::/32", 48, 1), 1);
	assert_int_equal(add(t, 0, "2001:db8::1/128", 128, 5), 1);
	for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
		print_message("%s %u\n", routes[i].prefix, routes[i].origin);
		assert_string_equal(state_of(t, routes[i].prefix, routes[i].origin), routes[i].state);
	}
	assert_int_equal(am_bgp_roa_count(t, AM_IPV4), 5);
	assert_int_equal(am_bgp_roa_count(t, AM_IPV6), 2);
	am_bgp_roa_free(t);
}

/* An entry for everything, and one for a single address. */
static void test_ends(void **state)
{
	struct am_bgp_roa_table *t = am_bgp_roa_create();

	(void)state;
	assert_int_equal(add(t, 0, "0.0.0.0/0", 32, 1), 1);
	assert_int_equal(add(t, 0, "255.255.255.255/32", 32, 2), 1);
	assert_string_equal(state_of(t, "0.0.0.0/0", 1), "valid");
	assert_string_equal(state_of(t, "255.255.255.255/32", 2), "valid");
	assert_string_equal(state_of(t, "255.255.255.254/32", 2), "invalid");
	assert_string_equal(state_of(t, "::/0", 1), "not-found");
	am_bgp_roa_free(t);
}

static void test_refused(void **state)
{
	struct am_bgp_roa_table *t = am_bgp_roa_create();
	struct am_bgp_roa none = {.max_len = 8};

	(void)state;
	assert_int_equal(add(t, 0, "10.0.0.0/8", 33, 1), -EINVAL);
	assert_int_equal(add(t, 0, "10.0.0.0/8", 7, 1), -EINVAL);
	assert_int_equal(add(t, 0, "2001:db8::/32", 129, 1), -EINVAL);
	assert_int_equal(add(t, AM_BGP_ROA_SOURCES, "10.0.0.0/8", 8, 1), -EINVAL);
	assert_int_equal(am_bgp_roa_add(t, 0, &none), -EINVAL);
	assert_int_equal(am_bgp_roa_remove(t, 0, &none), -EINVAL);
	assert_int_equal(am_bgp_roa_sweep(t, AM_BGP_ROA_SOURCES, &none), 0);
	am_bgp_roa_refill(t, AM_BGP_ROA_SOURCES);
	assert_int_equal(am_bgp_roa_count(t, AM_IPV4), 0);
	am_bgp_roa_free(t);
}

/* Two caches say the same: it holds until both have taken it back. */
static void test_sources(void **state)
{
	struct am_bgp_roa_table *t = am_bgp_roa_create();

	(void)state;
	assert_int_equal(add(t, 0, "10.0.0.0/8", 8, 1), 1);
	assert_int_equal(add(t, 1, "10.0.0.0/8", 8, 1), 0);
	assert_int_equal(add(t, 1, "10.0.0.0/8", 8, 1), 0);
	assert_int_equal(am_bgp_roa_count(t, AM_IPV4), 1);
	assert_int_equal(take(t, 0, "10.0.0.0/8", 8, 1), 0);
	assert_int_equal(take(t, 0, "10.0.0.0/8", 8, 1), 0);
	assert_string_equal(state_of(t, "10.0.0.0/8", 1), "valid");
	assert_int_equal(take(t, 1, "10.0.0.0/8", 8, 1), 1);
	assert_string_equal(state_of(t, "10.0.0.0/8", 1), "not-found");
	assert_int_equal(take(t, 1, "10.0.0.0/8", 8, 1), 0);
	am_bgp_roa_free(t);
}

/* What another entry says already makes no route's state another. */
static void test_redundant(void **state)
{
	struct am_bgp_roa_table *t = am_bgp_roa_create();

	(void)state;
	assert_int_equal(add(t, 0, "10.0.0.0/8", 24, 1), 1);
	assert_int_equal(add(t, 0, "10.0.0.0/8", 16, 1), 0);
	assert_int_equal(add(t, 0, "10.5.0.0/16", 24, 1), 0);
	assert_int_equal(add(t, 0, "10.5.0.0/16", 24, 0), 0);
	assert_int_equal(add(t, 0, "10.5.0.0/16", 25, 1), 1);
	assert_int_equal(take(t, 0, "10.5.0.0/16", 24, 1), 0);
	assert_int_equal(take(t, 0, "10.0.0.0/8", 24, 1), 1);
	am_bgp_roa_free(t);
}

static void test_refill(void **state)
{
	struct am_bgp_roa_table *t = am_bgp_roa_create();
	struct am_bgp_roa out;

	(void)state;
	add(t, 2, "10.0.0.0/8", 8, 1);
	add(t, 2, "11.0.0.0/8", 8, 1);
	add(t, 3, "12.0.0.0/8", 8, 1);
	am_bgp_roa_refill(t, 2);
	assert_string_equal(state_of(t, "10.0.0.0/8", 1), "valid");
	assert_int_equal(add(t, 2, "10.0.0.0/8", 8, 1), 0);
	assert_int_equal(am_bgp_roa_sweep(t, 2, &out), 1);
	assert_int_equal(out.prefix.ip.bytes[0], 11);
	assert_int_equal(am_bgp_roa_sweep(t, 2, &out), 0);
	assert_string_equal(state_of(t, "10.0.0.0/8", 1), "valid");
	assert_string_equal(state_of(t, "11.0.0.0/8", 1), "not-found");
	assert_string_equal(state_of(t, "12.0.0.0/8", 1), "valid");
	am_bgp_roa_free(t);
}

/* No call looks at all of a large table. */
static void test_sweep_in_steps(void **state)
{
	struct am_bgp_roa_table *t = am_bgp_roa_create();
	struct am_bgp_roa r = roa("10.0.0.0/24", 24, 1);
	unsigned calls = 0;
	int rc;

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		am_store16(r.prefix.ip.bytes + 1, (uint16_t)i);
		assert_int_equal(am_bgp_roa_add(t, 0, &r), 1);
	}
	am_bgp_roa_refill(t, 1);
	while ((rc = am_bgp_roa_sweep(t, 1, &r)))
		calls += rc == -EAGAIN;
	assert_int_equal(calls, 9);
	am_bgp_roa_refill(t, 0);
	while ((rc = am_bgp_roa_sweep(t, 0, &r)))
		assert_true(rc == 1 || rc == -EAGAIN);
	assert_int_equal(am_bgp_roa_count(t, AM_IPV4), 0);
	am_bgp_roa_free(t);
}

static void test_covering(void **state)
{
	struct am_bgp_roa_table *t = am_bgp_roa_create();
	struct am_prefix p;
	struct am_bgp_roa_iter iter;
	struct am_bgp_roa out;
	char text[AM_PREFIX_TEXT];

	(void)state;
	add(t, 0, "10.0.0.0/8", 8, 1);
	add(t, 0, "10.1.0.0/16", 24, 2);
	add(t, 0, "10.1.2.0/24", 24, 3);
	add(t, 0, "10.1.2.0/25", 25, 3);
	assert_int_equal(am_prefix_parse_text("10.1.2.0/24", &p), 0);
	iter = am_bgp_roa_covering(t, &p);
	assert_true(am_bgp_roa_next(&iter, &out));
	assert_string_equal(am_prefix_text(&out.prefix, text), "10.0.0.0/8");
	assert_true(am_bgp_roa_next(&iter, &out));
	assert_true(am_bgp_roa_next(&iter, &out));
	assert_string_equal(am_prefix_text(&out.prefix, text), "10.1.2.0/24");
	assert_int_equal(out.as, 3);
	assert_false(am_bgp_roa_next(&iter, &out));
	am_bgp_roa_free(t);
}

/* Against a list, at random; the seed is the number of the round. */
static void test_model(void **state)
{
	static struct model m;
	static uint8_t octets[7 * 600];

	(void)state;
	for (uint64_t seed = 0; seed < 200; seed++) {
		struct am_reader r = am_reader(octets, sizeof octets);
		uint64_t random = seed;

		for (size_t i = 0; i < sizeof octets; i++)
			octets[i] = (uint8_t)am_bgp_draw(&random);
		model_run(&m, &r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_redundant),
		cmocka_unit_test(test_refill),
		cmocka_unit_test(test_sweep_in_steps),
		cmocka_unit_test(test_covering),
		cmocka_unit_test(test_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
