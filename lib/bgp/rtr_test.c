/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bgp/rtr.h"
#include "test_hex.h"

#define RESET_QUERY  "01 02 0000 00000008"
#define SERIAL_QUERY "01 01 abcd 0000000c 00000005"
#define RESPONSE     "01 03 abcd 00000008 "
#define ADD4         "01 04 0000 00000014 01 18 18 00 c6336400 0000fde9 "
#define DROP4        "01 04 0000 00000014 00 18 18 00 c6336400 0000fde9 "
#define ADD6         "01 06 0000 00000020 01 20 30 00 20010db8000000000000000000000000 0000fdea "
#define KEY          "01 09 0100 00000024 00112233445566778899aabbccddeeff00112233 0000fde9 01020304 "
#define END          "01 07 abcd 00000018 00000005 00000e10 00000258 00001c20 "
#define NOTIFY6      "01 00 abcd 0000000c 00000006 "
#define NOTIFY5      "01 00 abcd 0000000c 00000005 "
#define CACHE_RESET  "01 08 0000 00000008 "
#define NO_DATA      "01 0a 0002 00000010 00000000 00000000 "

struct world {
	struct am_bgp_rtr *rtr;
	am_time now;
	char said[1024]; /* events, a letter each */
};

static struct world world_of(uint8_t version)
{
	const struct am_bgp_rtr_config config = {.version = version, .seed = 1};
	struct world w = {.now = {1000 * AM_S}};

	assert_int_equal(am_bgp_rtr_create(&config, &w.rtr), 0);
	return w;
}

/* The events that are there: c C(onnected) and so on, routes with their AS. */
static const char *events(struct world *w)
{
	static const char letters[] = {[AM_BGP_RTR_CONNECT] = 'o',
		[AM_BGP_RTR_RESTART] = 'r',
		[AM_BGP_RTR_ANNOUNCE] = '+',
		[AM_BGP_RTR_WITHDRAW] = '-',
		[AM_BGP_RTR_COMPLETE] = '.',
		[AM_BGP_RTR_FLUSH] = 'f',
		[AM_BGP_RTR_CLOSE] = 'x'};
	struct am_bgp_rtr_event e;
	size_t n = 0;

	while (am_bgp_rtr_next_event(w->rtr, &e, w->now)) {
		w->said[n++] = letters[e.type];
		if (e.type == AM_BGP_RTR_CLOSE || e.type == AM_BGP_RTR_FLUSH)
			assert_non_null(e.fault->why);
		if (e.type == AM_BGP_RTR_ANNOUNCE || e.type == AM_BGP_RTR_WITHDRAW)
			n += (size_t)snprintf(w->said + n, sizeof w->said - n, "%u", e.roa.as);
	}
	w->said[n] = 0;
	return w->said;
}

static void gets(struct world *w, const char *hex)
{
	struct packet p = packet_of(hex);

	assert_int_equal(am_bgp_rtr_input(w->rtr, p.bytes, p.len, w->now), p.len);
	free(p.bytes);
}

/* What it sends begins with these octets. */
static void sends(struct world *w, const char *hex)
{
	struct packet want = packet_of(hex);
	struct am_bgp_span out = am_bgp_rtr_output(w->rtr);

	assert_true(out.len >= want.len && (want.len || !out.len));
	if (want.len)
		assert_memory_equal(out.bytes, want.bytes, want.len);
	am_bgp_rtr_sent(w->rtr, out.len);
	free(want.bytes);
}

static struct world connected(uint8_t version)
{
	struct world w = world_of(version);

	am_bgp_rtr_start(w.rtr, w.now);
	assert_string_equal(events(&w), "o");
	am_bgp_rtr_connected(w.rtr, w.now);
	return w;
}

static struct world synced(void)
{
	struct world w = connected(1);

	sends(&w, RESET_QUERY);
	gets(&w, RESPONSE ADD4 ADD6 KEY END);
	assert_string_equal(events(&w), "r+65001+65002.");
	return w;
}

static enum am_bgp_rtr_state state_of(const struct world *w)
{
	return am_bgp_rtr_status(w->rtr).state;
}

/* To the deadline, which is `least` to `most` seconds away. */
static void wait_for(struct world *w, uint64_t least, uint64_t most)
{
	uint64_t ns = am_time_since(am_bgp_rtr_deadline(w->rtr), w->now);

	assert_true(ns >= least * AM_S && ns <= most * AM_S);
	w->now = am_bgp_rtr_deadline(w->rtr);
	am_bgp_rtr_expire(w->rtr, w->now);
}

