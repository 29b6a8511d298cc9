/* SPDX-License-Identifier: BSD-3-Clause */
#include "reload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "heal.h"
#include "notify.h"
#include "say.h"

enum { LOOK_AGAIN_MS = 20 };

/* ---- how it went ---- */

static void note(struct am_reload *r, struct am_transaction *t)
{
	am_config_errors_free(&r->errors);
	r->errors = t->errors;
	t->errors = (struct am_config_errors){0};
	r->not_kept = t->not_kept;
	r->when = am_clock_monotonic();
	r->ok = r->committed;
	r->count++;
}

static void note_running(struct am_daemon *d, struct am_transaction *t)
{
	free(d->reload.text);
	d->reload.text = t->text;
	t->text = NULL;
	d->reload.running = t->record.number;
	d->reload.running_hash = am_model_config(d->model)->hash;
}

/* Before note_running: what the watch does not take by itself, and whether the file runs. */
static void note_origin(struct am_reload *r, const struct am_transaction *t)
{
	switch (t->ask.change) {
	case AM_CHANGE_FILE:
		r->rejected_hash = 0;
		r->start_note = (struct am_err){0};
		r->is_file = true;
		break;
	case AM_CHANGE_HISTORY:
	case AM_CHANGE_BACK:
		r->rejected_hash = t->before_hash;
		r->is_file = false;
		break;
	case AM_CHANGE_START:
		r->is_file = !r->start_note.text[0];
		break;
	case AM_CHANGE_RUNNING:
	case AM_CHANGE_CONFIRM:
		break;
	}
}

static void log_success(const struct am_daemon *d, const struct am_transaction *t)
{
	const struct am_reload *r = &d->reload;

	if (t->ask.change == AM_CHANGE_CONFIRM)
		am_log(&d->log, AM_LOG_INFO, "configuration %u is confirmed", r->running);
	else if (t->ask.change == AM_CHANGE_BACK)
		am_log(&d->log, AM_LOG_WARN, "back to configuration %u, which is the committed one",
			r->running);
	else if (t->ask.change == AM_CHANGE_HISTORY)
		am_log(&d->log, AM_LOG_INFO,
			"rolled back to configuration %u, which is number %u now; %s still says "
			"otherwise",
			t->ask.number, r->running, d->config_path);
	else if (am_reload_on_trial(r))
		am_log(&d->log, AM_LOG_WARN,
			"reloaded %s on trial: back to configuration %u in %u s, unless it is "
			"confirmed: amimectl confirm",
			d->config_path, d->archive.committed, t->ask.confirm_s);
	else if (t->ask.change == AM_CHANGE_FILE)
		am_log(&d->log, AM_LOG_INFO, "reloaded %s", d->config_path);
	if (t->not_kept.text[0])
		am_log(&d->log, AM_LOG_ERROR, "it runs, and is not kept for the next start: %s",
			t->not_kept.text);
}

static void log_failure(const struct am_daemon *d, const struct am_transaction *t, const struct am_err *err)
{
	am_say_errors(&d->log, d->config_path, &t->errors);
	if (d->reload.committed)
		am_log(&d->log, AM_LOG_ERROR, "%s; the new configuration runs nevertheless", err->text);
	else if (t->errors.n)
		am_log(&d->log, AM_LOG_ERROR, "%s: not taken; the configuration before it runs on",
			d->config_path);
	else
		am_log(&d->log, AM_LOG_ERROR, "%s; nothing has changed", err->text);
}

/* ---- steps ---- */

static void begin(struct am_daemon *d, const struct am_ask *ask, struct am_reload_caller caller);
static void start_trial(struct am_daemon *d, unsigned seconds);

static void go_on(struct am_daemon *d)
{
	struct am_reload *r = &d->reload;

	if (!r->waits || d->stopping)
		return;
	r->waits = false;
	begin(d, &r->next, r->next_caller);
}

/* err is NULL where it went well. */
static void end(struct am_daemon *d, const struct am_err *err)
{
	struct am_reload *r = &d->reload;
	struct am_reload_caller caller = r->caller;

	am_config_errors_free(&r->now.errors);
	r->busy = false;
	am_notify_ready();
	if (caller.done)
		caller.done(caller.ctx, err);
	go_on(d);
}

static void leave_over(struct am_daemon *d)
{
	if (d->reload.now.err.text[0])
		am_log(&d->log, AM_LOG_WARN, "watch: %s", d->reload.now.err.text);
	end(d, NULL);
}

