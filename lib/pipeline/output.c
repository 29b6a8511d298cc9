/* SPDX-License-Identifier: BSD-3-Clause */
/* Out of a member: its tag, or its header string and the cut; then into the transmit buffer of a port. */
#include "output.h"

#include "pkt/encap.h"
#include "pkt/vlan.h"
#include "tap.h"

/* The port did not take all at once: once more where it is to be asked again, and what is left then is lost. */
static __attribute__((noinline)) void transmit_rest(struct am_worker *w, struct am_tx *tx, unsigned sent)
{
	const struct am_port_ops *ops = tx->port->ops;

	if (ops->poll) {
		ops->poll(tx->port, tx->queue);
		sent += ops->tx(tx->port, tx->queue, tx->m + sent, (uint16_t)(tx->n - sent));
	}
	if (sent == tx->n)
		return;
	w->counters[tx->iface].drop[AM_V_PORT_TX_FULL] += tx->n - sent;
	for (unsigned i = sent; i < tx->n; i++)
		am_tap_drop(w, AM_TAP_ETHERNET, tx->iface, AM_V_PORT_TX_FULL, tx->m[i]);
	am_buf_free_bulk(tx->m + sent, tx->n - sent);
}

/* What this worker puts into a transmit buffer counts when the buffer is emptied. */
static inline void flush(struct am_worker *w, uint16_t port_id)
{
	struct am_tx *tx = &w->tx[port_id];
	uint64_t *count = w->counters[tx->iface].count;
	unsigned sent;

	count[AM_C_TX_PACKETS] += (unsigned)(tx->n - tx->foreign);
	tx->foreign = 0;
	count[AM_C_TX_BYTES] += tx->bytes;
	tx->bytes = 0;
	if (unlikely(tx->owner != w->id)) {
		am_handoff_send(w, tx, port_id);
		return;
	}
	sent = tx->port->ops->tx(tx->port, tx->queue, tx->m, tx->n);
	if (unlikely(sent < tx->n))
		transmit_rest(w, tx, sent);
	tx->n = 0;
}

void am_output_flush_port(struct am_worker *w, uint16_t port_id)
{
	flush(w, port_id);
	w->tx_pending &= ~(1ull << port_id);
}

void am_output_flush(struct am_worker *w)
{
	for (uint64_t left = w->tx_pending; left; left &= left - 1)
		flush(w, (uint16_t)__builtin_ctzll(left));
	w->tx_pending = 0;
}

static __attribute__((noinline)) void make_room(struct am_worker *w, uint16_t port_id)
{
	am_tap_transmit(w, port_id);
	am_output_flush_port(w, port_id);
}

void am_output_put_edge(struct am_worker *w, uint16_t port_id, struct rte_mbuf *m, uint32_t len)
{
	struct am_tx *tx = &w->tx[port_id];

	if (!tx->port) {
		am_drop(w, w->roots->ports[port_id].iface, AM_V_PORT_DOWN, m);
		return;
	}
	if (unlikely(tx->n == AM_TX_SLOTS))
		make_room(w, port_id);
	w->tx_pending |= 1ull << port_id;
	tx->m[tx->n++] = m;
	tx->bytes += len;
}

/* The member's tag, with the priority that the frame came in with. */
static enum am_verdict tag(struct am_frame *f, const struct am_member *member)
{
	uint16_t pcp = f->popped ? f->tci & 0xf000 : 0;

	if (member->vid == AM_VID_UNTAGGED || member->vid == AM_VID_ANY)
		return AM_V_OK;
	f->eth.len += AM_TAG_LEN;
	return am_vlan_push(f->m, member->tpid, pcp | member->vid);
}

/* Clamp and tag; false where the frame is gone. */
static bool change(struct am_worker *w, struct am_frame *f, const struct am_member *member)
{
	enum am_verdict v;

	if ((member->mss4 | member->mss6) && am_mss_may_clamp(am_buf_data(f->m), am_buf_len(f->m), &f->eth) &&
		am_mss_clamp_frame(am_buf_data(f->m), am_buf_len(f->m), member->mss4, member->mss6))
		am_count(w, member->iface, AM_C_MSS_CLAMPED, 1);
	v = tag(f, member);
	if (v == AM_V_OK)
		return true;
	am_drop(w, member->iface, v, f->m);
	return false;
}

/* Into the one or two packets that the path's string makes of it. */
static enum am_verdict push(struct am_worker *w, const struct am_frame *f, const struct am_member *member,
	const struct am_flow *flow, unsigned path, struct rte_mbuf *out[2], unsigned *n)
{
	const struct am_encap *e = atomic_load_explicit(&member->paths->encap[path], memory_order_acquire);
	const struct am_roots *roots = w->roots;
	struct am_encap_in in = {.hash = flow->hash,
		.tos = flow->tos,
		.path = member->paths->first_path + path,
		.stash = &w->stash};
	enum am_verdict v;

	if (member->tx_seq)
		in.gre_seq = atomic_fetch_add_explicit(member->tx_seq, 1, memory_order_relaxed);
	v = am_encap_push(e, &w->ids, w->plane->conf.pool, &in, f->m, out, n);
	/* The first one is the longest. A path_mtu beyond the port's own would otherwise vanish in the driver. */
	if (v != AM_V_OK || am_buf_len(out[0]) - e->ip_at <= roots->ports[member->paths->port[path]].mtu)
		return v;
	if (*n == 2)
		am_drop(w, member->way_iface, AM_V_PORT_MTU, out[out[0] == f->m]);
	return AM_V_PORT_MTU;
}

void am_output_other(
	struct am_worker *w, const struct am_exit *exit, uint32_t bytes, struct am_output_sum *sum)
{
	if (exit->also_iface == AM_NO_ID)
		return;
	am_output_summed(w, sum);
	*sum = (struct am_output_sum){1, bytes, exit->also_iface};
}

static void to_path(struct am_worker *w, struct am_frame *f, const struct am_member *member)
{
	const struct am_path_list *list = member->paths;
	uint32_t len = am_buf_len(f->m);
	const struct am_flow flow = am_flow_of_frame(am_buf_data(f->m), len);
	unsigned path = am_output_path(list, flow.hash), n = 0;
	struct rte_mbuf *out[2];
	enum am_verdict v = AM_V_TUNNEL_DOWN;

	if (likely(path < list->n))
		v = push(w, f, member, &flow, path, out, &n);
	if (unlikely(v != AM_V_OK)) {
		am_drop(w, member->way_iface, v, f->m);
		return;
	}
	am_output_sent(w, &member->exit, len);
	am_output_put(w, list->port[path], out[0], am_buf_len(out[0]));
	if (n == 1)
		return;
	am_output_count(&w->counters[member->way_iface], AM_C_TX_FRAGMENTED, 1, 2);
	am_output_put(w, list->port[path], out[1], am_buf_len(out[1]));
}

void am_output(struct am_worker *w, struct am_frame *f, const struct am_member *member)
{
	if (f->eth.tags && member->kind == AM_MEMBER_VTEP && !w->roots->bridges[member->bridge]->inner_vlan) {
		am_drop(w, member->iface, AM_V_VXLAN_INNER_VLAN, f->m);
		return;
	}
	if (!change(w, f, member))
		return;
	if (member->kind == AM_MEMBER_PORT) {
		am_output_to_port(w, f, member->port);
		return;
	}
	am_tap_see(w, AM_TAP_ENCAP, AM_TAP_ETHERNET, member->iface, f->m);
	to_path(w, f, member);
}
