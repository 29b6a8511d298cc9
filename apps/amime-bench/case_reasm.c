/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cases.h"
#include "net/ether.h"
#include "net/flow.h"
#include "net/ip.h"
#include "pkt/buf.h"
#include "pkt/encap.h"
#include "pkt/reasm.h"
#include "workload.h"

enum {
	DATAGRAMS_MAX = 128,
	FRAGMENTS = 2,
	ENTRIES = 4096,
	PEER_ENTRIES = 2048,
	ENTRIES_MANY = 32768,
	OUTSTANDING = 16384,
	LONGEST = 2400,
};

/* In which order the fragments of a burst of datagrams arrive. */
enum order {
	ADJACENT,    /* first, second, first, second */
	REVERSED,    /* second, first, second, first */
	INTERLEAVED, /* all firsts, then all seconds */
};

struct reasm_arg {
	struct work_tunnel tunnel;
	enum order order;
	unsigned datagrams;   /* 0: a burst */
	unsigned outstanding; /* halves of another peer that are held all the time */
};

/* A burst of datagrams as it arrives. */
struct burst {
	struct rte_mbuf *in[DATAGRAMS_MAX * FRAGMENTS];
	struct am_ip_hdr hdr[DATAGRAMS_MAX * FRAGMENTS];
};

struct reasm {
	struct am_encap encap;
	struct am_ipid ids;
	struct am_reasm *table;
	struct rte_mempool *pool;
	const struct reasm_arg *arg;
	unsigned datagrams;
	unsigned groups,
		at; /* bursts that take turns: one, or more than caches hold; the one whose turn it is */
	am_time now;
	struct rte_mbuf *whole[DATAGRAMS_MAX];
	unsigned n_whole;
	struct burst bursts[];
};

static void count_nothing(void *ctx, uint32_t peer, enum am_verdict why, unsigned packets)
{
	(void)ctx;
	(void)peer;
	(void)why;
	(void)packets;
}

static void close_reasm(void *state)
{
	struct reasm *r = state;

	am_buf_free_bulk(r->whole, r->n_whole);
	for (unsigned g = 0; g < r->groups; g++)
		for (unsigned i = 0; i < r->datagrams * FRAGMENTS; i++)
			if (r->bursts[g].in[i])
				am_buf_free(r->bursts[g].in[i]);
	am_reasm_free(r->table);
	am_ipid_fini(&r->ids);
	free(r);
}

static bool hold_halves(struct reasm *r);
static bool make_bursts(struct reasm *r);

static void *open_reasm(const struct bench_env *env, const void *arg, struct am_err *err)
{
	const struct reasm_arg *a = arg;
	const struct am_reasm_conf conf = {
		.entries = a->outstanding ? ENTRIES_MANY : ENTRIES,
		.peer_entries = a->outstanding ? ENTRIES_MANY : PEER_ENTRIES,
		.peers = 2,
		.seed = env->seed,
		.timeout6_ns = AM_S,
		.timeout4_min_ns = 20 * AM_MS,
		.timeout4_max_ns = 500 * AM_MS,
		.id_range = 65536,
	};
	unsigned datagrams = a->datagrams ? a->datagrams : env->burst;
	unsigned groups = env->is_cold && !a->outstanding ? WORK_COLD / (datagrams * FRAGMENTS) : 1;
	struct reasm *r = work_alloc(sizeof *r + groups * sizeof r->bursts[0]);

	if (!r) {
		am_fail(err, ENOMEM, "no memory");
		return NULL;
	}
	*r = (struct reasm){.pool = env->is_cold ? env->cold : env->pool,
		.arg = a,
		.datagrams = datagrams,
		.groups = groups,
		.now = {AM_S}};
	if (work_encap(&r->arg->tunnel, &r->encap, err)) {
		free(r);
		return NULL;
	}
	if (am_ipid_init(&r->ids, 0, 1, 1, env->seed)) {
		am_fail(err, ENOMEM, "no memory for identifications");
		free(r);
		return NULL;
	}
	r->table = am_reasm_create(&conf, count_nothing, NULL);
	if (!r->table) {
		am_fail(err, ENOMEM, "no memory for the reassembly table");
		close_reasm(r);
		return NULL;
	}
	if (hold_halves(r) && make_bursts(r))
		return r;
	am_fail(err, ENOMEM, "packet buffers are used up");
	close_reasm(r);
	return NULL;
}

/* Where fragment j of datagram i stands in the burst. */
static unsigned place(const struct reasm *r, unsigned i, unsigned j)
{
	switch (r->arg->order) {
	case REVERSED:
		return i * FRAGMENTS + !j;
	case INTERLEAVED:
		return j * r->datagrams + i;
	default:
		return i * FRAGMENTS + j;
	}
}

/* One datagram as our own encap sends it, with an identification of its own. */
static bool make_datagram(struct reasm *r, unsigned i)
{
	uint16_t len = r->arg->tunnel.frame_len;
	struct rte_mbuf *m, *out[FRAGMENTS];
	struct burst *b = &r->bursts[r->at];
	struct am_encap_in in = {0};
	unsigned n;

	if (!work_buffers(r->pool, &m, 1))
		return false;
	work_udp_frame(am_buf_set_len(m, len), len, AM_IPV4, i);
	in.hash = am_flow_hash_frame(am_buf_data(m), len);
	if (am_encap_push(&r->encap, &r->ids, r->pool, &in, m, out, &n) != AM_V_OK || n != FRAGMENTS)
		return false;
	for (unsigned j = 0; j < n; j++) {
		unsigned at = place(r, i, j);

		b->in[at] = out[j];
		if (am_ip_parse(am_buf_data(out[j]) + AM_ETH_LEN, am_buf_len(out[j]) - AM_ETH_LEN,
			    &b->hdr[at]) != AM_V_OK)
			return false;
	}
	return true;
}

