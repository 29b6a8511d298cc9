/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "axis.h"
#include "plot.h"
#include "svg.h"

enum {
	FIELD = 340, /* height of what is drawn in */
	FOOT = 52,
	LEFT = 84,
	TICKS_X = 10,
	TICKS_Y = 8,
	NAMES_MAX = 64,
};

struct field {
	struct axis x, y;
};

/* Points that an axis has a place for. */
static bool is_shown(const struct report_curve *c, const struct report_point *p)
{
	return (c->x.scale != REPORT_LOG || p->x > 0) && (c->y.scale != REPORT_LOG || p->y > 0);
}

static void widen(struct report_point *low, struct report_point *high, const struct report_point *p, bool log)
{
	double least = log && p->low <= 0 ? p->y : p->low;

	low->x = p->x < low->x ? p->x : low->x;
	high->x = p->x > high->x ? p->x : high->x;
	low->y = least < low->y ? least : low->y;
	high->y = p->high > high->y ? p->high : high->y;
}

/* How far the nines go. */
static double largest_below_hundred(const struct report_curve *c)
{
	double largest = 0;

	for (size_t i = 0; i < c->n_series; i++)
		for (size_t j = 0; j < c->series[i]->n_points; j++) {
			double x = c->series[i]->points[j].x;

			largest = x > largest && x < 100 ? x : largest;
		}
	return largest;
}

static struct field lay_out(const struct report_curve *c, double top)
{
	struct report_point low = {0}, high = {0};
	struct field f;
	bool any = false;

	for (size_t i = 0; i < c->n_series; i++) {
		for (size_t j = 0; j < c->series[i]->n_points; j++) {
			const struct report_point *p = &c->series[i]->points[j];

			if (!is_shown(c, p))
				continue;
			if (!any)
				low = high = *p;
			any = true;
			widen(&low, &high, p, c->y.scale == REPORT_LOG);
		}
	}
	if (c->x.scale == REPORT_PERCENTILE)
		low.x = largest_below_hundred(c);
	axis_init(&f.x, c->x.scale, low.x, high.x, TICKS_X, LEFT, PLOT_WIDTH - PLOT_MARGIN - 16);
	axis_init(&f.y, c->y.scale, low.y, high.y, TICKS_Y, top + FIELD, top);
	return f;
}

static void draw_axes(FILE *out, const struct report_curve *c, const struct field *f)
{
	char text[PLOT_TEXT];

	for (unsigned i = 0; i < f->x.n_ticks; i++) {
		double x = axis_place(&f->x, f->x.ticks[i].value);

		svg_line(out, "grid", (struct svg_point){x, f->y.to}, (struct svg_point){x, f->y.from});
		svg_text(
			out, "small", SVG_MIDDLE, (struct svg_point){x, f->y.from + 16}, f->x.ticks[i].label);
	}
	for (unsigned i = 0; i < f->y.n_ticks; i++) {
		double y = axis_place(&f->y, f->y.ticks[i].value);

		svg_line(out, "grid", (struct svg_point){f->x.from, y}, (struct svg_point){f->x.to, y});
		svg_text(
			out, "small", SVG_END, (struct svg_point){f->x.from - 8, y + 4}, f->y.ticks[i].label);
	}
	svg_line(out, "axis", (struct svg_point){f->x.from, f->y.to},
		(struct svg_point){f->x.from, f->y.from});
	svg_line(out, "axis", (struct svg_point){f->x.from, f->y.from},
		(struct svg_point){f->x.to, f->y.from});
	snprintf(text, sizeof text, "%s%s%s", c->x.name, *c->x.unit ? ", " : "", c->x.unit);
	svg_text(
		out, "text", SVG_MIDDLE, (struct svg_point){(f->x.from + f->x.to) / 2, f->y.from + 38}, text);
	snprintf(text, sizeof text, "%s%s%s", c->y.name, *c->y.unit ? ", " : "", c->y.unit);
	svg_text(out, "text", SVG_START, (struct svg_point){PLOT_MARGIN, f->y.to - 12}, text);
}

