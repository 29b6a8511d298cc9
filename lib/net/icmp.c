/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/icmp.h"

#include <string.h>

#include "base/bytes.h"
#include "net/csum.h"
#include "net/ip.h"
#include "transport.h"

enum {
	ICMP_LEN = 8,
	HOPS = 64,
	TOS_CONTROL = 0xc0, /* RFC 1812 4.3.2.5: internetwork control */
	ICMP6_INFORMATIONAL = 128,
	ICMP6_REDIRECT = 137,
};

/* RFC 1122 3.2.2: everything but queries and their answers is an error. */
static bool is_query(uint8_t type)
{
	return type == 0 || type == 8 || (type >= 13 && type <= 18);
}

bool am_icmp_may_answer(const uint8_t *ip, uint32_t len, uint8_t family)
{
	struct am_transport t;

	if (!am_transport_find(ip, len, &t) || t.later)
		return false;
	if (family == AM_IPV4)
		return t.proto != AM_PROTO_ICMP || (t.end > t.at && is_query(ip[t.at]));
	return t.proto != AM_PROTO_ICMPV6 ||
	       (t.end > t.at && ip[t.at] >= ICMP6_INFORMATIONAL && ip[t.at] != ICMP6_REDIRECT);
}

static uint32_t headers(uint8_t family)
{
	return ICMP_LEN + (family == AM_IPV4 ? AM_IP4_LEN : AM_IP6_LEN);
}

uint32_t am_icmp_error_len(uint32_t len, uint8_t family)
{
	uint32_t most = family == AM_IPV4 ? AM_ICMP_ERROR_MAX : AM_ICMP6_ERROR_MAX;

	return headers(family) + len < most ? headers(family) + len : most;
}

static void put_ip4(uint8_t *out, uint32_t total, const uint8_t *src, const uint8_t *dst)
{
	uint16_t csum;

	memset(out, 0, AM_IP4_LEN);
	out[0] = 0x45;
	out[1] = TOS_CONTROL;
	am_store16(out + 2, (uint16_t)total);
	am_store16(out + 6, AM_IP4_DF); /* atomic: it needs no identification (RFC 6864) */
	out[8] = HOPS;
	out[9] = AM_PROTO_ICMP;
	memcpy(out + 12, src, 4);
	memcpy(out + 16, dst, 4);
	csum = am_csum_finish(am_csum_add(out, AM_IP4_LEN, 0));
	memcpy(out + 10, &csum, sizeof csum);
}

static void put_ip6(uint8_t *out, uint32_t total, const uint8_t *src, const uint8_t *dst)
{
	am_store32(out, 6u << 28 | TOS_CONTROL << 20);
	am_store16(out + 4, (uint16_t)(total - AM_IP6_LEN));
	out[6] = AM_PROTO_ICMPV6;
	out[7] = HOPS;
	memcpy(out + 8, src, 16);
	memcpy(out + 24, dst, 16);
}

void am_icmp_error_write(uint8_t *out, const uint8_t *ip, uint32_t len, const struct am_ip *source,
	const struct am_icmp_error *error)
{
	uint8_t family = source->family;
	uint32_t total = am_icmp_error_len(len, family), quoted = total - headers(family);
	uint8_t *icmp = out + headers(family) - ICMP_LEN;
	const uint8_t *dst = am_ip_src(ip, family);
	uint64_t sum = 0;
	uint16_t csum;

	memset(icmp, 0, ICMP_LEN);
	icmp[0] = error->type;
	icmp[1] = error->code;
	am_store16(icmp + 6, error->mtu); /* the lower half of ICMPv6's 32 bits too */
	memcpy(icmp + ICMP_LEN, ip, quoted);
	if (family == AM_IPV4) {
		put_ip4(out, total, source->bytes, dst);
	} else {
		put_ip6(out, total, source->bytes, dst);
		sum = am_csum_pseudo(family, out + 8, out + 24, AM_PROTO_ICMPV6, total - AM_IP6_LEN);
	}
	csum = am_csum_finish(am_csum_add(icmp, ICMP_LEN + quoted, sum));
	memcpy(icmp + 2, &csum, sizeof csum);
}
