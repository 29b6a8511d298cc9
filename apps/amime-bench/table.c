/* SPDX-License-Identifier: BSD-3-Clause */
#include "table.h"

#include <string.h>

#include "shapes.h"

enum { NAME_LEAST = 16, UNIT = 32, CELL = 10 };

/* Columns that have something to show. */
struct columns {
	int name;
	bool net, goal, base, limit, mpps;
	double tsc_hz;
	struct shapes shapes; /* of a second table */
};

static bool is_per_packet(const struct report_row *row)
{
	return !strcmp(row->unit, "cycles") && (!strcmp(row->per, "packet") || !strcmp(row->per, "datagram"));
}

static struct columns choose_columns(const struct report *r)
{
	struct columns c = {.name = NAME_LEAST, .tsc_hz = report_number(r, REPORT_MACHINE, "tsc_hz")};

	shapes_find(r, &c.shapes);
	for (size_t i = 0; i < r->n_rows; i++) {
		const struct report_row *row = r->rows[i];
		int name = (int)strlen(row->name);

		if (shapes_fold(row))
			continue;
		c.name = name > c.name ? name : c.name;
		c.net |= row->null != NULL;
		c.goal |= row->goal > 0;
		c.base |= row->base != NULL;
		c.limit |= row->limit != NULL;
		c.mpps |= c.tsc_hz > 0 && is_per_packet(row);
	}
	return c;
}

static void print_slow_run(const struct report *r, FILE *out)
{
	size_t n, slow;

	if (report_is_slow(r, &slow, &n))
		fprintf(out,
			"WARNING: the core ran below its nominal %.0f MHz beside %zu of %zu samples: this run was slow, "
			"do not compare it\n",
			report_number(r, REPORT_MACHINE, "tsc_hz") / 1e6, slow, n);
}

static void print_machine(const struct report *r, FILE *out)
{
	fprintf(out, "amime-bench %s %s", report_text(r, REPORT_VERSIONS, "amime"), r->command);
	fprintf(out, ": %s, ", report_text(r, REPORT_MACHINE, "cpu"));
	if (report_find_fact(r, REPORT_MACHINE, "tsc_hz"))
		fprintf(out, "TSC %.0f MHz, ", report_number(r, REPORT_MACHINE, "tsc_hz") / 1e6);
	fprintf(out, "CPU %.0f of %.0f, %s\n", report_number(r, REPORT_MACHINE, "on_cpu"),
		report_number(r, REPORT_MACHINE, "cpus"), report_text(r, REPORT_MACHINE, "kernel"));
	if (report_find_fact(r, REPORT_MACHINE, "core_hz"))
		fprintf(out,
			"core at %.0f MHz while the fastest probe ran: compare numbers only at the same clock\n",
			report_number(r, REPORT_MACHINE, "core_hz") / 1e6);
	if (report_find_fact(r, REPORT_MACHINE, "memory_ns"))
		fprintf(out,
			"memory answered in %.0f ns at its fastest: compare numbers of work that misses caches only "
			"at the same\n",
			report_number(r, REPORT_MACHINE, "memory_ns"));
	if (report_find_fact(r, REPORT_MACHINE, "memory_line_cycles"))
		fprintf(out, "a line that no cache has took %.1f cycles where 64 were asked for at once\n",
			report_number(r, REPORT_MACHINE, "memory_line_cycles"));
	print_slow_run(r, out);
	fprintf(out, "%s, %s", report_text(r, REPORT_VERSIONS, "dpdk"),
		report_text(r, REPORT_VERSIONS, "compiler"));
	if (report_find_fact(r, REPORT_SETTINGS, "huge_pages"))
		fprintf(out, ", packet buffers on %s pages",
			report_number(r, REPORT_SETTINGS, "huge_pages") != 0 ? "huge" : "small");
	if (report_find_fact(r, REPORT_SETTINGS, "burst"))
		fprintf(out, ", bursts of %.0f", report_number(r, REPORT_SETTINGS, "burst"));
	fputs("\n\n", out);
}

static void print_head(const struct columns *c, FILE *out)
{
	fprintf(out, "%-*s %9s %9s %9s", c->name, "case", "median", "q1", "q3");
	if (c->net)
		fprintf(out, " %9s", "net");
	if (c->goal)
		fprintf(out, " %7s %7s", "goal", "of goal");
	if (c->base)
		fprintf(out, " %7s %7s", "of base", "allowed");
	if (c->limit)
		fprintf(out, " %7s %7s", "limit", "of it");
	if (c->mpps)
		fprintf(out, " %7s", "Mpps");
	fprintf(out, "  %-16s %5s %8s\n", "unit", "kept", "left out");
}

