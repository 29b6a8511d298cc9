/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_TEST_WORLD_H
#define BGP_TEST_WORLD_H
/*
 * Two sessions and a network between them, in memory, with a clock of its own. Everything that happens follows from the seed: latency, how
 * bytes are cut, and when a connection dies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "bgp/session.h"

enum { WORLD_LINKS = 6, WORLD_PIPE = 1 << 13, WORLD_ROUTES = 12 };

/* A TCP connection: bytes on their way in both directions. */
struct link {
	bool used, there; /* being made; made */
	bool lost;        /* what was on its way is gone, and nothing passes any more */
	bool dead;        /* whoever has drained his direction is told that it closed */
	am_time arrives;  /* when it is made */
	unsigned opener;
	int conn[2]; /* the number that each end knows it by; -1: none, or not any more */
	uint8_t pipe[2][WORLD_PIPE];
	size_t len[2], passed;
	size_t cut_at; /* it dies when so many bytes have passed; SIZE_MAX: never */
};

struct node {
	struct am_bgp_session *session;
	bool up;
	unsigned sent;          /* routes announced on this session, the End-of-RIB after them */
	bool has[WORLD_ROUTES]; /* routes that came, and were not withdrawn */
	bool end_of_rib;
	unsigned ups, downs;
	struct am_bgp_end last;
	am_time last_down;
};

struct world {
	struct node node[2];
	struct link link[WORLD_LINKS];
	am_time now;
	uint64_t random;
	bool calm;        /* no more faults */
	unsigned chunk;   /* at most so many bytes at a time; 0: at random */
	bool refuse;      /* connections cannot be made */
	bool stalled;     /* nothing passes */
	size_t first_cut; /* for the first connection that is made; SIZE_MAX: not */
	size_t passed;    /* bytes over all connections */
	unsigned links_made;
};

static inline uint64_t world_draw(struct world *w, uint64_t below)
{
	uint64_t z = (w->random += 0x9e3779b97f4a7c15ull);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return below ? (z ^ z >> 31) % below : 0;
}

static inline struct am_bgp_session_config world_config(unsigned node)
{
	struct am_bgp_session_config c = {
		.local_as = 65001 + node,
		.local_id = 0x0a000001 + node,
		.remote_as = 65002 - node,
		.hold_time = 9,
		.connect_retry = 5,
		.idle_hold = 1,
		.seed = node,
		.caps = {.as4 = true, .refresh = true, .enhanced_refresh = true, .n_families = 1},
	};

	c.caps.families[0] = (struct am_bgp_capability_family){.afi = 1, .safi = 1, .multiprotocol = true};
	return c;
}

static inline struct world *world_new(
	const struct am_bgp_session_config *a, const struct am_bgp_session_config *b, uint64_t seed)
{
	struct world *w = calloc(1, sizeof *w);

	w->random = seed;
	w->first_cut = SIZE_MAX;
	w->now = (am_time){1000 * AM_S};
	assert_int_equal(am_bgp_session_create(a, &w->node[0].session), 0);
	assert_int_equal(am_bgp_session_create(b, &w->node[1].session), 0);
	return w;
}

static inline void world_free(struct world *w)
{
	am_bgp_session_free(w->node[0].session);
	am_bgp_session_free(w->node[1].session);
	free(w);
}

static inline struct link *world_link(struct world *w, unsigned node, unsigned conn)
{
	for (unsigned i = 0; i < WORLD_LINKS; i++) {
		if (w->link[i].used && w->link[i].conn[node] == (int)conn)
			return &w->link[i];
	}
	return NULL;
}

static inline void world_connect(struct world *w, unsigned node, unsigned conn)
{
	for (unsigned i = 0; i < WORLD_LINKS; i++) {
		struct link *l = &w->link[i];

		if (l->used)
			continue;
		l->used = true;
		l->there = l->dead = l->lost = false;
		l->opener = node;
		l->conn[node] = (int)conn;
		l->conn[!node] = -1;
		l->len[0] = l->len[1] = l->passed = 0;
		l->cut_at = SIZE_MAX;
		l->arrives = am_time_add(w->now, world_draw(w, 40) * AM_MS);
		return;
	}
	fail_msg("more connections than a session may have");
}

/* One end lets go. The other is told when it has read what was sent. */
static inline void world_drop(struct world *w, struct link *l, unsigned node)
{
	unsigned conn = (unsigned)l->conn[node];

	l->conn[node] = -1;
	l->dead = true;
	if (l->conn[!node] < 0)
		l->used = false;
	am_bgp_closed(w->node[node].session, conn, w->now);
}

