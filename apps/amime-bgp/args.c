/* SPDX-License-Identifier: BSD-3-Clause */
#include "args.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

const char am_bgp_help[] =
	"usage: amime-bgp --config FILE [--check] [-v]          speak BGP\n"
	"       amime-bgp [-s SOCKET] [--json] COMMAND          ask or tell one that runs\n"
	"\n"
	"  show neighbors [NAME]                    sessions; all about one of them\n"
	"  show routes [ipv4 | ipv6 | evpn] [PREFIX] [received NAME | advertised NAME]\n"
	"                                           best paths; of PREFIX every path, and why it is best or not\n"
	"  show policies [NAME]                     what uses them; the rules of one of them\n"
	"  show rpki                                caches that are asked (RFC 8210), and how many entries they say\n"
	"  show bmp                                 stations that are told of all sessions (RFC 7854)\n"
	"  show counters                            the table's size, and what it did\n"
	"  clear NAME [soft]                        end the session and begin anew; soft: ask for its routes again\n"
	"  shutdown NAME [TEXT]                     end the session and say why (RFC 9003)\n"
	"  start NAME                               the other way\n"
	"  dump FILE                                write the table into FILE, as MRT (RFC 6396)\n"
	"  reload                                   read the configuration again, as SIGHUP does\n"
	"\n"
	"  -c, --config FILE       the configuration (amime-bgp.json(5))\n"
	"      --check             say what is wrong with it, and stop\n"
	"  -s, --socket SOCKET     control socket; a word without a slash is an instance's system.name\n"
	"  -j, --json              what the speaker answered, for programs\n"
	"  -v, --verbose           log what happens to each connection\n"
	"  -q, --quiet             log errors only\n"
	"  -V, --version\n"
	"  -h, --help\n"
	"\n"
	"Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 no amime-bgp answers.\n";

static int take_option(int c, const char *value, struct am_bgp_args *out, struct am_err *err)
{
	switch (c) {
	case 'c':
		out->config = value;
		return 0;
	case 'C':
		out->mode = AM_BGP_MODE_CHECK;
		return 0;
	case 's':
		out->socket = value;
		return 0;
	case 'j':
		out->json = true;
		return 0;
	case 'v':
		out->level = AM_LOG_DEBUG;
		return 0;
	case 'q':
		out->level = AM_LOG_ERROR;
		return 0;
	case 'V':
		out->mode = AM_BGP_MODE_VERSION;
		return 0;
	case 'h':
		out->mode = AM_BGP_MODE_HELP;
		return 0;
	default:
		return am_fail(err, EINVAL, "unknown option, or its value is missing; see amime-bgp --help");
	}
}

static int check_combination(int argc, struct am_bgp_args *out, struct am_err *err)
{
	bool words = out->first < argc;

	if (out->mode == AM_BGP_MODE_VERSION || out->mode == AM_BGP_MODE_HELP)
		return 0;
	if (words && out->config)
		return am_fail(
			err, EINVAL, "--config runs a speaker, a command asks one that runs: remove one");
	if (words && out->mode == AM_BGP_MODE_RUN) {
		out->mode = AM_BGP_MODE_ASK;
		return 0;
	}
	if (!out->config)
		return am_fail(err, EINVAL,
			"name a configuration with --config, or a command; see amime-bgp --help");
	return 0;
}

int am_bgp_args_parse(int argc, char **argv, struct am_bgp_args *out, struct am_err *err)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"check", no_argument, NULL, 'C'},
		{"socket", required_argument, NULL, 's'},
		{"json", no_argument, NULL, 'j'},
		{"verbose", no_argument, NULL, 'v'},
		{"quiet", no_argument, NULL, 'q'},
		{"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int c, rc;

	memset(out, 0, sizeof *out);
	out->level = AM_LOG_INFO;
	optind = 0; /* glibc: start over, a test calls this more than once */
	opterr = 0;
	while ((c = getopt_long(argc, argv, "c:s:jvqVh", options, NULL)) != -1) {
		rc = take_option(c, optarg, out, err);
		if (rc)
			return rc;
	}
	out->first = optind;
	return check_combination(argc, out, err);
}
