/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire_run.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire_search.h"

enum {
	OCTET_BITS = 8,
	NAME = 64,
	SOAK_POINTS = 500,
	PPM = 1000000,
};

const char *const wire_test_names[WIRE_TESTS + 1] = {
	"throughput", "latency", "loss", "back-to-back", "soak", NULL};

/* What percentiles are shown, by name, and which of them are worth a line of the table: the curve has all but the last. */
static const struct {
	const char *name;
	double percent;
	bool row;
} percentiles[] = {
	{"min", 0, true},
	{"p50", 50, true},
	{"p90", 90, false},
	{"p99", 99, true},
	{"p99.9", 99.9, true},
	{"p99.99", 99.99, false},
	{"max", 100, true},
};

enum { PERCENTILES = sizeof percentiles / sizeof *percentiles };

/* All that went by in all trials. */
struct totals {
	struct wire_counts frames;
	uint64_t corrupted, foreign, stale, tester_lost;
	unsigned trials, short_trials; /* short: the tester sent less than asked for */
};

/* One run: what is being done, and the curves that grow with every frame size. */
struct work {
	struct wire_run *run;
	struct totals totals;
	char doing[NAME];
	char size[NAME]; /* "64", "imix" */
	uint16_t octets; /* on average, with FCS */
	uint16_t asked;  /* as in the configuration */
	double base; /* frames a second of each stream that passed; the maximum where throughput is not measured */
	struct report_curve *fps, *mbps;
	struct report_series *fps_points, *mbps_points;
	struct report_series *soak_lost; /* while a soak runs */
	uint64_t soak_next, soak_before;
};

static const double enough = 0.98; /* of a rate, that counts as that rate */

/* ---- one trial ---- */

static bool is_wanted(const struct wire_run *run, enum wire_test test)
{
	return run->tests & 1u << test;
}

static bool wants_stop(const struct wire_run *run)
{
	struct pollfd fd = {.fd = run->stop_fd, .events = POLLIN};

	return run->stop_fd >= 0 && poll(&fd, 1, 0) > 0;
}

static void show(const struct work *w, const struct wire_result *so_far, uint64_t elapsed)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K%s, %s octets: %.0f frames/s, %.1f of %.1f s, %llu lost so far",
			w->doing, w->size, so_far->ask.rate * w->run->config->n_streams,
			(double)elapsed / (double)AM_S, (double)so_far->ask.duration_ns / (double)AM_S,
			(unsigned long long)so_far->total.lost);
}

static void end_show(void)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
}

/* What was lost meanwhile, with the time in seconds. What is on its way counts as lost, and a moment later as found. */
static void note_soak(struct work *w, const struct wire_result *so_far, uint64_t elapsed)
{
	uint64_t lost = so_far->total.lost;
	double more = (double)lost - (double)w->soak_before;
	double y = more > 0 ? more : 0;

	if (!w->soak_lost || elapsed < w->soak_next)
		return;
	report_add_point(w->run->report, w->soak_lost,
		&(struct report_point){(double)elapsed / (double)AM_S, y, y, y});
	w->soak_before = lost;
	w->soak_next = elapsed + so_far->ask.duration_ns / SOAK_POINTS;
}

static bool watch(void *ctx, const struct wire_result *so_far, uint64_t elapsed)
{
	struct work *w = ctx;

	show(w, so_far, elapsed);
	note_soak(w, so_far, elapsed);
	return !wants_stop(w->run);
}

static void add_up(struct totals *all, const struct wire_result *r)
{
	all->frames.sent += r->total.sent;
	all->frames.received += r->total.received;
	all->frames.lost += r->total.lost;
	all->frames.reordered += r->total.reordered;
	all->frames.duplicates += r->total.duplicates;
	all->frames.misdirected += r->total.misdirected;
	all->corrupted += r->corrupted;
	all->foreign += r->foreign;
	all->stale += r->stale;
	all->tester_lost += r->tester_lost;
	all->trials++;
	all->short_trials += !r->ask.frames && r->offered < r->ask.rate * enough;
}

static int trial(struct work *w, double rate, uint64_t duration_ns, uint64_t frames, struct wire_result *out,
	struct am_err *err)
{
	const struct wire_config *c = w->run->config;
	const struct wire_ask ask = {
		.size = w->asked,
		.rate = rate < c->max_rate ? rate : c->max_rate,
		.duration_ns = duration_ns,
		.frames = frames,
	};
	int ret = wire_tester_run(w->run->tester, &ask, out, watch, w, err);

	if (!ret || ret == -EINTR)
		add_up(&w->totals, out);
	return ret;
}

