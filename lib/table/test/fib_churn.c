/* SPDX-License-Identifier: BSD-3-Clause */
#include "fib_churn.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/hash.h"

enum {
	SPARE_VALUES = 64, /* so few more than routes that they are used again and again */
	COVER_EVERY =
		50, /* one change in so many is of the shortest routes: chance would seldom choose them */
	TURN_EVERY = 8,
};

struct reader {
	_Atomic uint64_t quiet; /* written by the reader between bursts, read by the writer */
	_Atomic bool done;      /* the same: it has seen all addresses */
	struct shared *s;
	uint32_t first;                  /* where among the addresses it begins */
	uint64_t looked, wrong, passing; /* read after the thread has ended */
	pthread_t thread;
} __attribute__((aligned(64)));

struct shared {
	const struct fib_churn *c;
	/* By value less n_stay + 1: the route. Written before the value is published, read by who was given the value. */
	_Atomic uint32_t *route_of;
	_Atomic bool over; /* written by the writer, read by readers */
	struct reader readers[FIB_CHURN_READERS_MAX];
};

/* The writer's: values are free, or left by a route and perhaps still in a reader's hands. */
struct writer {
	struct shared *s;
	struct fib_churn *c;
	uint32_t *value_of; /* by route that comes and goes; 0: it is not there */
	uint32_t *free, *left, *waiting;
	uint32_t n_free, n_left, n_waiting, n_values;
	uint64_t since[FIB_CHURN_READERS_MAX];
	uint64_t dice;
	bool waits;
};

static uint32_t roll(uint64_t *dice, uint32_t sides)
{
	*dice += 0x9e3779b97f4a7c15ull;
	return (uint32_t)(am_hash64(*dice, 4711) >> 20) % sides;
}

static bool is_right(struct reader *r, uint32_t address, uint32_t value)
{
	const struct fib_churn *c = r->s->c;
	int32_t stays = c->stays[address];
	const struct am_prefix *route;

	if (value <= c->n_stay)
		return (int64_t)value == (int64_t)stays + 1;
	r->passing++;
	route = &c->routes[atomic_load_explicit(
		&r->s->route_of[value - c->n_stay - 1], memory_order_relaxed)];
	return am_prefix_contains(route, &c->addresses[address]) &&
	       (stays < 0 || route->len > c->routes[stays].len);
}

static void read_burst(struct reader *r, uint32_t from, unsigned n)
{
	const struct fib_churn *c = r->s->c;
	const uint8_t *addresses[AM_FIB_BULK_MAX] = {NULL};
	uint32_t values[AM_FIB_BULK_MAX];

	for (unsigned i = 0; i < n; i++)
		addresses[i] = c->addresses[from + i].bytes;
	am_fib_lookup_bulk(c->fib, addresses, n, values);
	for (unsigned i = 0; i < n; i++)
		r->wrong += !is_right(r, from + i, values[i]);
	r->looked += n;
	atomic_fetch_add_explicit(&r->quiet, 1, memory_order_release);
}

static void *read_on(void *arg)
{
	struct reader *r = arg;
	uint32_t n = r->s->c->n_addresses, at = r->first;

	while (!atomic_load_explicit(&r->s->over, memory_order_relaxed)) {
		unsigned burst = n - at < AM_FIB_BULK_MAX ? n - at : AM_FIB_BULK_MAX;

		read_burst(r, at, burst);
		at = (at + burst) % n;
		if (r->looked >= n)
			atomic_store_explicit(&r->done, true, memory_order_relaxed);
	}
	return NULL;
}

/* Has a grace period ended? Then what waited for it is free, and the next one begins. */
static void turn(struct writer *w)
{
	struct reader *readers = w->s->readers;

	for (unsigned i = 0; w->waits && i < w->c->readers; i++)
		if (atomic_load_explicit(&readers[i].quiet, memory_order_acquire) == w->since[i])
			return;
	if (w->waits) {
		am_fib_room_free(w->c->room);
		memcpy(w->free + w->n_free, w->waiting, w->n_waiting * sizeof *w->free);
		w->n_free += w->n_waiting;
	}
	(void)am_fib_room_close(w->c->room);
	memcpy(w->waiting, w->left, w->n_left * sizeof *w->left);
	w->n_waiting = w->n_left;
	w->n_left = 0;
	for (unsigned i = 0; i < w->c->readers; i++)
		w->since[i] = atomic_load_explicit(&readers[i].quiet, memory_order_acquire);
	w->waits = true;
}

static uint32_t take_value(struct writer *w)
{
	while (w->n_free == 0) {
		sched_yield();
		turn(w);
	}
	return w->free[--w->n_free];
}

