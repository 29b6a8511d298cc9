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
#include "base/cpu.h"
#include "net/csum.h"
#include "net/encap.h"
#include "net/ip.h"
#include "pkt/buf.h"

#if defined(__SSE4_1__) && defined(__x86_64__)
#include <immintrin.h>
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

/* The outermost IPv4 header with its identification and fragment field, both as numbers; total: octets of the packet. */
static inline void am_string_outer4(
	const struct am_encap *e, uint8_t *ip, uint32_t total, uint32_t id, uint32_t frag, uint32_t tos)
{
	const uint16_t both[2] = {__builtin_bswap16((uint16_t)id), __builtin_bswap16((uint16_t)frag)};

	memcpy(ip + 4, both, sizeof both);
	am_string_ip4(ip, e->ip_sum + both[0] + both[1], total, tos);
}

/* The outermost IP header of a packet that needs no identification. */
static inline void am_string_outer(
	const struct am_encap *e, uint8_t *ip, uint8_t family, uint32_t total, uint32_t hash, uint32_t tos)
{
	if (family == AM_IPV4)
		am_string_outer4(e, ip, total, 0, AM_IP4_DF, tos);
	else
		am_string_ip6(ip, total, tos, am_string_label(e, hash));
}

#if AM_STRING_WIDE
/*
 * VXLAN over IPv4 in a tunnel. Where an argument says "wide", a constant, the caller is a variant for AVX2; "shape" is another
 * constant. All that is patched stands side by side in one register (AM_PATCH_...); each part of the
 * string takes its own from there by a shuffle, on its way to the packet.
 */
static inline AM_INLINE __m128i am_string_load(const void *aligned)
{
	return _mm_load_si128((const __m128i *)aligned);
}

static inline AM_INLINE __m128i am_string_widen(const uint16_t four[4])
{
	return _mm_cvtepu16_epi32(_mm_loadl_epi64((const __m128i *)(const void *)four));
}

/* DSCP, ECN and flags as they go into a patch, of a packet with its own tos. */
static inline AM_INLINE uint32_t am_string_word(const struct am_encap *e, uint32_t tos)
{
	return AM_ENCAP_DF | am_string_tos(e, tos);
}

