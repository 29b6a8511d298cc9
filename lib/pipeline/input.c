/* SPDX-License-Identifier: BSD-3-Clause */
/* From a port: whose frame is it? A member's by its VLAN, ours by its MAC and EtherType, or nobody's. */
#include "input.h"
#include "lane_take.h"
#include "net/csum.h"
#include "open.h"
#include "pkt/vlan.h"
#include "route.h"

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

/* Is it of a VLAN with an IP identity of its own? */
static bool take_vlan(struct am_worker *w, const struct am_port_root *port, const struct am_frame *f)
{
	const struct am_interface *in = f->eth.tags == 1 ? port->vlans_l3[f->eth.tci[0] & 0x0fff] : NULL;

	if (!in || (f->eth.type != AM_ET_IPV4 && f->eth.type != AM_ET_IPV6) ||
		memcmp(am_buf_data(f->m), in->mac.bytes, AM_MAC_LEN) != 0)
		return false;
	am_count(w, in->iface, AM_C_RX_PACKETS, 1);
	am_count(w, in->iface, AM_C_RX_BYTES, am_buf_len(f->m));
	am_route_put(w, in, f->m, f->eth.len, f->eth.type == AM_ET_IPV4 ? AM_IPV4 : AM_IPV6, AM_ROUTED_NEW);
	return true;
}

/* What the kernel needs to see of the link that an interface of the port's is on. */
static bool take_link(struct am_worker *w, const struct am_port_root *port, const struct am_frame *f)
{
	uint16_t vid = f->eth.tags ? f->eth.tci[0] & 0x0fff : 0;
	const struct am_interface *in = port->vlans_l3 && f->eth.tags ? port->vlans_l3[vid] : NULL;

	if (!in && port->l3 && vid == port->vlan)
		in = port->l3;
	return in && f->eth.tags <= 1 && am_host_take_link(w, in, f);
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
		if (port->l3)
			am_route_put(w, port->l3, m, f->eth.len,
				f->eth.type == AM_ET_IPV4 ? AM_IPV4 : AM_IPV6, AM_ROUTED_NEW);
		else
			am_input_arrival(w, m, f->eth.len, f->eth.type);
		return;
	}
	if (port->vlans_l3 && take_vlan(w, port, f))
		return;
	if (take_link(w, port, f))
		return;
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
	bool vlans;            /* some frames may have a tag that needs no closer look */
	uint64_t mac;          /* the port's, as in an FDB key; NO_MAC: it has no IP identity without a tag */
	uint32_t mtu;
};

enum { NO_MAC = 1 }; /* as a key it has a bridge's number: no frame's address is equal to that */

static struct burst describe(const struct am_worker *w, const struct am_port_root *port)
{
	const struct am_vlan_map *map = &port->vlans;
	uint16_t member = map->untagged != AM_NO_ID ? map->untagged : map->any;
	struct burst b = {.fdb = w->plane->conf.fdb->read, .mac = NO_MAC, .mtu = port->mtu};

	if (member != AM_NO_ID && !w->rx_finish && !w->hands_off)
		b.in = w->roots->members[member];
	b.vlans = map->by_vid && port->vrf == AM_NO_ID && !port->vlans_l3 && !w->rx_finish && !w->hands_off;
	if (b.in && b.in->mtu < b.mtu)
		b.mtu = b.in->mtu;
	if (port->vrf != AM_NO_ID && port->vlan == 0)
		b.mac = am_fdb_make_key(port->mac.bytes, 0);
	b.frame = (struct am_frame){
		.eth = {.len = AM_ETH_LEN, .type = AM_ET_IPV4}, .member = member, .iface = port->iface};
	if (b.in)
		b.frame.across = b.in->across;
	return b;
}

/* Not too long, and without a tag: its EtherType, else 0. */
static inline uint16_t usual_type(const uint8_t *frame, uint32_t len, uint32_t mtu)
{
	uint16_t type;

	if (unlikely(len - AM_ETH_LEN > mtu)) /* what is shorter than a header is vastly longer here */
		return 0;
	type = am_load16(frame + 2 * AM_MAC_LEN);
	return unlikely(type == AM_ET_DOT1Q || type == AM_ET_DOT1AD) ? 0 : type;
}

