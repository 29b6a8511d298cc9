/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "axis.h"
#include "plot.h"
#include "svg.h"

enum { ROW = 30, BAR = 20, AXIS = 30, TICKS = 8, NAMES_MAX = 330, TOTAL = 80, STAGES_MAX = 32 };

/* Names of stages in the order of their first appearance: their colours. What is beyond STAGES_MAX shares the last one. */
struct names {
	const char *name[STAGES_MAX];
	size_t n;
};

static size_t find_name(struct names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (!strcmp(names->name[i], name))
			return i;
	if (names->n == STAGES_MAX)
		return STAGES_MAX - 1;
	names->name[names->n++] = name;
	return names->n - 1;
}

/* What is below nothing is not drawn: a stage that cost less than the clock's reading. */
static double drawn(const struct report_stage *s)
{
	return s->value > 0 ? s->value : 0;
}

static double sum(const struct report_row *row)
{
	double total = 0;

	for (size_t i = 0; i < row->n_stages; i++)
		total += drawn(&row->stages[i]);
	return total;
}

struct layout {
	struct names stages;
	double names, high;
	unsigned rows;
};

static struct layout lay_out(const struct report *r)
{
	struct layout l = {.names = 80};

	for (size_t i = 0; i < r->n_rows; i++) {
		const struct report_row *row = r->rows[i];
		double name = svg_text_width(row->name, SVG_TEXT_SIZE), total = sum(row);

		if (!row->n_stages)
			continue;
		l.rows++;
		l.names = name > l.names ? name : l.names;
		l.high = total > l.high ? total : l.high;
		for (size_t j = 0; j < row->n_stages; j++)
			find_name(&l.stages, row->stages[j].name);
	}
	l.names = l.names < NAMES_MAX ? l.names : NAMES_MAX;
	return l;
}

static void draw_part(FILE *out, const struct report_row *row, const struct report_stage *s, size_t colour,
	struct svg_box box)
{
	char class[16], text[PLOT_TEXT];

	snprintf(class, sizeof class, "c%zu", colour % SVG_COLOURS);
	snprintf(text, sizeof text, "%s, %s: %.1f %s%s%s", row->name, s->name, s->value, row->unit,
		*row->per ? "/" : "", row->per);
	svg_rect(out, class, &box, text);
	snprintf(text, sizeof text, s->value < 10 ? "%.1f" : "%.0f", s->value);
	if (svg_text_width(text, SVG_TEXT_SIZE) + 6 <= box.width)
		svg_text(out, "text on", SVG_MIDDLE,
			(struct svg_point){box.x + box.width / 2, box.y + box.height / 2 + 4}, text);
}

static void draw_row(
	FILE *out, const struct report_row *row, struct layout *l, const struct axis *a, double y)
{
	double at = 0;
	char text[PLOT_TEXT];

	svg_fit(row->name, SVG_TEXT_SIZE, l->names, text, sizeof text);
	svg_text(out, "text", SVG_START, (struct svg_point){PLOT_MARGIN, y + ROW / 2.0 + 4}, text);
	for (size_t i = 0; i < row->n_stages; i++) {
		const struct report_stage *s = &row->stages[i];
		double from = axis_place(a, at), to = axis_place(a, at + drawn(s));

		draw_part(out, row, s, find_name(&l->stages, s->name),
			(struct svg_box){from, y + (ROW - BAR) / 2.0, to - from, BAR});
		at += drawn(s);
	}
	snprintf(text, sizeof text, "%.1f", at);
	svg_text(out, "text", SVG_START, (struct svg_point){axis_place(a, at) + 7, y + ROW / 2.0 + 4}, text);
}

void plot_stages(const struct report *r, FILE *out)
{
	struct layout l = lay_out(r);
	double legend = plot_legend_height(l.stages.name, l.stages.n), y = PLOT_HEAD + legend;
	double bottom = y + l.rows * ROW;
	char text[PLOT_TEXT];
	struct axis a;

	snprintf(text, sizeof text, "amime-bench %s: cost by stage", r->command);
	plot_begin(r, bottom + AXIS, text, out);
	y = PLOT_HEAD - 4;
	plot_legend(out, l.stages.name, l.stages.n, &y);
	axis_init(&a, REPORT_LINEAR, 0, l.high, TICKS, PLOT_MARGIN + l.names + 12,
		PLOT_WIDTH - PLOT_MARGIN - TOTAL);
	y = PLOT_HEAD + legend;
	for (unsigned i = 0; i < a.n_ticks; i++) {
		double x = axis_place(&a, a.ticks[i].value);

		svg_line(out, "grid", (struct svg_point){x, y}, (struct svg_point){x, bottom});
		svg_text(out, "small", SVG_MIDDLE, (struct svg_point){x, bottom + 14}, a.ticks[i].label);
	}
	for (size_t i = 0; i < r->n_rows; i++) {
		if (!r->rows[i]->n_stages)
			continue;
		draw_row(out, r->rows[i], &l, &a, y);
		y += ROW;
	}
	svg_end(out);
}
