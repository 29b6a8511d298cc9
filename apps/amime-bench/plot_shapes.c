/* SPDX-License-Identifier: BSD-3-Clause */
#include "axis.h"
#include "plot.h"
#include "shapes.h"
#include "svg.h"

enum {
	FOOT = 30,
	GROUP_HEAD = 26,
	ROW = 26,
	LANE = 5, /* of dots, above and below the middle of a row */
	AXIS = 24,
	NAMES_MAX = 330,
	TICKS = 12,
	BURSTS_MAX = SHAPES_MAX,
};

/* What all groups of rows have in common. */
struct picture {
	const struct report *r;
	struct shapes shapes;
	unsigned bursts[BURSTS_MAX]; /* their colours */
	size_t n_bursts;
	double names; /* width */
	double low, high;
	struct axis axis;
};

static size_t colour_of(const struct picture *p, unsigned burst)
{
	size_t i = 0;

	while (i < p->n_bursts && p->bursts[i] != burst)
		i++;
	return i;
}

/* A log axis has no place for what is not above 0. */
static bool is_drawn(const struct report_row *row)
{
	double value;

	return row && report_net(row, &value) && value > 0;
}

static void include(struct picture *p, const struct report_row *row)
{
	double value;

	if (!is_drawn(row) || !report_net(row, &value))
		return;
	p->low = !p->high || value < p->low ? value : p->low;
	p->high = value > p->high ? value : p->high;
}

static void lay_out(struct picture *p)
{
	for (size_t i = 0; i < p->shapes.n; i++)
		if (colour_of(p, p->shapes.at[i].burst) == p->n_bursts)
			p->bursts[p->n_bursts++] = p->shapes.at[i].burst;
	for (size_t i = 0; i < p->r->n_rows; i++) {
		const struct report_row *row = p->r->rows[i];
		double name = svg_text_width(row->name, SVG_TEXT_SIZE);

		if (!shapes_has(p->r, row))
			continue;
		p->names = name > p->names ? name : p->names;
		for (size_t s = 0; s < p->shapes.n; s++)
			include(p, shapes_row(p->r, row, &p->shapes.at[s]));
	}
	p->names = p->names < NAMES_MAX ? p->names : NAMES_MAX;
	axis_init(&p->axis, REPORT_LOG, p->low, p->high, TICKS, PLOT_MARGIN + p->names + 12,
		PLOT_WIDTH - PLOT_MARGIN - 16);
}

static void draw_grid(FILE *out, const struct axis *a, double top, double bottom)
{
	for (unsigned i = 0; i < a->n_ticks; i++) {
		double x = axis_place(a, a->ticks[i].value);

		svg_line(out, "grid", (struct svg_point){x, top}, (struct svg_point){x, bottom});
		svg_text(out, "small", SVG_MIDDLE, (struct svg_point){x, bottom + 13}, a->ticks[i].label);
	}
}

static void tip_text(const struct report_row *row, char *out, size_t room)
{
	double value = 0;

	report_net(row, &value);
	snprintf(out, room, "%s: %.5g %s%s%s, quartiles %.5g to %.5g; %zu of %zu samples kept", row->name,
		value, row->unit, *row->per ? "/" : "", row->per, row->stats.q1, row->stats.q3,
		report_kept(row), row->n_samples);
}

/* From the smallest to the largest burst, as far as there are any. */
static void draw_span(FILE *out, const struct picture *p, const struct report_row *row, bool cold, double y)
{
	double low = 0, high = 0, value;

	for (size_t i = 0; i < p->shapes.n; i++) {
		const struct report_row *shape = shapes_row(p->r, row, &p->shapes.at[i]);

		if (p->shapes.at[i].cold != cold || !is_drawn(shape) || !report_net(shape, &value))
			continue;
		low = !high || value < low ? value : low;
		high = value > high ? value : high;
	}
	if (high > 0)
		svg_line(out, cold ? "whisker" : "axis", (struct svg_point){axis_place(&p->axis, low), y},
			(struct svg_point){axis_place(&p->axis, high), y});
}

