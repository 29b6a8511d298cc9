/* SPDX-License-Identifier: BSD-3-Clause */
#include "json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

enum {
	DIGITS = 9,
	FLAGS = JSON_REAL_PRECISION(DIGITS) | JSON_ENCODE_ANY,
};

/* Integers up to here are as good in a double. */
static const double exact_max = 9007199254740992.0;

static json_t *number_json(double v)
{
	return fabs(v) < exact_max && v == floor(v) ? json_integer((json_int_t)v) : json_real(v);
}

static json_t *fact_json(const struct report_fact *f)
{
	if (f->kind == REPORT_TEXT)
		return json_string(f->text);
	return f->kind == REPORT_BOOL ? json_boolean(f->number != 0) : number_json(f->number);
}

static json_t *section_json(const struct report *r, enum report_section section)
{
	json_t *object = json_object();

	for (size_t i = 0; i < r->n_facts[section]; i++) {
		const struct report_fact *f = &r->facts[section][i];

		json_object_set_new(object, f->name, fact_json(f));
	}
	return object;
}

static json_t *sample_json(const struct report_sample *s)
{
	json_t *object = json_pack("{s:f}", "value", s->value);

	if (s->probe > 0)
		json_object_set_new(object, "probe", number_json(s->probe));
	if (s->memory > 0)
		json_object_set_new(object, "memory", number_json(s->memory));
	if (s->beside > 0)
		json_object_set_new(object, "beside", number_json(s->beside));
	json_object_set_new(object, "fate", json_string(report_fate_words[s->fate]));
	if (s->repeat)
		json_object_set_new(object, "repeat", json_integer(s->repeat));
	return object;
}

static json_t *samples_json(const struct report_row *row)
{
	json_t *list = json_array();

	for (size_t i = 0; i < row->n_samples; i++)
		json_array_append_new(list, sample_json(&row->samples[i]));
	return list;
}

static json_t *stats_json(const struct report_row *row)
{
	const struct bench_stats *s = &row->stats;

	if (!report_kept(row))
		return json_null();
	return json_pack("{s:f s:f s:f s:f s:f}", "min", s->min, "q1", s->q1, "median", s->median, "q3",
		s->q3, "max", s->max);
}

static json_t *net_json(const struct report_row *row)
{
	double value;

	return row->null && report_net(row, &value) ? json_real(value) : json_null();
}

static json_t *goal_json(const struct report_row *row)
{
	return row->goal > 0 ? json_real(row->goal) : json_null();
}

static json_t *goal_ratio_json(const struct report_row *row)
{
	double ratio;

	return report_goal_ratio(row, &ratio) ? json_real(ratio) : json_null();
}

static json_t *base_ratio_json(const struct report_row *row)
{
	double ratio, allowed;

	return report_base(row, &ratio, &allowed) ? json_real(ratio) : json_null();
}

static json_t *limit_ratio_json(const struct report_row *row)
{
	double limit, ratio;

	return report_limit(row, &limit, &ratio) ? json_real(ratio) : json_null();
}

static void add_prediction(json_t *object, const struct report_row *row)
{
	double apart;

	if (row->predicted <= 0)
		return;
	json_object_set_new(object, "predicted", json_real(row->predicted));
	if (!report_apart(row, &apart))
		return;
	json_object_set_new(object, "apart", json_real(apart));
	json_object_set_new(object, "as_predicted", json_boolean(!report_is_apart(apart)));
}

static json_t *stages_json(const struct report_row *row)
{
	json_t *list = json_array();

	for (size_t i = 0; i < row->n_stages; i++)
		json_array_append_new(list,
			json_pack("{s:s s:f}", "name", row->stages[i].name, "value", row->stages[i].value));
	return list;
}

static json_t *follows_json(const struct report_row *row)
{
	return json_pack("{s:f s:f}", "yardstick", row->follows[0], "clock", row->follows[1]);
}

