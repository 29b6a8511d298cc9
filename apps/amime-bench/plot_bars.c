/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "axis.h"
#include "plot.h"
#include "shapes.h"
#include "svg.h"

enum {
	FOOT = 30,
	GROUP_HEAD = 26,
	ROW = 20,
	BAR = 12,
	AXIS = 24,
	NAMES_MAX = 330,
	VALUES = 70, /* to the right of bars */
	VALUES_AND_GOALS = 190,
	TICKS = 6,
};

/* Rows of one name before the '/' and one unit. */
struct group {
	const struct report_row *first;
	double high; /* the largest thing to show */
	unsigned n;
};

static bool is_first_of_group(const struct report *r, size_t i)
{
	if (shapes_fold(r->rows[i]))
		return false;
	for (size_t j = 0; j < i; j++)
		if (!shapes_fold(r->rows[j]) && plot_same_group(r->rows[j], r->rows[i]))
			return false;
	return true;
}

static double null_median(const struct report_row *row)
{
	return row->null_row && report_kept(row->null_row) ? row->null_row->stats.median : 0;
}

static struct group measure_group(const struct report *r, size_t first)
{
	struct group g = {.first = r->rows[first]};

	for (size_t i = first; i < r->n_rows; i++) {
		const struct report_row *row = r->rows[i];
		double high = report_kept(row) ? row->stats.q3 - null_median(row) : 0;

		if (shapes_fold(row) || !plot_same_group(g.first, row))
			continue;
		high = row->goal > high ? row->goal : high;
		g.high = high > g.high ? high : g.high;
		g.n++;
	}
	return g;
}

static bool any(const struct report *r, bool (*has)(const struct report_row *row))
{
	for (size_t i = 0; i < r->n_rows; i++)
		if (has(r->rows[i]))
			return true;
	return false;
}

static bool has_goal(const struct report_row *row)
{
	return row->goal > 0;
}

static bool has_null(const struct report_row *row)
{
	return row->null != NULL;
}

static double names_width(const struct report *r)
{
	double width = 80;

	for (size_t i = 0; i < r->n_rows; i++) {
		double name = shapes_fold(r->rows[i]) ? 0 : svg_text_width(r->rows[i]->name, SVG_TEXT_SIZE);

		width = name > width ? name : width;
	}
	return width < NAMES_MAX ? width : NAMES_MAX;
}

static double total_height(const struct report *r)
{
	double height = PLOT_HEAD + FOOT;

	for (size_t i = 0; i < r->n_rows; i++)
		height += (shapes_fold(r->rows[i]) ? 0 : ROW) +
			  (is_first_of_group(r, i) ? GROUP_HEAD + AXIS : 0);
	return height;
}

static void draw_axis(FILE *out, const struct axis *a, double top, double bottom)
{
	for (unsigned i = 0; i < a->n_ticks; i++) {
		double x = axis_place(a, a->ticks[i].value);

		svg_line(out, i ? "grid" : "axis", (struct svg_point){x, top}, (struct svg_point){x, bottom});
		svg_text(out, "small", SVG_MIDDLE, (struct svg_point){x, bottom + 13}, a->ticks[i].label);
	}
}

/* "247.4, 6.18x of goal 40": what stands at the bar's end. */
static void value_text(const struct report_row *row, double value, char *out, size_t room)
{
	char number[AXIS_LABEL], goal[AXIS_LABEL];
	double ratio;

	if (value >= 10 && value < 1e5)
		snprintf(number, sizeof number, "%.1f", value);
	else
		axis_number(value, number, sizeof number);
	axis_number(row->goal, goal, sizeof goal);
	if (report_goal_ratio(row, &ratio))
		snprintf(out, room, ratio < 1000 ? "%s, %.2fx of goal %s" : "%s, %.3gx of goal %s", number,
			ratio, goal);
	else
		snprintf(out, room, "%s", number);
}

static void tip_text(const struct report_row *row, char *out, size_t room)
{
	snprintf(out, room, "%s: %s; median %.5g, quartiles %.5g to %.5g %s%s%s; %zu of %zu samples kept",
		row->name, row->about, row->stats.median, row->stats.q1, row->stats.q3, row->unit,
		*row->per ? "/" : "", row->per, report_kept(row), row->n_samples);
}

