/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/csum.h"

#include <string.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "base/cpu.h"
#include "net/ip.h"
#include "net/vxlan.h"
#include "transport.h"

enum {
	CSUM_WIDE_MIN = 128, /* shorter pieces are headers, for which a call costs more than it saves */
	TCP_CSUM_AT = 16,
	UDP_CSUM_AT = 6,
};

static inline AM_INLINE uint64_t load_native64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

/*
 * Whole 8-octet words. Halves are summed apart: 2^32 of them fit 64 bits, so no carry is ever lost or looked
 * for, and compilers turn the loop into vector adds.
 */
static inline AM_INLINE uint64_t add_words(const uint8_t *p, uint32_t words)
{
	uint64_t low = 0, high = 0, w;

	for (uint32_t i = 0; i < words; i++) {
		w = load_native64(p + 8 * (size_t)i);
		low += (uint32_t)w;
		high += w >> 32;
	}
	return low + high;
}

AM_VARIANTS(uint64_t, add_many_words, add_words, (const uint8_t *p, uint32_t words), (p, words));

uint64_t am_csum_add(const void *bytes, uint32_t len, uint64_t sum)
{
	const uint8_t *p = bytes;
	uint32_t words = len / 8, half;
	uint16_t quarter;

	sum = (sum & 0xffffffff) + (sum >> 32);
	if (len >= CSUM_WIDE_MIN) {
		sum += add_many_words(p, words);
	} else {
		for (uint32_t i = 0; i < words; i++) {
			uint64_t w = load_native64(p + 8 * i);

			sum += (w & 0xffffffff) + (w >> 32);
		}
	}
	p += 8 * (size_t)words;
	if (len & 4) {
		memcpy(&half, p, sizeof half);
		sum += half;
		p += 4;
	}
	if (len & 2) {
		memcpy(&quarter, p, sizeof quarter);
		sum += quarter;
		p += 2;
	}
	if (len & 1)
		sum += *p; /* little-endian: the octet comes first, its padding second */
	return sum;
}

uint64_t am_csum_pseudo(uint8_t family, const uint8_t *src, const uint8_t *dst, uint8_t proto, uint32_t len)
{
	uint32_t addr_len = family == AM_IPV4 ? 4 : 16;
	uint64_t sum = (uint64_t)__builtin_bswap32(len) + ((uint64_t)proto << 8);

	return am_csum_add(dst, addr_len, am_csum_add(src, addr_len, sum));
}

/* Offset of the checksum field in the upper layer's header where the packet holds one to finish, or 0. */
static uint32_t csum_field_at(const uint8_t *ip, const struct am_transport *t)
{
	uint32_t len = t->end - t->at;

	if (t->frag)
		return 0;
	if (t->proto == AM_PROTO_TCP && len >= AM_TCP_LEN)
		return TCP_CSUM_AT;
	if (t->proto == AM_PROTO_UDP && len >= AM_UDP_LEN && am_load16(ip + t->at + 4) == len)
		return UDP_CSUM_AT;
	return 0;
}

bool am_csum_complete(uint8_t *frame, uint32_t len)
{
	struct am_transport t;
	uint8_t *ip, *upper;
	uint32_t ip_at = am_transport_ip_at(frame, len), field_at;
	uint64_t pseudo;
	uint16_t field;

	if (!ip_at || !am_transport_find(frame + ip_at, len - ip_at, &t))
		return false;
	ip = frame + ip_at;
	upper = ip + t.at;
	field_at = csum_field_at(ip, &t);
	if (!field_at)
		return false;
	pseudo = am_csum_pseudo(
		t.family, am_ip_src(ip, t.family), am_ip_dst(ip, t.family), t.proto, t.end - t.at);
	memcpy(&field, upper + field_at, sizeof field);
	if (field != am_csum_fold(pseudo))
		return false;
	memset(upper + field_at, 0, sizeof field);
	field = am_csum_finish(am_csum_add(upper, t.end - t.at, pseudo));
	if (field == 0 && t.proto == AM_PROTO_UDP)
		field = 0xffff;
	memcpy(upper + field_at, &field, sizeof field);
	return true;
}
