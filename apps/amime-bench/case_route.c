/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows route/NAME, and routes/FAMILY/NUMBER of scale: IP packets with random destinations through a worker's whole way, between routed ports in memory, or one of them and a GRE tunnel. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "base/bytes.h"
#include "bed.h"
#include "cases.h"
#include "drivers/mem.h"
#include "fib_routes.h"
#include "limit_route.h"
#include "net/encap.h"
#include "net/ether.h"
#include "net/ip.h"
#include "pipeline/stage.h"
#include "pkt/buf.h"
#include "table/fib_read.h"
#include "table/route.h"
#include "workload.h"

enum {
	ADDRESSES = 1 << 16, /* sent to in turn */
	LARGE = 4200,        /* routes in the configuration: enough for the direct table of a large VRF */
	TEXT_OF_ONE = 112,
	TEXT_OF_REST = 2048,
	TEXT_OF_ENDS = 512,
	CHURN = 8, /* routes that go and come again between two bursts */
	CHURNED = 4096,
	RECLAIM_EVERY = 256,
	STICK_NODES = 1 << 21,
	STICK_VALUES = 1 << 23,
};

/* Ports by number. */
enum { PORT_IN, PORT_OUT, PORT_WAN };
enum { GRE_LEN = 4 };

/* From where to where. */
enum route_way { WAY_PORTS, WAY_ENCAP, WAY_DECAP };

struct route_arg {
	enum am_family family;
	uint32_t routes;
	bool churn;
	enum route_way way;
	bool routed;     /* each packet to an address that some route has, not to any */
	bool everything; /* that an operator can turn on: octets by AS, MSS clamp, a trace */
	/* 0 is 1, of the octets WORK_SMALL. */
	unsigned hops;    /* equal neighbours at the port */
	unsigned stripes; /* address pairs of the tunnel */
	uint16_t octets;  /* of a frame with the packet in it */
	bool mixed;       /* each second packet is of the other family, by its default route */
};

struct route {
	const struct route_arg *arg;
	struct bed bed;
	struct am_fib *fib;
	uint32_t value; /* of every route */
	uint32_t at, churn_at;
	/* Of the measuring stick, which has neither bed nor model. */
	struct am_fib_room *room;
	struct limit_neighbour neighbours[LIMIT_NEIGHBOURS];
	struct rte_mbuf *packets[BENCH_BURST];
	struct am_ip ips[ADDRESSES];
	struct am_prefix drawn[ADDRESSES]; /* of all routes: the first, or as many by chance */
	uint32_t n_drawn;
};

/* ---- the configuration ---- */

static const char head[] = "{\"system\":{\"name\":\"bench\"},\"ports\":{"
			   "\"in\":{\"driver\":\"mem\",\"vrf\":\"default\",\"mac\":\"02:00:00:00:00:01\","
			   "\"addresses\":[\"198.18.0.1/24\",\"2001:2::1/64\"]},"
			   "\"out\":{\"driver\":\"mem\",\"vrf\":\"default\",\"mac\":\"02:00:00:00:00:02\","
			   "\"addresses\":[\"198.19.0.1/24\",\"2001:2:0:1::1/64\"]}";
static const char gre_head[] =
	",\"wan\":{\"driver\":\"mem\",\"vrf\":\"underlay\",\"mac\":\"02:00:00:00:00:03\"}},"
	"\"tunnels\":{\"t\":{\"type\":\"gre\",%s\"local\":[%s],\"remote\":[%s]}},"
	"\"vrfs\":{\"underlay\":{\"routes\":[{\"prefix\":\"192.0.2.0/24\",\"port\":\"wan\","
	"\"mac\":\"02:00:00:00:00:0b\"}]},\"default\":{\"routes\":[";
static const char port_head[] = "},\"vrfs\":{\"default\":{\"routes\":[";
static const uint8_t port_mac[AM_MAC_LEN] = {2, 0, 0, 0, 0, 1}, wan_mac[AM_MAC_LEN] = {2, 0, 0, 0, 0, 3},
		     host_mac[AM_MAC_LEN] = {2, 0, 0, 0, 0, 9};

