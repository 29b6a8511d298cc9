/* SPDX-License-Identifier: BSD-3-Clause */
#include "reload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "daemon.h"
#include "heal.h"
#include "notify.h"

static void log_errors(const struct am_daemon *d, const struct am_config_errors *errors)
{
	for (size_t i = 0; i < errors->n; i++) {
		const struct am_config_error *e = &errors->items[i];

		if (e->line)
			am_log(&d->log, AM_LOG_ERROR, "%s:%u: %s: %s", d->config_path, e->line, e->path,
				e->text);
		else
			am_log(&d->log, AM_LOG_ERROR, "%s: %s: %s", d->config_path, e->path, e->text);
	}
}

/* The first is what one line can say. */
static int summarize(const struct am_daemon *d, const struct am_config_errors *errors, struct am_err *err)
{
	const struct am_config_error *first = errors->items;
	char line[16] = "", more[48] = "";

	if (!errors->n)
		return am_fail(err, ENOMEM, "%s: no memory", d->config_path);
	if (first->line)
		snprintf(line, sizeof line, ":%u", first->line);
	if (errors->n > 1)
		snprintf(more, sizeof more, " (the first of %zu)", errors->n);
	return am_fail(err, EINVAL, "%s%s: %s: %s%s", d->config_path, line, first->path, first->text, more);
}

/* What ends a start: one error is the last line itself, several are in the log before it. */
static void say_at_start(const struct am_daemon *d, const struct am_config_errors *errors, struct am_err *err)
{
	summarize(d, errors, err);
	if (errors->n < 2)
		return;
	log_errors(d, errors);
	am_fail(err, EINVAL, "%s: %zu errors, see above", d->config_path, errors->n);
}

static const char *object_word(enum am_diff_object object)
{
	static const char *const words[] = {
		[AM_OBJ_SYSTEM] = "system",
		[AM_OBJ_PORT] = "port",
		[AM_OBJ_TUNNEL] = "tunnel",
		[AM_OBJ_VRF] = "vrf",
		[AM_OBJ_BRIDGE] = "bridge",
		[AM_OBJ_XCONNECT] = "xconnect",
	};

	return words[object];
}

static void log_diff(const struct am_daemon *d, const struct am_diff *diff)
{
	static const char *const actions[] = {
		[AM_DIFF_REMOVE] = "removed",
		[AM_DIFF_CHANGE] = "changed",
		[AM_DIFF_ADD] = "added",
	};

	for (size_t i = 0; i < diff->n; i++) {
		const struct am_diff_item *item = &diff->items[i];

		am_log(&d->log, AM_LOG_INFO, "%s %s: %s%s%s", object_word(item->object), item->name,
			actions[item->action], item->what[0] ? ": " : "", item->what);
	}
}

/* ---- what waits for a restart: the difference between what was started or opened and what is configured ---- */

static void add_restart(struct am_reload *r, const struct am_diff_item *item)
{
	struct am_diff_item *more = realloc(r->restart, (r->n_restart + 1) * sizeof *more);

	if (!more)
		return;
	r->restart = more;
	r->restart[r->n_restart++] = *item;
}

static void note_change(struct am_diff_item *item, const char *key, unsigned from, unsigned to)
{
	size_t used = strlen(item->what);

	if (from != to)
		snprintf(item->what + used, sizeof item->what - used, "%s%s %u -> %u", used ? ", " : "", key,
			from, to);
}

/* A port that stayed open keeps what it was opened with. */
static void find_port_restart(
	struct am_reload *r, const struct am_conf_port *opened, const struct am_conf_port *wanted)
{
	struct am_diff_item item = {.action = AM_DIFF_CHANGE, .object = AM_OBJ_PORT};
	bool macs_differ = opened->has_mac != wanted->has_mac ||
			   memcmp(&opened->mac, &wanted->mac, sizeof opened->mac) != 0;

	if (opened->queues == wanted->queues && opened->mtu == wanted->mtu && !macs_differ)
		return;
	memcpy(item.name, wanted->name, sizeof item.name);
	note_change(&item, "queues", opened->queues, wanted->queues);
	note_change(&item, "mtu", opened->mtu, wanted->mtu);
	if (macs_differ)
		snprintf(item.what + strlen(item.what), sizeof item.what - strlen(item.what), "%smac",
			item.what[0] ? ", " : "");
	add_restart(r, &item);
}