static void test_sync(void **state)
{
	struct world w = synced();
	struct am_bgp_rtr_status s = am_bgp_rtr_status(w.rtr);

	(void)state;
	assert_int_equal(s.state, AM_BGP_RTR_SYNCED);
	assert_true(s.has_data);
	assert_int_equal(s.session, 0xabcd);
	assert_int_equal(s.serial, 5);
	assert_int_equal(s.announced, 2);
	assert_int_equal(s.router_keys, 1);
	assert_int_equal(s.refresh, 3600);
	am_bgp_rtr_free(w.rtr);
}

/* Cut anywhere, the same is heard. */
static void test_pieces(void **state)
{
	struct packet p = packet_of(RESPONSE ADD4 ADD6 KEY END);
	struct world w = connected(1);
	char all[1024] = "";

	(void)state;
	for (size_t i = 0; i < p.len; i++) {
		assert_int_equal(am_bgp_rtr_input(w.rtr, p.bytes + i, 1, w.now), 1);
		strcat(all, events(&w));
	}
	assert_string_equal(all, "r+65001+65002.");
	free(p.bytes);
	am_bgp_rtr_free(w.rtr);
}

static void test_routes(void **state)
{
	struct world w = connected(1);
	struct am_bgp_rtr_event e;
	char text[AM_PREFIX_TEXT];

	(void)state;
	gets(&w, RESPONSE ADD6);
	assert_true(am_bgp_rtr_next_event(w.rtr, &e, w.now));
	assert_true(am_bgp_rtr_next_event(w.rtr, &e, w.now));
	assert_int_equal(e.type, AM_BGP_RTR_ANNOUNCE);
	assert_string_equal(am_prefix_text(&e.roa.prefix, text), "2001:db8::/32");
	assert_int_equal(e.roa.max_len, 48);
	assert_int_equal(e.roa.as, 65002);
	am_bgp_rtr_free(w.rtr);
}

static void test_refresh(void **state)
{
	struct world w = synced();

	(void)state;
	wait_for(&w, 2700, 3600);
	sends(&w, SERIAL_QUERY);
	gets(&w, RESPONSE DROP4 END);
	assert_string_equal(events(&w), "-65001.");
	assert_int_equal(state_of(&w), AM_BGP_RTR_SYNCED);
	am_bgp_rtr_free(w.rtr);
}

static void test_notify(void **state)
{
	struct world w = synced();

	(void)state;
	gets(&w, NOTIFY5);
	assert_string_equal(events(&w), "");
	sends(&w, "");
	gets(&w, NOTIFY6 NOTIFY6 NOTIFY6);
	assert_string_equal(events(&w), "");
	sends(&w, SERIAL_QUERY);
	assert_int_equal(am_bgp_rtr_output(w.rtr).len, 0);
	gets(&w, CACHE_RESET);
	assert_string_equal(events(&w), "");
	sends(&w, RESET_QUERY);
	gets(&w, "01 03 1234 00000008 " ADD4 "01 07 1234 00000018 00000001 00000e10 00000258 00001c20");
	assert_string_equal(events(&w), "r+65001.");
	assert_int_equal(am_bgp_rtr_status(w.rtr).session, 0x1234);
	am_bgp_rtr_free(w.rtr);
}

/* The connection is lost; what was said holds, and is completed later, or expires. */
static void test_lost(void **state)
{
	struct world w = synced();

	(void)state;
	am_bgp_rtr_closed(w.rtr, w.now);
	assert_int_equal(state_of(&w), AM_BGP_RTR_WAITING);
	assert_string_equal(events(&w), "");
	wait_for(&w, 450, 600);
	assert_string_equal(events(&w), "o");
	am_bgp_rtr_connected(w.rtr, w.now);
	sends(&w, SERIAL_QUERY);
	am_bgp_rtr_closed(w.rtr, w.now);
	for (unsigned i = 0; i < 100 && am_bgp_rtr_status(w.rtr).has_data; i++) {
		w.now = am_bgp_rtr_deadline(w.rtr);
		am_bgp_rtr_expire(w.rtr, w.now);
		if (*events(&w) == 'o')
			am_bgp_rtr_closed(w.rtr, w.now);
	}
	assert_string_equal(w.said, "f");
	assert_int_equal(am_time_since(w.now, (am_time){1000 * AM_S}), 7200 * AM_S);
	am_bgp_rtr_free(w.rtr);
}

