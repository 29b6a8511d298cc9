/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PKT_TEST_REFERENCE_H
#define PKT_TEST_REFERENCE_H
/*
 * A second, slow opinion on what an encapsulated packet looks like, from the inside out, with nothing precomputed and
 * nothing shared with the code under test but struct am_encap_spec. Packets are arrays with a length.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "net/encap.h"

enum { REF_ROOM = 12000 };

struct ref {
	uint32_t len;
	uint8_t b[REF_ROOM];
};

/* What differs from packet to packet. */
struct ref_in {
	uint8_t tos;
	uint16_t sport;
	uint32_t label;
	uint32_t seq;
	uint32_t id;
};

static inline void ref_add(struct ref *r, const void *bytes, uint32_t n)
{
	assert(r->len + n <= REF_ROOM);
	memcpy(r->b + r->len, bytes, n);
	r->len += n;
}

/* n octets of v, big endian. */
static inline void ref_num(struct ref *r, uint64_t v, int n)
{
	for (int i = n - 1; i >= 0; i--) {
		uint8_t octet = (uint8_t)(v >> (8 * i));

		ref_add(r, &octet, 1);
	}
}

static inline void ref_set16(struct ref *r, uint32_t at, uint16_t v)
{
	r->b[at] = (uint8_t)(v >> 8);
	r->b[at + 1] = (uint8_t)v;
}

