/* SPDX-License-Identifier: BSD-3-Clause */
#include "pkt/encap.h"

#include <string.h>

#include "net/ether.h"
#include "pkt/buf.h"
#include "pkt/cut.h"
#include "pkt/string.h"

/* What one packet puts into its header string; the same for all of its fragments. */
struct patch {
	const struct am_encap *e;
	uint32_t tos;   /* of each IP header */
	uint32_t label; /* IPv6 flow label */
	uint32_t hash;
	uint32_t seq;
	uint32_t plen; /* payload octets */
	const uint8_t *payload;
};

/* One outermost IP header: the fields that fragments differ in. */
struct outer {
	uint32_t total; /* IP packet, octets, header included */
	uint32_t id;
	uint32_t at; /* fragment offset, octets */
	bool more;
};

static inline uint32_t ip_head(const struct am_encap *e)
{
	return e->family == AM_IPV4 ? AM_IP4_LEN : AM_IP6_LEN;
}

/*
 * Copy n octets so that they end at dst_end; the room octets in front of them may be overwritten. Whole steps are
 * faster than an exact length.
 */
static inline void copy_back(uint8_t *dst_end, const uint8_t *src_end, uint32_t n, uint32_t room)
{
	uint32_t rounded = (n + AM_ENCAP_COPY_STEP - 1) / AM_ENCAP_COPY_STEP * AM_ENCAP_COPY_STEP;

	if (AM_POISON || rounded > n + room) {
		memcpy(dst_end - n, src_end - n, n);
		return;
	}
	for (uint32_t left = rounded; left; left -= AM_ENCAP_COPY_STEP)
		memcpy(dst_end - left, src_end - left, AM_ENCAP_COPY_STEP);
}

/*
 * The string's checksum field holds the sum of what is constant, its length field counted twice
 * (pseudo-header).
 */
static inline void patch_udp_csum(const struct patch *p, uint8_t *string, uint32_t payload_sum)
{
	const uint8_t *from = am_encap_bytes(p->e) + p->e->udp_at;
	uint16_t csum;

	csum = am_csum_finish(am_load16(from + 6) + payload_sum + am_string_sport(p->hash) + 2 * p->plen);
	am_store16(string + p->e->udp_at + 6, csum ? csum : 0xffff);
}

/* Of an IP packet. */
static inline uint16_t payload_type(const struct patch *p)
{
	return p->plen && p->payload[0] >> 4 == 6 ? AM_ET_IPV6 : AM_ET_IPV4;
}

static inline void patch_gre(const struct patch *p, uint8_t *string, uint32_t payload_sum)
{
	const struct am_encap *e = p->e;
	uint8_t *gre = string + e->gre_at;
	uint32_t sum;

	if (e->carries_ip)
		am_store16(gre + 2, payload_type(p));
	if (e->gre_seq_at)
		am_store32(string + e->gre_seq_at, p->seq);
	if (!e->gre_csum_at)
		return;
	sum = __builtin_bswap16(am_csum_fold(am_csum_add(gre, e->len - e->gre_at, 0)));
	am_store16(string + e->gre_csum_at, am_csum_finish(sum + payload_sum));
}

/*
 * Everything behind the outermost IP header. string is where the whole string would begin if it ended at the
 * payload.
 */
static inline void patch_layers(const struct patch *p, uint8_t *string)
{
	const struct am_encap *e = p->e;
	uint32_t payload_sum = 0;

	if (e->udp_csum || e->gre_csum_at)
		payload_sum = __builtin_bswap16(am_csum_fold(am_csum_add(p->payload, p->plen, 0)));
	am_string_vxlan(e, string, p->plen, p->hash, p->tos);
	if (e->udp_csum)
		patch_udp_csum(p, string, payload_sum);
	if (e->gre_at)
		patch_gre(p, string, payload_sum);
}

