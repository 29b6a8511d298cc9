/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_PLOT_H
#define BENCH_PLOT_H
/* Reports as pictures. */
#include <stdio.h>

#include "base/err.h"
#include "report.h"

/* One SVG each; r is settled. */

/* Every row as a bar with its quartiles, groups (what stands before the '/' of names) with an axis of their own. */
void plot_bars(const struct report *r, FILE *out);
/* Rows that come in other bursts and on cold data (shapes.h): a dot for each. */
void plot_shapes(const struct report *r, FILE *out);
/* The rows that have stages, as bars of their parts. */
void plot_stages(const struct report *r, FILE *out);
void plot_curve(const struct report *r, const struct report_curve *curve, FILE *out);

/* All that r has something for into folder dir: bars.svg, shapes.svg, stages.svg, and curve-NAME.svg of each curve. */
int plot_all(const struct report *r, const char *dir, struct am_err *err);

/* ---- for those that draw ---- */

enum { PLOT_WIDTH = 960, PLOT_MARGIN = 24, PLOT_HEAD = 64, PLOT_TEXT = 512 };

/* The title, and the machine under it; what is drawn begins at PLOT_HEAD. svg_end is left to the caller. */
void plot_begin(const struct report *r, double height, const char *title, FILE *out);

/* Rows stand in groups: of one name before the '/', whose length this is, and of one unit. */
size_t plot_prefix(const char *name);
bool plot_same_group(const struct report_row *a, const struct report_row *b);

/* A row of coloured squares and names from *y on, as many lines as it takes; *y is then below. */
void plot_legend(FILE *out, const char *const *names, size_t n, double *y);
/* How much plot_legend adds to *y. */
double plot_legend_height(const char *const *names, size_t n);

#endif
