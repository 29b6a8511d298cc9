/* SPDX-License-Identifier: BSD-3-Clause */
/* From a port: whose frame is it? A member's by its VLAN, ours by its MAC and EtherType, or nobody's. */
#include "input.h"
#include "net/csum.h"
#include "pkt/vlan.h"

#include <string.h>

uint16_t am_input_tagged(const struct am_vlan_map *map, struct am_frame *f)
{
	uint16_t vid = f->eth.tci[0] & 0x0fff;

	/* VID 0 is a priority tag: the frame belongs to no VLAN, and counts as untagged. */
	if (vid && map->by_vid && map->by_vid[vid] != AM_NO_ID) {
		am_vlan_pop(f->m, &f->tci);
		f->popped = true;
		f->eth.len -= AM_TAG_LEN;
		f->eth.tags--;
		f->eth.tci[0] = f->eth.tci[1];
		f->eth.tpid[0] = f->eth.tpid[1];
		return map->by_vid[vid];
	}
	if (vid == 0 && map->untagged != AM_NO_ID)
		return map->untagged;
	return map->any;
}

void am_input_finish(struct am_worker *w, struct am_frame *f)
{
	if (am_csum_complete(am_buf_data(f->m), am_buf_len(f->m)))
		am_count(w, w->rx_iface, AM_C_CSUM_FINISHED, 1);
}

/* Does the port's own IP identity want this frame? Group addresses carry nothing of ours. */
static bool is_ours(const struct am_port_root *port, const struct am_frame *f)
{
	uint16_t vid = f->eth.tags ? f->eth.tci[0] & 0x0fff : 0;

	return port->vrf != AM_NO_ID && vid == port->vlan && f->eth.tags <= 1 &&
	       (f->eth.type == AM_ET_IPV4 || f->eth.type == AM_ET_IPV6) &&
	       memcmp(am_buf_data(f->m), port->mac.bytes, AM_MAC_LEN) == 0;
}

/* Why a frame that no member takes and that is not ours goes nowhere. */
static enum am_verdict unwanted(const struct am_port_root *port, const struct am_frame *f)
{
	uint16_t vid = f->eth.tags ? f->eth.tci[0] & 0x0fff : 0;

	if (port->vrf == AM_NO_ID || vid != port->vlan)
		return f->eth.tags ? AM_V_VLAN_UNKNOWN : AM_V_PORT_UNUSED;
	if (f->eth.type != AM_ET_IPV4 && f->eth.type != AM_ET_IPV6)
		return AM_V_ETH_TYPE;
	return f->eth.tags > 1 ? AM_V_ETH_TAGS : AM_V_ETH_NOT_OURS;
}

static inline void input_one(struct am_worker *w, const struct am_port_root *port, struct rte_mbuf *m)
{
	struct am_frame *f = am_input_place(w);
	enum am_verdict v = am_ether_parse(am_buf_data(m), am_buf_len(m), &f->eth);

	f->m = m;
	f->iface = port->iface;
	if (unlikely(v != AM_V_OK)) {
		am_drop(w, port->iface, v, m);
		return;
	}
	if (unlikely(am_buf_len(m) - f->eth.len > port->mtu)) {
		am_drop(w, port->iface, w->rx_finish ? AM_V_PORT_GSO : AM_V_PORT_MTU, m);
		return;
	}
	if (is_ours(port, f)) {
		am_decap(w, port, m, f->eth.len, f->eth.type);
		return;
	}
	f->member = am_input_member(&port->vlans, f);
	if (unlikely(f->member == AM_NO_ID))
		am_drop(w, port->iface, unwanted(port, f), m);
	else
		am_input_frame(w, f);
}

static void count_burst(struct am_worker *w, uint16_t iface, struct rte_mbuf **m, unsigned n)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < n; i++)
		bytes += am_buf_len(m[i]);
	am_count(w, iface, AM_C_RX_PACKETS, n);
	am_count(w, iface, AM_C_RX_BYTES, bytes);
}

void am_input_burst(struct am_worker *w, const struct am_port_root *port, struct rte_mbuf **m, unsigned n)
{
	w->rx_iface = port->iface;
	w->rx_finish = port->finish_csum;
	w->hands_off = w->plane->conf.handoff && w->plane->conf.workers > 1;
	w->n_frames = 0;
	for (unsigned i = 0; i < n; i++)
		rte_prefetch0(am_buf_data(m[i]));
	count_burst(w, port->iface, m, n);
	for (unsigned i = 0; i < n; i++)
		input_one(w, port, m[i]);
	if (w->hands_off)
		am_handoff_frames(w);
	am_bridge_burst(w);
}
