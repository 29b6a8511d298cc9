/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PIPELINE_OUTPUT_H
#define PIPELINE_OUTPUT_H
/* The usual way out of a member, inline for the bridge's loop; output.c has what is not usual. */
#include "core.h"
#include "net/flow.h"
#include "net/mss.h"
#include "pkt/string.h"

void am_output_flush_port(struct am_worker *w, uint16_t port_id);
/* A transmit buffer that is empty, takes no more, or whose port is not there. */
void am_output_put_edge(struct am_worker *w, uint16_t port_id, struct rte_mbuf *m, uint32_t len);

/* Into a port's transmit buffer; len is m's. */
static inline void am_output_put(struct am_worker *w, uint16_t port_id, struct rte_mbuf *m, uint32_t len)
{
	struct am_tx *tx = &w->tx[port_id];
	uint32_t n = tx->n;

	if (unlikely(n - 1 >= tx->last)) {
		am_output_put_edge(w, port_id, m, len);
		return;
	}
	tx->m[n] = m;
	tx->n = (uint16_t)(n + 1);
	tx->bytes += len;
}

static inline void am_output_to_port(struct am_worker *w, struct am_frame *f, const struct am_member *member)
{
	const struct am_port_root *port = &w->roots->ports[member->port];

	if (unlikely(am_buf_len(f->m) - f->eth.len > port->mtu))
		am_drop(w, port->iface, AM_V_PORT_MTU, f->m);
	else
		am_output_put(w, member->port, f->m, am_buf_len(f->m));
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

/* Two counters side by side, in one addition. */
static inline void am_output_count(
	struct am_iface_counters *c, enum am_counter first, uint64_t one, uint64_t other)
{
	typedef uint64_t pair __attribute__((vector_size(16), may_alias));

	*(pair *)&c->count[first] += (pair){one, other};
}

_Static_assert(AM_C_TX_PACKETS % 2 == 0 && AM_C_TX_BYTES == AM_C_TX_PACKETS + 1, "a pair");
_Static_assert(AM_C_TX_FRAGMENTED % 2 == 0 && AM_C_TX_FRAGMENTS == AM_C_TX_FRAGMENTED + 1, "a pair");

/* One packet of so many octets went into a member's paths. */
static inline void am_output_sent(struct am_worker *w, const struct am_member *member, uint32_t bytes)
{
	struct am_iface_counters *counters = w->counters;

	am_output_count(&counters[member->way_iface], AM_C_TX_PACKETS, 1, bytes);
	if (likely(member->iface != member->way_iface))
		am_output_count(&counters[member->iface], AM_C_TX_PACKETS, 1, bytes);
}

/* A frame that its path's string makes two packets of. False: not that simple, and nothing has happened. */
bool am_output_cut(struct am_worker *w, struct rte_mbuf *m, const struct am_member *member, unsigned path,
	struct am_flow flow);

/* A frame without a tag that member takes as it is, into one of its paths. False: not that simple, and nothing has happened. */
static inline bool am_output_to_path(struct am_worker *w, struct am_frame *f, const struct am_member *member)
{
	const struct am_path_list *list = member->paths;
	struct rte_mbuf *m = f->m;
	uint32_t len = am_buf_len(m);
	const struct am_encap *e;
	struct am_flow flow;
	unsigned path = 0;

	if (unlikely(AM_POISON || !am_flow_of_usual(am_buf_data(m), len, &flow)))
		return false;
	if (unlikely(member->mss4) && am_mss_may_clamp_usual(am_buf_data(m), len))
		return false;
	if (unlikely(atomic_load_explicit(&list->live, memory_order_acquire) != 1)) {
		path = am_output_path(list, flow.hash);
		if (path >= list->n)
			return false;
	}
	e = atomic_load_explicit(&list->encap[path], memory_order_acquire);
	if (len > e->simple_max || unlikely(am_buf_headroom(m) < e->copy_len))
		return am_output_cut(w, m, member, path, flow);
	am_string_push_simple(e, m, len, flow.hash, flow.tos);
	am_output_sent(w, member, len);
	am_output_put(w, list->port[path], m, len + e->len);
	return true;
}

/* Out of a member whose face says that frames leave by it as they are. */
static inline void am_output_straight(struct am_worker *w, struct am_frame *f, const struct am_member *member)
{
	if (member->kind == AM_MEMBER_PORT)
		am_output_to_port(w, f, member);
	else if (unlikely(!am_output_to_path(w, f, member)))
		am_output(w, f, member);
}

#endif
