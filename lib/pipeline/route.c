/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Routing, in the order of RFC 1812 5.2.1: is the header right, where does it go, is it for us, may it live another hop, and
 * does it fit. The burst is checked first, then looked up in bulk, then sent.
 */
#include "route.h"
#include "acl.h"
#include "input.h"
#include "net/flow.h"
#include "net/forward.h"
#include "net/mss.h"
#include "open.h"
#include "output.h"
#include "pkt/cut.h"
#include "pkt/encap.h"
#include "pkt/fragment.h"
#include "tap.h"

/* As it came, with its Ethernet header or without one. */
static void drop(struct am_worker *w, const struct am_interface *in, uint16_t l2, enum am_verdict why,
	struct rte_mbuf *m)
{
	if (l2)
		am_drop(w, in->iface, why, m);
	else
		am_drop_ip(w, in->iface, why, m);
}

/* Refused, and the sender is told where it may be told. */
static void refuse(struct am_worker *w, const struct am_routed *r, enum am_verdict why, uint16_t mtu)
{
	const struct am_routed was = *r;

	if (r->how != AM_ROUTED_OWN)
		am_route_icmp(w, r, why, mtu); /* it may take r's place */
	drop(w, was.in, was.l2, why, was.m);
}

void am_route_reject(struct am_worker *w, const struct am_routed *r, enum am_verdict why)
{
	if (why != AM_V_IP_MARTIAN || !am_host_take_neighbour(w, r))
		drop(w, r->in, r->l2, why, r->m);
}

/* ---- lookup ---- */

static inline const struct am_fib *fib_of(const struct am_worker *w, const struct am_routed *r)
{
	const struct am_vrf *vrf = w->roots->vrfs[r->in->vrf];

	return r->family == AM_IPV4 ? vrf->fib4 : vrf->fib6;
}

/* All of one FIB, which mostly is all; those of others are left for the next round. */
static uint64_t look_up_fib(const struct am_worker *w, const struct am_fib *const *fibs, unsigned n,
	uint64_t left, uint32_t *values)
{
	const uint8_t *addresses[AM_BURST];
	const struct am_fib *fib = fibs[__builtin_ctzll(left)];
	uint32_t of_fib[AM_BURST];
	uint8_t which[AM_BURST];
	unsigned found = 0;

	for (unsigned i = 0; i < n; i++) {
		if (fibs[i] != fib)
			continue;
		addresses[found] = w->routed_to[i];
		which[found++] = (uint8_t)i;
	}
	am_fib_lookup_asked(fib, addresses, found, of_fib);
	for (unsigned i = 0; i < found; i++) {
		values[which[i]] = of_fib[i];
		left &= ~(1ull << which[i]);
	}
	return left;
}

/* The FIBs' answers for the first n; alike: one FIB has them all. */
static void look_up(const struct am_worker *w, unsigned n, bool alike, uint32_t *values)
{
	const struct am_fib *fibs[AM_BURST];

	if (likely(alike)) {
		am_fib_lookup_asked(fib_of(w, w->routed), w->routed_to, n, values);
		return;
	}
	for (unsigned i = 0; i < n; i++)
		fibs[i] = fib_of(w, &w->routed[i]);
	for (uint64_t left = UINT64_MAX >> (64 - n); left;)
		left = look_up_fib(w, fibs, n, left, values);
}

/* ---- where it came from: RFC 3704 ---- */

static bool leads_back(const struct am_worker *w, const struct am_routed *r)
{
	const struct am_fib *fib = fib_of(w, r);
	uint32_t value = am_fib_lookup(fib, am_ip_src(r->ip, r->family));
	const struct am_route *route = am_route_of(w->roots->routes, value);

	return am_route_leads_back(route, r->in->id, r->in->urpf == AM_URPF_ANY);
}

/* Of interfaces that want it; those that may stay, without a gap. */
static unsigned check_sources(struct am_worker *w, unsigned n)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < n; i++) {
		const struct am_routed *r = &w->routed[i];

		if (unlikely(r->in->urpf != AM_URPF_NONE) && r->how != AM_ROUTED_OWN && !leads_back(w, r)) {
			drop(w, r->in, r->l2, AM_V_ROUTE_URPF, r->m);
			continue;
		}
		if (unlikely(kept != i)) {
			w->routed[kept] = *r;
			w->routed_to[kept] = w->routed_to[i];
		}
		kept++;
	}
	return kept;
}

