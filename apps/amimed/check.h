/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_CHECK_H
#define AMIMED_CHECK_H
/* What amimed says about a file without running it. Exit statuses. */

/* Every error on standard error as FILE:LINE:COLUMN: path: text. 0 or 1. */
int am_check_file(const char *path);

/* The bytes per layer of a tunnel as JSON on standard output. 0 or 1. */
int am_explain_file(const char *path, const char *tunnel);

#endif
