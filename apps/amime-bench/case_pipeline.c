/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The whole way of a packet through a worker: am_worker_turn with the tables that a configuration makes, between ports in
 * memory. Outside the clock: making packets, and looking at what came out.
 */
#include "case_pipeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_pause.h>

#include "cases.h"
#include "feed.h"
#include "helper.h"
#include "net/ip.h"
#include "workload.h"

enum { MAC_PAIRS = 1024, TUNNELS = 64 }; /* where a case does not say */

enum {
	ON_THEIR_WAY = 256, /* packets between two workers, below what their rings hold */
	PATIENCE_US = 10000,
};

/* A data plane and what one of its workers gets. */
struct line {
	struct bed bed;
	struct stock stock;
	struct feed feed;
};

struct pipeline {
	const struct pipeline_arg *arg;
	struct line line;
	struct line apart;  /* BESIDE_APART */
	struct feed second; /* BESIDE_WORKER */
	struct helper helper;
	uint64_t runs;                       /* since the sample began */
	uint64_t helper_runs, helper_cycles; /* its counts when the sample began */
};

static struct am_config *load_config(const struct pipeline_arg *arg, struct am_err *err)
{
	struct am_config_errors errors = {0};
	struct setup setup = arg->setup;
	char *text;
	struct am_config *c = NULL;
	const char *from;

	setup.tunnels = setup.tunnels ? setup.tunnels : TUNNELS;
	text = arg->config ? NULL : setup_config(&setup);
	from = arg->config ? arg->config : text;
	if (from)
		c = am_config_load_checked(from, strlen(from), am_model_check, &errors);
	if (!c)
		am_fail(err, EINVAL, "%s: %s", errors.n ? errors.items[0].path : "$",
			errors.n ? errors.items[0].text : "no memory for a configuration");
	am_config_errors_free(&errors);
	free(text);
	return c;
}

static void close_line(struct line *l)
{
	feed_close(&l->feed);
	stock_close(&l->stock);
	bed_close(&l->bed);
}

/* That of the first worker to which something comes: with hand-off that is not always number 0. */
static int open_feed(struct line *l, uint64_t seed, struct am_err *err)
{
	int ret = feed_open(&l->feed, &l->bed, &l->stock, 0, seed, err);

	for (unsigned w = 1; ret == 0 && !l->feed.n_schedule && w < l->bed.workers; w++) {
		feed_close(&l->feed);
		ret = feed_open(&l->feed, &l->bed, &l->stock, w, seed, err);
	}
	return ret;
}

static int open_line(
	struct line *l, const struct bench_env *env, const struct pipeline_arg *arg, struct am_err *err)
{
	struct rte_mempool *pool = arg->traffic.memory == TRAFFIC_COLD ? env->cold : env->pool;
	struct am_config *c = load_config(arg, err);
	struct traffic traffic = arg->traffic;
	int ret = c ? bed_open(&l->bed, c, pool, env->seed, err) : -EINVAL;

	if (ret)
		return ret;
	if (!traffic.flows)
		traffic.flows = traffic.mac_pairs = MAC_PAIRS;
	ret = stock_open(&l->stock, &l->bed, &traffic, err);
	if (ret == 0)
		ret = open_feed(l, env->seed, err);
	if (ret)
		close_line(l);
	return ret;
}

static int start_beside(struct pipeline *p, const struct bench_env *env, struct am_err *err)
{
	struct feed *feed = p->arg->beside == BESIDE_APART ? &p->apart.feed : &p->second;
	int ret = 0;

	if (p->arg->beside == BESIDE_NOTHING)
		return 0;
	if (env->second_cpu < 0)
		return am_fail(err, ENODEV, "no second CPU to run a worker on; see nproc and taskset -p");
	if (p->arg->beside == BESIDE_APART)
		ret = open_line(&p->apart, env, p->arg, err);
	else
		ret = feed_open(
			&p->second, &p->line.bed, &p->line.stock, !p->line.feed.worker, env->seed, err);
	return ret ? ret : helper_start(&p->helper, feed, env->second_cpu, err);
}

static void close_pipeline(void *state)
{
	struct pipeline *p = state;

	helper_stop(&p->helper);
	feed_close(&p->second);
	close_line(&p->apart);
	close_line(&p->line);
	free(p);
}

