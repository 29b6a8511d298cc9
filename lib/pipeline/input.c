/* SPDX-License-Identifier: BSD-3-Clause */
/* From a port: whose frame is it? A member's by its VLAN, ours by its MAC and EtherType, or nobody's. */
#include "input.h"
#include "net/csum.h"
#include "pkt/vlan.h"

#include <stddef.h>
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

static __attribute__((noinline)) void input_one(
	struct am_worker *w, const struct am_port_root *port, struct rte_mbuf *m)
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
		am_input_arrival(w, m, f->eth.len, f->eth.type);
		return;
	}
	f->member = am_input_member(&port->vlans, f);
	if (unlikely(f->member == AM_NO_ID))
		am_drop(w, port->iface, unwanted(port, f), m);
	else
		am_input_frame(w, f);
}

/* What is the same for all packets of a burst. */
struct burst {
	const struct am_member *in; /* of untagged frames; NULL where they need a closer look */
	struct am_fdb_lines fdb;
	struct am_frame frame; /* a usual one, from eth on */
	uint64_t mac;          /* the port's, as in an FDB key; 0: it has no IP identity without a tag */
	uint32_t mtu;
};

static struct burst describe(const struct am_worker *w, const struct am_port_root *port)
{
	const struct am_vlan_map *map = &port->vlans;
	uint16_t member = map->untagged != AM_NO_ID ? map->untagged : map->any;
	struct burst b = {.fdb = w->plane->conf.fdb->read, .mtu = port->mtu};

	if (member != AM_NO_ID && !w->rx_finish && !w->hands_off)
		b.in = w->roots->members[member];
	if (b.in && b.in->mtu < b.mtu)
		b.mtu = b.in->mtu;
	if (port->vrf != AM_NO_ID && port->vlan == 0)
		b.mac = am_fdb_make_key(port->mac.bytes, 0);
	b.frame = (struct am_frame){.eth = {.len = AM_ETH_LEN}, .member = member, .iface = port->iface};
	return b;
}

/* An untagged frame for the port's untagged member. */
static inline void put_frame(
	struct am_worker *w, const struct burst *b, struct rte_mbuf *m, const uint8_t *frame, uint16_t type)
{
	struct am_frame *f = &w->frames[w->n_frames++];

	memcpy(&f->eth, &b->frame.eth, sizeof *f - offsetof(struct am_frame, eth));
	f->eth.type = type;
	f->m = m;
	am_bridge_ask(f, frame, b->in->bridge, b->fdb);
}

/*
 * Nearly every packet: an untagged frame for the port's untagged member, or an untagged IP packet for the port's
 * IP identity. False: it takes a closer look.
 */
static inline bool input_usual(struct am_worker *w, const struct burst *b, struct rte_mbuf *m)
{
	const uint8_t *frame = am_buf_data(m);
	uint32_t payload = am_buf_len(m) - AM_ETH_LEN; /* vast for what is shorter */
	uint16_t type;

	if (unlikely(payload > b->mtu))
		return false;
	type = am_load16(frame + 2 * AM_MAC_LEN);
	if (unlikely(type == AM_ET_DOT1Q || type == AM_ET_DOT1AD))
		return false;
	if (b->mac && am_fdb_make_key(frame, 0) == b->mac && (type == AM_ET_IPV4 || type == AM_ET_IPV6)) {
		am_input_arrival(w, m, AM_ETH_LEN, type);
		return true;
	}
	if (unlikely(!b->in))
		return false;
	put_frame(w, b, m, frame, type);
	return true;
}

/*
 * A frame's addresses, and what stands in front of them, where the header string will be written; of a tunnel's packet
 * also the inner headers.
 */
static inline void prefetch_burst(const struct am_port_root *port, struct rte_mbuf **m, unsigned n)
{
	enum { LINE = 64 };

	for (unsigned i = 0; i < n; i++) {
		uint8_t *data = am_buf_data(m[i]);

		rte_prefetch0(data);
		if (port->vrf == AM_NO_ID) {
			__builtin_prefetch(data - LINE, 1);
			__builtin_prefetch(data - 2 * LINE, 1);
		} else {
			rte_prefetch0(data + LINE);
		}
	}
}

static void take_burst(struct am_worker *w, const struct am_port_root *port, struct rte_mbuf **m, unsigned n)
{
	const struct burst b = describe(w, port);
	uint64_t bytes = 0;

	for (unsigned i = 0; i < n; i++) {
		bytes += am_buf_len(m[i]);
		if (unlikely(!input_usual(w, &b, m[i])))
			input_one(w, port, m[i]);
	}
	am_count(w, port->iface, AM_C_RX_PACKETS, n);
	am_count(w, port->iface, AM_C_RX_BYTES, bytes);
}

void am_input_burst(struct am_worker *w, const struct am_port_root *port, struct rte_mbuf **m, unsigned n)
{
	am_stage(w, AM_STAGE_INPUT);
	w->rx_iface = port->iface;
	w->rx_finish = port->finish_csum;
	w->hands_off = w->plane->conf.handoff && w->plane->conf.workers > 1;
	w->n_frames = 0;
	w->n_arrivals = 0;
	prefetch_burst(port, m, n);
	take_burst(w, port, m, n);
	if (w->n_arrivals) {
		am_stage(w, AM_STAGE_DECAP);
		am_decap_burst(w, port);
	}
	am_stage(w, AM_STAGE_BRIDGE);
	if (w->hands_off)
		am_handoff_frames(w);
	am_bridge_burst(w);
	am_stage(w, AM_STAGE_REST);
}
