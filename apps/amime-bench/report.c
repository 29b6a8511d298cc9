/* SPDX-License-Identifier: BSD-3-Clause */
#include "report.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

const char *const report_fate_words[REPORT_FATES] = {[REPORT_KEPT] = "kept",
	[REPORT_SLOW] = "slow",
	[REPORT_CONTENDED] = "contended",
	[REPORT_FAR] = "far",
	[REPORT_INTERRUPTED] = "interrupted"};
const char *const report_scale_words[REPORT_SCALES] = {
	[REPORT_LINEAR] = "linear", [REPORT_LOG] = "log", [REPORT_PERCENTILE] = "percentile"};
const char *const report_section_words[REPORT_SECTIONS] = {
	[REPORT_MACHINE] = "machine", [REPORT_VERSIONS] = "versions", [REPORT_SETTINGS] = "settings"};

/* ---- memory ---- */

struct report_block {
	struct report_block *next;
	max_align_t bytes[];
};

/* Lives as long as the report. */
static void *allocate(struct report *r, size_t size)
{
	struct report_block *b = calloc(1, sizeof *b + size);

	if (!b) {
		r->no_memory = true;
		return NULL;
	}
	b->next = r->blocks;
	r->blocks = b;
	return b->bytes;
}

/* What is no UTF-8 becomes '?'. */
static const char *copy_text(struct report *r, const char *text)
{
	size_t left = strlen(text), n;
	char *copy = allocate(r, left + 1), *to = copy;

	for (const char *p = text; copy && left; p += n, to += n, left -= n) {
		n = utf8_len((const uint8_t *)p, left);
		if (n)
			memcpy(to, p, n);
		else
			*to = '?';
		n = n ? n : 1;
	}
	return copy ? copy : "";
}

/* Room for one more item behind n: there always is up to the next power of two. NULL where memory is short. */
static void *append(struct report *r, void *list, size_t n, size_t size)
{
	void *grown;

	if (n & (n - 1))
		return list;
	grown = n > SIZE_MAX / 2 / size ? NULL : realloc(list, (n ? 2 * n : 1) * size);
	if (!grown)
		r->no_memory = true;
	return grown;
}

/* list[n++] is what the caller then writes to; leaves the caller where there is none. */
#define APPEND(r, list, n, ...)                                                                              \
	do {                                                                                                 \
		void *grown_ = append((r), (list), (n), sizeof *(list));                                     \
                                                                                                             \
		if (!grown_)                                                                                 \
			return __VA_ARGS__;                                                                  \
		(list) = grown_;                                                                             \
		(n)++;                                                                                       \
	} while (0)

struct report *report_new(const char *command)
{
	struct report *r = calloc(1, sizeof *r);

	if (r)
		report_set_command(r, command);
	return r;
}

void report_set_command(struct report *r, const char *command)
{
	r->command = copy_text(r, command);
}

static void free_curve(struct report_curve *c)
{
	for (size_t i = 0; i < c->n_series; i++)
		free(c->series[i]->points);
	free(c->series);
}

void report_free(struct report *r)
{
	struct report_block *next;

	if (!r)
		return;
	for (size_t i = 0; i < r->n_rows; i++) {
		free(r->rows[i]->samples);
		free(r->rows[i]->stages);
	}
	for (size_t i = 0; i < r->n_curves; i++)
		free_curve(r->curves[i]);
	for (int i = 0; i < REPORT_SECTIONS; i++)
		free(r->facts[i]);
	free(r->rows);
	free(r->curves);
	for (struct report_block *b = r->blocks; b; b = next) {
		next = b->next;
		free(b);
	}
	free(r);
}

/* ---- filling ---- */

static void add_fact(struct report *r, enum report_section section, struct report_fact fact)
{
	APPEND(r, r->facts[section], r->n_facts[section]);
	fact.name = copy_text(r, fact.name);
	r->facts[section][r->n_facts[section] - 1] = fact;
}

void report_add_text(struct report *r, enum report_section section, const char *name, const char *fmt, ...)
{
	struct report_fact fact = {.name = name, .kind = REPORT_TEXT, .text = ""};
	char *text = NULL;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n < 0) {
		r->no_memory = true;
		return;
	}
	fact.text = copy_text(r, text);
	free(text);
	add_fact(r, section, fact);
}

void report_add_number(struct report *r, enum report_section section, const char *name, double number)
{
	add_fact(r, section, (struct report_fact){.name = name, .kind = REPORT_NUMBER, .number = number});
}

void report_add_bool(struct report *r, enum report_section section, const char *name, bool is)
{
	add_fact(r, section, (struct report_fact){.name = name, .kind = REPORT_BOOL, .number = is});
}

