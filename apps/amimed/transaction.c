/* SPDX-License-Identifier: BSD-3-Clause */
#include "transaction.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "config/restart.h"
#include "daemon.h"
#include "ends.h"
#include "learn.h"
#include "mirror.h"
#include "plane.h"
#include "who.h"

enum { DIFF_LINES = 20 }; /* of the log */

/* ---- prepare ---- */

/* A copy, since the running one goes with the commit. */
static struct am_config *copy_running(const struct am_daemon *d, struct am_config_errors *errors)
{
	char *text = am_config_print(am_model_config(d->model));
	struct am_config *copy = text ? am_config_load(text, strlen(text), errors) : NULL;

	free(text);
	return copy;
}

static struct am_config *load_number(
	const struct am_daemon *d, unsigned number, struct am_config_errors *errors)
{
	char path[PATH_MAX];

	am_archive_path(&d->archive, number, path, sizeof path);
	return am_config_load_file_checked(path, am_check_config, errors);
}

static struct am_config *load(struct am_daemon *d, struct am_transaction *t)
{
	switch (t->ask.change) {
	case AM_CHANGE_START:
		return t->loaded;
	case AM_CHANGE_FILE:
		return am_config_load_file_checked(d->config_path, am_check_config, &t->errors);
	case AM_CHANGE_HISTORY:
		return load_number(d, t->ask.number, &t->errors);
	case AM_CHANGE_BACK:
		return load_number(d, d->archive.committed, &t->errors);
	case AM_CHANGE_RUNNING:
		return copy_running(d, &t->errors);
	case AM_CHANGE_CONFIRM:
		break;
	}
	return NULL;
}

/* Rings between workers are made at start. */
static void check_handoff(
	const struct am_daemon *d, const struct am_config *config, struct am_config_errors *errors)
{
	if (!d->handoff && am_plane_wants_handoff(config))
		am_config_complain(config, errors, "$.ports",
			"a port has fewer queues than the %u workers, and at start none had, so workers cannot hand "
			"frames on: give it more \"queues\", or restart amimed",
			config->workers);
}

/* What the machine has to allow. config stays the caller's where it fails. */
static int plan(struct am_daemon *d, struct am_transaction *t, struct am_config *config)
{
	const struct am_config *running = am_model_config(d->model);

	if (running)
		am_config_check_restart(running, config, &t->errors);
	am_workers_check_cpus(config, &t->errors);
	if (running)
		check_handoff(d, config, &t->errors);
	if (t->errors.n)
		return -EINVAL;
	t->ports = calloc(1, sizeof *t->ports);
	if (!t->ports)
		return am_fail(&t->err, ENOMEM, "no memory for ports");
	if (am_ports_prepare(&d->ports, config, t->ports, &t->errors) < 0)
		return -EINVAL;
	t->plan = am_model_prepare(d->model, config, t->ports->limits, &t->errors);
	if (t->plan)
		return 0;
	am_ports_abandon(t->ports);
	return -EINVAL;
}

static void describe(const struct am_daemon *d, struct am_transaction *t)
{
	struct am_record *record = &t->record;
	char *path = realpath(d->config_path, NULL);

	*record = (struct am_record){.number = am_archive_next(&d->archive), .time_s = (int64_t)time(NULL)};
	if (t->ask.who[0])
		memcpy(record->who, t->ask.who, sizeof record->who);
	else
		am_who(t->ask.pid, t->ask.uid, record->who, sizeof record->who);
	snprintf(record->file, sizeof record->file, "%s", path ? path : d->config_path);
	free(path);
	if (t->ask.change == AM_CHANGE_HISTORY)
		snprintf(record->how, sizeof record->how, "rollback to %u", t->ask.number);
	else if (t->ask.confirm_s)
		snprintf(record->how, sizeof record->how, "reload --confirm %u", t->ask.confirm_s);
	else
		snprintf(record->how, sizeof record->how, "%s",
			t->ask.change == AM_CHANGE_START ? "start" : "reload");
}

/*
 * Whatever ends the process from here until it has settled: a start finds what was tried, and takes the committed one.
 * Without a place to keep it, it can still be applied, but not on trial.
 */