static void find_restart(struct am_daemon *d)
{
	const struct am_config *config = am_model_config(d->model);
	struct am_reload *r = &d->reload;
	struct am_diff diff = {0};

	r->n_restart = 0;
	if (r->started && am_config_diff(r->started, config, &diff) == 0)
		for (size_t i = 0; i < diff.n; i++)
			if (diff.items[i].object == AM_OBJ_SYSTEM && diff.items[i].needs_restart)
				add_restart(r, &diff.items[i]);
	am_diff_free(&diff);
	for (unsigned id = 0; id < AM_PORTS_MAX; id++) {
		const struct am_open_port *open = &d->ports.by_id[id];
		const struct am_conf_port *wanted =
			open->port ? am_config_port(config, open->conf.name) : NULL;

		if (wanted)
			find_port_restart(r, &open->conf, wanted);
	}
	for (size_t i = 0; i < r->n_restart; i++)
		am_log(&d->log, AM_LOG_WARN, "waits for a restart: %s %s: %s",
			object_word(r->restart[i].object), r->restart[i].name, r->restart[i].what);
}

/* What the daemon was started with, kept to compare with; a copy, since the running one goes with the next reload. */
static struct am_config *copy_of(const struct am_config *config)
{
	struct am_config_errors errors = {0};
	char *text = am_config_print(config);
	struct am_config *copy = text ? am_config_load(text, strlen(text), &errors) : NULL;

	am_config_errors_free(&errors);
	free(text);
	return copy;
}

static int steer_ports(struct am_daemon *d, struct am_err *err)
{
	int rc = 0;

	for (uint16_t id = 0; id < AM_PORTS_MAX; id++) {
		struct am_port *port = d->ports.by_id[id].port;
		struct am_steer steer;
		int failed;

		if (!port || !port->ops->steer)
			continue;
		am_model_steer(d->model, NULL, id, &steer);
		failed = port->ops->steer(port, &steer);
		if (failed)
			rc = am_fail(err, -failed, "port %s: the %s driver cannot take its frames: %s",
				port->name, port->ops->name, strerror(-failed));
	}
	return rc;
}

/* Give the workers other ports and the new snapshot in one standstill, which lasts microseconds. */
static void swap(struct am_daemon *d, const struct am_ports_plan *ports, const uint16_t *ids)
{
	bool differ = am_ports_differ(&d->ports, ports, ids);
	struct am_port *gone[AM_PORTS_MAX];
	unsigned n_gone;

	if (differ && d->workers)
		am_workers_park(d->workers);
	for (uint16_t id = 0; differ && id < AM_PORTS_MAX; id++)
		if (d->ports.by_id[id].port)
			am_plane_set_port(d->plane, id, NULL);
	n_gone = am_ports_commit(&d->ports, ports, ids, gone);
	for (uint16_t id = 0; differ && id < AM_PORTS_MAX; id++)
		if (d->ports.by_id[id].port)
			am_plane_set_port(d->plane, id, am_port_live(&d->ports.by_id[id]));
	am_plane_swap_roots(d->plane, am_model_roots(d->model));
	if (differ && d->workers)
		am_workers_resume(d->workers);
	for (unsigned i = 0; i < n_gone; i++)
		gone[i]->ops->close(gone[i]);
}

static void say_queues(const struct am_daemon *d, const struct am_ports_plan *plan)
{
	for (uint16_t i = 0; i < plan->n; i++) {
		const struct am_conf_port *conf = &plan->at[i].conf;

		if (plan->fresh[i] && conf->queues > plan->limits[i].rx_queues)
			am_log(&d->log, AM_LOG_WARN,
				"port %s: %u queues are wanted, and there are %u to receive on", conf->name,
				conf->queues, plan->limits[i].rx_queues);
	}
}

/* Cannot fail any more. */
static void commit(struct am_daemon *d, struct am_plan *plan, const struct am_ports_plan *ports)
{
	uint16_t ids[AM_PORTS_MAX];
	struct am_retired *old;

	for (uint16_t i = 0; i < ports->n; i++)
		ids[i] = am_plan_port_id(plan, i);
	if (am_model_config(d->model))
		log_diff(d, am_plan_diff(plan));
	say_queues(d, ports);
	old = am_model_commit(d->model, plan);
	swap(d, ports, ids);
	am_retire_add(&d->retire, old);
}