/* ---- the way out ---- */

/* As am_flow_hash_ip, family a constant. */
static inline uint32_t hash_of(const struct am_routed *r, uint8_t family)
{
	uint32_t hash;

	return likely(am_flow_of_usual_ip(r->ip, r->len, family, &hash)) ? hash
									 : am_flow_hash_ip(r->ip, r->len);
}

/* The live next hop of the packet's flow; NULL where there is none. */
static inline const struct am_adjacency *choose(
	const struct am_route *route, const struct am_routed *r, uint32_t *hash, bool *hashed)
{
	uint32_t live = atomic_load_explicit(&route->live, memory_order_acquire);

	if (likely(live == 1))
		return am_route_hop(route, 0);
	if (unlikely(!live))
		return NULL;
	*hash = am_flow_hash_ip(r->ip, r->len);
	*hashed = true;
	return am_route_hop(route, am_live_of(live, am_route_share(*hash)));
}

/* The packet alone: nothing in front of it, and no padding behind. */
static inline void strip(const struct am_routed *r)
{
	if (r->l2)
		am_buf_adj(r->m, r->l2);
	if (am_buf_len(r->m) != r->len)
		am_buf_set_len(r->m, r->len);
}

/* An Ethernet header in front of the packet that m is. False: there is no room. */
static inline bool put_head(struct rte_mbuf *m, const struct am_adjacency *a, uint8_t family)
{
	uint8_t *head;

	if (unlikely(am_buf_headroom(m) < a->head_len))
		return false;
	head = am_buf_prepend(m, a->head_len);
	memcpy(head, a->head, a->head_len - 2u);
	am_store16(head + a->head_len - 2, family == AM_IPV4 ? AM_ET_IPV4 : AM_ET_IPV6);
	return true;
}

/* The header that the packet came with has the right length and EtherType: only the addresses change. */
static inline void readdress(struct am_worker *w, const struct am_routed *r, const struct am_adjacency *a)
{
	uint32_t len = AM_ETH_LEN + r->len;

	memcpy(am_buf_data(r->m), a->head, 2 * AM_MAC_LEN);
	if (unlikely(am_buf_len(r->m) != len))
		am_buf_set_len(r->m, (uint16_t)len);
	am_output_put(w, a->port, r->m, len);
}

static inline void to_port(struct am_worker *w, struct am_routed *r, const struct am_adjacency *a)
{
	if (likely(r->l2 == AM_ETH_LEN && a->head_len == AM_ETH_LEN)) {
		readdress(w, r, a);
		return;
	}
	strip(r);
	if (unlikely(!put_head(r->m, a, r->family))) {
		am_drop_ip(w, a->iface, AM_V_NO_ROOM, r->m);
		return;
	}
	if (unlikely(a->head_len > AM_ETH_LEN))
		am_output_count(&w->counters[a->iface], AM_C_TX_PACKETS, 1, am_buf_len(r->m));
	am_output_put(w, a->port, r->m, am_buf_len(r->m));
}

/* Where in the bridge the neighbour is, the FDB says. */
static void to_bridge(struct am_worker *w, struct am_routed *r, const struct am_adjacency *a)
{
	const struct am_bridge *bridge =
		a->bridge < w->roots->n_bridges ? w->roots->bridges[a->bridge] : NULL;
	struct am_frame f = {.m = r->m,
		.eth = {.len = AM_ETH_LEN, .type = r->family == AM_IPV4 ? AM_ET_IPV4 : AM_ET_IPV6},
		.iface = a->iface};

	strip(r);
	if (unlikely(!bridge || bridge->irb == AM_NO_ID || !put_head(r->m, a, r->family))) {
		am_drop_ip(w, a->iface, AM_V_NO_ROOM, r->m);
		return;
	}
	am_output_count(&w->counters[a->iface], AM_C_TX_PACKETS, 1, am_buf_len(r->m));
	f.member = bridge->irb;
	am_bridge_send(w, &f);
}

/* Into the packets that the string makes of it. */
static enum am_verdict push(struct am_worker *w, const struct am_routed *r, const struct am_adjacency *a,
	struct am_encap_in *in, struct rte_mbuf *out[2], unsigned *n)
{
	const struct am_path_list *list = a->paths;
	unsigned path = am_output_path(list, in->hash);
	const struct am_encap *e;
	enum am_verdict v;

