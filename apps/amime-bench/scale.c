/* SPDX-License-Identifier: BSD-3-Clause */
#include "scale.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "crowd.h"
#include "fib_routes.h"
#include "model/model.h"
#include "net/ip.h"
#include "pipeline/counters.h"
#include "pkt/reasm.h"
#include "setup.h"
#include "table/fib.h"
#include "table/fib_room.h"

enum {
	SEED = 7,
	FDB_SIZE = 16384,
	MACS = 1000000,
	ROUTES = 1000000,
	ROOM_NODES = 1 << 22,
	ROOM_VALUES = 1 << 24,
	PATHS = 65000,
	REASM = 4096,
	WORKERS_MOST = 16,
};

enum { WAYS = 2 };
static const char *const ways[WAYS] = {"encap", "decap"}, *const families[WAYS] = {"ipv4", "ipv6"};

/* ---- cycles by number ---- */

/* Without its null case's samples a row has no net cost, and is no point. */
static bool has_cost(const struct bench_result *r)
{
	double net;

	return r->kept && (!r->null || bench_net(r, &net));
}

/* The number behind the name of a case of a group and a way; false where it is another's, or has nothing to show. */
static bool number_of(const struct bench_result *r, const char *group, const char *way, unsigned *number)
{
	char format[64], more;

	snprintf(format, sizeof format, "%s/%s/%%u%%c", group, way);
	return has_cost(r) && sscanf(r->c->name, format, number, &more) == 1;
}

static double cost(const struct bench_result *r)
{
	double net;

	return bench_net(r, &net) ? net : r->stats.median;
}

static void add_points(struct report *r, struct report_series *s, const struct bench_result *results,
	unsigned n, const char *group, const char *way)
{
	for (unsigned i = 0; i < n; i++) {
		double null = results[i].stats.median - cost(&results[i]);
		struct report_point p;
		unsigned x;

		if (!number_of(&results[i], group, way, &x))
			continue;
		p = (struct report_point){
			x, cost(&results[i]), results[i].stats.q1 - null, results[i].stats.q3 - null};
		report_add_point(r, s, &p);
	}
}

static void add_curve(struct report *r, const struct bench_result *results, unsigned n, const char *group,
	const char *const of[WAYS], const char *what)
{
	struct report_curve *c =
		report_add_curve(r, &(struct report_curve){
					    .name = group,
					    .about = "net cycles of a packet, the rest equal",
					    .x = {what, "", REPORT_LOG},
					    .y = {"cost", "cycles", REPORT_LINEAR},
				    });

	for (int w = 0; w < WAYS; w++)
		add_points(r, report_add_series(r, c, of[w]), results, n, group, of[w]);
}

/* ---- workers ---- */

/* A packet's cost in a case of that name; 0: it has nothing to show. */
static double cost_of(const struct bench_result *results, unsigned n, const char *way, const char *which)
{
	char name[64];

	snprintf(name, sizeof name, "workers/%s/%s", way, which);
	for (unsigned i = 0; i < n; i++)
		if (!strcmp(results[i].c->name, name))
			return has_cost(&results[i]) ? cost(&results[i]) : 0;
	return 0;
}

static void add_throughput(struct report *r, struct report_series *s, unsigned workers, double cycles)
{
	double y = workers * (double)rte_get_tsc_hz() / cycles / 1e6;

	report_add_point(r, s, &(struct report_point){workers, y, y, y});
}

static void add_model(struct report *r, struct report_curve *c, const char *way, const struct crowd *crowd)
{
	struct report_series *model;
	char name[64];

	snprintf(name, sizeof name, "%s, model with %.1f %% a worker", way, crowd->more * 100);
	model = report_add_series(r, c, name);
	for (unsigned w = 1; w <= WORKERS_MOST; w *= 2)
		add_throughput(r, model, w, crowd_cost(crowd, w));
	snprintf(name, sizeof name, "workers/%s/2", way);
	report_predict(r, name, crowd_cost(crowd, 2));
}

static void add_workers(struct report *r, struct report_curve *c, const struct bench_result *results,
	unsigned n, const char *way)
{
	double one = cost_of(results, n, way, "1"), two = cost_of(results, n, way, "2"),
	       apart = cost_of(results, n, way, "2-apart");
	struct report_series *measured;
	struct crowd crowd;
	char name[32];

	if (one <= 0)
		return;
	snprintf(name, sizeof name, "%s, measured", way);
	measured = report_add_series(r, c, name);
	add_throughput(r, measured, 1, one);
	if (two > 0)
		add_throughput(r, measured, 2, two);
	crowd = crowd_of(one, apart);
	if (apart > 0)
		add_model(r, c, way, &crowd);
}

/* ---- memory ---- */

/* Octets of the tables that a configuration makes; 0: it could not be made. */
static uint64_t memory_of(const struct setup *s)
{
	struct am_model *m = am_model_create(FDB_SIZE, 1, SEED, PATHS);
	struct am_config_errors errors = {0};
	char *text = setup_config(s);
	struct am_config *c = text ? am_config_load(text, strlen(text), &errors) : NULL;
	struct am_plan *plan = m && c ? am_model_prepare(m, c, NULL, &errors) : NULL;
	uint64_t octets = 0;

	if (plan) {
		am_model_retire(am_model_commit(m, plan));
		octets = am_model_memory(m);
	} else {
		am_config_free(c);
	}
	if (m)
		am_model_free(m);
	am_config_errors_free(&errors);
	free(text);
	return octets;
}

