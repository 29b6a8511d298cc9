/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PKT_CUT_H
#define PKT_CUT_H
/*
 * The usual cut, inline: a string without checksums and sequence numbers, a buffer with room on both sides, so that all
 * copies are of whole steps. The packet's buffer becomes the first fragment, a fresh one takes the tail.
 * lib/pkt/encap.c has the cuts that take more than this.
 */
#include "pkt/ipid.h"
#include "pkt/string.h"

enum {
	AM_CUT_STEP = 64, /* of the tail's copy, which reads and writes up to so many octets too many */
	AM_CUT_HEAD = 64, /* link and IPv4 header in whole steps: Ethernet, a tag and 20 octets */
	AM_CUT_TAIL =
		3200 /* longest one that a fresh buffer is sure to hold with its headers and a step more */
};

typedef uint8_t am_cut_octets __attribute__((vector_size(16)));
typedef uint8_t am_cut_octets32 __attribute__((vector_size(32)));

_Static_assert(AM_BUF_HEADROOM + AM_CUT_TAIL + AM_CUT_STEP <= AM_BUF_ROOM, "a tail fits a buffer");

/* What differs from packet to packet. */
struct am_cut {
	uint32_t plen; /* octets of payload */
	uint32_t hash; /* of its flow */
	uint32_t tos;  /* its own DSCP and ECN */
	uint32_t path; /* index for am_ipid4 */
};

/* Is so much payload cut by e, here? */
static inline bool am_cut_has(const struct am_encap *e, uint32_t plen)
{
	return plen > e->cut_above && plen <= e->payload_max && plen - e->cut_first <= AM_CUT_TAIL;
}

/* And has m, which it is, room for whole steps? */
static inline bool am_cut_fits(const struct am_encap *e, const struct rte_mbuf *m, uint32_t plen)
{
	return am_cut_has(e, plen) && am_buf_headroom(m) >= e->cut_room && am_buf_tailroom(m) >= AM_CUT_STEP;
}

/* Steps would write what is poisoned. */
static inline bool am_cut_is_usual(const struct am_encap *e, const struct rte_mbuf *m, uint32_t plen)
{
	return !AM_POISON && am_cut_fits(e, m, plen);
}

static inline AM_INLINE void am_cut_copy32(uint8_t *to, const uint8_t *from)
{
	am_cut_octets32 octets;

	memcpy(&octets, from, sizeof octets);
	memcpy(to, &octets, sizeof octets);
}

static inline AM_INLINE void am_cut_copy_step(uint8_t *to, const uint8_t *from)
{
	am_cut_copy32(to, from);
	am_cut_copy32(to + AM_CUT_STEP / 2, from + AM_CUT_STEP / 2);
}

/* Copy n octets in whole steps. The last one ends where they do, so that no cache line is touched for nothing. */
static inline AM_INLINE void am_cut_copy(uint8_t *to, const uint8_t *from, uint32_t n)
{
	/* Counted up to zero from their ends, so that one register is both where it is and whether it is through. */
	const uint8_t *last = from + n - AM_CUT_STEP;
	uint8_t *to_last = to + n - AM_CUT_STEP;
	intptr_t at = (intptr_t)AM_CUT_STEP - (intptr_t)n;

	if (__builtin_expect(at >= 0, 0)) {
		am_cut_copy_step(to, from);
		return;
	}
	do {
		am_cut_copy_step(to_last + at, last + at);
		at += AM_CUT_STEP;
	} while (at < 0);
	am_cut_copy_step(to_last, last);
}

/* A word that stands as it goes on the wire. */
static inline void am_cut_store(uint8_t *to, uint64_t word)
{
	memcpy(to, &word, sizeof word);
}

/* Link and outermost IPv4 header of a string so that they end at end. */
static inline void am_cut_copy_head(const struct am_encap *e, uint8_t *end)
{
	memcpy(end - AM_CUT_HEAD, e->bytes + AM_ENCAP_HDR_MAX - e->ip_back + AM_IP4_LEN - AM_CUT_HEAD,
		AM_CUT_HEAD);
}

