/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IP for us: find the peer, make it whole, take the tunnel's headers off. What is inside is a frame for the
 * bridge, or an IP packet in the tunnel's VRF, which goes round once more and can then only be VXLAN.
 *
 * Order of the checks: the IP header (am_ip_parse), addresses, fragments, then the protocol's own RFC.
 */
#include "open.h"
#include "base/bytes.h"
#include "lane_take.h"
#include "net/csum.h"
#include "net/etherip.h"
#include "net/gre.h"
#include "net/icmp_report.h"
#include "net/mss.h"
#include "net/vxlan.h"
#include "route.h"
#include "tap.h"

#include <string.h>

/* An IP packet being opened. What is known of it grows; nothing is read twice. */
struct inner {
	struct rte_mbuf *m;
	struct am_ip_hdr ip; /* as it was received, or made whole */
	uint16_t l2;         /* octets before the IP header */
	uint16_t iface;      /* where a drop counts: the port, then the tunnel, then the bridge */
	uint16_t vrf;
	const struct am_interface *l3; /* NULL: its VRF does not route */
	uint32_t peer;
	struct am_last_peer *last; /* about this peer once it is found */
	uint8_t tos;               /* of the outer layers: what the inner packet must be told */
	bool dscp_uniform;
	bool whole_made; /* it was reassembled */
	struct am_lane_note note;
};

static uint8_t *ip_of(const struct inner *p)
{
	return am_buf_data(p->m) + p->l2;
}

/* How far the parser has come in the outermost packet. */
static unsigned offset(const struct inner *p)
{
	return (unsigned)(p->m->data_off + p->l2 - p->note.start);
}

/* What a lane must know of an IP header, if it can do with it. */
static void note_ip(struct inner *p)
{
	struct am_lane_note *note = &p->note;
	bool usual = p->ip.hlen == (p->ip.family == AM_IPV4 ? AM_IP4_LEN : AM_IP6_LEN) && !(p->tos & 1);

	note->good &= usual && note->at.n_ip < 2;
	if (!note->good)
		return;
	note->at.ip_at[note->at.n_ip] = (uint8_t)offset(p);
	note->at.family[note->at.n_ip++] = p->ip.family;
}

/* The IP header that an EtherType or GRE protocol type announces. */
static enum am_verdict parse_as(uint16_t type, struct inner *p)
{
	uint32_t len = am_buf_len(p->m) - p->l2;

	return type == AM_ET_IPV4 ? am_ip4_parse(ip_of(p), len, &p->ip) : am_ip6_parse(ip_of(p), len, &p->ip);
}

static void refuse(struct am_worker *w, struct inner *p, enum am_verdict why)
{
	if (p->l2)
		am_drop(w, p->iface, why, p->m);
	else
		am_drop_ip(w, p->iface, why, p->m);
}

void am_decap_lost(void *worker, uint32_t peer, enum am_verdict why, unsigned packets)
{
	struct am_worker *w = worker;

	am_tap_died(w, w->peer_iface[peer], why);
	w->counters[w->peer_iface[peer]].drop[why] += packets;
}

/* Remove n octets in front and whatever is behind len: the outer length rules, not the frame's. */
static void strip(struct inner *p, uint16_t n, uint16_t len)
{
	am_buf_adj(p->m, n);
	am_buf_set_len(p->m, len);
}

/*
 * Tell an inner IP packet what happened to the outer one: congestion (RFC 6040), and the DSCP of a uniform
 * tunnel. len is what there is of it; a malformed one is left as it is, since a bridge does not judge what it
 * carries.
 */
static enum am_verdict mark_inner(const struct inner *p, uint8_t *ip, uint32_t len, uint8_t *tos)
{
	struct am_ip_hdr hdr;
	uint8_t ecn = p->tos & 3, dscp;
	int marked;

	if (likely(ecn != AM_ECN_CE && ecn != AM_ECN_ECT1 && !p->dscp_uniform))
		return AM_V_OK;
	if (am_ip_parse(ip, len, &hdr) != AM_V_OK)
		return AM_V_OK;
	marked = am_ecn_decap(hdr.tos & 3, ecn);
	if (marked < 0)
		return AM_V_TUNNEL_ECN;
	dscp = (p->dscp_uniform ? p->tos : hdr.tos) & 0xfc;
	if ((dscp | marked) == hdr.tos)
		return AM_V_OK;
	*tos = (uint8_t)(dscp | marked);
	am_ip_set_tos(ip, hdr.family, *tos);
	return AM_V_OK;
}

