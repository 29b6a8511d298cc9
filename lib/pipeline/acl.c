/* SPDX-License-Identifier: BSD-3-Clause */
#include "acl.h"

#include "base/bytes.h"
#include "base/protocol.h"
#include "output.h"
#include "route.h"

enum {
	ND_FIRST = 133, /* router solicitation, up to redirect */
	ND_LAST = 137,
	ND_HOPS = 255,   /* RFC 4861: it was not forwarded */
	MLD_FIRST = 130, /* RFC 2710 */
	MLD_LAST = 132,
	MLD2_REPORT = 143, /* RFC 3810 */
};

/* What the rules say. Counted where they were asked. */
static inline enum am_acl_action judge(
	struct am_worker *w, const struct am_access_group *group, const struct am_acl_key *key, uint32_t len)
{
	unsigned rule = am_acl_match(group->acl, key);
	struct am_acl_counters *c = &w->acl_counters[group->row + rule];

	c->packets++;
	c->bytes += len;
	return am_acl_action(group->acl, rule);
}

/* As ARP, it is a link's own, and no list of addresses and ports may cut it off. */
static bool is_nd(const struct am_acl_key *key, const uint8_t *ip)
{
	return key->family == AM_IPV6 && key->protocol == AM_PROTOCOL_ICMPV6 && key->part == AM_ACL_WHOLE &&
	       key->icmp_type >= ND_FIRST && key->icmp_type <= ND_LAST && ip[7] == ND_HOPS;
}

static bool is_mld(const struct am_acl_key *key)
{
	return key->family == AM_IPV6 && key->protocol == AM_PROTOCOL_ICMPV6 &&
	       ((key->icmp_type >= MLD_FIRST && key->icmp_type <= MLD_LAST) || key->icmp_type == MLD2_REPORT);
}

/* ---- in ---- */

/* Neighbour discovery is between neighbours: it is never routed on. */
static bool is_for_box(const struct am_worker *w, const struct am_routed *r, const struct am_acl_key *key)
{
	uint32_t value = am_fib_lookup(w->roots->vrfs[r->in->vrf]->fib6, key->dst);
	const struct am_route *route = am_route_of(w->roots->routes, value);

	return route && route->kind == AM_ROUTE_LOCAL;
}

/* The error about r, as a packet of the box's own, in r's place. False: nobody is told. */
static bool answer(struct am_worker *w, struct am_routed *r)
{
	struct rte_mbuf *m = am_route_icmp_make(w, r, AM_V_ACL_IN, 0);

	if (!m)
		return false;
	am_drop(w, r->in->iface, AM_V_ACL_IN, r->m);
	*r = (struct am_routed){.m = m,
		.in = r->in,
		.ip = am_buf_data(m),
		.family = r->family,
		.len = (uint16_t)am_buf_len(m),
		.how = AM_ROUTED_OWN};
	return true;
}

/* False: it is gone. */
static bool may_enter(struct am_worker *w, struct am_routed *r)
{
	const uint8_t *ip = r->ip;
	struct am_acl_key key;
	enum am_verdict v = am_acl_read(ip, r->len, r->family, &key);
	enum am_acl_action action;

	if (unlikely(v != AM_V_OK)) {
		am_drop(w, r->in->iface, v, r->m);
		return false;
	}
	if (unlikely(is_nd(&key, ip)) && is_for_box(w, r, &key))
		return true;
	action = judge(w, &r->in->acl_in, &key, r->len);
	if (likely(action == AM_ACL_PERMIT) || (action == AM_ACL_REJECT && answer(w, r)))
		return true;
	am_drop(w, r->in->iface, AM_V_ACL_IN, r->m);
	return false;
}

unsigned am_acl_judge_in(struct am_worker *w)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < w->n_routed; i++) {
		struct am_routed *r = &w->routed[i];

		if (r->in->acl_in.acl && r->how < AM_ROUTED_AGAIN && !may_enter(w, r))
			continue;
		w->routed[kept] = *r;
		w->routed_to[kept++] = am_ip_dst(r->ip, r->family);
	}
	w->n_routed = kept;
	return kept;
}

/* ---- out ---- */

/* Where the kernel chose the port, the adjacency names no interface. */
static const struct am_interface *interface_of(const struct am_worker *w, const struct am_adjacency *a)
{
	const struct am_roots *roots = w->roots;
	const struct am_port_root *port;

	if (likely(a->interface != AM_NO_ID))
		return a->interface < roots->n_interfaces ? roots->interfaces[a->interface] : NULL;
	if (a->kind != AM_ADJACENCY_PORT || a->port >= roots->n_ports)
		return NULL;
	port = &roots->ports[a->port];
	if (a->head_len == AM_ETH_LEN)
		return port->l3;
	return port->vlans_l3 ? port->vlans_l3[am_load16(a->head + AM_ETH_LEN) & 0x0fff] : NULL;
}

bool am_acl_judge_out(struct am_worker *w, struct am_routed *r, const struct am_adjacency *a)
{
	const struct am_interface *out = interface_of(w, a);
	enum am_acl_action action = AM_ACL_DENY;
	struct am_acl_key key;
	enum am_verdict v;

	if (!out || !out->acl_out.acl)
		return true;
	v = am_acl_read(r->ip, r->len, r->family, &key);
	if (likely(v == AM_V_OK)) {
		action = judge(w, &out->acl_out, &key, r->len);
		v = AM_V_ACL_OUT;
	}
	if (likely(action == AM_ACL_PERMIT))
		return true;
	if (action == AM_ACL_REJECT && r->how != AM_ROUTED_OWN) {
		struct rte_mbuf *m = r->m;

		am_route_icmp(w, r, v, 0); /* it may take r's place */
		am_drop(w, out->iface, v, m);
		return false;
	}
	am_drop(w, out->iface, v, r->m);
	return false;
}

/* ---- beside the route stage ---- */

bool am_acl_judge_link(struct am_worker *w, const struct am_interface *in,
	const struct am_access_group *group, struct rte_mbuf *m, uint16_t l2)
{
	const uint8_t *ip = am_buf_data(m) + l2;
	enum am_verdict v = AM_V_ACL_HEADERS;
	struct am_acl_key key;
	struct am_ip_hdr hdr;

	if (am_ip_parse(ip, am_buf_len(m) - l2, &hdr) == AM_V_OK)
		v = am_acl_read(ip, (uint32_t)hdr.hlen + hdr.plen, hdr.family, &key);
	if (v == AM_V_OK && (is_nd(&key, ip) || is_mld(&key) ||
				    judge(w, group, &key, am_buf_len(m) - l2) == AM_ACL_PERMIT))
		return true;
	if (v == AM_V_OK)
		v = group == &in->acl_in ? AM_V_ACL_IN : AM_V_ACL_OUT;
	am_drop(w, in->iface, v, m);
	return false;
}