static uint64_t duration(const struct work *w)
{
	return w->run->config->duration_ms * AM_MS;
}

static bool passes(const struct work *w, const struct wire_result *r)
{
	return (double)r->total.lost * PPM <= (double)r->total.sent * w->run->config->loss_ppm;
}

/* ---- rows ---- */

static struct report_row *add_row(struct work *w, const char *name, const char *unit, const char *about,
	bool more_is_better, double value)
{
	struct report *r = w->run->report;
	struct report_row *row = report_add_row(r, &(struct report_row){.name = name,
							   .about = about,
							   .unit = unit,
							   .per = "",
							   .more_is_better = more_is_better});

	report_add_sample(r, row, &(struct report_sample){.value = value});
	return row;
}

static struct report_curve *add_curve(
	struct work *w, const char *name, const char *about, struct report_axis x, struct report_axis y)
{
	return report_add_curve(
		w->run->report, &(struct report_curve){.name = name, .about = about, .x = x, .y = y});
}

static void add_point(struct work *w, struct report_series *series, double x, double y)
{
	report_add_point(w->run->report, series, &(struct report_point){x, y, y, y});
}

/* ---- throughput ---- */

static void begin_curves(struct work *w)
{
	const struct report_axis octets = {"frame size", "octets", REPORT_LINEAR};

	w->fps = add_curve(w, "throughput", "highest rate that passed, all streams together", octets,
		(struct report_axis){"throughput", "frames/s", REPORT_LINEAR});
	w->fps_points = report_add_series(w->run->report, w->fps, "frames");
	w->mbps = add_curve(w, "throughput-bits", "the same, in bits of the frames with their FCS", octets,
		(struct report_axis){"throughput", "Mbit/s", REPORT_LINEAR});
	w->mbps_points = report_add_series(w->run->report, w->mbps, "bits");
}

static void report_throughput(struct work *w, const struct wire_search *s)
{
	double fps = s->low * w->run->config->n_streams, mbps = fps * w->octets * OCTET_BITS / 1e6;
	const char *limit = s->low <= 0       ? "nothing passed"
			    : s->tester_limit ? "all that the tester can send: what is tested may do more"
			    : !s->failed      ? "max_rate: what is tested may do more"
					      : "highest rate that passed";
	char name[2 * NAME];

	snprintf(name, sizeof name, "throughput/%s", w->size);
	add_row(w, name, "frames/s", limit, true, fps);
	end_show();
	if (!s->failed || s->low <= 0)
		fprintf(stderr, "amime-bench: throughput of %s octets: %s\n", w->size, limit);
	if (w->asked == WIRE_IMIX)
		return;
	add_point(w, w->fps_points, w->octets, fps);
	add_point(w, w->mbps_points, w->octets, mbps);
}

static int throughput(struct work *w, struct am_err *err)
{
	const struct wire_config *c = w->run->config;
	struct wire_result r;
	struct wire_search s;
	int ret = 0;

	snprintf(w->doing, sizeof w->doing, "throughput");
	wire_search_init(&s, c->max_rate, c->resolution_permille / 1000.0);
	while (!ret && wire_search_goes_on(&s)) {
		ret = trial(w, s.rate, duration(w), 0, &r, err);
		if (!ret)
			wire_search_take(&s, r.offered, passes(w, &r));
	}
	if (ret)
		return ret;
	report_throughput(w, &s);
	w->base = s.low;
	return 0;
}

/* ---- latency ---- */

static void report_latency(
	struct work *w, struct report_curve *curve, unsigned percent, const struct wire_result *r)
{
	char series[NAME], name[3 * NAME], about[NAME];
	struct report_series *points;

	snprintf(series, sizeof series, "%u %%", percent);
	points = report_add_series(w->run->report, curve, series);
	snprintf(about, sizeof about, "at %u %% of the throughput, %.0f frames/s", percent,
		r->offered * w->run->config->n_streams);
	for (unsigned i = 0; i < PERCENTILES; i++) {
		double us = (double)bench_histogram_percentile(r->latency, percentiles[i].percent) / AM_US;

		snprintf(name, sizeof name, "latency/%s-%u%%-%s", w->size, percent, percentiles[i].name);
		if (percentiles[i].row)
			add_row(w, name, "us", about, false, us);
		if (percentiles[i].percent < 100)
			add_point(w, points, percentiles[i].percent, us);
	}
	/* RFC 8219 7.3.1 */
	snprintf(name, sizeof name, "latency/%s-%u%%-pdv", w->size, percent);
	add_row(w, name, "us", "packet delay variation: 99.9th percentile less the minimum", false,
		(double)(bench_histogram_percentile(r->latency, 99.9) - r->latency->least) / AM_US);
}