/* Bytes that a session has to send go into the pipe; all: what is left before it closes. */
static inline void world_flush(struct world *w, struct link *l, unsigned node, bool all)
{
	struct am_bgp_session *s = w->node[node].session;
	struct am_bgp_span out = am_bgp_output(s, (unsigned)l->conn[node]);
	size_t room = WORLD_PIPE - l->len[node], len = out.len < room ? out.len : room;

	if (!all && len)
		len = w->chunk ? (len < w->chunk ? len : w->chunk) : 1 + world_draw(w, len);
	if (!len || l->lost)
		return;
	memcpy(l->pipe[node] + l->len[node], out.bytes, len);
	l->len[node] += len;
	am_bgp_sent(s, (unsigned)l->conn[node], len, w->now);
}

static inline void world_route(struct world *w, unsigned node, const struct am_bgp_routes *routes, bool there)
{
	struct am_bgp_nlri_iter iter = am_bgp_nlri_iter(routes);
	struct am_bgp_nlri nlri;

	while (am_bgp_nlri_next(&iter, &nlri)) {
		assert_int_equal(nlri.prefix.ip.bytes[1], !node);
		assert_true(nlri.prefix.ip.bytes[2] < WORLD_ROUTES);
		w->node[node].has[nlri.prefix.ip.bytes[2]] = there;
	}
}

static inline void world_update(struct world *w, unsigned node, const struct am_bgp_update *u)
{
	assert_true(w->node[node].up);
	if (u->class != AM_BGP_OK)
		print_error("%s: %s\n", am_bgp_attr_name(u->fault.attr), u->fault.error.why);
	assert_int_equal(u->class, AM_BGP_OK);
	world_route(w, node, &u->withdrawn, false);
	world_route(w, node, &u->announced, true);
	w->node[node].end_of_rib |= u->end_of_rib;
}

static inline void world_event(struct world *w, unsigned node, const struct am_bgp_event *e)
{
	struct node *n = &w->node[node];
	struct link *l = world_link(w, node, e->conn);

	switch (e->type) {
	case AM_BGP_EVENT_CONNECT:
		assert_null(l);
		world_connect(w, node, e->conn);
		break;
	case AM_BGP_EVENT_UP:
		assert_false(n->up);
		n->up = true;
		n->ups++;
		n->sent = 0;
		n->end_of_rib = false;
		memset(n->has, 0, sizeof n->has);
		break;
	case AM_BGP_EVENT_UPDATE:
		world_update(w, node, e->update);
		break;
	case AM_BGP_EVENT_DOWN:
		n->last = *e->end;
		assert_non_null(e->end->why);
		if (!e->end->was_up)
			break;
		assert_true(n->up);
		n->up = false;
		n->downs++;
		n->last_down = w->now;
		break;
	case AM_BGP_EVENT_CLOSE:
		assert_non_null(l);
		if (l->there)
			world_flush(w, l, node, true);
		world_drop(w, l, node);
		break;
	default:
		break;
	}
}

static inline void world_events(struct world *w)
{
	struct am_bgp_event event;

	for (unsigned node = 0; node < 2; node++) {
		while (am_bgp_next_event(w->node[node].session, &event, w->now))
			world_event(w, node, &event);
	}
}

/* Announce the next routes of a session that is up: each is 10.NODE.ROUTE.0/24. */
static inline void world_announce(struct world *w, unsigned node)
{
	struct node *n = &w->node[node];

	while (n->up && n->sent < WORLD_ROUTES) {
		const uint8_t nlri[4] = {24, 10, (uint8_t)node, (uint8_t)n->sent};
		const uint8_t path[6] = {2, 1, 0, 0, 0xfd, (uint8_t)(0xe9 + node)};
		bool internal = am_bgp_session_peer(n->session)->send.kind == AM_BGP_INTERNAL;
		const struct am_bgp_update u = {
			.attrs = {.has = AM_BGP_HAS(1) | AM_BGP_HAS(2) | AM_BGP_HAS(3) |
					 (internal ? AM_BGP_HAS(5) : 0),
				.next_hop = {192, 0, 2, 1},
				.as_path = {path, sizeof path}},
			.announced = {.family = AM_BGP_IPV4_UNICAST, .nlri = {nlri, sizeof nlri}},
		};

		if (am_bgp_send_update(n->session, &u, w->now))
			return;
		if (++n->sent == WORLD_ROUTES)
			assert_int_equal(am_bgp_send_end_of_rib(n->session, AM_BGP_IPV4_UNICAST, w->now), 0);
	}
}

/* A connection that was on its way is there, or is refused. */
static inline void world_arrive(struct world *w, struct link *l)
{
	unsigned from = l->opener, to = !from;
	int conn = w->refuse ? -1 : am_bgp_accept(w->node[to].session, w->now);

	if (conn < 0) {
		world_drop(w, l, from);
		return;
	}
	l->there = true;
	l->conn[to] = conn;
	l->cut_at = w->links_made++ ? SIZE_MAX : w->first_cut;
	if (!w->calm && w->first_cut == SIZE_MAX && world_draw(w, 3) == 0)
		l->cut_at = world_draw(w, 1200);
	am_bgp_connected(w->node[from].session, (unsigned)l->conn[from], w->now);
}