/* The cache came back with another session: it says so to a Serial Query, and everything is asked for, at once and once. */
static void test_other_session(void **state)
{
	struct world w = synced();

	(void)state;
	am_bgp_rtr_closed(w.rtr, w.now);
	wait_for(&w, 450, 600);
	assert_string_equal(events(&w), "o");
	am_bgp_rtr_connected(w.rtr, w.now);
	sends(&w, SERIAL_QUERY);
	gets(&w, "01 0a 0000 00000010 00000000 00000000");
	assert_string_equal(events(&w), "x");
	assert_true(am_bgp_rtr_status(w.rtr).has_data);
	am_bgp_rtr_closed(w.rtr, w.now);
	assert_string_equal(events(&w), "o");
	am_bgp_rtr_connected(w.rtr, w.now);
	sends(&w, RESET_QUERY);
	gets(&w, "01 0a 0000 00000010 00000000 00000000");
	assert_string_equal(events(&w), "x");
	am_bgp_rtr_closed(w.rtr, w.now);
	assert_string_equal(events(&w), "");
	am_bgp_rtr_free(w.rtr);
}

/* It hangs up instead of an answer: next time everything is asked for, and what it said holds till then. */
static void test_hangs_up(void **state)
{
	struct world w = synced();

	(void)state;
	am_bgp_rtr_closed(w.rtr, w.now);
	wait_for(&w, 450, 600);
	assert_string_equal(events(&w), "o");
	am_bgp_rtr_connected(w.rtr, w.now);
	sends(&w, SERIAL_QUERY);
	am_bgp_rtr_closed(w.rtr, w.now);
	assert_string_equal(events(&w), "");
	assert_true(am_bgp_rtr_status(w.rtr).has_data);
	wait_for(&w, 450, 600);
	assert_string_equal(events(&w), "o");
	am_bgp_rtr_connected(w.rtr, w.now);
	sends(&w, RESET_QUERY);
	am_bgp_rtr_free(w.rtr);
}

/* A first answer that ends in the middle: it expires too. */
static void test_half(void **state)
{
	struct world w = connected(1);

	(void)state;
	gets(&w, RESPONSE ADD4);
	assert_string_equal(events(&w), "r+65001");
	wait_for(&w, 60, 60);
	assert_string_equal(events(&w), "x");
	am_bgp_rtr_closed(w.rtr, w.now);
	while (*events(&w) != 'f') {
		assert_true(am_time_since(w.now, (am_time){1000 * AM_S}) <= 7200 * AM_S);
		if (*w.said == 'o')
			am_bgp_rtr_closed(w.rtr, w.now);
		w.now = am_bgp_rtr_deadline(w.rtr);
		am_bgp_rtr_expire(w.rtr, w.now);
	}
	am_bgp_rtr_free(w.rtr);
}

static void test_no_data(void **state)
{
	struct world w = connected(1);

	(void)state;
	sends(&w, RESET_QUERY);
	gets(&w, NO_DATA);
	assert_string_equal(events(&w), "");
	assert_int_equal(state_of(&w), AM_BGP_RTR_NO_DATA_YET);
	wait_for(&w, 450, 600);
	sends(&w, RESET_QUERY);
	gets(&w, NO_DATA);
	assert_string_equal(events(&w), "");
	/* Before any answer its version is not agreed on, and a Serial Notify says nothing. */
	gets(&w, NOTIFY6);
	assert_string_equal(events(&w), "");
	sends(&w, "");
	am_bgp_rtr_free(w.rtr);
}

/* A cache that knows version 0 alone: by an Error Report, or by answering in it. */
static void test_version_0(void **state)
{
	struct world w = connected(1);

	(void)state;
	sends(&w, RESET_QUERY);
	gets(&w, "00 0a 0004 00000010 00000000 00000000");
	assert_string_equal(events(&w), "x");
	am_bgp_rtr_closed(w.rtr, w.now);
	assert_string_equal(events(&w), "o");
	am_bgp_rtr_connected(w.rtr, w.now);
	sends(&w, "00 02 0000 00000008");
	gets(&w, "00 03 0001 00000008 00 07 0001 0000000c 00000009");
	assert_string_equal(events(&w), "r.");
	am_bgp_rtr_free(w.rtr);
	w = connected(1);
	gets(&w, "00 03 0001 00000008 00 07 0001 0000000c 00000009");
	assert_string_equal(events(&w), "r.");
	assert_int_equal(am_bgp_rtr_status(w.rtr).version, 0);
	assert_int_equal(am_bgp_rtr_status(w.rtr).serial, 9);
	am_bgp_rtr_free(w.rtr);
}