struct report_row *report_add_row(struct report *r, const struct report_row *about)
{
	struct report_row *row = allocate(r, sizeof *row);

	if (!row)
		return NULL;
	row->name = copy_text(r, about->name);
	row->about = copy_text(r, about->about ? about->about : "");
	row->unit = copy_text(r, about->unit);
	row->per = copy_text(r, about->per ? about->per : "");
	row->null = about->null ? copy_text(r, about->null) : NULL;
	row->base = about->base ? copy_text(r, about->base) : NULL;
	row->limit = about->limit ? copy_text(r, about->limit) : NULL;
	row->of = about->of ? copy_text(r, about->of) : NULL;
	row->config_sha256 = about->config_sha256 ? copy_text(r, about->config_sha256) : NULL;
	row->burst = about->burst;
	row->cold = about->cold;
	row->goal = about->goal;
	row->predicted = about->predicted;
	row->more_is_better = about->more_is_better;
	for (size_t i = 0; i < sizeof row->follows / sizeof *row->follows; i++)
		row->follows[i] = about->follows[i];
	APPEND(r, r->rows, r->n_rows, NULL);
	r->rows[r->n_rows - 1] = row;
	return row;
}

void report_add_sample(struct report *r, struct report_row *row, const struct report_sample *sample)
{
	if (!row)
		return;
	APPEND(r, row->samples, row->n_samples);
	row->samples[row->n_samples - 1] = *sample;
}

void report_add_stage(struct report *r, struct report_row *row, const char *name, double value)
{
	if (!row)
		return;
	APPEND(r, row->stages, row->n_stages);
	row->stages[row->n_stages - 1] = (struct report_stage){copy_text(r, name), value};
}

void report_predict(struct report *r, const char *name, double predicted)
{
	for (size_t i = 0; i < r->n_rows; i++)
		if (!strcmp(r->rows[i]->name, name))
			r->rows[i]->predicted = predicted;
}

static struct report_axis copy_axis(struct report *r, const struct report_axis *axis)
{
	return (struct report_axis){
		copy_text(r, axis->name), copy_text(r, axis->unit ? axis->unit : ""), axis->scale};
}

struct report_curve *report_add_curve(struct report *r, const struct report_curve *about)
{
	struct report_curve *curve = allocate(r, sizeof *curve);

	if (!curve)
		return NULL;
	curve->name = copy_text(r, about->name);
	curve->about = copy_text(r, about->about ? about->about : "");
	curve->x = copy_axis(r, &about->x);
	curve->y = copy_axis(r, &about->y);
	APPEND(r, r->curves, r->n_curves, NULL);
	r->curves[r->n_curves - 1] = curve;
	return curve;
}

struct report_series *report_add_series(struct report *r, struct report_curve *curve, const char *name)
{
	struct report_series *series = curve ? allocate(r, sizeof *series) : NULL;

	if (!series)
		return NULL;
	series->name = copy_text(r, name);
	APPEND(r, curve->series, curve->n_series, NULL);
	curve->series[curve->n_series - 1] = series;
	return series;
}

void report_add_point(struct report *r, struct report_series *series, const struct report_point *point)
{
	if (!series)
		return;
	APPEND(r, series->points, series->n_points);
	series->points[series->n_points - 1] = *point;
}

/* ---- summing up ---- */

static bool is_row_finite(const struct report_row *row)
{
	bool good = isfinite(row->goal) && isfinite(row->predicted);

	for (size_t i = 0; i < row->n_samples; i++)
		good &= isfinite(row->samples[i].value) && isfinite(row->samples[i].probe) &&
			isfinite(row->samples[i].memory) && isfinite(row->samples[i].beside);
	for (size_t i = 0; i < row->n_stages; i++)
		good &= isfinite(row->stages[i].value) != 0;
	return good;
}

static bool is_curve_finite(const struct report_curve *curve)
{
	bool good = true;

	for (size_t i = 0; i < curve->n_series; i++) {
		for (size_t j = 0; j < curve->series[i]->n_points; j++) {
			const struct report_point *p = &curve->series[i]->points[j];

			good &= isfinite(p->x) && isfinite(p->y) && isfinite(p->low) && isfinite(p->high);
		}
	}
	return good;
}

static bool is_finite(const struct report *r)
{
	bool good = true;

	for (int section = 0; section < REPORT_SECTIONS; section++)
		for (size_t i = 0; i < r->n_facts[section]; i++)
			good &= isfinite(r->facts[section][i].number) != 0;
	for (size_t i = 0; i < r->n_rows; i++)
		good &= is_row_finite(r->rows[i]);
	for (size_t i = 0; i < r->n_curves; i++)
		good &= is_curve_finite(r->curves[i]);
	return good;
}

