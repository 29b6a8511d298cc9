/* SPDX-License-Identifier: BSD-3-Clause */
/* Single entries that change all the time while traffic runs: MAC addresses learnt, moved and aged, and next hops. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "reload.h"
#include "reload_text.h"

enum {
	TUNNELS = 4,
	FDB_SIZE = 1 << 20,
	HOPS_AT_ONCE = 64,
	NAP_US = 50, /* control's, where workers report nothing */
};

enum kind { NEW_MACS, MOVED_MACS, NEXT_HOP_MOVES, NEXT_HOP_FLAPS };

struct churn {
	const char *name;
	const char *about;
	enum kind kind;
};

static const struct churn churns[] = {
	{"new-macs", "new source addresses, which age after 2 s", NEW_MACS},
	{"moved-macs", "64 source addresses that move between two members", MOVED_MACS},
	{"next-hop", "flow 1's next hop gets another MAC", NEXT_HOP_MOVES},
	{"flapping", "flow 1's next hop goes and comes", NEXT_HOP_FLAPS},
};

static const unsigned rates[] = {0, 1000, 10000, 100000};

enum { RATES = sizeof rates / sizeof *rates };

struct work {
	struct reload_run *run;
	const struct churn *churn;
	struct site site;
	uint16_t wan;          /* port id */
	uint16_t hop[TUNNELS]; /* index of tunnel i's next hop */
	uint64_t done;         /* next hops changed */
	struct report_row *cost, *lost, *rate;
	struct report_series *line;
};

/* ---- next hops ---- */

/* The neighbour's address alternates, so that every call makes a new header string. */
static void resolve(struct work *w, unsigned tunnel, bool up)
{
	const struct am_mac src = {{2, 0, 0, 0, 0, 1}};
	const struct am_mac dst = {{2, 0, 0, 0, 0xfe, (uint8_t)(w->done & 1)}};

	site_retire_later(
		&w->site, am_model_resolve(w->site.model, w->hop[tunnel], up, w->wan, &src, &dst, 0));
}

static void find_hops(struct work *w)
{
	struct am_model *m = w->site.model;

	for (uint16_t id = 0; id < SITE_PORTS_MAX; id++)
		if (am_model_port_name(m, id) && !strcmp(am_model_port_name(m, id), "wan"))
			w->wan = id;
	for (uint16_t i = 0; i < am_model_nexthops(m); i++) {
		const struct am_nexthop *hop = am_model_nexthop(m, i);

		if (hop->remote.family == AM_IPV4 && hop->remote.bytes[3] < TUNNELS)
			w->hop[hop->remote.bytes[3]] = i;
	}
	for (unsigned i = 0; i < TUNNELS; i++)
		resolve(w, i, true);
}

/* What is due by now, but some at a time: where that is more than can be done, the window ends in time all the same. */
static void change_hops(struct work *w, uint64_t elapsed, unsigned rate)
{
	uint64_t due = elapsed * rate / AM_S;

	for (unsigned i = 0; w->done < due && i < HOPS_AT_ONCE; i++) {
		w->done++;
		resolve(w, 1, w->churn->kind == NEXT_HOP_MOVES || !(w->done & 1));
	}
}

/* ---- one window ---- */

/* Control's work, as long as a window is. */
static void work_for(struct work *w, unsigned rate, uint64_t ns)
{
	am_time start = am_clock_monotonic();
	uint64_t elapsed;

	w->done = 0;
	while ((elapsed = am_time_since(am_clock_monotonic(), start)) < ns) {
		bool busy = site_learn(&w->site) != 0;

		busy |= am_model_age(w->site.model, (start.ns + elapsed) / AM_S);
		if (w->churn->kind >= NEXT_HOP_MOVES)
			change_hops(w, elapsed, rate);
		if (!busy)
			usleep(NAP_US);
	}
	/* Due since the last turn, and due at all where another program had the CPU for the whole window. */
	if (w->churn->kind >= NEXT_HOP_MOVES)
		change_hops(w, ns, rate);
}

static uint64_t changes_so_far(const struct work *w)
{
	struct am_bridge_stats s;

	am_model_bridge_stats(w->site.model, 0, &s);
	return w->churn->kind == NEW_MACS ? s.learnt : s.moved;
}

/* The first of a rate only lets what is new become known. */
static void take_sample(struct work *w, unsigned rate, bool kept)
{
	static const enum lanes_event events[] = {
		[NEW_MACS] = LANES_NEW_SENDERS, [MOVED_MACS] = LANES_MOVING_SENDERS};
	struct lanes_window seen;
	uint64_t before = changes_so_far(w), packets;

	if (w->churn->kind < NEXT_HOP_MOVES)
		lanes_set_events(&w->site.lanes, rate ? events[w->churn->kind] : LANES_STEADY, rate);
	lanes_window(&w->site.lanes, &seen);
	work_for(w, rate, w->run->window_ms * AM_MS);
	lanes_window(&w->site.lanes, &seen);
	lanes_set_events(&w->site.lanes, LANES_STEADY, 0);
	packets = seen.flow[0].sent + seen.flow[1].sent + seen.events;
	if (w->churn->kind < NEXT_HOP_MOVES)
		w->done = changes_so_far(w) - before;
	if (!kept)
		return;
	reload_sample(w->run, w->cost, packets ? (double)seen.cpu_ns / (double)packets : 0);
	reload_sample(w->run, w->lost,
		(double)(seen.flow[0].lost + (w->churn->kind == NEXT_HOP_FLAPS ? 0 : seen.flow[1].lost)));
	reload_sample(w->run, w->rate, (double)w->done * (double)AM_S / (double)seen.ns);
}

/* ---- one rate ---- */

static int measure_rate(struct work *w, unsigned rate, struct am_err *err)
{
	const struct reload_shape shape = {.tunnels = TUNNELS, .churn = true, .ask_hops = true};
	struct site_conf conf = w->run->conf;
	char name[RELOAD_NAME];
	size_t len;
	char *text = reload_text(&shape, &len);
	int ret;

	if (!text)
		return am_fail(err, ENOMEM, "no memory for a configuration");
	conf.fdb_size = FDB_SIZE;
	snprintf(name, sizeof name, "%s-%u", w->churn->name, rate);
	ret = site_open(&w->site, &conf, text, len, err);
	free(text);
	if (ret)
		return ret;
	find_hops(w);
	w->cost = reload_row(w->run, "churn", name, "ns", w->churn->about);
	w->lost = reload_row(w->run, "churn-lost", name, "frames", "of flows that are not meant to lose any");
	w->rate = reload_row(w->run, "churn-done", name, "a second", "changes that control carried out");
	take_sample(w, rate, false);
	for (unsigned i = 0; i < w->run->samples; i++) {
		reload_show(name, i, w->run->samples);
		take_sample(w, rate, true);
	}
	site_close(&w->site);
	return 0;
}

int churn_measure(struct reload_run *run, struct am_err *err)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < sizeof churns / sizeof *churns; i++) {
		struct work w = {.run = run, .churn = &churns[i]};

		if (!reload_wants(run, churns[i].name))
			continue;
		for (unsigned k = 0; !ret && k < RATES; k++)
			ret = measure_rate(&w, rates[k], err);
	}
	reload_end_show();
	return ret;
}
