/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H
/* What the numbers were measured on. */
#include <stdbool.h>
#include <stdint.h>

struct bench_machine {
	char cpu[96];    /* the model's name */
	char kernel[96]; /* name and release */
	char dpdk[48];
	char compiler[96];
	const char *version; /* of this project */
	uint64_t tsc_hz;
	uint64_t core_hz; /* while the fastest probe ran: a whole run in a slow phase shows here only */
	int on_cpu;
	long cpus;
	bool huge_pages;
};

/* probe_cycles: TSC cycles of the fastest probe. */
void bench_machine(struct bench_machine *m, uint64_t probe_cycles, bool huge_pages);

#endif
