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

/* VXLAN over IPv4 in a tunnel: what stands behind the inner IP header has a fixed length. */
static inline void am_string_shaped(
	const struct am_encap *e, uint8_t *end, uint8_t family, uint32_t plen, uint32_t hash, uint32_t tos)
{
	enum { UDP_VXLAN = 16, VXLAN_LAYER = AM_IP4_LEN + UDP_VXLAN };
	uint8_t *ip = end - e->len + e->ip_at;

	am_string_ip4(end - VXLAN_LAYER, e->vx_ip_sum, VXLAN_LAYER + plen, tos);
	am_string_udp(end - UDP_VXLAN, UDP_VXLAN + plen, hash);
	am_string_outer(e, ip, family, (uint32_t)(end - ip) + plen, hash, tos);
}

/*
 * A packet that needs nothing but lengths: at most e->simple_max octets, and e->copy_len octets of headroom. hash
 * is that of its flow, tos its own DSCP and ECN.
 */
static inline void am_string_push_simple(
	const struct am_encap *e, struct rte_mbuf *m, uint32_t plen, uint32_t hash, uint32_t tos)
{
	uint8_t *end = am_buf_data(m), *string = end - e->len;

	am_buf_prepend(m, e->len);
	am_string_copy(end, e->bytes + AM_ENCAP_HDR_MAX, e->copy_len);
	tos = am_string_tos(e, tos);
	if (e->shape == AM_SHAPE_44) {
		am_string_shaped(e, end, AM_IPV4, plen, hash, tos);
	} else if (e->shape == AM_SHAPE_64) {
		am_string_shaped(e, end, AM_IPV6, plen, hash, tos);
	} else {
		am_string_vxlan(e, string, plen, hash, tos);
		am_string_outer(e, string + e->ip_at, e->family, e->len - e->ip_at + plen, hash, tos);
	}
}

#endif