/* Routes that the configuration has, and among the row's number: the default, and hosts that nobody sends to where the table is to be a large VRF's. */
static unsigned written(const struct route_arg *arg)
{
	return arg->routes > LARGE ? LARGE : 1;
}

static enum am_family other_family(enum am_family family)
{
	return family == AM_IPV4 ? AM_IPV6 : AM_IPV4;
}

/* A text that grows; what has no room is left out. */
struct text {
	char *at;
	size_t room;
};

static void add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *t, const char *fmt, ...)
{
	va_list args;
	size_t n;

	va_start(args, fmt);
	n = (size_t)vsnprintf(t->at, t->room, fmt, args);
	va_end(args);
	n = RTE_MIN(n, t->room);
	t->at += n;
	t->room -= n;
}

static void add_tunnel(struct text *t, const struct route_arg *arg)
{
	char ends[2][TEXT_OF_ENDS];
	struct text end[2] = {{ends[0], TEXT_OF_ENDS}, {ends[1], TEXT_OF_ENDS}};

	/* That of one pair is what put_gre has. */
	for (unsigned i = 0; i < RTE_MAX(arg->stripes, 1u); i++) {
		add(&end[0], "%s\"192.0.2.%u\"", i ? "," : "", 2 * i + 1);
		add(&end[1], "%s\"192.0.2.%u\"", i ? "," : "", 2 * i + 2);
	}
	add(t, gre_head, arg->everything ? "\"tcp_mss\":\"fit\"," : "", ends[0], ends[1]);
}

/* Where all of a family goes that no other route has. */
static void add_default(struct text *t, enum am_family family)
{
	add(t, "{\"prefix\":\"%s\"", family == AM_IPV4 ? "0.0.0.0/0" : "::/0");
}

static void add_route(struct text *t, const struct route_arg *arg, unsigned i, unsigned hop)
{
	add(t, i || hop ? "," : "");
	if (!i)
		add_default(t, arg->family);
	else if (arg->family == AM_IPV4)
		add(t, "{\"prefix\":\"10.0.%u.%u/32\"", i >> 8, i & 255);
	else
		add(t, "{\"prefix\":\"fd00::%x/128\"", i);
	add(t, "%s", arg->everything ? ",\"as\":64500" : "");
	if (arg->way == WAY_ENCAP)
		add(t, ",\"tunnel\":\"t\"}");
	else
		add(t, ",\"port\":\"out\",\"via\":\"%s%u\",\"mac\":\"02:00:00:00:00:%02x\"}",
			arg->family == AM_IPV4 ? "198.19.0." : "2001:2:0:1::", 10 + hop, 10 + hop);
}

/* NULL: no memory. */
static char *write_config(const void *of)
{
	const struct route_arg *arg = of;
	unsigned hops = RTE_MAX(arg->hops, 1u);
	size_t room = TEXT_OF_REST + (size_t)(written(arg) + hops) * TEXT_OF_ONE;
	char *text = malloc(room);
	struct text t = {text, room};

	if (!text)
		return NULL;
	add(&t, "%s", head);
	if (arg->way == WAY_PORTS)
		add(&t, port_head);
	else
		add_tunnel(&t, arg);
	for (unsigned i = 0; i < written(arg); i++)
		for (unsigned hop = 0; hop < (i ? 1 : hops); hop++)
			add_route(&t, arg, i, hop);
	if (arg->mixed) {
		add(&t, ",");
		add_default(&t, other_family(arg->family));
		add(&t, ",\"port\":\"out\",\"mac\":\"02:00:00:00:00:0a\"}");
	}
	add(&t, "]}}}");
	return text;
}

static struct am_config *load_config(const struct route_arg *arg, struct am_err *err)
{
	struct am_config_errors errors = {0};
	char *text = write_config(arg);
	struct am_config *c = NULL;

	if (text)
		c = am_config_load_checked(text, strlen(text), am_model_check, &errors);
	if (!c)
		am_fail(err, EINVAL, "%s: %s", errors.n ? errors.items[0].path : "$",
			errors.n ? errors.items[0].text : "no memory for a configuration");
	am_config_errors_free(&errors);
	free(text);
	return c;
}

