/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PIPELINE_OUTPUT_H
#define PIPELINE_OUTPUT_H
/* The usual way out of a member, inline for the bridge's loop; output.c has what is not usual. */
#include "core.h"
#include "net/flow.h"
#include "pkt/string.h"

void am_output_flush_port(struct am_worker *w, uint16_t port_id);
/* A transmit buffer that takes no more, or whose port is not there. */
void am_output_no_room(struct am_worker *w, uint16_t port_id, struct rte_mbuf *m);
/* Clamp and tag; false where the frame is gone. */
bool am_output_change(struct am_worker *w, struct am_frame *f, const struct am_member *member);
/* Into a path's string what is not simple: to be cut, or with fields of its own. */
void am_output_long(struct am_worker *w, struct am_frame *f, const struct am_member *member, unsigned path,
	const struct am_encap *e);

static inline void am_output_put(struct am_worker *w, uint16_t port_id, struct rte_mbuf *m)
{
	struct am_tx *tx = &w->tx[port_id];
	uint16_t n = tx->n;

	if (unlikely(n >= tx->room)) {
		am_output_no_room(w, port_id, m);
		return;
	}
	if (n == 0)
		w->tx_pending |= 1ull << port_id;
	tx->m[n] = m;
	tx->n = n + 1;
	tx->bytes += am_buf_len(m);
}

static inline void am_output_to_port(struct am_worker *w, struct am_frame *f, const struct am_member *member)
{
	const struct am_port_root *port = &w->roots->ports[member->port];

	if (unlikely(am_buf_len(f->m) - f->eth.len > port->mtu))
		am_drop(w, port->iface, AM_V_PORT_MTU, f->m);
	else
		am_output_put(w, member->port, f->m);
}

/* The live path of this flow; n where there is none. */
static inline unsigned am_output_path(const struct am_path_list *list, uint32_t hash)
{
	uint32_t live = atomic_load_explicit(&list->live, memory_order_acquire);
	unsigned nth;

	if (likely(live == 1))
		return 0;
	if (unlikely(live == 0))
		return list->n;
	/* The low half: hand-off has used the high bits. */
	nth = (hash & 0xffff) % (unsigned)__builtin_popcount(live);
	while (nth--)
		live &= live - 1;
	return (unsigned)__builtin_ctz(live);
}

/* DSCP and ECN of the IP packet in a frame; 0 where there is none. */
static inline uint8_t am_output_tos(const struct am_frame *f)
{
	const uint8_t *ip = am_buf_data(f->m) + f->eth.len;

	if (unlikely(am_buf_len(f->m) < (uint32_t)f->eth.len + 2))
		return 0;
	if (likely(f->eth.type == AM_ET_IPV4))
		return ip[1];
	return f->eth.type == AM_ET_IPV6 ? (uint8_t)(ip[0] << 4 | ip[1] >> 4) : 0;
}

/* One packet of so many octets went into a member's paths. */
static inline void am_output_sent(struct am_worker *w, const struct am_member *member, uint32_t bytes)
{
	am_count(w, member->way_iface, AM_C_TX_PACKETS, 1);
	am_count(w, member->way_iface, AM_C_TX_BYTES, bytes);
	if (member->iface == member->way_iface)
		return;
	am_count(w, member->iface, AM_C_TX_PACKETS, 1);
	am_count(w, member->iface, AM_C_TX_BYTES, bytes);
}

static inline void am_output_to_path(struct am_worker *w, struct am_frame *f, const struct am_member *member)
{
	const struct am_path_list *list = member->paths;
	uint32_t len = am_buf_len(f->m);
	const struct am_encap *e;
	unsigned path;
	uint8_t tos;

	if (unlikely(f->hashed) ||
		unlikely(!am_flow_of_usual(am_buf_data(f->m), len, &f->eth, &f->hash, &tos))) {
		tos = am_output_tos(f);
		if (!f->hashed)
			f->hash = am_flow_hash_frame(am_buf_data(f->m), len);
	}
	path = am_output_path(list, f->hash);
	if (unlikely(path >= list->n)) {
		am_drop(w, member->way_iface, AM_V_TUNNEL_DOWN, f->m);
		return;
	}
	e = atomic_load_explicit(&list->encap[path], memory_order_acquire);
	if (AM_POISON || len > e->simple_max || am_buf_headroom(f->m) < e->copy_len) {
		am_output_long(w, f, member, path, e);
		return;
	}
	am_string_push_simple(e, f->m, len, f->hash, tos);
	am_output_sent(w, member, len);
	am_output_put(w, list->port[path], f->m);
}

static inline void am_output_inline(struct am_worker *w, struct am_frame *f, const struct am_member *member)
{
	if (unlikely(f->eth.tags) && member->kind == AM_MEMBER_VTEP &&
		!w->roots->bridges[member->bridge]->inner_vlan) {
		am_drop(w, member->iface, AM_V_VXLAN_INNER_VLAN, f->m);
		return;
	}
	if (unlikely(!member->plain) && !am_output_change(w, f, member))
		return;
	if (member->kind == AM_MEMBER_PORT)
		am_output_to_port(w, f, member);
	else
		am_output_to_path(w, f, member);
}

#endif
