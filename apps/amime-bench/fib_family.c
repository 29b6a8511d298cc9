/* SPDX-License-Identifier: BSD-3-Clause */
#include "fib_family.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "fib_churn.h"
#include "fib_reference.h"
#include "table/fib.h"

enum {
	NODES = 1 << 22,
	VALUES = 1 << 24,
	PASSING = 2000, /* routes that come and go; the first nine are /0 to /8 */
	SHORTEST = 9,
	CHANGES_TIMED = 20000, /* a sample */
	RECLAIM_EVERY = 256,
};

struct bed {
	struct fib_family *f;
	struct report *report;
	struct am_err *err;
	struct am_fib_room *room;
	struct am_fib *fib;
	struct fib_routes routes; /* those that stay, then those that come and go */
	uint32_t n_stay;
	struct am_ip *addresses;
	int32_t *stays;
	uint64_t dice;
};

static const char *family_text(const struct bed *b)
{
	return b->f->family == AM_IPV4 ? "ipv4" : "ipv6";
}

static void say(const struct bed *b, const char *what)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "%s: %s\n", family_text(b), what);
}

static void reclaim(struct bed *b)
{
	if (am_fib_room_close(b->room))
		am_fib_room_free(b->room);
}

static struct report_row *add_row(
	struct bed *b, const char *what, const char *about, const char *unit, bool more_is_better)
{
	char name[64];

	snprintf(name, sizeof name, "%s/%s", family_text(b), what);
	return report_add_row(b->report, &(struct report_row){.name = name,
						 .about = about,
						 .unit = unit,
						 .per = "",
						 .more_is_better = more_is_better});
}

static void add_sample(struct bed *b, struct report_row *row, double value)
{
	report_add_sample(b->report, row, &(struct report_sample){.value = value, .fate = REPORT_KEPT});
}

static void add_fact(struct bed *b, const char *what, double number)
{
	char name[64];

	snprintf(name, sizeof name, "%s_%s", family_text(b), what);
	report_add_number(b->report, REPORT_SETTINGS, name, number);
}

/* ---- routes ---- */

static int add_route(struct bed *b, const struct am_prefix *p)
{
	int r = fib_routes_add(&b->routes, p);

	if (b->routes.n % RECLAIM_EVERY == 0)
		reclaim(b);
	if (r == 0)
		r = am_fib_set(b->fib, p, b->routes.n);
	return r ? am_fail(b->err, -r, "route %u does not go into the FIB", b->routes.n) : 0;
}

/* Those of the file but for what it says twice, then drawn ones. */
static int fill(struct bed *b)
{
	const struct fib_routes *given = &b->f->routes;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < given->n; i++)
		if (!am_fib_get(b->fib, &given->at[i]))
			r = add_route(b, &given->at[i]);
	add_fact(b, "routes_given", b->routes.n);
	while (r == 0 && b->routes.n < b->f->fill) {
		struct am_prefix p = fib_routes_draw(b->f->family, &b->dice);

		if (!am_fib_get(b->fib, &p))
			r = add_route(b, &p);
	}
	b->n_stay = b->routes.n;
	add_fact(b, "routes", b->n_stay);
	return r;
}

/* Not among those that stay, nor twice: a FIB of its own tells. */
static int draw_passing(struct bed *b)
{
	struct am_fib *seen = am_fib_create(b->room, b->f->family, AM_FIB_ROOT_MIDDLE);
	int r = seen ? 0 : am_fail(b->err, ENOMEM, "no memory");

	for (uint32_t n = 0; r == 0 && n < PASSING;) {
		struct am_prefix p = fib_routes_draw(b->f->family, &b->dice);

		if (n < SHORTEST)
			p = am_prefix_around(&p.ip, (uint8_t)n);
		else if (fib_routes_roll(&b->dice, 2))
			p = am_prefix_around(&p.ip, (uint8_t)(9 + fib_routes_roll(&b->dice, 16)));
		/* The Internet's table has no shorter ones than /8, but a file may. */
		if (am_fib_get(b->fib, &p) || am_fib_get(seen, &p)) {
			n += n < SHORTEST;
			continue;
		}
		r = fib_routes_add(&b->routes, &p) ? -ENOMEM : am_fib_set(seen, &p, 1);
		n++;
	}
	am_fib_destroy(seen);
	reclaim(b);
	return r;
}

