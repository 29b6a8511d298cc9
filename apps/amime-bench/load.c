/* SPDX-License-Identifier: BSD-3-Clause */
#include "load.h"

#include <stdlib.h>
#include <string.h>

#include "config/field.h"
#include "json.h"

enum {
	NAME = 96,
	ABOUT = 512,
	UNIT = 48,
	FACTS_MAX = 128,
	ROWS_MAX = 4096,
	BURST_MAX = 65536,
	SAMPLES_MAX = 1000000,
	STAGES_MAX = 64,
	REPEAT_MAX = 1000,
	CURVES_MAX = 256,
	SERIES_MAX = 64,
	POINTS_MAX = 100000,
};

/* Beyond any count or time that is measured, and far from where doubles run out. */
static const double value_max = 1e15;

/* ---- values ---- */

static bool read_number(const struct place *at, double least, double *out)
{
	double v = json_number_value(at->json);

	if (!json_is_number(at->json)) {
		conf_complain(at, "expected a number");
		return false;
	}
	if (!(v >= least && v <= value_max)) {
		conf_complain(at, "%g is out of range, use %g to %g", v, least, value_max);
		return false;
	}
	*out = v;
	return true;
}

static bool is_short_enough(const struct place *at, size_t max)
{
	if (!conf_want_array(at))
		return false;
	if (json_array_size(at->json) <= max)
		return true;
	conf_complain(at, "%zu elements are too many, at most %zu are read", json_array_size(at->json), max);
	return false;
}

/* A field that result_write derives from others. */
static void skip(const struct place *at, void *object)
{
	(void)at;
	(void)object;
}

#define DERIVED(key) OTHER(key, skip, NULL, NULL)

/* ---- facts ---- */

struct raw_report {
	struct report *r;
	char command[NAME];
	uint32_t format;
};

static void read_fact(const struct place *at, struct report *r, enum report_section section)
{
	char text[ABOUT];
	double v;

	if (strlen(at->key) >= NAME || conf_find_control(at->key))
		conf_complain(at, "a key is at most %d octets and holds no control character", NAME - 1);
	else if (json_is_boolean(at->json))
		report_add_bool(r, section, at->key, json_is_true(at->json));
	else if (json_is_number(at->json) && read_number(at, -value_max, &v))
		report_add_number(r, section, at->key, v);
	else if (!json_is_number(at->json) && conf_read_text(at, text, sizeof text))
		report_add_text(r, section, at->key, "%s", text);
}

static void read_section(const struct place *at, struct report *r, enum report_section section)
{
	const char *key;
	json_t *value;

	if (!conf_want_object(at))
		return;
	if (json_object_size(at->json) > FACTS_MAX) {
		conf_complain(at, "%zu keys are too many, at most %d are read", json_object_size(at->json),
			FACTS_MAX);
		return;
	}
	json_object_foreach((json_t *)at->json, key, value)
	{
		struct place fact = conf_place_member(at, key);

		read_fact(&fact, r, section);
	}
}

static void read_machine(const struct place *at, void *raw)
{
	read_section(at, ((struct raw_report *)raw)->r, REPORT_MACHINE);
}

static void read_versions(const struct place *at, void *raw)
{
	read_section(at, ((struct raw_report *)raw)->r, REPORT_VERSIONS);
}

static void read_settings(const struct place *at, void *raw)
{
	read_section(at, ((struct raw_report *)raw)->r, REPORT_SETTINGS);
}

/* ---- rows ---- */

static const char *const better_words[] = {"less", "more", NULL};
static const char *const fate_words[] = {"kept", "slow", "contended", "far", "interrupted", NULL};
static const char *const scale_words[] = {"linear", "log", "percentile", NULL};
_Static_assert(sizeof fate_words / sizeof *fate_words == REPORT_FATES + 1, "as report_fate_words");
_Static_assert(sizeof scale_words / sizeof *scale_words == REPORT_SCALES + 1, "as report_scale_words");

struct raw_row {
	struct report *r;
	char name[NAME], about[ABOUT], unit[UNIT], per[UNIT], null[NAME], base[NAME], limit[NAME], of[NAME],
		config_sha256[NAME];
	uint32_t burst;
	bool cold;
	uint8_t better;
	double goal, predicted;
};

