/* SPDX-License-Identifier: BSD-3-Clause */
#include "gather.h"

#include <stdlib.h>
#include <string.h>

#include "config_fact.h"
#include "machine.h"
#include "pipeline/stage.h"

static enum report_fate fate(const struct bench *b, const struct bench_sample *s)
{
	if (bench_keeps(b, s))
		return REPORT_KEPT;
	if (s->interrupted)
		return REPORT_INTERRUPTED;
	if (yardstick_is_apart(&s->looks))
		return REPORT_CONTENDED;
	return bench_is_far(b, s) ? REPORT_FAR : REPORT_SLOW;
}

static int by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

/* The median of a stage over the samples kept. */
static double stage_median(
	const struct bench *b, const struct bench_result *result, unsigned stage, float *room)
{
	size_t n = 0;

	for (unsigned i = 0; i < result->n; i++)
		if (bench_keeps(b, &result->samples[i]))
			room[n++] = result->samples[i].stage[stage] *
				    (float)bench_quiet(b, result, &result->samples[i]);
	qsort(room, n, sizeof *room, by_value);
	return n ? (double)room[n / 2] : 0;
}

/* Only a data plane that counts them has any. What is between them, the worker's turn itself, is the rest of a packet. */
static void gather_stages(
	struct report *r, struct report_row *row, const struct bench *b, const struct bench_result *result)
{
	float *room = malloc((result->n + 1) * sizeof *room);
	double rest = result->stats.median, sum = 0, cycles[AM_STAGES];

	for (unsigned s = AM_STAGE_RX; room && s < AM_STAGES; s++)
		sum += cycles[s] = stage_median(b, result, s, room);
	for (unsigned s = AM_STAGE_RX; sum > 0 && s < AM_STAGES; s++)
		report_add_stage(r, row, am_stage_name((enum am_stage)s), cycles[s]);
	if (sum > 0)
		report_add_stage(r, row, am_stage_name(AM_STAGE_REST), rest > sum ? rest - sum : 0);
	free(room);
}

/* Repeat by repeat, though they were taken in turns. */
static void gather_samples(struct report *r, struct report_row *row, const struct bench *b,
	const struct bench_result *result, unsigned repeat)
{
	for (unsigned i = 0; i < result->n; i++) {
		const struct bench_sample *s = &result->samples[i];

		if (s->repeat == repeat)
			report_add_sample(r, row,
				&(struct report_sample){
					.value = s->cycles * bench_quiet(b, result, s),
					.probe = (double)s->probe,
					.fate = fate(b, s),
					.repeat = repeat,
					.memory = (double)s->memory,
					.beside = (double)(s->looks.before + s->looks.after) / 2,
				});
	}
}

/* NULL: c has no configuration. */
static const char *sum_config(struct report *r, const struct bench_case *c, char sum[CONFIG_SUM])
{
	char *text = c->config_text ? c->config_text(c->arg) : NULL;

	r->no_memory |= c->config_text && !text;
	if (text)
		config_sum(text, sum);
	free(text);
	return text ? sum : NULL;
}

static void gather_case(struct report *r, const struct bench *b, const struct bench_result *result)
{
	const struct bench_case *c = result->c;
	char sum[CONFIG_SUM];
	struct report_row *row =
		report_add_row(r, &(struct report_row){
					  .name = c->name,
					  .about = c->about,
					  .unit = "cycles",
					  .per = c->per,
					  .null = c->null,
					  .base = result->base ? result->base->c->name : NULL,
					  .limit = result->limit ? result->limit->c->name : NULL,
					  .of = c->of,
					  .burst = c->burst,
					  .cold = c->burst && (c->cold || c->memory),
					  .goal = bench_goal(result),
					  .config_sha256 = sum_config(r, c, sum),
					  .follows = {result->follows[0], result->follows[1]},
				  });

	for (unsigned repeat = 0; repeat < b->size.repeats; repeat++)
		gather_samples(r, row, b, result, repeat);
	if (result->c->stages && result->kept)
		gather_stages(r, row, b, result);
}

static struct report_curve *curve_of(struct report *r, const struct bench_case *c)
{
	for (size_t i = 0; i < r->n_curves; i++)
		if (!strcmp(r->curves[i]->name, c->curve->name))
			return r->curves[i];
	return report_add_curve(r, &(struct report_curve){
					   .name = c->curve->name,
					   .about = c->curve->about,
					   .x = {c->curve->x, "", REPORT_LOG},
					   .y = {"cost", "cycles", REPORT_LINEAR},
				   });
}

static struct report_series *series_of(struct report *r, struct report_curve *curve, const char *name)
{
	for (size_t i = 0; curve && i < curve->n_series; i++)
		if (!strcmp(curve->series[i]->name, name))
			return curve->series[i];
	return report_add_series(r, curve, name);
}

static void gather_point(struct report *r, const struct bench_result *result)
{
	const struct bench_case *c = result->c;
	const struct bench_stats *s = &result->stats;
	double null = 0;

	if (!result->kept || (c->null && !bench_net(result, &null)))
		return;
	null = c->null ? s->median - null : 0;
	report_add_point(r, series_of(r, curve_of(r, c), c->series),
		&(struct report_point){c->x, s->median - null, s->q1 - null, s->q3 - null});
}

void gather_results(struct report *r, const struct bench *b, const struct bench_result *results, unsigned n)
{
	machine_describe_clock(r, PROBE_TURNS, (double)b->probes.clock);
	if (b->probes.has_memory)
		machine_describe_memory(r, &b->probes);
	if (b->probes.exchange)
		report_add_number(r, REPORT_MACHINE, "exchange_cycles", (double)b->probes.exchange);
	report_add_number(r, REPORT_SETTINGS, "burst", BENCH_BURST);
	report_add_number(r, REPORT_SETTINGS, "samples", b->size.samples);
	report_add_number(r, REPORT_SETTINGS, "repeats", b->size.repeats);
	report_add_number(r, REPORT_SETTINGS, "runs_per_sample", b->size.runs);
	report_add_number(
		r, REPORT_SETTINGS, "runs_per_sample_memory", (double)b->size.runs * BENCH_RUNS_MEMORY);
	report_add_number(r, REPORT_SETTINGS, "probe_fastest", (double)b->probes.clock);
	report_add_number(r, REPORT_SETTINGS, "yardstick_hot", (double)b->sticks[BENCH_STICK_HOT].quiet);
	if (b->sticks[BENCH_STICK_COLD].c)
		report_add_number(
			r, REPORT_SETTINGS, "yardstick_cold", (double)b->sticks[BENCH_STICK_COLD].quiet);
	report_add_number(r, REPORT_SETTINGS, "yardstick_percentile", YARDSTICK_QUIET_PERCENTILE);
	report_add_number(r, REPORT_SETTINGS, "yardstick_slow_percent", YARDSTICK_SLOW_PERCENT);
	report_add_number(r, REPORT_SETTINGS, "yardstick_apart_percent", YARDSTICK_APART_PERCENT);
	report_add_number(r, REPORT_SETTINGS, "far_percent", PROBE_FAR_PERCENT);
	for (unsigned i = 0; i < n; i++)
		gather_case(r, b, &results[i]);
	for (unsigned i = 0; i < n; i++)
		if (results[i].c->curve)
			gather_point(r, &results[i]);
}
