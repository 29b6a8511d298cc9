/* SPDX-License-Identifier: BSD-3-Clause */
/* One configuration after the other, each differing from the one before in one thing, while traffic runs. */
#include "reload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "reload_text.h"

enum {
	SETTLE_US = 2000, /* for what comes behind a change, such as a worker that stood still */
	IDLE_US = 20000,  /* as long as a change may take, without one */
};

/* Texts A and B: A is shape {tunnels}, B has what other says, too. Taken in turns. */
struct change {
	const char *name;
	const char *about;
	struct reload_shape other;
	bool idle;    /* nothing is reloaded: what the machine itself does to the gaps */
	bool touches; /* flow 1 */
};

static const struct change changes[] = {
	{.name = "idle", .about = "no change: what the machine alone does", .idle = true},
	{.name = "same", .about = "the same file again"},
	{.name = "tunnel", .about = "a tunnel comes, and goes again", .other = {.more_tunnel = true}},
	{.name = "bridge", .about = "a bridge comes, and goes again", .other = {.more_bridge = true}},
	{.name = "port",
		.about = "a port comes, and goes again: workers stand still",
		.other = {.more_port = true}},
	{.name = "ttl",
		.about = "the tunnel of flow 1 changes",
		.other = {.other_ttl = true},
		.touches = true},
	{.name = "limit",
		.about = "the bridge of flow 1 changes",
		.other = {.other_limit = true},
		.touches = true},
	{.name = "way",
		.about = "flow 1 moves to another tunnel",
		.other = {.other_way = true},
		.touches = true},
};

/* One change at one size. */
struct work {
	struct reload_run *run;
	const struct change *change;
	char name[RELOAD_NAME]; /* "tunnel-1000" */
	unsigned tunnels;
	struct site site;
	char *text[2];
	size_t len[2];
	struct report_row *load, *prepare, *commit, *retire, *gap, *touched, *lost;
};

/* ---- shared with churn.c ---- */

bool reload_wants(const struct reload_run *run, const char *name)
{
	return !run->filter || strstr(name, run->filter);
}

void reload_show(const char *name, unsigned sample, unsigned n)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K%s, %u of %u", name, sample + 1, n);
}

void reload_end_show(void)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
}

struct report_row *reload_row(
	struct reload_run *run, const char *group, const char *name, const char *unit, const char *about)
{
	char full[2 * RELOAD_NAME];

	snprintf(full, sizeof full, "%s/%s", group, name);
	return report_add_row(
		run->report, &(struct report_row){.name = full, .about = about, .unit = unit, .per = ""});
}

void reload_sample(struct reload_run *run, struct report_row *row, double value)
{
	report_add_sample(run->report, row, &(struct report_sample){.value = value});
}

/* ---- one change ---- */

static int make_texts(struct work *w, struct am_err *err)
{
	struct reload_shape a = {.tunnels = w->tunnels}, b = w->change->other;

	b.tunnels = w->tunnels;
	w->text[0] = reload_text(&a, &w->len[0]);
	w->text[1] = reload_text(&b, &w->len[1]);
	return w->text[0] && w->text[1] ? 0 : am_fail(err, ENOMEM, "no memory for configurations");
}

static void make_rows(struct work *w)
{
	struct reload_run *run = w->run;
	const char *about = w->change->about;

	w->gap = reload_row(run, "gap", w->name, "us", about);
	if (w->change->touches)
		w->touched = reload_row(run, "gap-touched", w->name, "us", about);
	w->lost = reload_row(run, "lost", w->name, "frames", about);
	if (w->change->idle)
		return;
	w->load = reload_row(run, "load", w->name, "us", "text to configuration");
	w->prepare = reload_row(run, "prepare", w->name, "us", "configuration to tables");
	w->commit = reload_row(run, "commit", w->name, "us", "made the running one");
	w->retire = reload_row(run, "retire", w->name, "us", "grace period, and what left is freed");
}

static double us(uint64_t ns)
{
	return (double)ns / (double)AM_US;
}

static int take_sample(struct work *w, unsigned i, struct am_err *err)
{
	struct reload_run *run = w->run;
	struct site_times t = {0};
	struct lanes_window seen;
	unsigned which = (i + 1) % 2;
	int ret = 0;

	lanes_window(&w->site.lanes, &seen);
	if (w->change->idle)
		usleep(IDLE_US);
	else
		ret = site_apply(&w->site, w->text[which], w->len[which], &t, err);
	if (ret)
		return ret;
	usleep(SETTLE_US);
	lanes_window(&w->site.lanes, &seen);
	reload_sample(run, w->gap, us(seen.flow[0].gap_ns));
	reload_sample(run, w->lost, (double)(seen.flow[0].lost + seen.flow[1].lost));
	if (w->change->touches)
		reload_sample(run, w->touched, us(seen.flow[1].gap_ns));
	if (w->change->idle)
		return 0;
	reload_sample(run, w->load, us(t.load));
	reload_sample(run, w->prepare, us(t.prepare));
	reload_sample(run, w->commit, us(t.commit));
	reload_sample(run, w->retire, us(t.retire));
	return 0;
}