/* The same question of nearly all frames: is it that, and IPv4? */
static inline bool is_usual(const uint8_t *frame, uint32_t len, uint32_t mtu)
{
	uint16_t type;

	if (unlikely(len - AM_ETH_LEN > mtu))
		return false;
	memcpy(&type, frame + 2 * AM_MAC_LEN, sizeof type);
	return type == __builtin_bswap16(AM_ET_IPV4);
}

/* The rest of a frame, from eth on: in two registers for all of a burst. */
typedef uint64_t rest_words __attribute__((vector_size(16)));

struct rest {
	rest_words words[2];
};

_Static_assert(offsetof(struct am_frame, eth) + sizeof(struct rest) == sizeof(struct am_frame), "all of it");

static inline struct rest rest_of(const struct am_frame *usual)
{
	struct rest r;

	memcpy(&r, &usual->eth, sizeof r);
	return r;
}

/*
 * One tag, of a VLAN that is a member's, and not too long: f is that frame then, without its tag. What the FDB is asked is read where
 * it came, since what was just moved could not be read at once. False: it takes a closer look, and nothing has happened.
 */
static inline bool take_tagged(struct am_worker *w, const struct am_port_root *port, const struct burst *b,
	struct am_frame *f, struct rte_mbuf *m)
{
	enum { HEADER = AM_ETH_LEN + AM_TAG_LEN };
	uint8_t *frame = am_buf_data(m);
	const uint32_t len = am_buf_len(m);
	const struct am_member *in;
	uint16_t tpid, tci, type, member;

	if (!b->vlans || unlikely(len - HEADER > port->mtu)) /* what is shorter is vastly longer here */
		return false;
	tpid = am_load16(frame + AM_VLAN_ADDRESSES);
	tci = am_load16(frame + AM_VLAN_ADDRESSES + 2);
	type = am_load16(frame + HEADER - 2);
	member = tci & 0x0fff ? port->vlans.by_vid[tci & 0x0fff] : AM_NO_ID;
	if (unlikely((tpid != AM_ET_DOT1Q && tpid != AM_ET_DOT1AD) || type == AM_ET_DOT1Q ||
		     type == AM_ET_DOT1AD || member == AM_NO_ID))
		return false;
	in = w->roots->members[member];
	if (unlikely(len - HEADER > in->mtu))
		return false;
	memcpy(&f->eth, &b->frame.eth, sizeof *f - offsetof(struct am_frame, eth));
	f->m = m;
	f->eth.type = type;
	f->popped = true;
	f->tci = tci;
	f->member = member;
	f->across = in->across;
	am_bridge_ask(f, frame, in->bridge, b->fdb);
	am_vlan_move(frame + AM_TAG_LEN, frame);
	am_buf_adj(m, AM_TAG_LEN);
	return true;
}

/* A port of tagged members: nearly every packet is one of theirs. */
static void take_trunk(struct am_worker *w, const struct am_port_root *port, const struct burst *b,
	struct rte_mbuf **m, unsigned n)
{
	struct am_frame *f = w->frames;

	for (struct rte_mbuf **end = m + n; m < end; m++) {
		if (likely(take_tagged(w, port, b, f, *m))) {
			f++;
			continue;
		}
		w->n_frames = (unsigned)(f - w->frames);
		input_one(w, port, *m);
		f = w->frames + w->n_frames;
	}
	w->n_frames = (unsigned)(f - w->frames);
}

/*
 * A port that is a bridge's alone. Nearly every packet is an untagged frame for its untagged member, most of them are IPv4: f,
 * from the first that is free on, are filled by those, and what takes a closer look is put among them by the way.
 */
