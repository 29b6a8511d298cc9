/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_CHECK_H
#define AMIMED_CHECK_H
/* What amimed says about a file without running it. Exit statuses. */

struct am_config;
struct am_config_errors;

/*
 * What lib/config does not see, for am_config_load_file_checked: ports that only amime-pcap has, two VRFs in
 * one namespace of the kernel by two names, and stacks of tunnels whose bytes do not fit. The configuration may have errors.
 */
void am_check_config(const struct am_config *config, struct am_config_errors *errors);

enum { AM_CHECK_FINE = 0, AM_CHECK_WRONG = 1, AM_CHECK_NOT_CONFIRMED = 4 };

/* Every error on standard error as FILE:LINE:COLUMN: path: text, and whether a start would take another one. */
int am_check_file(const char *path, const char *state_base);

/* The bytes per layer of a tunnel as JSON on standard output. 0 or 1. */
int am_explain_file(const char *path, const char *tunnel);

#endif
