/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_RECORD_H
#define AMIMED_RECORD_H
/* What is known of a configuration that was applied: its number, when, by whom, how, and from which file. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct am_record {
	unsigned number; /* from 1; 0 is none */
	int64_t time_s;  /* since 1970 */
	char who[64];    /* a user, "SIGHUP", "start" */
	char how[64];    /* "reload", "reload --confirm 60", "rollback to 3" */
	char file[256];  /* real path */
	bool committed;  /* at some time: it was confirmed, or needed no confirmation */
};

/* As JSON, without the number, which is the file's name. Caller frees; NULL: no memory. */
char *am_record_print(const struct am_record *record);
/* Any bytes may come in. 0, or -EINVAL and why; the number is untouched. */
int am_record_parse(const char *text, size_t len, struct am_record *out, struct am_err *err);

#endif
