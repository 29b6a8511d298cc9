/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMECTL_LOCAL_H
#define AMIMECTL_LOCAL_H
/* What is done without asking a daemon: by amimed's own --check and --explain, and by comparing files. */
#include <stdbool.h>

#include <jansson.h>

#include "base/err.h"

/*
 * amimed knows the whole model, and with it DPDK, which this program does without. It is $AMIMED, or the one beside this
 * program, in ../sbin or in a build's ../amimed, or on the PATH. Does not return where it can be run.
 */
int am_local_check(const char *file, struct am_err *err);
/* What amimed --explain prints; NULL and err. Its own complaints have gone to standard error. */
json_t *am_local_explain(const char *config, const char *tunnel, struct am_err *err);

/* What changes from the running configuration (as `show config` gives it) to the file. An exit status. */
int am_local_diff(const json_t *running, const char *file, bool json);

#endif