/* id and frag, the fragment field, as they are on the wire. */
static inline void am_cut_ip4(
	const struct am_encap *e, uint8_t *ip, uint32_t total, uint32_t id, uint32_t frag, uint32_t tos)
{
	uint32_t both = id | frag << 16;

	memcpy(ip + 4, &both, sizeof both);
	am_string_ip4(ip, e->ip_sum + id + frag, total, tos);
}

#if AM_STRING_WIDE
/* The second fragment's link and IPv4 header, so that they end at end. */
static inline AM_INLINE void am_cut_put_second4(const struct am_encap *e, uint8_t *end, __m128i patch)
{
	enum { STEP = sizeof(am_cut_octets) };
	const __m128i before = _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 13, 12);
	const __m128i behind = _mm_setr_epi8(3, 2, 5, 4, -1, -1, 15, 14, -1, -1, -1, -1, -1, -1, -1, -1);
	const uint8_t *from = e->bytes + AM_ENCAP_HDR_MAX - e->ip_back + AM_IP4_LEN;
	__m128i octets;

	memcpy(&octets, from - 3 * STEP, STEP);
	memcpy(end - 3 * STEP, &octets, STEP);
	memcpy(&octets, from - 2 * STEP, STEP);
	octets = _mm_or_si128(octets, _mm_shuffle_epi8(patch, before));
	memcpy(end - 2 * STEP, &octets, STEP);
	memcpy(&octets, from - STEP, STEP);
	octets = _mm_or_si128(octets, _mm_shuffle_epi8(patch, behind));
	memcpy(end - STEP, &octets, STEP);
}

/*
 * All headers of both fragments: what differs in their IP headers is found side by side with that of the one under VXLAN.
 */
static inline AM_INLINE void am_cut_put_shaped4(const struct am_encap *e, struct am_ipid *ids,
	const struct am_cut *c, uint8_t *end, uint8_t *tail, bool wide)
{
	enum { NOT_FIRST = 0x01, FIRST_AND_LAST = 0x14 }; /* lanes that get the number, not zero */
	uint32_t id = am_ipid4(ids, c->path), tos = c->tos;
	uint32_t word = am_string_word(e, tos) ^ (AM_ENCAP_DF | AM_ENCAP_MF);
	__m128i length = _mm_shuffle_epi32(_mm_cvtsi32_si128((int)c->plen), NOT_FIRST);
	__m128i sum = _mm_shuffle_epi32(_mm_cvtsi32_si128((int)id), FIRST_AND_LAST), patch;

	length = _mm_add_epi32(length, am_string_load(e->cut4.length));
	sum = _mm_add_epi32(sum, _mm_set1_epi32((int)word));
	patch = am_string_sums(length, _mm_add_epi32(sum, am_string_load(e->cut4.sum)));
	word |= id << 16;
	am_string_put_all(e, end, am_string_rest(patch, word, c->hash), AM_SHAPE_44, wide);
	/* tos, identification, offset: where the first fragment had its length, and the header under VXLAN. */
	patch = _mm_insert_epi32(patch, (int)word, 0);
	patch = _mm_insert_epi32(patch, (e->first_len - AM_IP4_LEN) / 8, 1);
	am_cut_put_second4(e, tail, patch);
}
#endif

/* The string up to end, its outermost IP header to be written. */
static inline void am_cut_put_layers(const struct am_encap *e, uint8_t *end, const struct am_cut *c)
{
	am_string_copy(end, e->bytes + AM_ENCAP_HDR_MAX, e->copy_len);
	am_string_vxlan(e, end - e->len, c->plen, c->hash, am_string_tos(e, c->tos));
}

/* Both fragments' headers, in front of payload that stands where it belongs: the first one's ends at end. */
static inline AM_INLINE void am_cut_put4(const struct am_encap *e, struct am_ipid *ids,
	const struct am_cut *c, uint8_t *end, uint8_t *tail, bool wide)
{
	uint32_t tos = am_string_tos(e, c->tos), second = c->plen - e->cut_first;
	uint32_t id, offset = __builtin_bswap16((uint16_t)((e->first_len - AM_IP4_LEN) / 8));

#if AM_STRING_WIDE
	if (__builtin_expect(e->shape == AM_SHAPE_44, 1)) {
		am_cut_put_shaped4(e, ids, c, end, tail, wide);
		return;
	}
#else
	(void)wide;
#endif
	id = __builtin_bswap16(am_ipid4(ids, c->path));
	am_cut_put_layers(e, end, c);
	am_cut_ip4(e, end - e->ip_back, e->first_len, id, __builtin_bswap16(AM_IP4_MF), tos);
	am_cut_copy_head(e, tail);
	am_cut_ip4(e, tail - AM_IP4_LEN, AM_IP4_LEN + second, id, offset, tos);
}

