/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONTROL_REQUEST_H
#define CONTROL_REQUEST_H
/*
 * A request on a control socket, read key by key: a JSON object on a line of its own. Any bytes may come in; each call says 0, or -EINVAL and what
 * is wrong. A key that is not there leaves *out as it is.
 */
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* *out is for the caller to release. most: octets of a line. */
int am_control_parse(const char *line, size_t len, size_t most, json_t **out, struct am_err *err);

/* The number of the word, or -EINVAL: it is none of them, or none at all. */
int am_control_find_word(const json_t *object, const char *key, const char *const *words, int n);
int am_control_read_count(
	const json_t *object, const char *key, uint32_t most, uint32_t *out, struct am_err *err);
int am_control_read_text(const json_t *object, const char *key, char *out, size_t room, struct am_err *err);

#endif