/*
 * Is what came out as long as the packet inside says? Shorter is a truncated one, which no host should see. A
 * reassembled one must match exactly: IPv4 identifications wrap, so halves of two datagrams may meet (RFC
 * 4963), and Ethernet pads only short frames, which are never cut.
 */
static enum am_verdict check_length(const struct inner *p, const uint8_t *ip, uint32_t len, uint16_t type)
{
	uint32_t says;

	if (type == AM_ET_IPV4 && len >= AM_IP4_LEN)
		says = am_load16(ip + 2);
	else if (type == AM_ET_IPV6 && len >= AM_IP6_LEN)
		says = am_load16(ip + 4) + (uint32_t)AM_IP6_LEN;
	else
		return type == AM_ET_IPV4 || type == AM_ET_IPV6 ? AM_V_TUNNEL_INNER : AM_V_OK;
	if (unlikely(says > len))
		return AM_V_TUNNEL_INNER;
	return unlikely(p->whole_made && says != len) ? AM_V_FRAG_LENGTH_DISAGREES : AM_V_OK;
}

/* Out of a tunnel comes a frame, under these conditions. */
struct terms {
	uint16_t mss4, mss6; /* to clamp to, or 0 */
	bool tags;           /* those in the frame do not choose its member */
};

/* The frame was good; whether all that are like it will be is for a lane to say. */
static void learn_lane(
	struct am_worker *w, struct inner *p, const struct am_frame *f, const struct terms *terms)
{
	const struct am_lane as = {.rest = {.member = f->member, .peer = p->note.peer},
		.tunnel_iface = p->note.tunnel_iface,
		.mss4 = terms->mss4,
		.mss6 = terms->mss6};

	if (p->note.good && (terms->tags || !(f->eth.tags || f->popped)))
		am_lane_learn(w, &p->note, p->m, &as);
}

/* Give the frame to the member that it belongs to. */
static void frame_out(struct am_worker *w, struct inner *p, struct am_frame *f, const struct terms *terms)
{
	uint8_t *frame = am_buf_data(p->m);
	uint32_t len = am_buf_len(p->m);
	uint8_t tos;
	enum am_verdict v = check_length(p, frame + f->eth.len, len - f->eth.len, f->eth.type);

	if (likely(v == AM_V_OK))
		v = mark_inner(p, frame + f->eth.len, len - f->eth.len, &tos);
	if (unlikely(v != AM_V_OK)) {
		refuse(w, p, v);
		return;
	}
	learn_lane(w, p, f, terms);
	if (unlikely(terms->mss4 | terms->mss6) && am_mss_clamp_frame(frame, len, terms->mss4, terms->mss6))
		am_count(w, p->iface, AM_C_MSS_CLAMPED, 1);
	am_tap_see(w, AM_TAP_DECAP, AM_TAP_ETHERNET, p->iface, p->m);
	f->m = p->m;
	f->iface = p->iface;
	am_input_frame(w, f);
}

static void count_tunnel(struct am_worker *w, struct inner *p, const struct am_tunnel *t, uint32_t len)
{
	p->iface = t->iface;
	p->dscp_uniform = t->dscp_uniform;
	p->note.good &= !t->dscp_uniform;
	p->note.tunnel_iface = t->iface;
	p->note.at.inside_at = (uint8_t)(p->m->data_off - p->note.start);
	am_count(w, t->iface, AM_C_RX_PACKETS, 1);
	am_count(w, t->iface, AM_C_RX_BYTES, len);
	if (p->whole_made)
		am_count(w, t->iface, AM_C_RX_REASSEMBLED, 1);
}

static void open_ip(struct am_worker *w, struct inner *p);

