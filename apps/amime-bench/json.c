/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include <jansson.h>

#include "report.h"

static json_t *machine_json(const struct bench_machine *m)
{
	return json_pack("{s:s s:s s:s s:s s:s s:I s:I s:i s:I s:b}", "cpu", m->cpu, "kernel", m->kernel,
		"dpdk", m->dpdk, "compiler", m->compiler, "version", m->version, "tsc_hz",
		(json_int_t)m->tsc_hz, "core_hz", (json_int_t)m->core_hz, "on_cpu", m->on_cpu, "cpus",
		(json_int_t)m->cpus, "huge_pages", m->huge_pages);
}

static const char *fate(const struct bench *b, const struct bench_sample *s)
{
	return bench_keeps(b, s) ? "kept" : s->interrupted ? "interrupted" : "slow";
}

static json_t *samples_json(const struct bench *b, const struct bench_result *r)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < r->n; i++) {
		const struct bench_sample *s = &r->samples[i];

		json_array_append_new(list, json_pack("{s:f s:I s:s}", "cycles", s->cycles, "probe",
						    (json_int_t)s->probe, "fate", fate(b, s)));
	}
	return list;
}

static json_t *stats_json(const struct bench_result *r)
{
	const struct bench_stats *s = &r->stats;

	if (!r->kept)
		return json_null();
	return json_pack("{s:f s:f s:f s:f s:f}", "min", s->min, "q1", s->q1, "median", s->median, "q3",
		s->q3, "max", s->max);
}

static json_t *net_json(const struct bench_result *r)
{
	double cycles;

	return bench_net(r, &cycles) ? json_real(cycles) : json_null();
}

static json_t *goal_json(const struct bench_result *r)
{
	return r->c->goal ? json_real(r->c->goal) : json_null();
}

static json_t *goal_ratio_json(const struct bench_result *r)
{
	double ratio;

	return bench_goal_ratio(r, &ratio) ? json_real(ratio) : json_null();
}

static json_t *result_json(const struct bench *b, const struct bench_result *r)
{
	return json_pack("{s:s s:s s:s s:o s:o s:o s:o s:i s:i s:i s:i s:o}", "name", r->c->name, "about",
		r->c->about, "per", r->c->per, "cycles", stats_json(r), "net", net_json(r), "goal",
		goal_json(r), "goal_ratio", goal_ratio_json(r), "taken", (int)r->n, "kept", (int)r->kept,
		"slow", (int)r->slow, "interrupted", (int)r->interrupted, "samples", samples_json(b, r));
}

static json_t *report_json(const struct bench_report *r)
{
	json_t *cases = json_array();

	for (unsigned i = 0; i < r->n; i++)
		json_array_append_new(cases, result_json(r->bench, &r->results[i]));
	return json_pack("{s:s s:s s:o s:i s:i s:I s:i s:o}", "command", r->command, "unit",
		"TSC cycles per operation", "machine", machine_json(&r->machine), "burst", BENCH_BURST,
		"runs_per_sample", (int)r->bench->runs, "probe_fastest", (json_int_t)r->bench->probe,
		"probe_slow_percent", BENCH_SLOW_PERCENT, "cases", cases);
}

int bench_write_json(const struct bench_report *r, const char *path, struct am_err *err)
{
	FILE *out = strcmp(path, "-") ? fopen(path, "w") : stdout;
	json_t *report;
	int bad;

	if (!out)
		return am_fail(err, errno, "%s: %s", path, strerror(errno));
	report = report_json(r);
	bad = !report || json_dumpf(report, out, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) ||
	      fputc('\n', out) == EOF;
	json_decref(report);
	if (out == stdout)
		bad |= fflush(out) != 0;
	else
		bad |= fclose(out) != 0;
	return bad ? am_fail(err, EIO, "%s: could not write the JSON; is the disk full?", path) : 0;
}
