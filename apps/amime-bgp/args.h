/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_BGP_ARGS_H
#define AMIME_BGP_ARGS_H
/* The command line. */
#include <stdbool.h>

#include "base/err.h"
#include "base/log.h"

enum am_bgp_mode {
	AM_BGP_MODE_RUN,
	AM_BGP_MODE_CHECK,
	AM_BGP_MODE_ASK, /* a request to a running one: its words are in argv[first..] */
	AM_BGP_MODE_VERSION,
	AM_BGP_MODE_HELP,
};

struct am_bgp_args {
	enum am_bgp_mode mode;
	const char *config;
	const char *socket; /* a path, or a name of an instance; NULL: the only one */
	bool json;
	enum am_log_level level;
	int first; /* of the words of a request */
};

extern const char am_bgp_help[];

/* 0, or -EINVAL and why. */
int am_bgp_args_parse(int argc, char **argv, struct am_bgp_args *out, struct am_err *err);

#endif