/* The IP packet in a tunnel: once more, in the tunnel's VRF, with the ECN and DSCP of what was outside. */
static void ip_inside(struct am_worker *w, struct inner *p, const struct am_tunnel *t, uint16_t type)
{
	enum am_verdict v = parse_as(type, p);

	p->vrf = t->vrf;
	p->l3 = t->l3;
	am_tap_see(w, AM_TAP_DECAP, p->l2 ? AM_TAP_ETHERNET : AM_TAP_IP, t->iface, p->m);
	if (unlikely(v != AM_V_OK)) {
		refuse(w, p, v);
		return;
	}
	if (unlikely(p->whole_made && (uint32_t)p->l2 + p->ip.hlen + p->ip.plen != am_buf_len(p->m))) {
		refuse(w, p, AM_V_FRAG_LENGTH_DISAGREES);
		return;
	}
	v = mark_inner(p, ip_of(p), am_buf_len(p->m) - p->l2, &p->ip.tos);
	if (unlikely(v != AM_V_OK)) {
		refuse(w, p, v);
		return;
	}
	open_ip(w, p);
}

/* An L2 tunnel with an IP identity of its own. */
static void ip_behind_mac(struct am_worker *w, struct inner *p, const struct am_tunnel *t, struct am_frame *f)
{
	const struct am_ether *eth = &f->eth;

	f->m = p->m;
	f->iface = t->iface;
	if (t->l3 && !eth->tags && am_host_take_link(w, t->l3, f))
		return;
	if (eth->tags || (eth->type != AM_ET_IPV4 && eth->type != AM_ET_IPV6)) {
		refuse(w, p, AM_V_ETH_TYPE);
		return;
	}
	if (__builtin_memcmp(am_buf_data(p->m), t->mac.bytes, AM_MAC_LEN) != 0) {
		refuse(w, p, AM_V_ETH_NOT_OURS);
		return;
	}
	p->note.at.ether_at = p->note.at.inside_at;
	p->l2 = eth->len;
	ip_inside(w, p, t, eth->type);
}

static void frame_from_tunnel(struct am_worker *w, struct inner *p, const struct am_tunnel *t)
{
	struct am_frame *f = am_input_place(w);
	enum am_verdict v = am_ether_parse(am_buf_data(p->m), am_buf_len(p->m), &f->eth);

	if (unlikely(v != AM_V_OK)) {
		refuse(w, p, AM_V_TUNNEL_INNER);
		return;
	}
	if (!t->bridged) {
		ip_behind_mac(w, p, t, f);
		return;
	}
	f->m = p->m;
	f->member = am_input_member(&t->vlans, f);
	if (unlikely(f->member == AM_NO_ID))
		refuse(w, p, AM_V_VLAN_UNKNOWN);
	else
		frame_out(w, p, f, &(struct terms){.mss4 = t->mss4, .mss6 = t->mss6});
}

/* Which tunnel or member the packet is for. */
static uint32_t find_use(struct am_worker *w, const struct inner *p, enum am_peer_use use, uint32_t selector)
{
	return am_open_use(w, p->last, use, selector);
}

static void open_etherip(struct am_worker *w, struct inner *p)
{
	uint32_t id = find_use(w, p, AM_USE_ETHERIP, 0);
	const uint8_t *etherip = ip_of(p) + p->ip.hlen;
	const struct am_tunnel *t;
	enum am_verdict v;

	if (unlikely(id == AM_NO_TARGET)) {
		refuse(w, p, AM_V_TUNNEL_UNKNOWN);
		return;
	}
	t = w->roots->tunnels[id];
	p->iface = t->iface;
	v = am_etherip_parse(etherip, p->ip.plen, t->accept_swapped);
	if (unlikely(v != AM_V_OK)) {
		refuse(w, p, v);
		return;
	}
	strip(p, (uint16_t)(p->l2 + p->ip.hlen + AM_ETHERIP_LEN), p->ip.plen - AM_ETHERIP_LEN);
	count_tunnel(w, p, t, am_buf_len(p->m));
	frame_from_tunnel(w, p, t);
}

/* Newer than the last one, modulo 2^32 (RFC 2890). Two workers may race: the later number wins. */
static bool sequence_is_new(const struct am_tunnel *t, uint32_t seq)
{
	uint32_t last = atomic_load_explicit(t->rx_seq, memory_order_relaxed);

	do {
		if (last != 0 && (int32_t)(seq - last) <= 0)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(
		t->rx_seq, &last, seq, memory_order_relaxed, memory_order_relaxed));
	return true;
}

