/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The whole way of a packet through a worker: am_worker_turn with the tables that a configuration makes, between two
 * ports in memory. Outside the clock: making packets, and looking at what came out.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cases.h"
#include "config/config.h"
#include "drivers/driver.h"
#include "drivers/mem.h"
#include "model/model.h"
#include "net/ether.h"
#include "net/flow.h"
#include "pipeline/worker.h"
#include "pkt/buf.h"
#include "pkt/encap.h"
#include "workload.h"

enum {
	HOSTS = 1024, /* pairs of MAC addresses */
	FRAMES_MAX = 256,
	JOINED_MAX = 128,
	PATHS = 64,
	IFACES = 64,
	FDB_SIZE = 4096,
	TURN_US = 10, /* how much time goes by from run to run */
	WAN = 0,
	LAN = 1,
	PORTS = 2,
};

enum way {
	ENCAP, /* in on the LAN port, out on the WAN port */
	DECAP,
	NOTHING, /* only receive and send */
};

struct pipeline_arg {
	struct work_tunnel tunnel;
	enum way way;
	unsigned in, out;  /* packets of one run */
	bool firsts_first; /* all first fragments before all second ones; otherwise side by side */
};

struct pipeline {
	const struct pipeline_arg *arg;
	struct rte_mempool *pool;
	struct am_model *model;
	struct am_plane *plane;
	struct am_port *port[PORTS];
	am_time now;
	uint32_t host;         /* the next run begins with */
	struct am_encap encap; /* the other site's */
	struct am_ipid ids;
	bool sent;                         /* a run's packets wait in the port they left by */
	struct rte_mbuf *held[FRAMES_MAX]; /* way NOTHING: the packets themselves */
};

/* Written with ' for ": local, remote, split, prefix and gateway are filled in. */
static const char config_text[] =
	"{ 'system': { 'name': 'bench', 'idle': 'spin' },"
	"  'ports': { 'wan': { 'driver': 'mem', 'vrf': 'underlay', 'mac': '02:00:00:00:00:02' },"
	"             'lan': { 'driver': 'mem' } },"
	"  'tunnels': { 'to-a': { 'type': '%s', 'local': '%s', 'remote': '%s', 'split': '%s' } },"
	"  'vrfs': { 'underlay': { 'routes': [ { 'prefix': '%s', 'port': 'wan', 'via': '%s',"
	"                                        'mac': '02:00:00:00:00:01' } ] },"
	"            'default': { 'loopbacks': ['192.0.2.12'],"
	"                         'routes': [ { 'prefix': '192.0.2.11/32', 'tunnel': 'to-a' } ] } },"
	"  'bridges': { 'lan': { 'vni': 10100, 'members': [ { 'port': 'lan' }, { 'vtep': '192.0.2.11' } ] } } }";

/* We are the far end of work_encap's tunnels. */
static struct am_config *make_config(const struct work_tunnel *t, struct am_config_errors *errors)
{
	bool v4 = t->family == AM_IPV4;
	char text[2 * sizeof config_text];
	int n = snprintf(text, sizeof text, config_text, t->kind == AM_TUNNEL_GRE ? "gre" : "etherip",
		v4 ? "192.0.2.2" : "2001:db8::2", v4 ? "192.0.2.1" : "2001:db8::1",
		t->split == AM_SPLIT_FILL ? "fill" : "floor", v4 ? "0.0.0.0/0" : "::/0",
		v4 ? "192.0.2.254" : "2001:db8::fe");

	for (int i = 0; i < n; i++)
		if (text[i] == '\'')
			text[i] = '"';
	return am_config_load(text, (size_t)n, errors);
}

static int open_ports(struct pipeline *p, struct am_err *err)
{
	static const struct am_mac mac = {{2, 0, 0, 0, 0, 2}};
	static const char *const names[PORTS] = {[WAN] = "wan", [LAN] = "lan"};

	for (int i = 0; i < PORTS; i++) {
		struct am_port_conf conf = {
			.name = names[i], .pool = p->pool, .queues = 1, .mtu = 1500, .mac = &mac};
		int ret = am_mem_open(&conf, &p->port[i], err);

		if (ret)
			return ret;
	}
	return 0;
}

