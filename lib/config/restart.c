/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/restart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parts.h"

static bool is_one_of(const char *key, const char *const *keys)
{
	for (; *keys; keys++) {
		if (strcmp(key, *keys) == 0)
			return true;
	}
	return false;
}

static bool differs(const json_t *old, const json_t *new_, const char *key)
{
	return !json_equal(json_object_get(old, key), json_object_get(new_, key));
}

/* A port that moves to another device is opened anew. */
static bool is_another_device(const json_t *old, const json_t *new_)
{
	return differs(old, new_, "driver") || differs(old, new_, "device") || differs(old, new_, "devargs");
}

bool conf_needs_restart(enum am_diff_object object, const json_t *old, const json_t *new_, const char *key)
{
	static const char *const changeable[] = {"watch", "idle", "cpus", "metrics_file", "metrics_interval",
		"control_group", "control_mode", NULL};
	static const char *const opened_with[] = {"queues", "mtu", "mac", "mode", "members", NULL};

	if (!differs(old, new_, key))
		return false;
	if (object == AM_OBJ_SYSTEM)
		return !is_one_of(key, changeable);
	return object == AM_OBJ_PORT && is_one_of(key, opened_with) && !is_another_device(old, new_);
}

/* ---- complaints ---- */

struct change {
	const struct am_config *config;
	struct am_config_errors *errors;
	const char *remedy;
};

static void text_of(const json_t *value, char *out, size_t room)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	snprintf(out, room, "%s", json_is_null(value) || !text ? "none" : text);
	free(text);
}

static void complain(const struct change *c, const char *path, const json_t *old, const json_t *new_)
{
	const char *key;
	json_t *value;
	char from[100], to[100];

	if (json_equal(old, new_))
		return;
	if (!json_is_object(new_)) {
		text_of(old, from, sizeof from);
		text_of(new_, to, sizeof to);
		am_config_complain(c->config, c->errors, path, "%s -> %s takes effect only at a start: %s",
			from, to, c->remedy);
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)new_, key, value)
	{
		char below[sizeof((struct where *)0)->path];

		snprintf(below, sizeof below, "%s", path);
		am_position_join(below, sizeof below, key);
		complain(c, below, json_object_get(old, key), value);
	}
}

static void check_object(const struct change *c, enum am_diff_object object, const char *path,
	const struct fields *fields, const void *old, const void *new_)
{
	json_t *before = conf_print_fields(fields, old), *after = conf_print_fields(fields, new_), *value;
	const char *key;

	json_object_foreach(after, key, value)
	{
		char below[sizeof((struct where *)0)->path];

		if (!conf_needs_restart(object, before, after, key))
			continue;
		snprintf(below, sizeof below, "%s", path);
		am_position_join(below, sizeof below, key);
		complain(c, below, json_object_get(before, key), value);
	}
	json_decref(before);
	json_decref(after);
}

void am_config_check_restart(
	const struct am_config *running, const struct am_config *config, struct am_config_errors *errors)
{
	struct change c = {config, errors, "restart amimed, or leave it as it was"};

	if (running->system_mark != config->system_mark)
		check_object(&c, AM_OBJ_SYSTEM, "$.system", &conf_system_fields, running, config);
	c.remedy = "restart amimed, or remove the port by one reload and add it by the next";
	for (uint16_t i = 0; i < config->n_ports; i++) {
		const struct am_conf_port *port = &config->ports[i];
		const struct am_conf_port *before = am_config_port(running, port->name);

		if (before && before->mark != port->mark)
			check_object(&c, AM_OBJ_PORT, conf_where("ports", port->name, "%s", "").path,
				&conf_port_fields, before, port);
	}
}
