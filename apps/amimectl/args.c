/* SPDX-License-Identifier: BSD-3-Clause */
#include "args.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	CONFIRM_MAX_S = 86400, /* as amimed takes */
	TRACE_COUNT = 10,
};

const char am_ctl_help[] =
	"usage: amimectl [-s SOCKET | -n NAME] [--json] [--watch[=SECONDS]] COMMAND\n"
	"\n"
	"  show version|interfaces|ports|tunnels|bridges|neighbors|routes|as|vrfs|acls|fdb|mac-ip|drops|workers|config|host\n"
	"  show interfaces [NAME]                all of them, or all that is known of one\n"
	"  show routes [PREFIX|ADDRESS]          what is looked up: all, those in PREFIX, or the one ADDRESS takes\n"
	"  show tunnel NAME                      what is missing where it is down, and what to do\n"
	"  explain tunnel NAME [--config FILE]   bytes per layer, fragments, what stays whole\n"
	"  explain packet INTERFACE FROM TO [LENGTH [PROTOCOL [SPORT DPORT]]]\n"
	"                                        what routing does with it, step by step\n"
	"  check FILE                            say what is wrong with a configuration\n"
	"  diff FILE                             what a reload of FILE would change\n"
	"  reload [--confirm SECONDS]            have amimed read its configuration again; with --confirm it goes\n"
	"                                        back to the committed one unless it is confirmed in time\n"
	"  confirm                               keep what was reloaded with --confirm\n"
	"  rollback [NUMBER]                     back to one of the history, without NUMBER to the one before\n"
	"  history                               the last configurations that were applied, when and by whom\n"
	"  capture [FILTER]                      packets as they pass, as pcapng: --write FILE, or | tshark -r -\n"
	"  top [--once]                          rates, drops, workers and memory, again and again\n"
	"  graph [--svg] [--config FILE]         what hangs on what, as text or as a picture\n"
	"  trace [FILTER]                        what happens to packets, one story each (10, or --count)\n"
	"\n"
	"  -s, --socket SOCKET     control socket; a word without a slash is a NAME\n"
	"  -n, --name NAME         the amimed of this system.name; default: the only one that runs\n"
	"  -c, --config FILE       explain or graph from a file, no amimed needed\n"
	"  -j, --json              what amimed answered, unchanged\n"
	"  -w, --watch[=SECONDS]   show again and again, every second or as told\n"
	"  -C, --confirm SECONDS   reload: on trial for so long\n"
	"  -v, --vrf NAME          show routes: of this VRF\n"
	"  -a, --all               show drops: those that are zero, too\n"
	"  -1, --once              top: one look, after a second\n"
	"  -G, --svg               graph: a picture\n"
	"\n"
	"of capture and trace; FILTER is pcap-filter(7)'s, as tcpdump takes it:\n"
	"  -i, --interface NAME    of this port, tunnel or bridge; trace: packets that come by there\n"
	"  -d, --direction in|out  capture: only these\n"
	"  -S, --stage LIST        capture: some of rx,whole,decap,route,encap,tx,drop\n"
	"  -N, --count N           end after so many\n"
	"  -e, --every N           trace: one packet in N\n"
	"  -l, --snaplen N         capture: N octets of each\n"
	"  -o, --write FILE        capture, graph: into FILE\n"
	"\n"
	"  -V, --version\n"
	"  -h, --help\n"
	"\n"
	"Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 no amimed answers.\n";

static const char *const whats[] = {"version", "ports", "tunnels", "bridges", "fdb", "drops", "workers",
	"config", "host", "interfaces", "neighbors", "routes", "vrfs", "as", "mac-ip", "acls"};

static int parse_watch(const char *text, struct am_ctl_args *out, struct am_err *err)
{
	char *end;
	double s = text ? strtod(text, &end) : 1;

	if (text && (end == text || *end || !(s >= 0.1 && s <= 3600)))
		return am_fail(err, EINVAL, "--watch=%s: seconds from 0.1 to 3600", text);
	out->watch_ms = (unsigned)(s * 1000);
	return 0;
}

static int parse_number(const char *option, const char *text, unsigned least, unsigned most, unsigned *out,
	struct am_err *err)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || n < least || n > most)
		return am_fail(err, EINVAL, "%s %s: a number from %u to %u", option, text, least, most);
	*out = (unsigned)n;
	return 0;
}

static int check_stages(const char *list, struct am_err *err)
{
	static const char *const stages[] = {"rx", "whole", "decap", "route", "encap", "tx", "drop"};

	while (*list) {
		size_t len = strcspn(list, ",");
		bool known = false;

		for (unsigned i = 0; i < sizeof stages / sizeof *stages; i++)
			known |= strlen(stages[i]) == len && strncmp(stages[i], list, len) == 0;
		if (!known)
			return am_fail(err, EINVAL,
				"--stage %s: some of rx, whole, decap, route, encap, tx, drop", list);
		list += len + (list[len] == ',');
	}
	return 0;
}

