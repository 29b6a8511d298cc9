/* SPDX-License-Identifier: BSD-3-Clause */
#include "stock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "drivers/mem.h"
#include "net/csum.h"
#include "net/ether.h"
#include "net/ip.h"
#include "pkt/buf.h"
#include "reflect.h"

enum {
	HEAD_ALL = 256, /* every header and the numbers, however many layers */
	LINE = 64,
	FRAME_MAX = 9216,
	LEAVE_MAX = 2,
	TCP_LEN = 20,
	TCP_ACK = 0x10,
	TCP_SYN = 0x02,
	TCP_MSS_LEN = 4,
	TCP_MSS = 1460,
	RSS_SEED = 0x5ca1ab1e,
	FLOW_MAGIC = 0x5au, /* in the first octet of a flow's number: flows have 20 bits */
	FLOW_SHIFT = 24,
};

/* A bridge with hosts on either side. */
struct side {
	uint16_t bridge;
	uint16_t near; /* member on a port */
	uint16_t n_far;
	uint16_t *far; /* members on tunnels */
};

struct sides {
	unsigned n;
	struct side *of;
	uint16_t *members;
};

/* ---- where hosts are ---- */

static void sort_members(const struct am_roots *roots, const struct am_bridge *bridge, struct side *s)
{
	s->bridge = bridge->id;
	s->near = AM_NO_ID;
	for (unsigned i = 0; i < bridge->n_members; i++) {
		const struct am_member *m = roots->members[bridge->members[i]];

		if (m->kind != AM_MEMBER_PORT)
			s->far[s->n_far++] = m->id;
		else if (s->near == AM_NO_ID)
			s->near = m->id;
	}
}

static int find_sides(const struct bed *b, struct sides *sides, struct am_err *err)
{
	const struct am_roots *roots = am_model_roots(b->model);
	uint16_t *next;

	sides->n = 0;
	sides->of = calloc(roots->n_bridges + 1u, sizeof *sides->of);
	sides->members = next = calloc(roots->n_members + 1u, sizeof *next);
	if (!sides->of || !next)
		return am_fail(err, ENOMEM, "no memory for the bridges");
	for (uint16_t i = 0; i < roots->n_bridges; i++) {
		struct side *s = &sides->of[sides->n];

		if (!roots->bridges[i])
			continue;
		*s = (struct side){.far = next};
		sort_members(roots, roots->bridges[i], s);
		next += s->n_far;
		sides->n += s->near != AM_NO_ID && s->n_far;
	}
	if (sides->n)
		return 0;
	return am_fail(err, EINVAL,
		"the configuration has no bridge or xconnect with a port on one side and a tunnel or VTEP on the "
		"other: nothing to measure");
}

static void free_sides(struct sides *sides)
{
	free(sides->of);
	free(sides->members);
}

static const struct side *side_of(const struct sides *sides, uint32_t pair)
{
	return &sides->of[pair % sides->n];
}

static uint16_t far_of(const struct sides *sides, uint32_t pair)
{
	const struct side *s = side_of(sides, pair);

	return s->far[pair / sides->n % s->n_far];
}

static void host_mac(uint8_t *mac, bool far, uint32_t pair)
{
	mac[0] = 2;
	mac[1] = far ? 0x20 : 0x10;
	am_store32(mac + 2, pair);
}

static bool learn(struct bed *b, bool far, uint32_t pair, uint16_t bridge, uint16_t member)
{
	struct am_learn_in in = {.member = member};
	uint8_t mac[AM_MAC_LEN];
	uint32_t slot;

	host_mac(mac, far, pair);
	in.key = am_fdb_make_key(mac, bridge);
	am_model_learn(b->model, &in, b->now.ns / AM_S);
	return am_fdb_lookup(am_model_fdb(b->model), in.key, &slot) != 0;
}

static int learn_hosts(struct bed *b, const struct sides *sides, uint32_t pairs, struct am_err *err)
{
	const struct am_roots *roots = am_model_roots(b->model);

	for (uint32_t i = 0; i < pairs; i++) {
		const struct side *s = side_of(sides, i);

		if (roots->bridges[s->bridge]->xconnect || !roots->bridges[s->bridge]->learn)
			continue;
		if (!learn(b, false, i, s->bridge, s->near) ||
			!learn(b, true, i, s->bridge, far_of(sides, i)))
			return am_fail(err, ENOSPC,
				"only %u of %u MAC pairs fit: raise \"system\".\"fdb_size\" and the bridges' "
				"\"mac_limit\", or use fewer \"mac_pairs\"",
				i, pairs);
	}
	return 0;
}

