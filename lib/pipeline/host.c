/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Between interfaces and their mirrors in the kernel. Up goes what is for the box itself, as the kernel would have received
 * it; down comes what the kernel sends: a frame leaves by the interface it was sent on, an IP packet is routed like any other.
 */
#include "acl.h"
#include "base/bytes.h"
#include "output.h"
#include "pkt/encap.h"
#include "pkt/vlan.h"
#include "route.h"

#include <string.h>

/* ---- up ---- */

/* The IP packet alone, into the VRF's own device: the kernel takes its addresses' packets from wherever they come. */
static void to_box(struct am_worker *w, const struct am_interface *in, struct rte_mbuf *m, uint16_t l2,
	enum am_punt_class class)
{
	const struct am_interface *box = w->roots->vrfs[in->vrf]->box;

	if (l2)
		am_buf_adj(m, l2);
	am_punt(w, in->iface, box ? box->id : AM_NO_ID, class, m);
}

/* A frame, without the tag that tells interfaces of a port apart. */
static void to_tap(
	struct am_worker *w, const struct am_interface *in, struct rte_mbuf *m, enum am_punt_class class)
{
	uint16_t tci;

	if (in->vlan)
		am_vlan_pop(m, &tci);
	am_punt(w, in->iface, in->id, class, m);
}

static void to_tun(struct am_worker *w, const struct am_interface *in, struct rte_mbuf *m, uint16_t l2,
	enum am_punt_class class)
{
	if (l2)
		am_buf_adj(m, l2);
	am_punt(w, in->iface, in->id, class, m);
}

/* The kernel's source validation refuses IPv4 by a device that has no IPv4 address itself. */
static bool is_unnumbered(const struct am_worker *w, const struct am_interface *in, const uint8_t *ip)
{
	return ip[0] >> 4 == AM_IPV4 && !in->source[0].family && w->roots->vrfs[in->vrf]->box;
}

void am_host_take(struct am_worker *w, const struct am_interface *in, struct rte_mbuf *m, uint16_t l2,
	enum am_punt_class class)
{
	switch ((enum am_mirror)in->mirror) {
	case AM_MIRROR_TAP:
		to_tap(w, in, m, class);
		return;
	case AM_MIRROR_COPY:
		am_drop(w, in->iface, AM_V_PUNT_COPY, m);
		return;
	case AM_MIRROR_TUN:
	case AM_MIRROR_NIC:
	case AM_MIRROR_NONE:
		break;
	}
	if (in->mirror != AM_MIRROR_TUN || is_unnumbered(w, in, am_buf_data(m) + l2))
		to_box(w, in, m, l2, class);
	else
		to_tun(w, in, m, l2, class);
}

static bool is_link_local6(const uint8_t *address)
{
	return (am_load16(address) & 0xffc0) == 0xfe80;
}

bool am_host_take_link(struct am_worker *w, const struct am_interface *in, const struct am_frame *f)
{
	const uint8_t *frame = am_buf_data(f->m), *ip = frame + f->eth.len;
	bool group = frame[0] & 1, is_ip = f->eth.type == AM_ET_IPV4 || f->eth.type == AM_ET_IPV6;
	enum am_punt_class class = AM_PUNT_ARP_ND;
	struct am_ip_hdr hdr;

	if (in->mirror != AM_MIRROR_TAP || (!group && memcmp(frame, in->mac.bytes, AM_MAC_LEN) != 0))
		return false;
	if (is_ip && group && am_ip_parse(ip, am_buf_len(f->m) - f->eth.len, &hdr) == AM_V_OK)
		class = am_punt_classify(w, ip, &hdr);
	else if (f->eth.type != AM_ET_ARP)
		return false;
	if (is_ip && !am_acl_link(w, in, &in->acl_in, f->m, f->eth.len))
		return true;
	to_tap(w, in, f->m, class);
	return true;
}

static bool has_link_local(const uint8_t *ip, uint8_t family)
{
	return family == AM_IPV6 &&
	       (is_link_local6(am_ip_src(ip, family)) || is_link_local6(am_ip_dst(ip, family)));
}

/* To or from who is on this very link, and no further: RFC 4291 2.5.6, RFC 5771 4, RFC 7346. Its header was parsed. */
static bool is_of_link(const uint8_t *ip, uint8_t family)
{
	const uint8_t *dst = am_ip_dst(ip, family);

	if (family == AM_IPV4)
		return (am_load32(dst) & 0xffffff00) == 0xe0000000;
	return has_link_local(ip, family) || (am_load16(dst) & 0xff0f) == 0xff02;
}

/*
 * Of what no router forwards: neighbour discovery and routing protocols speak between link-local addresses. Where there is Ethernet,
 * groups came by their MAC addresses.
 */