static json_t *row_json(const struct report_row *row)
{
	json_t *object = json_pack("{s:s s:s s:s s:s s:s s:s* s:s* s:s* s:s* s:s*}", "name", row->name,
		"about", row->about, "unit", row->unit, "per", row->per, "better",
		row->more_is_better ? "more" : "less", "null", row->null, "limit", row->limit, "base",
		row->base, "of", row->of, "config_sha256", row->config_sha256);

	if (row->burst) {
		json_object_set_new(object, "burst", json_integer(row->burst));
		json_object_set_new(object, "cold", json_boolean(row->cold));
	}
	json_object_set_new(object, "stats", stats_json(row));
	json_object_set_new(object, "net", net_json(row));
	json_object_set_new(object, "goal", goal_json(row));
	json_object_set_new(object, "goal_ratio", goal_ratio_json(row));
	if (row->base)
		json_object_set_new(object, "base_ratio", base_ratio_json(row));
	if (row->limit)
		json_object_set_new(object, "limit_ratio", limit_ratio_json(row));
	add_prediction(object, row);
	json_object_set_new(object, "taken", json_integer((json_int_t)row->n_samples));
	for (int i = 0; i < REPORT_FATES; i++)
		json_object_set_new(object, report_fate_words[i], json_integer((json_int_t)row->fates[i]));
	if (row->follows[0] || row->follows[1])
		json_object_set_new(object, "follows", follows_json(row));
	if (row->n_stages)
		json_object_set_new(object, "stages", stages_json(row));
	json_object_set_new(object, "samples", samples_json(row));
	return object;
}

static json_t *axis_json(const struct report_axis *a)
{
	return json_pack(
		"{s:s s:s s:s}", "name", a->name, "unit", a->unit, "scale", report_scale_words[a->scale]);
}

/* [x, y], or with the spread [x, y, low, high] */
static json_t *point_json(const struct report_point *p)
{
	if (p->low == p->y && p->high == p->y)
		return json_pack("[f f]", p->x, p->y);
	return json_pack("[f f f f]", p->x, p->y, p->low, p->high);
}

static json_t *series_json(const struct report_series *s)
{
	json_t *points = json_array();

	for (size_t i = 0; i < s->n_points; i++)
		json_array_append_new(points, point_json(&s->points[i]));
	return json_pack("{s:s s:o}", "name", s->name, "points", points);
}

static json_t *curve_json(const struct report_curve *c)
{
	json_t *series = json_array();

	for (size_t i = 0; i < c->n_series; i++)
		json_array_append_new(series, series_json(c->series[i]));
	return json_pack("{s:s s:s s:o s:o s:o}", "name", c->name, "about", c->about, "x", axis_json(&c->x),
		"y", axis_json(&c->y), "series", series);
}

/* Takes value. False where it, or the text, could not be made. */
static bool print_value(FILE *out, json_t *value)
{
	bool good = value && !json_dumpf(value, out, FLAGS);

	json_decref(value);
	return good;
}

static bool print_rows(const struct report *r, FILE *out)
{
	bool good = true;

	for (size_t i = 0; i < r->n_rows; i++) {
		fputs(i ? ",\n  " : "\n  ", out);
		good &= print_value(out, row_json(r->rows[i]));
	}
	return good;
}

static bool print_curves(const struct report *r, FILE *out)
{
	bool good = true;

	for (size_t i = 0; i < r->n_curves; i++) {
		fputs(i ? ",\n  " : "\n  ", out);
		good &= print_value(out, curve_json(r->curves[i]));
	}
	return good;
}

bool result_print(const struct report *r, FILE *out)
{
	bool good;

	fprintf(out, "{\n \"format\": %d,\n \"command\": ", RESULT_FORMAT);
	good = print_value(out, json_string(r->command));
	for (int i = 0; i < REPORT_SECTIONS; i++) {
		fprintf(out, ",\n \"%s\": ", report_section_words[i]);
		good &= print_value(out, section_json(r, (enum report_section)i));
	}
	fputs(",\n \"cases\": [", out);
	good &= print_rows(r, out);
	fputs("],\n \"curves\": [", out);
	good &= print_curves(r, out);
	fputs("]\n}\n", out);
	return good;
}

int result_write(const struct report *r, const char *path, struct am_err *err)
{
	FILE *out = strcmp(path, "-") ? fopen(path, "w") : stdout;
	bool sound, good;

	if (!out)
		return am_fail(err, errno, "%s: %s", path, strerror(errno));
	sound = result_print(r, out);
	good = !ferror(out);
	good &= out == stdout ? fflush(out) == 0 : fclose(out) == 0;
	if (!good)
		return am_fail(err, EIO, "%s: could not write the JSON; is the disk full?", path);
	return sound ? 0
		     : am_fail(err, EINVAL, "%s: incomplete: some value is no number, or some text no UTF-8",
			       path);
}
