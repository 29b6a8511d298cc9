/* SPDX-License-Identifier: BSD-3-Clause */
/* Every picture is XML, and no two texts of one stand on each other or beyond its edge. */
#include "plot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <expat.h>

#include "axis.h"
#include "diff.h"
#include "svg.h"

enum { TEXTS = 1024, TEXT = 512 };

struct label {
	double left, right, base, size;
	char text[TEXT];
};

/* What was found in one picture. */
struct picture {
	double width, height;
	struct label labels[TEXTS];
	size_t n;
	bool in_label;
	enum svg_anchor anchor;
};

static const char *attribute(const XML_Char **attributes, const char *name)
{
	for (; *attributes; attributes += 2)
		if (!strcmp(attributes[0], name))
			return attributes[1];
	return NULL;
}

static double number(const XML_Char **attributes, const char *name)
{
	const char *text = attribute(attributes, name);
	char *end;
	double v;

	assert_non_null(text);
	v = strtod(text, &end);
	assert_string_equal(end, "");
	return v;
}

static void begin_label(struct picture *p, const XML_Char **attributes)
{
	const char *anchor = attribute(attributes, "text-anchor"), *class = attribute(attributes, "class");
	struct label *l = &p->labels[p->n];

	assert_true(p->n < TEXTS);
	p->in_label = true;
	p->anchor = !strcmp(anchor, "end") ? SVG_END : !strcmp(anchor, "middle") ? SVG_MIDDLE : SVG_START;
	*l = (struct label){.left = number(attributes, "x"), .base = number(attributes, "y")};
	l->size = !strcmp(class, "title")   ? SVG_TITLE_SIZE
		  : !strcmp(class, "small") ? SVG_SMALL_SIZE
					    : SVG_TEXT_SIZE;
}

static void XMLCALL on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
	struct picture *p = data;

	if (!strcmp(name, "svg")) {
		p->width = number(attributes, "width");
		p->height = number(attributes, "height");
	} else if (!strcmp(name, "text")) {
		begin_label(p, attributes);
	} else if (!strcmp(name, "rect")) {
		assert_true(number(attributes, "width") >= 0);
		assert_true(number(attributes, "x") + number(attributes, "width") <= p->width + 0.1);
		assert_true(number(attributes, "y") + number(attributes, "height") <= p->height + 0.1);
	}
}

static void XMLCALL on_text(void *data, const XML_Char *text, int len)
{
	struct picture *p = data;

	if (p->in_label)
		strncat(p->labels[p->n].text, text, (size_t)len);
}

static void XMLCALL on_end(void *data, const XML_Char *name)
{
	struct picture *p = data;
	struct label *l = &p->labels[p->n];
	double width;

	if (strcmp(name, "text"))
		return;
	width = svg_text_width(l->text, l->size);
	l->left -= p->anchor == SVG_END ? width : p->anchor == SVG_MIDDLE ? width / 2 : 0;
	l->right = l->left + width;
	p->in_label = false;
	p->n++;
}

static void read_picture(const char *text, size_t len, struct picture *p)
{
	XML_Parser parser = XML_ParserCreate(NULL);

	*p = (struct picture){0};
	XML_SetUserData(parser, p);
	XML_SetElementHandler(parser, on_start, on_end);
	XML_SetCharacterDataHandler(parser, on_text);
	if (XML_Parse(parser, text, (int)len, XML_TRUE) != XML_STATUS_OK)
		fail_msg("line %lu: %s", XML_GetCurrentLineNumber(parser),
			XML_ErrorString(XML_GetErrorCode(parser)));
	XML_ParserFree(parser);
}

static void check_labels(const struct picture *p)
{
	assert_true(p->n > 0);
	for (size_t i = 0; i < p->n; i++) {
		const struct label *a = &p->labels[i];

		if (a->left < 0 || a->right > p->width || a->base > p->height)
			fail_msg("\"%s\" is beyond the edge: %.1f to %.1f of %.1f", a->text, a->left,
				a->right, p->width);
		for (size_t j = 0; j < i; j++) {
			const struct label *b = &p->labels[j];

			if (a->left < b->right && b->left < a->right && a->base - a->size < b->base &&
				b->base - b->size < a->base)
				fail_msg("\"%s\" and \"%s\" overlap", a->text, b->text);
		}
	}
}

/* What plot draws of r, checked; in p for more questions. */
static void draw(const struct report *r, const struct report_curve *curve,
	void (*plot)(const struct report *r, FILE *out), struct picture *p)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	if (curve)
		plot_curve(r, curve, out);
	else
		plot(r, out);
	assert_int_equal(fclose(out), 0);
	read_picture(text, len, p);
	check_labels(p);
	assert_non_null(strstr(text, "prefers-color-scheme:dark"));
	free(text);
}