/* rc and err are of prepare, or of what came after the commit. */
static void finish(struct am_daemon *d, int rc)
{
	struct am_reload *r = &d->reload;
	struct am_transaction *t = &r->now;
	struct am_err err = t->err;

	if (rc && !err.text[0])
		am_say_first(d->config_path, &t->errors, &err);
	if (rc)
		log_failure(d, t, &err);
	else
		log_success(d, t);
	if (t->ask.change != AM_CHANGE_CONFIRM && t->ask.change != AM_CHANGE_RUNNING)
		note(r, t);
	end(d, rc ? &err : NULL);
}

static void settle(uv_work_t *req)
{
	struct am_daemon *d = req->data;

	am_transaction_settle(d, &d->reload.now);
}

static void settled(uv_work_t *req, int status)
{
	struct am_daemon *d = req->data;
	struct am_transaction *t = &d->reload.now;

	am_transaction_settled(d, t);
	if (status) {
		am_config_errors_free(&t->errors);
		return;
	}
	finish(d, t->err.text[0] ? -EIO : 0);
}

static void run_settle(struct am_daemon *d)
{
	d->reload.work.data = d;
	uv_queue_work(&d->loop, &d->reload.work, settle, settled);
}

static void prepare(uv_work_t *req)
{
	struct am_daemon *d = req->data;

	am_transaction_prepare(d, &d->reload.now);
}

static void prepared(uv_work_t *req, int status)
{
	struct am_daemon *d = req->data;
	struct am_reload *r = &d->reload;
	struct am_transaction *t = &r->now;

	d->retire.hold = false;
	am_heal_note_late(d);
	if (d->stopping || status) {
		am_transaction_abandon(t);
		am_config_errors_free(&t->errors);
		return;
	}
	if (t->left_over) {
		leave_over(d);
		return;
	}
	if (!t->plan) {
		finish(d, -EINVAL);
		return;
	}
	am_transaction_commit(d, t);
	r->committed = true;
	note_origin(r, t);
	note_running(d, t);
	if (t->ask.change != AM_CHANGE_RUNNING)
		start_trial(d, t->record.number == d->archive.committed ? 0 : t->ask.confirm_s);
	run_settle(d);
}

static void begin(struct am_daemon *d, const struct am_ask *ask, struct am_reload_caller caller)
{
	struct am_reload *r = &d->reload;

	r->busy = true;
	r->committed = false;
	r->caller = caller;
	r->now = (struct am_transaction){.ask = *ask, .before = r->running, .before_hash = r->running_hash};
	if (ask->change == AM_CHANGE_CONFIRM) {
		r->committed = true;
		start_trial(d, 0);
		am_transaction_know(d, &r->now, r->running);
		run_settle(d);
		return;
	}
	am_heal_find_lost(d);
	d->retire.hold = true;
	r->work.data = d;
	am_notify_reloading();
	uv_queue_work(&d->loop, &r->work, prepare, prepared);
}

/* ---- the trial ---- */

static void went_back(void *ctx, const struct am_err *err)
{
	struct am_daemon *d = ctx;

	if (err)
		am_log(&d->log, AM_LOG_ERROR,
			"cannot go back to configuration %u: %s; what was on trial runs on: amimectl rollback, or confirm",
			d->archive.committed, err->text);
}

static void not_confirmed(uv_timer_t *timer)
{
	static const struct am_ask back = {.change = AM_CHANGE_BACK, .who = "nobody confirmed it"};
	struct am_daemon *d = timer->data;
	struct am_err err;

	/* What is under way may confirm it, or put another one on trial. */
	if (d->reload.busy) {
		uv_timer_start(timer, not_confirmed, LOOK_AGAIN_MS, 0);
		return;
	}
	d->reload.trial_ends = (am_time){0};
	am_log(&d->log, AM_LOG_WARN, "configuration %u was not confirmed in time", d->reload.running);
	am_reload_ask(d, &back, went_back, d, &err);
}

static void start_trial(struct am_daemon *d, unsigned seconds)
{
	struct am_reload *r = &d->reload;

	r->trial_ends = (am_time){0};
	uv_timer_stop(&r->trial);
	if (!seconds)
		return;
	r->trial_ends = am_time_add(am_clock_monotonic(), seconds * AM_S);
	uv_timer_start(&r->trial, not_confirmed, seconds * 1000ull, 0);
}

bool am_reload_on_trial(const struct am_reload *r)
{
	return r->trial_ends.ns != 0;
}

