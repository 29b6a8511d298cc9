/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PKT_STRING_H
#define PKT_STRING_H
/*
 * A header string in front of a packet: the copy, and what is patched into it. Inline, since every packet that
 * enters a tunnel passes here; lib/pkt/encap.c has the packets that take more than this.
 *
 * All of it writes at the string's copy, and takes what was there before from struct am_encap: a load of octets
 * that were just stored by a wider store, or by two, would wait for them.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "net/csum.h"
#include "net/encap.h"
#include "net/ip.h"
#include "pkt/buf.h"

#if defined(__SSE4_1__)
#include <smmintrin.h>
#define AM_STRING_WIDE 1
#else
#define AM_STRING_WIDE 0
#endif

enum {
	AM_SPORT_FIRST = 49152, /* RFC 7348: the dynamic range */
	AM_SPORT_MASK = 0x3fff,
	AM_FLOW_LABEL_MASK = 0xfffff,
};

/*
 * Copy the n octets that end at src_end so that they end at dst_end; n is a multiple of AM_ENCAP_COPY_STEP and at
 * least AM_ENCAP_COPY_MIN. What is too much of it lies in front.
 */
static inline void am_string_copy(uint8_t *dst_end, const uint8_t *src_end, uint32_t n)
{
	memcpy(dst_end - AM_ENCAP_COPY_MIN, src_end - AM_ENCAP_COPY_MIN, AM_ENCAP_COPY_MIN);
	for (uint32_t at = AM_ENCAP_COPY_MIN + AM_ENCAP_COPY_STEP; at <= n; at += AM_ENCAP_COPY_STEP)
		memcpy(dst_end - at, src_end - at, AM_ENCAP_COPY_STEP);
}

/*
 * Length, DSCP and ECN bits, and checksum of an IPv4 header. sum is the rest of the header, with what else was put
 * into it; all in native words.
 */
static inline void am_string_ip4(uint8_t *ip, uint32_t sum, uint32_t total, uint32_t tos)
{
	uint16_t length = __builtin_bswap16((uint16_t)total), csum;

	csum = am_csum_finish32(sum + length + (tos << 8));
	ip[1] = (uint8_t)tos;
	memcpy(ip + 2, &length, sizeof length);
	memcpy(ip + 10, &csum, sizeof csum);
}

static inline void am_string_ip6(uint8_t *ip, uint32_t total, uint32_t tos, uint32_t label)
{
	am_store32(ip, 6u << 28 | tos << 20 | label);
	am_store16(ip + 4, (uint16_t)(total - AM_IP6_LEN));
}

/* RFC 6438: the same for all fragments of a flow, and never zero. */
static inline uint32_t am_string_label(const struct am_encap *e, uint32_t hash)
{
	uint32_t label = (hash ^ hash >> 20) & AM_FLOW_LABEL_MASK;

	return e->flow_label ? label + (label == 0) : 0;
}

static inline uint32_t am_string_sport(uint32_t hash)
{
	return AM_SPORT_FIRST | ((hash ^ hash >> 16) & AM_SPORT_MASK);
}

/* The bits that a packet adds to the string's own DSCP and ECN. */
static inline uint32_t am_string_tos(const struct am_encap *e, uint32_t tos)
{
	return e->tos | (tos & e->tos_mask);
}

/* The UDP header without its checksum; len: of header and payload. */
static inline void am_string_udp(uint8_t *udp, uint32_t len, uint32_t hash)
{
	am_store16(udp, (uint16_t)am_string_sport(hash));
	am_store16(udp + 4, (uint16_t)len);
}

/* The IP header under VXLAN, inside the tunnel, and the UDP header. plen: octets of payload. */
static inline void am_string_vxlan(
	const struct am_encap *e, uint8_t *string, uint32_t plen, uint32_t hash, uint32_t tos)
{
	if (e->vx_ip_at) {
		uint8_t *ip = string + e->vx_ip_at;
		uint32_t total = e->len - e->vx_ip_at + plen;

		if (e->vx_family == AM_IPV4)
			am_string_ip4(ip, e->vx_ip_sum, total, tos);
		else
			am_string_ip6(ip, total, tos, 0);
	}
	if (e->udp_at)
		am_string_udp(string + e->udp_at, e->len - e->udp_at + plen, hash);
}

