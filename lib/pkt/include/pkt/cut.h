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
	AM_CUT_HEAD = 64, /* link and IP header in whole steps: Ethernet, a tag and an IPv6 header */
	AM_CUT_TAIL =
		3200 /* longest one that a fresh buffer is sure to hold with its headers and a step more */
};

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

/* Copy n octets upwards in whole steps. */
static inline void am_cut_copy(uint8_t *to, const uint8_t *from, uint32_t n)
{
	const uint8_t *end = from + n;

	do {
		memcpy(to, from, AM_CUT_STEP);
		to += AM_CUT_STEP;
		from += AM_CUT_STEP;
	} while (from < end);
}

/* Link and outermost IP header of a string so that they end at end. */
static inline void am_cut_copy_head(const struct am_encap *e, uint8_t *end, uint32_t ip_len)
{
	memcpy(end - AM_CUT_HEAD, e->bytes + AM_ENCAP_HDR_MAX - e->ip_back + ip_len - AM_CUT_HEAD,
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

/* An IPv6 fragment's headers; its Fragment header begins at end. frag: offset in octets, and the lowest bit where more follow. */
static inline void am_cut_ip6(const struct am_encap *e, uint8_t *end, uint32_t total, const struct am_cut *c,
	uint32_t id, uint32_t frag)
{
	uint8_t *ip = end - AM_IP6_LEN;

	am_cut_copy_head(e, end, AM_IP6_LEN);
	am_string_ip6(ip, total, c->tos, am_string_label(e, c->hash));
	end[0] = am_encap_bytes(e)[e->ip_at + 6];
	end[1] = 0;
	am_store16(end + 2, (uint16_t)frag);
	am_store32(end + 4, id);
	ip[6] = AM_PROTO_FRAGMENT;
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
#if AM_STRING_WIDE
	if (e->shape != AM_SHAPE_OTHER) {
		am_string_put_layers(
			e, end, am_string_patch(e, am_string_lengths(e, c->plen), 0, 0, c->tos, c->hash));
		return;
	}
#endif
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
	am_cut_copy_head(e, tail, AM_IP4_LEN);
	am_cut_ip4(e, tail - AM_IP4_LEN, AM_IP4_LEN + second, id, offset, c->tos);
}

static inline void am_cut_put6(const struct am_encap *e, struct am_ipid *ids, const struct am_cut *c,
	uint8_t *end, uint8_t *tail, uint32_t second)
{
	uint32_t layers = e->ip_back - AM_IP6_LEN, id = am_ipid6(ids), head = AM_IP6_LEN + AM_IP6_FRAG_LEN;

	am_cut_put_layers(e, end, c);
	am_cut_ip6(e, end - layers - AM_IP6_FRAG_LEN, e->first_len, c, id, 1);
	am_cut_ip6(e, tail - AM_IP6_FRAG_LEN, head + second, c, id, layers + e->cut_first);
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