static void take_frames(struct am_worker *w, const struct am_port_root *port, const struct burst *b,
	struct rte_mbuf **m, unsigned n)
{
	const struct am_fdb_lines fdb = b->fdb;
	const uint16_t bridge = b->in->bridge;
	const uint32_t mtu = b->mtu;
	const struct rest rest = rest_of(&b->frame);
	struct am_frame *f = w->frames;

	for (struct rte_mbuf **end = m + n; m < end; m++) {
		struct rte_mbuf *frame = *m;
		const uint8_t *header = am_buf_data(frame);
		uint16_t type;

		memcpy(&f->eth, &rest, sizeof rest);
		f->m = frame;
		if (unlikely(!is_usual(header, am_buf_len(frame), mtu))) {
			type = usual_type(header, am_buf_len(frame), mtu);
			if (unlikely(!type)) {
				if (take_tagged(w, port, b, f, frame)) {
					f++;
					continue;
				}
				w->n_frames = (unsigned)(f - w->frames);
				input_one(w, port, frame);
				f = w->frames + w->n_frames;
				continue;
			}
			f->eth.type = type;
		}
		am_bridge_ask(f++, header, bridge, fdb);
	}
	w->n_frames = (unsigned)(f - w->frames);
}

/* An untagged IP packet for that MAC, which is as in an FDB key, and not too long: its EtherType, else 0. */
static inline uint16_t ip_type(const uint8_t *frame, uint32_t len, uint64_t mac, uint32_t mtu)
{
	uint64_t head;
	uint16_t type;

	if (unlikely(len - AM_ETH_LEN > mtu)) /* what is shorter than a header is vastly longer here */
		return 0;
	memcpy(&head, frame, sizeof head);
	if (unlikely(head << 16 != mac))
		return 0;
	type = am_load16(frame + 2 * AM_MAC_LEN);
	return type == AM_ET_IPV4 || type == AM_ET_IPV6 ? type : 0;
}

static inline struct am_arrival *place(struct am_arrival *a, struct rte_mbuf *m, uint16_t type)
{
	a->m = m;
	a->l2 = AM_ETH_LEN;
	a->type = type;
	a->part = AM_PART_WHOLE;
	return a;
}

/*
 * A port with an IP identity: nearly every packet is an untagged one for that, and has a lane. Arrivals are filled from the
 * first that is free on, what takes a closer look is put among them by the way.
 */
static void take_packets(struct am_worker *w, const struct am_port_root *port, const struct burst *b,
	struct rte_mbuf **m, unsigned n)
{
	struct am_lanes lanes = am_lanes_of(w, port->vrf);
	struct am_arrival *a = w->arrivals;
	const uint32_t mtu = port->mtu;
	const uint64_t mac = b->mac;

	for (struct rte_mbuf **end = m + n; m < end; m++) {
		uint8_t *frame = am_buf_data(*m);
		uint32_t len = am_buf_len(*m);
		uint16_t type = ip_type(frame, len, mac, mtu);

		if (likely(type == AM_ET_IPV4)) {
			am_lane_ask(&lanes, place(a++, *m, AM_ET_IPV4), true, frame + AM_ETH_LEN,
				len - AM_ETH_LEN);
			continue;
		}
		if (type == AM_ET_IPV6) {
			am_lane_ask(&lanes, place(a++, *m, AM_ET_IPV6), false, frame + AM_ETH_LEN,
				len - AM_ETH_LEN);
			continue;
		}
		w->n_arrivals = (unsigned)(a - w->arrivals);
		input_one(w, port, *m);
		for (struct am_arrival *more = w->arrivals + w->n_arrivals; a < more; a++)
			am_lane_ask_any(&lanes, a, am_buf_data(a->m) + a->l2, am_buf_len(a->m) - a->l2);
	}
	w->n_asked = w->n_arrivals = (unsigned)(a - w->arrivals);
}

/* A port that routes: the same, and it is checked on the spot. */
static void take_routed(struct am_worker *w, const struct am_port_root *port, const struct burst *b,
	struct rte_mbuf **m, unsigned n)
{
	const struct am_interface *in = port->l3;
	const struct am_vrf *vrf = w->roots->vrfs[in->vrf];