/* First halves without second ones. */
static bool hold_halves(struct reasm *r)
{
	unsigned first = place(r, 0, 0), second = place(r, 0, 1);
	struct burst *b = &r->bursts[0];

	for (unsigned i = 0; i < r->arg->outstanding; i++) {
		if (!make_datagram(r, 0))
			return false;
		am_reasm_add(r->table, 1, b->in[first], AM_ETH_LEN, &b->hdr[first], LONGEST, r->now);
		am_buf_free(b->in[second]);
	}
	b->in[first] = b->in[second] = NULL;
	return true;
}

static bool make_burst(struct reasm *r)
{
	bool good = true;

	for (unsigned i = 0; good && i < r->datagrams; i++)
		good = make_datagram(r, i);
	return good;
}

/* Cold ones long before they arrive. */
static bool make_bursts(struct reasm *r)
{
	bool good = true;

	for (r->at = 0; good && r->at < r->groups; r->at++)
		good = make_burst(r);
	r->at = 0;
	return good;
}

static bool prepare_reasm(void *state)
{
	struct reasm *r = state;

	if (!r->arg->outstanding) /* those are not to expire */
		r->now = am_time_add(r->now, 10 * AM_US);
	am_reasm_expire(r->table, r->now, DATAGRAMS_MAX);
	return true;
}

/* What became whole goes, and the like of what came is made. */
static bool finish_reasm(void *state)
{
	struct reasm *r = state;
	bool good;

	am_buf_free_bulk(r->whole, r->n_whole);
	r->n_whole = 0;
	good = make_burst(r);
	r->at = r->at + 1 == r->groups ? 0 : r->at + 1;
	return good;
}

static bool run_reasm(void *state)
{
	struct reasm *r = state;
	struct burst *b = &r->bursts[r->at];
	unsigned n = r->datagrams * FRAGMENTS;

	for (unsigned i = 0; i < n; i++) {
		struct rte_mbuf *m =
			am_reasm_add(r->table, 0, b->in[i], AM_ETH_LEN, &b->hdr[i], LONGEST, r->now);

		b->in[i] = NULL;
		if (m)
			r->whole[r->n_whole++] = m;
	}
	return r->n_whole == r->datagrams;
}

/* clang-format off */
#define REASM(name_, about_, ops_, shapes_, cold_, ...) \
	{.name = "reassemble/" name_, .per = "datagram", .about = about_, .ops = ops_, .shapes = shapes_, .cold = cold_, \
	 .open = open_reasm, .prepare = prepare_reasm, .run = run_reasm, .finish = finish_reasm, .close = close_reasm, \
	 .arg = &(const struct reasm_arg){__VA_ARGS__}}
#define TUNNEL(family, split) {AM_TUNNEL_GRE, family, AM_IPV4, split, WORK_FULL, FRAGMENTS}
#define BURST(name, about, shapes, order, family, split) \
	REASM(name, about, BENCH_BURST, BENCH_BURSTS | BENCH_COLD | (shapes), false, TUNNEL(family, split), order, 0, 0)
#define HELD(name, about, ops, datagrams, order) \
	REASM(name, about, ops, 0, true, TUNNEL(AM_IPV4, AM_SPLIT_FLOOR), order, datagrams, OUTSTANDING)

const struct bench_case bench_reasm_cases[] = {
	BURST("adjacent", "IPv4, first and second halves side by side, 1276 + rest", BENCH_KEY, ADJACENT, AM_IPV4, AM_SPLIT_FLOOR),
	BURST("reversed", "IPv4, second half first, 1276 + rest", 0, REVERSED, AM_IPV4, AM_SPLIT_FLOOR),
	REASM("interleaved-128", "IPv4, 128 firsts and then 128 seconds, 1276 + rest", DATAGRAMS_MAX, BENCH_COLD, false,
		TUNNEL(AM_IPV4, AM_SPLIT_FLOOR), INTERLEAVED, DATAGRAMS_MAX, 0),
	BURST("adjacent-fill", "IPv4, first and second halves side by side, 1500 + rest", 0, ADJACENT, AM_IPV4, AM_SPLIT_FILL),
	BURST("adjacent-ipv6", "IPv6, first and second halves side by side, 1280 + rest", 0, ADJACENT, AM_IPV6, AM_SPLIT_FLOOR),
	HELD("adjacent-16k", "as adjacent, with 16,384 halves of another peer held", BENCH_BURST, BENCH_BURST, ADJACENT),
	HELD("reversed-16k", "as reversed, with 16,384 halves of another peer held", BENCH_BURST, BENCH_BURST, REVERSED),
	HELD("interleaved-128-16k", "as interleaved-128, with 16,384 halves of another peer held", DATAGRAMS_MAX, DATAGRAMS_MAX, INTERLEAVED),
	{.name = NULL},
};
/* clang-format on */
