/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "bgp/message.h"
#include "test_hex.h"

static const struct {
	const char *name, *body;
	uint8_t code, subcode;
	bool hard;
	const char *data, *text; /* text: as it is, not hexadecimal */
} rows[] = {
	{"hold timer", "0400", 4, 0, false, "", ""},
	{"an OPEN refused, with data", "0201 0004", 2, 1, false, "0004", ""},
	{"shutdown without text", "0602", 6, 2, false, "", ""},
	{"shutdown with text", "0602 03 627965", 6, 2, false, "03627965", "bye"},
	{"shutdown with an empty text", "0602 00", 6, 2, false, "00", ""},
	{"reset with text in UTF-8", "0604 06 e7b6b2e79bae", 6, 4, false, "06e7b6b2e79bae",
		"\xe7\xb6\xb2\xe7\x9b\xae"},
	{"text longer than the message", "0602 04 627965", 6, 2, false, "04627965", ""},
	{"no UTF-8", "0602 02 c328", 6, 2, false, "02c328", ""},
	{"an overlong slash", "0602 02 c0af", 6, 2, false, "02c0af", ""},
	{"a surrogate", "0602 03 eda080", 6, 2, false, "03eda080", ""},
	{"beyond Unicode", "0602 04 f4908080", 6, 2, false, "04f4908080", ""},
	{"text where none belongs", "0605 03 627965", 6, 5, false, "03627965", ""},
	{"text as ExaBGP sends it, without a length", "0604 41646d696e", 6, 4, false, "41646d696e", ""},
	{"hard reset around a shutdown", "0609 0602 03 627965", 6, 2, true, "03627965", "bye"},
	{"hard reset, empty", "0609", 6, 9, true, "", ""},
	{"hard reset, one octet", "0609 06", 6, 9, true, "06", ""},
	{"codes that nobody knows", "c8c8 01", 200, 200, false, "01", ""},
};

static struct am_bgp_message message_of(const uint8_t *bytes, size_t len)
{
	struct am_bgp_message message;
	struct am_bgp_error err;

	assert_int_equal(am_bgp_message_parse(bytes, len, AM_BGP_MESSAGE_MAX, &message, &err), 0);
	return message;
}

static void test_decode(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct packet body = packet_of(rows[i].body), data = packet_of(rows[i].data);
		uint8_t room[64];
		struct am_writer w = am_writer(room, sizeof room);
		uint8_t *begin = am_bgp_message_begin(&w, AM_BGP_NOTIFICATION);
		struct am_bgp_notification n;
		struct am_bgp_message message;

		print_message("%s\n", rows[i].name);
		am_put_bytes(&w, body.bytes, body.len);
		assert_int_equal(am_bgp_message_end(&w, begin, 4096), 0);
		message = message_of(room, am_writer_len(&w));
		am_bgp_notification_decode(&message, &n);
		assert_int_equal(n.code, rows[i].code);
		assert_int_equal(n.subcode, rows[i].subcode);
		assert_int_equal(n.hard, rows[i].hard);
		assert_int_equal(n.data.len, data.len);
		if (data.len)
			assert_memory_equal(n.data.bytes, data.bytes, data.len);
		assert_int_equal(n.text.len, strlen(rows[i].text));
		if (n.text.len)
			assert_memory_equal(n.text.bytes, rows[i].text, n.text.len);
		free(body.bytes);
		free(data.bytes);
	}
}

static struct am_bgp_span span_of(const char *text)
{
	return (struct am_bgp_span){(const uint8_t *)text, strlen(text)};
}

/* What was encoded decodes to the same. */
static void test_round(void **state)
{
	const struct am_bgp_notification sent[] = {
		{.code = 6, .subcode = 2, .text = span_of("maintenance until 04:00 UTC")},
		{.code = 6, .subcode = 4, .text = span_of("new software"), .hard = 1},
		{.code = 3, .subcode = 5, .data = span_of("xyz")},
		{.code = 4},
	};

	(void)state;
	for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++) {
		uint8_t room[128];
		struct am_writer w = am_writer(room, sizeof room);
		struct am_bgp_notification got;
		struct am_bgp_message message;

		assert_int_equal(am_bgp_notification_encode(&w, &sent[i], 4096), 0);
		message = message_of(room, am_writer_len(&w));
		am_bgp_notification_decode(&message, &got);
		assert_int_equal(got.code, sent[i].code);
		assert_int_equal(got.subcode, sent[i].subcode);
		assert_int_equal(got.hard, sent[i].hard);
		assert_int_equal(got.text.len, sent[i].text.len);
		if (sent[i].text.len)
			assert_memory_equal(got.text.bytes, sent[i].text.bytes, got.text.len);
		else
			assert_int_equal(got.data.len, sent[i].data.len);
	}
}

static void test_limits(void **state)
{
	static uint8_t long_text[256], big[5000], room[6000];
	struct am_writer w = am_writer(room, sizeof room);
	struct am_bgp_notification n = {.code = 6, .subcode = 2, .text = {long_text, 256}};

	(void)state;
	memset(long_text, 'a', sizeof long_text);
	assert_int_equal(am_bgp_notification_encode(&w, &n, 4096), -EINVAL);
	n.text.len = 255;
	assert_int_equal(am_bgp_notification_encode(&w, &n, 4096), 0);
	assert_int_equal(am_writer_len(&w), 19 + 2 + 1 + 255);
	n.text = span_of("\xff");
	assert_int_equal(am_bgp_notification_encode(&w, &n, 4096), -EINVAL);
	n = (struct am_bgp_notification){.code = 6, .subcode = 5, .text = span_of("no place for it")};
	assert_int_equal(am_bgp_notification_encode(&w, &n, 4096), -EINVAL);
	w = am_writer(room, sizeof room);
	n = (struct am_bgp_notification){.code = 3, .subcode = 1, .data = {big, sizeof big}};
	assert_int_equal(am_bgp_notification_encode(&w, &n, 4096), 0);
	assert_int_equal(am_writer_len(&w), 4096);
	w = am_writer(room, 100);
	assert_int_equal(am_bgp_notification_encode(&w, &n, 4096), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
