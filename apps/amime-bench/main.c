/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "base/pages.h"
#include "command.h"

static const struct bench_command commands[] = {
	{"micro", "cycles per packet of each building block, in memory", bench_micro_main},
	{"pipeline", "cycles per packet of a worker's whole way, port to port, in memory",
		bench_pipeline_main},
	{"scale",
		"the same by number of tunnels, bridges, MACs, routes, flows and workers, and memory of each",
		bench_scale_main},
	{"fib", "a million routes against a plain reference, under changes; lookups and changes a second",
		bench_fib_main},
	{"wire", "what stands between ports: throughput, latency, loss by RFC 2544", bench_wire_main},
	{"baseline", "ratios to a fixed piece of work, to keep and to compare with", bench_baseline_main},
	{"diff", "what really changed from one result to another", bench_diff_main},
	{"peers", "the same frames through OVS-DPDK, the kernel and Amime, in turns", bench_peers_main},
	{"reload", "what changes of the configuration do to traffic that goes on", bench_reload_main},
	{"plot", "table and plots of a result that was kept", bench_plot_main},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static int usage(FILE *out, int status)
{
	fprintf(out, "Usage: amime-bench COMMAND [OPTION]...\n"
		     "Measure what Amime's data plane costs on this machine.\n\nCommands:\n");
	for (int i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].about);
	fprintf(out, "\n  --help     this text; amime-bench COMMAND --help for the options of one\n"
		     "  --version  the version\n");
	return status;
}

int main(int argc, char **argv)
{
	am_pages_heap();
	if (argc < 2)
		return usage(stderr, 2);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return usage(stdout, 0);
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("amime-bench %s\n", AMIME_VERSION);
		return 0;
	}
	for (int i = 0; i < COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].main(argc - 1, argv + 1);
	fprintf(stderr, "amime-bench: no command \"%s\"; see amime-bench --help\n", argv[1]);
	return 2;
}