static int keep(struct am_daemon *d, struct am_transaction *t)
{
	int rc = 0;

	describe(d, t);
	if (d->archive_err.text[0]) {
		t->not_kept = d->archive_err;
		rc = -EIO;
	}
	if (rc == 0)
		rc = am_archive_write(&d->archive, &t->record, t->text, &t->not_kept);
	if (rc == 0)
		rc = am_archive_point(&d->archive, AM_LINK_UNCONFIRMED, t->record.number, &t->not_kept);
	t->recorded = rc == 0;
	if (rc < 0)
		t->record.number = 0;
	if (rc < 0 && t->ask.confirm_s)
		return am_fail(&t->err, -rc, "cannot be taken on trial: %s", t->not_kept.text);
	return 0;
}

void am_transaction_know(const struct am_daemon *d, struct am_transaction *t, unsigned number)
{
	const struct am_record *known = am_archive_record(&d->archive, number);

	t->record = known ? *known : (struct am_record){.number = number};
}

static int record(struct am_daemon *d, struct am_transaction *t, const struct am_config *config)
{
	bool is_same = t->before && config->hash == t->before_hash;

	t->text = am_config_print(config);
	if (!t->text)
		return am_fail(&t->err, ENOMEM, "no memory to print it");
	if (t->ask.confirm_s && !d->archive.committed)
		return am_fail(&t->err, EINVAL,
			"cannot be taken on trial: there is no committed configuration to go back to; %s",
			d->archive_err.text[0] ? d->archive_err.text : "reload without --confirm first");
	if (t->ask.change == AM_CHANGE_BACK)
		am_transaction_know(d, t, d->archive.committed);
	else if (t->ask.change == AM_CHANGE_RUNNING || is_same)
		am_transaction_know(d, t, t->before);
	else
		return keep(d, t);
	return 0;
}

/* Neither is a trial confirmed, nor what somebody rolled back applied again, only because a file has changed. */
static bool is_left_over(const struct am_daemon *d, const struct am_config *config, struct am_transaction *t)
{
	const struct am_reload *r = &d->reload;

	if (!t->ask.by_watch)
		return false;
	if (am_reload_on_trial(r) && config->hash != r->running_hash)
		am_fail(&t->err, EBUSY,
			"%s has changed, and is not taken while configuration %u is on trial: amimectl reload takes it for "
			"good",
			d->config_path, r->running);
	else if (!am_reload_on_trial(r) && config->hash == r->rejected_hash)
		am_fail(&t->err, EBUSY,
			"%s says what was rolled back, and is not taken: change it, or amimectl reload",
			d->config_path);
	return am_reload_on_trial(r) || t->err.text[0];
}

int am_transaction_prepare(struct am_daemon *d, struct am_transaction *t)
{
	struct am_config *config = load(d, t);
	int rc = -EINVAL;

	t->left_over = config && is_left_over(d, config, t);
	if (config && !t->left_over) {
		am_ends_fill(d, config);
		rc = plan(d, t, config);
	}
	if (rc == 0) {
		rc = record(d, t, config);
		if (rc < 0)
			am_transaction_abandon(t);
		return rc;
	}
	am_config_free(config);
	free(t->ports);
	t->ports = NULL;
	return rc;
}

void am_transaction_abandon(struct am_transaction *t)
{
	if (t->plan) {
		am_ports_abandon(t->ports);
		am_plan_free(t->plan); /* and the configuration */
		free(t->ports);
	}
	free(t->text);
	t->text = NULL;
	t->plan = NULL;
	t->ports = NULL;
}

/* ---- commit ---- */

