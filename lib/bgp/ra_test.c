/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bgp/ra.h"
#include "test_hex.h"

/* As FRR sends it: lifetime 30 s, source link-layer option. */
#define ADVERT      "8600 0000 40 00 001e 00000000 00000000"
#define LEAVING     "8600 0000 40 00 0000 00000000 00000000"
#define SOLICIT     "8500 0000 00000000"
#define SOURCE_MAC  " 0101 020000000002"
#define SOURCE_MAC2 " 0101 020000000003"

static const struct am_bgp_ra_config usual = {.interval = 10, .lifetime = 30, .patience = 100, .seed = 7};

static am_time at(uint64_t ms)
{
	return (am_time){1000 * AM_S + ms * AM_MS};
}

static struct am_ip ip_of(const char *text)
{
	struct am_ip ip;

	assert_int_equal(am_ip_parse_text(text, &ip), 0);
	return ip;
}

static struct am_bgp_ra up(const struct am_bgp_ra_config *config)
{
	struct am_ip own = ip_of("fe80::1");
	struct am_mac mac = {{2, 0, 0, 0, 0, 1}};
	struct am_bgp_ra ra;

	assert_int_equal(am_bgp_ra_init(&ra, config), 0);
	assert_int_equal(am_bgp_ra_up(&ra, &own, &mac, at(0)), 0);
	return ra;
}

static int input(struct am_bgp_ra *ra, const char *hex, const char *source, uint8_t hop_limit, am_time now)
{
	struct packet p = packet_of(hex);
	struct am_ip from = ip_of(source);
	const char *why = NULL;
	int rc = am_bgp_ra_input(ra, p.bytes, p.len, &from, hop_limit, now, &why);

	assert_int_equal(rc != 0, why != NULL);
	free(p.bytes);
	return rc;
}

static bool sends(struct am_bgp_ra *ra)
{
	uint8_t bytes[AM_BGP_RA_LEN];
	size_t len;

	return am_bgp_ra_output(ra, bytes, &len);
}

/* The next event, "+ADDRESS" or "-ADDRESS", or "". */
static const char *event(struct am_bgp_ra *ra)
{
	static char text[AM_IP_TEXT + 1];
	struct am_bgp_ra_event e;

	if (!am_bgp_ra_next_event(ra, &e))
		return "";
	assert_int_equal(e.type == AM_BGP_RA_GONE, e.why != NULL);
	text[0] = e.type == AM_BGP_RA_APPEARED ? '+' : '-';
	am_ip_text(&e.address, text + 1);
	return text;
}

static void test_octets(void **state)
{
	struct packet want = packet_of("8600 0000 00 00 001e 00000000 00000000 0101 020000000001");
	struct am_bgp_ra ra = up(&usual);
	uint8_t bytes[AM_BGP_RA_LEN];
	size_t len;

	(void)state;
	assert_true(am_bgp_ra_output(&ra, bytes, &len));
	assert_int_equal(len, want.len);
	assert_memory_equal(bytes, want.bytes, len);
	assert_false(am_bgp_ra_output(&ra, bytes, &len));
	am_bgp_ra_stop(&ra);
	assert_true(am_bgp_ra_output(&ra, bytes, &len));
	want.bytes[7] = 0;
	assert_memory_equal(bytes, want.bytes, len);
	assert_int_equal(am_bgp_ra_deadline(&ra).ns, UINT64_MAX);
	am_bgp_ra_expire(&ra, at(100000));
	assert_false(am_bgp_ra_output(&ra, bytes, &len));
	free(want.bytes);
}

/* Three, 3 s from each other, and then one each 7.5 to 10 s, not always the same. */
static void test_interval(void **state)
{
	struct am_bgp_ra ra = up(&usual);
	uint64_t last = at(0).ns, least = UINT64_MAX, most = 0;

	(void)state;
	assert_true(sends(&ra));
	for (unsigned i = 1; i < 100; i++) {
		am_time next = am_bgp_ra_deadline(&ra);
		uint64_t pause = next.ns - last;

		am_bgp_ra_expire(&ra, (am_time){next.ns - 1});
		assert_false(sends(&ra));
		am_bgp_ra_expire(&ra, next);
		assert_true(sends(&ra));
		if (i < 3) {
			assert_int_equal(pause, 3 * AM_S);
		} else {
			least = pause < least ? pause : least;
			most = pause > most ? pause : most;
		}
		last = next.ns;
	}
	assert_true(least >= 7500 * AM_MS && most <= 10 * AM_S && most - least > AM_S);
}