/* ---- frames ---- */

static uint8_t *put_ether(uint8_t *p, const struct am_member *near, uint32_t pair, uint16_t type)
{
	host_mac(p, true, pair);
	host_mac(p + AM_MAC_LEN, false, pair);
	p += 2 * AM_MAC_LEN;
	if (near->vid != AM_VID_UNTAGGED && near->vid != AM_VID_ANY) {
		am_store16(p, near->tpid);
		am_store16(p + 2, near->vid);
		p += AM_TAG_LEN;
	}
	am_store16(p, type);
	return p + 2;
}

static uint8_t *put_ip(uint8_t *ip, const struct traffic *t, uint32_t pair, uint16_t payload)
{
	uint8_t proto = t->protocol == TRAFFIC_UDP ? AM_PROTO_UDP : AM_PROTO_TCP;
	uint16_t sum;

	if (t->inner == TRAFFIC_IPV6) {
		ip[0] = 0x60;
		am_store16(ip + 4, payload);
		ip[6] = proto;
		ip[7] = 64;
		am_store32(ip + 8, 0xfd000001);
		am_store32(ip + 20, pair);
		am_store32(ip + 24, 0xfd000002);
		am_store32(ip + 36, pair);
		return ip + AM_IP6_LEN;
	}
	ip[0] = 0x45;
	am_store16(ip + 2, (uint16_t)(AM_IP4_LEN + payload));
	am_store16(ip + 6, AM_IP4_DF);
	ip[8] = 64;
	ip[9] = proto;
	am_store32(ip + 12, 0x0a400000 + pair);
	am_store32(ip + 16, 0x0a800000 + pair);
	sum = am_csum_finish(am_csum_add(ip, AM_IP4_LEN, 0));
	memcpy(ip + 10, &sum, sizeof sum);
	return ip + AM_IP4_LEN;
}

/* The number of a flow is that of its ports too, so that hashes differ. Returns where the frame's number is. */
static uint8_t *put_transport(
	uint8_t *p, const struct traffic *t, uint32_t flow, uint16_t len, enum traffic_frame is)
{
	uint32_t header = TCP_LEN + (is == TRAFFIC_SYN ? TCP_MSS_LEN : 0);
	uint32_t number = FLOW_MAGIC << FLOW_SHIFT | flow;
	uint8_t *ip = p - (t->inner == TRAFFIC_IPV4 ? AM_IP4_LEN : AM_IP6_LEN);
	uint8_t family = t->inner == TRAFFIC_IPV4 ? AM_IPV4 : AM_IPV6;
	uint16_t sum;

	am_store16(p, (uint16_t)(10000 + flow % 50000));
	am_store16(p + 2, (uint16_t)(5001 + flow / 50000));
	if (t->protocol == TRAFFIC_UDP) {
		am_store16(p + 4, len);
		am_store32(p + 8, number);
		return p + 12;
	}
	am_store32(p + 4, number);
	p[12] = (uint8_t)(header / 4 << 4);
	p[13] = is == TRAFFIC_SYN ? TCP_SYN : TCP_ACK;
	am_store16(p + 14, 64240);
	if (is == TRAFFIC_SYN)
		am_store32(p + TCP_LEN, 0x02040000 | TCP_MSS);
	sum = am_csum_finish(am_csum_add(p, len,
		am_csum_pseudo(family, am_ip_src(ip, family), am_ip_dst(ip, family), AM_PROTO_TCP, len)));
	memcpy(p + 16, &sum, sizeof sum);
	return p + header;
}

static void put_seq(uint8_t *at, uint32_t seq)
{
	am_store32(at, seq);
	am_store32(at + 4, ~seq);
}

struct frame {
	uint16_t len, flow_at, seq_at;
	uint8_t bytes[FRAME_MAX];
};

static void make_frame(struct frame *f, const struct traffic *t, const struct am_member *near, uint32_t flow,
	const struct traffic_size *size)
{
	uint32_t pair = flow % t->mac_pairs;
	uint16_t len = size->octets;
	uint8_t *p, *l4, *seq;
	uint16_t ip_len;

	memset(f->bytes, 0, len + AM_TAG_LEN);
	p = put_ether(f->bytes, near, pair, t->inner == TRAFFIC_IPV4 ? AM_ET_IPV4 : AM_ET_IPV6);
	f->len = (uint16_t)(len + (p - f->bytes) - AM_ETH_LEN); /* a tag comes on top */
	ip_len = (uint16_t)(len - AM_ETH_LEN - (t->inner == TRAFFIC_IPV4 ? AM_IP4_LEN : AM_IP6_LEN));
	l4 = put_ip(p, t, pair, ip_len);
	seq = put_transport(l4, t, flow, ip_len, size->is);
	f->seq_at = (uint16_t)(seq - f->bytes);
	f->flow_at = (uint16_t)(t->protocol == TRAFFIC_UDP ? f->seq_at - 4 : l4 + 4 - f->bytes);
	put_seq(seq, 0);
}