/* Cycles line up; of anything else four digits matter. */
static void print_value(double v, const char *unit, FILE *out)
{
	double size = v < 0 ? -v : v;
	int decimals = !strcmp(unit, "cycles") || size >= 100 ? 1 : size < 1 ? 4 : size < 10 ? 3 : 2;

	fprintf(out, " %9.*f", decimals, v);
}

static void print_stats(const struct report_row *row, FILE *out)
{
	if (!report_kept(row)) {
		fprintf(out, " %9s %9s %9s", "-", "-", "-");
		return;
	}
	print_value(row->stats.median, row->unit, out);
	print_value(row->stats.q1, row->unit, out);
	print_value(row->stats.q3, row->unit, out);
}

static void print_goal(const struct report_row *row, FILE *out)
{
	double ratio;

	if (row->goal <= 0)
		fprintf(out, " %7s %7s", "", "");
	else if (report_goal_ratio(row, &ratio))
		fprintf(out, " %7.4g %6.2fx", row->goal, ratio);
	else
		fprintf(out, " %7.4g %7s", row->goal, "-");
}

static void print_base(const struct report_row *row, FILE *out)
{
	double ratio, allowed;

	if (report_base(row, &ratio, &allowed))
		fprintf(out, " %6.2fx %6.2fx", ratio, allowed);
	else
		fprintf(out, " %7s %7s", row->base ? "-" : "", "");
}

static void print_limit(const struct report_row *row, FILE *out)
{
	double limit, ratio;

	if (report_limit(row, &limit, &ratio))
		fprintf(out, " %7.1f %6.2fx", limit, ratio);
	else
		fprintf(out, " %7s %7s", row->limit ? "-" : "", "");
}

static void print_row(const struct report_row *row, const struct columns *c, FILE *out)
{
	char unit[UNIT];
	double net;
	bool has = report_net(row, &net);

	fprintf(out, "%-*s", c->name, row->name);
	print_stats(row, out);
	if (c->net && row->null && has)
		print_value(net, row->unit, out);
	else if (c->net)
		fprintf(out, " %9s", row->null ? "-" : "");
	if (c->goal)
		print_goal(row, out);
	if (c->base)
		print_base(row, out);
	if (c->limit)
		print_limit(row, out);
	if (c->mpps && has && net > 0 && is_per_packet(row))
		fprintf(out, " %7.2f", c->tsc_hz / net / 1e6);
	else if (c->mpps)
		fprintf(out, " %7s", "");
	snprintf(unit, sizeof unit, "%s%s%s", row->unit, *row->per ? "/" : "", row->per);
	fprintf(out, "  %-16s %5zu %8zu\n", unit, report_kept(row), row->n_samples - report_kept(row));
}

static void print_shapes_of(
	const struct report *r, const struct report_row *row, const struct columns *c, FILE *out)
{
	double value;
	int blank = 0;

	fprintf(out, "%-*s", c->name, row->name);
	for (size_t i = 0; i < c->shapes.n; i++) {
		const struct report_row *shape = shapes_row(r, row, &c->shapes.at[i]);

		if (!shape) {
			blank += CELL;
			continue;
		}
		fprintf(out, "%*s", blank, "");
		blank = 0;
		if (report_net(shape, &value))
			print_value(value, shape->unit, out);
		else
			fprintf(out, " %9s", "-");
	}
	fputc('\n', out);
}

/* Beside the usual burst what matters is how one number follows from another: so they stand in one row. */
static void print_shapes(const struct report *r, const struct columns *c, FILE *out)
{
	char label[SHAPES_LABEL];

	fprintf(out,
		"\nMedians in bursts of so many, and on cold data, which is more than caches hold:\n\n%-*s",
		c->name, "case");
	for (size_t i = 0; i < c->shapes.n; i++) {
		shapes_label(&c->shapes.at[i], label);
		fprintf(out, " %9s", label);
	}
	fputc('\n', out);
	for (size_t i = 0; i < r->n_rows; i++)
		if (shapes_has(r, r->rows[i]))
			print_shapes_of(r, r->rows[i], c, out);
}

