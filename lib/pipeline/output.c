/* SPDX-License-Identifier: BSD-3-Clause */
/* Out of a member: its tag, or its header string and the cut; then into the transmit buffer of a port. */
#include "core.h"
#include "net/flow.h"
#include "net/mss.h"
#include "pkt/encap.h"
#include "pkt/vlan.h"

static void flush_port(struct am_worker *w, uint16_t port_id)
{
	struct am_tx *tx = &w->tx[port_id];
	const struct am_port_ops *ops;
	unsigned sent;

	if (tx->owner != w->id) {
		am_handoff_send(w, tx, port_id);
		return;
	}
	ops = tx->port->ops;
	sent = ops->tx(tx->port, tx->queue, tx->m, tx->n);
	if (unlikely(sent < tx->n) && ops->poll) {
		ops->poll(tx->port, tx->queue);
		sent += ops->tx(tx->port, tx->queue, tx->m + sent, (uint16_t)(tx->n - sent));
	}
	if (unlikely(sent < tx->n)) {
		uint16_t iface = w->roots && port_id < w->roots->n_ports ? w->roots->ports[port_id].iface : 0;

		w->counters[iface].drop[AM_V_PORT_TX_FULL] += tx->n - sent;
		am_buf_free_bulk(tx->m + sent, tx->n - sent);
	}
	tx->n = 0;
}

void am_output_flush(struct am_worker *w)
{
	for (uint16_t i = 0; i < AM_PORTS_MAX; i++) {
		struct am_tx *tx = &w->tx[i];

		if (tx->n)
			flush_port(w, i);
	}
}

static void put(struct am_worker *w, uint16_t port_id, struct rte_mbuf *m)
{
	struct am_tx *tx = &w->tx[port_id];
	uint16_t iface = w->roots->ports[port_id].iface;

	if (unlikely(!tx->port)) {
		am_drop(w, iface, AM_V_PORT_DOWN, m);
		return;
	}
	if (unlikely(tx->n == AM_TX_SLOTS))
		flush_port(w, port_id);
	am_count(w, iface, AM_C_TX_PACKETS, 1);
	am_count(w, iface, AM_C_TX_BYTES, am_buf_len(m));
	tx->m[tx->n++] = m;
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

static void to_port(struct am_worker *w, struct am_frame *f, const struct am_member *member)
{
	const struct am_port_root *port = &w->roots->ports[member->port];

	if (unlikely(am_buf_len(f->m) - f->eth.len > port->mtu))
		am_drop(w, port->iface, AM_V_PORT_MTU, f->m);
	else
		put(w, member->port, f->m);
}

/* The live path of this flow; n where there is none. */
static unsigned choose_path(const struct am_path_list *list, uint32_t hash)
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
static uint8_t frame_tos(const struct am_frame *f)
{
	const uint8_t *ip = am_buf_data(f->m) + f->eth.len;

	if (am_buf_len(f->m) < (uint32_t)f->eth.len + 2)
		return 0;
	if (f->eth.type == AM_ET_IPV4)
		return ip[1];
	return f->eth.type == AM_ET_IPV6 ? (uint8_t)(ip[0] << 4 | ip[1] >> 4) : 0;
}

static void count_sent(struct am_worker *w, uint16_t iface, uint32_t bytes, unsigned packets)
{
	am_count(w, iface, AM_C_TX_PACKETS, 1);
	am_count(w, iface, AM_C_TX_BYTES, bytes);
	if (packets > 1) {
		am_count(w, iface, AM_C_TX_FRAGMENTED, 1);
		am_count(w, iface, AM_C_TX_FRAGMENTS, packets);
	}
}

static void into_tunnel(struct am_worker *w, struct am_frame *f, const struct am_member *member)
{
	const struct am_path_list *list = member->paths;
	const struct am_tunnel *t = member->tunnel == AM_NO_TARGET ? NULL : w->roots->tunnels[member->tunnel];
	uint16_t iface = t ? t->iface : member->iface;
	struct am_encap_in in = {.tos = frame_tos(f), .stash = &w->stash};
	struct rte_mbuf *out[2];
	const struct am_encap *e;
	uint32_t len = am_buf_len(f->m);
	unsigned path, n = 0;
	enum am_verdict v;

	if (!f->hashed)
		f->hash = am_flow_hash_frame(am_buf_data(f->m), len);
	in.hash = f->hash;
	path = choose_path(list, in.hash);
	if (unlikely(path >= list->n)) {
		am_drop(w, iface, AM_V_TUNNEL_DOWN, f->m);
		return;
	}
	e = atomic_load_explicit(&list->encap[path], memory_order_acquire);
	in.path = list->first_path + path;
	if (t && t->tx_seq)
		in.gre_seq = atomic_fetch_add_explicit(t->tx_seq, 1, memory_order_relaxed);
	v = am_encap_push(e, &w->ids, w->plane->conf.pool, &in, f->m, out, &n);
	if (unlikely(v != AM_V_OK)) {
		am_drop(w, iface, v, f->m);
		return;
	}
	/* The first one is the longest. A path_mtu beyond the port's own would otherwise vanish in the driver. */
	if (unlikely(am_buf_len(out[0]) - e->ip_at > w->roots->ports[list->port[path]].mtu)) {
		for (unsigned i = 0; i < n; i++)
			am_drop(w, iface, AM_V_PORT_MTU, out[i]);
		return;
	}
	count_sent(w, iface, len, n);
	if (member->kind == AM_MEMBER_VTEP && t)
		count_sent(w, member->iface, len, 1);
	for (unsigned i = 0; i < n; i++)
		put(w, list->port[path], out[i]);
}

void am_output(struct am_worker *w, struct am_frame *f, const struct am_member *member)
{
	enum am_verdict v;

	if (unlikely(member->mss4 | member->mss6) &&
		am_mss_clamp_frame(am_buf_data(f->m), am_buf_len(f->m), member->mss4, member->mss6))
		am_count(w, member->iface, AM_C_MSS_CLAMPED, 1);
	if (member->kind == AM_MEMBER_VTEP && f->eth.tags && !w->roots->bridges[member->bridge]->inner_vlan) {
		am_drop(w, member->iface, AM_V_VXLAN_INNER_VLAN, f->m);
		return;
	}
	v = tag(f, member);
	if (unlikely(v != AM_V_OK))
		am_drop(w, member->iface, v, f->m);
	else if (member->kind == AM_MEMBER_PORT)
		to_port(w, f, member);
	else
		into_tunnel(w, f, member);
}
