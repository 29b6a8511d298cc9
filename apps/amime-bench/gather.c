/* SPDX-License-Identifier: BSD-3-Clause */
#include "gather.h"

#include "machine.h"

static enum report_fate fate(const struct bench *b, const struct bench_sample *s)
{
	if (bench_keeps(b, s))
		return REPORT_KEPT;
	return s->interrupted ? REPORT_INTERRUPTED : REPORT_SLOW;
}

static void gather_case(struct report *r, const struct bench *b, const struct bench_result *result)
{
	const struct bench_case *c = result->c;
	struct report_row *row = report_add_row(r, &(struct report_row){
							   .name = c->name,
							   .about = c->about,
							   .unit = "cycles",
							   .per = c->per,
							   .null = c->null,
							   .goal = bench_goal(result),
						   });

	for (unsigned i = 0; i < result->n; i++) {
		const struct bench_sample *s = &result->samples[i];

		report_add_sample(r, row, &(struct report_sample){s->cycles, (double)s->probe, fate(b, s)});
	}
}

void gather_results(struct report *r, const struct bench *b, const struct bench_result *results, unsigned n)
{
	machine_describe_clock(r, BENCH_PROBE_TURNS, (double)b->probe);
	report_add_number(r, REPORT_SETTINGS, "burst", BENCH_BURST);
	report_add_number(r, REPORT_SETTINGS, "samples", b->samples);
	report_add_number(r, REPORT_SETTINGS, "runs_per_sample", b->runs);
	report_add_number(r, REPORT_SETTINGS, "probe_fastest", (double)b->probe);
	report_add_number(r, REPORT_SETTINGS, "probe_slow_percent", BENCH_SLOW_PERCENT);
	for (unsigned i = 0; i < n; i++)
		gather_case(r, b, &results[i]);
}