/* The outermost IP header at ip of a packet that leaves whole. */
static inline void patch_whole(const struct patch *p, uint8_t *ip, struct am_ipid *ids, uint32_t path)
{
	uint32_t total = p->e->len - p->e->ip_at + p->plen;

	/* RFC 6864: what a router may still cut needs an identification, what it must not cut needs none. */
	if (p->e->family == AM_IPV6)
		am_string_ip6(ip, total, p->tos, p->label);
	else if (total > AM_IP_WHOLE_ALWAYS)
		am_string_outer4(p->e, ip, total, am_ipid4(ids, path), 0, p->tos);
	else
		am_string_outer4(p->e, ip, total, 0, AM_IP4_DF, p->tos);
}

/*
 * Link and outermost IP header of one fragment, with its Fragment header on IPv6, so that they end at end.
 * room is how much may be overwritten in front of them.
 */
static inline void put_outer(const struct patch *p, uint8_t *end, uint32_t room, const struct outer *o)
{
	const struct am_encap *e = p->e;
	uint32_t n = e->ip_at + ip_head(e);
	const uint8_t *src_end = am_encap_bytes(e) + n;

	if (e->family == AM_IPV4) {
		copy_back(end, src_end, n, room);
		am_string_outer4(
			e, end - AM_IP4_LEN, o->total, o->id, o->at / 8 | (o->more ? AM_IP4_MF : 0), p->tos);
		return;
	}
	end -= AM_IP6_FRAG_LEN;
	copy_back(end, src_end, n, room);
	am_string_ip6(end - AM_IP6_LEN, o->total, p->tos, p->label);
	end[0] = src_end[6 - AM_IP6_LEN];
	end[1] = 0;
	am_store16(end + 2, (uint16_t)(o->at | o->more));
	am_store32(end + 4, o->id);
	end[6 - AM_IP6_LEN] = AM_PROTO_FRAGMENT;
}

/* Make headroom by moving the packet towards the end of its buffer. */
static enum am_verdict make_headroom(struct rte_mbuf *m, uint32_t need)
{
	uint32_t len = am_buf_len(m), shift;
	uint8_t *data;

	if (am_buf_headroom(m) >= need)
		return AM_V_OK;
	shift = need - am_buf_headroom(m);
	if (am_buf_tailroom(m) < shift)
		return AM_V_NO_ROOM;
	data = am_buf_set_len(m, (uint16_t)(len + shift));
	memmove(data + shift, data, len);
	am_buf_adj(m, (uint16_t)shift);
	return AM_V_OK;
}

static inline enum am_verdict push_whole(
	struct patch *p, struct am_ipid *ids, uint32_t path, struct rte_mbuf *m)
{
	const struct am_encap *e = p->e;
	enum am_verdict v;
	uint8_t *string;

	if (__builtin_expect(am_buf_headroom(m) < e->len, 0)) {
		v = make_headroom(m, e->len);
		if (v != AM_V_OK)
			return v;
		p->payload = am_buf_data(m);
	}
	string = am_buf_prepend(m, e->len);
	copy_back(string + e->len, e->bytes + AM_ENCAP_HDR_MAX, e->len, am_buf_headroom(m));
	patch_layers(p, string);
	patch_whole(p, string + e->ip_at, ids, path);
	return AM_V_OK;
}

/* Where a packet is cut, octets. */
struct cut {
	uint32_t head;   /* in front of the fragmentable part: link, IP, Fragment header */
	uint32_t layers; /* string behind the outermost IP header */
	uint32_t first;  /* payload in the first fragment */
	uint32_t second; /* payload in the second */
	struct outer a, b;
};

static inline struct cut make_cut(const struct patch *p)
{
	const struct am_encap *e = p->e;
	uint32_t ip = ip_head(e), frag = e->family == AM_IPV6 ? AM_IP6_FRAG_LEN : 0;
	uint32_t in_first = e->first_len - ip - frag;
	struct cut c = {.head = e->ip_at + ip + frag, .layers = e->len - e->ip_at - ip};

	c.first = in_first - c.layers;
	c.second = p->plen - c.first;
	c.a = (struct outer){.total = e->first_len, .at = 0, .more = true};
	c.b = (struct outer){.total = ip + frag + c.second, .at = in_first, .more = false};
	return c;
}