static int take_option(int c, const char *value, struct am_ctl_args *out, struct am_err *err)
{
	switch (c) {
	case 's':
		if (strchr(value, '/'))
			out->socket = value;
		else
			out->name = value;
		return 0;
	case 'n':
		out->name = value;
		return 0;
	case 'c':
		out->config = value;
		return 0;
	case 'j':
		out->json = true;
		return 0;
	case 'a':
		out->all = true;
		return 0;
	case 'v':
		out->vrf = value;
		return 0;
	case '1':
		out->once = true;
		return 0;
	case 'G':
		out->svg = true;
		return 0;
	case 'C':
		return parse_number("confirm", value, 1, CONFIRM_MAX_S, &out->confirm_s, err);
	case 'w':
		return parse_watch(value, out, err);
	case 'i':
		out->interface = value;
		return 0;
	case 'd':
		out->direction = value;
		return strcmp(value, "in") == 0 || strcmp(value, "out") == 0
			       ? 0
			       : am_fail(err, EINVAL, "--direction %s: in or out", value);
	case 'S':
		out->stage = value;
		return check_stages(value, err);
	case 'o':
		out->write = value;
		return 0;
	case 'N':
		return parse_number("count", value, 1, UINT_MAX, &out->count, err);
	case 'e':
		return parse_number("every", value, 1, 1000000, &out->every, err);
	case 'l':
		return parse_number("snaplen", value, 14, 65535, &out->snaplen, err);
	case 'V':
		out->command = AM_CTL_VERSION;
		return 0;
	case 'h':
		out->command = AM_CTL_HELP;
		return 0;
	default:
		return am_fail(err, EINVAL, "unknown option, or its value is missing; see amimectl --help");
	}
}

static int parse_show(int n, char **words, struct am_ctl_args *out, struct am_err *err)
{
	out->command = AM_CTL_SHOW;
	if (n == 3 && strcmp(words[1], "tunnel") == 0) {
		out->command = AM_CTL_TUNNEL;
		out->tunnel = words[2];
		return 0;
	}
	if (n == 3 && strcmp(words[1], "routes") == 0) {
		out->to = words[2];
		n = 2;
	} else if (n == 3 && strcmp(words[1], "interfaces") == 0) {
		out->one = words[2];
		n = 2;
	}
	for (unsigned i = 0; n == 2 && i < sizeof whats / sizeof *whats; i++)
		if (strcmp(words[1], whats[i]) == 0)
			out->what = whats[i];
	if (!out->what)
		return am_fail(err, EINVAL,
			"show one of: version interfaces ports tunnels bridges neighbors routes as vrfs acls fdb mac-ip drops workers config "
			"host");
	return 0;
}

static int parse_explain(int n, char **words, struct am_ctl_args *out, struct am_err *err)
{
	out->command = AM_CTL_EXPLAIN;
	if (n >= 5 && n <= 9 && strcmp(words[1], "packet") == 0) {
		out->packet = words + 2;
		out->n_packet = n - 2;
		return 0;
	}
	if (n != 3 || strcmp(words[1], "tunnel") != 0)
		return am_fail(err, EINVAL,
			"usage: amimectl explain tunnel NAME [--config FILE], or explain packet INTERFACE FROM TO "
			"[LENGTH [PROTOCOL [SPORT DPORT]]]");
	out->tunnel = words[2];
	return 0;
}

static int parse_file(
	int n, char **words, enum am_ctl_command command, struct am_ctl_args *out, struct am_err *err)
{
	out->command = command;
	if (n != 2)
		return am_fail(err, EINVAL, "usage: amimectl %s FILE", words[0]);
	out->file = words[1];
	return 0;
}

/* The other words are the filter. */
static int parse_look(
	int n, char **words, enum am_ctl_command command, struct am_ctl_args *out, struct am_err *err)
{
	size_t used = 0;

	out->command = command;
	if (command == AM_CTL_TRACE && !out->count)
		out->count = TRACE_COUNT;
	for (int i = 1; i < n && used < sizeof out->filter_text; i++)
		used += (size_t)snprintf(out->filter_text + used, sizeof out->filter_text - used, "%s%s",
			used ? " " : "", words[i]);
	if (used >= sizeof out->filter_text)
		return am_fail(
			err, EINVAL, "the filter is longer than %zu characters", sizeof out->filter_text - 1);
	out->filter = used ? out->filter_text : NULL;
	return 0;
}

