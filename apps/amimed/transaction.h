/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_TRANSACTION_H
#define AMIMED_TRANSACTION_H
/*
 * One change of the configuration, in three steps. Prepare does all that can fail, and nothing of it is visible; it runs
 * in a thread of the work queue while control goes on, with these kept still: the running configuration, the model's
 * numbers (nothing retires), the open ports (nothing heals) and the archive. Commit belongs to control and cannot fail.
 * Settle says on disk what was committed.
 */
#include <stdbool.h>
#include <sys/types.h>

#include "archive.h"
#include "base/err.h"
#include "config/config.h"
#include "ports.h"

struct am_daemon;
struct am_plan;

enum am_change {
	AM_CHANGE_START,   /* from nothing, to what was loaded */
	AM_CHANGE_FILE,    /* to what the file says */
	AM_CHANGE_HISTORY, /* to number, for good */
	AM_CHANGE_BACK,    /* to the committed one, since the running one was not confirmed */
	AM_CHANGE_RUNNING, /* none, but ports whose devices are there again are opened */
	AM_CHANGE_CONFIRM, /* none: the running one becomes the committed one */
};

struct am_ask {
	enum am_change change;
	unsigned number; /* AM_CHANGE_HISTORY */
	unsigned
		confirm_s; /* AM_CHANGE_FILE: go back where nobody confirms it within this time; 0: for good */
	bool by_watch;     /* AM_CHANGE_FILE: the file has changed, and nobody has asked for it to be taken */
	char who[64];      /* empty: the process at the other end of a socket */
	pid_t pid;
	uid_t uid;
};

/* Control writes ask and before; prepare and settle, which run one after the other, all the rest. */
struct am_transaction {
	struct am_ask ask;
	unsigned before;          /* number that runs; 0: none, or not kept */
	uint64_t before_hash;     /* of the configuration of that number */
	struct am_config *loaded; /* AM_CHANGE_START */

	struct am_plan *plan;
	struct am_ports_plan *ports;
	char *text;                         /* the configuration as the archive keeps it */
	struct am_record record;            /* of what it becomes; number 0: not kept */
	struct am_port *gone[AM_PORTS_MAX]; /* nobody uses them any more; settle closes them */
	unsigned n_gone;
	bool recorded;  /* it is new in the archive */
	bool left_over; /* of the watch: nothing is to be done; err says why, where anybody should know */
	struct am_config_errors errors;
	struct am_err err;      /* why it fails, where that is not the configuration's fault; else empty */
	struct am_err not_kept; /* why it was not written to disk; else empty */
};

/* 0, or -errno with errors or err, or left_over. */
int am_transaction_prepare(struct am_daemon *d, struct am_transaction *t);
/* Undo a prepare that will not be committed. */
void am_transaction_abandon(struct am_transaction *t);
/* It becomes one that the archive has. */
void am_transaction_know(const struct am_daemon *d, struct am_transaction *t, unsigned number);
/* 0, or -errno and t->err where a driver could not be steered, after the commit. */
int am_transaction_commit(struct am_daemon *d, struct am_transaction *t);
void am_transaction_settle(struct am_daemon *d, struct am_transaction *t);
/* Control notes in memory what settle did. */
void am_transaction_settled(struct am_daemon *d, struct am_transaction *t);

#endif
