/* SPDX-License-Identifier: BSD-3-Clause */
#include "machine.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_version.h>

#include "base/cpu.h"
#include "version.h"

enum { LINE = 4096, WORD = 64, CACHES = 8 };

#define CPUS "/sys/devices/system/cpu"

/* The value of a key in /proc/cpuinfo's first entry. */
static bool cpuinfo(const char *key, char *out, size_t room)
{
	FILE *f = fopen("/proc/cpuinfo", "r");
	size_t n = strlen(key);
	char line[LINE];
	bool found = false;

	while (f && !found && fgets(line, sizeof line, f)) {
		char *colon = strchr(line, ':');

		if (strncmp(line, key, n) || !colon || !colon[1])
			continue;
		colon[strcspn(colon, "\n")] = '\0';
		snprintf(out, room, "%s", colon + 2);
		found = true;
	}
	if (f)
		fclose(f);
	return found;
}

static bool is_flag(const char *flags, const char *flag)
{
	size_t n = strlen(flag);

	for (const char *at = flags; (at = strstr(at, flag)); at += n)
		if ((at == flags || at[-1] == ' ') && (at[n] == ' ' || !at[n]))
			return true;
	return false;
}

static void describe_cpu(struct report *r)
{
	static const char *const simd[] = {"sse4_2", "avx", "avx2", "bmi2", "avx512f", "avx512bw", "vaes"};
	char text[LINE], names[LINE] = "";

	if (cpuinfo("model name", text, sizeof text))
		report_add_text(r, REPORT_MACHINE, "cpu", "%s", text);
	if (!cpuinfo("flags", text, sizeof text))
		return;
	for (size_t i = 0; i < sizeof simd / sizeof *simd; i++) {
		if (is_flag(text, simd[i])) {
			strcat(names, *names ? " " : "");
			strcat(names, simd[i]);
		}
	}
	report_add_text(r, REPORT_MACHINE, "simd", "%s", names);
	report_add_bool(r, REPORT_MACHINE, "virtual", is_flag(text, "hypervisor"));
}

/* The one line of a file in /sys. */
static bool read_line(const char *path, char *out, size_t room)
{
	FILE *f = fopen(path, "r");
	bool good = f && fgets(out, (int)room, f);

	if (f)
		fclose(f);
	if (good)
		out[strcspn(out, "\n")] = '\0';
	return good && *out;
}

static void describe_caches(struct report *r, int cpu)
{
	for (int i = 0; i < CACHES; i++) {
		char path[128], level[WORD], type[WORD], size[WORD];
		const char *suffix;

		snprintf(path, sizeof path, CPUS "/cpu%d/cache/index%d/level", cpu, i);
		if (!read_line(path, level, sizeof level))
			return;
		snprintf(path, sizeof path, CPUS "/cpu%d/cache/index%d/type", cpu, i);
		if (!read_line(path, type, sizeof type))
			return;
		snprintf(path, sizeof path, CPUS "/cpu%d/cache/index%d/size", cpu, i);
		if (!read_line(path, size, sizeof size))
			return;
		suffix = !strcmp(type, "Data") ? "d" : !strcmp(type, "Instruction") ? "i" : "";
		snprintf(path, sizeof path, "l%.8s%s_cache", level, suffix);
		report_add_text(r, REPORT_MACHINE, path, "%s", size);
	}
}

static void describe_line(struct report *r, const char *name, const char *path)
{
	char line[WORD];

	if (read_line(path, line, sizeof line))
		report_add_text(r, REPORT_MACHINE, name, "%s", line);
}

static void describe_system(struct report *r, int cpu)
{
	char path[128];
	struct utsname u;

	if (uname(&u) == 0)
		report_add_text(r, REPORT_MACHINE, "kernel", "%s %s", u.sysname, u.release);
	report_add_number(r, REPORT_MACHINE, "on_cpu", cpu);
	report_add_number(r, REPORT_MACHINE, "cpus", (double)sysconf(_SC_NPROCESSORS_ONLN));
	snprintf(path, sizeof path, CPUS "/cpu%d/cpufreq/scaling_governor", cpu);
	describe_line(r, "governor", path);
	describe_line(r, "smt", CPUS "/smt/control");
	describe_line(r, "isolated_cpus", CPUS "/isolated");
	describe_line(r, "huge_pages_2m", "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages");
	describe_line(r, "huge_pages_1g", "/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages");
	describe_line(r, "transparent_huge_pages", "/sys/kernel/mm/transparent_hugepage/enabled");
}

static void describe_versions(struct report *r)
{
	report_add_text(r, REPORT_VERSIONS, "amime", "%s", AMIME_VERSION);
	report_add_text(r, REPORT_VERSIONS, "revision", "%s", BENCH_REVISION);
	report_add_text(r, REPORT_VERSIONS, "dpdk", "%s", rte_version());
#if defined(__clang__)
	report_add_text(r, REPORT_VERSIONS, "compiler", "%s", __VERSION__);
#else
	report_add_text(r, REPORT_VERSIONS, "compiler", "gcc %s", __VERSION__);
#endif
#ifdef __x86_64__
	report_add_text(r, REPORT_VERSIONS, "variants", AM_USE_AVX2 ? "avx2" : "baseline");
#else
	report_add_text(r, REPORT_VERSIONS, "variants", "baseline");
#endif
	report_add_text(r, REPORT_VERSIONS, "build", "%s", BENCH_BUILD);
}

void machine_describe(struct report *r)
{
	int cpu = sched_getcpu();

	describe_cpu(r);
	describe_caches(r, cpu);
	/* Known once DPDK runs. */
	if (rte_get_tsc_hz())
		report_add_number(r, REPORT_MACHINE, "tsc_hz", (double)rte_get_tsc_hz());
	describe_system(r, cpu);
	describe_versions(r);
}

static double tenths(double v)
{
	return (double)(uint64_t)(v * 10) / 10;
}

void machine_describe_memory(struct report *r, const struct probes *p)
{
	report_add_number(r, REPORT_MACHINE, "memory_ns",
		tenths((double)p->memory * 1e9 / (double)rte_get_tsc_hz() / PROBE_STEPS));
	report_add_number(r, REPORT_MACHINE, "memory_line_cycles",
		tenths((double)p->burst / (PROBE_BURSTS * CHASE_BURST)));
}

void machine_describe_clock(struct report *r, double turns, double tsc_cycles)
{
	report_add_number(r, REPORT_MACHINE, "core_hz",
		(double)(uint64_t)((double)rte_get_tsc_hz() * turns / tsc_cycles));
}