static void *open_pipeline(const struct bench_env *env, const void *arg, struct am_err *err)
{
	struct pipeline *p = work_alloc(sizeof *p);

	if (!p) {
		am_fail(err, ENOMEM, "no memory");
		return NULL;
	}
	p->arg = arg;
	if (!open_line(&p->line, env, arg, err) && !start_beside(p, env, err))
		return p;
	close_pipeline(p);
	return NULL;
}

/* Packets that the second worker was handed, or was to be, and did not take yet. */
static uint64_t on_their_way(const struct pipeline *p)
{
	struct am_worker_stats first, second;

	am_plane_worker_stats(p->line.bed.plane, p->line.feed.worker, &first);
	am_plane_worker_stats(p->line.bed.plane, p->second.worker, &second);
	return first.handed_out - second.handed_in;
}

/* Frames that are lost between workers cost less than those that are carried. */
static void await_helper(const struct pipeline *p)
{
	am_time start = am_clock_monotonic();

	while (on_their_way(p) > ON_THEIR_WAY &&
		am_time_since(am_clock_monotonic(), start) < PATIENCE_US * AM_US)
		rte_pause();
}

static bool arrive(void *state)
{
	struct pipeline *p = state;

	if (p->helper.started && !p->line.feed.exact)
		await_helper(p);
	return feed_arrive(&p->line.feed);
}

static bool work(void *state)
{
	return feed_work(&((struct pipeline *)state)->line.feed);
}

static bool collect(void *state)
{
	struct pipeline *p = state;

	p->runs++;
	return feed_collect(&p->line.feed) && !atomic_load_explicit(&p->helper.failed, memory_order_relaxed);
}

/* The helper must have worked about as much, or it was not there. With hand-off its cycles are part of the packets'. */
static bool beside(void *state, double *cycles)
{
	struct pipeline *p = state;
	uint64_t runs = atomic_load_explicit(&p->helper.runs, memory_order_relaxed);
	uint64_t spent = atomic_load_explicit(&p->helper.cycles, memory_order_relaxed);
	uint64_t mine = p->runs, its = runs - p->helper_runs;

	*cycles = 0;
	if (!p->line.feed.exact && mine)
		*cycles = (double)(spent - p->helper_cycles) / (double)(mine * p->line.feed.datagrams);
	p->runs = 0;
	p->helper_runs = runs;
	p->helper_cycles = spent;
	return 2 * its >= mine;
}

static bool arrive_null(void *state)
{
	return feed_arrive_null(&((struct pipeline *)state)->line.feed);
}

static bool work_null(void *state)
{
	return feed_work_null(&((struct pipeline *)state)->line.feed);
}

static bool collect_null(void *state)
{
	return feed_collect_null(&((struct pipeline *)state)->line.feed);
}

void pipeline_case(struct bench_case *c, const struct pipeline_arg *arg)
{
	c->arg = arg;
	c->ops = traffic_datagrams(&arg->traffic);
	c->cold = arg->traffic.memory == TRAFFIC_COLD;
	c->two_cpus = arg->beside != BESIDE_NOTHING;
	c->slow_to_open = c->cold || arg->traffic.flows > 10000;
	c->open = open_pipeline;
	c->prepare = arg->null ? arrive_null : arrive;
	c->run = arg->null ? work_null : work;
	c->finish = arg->null ? collect_null : collect;
	c->beside = c->two_cpus ? beside : NULL;
	c->close = close_pipeline;
}

/* clang-format off */
enum { MANY_PAIRS = 100000, BRIDGES = 16, WINDOW = 128 };

