/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One writer, two readers. What a value stands for changes as soon as no reader can hold it any more, so a reader that
 * is given a value of a route that does not match its address has been told wrong.
 */
#include "table/fib.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"

enum {
	BASE = 1500, /* routes that stay */
	CHURN = 500, /* routes that come and go, /0 to /8 among them */
	ROUTES = BASE + CHURN,
	VALUES = ROUTES + 64, /* so few that they are used again and again */
	ADDRESSES = 4096,
	CHANGES = 20000,
	READERS = 2,
	NODES = 1 << 16,
};

struct world {
	struct am_prefix routes[ROUTES];
	struct am_ip addresses[ADDRESSES];
	int stays[ADDRESSES]; /* of the routes that stay, the longest that matches; -1: none */
	/* Written by the writer before a value is published, read by readers that were given the value. */
	_Atomic uint32_t route_of[VALUES];
	struct am_fib *fib;
	/* Each written by its reader, read by the writer. */
	_Atomic uint64_t quiet[READERS];
	/* Written by the writer, read by readers. */
	_Atomic bool over;
};

struct reader {
	struct world *w;
	unsigned id;
	uint64_t looked, wrong, churned; /* read after the thread has ended */
	pthread_t thread;
};

struct dice {
	uint64_t at;
};

static uint32_t roll(struct dice *d, uint32_t sides)
{
	d->at += 0x9e3779b97f4a7c15ull;
	return (uint32_t)(am_hash64(d->at, 4711) >> 20) % sides;
}

/* Addresses of one corner, so that routes nest and most changes are seen. */
static struct am_ip some_address(struct dice *d, enum am_family family)
{
	struct am_ip ip = {.family = (uint8_t)family};

	for (unsigned i = 0; i < (family == AM_IPV4 ? 4u : 16u); i++)
		ip.bytes[i] = roll(d, 3) ? 0xc0 : (uint8_t)(0xc0 ^ 1u << roll(d, 8));
	return ip;
}

static bool same_route(const struct am_prefix *a, const struct am_prefix *b)
{
	return a->len == b->len && am_ip_equal(&a->ip, &b->ip);
}

static void draw_routes(struct world *w, struct dice *d, enum am_family family)
{
	for (unsigned i = 0; i < ROUTES; i++) {
		struct am_ip ip = some_address(d, family);
		uint8_t most = family == AM_IPV4 ? 32 : 128;
		unsigned j = 0;

		w->routes[i] = am_prefix_around(
			&ip, (uint8_t)(i >= BASE && i < BASE + 9 ? i - BASE : 9 + roll(d, most - 8u)));
		while (j < i && !same_route(&w->routes[i], &w->routes[j]))
			j++;
		i -= j < i; /* drawn before */
	}
}

static void draw_addresses(struct world *w, struct dice *d, enum am_family family)
{
	for (unsigned i = 0; i < ADDRESSES; i++) {
		w->addresses[i] = some_address(d, family);
		w->stays[i] = -1;
		for (int j = 0; j < BASE; j++)
			if (am_prefix_contains(&w->routes[j], &w->addresses[i]) &&
				(w->stays[i] < 0 || w->routes[j].len > w->routes[w->stays[i]].len))
				w->stays[i] = j;
	}
}

static bool is_right(const struct world *w, unsigned address, uint32_t value, uint64_t *churned)
{
	int stays = w->stays[address];
	uint32_t route;

	if (value == 0)
		return stays < 0;
	route = atomic_load_explicit(&w->route_of[value], memory_order_relaxed);
	if (route < BASE)
		return (int)route == stays;
	(*churned)++;
	return am_prefix_contains(&w->routes[route], &w->addresses[address]) &&
	       (stays < 0 || w->routes[route].len > w->routes[stays].len);
}

static void *read_on(void *arg)
{
	struct reader *r = arg;
	struct world *w = r->w;
	struct dice d = {.at = r->id + 77};
	const uint8_t *addresses[AM_FIB_BULK_MAX];
	unsigned which[AM_FIB_BULK_MAX];
	uint32_t values[AM_FIB_BULK_MAX];

	while (!atomic_load_explicit(&w->over, memory_order_relaxed)) {
		for (unsigned i = 0; i < AM_FIB_BULK_MAX; i++) {
			which[i] = roll(&d, ADDRESSES);
			addresses[i] = w->addresses[which[i]].bytes;
		}
		am_fib_lookup_bulk(w->fib, addresses, AM_FIB_BULK_MAX, values);
		for (unsigned i = 0; i < AM_FIB_BULK_MAX; i++)
			r->wrong += !is_right(w, which[i], values[i], &r->churned);
		r->looked += AM_FIB_BULK_MAX;
		atomic_fetch_add_explicit(&w->quiet[r->id], 1, memory_order_release);
	}
	return NULL;
}