	if (unlikely(path >= list->n))
		return AM_V_TUNNEL_DOWN;
	if (a->tx_seq)
		in->gre_seq = atomic_fetch_add_explicit(a->tx_seq, 1, memory_order_relaxed);
	in->path = list->first_path + path;
	e = atomic_load_explicit(&list->encap[path], memory_order_acquire);
	v = am_encap_push(e, &w->ids, w->plane->conf.pool, in, r->m, out, n);
	if (v != AM_V_OK || am_buf_len(out[0]) - e->ip_at <= w->roots->ports[list->port[path]].mtu)
		return v;
	if (*n == 2)
		am_drop(w, a->iface, AM_V_PORT_MTU, out[out[0] == r->m]);
	return AM_V_PORT_MTU;
}

static void to_tunnel(struct am_worker *w, struct am_routed *r, const struct am_adjacency *a, uint32_t hash)
{
	const uint8_t *ip = r->ip;
	uint8_t tos = r->family == AM_IPV4 ? ip[1] : (uint8_t)(am_load16(ip) >> 4);
	struct am_encap_in in = {.hash = hash, .tos = tos, .stash = &w->stash};
	struct rte_mbuf *out[2];
	enum am_verdict v;
	uint16_t port;
	unsigned n = 0;

	strip(r);
	if (unlikely(am_tap_watched(w)))
		am_tap_see(w, AM_TAP_ENCAP, AM_TAP_IP, a->iface, r->m);
	if (unlikely(a->head_len && !put_head(r->m, a, r->family))) {
		am_drop_ip(w, a->iface, AM_V_NO_ROOM, r->m);
		return;
	}
	v = push(w, r, a, &in, out, &n);
	if (unlikely(v != AM_V_OK)) {
		am_drop(w, a->iface, v, r->m);
		return;
	}
	port = a->paths->port[in.path - a->paths->first_path];
	am_output_count(&w->counters[a->iface], AM_C_TX_PACKETS, 1, r->len);
	am_output_put(w, port, out[0], am_buf_len(out[0]));
	if (n == 1)
		return;
	am_output_count(&w->counters[a->iface], AM_C_TX_FRAGMENTED, 1, 2);
	am_output_put(w, port, out[1], am_buf_len(out[1]));
}

static inline void clamp(
	struct am_worker *w, const struct am_routed *r, uint16_t mss4, uint16_t mss6, uint16_t iface)
{
	if (unlikely(mss4 | mss6) && am_mss_clamp_ip(r->ip, r->len, mss4, mss6))
		am_count(w, iface, AM_C_MSS_CLAMPED, 1);
}

static inline void leave(
	struct am_worker *w, struct am_routed *r, const struct am_adjacency *a, uint32_t hash, bool hashed)
{
	if (a->kind == AM_ADJACENCY_PORT)
		to_port(w, r, a);
	else if (a->kind == AM_ADJACENCY_BRIDGE)
		to_bridge(w, r, a);
	else
		to_tunnel(w, r, a, hashed ? hash : am_flow_hash_ip(r->ip, r->len));
}

/* RFC 791: an IPv4 packet without DF is cut where it is too long; all of it goes the same way. */
static inline bool may_cut(const struct am_routed *r)
{
	return r->family == AM_IPV4 && !(am_load16(r->ip + 6) & AM_IP4_DF);
}

static __attribute__((noinline)) void cut(
	struct am_worker *w, struct am_routed *r, const struct am_adjacency *a, uint32_t hash, bool hashed)
{
	struct rte_mbuf *out[AM_FRAGMENTS_MAX];
	enum am_verdict v;
	unsigned n;

	strip(r);
	v = am_fragment4(&w->stash, r->m, a->mtu, out, &n);
	if (v != AM_V_OK) {
		am_drop(w, a->iface, v, r->m);
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		struct am_routed part = *r;

		part.m = out[i];
		part.ip = am_buf_data(out[i]);
		part.l2 = 0;
		part.len = (uint16_t)am_buf_len(out[i]);
		leave(w, &part, a, hash, hashed);
	}
}

/* What the sender left to a NIC that is not there. What came out of a tunnel was finished at its other end. */
static inline void finish(struct am_worker *w, const struct am_routed *r)
{
	if (unlikely(w->rx_finish) && r->l2 && am_csum_complete(am_buf_data(r->m), am_buf_len(r->m)))
		am_count(w, w->rx_iface, AM_C_CSUM_FINISHED, 1);
}