static int make_plane(struct pipeline *p, uint64_t seed, struct am_err *err)
{
	struct am_plane_conf conf = {
		.workers = 1,
		.pool = p->pool,
		.fdb = am_model_fdb(p->model),
		.reasm = {.entries = 4096,
			.peer_entries = 3072,
			.peers = PATHS,
			.seed = seed,
			.timeout6_ns = AM_S,
			.timeout4_min_ns = 20 * AM_MS,
			.timeout4_max_ns = 500 * AM_MS,
			.id_range = 65536},
		.paths = PATHS,
		.ifaces = IFACES,
		.seed = seed,
		.learn_fd = -1,
	};

	p->plane = am_plane_create(&conf, err);
	return p->plane ? 0 : -ENOMEM;
}

/* The configuration into the plane. Errors in the text above would be ours. */
static int commit(struct pipeline *p, struct am_err *err)
{
	struct am_config_errors errors = {0};
	struct am_config *config = make_config(&p->arg->tunnel, &errors);
	struct am_port_limits limits[PORTS];
	struct am_plan *plan = NULL;
	int ret;

	for (int i = 0; i < PORTS; i++)
		limits[i] = p->port[i]->limits;
	if (config)
		plan = am_model_prepare(p->model, config, limits, &errors);
	if (!plan) {
		ret = am_fail(err, EINVAL, "%s", errors.n ? errors.items[0].text : "no configuration");
		am_config_free(config);
		am_config_errors_free(&errors);
		return ret;
	}
	for (uint16_t i = 0; i < PORTS; i++)
		am_plane_set_port(p->plane, am_plan_port_id(plan, i), p->port[i]);
	am_plane_swap_roots(p->plane, am_plan_roots(plan));
	am_model_retire(am_model_commit(p->model, plan));
	return 0;
}

static uint16_t find_member(const struct am_roots *roots, uint8_t kind)
{
	uint16_t i = 0;

	while (!roots->members[i] || roots->members[i]->kind != kind)
		i++;
	return i;
}

/* Frames go from work_udp_frame's second addresses to its first: these are behind where the way leads. */
static void learn_hosts(struct pipeline *p)
{
	const struct am_roots *roots = am_model_roots(p->model);
	uint16_t port = find_member(roots, AM_MEMBER_PORT), vtep = find_member(roots, AM_MEMBER_VTEP);
	uint16_t bridge = roots->members[port]->bridge;
	uint8_t frame[WORK_SMALL];

	for (uint32_t n = 0; n < HOSTS; n++) {
		struct am_learn_in from, to;

		work_udp_frame(frame, sizeof frame, AM_IPV4, n);
		to = (struct am_learn_in){am_fdb_make_key(frame, bridge), p->arg->way == DECAP ? port : vtep};
		from = (struct am_learn_in){
			am_fdb_make_key(frame + AM_MAC_LEN, bridge), p->arg->way == DECAP ? vtep : port};
		am_model_learn(p->model, &from, p->now.ns / AM_S);
		am_model_learn(p->model, &to, p->now.ns / AM_S);
	}
	am_plane_set_epoch(p->plane, (uint8_t)(p->now.ns / AM_S));
}

static struct am_port *in_port(const struct pipeline *p)
{
	return p->port[p->arg->way == DECAP ? WAN : LAN];
}

static struct am_port *out_port(const struct pipeline *p)
{
	return p->port[p->arg->way == DECAP ? LAN : WAN];
}

/* Free what the last run sent; false where it is not as many as there must be, or some host was not known. */
static bool drain(struct pipeline *p)
{
	struct rte_mbuf *m[FRAMES_MAX];
	struct am_learn unknown;
	unsigned n = am_mem_pop(out_port(p), 0, m, FRAMES_MAX);

	am_buf_free_bulk(m, n);
	return n == (p->sent ? p->arg->out : 0) && am_plane_learned(p->plane, 0, &unknown, 1) == 0;
}

static void close_pipeline(void *state)
{
	struct pipeline *p = state;

	am_plane_free(p->plane);
	for (int i = 0; i < PORTS; i++)
		if (p->port[i])
			p->port[i]->ops->close(p->port[i]);
	if (p->model)
		am_model_free(p->model);
	am_ipid_fini(&p->ids);
	free(p);
}

