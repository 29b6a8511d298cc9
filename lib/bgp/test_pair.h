/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_TEST_PAIR_H
#define BGP_TEST_PAIR_H
/*
 * Two speakers and the connections between them, in memory, with a clock that is moved by hand: what a program around them does. Whatever
 * is drawn follows from pair.random.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "bgp/speaker.h"
#include "random.h"

enum { PAIR_WIRES = 8 };

struct pair_end {
	bool there;
	struct am_bgp_link link;
	/* Of what it sends: how much of a message has passed, and is still to come once its header is known. */
	unsigned have;
	size_t left;
	uint8_t head[AM_BGP_HEADER_LEN];
	bool dropped;
	am_time heard; /* when the last whole message came to it */
};

struct pair_wire {
	bool used;
	bool silent; /* one end is not told that the other is gone */
	struct pair_end end[2];
};

struct pair_node {
	struct am_bgp_speaker *speaker;
	struct am_bgp_speaker_end here;
	int peer;   /* the other one's number in it; -1: none */
	bool deaf;  /* reads nothing */
	bool lossy; /* UPDATEs that it sends are lost on the way, against all rules of TCP */
	bool up;
	unsigned ups, downs;
};

struct pair;
/* What a test sees of a node's events; link is the node's. */
typedef void (*pair_watch)(struct pair *w, unsigned node, const struct am_bgp_speaker_event *event);

struct pair {
	struct pair_node node[2];
	struct pair_wire wires[PAIR_WIRES];
	am_time now;
	uint64_t random;
	bool cut;              /* connections cannot be made */
	bool stalled;          /* nothing passes */
	size_t chunk;          /* at most so many octets at a time; 0: at random */
	size_t passed, cut_at; /* octets over all connections; they all die, once, when cut_at have passed */
	pair_watch watch;
};

static inline uint64_t pair_draw(struct pair *w, uint64_t below)
{
	return am_bgp_draw(&w->random) % below;
}

static inline struct pair_wire *pair_find(struct pair *w, unsigned node, struct am_bgp_link link)
{
	for (unsigned i = 0; i < PAIR_WIRES; i++) {
		const struct pair_end *e = &w->wires[i].end[node];

		if (w->wires[i].used && e->there && e->link.peer == link.peer && e->link.conn == link.conn)
			return &w->wires[i];
	}
	return NULL;
}

static inline void pair_connect(struct pair *w, unsigned node, struct am_bgp_link link)
{
	struct pair_node *us = &w->node[node], *them = &w->node[!node];
	struct pair_wire *wire = w->wires;
	struct am_bgp_link theirs;

	while (wire < w->wires + PAIR_WIRES && wire->used)
		wire++;
	assert_true(wire < w->wires + PAIR_WIRES);
	if (w->cut ||
		am_bgp_speaker_accept(them->speaker, &us->here.address, 0, &them->here, &theirs, w->now)) {
		am_bgp_speaker_closed(us->speaker, link, w->now);
		return;
	}
	*wire = (struct pair_wire){.used = true};
	wire->end[node] = (struct pair_end){.there = true, .link = link};
	wire->end[!node] = (struct pair_end){.there = true, .link = theirs};
	am_bgp_speaker_connected(us->speaker, link, &us->here, w->now);
}

static inline bool pair_carry(struct pair *w, struct pair_wire *wire, unsigned from);

static inline void pair_close(struct pair *w, unsigned node, struct am_bgp_link link)
{
	struct pair_wire *wire = pair_find(w, node, link);

	while (wire && wire->end[node].there && pair_carry(w, wire, node))
		continue;
	/* Carrying may have ended it already. */
	if (wire && wire->end[node].there)
		wire->end[node].there = false;
	else if (wire)
		return;
	am_bgp_speaker_closed(w->node[node].speaker, link, w->now);
}

static inline void pair_event(struct pair *w, unsigned node, const struct am_bgp_speaker_event *e)
{
	struct pair_node *n = &w->node[node];

	/* A test may have added others, which are no node. */
	bool is_node = (int)e->link.peer == n->peer;

	if (is_node && e->type == AM_BGP_SPEAKER_UP) {
		n->up = true;
		n->ups++;
	} else if (is_node && e->type == AM_BGP_SPEAKER_DOWN && e->end->was_up) {
		n->up = false;
		n->downs++;
	}
	if (w->watch)
		w->watch(w, node, e);
	if (e->type == AM_BGP_SPEAKER_CONNECT)
		pair_connect(w, node, e->link);
	else if (e->type == AM_BGP_SPEAKER_CLOSE)
		pair_close(w, node, e->link);
}

static inline void pair_events(struct pair *w, unsigned node)
{
	struct am_bgp_speaker_event e;

	while (am_bgp_speaker_next_event(w->node[node].speaker, &e, w->now))
		pair_event(w, node, &e);
}

/* One end sees the connection go. */
static inline void pair_lose_end(struct pair *w, struct pair_wire *wire, unsigned node)
{
	if (!wire->used || !wire->end[node].there)
		return;
	wire->end[node].there = false;
	am_bgp_speaker_closed(w->node[node].speaker, wire->end[node].link, w->now);
	pair_events(w, node);
}

