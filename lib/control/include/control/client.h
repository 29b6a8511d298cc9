/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONTROL_CLIENT_H
#define CONTROL_CLIENT_H
/*
 * Asking a daemon over its control socket: one request and one answer, each a JSON object on a line; the answer is {"ok": true, "result": ...} or
 * {"ok": false, "error": "..."}. The calls block, for half a minute at most.
 */
#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/err.h"

/* Who is asked: for sentences, and where its sockets are, each NAME.sock. */
struct am_control_daemon {
	const char *program; /* "amimed" */
	const char *dir;     /* "/run/amime" */
	const char *option;  /* that chooses an instance by its name: "-n" */
};

/* The socket to use: path, or that of name, or the only one there is. 0, or -ENOENT and what there is to choose from. */
int am_control_find(const struct am_control_daemon *daemon, const char *path, const char *name, char *out,
	size_t room, struct am_err *err);

/* Connect. A descriptor, or -errno and err. */
int am_control_connect(const struct am_control_daemon *daemon, const char *path, struct am_err *err);

/*
 * One request, one answer. Takes request over. NULL and err: where the daemon refused, *refused is true, otherwise it is the connection that
 * failed. errors may be NULL: where the daemon refuses with a list of errors, *errors is it, for the caller to release; else it is NULL.
 */
json_t *am_control_ask(const struct am_control_daemon *daemon, int fd, json_t *request, bool *refused,
	json_t **errors, struct am_err *err);

#endif
