/* SPDX-License-Identifier: BSD-3-Clause */
#include "markdown.h"

#include <string.h>

#include "shapes.h"

/* Columns that some row has something for. */
struct columns {
	bool goal, base, limit, predicted, per;
	struct shapes shapes;
};

static bool has_one_of(const char *name, const char *texts)
{
	size_t n;

	for (; texts && *texts; texts += n + (texts[n] == ',')) {
		n = strcspn(texts, ",");
		if (n && memmem(name, strlen(name), texts, n))
			return true;
	}
	return false;
}

static bool is_null(const struct report *r, const struct report_row *row)
{
	for (size_t i = 0; i < r->n_rows; i++)
		if (r->rows[i]->null_row == row)
			return true;
	return false;
}

static bool is_shown(const struct report *r, const struct report_row *row, const char *texts, bool stages)
{
	return (!texts || has_one_of(row->name, texts)) && !is_null(r, row) && (!stages || row->n_stages);
}

static void print_machine(const struct report *r, FILE *out)
{
	size_t slow, n;

	fprintf(out, "%s, TSC %.0f MHz", report_text(r, REPORT_MACHINE, "cpu"),
		report_number(r, REPORT_MACHINE, "tsc_hz") / 1e6);
	if (report_find_fact(r, REPORT_MACHINE, "core_hz"))
		fprintf(out, ", core at %.0f MHz", report_number(r, REPORT_MACHINE, "core_hz") / 1e6);
	if (report_find_fact(r, REPORT_MACHINE, "memory_ns"))
		fprintf(out, ", memory answering in %.0f ns", report_number(r, REPORT_MACHINE, "memory_ns"));
	if (report_find_fact(r, REPORT_MACHINE, "memory_line_cycles"))
		fprintf(out, ", %.1f cycles a line in bursts of 64",
			report_number(r, REPORT_MACHINE, "memory_line_cycles"));
	fprintf(out, "; `amime-bench %s` of %s, %s.", r->command, report_text(r, REPORT_VERSIONS, "revision"),
		report_text(r, REPORT_VERSIONS, "compiler"));
	if (report_is_slow(r, &slow, &n))
		fprintf(out, " **The clock was below its nominal rate beside %zu of %zu samples.**", slow, n);
	fprintf(out, "\n\n");
}

static void print_value(double v, const char *unit, FILE *out)
{
	int decimals = !strcmp(unit, "cycles") || v >= 100 ? 1 : v < 10 ? 3 : 2;

	fprintf(out, " %.*f |", strcmp(unit, "octets") ? decimals : 0, v);
}

static void print_ratio(bool has, double value, const char *value_format, double ratio, FILE *out)
{
	if (!has) {
		fprintf(out, " | |");
		return;
	}
	fputc(' ', out);
	fprintf(out, value_format, value);
	fprintf(out, " | %.2f |", ratio);
}

static void print_shapes(
	const struct report *r, const struct report_row *row, const struct columns *c, FILE *out)
{
	double value;

	for (size_t i = 0; i < c->shapes.n; i++) {
		const struct report_row *shape = shapes_row(r, row, &c->shapes.at[i]);

		if (shape && report_net(shape, &value))
			print_value(value, shape->unit, out);
		else
			fprintf(out, shape ? " – |" : " |");
	}
}

static void print_row(
	const struct report *r, const struct report_row *row, const struct columns *c, FILE *out)
{
	double value, ratio = 0, limit = 0, allowed = 0;
	bool has;

	fprintf(out, "| %s |", row->name);
	if (report_net(row, &value))
		print_value(value, row->unit, out);
	else
		fprintf(out, " – |");
	if (c->goal) {
		has = report_goal_ratio(row, &ratio);
		print_ratio(has, row->goal, "%.4g", ratio, out);
	}
	if (c->base) {
		has = report_base(row, &ratio, &allowed);
		print_ratio(has, ratio, "%.2f", allowed, out);
	}
	if (c->limit) {
		has = report_limit(row, &limit, &ratio);
		print_ratio(has, limit, "%.1f", ratio, out);
	}
	if (c->predicted) {
		has = report_apart(row, &ratio);
		print_ratio(has, row->predicted, "%.1f", 1 + ratio, out);
	}
	if (c->per)
		fprintf(out, " %s%s%s |", row->unit, *row->per ? "/" : "", row->per);
	fprintf(out, " %zu of %zu |", report_kept(row), row->n_samples);
	print_shapes(r, row, c, out);
	fputc('\n', out);
}

static void print_head(const struct columns *c, FILE *out)
{
	size_t n = 3 + 2 * (size_t)(c->goal + c->base + c->limit + c->predicted) + c->per + c->shapes.n;
	char label[SHAPES_LABEL];

	fprintf(out, "| case | cost |%s%s%s%s%s kept |", c->goal ? " goal | of goal |" : "",
		c->base ? " of its base | allowed |" : "", c->limit ? " limit | of limit |" : "",
		c->predicted ? " predicted | of that |" : "", c->per ? " unit |" : "");
	for (size_t i = 0; i < c->shapes.n; i++) {
		shapes_label(&c->shapes.at[i], label);
		fprintf(out, " %s |", label);
	}
	fputc('\n', out);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "| --- ");
	fprintf(out, "|\n");
}

/* What is a shape of a row that is shown stands in that one's columns. */
static bool has_cost(const struct report *r, const struct report_row *row, const char *texts)
{
	return is_shown(r, row, texts, false) &&
	       !(shapes_fold(row) && is_shown(r, row->of_row, texts, false));
}

static bool print_costs(const struct report *r, const char *texts, FILE *out)
{
	const struct report_row *first = NULL;
	struct columns c = {0};

	shapes_find(r, &c.shapes);
	for (size_t i = 0; i < r->n_rows; i++) {
		const struct report_row *row = r->rows[i];

		if (!has_cost(r, row, texts))
			continue;
		first = first ? first : row;
		c.goal |= row->goal > 0;
		c.base |= row->base != NULL;
		c.limit |= row->limit != NULL;
		c.predicted |= row->predicted > 0;
		c.per |= strcmp(row->per, first->per) || strcmp(row->unit, first->unit);
	}
	if (!first)
		return false;
	print_machine(r, out);
	print_head(&c, out);
	for (size_t i = 0; i < r->n_rows; i++)
		if (has_cost(r, r->rows[i], texts))
			print_row(r, r->rows[i], &c, out);
	return true;
}

/* All rows of one data plane have the same stages. */
static bool print_stages(const struct report *r, const char *texts, FILE *out)
{
	const struct report_row *head = NULL;

	for (size_t i = 0; i < r->n_rows; i++) {
		const struct report_row *row = r->rows[i];

		if (!is_shown(r, row, texts, true) || (head && row->n_stages != head->n_stages))
			continue;
		if (!head) {
			head = row;
			print_machine(r, out);
			fprintf(out, "| case |");
			for (size_t s = 0; s < row->n_stages; s++)
				fprintf(out, " %s |", row->stages[s].name);
			fprintf(out, "\n| --- |");
			for (size_t s = 0; s < row->n_stages; s++)
				fprintf(out, " --- |");
			fputc('\n', out);
		}
		fprintf(out, "| %s |", row->name);
		for (size_t s = 0; s < row->n_stages; s++)
			print_value(row->stages[s].value, row->unit, out);
		fputc('\n', out);
	}
	return head != NULL;
}

bool markdown_print(const struct report *r, const char *texts, bool stages, FILE *out)
{
	return stages ? print_stages(r, texts, out) : print_costs(r, texts, out);
}