/* ---- routes ---- */

static void reclaim(struct am_fib *fib)
{
	/* The only reader is this thread. */
	if (am_fib_room_close(fib->room))
		am_fib_room_free(fib->room);
}

/* Not what hosts are never sent to, nor what is ours or on a link. */
static bool is_usual(const struct am_prefix *p)
{
	uint8_t first = p->ip.bytes[0];

	if (p->ip.family == AM_IPV4)
		return first && first != 10 && first != 127 && first != 198 && first < 224;
	return first == 0x20 || (first > 0x20 && first < 0x40);
}

static struct am_prefix draw(enum am_family family, uint64_t *dice)
{
	struct am_prefix p;

	do
		p = fib_routes_draw(family, dice);
	while (!is_usual(&p));
	return p;
}

static struct am_ip address_in(const struct am_prefix *p, uint64_t *dice)
{
	unsigned bits = p->ip.family == AM_IPV4 ? 32 : 128;
	struct am_ip ip = p->ip;

	for (unsigned i = p->len; i < bits; i++)
		if (fib_routes_roll(dice, 2))
			ip.bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
	return ip;
}

/* Routes, and addresses. */
static int fill(struct route *r, uint64_t *dice)
{
	int ret = 0;

	for (uint32_t n = 0; ret == 0 && am_fib_count(r->fib) < r->arg->routes; n++) {
		struct am_prefix p = draw(r->arg->family, dice);
		uint32_t at = n < ADDRESSES ? n : fib_routes_roll(dice, n + 1);

		ret = am_fib_set(r->fib, &p, r->value);
		if (at < ADDRESSES)
			r->drawn[at] = p;
		r->n_drawn = RTE_MIN(n + 1, (uint32_t)ADDRESSES);
		if (n % RECLAIM_EVERY == 0)
			reclaim(r->fib);
	}
	for (unsigned i = 0; i < ADDRESSES; i++)
		r->ips[i] = r->arg->routed           ? address_in(&r->drawn[i % r->n_drawn], dice)
			    : r->arg->mixed && i % 2 ? draw(other_family(r->arg->family), dice).ip
						     : draw(r->arg->family, dice).ip;
	return ret;
}

/* What no other route has goes there too. */
static int set_default(struct route *r)
{
	const struct am_prefix all = {.ip.family = (uint8_t)r->arg->family};

	return am_fib_set(r->fib, &all, r->value);
}

static bool churn(struct route *r)
{
	bool good = true;

	for (unsigned i = 0; i < CHURN; i++) {
		const struct am_prefix *p = &r->drawn[r->churn_at];

		/* The same prefix may have been drawn twice. */
		good &= am_fib_del(r->fib, p) == 0 && am_fib_set(r->fib, p, r->value) == 0;
		r->churn_at = (r->churn_at + 1) % CHURNED;
	}
	reclaim(r->fib);
	return good;
}

/* ---- packets ---- */

static uint8_t *put_ether(uint8_t *p, const uint8_t *to, uint16_t type)
{
	memcpy(p, to, AM_MAC_LEN);
	memcpy(p + AM_MAC_LEN, host_mac, AM_MAC_LEN);
	am_store16(p + 2 * AM_MAC_LEN, type);
	return p + AM_ETH_LEN;
}

static void put_packet(uint8_t *p, uint16_t octets, const struct am_ip *to)
{
	static const uint8_t from4[4] = {198, 18, 0, 9}, from6[16] = {0x20, 1, 0, 2, [15] = 9};
	const uint16_t len = octets - AM_ETH_LEN;

	memset(p, 0, WORK_SMALL);
	if (to->family == AM_IPV4)
		work_ip4(put_ether(p, port_mac, AM_ET_IPV4), len, AM_PROTO_UDP, from4, to->bytes);
	else
		work_ip6(
			put_ether(p, port_mac, AM_ET_IPV6), len - AM_IP6_LEN, AM_PROTO_UDP, from6, to->bytes);
}