#define SETUP(kind_, family_, vtep_, split_, bridges_, ...) \
	{.kind = AM_TUNNEL_##kind_, .family = AM_IPV##family_, .vtep_family = AM_IPV##vtep_, .split = AM_SPLIT_##split_, \
	 .bridges = bridges_, ##__VA_ARGS__}
#define TRAFFIC(way_, octets_, memory_, ...) \
	{.way_ = 1, .burst = BENCH_BURST, .memory = TRAFFIC_##memory_, .n_sizes = 1, .sizes = {{octets_, 1}}, ##__VA_ARGS__}
#define MANY .mac_pairs = MANY_PAIRS, .flows = MANY_PAIRS
#define INTERLEAVED .order = TRAFFIC_INTERLEAVED, .window = WINDOW

#define ROW(name_, about_, per_, ops_, ...) \
	{.name = name_, .about = about_, .per = per_, .ops = ops_, .open = open_pipeline, .prepare = arrive, .run = work, \
	 .finish = collect, .close = close_pipeline, __VA_ARGS__}
#define NULL_ROW(name_, about_, per_, ops_, ...) \
	{.name = "null/" name_, .about = about_, .per = per_, .ops = ops_, .open = open_pipeline, .prepare = arrive_null, \
	 .run = work_null, .finish = collect_null, .close = close_pipeline, __VA_ARGS__}
#define IN_COLD .cold = true, .slow_to_open = true
#define ARG(setup_, traffic_, ...) .arg = &(const struct pipeline_arg){.setup = setup_, .traffic = traffic_, ##__VA_ARGS__}
#define NULL_ARG(setup_, ...) .arg = &(const struct pipeline_arg){.null = true, .setup = setup_, .traffic = __VA_ARGS__}

/* A row for each memory: hot, and name-cold. */
#define HOT_COLD(name, about, per, null_, ops, hot_, cold_, setup, way, octets, ...) \
	ROW(name, about, per, ops, .null = "null/" null_, hot_, ARG(SETUP setup, TRAFFIC(way, octets, HOT, ##__VA_ARGS__))), \
	ROW(name "-cold", about ", cold", per, ops, .null = "null/" null_ "-cold", cold_, IN_COLD, \
		ARG(SETUP setup, TRAFFIC(way, octets, COLD, ##__VA_ARGS__)))
#define NULLS(name, about, per, ops, setup, way, octets, ...) \
	NULL_ROW(name, about, per, ops, ARG_NULL_(setup, way, octets, HOT, ##__VA_ARGS__)), \
	NULL_ROW(name "-cold", about ", cold", per, ops, IN_COLD, ARG_NULL_(setup, way, octets, COLD, ##__VA_ARGS__))
#define ARG_NULL_(setup, way, octets, memory, ...) NULL_ARG(SETUP setup, TRAFFIC(way, octets, memory, ##__VA_ARGS__))
#define HOT_ONLY(name, about, per, null_, ops, goal_, setup, way, octets, ...) \
	ROW(name, about, per, ops, .null = "null/" null_, goal_, ARG(SETUP setup, TRAFFIC(way, octets, HOT, ##__VA_ARGS__)))

/* One worker, one beside a data plane of its own kind with which it shares nothing but the machine, and one of two. */
#define SETUP_TWO(...) SETUP(__VA_ARGS__, .workers = 2)
#define WORKERS(name, about, per, null_, ops, setup, way, octets) \
	ROW("workers/" name "-1", about ", one worker", per, ops, .null = "null/" null_, ARG(SETUP setup, TRAFFIC(way, octets, HOT))), \
	ROW("workers/" name "-2-apart", about ", beside one that shares nothing with it", per, ops, .null = "null/" null_, \
		IN_TWO, ARG(SETUP setup, TRAFFIC(way, octets, HOT), .beside = BESIDE_APART)), \
	ROW("workers/" name "-2", about ", one of two workers", per, ops, .null = "null/" null_, IN_TWO, \
		TIMES("workers/" name "-1", 1.10), ARG(SETUP_TWO setup, TRAFFIC(way, octets, HOT), .beside = BESIDE_WORKER))
#define IN_TWO .two_cpus = true, .beside = beside

#define GOAL(cycles) .goal = cycles
#define NO_GOAL .goal = 0
#define PLUS(of_, more_) .relative = {of_, 1, more_}
#define TIMES(of_, times_) .relative = {of_, times_, 0}

#define ENCAP_SETUP(split, ...) (GRE, 4, 4, split, 1, ##__VA_ARGS__)
#define DECAP_SETUP(split, ...) (GRE, 4, 4, split, BRIDGES, ##__VA_ARGS__)
#define V6_ENCAP(split, vtep) (GRE, 6, vtep, split, 1)
#define V6_DECAP(split, vtep) (GRE, 6, vtep, split, BRIDGES)

const struct bench_case bench_pipeline_cases[] = {
	NULLS("forward", "one packet in, one out: the ports alone", "packet", BENCH_BURST, ENCAP_SETUP(FLOOR), encap, WORK_SMALL),
	NULLS("cut", "one packet in, two out", "packet", BENCH_BURST, ENCAP_SETUP(FLOOR), encap, WORK_FULL),
	NULLS("spread", "one packet in, one out by one of 16 ports", "packet", BENCH_BURST, DECAP_SETUP(FLOOR), decap, WORK_SMALL),
	NULLS("join", "two packets in, one out by one of 16 ports", "datagram", BENCH_BURST, DECAP_SETUP(FLOOR), decap, WORK_FULL),
	NULLS("join-interleaved", "the same, 128 firsts and then 128 seconds", "datagram", WINDOW, DECAP_SETUP(FLOOR), decap, WORK_FULL, INTERLEAVED),

	NULL_ROW("join-one", "two packets in, one out", "datagram", BENCH_BURST,
		NULL_ARG(SETUP(GRE, 4, 4, FLOOR, 1, .tunnels = 1), TRAFFIC(decap, WORK_FULL, HOT))),

	HOT_COLD("encap/64", "64-octet frame, bridge, VXLAN, GRE, IPv4", "packet", "forward", BENCH_BURST,
		GOAL(40), GOAL(60), ENCAP_SETUP(FLOOR), encap, WORK_SMALL),
	HOT_COLD("encap/1514-floor", "1514-octet frame, the same, cut at 1276", "packet", "cut", BENCH_BURST,
		GOAL(75), GOAL(150), ENCAP_SETUP(FLOOR), encap, WORK_FULL),
	HOT_COLD("encap/1514-fill", "1514-octet frame, the same, cut at 1500", "packet", "cut", BENCH_BURST,
		GOAL(60), GOAL(105), ENCAP_SETUP(FILL), encap, WORK_FULL),
	HOT_COLD("join/1514", "1276 + rest side by side, reassembled, GRE, VXLAN, bridge", "datagram", "join", BENCH_BURST,
		GOAL(115), GOAL(205), DECAP_SETUP(FLOOR), decap, WORK_FULL),
	HOT_COLD("join/1514-interleaved", "the same, 128 firsts and then 128 seconds", "datagram", "join-interleaved", WINDOW,
		GOAL(180), GOAL(260), DECAP_SETUP(FLOOR), decap, WORK_FULL, INTERLEAVED),
	HOT_COLD("decap/64", "IPv4, GRE, VXLAN around a 64-octet frame, bridge", "packet", "spread", BENCH_BURST,
		GOAL(60), GOAL(65), DECAP_SETUP(FLOOR), decap, WORK_SMALL),

	HOT_ONLY("join/1514-fill", "1500 + rest side by side", "datagram", "join", BENCH_BURST,
		NO_GOAL, DECAP_SETUP(FILL), decap, WORK_FULL),
	HOT_ONLY("join/1514-reversed", "second halves first", "datagram", "join", BENCH_BURST,
		NO_GOAL, DECAP_SETUP(FLOOR), decap, WORK_FULL, .order = TRAFFIC_REVERSED),
	HOT_ONLY("encap/64-one-tunnel", "1024 MAC pairs, but one tunnel and VTEP", "packet", "forward", BENCH_BURST,
		NO_GOAL, (GRE, 4, 4, FLOOR, 1, .tunnels = 1), encap, WORK_SMALL),
	HOT_ONLY("decap/64-one-tunnel", "1024 MAC pairs, but one tunnel, VTEP and LAN port", "packet", "forward", BENCH_BURST,
		NO_GOAL, (GRE, 4, 4, FLOOR, 1, .tunnels = 1), decap, WORK_SMALL),

	HOT_COLD("encap/64-100k", "100,000 MAC pairs", "packet", "forward", BENCH_BURST, PLUS("encap/64", 15),
		PLUS("encap/64-cold", 20), ENCAP_SETUP(FLOOR, .macs = 2 * MANY_PAIRS), encap, WORK_SMALL, MANY),
	HOT_COLD("encap/1514-floor-100k", "100,000 MAC pairs", "packet", "cut", BENCH_BURST, PLUS("encap/1514-floor", 15),
		PLUS("encap/1514-floor-cold", 20), ENCAP_SETUP(FLOOR, .macs = 2 * MANY_PAIRS), encap, WORK_FULL, MANY),
	HOT_COLD("encap/1514-fill-100k", "100,000 MAC pairs", "packet", "cut", BENCH_BURST, PLUS("encap/1514-fill", 15),
		PLUS("encap/1514-fill-cold", 20), ENCAP_SETUP(FILL, .macs = 2 * MANY_PAIRS), encap, WORK_FULL, MANY),
	HOT_COLD("join/1514-100k", "100,000 MAC pairs", "datagram", "join", BENCH_BURST, PLUS("join/1514", 15),
		PLUS("join/1514-cold", 20), DECAP_SETUP(FLOOR, .macs = 2 * MANY_PAIRS), decap, WORK_FULL, MANY),
	HOT_COLD("join/1514-interleaved-100k", "100,000 MAC pairs", "datagram", "join-interleaved", WINDOW, PLUS("join/1514-interleaved", 15),
		PLUS("join/1514-interleaved-cold", 20), DECAP_SETUP(FLOOR, .macs = 2 * MANY_PAIRS), decap, WORK_FULL, MANY, INTERLEAVED),
	HOT_COLD("decap/64-100k", "100,000 MAC pairs", "packet", "spread", BENCH_BURST, PLUS("decap/64", 15),
		PLUS("decap/64-cold", 20), DECAP_SETUP(FLOOR, .macs = 2 * MANY_PAIRS), decap, WORK_SMALL, MANY),

	HOT_ONLY("encap/64-ipv6", "over IPv6", "packet", "forward", BENCH_BURST,
		TIMES("encap/64", 1.15), V6_ENCAP(FLOOR, 4), encap, WORK_SMALL),
	HOT_ONLY("encap/1514-floor-ipv6", "over IPv6, cut at 1280", "packet", "cut", BENCH_BURST,
		TIMES("encap/1514-floor", 1.15), V6_ENCAP(FLOOR, 4), encap, WORK_FULL),
	HOT_ONLY("encap/1514-fill-ipv6", "over IPv6, cut at 1500", "packet", "cut", BENCH_BURST,
		TIMES("encap/1514-fill", 1.15), V6_ENCAP(FILL, 4), encap, WORK_FULL),
	HOT_ONLY("join/1514-ipv6", "over IPv6, 1280 + rest side by side", "datagram", "join", BENCH_BURST,
		TIMES("join/1514", 1.15), V6_DECAP(FLOOR, 4), decap, WORK_FULL),
	HOT_ONLY("join/1514-interleaved-ipv6", "over IPv6, 128 firsts and then 128 seconds", "datagram", "join-interleaved", WINDOW,
		TIMES("join/1514-interleaved", 1.15), V6_DECAP(FLOOR, 4), decap, WORK_FULL, INTERLEAVED),
	HOT_ONLY("decap/64-ipv6", "over IPv6", "packet", "spread", BENCH_BURST,
		TIMES("decap/64", 1.15), V6_DECAP(FLOOR, 4), decap, WORK_SMALL),
	HOT_ONLY("encap/64-vtep6", "over IPv6, and VTEPs on IPv6: a UDP checksum over everything inside", "packet", "forward", BENCH_BURST,
		NO_GOAL, V6_ENCAP(FLOOR, 6), encap, WORK_SMALL),
	HOT_ONLY("encap/1514-floor-vtep6", "the same, cut at 1280", "packet", "cut", BENCH_BURST,
		NO_GOAL, V6_ENCAP(FLOOR, 6), encap, WORK_FULL),
	HOT_ONLY("join/1514-vtep6", "the same, 1280 + rest side by side", "datagram", "join", BENCH_BURST,
		NO_GOAL, V6_DECAP(FLOOR, 6), decap, WORK_FULL),
	HOT_ONLY("decap/64-vtep6", "the same, out of it", "packet", "spread", BENCH_BURST,
		NO_GOAL, V6_DECAP(FLOOR, 6), decap, WORK_SMALL),

	HOT_ONLY("encap/64-etherip", "VXLAN in EtherIP", "packet", "forward", BENCH_BURST,
		NO_GOAL, (ETHERIP, 4, 4, FLOOR, 1), encap, WORK_SMALL),
	HOT_ONLY("encap/1514-floor-etherip", "VXLAN in EtherIP, cut at 1276", "packet", "cut", BENCH_BURST,
		NO_GOAL, (ETHERIP, 4, 4, FLOOR, 1), encap, WORK_FULL),
	HOT_ONLY("join/1514-etherip", "VXLAN in EtherIP, 1276 + rest side by side", "datagram", "join", BENCH_BURST,
		NO_GOAL, (ETHERIP, 4, 4, FLOOR, BRIDGES), decap, WORK_FULL),
	HOT_ONLY("decap/64-etherip", "out of VXLAN in EtherIP", "packet", "spread", BENCH_BURST,
		NO_GOAL, (ETHERIP, 4, 4, FLOOR, BRIDGES), decap, WORK_SMALL),

	HOT_ONLY("tcp/encap-64", "64 octets of TCP", "packet", "forward", BENCH_BURST,
		NO_GOAL, ENCAP_SETUP(FLOOR), encap, WORK_SMALL, .protocol = TRAFFIC_TCP),
	HOT_ONLY("tcp/encap-64-everything", "with MSS clamp and storm control", "packet", "forward", BENCH_BURST,
		TIMES("tcp/encap-64", 1.15), ENCAP_SETUP(FLOOR, .everything = true), encap, WORK_SMALL, .protocol = TRAFFIC_TCP),
	HOT_ONLY("tcp/encap-1514", "1514 octets of TCP, cut at 1276", "packet", "cut", BENCH_BURST,
		NO_GOAL, ENCAP_SETUP(FLOOR), encap, WORK_FULL, .protocol = TRAFFIC_TCP),
	HOT_ONLY("tcp/encap-1514-everything", "with MSS clamp and storm control", "packet", "cut", BENCH_BURST,
		TIMES("tcp/encap-1514", 1.15), ENCAP_SETUP(FLOOR, .everything = true), encap, WORK_FULL, .protocol = TRAFFIC_TCP),
	HOT_ONLY("tcp/join-1514", "1276 + rest of TCP", "datagram", "join", BENCH_BURST,
		NO_GOAL, DECAP_SETUP(FLOOR), decap, WORK_FULL, .protocol = TRAFFIC_TCP),
	HOT_ONLY("tcp/join-1514-everything", "with MSS clamp and storm control", "datagram", "join", BENCH_BURST,
		TIMES("tcp/join-1514", 1.15), DECAP_SETUP(FLOOR, .everything = true), decap, WORK_FULL, .protocol = TRAFFIC_TCP),
	HOT_ONLY("tcp/decap-64", "around 64 octets of TCP", "packet", "spread", BENCH_BURST,
		NO_GOAL, DECAP_SETUP(FLOOR), decap, WORK_SMALL, .protocol = TRAFFIC_TCP),
	HOT_ONLY("tcp/decap-64-everything", "with MSS clamp and storm control", "packet", "spread", BENCH_BURST,
		TIMES("tcp/decap-64", 1.15), DECAP_SETUP(FLOOR, .everything = true), decap, WORK_SMALL, .protocol = TRAFFIC_TCP),

	WORKERS("encap-many", "64 tunnels", "packet", "forward", BENCH_BURST, (GRE, 4, 4, FLOOR, 1), encap, WORK_SMALL),
	WORKERS("decap-many", "64 tunnels", "packet", "spread", BENCH_BURST, (GRE, 4, 4, FLOOR, BRIDGES), decap, WORK_SMALL),
	WORKERS("join-many", "64 tunnels", "datagram", "join", BENCH_BURST, (GRE, 4, 4, FLOOR, BRIDGES), decap, WORK_FULL),
	WORKERS("encap-striped", "a tunnel of 16 address pairs", "packet", "forward", BENCH_BURST,
		(GRE, 4, 4, FLOOR, 1, .tunnels = 1, .stripes = 16), encap, WORK_SMALL),
	WORKERS("decap-striped", "a tunnel of 16 address pairs", "packet", "forward", BENCH_BURST,
		(GRE, 4, 4, FLOOR, 1, .tunnels = 1, .stripes = 16), decap, WORK_SMALL),
	WORKERS("join-striped", "a tunnel of 16 address pairs", "datagram", "join-one", BENCH_BURST,
		(GRE, 4, 4, FLOOR, 1, .tunnels = 1, .stripes = 16), decap, WORK_FULL),
	ROW("handoff/decap", "one queue and one tunnel: half of the frames go to a second worker; cycles of both", "packet", BENCH_BURST,
		.null = "null/forward", IN_TWO,
		ARG(SETUP(GRE, 4, 4, FLOOR, 1, .tunnels = 1, .workers = 2, .handoff = true), TRAFFIC(decap, WORK_SMALL, HOT), .beside = BESIDE_WORKER)),
	ROW("handoff/join", "the same with fragments: the first worker reassembles", "datagram", BENCH_BURST,
		.null = "null/join-one", IN_TWO,
		ARG(SETUP(GRE, 4, 4, FLOOR, 1, .tunnels = 1, .workers = 2, .handoff = true), TRAFFIC(decap, WORK_FULL, HOT), .beside = BESIDE_WORKER)),
	{.name = NULL},
};
/* clang-format on */