static bool says(const struct picture *p, const char *text)
{
	for (size_t i = 0; i < p->n; i++)
		if (!strcmp(p->labels[i].text, text))
			return true;
	return false;
}

static struct picture picture;

static struct report_row *add_row(
	struct report *r, const char *name, const char *null, double goal, double value)
{
	struct report_row *row = report_add_row(
		r, &(struct report_row){
			   .name = name, .unit = "cycles", .per = "packet", .null = null, .goal = goal});

	for (int i = -3; i <= 3; i++)
		report_add_sample(
			r, row, &(struct report_sample){value * (1 + i * .02), 100, REPORT_KEPT, 0, 0, 0});
	return row;
}

static void test_bars(void **state)
{
	struct report *r = report_new("pipeline");

	(void)state;
	add_row(r, "null/forward", NULL, 0, 10);
	add_row(r, "encap/64", "null/forward", 45, 50);
	add_row(r, "encap/1514-a-name-that-nobody-would-give-a-case-but-that-must-not-run-into-its-own-bar",
		"null/forward", 1, 100);
	report_add_row(
		r, &(struct report_row){.name = "encap/nothing-kept", .unit = "cycles", .per = "packet"});
	add_row(r, "tiny", NULL, 0, 1e-3);
	add_row(r, "huge", NULL, 2e12, 1e12);
	assert_int_equal(report_settle(r), 0);
	draw(r, NULL, plot_bars, &picture);
	assert_true(says(&picture, "40.0, 0.89x of goal 45"));
	assert_true(says(&picture, "encap, cycles per packet"));
	assert_true(says(&picture, "no sample to trust"));
	report_free(r);
}

static void test_what_xml_would_trip_over(void **state)
{
	struct report *r = report_new("<&>");

	(void)state;
	add_row(r, "a<b>&\"c\"/d", NULL, 0, 10);
	add_row(r, "control\x01/\xff\xc0\x80\xed\xa0\x80/\xef\xbf\xbf", NULL, 0, 10);
	add_row(r, "g\xc3\xbcter/\xe7\xb6\xb2\xe7\x9b\xae", NULL, 0, 10);
	assert_int_equal(report_settle(r), 0);
	draw(r, NULL, plot_bars, &picture);
	assert_true(says(&picture, "a<b>&\"c\"/d"));
	assert_true(says(&picture, "control?/??\?\?\?\?/?"));
	assert_true(says(&picture, "g\xc3\xbcter/\xe7\xb6\xb2\xe7\x9b\xae"));
	report_free(r);
}

static void test_stages(void **state)
{
	struct report *r = report_new("pipeline");

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct report_row *row = add_row(r, i ? "encap/64" : "null/forward", NULL, 0, 100);
		char name[TEXT];

		for (int j = 0; i && j < 40; j++) {
			snprintf(name, sizeof name, "stage number %d", j);
			report_add_stage(r, row, name, j == 7 ? -1 : j * i);
		}
	}
	assert_int_equal(report_settle(r), 0);
	draw(r, NULL, plot_stages, &picture);
	assert_true(says(&picture, "stage number 7"));
	assert_true(says(&picture, "773.0"));
	report_free(r);
}

/* One row of a case, whatever it comes in; a shape without samples, or of no cost, has no dot. */
static void test_shapes(void **state)
{
	static const char *const groups[] = {"fdb/hit",
		"fdb/a-name-that-nobody-would-give-a-case-but-that-must-not-run-into-dots", "fib/v4"};
	struct report *r = report_new("micro");
	char name[TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
		add_row(r, groups[i], NULL, 0, 10)->burst = 64;
		for (unsigned burst = 1; burst <= 64; burst *= 2) {
			struct report_row *row;

			snprintf(name, sizeof name, "%s-cold@%u", groups[i], burst);
			row = add_row(r, name, NULL, 0, burst == 8 ? 0 : 1e6 / burst);
			row->of = groups[i];
			row->burst = burst;
			row->cold = true;
		}
	}
	report_add_row(
		r, &(struct report_row){.name = "fib/v4@1", .unit = "cycles", .of = "fib/v4", .burst = 1});
	assert_int_equal(report_settle(r), 0);
	draw(r, NULL, plot_shapes, &picture);
	assert_true(says(&picture, "burst of 16"));
	assert_true(says(&picture, "fdb/hit"));
	assert_false(says(&picture, "fdb/hit-cold@1"));
	draw(r, NULL, plot_bars, &picture);
	assert_true(says(&picture, "fdb/hit"));
	assert_false(says(&picture, "fdb/hit-cold@1"));
	report_free(r);
}