/* The packet that p has behind room for a tunnel's headers, in GRE. */
static void put_gre(uint8_t *p)
{
	static const uint8_t theirs[] = {192, 0, 2, 2}, ours[] = {192, 0, 2, 1};
	uint16_t type = am_load16(p + AM_IP4_LEN + GRE_LEN + 2 * AM_MAC_LEN);
	uint8_t *gre = work_ip4(put_ether(p, wan_mac, AM_ET_IPV4),
		AM_IP4_LEN + GRE_LEN + WORK_SMALL - AM_ETH_LEN, AM_PROTO_GRE, theirs, ours);

	am_store16(gre, 0);
	am_store16(gre + 2, type);
}

static void put_packet_of(struct rte_mbuf *m, const struct route_arg *arg, const struct am_ip *to)
{
	uint16_t octets = arg->octets ? arg->octets : WORK_SMALL;
	uint8_t *p;

	if (arg->way != WAY_DECAP) {
		put_packet(am_buf_set_len(m, octets), octets, to);
		return;
	}
	p = am_buf_set_len(m, AM_IP4_LEN + GRE_LEN + WORK_SMALL);
	put_packet(p + AM_IP4_LEN + GRE_LEN, WORK_SMALL, to);
	put_gre(p);
}

static bool arrive(void *state)
{
	struct route *r = state;
	struct rte_mbuf *m[BENCH_BURST];

	if (r->arg->churn && !churn(r))
		return false;
	if (!work_buffers(r->bed.pool, m, BENCH_BURST))
		return false;
	for (unsigned i = 0; i < BENCH_BURST; i++) {
		put_packet_of(m[i], r->arg, &r->ips[r->at]);
		r->at = (r->at + 1) % ADDRESSES;
	}
	return am_mem_push(r->bed.port[r->arg->way == WAY_DECAP ? PORT_WAN : PORT_IN], 0, m, BENCH_BURST) ==
	       BENCH_BURST;
}

static bool work(void *state)
{
	struct route *r = state;

	return am_worker_turn(am_plane_worker(r->bed.plane, 0), r->bed.now) == BENCH_BURST;
}

/* Does each packet leave as two? */
static bool is_cut(const struct route_arg *arg)
{
	return arg->way == WAY_ENCAP && AM_IP4_LEN + GRE_LEN + arg->octets > AM_ETH_LEN + AM_IP_WHOLE_ALWAYS;
}

static bool collect(void *state)
{
	struct route *r = state;
	struct rte_mbuf *m[2 * BENCH_BURST];
	unsigned leave = is_cut(r->arg) ? 2 * BENCH_BURST : BENCH_BURST;
	unsigned n = am_mem_pop(
		r->bed.port[r->arg->way == WAY_ENCAP ? PORT_WAN : PORT_OUT], 0, m, 2 * BENCH_BURST);

	am_buf_free_bulk(m, n);
	return n == leave && bed_read_trace(&r->bed);
}

/* ---- open, close ---- */

static void close_route(void *state)
{
	struct route *r = state;

	bed_close(&r->bed);
	free(r);
}

static int start(struct route *r, const struct bench_env *env, struct am_err *err)
{
	const struct am_mem_nic nic = {.burst = BENCH_BURST, .fields = true};
	const struct am_prefix first = {.ip.family = (uint8_t)r->arg->family};
	struct am_config *c = load_config(r->arg, err);
	int ret = c ? bed_open(&r->bed, c, env->pool, env->seed, err) : -EINVAL;
	uint64_t dice = env->seed;
	const struct am_vrf *vrf;

	if (ret)
		return ret;
	for (unsigned i = 0; i < r->bed.n_ports; i++)
		am_mem_set_nic(r->bed.port[i], &nic);
	vrf = am_model_roots(r->bed.model)->vrfs[AM_VRF_DEFAULT];
	/* What control writes, workers only read. */
	r->fib = (struct am_fib *)(uintptr_t)(r->arg->family == AM_IPV4 ? vrf->fib4 : vrf->fib6);
	r->value = am_fib_get(r->fib, &first);
	if (fill(r, &dice) == 0)
		return r->arg->everything ? bed_trace(&r->bed, err) : 0;
	bed_close(&r->bed);
	return am_fail(err, ENOMEM, "no memory for %u routes", r->arg->routes);
}