static void test_solicited(void **state)
{
	struct am_bgp_ra ra = up(&usual);
	am_time sent;

	(void)state;
	while (am_bgp_ra_deadline(&ra).ns < at(20000).ns)
		am_bgp_ra_expire(&ra, am_bgp_ra_deadline(&ra));
	sends(&ra);
	sent = ra.sent;
	assert_int_equal(input(&ra, SOLICIT, "::", 255, am_time_add(sent, AM_S)), 0);
	assert_int_equal(am_bgp_ra_deadline(&ra).ns, sent.ns + 3 * AM_S);
	am_bgp_ra_expire(&ra, am_bgp_ra_deadline(&ra));
	assert_true(sends(&ra));
	/* However many ask: one each 3 s. */
	for (unsigned ms = 0; ms < 2900; ms += 10) {
		am_time now = am_time_add(sent, 3 * AM_S + ms * AM_MS);

		assert_int_equal(input(&ra, SOLICIT SOURCE_MAC, "fe80::2", 255, now), 0);
		am_bgp_ra_expire(&ra, now);
		assert_false(sends(&ra));
	}
	/* Somebody who asks after a long time is answered within half a second. */
	am_bgp_ra_expire(&ra, am_bgp_ra_deadline(&ra));
	assert_true(sends(&ra));
	input(&ra, SOLICIT, "::", 255, am_time_add(ra.sent, 4 * AM_S));
	assert_true(am_bgp_ra_deadline(&ra).ns <= ra.sent.ns + 4500 * AM_MS);
}

static void test_neighbour(void **state)
{
	struct am_bgp_ra ra = up(&usual);
	struct am_bgp_ra_event e;

	(void)state;
	assert_int_equal(input(&ra, ADVERT SOURCE_MAC, "fe80::2", 255, at(0)), 0);
	assert_true(am_bgp_ra_next_event(&ra, &e));
	assert_int_equal(e.type, AM_BGP_RA_APPEARED);
	assert_true(e.has_mac);
	assert_memory_equal(e.mac.bytes, "\2\0\0\0\0\2", 6);
	assert_string_equal(event(&ra), "");
	assert_int_equal(input(&ra, ADVERT SOURCE_MAC, "fe80::2", 255, at(10000)), 0);
	assert_string_equal(event(&ra), "");
	assert_int_equal(input(&ra, ADVERT SOURCE_MAC2, "fe80::2", 255, at(10000)), 0);
	assert_string_equal(event(&ra), "+fe80::2");
	am_bgp_ra_expire(&ra, at(39999));
	assert_string_equal(event(&ra), "");
	am_bgp_ra_expire(&ra, at(40000));
	assert_string_equal(event(&ra), "-fe80::2");
	assert_string_equal(event(&ra), "");
	/* It comes back and takes its leave. */
	input(&ra, ADVERT, "fe80::2", 255, at(41000));
	assert_string_equal(event(&ra), "+fe80::2");
	input(&ra, LEAVING, "fe80::2", 255, at(41000));
	assert_string_equal(event(&ra), "-fe80::2");
	/* One that never was a default router is there all the same, and is kept for our patience. */
	input(&ra, LEAVING, "fe80::3", 255, at(50000));
	assert_string_equal(event(&ra), "+fe80::3");
	input(&ra, LEAVING, "fe80::3", 255, at(60000));
	am_bgp_ra_expire(&ra, at(159999));
	assert_string_equal(event(&ra), "");
	am_bgp_ra_expire(&ra, at(160000));
	assert_string_equal(event(&ra), "-fe80::3");
}

/* Who comes and goes between two looks was never there. */
static void test_nobody(void **state)
{
	struct am_bgp_ra ra = up(&usual);

	(void)state;
	input(&ra, ADVERT, "fe80::2", 255, at(0));
	input(&ra, LEAVING, "fe80::2", 255, at(1));
	assert_string_equal(event(&ra), "");
	input(&ra, ADVERT, "fe80::2", 255, at(2));
	am_bgp_ra_down(&ra);
	assert_string_equal(event(&ra), "");
	assert_int_equal(am_bgp_ra_deadline(&ra).ns, UINT64_MAX);
}

/* A neighbour that we had not heard yet may not have heard us. */
static void test_mutual(void **state)
{
	struct am_bgp_ra ra = up(&usual);

	(void)state;
	while (am_bgp_ra_deadline(&ra).ns < at(20000).ns)
		am_bgp_ra_expire(&ra, am_bgp_ra_deadline(&ra));
	sends(&ra);
	input(&ra, ADVERT, "fe80::2", 255, am_time_add(ra.sent, 3 * AM_S));
	am_bgp_ra_expire(&ra, am_time_add(ra.sent, 3500 * AM_MS));
	assert_true(sends(&ra));
}