	for (unsigned i = 0; i < n; i++) {
		const uint8_t *frame = am_buf_data(m[i]);
		uint16_t type = usual_type(frame, am_buf_len(m[i]), port->mtu);

		if (unlikely(!type || am_fdb_make_key(frame, 0) != b->mac))
			input_one(w, port, m[i]);
		else if (likely(type == AM_ET_IPV4))
			am_route_put_known(w, vrf, in, m[i], AM_ETH_LEN, AM_IPV4, AM_ROUTED_NEW);
		else if (likely(type == AM_ET_IPV6))
			am_route_put_known(w, vrf, in, m[i], AM_ETH_LEN, AM_IPV6, AM_ROUTED_NEW);
		else
			input_one(w, port, m[i]);
	}
}

/*
 * Asks for a frame's addresses, and what stands in front of them, where the header string will be written; of a tunnel's packet
 * also for the inner headers. Returns all their octets.
 */
static inline AM_INLINE uint64_t prefetch_burst(struct rte_mbuf **m, unsigned n, bool frames)
{
	enum { LINE = 64 };
	uint64_t bytes = 0;

	for (struct rte_mbuf **end = m + n; m < end; m++) {
		uint8_t *data = am_buf_data(*m);

		bytes += am_buf_len(*m);
		rte_prefetch0(data);
		if (frames) {
			__builtin_prefetch(data - LINE, 1);
			__builtin_prefetch(data - 2 * LINE, 1);
		} else {
			rte_prefetch0(data + LINE);
		}
	}
	return bytes;
}

static inline void begin(
	struct am_worker *w, const struct am_port_root *port, struct rte_mbuf **m, unsigned n)
{
	uint64_t bytes;

	w->rx_iface = port->iface;
	w->rx_finish = port->finish_csum;
	w->hands_off = w->plane->conf.handoff;
	w->n_frames = 0;
	w->n_arrivals = w->n_asked = 0;
	bytes = port->vrf == AM_NO_ID ? prefetch_burst(m, n, true) : prefetch_burst(m, n, false);
	am_count(w, port->iface, AM_C_RX_PACKETS, n);
	am_count(w, port->iface, AM_C_RX_BYTES, bytes);
}

void am_input_watched(struct am_worker *w, const struct am_port_root *port, struct rte_mbuf *m)
{
	begin(w, port, &m, 1);
	input_one(w, port, m);
	if (w->n_routed)
		am_route_port(w, port);
	if (w->n_arrivals) {
		const struct am_place at = am_place_of(port);

		am_open(w, &at, &w->arrivals[0], false);
		am_reasm_release(w->reasm);
	}
	am_route_burst(w);
	if (w->hands_off)
		am_handoff_frames(w);
	am_bridge_watched(w);
	am_route_bridged(w);
}

void am_input_burst(struct am_worker *w, const struct am_port_root *port, struct rte_mbuf **m, unsigned n)
{
	struct burst b;

	am_stage(w, AM_STAGE_INPUT);
	begin(w, port, m, n);
	b = describe(w, port);
	if (b.in && b.mac == NO_MAC)
		take_frames(w, port, &b, m, n);
	else if (b.vlans && b.mac == NO_MAC)
		take_trunk(w, port, &b, m, n);
	else if (port->l3)
		take_routed(w, port, &b, m, n);
	else
		take_packets(w, port, &b, m, n);
	if (w->n_routed) {
		am_stage(w, AM_STAGE_ROUTE);
		am_route_port(w, port);
	}
	if (w->n_arrivals) {
		am_stage(w, AM_STAGE_DECAP);
		am_decap_burst(w, port);
	}
	if (unlikely(w->n_routed)) {
		am_stage(w, AM_STAGE_ROUTE);
		am_route_burst(w);
	}
	am_stage(w, AM_STAGE_BRIDGE);
	if (w->hands_off)
		am_handoff_frames(w);
	am_bridge_burst(w);
	if (unlikely(w->n_routed))
		am_route_bridged(w);
	am_stage(w, AM_STAGE_REST);
}