static void *open_route(const struct bench_env *env, const void *arg, struct am_err *err)
{
	struct route *r = work_alloc(sizeof *r);

	if (!r) {
		am_fail(err, ENOMEM, "no memory");
		return NULL;
	}
	memset(r, 0, sizeof *r);
	r->arg = arg;
	if (start(r, env, err) == 0)
		return r;
	free(r);
	return NULL;
}

/* ---- the measuring stick ---- */

static void close_stick(void *state)
{
	struct route *r = state;

	for (unsigned i = 0; i < BENCH_BURST; i++)
		if (r->packets[i])
			am_buf_free(r->packets[i]);
	if (r->fib)
		am_fib_destroy(r->fib);
	if (r->room)
		am_fib_room_destroy(r->room);
	free(r);
}

static void *open_stick(const struct bench_env *env, const void *arg, struct am_err *err)
{
	struct route *r = work_alloc(sizeof *r);
	uint64_t dice = env->seed;

	if (!r) {
		am_fail(err, ENOMEM, "no memory");
		return NULL;
	}
	memset(r, 0, sizeof *r);
	r->arg = arg;
	r->value = 1;
	r->room = am_fib_room_create(STICK_NODES, STICK_VALUES);
	if (r->room)
		r->fib = am_fib_create(r->room, r->arg->family, AM_FIB_ROOT_LARGE);
	if (r->fib && set_default(r) == 0 && fill(r, &dice) == 0 &&
		work_buffers(env->pool, r->packets, BENCH_BURST))
		return r;
	am_fail(err, ENOMEM, "no memory for %u routes", r->arg->routes);
	close_stick(r);
	return NULL;
}

static bool arrive_stick(void *state)
{
	struct route *r = state;

	for (unsigned i = 0; i < BENCH_BURST; i++) {
		put_packet_of(r->packets[i], r->arg, &r->ips[r->at]);
		r->at = (r->at + 1) % ADDRESSES;
	}
	return true;
}

static bool work_stick(void *state)
{
	struct rte_mbuf *out[BENCH_BURST];
	struct route *r = state;

	return limit_route(r->fib, r->neighbours, r->packets, BENCH_BURST, out) == BENCH_BURST;
}

static void stages(void *state, uint64_t cycles[BENCH_STAGES_MAX])
{
	const struct route *r = state;

	am_plane_stages(r->bed.plane, 0, cycles);
}