/* Put the first fragment's headers in front of its payload, which is m's data now. */
static inline void put_first(const struct patch *p, const struct cut *c, struct rte_mbuf *m)
{
	const struct am_encap *e = p->e;
	uint8_t *data = am_buf_prepend(m, (uint16_t)(c->head + c->layers));
	uint32_t room = am_buf_headroom(m);
	uint8_t *layers = data + c->head;

	copy_back(layers + c->layers, e->bytes + AM_ENCAP_HDR_MAX, c->layers, room);
	patch_layers(p, layers + c->layers - e->len);
	put_outer(p, layers, room, &c->a);
}

static inline void put_second(const struct patch *p, const struct cut *c, struct rte_mbuf *m)
{
	uint8_t *data = am_buf_prepend(m, (uint16_t)c->head);

	put_outer(p, data + c->head, am_buf_headroom(m), &c->b);
}

static enum am_verdict push_cut(struct patch *p, struct am_ipid *ids, struct rte_mempool *pool,
	const struct am_encap_in *in, struct rte_mbuf *m, struct rte_mbuf *out[2])
{
	const struct am_encap *e = p->e;
	struct cut c = make_cut(p);
	struct rte_mbuf *fresh;

	if (c.b.total > e->second_max)
		return AM_V_TUNNEL_FRAGMENTS;
	fresh = in->stash ? am_buf_take(in->stash, AM_BUF_HEADROOM) : am_buf_alloc(pool, AM_BUF_HEADROOM);
	if (__builtin_expect(!fresh, 0))
		return AM_V_NO_MBUF;
	c.a.id = c.b.id = e->family == AM_IPV4 ? am_ipid4(ids, in->path) : am_ipid6(ids);

	if (__builtin_expect(am_buf_headroom(m) >= c.head + c.layers, 1)) {
		memcpy(am_buf_set_len(fresh, (uint16_t)c.second), p->payload + c.first, c.second);
		put_second(p, &c, fresh);
		put_first(p, &c, m);
		am_buf_set_len(m, (uint16_t)(c.head + c.layers + c.first));
		out[0] = m;
		out[1] = fresh;
	} else {
		/* The first payload octets make room for the second fragment's headers, which are shorter. */
		memcpy(am_buf_set_len(fresh, (uint16_t)c.first), p->payload, c.first);
		put_first(p, &c, fresh);
		am_buf_adj(m, (uint16_t)c.first);
		put_second(p, &c, m);
		out[0] = fresh;
		out[1] = m;
	}
	return AM_V_OK;
}

/* False: push_cut's business; nothing has happened. */
static inline bool cut_usual(const struct patch *p, struct am_ipid *ids, const struct am_encap_in *in,
	struct rte_mbuf *m, struct rte_mbuf *out[2])
{
	const struct am_cut cut = {.plen = p->plen, .hash = p->hash, .tos = in->tos, .path = in->path};
	uint8_t *payload = am_buf_data(m);

	if (!in->stash || !am_cut_is_usual(p->e, m, p->plen))
		return false;
	out[0] = m;
	out[1] = am_buf_take(in->stash, AM_BUF_HEADROOM);
	if (!out[1])
		return false;
	am_cut_usual(p->e, ids, &cut, m, out[1], false);
	if (p->e->carries_ip)
		am_string_put_type(p->e, payload, payload_type(p));
	return true;
}

enum am_verdict am_encap_push(const struct am_encap *e, struct am_ipid *ids, struct rte_mempool *pool,
	const struct am_encap_in *in, struct rte_mbuf *m, struct rte_mbuf *out[2], unsigned *n_out)
{
	uint32_t plen = am_buf_len(m);
	struct patch p = {
		.e = e,
		.tos = am_string_tos(e, in->tos),
		.label = am_string_label(e, in->hash),
		.hash = in->hash,
		.seq = in->gre_seq,
		.plen = plen,
		.payload = am_buf_data(m),
	};
	enum am_verdict v;

	if (plen > e->payload_max)
		return AM_V_TUNNEL_MTU;
	if (e->len - e->ip_at + plen > e->whole_max) {
		*n_out = 2;
		if (cut_usual(&p, ids, in, m, out))
			return AM_V_OK;
		return push_cut(&p, ids, pool, in, m, out);
	}
	v = push_whole(&p, ids, in->path, m);
	out[0] = m;
	*n_out = 1;
	return v;
}