static int latency(struct work *w, struct am_err *err)
{
	const struct wire_loads *loads = &w->run->config->latency;
	struct report_curve *curve;
	struct wire_result r;
	char name[2 * NAME];
	int ret = 0;

	snprintf(name, sizeof name, "latency/%s", w->size);
	curve = add_curve(w, name, "from one port of the tester to another, by percentile",
		(struct report_axis){"percentile", "%", REPORT_PERCENTILE},
		(struct report_axis){"latency", "us", REPORT_LOG});
	for (uint16_t i = 0; !ret && i < loads->n; i++) {
		snprintf(w->doing, sizeof w->doing, "latency at %u %%", loads->percent[i]);
		ret = trial(w, w->base * loads->percent[i] / 100, duration(w), 0, &r, err);
		if (!ret)
			report_latency(w, curve, loads->percent[i], &r);
	}
	return ret;
}

/* ---- frame loss rate ---- */

static int by_x(const void *a, const void *b)
{
	double x = ((const struct report_point *)a)->x, y = ((const struct report_point *)b)->x;

	return x < y ? -1 : x > y;
}

static int loss(struct work *w, struct am_err *err)
{
	const struct wire_loads *loads = &w->run->config->loss;
	struct report_point points[WIRE_LOADS_MAX];
	struct report_series *line;
	struct report_curve *curve;
	struct wire_result r;
	char name[2 * NAME];
	uint16_t n = 0;
	int ret = 0;

	snprintf(name, sizeof name, "loss/%s", w->size);
	curve = add_curve(w, name, "frames lost by rate offered",
		(struct report_axis){"offered", "frames/s", REPORT_LINEAR},
		(struct report_axis){"loss", "%", REPORT_LINEAR});
	line = report_add_series(w->run->report, curve, "lost");
	for (uint16_t i = 0; !ret && i < loads->n; i++) {
		char about[NAME];
		double percent;

		snprintf(w->doing, sizeof w->doing, "loss at %u %%", loads->percent[i]);
		ret = trial(w, w->base * loads->percent[i] / 100, duration(w), 0, &r, err);
		if (ret)
			break;
		percent = 100.0 * (double)r.total.lost / (double)r.total.sent;
		snprintf(name, sizeof name, "loss/%s-%u%%", w->size, loads->percent[i]);
		snprintf(about, sizeof about, "%.0f frames/s offered", r.offered * w->run->config->n_streams);
		add_row(w, name, "%", about, false, percent);
		points[n++] = (struct report_point){
			r.offered * w->run->config->n_streams, percent, percent, percent};
	}
	qsort(points, n, sizeof *points, by_x);
	for (uint16_t i = 0; i < n; i++)
		report_add_point(w->run->report, line, &points[i]);
	return ret;
}

/* ---- back to back ---- */

static int back_to_back(struct work *w, struct am_err *err)
{
	const struct wire_config *c = w->run->config;
	struct wire_search s;
	struct wire_result r;
	char name[2 * NAME];
	int ret = 0;

	snprintf(w->doing, sizeof w->doing, "back to back");
	wire_search_init(&s, c->burst_frames, c->resolution_permille / 1000.0);
	while (!ret && wire_search_goes_on(&s) && s.rate >= 1) {
		ret = trial(w, c->max_rate, UINT64_MAX, (uint64_t)s.rate, &r, err);
		if (!ret)
			wire_search_take(&s, s.rate, passes(w, &r));
	}
	if (ret)
		return ret;
	snprintf(name, sizeof name, "back-to-back/%s", w->size);
	add_row(w, name, "frames",
		s.failed ? "longest burst of each stream that passed" : "the longest that was tried", true,
		s.low);
	return 0;
}

/* ---- soak ---- */

static int soak(struct work *w, struct am_err *err)
{
	const struct wire_config *c = w->run->config;
	struct report_curve *curve;
	struct wire_result r;
	char name[2 * NAME];
	int ret;

	snprintf(w->doing, sizeof w->doing, "soak at %u %%", c->soak_percent);
	snprintf(name, sizeof name, "soak/%s", w->size);
	curve = add_curve(w, name, "frames lost by time", (struct report_axis){"time", "s", REPORT_LINEAR},
		(struct report_axis){"lost since the point before", "frames", REPORT_LINEAR});
	w->soak_lost = report_add_series(w->run->report, curve, "lost");
	w->soak_next = w->soak_before = 0;
	ret = trial(w, w->base * c->soak_percent / 100, c->soak_s * AM_S, 0, &r, err);
	w->soak_lost = NULL;
	if (ret && ret != -EINTR)
		return ret;
	snprintf(name, sizeof name, "soak/%s-sent", w->size);
	add_row(w, name, "frames", "", true, (double)r.total.sent);
	snprintf(name, sizeof name, "soak/%s-lost", w->size);
	add_row(w, name, "frames", "", false, (double)r.total.lost);
	snprintf(name, sizeof name, "soak/%s-reordered", w->size);
	add_row(w, name, "frames", "within a flow, RFC 4737", false, (double)r.total.reordered);
	snprintf(name, sizeof name, "soak/%s-duplicates", w->size);
	add_row(w, name, "frames", "", false, (double)r.total.duplicates);
	return ret;
}