/* clang-format off */
#define ROUTE(name_, about_, large_, goal_, family_, routes_, way_, ...) \
	{.name = "route/" name_, .about = about_, .per = "packet", .ops = BENCH_BURST, .null = "null/forward", .goal = goal_, \
	 .memory = large_, .open = open_route, .prepare = arrive, .run = work, .finish = collect, \
	 .stages = stages, .close = close_route, .config_text = write_config, \
	 .arg = &(const struct route_arg){.family = family_, .routes = routes_, .way = WAY_##way_, ##__VA_ARGS__}}
#define WITH_ALL(name_, about_, way_) \
	{.name = "route/" name_ "-everything", .about = about_, .per = "packet", .ops = BENCH_BURST, .null = "null/forward", \
	 .relative = {"route/" name_, 1.15, 0}, .open = open_route, .prepare = arrive, .run = work, .finish = collect, .stages = stages, \
	 .close = close_route, .config_text = write_config, .arg = &(const struct route_arg){.family = AM_IPV4, .routes = 5000, .way = WAY_##way_, .everything = true}}
#define STICK(name_, about_, large_, family_, routes_, routed_) \
	{.name = BENCH_LIMIT "route/" name_, .about = about_, .per = "packet", .ops = BENCH_BURST, .memory = large_, \
	 .open = open_stick, .prepare = arrive_stick, .run = work_stick, .close = close_stick, \
	 .arg = &(const struct route_arg){.family = family_, .routes = routes_, .routed = routed_}}

#define NUMBER(name_, family_, n_) \
	{.name = "routes/" name_ "/" #n_, .about = "64 octets, each packet to one of so many routes", .per = "packet", .ops = BENCH_BURST, \
	 .null = "null/forward", .memory = true, .open = open_route, .prepare = arrive, .run = work, .finish = collect, \
	 .stages = stages, .close = close_route, .config_text = write_config, .arg = &(const struct route_arg){.family = family_, .routes = n_, .routed = true}}

const struct bench_case bench_scale_route_cases[] = {
	NUMBER("ipv4", AM_IPV4, 10),
	NUMBER("ipv4", AM_IPV4, 1000),
	NUMBER("ipv4", AM_IPV4, 100000),
	NUMBER("ipv4", AM_IPV4, 1000000),
	NUMBER("ipv6", AM_IPV6, 10),
	NUMBER("ipv6", AM_IPV6, 1000),
	NUMBER("ipv6", AM_IPV6, 100000),
	NUMBER("ipv6", AM_IPV6, 1000000),
	{.name = NULL},
};

const struct bench_case bench_route_cases[] = {
	ROUTE("v4-5k", "IPv4, 64 octets, 5,000 routes, random destinations", false, 0, AM_IPV4, 5000, PORTS),
	ROUTE("v4-v6-5k", "each second packet IPv6, by its default route", false, 0, AM_IPV4, 5000, PORTS, .mixed = true),
	ROUTE("v4-5k-4hops", "IPv4, each route with four equal neighbours", false, 0, AM_IPV4, 5000, PORTS, .hops = 4),
	ROUTE("v4-1m", "1,000,000 routes", true, 45, AM_IPV4, 1000000, PORTS),
	ROUTE("v4-1m-churn", "the same, and 8 of them go and come again between two bursts", true, 0, AM_IPV4, 1000000, PORTS, .churn = true),
	ROUTE("v6-5k", "IPv6, 64 octets, 5,000 routes, random destinations", false, 0, AM_IPV6, 5000, PORTS),
	ROUTE("v6-250k", "250,000 routes", true, 80, AM_IPV6, 250000, PORTS),
	ROUTE("v6-250k-churn", "the same, and 8 of them go and come again between two bursts", true, 0, AM_IPV6, 250000, PORTS, .churn = true),
	ROUTE("v6-250k-routed", "the same, each packet to an address that a route has", true, 0, AM_IPV6, 250000, PORTS, .routed = true),
	ROUTE("gre-encap", "IPv4, 64 octets, 5,000 routes into one GRE tunnel", false, 0, AM_IPV4, 5000, ENCAP),
	ROUTE("gre-encap-4pairs", "into a tunnel of four address pairs", false, 0, AM_IPV4, 5000, ENCAP, .stripes = 4),
	ROUTE("gre-encap-1514", "1514 octets into one GRE tunnel, cut at 1276", false, 0, AM_IPV4, 5000, ENCAP, .octets = WORK_FULL),
	ROUTE("gre-decap", "64 octets out of the tunnel, to a port", false, 0, AM_IPV4, 5000, DECAP),
	WITH_ALL("v4-5k", "with octets by AS and a trace of one packet in 1000", PORTS),
	WITH_ALL("gre-encap", "with octets by AS, MSS clamp and a trace of one packet in 1000", ENCAP),
	STICK("v4-5k", "the least that the row's work takes: headers, the FIB, a rewrite, a counter", false, AM_IPV4, 5000, false),
	STICK("v4-1m", "the same, 1,000,000 routes", true, AM_IPV4, 1000000, false),
	STICK("v6-5k", "the same of IPv6, 5,000 routes", false, AM_IPV6, 5000, false),
	STICK("v6-250k", "the same, 250,000 routes", true, AM_IPV6, 250000, false),
	STICK("v6-250k-routed", "the same, each packet to an address that a route has", true, AM_IPV6, 250000, true),
	{.name = NULL},
};
/* clang-format on */