static const struct {
	const char *name, *hex;
	const char *events;
	int code; /* of our Error Report; -1: none is sent */
} wrong[] = {
	{"a length under 8", "01 03 abcd 00000007", "x", 0},
	{"a length beyond all", "01 03 abcd ffffffff", "x", 0},
	{"a short prefix", RESPONSE "01 04 0000 00000013 01 18 18 00 c6336400 0000fd", "rx", 0},
	{"a long response", "01 03 abcd 00000009 00", "x", 0},
	{"a prefix before the response", ADD4, "x", 0},
	{"an end before the response", END, "x", 0},
	{"a response twice", RESPONSE RESPONSE, "rx", 0},
	{"a reset for a reset", CACHE_RESET, "x", 0},
	{"a prefix longer than its maximum", RESPONSE "01 04 0000 00000014 01 18 17 00 c6336400 0000fde9",
		"rx", 0},
	{"a maximum of 33", RESPONSE "01 04 0000 00000014 01 18 21 00 c6336400 0000fde9", "rx", 0},
	{"a maximum of 129",
		RESPONSE "01 06 0000 00000020 01 20 81 00 20010db8000000000000000000000000 0000fdea", "rx",
		0},
	{"another session at the end", RESPONSE "01 07 abce 00000018 00000005 00000e10 00000258 00001c20",
		"rfx", 0},
	{"a query", "01 02 0000 00000008", "x", 5},
	{"a type of version 2", "01 0b 0000 00000008", "x", 5},
	{"type 255", "01 ff 0000 00000008", "x", 5},
	{"version 2", "02 03 abcd 00000008", "x", 4},
	{"another version later", RESPONSE "00 04 0000 00000014 01 18 18 00 c6336400 0000fde9", "rx", 8},
	{"a router key of version 0",
		"00 03 abcd 00000008 00 09 0100 00000020 00112233445566778899aabbccddeeff00112233 0000fde9",
		"rx", 5},
	{"an error", "01 0a 0001 00000014 00000000 00000004 74657874", "x", -1},
	{"an error without its text", "01 0a 0001 00000010 00000000 00000004", "x", -1},
	{"an error that is cut", "01 0a 0001 00000008", "x", -1},
	{"an error of version 9", "09 0a 0004 00000010 00000000 00000000", "x", -1},
};

static void test_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct world w = connected(1);
		struct am_bgp_span out;

		print_message("%s\n", wrong[i].name);
		sends(&w, RESET_QUERY);
		gets(&w, wrong[i].hex);
		assert_string_equal(events(&w), wrong[i].events);
		out = am_bgp_rtr_output(w.rtr);
		if (wrong[i].code < 0) {
			assert_int_equal(out.len, 0);
			assert_true(am_bgp_rtr_last_fault(w.rtr)->by_cache ||
				    !am_bgp_rtr_last_fault(w.rtr)->has_code);
		} else {
			assert_true(out.len >= 16 && out.bytes[1] == 10);
			assert_int_equal(out.bytes[3], wrong[i].code);
			assert_int_equal(out.bytes[4 + 2] << 8 | out.bytes[4 + 3], out.len);
			assert_int_equal(am_bgp_rtr_last_fault(w.rtr)->code, wrong[i].code);
		}
		am_bgp_rtr_closed(w.rtr, w.now);
		assert_int_equal(state_of(&w), AM_BGP_RTR_WAITING);
		am_bgp_rtr_free(w.rtr);
	}
}

static void test_error_text(void **state)
{
	struct world w = connected(1);

	(void)state;
	gets(&w, "01 0a 0001 0000001c 00000008 0102030405060708 00000004 74657874");
	assert_string_equal(events(&w), "x");
	assert_int_equal(am_bgp_rtr_last_fault(w.rtr)->text_len, 4);
	assert_memory_equal(am_bgp_rtr_last_fault(w.rtr)->text, "text", 4);
	assert_string_equal(am_bgp_rtr_error_name(am_bgp_rtr_last_fault(w.rtr)->code), "Internal Error");
	am_bgp_rtr_free(w.rtr);
}

/* Timers out of bounds are brought in, and data always outlive the next question. */
static void test_timers(void **state)
{
	struct world w = connected(1);

	(void)state;
	gets(&w, RESPONSE "01 07 abcd 00000018 00000005 00000000 ffffffff 00000000");
	assert_string_equal(events(&w), "r.");
	assert_int_equal(am_bgp_rtr_status(w.rtr).refresh, 1);
	assert_int_equal(am_bgp_rtr_status(w.rtr).retry, 7200);
	assert_int_equal(am_bgp_rtr_status(w.rtr).expire, 7201);
	am_bgp_rtr_free(w.rtr);
}