static enum am_verdict check_gre(const struct am_tunnel *t, const struct am_gre *gre)
{
	if (t->want_csum && !gre->has_csum)
		return AM_V_GRE_CHECKSUM_MISSING;
	if (t->seq != gre->has_seq)
		return AM_V_GRE_SEQUENCE;
	if (t->seq && !sequence_is_new(t, gre->seq))
		return AM_V_GRE_SEQUENCE_OLD;
	return AM_V_OK;
}

static uint32_t find_gre(struct am_worker *w, const struct inner *p, const struct am_gre *gre)
{
	enum am_peer_use use;

	if (gre->type == AM_ET_TEB)
		use = gre->has_key ? AM_USE_GRETAP_KEY : AM_USE_GRETAP;
	else
		use = gre->has_key ? AM_USE_GRE_KEY : AM_USE_GRE;
	return find_use(w, p, use, gre->key);
}

static void open_gre(struct am_worker *w, struct inner *p)
{
	const struct am_tunnel *t;
	struct am_gre gre;
	enum am_verdict v = am_gre_parse(ip_of(p) + p->ip.hlen, p->ip.plen, &gre);
	uint32_t id;

	if (unlikely(v != AM_V_OK)) {
		refuse(w, p, v);
		return;
	}
	if (unlikely(gre.type != AM_ET_TEB && gre.type != AM_ET_IPV4 && gre.type != AM_ET_IPV6)) {
		refuse(w, p, AM_V_GRE_PROTOCOL);
		return;
	}
	id = find_gre(w, p, &gre);
	if (unlikely(id == AM_NO_TARGET)) {
		refuse(w, p, AM_V_GRE_KEY);
		return;
	}
	t = w->roots->tunnels[id];
	p->iface = t->iface;
	v = check_gre(t, &gre);
	if (unlikely(v != AM_V_OK)) {
		refuse(w, p, v);
		return;
	}
	p->note.good &= !gre.has_csum && !gre.has_seq;
	p->note.at.gre = true;
	strip(p, (uint16_t)(p->l2 + p->ip.hlen + gre.len), p->ip.plen - gre.len);
	count_tunnel(w, p, t, am_buf_len(p->m));
	if (gre.type == AM_ET_TEB) {
		frame_from_tunnel(w, p, t);
		return;
	}
	p->l2 = 0;
	ip_inside(w, p, t, gre.type);
}

/* Why no member takes this VNI from this peer: nobody has the VNI, or nobody named this VTEP. */
static enum am_verdict unknown_vni(const struct am_roots *roots, uint32_t vni)
{
	for (unsigned i = 0; i < roots->n_bridges; i++)
		if (roots->bridges[i] && roots->bridges[i]->has_vni && roots->bridges[i]->vni == vni)
			return AM_V_VXLAN_VTEP;
	return AM_V_VXLAN_VNI;
}

static enum am_verdict parse_vxlan(
	struct am_worker *w, const struct inner *p, struct am_udp *udp, uint32_t *vni)
{
	const uint8_t *at = ip_of(p) + p->ip.hlen;
	enum am_verdict v = am_udp_parse(at, p->ip.plen, udp);

	if (unlikely(v != AM_V_OK))
		return v;
	if (unlikely(udp->dport != w->roots->vtep_port))
		return AM_V_UDP_PORT;
	return am_vxlan_parse(at + AM_UDP_LEN, udp->plen, vni);
}

/*
 * Local checksum offload: a kernel that leaves the inner checksum to its NIC writes the outer one as it will
 * be right once the inner is finished. Where the NIC is a veth, nobody finishes it but us.
 */
static enum am_verdict check_vxlan(
	struct am_worker *w, const struct inner *p, const struct am_udp *udp, const struct am_bridge *bridge)
{
	uint8_t *ip = ip_of(p), *at = ip + p->ip.hlen;
	const uint8_t *src = am_ip_src(ip, p->ip.family), *dst = am_ip_dst(ip, p->ip.family);
	enum am_verdict v = am_udp_verify(at, udp, p->ip.family, src, dst, !bridge->udp_csum6, w->rx_finish);

