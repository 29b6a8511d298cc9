/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include <jansson.h>

#include "diff.h"

enum { FACT = 600, NAME_LEAST = 16 };

void diff_fact_text(const struct report_fact *fact, char *out, size_t room)
{
	if (!fact)
		snprintf(out, room, "nothing");
	else if (fact->kind == REPORT_TEXT)
		snprintf(out, room, "%s", fact->text);
	else if (fact->kind == REPORT_BOOL)
		snprintf(out, room, "%s", fact->number != 0 ? "true" : "false");
	else
		snprintf(out, room, "%.10g", fact->number);
}

/* ---- for people ---- */

static void print_facts(const struct diff *d, FILE *out)
{
	char a[FACT], b[FACT];

	for (size_t i = 0; i < d->n_facts; i++) {
		const struct diff_fact *f = &d->facts[i];

		diff_fact_text(f->a, a, sizeof a);
		diff_fact_text(f->b, b, sizeof b);
		fprintf(out, "%s %s: %s, then %s%s\n", report_section_words[f->section],
			f->a ? f->a->name : f->b->name, a, b,
			f->section == REPORT_VERSIONS ? "" : "; numbers may differ by that alone");
	}
	if (d->n_facts)
		fputc('\n', out);
}

static int name_width(const struct diff *d)
{
	int width = NAME_LEAST;

	for (size_t i = 0; i < d->n_rows; i++) {
		int name = (int)strlen(d->rows[i].a->name);

		width = name > width ? name : width;
	}
	return width;
}

static void print_value(const struct report_row *row, FILE *out)
{
	double v;

	if (report_net(row, &v))
		fprintf(out, " %10.4g", v);
	else
		fprintf(out, " %10s", "-");
}

static void print_change(const struct diff_row *row, FILE *out)
{
	char interval[64];

	if (row->change == DIFF_UNCLEAR) {
		fprintf(out, " %8s  %-18s unclear: %s", "-", "",
			strcmp(row->a->unit, row->b->unit) || strcmp(row->a->per, row->b->per)
				? "another unit"
				: "too few samples to trust");
		return;
	}
	snprintf(interval, sizeof interval, "%.3f to %.3f", row->ratio.low, row->ratio.high);
	fprintf(out, " %+7.1f%%  %-18s", (row->ratio.ratio - 1) * 100, interval);
	if (row->change != DIFF_SAME)
		fprintf(out, " %s", diff_words[row->change]);
}

static void print_row(const struct diff_row *row, int width, FILE *out)
{
	fprintf(out, "%-*s", width, row->a->name);
	print_value(row->a, out);
	print_value(row->b, out);
	print_change(row, out);
	fprintf(out, "%s\n", diff_is_other_config(row) ? " (another configuration)" : "");
}

static void print_only(const char *which, const struct report_row *const *rows, size_t n, FILE *out)
{
	if (!n)
		return;
	fprintf(out, "Only in the %s file:", which);
	for (size_t i = 0; i < n; i++)
		fprintf(out, " %s", rows[i]->name);
	fputc('\n', out);
}

void diff_print(const struct diff *d, FILE *out)
{
	int width = name_width(d);

	print_facts(d, out);
	fprintf(out, "%-*s %10s %10s %8s  %-18s\n", width, "case", "first", "second", "change",
		"95 % interval");
	for (size_t i = 0; i < d->n_rows; i++)
		print_row(&d->rows[i], width, out);
	fprintf(out,
		"\nMedians of the samples kept, net where there is a null case; the interval is that of second / "
		"first.\n");
	fprintf(out,
		"Marked: beyond noise and at least %.3g %%: %zu better, %zu worse; %zu the same, %zu unclear.\n",
		d->threshold * 100, d->counts[DIFF_BETTER], d->counts[DIFF_WORSE], d->counts[DIFF_SAME],
		d->counts[DIFF_UNCLEAR]);
	if (d->n_once && d->threshold_once > d->threshold)
		fprintf(out,
			"%zu cases were measured once, and nothing says how a second time would differ: there %.3g %% counts. "
			"Measure both with --repeat 5.\n",
			d->n_once, d->threshold_once * 100);
	print_only("first", d->only_a, d->n_only_a, out);
	print_only("second", d->only_b, d->n_only_b, out);
}

/* ---- for programs ---- */

static json_t *fact_json(const struct report_fact *fact)
{
	if (!fact)
		return json_null();
	if (fact->kind == REPORT_TEXT)
		return json_string(fact->text);
	return fact->kind == REPORT_BOOL ? json_boolean(fact->number != 0) : json_real(fact->number);
}

static json_t *net_json(const struct report_row *row)
{
	double v;

	return report_net(row, &v) ? json_real(v) : json_null();
}

static json_t *row_json(const struct diff_row *row)
{
	json_t *object = json_pack("{s:s s:s s:s s:o s:o s:s}", "name", row->a->name, "unit", row->a->unit,
		"per", row->a->per, "first", net_json(row->a), "second", net_json(row->b), "change",
		diff_words[row->change]);

	if (object && diff_knows_config(row))
		json_object_set_new(object, "config_changed", json_boolean(diff_is_other_config(row)));
	if (object && row->change != DIFF_UNCLEAR)
		json_object_update_new(object, json_pack("{s:f s:f s:f}", "ratio", row->ratio.ratio, "low",
						       row->ratio.low, "high", row->ratio.high));
	return object;
}

static json_t *rows_json(const struct diff *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->n_rows; i++)
		json_array_append_new(list, row_json(&d->rows[i]));
	return list;
}

static json_t *names_json(const struct report_row *const *rows, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(rows[i]->name));
	return list;
}

static json_t *facts_json(const struct diff *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->n_facts; i++) {
		const struct diff_fact *f = &d->facts[i];

		json_array_append_new(
			list, json_pack("{s:s s:s s:o s:o}", "section", report_section_words[f->section],
				      "name", f->a ? f->a->name : f->b->name, "first", fact_json(f->a),
				      "second", fact_json(f->b)));
	}
	return list;
}

bool diff_print_json(const struct diff *d, FILE *out)
{
	json_t *root = json_pack("{s:f s:o s:o s:o s:o}", "threshold", d->threshold, "facts", facts_json(d),
		"cases", rows_json(d), "only_first", names_json(d->only_a, d->n_only_a), "only_second",
		names_json(d->only_b, d->n_only_b));
	bool good = root && !json_dumpf(root, out, JSON_INDENT(1) | JSON_REAL_PRECISION(9));

	json_decref(root);
	fputc('\n', out);
	return good;
}
