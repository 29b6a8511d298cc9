/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_RELOAD_H
#define AMIMED_RELOAD_H
/*
 * Who may change the configuration, and when: one transaction at a time, the one that waits, the trial that ends by
 * going back, and how the last one went, for the log and for `show config`.
 */
#include <stdbool.h>

#include <uv.h>

#include "base/clock.h"
#include "base/err.h"
#include "config/config.h"
#include "transaction.h"

struct am_daemon;

/*
 * Who asked for a change is told how it went; err is what is wrong, NULL where it is the running one now. More of what is
 * wrong is in reload.errors.
 */
typedef void am_reload_done(void *ctx, const struct am_err *err);

struct am_reload_caller {
	am_reload_done *done; /* NULL: nobody */
	void *ctx;
};

struct am_reload {
	uv_work_t work;
	struct am_transaction now; /* while busy */
	struct am_reload_caller caller;
	bool busy;
	bool committed; /* busy, and the new one runs */

	bool waits; /* one that is asked for while busy */
	struct am_ask next;
	struct am_reload_caller next_caller;

	unsigned running; /* number in the archive; 0: it is not there */
	uint64_t running_hash;
	uint64_t rejected_hash; /* of what was rolled back last, until a file is taken; 0: none */
	bool is_file;           /* what runs was read from the file, and not from the history */
	char *text;             /* of what runs, with every default */
	uv_timer_t trial;
	am_time trial_ends; /* 0: there is none */
	struct am_err
		start_note; /* why a start took another one than the file, until that is taken; else empty */

	/* The last one. */
	am_time when;
	unsigned count;
	bool ok;
	struct am_config_errors errors;
	struct am_err not_kept; /* why it is not on disk; else empty */
};

/* At start: the file, or what was committed last, and say what is wrong in err. It is not applied yet. */
struct am_config *am_reload_load(struct am_daemon *d, struct am_err *err);
/* At start, with the loop: make it the running one. 0, or -EINVAL and err; config is owned from here on. */
int am_reload_first(struct am_daemon *d, struct am_config *config, struct am_err *err);
/* At start, when all of it works: commit it on disk. */
void am_reload_settle_first(struct am_daemon *d);

/* From then on. done may be NULL. -EBUSY where somebody already waits for one, -EINVAL and err where there is nothing to do. */
int am_reload_ask(
	struct am_daemon *d, const struct am_ask *ask, am_reload_done *done, void *ctx, struct am_err *err);
/* SIGHUP: read the file, now or when the one under way is done. */
void am_reload_soon(struct am_daemon *d, const char *who);
/* The file changed: the same, but neither for what is on trial, nor for what was rolled back. */
void am_reload_watched(struct am_daemon *d);
/* Whoever asked is gone. */
void am_reload_forget(struct am_reload *r, const void *ctx);
/* True where it runs only until trial_ends. */
bool am_reload_on_trial(const struct am_reload *r);
void am_reload_free(struct am_reload *r);

#endif