static int measure_change(struct work *w, struct am_err *err)
{
	int ret = make_texts(w, err);

	if (!ret)
		ret = site_open(&w->site, &w->run->conf, w->text[0], w->len[0], err);
	if (!ret) {
		make_rows(w);
		for (unsigned i = 0; !ret && i < w->run->samples; i++) {
			reload_show(w->name, i, w->run->samples);
			ret = take_sample(w, i, err);
		}
		site_close(&w->site);
	}
	free(w->text[0]);
	free(w->text[1]);
	return ret ? am_fail_in(err, ret, "%s", w->name) : 0;
}

/* ---- a restart, which another number of workers needs ---- */

static int restart_once(struct work *w, uint64_t *gap, struct am_err *err)
{
	struct site_conf conf = w->run->conf;
	uint64_t began;
	int ret = site_open(&w->site, &conf, w->text[0], w->len[0], err);

	if (ret)
		return ret;
	while (!lanes_first_ns(&w->site.lanes))
		usleep(100);
	began = am_clock_monotonic().ns;
	site_close(&w->site);
	conf.workers = LANES_MAX;
	ret = site_open(&w->site, &conf, w->text[1], w->len[1], err);
	if (ret)
		return ret;
	while (!lanes_first_ns(&w->site.lanes))
		usleep(100);
	*gap = lanes_first_ns(&w->site.lanes) - began;
	site_close(&w->site);
	return 0;
}

static int measure_restart(struct reload_run *run, unsigned tunnels, struct am_err *err)
{
	static const struct change two = {.name = "workers", .other = {.workers = LANES_MAX}};
	struct work w = {.run = run, .change = &two, .tunnels = tunnels};
	struct report_row *row;
	uint64_t gap;
	int ret;

	snprintf(w.name, sizeof w.name, "workers-%u", tunnels);
	if (!reload_wants(run, w.name))
		return 0;
	ret = make_texts(&w, err);
	row = reload_row(run, "restart", w.name, "us",
		"one worker to two: the plane is made anew, and all MACs are forgotten; DPDK's own start is not in it");
	for (unsigned i = 0; !ret && i < (run->samples + 3) / 4; i++) {
		reload_show(w.name, i, (run->samples + 3) / 4);
		ret = restart_once(&w, &gap, err);
		if (!ret)
			reload_sample(run, row, us(gap));
	}
	free(w.text[0]);
	free(w.text[1]);
	return ret ? am_fail_in(err, ret, "%s", w.name) : 0;
}

/* ---- all of them ---- */

/* bench_stats sorts, and the samples stay in their order. */
static double median_of(const struct report_row *row)
{
	double *v = calloc(row->n_samples + 1, sizeof *v);
	struct bench_stats s = {0};
	size_t n = 0;

	for (size_t i = 0; v && i < row->n_samples; i++)
		v[n++] = row->samples[i].value;
	if (n)
		bench_stats(v, n, &s);
	free(v);
	return s.median;
}

/* One row of each size as a line over sizes. */
static void add_line(
	struct reload_run *run, struct report_curve *curve, const char *group, const char *change)
{
	struct report_series *line = report_add_series(run->report, curve, change);

	for (unsigned i = 0; i < run->n_sizes; i++) {
		const struct report_row *row;
		char name[2 * RELOAD_NAME];
		double y;

		snprintf(name, sizeof name, "%s/%s-%u", group, change, run->sizes[i]);
		row = report_find_row(run->report, name);
		if (!row)
			continue;
		y = median_of(row);
		report_add_point(run->report, line, &(struct report_point){run->sizes[i], y, y, y});
	}
}

static void add_curve(struct reload_run *run, const char *group, const char *about)
{
	struct report_curve *curve = report_add_curve(run->report, &(struct report_curve){.name = group,
									   .about = about,
									   .x = {"tunnels", "", REPORT_LOG},
									   .y = {"time", "us", REPORT_LOG}});

	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
		if (reload_wants(run, changes[i].name) && (!changes[i].idle || !strcmp(group, "gap")))
			add_line(run, curve, group, changes[i].name);
}

int reload_measure(struct reload_run *run, struct am_err *err)
{
	int ret = 0;

	for (unsigned i = 0; !ret && i < run->n_sizes; i++) {
		for (size_t k = 0; !ret && k < sizeof changes / sizeof *changes; k++) {
			struct work w = {.run = run, .change = &changes[k], .tunnels = run->sizes[i]};

			snprintf(w.name, sizeof w.name, "%s-%u", changes[k].name, run->sizes[i]);
			if (reload_wants(run, w.name))
				ret = measure_change(&w, err);
		}
		if (!ret)
			ret = measure_restart(run, run->sizes[i], err);
	}
	reload_end_show();
	if (ret || run->n_sizes < 2)
		return ret;
	add_curve(run, "gap", "longest time without a frame of the flow that is not touched");
	add_curve(run, "prepare", "configuration to tables, nothing visible yet");
	add_curve(run, "commit", "made the running one");
	return 0;
}