static int make_pipeline(struct pipeline *p, const struct bench_env *env, struct am_err *err)
{
	int ret = work_encap(&p->arg->tunnel, &p->encap, err);

	if (ret)
		return ret;
	p->model = am_model_create(FDB_SIZE, 1, env->seed, PATHS);
	if (!p->model || am_ipid_init(&p->ids, 0, 1, 1, env->seed))
		return am_fail(err, ENOMEM, "no memory for the tables");
	ret = open_ports(p, err);
	if (!ret)
		ret = make_plane(p, env->seed, err);
	if (!ret)
		ret = commit(p, err);
	if (!ret)
		learn_hosts(p);
	return ret;
}

static void *open_pipeline(const struct bench_env *env, const void *arg, struct am_err *err)
{
	struct pipeline *p = work_alloc(sizeof *p);

	if (!p) {
		am_fail(err, ENOMEM, "no memory");
		return NULL;
	}
	*p = (struct pipeline){.arg = arg, .pool = env->pool, .now = {AM_S}};
	if (!make_pipeline(p, env, err))
		return p;
	close_pipeline(p);
	return NULL;
}

/* Where fragment j of packet i stands among a run's. */
static unsigned place(const struct pipeline_arg *arg, unsigned i, unsigned j)
{
	return arg->firsts_first ? j * arg->out + i : i * (arg->in / arg->out) + j;
}

/* One frame to encapsulate, or what the other site makes of one. */
static bool make_packet(struct pipeline *p, unsigned i, struct rte_mbuf **all)
{
	uint16_t len = p->arg->tunnel.frame_len;
	struct am_encap_in in = {0};
	struct rte_mbuf *out[2];
	unsigned n;

	if (!work_buffers(p->pool, &out[0], 1))
		return false;
	work_udp_frame(am_buf_set_len(out[0], len), len, AM_IPV4, p->host++ % HOSTS);
	if (p->arg->way != DECAP) {
		all[i] = out[0];
		return true;
	}
	in.hash = am_flow_hash_frame(am_buf_data(out[0]), len);
	if (am_encap_push(&p->encap, &p->ids, p->pool, &in, out[0], out, &n) != AM_V_OK ||
		n != p->arg->in / p->arg->out)
		return false;
	for (unsigned j = 0; j < n; j++)
		all[place(p->arg, i, j)] = out[j];
	return true;
}

static bool prepare_pipeline(void *state)
{
	struct pipeline *p = state;
	unsigned packets = p->arg->way == DECAP ? p->arg->out : p->arg->in;
	struct rte_mbuf *all[FRAMES_MAX];

	if (!drain(p))
		return false;
	p->sent = true;
	p->now = am_time_add(p->now, TURN_US * AM_US);
	for (unsigned i = 0; i < packets; i++)
		if (!make_packet(p, i, all))
			return false;
	return am_mem_push(in_port(p), 0, all, (uint16_t)p->arg->in) == p->arg->in;
}

static bool run_pipeline(void *state)
{
	struct pipeline *p = state;
	struct am_worker *w = am_plane_worker(p->plane, 0);
	unsigned n = 0;

	for (unsigned turn = 0; turn < p->arg->in; turn += AM_BURST)
		n += am_worker_turn(w, p->now);
	return n == p->arg->in;
}

static void close_run(void *state)
{
	drain(state);
	close_pipeline(state);
}

/* What the ports alone cost: as many packets received and sent as in the case this is for. */
static bool prepare_nothing(void *state)
{
	struct pipeline *p = state;
	unsigned in = p->arg->in, out = p->arg->out;

	if (p->sent && in > out)
		am_buf_free_bulk(p->held + out, in - out);
	if (out > in && !work_buffers(p->pool, p->held + in, out - in))
		return false;
	return prepare_pipeline(p);
}

static bool run_nothing(void *state)
{
	struct pipeline *p = state;
	unsigned in = 0, out = 0;

	while (in < p->arg->in)
		in += in_port(p)->ops->rx(in_port(p), 0, p->held + in, AM_BURST);
	while (out < p->arg->out)
		out += out_port(p)->ops->tx(out_port(p), 0, p->held + out, AM_BURST);
	return true;
}

