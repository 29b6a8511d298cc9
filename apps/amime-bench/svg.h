/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_SVG_H
#define BENCH_SVG_H
/*
 * Drawing into an SVG file: the few shapes that plots are made of. Looks are classes of one style sheet, which has a
 * light and a dark half. Texts are escaped; what is no UTF-8, or no character of XML, is shown as '?'.
 */
#include <stdio.h>

enum { SVG_COLOURS = 12 }; /* classes c0 to c11, told apart by most eyes */

/* Sizes of text by class, in pixels. */
#define SVG_TITLE_SIZE 17.0
#define SVG_TEXT_SIZE  12.0
#define SVG_SMALL_SIZE 10.5

enum svg_anchor { SVG_START, SVG_MIDDLE, SVG_END };

struct svg_point {
	double x, y;
};

struct svg_box {
	double x, y, width, height;
};

void svg_begin(FILE *out, double width, double height, const char *title);
void svg_end(FILE *out);

/* class is written as it is: one or more of the style sheet's. tip appears under the mouse; NULL: none. */
void svg_rect(FILE *out, const char *class, const struct svg_box *box, const char *tip);
void svg_line(FILE *out, const char *class, struct svg_point from, struct svg_point to);
void svg_dot(FILE *out, const char *class, struct svg_point at, const char *tip);
void svg_polyline(FILE *out, const char *class, const struct svg_point *points, size_t n);
void svg_polygon(FILE *out, const char *class, const struct svg_point *points, size_t n);

/* class "title", "text", "small" or "head"; at is on the baseline. */
void svg_text(FILE *out, const char *class, enum svg_anchor anchor, struct svg_point at, const char *text);

/* About how wide a text of this size is, rather too wide than too narrow: nobody knows the reader's font. */
double svg_text_width(const char *text, double size);

/* The longest beginning of text that is no wider, into out; "…" at its end where something was cut. */
void svg_fit(const char *text, double size, double width, char *out, size_t room);

#endif