struct raw_sample {
	struct report_sample sample;
	uint8_t fate;
	uint32_t repeat;
};

struct raw_stage {
	char name[NAME];
	double value;
};

static void read_value(const struct place *at, void *raw)
{
	read_number(at, -value_max, &((struct raw_sample *)raw)->sample.value);
}

static void read_probe(const struct place *at, void *raw)
{
	read_number(at, 0, &((struct raw_sample *)raw)->sample.probe);
}

static void read_memory(const struct place *at, void *raw)
{
	read_number(at, 0, &((struct raw_sample *)raw)->sample.memory);
}

static void read_beside(const struct place *at, void *raw)
{
	read_number(at, 0, &((struct raw_sample *)raw)->sample.beside);
}

/* Of a sample: { "value": 12.5, "probe": 2000, "fate": "kept" }, or the value alone. */
static void read_sample(const struct place *at, struct report *r, struct report_row *row)
{
	static const struct field rows[] = {
		{.name = "value", .kind = FIELD_OTHER, .required = true, .read = read_value},
		OTHER("probe", read_probe, NULL, NULL),
		OTHER("memory", read_memory, NULL, NULL),
		OTHER("beside", read_beside, NULL, NULL),
		WORD("fate", struct raw_sample, fate, fate_words, REPORT_KEPT),
		UINT("repeat", struct raw_sample, repeat, 0, REPEAT_MAX, 0),
	};
	static const struct fields fields = FIELDS(rows);
	struct raw_sample raw = {0};

	if (json_is_number(at->json))
		read_number(at, -value_max, &raw.sample.value);
	else if (conf_want_object(at))
		conf_read_fields(at, &fields, &raw);
	raw.sample.fate = (enum report_fate)raw.fate;
	raw.sample.repeat = raw.repeat;
	report_add_sample(r, row, &raw.sample);
}

static void read_stage_value(const struct place *at, void *raw)
{
	read_number(at, -value_max, &((struct raw_stage *)raw)->value);
}

static void read_stage_name(const struct place *at, void *raw)
{
	conf_read_text(at, ((struct raw_stage *)raw)->name, NAME);
}

static void read_stage(const struct place *at, struct report *r, struct report_row *row)
{
	static const struct field rows[] = {
		{.name = "name", .kind = FIELD_OTHER, .required = true, .read = read_stage_name},
		{.name = "value", .kind = FIELD_OTHER, .required = true, .read = read_stage_value},
	};
	static const struct fields fields = FIELDS(rows);
	struct raw_stage raw = {0};

	if (conf_want_object(at))
		conf_read_fields(at, &fields, &raw);
	report_add_stage(r, row, raw.name, raw.value);
}

/* One complaint a list is enough: what wrote one element wrote the others. */
static void read_list(const struct place *at, size_t max, struct report *r, struct report_row *row,
	void (*read)(const struct place *at, struct report *r, struct report_row *row))
{
	size_t before = at->load->errors->n;

	if (!at->json || !is_short_enough(at, max))
		return;
	for (size_t i = 0; i < json_array_size(at->json) && at->load->errors->n == before; i++) {
		struct place element = conf_place_element(at, i);

		read(&element, r, row);
	}
}

static void read_row_name(const struct place *at, void *raw)
{
	struct raw_row *row = raw;

	if (!conf_read_text(at, row->name, sizeof row->name))
		return;
	if (!*row->name)
		conf_complain(at, "a case needs a name");
	else if (report_find_row(row->r, row->name))
		conf_complain(at, "another case is named \"%.60s\" too: rename one", row->name);
}

static void read_row_about(const struct place *at, void *raw)
{
	conf_read_text(at, ((struct raw_row *)raw)->about, ABOUT);
}

static void read_row_unit(const struct place *at, void *raw)
{
	conf_read_text(at, ((struct raw_row *)raw)->unit, UNIT);
}

static void read_row_per(const struct place *at, void *raw)
{
	conf_read_text(at, ((struct raw_row *)raw)->per, UNIT);
}

static void read_row_null(const struct place *at, void *raw)
{
	conf_read_text(at, ((struct raw_row *)raw)->null, NAME);
}

static void read_row_base(const struct place *at, void *raw)
{
	conf_read_text(at, ((struct raw_row *)raw)->base, NAME);
}

