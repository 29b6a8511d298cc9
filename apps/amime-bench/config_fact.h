/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_CONFIG_FACT_H
#define BENCH_CONFIG_FACT_H
/* Which files were measured, so that two results say whether they were the same ones. */
#include "report.h"

/* Settings "WHAT", where it came from, and "WHAT_sha256", of that file's octets; "unknown" where it cannot be read any more. */
void config_describe(struct report *r, const char *what, const char *path);

#endif