static void close_nothing(void *state)
{
	struct pipeline *p = state;

	if (p->sent && p->arg->in > p->arg->out)
		am_buf_free_bulk(p->held + p->arg->out, p->arg->in - p->arg->out);
	close_run(p);
}

/* clang-format off */
#define NULL_CASE(name_, about_, in_, out_) \
	{.name = "null/" name_, .per = "packet", .about = about_, .ops = BENCH_BURST, .open = open_pipeline, \
	 .prepare = prepare_nothing, .run = run_nothing, .close = close_nothing, \
	 .arg = &(const struct pipeline_arg){.way = NOTHING, .in = in_, .out = out_, \
		.tunnel = {AM_TUNNEL_GRE, AM_IPV4, AM_IPV4, AM_SPLIT_FLOOR, WORK_SMALL, 1}}}
#define CASE(name_, about_, per_, null_, way_, in_, out_, ops_, first_, ...) \
	{.name = name_, .per = per_, .about = about_, .null = "null/" null_, .ops = ops_, .open = open_pipeline, \
	 .prepare = prepare_pipeline, .run = run_pipeline, .close = close_run, \
	 .arg = &(const struct pipeline_arg){.way = way_, .in = in_, .out = out_, .firsts_first = first_, \
		.tunnel = {__VA_ARGS__}}}
#define WHOLE(name, about, way, family) \
	CASE(name, about, "packet", "forward", way, BENCH_BURST, BENCH_BURST, BENCH_BURST, false, \
		AM_TUNNEL_GRE, family, AM_IPV4, AM_SPLIT_FLOOR, WORK_SMALL, 1)
#define CUT(name, about, family, split) \
	CASE(name, about, "packet", "cut", ENCAP, BENCH_BURST, 2 * BENCH_BURST, BENCH_BURST, false, \
		AM_TUNNEL_GRE, family, AM_IPV4, split, WORK_FULL, 2)
#define JOIN(name, about, family, split, n, first) \
	CASE(name, about, "datagram", "join", DECAP, 2 * n, n, n, first, \
		AM_TUNNEL_GRE, family, AM_IPV4, split, WORK_FULL, 2)

/* VXLAN, IPv4, GRE in all of them; 1024 pairs of MAC addresses. */
const struct bench_case bench_pipeline_cases[] = {
	NULL_CASE("forward", "one packet in, one out: the ports alone", BENCH_BURST, BENCH_BURST),
	NULL_CASE("cut", "one packet in, two out", BENCH_BURST, 2 * BENCH_BURST),
	NULL_CASE("join", "two packets in, one out", 2 * BENCH_BURST, BENCH_BURST),
	WHOLE("encap/64", "64-octet frame, bridge, VXLAN, GRE, IPv4", ENCAP, AM_IPV4),
	WHOLE("encap/64-ipv6", "the same, over IPv6", ENCAP, AM_IPV6),
	CUT("encap/1514-floor", "1514-octet frame, bridge, VXLAN, GRE, IPv4, cut at 1276", AM_IPV4, AM_SPLIT_FLOOR),
	CUT("encap/1514-fill", "the same, cut at 1500", AM_IPV4, AM_SPLIT_FILL),
	CUT("encap/1514-floor-ipv6", "the same over IPv6, cut at 1280", AM_IPV6, AM_SPLIT_FLOOR),
	WHOLE("decap/64", "IPv4, GRE, VXLAN around a 64-octet frame, bridge", DECAP, AM_IPV4),
	WHOLE("decap/64-ipv6", "the same, over IPv6", DECAP, AM_IPV6),
	JOIN("join/1514", "1276 + rest, side by side, reassembled, GRE, VXLAN, bridge", AM_IPV4, AM_SPLIT_FLOOR, BENCH_BURST, false),
	JOIN("join/1514-fill", "the same, 1500 + rest", AM_IPV4, AM_SPLIT_FILL, BENCH_BURST, false),
	JOIN("join/1514-interleaved", "the same, 128 firsts and then 128 seconds, 1276 + rest", AM_IPV4, AM_SPLIT_FLOOR, JOINED_MAX, true),
	JOIN("join/1514-ipv6", "the same over IPv6, 1280 + rest, side by side", AM_IPV6, AM_SPLIT_FLOOR, BENCH_BURST, false),
	{.name = NULL},
};
/* clang-format on */