/* Half of them within routes, half anywhere. */
static int draw_addresses(struct bed *b)
{
	struct fib_reference *reference = fib_reference_make(b->routes.at, b->n_stay);
	uint32_t n = b->f->addresses;

	b->addresses = calloc(n, sizeof *b->addresses);
	b->stays = calloc(n, sizeof *b->stays);
	if (!reference || !b->addresses || !b->stays) {
		fib_reference_free(reference);
		return am_fail(b->err, ENOMEM, "no memory for %u addresses", n);
	}
	for (uint32_t i = 0; i < n; i++) {
		const struct am_prefix *p = &b->routes.at[fib_routes_roll(&b->dice, b->n_stay)];
		struct am_ip ip = {.family = (uint8_t)b->f->family};
		unsigned octets = b->f->family == AM_IPV4 ? 4 : 16, whole = i % 2 ? p->len / 8u : 0;

		for (unsigned j = 0; j < octets; j++)
			ip.bytes[j] = j < whole ? p->ip.bytes[j] : (uint8_t)fib_routes_roll(&b->dice, 256);
		if (i % 2 && p->len % 8) {
			uint8_t host = (uint8_t)(0xff >> p->len % 8);

			ip.bytes[whole] = p->ip.bytes[whole] | (ip.bytes[whole] & host);
		}
		b->addresses[i] = ip;
		b->stays[i] = fib_reference_find(reference, &ip);
	}
	fib_reference_free(reference);
	return 0;
}

/* ---- measurements ---- */

static double seconds_since(am_time from)
{
	return (double)am_time_since(am_clock_monotonic(), from) / 1e9;
}

/* Into a table of its own, as after a restart. */
static int time_load(struct bed *b)
{
	struct report_row *row = add_row(b, "load", "routes into an empty table", "kroutes/s", true);

	for (unsigned s = 0; s < b->f->samples; s++) {
		struct am_fib *fib = am_fib_create(b->room, b->f->family, AM_FIB_ROOT_LARGE);
		am_time from = am_clock_monotonic();

		for (uint32_t i = 0; fib && i < b->n_stay; i++) {
			if (am_fib_set(fib, &b->routes.at[i], i + 1)) {
				am_fib_destroy(fib);
				return am_fail(b->err, ENOSPC, "the room is full");
			}
			if (i % RECLAIM_EVERY == 0)
				reclaim(b);
		}
		add_sample(b, row, b->n_stay / seconds_since(from) / 1e3);
		am_fib_destroy(fib);
		reclaim(b);
	}
	return 0;
}

static void time_lookups(struct bed *b, unsigned burst)
{
	uint32_t n = b->f->addresses / b->f->samples / burst * burst, sum = 0;
	const uint8_t *addresses[AM_FIB_BULK_MAX];
	uint32_t values[AM_FIB_BULK_MAX];
	struct report_row *row;
	char name[32];

	snprintf(name, sizeof name, "lookup/%u", burst);
	row = add_row(
		b, name, "longest matches, half of them in routes, so many at once", "Mlookups/s", true);
	for (unsigned s = 0; s < b->f->samples; s++) {
		const struct am_ip *ip = &b->addresses[(size_t)s * n];
		am_time from = am_clock_monotonic();

		for (uint32_t i = 0; i < n; i += burst) {
			for (unsigned j = 0; j < burst; j++)
				addresses[j] = ip[i + j].bytes;
			am_fib_lookup_bulk(b->fib, addresses, burst, values);
			sum += values[0];
		}
		add_sample(b, row, n / seconds_since(from) / 1e6);
	}
	/* So that no compiler finds the lookups useless. */
	add_fact(b, burst == 1 ? "sum_1" : "sum_64", sum);
}

static int time_changes(struct bed *b)
{
	struct report_row *row = add_row(b, "change", "a route removed, or added again", "kchanges/s", true);

	for (unsigned s = 0; s < b->f->samples; s++) {
		am_time from = am_clock_monotonic();

		for (unsigned i = 0; i < CHANGES_TIMED; i += 2) {
			uint32_t at = fib_routes_roll(&b->dice, b->n_stay);

			if (am_fib_del(b->fib, &b->routes.at[at]) ||
				am_fib_set(b->fib, &b->routes.at[at], at + 1))
				return am_fail(b->err, ENOSPC, "a change of route %u failed", at);
			if (i % RECLAIM_EVERY == 0)
				reclaim(b);
		}
		add_sample(b, row, CHANGES_TIMED / seconds_since(from) / 1e3);
	}
	return 0;
}