	if (likely(v != AM_V_UDP_CHECKSUM) || !w->rx_finish ||
		!am_csum_complete(at + AM_UDP_LEN + AM_VXLAN_LEN, udp->plen - AM_VXLAN_LEN))
		return v;
	am_count(w, w->rx_iface, AM_C_CSUM_FINISHED, 1);
	return am_udp_verify(at, udp, p->ip.family, src, dst, !bridge->udp_csum6, w->rx_finish);
}

/* Not for a tunnel or VTEP of ours: what no tunnel carried was routed before. */
static inline uint8_t routed_as(const struct inner *p)
{
	return p->note.tunnel_iface == AM_NO_ID ? AM_ROUTED_AGAIN : AM_ROUTED_OPENED;
}

static void open_vxlan(struct am_worker *w, struct inner *p)
{
	const struct am_member *in;
	const struct am_bridge *bridge;
	struct am_frame *f = am_input_place(w);
	struct am_udp udp;
	uint32_t vni = 0, member;
	enum am_verdict v = parse_vxlan(w, p, &udp, &vni);

	if (unlikely(v == AM_V_UDP_PORT && p->l3)) {
		am_route_put(w, p->l3, p->m, p->l2, p->ip.family, routed_as(p));
		return;
	}
	if (unlikely(v != AM_V_OK)) {
		refuse(w, p, v);
		return;
	}
	member = find_use(w, p, AM_USE_VXLAN, vni);
	if (unlikely(member == AM_NO_TARGET)) {
		refuse(w, p, unknown_vni(w->roots, vni));
		return;
	}
	in = w->roots->members[member];
	bridge = w->roots->bridges[in->bridge];
	p->iface = bridge->iface;
	v = check_vxlan(w, p, &udp, bridge);
	if (unlikely(v != AM_V_OK)) {
		refuse(w, p, v);
		return;
	}
	p->note.at.udp_at = (uint8_t)(offset(p) + p->ip.hlen);
	strip(p, (uint16_t)(p->l2 + p->ip.hlen + AM_UDP_LEN + AM_VXLAN_LEN), udp.plen - AM_VXLAN_LEN);
	if (unlikely(am_ether_parse(am_buf_data(p->m), am_buf_len(p->m), &f->eth) != AM_V_OK)) {
		refuse(w, p, AM_V_TUNNEL_INNER);
		return;
	}
	if (unlikely(f->eth.tags && !bridge->inner_vlan)) {
		refuse(w, p, AM_V_VXLAN_INNER_VLAN);
		return;
	}
	am_count(w, bridge->iface, AM_C_RX_PACKETS, 1);
	am_count(w, bridge->iface, AM_C_RX_BYTES, am_buf_len(p->m));
	f->member = (uint16_t)member;
	frame_out(w, p, f, &(struct terms){.mss4 = in->mss4, .mss6 = in->mss6, .tags = bridge->inner_vlan});
}

/* RFC 7112: a first fragment carries the whole header chain, the tunnel's own header included. */
static bool first_is_tiny(const struct inner *p)
{
	const uint8_t *at = ip_of(p) + p->ip.hlen;
	struct am_gre gre;

	switch (p->ip.proto) {
	case AM_PROTO_GRE:
		return am_gre_parse_head(at, p->ip.plen, &gre) == AM_V_GRE_SHORT;
	case AM_PROTO_ETHERIP:
		return p->ip.plen < AM_ETHERIP_LEN + AM_ETH_LEN;
	default:
		return p->ip.plen < AM_UDP_LEN + AM_VXLAN_LEN;
	}
}

/* False where the packet is held or gone. */
static bool make_whole(struct am_worker *w, struct inner *p)
{
	uint32_t max = AM_BUF_ROOM - AM_BUF_HEADROOM - p->l2;

	am_count(w, p->iface, AM_C_RX_FRAGMENTS, 1);
	if (p->ip.frag_at == 0 && first_is_tiny(p)) {
		refuse(w, p, AM_V_FRAG_TINY);
		return false;
	}
	w->peer_iface[p->peer] = p->iface;
	w->peer_back[p->peer] = p->note.tunnel_iface == AM_NO_ID ? w->rx_back : AM_NO_ID;
	p->m = am_reasm_add(w->reasm, p->peer, p->m, p->l2, &p->ip, max, w->now);
	if (!p->m) {
		am_tap_held(w, p->iface);
		return false;
	}
	p->whole_made = true;
	p->note.start = (uint16_t)(p->m->data_off + p->l2);
	am_count(w, p->iface, AM_C_RX_REASSEMBLED, 1);
	am_tap_see(w, AM_TAP_WHOLE, p->l2 ? AM_TAP_ETHERNET : AM_TAP_IP, p->iface, p->m);
	return true;
}