/* Values by the state they are in: free, or left by a route and perhaps still in a reader's hands. */
struct writer {
	struct world *w;
	struct am_fib_room *room;
	uint32_t value_of[ROUTES]; /* 0: the route is not there */
	uint32_t free[VALUES], left[VALUES], waiting[VALUES];
	unsigned n_free, n_left, n_waiting;
	uint64_t since[READERS];
	bool waits;
};

/* Has a grace period ended? Then what waited for it is free, and the next one begins. */
static void turn(struct writer *wr)
{
	sched_yield();
	for (unsigned i = 0; wr->waits && i < READERS; i++)
		if (atomic_load_explicit(&wr->w->quiet[i], memory_order_acquire) == wr->since[i])
			return;
	if (wr->waits) {
		am_fib_room_free(wr->room);
		memcpy(wr->free + wr->n_free, wr->waiting, wr->n_waiting * sizeof *wr->free);
		wr->n_free += wr->n_waiting;
	}
	(void)am_fib_room_close(wr->room);
	memcpy(wr->waiting, wr->left, wr->n_left * sizeof *wr->left);
	wr->n_waiting = wr->n_left;
	wr->n_left = 0;
	for (unsigned i = 0; i < READERS; i++)
		wr->since[i] = atomic_load_explicit(&wr->w->quiet[i], memory_order_acquire);
	wr->waits = true;
}

static void put(struct writer *wr, uint32_t route)
{
	uint32_t value, old = wr->value_of[route];

	while (wr->n_free == 0)
		turn(wr);
	value = wr->free[--wr->n_free];
	atomic_store_explicit(&wr->w->route_of[value], route, memory_order_relaxed);
	assert_int_equal(am_fib_set(wr->w->fib, &wr->w->routes[route], value), 0);
	wr->value_of[route] = value;
	if (old)
		wr->left[wr->n_left++] = old;
}

static void take(struct writer *wr, uint32_t route)
{
	assert_int_equal(am_fib_del(wr->w->fib, &wr->w->routes[route]), 0);
	wr->left[wr->n_left++] = wr->value_of[route];
	wr->value_of[route] = 0;
}

static void churn(struct writer *wr)
{
	struct dice d = {.at = 5};

	for (unsigned i = 0; i < CHANGES; i++) {
		uint32_t route = BASE + roll(&d, CHURN);

		/* The first nine cover everything; others would seldom be told from them. */
		if (i % 50 == 0)
			route = BASE + roll(&d, 9);
		if (wr->value_of[route] && roll(&d, 2))
			take(wr, route);
		else
			put(wr, route);
		if (i % 8 == 0)
			turn(wr);
	}
}

static void run(enum am_family family, unsigned root_bits)
{
	struct world *w = calloc(1, sizeof *w);
	struct writer *wr = calloc(1, sizeof *wr);
	struct reader readers[READERS];
	struct dice d = {.at = family};

	draw_routes(w, &d, family);
	draw_addresses(w, &d, family);
	wr->w = w;
	wr->room = am_fib_room_create(NODES, NODES);
	w->fib = am_fib_create(wr->room, family, root_bits);
	assert_non_null(w->fib);
	for (uint32_t v = 1; v < VALUES; v++)
		wr->free[wr->n_free++] = v;
	for (uint32_t i = 0; i < BASE; i++)
		put(wr, i);
	for (unsigned i = 0; i < READERS; i++) {
		readers[i] = (struct reader){.w = w, .id = i};
		assert_int_equal(pthread_create(&readers[i].thread, NULL, read_on, &readers[i]), 0);
	}
	churn(wr);
	atomic_store(&w->over, true);
	for (unsigned i = 0; i < READERS; i++) {
		pthread_join(readers[i].thread, NULL);
		print_message("reader %u: %llu lookups, %llu of routes that come and go\n", i,
			(unsigned long long)readers[i].looked, (unsigned long long)readers[i].churned);
		assert_int_equal(readers[i].wrong, 0);
		assert_true(readers[i].churned > 0);
	}
	am_fib_destroy(w->fib);
	am_fib_room_destroy(wr->room);
	free(wr);
	free(w);
}

static void test_ipv4(void **state)
{
	(void)state;
	run(AM_IPV4, AM_FIB_ROOT_LARGE);
	run(AM_IPV4, AM_FIB_ROOT_SMALL);
}

static void test_ipv6(void **state)
{
	(void)state;
	run(AM_IPV6, AM_FIB_ROOT_MIDDLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4),
		cmocka_unit_test(test_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