static void print_left_out(const struct report *r, FILE *out)
{
	size_t n = 0, slow = 0, contended = 0, far = 0, interrupted = 0, empty = 0;

	for (size_t i = 0; i < r->n_rows; i++) {
		n += r->rows[i]->n_samples;
		slow += r->rows[i]->fates[REPORT_SLOW];
		contended += r->rows[i]->fates[REPORT_CONTENDED];
		far += r->rows[i]->fates[REPORT_FAR];
		interrupted += r->rows[i]->fates[REPORT_INTERRUPTED];
		empty += !report_kept(r->rows[i]);
	}
	fprintf(out,
		"Each sample is what it would be where a fixed piece of work beside it, the yardstick, takes what the "
		"fastest %.0f %% of its looks took, and the\nclock is as fast as it was: as far as the case's samples follow either.\n"
		"Left out: %zu of %zu samples; %zu beside a yardstick that took over %.0f %% of that, %zu where it took over %.0f %% after\n"
		"the sample of what it took before, or the other way round, %zu with the other CPU far, %zu with the CPU taken away.\n",
		report_number(r, REPORT_SETTINGS, "yardstick_percentile"),
		slow + contended + far + interrupted, n, slow,
		report_number(r, REPORT_SETTINGS, "yardstick_slow_percent"), contended,
		report_number(r, REPORT_SETTINGS, "yardstick_apart_percent"), far, interrupted);
	if (empty)
		fprintf(out,
			"%zu cases have no sample to trust: this machine is busy or its clock slow; try "
			"--seconds 60.\n",
			empty);
}

static void print_foot(const struct report *r, const struct columns *c, FILE *out)
{
	fprintf(out, "\nMedian and quartiles of the samples kept; cycles are the TSC's.\n");
	if (c->net)
		fprintf(out, "net: the median less that of the null case, which only receives and sends.\n");
	if (c->goal)
		fprintf(out, "of goal: how much of the goal %s takes; 1.00x and below is reached.\n",
			c->net ? "the net value" : "the median");
	if (c->base)
		fprintf(out,
			"of base: where a goal follows from another case, how many times that one it takes, and may take.\n");
	if (c->limit)
		fprintf(out,
			"limit: what the least that such work takes was seen to take in this run (rows limit/), and how "
			"many times it the row is.\n");
	if (c->mpps)
		fprintf(out, "Mpps: millions a second on one core, at %s cycles.\n",
			c->net ? "so many net" : "so many");
	if (report_find_fact(r, REPORT_SETTINGS, "yardstick_hot"))
		print_left_out(r, out);
}

static void print_curve(const struct report_curve *curve, FILE *out)
{
	fprintf(out, "\n%s: %s%s%s by %s%s%s\n", curve->name, curve->y.name, *curve->y.unit ? ", " : "",
		curve->y.unit, curve->x.name, *curve->x.unit ? ", " : "", curve->x.unit);
	for (size_t i = 0; i < curve->n_series; i++) {
		const struct report_series *s = curve->series[i];

		fprintf(out, "  %s\n", s->name);
		for (size_t j = 0; j < s->n_points; j++) {
			fprintf(out, "    %12.6g", s->points[j].x);
			print_value(s->points[j].y, curve->y.unit, out);
			fputc('\n', out);
		}
	}
}

static void print_stages(const struct report_row *row, FILE *out)
{
	fprintf(out, "\n%s, by stage\n", row->name);
	for (size_t i = 0; i < row->n_stages; i++) {
		fprintf(out, "  %-16s", row->stages[i].name);
		print_value(row->stages[i].value, row->unit, out);
		fputc('\n', out);
	}
}

static void print_prediction(const struct report_row *row, int width, FILE *out)
{
	double value, apart;

	fprintf(out, "%-*s", width, row->name);
	print_value(row->predicted, row->unit, out);
	if (!report_apart(row, &apart) || !report_net(row, &value)) {
		fprintf(out, " %9s %8s\n", "-", "-");
		return;
	}
	print_value(value, row->unit, out);
	fprintf(out, " %+7.1f%%%s\n", apart * 100, report_is_apart(apart) ? "  the model does not hold" : "");
}

static void print_predictions(const struct report *r, int width, FILE *out)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_rows; i++) {
		if (r->rows[i]->predicted <= 0)
			continue;
		if (!n++)
			fprintf(out, "\n%-*s %9s %9s %8s\n", width, "by a model", "predicted", "measured",
				"apart");
		print_prediction(r->rows[i], width, out);
	}
	if (n)
		fprintf(out, "Predicted from other rows than that one; a model holds within %d %%.\n",
			REPORT_APART_PERCENT);
}

void report_print(const struct report *r, FILE *out)
{
	struct columns c = choose_columns(r);

	print_machine(r, out);
	if (r->n_rows) {
		print_head(&c, out);
		for (size_t i = 0; i < r->n_rows; i++)
			if (!shapes_fold(r->rows[i]))
				print_row(r->rows[i], &c, out);
		if (c.shapes.n)
			print_shapes(r, &c, out);
		print_foot(r, &c, out);
		print_predictions(r, c.name, out);
	}
	for (size_t i = 0; i < r->n_rows; i++)
		if (r->rows[i]->n_stages)
			print_stages(r->rows[i], out);
	for (size_t i = 0; i < r->n_curves; i++)
		print_curve(r->curves[i], out);
}