/* ---- asking ---- */

/* The committed one before the one that runs. */
static unsigned one_before(const struct am_daemon *d)
{
	const struct am_archive *a = &d->archive;

	for (unsigned i = a->n; i-- > 0;)
		if (a->records[i].committed && a->records[i].number < d->reload.running)
			return a->records[i].number;
	return 0;
}

static int settle_number(const struct am_daemon *d, struct am_ask *ask, struct am_err *err)
{
	if (!ask->number && am_reload_on_trial(&d->reload)) {
		ask->change = AM_CHANGE_BACK;
		return 0;
	}
	if (!ask->number)
		ask->number = one_before(d);
	if (!ask->number)
		return am_fail(err, EINVAL, "there is no earlier configuration; see: amimectl history");
	if (!am_archive_record(&d->archive, ask->number))
		return am_fail(
			err, EINVAL, "there is no configuration %u; see: amimectl history", ask->number);
	return 0;
}

int am_reload_ask(
	struct am_daemon *d, const struct am_ask *ask, am_reload_done *done, void *ctx, struct am_err *err)
{
	struct am_reload *r = &d->reload;
	struct am_ask settled_ask = *ask;

	if (ask->change == AM_CHANGE_HISTORY && settle_number(d, &settled_ask, err) < 0)
		return -EINVAL;
	if (ask->change == AM_CHANGE_CONFIRM && !am_reload_on_trial(r))
		return am_fail(err, EINVAL, "nothing waits for a confirmation");
	if (r->waits)
		return am_fail(err, EBUSY, "a reload is under way, and another one waits; try again");
	if (r->busy) {
		r->waits = true;
		r->next = settled_ask;
		r->next_caller = (struct am_reload_caller){done, ctx};
	} else {
		begin(d, &settled_ask, (struct am_reload_caller){done, ctx});
	}
	return 0;
}

static void ask_soon(struct am_daemon *d, const struct am_ask *ask)
{
	struct am_ask *next = &d->reload.next;
	struct am_err err;

	if (am_reload_ask(d, ask, NULL, NULL, &err) == 0)
		return;
	/* Where one waits to read the file already, it will see what has changed. */
	if (next->change == AM_CHANGE_FILE)
		next->by_watch &= ask->by_watch;
	else
		am_log(&d->log, AM_LOG_WARN, "%s: not reloaded: %s", ask->who, err.text);
}

void am_reload_soon(struct am_daemon *d, const char *who)
{
	struct am_ask ask = {.change = AM_CHANGE_FILE};

	snprintf(ask.who, sizeof ask.who, "%s", who);
	ask_soon(d, &ask);
}

void am_reload_watched(struct am_daemon *d)
{
	ask_soon(d, &(struct am_ask){.change = AM_CHANGE_FILE, .by_watch = true, .who = "watch"});
}

void am_reload_forget(struct am_reload *r, const void *ctx)
{
	if (r->caller.ctx == ctx)
		r->caller.done = NULL;
	if (r->next_caller.ctx == ctx)
		r->next_caller.done = NULL;
}

/* ---- start ---- */

int am_reload_first(struct am_daemon *d, struct am_config *config, struct am_err *err)
{
	struct am_reload *r = &d->reload;
	struct am_transaction *t = &r->now;
	int rc;

	r->trial.data = d;
	uv_timer_init(&d->loop, &r->trial);
	*t = (struct am_transaction){.ask = {.change = AM_CHANGE_START, .who = "start"},
		.before = d->archive.committed,
		.before_hash = r->running_hash,
		.loaded = config};
	rc = am_transaction_prepare(d, t);
	if (rc == 0) {
		rc = am_transaction_commit(d, t);
		r->committed = true;
		note_origin(r, t);
		note_running(d, t);
	}
	if (rc && t->err.text[0])
		*err = t->err;
	else if (rc)
		am_say_at_start(&d->log, d->config_path, &t->errors, err);
	return rc;
}

void am_reload_settle_first(struct am_daemon *d)
{
	struct am_transaction *t = &d->reload.now;

	am_transaction_settle(d, t);
	am_transaction_settled(d, t);
	if (t->not_kept.text[0])
		am_log(&d->log, AM_LOG_WARN, "it runs, and is not kept for the next start: %s",
			t->not_kept.text);
	note(&d->reload, t);
}

void am_reload_free(struct am_reload *r)
{
	free(r->text);
	am_config_errors_free(&r->errors);
	am_config_errors_free(&r->now.errors);
}