/* To whom it goes: both counters in one addition. */
static inline void credit(struct am_worker *w, uint32_t as_row, uint32_t bytes)
{
	typedef uint64_t pair __attribute__((vector_size(16), may_alias));

	*(pair *)&w->as_counters[as_row] += (pair){1, bytes};
}

static inline void forward(struct am_worker *w, struct am_routed *r, const struct am_route *route)
{
	const struct am_adjacency *a;
	uint32_t hash = 0;
	bool hashed = false;

	if (unlikely(am_forward_ttl(r->ip, r->family) <= 1 && r->how != AM_ROUTED_OWN)) {
		refuse(w, r, AM_V_IP_TTL, 0);
		return;
	}
	a = choose(route, r, &hash, &hashed);
	if (unlikely(!a)) {
		refuse(w, r, AM_V_ROUTE_DOWN, 0);
		return;
	}
	/* RFC 4443 3.1: a packet does not go back on the point-to-point link that it came by. */
	if (unlikely(
		    a->interface == r->in->id && a->kind == AM_ADJACENCY_TUNNEL && r->how != AM_ROUTED_OWN)) {
		refuse(w, r, AM_V_ROUTE_BACK, 0);
		return;
	}
	if (!am_acl_out(w, r, a))
		return;
	if (unlikely(r->len > a->mtu) && !may_cut(r)) {
		refuse(w, r, AM_V_ROUTE_MTU, a->mtu);
		return;
	}
	finish(w, r);
	if (likely(r->how != AM_ROUTED_OWN)) {
		am_forward_hop(r->ip, r->family);
		clamp(w, r, r->in->mss4, r->in->mss6, r->in->iface);
	}
	clamp(w, r, a->mss4, a->mss6, a->iface);
	if (route->as_row)
		credit(w, route->as_row, r->len);
	if (unlikely(r->len > a->mtu))
		cut(w, r, a, hash, hashed);
	else
		leave(w, r, a, hash, hashed);
}

/* As it came: the kernel judges what is its own. */
static void punt_local(struct am_worker *w, const struct am_routed *r)
{
	struct am_ip_hdr hdr;
	enum am_verdict v = am_ip_parse(r->ip, am_buf_len(r->m) - r->l2, &hdr);

	if (v != AM_V_OK) {
		drop(w, r->in, r->l2, v, r->m);
		return;
	}
	finish(w, r);
	am_host_take(w, r->in, r->m, r->l2, am_punt_classify(w, r->ip, &hdr));
}

/* For this box: a tunnel's packet or VXLAN where that was not tried yet, else the kernel's. */
static void local(struct am_worker *w, struct am_routed *r)
{
	const struct am_arrival a = {
		.m = r->m, .l2 = r->l2, .type = r->family == AM_IPV4 ? AM_ET_IPV4 : AM_ET_IPV6};
	const struct am_place at = {r->in->iface, r->in->vrf, r->in};

	if (r->how == AM_ROUTED_OWN) /* an error about a packet that claimed to be from us */
		drop(w, r->in, r->l2, AM_V_IP_MARTIAN, r->m);
	else if (r->how != AM_ROUTED_NEW)
		punt_local(w, r);
	else
		am_open(w, &at, &a, false);
}

/* It may wait a moment for the neighbour, and then it is sent as the box's own are: its hop is taken here. */
static void glean(struct am_worker *w, struct am_routed *r, const struct am_route *route)
{
	if (am_forward_ttl(r->ip, r->family) <= 1 && r->how != AM_ROUTED_OWN) {
		refuse(w, r, AM_V_IP_TTL, 0);
		return;
	}
	finish(w, r);
	if (r->how != AM_ROUTED_OWN)
		am_forward_hop(r->ip, r->family);
	strip(r);
	am_punt(w, r->in->iface, route->interface, AM_PUNT_GLEAN, r->m);
}

static __attribute__((noinline)) void not_forward(
	struct am_worker *w, struct am_routed *r, const struct am_route *route)
{
	if (!route) {
		refuse(w, r, AM_V_ROUTE_NONE, 0);
		return;
	}
	switch ((enum am_route_kind)route->kind) {
	case AM_ROUTE_LOCAL:
		local(w, r);
		break;
	case AM_ROUTE_GLEAN:
		glean(w, r, route);
		break;
	case AM_ROUTE_BLACKHOLE:
		drop(w, r->in, r->l2, AM_V_ROUTE_BLACKHOLE, r->m);
		break;
	case AM_ROUTE_UNREACHABLE:
	case AM_ROUTE_FORWARD:
		refuse(w, r, AM_V_ROUTE_UNREACHABLE, 0);
		break;
	}
}