static void read_row_limit(const struct place *at, void *raw)
{
	conf_read_text(at, ((struct raw_row *)raw)->limit, NAME);
}

static void read_row_of(const struct place *at, void *raw)
{
	conf_read_text(at, ((struct raw_row *)raw)->of, NAME);
}

static void read_row_config(const struct place *at, void *raw)
{
	conf_read_text(at, ((struct raw_row *)raw)->config_sha256, NAME);
}

static void read_row_goal(const struct place *at, void *raw)
{
	if (!json_is_null(at->json))
		read_number(at, 0, &((struct raw_row *)raw)->goal);
}

static void read_row_predicted(const struct place *at, void *raw)
{
	read_number(at, 0, &((struct raw_row *)raw)->predicted);
}

static const struct field row_rows[] = {
	{.name = "name", .kind = FIELD_OTHER, .required = true, .read = read_row_name},
	OTHER("about", read_row_about, NULL, NULL),
	{.name = "unit", .kind = FIELD_OTHER, .required = true, .read = read_row_unit},
	OTHER("per", read_row_per, NULL, NULL),
	WORD("better", struct raw_row, better, better_words, 0),
	OTHER("null", read_row_null, NULL, NULL),
	OTHER("base", read_row_base, NULL, NULL),
	OTHER("limit", read_row_limit, NULL, NULL),
	OTHER("of", read_row_of, NULL, NULL),
	OTHER("config_sha256", read_row_config, NULL, NULL),
	UINT("burst", struct raw_row, burst, 0, BURST_MAX, 0),
	BOOL("cold", struct raw_row, cold, false),
	OTHER("goal", read_row_goal, NULL, NULL),
	OTHER("predicted", read_row_predicted, NULL, NULL),
	DERIVED("stats"),
	DERIVED("net"),
	DERIVED("follows"),
	DERIVED("goal_ratio"),
	DERIVED("base_ratio"),
	DERIVED("limit_ratio"),
	DERIVED("apart"),
	DERIVED("as_predicted"),
	DERIVED("taken"),
	DERIVED("kept"),
	DERIVED("slow"),
	DERIVED("contended"),
	DERIVED("far"),
	DERIVED("interrupted"),
	DERIVED("stages"), /* these two are read when there is a row to add them to */
	{.name = "samples", .kind = FIELD_OTHER, .required = true, .read = skip},
};

static void read_row(const struct place *at, struct report *r)
{
	static const struct fields fields = FIELDS(row_rows);
	struct raw_row raw = {.r = r};
	struct place samples, stages;
	struct report_row *row;

	if (!conf_want_object(at))
		return;
	conf_read_fields(at, &fields, &raw);
	row = report_add_row(r, &(struct report_row){
					.name = raw.name,
					.about = raw.about,
					.unit = raw.unit,
					.per = raw.per,
					.null = *raw.null ? raw.null : NULL,
					.base = *raw.base ? raw.base : NULL,
					.limit = *raw.limit ? raw.limit : NULL,
					.of = *raw.of ? raw.of : NULL,
					.config_sha256 = *raw.config_sha256 ? raw.config_sha256 : NULL,
					.burst = raw.burst,
					.cold = raw.cold,
					.goal = raw.goal,
					.predicted = raw.predicted,
					.more_is_better = raw.better,
				});
	samples = conf_place_member(at, "samples");
	stages = conf_place_member(at, "stages");
	read_list(&samples, SAMPLES_MAX, r, row, read_sample);
	read_list(&stages, STAGES_MAX, r, row, read_stage);
}

static void read_rows(const struct place *at, void *raw)
{
	struct report *r = ((struct raw_report *)raw)->r;

	if (!is_short_enough(at, ROWS_MAX))
		return;
	for (size_t i = 0; i < json_array_size(at->json); i++) {
		struct place element = conf_place_element(at, i);

		read_row(&element, r);
	}
	for (size_t i = 0; i < r->n_rows; i++) {
		struct place element = conf_place_element(at, i), null = conf_place_member(&element, "null");

		if (i < json_array_size(at->json) && r->rows[i]->null &&
			!report_find_row(r, r->rows[i]->null))
			conf_complain(&null, "no case is named \"%.60s\"", r->rows[i]->null);
	}
}

/* ---- curves ---- */

