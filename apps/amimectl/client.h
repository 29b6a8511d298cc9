/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMECTL_CLIENT_H
#define AMIMECTL_CLIENT_H
/* Asking amimed. */
#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/err.h"

#define AM_SOCKET_DIR "/run/amime"

/* The socket to use: path, or that of name, or the only one in dir. 0, or -ENOENT and what there is to choose from. */
int am_client_find(
	const char *dir, const char *path, const char *name, char *out, size_t room, struct am_err *err);

/* Connect. A descriptor, or -errno and err. */
int am_client_connect(const char *path, struct am_err *err);

/*
 * One request, one answer. Takes request over. NULL and err: where the daemon refused, *refused is true, otherwise it is
 * the connection that failed.
 */
/* The same; where the daemon refuses with a list of errors, *errors is it, for the caller to release. */
json_t *am_client_ask_change(int fd, json_t *request, bool *refused, json_t **errors, struct am_err *err);
json_t *am_client_ask(int fd, json_t *request, bool *refused, struct am_err *err);

#endif