static inline void pair_lose(struct pair *w, struct pair_wire *wire)
{
	pair_lose_end(w, wire, 0);
	pair_lose_end(w, wire, 1);
	wire->used = false;
}

static inline void pair_lose_all(struct pair *w)
{
	for (unsigned k = 0; k < PAIR_WIRES; k++)
		pair_lose(w, &w->wires[k]);
}

static inline size_t pair_chunk(struct pair *w, size_t waits)
{
	size_t most = w->chunk ? w->chunk : 1 + pair_draw(w, 4096);

	if (w->cut_at > w->passed && w->cut_at - w->passed < most)
		most = w->cut_at - w->passed;
	return waits < most ? waits : most;
}

/* What of these octets arrives; the rest is an UPDATE that is lost. True where a message was completed. */
static inline bool pair_pass(const struct pair_node *from, struct pair_end *e, const uint8_t *bytes,
	size_t len, uint8_t *out, size_t *n)
{
	bool whole = false;

	*n = 0;
	for (size_t at = 0; at < len; at++) {
		if (!e->have)
			e->dropped = from->lossy && len - at >= AM_BGP_HEADER_LEN &&
				     bytes[at + AM_BGP_HEADER_LEN - 1] == AM_BGP_UPDATE;
		if (e->have < AM_BGP_HEADER_LEN) {
			e->head[e->have++] = bytes[at];
			if (e->have == AM_BGP_HEADER_LEN)
				e->left = am_load16(e->head + 16) - AM_BGP_HEADER_LEN;
		} else {
			e->left--;
		}
		if (!e->dropped)
			out[(*n)++] = bytes[at];
		if (e->have < AM_BGP_HEADER_LEN || e->left)
			continue;
		whole |= !e->dropped;
		e->have = 0;
	}
	return whole;
}

/* Octets of one direction; true where any went. What has nobody at the other end any more is gone. */
static inline bool pair_carry(struct pair *w, struct pair_wire *wire, unsigned from)
{
	struct am_bgp_speaker *s = w->node[from].speaker, *t = w->node[!from].speaker;
	struct am_bgp_span out;
	uint8_t bytes[4096];
	size_t len, n;

	if (w->stalled || !wire->used || !wire->end[from].there || w->node[!from].deaf)
		return false;
	out = am_bgp_speaker_output(s, wire->end[from].link);
	len = pair_chunk(w, out.len);
	if (!len)
		return false;
	if (pair_pass(&w->node[from], &wire->end[from], out.bytes, len, bytes, &n) && wire->end[!from].there)
		wire->end[!from].heard = w->now;
	am_bgp_speaker_sent(s, wire->end[from].link, len, w->now);
	if (wire->end[!from].there)
		assert_int_equal(am_bgp_speaker_input(t, wire->end[!from].link, bytes, n, w->now), n);
	w->passed += len;
	pair_events(w, !from);
	return true;
}

/* What is closed on one side is lost on the other, when nothing is on its way to it any more. */
static inline void pair_notice(struct pair *w, struct pair_wire *wire)
{
	for (unsigned i = 0; i < 2; i++) {
		if (wire->used && !wire->silent && !wire->end[!i].there && !w->stalled && !w->node[i].deaf)
			pair_lose_end(w, wire, i);
	}
	if (!wire->end[0].there && !wire->end[1].there)
		wire->used = false;
}

static inline bool pair_turn(struct pair *w)
{
	bool moved = false;

	for (unsigned i = 0; i < 2; i++) {
		am_bgp_speaker_run(w->node[i].speaker, w->now);
		pair_events(w, i);
	}
	for (unsigned k = 0; k < PAIR_WIRES; k++) {
		if (!w->wires[k].used)
			continue;
		moved |= pair_carry(w, &w->wires[k], 0);
		moved |= pair_carry(w, &w->wires[k], 1);
		pair_notice(w, &w->wires[k]);
	}
	if (w->cut_at && w->passed >= w->cut_at) {
		w->cut_at = 0;
		pair_lose_all(w);
	}
	return moved;
}

static inline am_time pair_next(const struct pair *w)
{
	am_time a = am_bgp_speaker_deadline(w->node[0].speaker),
		b = am_bgp_speaker_deadline(w->node[1].speaker);

	return am_time_before(a, b) ? a : b;
}

/* All that can happen now. */
static inline void pair_drain(struct pair *w)
{
	for (unsigned i = 0; i < 100000; i++) {
		if (!pair_turn(w) && am_time_before(w->now, pair_next(w)))
			return;
	}
	fail_msg("two speakers never come to rest");
}

/* All that happens until then. */
static inline void pair_run(struct pair *w, am_time until)
{
	for (;;) {
		pair_drain(w);
		if (!am_time_before(pair_next(w), until))
			break;
		w->now = pair_next(w);
	}
	w->now = until;
	pair_drain(w);
}

static inline struct am_bgp_speaker_view pair_view(const struct pair *w, unsigned node)
{
	struct am_bgp_speaker_view v;

	assert_int_equal(am_bgp_speaker_view(w->node[node].speaker, (unsigned)w->node[node].peer, &v), 0);
	return v;
}

#endif
