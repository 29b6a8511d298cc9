/* SPDX-License-Identifier: BSD-3-Clause */
#include "args.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "archive.h"

const char am_args_help[] =
	"usage: amimed [--config FILE] [--state DIR] [--log LEVEL]\n"
	"       amimed --check FILE [--state DIR]\n"
	"       amimed [--config FILE] --explain TUNNEL\n"
	"\n"
	"  -c, --config FILE     configuration, default " AM_CONFIG_FILE "\n"
	"  -C, --check FILE      say what is wrong with FILE and exit; nothing is opened\n"
	"  -e, --explain TUNNEL  print the bytes per layer of a tunnel as JSON and exit\n"
	"  -S, --state DIR       where DIR/NAME keeps the last configurations of system.name, default\n"
	"                        " AM_ARCHIVE_BASE "\n"
	"  -l, --log LEVEL       error, warn, info (default) or debug; the log goes to standard error\n"
	"  -V, --version\n"
	"  -h, --help\n"
	"\n"
	"SIGHUP reads the configuration again; SIGTERM and SIGINT end the program.\n"
	"Exit status: 0 fine, 1 the configuration or the machine does not allow it, 2 wrong usage, 4 (--check) fine,\n"
	"but a start would take the last committed configuration instead, since this one was never confirmed.\n";

static int parse_level(const char *text, enum am_log_level *out)
{
	static const char *const names[] = {
		[AM_LOG_ERROR] = "error",
		[AM_LOG_WARN] = "warn",
		[AM_LOG_INFO] = "info",
		[AM_LOG_DEBUG] = "debug",
	};

	for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcmp(text, names[i]) == 0) {
			*out = (enum am_log_level)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int take_option(int c, const char *value, struct am_args *out, struct am_err *err)
{
	switch (c) {
	case 'c':
		out->config = value;
		return 0;
	case 'C':
		out->config = value;
		out->mode = AM_MODE_CHECK;
		return 0;
	case 'e':
		out->tunnel = value;
		out->mode = AM_MODE_EXPLAIN;
		return 0;
	case 'S':
		out->state = value;
		return 0;
	case 'l':
		if (parse_level(value, &out->level) == 0)
			return 0;
		return am_fail(err, EINVAL, "--log %s: the levels are error, warn, info and debug", value);
	case 'V':
		out->mode = AM_MODE_VERSION;
		return 0;
	case 'h':
		out->mode = AM_MODE_HELP;
		return 0;
	default:
		return am_fail(err, EINVAL, "unknown option, or its value is missing; see amimed --help");
	}
}

int am_args_parse(int argc, char **argv, struct am_args *out, struct am_err *err)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"check", required_argument, NULL, 'C'},
		{"explain", required_argument, NULL, 'e'},
		{"state", required_argument, NULL, 'S'},
		{"log", required_argument, NULL, 'l'},
		{"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int c, rc;

	*out = (struct am_args){.config = AM_CONFIG_FILE, .state = AM_ARCHIVE_BASE, .level = AM_LOG_INFO};
	optind = 0; /* glibc: start over, a test calls this more than once */
	opterr = 0;
	while ((c = getopt_long(argc, argv, "c:C:e:S:l:Vh", options, NULL)) != -1) {
		rc = take_option(c, optarg, out, err);
		if (rc)
			return rc;
	}
	if (optind < argc)
		return am_fail(err, EINVAL, "%s: amimed takes no arguments; see amimed --help", argv[optind]);
	return 0;
}
