/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_COMMAND_H
#define BENCH_COMMAND_H

/* A subcommand: gets its own name as argv[0] and returns the program's exit status. */
struct bench_command {
	const char *name;
	const char *about;
	int (*main)(int argc, char **argv);
};

int bench_micro_main(int argc, char **argv);
int bench_pipeline_main(int argc, char **argv);
int bench_scale_main(int argc, char **argv);
int bench_fib_main(int argc, char **argv);
int bench_wire_main(int argc, char **argv);
int bench_baseline_main(int argc, char **argv);
int bench_diff_main(int argc, char **argv);
int bench_peers_main(int argc, char **argv);
int bench_reload_main(int argc, char **argv);
int bench_plot_main(int argc, char **argv);

#endif
