/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_PCAP_ARGS_H
#define AMIME_PCAP_ARGS_H
/* The command line of amime-pcap. */
#include <stdbool.h>
#include <stdint.h>

enum { ARGS_FILES_MAX = 64 };

/* One --in or --out: which file stands for which port. */
struct port_file {
	const char *port;
	const char *file;
};

struct args {
	const char *config;
	const char *counters; /* file, or "-" for standard output */
	struct port_file in[ARGS_FILES_MAX];
	struct port_file out[ARGS_FILES_MAX];
	unsigned n_in, n_out;
	uint64_t seed; /* of identifications and hashes */
	bool version, help;
};

/* 0, or -EINVAL with a line on stderr. Strings point into argv, whose PORT=FILE words are cut at the '='. */
int args_parse(int argc, char **argv, struct args *out);
void args_usage(void);

#endif
