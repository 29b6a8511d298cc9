/* SPDX-License-Identifier: BSD-3-Clause */
/* Longest matches in a FIB; amime-bench fib compares them with a reference. */
#include <errno.h>
#include <stdlib.h>

#include "cases.h"
#include "fib_routes.h"
#include "table/fib.h"
#include "workload.h"

enum {
	NODES = 1 << 20,
	VALUES = 1 << 22,
	ADDRESSES = 1024, /* looked for in turn; more of them where the table is large */
	RECLAIM_EVERY = 256,
};

struct fib_arg {
	enum am_family family;
	uint32_t routes;
	uint32_t addresses;
};

struct fib {
	struct am_fib_room *room;
	struct am_fib *table;
	unsigned burst, n, at;
	struct am_ip *ips;
	const uint8_t *addresses[];
};

static void close_fib(void *state)
{
	struct fib *f = state;

	am_fib_destroy(f->table);
	am_fib_room_destroy(f->room);
	free(f->ips);
	free(f);
}

/* A default route too, so that each lookup finds something. */
static int fill(struct fib *f, const struct fib_arg *a, uint64_t *dice)
{
	struct am_prefix p = {.ip.family = (uint8_t)a->family};
	int r = am_fib_set(f->table, &p, 1);

	while (r == 0 && am_fib_count(f->table) < a->routes) {
		p = fib_routes_draw(a->family, dice);
		r = am_fib_set(f->table, &p, 1 + am_fib_count(f->table));
		if (am_fib_count(f->table) % RECLAIM_EVERY == 0 && am_fib_room_close(f->room))
			am_fib_room_free(f->room);
	}
	return r;
}

static void *open_fib(const struct bench_env *env, const void *arg, struct am_err *err)
{
	const struct fib_arg *a = arg;
	struct fib *f = work_alloc(sizeof *f + a->addresses * sizeof f->addresses[0]);
	uint64_t dice = env->seed;

	if (!f) {
		am_fail(err, ENOMEM, "no memory");
		return NULL;
	}
	f->burst = env->burst;
	f->n = a->addresses;
	f->ips = work_alloc(a->addresses * sizeof *f->ips);
	f->room = am_fib_room_create(NODES, VALUES);
	if (f->room)
		f->table = am_fib_create(f->room, a->family, AM_FIB_ROOT_LARGE);
	if (!f->ips || !f->table || fill(f, a, &dice) != 0) {
		am_fail(err, ENOMEM, "no memory for a FIB of %u routes", a->routes);
		close_fib(f);
		return NULL;
	}
	for (uint32_t i = 0; i < f->n; i++) {
		f->ips[i] = fib_routes_draw(a->family, &dice).ip;
		f->addresses[i] = f->ips[i].bytes;
	}
	return f;
}

static bool run_fib(void *state)
{
	struct fib *f = state;
	uint32_t values[AM_FIB_BULK_MAX];
	unsigned found = 0;

	am_fib_lookup_bulk(f->table, f->addresses + f->at, f->burst, values);
	for (unsigned i = 0; i < f->burst; i++)
		found += values[i] != 0;
	f->at = work_next(f->at, f->burst, f->n);
	return found == f->burst;
}

/* clang-format off */
#define FIB(name_, about_, large_, family_, routes_) \
	{.name = name_, .per = "lookup", .about = about_, .ops = BENCH_BURST, .memory = large_, \
	 .shapes = BENCH_BURSTS, .open = open_fib, .run = run_fib, .close = close_fib, \
	 .arg = &(const struct fib_arg){family_, routes_, (large_) ? WORK_MANY : ADDRESSES}}

const struct bench_case bench_fib_cases[] = {
	FIB("fib/v4-1k", "longest match among 1,000 IPv4 routes", false, AM_IPV4, 1000),
	FIB("fib/v4-1m", "longest match among 1,000,000 IPv4 routes", true, AM_IPV4, 1000000),
	FIB("fib/v6-1k", "longest match among 1,000 IPv6 routes", false, AM_IPV6, 1000),
	FIB("fib/v6-250k", "longest match among 250,000 IPv6 routes", true, AM_IPV6, 250000),
	{.name = NULL},
};
/* clang-format on */
