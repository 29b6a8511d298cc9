/* SPDX-License-Identifier: BSD-3-Clause */
#include "plot.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "svg.h"

enum { PATH = 4096, NAME = 96, LEGEND_LINE = 20, SWATCH = 10, GAP = 18 };

static void put_machine(const struct report *r, FILE *out)
{
	double tsc = report_number(r, REPORT_MACHINE, "tsc_hz") / 1e6;
	double core = report_number(r, REPORT_MACHINE, "core_hz") / 1e6;
	char text[PLOT_TEXT], clock[64] = "", fit[PLOT_TEXT];

	if (tsc > 0 && core > 0)
		snprintf(clock, sizeof clock, ", TSC %.0f MHz, core %.0f MHz", tsc, core);
	snprintf(text, sizeof text, "%s%s; amime %s, %s; %s", report_text(r, REPORT_MACHINE, "cpu"), clock,
		report_text(r, REPORT_VERSIONS, "amime"), report_text(r, REPORT_VERSIONS, "revision"),
		report_text(r, REPORT_VERSIONS, "dpdk"));
	svg_fit(text, SVG_SMALL_SIZE, PLOT_WIDTH - 2 * PLOT_MARGIN, fit, sizeof fit);
	svg_text(out, "small", SVG_START, (struct svg_point){PLOT_MARGIN, 50}, fit);
}

void plot_begin(const struct report *r, double height, const char *title, FILE *out)
{
	char fit[PLOT_TEXT];

	svg_begin(out, PLOT_WIDTH, height, title);
	svg_fit(title, SVG_TITLE_SIZE, PLOT_WIDTH - 2 * PLOT_MARGIN, fit, sizeof fit);
	svg_text(out, "title", SVG_START, (struct svg_point){PLOT_MARGIN, 32}, fit);
	put_machine(r, out);
}

size_t plot_prefix(const char *name)
{
	return strcspn(name, "/");
}

bool plot_same_group(const struct report_row *a, const struct report_row *b)
{
	size_t n = plot_prefix(a->name);

	return n == plot_prefix(b->name) && !strncmp(a->name, b->name, n) && !strcmp(a->unit, b->unit) &&
	       !strcmp(a->per, b->per);
}

static double entry_width(const char *name)
{
	return SWATCH + 6 + svg_text_width(name, SVG_TEXT_SIZE) + GAP;
}

/* The next entry's place. True where it had to go to a new line. */
static bool advance(double *x, double width)
{
	if (*x == PLOT_MARGIN || *x + width <= PLOT_WIDTH - PLOT_MARGIN)
		return false;
	*x = PLOT_MARGIN;
	return true;
}

double plot_legend_height(const char *const *names, size_t n)
{
	double x = PLOT_MARGIN, height = n ? LEGEND_LINE : 0;

	for (size_t i = 0; i < n; i++) {
		if (advance(&x, entry_width(names[i])))
			height += LEGEND_LINE;
		x += entry_width(names[i]);
	}
	return height;
}

void plot_legend(FILE *out, const char *const *names, size_t n, double *y)
{
	double x = PLOT_MARGIN;

	for (size_t i = 0; i < n; i++) {
		char class[16], name[PLOT_TEXT];

		if (advance(&x, entry_width(names[i])))
			*y += LEGEND_LINE;
		snprintf(class, sizeof class, "c%zu", i % SVG_COLOURS);
		svg_fit(names[i], SVG_TEXT_SIZE, PLOT_WIDTH - 2 * PLOT_MARGIN - SWATCH - GAP, name,
			sizeof name);
		svg_rect(out, class, &(struct svg_box){x, *y + 4, SWATCH, SWATCH}, NULL);
		svg_text(out, "text", SVG_START, (struct svg_point){x + SWATCH + 6, *y + 13}, name);
		x += entry_width(names[i]);
	}
	*y += n ? LEGEND_LINE : 0;
}

/* ---- files ---- */

static FILE *open_plot(const char *dir, const char *name, char path[PATH], struct am_err *err)
{
	FILE *out;

	snprintf(path, PATH, "%s/%s.svg", dir, name);
	out = fopen(path, "w");
	if (!out)
		am_fail(err, errno, "%s: %s", path, strerror(errno));
	return out;
}

static int close_plot(FILE *out, const char *path, struct am_err *err)
{
	bool good = !ferror(out);

	good &= fclose(out) == 0;
	return good ? 0 : am_fail(err, EIO, "%s: could not write the plot; is the disk full?", path);
}

static int plot_rows(const struct report *r, const char *dir, const char *name,
	void (*plot)(const struct report *r, FILE *out), struct am_err *err)
{
	char path[PATH];
	FILE *out = open_plot(dir, name, path, err);

	if (!out)
		return -EIO;
	plot(r, out);
	return close_plot(out, path, err);
}

/* "latency/64" is file curve-latency-64.svg. */
static void curve_file(const struct report_curve *curve, char name[NAME])
{
	snprintf(name, NAME, "curve-%s", curve->name);
	for (char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
			*c = '-';
}

static int plot_one_curve(
	const struct report *r, const struct report_curve *curve, const char *dir, struct am_err *err)
{
	char path[PATH], name[NAME];
	FILE *out;

	curve_file(curve, name);
	out = open_plot(dir, name, path, err);
	if (!out)
		return -EIO;
	plot_curve(r, curve, out);
	return close_plot(out, path, err);
}

static bool any_shapes(const struct report *r)
{
	for (size_t i = 0; i < r->n_rows; i++)
		if (r->rows[i]->of_row)
			return true;
	return false;
}

static bool any_stages(const struct report *r)
{
	for (size_t i = 0; i < r->n_rows; i++)
		if (r->rows[i]->n_stages)
			return true;
	return false;
}

int plot_all(const struct report *r, const char *dir, struct am_err *err)
{
	int ret = r->n_rows ? plot_rows(r, dir, "bars", plot_bars, err) : 0;

	if (!ret && any_shapes(r))
		ret = plot_rows(r, dir, "shapes", plot_shapes, err);
	if (!ret && any_stages(r))
		ret = plot_rows(r, dir, "stages", plot_stages, err);
	for (size_t i = 0; !ret && i < r->n_curves; i++)
		ret = plot_one_curve(r, r->curves[i], dir, err);
	return ret;
}
