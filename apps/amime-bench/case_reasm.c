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
	WINDOW = 128, /* datagrams */
	FRAGMENTS = 2,
	ENTRIES = 4096,
	PEER_ENTRIES = 2048,
	ENTRIES_MANY = 32768,
	OUTSTANDING = 16384,
	LONGEST = 2400,
};

/* In which order fragments arrive. */
enum order {
	ADJACENT,    /* first, second, first, second */
	REVERSED,    /* second, first, second, first */
	INTERLEAVED, /* a window of firsts, then their seconds */
};

struct reasm_arg {
	struct work_tunnel tunnel;
	enum order order;
	unsigned outstanding; /* halves of another peer that are held all the time */
};

/* A fragment that is to arrive. */
struct arrival {
	struct rte_mbuf *m; /* NULL: it has, or is about to */
	struct am_ip_hdr hdr;
};

struct reasm {
	struct am_encap encap;
	struct am_ipid ids;
	struct am_reasm *table;
	struct rte_mempool *pool;
	const struct reasm_arg *arg;
	unsigned burst;      /* datagrams, of as many fragments as those have, in one run */
	unsigned datagrams;  /* of a group: a burst, or a window of some */
	unsigned groups, at; /* that take turns: one, or more than caches hold; the one whose turn it is */
	unsigned from;       /* fragments of the group that have arrived */
	am_time now;
	struct arrival arriving[BENCH_BURST * FRAGMENTS]; /* in this run */
	struct rte_mbuf *whole[WINDOW];
	unsigned n_whole;
	struct arrival in[];
};

static unsigned fragments(const struct reasm *r)
{
	return r->datagrams * FRAGMENTS;
}

static struct arrival *group(struct reasm *r)
{
	return r->in + r->at * fragments(r);
}

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
	for (unsigned i = 0; i < r->groups * fragments(r); i++)
		if (r->in[i].m)
			am_buf_free(r->in[i].m);
	am_reasm_free(r->table);
	am_ipid_fini(&r->ids);
	free(r);
}

static bool hold_halves(struct reasm *r);
static bool make_groups(struct reasm *r);

static struct am_reasm *make_table(const struct reasm_arg *a, uint64_t seed)
{
	const struct am_reasm_conf conf = {
		.entries = a->outstanding ? ENTRIES_MANY : ENTRIES,
		.peer_entries = a->outstanding ? ENTRIES_MANY : PEER_ENTRIES,
		.peers = 2,
		.seed = seed,
		.timeout6_ns = AM_S,
		.timeout4_min_ns = 20 * AM_MS,
		.timeout4_max_ns = 500 * AM_MS,
		.id_range = 65536,
	};

	return am_reasm_create(&conf, count_nothing, NULL);
}

/* Without anything in it. */
static struct reasm *make_reasm(const struct bench_env *env, const struct reasm_arg *a)
{
	unsigned datagrams = a->order == INTERLEAVED ? WINDOW / env->burst * env->burst : env->burst;
	unsigned n = datagrams * FRAGMENTS, groups = env->is_cold && !a->outstanding ? WORK_COLD / n : 1;
	struct reasm *r = work_alloc(sizeof *r + (size_t)groups * n * sizeof r->in[0]);

	if (!r)
		return NULL;
	r->pool = env->is_cold ? env->cold : env->pool;
	r->arg = a;
	r->burst = env->burst;
	r->datagrams = datagrams;
	r->groups = groups;
	r->now = (am_time){AM_S};
	return r;
}

static void *open_reasm(const struct bench_env *env, const void *arg, struct am_err *err)
{
	struct reasm *r = make_reasm(env, arg);

	if (!r) {
		am_fail(err, ENOMEM, "no memory");
		return NULL;
	}
	if (work_encap(&r->arg->tunnel, &r->encap, err)) {
		free(r);
		return NULL;
	}
	if (am_ipid_init(&r->ids, 0, 1, 1, env->seed)) {
		am_fail(err, ENOMEM, "no memory for identifications");
		free(r);
		return NULL;
	}
	r->table = make_table(r->arg, env->seed);
	if (!r->table) {
		am_fail(err, ENOMEM, "no memory for the reassembly table");
		close_reasm(r);
		return NULL;
	}
	if (hold_halves(r) && make_groups(r))
		return r;
	am_fail(err, ENOMEM, "packet buffers are used up");
	close_reasm(r);
	return NULL;
}

/* Where fragment j of datagram i stands in its group. */
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
	struct am_encap_in in = {0};
	unsigned n;

	if (!work_buffers(r->pool, &m, 1))
		return false;
	work_udp_frame(am_buf_set_len(m, len), len, AM_IPV4, i);
	in.hash = am_flow_hash_frame(am_buf_data(m), len);
	if (am_encap_push(&r->encap, &r->ids, r->pool, &in, m, out, &n) != AM_V_OK || n != FRAGMENTS)
		return false;
	for (unsigned j = 0; j < n; j++) {
		struct arrival *a = &group(r)[place(r, i, j)];

		a->m = out[j];
		if (am_ip_parse(am_buf_data(a->m) + AM_ETH_LEN, am_buf_len(a->m) - AM_ETH_LEN, &a->hdr) !=
			AM_V_OK)
			return false;
	}
	return true;
}