static void make_broadcast(struct frame *f)
{
	memset(f->bytes, 0xff, AM_MAC_LEN);
}

/* ---- the stock ---- */

static uint8_t *room_for(struct stock *s, size_t n)
{
	size_t wanted = s->room ? s->room : 1 << 16;
	uint8_t *more;

	while (wanted < s->n_bytes + n)
		wanted *= 2;
	if (wanted != s->room) {
		more = realloc(s->bytes, wanted);
		if (!more)
			return NULL;
		s->bytes = more;
		s->room = wanted;
	}
	s->n_bytes += n;
	return s->bytes + s->n_bytes - n;
}

static uint16_t round_up(uint32_t n)
{
	return (uint16_t)((n + LINE - 1) / LINE * LINE);
}

/*
 * A second fragment is copied behind a first one, and what an earlier packet left in its buffer with it: beyond HEAD_ALL
 * octets a buffer shall stay zero.
 */
static bool add_packet(
	struct stock *s, struct stock_packet *p, const uint8_t *bytes, uint16_t len, uint16_t seq_at)
{
	uint16_t head = s->all_octets || !seq_at ? HEAD_ALL : round_up(seq_at + 8u);
	uint8_t *to = room_for(s, head);

	if (!to)
		return false;
	*p = (struct stock_packet){
		.bytes = s->n_bytes - head, .len = len, .head = head < len ? head : len, .seq_at = seq_at};
	memset(to, 0, head);
	memcpy(to, bytes, p->head);
	return true;
}

/* What left the bed for one frame. */
struct left {
	unsigned n;
	uint8_t port;
	uint16_t len[LEAVE_MAX];
	uint8_t bytes[LEAVE_MAX][FRAME_MAX];
};

/* Take all that left; false where that is more than a frame can become, or by several ports. */
static bool take_left(const struct bed *b, struct left *out)
{
	struct rte_mbuf *m;
	bool good = true;

	out->n = 0;
	for (uint16_t p = 0; p < b->n_ports; p++) {
		for (uint16_t q = 0; q < b->port[p]->limits.tx_queues; q++) {
			while (am_mem_pop(b->port[p], q, &m, 1)) {
				good &= out->n < LEAVE_MAX && (out->n == 0 || out->port == p);
				if (good) {
					out->port = (uint8_t)p;
					out->len[out->n] = (uint16_t)am_buf_len(m);
					memcpy(out->bytes[out->n++], am_buf_data(m), am_buf_len(m));
				}
				am_buf_free(m);
			}
		}
	}
	return good && out->n > 0;
}

static int send_through(
	struct bed *b, uint16_t port, const struct frame *f, struct left *out, struct am_err *err)
{
	struct rte_mbuf *m = am_buf_alloc(b->pool, AM_BUF_HEADROOM);
	const char *why;
	uint64_t n;

	if (!m)
		return am_fail(err, ENOMEM, "packet buffers are used up");
	memcpy(am_buf_set_len(m, f->len), f->bytes, f->len);
	am_mem_push(b->port[port], 0, &m, 1);
	bed_settle(b);
	if (take_left(b, out))
		return 0;
	why = bed_drop(b, &n);
	return am_fail(err, EINVAL,
		"a frame of %u octets that came in by port %s did not leave by one port: %s", f->len,
		b->port[port]->name, why ? why : "it was flooded, or cut into more than two");
}

/* Where the outer IP header of a fragment is; 0 where this is none. */
static uint16_t fragment_at(const uint8_t *p, uint32_t len)
{
	struct am_ether eth;
	struct am_ip_hdr ip;

	if (am_ether_parse(p, len, &eth) != AM_V_OK ||
		am_ip_parse(p + eth.len, len - eth.len, &ip) != AM_V_OK)
		return 0;
	return ip.frag ? eth.len : 0;
}