static void draw_bar(FILE *out, const struct report_row *row, const struct axis *a, double y)
{
	double value, ratio, null = null_median(row), middle = y + ROW / 2.0, end;
	char text[PLOT_TEXT], tip[PLOT_TEXT];
	bool over = report_goal_ratio(row, &ratio) && ratio > 1;
	double low = axis_place(a, row->stats.q1 - null), high = axis_place(a, row->stats.q3 - null);

	if (!report_net(row, &value)) {
		svg_text(out, "small", SVG_START, (struct svg_point){a->from + 6, middle + 4},
			"no sample to trust");
		return;
	}
	end = axis_place(a, value);
	tip_text(row, tip, sizeof tip);
	svg_rect(out, row->goal > 0 && !over ? "c2" : "c0",
		&(struct svg_box){a->from, y + (ROW - BAR) / 2.0, end - a->from, BAR}, tip);
	svg_line(out, "whisker", (struct svg_point){low, middle}, (struct svg_point){high, middle});
	svg_line(out, "whisker", (struct svg_point){low, middle - 3}, (struct svg_point){low, middle + 3});
	svg_line(out, "whisker", (struct svg_point){high, middle - 3}, (struct svg_point){high, middle + 3});
	end = high > end ? high : end;
	if (row->goal > 0) {
		double x = axis_place(a, row->goal);

		svg_line(out, "goal", (struct svg_point){x, y + 2}, (struct svg_point){x, y + ROW - 2});
		end = x > end ? x : end;
	}
	value_text(row, value, text, sizeof text);
	svg_text(out, "text", SVG_START, (struct svg_point){end + 7, middle + 4}, text);
}

static void group_title(const struct report_row *row, char *out, size_t room)
{
	snprintf(out, room, "%.*s, %s%s%s%s", (int)plot_prefix(row->name), row->name, row->unit,
		*row->per ? " per " : "", row->per, row->more_is_better ? " (more is better)" : "");
}

static double draw_group(FILE *out, const struct report *r, size_t first, double names, double y)
{
	struct group g = measure_group(r, first);
	double top = y + GROUP_HEAD, bottom = top + g.n * ROW;
	char text[PLOT_TEXT];
	struct axis a;

	axis_init(&a, REPORT_LINEAR, 0, g.high, TICKS, PLOT_MARGIN + names + 12,
		PLOT_WIDTH - PLOT_MARGIN - (any(r, has_goal) ? VALUES_AND_GOALS : VALUES));
	group_title(g.first, text, sizeof text);
	svg_text(out, "head", SVG_START, (struct svg_point){PLOT_MARGIN, y + 18}, text);
	draw_axis(out, &a, top, bottom);
	for (size_t i = first, at = 0; i < r->n_rows; i++) {
		double row = top + (double)at * ROW;

		if (shapes_fold(r->rows[i]) || !plot_same_group(g.first, r->rows[i]))
			continue;
		svg_fit(r->rows[i]->name, SVG_TEXT_SIZE, names, text, sizeof text);
		svg_text(out, "text", SVG_START, (struct svg_point){PLOT_MARGIN, row + 14}, text);
		draw_bar(out, r->rows[i], &a, row);
		at++;
	}
	return bottom + AXIS;
}

void plot_bars(const struct report *r, FILE *out)
{
	double height = total_height(r), y = PLOT_HEAD, names = names_width(r);
	char text[PLOT_TEXT];

	snprintf(text, sizeof text, "amime-bench %s", r->command);
	plot_begin(r, height, text, out);
	for (size_t i = 0; i < r->n_rows; i++)
		if (is_first_of_group(r, i))
			y = draw_group(out, r, i, names, y);
	snprintf(text, sizeof text, "bar: median of the samples kept%s; whisker: quartiles%s",
		any(r, has_null) ? ", less its null case's" : "",
		any(r, has_goal) ? "; upright mark: the goal, green where it is reached" : "");
	svg_text(out, "small", SVG_START, (struct svg_point){PLOT_MARGIN, height - 12}, text);
	svg_end(out);
}
