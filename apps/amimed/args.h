/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_ARGS_H
#define AMIMED_ARGS_H
/* The command line of amimed. */
#include "base/err.h"
#include "base/log.h"

#define AM_CONFIG_FILE "/etc/amime/amime.json"

enum am_mode { AM_MODE_RUN, AM_MODE_CHECK, AM_MODE_EXPLAIN, AM_MODE_VERSION, AM_MODE_HELP };

struct am_args {
	enum am_mode mode;
	const char *config; /* file to run, to check, or to explain from */
	const char *state;  /* folder of the archives */
	const char *tunnel; /* AM_MODE_EXPLAIN */
	enum am_log_level level;
};

/* 0, or -EINVAL and what is wrong. Strings in out are those of argv. */
int am_args_parse(int argc, char **argv, struct am_args *out, struct am_err *err);

extern const char am_args_help[];

#endif