/* Where the frame's flow and own number are in what left. */
static bool find_mark(
	const struct frame *f, const uint8_t *p, uint16_t len, uint16_t *flow_at, uint16_t *seq_at)
{
	const uint8_t *found = memmem(p, len, f->bytes + f->flow_at, 4);

	if (!found)
		return false;
	*flow_at = (uint16_t)(found - p);
	*seq_at = (uint16_t)(*flow_at + (f->seq_at - f->flow_at));
	return *seq_at + 8 <= len;
}

static uint8_t worker_for(const struct bed *b, uint64_t what)
{
	return (uint8_t)(am_hash64(what, RSS_SEED) % b->workers);
}

/* A NIC sees no more of a tunnel packet than its addresses, since the rest of it may be cut. */
static uint8_t worker_for_packet(const struct bed *b, const uint8_t *p, uint32_t len)
{
	struct am_ether eth;
	uint64_t sum = 0;
	const uint8_t *ip;

	if (am_ether_parse(p, len, &eth) != AM_V_OK || len < eth.len + (uint32_t)AM_IP6_LEN)
		return 0;
	ip = p + eth.len;
	for (unsigned i = eth.type == AM_ET_IPV4 ? 12 : 8; i < (eth.type == AM_ET_IPV4 ? 20u : 40u); i++)
		sum = am_hash64(sum << 8 | ip[i], RSS_SEED);
	return worker_for(b, sum);
}

static void mark_way(struct stock *s, unsigned way, uint16_t flow_at, uint16_t seq_at, bool first)
{
	if (first) {
		s->flow_at[way] = flow_at;
		s->seq_at[way] = seq_at;
		s->marked[way] = true;
	}
	s->marked[way] &= s->flow_at[way] == flow_at && s->seq_at[way] == seq_at;
}

static bool add_encap(struct stock *s, const struct bed *b, uint32_t at, const struct frame *f,
	const struct left *out, uint8_t in)
{
	struct stock_item *item = &s->items[at];
	uint16_t flow_at, seq_at;

	item->n = 1;
	item->leave = (uint8_t)out->n;
	item->in = in;
	item->out = out->port;
	item->worker = worker_for(b, item->flow);
	if (!find_mark(f, out->bytes[0], out->len[0], &flow_at, &seq_at))
		return false;
	mark_way(s, STOCK_ENCAP, flow_at, seq_at, at == 0);
	return add_packet(s, &item->p[0], f->bytes, f->len, f->seq_at);
}

/* Out of a tunnel it is for all hosts too, and from the far one. */
static void put_broadcast(uint8_t *frame, uint32_t pair)
{
	memset(frame, 0xff, AM_MAC_LEN);
	host_mac(frame + AM_MAC_LEN, true, pair);
}

/* What comes back: the layers the other way round. The frame inside is then the near host's. */
static bool add_decap(struct stock *s, const struct bed *b, uint32_t at, const struct frame *f,
	struct left *out, uint8_t near)
{
	struct stock_item *item = &s->items[at];
	uint16_t flow_at, seq_at;

	item->n = (uint8_t)out->n;
	item->leave = 1;
	item->in = out->port;
	item->out = near;
	if (!find_mark(f, out->bytes[0], out->len[0], &flow_at, &seq_at))
		return false;
	mark_way(s, STOCK_DECAP, f->flow_at, f->seq_at, at == stock_at(s, STOCK_DECAP, 0, 0));
	for (unsigned i = 0; i < out->n; i++) {
		reflect_packet(out->bytes[i], out->len[i]);
		if (i == 0 && am_mac_is_group(f->bytes))
			put_broadcast(
				out->bytes[0] + (flow_at - f->flow_at), item->flow % s->traffic.mac_pairs);
		if (!add_packet(s, &item->p[i], out->bytes[i], out->len[i], i ? 0 : seq_at))
			return false;
		item->p[i].id_at = fragment_at(out->bytes[i], out->len[i]);
	}
	item->worker = worker_for_packet(b, out->bytes[0], out->len[0]);
	return true;
}

uint32_t stock_at(const struct stock *s, unsigned way, uint32_t flow, unsigned size)
{
	return (way * s->traffic.flows + flow) * s->traffic.n_sizes + size;
}

static int add_flow(
	struct stock *s, struct bed *b, const struct sides *sides, uint32_t flow, struct am_err *err)
{
	const struct am_roots *roots = am_model_roots(b->model);
	const struct am_member *near = roots->members[side_of(sides, flow % s->traffic.mac_pairs)->near];
	static _Thread_local struct frame f;
	static _Thread_local struct left out;

