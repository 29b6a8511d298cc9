/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H
/* A report for people. */
#include <stdio.h>

#include "report.h"

/* What it was measured on, one line a row, and how many samples were left out and why. */
void report_print(const struct report *r, FILE *out);

#endif
