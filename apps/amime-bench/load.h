/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H
/*
 * Result files back into reports. Nothing in them is trusted: keys, types, ranges and references are checked, every
 * complaint is collected with its JSON path and line, and what is derived from samples is computed again.
 */
#include <stddef.h>
#include <stdio.h>

#include "config/config.h"
#include "report.h"

/* A settled report; NULL, and at least one complaint, where the text is no result. */
struct report *result_load(const char *text, size_t len, struct am_config_errors *errors);
struct report *result_read(const char *path, struct am_config_errors *errors);

/* "FILE:LINE: PATH: what is wrong", one a line. */
void result_print_errors(const char *path, const struct am_config_errors *errors, FILE *out);

#endif
