/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_JSON_H
#define BENCH_JSON_H
/*
 * Result files: a report as JSON, one case or curve a line. man/amime-bench.1, RESULT FILES, is what others may count on.
 */
#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "report.h"

enum { RESULT_FORMAT = 1 };

/* r is settled. False where memory is short: out then holds no JSON. */
bool result_print(const struct report *r, FILE *out);

/* Everything, with every sample. path "-" is standard output. 0 or a negative errno. */
int result_write(const struct report *r, const char *path, struct am_err *err);

#endif
