/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The short way out of a tunnel with an IP identity of its own: what is inside is routed. Each check of open.c that the usual
 * packet can fail is made here too; what fails one, or is not usual, is left as it is for the long way, which alone refuses and
 * names reasons. Nothing is learnt, since all that must be known of a tunnel is found with its peer.
 */
#include "net/etherip.h"
#include "net/gre.h"
#include "net/vxlan.h"
#include "open.h"
#include "route.h"

/* A packet on its way out. What is left of it is at `at`, len octets. */
struct unwrapped {
	const uint8_t *at;
	uint32_t len;
	uint8_t family, proto; /* of the outer header */
	const uint8_t *addrs;  /* both, in the outer header */
	enum am_peer_use use;
	uint32_t selector;
	uint16_t type; /* of what the tunnel carries: an EtherType of IP, or AM_ET_TEB */
};

/* Neither CE nor ECT(1): nothing that the inner packet must be told (RFC 6040). */
static inline bool is_unmarked(uint8_t tos)
{
	return !(tos & 1);
}

static inline bool unwrap_ip4(struct unwrapped *u)
{
	const uint8_t *ip = u->at;
	uint32_t total = am_load16(ip + 2);

	if (ip[0] != 0x45 || !is_unmarked(ip[1]) || am_load16(ip + 6) & ~(AM_IP4_DF | 0x8000) ||
		total - AM_IP4_LEN > u->len - AM_IP4_LEN || !am_csum_ip4_is_right(ip))
		return false;
	u->proto = ip[9];
	u->addrs = ip + 12;
	u->at += AM_IP4_LEN;
	u->len = total - AM_IP4_LEN;
	return true;
}

static inline bool unwrap_ip6(struct unwrapped *u)
{
	const uint8_t *ip = u->at;
	uint32_t payload = am_load16(ip + 4);

	if (u->len < AM_IP6_LEN || ip[0] >> 4 != AM_IPV6 || !is_unmarked((uint8_t)(ip[1] >> 4)) ||
		payload > u->len - AM_IP6_LEN)
		return false;
	u->proto = ip[6];
	u->addrs = ip + 8;
	u->at += AM_IP6_LEN;
	u->len = payload;
	return true;
}

/* With a key or without, and nothing else. */
static inline bool unwrap_gre(struct unwrapped *u)
{
	uint32_t flags, head;
	bool key, frames;

	if (u->len < AM_GRE_LEN + 4)
		return false;
	flags = am_load16(u->at);
	u->type = am_load16(u->at + 2);
	key = flags == AM_GRE_K;
	frames = u->type == AM_ET_TEB;
	if (flags & ~AM_GRE_K || (!frames && u->type != AM_ET_IPV4 && u->type != AM_ET_IPV6))
		return false;
	if (frames)
		u->use = key ? AM_USE_GRETAP_KEY : AM_USE_GRETAP;
	else
		u->use = key ? AM_USE_GRE_KEY : AM_USE_GRE;
	u->selector = key ? am_load32(u->at + AM_GRE_LEN) : 0;
	head = key ? AM_GRE_LEN + 4 : AM_GRE_LEN;
	u->at += head;
	u->len -= head;
	return true;
}

static inline bool unwrap_etherip(struct unwrapped *u)
{
	if (u->len < AM_ETHERIP_LEN || am_load16(u->at) != 0x3000)
		return false;
	u->use = AM_USE_ETHERIP;
	u->selector = 0;
	u->type = AM_ET_TEB;
	u->at += AM_ETHERIP_LEN;
	u->len -= AM_ETHERIP_LEN;
	return true;
}

/* The IP packet's EtherType where frames come out: without a tag, to the tunnel's MAC. 0: something else. */
static inline uint16_t type_in_frame(const struct unwrapped *u, const struct am_tunnel *t)
{
	if (u->len < AM_ETH_LEN || t->bridged || memcmp(u->at, t->mac.bytes, AM_MAC_LEN) != 0)
		return 0;
	return am_load16(u->at + 2 * AM_MAC_LEN);
}