	for (unsigned size = 0; size < s->traffic.n_sizes; size++) {
		uint32_t encap = stock_at(s, STOCK_ENCAP, flow, size),
			 decap = stock_at(s, STOCK_DECAP, flow, size);
		bool is_broadcast = s->traffic.sizes[size].is == TRAFFIC_BROADCAST;
		int ret;

		make_frame(&f, &s->traffic, near, flow, &s->traffic.sizes[size]);
		/* Into tunnels it may leave by several; who only has it come out of them need not send it. */
		if (is_broadcast && s->traffic.encap)
			make_broadcast(&f);
		ret = send_through(b, near->port, &f, &out, err);
		if (ret)
			return ret;
		s->items[encap].flow = s->items[decap].flow = flow;
		s->items[encap].way = STOCK_ENCAP;
		s->items[decap].way = STOCK_DECAP;
		if (is_broadcast)
			make_broadcast(&f);
		if (!add_encap(s, b, encap, &f, &out, (uint8_t)near->port) ||
			!add_decap(s, b, decap, &f, &out, (uint8_t)near->port))
			return am_fail(err, ENOMEM, "no memory for %u flows", s->traffic.flows);
	}
	return 0;
}

static bool any_payload_checksum(const struct am_config *c)
{
	for (uint16_t i = 0; i < c->n_tunnels; i++)
		if (c->tunnels[i].checksum)
			return true;
	for (uint16_t i = 0; i < c->n_bridges; i++)
		for (uint16_t k = 0; k < c->bridges[i].n_members; k++)
			if (c->bridges[i].members[k].kind == AM_CONF_MEMBER_VTEP &&
				c->bridges[i].members[k].vtep.family == AM_IPV6 && c->bridges[i].udp_checksum)
				return true;
	return false;
}

static int fill(struct stock *s, struct bed *b, const struct sides *sides, struct am_err *err)
{
	int ret = learn_hosts(b, sides, s->traffic.mac_pairs, err);

	for (uint32_t flow = 0; ret == 0 && flow < s->traffic.flows; flow++)
		ret = add_flow(s, b, sides, flow, err);
	return ret;
}

int stock_open(struct stock *s, struct bed *b, const struct traffic *traffic, struct am_err *err)
{
	struct sides sides;
	int ret;

	*s = (struct stock){.traffic = *traffic};
	s->n_items = STOCK_WAYS * traffic->flows * traffic->n_sizes;
	s->items = calloc(s->n_items, sizeof *s->items);
	s->all_octets = any_payload_checksum(am_model_config(b->model));
	for (unsigned way = 0; way < STOCK_WAYS; way++)
		s->last[way] = calloc(traffic->flows, sizeof *s->last[way]);
	ret = find_sides(b, &sides, err);
	if (ret == 0 && (!s->items || !s->last[STOCK_ENCAP] || !s->last[STOCK_DECAP]))
		ret = am_fail(err, ENOMEM, "no memory for %u flows", traffic->flows);
	if (ret == 0)
		ret = fill(s, b, &sides, err);
	free_sides(&sides);
	if (ret)
		stock_close(s);
	return ret;
}

void stock_close(struct stock *s)
{
	free(s->items);
	free(s->bytes);
	for (unsigned way = 0; way < STOCK_WAYS; way++)
		free((void *)s->last[way]);
	*s = (struct stock){0};
}

/* False: it carries no number, as a second fragment does not. */
static bool read_flow(const struct stock *s, unsigned way, const uint8_t *frame, uint32_t len, uint32_t *flow)
{
	uint32_t number;

	if (!s->marked[way] || len < s->seq_at[way] + 8u)
		return false;
	number = am_load32(frame + s->flow_at[way]);
	*flow = number & ((1u << FLOW_SHIFT) - 1);
	return number >> FLOW_SHIFT == FLOW_MAGIC;
}

const void *stock_record(const struct stock *s, unsigned way, const uint8_t *frame, uint32_t len)
{
	uint32_t flow;

	return read_flow(s, way, frame, len, &flow) && flow < s->traffic.flows ? &s->last[way][flow] : NULL;
}

bool stock_in_order(const struct stock *s, unsigned way, const uint8_t *frame, uint32_t len)
{
	uint32_t flow, seq, last;

	if (!read_flow(s, way, frame, len, &flow))
		return true;
	if (flow >= s->traffic.flows)
		return false;
	seq = am_load32(frame + s->seq_at[way]);
	last = atomic_load_explicit(&s->last[way][flow], memory_order_relaxed);
	atomic_store_explicit(&s->last[way][flow], seq, memory_order_relaxed);
	return seq > last;
}
