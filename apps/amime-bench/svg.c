/* SPDX-License-Identifier: BSD-3-Clause */
#include "svg.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "utf8.h"

/* Colours after Okabe and Ito, who chose them for eyes of every kind; brighter ones on a dark ground. */
struct palette {
	const char *ground, *ink, *faint, *grid, *goal;
	const char *colours[SVG_COLOURS];
};

static const struct palette light = {"#ffffff", "#1f2328", "#59636e", "#d8dee4", "#d55e00",
	{"#0072b2", "#d55e00", "#009e73", "#aa4499", "#b58900", "#3d9bd4", "#7a5cc0", "#7f7f7f", "#8c510a",
		"#00798c", "#c2185b", "#5c7a29"}};
static const struct palette dark = {"#0d1117", "#e6edf3", "#9da7b3", "#30363d", "#ff9248",
	{"#4aa8e0", "#ff9248", "#35c79a", "#e08fd0", "#e8c04a", "#8ccff5", "#b79ae0", "#a8a8a8", "#d09a5b",
		"#4fc3d0", "#f06292", "#a3c65b"}};

static const char shapes[] =
	"text{font-family:system-ui,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}\n"
	".title{font-size:17px;font-weight:600}.text{font-size:12px}.head{font-size:12px;font-weight:600}"
	".small{font-size:10.5px}\n"
	".grid,.axis{stroke-width:1}.whisker{stroke-width:1.5}.goal{stroke-width:2.5}"
	".line{stroke-width:2;stroke-linejoin:round}.band{opacity:.18}\n";

/* Plain values and no variables of CSS: many programs that draw SVG know none. */
static void put_colours(FILE *out, const struct palette *p)
{
	fprintf(out, "text{fill:%s}.small{fill:%s}.ground,.on{fill:%s}.grid{stroke:%s}.axis{stroke:%s}",
		p->ink, p->faint, p->ground, p->grid, p->faint);
	fprintf(out, ".whisker{stroke:%s}.goal{stroke:%s}\n", p->ink, p->goal);
	for (int i = 0; i < SVG_COLOURS; i++)
		fprintf(out, ".c%d{fill:%s}.line.c%d{fill:none;stroke:%s}", i, p->colours[i], i,
			p->colours[i]);
	fputc('\n', out);
}

static void put_style(FILE *out)
{
	fputs("<style>\n", out);
	fputs(shapes, out);
	put_colours(out, &light);
	fputs("@media(prefers-color-scheme:dark){\n", out);
	put_colours(out, &dark);
	fputs("}\n</style>\n", out);
}

/* U+FFFE and U+FFFF are well-formed, but no characters of XML. */
static bool is_outside_xml(const uint8_t *p, size_t n)
{
	return n == 3 && p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe;
}

static void put_char(FILE *out, const uint8_t *p, size_t n)
{
	if (!n || is_outside_xml(p, n) || (n == 1 && *p < ' ') || *p == 0x7f)
		fputc('?', out);
	else if (*p == '&')
		fputs("&amp;", out);
	else if (*p == '<')
		fputs("&lt;", out);
	else if (*p == '>')
		fputs("&gt;", out);
	else if (*p == '"')
		fputs("&quot;", out);
	else
		fwrite(p, 1, n, out);
}

static void put_text(FILE *out, const char *text)
{
	const uint8_t *p = (const uint8_t *)text;
	size_t left = strlen(text), n;

	for (; left; p += n, left -= n) {
		n = utf8_len(p, left);
		put_char(out, p, n);
		n = n ? n : 1;
	}
}

void svg_begin(FILE *out, double width, double height, const char *title)
{
	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
		"viewBox=\"0 0 %.0f %.0f\" role=\"img\">\n<title>",
		width, height, width, height);
	put_text(out, title);
	fputs("</title>\n", out);
	put_style(out);
	svg_rect(out, "ground", &(struct svg_box){0, 0, width, height}, NULL);
}

void svg_end(FILE *out)
{
	fputs("</svg>\n", out);
}

static void put_tip(FILE *out, const char *element, const char *tip)
{
	if (!tip) {
		fputs("/>\n", out);
		return;
	}
	fputs("><title>", out);
	put_text(out, tip);
	fprintf(out, "</title></%s>\n", element);
}

void svg_rect(FILE *out, const char *class, const struct svg_box *box, const char *tip)
{
	fprintf(out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"", class, box->x,
		box->y, box->width, box->height);
	put_tip(out, "rect", tip);
}

void svg_line(FILE *out, const char *class, struct svg_point from, struct svg_point to)
{
	fprintf(out, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", class, from.x,
		from.y, to.x, to.y);
}

void svg_dot(FILE *out, const char *class, struct svg_point at, const char *tip)
{
	fprintf(out, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"", class, at.x, at.y);
	put_tip(out, "circle", tip);
}

static void put_points(
	FILE *out, const char *element, const char *class, const struct svg_point *points, size_t n)
{
	fprintf(out, "<%s class=\"%s\" points=\"", element, class);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s%.1f,%.1f", i ? " " : "", points[i].x, points[i].y);
	fputs("\"/>\n", out);
}

void svg_polyline(FILE *out, const char *class, const struct svg_point *points, size_t n)
{
	put_points(out, "polyline", class, points, n);
}

void svg_polygon(FILE *out, const char *class, const struct svg_point *points, size_t n)
{
	put_points(out, "polygon", class, points, n);
}

void svg_text(FILE *out, const char *class, enum svg_anchor anchor, struct svg_point at, const char *text)
{
	static const char *const anchors[] = {
		[SVG_START] = "start", [SVG_MIDDLE] = "middle", [SVG_END] = "end"};

	fprintf(out, "<text class=\"%s\" text-anchor=\"%s\" x=\"%.1f\" y=\"%.1f\">", class, anchors[anchor],
		at.x, at.y);
	put_text(out, text);
	fputs("</text>\n", out);
}

/* Widths in common sans-serif fonts; wide scripts take a whole square. */
static double char_width(const uint8_t *p, size_t n)
{
	if (n >= 3)
		return 1.0;
	if (n != 1)
		return 0.65;
	if (strchr("ijl|.,:;'!()[]/ ", *p))
		return 0.36;
	if (strchr("mwMW%@", *p))
		return 0.95;
	return *p >= 'A' && *p <= 'Z' ? 0.72 : 0.6;
}

double svg_text_width(const char *text, double size)
{
	const uint8_t *p = (const uint8_t *)text;
	size_t left = strlen(text), n;
	double width = 0;

	for (; left; p += n, left -= n) {
		n = utf8_len(p, left);
		width += char_width(p, n ? n : 1);
		n = n ? n : 1;
	}
	return width * size;
}

void svg_fit(const char *text, double size, double width, char *out, size_t room)
{
	static const char dots[] = "\xe2\x80\xa6";
	const uint8_t *p = (const uint8_t *)text;
	size_t left = strlen(text), at = 0, n;
	bool whole = svg_text_width(text, size) <= width && left < room;
	double taken = size; /* of the dots */

	if (whole) {
		memcpy(out, text, left + 1);
		return;
	}
	for (; left; p += n, left -= n, at += n) {
		n = utf8_len(p, left);
		taken += char_width(p, n ? n : 1) * size;
		n = n ? n : 1;
		if (taken > width || at + n + sizeof dots > room)
			break;
		memcpy(out + at, p, n);
	}
	snprintf(out + at, room - at, "%s", dots);
}
