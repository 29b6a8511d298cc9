/* SPDX-License-Identifier: BSD-3-Clause */
/* What a worker counts of a packet: by interface, by the route class that it took, by the rule of an access list that it matched. */
#include "pipeline/counters.h"

#include <errno.h>
#include <stdlib.h>

#include "base/pages.h"
#include "cases.h"
#include "table/acl.h"
#include "table/route.h"
#include "workload.h"

enum {
	TUNNELS = 64,
	TUNNELS_A_BRIDGE = 4,
	CLASSES = 1000,
	RULES = 1000,
	LEN = WORK_SMALL,
};

/* Cold: as many classes and rules as there can be. As many tunnels would fit into a large L2: there are more. */
struct counters_arg {
	uint32_t warm, cold; /* tunnels, classes or rules, each with a row */
	size_t octets;       /* of a row */
	bool bridges;        /* have rows behind those of tunnels */
	bool classes;        /* lead to the rows */
};

struct counted {
	unsigned burst, n, at; /* each packet of n has a row of its own */
	void *rows;
	size_t octets; /* of all rows */
	struct am_route *routes;
	am_route_slot *classes;
	uint32_t of[]; /* packet after packet: which one it counts for */
};

static size_t octets_of_routes(const struct counted *c)
{
	return c->n * sizeof *c->routes;
}

static size_t octets_of_classes(const struct counted *c)
{
	return c->n * sizeof *c->classes;
}

static void close_counters(void *state)
{
	struct counted *c = state;

	if (c->rows)
		am_pages_free(c->rows, c->octets);
	if (c->routes)
		am_pages_free(c->routes, octets_of_routes(c));
	if (c->classes)
		am_pages_free(c->classes, octets_of_classes(c));
	free(c);
}

/* Each counts for an AS of its own. */
static bool make_classes(struct counted *c)
{
	c->routes = am_pages_alloc(octets_of_routes(c));
	c->classes = am_pages_alloc(octets_of_classes(c));
	if (!c->routes || !c->classes)
		return false;
	for (uint32_t i = 0; i < c->n; i++) {
		c->routes[i].as_row = i;
		atomic_store_explicit(&c->classes[i], &c->routes[i], memory_order_relaxed);
	}
	return true;
}

static void *open_counters(const struct bench_env *env, const void *arg, struct am_err *err)
{
	const struct counters_arg *a = arg;
	uint32_t n = env->is_cold ? a->cold : a->warm;
	struct counted *c = work_alloc(sizeof *c + n * sizeof c->of[0]);

	if (c) {
		c->burst = env->burst;
		c->n = n;
		c->octets = (n + (a->bridges ? n / TUNNELS_A_BRIDGE : 0)) * a->octets;
		c->rows = am_pages_alloc(c->octets);
	}
	if (!c || !c->rows || (a->classes && !make_classes(c))) {
		am_fail(err, ENOMEM, "no memory for %u rows of counters", n);
		if (c)
			close_counters(c);
		return NULL;
	}
	for (uint32_t i = 0; i < n; i++)
		c->of[i] = work_scatter(i, n);
	return c;
}

/* good: how many rows of the burst hold what they must. */
static bool go_on(struct counted *c, unsigned good)
{
	c->at = work_next(c->at, c->burst, c->n);
	return good == c->burst;
}

/* ---- interfaces ---- */

/* What sending a packet by a tunnel counts: packets and octets of the tunnel and of its bridge. */
static bool run_tunnel(void *state)
{
	struct counted *c = state;
	struct am_iface_counters *rows = c->rows;

	for (unsigned i = 0; i < c->burst; i++) {
		uint32_t n = c->of[c->at + i];
		struct am_iface_counters *tunnel = &rows[n];
		struct am_iface_counters *bridge = &rows[c->n + n / TUNNELS_A_BRIDGE];

		tunnel->count[AM_C_TX_PACKETS]++;
		tunnel->count[AM_C_TX_BYTES] += LEN;
		bridge->count[AM_C_TX_PACKETS]++;
		bridge->count[AM_C_TX_BYTES] += LEN;
	}
	return true;
}

static bool check_tunnel(void *state)
{
	struct counted *c = state;
	const struct am_iface_counters *rows = c->rows;
	unsigned good = 0;

	for (unsigned i = 0; i < c->burst; i++) {
		const uint64_t *own = rows[c->of[c->at + i]].count;

		good += own[AM_C_TX_PACKETS] && own[AM_C_TX_BYTES] == own[AM_C_TX_PACKETS] * LEN;
	}
	return go_on(c, good);
}

/* ---- route classes ---- */

/* The class that a FIB's value names, and from there what was routed to its AS; both counters in one addition, as the route stage has it. */
static bool run_class(void *state)
{
	typedef uint64_t pair __attribute__((vector_size(16), may_alias));
	struct counted *c = state;
	struct am_as_counters *rows = c->rows;

	for (unsigned i = 0; i < c->burst; i++) {
		const struct am_route *route = am_route_of(c->classes, c->of[c->at + i]);

		*(pair *)&rows[route->as_row] += (pair){1, LEN};
	}
	return true;
}

static bool check_class(void *state)
{
	struct counted *c = state;
	const struct am_as_counters *rows = c->rows;
	unsigned good = 0;

	for (unsigned i = 0; i < c->burst; i++) {
		const struct am_as_counters *row = &rows[c->of[c->at + i]];

		good += row->packets && row->bytes == row->packets * LEN;
	}
	return go_on(c, good);
}

/* ---- access lists ---- */

static bool run_rule(void *state)
{
	struct counted *c = state;
	struct am_acl_counters *rows = c->rows;

	for (unsigned i = 0; i < c->burst; i++) {
		struct am_acl_counters *row = &rows[c->of[c->at + i]];

		row->packets++;
		row->bytes += LEN;
	}
	return true;
}

static bool check_rule(void *state)
{
	struct counted *c = state;
	const struct am_acl_counters *rows = c->rows;
	unsigned good = 0;

	for (unsigned i = 0; i < c->burst; i++) {
		const struct am_acl_counters *row = &rows[c->of[c->at + i]];

		good += row->packets && row->bytes == row->packets * LEN;
	}
	return go_on(c, good);
}

/* clang-format off */
#define COUNTERS(name_, about_, of, ...) \
	{.name = "counters/" name_, .per = "packet", .about = about_, .ops = BENCH_BURST, .shapes = BENCH_BURSTS | BENCH_COLD, \
	 .open = open_counters, .run = run_##of, .finish = check_##of, .close = close_counters, .arg = &(const struct counters_arg){__VA_ARGS__}}

const struct bench_case bench_counter_cases[] = {
	COUNTERS("tunnel", "packets and octets of one of 64 tunnels and of one of 16 bridges; cold: of 65,536 and 16,384", tunnel,
		TUNNELS, WORK_MANY, sizeof(struct am_iface_counters), true, false),
	COUNTERS("class", "packets and octets of a route's class, one of 1,000; cold: of 131,072", class,
		CLASSES, AM_AS_ROWS, sizeof(struct am_as_counters), false, true),
	COUNTERS("acl", "packets and octets of a rule, one of 1,000; cold: of 262,144", rule,
		RULES, AM_ACL_ROWS, sizeof(struct am_acl_counters), false, false),
	{.name = NULL},
};
/* clang-format on */
