/* SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>

#include "axis.h"
#include "diff.h"
#include "plot.h"
#include "svg.h"

enum { ROW = 20, AXIS = 40, NAMES_MAX = 330, VALUES = 90, TICK_WIDTH = 52 };

/* How far from 1 the axis goes, to either side: past every interval. */
static double reach(const struct diff *d)
{
	double most = 1.1;

	for (size_t i = 0; i < d->n_rows; i++) {
		const struct bootstrap_ratio *r = &d->rows[i].ratio;

		if (d->rows[i].change == DIFF_UNCLEAR)
			continue;
		most = r->high > most ? r->high : most;
		most = r->low > 0 && 1 / r->low > most ? 1 / r->low : most;
	}
	return most;
}

static double names_width(const struct diff *d)
{
	double width = 80;

	for (size_t i = 0; i < d->n_rows; i++) {
		double name = svg_text_width(d->rows[i].a->name, SVG_TEXT_SIZE);

		width = name > width ? name : width;
	}
	return width < NAMES_MAX ? width : NAMES_MAX;
}

/* Percents of change, equally far apart on the log axis that a and 1/a share. */
static double place(const struct axis *a, double ratio)
{
	return axis_place(a, log(ratio));
}

static void draw_tick(FILE *out, const struct axis *a, double ratio, double top, double bottom)
{
	double x = place(a, ratio);
	char text[AXIS_LABEL];

	snprintf(text, sizeof text, "%+.0f %%", (ratio - 1) * 100);
	svg_line(
		out, ratio == 1 ? "axis" : "grid", (struct svg_point){x, top}, (struct svg_point){x, bottom});
	svg_text(out, "small", SVG_MIDDLE, (struct svg_point){x, bottom + 14}, ratio == 1 ? "equal" : text);
}

/* From 1 outwards, as many as there is room for. */
static void draw_axis(FILE *out, const struct axis *a, double top, double bottom)
{
	static const double less[] = {0.9, 0.8, 0.7, 0.5, 0.2, 0.1, 0.01},
			    more[] = {1.1, 1.25, 1.5, 2, 5, 10, 100};
	double last = place(a, 1);

	draw_tick(out, a, 1, top, bottom);
	for (size_t i = 0; i < sizeof less / sizeof *less; i++) {
		if (log(less[i]) < a->low || last - place(a, less[i]) < TICK_WIDTH)
			continue;
		last = place(a, less[i]);
		draw_tick(out, a, less[i], top, bottom);
	}
	last = place(a, 1);
	for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
		if (log(more[i]) > a->high || place(a, more[i]) - last < TICK_WIDTH)
			continue;
		last = place(a, more[i]);
		draw_tick(out, a, more[i], top, bottom);
	}
}

static void draw_row(FILE *out, const struct diff_row *row, const struct axis *a, double names, double y)
{
	static const char *const classes[DIFF_CHANGES] = {
		[DIFF_SAME] = "c7", [DIFF_BETTER] = "c2", [DIFF_WORSE] = "c1", [DIFF_UNCLEAR] = "c7"};
	const struct bootstrap_ratio *r = &row->ratio;
	double middle = y + ROW / 2.0;
	char text[PLOT_TEXT], line[32];

	svg_fit(row->a->name, SVG_TEXT_SIZE, names, text, sizeof text);
	svg_text(out, "text", SVG_START, (struct svg_point){PLOT_MARGIN, middle + 4}, text);
	if (row->change == DIFF_UNCLEAR) {
		svg_text(out, "small", SVG_START, (struct svg_point){a->to + 12, middle + 4}, "unclear");
		return;
	}
	snprintf(line, sizeof line, "line %s", classes[row->change]);
	svg_polyline(
		out, line, (struct svg_point[]){{place(a, r->low), middle}, {place(a, r->high), middle}}, 2);
	snprintf(text, sizeof text, "%s: %s, %+.1f %%, interval %.3f to %.3f", row->a->name,
		diff_words[row->change], (r->ratio - 1) * 100, r->low, r->high);
	svg_dot(out, classes[row->change], (struct svg_point){place(a, r->ratio), middle}, text);
	snprintf(text, sizeof text, "%+.1f %%", (r->ratio - 1) * 100);
	svg_text(out, row->change == DIFF_SAME ? "small" : "head", SVG_START,
		(struct svg_point){a->to + 12, middle + 4}, text);
}

void diff_plot(const struct diff *d, const char *title, FILE *out)
{
	double names = names_width(d), top = PLOT_HEAD + 8, bottom = top + (double)d->n_rows * ROW;
	double most = log(reach(d)) * 1.05;
	struct axis a = {.scale = REPORT_LINEAR,
		.low = -most,
		.high = most,
		.from = PLOT_MARGIN + names + 24,
		.to = PLOT_WIDTH - PLOT_MARGIN - VALUES};

	plot_begin(d->b, bottom + AXIS + 12, title, out);
	draw_axis(out, &a, top, bottom);
	for (size_t i = 0; i < d->n_rows; i++)
		draw_row(out, &d->rows[i], &a, names, top + (double)i * ROW);
	svg_text(out, "small", SVG_START, (struct svg_point){PLOT_MARGIN, bottom + AXIS},
		"second over first: median and 95 % interval; green better, orange worse, grey within noise");
	svg_end(out);
}