/* A later IPv6 fragment may name an extension header that only the first one shows the end of. */
static bool is_for_us(const struct inner *p)
{
	uint8_t proto = p->ip.proto;

	if (unlikely(p->ip.frag && p->ip.frag_at && proto == AM_PROTO_DSTOPTS))
		return true;
	return am_open_is_tunnel(proto);
}

enum am_verdict am_open_look_up(
	struct am_worker *w, uint16_t vrf, uint8_t family, const uint8_t *addrs, struct am_last_peer *last)
{
	uint32_t len = family == AM_IPV4 ? 8 : 32, peer;

	switch (am_peers_find(w->roots->peers, vrf, family, addrs, addrs + len / 2, &peer)) {
	case AM_PEER_FOUND:
		break;
	case AM_PEER_SOURCE_UNKNOWN:
		return AM_V_TUNNEL_SOURCE;
	default:
		return AM_V_IP_NOT_OURS;
	}
	*last = (struct am_last_peer){.peer = peer, .family = family, .vrf = (uint8_t)vrf};
	memcpy(last->addrs, addrs, len);
	return AM_V_OK;
}

static enum am_verdict find_peer(struct am_worker *w, struct inner *p)
{
	const uint8_t *addrs = am_ip_src(ip_of(p), p->ip.family);
	enum am_verdict v = am_open_peer(w, p->vrf, p->ip.family, addrs, &p->last);

	if (unlikely(v != AM_V_OK))
		return v;
	p->peer = p->last->peer;
	if (p->note.at.n_ip == 0)
		p->note.peer = p->peer;
	if (unlikely(p->ip.family == AM_IPV4 && p->ip.hlen > AM_IP4_LEN))
		return AM_V_IP4_OPTIONS;
	return is_for_us(p) ? AM_V_OK : AM_V_IP_PROTOCOL;
}

/* A whole packet of a known peer. */
static void open_whole(struct am_worker *w, struct inner *p)
{
	p->tos = p->ip.tos;
	note_ip(p);
	if (p->ip.proto == AM_PROTO_GRE)
		open_gre(w, p);
	else if (p->ip.proto == AM_PROTO_UDP)
		open_vxlan(w, p);
	else if (likely(p->ip.proto == AM_PROTO_ETHERIP))
		open_etherip(w, p);
	else
		refuse(w, p, AM_V_IP_PROTOCOL);
}

/* A datagram that was reassembled: it may have a lane now. */
static __attribute__((noinline)) bool take_made(
	struct am_worker *w, uint16_t vrf, struct rte_mbuf *m, uint16_t l2, uint16_t type)
{
	struct am_lanes lanes = am_lanes_of(w, vrf);
	struct am_lane_burst b = am_lane_burst_of(w);
	struct am_arrival a = {.m = m, .l2 = l2, .type = type};
	bool taken;

	am_lane_ask_any(&lanes, &a, am_buf_data(m) + l2, am_buf_len(m) - l2);
	taken = am_lane_take(&b, &a, true, false);
	am_lane_burst_leave(&b);
	return taken;
}

/* A later fragment of UDP, or one that may be: without a port, a driver that leaves the kernel its own has to take it. */
static bool has_no_port(const struct am_ip_hdr *ip)
{
	return ip->frag && ip->frag_at && (ip->proto == AM_PROTO_UDP || ip->proto == AM_PROTO_DSTOPTS);
}

/* It came in by a port as it is, and no peer of ours sent it: the kernel may hold the first fragment. */
static bool is_kernels(const struct am_worker *w, const struct inner *p, enum am_verdict why)
{
	return why == AM_V_TUNNEL_SOURCE && w->rx_back != AM_NO_ID && p->l2 &&
	       p->note.tunnel_iface == AM_NO_ID && has_no_port(&p->ip);
}