/* First halves without second ones. */
static bool hold_halves(struct reasm *r)
{
	struct arrival *first = &r->in[place(r, 0, 0)], *second = &r->in[place(r, 0, 1)];

	for (unsigned i = 0; i < r->arg->outstanding; i++) {
		if (!make_datagram(r, 0))
			return false;
		am_reasm_add(r->table, 1, first->m, AM_ETH_LEN, &first->hdr, LONGEST, r->now);
		am_buf_free(second->m);
	}
	first->m = second->m = NULL;
	return true;
}

static bool make_group(struct reasm *r)
{
	bool good = true;

	for (unsigned i = 0; good && i < r->datagrams; i++)
		good = make_datagram(r, i);
	return good;
}

/* Cold ones long before they arrive. */
static bool make_groups(struct reasm *r)
{
	bool good = true;

	for (r->at = 0; good && r->at < r->groups; r->at++)
		good = make_group(r);
	r->at = 0;
	return good;
}

static bool prepare_reasm(void *state)
{
	struct reasm *r = state;
	struct arrival *next = group(r) + r->from;

	if (!r->arg->outstanding) /* those are not to expire */
		r->now = am_time_add(r->now, 10 * AM_US);
	am_reasm_expire(r->table, r->now, WINDOW);
	for (unsigned i = 0; i < r->burst * FRAGMENTS; i++) {
		r->arriving[i] = next[i];
		next[i].m = NULL;
	}
	return true;
}

/* When a group has arrived, what became whole goes, and the like of what came is made. */
static bool finish_reasm(void *state)
{
	struct reasm *r = state;
	bool good;

	if (r->from < fragments(r))
		return true;
	am_buf_free_bulk(r->whole, r->n_whole);
	r->n_whole = 0;
	r->from = 0;
	good = make_group(r);
	r->at = r->at + 1 == r->groups ? 0 : r->at + 1;
	return good;
}

/* How many datagrams are whole where so many fragments of a group have arrived. */
static unsigned whole_of(const struct reasm *r, unsigned arrived)
{
	if (r->arg->order != INTERLEAVED)
		return arrived / FRAGMENTS;
	return arrived > r->datagrams ? arrived - r->datagrams : 0;
}

static bool run_reasm(void *state)
{
	struct reasm *r = state;
	unsigned n = r->burst * FRAGMENTS;

	for (unsigned i = 0; i < n; i++) {
		struct arrival *a = &r->arriving[i];
		struct rte_mbuf *m = am_reasm_add(r->table, 0, a->m, AM_ETH_LEN, &a->hdr, LONGEST, r->now);

		if (m)
			r->whole[r->n_whole++] = m;
	}
	r->from += n;
	return r->n_whole == whole_of(r, r->from);
}

/* clang-format off */
#define REASM(name_, about_, shapes_, cold_, ...) \
	{.name = "reassemble/" name_, .per = "datagram", .about = about_, .ops = BENCH_BURST, .shapes = shapes_, .cold = cold_, \
	 .open = open_reasm, .prepare = prepare_reasm, .run = run_reasm, .finish = finish_reasm, .close = close_reasm, \
	 .arg = &(const struct reasm_arg){__VA_ARGS__}}
#define TUNNEL(family, split) {AM_TUNNEL_GRE, family, AM_IPV4, split, WORK_FULL, FRAGMENTS}
#define ARRIVE(name, about, order, family, split) \
	REASM(name, about, BENCH_BURSTS | BENCH_COLD, false, TUNNEL(family, split), order, 0)
#define HELD(name, about, order) \
	REASM(name, about, BENCH_BURSTS, true, TUNNEL(AM_IPV4, AM_SPLIT_FLOOR), order, OUTSTANDING)

const struct bench_case bench_reasm_cases[] = {
	ARRIVE("adjacent", "IPv4, first and second halves side by side, 1276 + rest", ADJACENT, AM_IPV4, AM_SPLIT_FLOOR),
	ARRIVE("reversed", "IPv4, second half first, 1276 + rest", REVERSED, AM_IPV4, AM_SPLIT_FLOOR),
	ARRIVE("interleaved-128", "IPv4, 128 firsts and then 128 seconds, 1276 + rest", INTERLEAVED, AM_IPV4, AM_SPLIT_FLOOR),
	ARRIVE("adjacent-fill", "IPv4, first and second halves side by side, 1500 + rest", ADJACENT, AM_IPV4, AM_SPLIT_FILL),
	ARRIVE("adjacent-ipv6", "IPv6, first and second halves side by side, 1280 + rest", ADJACENT, AM_IPV6, AM_SPLIT_FLOOR),
	HELD("adjacent-16k", "as adjacent, with 16,384 halves of another peer held", ADJACENT),
	HELD("reversed-16k", "as reversed, with 16,384 halves of another peer held", REVERSED),
	HELD("interleaved-128-16k", "as interleaved-128, with 16,384 halves of another peer held", INTERLEAVED),
	{.name = NULL},
};
/* clang-format on */