static bool has_spread(const struct report_series *s)
{
	for (size_t i = 0; i < s->n_points; i++)
		if (s->points[i].low < s->points[i].y || s->points[i].high > s->points[i].y)
			return true;
	return false;
}

/* There along the upper ends of the spread, and back along the lower ones. */
static void draw_band(FILE *out, const char *class, const struct report_curve *c,
	const struct report_series *s, const struct field *f)
{
	struct svg_point *points = malloc(2 * s->n_points * sizeof *points);
	size_t n = 0;

	if (!points)
		return;
	for (size_t i = 0; i < s->n_points; i++)
		if (is_shown(c, &s->points[i]))
			points[n++] = (struct svg_point){
				axis_place(&f->x, s->points[i].x), axis_place(&f->y, s->points[i].high)};
	for (size_t i = s->n_points; i-- > 0;)
		if (is_shown(c, &s->points[i]))
			points[n++] = (struct svg_point){
				axis_place(&f->x, s->points[i].x), axis_place(&f->y, s->points[i].low)};
	svg_polygon(out, class, points, n);
	free(points);
}

static void draw_dots(FILE *out, const char *class, const struct report_curve *c,
	const struct report_series *s, const struct field *f)
{
	char tip[PLOT_TEXT];

	for (size_t i = 0; i < s->n_points; i++) {
		const struct report_point *p = &s->points[i];

		if (!is_shown(c, p))
			continue;
		snprintf(tip, sizeof tip, "%s: %.8g %s, %.5g %s", s->name, p->x, c->x.unit, p->y, c->y.unit);
		svg_dot(out, class, (struct svg_point){axis_place(&f->x, p->x), axis_place(&f->y, p->y)},
			tip);
	}
}

static void draw_series(FILE *out, const struct report_curve *c, size_t at, const struct field *f)
{
	const struct report_series *s = c->series[at];
	struct svg_point *points = malloc((s->n_points ? s->n_points : 1) * sizeof *points);
	char class[16];
	size_t n = 0;

	if (!points)
		return;
	for (size_t i = 0; i < s->n_points; i++)
		if (is_shown(c, &s->points[i]))
			points[n++] = (struct svg_point){
				axis_place(&f->x, s->points[i].x), axis_place(&f->y, s->points[i].y)};
	if (has_spread(s)) {
		snprintf(class, sizeof class, "band c%zu", at % SVG_COLOURS);
		draw_band(out, class, c, s, f);
	}
	snprintf(class, sizeof class, "line c%zu", at % SVG_COLOURS);
	svg_polyline(out, class, points, n);
	free(points);
	/* Where there is a dot for every few pixels, the line says it all. */
	snprintf(class, sizeof class, "c%zu", at % SVG_COLOURS);
	if (n <= (size_t)(f->x.to - f->x.from) / 12)
		draw_dots(out, class, c, s, f);
}

void plot_curve(const struct report *r, const struct report_curve *curve, FILE *out)
{
	const char *names[NAMES_MAX];
	size_t n = curve->n_series < NAMES_MAX ? curve->n_series : NAMES_MAX;
	double y = PLOT_HEAD - 4, legend;
	char text[PLOT_TEXT];
	struct field f;

	for (size_t i = 0; i < n; i++)
		names[i] = curve->series[i]->name;
	legend = plot_legend_height(names, n);
	f = lay_out(curve, PLOT_HEAD + legend + 24);
	snprintf(text, sizeof text, "%s%s%s", curve->name, *curve->about ? ": " : "", curve->about);
	plot_begin(r, f.y.from + FOOT, text, out);
	plot_legend(out, names, n, &y);
	draw_axes(out, curve, &f);
	for (size_t i = 0; i < curve->n_series; i++)
		draw_series(out, curve, i, &f);
	svg_end(out);
}
