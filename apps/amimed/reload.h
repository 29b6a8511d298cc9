/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_RELOAD_H
#define AMIMED_RELOAD_H
/*
 * The configuration as a transaction: load and validate (in a thread of the work queue), prepare, commit. What cannot be
 * prepared changes nothing; the errors are logged and kept for `show config`.
 */
#include <stdbool.h>

#include <uv.h>

#include "base/clock.h"
#include "base/err.h"
#include "config/config.h"
#include "config/diff.h"

struct am_daemon;

/* Who asked for a reload is told how it went; err is what is wrong, NULL where it is the running one now. */
typedef void am_reload_done(void *ctx, const struct am_err *err);

struct am_reload {
	uv_work_t work;
	bool busy;
	bool again; /* asked for once more while busy */
	struct am_config *loaded;
	struct am_config_errors found; /* by the one under way */
	am_reload_done *done;
	void *ctx;

	struct am_config *started; /* what the daemon came up with */

	/* The last one. */
	am_time when;
	unsigned count;
	bool ok;
	struct am_config_errors errors;
	struct am_diff_item *restart; /* what takes effect only after a restart */
	size_t n_restart;
};

/* At start: load, and say what is wrong in err. The configuration is not applied yet. */
struct am_config *am_reload_load(struct am_daemon *d, struct am_err *err);
/* At start: make it the running one. 0, or -EINVAL and err; config is owned from here on. */
int am_reload_first(struct am_daemon *d, struct am_config *config, struct am_err *err);

/* From then on. done may be NULL. -EBUSY where somebody already waits for one. */
int am_reload_start(struct am_daemon *d, am_reload_done *done, void *ctx);
/* The running configuration once more, for ports whose devices are there again. 0 or -errno and err. */
int am_reload_again(struct am_daemon *d, struct am_err *err);
void am_reload_free(struct am_reload *r);

#endif
