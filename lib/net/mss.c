/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/mss.h"

#include "base/bytes.h"
#include "net/csum.h"
#include "net/ip.h"
#include "transport.h"

enum {
	TCP_FLAGS_AT = 13,
	TCP_CSUM_AT = 16,
	TCP_SYN = 0x02,
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_MSS = 2,
	OPTION_MSS_LEN = 4,
};

/* Lower the value at tcp[at]. At an odd offset its octets lie in two words of the sum, each in the other's
 * half. */
static bool lower(uint8_t *tcp, uint32_t at, uint16_t mss)
{
	uint16_t old = am_load16(tcp + at), csum = am_load16(tcp + TCP_CSUM_AT);

	if (old <= mss)
		return false;
	am_store16(tcp + at, mss);
	if (at & 1)
		csum = am_csum_update(csum, __builtin_bswap16(old), __builtin_bswap16(mss));
	else
		csum = am_csum_update(csum, old, mss);
	am_store16(tcp + TCP_CSUM_AT, csum);
	return true;
}

/* Receivers differ in which of several MSS options they believe, so all are lowered. */
static bool lower_options(uint8_t *tcp, uint32_t hlen, uint16_t mss)
{
	uint32_t at = AM_TCP_LEN, len;
	bool changed = false;

	while (at < hlen && tcp[at] != OPTION_END) {
		if (tcp[at] == OPTION_NOP) {
			at++;
			continue;
		}
		if (at + 2 > hlen)
			break;
		len = tcp[at + 1];
		if (len < 2 || at + len > hlen)
			break;
		if (tcp[at] == OPTION_MSS && len == OPTION_MSS_LEN)
			changed |= lower(tcp, at + 2, mss);
		at += len;
	}
	return changed;
}

bool am_mss_clamp_ip(uint8_t *ip, uint32_t len, uint16_t mss4, uint16_t mss6)
{
	struct am_transport t;
	uint32_t hlen;
	uint16_t mss;
	uint8_t *tcp;

	if (!am_transport_find(ip, len, &t) || t.proto != AM_PROTO_TCP || t.later ||
		t.end - t.at < AM_TCP_LEN)
		return false;
	mss = t.family == AM_IPV4 ? mss4 : mss6;
	tcp = ip + t.at;
	hlen = (uint32_t)(tcp[12] >> 4) * 4;
	if (!mss || !(tcp[TCP_FLAGS_AT] & TCP_SYN) || hlen > t.end - t.at)
		return false;
	return lower_options(tcp, hlen, mss);
}

bool am_mss_clamp_frame(uint8_t *frame, uint32_t len, uint16_t mss4, uint16_t mss6)
{
	uint32_t ip_at = am_transport_ip_at(frame, len);

	return ip_at && am_mss_clamp_ip(frame + ip_at, len - ip_at, mss4, mss6);
}