/* The outermost IP header of a packet that needs no identification; total: its octets. */
static inline void am_string_outer(
	const struct am_encap *e, uint8_t *ip, uint8_t family, uint32_t total, uint32_t hash, uint32_t tos)
{
	uint16_t atomic = __builtin_bswap16(AM_IP4_DF);

	if (family == AM_IPV4) {
		memcpy(ip + 6, &atomic, sizeof atomic);
		am_string_ip4(ip, e->ip_sum + atomic, total, tos);
	} else {
		am_string_ip6(ip, total, tos, am_string_label(e, hash));
	}
}

#if AM_STRING_WIDE
/*
 * VXLAN over IPv4 in a tunnel. All that is patched stands side by side in one register, as it goes on the wire; each part
 * of the string takes its own from there by a shuffle, on its way to the packet.
 */
enum {
	AM_PATCH_LENGTH, /* words: of the outermost IP header, */
	AM_PATCH_SUM, /* IPv4: its checksum; IPv6: half of its first word, the other half is the last one */
	AM_PATCH_INNER_LENGTH,
	AM_PATCH_INNER_SUM,
	AM_PATCH_UDP_LENGTH,
	AM_PATCH_SPORT,
	AM_PATCH_TOS, /* in the upper half */
	AM_PATCH_ID,
	AM_PATCH_TOS_ID = AM_PATCH_TOS / 2, /* both, as one of 32 bits */

	AM_STRING_INNER =
		3 *
		AM_ENCAP_COPY_STEP, /* octets of a string that are patched under the outermost IP header */
};

static inline __m128i am_string_load(const void *aligned)
{
	return _mm_load_si128((const __m128i *)aligned);
}

/*
 * Lengths, as numbers, in network order and with checksums. id, in network order, is the outermost header's where it has
 * one; more is what else that has in its sum.
 */