bool am_host_take_neighbour(struct am_worker *w, const struct am_routed *r)
{
	const uint8_t *ip = am_buf_data(r->m) + r->l2;
	uint32_t len = am_buf_len(r->m) - r->l2;
	bool frame = r->in->mirror == AM_MIRROR_TAP;
	struct am_ip_hdr hdr;

	if ((frame ? r->l2 < AM_ETH_LEN : r->in->mirror != AM_MIRROR_TUN) ||
		am_ip_parse(ip, len, &hdr) != AM_V_OK ||
		!(frame ? has_link_local(ip, hdr.family) : is_of_link(ip, hdr.family)))
		return false;
	if (!am_acl_link(w, r->in, &r->in->acl_in, r->m, r->l2))
		return true;
	if (frame)
		to_tap(w, r->in, r->m, am_punt_classify(w, ip, &hdr));
	else
		to_tun(w, r->in, r->m, r->l2, am_punt_classify(w, ip, &hdr));
	return true;
}

/* ---- down ---- */

/* A frame that the kernel sends: IP in it may be denied like any other packet that leaves. */
static bool may_leave(struct am_worker *w, const struct am_interface *in, struct rte_mbuf *m)
{
	uint16_t type = am_load16(am_buf_data(m) + AM_ETH_LEN - 2);

	return (type != AM_ET_IPV4 && type != AM_ET_IPV6) || am_acl_link(w, in, &in->acl_out, m, AM_ETH_LEN);
}

static void out_of_port(struct am_worker *w, const struct am_interface *in, struct rte_mbuf *m)
{
	const struct am_port_root *port = &w->roots->ports[in->port];
	enum am_verdict v = AM_V_OK;

	if (am_buf_len(m) < AM_ETH_LEN)
		v = AM_V_ETH_SHORT;
	else if (am_buf_len(m) - AM_ETH_LEN > port->mtu)
		v = AM_V_PORT_MTU;
	else if (!may_leave(w, in, m))
		return;
	else if (in->vlan)
		v = am_vlan_push(m, AM_ET_DOT1Q, in->vlan);
	if (v != AM_V_OK) {
		am_drop(w, in->iface, v, m);
		return;
	}
	if (in->iface != port->iface)
		am_output_count(&w->counters[in->iface], AM_C_TX_PACKETS, 1, am_buf_len(m));
	am_output_put(w, in->port, m, am_buf_len(m));
}

static void route_it(struct am_worker *w, const struct am_interface *in, struct rte_mbuf *m)
{
	const struct am_interface *box = w->roots->vrfs[in->vrf]->box;
	uint8_t family = am_buf_len(m) >= AM_IP4_LEN ? am_buf_data(m)[0] >> 4 : 0;

	if (family == AM_IPV4 || (family == AM_IPV6 && am_buf_len(m) >= AM_IP6_LEN))
		am_route_put(w, box ? box : in, m, 0, family, AM_ROUTED_OWN);
	else
		am_drop(w, in->iface, AM_V_IP4_SHORT, m);
}

/* Into the packets that a path's string makes of it. */
static enum am_verdict push(struct am_worker *w, const struct am_adjacency *way, unsigned path,
	struct am_encap_in *how, struct rte_mbuf *m, struct rte_mbuf *out[2], unsigned *n)
{
	const struct am_path_list *list = way->paths;
	const struct am_encap *e = atomic_load_explicit(&list->encap[path], memory_order_acquire);
	enum am_verdict v;

	if (way->tx_seq)
		how->gre_seq = atomic_fetch_add_explicit(way->tx_seq, 1, memory_order_relaxed);
	v = am_encap_push(e, &w->ids, w->plane->conf.pool, how, m, out, n);
	if (v != AM_V_OK || am_buf_len(out[0]) - e->ip_at <= w->roots->ports[list->port[path]].mtu)
		return v;
	if (*n == 2)
		am_drop(w, way->iface, AM_V_PORT_MTU, out[out[0] == m]);
	return AM_V_PORT_MTU;
}

/* A packet or frame as it is, into the tunnel. */
static void into_tunnel(
	struct am_worker *w, const struct am_interface *in, struct rte_mbuf *m, uint32_t hash, uint8_t tos)
{
	const struct am_path_list *list = in->way->paths;
	unsigned path = am_output_path(list, hash), n = 0;
	struct am_encap_in how = {
		.hash = hash, .tos = tos, .path = list->first_path + path, .stash = &w->stash};
	uint32_t len = am_buf_len(m);
	struct rte_mbuf *out[2];
	enum am_verdict v = path < list->n ? push(w, in->way, path, &how, m, out, &n) : AM_V_TUNNEL_DOWN;

