/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_CASE_PIPELINE_H
#define BENCH_CASE_PIPELINE_H
/* A configuration and a traffic as a case. */
#include "bench.h"
#include "setup.h"
#include "traffic.h"

/* What works beside the worker that is measured. */
enum pipeline_beside {
	BESIDE_NOTHING,
	BESIDE_APART, /* a worker of another data plane with the same configuration: it shares the machine alone */
	BESIDE_WORKER, /* the second worker of the same data plane */
};

struct pipeline_arg {
	struct setup setup;
	const char *config; /* a configuration's text in place of setup; may be NULL */
	struct traffic traffic;
	enum pipeline_beside beside;
	bool null; /* only receive and send */
};

/* What a case of this kind does, see bench.h. */
void *pipeline_open(const struct bench_env *env, const void *arg, struct am_err *err);
bool pipeline_arrive(void *state);
bool pipeline_work(void *state);
bool pipeline_collect(void *state);
bool pipeline_arrive_null(void *state);
bool pipeline_work_null(void *state);
bool pipeline_collect_null(void *state);
bool pipeline_beside(void *state, double *cycles);
uint64_t pipeline_exchange(void *state);
void pipeline_stages(void *state, uint64_t cycles[BENCH_STAGES_MAX]);
void pipeline_close(void *state);
char *pipeline_config(const void *arg);

/* Fill in all of that; its name and the like are the caller's. arg lives as long as the case. */
void pipeline_case(struct bench_case *c, const struct pipeline_arg *arg);

#endif