static void check_curve(enum report_scale x, enum report_scale y, const double *points, size_t n)
{
	struct report *r = report_new("wire");
	struct report_curve *c = report_add_curve(r,
		&(struct report_curve){.name = "latency/64",
			.about =
				"a title that is longer than the picture is wide, which happens where somebody has "
				"much to tell about what was measured, and where it was",
			.x = {"x", "a unit", x},
			.y = {"y", "us", y}});

	for (int s = 0; s < 3; s++) {
		struct report_series *series = report_add_series(r, c, "a series");

		for (size_t i = 0; i < n; i++)
			report_add_point(r, series,
				&(struct report_point){
					points[i], points[i] * s, points[i] * s - 1, points[i] * s + 1});
	}
	assert_int_equal(report_settle(r), 0);
	draw(r, c, NULL, &picture);
	report_free(r);
}

static void test_curves(void **state)
{
	const double percents[] = {0, 50, 90, 99, 99.9, 99.99, 99.9999999, 100}, one[] = {5}, zero[] = {0};
	const double sizes[] = {64, 128, 1514, 9000}, wide[] = {1e-14, 1, 1e15}, below[] = {-5, 0, 3};

	(void)state;
	for (int y = REPORT_LINEAR; y <= REPORT_LOG; y++) {
		check_curve(REPORT_PERCENTILE, y, percents, 8);
		assert_true(says(&picture, "99.9999"));
		check_curve(REPORT_PERCENTILE, y, zero, 1);
		check_curve(REPORT_LOG, y, sizes, 4);
		assert_true(says(&picture, "1k"));
		check_curve(REPORT_LOG, y, wide, 3);
		check_curve(REPORT_LOG, y, zero, 1);
		check_curve(REPORT_LINEAR, y, wide, 3);
		check_curve(REPORT_LINEAR, y, below, 3);
		check_curve(REPORT_LINEAR, y, one, 1);
		check_curve(REPORT_LINEAR, y, NULL, 0);
	}
}

static void test_differences(void **state)
{
	struct report *a = report_new("micro"), *b = report_new("micro");
	struct picture *p = &picture;
	char *text = NULL, name[TEXT];
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct diff d;

	(void)state;
	for (int i = 0; i < 6; i++) {
		snprintf(name, sizeof name, "case/%d", i);
		add_row(a, name, NULL, 0, 100);
		add_row(b, name, NULL, 0, 100 + i * i * 100);
	}
	report_add_row(a, &(struct report_row){.name = "empty", .unit = "cycles"});
	report_add_row(b, &(struct report_row){.name = "empty", .unit = "cycles"});
	assert_int_equal(report_settle(a) | report_settle(b), 0);
	assert_int_equal(diff_reports(a, b, 0.03, 0.1, &d), 0);
	diff_plot(&d, "a & b", out);
	fclose(out);
	read_picture(text, len, p);
	check_labels(p);
	assert_true(says(p, "equal"));
	assert_true(says(p, "+2500.0 %"));
	assert_true(says(p, "unclear"));
	free(text);
	diff_free(&d);
	report_free(a);
	report_free(b);
}

static void test_axis(void **state)
{
	struct axis a;

	(void)state;
	axis_init(&a, REPORT_LINEAR, 12, 47, 5, 100, 200);
	assert_float_equal(a.low, 0, 0);
	assert_float_equal(a.high, 50, 1e-9);
	assert_int_equal(a.n_ticks, 6);
	assert_string_equal(a.ticks[5].label, "50");
	assert_float_equal(axis_place(&a, 25), 150, 1e-9);
	assert_float_equal(axis_place(&a, 99), 200, 1e-9);
	axis_init(&a, REPORT_LOG, 10, 1e6, 10, 0, 500);
	assert_float_equal(axis_place(&a, 1000), 200, 1e-6);
	assert_string_equal(a.ticks[a.n_ticks - 1].label, "1M");
	axis_init(&a, REPORT_PERCENTILE, 99.9, 100, 10, 0, 400);
	assert_float_equal(axis_place(&a, 90), 100, 1e-6);
	assert_float_equal(axis_place(&a, 99.9), 300, 1e-6);
	assert_float_equal(axis_place(&a, 100), 400, 1e-6);
	assert_string_equal(a.ticks[a.n_ticks - 1].label, "100");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bars),
		cmocka_unit_test(test_what_xml_would_trip_over),
		cmocka_unit_test(test_stages),
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_curves),
		cmocka_unit_test(test_differences),
		cmocka_unit_test(test_axis),
	};

	return cmocka_run_group_tests_name("amime-bench/plot", tests, NULL, NULL);
}
