/* SPDX-License-Identifier: BSD-3-Clause */
/* Out of a member: its tag, or its header string and the cut; then into the transmit buffer of a port. */
#include "core.h"
#include "net/flow.h"
#include "net/mss.h"
#include "pkt/encap.h"
#include "pkt/string.h"
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

static void flush_port(struct am_worker *w, uint16_t port_id)
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
		flush_port(w, (uint16_t)__builtin_ctzll(left));
}

static inline void put(struct am_worker *w, uint16_t port_id, struct rte_mbuf *m)
{
	struct am_tx *tx = &w->tx[port_id];

	if (unlikely(!tx->port)) {
		am_drop(w, w->roots->ports[port_id].iface, AM_V_PORT_DOWN, m);
		return;
	}
	if (unlikely(tx->n == AM_TX_SLOTS))
		flush_port(w, port_id);
	tx->bytes += am_buf_len(m);
	tx->m[tx->n++] = m;
	w->tx_pending |= 1ull << port_id;
}

/* The member's tag, with the priority that the frame came in with. */
static inline enum am_verdict tag(struct am_frame *f, const struct am_member *member)
{
	uint16_t pcp = f->popped ? f->tci & 0xf000 : 0;

	if (member->vid == AM_VID_UNTAGGED || member->vid == AM_VID_ANY)
		return AM_V_OK;
	f->eth.len += AM_TAG_LEN;
	return am_vlan_push(f->m, member->tpid, pcp | member->vid);
}

static inline void to_port(struct am_worker *w, struct am_frame *f, const struct am_member *member)
{
	const struct am_port_root *port = &w->roots->ports[member->port];

	if (unlikely(am_buf_len(f->m) - f->eth.len > port->mtu))
		am_drop(w, port->iface, AM_V_PORT_MTU, f->m);
	else
		put(w, member->port, f->m);
}

/* The live path of this flow; n where there is none. */
static inline unsigned choose_path(const struct am_path_list *list, uint32_t hash)
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
static inline uint8_t frame_tos(const struct am_frame *f)
{
	const uint8_t *ip = am_buf_data(f->m) + f->eth.len;

	if (unlikely(am_buf_len(f->m) < (uint32_t)f->eth.len + 2))
		return 0;
	if (likely(f->eth.type == AM_ET_IPV4))
		return ip[1];
	return f->eth.type == AM_ET_IPV6 ? (uint8_t)(ip[0] << 4 | ip[1] >> 4) : 0;
}

/* A string with everything that a frame's way into it needs; the frames it makes, 1 or 2. */
struct entry {
	const struct am_encap *e;
	const struct am_tunnel *t; /* NULL: VXLAN straight over a port */
	uint32_t path;             /* of e in identification counters */
	uint16_t port;
	uint16_t iface; /* of the tunnel, or of the VXLAN side */
	unsigned n;
	struct rte_mbuf *out[2];
};

static inline bool is_simple(const struct am_encap *e, const struct rte_mbuf *m)
{
	return !AM_POISON && am_buf_len(m) <= e->simple_max && am_buf_headroom(m) >= e->copy_len;
}

static __attribute__((noinline)) enum am_verdict encap(
	struct am_worker *w, const struct am_frame *f, uint8_t tos, struct entry *to)
{
	struct am_encap_in in = {.hash = f->hash, .tos = tos, .path = to->path, .stash = &w->stash};

	if (to->t && to->t->tx_seq)
		in.gre_seq = atomic_fetch_add_explicit(to->t->tx_seq, 1, memory_order_relaxed);
	return am_encap_push(to->e, &w->ids, w->plane->conf.pool, &in, f->m, to->out, &to->n);
}

/* The live path of a frame's flow, where there is one. */
static inline bool find_entry(
	const struct am_worker *w, const struct am_frame *f, const struct am_member *member, struct entry *to)
{
	const struct am_path_list *list = member->paths;
	unsigned path = choose_path(list, f->hash);

	to->t = member->tunnel == AM_NO_TARGET ? NULL : w->roots->tunnels[member->tunnel];
	to->iface = to->t ? to->t->iface : member->iface;
	if (unlikely(path >= list->n))
		return false;
	to->e = atomic_load_explicit(&list->encap[path], memory_order_acquire);
	to->port = list->port[path];
	to->path = list->first_path + path;
	return true;
}

static inline void count_sent(struct am_worker *w, uint16_t iface, uint32_t bytes)
{
	am_count(w, iface, AM_C_TX_PACKETS, 1);
	am_count(w, iface, AM_C_TX_BYTES, bytes);
}

/* One or two frames, counted where they belong, to the port. */
static inline void sent(
	struct am_worker *w, const struct am_member *member, const struct entry *to, uint32_t bytes)
{
	count_sent(w, to->iface, bytes);
	if (member->kind == AM_MEMBER_VTEP && to->t)
		count_sent(w, member->iface, bytes);
	put(w, to->port, to->out[0]);
	if (to->n == 1)
		return;
	am_count(w, to->iface, AM_C_TX_FRAGMENTED, 1);
	am_count(w, to->iface, AM_C_TX_FRAGMENTS, 2);
	put(w, to->port, to->out[1]);
}

static inline void into_tunnel(struct am_worker *w, struct am_frame *f, const struct am_member *member)
{
	uint32_t len = am_buf_len(f->m);
	uint8_t tos = frame_tos(f);
	struct entry to;
	enum am_verdict v;

	if (!f->hashed)
		f->hash = am_flow_hash_parsed(am_buf_data(f->m), len, &f->eth);
	if (unlikely(!find_entry(w, f, member, &to))) {
		am_drop(w, to.iface, AM_V_TUNNEL_DOWN, f->m);
		return;
	}
	if (likely(is_simple(to.e, f->m))) {
		am_string_push_simple(to.e, f->m, len, f->hash, tos);
		to.out[0] = f->m;
		to.n = 1;
	} else {
		v = encap(w, f, tos, &to);
		if (unlikely(v != AM_V_OK)) {
			am_drop(w, to.iface, v, f->m);
			return;
		}
	}
	/* The first one is the longest. A path_mtu beyond the port's own would otherwise vanish in the driver. */
	if (unlikely(am_buf_len(to.out[0]) - to.e->ip_at > w->roots->ports[to.port].mtu)) {
		for (unsigned i = 0; i < to.n; i++)
			am_drop(w, to.iface, AM_V_PORT_MTU, to.out[i]);
		return;
	}
	sent(w, member, &to, len);
}

static inline void output_one(struct am_worker *w, struct am_frame *f, const struct am_member *member)
{
	enum am_verdict v;

	if (unlikely(member->mss4 | member->mss6) &&
		am_mss_clamp_frame(am_buf_data(f->m), am_buf_len(f->m), member->mss4, member->mss6))
		am_count(w, member->iface, AM_C_MSS_CLAMPED, 1);
	if (unlikely(f->eth.tags && member->kind == AM_MEMBER_VTEP) &&
		!w->roots->bridges[member->bridge]->inner_vlan) {
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

void am_output_burst(
	struct am_worker *w, struct am_frame *const *f, const struct am_member *const *out, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		output_one(w, f[i], out[i]);
}