static const char *object_word(enum am_diff_object object)
{
	static const char *const words[] = {
		[AM_OBJ_SYSTEM] = "system",
		[AM_OBJ_PORT] = "port",
		[AM_OBJ_TUNNEL] = "tunnel",
		[AM_OBJ_VRF] = "vrf",
		[AM_OBJ_BRIDGE] = "bridge",
		[AM_OBJ_XCONNECT] = "xconnect",
		[AM_OBJ_PREFIX_SET] = "prefix_set",
		[AM_OBJ_ACL] = "acl",
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

	for (size_t i = 0; i < diff->n && i < DIFF_LINES; i++) {
		const struct am_diff_item *item = &diff->items[i];

		am_log(&d->log, AM_LOG_INFO, "%s %s: %s%s%s", object_word(item->object), item->name,
			actions[item->action], item->what[0] ? ": " : "", item->what);
	}
	if (diff->n > DIFF_LINES)
		am_log(&d->log, AM_LOG_INFO, "and %zu more changes", diff->n - DIFF_LINES);
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

/* Give the workers other ports and the new snapshot in one standstill, which lasts microseconds. */
static void swap(struct am_daemon *d, struct am_transaction *t, const uint16_t *ids)
{
	const struct am_ports_plan *ports = t->ports;
	bool differ = am_ports_differ(&d->ports, ports, ids);

	if (differ && d->workers)
		am_workers_park(d->workers);
	for (uint16_t id = 0; differ && id < AM_PORTS_MAX; id++)
		if (d->ports.by_id[id].port)
			am_plane_set_port(d->plane, id, NULL);
	t->n_gone = am_ports_commit(&d->ports, ports, ids, t->gone);
	for (uint16_t id = 0; differ && id < AM_PORTS_MAX; id++) {
		struct am_port *live = d->ports.by_id[id].port ? am_port_live(&d->ports.by_id[id]) : NULL;

		if (d->ports.by_id[id].port)
			am_plane_set_port(d->plane, id, live);
		am_slow_set_port(d->slow, id, live);
	}
	am_plane_swap_roots(d->plane, am_model_roots(d->model));
	if (differ && d->workers)
		am_workers_resume(d->workers);
}

int am_transaction_commit(struct am_daemon *d, struct am_transaction *t)
{
	uint16_t ids[AM_PORTS_MAX];
	struct am_retired *old;
	uint64_t failures;

	for (uint16_t i = 0; i < t->ports->n; i++)
		ids[i] = am_plan_port_id(t->plan, i);
	if (am_model_config(d->model))
		log_diff(d, am_plan_diff(t->plan));
	say_queues(d, t->ports);
	failures = am_model_fib_failures(d->model);
	old = am_model_commit(d->model, t->plan);
	swap(d, t, ids);
	if (am_model_fib_failures(d->model) != failures)
		am_log(&d->log, AM_LOG_ERROR,
			"no memory for %" PRIu64
			" changes of routes, which stay as they were: free some, then "
			"restart amimed",
			am_model_fib_failures(d->model) - failures);
	if (d->workers) {
		am_workers_adapt(d->workers, am_model_config(d->model));
		am_learn_adapt(d);
	}
	free(t->ports);
	t->plan = NULL;
	t->ports = NULL;
	am_daemon_committed(d);
	am_retire_add(&d->retire, old); /* now that no neighbour's adjacency leads into it any more */
	return am_mirror_steer(d, &t->err);
}

/* ---- settle ---- */

/* What a start must not take, when this one is for good: what was rolled back. */
static unsigned refused_now(const struct am_transaction *t)
{
	return t->ask.change == AM_CHANGE_HISTORY && t->before != t->record.number ? t->before : 0;
}

static bool for_good(const struct am_daemon *d, const struct am_transaction *t)
{
	if (t->ask.change == AM_CHANGE_START && t->record.number == d->archive.committed)
		return false; /* it says nothing about what was not confirmed */
	if (!t->record.number || t->ask.change == AM_CHANGE_BACK || t->ask.change == AM_CHANGE_RUNNING)
		return false;
	return !t->ask.confirm_s || t->record.number == d->archive.committed;
}

void am_transaction_settle(struct am_daemon *d, struct am_transaction *t)
{
	int rc;

	/* The kernel takes tens of milliseconds for one. */
	for (unsigned i = 0; i < t->n_gone; i++)
		t->gone[i]->ops->close(t->gone[i]);
	t->n_gone = 0;
	if (!for_good(d, t) || d->archive_err.text[0])
		return;
	rc = am_archive_mark(&d->archive, &t->record, &t->not_kept);
	if (rc == 0)
		rc = am_archive_point(&d->archive, AM_LINK_COMMITTED, t->record.number, &t->not_kept);
	if (rc == 0)
		am_archive_point(&d->archive, AM_LINK_UNCONFIRMED, refused_now(t), &t->not_kept);
}

void am_transaction_settled(struct am_daemon *d, struct am_transaction *t)
{
	if (t->recorded) {
		am_archive_note(&d->archive, &t->record);
		d->archive.unconfirmed = t->record.number;
	}
	if (!for_good(d, t) || t->not_kept.text[0])
		return;
	am_archive_commit(&d->archive, t->record.number, refused_now(t));
}
