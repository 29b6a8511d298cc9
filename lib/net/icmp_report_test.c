/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "net/csum.h"
#include "net/icmp.h"
#include "net/icmp_report.h"

enum { ROOM = 1500 };

static struct am_ip ip(const char *text)
{
	struct am_ip out;

	assert_int_equal(am_ip_parse_text(text, &out), 0);
	return out;
}

/* A packet of ours from a to b of 120 octets, with the beginning of its payload. */
static void ours4(uint8_t *out, uint8_t proto, const uint8_t *payload, size_t n)
{
	const struct am_ip a = ip("192.0.2.1"), b = ip("198.51.100.1");

	memset(out, 0, 120);
	out[0] = 0x45;
	am_store16(out + 2, 120);
	out[8] = 64;
	out[9] = proto;
	memcpy(out + 12, a.bytes, 4);
	memcpy(out + 16, b.bytes, 4);
	memcpy(out + 20, payload, n);
}

static void ours6(uint8_t *out, uint8_t proto, const uint8_t *payload, size_t n)
{
	const struct am_ip a = ip("2001:db8:a::1"), b = ip("2001:db8:b::1");

	memset(out, 0, 120);
	out[0] = 0x60;
	am_store16(out + 4, 80);
	out[6] = proto;
	out[7] = 64;
	memcpy(out + 8, a.bytes, 16);
	memcpy(out + 24, b.bytes, 16);
	memcpy(out + 40, payload, n);
}

/* What a router says about it. */
static uint32_t answer(uint8_t *out, const uint8_t *packet, const char *router, struct am_icmp_error error)
{
	struct am_ip from = ip(router);
	uint32_t len = am_icmp_error_len(120, from.family);

	memset(out, 0, ROOM);
	am_icmp_error_write(out, packet, 120, &from, &error);
	return len;
}

static void test_too_big(void **state)
{
	static const uint8_t gre[] = {0x20, 0, 0x65, 0x58, 0, 0, 0, 7};
	const struct am_ip router = ip("2001:db8::fe"), remote = ip("2001:db8:b::1");
	uint8_t packet[120], icmp[ROOM];
	struct am_icmp_report r;
	char text[96];
	uint32_t len;

	(void)state;
	ours6(packet, AM_PROTO_GRE, gre, sizeof gre);
	len = answer(icmp, packet, "2001:db8::fe", (struct am_icmp_error){AM_ICMP6_TOO_BIG, 0, 1400});
	assert_true(am_icmp_report_read(icmp, len, &r));
	assert_true(am_ip_equal(&r.from, &router) && am_ip_equal(&r.remote, &remote));
	assert_int_equal(r.mtu, 1400);
	assert_true(r.has_gre && r.has_key);
	assert_int_equal(r.key, 7);
	assert_int_equal(r.gre_type, 0x6558);
	am_icmp_report_text(&r, text, sizeof text);
	assert_string_equal(text, "packet too big, at most 1400 octets");
	icmp[len - 1] ^= 1; /* the checksum is over all of it */
	assert_false(am_icmp_report_read(icmp, len, &r));
}

static void test_ipv4(void **state)
{
	static const uint8_t etherip[] = {0x30, 0};
	uint8_t packet[120], icmp[ROOM];
	struct am_icmp_report r;
	uint32_t len;

	(void)state;
	ours4(packet, AM_PROTO_ETHERIP, etherip, sizeof etherip);
	len = answer(icmp, packet, "203.0.113.1",
		(struct am_icmp_error){AM_ICMP_UNREACHABLE, AM_ICMP_FRAG_NEEDED, 1300});
	assert_true(am_icmp_report_read(icmp, len, &r));
	assert_int_equal(r.mtu, 1300);
	assert_int_equal(r.proto, AM_PROTO_ETHERIP);
	assert_false(r.has_gre);
	len = answer(icmp, packet, "203.0.113.1", (struct am_icmp_error){AM_ICMP_TIME_EXCEEDED, 0, 0});
	assert_true(am_icmp_report_read(icmp, len, &r));
	assert_int_equal(r.mtu, 0);
}

/* What is not about a tunnel, or not to who is said to have sent it. */
static void test_others(void **state)
{
	static const uint8_t gre[] = {0, 0, 8, 0};
	uint8_t packet[120], icmp[ROOM];
	struct am_icmp_report r;
	uint32_t len;

	(void)state;
	ours4(packet, AM_PROTO_UDP, gre, sizeof gre);
	len = answer(icmp, packet, "203.0.113.1", (struct am_icmp_error){AM_ICMP_UNREACHABLE, 1, 0});
	assert_false(am_icmp_report_read(icmp, len, &r));
	ours4(packet, AM_PROTO_GRE, gre, sizeof gre);
	len = answer(icmp, packet, "203.0.113.1", (struct am_icmp_error){AM_ICMP_UNREACHABLE, 1, 0});
	assert_true(am_icmp_report_read(icmp, len, &r));
	for (uint32_t i = 0; i < len; i++)
		assert_false(am_icmp_report_read(icmp, i, &r));
	icmp[20 + 8 + 12]++; /* the quoted source */
	memset(icmp + 22, 0, 2);
	am_store16(icmp + 22, 0);
	{
		uint16_t csum = am_csum_finish(am_csum_add(icmp + 20, len - 20, 0));

		memcpy(icmp + 22, &csum, sizeof csum);
	}
	assert_false(am_icmp_report_read(icmp, len, &r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_too_big),
		cmocka_unit_test(test_ipv4),
		cmocka_unit_test(test_others),
	};
	return cmocka_run_group_tests_name("net/icmp_report", tests, NULL, NULL);
}