/* Could the payload be one of a tunnel, or VXLAN, within the tunnel? */
static inline bool may_be_tunnels(
	const struct am_worker *w, uint8_t proto, const uint8_t *payload, uint32_t len)
{
	if (proto != AM_PROTO_UDP)
		return am_open_is_tunnel(proto);
	return len < AM_UDP_LEN || am_load16(payload + 2) == w->roots->vtep_port;
}

/* A whole packet that a router may forward, and that is for nobody but the router. len: octets that are there, and then its own. */
static inline bool is_routers(const struct am_worker *w, uint8_t family, const uint8_t *ip, uint32_t *len)
{
	uint32_t has = *len;

	if (family == AM_IPV4)
		return has >= AM_IP4_LEN && ip[0] == 0x45 && !(am_load16(ip + 6) & ~(AM_IP4_DF | 0x8000)) &&
		       am_forward4_check(ip, has, len) == AM_V_OK &&
		       !may_be_tunnels(w, ip[9], ip + AM_IP4_LEN, *len - AM_IP4_LEN);
	return am_forward6_check(ip, has, len) == AM_V_OK &&
	       (ip[6] == AM_PROTO_TCP || ip[6] == AM_PROTO_UDP || ip[6] == AM_PROTO_ICMPV6) &&
	       !may_be_tunnels(w, ip[6], ip + AM_IP6_LEN, *len - AM_IP6_LEN);
}

/* The tunnel that it came by, if that has nothing for the long way to do. */
static inline const struct am_tunnel *tunnel_of(struct am_worker *w, uint16_t vrf, const struct unwrapped *u)
{
	struct am_last_peer *last;
	const struct am_tunnel *t;
	uint32_t id;

	if (am_open_peer(w, vrf, u->family, u->addrs, &last) != AM_V_OK)
		return NULL;
	id = am_open_use(w, last, u->use, u->selector);
	if (id == AM_NO_TARGET)
		return NULL;
	t = w->roots->tunnels[id];
	return t->l3 && !(t->want_csum | t->seq | t->dscp_uniform) ? t : NULL;
}

static inline void count(struct am_worker *w, const struct am_tunnel *t, uint32_t len, bool whole_made)
{
	uint64_t *c = w->counters[t->iface].count;

	c[AM_C_RX_PACKETS]++;
	c[AM_C_RX_BYTES] += len;
	if (whole_made)
		c[AM_C_RX_REASSEMBLED]++;
}

bool am_l3_tunnel_take(struct am_worker *w, uint16_t vrf, const struct am_arrival *a, bool whole_made)
{
	uint8_t *ip = am_buf_data(a->m) + a->l2;
	struct unwrapped u = {.at = ip,
		.len = am_buf_len(a->m) - a->l2,
		.family = a->type == AM_ET_IPV4 ? AM_IPV4 : AM_IPV6};
	const struct am_tunnel *t;
	uint16_t l2, type;
	uint32_t has, len;
	uint8_t family;

	if (w->n_routed == AM_BURST || u.len < AM_IP4_LEN ||
		!(u.family == AM_IPV4 ? unwrap_ip4(&u) : unwrap_ip6(&u)) ||
		!(u.proto == AM_PROTO_GRE ? unwrap_gre(&u)
					  : u.proto == AM_PROTO_ETHERIP && unwrap_etherip(&u)))
		return false;
	t = tunnel_of(w, vrf, &u);
	if (!t)
		return false;
	type = u.type == AM_ET_TEB ? type_in_frame(&u, t) : u.type;
	l2 = u.type == AM_ET_TEB ? AM_ETH_LEN : 0;
	if (type != AM_ET_IPV4 && type != AM_ET_IPV6)
		return false;
	has = len = u.len - l2;
	ip += u.at + l2 - ip;
	if (!is_routers(w, type == AM_ET_IPV4 ? AM_IPV4 : AM_IPV6, ip, &len) || (whole_made && len != has))
		return false;
	count(w, t, u.len, whole_made);
	am_buf_cut(a->m, (uint16_t)(u.at - am_buf_data(a->m)), (uint16_t)u.len);
	family = type == AM_ET_IPV4 ? AM_IPV4 : AM_IPV6;
	am_route_place(w, t->l3, a->m, ip, l2, len, family, AM_ROUTED_OPENED);
	am_route_keep(w, w->roots->vrfs[t->l3->vrf], ip, family);
	return true;
}