static uint64_t memory_between(
	unsigned tunnels, unsigned more_tunnels, unsigned bridges, unsigned more_bridges)
{
	struct setup few = {.kind = AM_TUNNEL_GRE,
		.family = AM_IPV4,
		.vtep_family = AM_IPV4,
		.split = AM_SPLIT_FLOOR,
		.tunnels = tunnels,
		.bridges = bridges,
		.vlans = true};
	struct setup many = few;
	uint64_t least = memory_of(&few), most;

	many.tunnels += more_tunnels;
	many.bridges += more_bridges;
	most = memory_of(&many);
	return least && most > least ? (most - least) / (more_tunnels + more_bridges) : 0;
}

static uint64_t memory_of_mac(void)
{
	struct am_fdb *fdb = am_fdb_create(MACS, 1, SEED);
	uint64_t octets = fdb ? am_fdb_memory(fdb) : 0;

	am_fdb_free(fdb);
	return octets / MACS;
}

/* Of a table with as many routes as the Internet has; 0: no memory. */
static uint64_t memory_of_route(enum am_family family)
{
	struct am_fib_room *room = am_fib_room_create(ROOM_NODES, ROOM_VALUES);
	struct am_fib *fib = room ? am_fib_create(room, family, AM_FIB_ROOT_LARGE) : NULL;
	uint64_t dice = SEED, octets = 0;
	int ret = 0;

	while (fib && ret == 0 && am_fib_count(fib) < ROUTES) {
		struct am_prefix p = fib_routes_draw(family, &dice);

		ret = am_fib_set(fib, &p, 1);
		/* Nobody reads. */
		if (am_fib_room_close(room))
			am_fib_room_free(room);
	}
	if (fib && ret == 0)
		octets = (am_fib_memory(fib) + am_fib_room_use(room).memory) / ROUTES;
	if (fib)
		am_fib_destroy(fib);
	if (room)
		am_fib_room_destroy(room);
	return octets;
}

static void lost(void *ctx, uint32_t peer, enum am_verdict why, unsigned packets)
{
	(void)ctx;
	(void)peer;
	(void)why;
	(void)packets;
}

static uint64_t memory_of_datagram(void)
{
	struct am_reasm_conf conf = {.entries = REASM, .peer_entries = REASM, .peers = 1, .id_range = 65536};
	struct am_reasm *reasm = am_reasm_create(&conf, lost, NULL);
	struct am_reasm_stats stats = {0};

	if (!reasm)
		return 0;
	am_reasm_stats(reasm, &stats);
	am_reasm_free(reasm);
	return stats.memory / REASM;
}

static int add_memory(struct report *r, const char *name, const char *about, const char *per, uint64_t octets,
	struct am_err *err)
{
	struct report_row *row;

	if (!octets)
		return am_fail(err, ENOMEM, "no memory to find out what a %s takes", per);
	row = report_add_row(
		r, &(struct report_row){.name = name, .about = about, .unit = "octets", .per = per});
	report_add_sample(r, row, &(struct report_sample){.value = (double)octets, .fate = REPORT_KEPT});
	return 0;
}

static int add_memories(struct report *r, struct am_err *err)
{
	int ret = add_memory(r, "memory/tunnel", "a tunnel, its VTEP and route, in tables that workers share",
		"tunnel", memory_between(100, 9900, 4, 0), err);

	if (ret == 0)
		ret = add_memory(r, "memory/bridge", "a bridge with a VLAN of a port and a VTEP", "bridge",
			memory_between(64, 0, 64, 3936), err);
	if (ret == 0)
		ret = add_memory(r, "memory/mac", "a MAC address, of a table for a million", "MAC",
			memory_of_mac(), err);
	if (ret == 0)
		ret = add_memory(r, "memory/route4", "a route of a million, IPv4", "route",
			memory_of_route(AM_IPV4), err);
	if (ret == 0)
		ret = add_memory(r, "memory/route6", "a route of a million, IPv6", "route",
			memory_of_route(AM_IPV6), err);
	if (ret == 0)
		ret = add_memory(r, "memory/counters",
			"of an interface (port, tunnel, bridge), of each worker", "interface",
			sizeof(struct am_iface_counters), err);
	if (ret == 0)
		ret = add_memory(r, "memory/datagram",
			"room for an incomplete datagram, of each worker; flows take none", "datagram",
			memory_of_datagram(), err);
	return ret;
}

int scale_report(struct report *r, const struct bench_result *results, unsigned n, struct am_err *err)
{
	struct report_curve *workers;

	add_curve(r, results, n, "tunnels", ways, "tunnels");
	add_curve(r, results, n, "bridges", ways, "bridges");
	add_curve(r, results, n, "macs", ways, "MAC addresses");
	add_curve(r, results, n, "routes", families, "routes");
	add_curve(r, results, n, "flows", ways, "flows");
	workers = report_add_curve(r, &(struct report_curve){
					      .name = "workers",
					      .about = "throughput of all workers; the model takes what one "
						       "that shares the machine alone was seen to add",
					      .x = {"workers", "", REPORT_LOG},
					      .y = {"throughput", "Mpps", REPORT_LINEAR},
				      });
	for (int w = 0; w < WAYS; w++)
		add_workers(r, workers, results, n, ways[w]);
	return add_memories(r, err);
}
