/* SPDX-License-Identifier: BSD-3-Clause */
#include "eal.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>

enum {
	BASE_MB = 192, /* rings, tables and DPDK itself */
	ARGS_MAX = 20,
};

#define HUGEPAGES_DIR "/sys/kernel/mm/hugepages"

/* DPDK's lines come in pieces; each piece that ends a line goes out as one. */
struct log_relay {
	const struct am_log *log;
	size_t used;
	char line[512];
};

static enum am_log_level relay_level(void)
{
	int level = rte_log_cur_msg_loglevel();

	if (level > 0 && level <= (int)RTE_LOG_ERR)
		return AM_LOG_WARN; /* the caller knows whether it is fatal, and says so */
	return AM_LOG_DEBUG;
}

static ssize_t relay_write(void *cookie, const char *text, size_t len)
{
	struct log_relay *relay = cookie;

	for (size_t i = 0; i < len; i++) {
		if (text[i] != '\n' && relay->used < sizeof relay->line - 1) {
			relay->line[relay->used++] = text[i];
			continue;
		}
		relay->line[relay->used] = 0;
		if (relay->used)
			am_log(relay->log, relay_level(), "dpdk: %s", relay->line);
		relay->used = 0;
	}
	return (ssize_t)len;
}

static int relay_close(void *cookie)
{
	free(cookie);
	return 0;
}

static FILE *relay_open(const struct am_log *log)
{
	struct log_relay *relay = calloc(1, sizeof *relay);
	FILE *f;

	if (!relay)
		return NULL;
	relay->log = log;
	f = fopencookie(relay, "w", (cookie_io_functions_t){.write = relay_write, .close = relay_close});
	if (!f)
		free(relay);
	else
		setvbuf(f, NULL, _IOLBF, 0);
	return f;
}

static unsigned long read_number(const char *path)
{
	unsigned long n = 0;
	FILE *f = fopen(path, "r");

	if (!f)
		return 0;
	if (fscanf(f, "%lu", &n) != 1)
		n = 0;
	fclose(f);
	return n;
}

unsigned long am_eal_free_hugepages_mb(const char *sysfs)
{
	unsigned long kb, total_mb = 0;
	DIR *dir = opendir(sysfs);
	struct dirent *entry;
	char path[PATH_MAX];

	while (dir && (entry = readdir(dir))) {
		if (sscanf(entry->d_name, "hugepages-%lukB", &kb) != 1)
			continue;
		snprintf(path, sizeof path, "%s/%s/free_hugepages", sysfs, entry->d_name);
		total_mb += read_number(path) * kb / 1024;
	}
	if (dir)
		closedir(dir);
	return total_mb;
}

int am_eal_lcores(const void *set, char *buf, size_t room)
{
	int at = snprintf(buf, room, "0@(");
	bool any = false;

	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		int last = cpu;

		if (!CPU_ISSET(cpu, (const cpu_set_t *)set))
			continue;
		while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, (const cpu_set_t *)set))
			last++;
		at += snprintf(buf + at, room - (size_t)at, last > cpu ? "%s%d-%d" : "%s%d", any ? "," : "",
			cpu, last);
		if ((size_t)at + 2 > room)
			return -ENOSPC;
		any = true;
		cpu = last;
	}
	snprintf(buf + at, room - (size_t)at, ")");
	return any ? 0 : -EINVAL;
}

/* Hexadecimal digits, then a separator. Returns what follows it, or NULL. */
static const char *skip_hex(const char *p, int digits, char separator)
{
	for (int i = 0; i < digits; i++)
		if (!isxdigit((unsigned char)*p++))
			return NULL;
	return *p == separator ? p + 1 : NULL;
}

bool am_eal_is_pci(const char *devargs)
{
	const char *p = strncmp(devargs, "pci:", 4) == 0 ? devargs + 4 : devargs;
	const char *bus = skip_hex(p, 4, ':');

	p = skip_hex(bus ? bus : p, 2, ':');
	p = p ? skip_hex(p, 2, '.') : NULL;
	return p && isxdigit((unsigned char)*p);
}

static bool wants_pci(const struct am_config *config)
{
	for (uint16_t i = 0; i < config->n_ports; i++) {
		const struct am_conf_port *p = &config->ports[i];

		if (p->driver == AM_DRIVER_ETHDEV && am_eal_is_pci(p->devargs))
			return true;
		for (uint16_t k = 0; k < p->n_members; k++)
			if (am_eal_is_pci(p->members[k]))
				return true;
	}
	return false;
}