/* It breaks, and takes with it what it carried. */
static inline void world_lose(struct link *l)
{
	l->dead = l->lost = true;
	l->len[0] = l->len[1] = 0;
}

static inline void world_pass(struct world *w, struct link *l, unsigned from)
{
	unsigned to = !from;
	size_t len = l->len[from], took;

	if (!len || l->conn[to] < 0)
		return;
	len = w->chunk ? (len < w->chunk ? len : w->chunk) : 1 + world_draw(w, len);
	if (l->passed + len > l->cut_at)
		len = l->cut_at - l->passed;
	took = am_bgp_input(w->node[to].session, (unsigned)l->conn[to], l->pipe[from], len);
	memmove(l->pipe[from], l->pipe[from] + took, l->len[from] - took);
	l->len[from] -= took;
	l->passed += took;
	w->passed += took;
}

/* The network's side of a connection: bytes move, it dies where it must, and ends that have nothing to read learn it. */
static inline void world_run_link(struct world *w, struct link *l)
{
	if (!l->used || w->stalled)
		return;
	if (!l->there) {
		if (l->dead)
			l->used = false;
		else if (!am_time_before(w->now, l->arrives))
			world_arrive(w, l);
		return;
	}
	for (unsigned node = 0; node < 2 && !l->lost; node++) {
		if (l->conn[node] >= 0)
			world_flush(w, l, node, false);
		world_pass(w, l, node);
		world_events(w);
		if (l->passed >= l->cut_at)
			world_lose(l);
	}
	for (unsigned node = 0; node < 2; node++) {
		if (l->used && l->dead && !l->len[!node] && l->conn[node] >= 0)
			world_drop(w, l, node);
	}
	world_events(w);
}

/* When the next thing happens, if nothing is on its way now. */
static inline am_time world_next(const struct world *w)
{
	am_time first = am_bgp_deadline(w->node[0].session), second = am_bgp_deadline(w->node[1].session);
	am_time next = am_time_before(first, second) ? first : second;

	for (unsigned i = 0; i < WORLD_LINKS; i++) {
		const struct link *l = &w->link[i];

		if (l->used && !l->there && !w->stalled && am_time_before(l->arrives, next))
			next = l->arrives;
	}
	return next;
}

static inline bool world_is_busy(const struct world *w)
{
	for (unsigned i = 0; i < WORLD_LINKS; i++) {
		const struct link *l = &w->link[i];

		if (!l->used || !l->there || w->stalled)
			continue;
		for (unsigned node = 0; node < 2; node++) {
			if (l->dead || l->len[node] ||
				(l->conn[node] >= 0 &&
					am_bgp_output(w->node[node].session, (unsigned)l->conn[node]).len))
				return true;
		}
	}
	return false;
}

/* One step: everything that can move moves a little; where nothing can, time does, to the very edge of the next timer. */
static inline void world_step(struct world *w)
{
	bool busy;

	world_events(w);
	for (unsigned node = 0; node < 2; node++)
		world_announce(w, node);
	busy = world_is_busy(w);
	for (unsigned i = 0; i < WORLD_LINKS; i++)
		world_run_link(w, &w->link[i]);
	if (busy || world_is_busy(w)) {
		w->now = am_time_add(w->now, world_draw(w, 3) * AM_MS);
	} else {
		am_time next = world_next(w);

		if (next.ns != UINT64_MAX && am_time_before(w->now, next))
			w->now = next;
	}
	for (unsigned node = 0; node < 2; node++) {
		if (!am_time_before(w->now, am_bgp_deadline(w->node[node].session)))
			am_bgp_expire(w->node[node].session, w->now);
	}
	world_events(w);
}

static inline bool world_agrees(const struct world *w)
{
	for (unsigned node = 0; node < 2; node++) {
		const struct node *n = &w->node[node];

		if (!n->up || !n->end_of_rib || am_bgp_session_state(n->session) != AM_BGP_ESTABLISHED)
			return false;
		for (unsigned i = 0; i < WORLD_ROUTES; i++) {
			if (!n->has[i])
				return false;
		}
	}
	return true;
}

/* Steps until both are up and have everything. False where that takes more than so many seconds. */
static inline bool world_settles(struct world *w, unsigned seconds)
{
	am_time last = am_time_add(w->now, seconds * AM_S);

	while (!world_agrees(w)) {
		if (am_time_before(last, w->now))
			return false;
		world_step(w);
	}
	return true;
}

static inline void world_run(struct world *w, unsigned seconds)
{
	am_time last = am_time_add(w->now, seconds * AM_S);

	while (am_time_before(w->now, last) && world_next(w).ns != UINT64_MAX)
		world_step(w);
}

#endif