static int sum_up(struct report_row *row)
{
	double *kept = malloc((row->n_samples ? row->n_samples : 1) * sizeof *kept);
	size_t n = 0;

	if (!kept)
		return -ENOMEM;
	memset(row->fates, 0, sizeof row->fates);
	for (size_t i = 0; i < row->n_samples; i++) {
		row->fates[row->samples[i].fate]++;
		if (row->samples[i].fate == REPORT_KEPT)
			kept[n++] = row->samples[i].value;
	}
	if (n)
		bench_stats(kept, n, &row->stats);
	free(kept);
	return 0;
}

/* The row that this one is another shape of, and differs from in shape. */
static const struct report_row *find_of(const struct report *r, const struct report_row *row)
{
	const struct report_row *of = row->of ? report_find_row(r, row->of) : NULL;

	if (!of || of->of || !of->burst || !row->burst)
		return NULL;
	return of->burst != row->burst || of->cold != row->cold ? of : NULL;
}

int report_settle(struct report *r)
{
	for (size_t i = 0; i < r->n_rows; i++) {
		struct report_row *row = r->rows[i];

		row->null_row = row->null ? report_find_row(r, row->null) : NULL;
		row->base_row = row->base ? report_find_row(r, row->base) : NULL;
		row->limit_row = row->limit ? report_find_row(r, row->limit) : NULL;
		row->of_row = find_of(r, row);
		if (sum_up(row))
			return -ENOMEM;
	}
	if (r->no_memory)
		return -ENOMEM;
	return is_finite(r) ? 0 : -EDOM;
}

/* ---- reading ---- */

const struct report_fact *report_find_fact(
	const struct report *r, enum report_section section, const char *name)
{
	for (size_t i = 0; i < r->n_facts[section]; i++)
		if (!strcmp(r->facts[section][i].name, name))
			return &r->facts[section][i];
	return NULL;
}

const struct report_row *report_find_row(const struct report *r, const char *name)
{
	for (size_t i = 0; i < r->n_rows; i++)
		if (!strcmp(r->rows[i]->name, name))
			return r->rows[i];
	return NULL;
}

const char *report_text(const struct report *r, enum report_section section, const char *name)
{
	const struct report_fact *f = report_find_fact(r, section, name);

	return f && f->kind == REPORT_TEXT ? f->text : "";
}

double report_number(const struct report *r, enum report_section section, const char *name)
{
	const struct report_fact *f = report_find_fact(r, section, name);

	return f && f->kind != REPORT_TEXT ? f->number : 0;
}

size_t report_kept(const struct report_row *row)
{
	return row->fates[REPORT_KEPT];
}

bool report_net(const struct report_row *row, double *value)
{
	if (!report_kept(row) || (row->null && (!row->null_row || !report_kept(row->null_row))))
		return false;
	*value = row->stats.median - (row->null ? row->null_row->stats.median : 0);
	return true;
}

bool report_goal_ratio(const struct report_row *row, double *ratio)
{
	double value;

	if (row->goal <= 0 || !report_net(row, &value) || value <= 0)
		return false;
	*ratio = row->more_is_better ? row->goal / value : value / row->goal;
	return true;
}

bool report_apart(const struct report_row *row, double *apart)
{
	double value;

	if (row->predicted <= 0 || !report_net(row, &value))
		return false;
	*apart = value / row->predicted - 1;
	return true;
}

bool report_is_apart(double apart)
{
	return fabs(apart) * 100 > REPORT_APART_PERCENT;
}

bool report_limit(const struct report_row *row, double *limit, double *ratio)
{
	double value;

	if (!row->limit_row || !report_net(row->limit_row, limit) || *limit <= 0 || !report_net(row, &value))
		return false;
	*ratio = value / *limit;
	return true;
}

bool report_base(const struct report_row *row, double *ratio, double *allowed)
{
	double value, base;

	if (!row->base_row || row->goal <= 0 || !report_net(row->base_row, &base) || base <= 0 ||
		!report_net(row, &value))
		return false;
	*ratio = value / base;
	*allowed = row->goal / base;
	return true;
}

bool report_is_slow(const struct report *r, size_t *slow, size_t *n)
{
	double turns = report_number(r, REPORT_MACHINE, "core_hz") *
		       report_number(r, REPORT_SETTINGS, "probe_fastest");
	double nominal = report_number(r, REPORT_MACHINE, "tsc_hz");

	*n = *slow = 0;
	for (size_t i = 0; i < r->n_rows; i++) {
		for (size_t k = 0; k < r->rows[i]->n_samples; k++) {
			double probe = r->rows[i]->samples[k].probe;

			*n += probe > 0;
			*slow += probe > 0 && turns < nominal * probe;
		}
	}
	return turns > 0 && 2 * *slow > *n;
}