	if (v != AM_V_OK) {
		am_drop(w, in->iface, v, m);
		return;
	}
	am_output_count(&w->counters[in->iface], AM_C_TX_PACKETS, 1, len);
	for (unsigned i = 0; i < n; i++)
		am_output_put(w, list->port[path], out[i], am_buf_len(out[i]));
	if (n == 2)
		am_output_count(&w->counters[in->iface], AM_C_TX_FRAGMENTED, 1, 2);
}

/* What the kernel sends by a tunnel's TUN: to a neighbour on that link as it is, else by the routes. */
static void out_of_tun(struct am_worker *w, const struct am_interface *in, struct rte_mbuf *m)
{
	const uint8_t *ip = am_buf_data(m);
	struct am_ip_hdr hdr;

	if (!in->way || am_ip_parse(ip, am_buf_len(m), &hdr) != AM_V_OK || !is_of_link(ip, hdr.family))
		route_it(w, in, m);
	else if (am_acl_link(w, in, &in->acl_out, m, 0))
		into_tunnel(w, in, m, am_flow_hash_ip(ip, am_buf_len(m)), hdr.tos);
}

/* A frame by the TAP of an Ethernet tunnel. */
static void out_of_tap(struct am_worker *w, const struct am_interface *in, struct rte_mbuf *m)
{
	const uint8_t *frame = am_buf_data(m);
	uint32_t len = am_buf_len(m);
	struct am_ip_hdr hdr;
	struct am_ether eth;
	uint8_t tos = 0;

	if (am_ether_parse(frame, len, &eth) != AM_V_OK || !in->way) {
		am_drop(w, in->iface, in->way ? AM_V_ETH_SHORT : AM_V_HOST_GONE, m);
		return;
	}
	if ((eth.type == AM_ET_IPV4 || eth.type == AM_ET_IPV6) &&
		am_ip_parse(frame + eth.len, len - eth.len, &hdr) == AM_V_OK)
		tos = hdr.tos;
	if (may_leave(w, in, m))
		into_tunnel(w, in, m, am_flow_hash_frame(frame, len), tos);
}

static void into_bridge(struct am_worker *w, const struct am_interface *in, struct rte_mbuf *m)
{
	const struct am_bridge *bridge = w->roots->bridges[in->bridge];
	struct am_frame f = {.m = m, .iface = in->iface, .member = bridge->irb};
	enum am_verdict v = am_ether_parse(am_buf_data(m), am_buf_len(m), &f.eth);

	if (v != AM_V_OK || bridge->irb == AM_NO_ID) {
		am_drop(w, in->iface, v != AM_V_OK ? v : AM_V_HOST_GONE, m);
		return;
	}
	if (!may_leave(w, in, m))
		return;
	am_output_count(&w->counters[in->iface], AM_C_TX_PACKETS, 1, am_buf_len(m));
	am_bridge_send(w, &f);
}

static const struct am_interface *interface_of(const struct am_worker *w, uint16_t interface)
{
	return w->roots && interface < w->roots->n_interfaces ? w->roots->interfaces[interface] : NULL;
}

void am_host_forward(struct am_worker *w, uint16_t interface, struct rte_mbuf *m)
{
	const struct am_interface *in = interface_of(w, interface);

	if (in)
		route_it(w, in, m);
	else
		am_drop_ip(w, 0, AM_V_HOST_GONE, m);
}

void am_host_refuse(struct am_worker *w, uint16_t interface, struct rte_mbuf *m)
{
	const struct am_interface *in = interface_of(w, interface);
	struct am_routed r = {.m = m, .in = in, .ip = am_buf_data(m), .len = (uint16_t)am_buf_len(m)};

	if (!in) {
		am_drop_ip(w, 0, AM_V_HOST_GONE, m);
		return;
	}
	r.family = r.ip[0] >> 4;
	am_route_icmp(w, &r, AM_V_ROUTE_NEIGHBOUR, 0);
	am_drop_ip(w, in->iface, AM_V_ROUTE_NEIGHBOUR, m);
}

void am_host_send(struct am_worker *w, uint16_t interface, struct rte_mbuf *m)
{
	const struct am_interface *in = interface_of(w, interface);

	if (!in)
		am_drop(w, 0, AM_V_HOST_GONE, m);
	else if (in->mirror == AM_MIRROR_TUN)
		out_of_tun(w, in, m);
	else if (in->mirror == AM_MIRROR_TAP && in->port != AM_NO_ID)
		out_of_port(w, in, m);
	else if (in->mirror == AM_MIRROR_TAP && in->kind == AM_INTERFACE_BRIDGE)
		into_bridge(w, in, m);
	else if (in->mirror == AM_MIRROR_TAP && in->kind == AM_INTERFACE_TUNNEL)
		out_of_tap(w, in, m);
	else
		am_drop(w, in->iface, AM_V_HOST_GONE, m);
}