static int change(struct writer *w, uint32_t which)
{
	const struct am_prefix *route = &w->c->routes[w->c->n_stay + which];
	uint32_t old = w->value_of[which], value = 0;
	int r;

	if (old == 0 || roll(&w->dice, 2)) {
		value = take_value(w);
		atomic_store_explicit(&w->s->route_of[value - w->c->n_stay - 1], w->c->n_stay + which,
			memory_order_relaxed);
		r = am_fib_set(w->c->fib, route, value);
	} else {
		r = am_fib_del(w->c->fib, route);
	}
	if (r != 0)
		return r;
	w->value_of[which] = value;
	if (old)
		w->left[w->n_left++] = old;
	return 0;
}

/* By length, the shortest of those that come and go: at most nine. */
static unsigned shortest(const struct fib_churn *c, uint32_t out[9])
{
	unsigned n = 0;

	for (uint32_t i = c->n_stay; i < c->n_routes && n < 9; i++)
		if (c->routes[i].len <= 8)
			out[n++] = i - c->n_stay;
	return n;
}

static bool readers_are_done(const struct writer *w)
{
	for (unsigned i = 0; i < w->c->readers; i++)
		if (!atomic_load_explicit(&w->s->readers[i].done, memory_order_relaxed))
			return false;
	return true;
}

/* Of this thread alone: others may have the CPU in between. */
static double own_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static int churn(struct writer *w)
{
	struct fib_churn *c = w->c;
	uint32_t covers[9];
	unsigned n_covers = shortest(c, covers);

	while (c->changed < c->changes || !readers_are_done(w)) {
		uint32_t which = roll(&w->dice, c->n_routes - c->n_stay);
		double from = own_us(), us;
		int r;

		if (n_covers && c->changed % COVER_EVERY == 0)
			which = covers[roll(&w->dice, n_covers)];
		r = change(w, which);
		if (r != 0)
			return r;
		us = own_us() - from;
		c->longest_us = us > c->longest_us ? us : c->longest_us;
		if (c->changed++ % TURN_EVERY == 0)
			turn(w);
	}
	return 0;
}

static int start(struct shared *s, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct reader *r = &s->readers[i];

		r->s = s;
		r->first = s->c->n_addresses / n * i;
		if (pthread_create(&r->thread, NULL, read_on, r) == 0)
			continue;
		atomic_store(&s->over, true);
		while (i-- > 0)
			pthread_join(s->readers[i].thread, NULL);
		return -EAGAIN;
	}
	return 0;
}

static void stop(struct shared *s, struct fib_churn *c)
{
	atomic_store(&s->over, true);
	for (unsigned i = 0; i < c->readers; i++) {
		struct reader *r = &s->readers[i];

		pthread_join(r->thread, NULL);
		c->looked += r->looked;
		c->wrong += r->wrong;
		c->passing += r->passing;
	}
}

static int clean_up(struct writer *w)
{
	int r = 0;

	for (uint32_t i = 0; i < w->c->n_routes - w->c->n_stay; i++)
		if (w->value_of[i])
			r = am_fib_del(w->c->fib, &w->c->routes[w->c->n_stay + i]) ? -EIO : r;
	am_fib_room_free(w->c->room);
	if (am_fib_room_close(w->c->room))
		am_fib_room_free(w->c->room);
	return r;
}

static int run(struct writer *w)
{
	int r = start(w->s, w->c->readers), late;

	if (r != 0)
		return r;
	for (uint32_t i = 0; i < w->n_values; i++)
		w->free[w->n_free++] = w->c->n_stay + 1 + i;
	r = churn(w);
	stop(w->s, w->c);
	late = clean_up(w);
	return r ? r : late;
}

int fib_churn_run(struct fib_churn *c)
{
	uint32_t n = c->n_routes - c->n_stay;
	struct writer w = {.c = c, .n_values = n + SPARE_VALUES, .dice = 5};
	int r = -ENOMEM;

	c->looked = c->wrong = c->passing = c->changed = 0;
	c->longest_us = 0;
	w.s = aligned_alloc(64, sizeof *w.s);
	w.value_of = calloc(n, sizeof *w.value_of);
	w.free = calloc(3ul * w.n_values, sizeof *w.free);
	if (w.s) {
		memset(w.s, 0, sizeof *w.s);
		w.s->c = c;
		w.s->route_of = calloc(w.n_values, sizeof *w.s->route_of);
	}
	if (w.s && w.s->route_of && w.value_of && w.free) {
		w.left = w.free + w.n_values;
		w.waiting = w.left + w.n_values;
		r = run(&w);
	}
	if (w.s)
		free(w.s->route_of);
	free(w.s);
	free(w.value_of);
	free(w.free);
	return r;
}