static inline uint32_t ref_sum(const uint8_t *b, uint32_t n, uint32_t sum)
{
	for (uint32_t i = 0; i < n; i++)
		sum += i & 1 ? b[i] : (uint32_t)b[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static inline uint32_t ref_addr_len(const struct am_ip *ip)
{
	return ip->family == AM_IPV4 ? 4 : 16;
}

/* An IP packet around body. frag is IPv4's flags and offset, or -1 for no Fragment header on IPv6. */
static inline void ref_ip(struct ref *out, const struct am_ip *src, const struct am_ip *dst, uint8_t proto,
	uint8_t ttl, uint8_t tos, uint32_t label, uint16_t id, uint16_t flags, const struct ref *body)
{
	out->len = 0;
	if (src->family == AM_IPV4) {
		ref_num(out, 0x45, 1);
		ref_num(out, tos, 1);
		ref_num(out, 20 + body->len, 2);
		ref_num(out, id, 2);
		ref_num(out, flags, 2);
		ref_num(out, ttl, 1);
		ref_num(out, proto, 1);
		ref_num(out, 0, 2);
	} else {
		ref_num(out, 6u << 28 | (uint32_t)tos << 20 | label, 4);
		ref_num(out, body->len, 2);
		ref_num(out, proto, 1);
		ref_num(out, ttl, 1);
	}
	ref_add(out, src->bytes, ref_addr_len(src));
	ref_add(out, dst->bytes, ref_addr_len(dst));
	if (src->family == AM_IPV4)
		ref_set16(out, 10, (uint16_t)~ref_sum(out->b, 20, 0));
	ref_add(out, body->b, body->len);
}

static inline void ref_udp_csum(struct ref *udp, const struct am_encap_spec *spec)
{
	uint32_t sum = 17 + udp->len;

	sum = ref_sum(spec->vtep_local.bytes, ref_addr_len(&spec->vtep_local), sum);
	sum = ref_sum(spec->vtep_remote.bytes, ref_addr_len(&spec->vtep_remote), sum);
	sum = (uint16_t)~ref_sum(udp->b, udp->len, sum);
	ref_set16(udp, 6, (uint16_t)(sum ? sum : 0xffff));
}

static inline void ref_udp_vxlan(
	struct ref *out, const struct am_encap_spec *spec, const struct ref_in *in, const struct ref *body)
{
	out->len = 0;
	ref_num(out, in->sport, 2);
	ref_num(out, 4789, 2);
	ref_num(out, 16 + body->len, 2);
	ref_num(out, 0, 2);
	ref_num(out, 0x08000000, 4);
	ref_num(out, spec->vni, 3);
	ref_num(out, 0, 1);
	ref_add(out, body->b, body->len);
	if (spec->vtep_udp_csum)
		ref_udp_csum(out, spec);
}

static inline void ref_gre(struct ref *out, const struct am_encap_spec *spec, const struct ref_in *in,
	uint16_t type, const struct ref *body)
{
	out->len = 0;
	ref_num(out,
		(spec->gre_csum ? 0x8000u : 0) | (spec->gre_has_key ? 0x2000u : 0) |
			(spec->gre_seq ? 0x1000u : 0),
		2);
	ref_num(out, type, 2);
	if (spec->gre_csum)
		ref_num(out, 0, 4);
	if (spec->gre_has_key)
		ref_num(out, spec->gre_key, 4);
	if (spec->gre_seq)
		ref_num(out, in->seq, 4);
	ref_add(out, body->b, body->len);
	if (spec->gre_csum)
		ref_set16(out, 4, (uint16_t)~ref_sum(out->b, out->len, 0));
}

static inline uint16_t ref_ether_type(uint8_t family)
{
	return family == AM_IPV4 ? 0x0800 : 0x86dd;
}

/* What the outermost IP header carries; its protocol number is returned. */
static inline uint8_t ref_inside(struct ref *out, const struct am_encap_spec *spec, const struct ref_in *in,
	uint8_t tos, const uint8_t *payload, uint32_t plen)
{
	static struct ref a, b;
	uint16_t type = spec->kind == AM_TUNNEL_GRETAP ? 0x6558 : ref_ether_type(payload[0] >> 4);

	a.len = 0;
	ref_add(&a, payload, plen);
	if (spec->vxlan) {
		ref_udp_vxlan(&b, spec, in, &a);
		if (spec->kind == AM_TUNNEL_NONE) {
			*out = b;
			return 17;
		}
		ref_ip(&a, &spec->vtep_local, &spec->vtep_remote, 17, spec->vtep_ttl, tos, 0, 0, 0x4000, &b);
		if (spec->kind == AM_TUNNEL_GRE)
			type = ref_ether_type(spec->vtep_local.family);
		if (spec->kind != AM_TUNNEL_GRE) {
			b = a;
			a.len = 0;
			ref_add(&a, spec->inner_dst, 6);
			ref_add(&a, spec->inner_src, 6);
			ref_num(&a, ref_ether_type(spec->vtep_local.family), 2);
			ref_add(&a, b.b, b.len);
		}
	}
	if (spec->kind != AM_TUNNEL_ETHERIP) {
		ref_gre(out, spec, in, type, &a);
		return 47;
	}
	out->len = 0;
	ref_num(out, spec->etherip_swapped ? 0x0300 : 0x3000, 2);
	ref_add(out, a.b, a.len);
	return 97;
}

static inline void ref_link(struct ref *out, const struct am_encap_spec *spec, const struct ref *ip)
{
	out->len = 0;
	ref_add(out, spec->link_dst, 6);
	ref_add(out, spec->link_src, 6);
	if (spec->link_vlan) {
		ref_num(out, 0x8100, 2);
		ref_num(out, spec->link_vlan, 2);
	}
	ref_num(out, ref_ether_type(ip->b[0] >> 4), 2);
	ref_add(out, ip->b, ip->len);
}

/* One fragment, octets [from, to) of body. */
static inline void ref_fragment(struct ref *out, const struct am_encap_spec *spec, const struct ref_in *in,
	const struct am_ip *src, const struct am_ip *dst, uint8_t proto, uint8_t tos, const struct ref *body,
	uint32_t from, uint32_t to)
{
	uint8_t ttl = spec->kind == AM_TUNNEL_NONE ? spec->vtep_ttl : spec->ttl;
	bool more = to < body->len;
	static struct ref part, ip;

	part.len = 0;
	if (src->family == AM_IPV6) {
		ref_num(&part, proto, 1);
		ref_num(&part, 0, 1);
		ref_num(&part, from | more, 2);
		ref_num(&part, in->id, 4);
		ref_add(&part, body->b + from, to - from);
		ref_ip(&ip, src, dst, 44, ttl, tos, in->label, 0, 0, &part);
	} else {
		ref_add(&part, body->b + from, to - from);
		ref_ip(&ip, src, dst, proto, ttl, tos, 0, (uint16_t)in->id,
			(uint16_t)(from / 8 | (more ? 0x2000 : 0)), &part);
	}
	ref_link(out, spec, &ip);
}

/* The frames that must leave: 1 or 2. in->id is used where the rules demand one. */
static inline unsigned ref_encap(struct ref out[2], const struct am_encap_spec *spec, const struct ref_in *in,
	const uint8_t *payload, uint32_t plen)
{
	bool none = spec->kind == AM_TUNNEL_NONE;
	const struct am_ip *src = none ? &spec->vtep_local : &spec->local;
	const struct am_ip *dst = none ? &spec->vtep_remote : &spec->remote;
	uint8_t tos = spec->dscp_uniform ? in->tos : (uint8_t)(spec->dscp << 2 | (in->tos & 3));
	uint32_t head = src->family == AM_IPV4 ? 20 : 40, limit, first;
	static struct ref body, ip;
	uint8_t proto = ref_inside(&body, spec, in, tos, payload, plen);

	limit = spec->split == AM_SPLIT_FLOOR ? 1280 : spec->path_mtu;
	if (head + body.len <= limit) {
		bool atomic = head + body.len <= 1280;

		ref_ip(&ip, src, dst, proto, none ? spec->vtep_ttl : spec->ttl, tos, in->label,
			atomic ? 0 : (uint16_t)in->id, atomic ? 0x4000 : 0, &body);
		ref_link(&out[0], spec, &ip);
		return 1;
	}
	first = src->family == AM_IPV4 ? (limit - 20) / 8 * 8 : (limit - 48) / 8 * 8;
	ref_fragment(&out[0], spec, in, src, dst, proto, tos, &body, 0, first);
	ref_fragment(&out[1], spec, in, src, dst, proto, tos, &body, first, body.len);
	return 2;
}

#endif