/* Octets that both fragments have. */
static inline void am_cut_put_both(uint8_t *a, uint8_t *b, const uint8_t *from)
{
	am_cut_octets both;

	memcpy(&both, from, sizeof both);
	memcpy(a, &both, sizeof both);
	memcpy(b, &both, sizeof both);
}

/* Layers behind the Fragment header, up to end. */
static inline AM_INLINE void am_cut_put_layers6(
	const struct am_encap *e, uint8_t *end, const struct am_cut *c, bool wide)
{
#if AM_STRING_WIDE
	if (__builtin_expect(e->shape == AM_SHAPE_64, 1)) {
		am_string_put_layers(e, end, am_string_patch(e, c->plen, c->hash, c->tos, AM_SHAPE_44), wide);
		return;
	}
#else
	(void)wide;
#endif
	am_cut_put_layers(e, end, c);
}

/* As am_cut_put4. */
static inline AM_INLINE void am_cut_put6(const struct am_encap *e, struct am_ipid *ids,
	const struct am_cut *c, uint8_t *end, uint8_t *tail, bool wide)
{
	enum { STEP = sizeof(am_cut_octets), HEAD = AM_IP6_LEN + AM_IP6_FRAG_LEN };
	uint64_t id = (uint64_t)__builtin_bswap32(am_ipid6(ids)) << 32;
	uint64_t flow = __builtin_bswap32(am_string_tos(e, c->tos) << 20 | am_string_label(e, c->hash));
	uint64_t length = __builtin_bswap16((uint16_t)(AM_IP6_FRAG_LEN + c->plen - e->cut_first));
	const uint8_t *from = e->bytes + AM_ENCAP_HDR_MAX - e->ip_back;
	uint8_t *a = end - e->ip_back - AM_IP6_FRAG_LEN, *b = tail - HEAD;

	am_cut_put_layers6(e, end, c, wide);
	if (e->ip_at > STEP)
		am_cut_put_both(a - 2 * STEP, b - 2 * STEP, from - 2 * STEP);
	am_cut_put_both(a - STEP, b - STEP, from - STEP);
	am_cut_put_both(a + AM_IP6_LEN - 2 * STEP, b + AM_IP6_LEN - 2 * STEP, from + AM_IP6_LEN - 2 * STEP);
	am_cut_put_both(a + AM_IP6_LEN - STEP, b + AM_IP6_LEN - STEP, from + AM_IP6_LEN - STEP);
	am_cut_store(a, flow | e->cut6.ip[0]);
	am_cut_store(a + AM_IP6_LEN, id | e->cut6.frag[0]);
	am_cut_store(b, flow | e->cut6.ip[1] | length << 32);
	am_cut_store(b + AM_IP6_LEN, id | e->cut6.frag[1]);
}

/*
 * Cut m, which is usual: it is the first fragment then, and fresh, an empty buffer, the second. Where e carries IP, the GRE header
 * lacks the payload's type.
 */
static inline AM_INLINE void am_cut_usual(const struct am_encap *e, struct am_ipid *ids,
	const struct am_cut *c, struct rte_mbuf *m, struct rte_mbuf *fresh, bool wide)
{
	uint32_t headroom = am_buf_headroom(m), second = c->plen - e->cut_first;
	uint8_t *data = (uint8_t *)m->buf_addr + headroom,
		*tail = (uint8_t *)fresh->buf_addr + AM_BUF_HEADROOM;

	am_buf_prepend_known(fresh, AM_BUF_HEADROOM, second, e->cut_head);
	am_buf_prepend_known(m, headroom, e->cut_first, e->cut_grows);
	am_cut_copy(tail, data + e->cut_first, second);
	if (e->family == AM_IPV4)
		am_cut_put4(e, ids, c, data, tail, wide);
	else
		am_cut_put6(e, ids, c, data, tail, wide);
}

#endif
