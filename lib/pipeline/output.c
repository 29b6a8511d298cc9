/* SPDX-License-Identifier: BSD-3-Clause */
/* Out of a member: its tag, or its header string and the cut; then into the transmit buffer of a port. */
#include "output.h"

#include "net/mss.h"
#include "pkt/encap.h"
#include "pkt/vlan.h"

/* What this worker puts into a transmit buffer counts when the buffer is emptied. */
static void count_transmitted(struct am_worker *w, struct am_tx *tx, uint16_t iface)
{
	am_count(w, iface, AM_C_TX_PACKETS, tx->n - tx->foreign);
	am_count(w, iface, AM_C_TX_BYTES, tx->bytes);
	tx->foreign = 0;
	tx->bytes = 0;
}

static void transmit(struct am_worker *w, struct am_tx *tx, uint16_t iface)
{
	const struct am_port_ops *ops = tx->port->ops;
	unsigned sent = ops->tx(tx->port, tx->queue, tx->m, tx->n);

	if (unlikely(sent < tx->n) && ops->poll) {
		ops->poll(tx->port, tx->queue);
		sent += ops->tx(tx->port, tx->queue, tx->m + sent, (uint16_t)(tx->n - sent));
	}
	if (unlikely(sent < tx->n)) {
		w->counters[iface].drop[AM_V_PORT_TX_FULL] += tx->n - sent;
		am_buf_free_bulk(tx->m + sent, tx->n - sent);
	}
	tx->n = 0;
}

void am_output_flush_port(struct am_worker *w, uint16_t port_id)
{
	struct am_tx *tx = &w->tx[port_id];
	uint16_t iface = w->roots && port_id < w->roots->n_ports ? w->roots->ports[port_id].iface : 0;

	count_transmitted(w, tx, iface);
	if (tx->owner != w->id)
		am_handoff_send(w, tx, port_id);
	else
		transmit(w, tx, iface);
	w->tx_pending &= ~(1ull << port_id);
}

void am_output_flush(struct am_worker *w)
{
	for (uint64_t left = w->tx_pending; left; left &= left - 1)
		am_output_flush_port(w, (uint16_t)__builtin_ctzll(left));
}

void am_output_no_room(struct am_worker *w, uint16_t port_id, struct rte_mbuf *m)
{
	struct am_tx *tx = &w->tx[port_id];

	if (!tx->port) {
		am_drop(w, w->roots->ports[port_id].iface, AM_V_PORT_DOWN, m);
		return;
	}
	am_output_flush_port(w, port_id);
	am_output_put(w, port_id, m);
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

bool am_output_change(struct am_worker *w, struct am_frame *f, const struct am_member *member)
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

static enum am_verdict push(struct am_worker *w, const struct am_frame *f, const struct am_member *member,
	unsigned path, const struct am_encap *e, struct rte_mbuf *out[2], unsigned *n)
{
	struct am_encap_in in = {.hash = f->hash,
		.tos = am_output_tos(f),
		.path = member->paths->first_path + path,
		.stash = &w->stash};

	if (member->tx_seq)
		in.gre_seq = atomic_fetch_add_explicit(member->tx_seq, 1, memory_order_relaxed);
	return am_encap_push(e, &w->ids, w->plane->conf.pool, &in, f->m, out, n);
}

void am_output_long(struct am_worker *w, struct am_frame *f, const struct am_member *member, unsigned path,
	const struct am_encap *e)
{
	uint16_t port = member->paths->port[path];
	uint32_t len = am_buf_len(f->m);
	struct rte_mbuf *out[2];
	unsigned n = 0;
	enum am_verdict v = push(w, f, member, path, e, out, &n);

	if (unlikely(v != AM_V_OK)) {
		am_drop(w, member->way_iface, v, f->m);
		return;
	}
	/* The first one is the longest. A path_mtu beyond the port's own would otherwise vanish in the driver. */
	if (unlikely(am_buf_len(out[0]) - e->ip_at > w->roots->ports[port].mtu)) {
		for (unsigned i = 0; i < n; i++)
			am_drop(w, member->way_iface, AM_V_PORT_MTU, out[i]);
		return;
	}
	am_output_sent(w, member, len);
	am_output_put(w, port, out[0]);
	if (n == 1)
		return;
	am_count(w, member->way_iface, AM_C_TX_FRAGMENTED, 1);
	am_count(w, member->way_iface, AM_C_TX_FRAGMENTS, 2);
	am_output_put(w, port, out[1]);
}

void am_output(struct am_worker *w, struct am_frame *f, const struct am_member *member)
{
	am_output_inline(w, f, member);
}
