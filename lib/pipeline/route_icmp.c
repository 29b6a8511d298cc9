/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP errors of a router: which, from where, and how many. They are routed as the box's own packets. */
#include "pkt/icmp.h"
#include "route.h"

enum {
	RATE = 1000, /* errors of a class, a second and worker */
	BURST = 100,
};

struct answer {
	enum am_icmp_class class;
	struct am_icmp_error v4, v6;
};

/* False: nobody is told. */
static bool answer_to(enum am_verdict why, struct answer *out)
{
	switch (why) {
	case AM_V_IP_TTL:
		*out = (struct answer){
			AM_ICMP_CLASS_TIME, {AM_ICMP_TIME_EXCEEDED, 0, 0}, {AM_ICMP6_TIME_EXCEEDED, 0, 0}};
		return true;
	case AM_V_ROUTE_MTU:
		*out = (struct answer){AM_ICMP_CLASS_MTU, {AM_ICMP_UNREACHABLE, AM_ICMP_FRAG_NEEDED, 0},
			{AM_ICMP6_TOO_BIG, 0, 0}};
		return true;
	case AM_V_ROUTE_NONE:
		*out = (struct answer){AM_ICMP_CLASS_UNREACHABLE, {AM_ICMP_UNREACHABLE, AM_ICMP_NET, 0},
			{AM_ICMP6_UNREACHABLE, AM_ICMP6_NO_ROUTE, 0}};
		return true;
	case AM_V_ACL_IN:
	case AM_V_ACL_OUT:
		*out = (struct answer){AM_ICMP_CLASS_UNREACHABLE,
			{AM_ICMP_UNREACHABLE, AM_ICMP_PROHIBITED, 0},
			{AM_ICMP6_UNREACHABLE, AM_ICMP6_PROHIBITED, 0}};
		return true;
	case AM_V_ROUTE_UNREACHABLE:
	case AM_V_ROUTE_DOWN:
	case AM_V_ROUTE_BACK:
	case AM_V_ROUTE_NEIGHBOUR:
		*out = (struct answer){AM_ICMP_CLASS_UNREACHABLE, {AM_ICMP_UNREACHABLE, AM_ICMP_HOST, 0},
			{AM_ICMP6_UNREACHABLE, AM_ICMP6_ADDRESS, 0}};
		return true;
	default:
		return false;
	}
}

static bool within_rate(struct am_worker *w, enum am_icmp_class class)
{
	const uint64_t interval = AM_S / RATE;
	uint64_t *until = &w->icmp_until_ns[class];
	uint64_t at = *until > w->now.ns ? *until : w->now.ns;

	if (at - w->now.ns >= BURST * interval)
		return false;
	*until = at + interval;
	return true;
}

/* The VRF's loopback, else an address of the interface; IPv4 without any has one that everybody has (RFC 7600). */
static const struct am_ip *source_of(const struct am_worker *w, const struct am_routed *r)
{
	static const struct am_ip dummy = {.family = AM_IPV4, .bytes = {192, 0, 0, 8}};
	unsigned six = r->family == AM_IPV6;
	const struct am_ip *source = &w->roots->vrfs[r->in->vrf]->source[six];

	if (!source->family)
		source = &r->in->source[six];
	if (source->family)
		return source;
	return six ? NULL : &dummy;
}

struct rte_mbuf *am_route_icmp_make(
	struct am_worker *w, const struct am_routed *r, enum am_verdict why, uint16_t mtu)
{
	const uint8_t *ip = (const uint8_t *)am_buf_data(r->m) + r->l2;
	const struct am_ip *source = source_of(w, r);
	struct am_icmp_error *error;
	struct answer answer;
	struct rte_mbuf *m;

	if (!source || !answer_to(why, &answer) || !am_icmp_may_answer(ip, r->len, r->family) ||
		!within_rate(w, answer.class))
		return NULL;
	error = r->family == AM_IPV4 ? &answer.v4 : &answer.v6;
	error->mtu = mtu;
	m = am_icmp_make(&w->stash, ip, r->len, source, error);
	if (m)
		am_count(w, r->in->iface, AM_C_ICMP_ERRORS, 1);
	return m;
}

void am_route_icmp(struct am_worker *w, const struct am_routed *r, enum am_verdict why, uint16_t mtu)
{
	const struct am_interface *in = r->in;
	uint8_t family = r->family;
	struct rte_mbuf *m = am_route_icmp_make(w, r, why, mtu);

	if (m)
		am_route_put(w, in, m, 0, family, AM_ROUTED_OWN);
}
