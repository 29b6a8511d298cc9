/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "faults.h"

static const struct am_bgp_context context = {.families = AM_BGP_IN(AM_BGP_IPV4_UNICAST), .as4 = true};

/* ORIGIN is 3, so that the two prefixes that are announced are withdrawn: 192.0.X.0/24 and 203.0.113.0/24. */
static struct am_bgp_span message(uint8_t x)
{
	static uint8_t bytes[64];
	const uint8_t body[] = {0, 0, 0, 20, 0x40, 1, 1, 3, 0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xe9, 0x40, 3, 4,
		10, 0, 0, 2, 24, 192, 0, x, 24, 203, 0, 113};

	memset(bytes, 0xff, 16);
	am_store16(bytes + 16, AM_BGP_HEADER_LEN + sizeof body);
	bytes[18] = AM_BGP_UPDATE;
	memcpy(bytes + AM_BGP_HEADER_LEN, body, sizeof body);
	return (struct am_bgp_span){bytes, AM_BGP_HEADER_LEN + sizeof body};
}

static void put(struct am_bgpd_faults *faults, size_t *total, uint8_t x, uint64_t second)
{
	struct am_bgp_span whole = message(x);
	uint8_t scratch[AM_BGP_SCRATCH(64)];
	struct am_bgp_update update;

	am_bgp_update_decode(&context,
		(struct am_bgp_span){whole.bytes + AM_BGP_HEADER_LEN, whole.len - AM_BGP_HEADER_LEN}, scratch,
		&update);
	assert_int_equal(update.class, AM_BGP_WITHDRAW);
	am_bgpd_faults_put(faults, total, &update, whole, &context, (am_time){second * AM_S});
}

static struct am_bgp_nlri prefix(uint8_t x)
{
	const uint8_t bytes[4] = {192, 0, x, 0};
	struct am_bgp_nlri nlri;

	memset(&nlri, 0, sizeof nlri);
	nlri.family = AM_BGP_IPV4_UNICAST;
	nlri.prefix = (struct am_prefix){.ip = am_ip4(bytes), .len = 24};
	return nlri;
}

static json_int_t number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void the_last_ones_are_kept(void **state)
{
	struct am_bgpd_faults faults = {0};
	struct am_bgp_nlri first = prefix(0), last = prefix(AM_BGPD_FAULTS);
	size_t total = 0;
	json_t *shown;

	(void)state;
	for (unsigned i = 0; i <= AM_BGPD_FAULTS; i++)
		put(&faults, &total, (uint8_t)i, i + 1);
	shown = am_bgpd_faults_show(&faults, (am_time){20 * AM_S});
	assert_int_equal(json_array_size(shown), AM_BGPD_FAULTS);
	assert_int_equal(number(json_array_get(shown, 0), "ago_s"), 20 - AM_BGPD_FAULTS - 1);
	assert_int_equal(number(json_array_get(shown, 0), "routes"), 2);
	json_decref(shown);
	assert_int_equal(faults.seen, AM_BGPD_FAULTS + 1);

	assert_null(am_bgpd_faults_of(&faults, &first, (am_time){20 * AM_S}));
	shown = am_bgpd_faults_of(&faults, &last, (am_time){20 * AM_S});
	assert_string_equal(json_string_value(json_object_get(shown, "attribute")), "ORIGIN");
	assert_string_equal(
		json_string_value(json_object_get(shown, "class")), am_bgp_class_name(AM_BGP_WITHDRAW));
	assert_int_equal(number(shown, "subcode"), AM_BGP_UPDATE_ORIGIN);
	json_decref(shown);
	am_bgpd_faults_free(&faults, &total);
	assert_int_equal(total, 0);
}

/* What all keep together is bounded, and a message that is too long leaves only what was wrong about it. */
static void memory_is_bounded(void **state)
{
	static uint8_t large[AM_BGPD_FAULT_OCTETS + 1];
	const struct am_bgp_update update = {.class = AM_BGP_WITHDRAW, .fault.error.why = "a test"};
	struct am_bgpd_faults faults = {0};
	size_t total = 0, full = AM_BGPD_FAULTS_OCTETS;
	json_t *shown;

	(void)state;
	am_bgpd_faults_put(
		&faults, &total, &update, (struct am_bgp_span){large, sizeof large}, &context, (am_time){1});
	assert_int_equal(faults.not_kept, 1);
	shown = am_bgpd_faults_show(&faults, (am_time){1});
	assert_int_equal(number(json_array_get(shown, 0), "octets"), sizeof large);
	json_decref(shown);
	assert_true(total < 1000);
	am_bgpd_faults_free(&faults, &total);

	put(&faults, &full, 0, 1);
	assert_int_equal(full, AM_BGPD_FAULTS_OCTETS);
	assert_int_equal(faults.not_kept, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_ones_are_kept),
		cmocka_unit_test(memory_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
