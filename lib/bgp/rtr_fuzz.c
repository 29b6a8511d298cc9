/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a cache sends, in pieces: each begins with an octet. Up to 199 it is a length; above that the connection is lost, or time passes. The
 * client never hands out what the table refuses, never has two connections, and goes on.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "bgp/rtr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *what)
{
	fprintf(stderr, "%s\n", what);
	abort();
}

struct world {
	struct am_bgp_rtr *rtr;
	struct am_bgp_roa_table *table;
	am_time now;
	bool open;
};

static void sweep(struct world *w)
{
	struct am_bgp_roa roa;

	while (am_bgp_roa_sweep(w->table, 0, &roa)) {
	}
}

static void act(struct world *w, const struct am_bgp_rtr_event *e)
{
	switch (e->type) {
	case AM_BGP_RTR_CONNECT:
		if (w->open)
			fail("a second connection");
		w->open = true;
		am_bgp_rtr_connected(w->rtr, w->now);
		break;
	case AM_BGP_RTR_CLOSE:
		if (!w->open)
			fail("a connection is to be closed that is not there");
		w->open = false;
		am_bgp_rtr_closed(w->rtr, w->now);
		break;
	case AM_BGP_RTR_RESTART:
		am_bgp_roa_refill(w->table, 0);
		break;
	case AM_BGP_RTR_FLUSH:
		am_bgp_roa_refill(w->table, 0);
		sweep(w);
		if (am_bgp_roa_count(w->table, AM_IPV4) + am_bgp_roa_count(w->table, AM_IPV6))
			fail("something is left after a flush");
		break;
	case AM_BGP_RTR_COMPLETE:
		sweep(w);
		break;
	default:
		if ((e->type == AM_BGP_RTR_ANNOUNCE ? am_bgp_roa_add(w->table, 0, &e->roa)
						    : am_bgp_roa_remove(w->table, 0, &e->roa)) < 0)
			fail("an entry that the table refuses");
	}
}

static void drain(struct world *w)
{
	struct am_bgp_rtr_event e;

	while (am_bgp_rtr_next_event(w->rtr, &e, w->now))
		act(w, &e);
	am_bgp_rtr_sent(w->rtr, am_bgp_rtr_output(w->rtr).len);
}

static void receive(struct world *w, struct am_reader *r, size_t len)
{
	uint8_t *piece;
	size_t at = 0;

	len = len < am_reader_left(r) ? len : am_reader_left(r);
	piece = malloc(len + 1);
	memcpy(piece, am_take(r, len), len);
	while (at < len) {
		at += am_bgp_rtr_input(w->rtr, piece + at, len - at, w->now);
		drain(w);
	}
	free(piece);
}

static void step(struct world *w, struct am_reader *r)
{
	uint8_t what = am_take8(r);

	if (what < 200) {
		receive(w, r, what);
	} else if (what < 220) {
		if (w->open)
			am_bgp_rtr_closed(w->rtr, w->now);
		w->open = false;
	} else if (what < 250) {
		w->now = am_time_add(w->now, (what - 219) * 300 * AM_S);
		am_bgp_rtr_expire(w->rtr, w->now);
	} else {
		am_bgp_rtr_stop(w->rtr);
		drain(w);
		am_bgp_rtr_start(w->rtr, w->now);
	}
	drain(w);
	if (!am_bgp_rtr_error_name(am_bgp_rtr_last_fault(w->rtr)->code) ||
		!am_bgp_rtr_state_name(am_bgp_rtr_status(w->rtr).state))
		fail("a state or an error has no name");
	if (am_bgp_rtr_deadline(w->rtr).ns == UINT64_MAX)
		fail("nothing will ever happen again");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct am_bgp_rtr_config config = {.version = 1, .seed = 1};
	struct am_reader r = am_reader(data, size);
	struct world w = {.now = {AM_S}, .table = am_bgp_roa_create()};

	if (am_bgp_rtr_create(&config, &w.rtr))
		fail("no client");
	am_bgp_rtr_start(w.rtr, w.now);
	drain(&w);
	while (am_reader_left(&r))
		step(&w, &r);
	am_bgp_rtr_free(w.rtr);
	am_bgp_roa_free(w.table);
	return 0;
}