/* ---- everything ---- */

typedef int one_test(struct work *w, struct am_err *err);

static void begin_size(struct work *w, uint16_t size)
{
	const struct wire_config *c = w->run->config;
	uint32_t octets = 0, weight = 0;

	w->asked = size;
	w->octets = size;
	w->base = c->max_rate;
	snprintf(w->size, sizeof w->size, "%u", size);
	if (size != WIRE_IMIX)
		return;
	snprintf(w->size, sizeof w->size, "imix");
	for (uint16_t i = 0; i < c->n_mix; i++) {
		octets += (uint32_t)c->mix[i].size * c->mix[i].weight;
		weight += c->mix[i].weight;
	}
	w->octets = (uint16_t)(octets / weight);
}

static int do_size(struct work *w, uint16_t size, struct am_err *err)
{
	static one_test *const tests[WIRE_TESTS] = {throughput, latency, loss, back_to_back, soak};
	int ret;

	begin_size(w, size);
	ret = wire_tester_reach(w->run->tester, size, err);
	for (unsigned i = 0; !ret && i < WIRE_TESTS; i++) {
		if (!is_wanted(w->run, i))
			continue;
		if (w->base <= 0)
			return am_fail(err, ENODATA,
				"not even %u frames/s of %s octets passed without more than %u ppm lost, so "
				"that the other tests have no rate to go by; see \"throughput\": {\"loss_ppm\"}",
				w->run->config->max_rate / 10000, w->size, w->run->config->loss_ppm);
		ret = tests[i](w, err);
	}
	return ret;
}

static void report_totals(struct work *w)
{
	const struct totals *t = &w->totals;
	const struct wire_config *c = w->run->config;

	add_row(w, "frames/sent", "frames", "in all trials", true, (double)t->frames.sent);
	add_row(w, "frames/received", "frames", "each once, where it belongs", true,
		(double)t->frames.received);
	add_row(w, "frames/lost", "frames", "in all trials, those that looked for the limit too", false,
		(double)t->frames.lost);
	add_row(w, "frames/reordered", "frames", "within a flow, RFC 4737", false,
		(double)t->frames.reordered);
	add_row(w, "frames/duplicates", "frames", "", false, (double)t->frames.duplicates);
	add_row(w, "frames/corrupted", "frames", "not as they were sent", false, (double)t->corrupted);
	add_row(w, "frames/misdirected", "frames", "at another port than theirs", false,
		(double)t->frames.misdirected);
	add_row(w, "frames/foreign", "frames", "not from this tester", false, (double)t->foreign);
	add_row(w, "frames/stale", "frames", "after their trial had ended", false, (double)t->stale);
	add_row(w, "frames/tester-lost", "frames", "dropped by the tester's own ports, counted as lost above",
		false, (double)t->tester_lost);
	add_row(w, "trials/short", "trials", "the tester sent less than it was to", false, t->short_trials);
	for (uint16_t i = 0; i < c->base.n_ports; i++) {
		char name[2 * NAME];

		snprintf(name, sizeof name, "port/%s-sent", c->base.ports[i].name);
		add_row(w, name, "frames", "of ours, those for bridges to learn from too", true,
			(double)wire_tester_sent(w->run->tester, i));
		snprintf(name, sizeof name, "port/%s-received", c->base.ports[i].name);
		add_row(w, name, "frames", "all, whoever sent them", true,
			(double)wire_tester_received(w->run->tester, i));
	}
}

int wire_run(struct wire_run *run, struct am_err *err)
{
	struct work w = {.run = run};
	int ret = 0;

	if (is_wanted(run, WIRE_THROUGHPUT))
		begin_curves(&w);
	for (uint16_t i = 0; !ret && i < run->config->n_sizes; i++)
		ret = do_size(&w, run->config->sizes[i], err);
	end_show();
	report_totals(&w);
	return ret;
}