static int parse_command(int n, char **words, struct am_ctl_args *out, struct am_err *err)
{
	static const struct {
		const char *word;
		enum am_ctl_command command;
	} alone[] = {
		{"reload", AM_CTL_RELOAD},
		{"confirm", AM_CTL_CONFIRM},
		{"rollback", AM_CTL_ROLLBACK},
		{"history", AM_CTL_HISTORY},
		{"top", AM_CTL_TOP},
		{"graph", AM_CTL_GRAPH},
	};

	if (n == 0)
		return am_fail(err, EINVAL, "no command; see amimectl --help");
	if (strcmp(words[0], "show") == 0)
		return parse_show(n, words, out, err);
	if (strcmp(words[0], "explain") == 0)
		return parse_explain(n, words, out, err);
	if (strcmp(words[0], "check") == 0)
		return parse_file(n, words, AM_CTL_CHECK, out, err);
	if (strcmp(words[0], "diff") == 0)
		return parse_file(n, words, AM_CTL_DIFF, out, err);
	for (unsigned i = 0; n == 1 && i < sizeof alone / sizeof *alone; i++) {
		if (strcmp(words[0], alone[i].word) == 0) {
			out->command = alone[i].command;
			return 0;
		}
	}
	if (strcmp(words[0], "rollback") == 0 && n == 2) {
		out->command = AM_CTL_ROLLBACK;
		return parse_number("rollback", words[1], 1, INT_MAX, &out->number, err);
	}
	if (strcmp(words[0], "capture") == 0)
		return parse_look(n, words, AM_CTL_CAPTURE, out, err);
	if (strcmp(words[0], "trace") == 0)
		return parse_look(n, words, AM_CTL_TRACE, out, err);
	return am_fail(err, EINVAL, "%s: no such command, or words too many; see amimectl --help", words[0]);
}

static int check_combination(const struct am_ctl_args *args, struct am_err *err)
{
	if (args->config && args->command != AM_CTL_EXPLAIN && args->command != AM_CTL_GRAPH)
		return am_fail(err, EINVAL, "--config goes with explain and graph only");
	if (args->vrf && (args->command != AM_CTL_SHOW || strcmp(args->what, "routes") != 0))
		return am_fail(err, EINVAL, "--vrf goes with show routes only");
	if (args->config && args->packet)
		return am_fail(err, EINVAL, "explain packet asks the tables of a running amimed, not a file");
	if (args->once && args->command != AM_CTL_TOP)
		return am_fail(err, EINVAL, "--once goes with top only");
	if (args->svg && args->command != AM_CTL_GRAPH)
		return am_fail(err, EINVAL, "--svg goes with graph only");
	if (args->watch_ms && args->command != AM_CTL_SHOW && args->command != AM_CTL_TOP)
		return am_fail(err, EINVAL, "--watch goes with show and top only");
	if (args->confirm_s && args->command != AM_CTL_RELOAD)
		return am_fail(err, EINVAL, "--confirm goes with reload only");
	if ((args->interface || args->count) && args->command != AM_CTL_CAPTURE &&
		args->command != AM_CTL_TRACE)
		return am_fail(err, EINVAL, "--interface and --count go with capture and trace only");
	if ((args->direction || args->stage || args->snaplen) && args->command != AM_CTL_CAPTURE)
		return am_fail(err, EINVAL, "--direction, --stage and --snaplen go with capture only");
	if (args->write && args->command != AM_CTL_CAPTURE && args->command != AM_CTL_GRAPH)
		return am_fail(err, EINVAL, "--write goes with capture and graph only");
	if (args->every && args->command != AM_CTL_TRACE)
		return am_fail(err, EINVAL, "--every goes with trace only");
	if (args->socket && args->name)
		return am_fail(err, EINVAL, "either --socket or --name");
	return 0;
}

int am_ctl_args_parse(int argc, char **argv, struct am_ctl_args *out, struct am_err *err)
{
	static const struct option options[] = {
		{"socket", required_argument, NULL, 's'},
		{"name", required_argument, NULL, 'n'},
		{"config", required_argument, NULL, 'c'},
		{"json", no_argument, NULL, 'j'},
		{"watch", optional_argument, NULL, 'w'},
		{"confirm", required_argument, NULL, 'C'},
		{"all", no_argument, NULL, 'a'},
		{"vrf", required_argument, NULL, 'v'},
		{"once", no_argument, NULL, '1'},
		{"svg", no_argument, NULL, 'G'},
		{"interface", required_argument, NULL, 'i'},
		{"direction", required_argument, NULL, 'd'},
		{"stage", required_argument, NULL, 'S'},
		{"count", required_argument, NULL, 'N'},
		{"every", required_argument, NULL, 'e'},
		{"snaplen", required_argument, NULL, 'l'},
		{"write", required_argument, NULL, 'o'},
		{"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int c, rc;

	memset(out, 0, sizeof *out);
	optind = 0; /* glibc: start over, a test calls this more than once */
	opterr = 0;
	while ((c = getopt_long(argc, argv, "s:n:c:C:jw::av:i:d:S:N:e:l:o:1GVh", options, NULL)) != -1) {
		rc = take_option(c, optarg, out, err);
		if (rc)
			return rc;
	}
	if (out->command == AM_CTL_VERSION || out->command == AM_CTL_HELP)
		return 0;
	rc = parse_command(argc - optind, argv + optind, out, err);
	return rc ? rc : check_combination(out, err);
}
