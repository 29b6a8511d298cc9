/* SPDX-License-Identifier: BSD-3-Clause */
#include "request.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "control/request.h"

/* An absent word is the first one. */
static int read_word(const json_t *object, const char *key, const char *const *words, int n, unsigned *out,
	struct am_err *err)
{
	int word = json_object_get(object, key) ? am_control_find_word(object, key, words, n) : 0;

	*out = word < 0 ? 0 : (unsigned)word;
	return word < 0 ? am_fail(err, EINVAL, "\"%s\" has an unknown value", key) : 0;
}

static int read_prefix(const json_t *object, struct am_bgp_request *out, struct am_err *err)
{
	const json_t *value = json_object_get(object, "prefix");
	const char *text = json_string_value(value);

	if (!value)
		return 0;
	if (!text || am_prefix_parse_text(text, &out->prefix))
		return am_fail(err, EINVAL,
			"\"%.60s\" is no prefix: write it like 203.0.113.0/24, without host bits",
			text ? text : "");
	out->has_prefix = true;
	out->family = out->prefix.ip.family == AM_IPV4 ? AM_BGP_IPV4_UNICAST : AM_BGP_IPV6_UNICAST;
	return 0;
}

static int read_show(const json_t *object, struct am_bgp_request *out, struct am_err *err)
{
	static const char *const whats[AM_BGP_SHOWS] = {
		"version", "neighbors", "routes", "policies", "rpki", "bmp", "counters"};
	static const char *const sides[AM_BGP_SIDES] = {"best", "received", "advertised"};
	static const char *const families[] = {"ipv4", "ipv6", "evpn"};
	unsigned what, side, family;

	if (!json_object_get(object, "what") || read_word(object, "what", whats, AM_BGP_SHOWS, &what, err))
		return am_fail(err, EINVAL,
			"\"what\" is one of version, neighbors, routes, policies, rpki, bmp, counters");
	if (read_word(object, "side", sides, AM_BGP_SIDES, &side, err) ||
		read_word(object, "family", families, AM_BGP_FAMILIES, &family, err))
		return -EINVAL;
	out->what = what;
	out->side = side;
	out->family = family;
	out->limit = AM_BGP_ROUTES_LIMIT;
	if (read_prefix(object, out, err) || am_control_read_count(object, "at", UINT32_MAX, &out->at, err) ||
		am_control_read_count(object, "limit", AM_BGP_ROUTES_LIMIT, &out->limit, err))
		return -EINVAL;
	if (out->side != AM_BGP_SIDE_BEST && !*out->name)
		return am_fail(err, EINVAL, "\"side\" needs \"name\", a neighbour");
	return 0;
}

static int read_file(const json_t *object, struct am_bgp_request *out, struct am_err *err)
{
	if (am_control_read_text(object, "file", out->file, sizeof out->file, err))
		return -EINVAL;
	return *out->file == '/' ? 0 : am_fail(err, EINVAL, "\"file\" is a name that begins with a slash");
}

static int read_object(const json_t *object, struct am_bgp_request *out, struct am_err *err)
{
	static const char *const methods[AM_BGP_METHODS] = {
		"show", "clear", "shutdown", "start", "reload", "dump"};
	unsigned method;

	if (!json_object_get(object, "method") ||
		read_word(object, "method", methods, AM_BGP_METHODS, &method, err))
		return am_fail(
			err, EINVAL, "\"method\" is one of show, clear, shutdown, start, reload, dump");
	out->method = method;
	if (am_control_read_text(object, "name", out->name, sizeof out->name, err) ||
		am_control_read_text(object, "text", out->text, sizeof out->text, err))
		return -EINVAL;
	out->soft = json_is_true(json_object_get(object, "soft"));
	if (out->method == AM_BGP_METHOD_SHOW)
		return read_show(object, out, err);
	if (out->method == AM_BGP_METHOD_DUMP)
		return read_file(object, out, err);
	if (out->method != AM_BGP_METHOD_RELOAD && !*out->name)
		return am_fail(err, EINVAL, "\"name\" is the name of a neighbour");
	return 0;
}

int am_bgp_request_parse(const char *line, size_t len, struct am_bgp_request *out, struct am_err *err)
{
	json_t *object;
	int rc;

	memset(out, 0, sizeof *out);
	rc = am_control_parse(line, len, AM_BGP_REQUEST_MAX, &object, err);
	if (rc)
		return rc;
	rc = read_object(object, out, err);
	json_decref(object);
	return rc;
}