/* Buffers of 3.5 KiB and their heads, once for the pool. */
static unsigned memory_mb(const struct am_config *config)
{
	if (config->memory_mb)
		return config->memory_mb;
	return (unsigned)(BASE_MB + (uint64_t)config->buffers * 4096 / (1024 * 1024));
}

static int choose_memory(struct am_eal *eal, const struct am_config *config, struct am_err *err)
{
	unsigned long free_mb = am_eal_free_hugepages_mb(HUGEPAGES_DIR);

	eal->memory_mb = memory_mb(config);
	eal->hugepages = config->hugepages != AM_HUGEPAGES_NEVER && free_mb >= eal->memory_mb;
	if (config->hugepages == AM_HUGEPAGES_ALWAYS && !eal->hugepages)
		return am_fail(err, ENOMEM,
			"system.hugepages is \"always\", but %lu of %u MB are free; reserve them with: "
			"sysctl vm.nr_hugepages=%u, or say \"auto\"",
			free_mb, eal->memory_mb, eal->memory_mb / 2 + 1);
	return 0;
}

/* The log knows why; the errno and our knowledge say what helps. */
static int explain_failure(const struct am_eal *eal, int code, struct am_err *err)
{
	const char *remedy = "run with --log debug to see what DPDK says";

	if (code == EACCES || code == EPERM)
		remedy =
			"no permission: run as root, or see the unit file for the capabilities that are needed";
	else if (code == ENOMEM)
		remedy =
			eal->hugepages
				? "free hugepages are gone: reserve more, or set system.hugepages to \"never\""
				: "not enough memory: lower system.buffers or system.memory_mb";
	return am_fail(
		err, code ? code : EIO, "DPDK does not start: %s; %s", strerror(code ? code : EIO), remedy);
}

struct arg_list {
	char text[ARGS_MAX][160];
	char *argv[ARGS_MAX + 1];
	int n;
};

static void add_arg(struct arg_list *args, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add_arg(struct arg_list *args, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(args->text[args->n], sizeof args->text[0], fmt, ap);
	va_end(ap);
	args->argv[args->n] = args->text[args->n];
	args->n++;
}

/*
 * --in-memory and --no-shconf: nothing in the file system that could outlive us. --no-huge does not go with the first.
 * The allow list names a device that no driver takes, so that only ports which the configuration names are probed.
 */
static int make_args(
	const struct am_eal *eal, const struct am_config *config, struct arg_list *args, struct am_err *err)
{
	cpu_set_t set;
	char lcores[120];

	if (sched_getaffinity(0, sizeof set, &set) != 0 || am_eal_lcores(&set, lcores, sizeof lcores) != 0)
		return am_fail(err, EINVAL, "cannot tell on which CPUs to run");
	add_arg(args, "amimed");
	add_arg(args, "--file-prefix=amime-%s", config->name);
	add_arg(args, "--lcores=%s", lcores);
	if (eal->hugepages) {
		add_arg(args, "--in-memory");
	} else {
		add_arg(args, "--no-huge");
		add_arg(args, "--no-shconf");
		add_arg(args, "-m");
		add_arg(args, "%u", eal->memory_mb);
	}
	if (wants_pci(config)) {
		add_arg(args, "-a");
		add_arg(args, "0000:00:00.0");
	} else {
		add_arg(args, "--no-pci");
	}
	return 0;
}

int am_eal_start(
	struct am_eal *eal, const struct am_config *config, const struct am_log *log, struct am_err *err)
{
	struct arg_list args = {0};
	int rc = choose_memory(eal, config, err);

	if (rc == 0)
		rc = make_args(eal, config, &args, err);
	if (rc)
		return rc;
	eal->log = relay_open(log);
	if (eal->log)
		rte_openlog_stream(eal->log);
	if (rte_eal_init(args.n, args.argv) < 0) {
		explain_failure(eal, rte_errno, err);
		am_eal_stop(eal);
		return -EIO;
	}
	eal->up = true;
	return 0;
}

/* DPDK leaves its runtime directory and the telemetry socket. Nothing but files of this instance is in there. */
static void remove_runtime_dir(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(path);
}

void am_eal_stop(struct am_eal *eal)
{
	char dir[PATH_MAX] = "";

	if (eal->up) {
		snprintf(dir, sizeof dir, "%s", rte_eal_get_runtime_dir());
		rte_eal_cleanup();
	}
	eal->up = false;
	if (dir[0])
		remove_runtime_dir(dir);
	if (eal->log) {
		rte_openlog_stream(NULL);
		fclose(eal->log);
	}
	eal->log = NULL;
}