/* ---- bursts ---- */

/* An Ethernet header's room in front of the packet, and nothing more. False: there is none. */
static inline bool make_front(const struct am_routed *r)
{
	if (r->l2 > AM_ETH_LEN) {
		am_buf_adj(r->m, (uint16_t)(r->l2 - AM_ETH_LEN));
		return true;
	}
	if (unlikely(am_buf_headroom(r->m) < AM_ETH_LEN))
		return false;
	am_buf_prepend(r->m, (uint16_t)(AM_ETH_LEN - r->l2));
	return true;
}

static inline uint16_t type_of(uint8_t family)
{
	return family == AM_IPV4 ? AM_ET_IPV4 : AM_ET_IPV6;
}

static inline void put_known_head(uint8_t *head, const struct am_adjacency *a, uint8_t family)
{
	memcpy(head, a->head, 2 * AM_MAC_LEN);
	am_store16(head + 2 * AM_MAC_LEN, type_of(family));
}

/* To a neighbour at a port. */
static inline bool straight_to_port(
	struct am_worker *w, const struct am_routed *r, const struct am_adjacency *a, uint8_t family)
{
	uint32_t len = AM_ETH_LEN + (uint32_t)r->len;

	if (unlikely(a->head_len != AM_ETH_LEN) || (unlikely(r->l2 != AM_ETH_LEN) && !make_front(r)))
		return false;
	am_forward_hop(r->ip, family);
	put_known_head(am_buf_set_len(r->m, (uint16_t)len), a, family);
	am_output_put(w, a->port, r->m, len);
	return true;
}

/* A packet that is about to go into a tunnel the short way. */
struct straight {
	const struct am_encap *e;
	uint32_t len; /* of what the string goes in front of */
	uint32_t hash, tos;
	unsigned path;
	uint8_t *payload;
};

/* The string of the packet's flow; NULL: that takes more than this. */
static inline const struct am_encap *find_string(const struct am_worker *w, const struct am_routed *r,
	const struct am_adjacency *a, struct straight *s, uint8_t family)
{
	const struct am_path_list *list = a->paths;
	uint32_t live = atomic_load_explicit(&list->live, memory_order_acquire);
	const struct am_encap *e;

	if (AM_POISON || unlikely(a->tx_seq || am_tap_watched(w) || a->interface == r->in->id || !live))
		return NULL;
	s->hash = 0;
	s->path = 0;
	if (unlikely(live != 1)) {
		s->hash = hash_of(r, family);
		s->path = am_live_of(live, am_stripe_share(s->hash));
	}
	e = atomic_load_explicit(&list->encap[s->path], memory_order_acquire);
	if (e->flow_label && live == 1)
		s->hash = hash_of(r, family);
	return e;
}

/* The packet alone, with the Ethernet header of tunnels that want one. */
static inline void put_front(
	struct am_routed *r, const struct am_adjacency *a, struct straight *s, uint8_t family)
{
	am_forward_hop(r->ip, family);
	s->tos = family == AM_IPV4 ? r->ip[1] : (uint8_t)(am_load16(r->ip) >> 4);
	am_buf_cut(r->m, r->l2, r->len);
	if (a->head_len)
		put_known_head(am_buf_prepend(r->m, AM_ETH_LEN), a, family);
	s->payload = am_buf_data(r->m);
}

/* Where strings carry IP: the payload's type, before anybody else has the packet. */
static inline void put_type(const struct straight *s, uint8_t family)
{
	if (s->e->carries_ip)
		am_string_put_type(s->e, s->payload, type_of(family));
}

/* It leaves in two. False: not that simple, and nothing has happened. */
static bool straight_in_two(struct am_worker *w, struct am_routed *r, const struct am_adjacency *a,
	struct straight *s, uint8_t family)
{
	struct am_cut cut = {.plen = s->len, .hash = s->hash, .path = a->paths->first_path + s->path};
	const uint16_t port = a->paths->port[s->path];
	struct rte_mbuf *fresh;