static int time_default(struct bed *b)
{
	struct report_row *row = add_row(b, "default", "a default route added, or removed", "us", false);
	struct am_prefix p = {.ip.family = (uint8_t)b->f->family};
	uint32_t was = am_fib_get(b->fib, &p);

	for (unsigned s = 0; s < b->f->samples; s++) {
		am_time from = am_clock_monotonic();
		int r = am_fib_set(b->fib, &p, was ? was : 1);

		if (r == 0 && !was)
			r = am_fib_del(b->fib, &p);
		if (r != 0)
			return am_fail(b->err, -r, "the default route failed");
		add_sample(b, row, seconds_since(from) * 1e6 / 2);
	}
	return 0;
}

/* ---- comparisons ---- */

static uint64_t count_wrong(const struct bed *b)
{
	const uint8_t *addresses[AM_FIB_BULK_MAX];
	uint32_t values[AM_FIB_BULK_MAX];
	uint64_t wrong = 0;

	for (uint32_t i = 0; i < b->f->addresses; i += AM_FIB_BULK_MAX) {
		uint32_t left = b->f->addresses - i;
		unsigned n = left < AM_FIB_BULK_MAX ? left : AM_FIB_BULK_MAX;

		for (unsigned j = 0; j < n; j++)
			addresses[j] = b->addresses[i + j].bytes;
		am_fib_lookup_bulk(b->fib, addresses, n, values);
		for (unsigned j = 0; j < n; j++)
			wrong += values[j] != (uint32_t)(b->stays[i + j] + 1);
	}
	return wrong;
}

static int compare(struct bed *b)
{
	struct fib_churn c = {.fib = b->fib,
		.room = b->room,
		.routes = b->routes.at,
		.n_stay = b->n_stay,
		.n_routes = b->routes.n,
		.addresses = b->addresses,
		.stays = b->stays,
		.n_addresses = b->f->addresses,
		.changes = b->f->changes,
		.readers = 1};
	uint64_t before = count_wrong(b), after;
	int r = fib_churn_run(&c);

	if (r != 0)
		return am_fail(b->err, -r, "a change under a reader failed");
	after = count_wrong(b);
	add_fact(b, "addresses", b->f->addresses);
	add_fact(b, "wrong", (double)(before + after));
	add_fact(b, "changes_under_reader", (double)c.changed);
	add_fact(b, "lookups_under_changes", (double)c.looked);
	add_fact(b, "lookups_of_passing_routes", (double)c.passing);
	add_fact(b, "wrong_under_changes", (double)c.wrong);
	add_fact(b, "longest_change_us", c.longest_us);
	if (before + after + c.wrong)
		return am_fail(b->err, EBADMSG, "%s: %llu lookups gave another route than the reference",
			family_text(b), (unsigned long long)(before + after + c.wrong));
	return 0;
}

static void add_memory(struct bed *b)
{
	struct am_fib_room_use use = am_fib_room_use(b->room);

	add_fact(b, "nodes", use.used[AM_FIB_NODES] - use.retired[AM_FIB_NODES]);
	add_fact(b, "values", use.used[AM_FIB_VALUES] - use.retired[AM_FIB_VALUES]);
	add_fact(b, "memory_room", (double)use.memory);
	add_fact(b, "memory_table", (double)am_fib_memory(b->fib));
}

static int run(struct bed *b)
{
	int r = 0;

	say(b, "filling the table");
	r = fill(b);
	add_memory(b);
	if (r == 0)
		r = draw_passing(b);
	say(b, "asking the reference");
	if (r == 0)
		r = draw_addresses(b);
	say(b, "comparing, and changing under a reader");
	if (r == 0)
		r = compare(b);
	say(b, "measuring");
	if (r == 0)
		r = time_load(b);
	if (r == 0) {
		time_lookups(b, 1);
		time_lookups(b, AM_FIB_BULK_MAX);
		r = time_changes(b);
	}
	return r ? r : time_default(b);
}

int fib_family_run(struct fib_family *f, struct report *report, struct am_err *err)
{
	struct bed b = {.f = f, .report = report, .err = err, .dice = f->family};
	int r;

	b.room = am_fib_room_create(NODES, VALUES);
	b.fib = b.room ? am_fib_create(b.room, f->family, AM_FIB_ROOT_LARGE) : NULL;
	r = b.fib ? run(&b) : am_fail(err, ENOMEM, "no memory for a FIB");
	am_fib_destroy(b.fib);
	am_fib_room_destroy(b.room);
	fib_routes_free(&b.routes);
	free(b.addresses);
	free(b.stays);
	return r;
}