struct raw_axis {
	char name[NAME], unit[UNIT];
	uint8_t scale;
};

struct raw_curve {
	char name[NAME], about[ABOUT];
	struct raw_axis x, y;
};

struct raw_series {
	char name[NAME];
};

static void read_axis_name(const struct place *at, void *raw)
{
	conf_read_text(at, ((struct raw_axis *)raw)->name, NAME);
}

static void read_axis_unit(const struct place *at, void *raw)
{
	conf_read_text(at, ((struct raw_axis *)raw)->unit, UNIT);
}

static void read_axis(const struct place *at, struct raw_axis *axis)
{
	static const struct field rows[] = {
		{.name = "name", .kind = FIELD_OTHER, .required = true, .read = read_axis_name},
		OTHER("unit", read_axis_unit, NULL, NULL),
		WORD("scale", struct raw_axis, scale, scale_words, REPORT_LINEAR),
	};
	static const struct fields fields = FIELDS(rows);

	if (conf_want_object(at))
		conf_read_fields(at, &fields, axis);
}

static void read_x(const struct place *at, void *raw)
{
	read_axis(at, &((struct raw_curve *)raw)->x);
}

static void read_y(const struct place *at, void *raw)
{
	struct raw_axis *y = &((struct raw_curve *)raw)->y;

	read_axis(at, y);
	if (y->scale == REPORT_PERCENTILE)
		conf_complain(at, "percentiles go along x: use \"linear\" or \"log\"");
}

/* [x, y] or [x, y, low, high] */
static bool read_point(const struct place *at, struct report_point *p)
{
	double *const to[] = {&p->x, &p->y, &p->low, &p->high};
	size_t n = json_array_size(at->json);

	if (!conf_want_array(at))
		return false;
	if (n != 2 && n != 4) {
		conf_complain(at, "a point is [x, y] or [x, y, low, high], and not %zu numbers", n);
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		struct place number = conf_place_element(at, i);

		if (!read_number(&number, -value_max, to[i]))
			return false;
	}
	if (n == 2)
		p->low = p->high = p->y;
	if (p->low <= p->y && p->y <= p->high)
		return true;
	conf_complain(at, "y lies outside of low to high");
	return false;
}

static void read_points(const struct place *at, struct report *r, struct report_series *series)
{
	struct report_point last = {0};

	if (!is_short_enough(at, POINTS_MAX))
		return;
	for (size_t i = 0; i < json_array_size(at->json); i++) {
		struct place element = conf_place_element(at, i);
		struct report_point p = {0};

		if (!read_point(&element, &p))
			return;
		if (i && p.x < last.x) {
			conf_complain(&element, "x is less than the point's before it: sort the points");
			return;
		}
		report_add_point(r, series, &p);
		last = p;
	}
}

static void read_series_name(const struct place *at, void *raw)
{
	conf_read_text(at, ((struct raw_series *)raw)->name, NAME);
}

static void read_series(const struct place *at, struct report *r, struct report_curve *curve)
{
	static const struct field rows[] = {
		{.name = "name", .kind = FIELD_OTHER, .required = true, .read = read_series_name},
		{.name = "points", .kind = FIELD_OTHER, .required = true, .read = skip},
	};
	static const struct fields fields = FIELDS(rows);
	struct raw_series raw = {0};
	struct place points;

	if (!conf_want_object(at))
		return;
	conf_read_fields(at, &fields, &raw);
	points = conf_place_member(at, "points");
	if (points.json)
		read_points(&points, r, report_add_series(r, curve, raw.name));
}

static void read_curve_name(const struct place *at, void *raw)
{
	conf_read_text(at, ((struct raw_curve *)raw)->name, NAME);
}

static void read_curve_about(const struct place *at, void *raw)
{
	conf_read_text(at, ((struct raw_curve *)raw)->about, ABOUT);
}

static struct report_axis axis_of(const struct raw_axis *raw)
{
	return (struct report_axis){raw->name, raw->unit, (enum report_scale)raw->scale};
}