static inline __m128i am_string_patch(
	const struct am_encap *e, __m128i length, uint32_t more, uint32_t id, uint32_t tos, uint32_t hash)
{
	const __m128i swap = _mm_setr_epi8(1, 0, -1, -1, 5, 4, -1, -1, 9, 8, -1, -1, 13, 12, -1, -1);
	const __m128i halves = _mm_setr_epi8(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
	const __m128i ones = _mm_set1_epi8(-1);
	__m128i patch = _mm_shuffle_epi8(length, swap), sum;

	sum = _mm_add_epi32(patch, am_string_load(e->shaped.sum));
	sum = _mm_add_epi32(sum, _mm_set1_epi32((int)(tos << 8)));
	sum = _mm_add_epi32(sum, _mm_cvtsi32_si128((int)more));
	/* As am_csum_finish32, four at a time: the result is in the upper half of each. */
	sum = _mm_xor_si128(_mm_add_epi32(sum, _mm_shuffle_epi8(sum, halves)), ones);
	patch = _mm_blend_epi16(patch, sum, 0xaa);
	patch = _mm_insert_epi16(patch, __builtin_bswap16((uint16_t)am_string_sport(hash)), AM_PATCH_SPORT);
	return _mm_insert_epi32(patch, (int)(tos << 8 | id << 16), AM_PATCH_TOS_ID);
}

/* The lengths of a packet that leaves whole. */
static inline __m128i am_string_lengths(const struct am_encap *e, uint32_t plen)
{
	return _mm_add_epi32(_mm_set1_epi32((int)plen), am_string_load(e->shaped.length));
}

static inline void am_string_put(uint8_t *to, __m128i octets, __m128i patch)
{
	_mm_storeu_si128((__m128i *)(void *)to, _mm_or_si128(octets, patch));
}

/* What of a string is in front of AM_ENCAP_COPY_MIN octets. */
static inline void am_string_copy_rest(const struct am_encap *e, uint8_t *end)
{
	enum { STEP = AM_ENCAP_COPY_STEP, FIRST = AM_ENCAP_COPY_MIN + STEP };
	const uint8_t *from = e->bytes + AM_ENCAP_HDR_MAX;

	memcpy(end - FIRST, from - FIRST, STEP);
	for (uint32_t at = FIRST + STEP; at <= e->copy_len; at += STEP)
		memcpy(end - at, from - at, STEP);
}

/* The string's last octets up to end: what is under VXLAN. */
static inline void am_string_put_inner(const struct am_encap *e, uint8_t *end, __m128i patch)
{
	enum { STEP = AM_ENCAP_COPY_STEP };
	const __m128i ip = _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 13, 4, 5);
	const __m128i sum = _mm_setr_epi8(-1, -1, -1, -1, -1, -1, 6, 7, -1, -1, -1, -1, -1, -1, -1, -1);
	const __m128i udp = _mm_setr_epi8(10, 11, -1, -1, 8, 9, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
	const uint8_t *from = e->bytes + AM_ENCAP_HDR_MAX;

	am_string_put(end - 3 * STEP, am_string_load(from - 3 * STEP), _mm_shuffle_epi8(patch, ip));
	am_string_put(end - 2 * STEP, am_string_load(from - 2 * STEP), _mm_shuffle_epi8(patch, sum));
	am_string_put(end - STEP, am_string_load(from - STEP), _mm_shuffle_epi8(patch, udp));
}

/* The string up to end: all of it but the outermost IP header's own fields. */
static inline void am_string_put_layers(const struct am_encap *e, uint8_t *end, __m128i patch)
{
	const uint8_t *from = e->bytes + AM_ENCAP_HDR_MAX;

	memcpy(end - AM_ENCAP_COPY_MIN, from - AM_ENCAP_COPY_MIN, AM_ENCAP_COPY_MIN - AM_STRING_INNER);
	if (e->copy_len > AM_ENCAP_COPY_MIN)
		am_string_copy_rest(e, end);
	am_string_put_inner(e, end, patch);
}

/* The outermost IPv4 header at ip, which begins as head does. */
static inline void am_string_put_ip4(uint8_t *ip, __m128i head, __m128i patch)
{
	const __m128i fields = _mm_setr_epi8(-1, 13, 0, 1, 14, 15, -1, -1, -1, -1, 2, 3, -1, -1, -1, -1);

	am_string_put(ip, head, _mm_shuffle_epi8(patch, fields));
}

static inline void am_string_put_ip6(
	const struct am_encap *e, uint8_t *ip, __m128i patch, uint32_t tos, uint32_t hash)
{
	const __m128i fields = _mm_setr_epi8(2, 3, 14, 15, 0, 1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
	uint32_t first = __builtin_bswap32(6u << 28 | tos << 20 | am_string_label(e, hash));

	patch = _mm_insert_epi16(patch, (int)(first & 0xffff), AM_PATCH_SUM);
	patch = _mm_insert_epi16(patch, (int)(first >> 16), AM_PATCH_ID);
	am_string_put(ip, am_string_load(e->shaped.head), _mm_shuffle_epi8(patch, fields));
}

static inline void am_string_push_shaped(
	const struct am_encap *e, uint8_t *end, uint32_t plen, uint32_t hash, uint32_t tos)
{
	uint8_t *ip = end - e->ip_back;
	__m128i patch = am_string_patch(e, am_string_lengths(e, plen), 0, 0, tos, hash);

	am_string_put_layers(e, end, patch);
	if (e->shape == AM_SHAPE_44)
		am_string_put_ip4(ip, am_string_load(e->shaped.head), patch);
	else
		am_string_put_ip6(e, ip, patch, tos, hash);
}
#endif

/*
 * A packet that needs nothing but lengths: at most e->simple_max octets, and e->copy_len octets of headroom. hash
 * is that of its flow, tos its own DSCP and ECN. Where e carries IP, the GRE header lacks the payload's type.
 */
static inline void am_string_push_simple(
	const struct am_encap *e, struct rte_mbuf *m, uint32_t plen, uint32_t hash, uint32_t tos)
{
	uint32_t headroom = am_buf_headroom(m);
	uint8_t *end = am_buf_data(m), *string = end - e->len;

	am_buf_prepend_known(m, headroom, plen, e->len);
	tos = am_string_tos(e, tos);
#if AM_STRING_WIDE
	if (e->shape != AM_SHAPE_OTHER) {
		am_string_push_shaped(e, end, plen, hash, tos);
		return;
	}
#endif
	am_string_copy(end, e->bytes + AM_ENCAP_HDR_MAX, e->copy_len);
	am_string_vxlan(e, string, plen, hash, tos);
	am_string_outer(e, string + e->ip_at, e->family, e->len - e->ip_at + plen, hash, tos);
}

/* The same of an IP packet, of an EtherType, into a tunnel that carries such. */
static inline void am_string_push_ip(const struct am_encap *e, struct rte_mbuf *m, uint32_t plen,
	uint32_t hash, uint32_t tos, uint16_t type)
{
	am_string_push_simple(e, m, plen, hash, tos);
	am_store16(am_buf_data(m) + e->gre_at + 2, type);
}

#endif
