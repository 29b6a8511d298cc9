/* SPDX-License-Identifier: BSD-3-Clause */
#include "telemetry.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_telemetry.h>

#include "daemon.h"
#include "show.h"

enum { ANSWER_WITHIN_MS = 500 };

/*
 * DPDK calls back in threads of its own, one a client, and gives no argument to find anything by: the one place of this
 * program with a global. The callback leaves a question here, the control thread answers it between two events, so
 * nothing but this is shared.
 */
static struct {
	pthread_mutex_t turn; /* one question at a time */
	pthread_mutex_t lock; /* the rest */
	pthread_cond_t answered;
	struct am_daemon *daemon; /* NULL: closed */
	uv_async_t wake;
	bool asked;
	const char *command, *name;
	json_t *answer;
} mailbox = {
	.turn = PTHREAD_MUTEX_INITIALIZER,
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.answered = PTHREAD_COND_INITIALIZER,
};

/* ---- control thread ---- */

static json_t *iface_names(const struct am_daemon *d, int kind)
{
	json_t *list = json_array();

	for (uint16_t i = 0; i < am_model_ifaces(d->model); i++) {
		const struct am_iface_info *info = am_model_iface(d->model, i);

		if (info && (int)info->kind == kind)
			json_array_append_new(list, json_string(info->name));
	}
	return list;
}

static json_t *show(struct am_daemon *d, enum am_what what)
{
	const struct am_request request = {.method = AM_METHOD_SHOW, .what = what, .limit = AM_FDB_LIMIT};
	struct am_err err;

	return am_show(d, &request, &err);
}

/* One worker's numbers, or how many there are. */
static json_t *answer_workers(struct am_daemon *d, const char *name)
{
	json_t *all = show(d, AM_SHOW_WORKERS);
	json_t *list = json_object_get(all, "workers");
	json_t *answer = json_array();

	if (name) {
		json_decref(answer);
		answer = json_incref(json_array_get(list, strtoul(name, NULL, 10)));
	} else {
		for (size_t i = 0; i < json_array_size(list); i++)
			json_array_append_new(answer, json_sprintf("%zu", i));
	}
	json_decref(all);
	return answer;
}

/* A port and a bridge may have one name, so here it comes with the kind: "port:lan". */
static json_t *drops_names(const struct am_daemon *d)
{
	static const char *const kinds[] = {
		[AM_IFACE_PORT] = "port",
		[AM_IFACE_TUNNEL] = "tunnel",
		[AM_IFACE_BRIDGE] = "bridge",
		[AM_IFACE_VLAN] = "vlan",
		[AM_IFACE_IRB] = "irb",
		[AM_IFACE_BOX] = "vrf",
	};
	json_t *list = json_array();

	for (uint16_t i = 0; i < am_model_ifaces(d->model); i++) {
		const struct am_iface_info *info = am_model_iface(d->model, i);

		if (info)
			json_array_append_new(list, json_sprintf("%s:%s", kinds[info->kind], info->name));
	}
	return list;
}

/* An interface's drops that are not zero. */
static json_t *answer_drops(struct am_daemon *d, const char *name)
{
	json_t *all = show(d, AM_SHOW_DROPS), *answer = json_object(), *row;
	size_t i;

	json_array_foreach(all, i, row)
	{
		char full[80];

		snprintf(full, sizeof full, "%s:%s", json_string_value(json_object_get(row, "kind")),
			json_string_value(json_object_get(row, "interface")));
		if (strcmp(full, name) == 0)
			json_object_set(answer, json_string_value(json_object_get(row, "drop")),
				json_object_get(row, "count"));
	}
	json_decref(all);
	return answer;
}

/* Bridges without a VNI have no counters of an interface, and all have those of their MAC addresses. */
static json_t *answer_bridges(struct am_daemon *d, const char *name)
{
	json_t *all = show(d, AM_SHOW_BRIDGES), *answer = name ? NULL : json_array(), *bridge;
	size_t i;

	json_array_foreach(all, i, bridge)
	{
		json_t *its_name = json_object_get(bridge, "name");

		if (!name) {
			json_array_append(answer, its_name);
		} else if (strcmp(json_string_value(its_name), name) == 0) {
			answer = json_copy(bridge);
			json_object_update(answer, json_object_get(bridge, "counters"));
		}
	}
	json_decref(all);
	return answer;
}