/* Times that the cache did not say can be changed, and what is waited for follows. */
static void test_other_times(void **state)
{
	struct world w = connected(0);

	(void)state;
	assert_int_equal(am_bgp_rtr_set_times(w.rtr, 0, 7201, 0, w.now), -EINVAL);
	gets(&w, "00 03 abcd 00000008"
		 "00 07 abcd 0000000c 00000005");
	assert_string_equal(events(&w), "r.");
	assert_int_equal(am_bgp_rtr_set_times(w.rtr, 20, 10, 600, w.now), 0);
	assert_int_equal(am_bgp_rtr_status(w.rtr).refresh, 20);
	wait_for(&w, 15, 20);
	am_bgp_rtr_free(w.rtr);

	/* Version 1 says its own. */
	w = connected(1);
	gets(&w, RESPONSE "01 07 abcd 00000018 00000005 00000e10 00000258 00001c20");
	assert_string_equal(events(&w), "r.");
	assert_int_equal(am_bgp_rtr_set_times(w.rtr, 20, 10, 600, w.now), 0);
	assert_int_equal(am_bgp_rtr_status(w.rtr).refresh, 3600);
	am_bgp_rtr_free(w.rtr);
}

static void test_silent(void **state)
{
	struct world w = connected(1);

	(void)state;
	wait_for(&w, 60, 60);
	assert_string_equal(events(&w), "x");
	am_bgp_rtr_closed(w.rtr, w.now);
	wait_for(&w, 450, 600);
	assert_string_equal(events(&w), "o");
	am_bgp_rtr_free(w.rtr);
}

static void test_stop(void **state)
{
	struct world w = world_of(1);

	(void)state;
	/* Before the program has connected, while it does, and afterwards. */
	am_bgp_rtr_start(w.rtr, w.now);
	am_bgp_rtr_stop(w.rtr);
	assert_string_equal(events(&w), "f");
	am_bgp_rtr_start(w.rtr, w.now);
	assert_string_equal(events(&w), "o");
	am_bgp_rtr_stop(w.rtr);
	assert_string_equal(events(&w), "fx");
	/* The old connection first. */
	am_bgp_rtr_start(w.rtr, w.now);
	assert_string_equal(events(&w), "");
	am_bgp_rtr_closed(w.rtr, w.now);
	assert_string_equal(events(&w), "o");
	am_bgp_rtr_connected(w.rtr, w.now);
	am_bgp_rtr_stop(w.rtr);
	am_bgp_rtr_stop(w.rtr);
	assert_string_equal(events(&w), "fx");
	am_bgp_rtr_closed(w.rtr, w.now);
	assert_int_equal(state_of(&w), AM_BGP_RTR_STOPPED);
	assert_int_equal(am_bgp_rtr_deadline(w.rtr).ns, UINT64_MAX);
	am_bgp_rtr_free(w.rtr);
}

/* More than the input holds: it takes what fits, and all arrives. */
static void test_much(void **state)
{
	struct packet add = packet_of(ADD4);
	struct world w = connected(1);
	uint8_t many[20 * 1000];
	size_t at = 0, n = 0;
	struct am_bgp_rtr_event e;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		memcpy(many + 20 * i, add.bytes, 20);
	gets(&w, RESPONSE);
	while (at < sizeof many) {
		size_t took = am_bgp_rtr_input(w.rtr, many + at, sizeof many - at, w.now);

		assert_true(took > 0 && took <= AM_BGP_RTR_PDU_MAX);
		at += took;
		while (am_bgp_rtr_next_event(w.rtr, &e, w.now))
			n += e.type == AM_BGP_RTR_ANNOUNCE;
	}
	assert_int_equal(n, 1000);
	free(add.bytes);
	am_bgp_rtr_free(w.rtr);
}

static void test_config(void **state)
{
	static const struct am_bgp_rtr_config bad[] = {
		{.version = 2}, {.refresh = 86401}, {.retry = 7201}, {.expire = 599}, {.expire = 172801}};
	struct am_bgp_rtr *rtr;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(am_bgp_rtr_create(&bad[i], &rtr), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sync),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_refresh),
		cmocka_unit_test(test_notify),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_other_session),
		cmocka_unit_test(test_hangs_up),
		cmocka_unit_test(test_half),
		cmocka_unit_test(test_no_data),
		cmocka_unit_test(test_version_0),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_error_text),
		cmocka_unit_test(test_timers),
		cmocka_unit_test(test_other_times),
		cmocka_unit_test(test_silent),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_much),
		cmocka_unit_test(test_config),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