static void read_curve(const struct place *at, struct report *r)
{
	static const struct field rows[] = {
		{.name = "name", .kind = FIELD_OTHER, .required = true, .read = read_curve_name},
		OTHER("about", read_curve_about, NULL, NULL),
		{.name = "x", .kind = FIELD_OTHER, .required = true, .read = read_x},
		{.name = "y", .kind = FIELD_OTHER, .required = true, .read = read_y},
		{.name = "series", .kind = FIELD_OTHER, .required = true, .read = skip},
	};
	static const struct fields fields = FIELDS(rows);
	struct raw_curve raw = {0};
	struct report_curve *curve;
	struct place series;

	if (!conf_want_object(at))
		return;
	conf_read_fields(at, &fields, &raw);
	curve = report_add_curve(
		r, &(struct report_curve){
			   .name = raw.name, .about = raw.about, .x = axis_of(&raw.x), .y = axis_of(&raw.y)});
	series = conf_place_member(at, "series");
	if (!series.json || !is_short_enough(&series, SERIES_MAX))
		return;
	for (size_t i = 0; i < json_array_size(series.json); i++) {
		struct place element = conf_place_element(&series, i);

		read_series(&element, r, curve);
	}
}

static void read_curves(const struct place *at, void *raw)
{
	if (!is_short_enough(at, CURVES_MAX))
		return;
	for (size_t i = 0; i < json_array_size(at->json); i++) {
		struct place element = conf_place_element(at, i);

		read_curve(&element, ((struct raw_report *)raw)->r);
	}
}

/* ---- the file ---- */

static void read_command(const struct place *at, void *raw)
{
	struct raw_report *to = raw;

	if (conf_read_text(at, to->command, sizeof to->command))
		report_set_command(to->r, to->command);
}

static const struct field report_rows[] = {
	{.name = "format",
		.kind = FIELD_UINT,
		.required = true,
		AT(struct raw_report, format),
		.min = RESULT_FORMAT,
		.max = RESULT_FORMAT,
		.hint = "another version of amime-bench wrote this"},
	{.name = "command", .kind = FIELD_OTHER, .required = true, .read = read_command},
	OTHER("machine", read_machine, NULL, NULL),
	OTHER("versions", read_versions, NULL, NULL),
	OTHER("settings", read_settings, NULL, NULL),
	OTHER("cases", read_rows, NULL, NULL),
	OTHER("curves", read_curves, NULL, NULL),
};

static void complain_twins(const struct am_position *positions, struct am_config_errors *errors)
{
	struct am_position_twin twin;

	for (size_t i = 0; am_position_twin(positions, i, &twin); i++)
		am_config_errors_add(errors, twin.path, twin.line, twin.column,
			"this name stands twice in one { ... }, first in line %u: remove or rename one",
			twin.first_line);
}

static void read_report(const json_t *json, const struct am_position *positions, struct report *r,
	struct am_config_errors *errors)
{
	static const struct fields fields = FIELDS(report_rows);
	struct load load = {.errors = errors, .positions = positions};
	struct place root = {.load = &load, .json = json};
	struct raw_report raw = {.r = r};

	complain_twins(positions, errors);
	if (conf_want_object(&root))
		conf_read_fields(&root, &fields, &raw);
}

struct report *result_load(const char *text, size_t len, struct am_config_errors *errors)
{
	size_t before = errors->n;
	struct am_position *positions;
	json_t *json = conf_parse(text, len, &positions, errors);
	struct report *r = json ? report_new("") : NULL;

	if (r) {
		read_report(json, positions, r, errors);
		conf_sort_errors(errors, before);
	}
	am_position_free(positions);
	json_decref(json);
	if (r && errors->n == before && !report_settle(r))
		return r;
	if (errors->n == before)
		am_config_errors_add(errors, "$", 0, 0, "out of memory");
	report_free(r);
	return NULL;
}

struct report *result_read(const char *path, struct am_config_errors *errors)
{
	struct report *r;
	size_t len;
	char *text = conf_read_file(path, &len, errors);

	if (!text)
		return NULL;
	r = result_load(text, len, errors);
	free(text);
	return r;
}

void result_print_errors(const char *path, const struct am_config_errors *errors, FILE *out)
{
	for (size_t i = 0; i < errors->n; i++) {
		const struct am_config_error *e = &errors->items[i];

		fprintf(out, "%s:", path);
		if (e->line)
			fprintf(out, "%u:", e->line);
		fprintf(out, " %s: %s\n", e->path, e->text);
	}
}