/* Owns config. 0, or -errno with errors filled, or err where a driver could not be steered after the commit. */
static int apply(
	struct am_daemon *d, struct am_config *config, struct am_config_errors *errors, struct am_err *err)
{
	struct am_ports_plan *ports = calloc(1, sizeof *ports);
	struct am_plan *plan = NULL;

	am_heal_find_lost(d);
	if (ports && am_ports_prepare(&d->ports, config, ports, errors) == 0) {
		plan = am_model_prepare(d->model, config, ports->limits, errors);
		if (!plan)
			am_ports_abandon(ports);
	}
	if (!plan) {
		am_config_free(config);
		free(ports);
		return -EINVAL;
	}
	commit(d, plan, ports);
	free(ports);
	if (!d->reload.started)
		d->reload.started = copy_of(am_model_config(d->model));
	find_restart(d);
	am_daemon_committed(d);
	return steer_ports(d, err);
}

static void note(struct am_reload *r, struct am_config_errors *errors)
{
	am_config_errors_free(&r->errors);
	r->errors = *errors;
	*errors = (struct am_config_errors){0};
	r->when = am_clock_monotonic();
	r->ok = r->errors.n == 0;
	r->count++;
}

struct am_config *am_reload_load(struct am_daemon *d, struct am_err *err)
{
	struct am_config_errors errors = {0};
	struct am_config *config = am_config_load_file_checked(d->config_path, am_check_config, &errors);

	if (!config)
		say_at_start(d, &errors, err);
	am_config_errors_free(&errors);
	return config;
}

int am_reload_first(struct am_daemon *d, struct am_config *config, struct am_err *err)
{
	struct am_config_errors errors = {0};
	int rc;

	err->text[0] = 0;
	rc = apply(d, config, &errors, err);
	if (rc && !err->text[0])
		say_at_start(d, &errors, err);
	note(&d->reload, &errors);
	return rc;
}

int am_reload_again(struct am_daemon *d, struct am_err *err)
{
	struct am_config *config = copy_of(am_model_config(d->model));
	struct am_config_errors errors = {0};
	int rc;

	err->text[0] = 0;
	rc = config ? apply(d, config, &errors, err) : -ENOMEM;
	if (rc && !err->text[0])
		summarize(d, &errors, err);
	am_config_errors_free(&errors);
	return rc;
}

static void work(uv_work_t *req)
{
	struct am_daemon *d = req->data;

	d->reload.loaded = am_config_load_file_checked(d->config_path, am_check_config, &d->reload.found);
}

static void finish(struct am_daemon *d, const struct am_err *err)
{
	struct am_reload *r = &d->reload;
	am_reload_done *done = r->done;

	r->busy = false;
	r->done = NULL;
	am_notify_ready();
	if (done)
		done(r->ctx, err);
	if (r->again && !d->stopping) {
		r->again = false;
		am_reload_start(d, NULL, NULL);
	}
}

static void worked(uv_work_t *req, int status)
{
	struct am_daemon *d = req->data;
	struct am_reload *r = &d->reload;
	struct am_config *config = r->loaded;
	struct am_err err = {""};
	int rc = -EINVAL;

	r->loaded = NULL;
	if (d->stopping || status) {
		am_config_free(config);
		return;
	}
	if (config)
		rc = apply(d, config, &r->found, &err);
	if (rc && !err.text[0])
		summarize(d, &r->found, &err);
	log_errors(d, &r->found);
	note(r, &r->found);
	if (rc && r->errors.n)
		am_log(&d->log, AM_LOG_ERROR, "%s: not taken; the configuration before it runs on",
			d->config_path);
	else if (rc)
		am_log(&d->log, AM_LOG_ERROR, "%s; %s", err.text,
			r->ok ? "the new configuration runs nevertheless" : "nothing has changed");
	else
		am_log(&d->log, AM_LOG_INFO, "reloaded %s", d->config_path);
	finish(d, rc ? &err : NULL);
}

int am_reload_start(struct am_daemon *d, am_reload_done *done, void *ctx)
{
	struct am_reload *r = &d->reload;

	if (r->busy && done)
		return -EBUSY;
	if (r->busy) {
		r->again = true;
		return 0;
	}
	r->busy = true;
	r->done = done;
	r->ctx = ctx;
	r->work.data = d;
	am_notify_reloading();
	return uv_queue_work(&d->loop, &r->work, work, worked);
}

void am_reload_free(struct am_reload *r)
{
	am_config_errors_free(&r->errors);
	am_config_errors_free(&r->found);
	am_config_free(r->started);
	free(r->restart);
}
