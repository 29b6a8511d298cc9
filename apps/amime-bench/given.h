/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_GIVEN_H
#define BENCH_GIVEN_H
/* A pipeline case from files: any configuration whose ports are in memory, and a traffic. */
#include "case_pipeline.h"

enum { GIVEN_NULL, GIVEN_CASE, GIVEN_CASES };

struct given {
	char *text; /* of the configuration */
	struct pipeline_arg args[GIVEN_CASES];
	struct bench_case cases[GIVEN_CASES];
};

/*
 * Either file may be NULL: VXLAN in GRE with 64 tunnels and 16 VNIs, and 64-octet frames into them, are what is missing
 * then. False where a file does not hold; every error stands on standard error.
 */
bool given_load(struct given *g, const char *config, const char *traffic);
void given_free(struct given *g);

#endif
