/* SPDX-License-Identifier: BSD-3-Clause */
#include "machine.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_version.h>

#include "bench.h"

static void cpu_model(char *out, size_t room)
{
	FILE *f = fopen("/proc/cpuinfo", "r");
	char line[256];

	snprintf(out, room, "unknown");
	if (!f)
		return;
	while (fgets(line, sizeof line, f)) {
		char *colon = strchr(line, ':');

		if (!strncmp(line, "model name", 10) && colon && colon[1]) {
			colon[strcspn(colon, "\n")] = '\0';
			snprintf(out, room, "%s", colon + 2);
			break;
		}
	}
	fclose(f);
}

void bench_machine(struct bench_machine *m, uint64_t probe_cycles, bool huge_pages)
{
	struct utsname u;

	*m = (struct bench_machine){.version = AMIME_VERSION, .huge_pages = huge_pages};
	cpu_model(m->cpu, sizeof m->cpu);
	if (uname(&u) == 0)
		snprintf(m->kernel, sizeof m->kernel, "%.30s %.60s", u.sysname, u.release);
	snprintf(m->dpdk, sizeof m->dpdk, "%s", rte_version());
#if defined(__clang__)
	snprintf(m->compiler, sizeof m->compiler, "%s", __VERSION__);
#else
	snprintf(m->compiler, sizeof m->compiler, "gcc %s", __VERSION__);
#endif
	m->tsc_hz = rte_get_tsc_hz();
	m->core_hz = (uint64_t)((double)m->tsc_hz * BENCH_PROBE_TURNS / (double)probe_cycles);
	m->on_cpu = sched_getcpu();
	m->cpus = sysconf(_SC_NPROCESSORS_ONLN);
}
