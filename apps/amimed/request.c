/* SPDX-License-Identifier: BSD-3-Clause */
#include "request.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static int find_word(const char *word, const char *const *words, int n)
{
	for (int i = 0; word && i < n; i++)
		if (strcmp(word, words[i]) == 0)
			return i;
	return -EINVAL;
}

static int read_count(const json_t *object, const char *key, uint32_t most, uint32_t *out, struct am_err *err)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		return 0;
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
		json_integer_value(value) > (json_int_t)most)
		return am_fail(err, EINVAL, "\"%s\" is a number from 0 to %u", key, most);
	*out = (uint32_t)json_integer_value(value);
	return 0;
}

static int read_show(const json_t *object, struct am_request *out, struct am_err *err)
{
	static const char *const whats[AM_SHOWS] = {
		[AM_SHOW_VERSION] = "version",
		[AM_SHOW_PORTS] = "ports",
		[AM_SHOW_TUNNELS] = "tunnels",
		[AM_SHOW_BRIDGES] = "bridges",
		[AM_SHOW_FDB] = "fdb",
		[AM_SHOW_DROPS] = "drops",
		[AM_SHOW_WORKERS] = "workers",
		[AM_SHOW_CONFIG] = "config",
		[AM_SHOW_HOST] = "host",
	};
	int what = find_word(json_string_value(json_object_get(object, "what")), whats, AM_SHOWS);
	int rc;

	if (what < 0)
		return am_fail(err, EINVAL,
			"\"what\" is one of version, ports, tunnels, bridges, fdb, drops, workers, config, host");
	out->what = (enum am_what)what;
	out->limit = AM_FDB_LIMIT;
	out->all = json_is_true(json_object_get(object, "all"));
	rc = read_count(object, "at", UINT32_MAX, &out->at, err);
	return rc ? rc : read_count(object, "limit", AM_FDB_LIMIT, &out->limit, err);
}

static int read_explain(const json_t *object, struct am_request *out, struct am_err *err)
{
	const char *tunnel = json_string_value(json_object_get(object, "tunnel"));

	if (!tunnel || !*tunnel || strlen(tunnel) >= sizeof out->tunnel)
		return am_fail(err, EINVAL, "\"tunnel\" is the name of a tunnel");
	snprintf(out->tunnel, sizeof out->tunnel, "%s", tunnel);
	return 0;
}

static int read_object(const json_t *object, struct am_request *out, struct am_err *err)
{
	static const char *const methods[AM_METHODS] = {
		[AM_METHOD_SHOW] = "show",
		[AM_METHOD_EXPLAIN] = "explain",
		[AM_METHOD_RELOAD] = "reload",
		[AM_METHOD_CONFIRM] = "confirm",
		[AM_METHOD_ROLLBACK] = "rollback",
		[AM_METHOD_HISTORY] = "history",
		[AM_METHOD_CAPTURE] = "capture",
		[AM_METHOD_TRACE] = "trace",
	};
	int method = find_word(json_string_value(json_object_get(object, "method")), methods, AM_METHODS);

	if (method < 0)
		return am_fail(err, EINVAL,
			"\"method\" is one of show, explain, reload, confirm, rollback, history, capture, trace");
	out->method = (enum am_method)method;
	if (out->method == AM_METHOD_SHOW)
		return read_show(object, out, err);
	if (out->method == AM_METHOD_EXPLAIN)
		return read_explain(object, out, err);
	if (out->method == AM_METHOD_RELOAD)
		return read_count(object, "confirm", AM_CONFIRM_MAX_S, &out->confirm_s, err);
	if (out->method == AM_METHOD_ROLLBACK)
		return read_count(object, "number", UINT32_MAX, &out->number, err);
	if (out->method == AM_METHOD_CAPTURE || out->method == AM_METHOD_TRACE)
		return am_look_read(object, out->method == AM_METHOD_TRACE, &out->look, err);
	return 0;
}

int am_request_parse(const char *line, size_t len, struct am_request *out, struct am_err *err)
{
	json_error_t why;
	json_t *object;
	int rc;

	memset(out, 0, sizeof *out);
	if (len > AM_REQUEST_MAX)
		return am_fail(err, EINVAL, "a request is at most %d octets long", AM_REQUEST_MAX);
	object = json_loadb(line, len, JSON_REJECT_DUPLICATES, &why);
	if (!object)
		return am_fail(err, EINVAL, "not a JSON object: %s", why.text);
	rc = read_object(object, out, err);
	json_decref(object);
	return rc;
}