static void test_link(void **state)
{
	struct am_ip other = ip_of("fe80::9"), global = ip_of("2001:db8::1");
	struct am_bgp_ra ra = up(&usual);

	(void)state;
	input(&ra, ADVERT, "fe80::2", 255, at(0));
	input(&ra, ADVERT, "fe80::3", 255, at(0));
	event(&ra);
	event(&ra);
	assert_int_equal(am_bgp_ra_up(&ra, &global, NULL, at(1000)), -EINVAL);
	sends(&ra);
	assert_int_equal(am_bgp_ra_up(&ra, &other, NULL, at(1000)), 0);
	assert_true(sends(&ra));
	assert_int_equal(am_bgp_ra_up(&ra, &other, NULL, at(2000)), 0);
	assert_false(sends(&ra));
	am_bgp_ra_down(&ra);
	assert_string_equal(event(&ra), "-fe80::2");
	assert_string_equal(event(&ra), "-fe80::3");
	input(&ra, ADVERT, "fe80::2", 255, at(2000));
	assert_string_equal(event(&ra), "");
}

static void test_bounded(void **state)
{
	struct am_bgp_ra ra = up(&usual);
	char source[32];

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(source, sizeof source, "fe80::%x", i + 2);
		assert_int_equal(input(&ra, ADVERT, source, 255, at(i)), 0);
	}
	assert_int_equal(ra.dropped, 1000 - AM_BGP_RA_NEIGHBOURS);
	for (unsigned i = 0; i < AM_BGP_RA_NEIGHBOURS; i++)
		assert_string_not_equal(event(&ra), "");
	assert_string_equal(event(&ra), "");
}

static const struct {
	const char *name, *hex, *source;
	uint8_t hop_limit;
	int rc;
} rows[] = {
	{"nothing", "", "fe80::2", 255, 0},
	{"a neighbour solicitation", "8700 0000 00000000", "fe80::2", 255, 0},
	{"our own", ADVERT, "fe80::1", 255, 0},
	{"our own, by a router", ADVERT, "fe80::1", 64, 0},
	{"through a router", ADVERT, "fe80::2", 254, -EBADMSG},
	{"a global source", ADVERT, "2001:db8::2", 255, -EBADMSG},
	{"no source", ADVERT, "::", 255, -EBADMSG},
	{"an IPv4 source", ADVERT, "169.254.0.1", 255, -EBADMSG},
	{"code 1", "8601 0000 40 00 001e 00000000 00000000", "fe80::2", 255, -EBADMSG},
	{"cut short", "8600 0000 40 00 001e 00000000 000000", "fe80::2", 255, -EBADMSG},
	{"an option without length", ADVERT "0500 000000000000", "fe80::2", 255, -EBADMSG},
	{"an option beyond the end", ADVERT "0502 000000000000", "fe80::2", 255, -EBADMSG},
	{"half an option", ADVERT "05", "fe80::2", 255, -EBADMSG},
	{"a good option before it", ADVERT SOURCE_MAC "0500", "fe80::2", 255, -EBADMSG},
	{"a solicitation cut short", "8500 0000 000000", "fe80::2", 255, -EBADMSG},
	{"one through a router", SOLICIT, "fe80::2", 1, -EBADMSG},
	{"one without source that has an address", SOLICIT SOURCE_MAC, "::", 255, -EBADMSG},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct am_bgp_ra ra = up(&usual);

		print_message("%s\n", rows[i].name);
		assert_int_equal(
			input(&ra, rows[i].hex, rows[i].source, rows[i].hop_limit, at(0)), rows[i].rc);
		assert_string_equal(event(&ra), "");
		assert_int_equal(am_bgp_ra_deadline(&ra).ns, at(3000).ns);
	}
}

static void test_listen_only(void **state)
{
	struct am_bgp_ra_config config = usual;
	struct am_bgp_ra ra;

	(void)state;
	config.listen_only = true;
	ra = up(&config);
	input(&ra, ADVERT, "fe80::2", 255, at(0));
	input(&ra, SOLICIT, "fe80::2", 255, at(0));
	assert_string_equal(event(&ra), "+fe80::2");
	assert_false(sends(&ra));
	assert_int_equal(am_bgp_ra_deadline(&ra).ns, at(30000).ns);
	am_bgp_ra_stop(&ra);
	assert_false(sends(&ra));
}

static void test_config(void **state)
{
	static const struct am_bgp_ra_config wrong[] = {
		{.interval = 3, .patience = 1},
		{.interval = 1801, .patience = 1},
		{.interval = 10},
		{.interval = 10, .lifetime = 9, .patience = 1},
		{.interval = 10, .lifetime = 9001, .patience = 1},
	};
	struct am_bgp_ra ra;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(am_bgp_ra_init(&ra, &wrong[i]), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_octets),
		cmocka_unit_test(test_interval),
		cmocka_unit_test(test_solicited),
		cmocka_unit_test(test_neighbour),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_mutual),
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_listen_only),
		cmocka_unit_test(test_config),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
