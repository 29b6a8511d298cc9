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
	AM_CUT_STEP = 64,   /* of the tail's copy, which reads and writes up to so many octets too many */
	AM_CUT_HEAD = 64,   /* link and IPv4 header in whole steps: Ethernet, a tag and 20 octets */
	AM_CUT_LAYERS = 64, /* most between outermost IP header and payload where shape is not OTHER: 58 */
	AM_CUT_TAIL =
		3200 /* longest one that a fresh buffer is sure to hold with its headers and a step more */
};

typedef uint8_t am_cut_octets __attribute__((vector_size(16)));

_Static_assert(AM_BUF_HEADROOM + AM_CUT_TAIL + AM_CUT_STEP <= AM_BUF_ROOM, "a tail fits a buffer");

/* What differs from packet to packet. */
struct am_cut {
	uint32_t plen; /* octets of payload */
	uint32_t hash; /* of its flow */
	uint32_t tos;  /* in both IP headers */
	uint32_t path; /* index for am_ipid4 */
};

/* Is m, so many octets of payload, one that is cut here? */
static inline bool am_cut_is_usual(const struct am_encap *e, const struct rte_mbuf *m, uint32_t plen)
{
	return !AM_POISON && plen > e->cut_above && plen <= e->payload_max &&
	       plen - e->cut_first <= AM_CUT_TAIL && am_buf_headroom(m) >= e->cut_room &&
	       am_buf_tailroom(m) >= AM_CUT_STEP;
}

/* Copy n octets in whole steps. The last one ends where they do, so that no cache line is touched for nothing. */
static inline void am_cut_copy(uint8_t *to, const uint8_t *from, uint32_t n)
{
	const uint8_t *last = from + n - AM_CUT_STEP;
	uint8_t *to_last = to + n - AM_CUT_STEP;

	if (__builtin_expect(n <= AM_CUT_STEP, 0)) {
		memcpy(to, from, AM_CUT_STEP);
		return;
	}
	do {
		memcpy(to, from, AM_CUT_STEP);
		to += AM_CUT_STEP;
		from += AM_CUT_STEP;
	} while (from < last);
	memcpy(to_last, last, AM_CUT_STEP);
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
/* Layers in front of payload that begins at end, and the first fragment's IPv4 header. */
static inline void am_cut_put_first4(
	const struct am_encap *e, uint8_t *end, const struct am_cut *c, uint32_t id)
{
	const uint32_t whole = __builtin_bswap16(AM_IP4_DF), first = __builtin_bswap16(AM_IP4_MF);
	const __m128i other = _mm_setr_epi16(0, 0, 0, (short)(whole ^ first), 0, 0, 0, 0);
	__m128i length = _mm_insert_epi32(am_string_lengths(e, c->plen), e->first_len, AM_PATCH_LENGTH);
	__m128i patch = am_string_patch(e, length, id + first - whole, id, c->tos, c->hash);

	am_string_put_layers(e, end, patch);
	am_string_put_ip4(end - e->ip_back, _mm_xor_si128(am_string_load(e->shaped.head), other), patch);
}
#endif

/* The string up to end, its outermost IP header to be written. */
static inline void am_cut_put_layers(const struct am_encap *e, uint8_t *end, const struct am_cut *c)
{
	am_string_copy(end, e->bytes + AM_ENCAP_HDR_MAX, e->copy_len);
	am_string_vxlan(e, end - e->len, c->plen, c->hash, c->tos);
}

/* Both fragments' headers, in front of payload that stands where it belongs: the first one's ends at end. */
static inline void am_cut_put4(const struct am_encap *e, struct am_ipid *ids, const struct am_cut *c,
	uint8_t *end, uint8_t *tail, uint32_t second)
{
	uint32_t id = __builtin_bswap16(am_ipid4(ids, c->path));
	uint32_t offset = __builtin_bswap16((uint16_t)((e->first_len - AM_IP4_LEN) / 8));

#if AM_STRING_WIDE
	if (e->shape == AM_SHAPE_44) {
		am_cut_put_first4(e, end, c, id);
	} else
#endif
	{
		am_cut_put_layers(e, end, c);
		am_cut_ip4(e, end - e->ip_back, e->first_len, id, __builtin_bswap16(AM_IP4_MF), c->tos);
	}
	am_cut_copy_head(e, tail);
	am_cut_ip4(e, tail - AM_IP4_LEN, AM_IP4_LEN + second, id, offset, c->tos);
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
static inline void am_cut_put_layers6(const struct am_encap *e, uint8_t *end, const struct am_cut *c)
{
#if AM_STRING_WIDE
	if (__builtin_expect(e->shape == AM_SHAPE_64, 1)) {
		memcpy(end - AM_CUT_LAYERS, e->bytes + AM_ENCAP_HDR_MAX - AM_CUT_LAYERS,
			AM_CUT_LAYERS - AM_STRING_INNER);
		am_string_put_inner(
			e, end, am_string_patch(e, am_string_lengths(e, c->plen), 0, 0, c->tos, c->hash));
		return;
	}
#endif
	am_cut_put_layers(e, end, c);
}

/* As am_cut_put4. */
static inline void am_cut_put6(const struct am_encap *e, struct am_ipid *ids, const struct am_cut *c,
	uint8_t *end, uint8_t *tail, uint32_t second)
{
	enum { STEP = sizeof(am_cut_octets), HEAD = AM_IP6_LEN + AM_IP6_FRAG_LEN };
	uint64_t id = (uint64_t)__builtin_bswap32(am_ipid6(ids)) << 32;
	uint64_t flow = __builtin_bswap32(c->tos << 20 | am_string_label(e, c->hash));
	uint64_t length = __builtin_bswap16((uint16_t)(AM_IP6_FRAG_LEN + second));
	const uint8_t *from = e->bytes + AM_ENCAP_HDR_MAX - e->ip_back;
	uint8_t *a = end - e->ip_back - AM_IP6_FRAG_LEN, *b = tail - HEAD;

	am_cut_put_layers6(e, end, c);
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

/* Cut m, which is usual: it is the first fragment then, and fresh, an empty buffer, the second. */
static inline void am_cut_usual(const struct am_encap *e, struct am_ipid *ids, const struct am_cut *c,
	struct rte_mbuf *m, struct rte_mbuf *fresh)
{
	bool v4 = e->family == AM_IPV4;
	uint32_t head = e->ip_at + (v4 ? AM_IP4_LEN : AM_IP6_LEN + AM_IP6_FRAG_LEN);
	uint32_t second = c->plen - e->cut_first, first = e->ip_at + e->first_len;
	uint8_t *data = am_buf_data(m), *tail = (uint8_t *)fresh->buf_addr + AM_BUF_HEADROOM;

	am_cut_copy(tail, data + e->cut_first, second);
	if (v4)
		am_cut_put4(e, ids, c, data, tail, second);
	else
		am_cut_put6(e, ids, c, data, tail, second);
	am_buf_prepend_known(fresh, AM_BUF_HEADROOM, second, head);
	am_buf_prepend_known(m, am_buf_headroom(m), e->cut_first, first - e->cut_first);
}

#endif
