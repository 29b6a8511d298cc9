/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "bgp/message.h"
#include "test_hex.h"

#define MARKER "ffffffffffffffffffffffffffffffff "

static const struct {
	const char *name, *bytes;
	size_t max;
	int rc;
	uint8_t code, subcode;
	const char *data;
} rows[] = {
	{"nothing yet", "", 4096, -EAGAIN, 0, 0, ""},
	{"half a marker", "ffffffffff", 4096, -EAGAIN, 0, 0, ""},
	{"half a header", MARKER "0013", 4096, -EAGAIN, 0, 0, ""},
	{"keepalive", MARKER "0013 04", 4096, 0, 0, 0, ""},
	{"keepalive and more", MARKER "0013 04 ff", 4096, 0, 0, 0, ""},
	{"no BGP from the first octet", "47", 4096, -EBADMSG, 1, 1, ""},
	{"a marker's last octet", "fffffffffffffffffffffffffffffffe", 4096, -EBADMSG, 1, 1, ""},
	{"length 0", MARKER "0000 04", 4096, -EBADMSG, 1, 2, "0000"},
	{"length 18", MARKER "0012 04", 4096, -EBADMSG, 1, 2, "0012"},
	{"length 4097", MARKER "1001 02", 4096, -EBADMSG, 1, 2, "1001"},
	{"length 4097, agreed", MARKER "1001 02", 65535, -EAGAIN, 0, 0, ""},
	{"length 65535, agreed", MARKER "ffff 02", 65535, -EAGAIN, 0, 0, ""},
	{"an OPEN is never extended", MARKER "1001 01", 65535, -EBADMSG, 1, 2, "1001"},
	{"a KEEPALIVE of 20", MARKER "0014 04", 4096, -EBADMSG, 1, 2, "0014"},
	{"a short OPEN", MARKER "001c 01", 4096, -EBADMSG, 1, 2, "001c"},
	{"a short UPDATE", MARKER "0016 02", 4096, -EBADMSG, 1, 2, "0016"},
	{"a short NOTIFICATION", MARKER "0014 03", 4096, -EBADMSG, 1, 2, "0014"},
	{"a short ROUTE-REFRESH", MARKER "0016 05", 4096, -EBADMSG, 1, 2, "0016"},
	{"type 0", MARKER "0013 00", 4096, -EBADMSG, 1, 3, "00"},
	{"type 6", MARKER "0013 06", 4096, -EBADMSG, 1, 3, "06"},
	{"type 255", MARKER "0020 ff", 4096, -EBADMSG, 1, 3, "ff"},
	{"a body that is not all there", MARKER "0017 02 0000", 4096, -EAGAIN, 0, 0, ""},
	{"an empty UPDATE", MARKER "0017 02 0000 0000", 4096, 0, 0, 0, ""},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct packet p = packet_of(rows[i].bytes), data = packet_of(rows[i].data);
		struct am_bgp_message message;
		struct am_bgp_error err = {0};

		print_message("%s\n", rows[i].name);
		assert_int_equal(
			am_bgp_message_parse(p.bytes, p.len, rows[i].max, &message, &err), rows[i].rc);
		assert_int_equal(err.code, rows[i].code);
		assert_int_equal(err.subcode, rows[i].subcode);
		assert_int_equal(err.data.len, data.len);
		if (data.len)
			assert_memory_equal(err.data.bytes, data.bytes, data.len);
		if (rows[i].rc == 0)
			assert_int_equal(message.whole.len, message.body.len + 19);
		free(p.bytes);
		free(data.bytes);
	}
}

static void test_keepalive(void **state)
{
	struct packet want = packet_of(MARKER "0013 04");
	uint8_t room[19];
	struct am_writer w = am_writer(room, sizeof room), tight = am_writer(room, 18);

	(void)state;
	assert_int_equal(am_bgp_keepalive_encode(&w), 0);
	assert_int_equal(am_writer_len(&w), 19);
	assert_memory_equal(room, want.bytes, 19);
	assert_int_equal(am_bgp_keepalive_encode(&tight), -ENOSPC);
	assert_int_equal(am_writer_len(&tight), 0);
	assert_false(tight.full);
	free(want.bytes);
}

static const struct {
	const char *name, *body;
	int rc;
	struct am_bgp_refresh refresh;
	uint8_t code, subcode;
} refreshes[] = {
	{"ask, IPv4", "0001 00 01", 0, {1, 1, AM_BGP_REFRESH_ASK}, 0, 0},
	{"begin, EVPN", "0019 01 46", 0, {25, 70, AM_BGP_REFRESH_BEGIN}, 0, 0},
	{"end, IPv6", "0002 02 01", 0, {2, 1, AM_BGP_REFRESH_END}, 0, 0},
	{"a kind to be ignored", "0002 07 01", 0, {2, 1, 7}, 0, 0},
	{"ORF was not agreed", "0001 00 01 01", -EBADMSG, {0}, 1, 2},
	{"a long BEGIN", "0001 01 01 00", -EBADMSG, {0}, 7, 1},
	{"a long END", "0001 02 01 0000", -EBADMSG, {0}, 7, 1},
};

static void test_refresh(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refreshes / sizeof refreshes[0]; i++) {
		struct packet body = packet_of(refreshes[i].body);
		uint8_t room[64];
		struct am_writer w = am_writer(room, sizeof room);
		uint8_t *begin = am_bgp_message_begin(&w, AM_BGP_ROUTE_REFRESH);
		struct am_bgp_refresh refresh;
		struct am_bgp_message message;
		struct am_bgp_error err = {0};

		print_message("%s\n", refreshes[i].name);
		am_put_bytes(&w, body.bytes, body.len);
		assert_int_equal(am_bgp_message_end(&w, begin, 4096), 0);
		assert_int_equal(am_bgp_message_parse(room, am_writer_len(&w), 4096, &message, &err), 0);
		assert_int_equal(am_bgp_refresh_decode(&message, &refresh, &err), refreshes[i].rc);
		assert_int_equal(err.code, refreshes[i].code);
		assert_int_equal(err.subcode, refreshes[i].subcode);
		if (!refreshes[i].rc) {
			uint8_t again[23];
			struct am_writer out = am_writer(again, sizeof again);

			assert_int_equal(refresh.afi, refreshes[i].refresh.afi);
			assert_int_equal(refresh.safi, refreshes[i].refresh.safi);
			assert_int_equal(refresh.kind, refreshes[i].refresh.kind);
			assert_int_equal(am_bgp_refresh_encode(&out, &refresh), 0);
			assert_memory_equal(again, room, sizeof again);
		}
		free(body.bytes);
	}
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(am_bgp_type_name(AM_BGP_UPDATE), "UPDATE");
	assert_string_equal(am_bgp_type_name(0), "unknown");
	assert_string_equal(am_bgp_type_name(6), "unknown");
	assert_string_equal(am_bgp_error_name(6), "Cease");
	assert_string_equal(am_bgp_error_name(0), "unknown");
	assert_string_equal(am_bgp_error_name(200), "unknown");
	assert_string_equal(am_bgp_error_subname(2, 11), "Role Mismatch");
	assert_string_equal(am_bgp_error_subname(2, 0), "unspecific");
	assert_string_equal(am_bgp_error_subname(2, 99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_keepalive),
		cmocka_unit_test(test_refresh),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
