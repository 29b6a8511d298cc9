/* SPDX-License-Identifier: BSD-3-Clause */
#include "args.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void args_usage(void)
{
	puts("Usage: amime-pcap --config FILE [--in PORT=PCAP]... [--out PORT=PCAP]... [--counters FILE]\n"
	     "\n"
	     "Run the forwarder on capture files: no NIC, no root. Each port of the configuration receives "
	     "what is in\n"
	     "its --in file, at the times stamped there, and writes what it sends to its --out file.\n"
	     "\n"
	     "  -c, --config FILE     the configuration, as for amimed\n"
	     "  -i, --in PORT=PCAP    frames that arrive on a port\n"
	     "  -o, --out PORT=PCAP   where to write the frames that leave by a port\n"
	     "  -C, --counters FILE   counters as JSON; - is standard output, and the default\n"
	     "  -s, --seed N          where identifications start; the same seed gives the same bytes "
	     "(default 1)\n"
	     "  -V, --version\n"
	     "  -h, --help");
}

static int add_file(struct port_file *files, unsigned *n, char *word, const char *option)
{
	char *equals = strchr(word, '=');

	if (!equals || equals == word || !equals[1]) {
		fprintf(stderr, "amime-pcap: %s wants PORT=FILE, not '%s'\n", option, word);
		return -EINVAL;
	}
	if (*n == ARGS_FILES_MAX) {
		fprintf(stderr, "amime-pcap: more than %d times %s\n", ARGS_FILES_MAX, option);
		return -EINVAL;
	}
	*equals = 0;
	files[(*n)++] = (struct port_file){word, equals + 1};
	return 0;
}

static int parse_seed(const char *word, uint64_t *seed)
{
	char *end;

	errno = 0;
	*seed = strtoull(word, &end, 0);
	if (errno || end == word || *end) {
		fprintf(stderr, "amime-pcap: --seed wants a number, not '%s'\n", word);
		return -EINVAL;
	}
	return 0;
}

static int take(int option, struct args *out)
{
	switch (option) {
	case 'c':
		out->config = optarg;
		return 0;
	case 'i':
		return add_file(out->in, &out->n_in, optarg, "--in");
	case 'o':
		return add_file(out->out, &out->n_out, optarg, "--out");
	case 'C':
		out->counters = optarg;
		return 0;
	case 's':
		return parse_seed(optarg, &out->seed);
	case 'V':
		out->version = true;
		return 0;
	case 'h':
		out->help = true;
		return 0;
	default:
		return -EINVAL;
	}
}

int args_parse(int argc, char **argv, struct args *out)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"in", required_argument, NULL, 'i'},
		{"out", required_argument, NULL, 'o'},
		{"counters", required_argument, NULL, 'C'},
		{"seed", required_argument, NULL, 's'},
		{"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option;

	*out = (struct args){.counters = "-", .seed = 1};
	while ((option = getopt_long(argc, argv, "c:i:o:C:s:Vh", options, NULL)) != -1) {
		if (take(option, out) < 0)
			return -EINVAL;
	}
	if (optind < argc) {
		fprintf(stderr, "amime-pcap: '%s' is no option; see amime-pcap --help\n", argv[optind]);
		return -EINVAL;
	}
	if (!out->config && !out->version && !out->help) {
		fprintf(stderr, "amime-pcap: --config FILE is missing; see amime-pcap --help\n");
		return -EINVAL;
	}
	return 0;
}