static void draw_row(FILE *out, const struct picture *p, const struct report_row *row, double top)
{
	double middle = top + ROW / 2.0, value;
	char text[PLOT_TEXT], class[16];

	svg_fit(row->name, SVG_TEXT_SIZE, p->names, text, sizeof text);
	svg_text(out, "text", SVG_START, (struct svg_point){PLOT_MARGIN, middle + 4}, text);
	draw_span(out, p, row, false, middle - LANE);
	draw_span(out, p, row, true, middle + LANE);
	for (size_t i = 0; i < p->shapes.n; i++) {
		const struct shape *s = &p->shapes.at[i];
		const struct report_row *shape = shapes_row(p->r, row, s);

		if (!is_drawn(shape) || !report_net(shape, &value))
			continue;
		snprintf(class, sizeof class, "c%zu", colour_of(p, s->burst) % SVG_COLOURS);
		tip_text(shape, text, sizeof text);
		svg_dot(out, class,
			(struct svg_point){axis_place(&p->axis, value), middle + (s->cold ? LANE : -LANE)},
			text);
	}
}

static bool is_first(const struct picture *p, size_t i)
{
	if (!shapes_has(p->r, p->r->rows[i]))
		return false;
	for (size_t j = 0; j < i; j++)
		if (shapes_has(p->r, p->r->rows[j]) && plot_same_group(p->r->rows[j], p->r->rows[i]))
			return false;
	return true;
}

static double draw_group(FILE *out, const struct picture *p, size_t first, double y)
{
	const struct report_row *of = p->r->rows[first];
	double top = y + GROUP_HEAD, bottom = top;
	char text[PLOT_TEXT];

	for (size_t i = first; i < p->r->n_rows; i++)
		bottom += shapes_has(p->r, p->r->rows[i]) && plot_same_group(of, p->r->rows[i]) ? ROW : 0;
	snprintf(text, sizeof text, "%.*s, %s%s%s", (int)plot_prefix(of->name), of->name, of->unit,
		*of->per ? " per " : "", of->per);
	svg_text(out, "head", SVG_START, (struct svg_point){PLOT_MARGIN, y + 18}, text);
	draw_grid(out, &p->axis, top, bottom);
	for (size_t i = first; i < p->r->n_rows; i++) {
		if (!shapes_has(p->r, p->r->rows[i]) || !plot_same_group(of, p->r->rows[i]))
			continue;
		draw_row(out, p, p->r->rows[i], top);
		top += ROW;
	}
	return bottom + AXIS;
}

static double total_height(const struct picture *p, double legend)
{
	double height = PLOT_HEAD + legend + FOOT;

	for (size_t i = 0; i < p->r->n_rows; i++)
		height += (shapes_has(p->r, p->r->rows[i]) ? ROW : 0) +
			  (is_first(p, i) ? GROUP_HEAD + AXIS : 0);
	return height;
}

void plot_shapes(const struct report *r, FILE *out)
{
	struct picture p = {.r = r, .names = 80};
	char names[BURSTS_MAX][SHAPES_LABEL + 16], text[PLOT_TEXT];
	const char *legend[BURSTS_MAX];
	double height, y;

	shapes_find(r, &p.shapes);
	lay_out(&p);
	for (size_t i = 0; i < p.n_bursts; i++) {
		snprintf(names[i], sizeof names[i], "burst of %u", p.bursts[i]);
		legend[i] = names[i];
	}
	height = total_height(&p, plot_legend_height(legend, p.n_bursts));
	snprintf(text, sizeof text, "amime-bench %s: cost by burst, on warm and on cold data", r->command);
	plot_begin(r, height, text, out);
	y = PLOT_HEAD - 4;
	plot_legend(out, legend, p.n_bursts, &y);
	for (size_t i = 0; i < r->n_rows; i++)
		if (is_first(&p, i))
			y = draw_group(out, &p, i, y);
	svg_text(out, "small", SVG_START, (struct svg_point){PLOT_MARGIN, height - 12},
		"dots: medians of the samples kept; upper ones on warm data; lower ones on cold data, which is more than caches hold");
	svg_end(out);
}