/* Lengths, and in the upper half of each of them the checksum with it; sum has the rest of what is in that. */
static inline AM_INLINE __m128i am_string_sums(__m128i length, __m128i sum)
{
	const __m128i halves = _mm_setr_epi8(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
	const __m128i ones = _mm_set1_epi8(-1);

	sum = _mm_add_epi32(length, sum);
	/* As am_csum_finish32, four at a time: the result is in the upper half of each. */
	sum = _mm_xor_si128(_mm_add_epi32(sum, _mm_shuffle_epi8(sum, halves)), ones);
	return _mm_blend_epi16(length, sum, 0xaa);
}

/* The UDP source port, and what am_string_word said with an identification above it. */
static inline AM_INLINE __m128i am_string_rest(__m128i patch, uint32_t word, uint32_t hash)
{
	patch = _mm_insert_epi16(patch, (int)am_string_sport(hash), AM_PATCH_SPORT);
	return _mm_insert_epi32(patch, (int)word, AM_PATCH_TOS / 2);
}

/* Octets at `back` from the end, and after. */
static inline AM_INLINE void am_string_put(
	const struct am_encap *e, uint8_t *end, __m128i patch, uint32_t back)
{
	const uint8_t *from = e->bytes + AM_ENCAP_HDR_MAX - back;
	const uint8_t *fields = e->shaped.fields + AM_ENCAP_FIELDS - back;
	__m128i own = _mm_shuffle_epi8(patch, am_string_load(fields));

	_mm_storeu_si128((__m128i *)(void *)(end - back), _mm_or_si128(am_string_load(from), own));
}

static inline AM_AVX2 void am_string_put_wide(
	const struct am_encap *e, const uint8_t *fields, uint8_t *end, __m256i patch, uint32_t back)
{
	const uint8_t *from = e->bytes + AM_ENCAP_HDR_MAX - back;
	__m256i own = _mm256_load_si256((const __m256i *)(const void *)(fields + AM_ENCAP_FIELDS - back));

	own = _mm256_shuffle_epi8(patch, own);
	own = _mm256_or_si256(own, _mm256_load_si256((const __m256i *)(const void *)from));
	_mm256_storeu_si256((__m256i *)(void *)(end - back), own);
}

static inline AM_AVX2 void am_string_put_layers_wide(const struct am_encap *e, uint8_t *end, __m128i patch)
{
	const __m256i both = _mm256_broadcastsi128_si256(patch);
	const uint8_t *fields = e->shaped.fields;

	_Static_assert(AM_ENCAP_LAYERS == 2 * AM_ENCAP_WIDE_STEP, "two steps are all of it");
	am_string_put_wide(e, fields, end, both, AM_ENCAP_WIDE_STEP);
	am_string_put_wide(e, fields, end, both, 2 * AM_ENCAP_WIDE_STEP);
}

static inline AM_AVX2 void am_string_put_all_wide(
	const struct am_encap *e, uint8_t *end, __m128i patch, enum am_shape shape)
{
	enum { STEP = AM_ENCAP_WIDE_STEP };
	const __m256i both = _mm256_broadcastsi128_si256(patch);
	const uint8_t *fields = e->shaped.fields;

	am_string_put_wide(e, fields, end, both, STEP);
	am_string_put_wide(e, fields, end, both, 2 * STEP);
	am_string_put_wide(e, fields, end, both, 3 * STEP);
	if (shape != AM_SHAPE_44 && __builtin_expect(e->copy_len > AM_ENCAP_WIDE_MIN, 0))
		am_string_put_wide(e, fields, end, both, 4 * STEP);
}

/* The string with its patch, so that it ends at end. */
static inline AM_INLINE void am_string_put_all(
	const struct am_encap *e, uint8_t *end, __m128i patch, enum am_shape shape, bool wide)
{
	enum { STEP = AM_ENCAP_COPY_STEP };

	if (wide) {
		am_string_put_all_wide(e, end, patch, shape);
		return;
	}
	for (uint32_t back = STEP; back <= AM_ENCAP_COPY_MIN; back += STEP)
		am_string_put(e, end, patch, back);
	if (e->len <= AM_ENCAP_COPY_MIN)
		return;
	for (uint32_t back = AM_ENCAP_COPY_MIN + STEP; back <= e->copy_len; back += STEP)
		am_string_put(e, end, patch, back);
}

/* The same of what stands behind the outermost IP header and may stand behind a Fragment header: AM_ENCAP_LAYERS octets. */
static inline AM_INLINE void am_string_put_layers(
	const struct am_encap *e, uint8_t *end, __m128i patch, bool wide)
{
	enum { STEP = AM_ENCAP_COPY_STEP };

	if (wide) {
		am_string_put_layers_wide(e, end, patch);
		return;
	}
	for (uint32_t back = STEP; back <= AM_ENCAP_LAYERS; back += STEP)
		am_string_put(e, end, patch, back);
}

/* What the outermost IPv6 header begins with. */
static inline AM_INLINE __m128i am_string_flow6(
	const struct am_encap *e, __m128i patch, uint32_t word, uint32_t hash)
{
	uint32_t first = 6u << 28 | (word & 0xff) << 20 | am_string_label(e, hash);

	patch = _mm_insert_epi16(patch, (int)(first >> 16), AM_PATCH_SUM);
	return _mm_insert_epi16(patch, (int)(first & 0xffff), AM_PATCH_ID);
}

/* Of a packet that leaves whole. */
static inline AM_INLINE __m128i am_string_patch(
	const struct am_encap *e, uint32_t plen, uint32_t hash, uint32_t tos, enum am_shape shape)
{
	uint32_t word = am_string_word(e, tos);
	__m128i length = _mm_add_epi32(_mm_set1_epi32((int)plen), am_string_widen(e->shaped.length));
	__m128i sum = _mm_add_epi32(_mm_set1_epi32((int)word), am_string_widen(e->shaped.sum));
	__m128i patch = am_string_rest(am_string_sums(length, sum), word, hash);

	return shape == AM_SHAPE_44 ? patch : am_string_flow6(e, patch, word, hash);
}

/* The same over IPv4, of a packet that a router may cut: it has a number, and DF under VXLAN alone. */
static inline AM_INLINE __m128i am_string_patch_numbered(
	const struct am_encap *e, uint32_t plen, uint32_t hash, uint32_t tos, uint32_t id)
{
	uint32_t word = am_string_tos(e, tos);
	__m128i length = _mm_add_epi32(_mm_set1_epi32((int)plen), am_string_widen(e->shaped.length));
	/* What shaped.sum takes off again was not added. */
	__m128i sum = _mm_add_epi32(_mm_set1_epi32((int)word), _mm_setr_epi32((int)id, AM_ENCAP_DF, 0, 0));

	sum = _mm_add_epi32(sum, am_string_widen(e->shaped.sum));
	return am_string_rest(am_string_sums(length, sum), word | id << 16, hash);
}
#endif

/* A packet of plen octets of payload that leaves whole: its string, so that it ends at end. */
static inline AM_INLINE void am_string_put_whole(
	const struct am_encap *e, uint8_t *end, uint32_t plen, uint32_t hash, uint32_t tos, bool wide)
{
	uint8_t *string;

#if AM_STRING_WIDE
	if (__builtin_expect(e->shape == AM_SHAPE_44, 1)) {
		am_string_put_all(
			e, end, am_string_patch(e, plen, hash, tos, AM_SHAPE_44), AM_SHAPE_44, wide);
		return;
	}
	if (__builtin_expect(e->shape == AM_SHAPE_64, 1)) {
		am_string_put_all(
			e, end, am_string_patch(e, plen, hash, tos, AM_SHAPE_64), AM_SHAPE_64, wide);
		return;
	}
#else
	(void)wide;
#endif
	string = end - e->len;
	tos = am_string_tos(e, tos);
	am_string_copy(end, e->bytes + AM_ENCAP_HDR_MAX, e->copy_len);
	am_string_vxlan(e, string, plen, hash, tos);
	am_string_outer(e, string + e->ip_at, e->family, e->len - e->ip_at + plen, hash, tos);
}

/*
 * A packet that leaves whole, of a string without checksums over payload and sequence numbers, where so much payload over IPv4 is
 * more than every path carries: a router may cut it, so it has an identification (RFC 6864).
 */
static inline bool am_string_is_numbered(const struct am_encap *e, uint32_t plen)
{
	return e->simple_max && e->family == AM_IPV4 && plen <= e->payload_max &&
	       (uint32_t)(e->len - e->ip_at) + plen <= e->whole_max;
}

/* The string of one, with its identification. */
static inline AM_INLINE void am_string_put_numbered(const struct am_encap *e, uint8_t *end, uint32_t plen,
	uint32_t hash, uint32_t tos, uint32_t id, bool wide)
{
	uint8_t *string = end - e->len;

#if AM_STRING_WIDE
	if (__builtin_expect(e->shape == AM_SHAPE_44, 1)) {
		am_string_put_all(
			e, end, am_string_patch_numbered(e, plen, hash, tos, id), AM_SHAPE_44, wide);
		return;
	}
#endif
	tos = am_string_tos(e, tos);
	am_string_copy(end, e->bytes + AM_ENCAP_HDR_MAX, e->copy_len);
	am_string_vxlan(e, string, plen, hash, tos);
	am_string_outer4(e, string + e->ip_at, e->len - e->ip_at + plen, id, 0, tos);
}

/*
 * A packet that needs nothing but lengths: at most e->simple_max octets, and e->copy_len octets of headroom. hash
 * is that of its flow, tos its own DSCP and ECN. Where e carries IP, the GRE header lacks the payload's type.
 */
static inline void am_string_push_simple(
	const struct am_encap *e, struct rte_mbuf *m, uint32_t plen, uint32_t hash, uint32_t tos)
{
	uint32_t headroom = am_buf_headroom(m);
	uint8_t *end = am_buf_data(m);

	am_buf_prepend_known(m, headroom, plen, e->len);
	am_string_put_whole(e, end, plen, hash, tos, false);
}

/* What a string that carries IP lacks: the EtherType of the payload, in the GRE header in front of it. */
static inline void am_string_put_type(const struct am_encap *e, uint8_t *payload, uint16_t type)
{
	am_store16(payload - e->len + e->gre_at + 2, type);
}

#endif