	if (am_buf_headroom(r->m) + r->l2 < (uint32_t)a->head_len + s->e->cut_room ||
		!am_cut_has(s->e, s->len) || am_buf_tailroom(r->m) < AM_CUT_STEP)
		return false;
	fresh = am_buf_take(&w->stash, AM_BUF_HEADROOM);
	if (unlikely(!fresh))
		return false;
	put_front(r, a, s, family);
	cut.tos = s->tos;
	am_cut_usual(s->e, &w->ids, &cut, r->m, fresh, false);
	put_type(s, family);
	am_output_put(w, port, r->m, am_buf_len(r->m));
	am_output_put(w, port, fresh, am_buf_len(fresh));
	am_output_count(&w->counters[a->iface], AM_C_TX_FRAGMENTED, 1, 2);
	return true;
}

/* One that is longer than what every path carries: over IPv4 with a number, or in two. False: as above. */
static __attribute__((noinline)) bool straight_and_long(struct am_worker *w, struct am_routed *r,
	const struct am_adjacency *a, struct straight *s, uint8_t family)
{
	const struct am_encap *e = s->e;
	const uint16_t port = a->paths->port[s->path];

	if (!am_string_is_numbered(e, s->len)) {
		if (!straight_in_two(w, r, a, s, family))
			return false;
	} else {
		/* There is room for a string whole (straight_to_tunnel). */
		if ((uint32_t)(e->len - e->ip_at) + s->len > w->tx[port].mtu)
			return false;
		put_front(r, a, s, family);
		am_string_put_numbered(e, s->payload, s->len, s->hash, s->tos,
			am_ipid4(&w->ids, a->paths->first_path + s->path), false);
		am_buf_prepend_known(r->m, am_buf_headroom(r->m), s->len, e->len);
		put_type(s, family);
		am_output_put(w, port, r->m, s->len + e->len);
	}
	am_output_count(&w->counters[a->iface], AM_C_TX_PACKETS, 1, r->len);
	return true;
}

/* Into a tunnel: GRE, or another with an Ethernet header of its own in between. */
static inline bool straight_to_tunnel(
	struct am_worker *w, struct am_routed *r, const struct am_adjacency *a, uint8_t family)
{
	struct straight s = {.len = (uint32_t)r->len + a->head_len};
	const struct am_encap *e = s.e = find_string(w, r, a, &s, family);

	if (unlikely(!e || (a->head_len && a->head_len != AM_ETH_LEN) ||
		     am_buf_headroom(r->m) + r->l2 < (uint32_t)a->head_len + e->copy_len))
		return false;
	if (unlikely(s.len > e->simple_max)) {
		struct straight copy = s;

		return straight_and_long(w, r, a, &copy, family);
	}
	put_front(r, a, &s, family);
	am_string_push_simple(e, r->m, s.len, s.hash, s.tos);
	put_type(&s, family);
	am_output_put(w, a->paths->port[s.path], r->m, s.len + e->len);
	am_output_count(&w->counters[a->iface], AM_C_TX_PACKETS, 1, r->len);
	return true;
}

/*
 * The usual packet, to a neighbour at a port that it fits, or through a tunnel. False: it is not, and
 * nothing has happened. mss is not 0 where SYNs that come by its interface are clamped; family is a constant where this is
 * inlined.
 */
static inline __attribute__((always_inline)) bool go_straight(
	struct am_worker *w, struct am_routed *r, const struct am_route *route, uint16_t mss, uint8_t family)
{
	const struct am_adjacency *a;
	uint32_t live;
	bool gone;

	if (unlikely(!route || route->kind != AM_ROUTE_FORWARD))
		return false;
	live = atomic_load_explicit(&route->live, memory_order_acquire);
	if (unlikely(!live))
		return false;
	a = am_route_hop(route, live == 1 ? 0 : am_live_of(live, am_route_share(hash_of(r, family))));
	if (unlikely(!a || r->len > a->mtu || am_forward_ttl(r->ip, family) <= 1))
		return false;
	if (unlikely(a->mss4 | a->mss6 | mss) && am_mss_may_clamp_ip(r->ip, r->len, family))
		return false;
	if (a->kind == AM_ADJACENCY_PORT)
		gone = straight_to_port(w, r, a, family);
	else
		gone = a->kind == AM_ADJACENCY_TUNNEL && straight_to_tunnel(w, r, a, family);
	if (likely(gone) && route->as_row)
		credit(w, route->as_row, r->len);
	return gone;
}

