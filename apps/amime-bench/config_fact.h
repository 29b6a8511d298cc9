/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_CONFIG_FACT_H
#define BENCH_CONFIG_FACT_H
/* Which configuration and which files were measured, so that two results say whether they were the same ones. */
#include "report.h"

enum { CONFIG_SUM = 65 };

/* Settings "WHAT", where it came from, and "WHAT_sha256", of that file's octets; "unknown" where it cannot be read any more. */
void config_describe(struct report *r, const char *what, const char *path);

/* The SHA-256 of a text in hexadecimal digits. */
void config_sum(const char *text, char out[CONFIG_SUM]);

#endif
