/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "report.h"

static int name_width(const struct bench_report *r)
{
	size_t width = strlen("case");

	for (unsigned i = 0; i < r->n; i++)
		if (strlen(r->results[i].c->name) > width)
			width = strlen(r->results[i].c->name);
	return (int)width;
}

static void print_head(const struct bench_report *r, FILE *out)
{
	const struct bench_machine *m = &r->machine;

	fprintf(out, "amime-bench %s %s: %s, TSC %.0f MHz, CPU %d of %ld, %s\n", m->version, r->command,
		m->cpu, (double)m->tsc_hz / 1e6, m->on_cpu, m->cpus, m->kernel);
	fprintf(out, "core at %.0f MHz while the fastest probe ran: compare numbers only at the same clock\n",
		(double)m->core_hz / 1e6);
	fprintf(out, "%s, %s, packet buffers on %s pages, bursts of %d\n\n", m->dpdk, m->compiler,
		m->huge_pages ? "huge" : "small", BENCH_BURST);
}

static bool any_net(const struct bench_report *r)
{
	for (unsigned i = 0; i < r->n; i++)
		if (r->results[i].null)
			return true;
	return false;
}

static bool any_goal(const struct bench_report *r)
{
	for (unsigned i = 0; i < r->n; i++)
		if (r->results[i].c->goal)
			return true;
	return false;
}

static void print_goal(const struct bench_result *r, FILE *out)
{
	double ratio;

	if (!r->c->goal)
		fprintf(out, " %7s %7s", "", "");
	else if (bench_goal_ratio(r, &ratio))
		fprintf(out, " %7.0f %6.2fx", r->c->goal, ratio);
	else
		fprintf(out, " %7.0f %7s", r->c->goal, "-");
}

static void print_row(const struct bench_result *r, int width, bool net, bool goal, FILE *out)
{
	unsigned out_of = r->n - r->kept;
	double cycles;

	if (r->kept)
		fprintf(out, "%-*s %9.1f %9.1f %9.1f", width, r->c->name, r->stats.median, r->stats.q1,
			r->stats.q3);
	else
		fprintf(out, "%-*s %9s %9s %9s", width, r->c->name, "-", "-", "-");
	if (bench_net(r, &cycles))
		fprintf(out, " %9.1f", cycles);
	else if (net)
		fprintf(out, " %9s", "-");
	if (goal)
		print_goal(r, out);
	fprintf(out, "  %-9s %5u %9u\n", r->c->per, r->kept, out_of);
}

static void print_foot(const struct bench_report *r, FILE *out)
{
	unsigned n = 0, slow = 0, interrupted = 0, empty = 0;

	for (unsigned i = 0; i < r->n; i++) {
		n += r->results[i].n;
		slow += r->results[i].slow;
		interrupted += r->results[i].interrupted;
		empty += !r->results[i].kept;
	}
	fprintf(out, "\nTSC cycles per operation: median and quartiles of the samples kept.\n");
	if (any_net(r))
		fprintf(out, "net: the median less that of the null case, which only receives and sends.\n");
	if (any_goal(r))
		fprintf(out, "of goal: %s over the goal; 1.00x and below is reached.\n",
			any_net(r) ? "net" : "cycles");
	fprintf(out,
		"Left out: %u of %u samples; %u beside a probe that took over %d %% of the fastest one, ",
		slow + interrupted, n, slow, BENCH_SLOW_PERCENT);
	fprintf(out, "%u with the CPU taken away.\n", interrupted);
	if (empty)
		fprintf(out,
			"%u cases have no sample to trust: this machine is busy or its clock slow; try "
			"--seconds 60.\n",
			empty);
}

void bench_print_table(const struct bench_report *r, FILE *out)
{
	int width = name_width(r);
	bool net = any_net(r), goal = any_goal(r);

	print_head(r, out);
	fprintf(out, "%-*s %9s %9s %9s%s%s  %-9s %5s %9s\n", width, "case", "cycles", "q1", "q3",
		net ? "       net" : "", goal ? "    goal of goal" : "", "per", "kept", "left out");
	for (unsigned i = 0; i < r->n; i++)
		print_row(&r->results[i], width, net, goal, out);
	print_foot(r, out);
}
