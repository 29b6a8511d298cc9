/* SPDX-License-Identifier: BSD-3-Clause */
#include "parts.h"

#include <stdbool.h>
#include <string.h>

static const char *const idle_words[] = {"adaptive", "spin", NULL};
static const char *const hugepages_words[] = {"auto", "never", "always", NULL};
static const char *const control_mode_words[] = {"0600", "0660", "0666", NULL};
static const char *const handoff_words[] = {"auto", "on", "off", NULL};

enum { BUFFER_KIB = 4, MIB_KIB = 1024 };
enum { CPUS_MAX = sizeof((struct am_config *)0)->cpus / sizeof(uint16_t), CPU_LAST = 1023 };

static void read_cpus(const struct place *at, void *object)
{
	struct am_config *c = object;
	uint32_t cpu;

	if (!conf_want_array(at))
		return;
	if (json_array_size(at->json) > CPUS_MAX) {
		conf_complain(at, "%zu CPUs are too many, at most %d workers are possible",
			json_array_size(at->json), CPUS_MAX);
		return;
	}
	for (size_t i = 0; i < json_array_size(at->json); i++) {
		struct place element = conf_place_element(at, i);

		if (conf_read_uint(&element, 0, CPU_LAST, NULL, &cpu))
			c->cpus[c->n_cpus++] = (uint16_t)cpu;
	}
}

static json_t *print_cpus(const void *object)
{
	const struct am_config *c = object;
	json_t *out = json_array();

	for (uint16_t i = 0; i < c->n_cpus; i++)
		json_array_append_new(out, json_integer(c->cpus[i]));
	return out;
}

static const struct field reassembly_rows[] = {
	UINT("datagrams", struct am_config, reasm_datagrams, 16, 1048576, 4096),
	UINT("per_peer", struct am_config, reasm_peer_datagrams, 1, 1048576, 0),
};
static const struct fields reassembly_fields = FIELDS(reassembly_rows);

static const struct field system_rows[] = {
	{.name = "name", .kind = FIELD_NAME, AT(struct am_config, name), .text = "amime"},
	UINT("workers", struct am_config, workers, 1, 16, 1),
	WORD("idle", struct am_config, idle, idle_words, AM_IDLE_ADAPTIVE),
	WORD("hugepages", struct am_config, hugepages, hugepages_words, AM_HUGEPAGES_AUTO),
	WORD("handoff", struct am_config, handoff, handoff_words, AM_HANDOFF_AUTO),
	UINT("buffers", struct am_config, buffers, 512, 4194304, 16384),
	UINT("memory_mb", struct am_config, memory_mb, 0, 1048576, 0),
	OTHER("cpus", read_cpus, print_cpus, NULL),
	UINT("fdb_size", struct am_config, fdb_size, 16, 16777216, 65536),
	{.name = "reassembly", .kind = FIELD_GROUP, .sub = &reassembly_fields},
	BOOL("watch", struct am_config, watch, false),
	TEXT("metrics_file", struct am_config, metrics_file),
	UINT("metrics_interval", struct am_config, metrics_interval_s, 1, 3600, 15),
	TEXT("control_group", struct am_config, control_group),
	WORD("control_mode", struct am_config, control_mode, control_mode_words, AM_CONTROL_0660),
};
const struct fields conf_system_fields = FIELDS(system_rows);

void conf_settle_system(struct am_config *c)
{
	if (!c->reasm_peer_datagrams)
		c->reasm_peer_datagrams = c->reasm_datagrams / 4 * 3;
}

static void check_cpus(const struct am_config *c, struct am_config_errors *errors)
{
	char path[40];

	if (c->n_cpus && c->n_cpus != c->workers)
		am_config_complain(c, errors, "$.system.cpus",
			"%u CPUs for %u workers: name one for each worker, or leave cpus away", c->n_cpus,
			c->workers);
	for (uint16_t i = 0; i < c->n_cpus; i++) {
		for (uint16_t j = 0; j < i; j++) {
			if (c->cpus[i] != c->cpus[j])
				continue;
			snprintf(path, sizeof path, "$.system.cpus[%u]", i);
			am_config_complain(c, errors, path, "CPU %u is named twice: give each worker its own",
				c->cpus[i]);
			break;
		}
	}
}

static void check_memory(const struct am_config *c, struct am_config_errors *errors)
{
	uint32_t mib = (uint32_t)(((uint64_t)c->buffers * BUFFER_KIB + MIB_KIB - 1) / MIB_KIB);

	if (c->memory_mb && mib > c->memory_mb)
		am_config_complain(c, errors, "$.system.memory_mb",
			"%u buffers of %d KiB take %u MiB, %u more than %u; raise it above %u, remove it (0 "
			"derives it), or lower \"buffers\" below %u",
			c->buffers, BUFFER_KIB, mib, mib - c->memory_mb, c->memory_mb, mib,
			(uint32_t)((uint64_t)c->memory_mb * MIB_KIB / BUFFER_KIB));
}

void conf_check_system(const struct am_config *c, struct am_config_errors *errors)
{
	check_cpus(c, errors);
	check_memory(c, errors);
	if (c->metrics_file[0] && c->metrics_file[0] != '/')
		am_config_complain(c, errors, "$.system.metrics_file",
			"%s is no whole path: begin it with a slash, as in "
			"/var/lib/prometheus/node-exporter/amime.prom",
			c->metrics_file);
	if (strpbrk(c->control_group, "/: \t"))
		am_config_complain(
			c, errors, "$.system.control_group", "%s is no name of a group", c->control_group);
	if (c->reasm_datagrams & (c->reasm_datagrams - 1))
		am_config_complain(c, errors, "$.system.reassembly.datagrams",
			"%u is no power of two: use 4096, 8192 ...", c->reasm_datagrams);
	if (c->reasm_peer_datagrams > c->reasm_datagrams)
		am_config_complain(c, errors, "$.system.reassembly.per_peer",
			"%u is more than reassembly.datagrams, which is %u: one peer would fill the table",
			c->reasm_peer_datagrams, c->reasm_datagrams);
}
