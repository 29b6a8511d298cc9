/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_SAY_H
#define AMIMED_SAY_H
/* The errors of a configuration as lines for people. */
#include "base/err.h"
#include "base/log.h"
#include "config/config.h"

/* All of them, one line each. */
void am_say_errors(const struct am_log *log, const char *path, const struct am_config_errors *errors);
/* The first is what one line can say. */
void am_say_first(const char *path, const struct am_config_errors *errors, struct am_err *err);
/* What ends a start: one error is the last line itself, several are in the log before it. */
void am_say_at_start(const struct am_log *log, const char *path, const struct am_config_errors *errors,
	struct am_err *err);

#endif