static json_t *answer_for(struct am_daemon *d, const char *command, const char *name)
{
	static const struct {
		const char *command;
		int kind;
	} kinds[] = {
		{"/amime/ports", AM_IFACE_PORT},
		{"/amime/tunnels", AM_IFACE_TUNNEL},
	};

	if (strcmp(command, "/amime/workers") == 0)
		return answer_workers(d, name);
	if (strcmp(command, "/amime/bridges") == 0)
		return answer_bridges(d, name);
	if (strcmp(command, "/amime/drops") == 0)
		return name ? answer_drops(d, name) : drops_names(d);
	for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(command, kinds[i].command) == 0)
			return name ? am_show_counters(d, kinds[i].kind, name)
				    : iface_names(d, kinds[i].kind);
	return NULL;
}

static void serve(uv_async_t *wake)
{
	(void)wake;
	pthread_mutex_lock(&mailbox.lock);
	if (mailbox.asked && mailbox.daemon) {
		mailbox.answer = answer_for(mailbox.daemon, mailbox.command, mailbox.name);
		mailbox.asked = false;
		pthread_cond_signal(&mailbox.answered);
	}
	pthread_mutex_unlock(&mailbox.lock);
}

/* ---- DPDK's threads ---- */

static struct timespec deadline(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += ANSWER_WITHIN_MS * 1000000l;
	ts.tv_sec += ts.tv_nsec / 1000000000l;
	ts.tv_nsec %= 1000000000l;
	return ts;
}

static json_t *ask(const char *command, const char *name)
{
	struct timespec until = deadline();
	json_t *answer = NULL;
	int rc = 0;

	pthread_mutex_lock(&mailbox.turn);
	pthread_mutex_lock(&mailbox.lock);
	if (mailbox.daemon) {
		mailbox.command = command;
		mailbox.name = name;
		mailbox.asked = true;
		uv_async_send(&mailbox.wake);
		while (mailbox.asked && rc == 0)
			rc = pthread_cond_timedwait(&mailbox.answered, &mailbox.lock, &until);
		answer = mailbox.answer;
		mailbox.answer = NULL;
		mailbox.asked = false;
	}
	pthread_mutex_unlock(&mailbox.lock);
	pthread_mutex_unlock(&mailbox.turn);
	return answer;
}

static void fill_dict(struct rte_tel_data *out, json_t *from)
{
	const char *key;
	json_t *value;

	rte_tel_data_start_dict(out);
	json_object_foreach(from, key, value)
	{
		if (json_is_integer(value))
			rte_tel_data_add_dict_u64(out, key, (uint64_t)json_integer_value(value));
	}
}

static void fill_list(struct rte_tel_data *out, json_t *from)
{
	json_t *value;
	size_t i;

	rte_tel_data_start_array(out, RTE_TEL_STRING_VAL);
	json_array_foreach(from, i, value) rte_tel_data_add_array_string(out, json_string_value(value));
}

static int answer(const char *command, const char *params, struct rte_tel_data *out)
{
	json_t *from = ask(command, params && *params ? params : NULL);

	if (!from)
		return -EINVAL;
	if (json_is_array(from))
		fill_list(out, from);
	else
		fill_dict(out, from);
	json_decref(from);
	return 0;
}

/* ---- start and stop ---- */

int am_telemetry_start(struct am_daemon *d)
{
	static const struct {
		const char *command, *help;
	} commands[] = {
		{"/amime/ports", "Names of ports; with one of them: its counters."},
		{"/amime/tunnels", "Names of tunnels; with one of them: its counters."},
		{"/amime/bridges",
			"Names of bridges; with one of them: its MAC addresses, the counters of its VXLAN side."},
		{"/amime/workers", "Numbers of workers; with one of them: its counters."},
		{"/amime/drops",
			"Interfaces as kind:name; with one of them: its drops by reason, where there are any."},
	};
	int rc = uv_async_init(&d->loop, &mailbox.wake, serve);

	if (rc < 0)
		return -ENOMEM;
	pthread_mutex_lock(&mailbox.lock);
	mailbox.daemon = d;
	pthread_mutex_unlock(&mailbox.lock);
	for (unsigned i = 0; i < sizeof commands / sizeof *commands && rc == 0; i++)
		rc = rte_telemetry_register_cmd(commands[i].command, answer, commands[i].help);
	if (rc)
		am_log(&d->log, AM_LOG_WARN, "no counters in DPDK's telemetry: it refuses the command");
	return 0;
}

void am_telemetry_stop(void)
{
	pthread_mutex_lock(&mailbox.lock);
	mailbox.daemon = NULL;
	mailbox.asked = false;
	pthread_cond_broadcast(&mailbox.answered);
	pthread_mutex_unlock(&mailbox.lock);
}