/* What is for the box and came by this interface stays among the arrivals, as it came: whoever takes it judges it. */
static __attribute__((noinline)) void go_any(struct am_worker *w, struct am_routed *r,
	const struct am_route *route, const struct am_interface *staying)
{
	if (likely(route && route->kind == AM_ROUTE_FORWARD))
		forward(w, r, route);
	else if (route && route->kind == AM_ROUTE_LOCAL && r->in == staying && r->how == AM_ROUTED_NEW)
		am_input_arrival(w, r->m, r->l2, r->family == AM_IPV4 ? AM_ET_IPV4 : AM_ET_IPV6);
	else
		not_forward(w, r, route);
}

static inline __attribute__((always_inline)) void go(struct am_worker *w, struct am_routed *r,
	const struct am_route *route, uint16_t mss, const struct am_interface *staying, uint8_t family)
{
	if (unlikely(!go_straight(w, r, route, mss, family)))
		go_any(w, r, route, staying);
}

static inline __attribute__((always_inline)) void go_all(struct am_worker *w,
	const struct am_route *const *routes, unsigned n, uint16_t mss, const struct am_interface *staying,
	uint8_t family)
{
	for (unsigned i = 0; i < n; i++)
		go(w, &w->routed[i], routes[i], mss, staying, family);
}

/* Of several interfaces, or of both families: each as it is. */
static __attribute__((noinline)) void go_mixed(struct am_worker *w, const struct am_route *const *routes,
	unsigned n, const struct am_interface *staying)
{
	for (unsigned i = 0; i < n; i++) {
		struct am_routed *r = &w->routed[i];
		const uint16_t mss = r->in->mss4 | r->in->mss6;

		if (unlikely(r->how == AM_ROUTED_OWN))
			go_any(w, r, routes[i], staying);
		else if (r->family == AM_IPV4)
			go(w, r, routes[i], mss, staying, AM_IPV4);
		else
			go(w, r, routes[i], mss, staying, AM_IPV6);
	}
}

/* Are the first n from one interface, of one family, and none of them the box's own? */
static bool are_alike(const struct am_worker *w, unsigned n)
{
	const struct am_routed *first = &w->routed[0];
	unsigned differs = first->how == AM_ROUTED_OWN;

	for (unsigned i = 1; i < n; i++) {
		const struct am_routed *r = &w->routed[i];

		differs |= (r->in != first->in) | (r->family ^ first->family) | (r->how ^ first->how);
	}
	return !differs;
}

/* All of w->routed; what comes of them for the next round is there afterwards. */
static void route_round(struct am_worker *w, const struct am_interface *staying)
{
	const struct am_route *routes[AM_BURST];
	unsigned n = am_acl_in(w);
	const struct am_interface *in = w->routed[0].in;
	uint32_t values[AM_BURST];
	bool alike = are_alike(w, n);

	if (unlikely(am_tap_watched(w)))
		am_tap_routed(w);
	if (unlikely(!alike || in->urpf != AM_URPF_NONE))
		n = check_sources(w, n);
	/* What is opened comes back as at most one packet each, in a place that was read. */
	w->n_routed = 0;
	if (unlikely(!n))
		return;
	look_up(w, n, alike, values);
	for (unsigned i = 0; i < n; i++) {
		routes[i] = am_route_of(w->roots->routes, values[i]);
		rte_prefetch0(routes[i]);
	}
	if (unlikely(w->rx_finish || w->roots->acls_out))
		for (unsigned i = 0; i < n; i++)
			go_any(w, &w->routed[i], routes[i], staying);
	else if (unlikely(!alike))
		go_mixed(w, routes, n, staying);
	else if (w->routed[0].family == AM_IPV4)
		go_all(w, routes, n, in->mss4 | in->mss6, staying, AM_IPV4);
	else
		go_all(w, routes, n, in->mss4 | in->mss6, staying, AM_IPV6);
}

void am_route_burst(struct am_worker *w)
{
	while (w->n_routed)
		route_round(w, NULL);
}

void am_route_port(struct am_worker *w, const struct am_port_root *port)
{
	route_round(w, port->l3);
}

void am_route_bridged(struct am_worker *w)
{
	while (w->n_routed) {
		am_stage(w, AM_STAGE_ROUTE);
		am_route_burst(w);
		am_stage(w, AM_STAGE_BRIDGE);
		if (w->hands_off)
			am_handoff_frames(w);
		am_bridge_burst(w);
	}
}
