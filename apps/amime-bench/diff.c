/* SPDX-License-Identifier: BSD-3-Clause */
#include "diff.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const diff_words[DIFF_CHANGES] = {
	[DIFF_SAME] = "same", [DIFF_BETTER] = "better", [DIFF_WORSE] = "worse", [DIFF_UNCLEAR] = "unclear"};

/* Clocks are measured: they never agree to the last digit. */
static const double clock_slack = 0.03;

static bool is_clock(const char *name)
{
	return !strcmp(name, "core_hz") || !strcmp(name, "tsc_hz");
}

/* What follows from the clock is said once, with the clock. */
static bool is_derived(const char *name)
{
	return !strcmp(name, "probe_fastest") || !strcmp(name, "yardstick_hot") ||
	       !strcmp(name, "yardstick_cold");
}

static bool is_same_fact(const struct report_fact *a, const struct report_fact *b)
{
	if (!a || !b || a->kind != b->kind)
		return false;
	if (a->kind == REPORT_TEXT)
		return !strcmp(a->text, b->text);
	if (is_clock(a->name))
		return fabs(a->number - b->number) <= clock_slack * fabs(a->number);
	return a->number == b->number;
}

static void compare_facts(struct diff *d, enum report_section section)
{
	for (size_t i = 0; i < d->a->n_facts[section]; i++) {
		const struct report_fact *a = &d->a->facts[section][i];
		const struct report_fact *b = report_find_fact(d->b, section, a->name);

		if (!is_derived(a->name) && !is_same_fact(a, b))
			d->facts[d->n_facts++] = (struct diff_fact){section, a, b};
	}
	for (size_t i = 0; i < d->b->n_facts[section]; i++) {
		const struct report_fact *b = &d->b->facts[section][i];

		if (!is_derived(b->name) && !report_find_fact(d->a, section, b->name))
			d->facts[d->n_facts++] = (struct diff_fact){section, NULL, b};
	}
}

static bool is_once(const struct diff_row *row)
{
	return row->ratio.repeats < BOOTSTRAP_REPEATS;
}

static enum diff_change judge(const struct diff *d, const struct diff_row *row)
{
	const struct bootstrap_ratio *r = &row->ratio;
	bool sure = r->low > 1 || r->high < 1;

	if (!sure || fabs(r->ratio - 1) < (is_once(row) ? d->threshold_once : d->threshold))
		return DIFF_SAME;
	return (r->ratio > 1) == row->a->more_is_better ? DIFF_BETTER : DIFF_WORSE;
}

static bool is_comparable(const struct report_row *a, const struct report_row *b)
{
	return !strcmp(a->unit, b->unit) && !strcmp(a->per, b->per) && a->more_is_better == b->more_is_better;
}

static void compare_rows(struct diff *d, const struct report_row *a, const struct report_row *b)
{
	struct diff_row row = {.a = a, .b = b, .change = DIFF_UNCLEAR};

	if (is_comparable(a, b) && bootstrap_ratio(a, b, &row.ratio)) {
		row.change = judge(d, &row);
		d->n_once += is_once(&row);
	}
	d->counts[row.change]++;
	d->rows[d->n_rows++] = row;
}

bool diff_knows_config(const struct diff_row *row)
{
	return row->a->config_sha256 && row->b->config_sha256;
}

bool diff_is_other_config(const struct diff_row *row)
{
	return diff_knows_config(row) && strcmp(row->a->config_sha256, row->b->config_sha256);
}

static int make_room(struct diff *d)
{
	size_t facts = 1;

	for (int i = 0; i < REPORT_SECTIONS; i++)
		facts += d->a->n_facts[i] + d->b->n_facts[i];
	d->rows = calloc(d->a->n_rows + 1, sizeof *d->rows);
	d->only_a = calloc(d->a->n_rows + 1, sizeof *d->only_a);
	d->only_b = calloc(d->b->n_rows + 1, sizeof *d->only_b);
	d->facts = calloc(facts, sizeof *d->facts);
	return d->rows && d->only_a && d->only_b && d->facts ? 0 : -ENOMEM;
}

int diff_reports(const struct report *a, const struct report *b, double threshold, double threshold_once,
	struct diff *d)
{
	*d = (struct diff){.a = a, .b = b, .threshold = threshold, .threshold_once = threshold_once};
	if (make_room(d))
		return -ENOMEM;
	for (int i = 0; i < REPORT_SECTIONS; i++)
		compare_facts(d, (enum report_section)i);
	for (size_t i = 0; i < a->n_rows; i++) {
		const struct report_row *other = report_find_row(b, a->rows[i]->name);

		if (other)
			compare_rows(d, a->rows[i], other);
		else
			d->only_a[d->n_only_a++] = a->rows[i];
	}
	for (size_t i = 0; i < b->n_rows; i++)
		if (!report_find_row(a, b->rows[i]->name))
			d->only_b[d->n_only_b++] = b->rows[i];
	return 0;
}

void diff_free(struct diff *d)
{
	free(d->rows);
	free(d->only_a);
	free(d->only_b);
	free(d->facts);
}
