/* SPDX-License-Identifier: BSD-3-Clause */
#include "start.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>

#include <rte_eal.h>
#include <rte_errno.h>

enum { HUGE_PAGE_MB = 2 };

bool start_has_huge_pages(unsigned mb)
{
	FILE *f = fopen("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "r");
	unsigned long n = 0;

	if (!f)
		return false;
	if (fscanf(f, "%lu", &n) != 1)
		n = 0;
	fclose(f);
	return n * HUGE_PAGE_MB >= mb;
}

int start_dpdk(int cpu, unsigned mb, bool huge, struct am_err *err)
{
	char lcores[32], memory[16];
	cpu_set_t usable;
	char *argv[] = {"amime-bench", "--no-pci", "--no-shconf", "--no-telemetry", "--log-level=error",
		"--lcores", lcores, "-m", memory, huge ? "--in-memory" : "--no-huge"};

	if (sched_getaffinity(0, sizeof usable, &usable) == 0 && !CPU_ISSET(cpu, &usable))
		return am_fail(
			err, EINVAL, "CPU %d is not there or not ours to use; see nproc and taskset -p", cpu);
	snprintf(lcores, sizeof lcores, "0@%d", cpu);
	snprintf(memory, sizeof memory, "%u", mb);
	if (rte_eal_init(sizeof argv / sizeof *argv, argv) >= 0)
		return 0;
	return am_fail(err, rte_errno ? rte_errno : EINVAL, "DPDK does not start on CPU %d: %s%s", cpu,
		rte_strerror(rte_errno), huge ? "; try --small-pages" : "");
}