bool am_decap_orphan(void *worker, uint32_t peer, struct rte_mbuf *m)
{
	struct am_worker *w = worker;
	struct am_ether eth;
	struct am_ip_hdr ip;

	if (w->peer_back[peer] == AM_NO_ID ||
		am_ether_parse(am_buf_data(m), am_buf_len(m), &eth) != AM_V_OK ||
		am_ip_parse(am_buf_data(m) + eth.len, am_buf_len(m) - eth.len, &ip) != AM_V_OK ||
		!has_no_port(&ip))
		return false;
	am_punt(w, w->peer_iface[peer], w->peer_back[peer], AM_PUNT_BACK, m);
	return true;
}

/* A router, or the other end, says what became of a tunnel's packet; only what came in by a port as it is. */
static bool is_tunnel_error(const struct am_worker *w, const struct inner *p, enum am_verdict why)
{
	return (why == AM_V_TUNNEL_SOURCE || why == AM_V_IP_PROTOCOL) && w->punt && p->l2 &&
	       p->note.tunnel_iface == AM_NO_ID && am_icmp_quotes_tunnel(ip_of(p), &p->ip);
}

/* A tunnel's or VXLAN, as far as can be seen. */
static bool is_tunnels(const struct am_worker *w, const struct inner *p)
{
	const uint8_t *udp = ip_of(p) + p->ip.hlen;

	if (p->ip.proto != AM_PROTO_UDP || (p->ip.frag && p->ip.frag_at) || p->ip.plen < AM_UDP_LEN)
		return am_open_is_tunnel(p->ip.proto);
	return am_load16(udp + 2) == w->roots->vtep_port;
}

/* Not from a peer's address to one of ours, or no tunnel's packet: may it be routed? */
static bool is_to_route(const struct am_worker *w, const struct inner *p, enum am_verdict why)
{
	if (!p->l3)
		return false;
	return why == AM_V_IP_NOT_OURS ||
	       ((why == AM_V_TUNNEL_SOURCE || why == AM_V_IP_PROTOCOL) && !is_tunnels(w, p));
}

static void open_ip(struct am_worker *w, struct inner *p)
{
	enum am_verdict v = find_peer(w, p);

	if (unlikely(is_kernels(w, p, v)))
		am_punt(w, p->iface, w->rx_back, AM_PUNT_BACK, p->m);
	else if (unlikely(v != AM_V_OK && is_tunnel_error(w, p, v)))
		am_punt(w, p->iface, p->l2, AM_PUNT_TUNNEL_ERROR, p->m);
	else if (unlikely(is_to_route(w, p, v)))
		am_route_put(w, p->l3, p->m, p->l2, p->ip.family, routed_as(p));
	else if (unlikely(v != AM_V_OK))
		refuse(w, p, v);
	else if (unlikely(p->l3 && !is_tunnels(w, p)))
		am_route_put(w, p->l3, p->m, p->l2, p->ip.family, routed_as(p));
	else if (!p->ip.frag)
		open_whole(w, p);
	else if (make_whole(w, p) &&
		 (am_tap_watched(w) || !take_made(w, p->vrf, p->m, p->l2,
					       p->ip.family == AM_IPV4 ? AM_ET_IPV4 : AM_ET_IPV6)))
		open_whole(w, p);
}

static struct inner begin(const struct am_place *at, const struct am_arrival *a)
{
	return (struct inner){.m = a->m,
		.l2 = a->l2,
		.iface = at->iface,
		.vrf = at->vrf,
		.l3 = at->l3,
		.note = {.good = true,
			.vrf = at->vrf,
			.start = (uint16_t)(a->m->data_off + a->l2),
			.tunnel_iface = AM_NO_ID}};
}

void am_open(struct am_worker *w, const struct am_place *at, const struct am_arrival *a, bool whole_made)
{
	struct inner p = begin(at, a);
	enum am_verdict v = parse_as(a->type, &p);

	p.whole_made = whole_made;
	if (unlikely(v != AM_V_OK))
		refuse(w, &p, v);
	else
		open_ip(w, &p);
}
