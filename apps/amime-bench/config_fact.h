/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_CONFIG_FACT_H
#define BENCH_CONFIG_FACT_H
/* Which configuration was measured, so that two results say whether it was the same one. */
#include "report.h"

/*
 * Settings "config", where it came from, and "config_sha256", of its canonical text (am_config_print): comments, order
 * and defaults that are written out make no difference.
 */
void config_describe(struct report *r, const char *path, const char *canonical);

#endif
