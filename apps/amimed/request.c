/* SPDX-License-Identifier: BSD-3-Clause */
#include "request.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/request.h"

/* "10.0.0.0/8", or "10.1.2.3". */
static int read_to(const json_t *object, struct am_routes_ask *out, struct am_err *err)
{
	char text[AM_PREFIX_TEXT] = "";
	int rc = am_control_read_text(object, "to", text, sizeof text, err);

	if (rc || !text[0])
		return rc;
	out->match = !strchr(text, '/');
	rc = out->match ? am_ip_parse_text(text, &out->within.ip) : am_prefix_parse_text(text, &out->within);
	if (rc)
		return am_fail(err, EINVAL,
			"%s: neither a prefix without host bits, as 10.0.0.0/8, nor an address", text);
	if (out->match)
		out->within.len = (uint8_t)(am_ip_len(&out->within.ip) * 8);
	return 0;
}

/* A VRF's number, and a prefix in it; in the underlay the number of a next hop. */
static int read_after(const json_t *object, struct am_routes_ask *out, struct am_err *err)
{
	char text[AM_PREFIX_TEXT + 8] = "", *end = text;
	unsigned long vrf, hop;
	int rc = am_control_read_text(object, "after", text, sizeof text, err);

	if (rc || !text[0])
		return rc;
	vrf = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != ' ' || vrf > UINT16_MAX)
		return am_fail(err, EINVAL, "\"after\" is what an answer had as \"next\"");
	out->after_vrf = (uint16_t)vrf;
	if (strchr(end, '/'))
		rc = am_prefix_parse_text(end + 1, &out->after);
	else {
		hop = strtoul(end + 1, NULL, 10);
		out->after_hop = (uint16_t)hop;
		rc = hop > UINT16_MAX ? -EINVAL : 0;
	}
	return rc ? am_fail(err, EINVAL, "\"after\" is what an answer had as \"next\"") : 0;
}

static int read_routes(const json_t *object, struct am_routes_ask *out, struct am_err *err)
{
	int rc = am_control_read_text(object, "vrf", out->vrf, sizeof out->vrf, err);

	if (rc == 0)
		rc = read_to(object, out, err);
	return rc ? rc : read_after(object, out, err);
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
		[AM_SHOW_INTERFACES] = "interfaces",
		[AM_SHOW_NEIGHBORS] = "neighbors",
		[AM_SHOW_ROUTES] = "routes",
		[AM_SHOW_VRFS] = "vrfs",
		[AM_SHOW_AS] = "as",
		[AM_SHOW_MAC_IP] = "mac-ip",
		[AM_SHOW_ACLS] = "acls",
	};
	int what = am_control_find_word(object, "what", whats, AM_SHOWS);
	int rc;

	if (what < 0)
		return am_fail(err, EINVAL,
			"\"what\" is one of version, ports, tunnels, bridges, fdb, drops, workers, config, host, interfaces, "
			"neighbors, routes, vrfs, as, mac-ip, acls");
	out->what = (enum am_what)what;
	out->limit = AM_FDB_LIMIT;
	out->all = json_is_true(json_object_get(object, "all"));
	if (out->what == AM_SHOW_INTERFACES || out->what == AM_SHOW_NEIGHBORS)
		out->limit = AM_ROWS_LIMIT;
	rc = am_control_read_text(object, "name", out->name, sizeof out->name, err);
	if (rc)
		return rc;
	if (out->what == AM_SHOW_ROUTES)
		return read_routes(object, &out->routes, err);
	rc = am_control_read_count(object, "at", UINT32_MAX, &out->at, err);
	return rc ? rc : am_control_read_count(object, "limit", out->limit, &out->limit, err);
}

static int read_ip(const json_t *object, const char *key, struct am_ip *out, struct am_err *err)
{
	char text[AM_IP_TEXT] = "";
	int rc = am_control_read_text(object, key, text, sizeof text, err);

	if (rc || am_ip_parse_text(text, out) == 0)
		return rc;
	return am_fail(err, EINVAL, "\"%s\": %s is no address", key, text);
}

static int read_packet(const json_t *object, struct am_packet_ask *out, struct am_err *err)
{
	const struct {
		const char *key;
		uint32_t most, *value;
	} numbers[] = {{"length", UINT16_MAX, &out->length}, {"ttl", UINT8_MAX, &out->ttl},
		{"protocol", UINT8_MAX, &out->protocol}, {"sport", UINT16_MAX, &out->sport},
		{"dport", UINT16_MAX, &out->dport}};
	int rc = am_control_read_text(object, "interface", out->interface, sizeof out->interface, err);

	out->length = 100;
	out->ttl = 64;
	out->protocol = 17;
	out->may_cut = json_is_true(json_object_get(object, "may_cut"));
	if (rc == 0)
		rc = read_ip(object, "from", &out->from, err);
	if (rc == 0)
		rc = read_ip(object, "to", &out->to, err);
	for (unsigned i = 0; i < sizeof numbers / sizeof *numbers && rc == 0; i++)
		rc = am_control_read_count(object, numbers[i].key, numbers[i].most, numbers[i].value, err);
	return rc;
}

static int read_explain(const json_t *object, struct am_request *out, struct am_err *err)
{
	const char *tunnel = json_string_value(json_object_get(object, "tunnel"));

	if (json_object_get(object, "interface"))
		return read_packet(object, &out->packet, err);
	if (!tunnel || !*tunnel || strlen(tunnel) >= sizeof out->tunnel)
		return am_fail(err, EINVAL,
			"\"tunnel\" is the name of a tunnel, or \"interface\", \"from\" and \"to\" are a packet's");
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
	int method = am_control_find_word(object, "method", methods, AM_METHODS);

	if (method < 0)
		return am_fail(err, EINVAL,
			"\"method\" is one of show, explain, reload, confirm, rollback, history, capture, trace");
	out->method = (enum am_method)method;
	if (out->method == AM_METHOD_SHOW)
		return read_show(object, out, err);
	if (out->method == AM_METHOD_EXPLAIN)
		return read_explain(object, out, err);
	if (out->method == AM_METHOD_RELOAD)
		return am_control_read_count(object, "confirm", AM_CONFIRM_MAX_S, &out->confirm_s, err);
	if (out->method == AM_METHOD_ROLLBACK)
		return am_control_read_count(object, "number", UINT32_MAX, &out->number, err);
	if (out->method == AM_METHOD_CAPTURE || out->method == AM_METHOD_TRACE)
		return am_look_read(object, out->method == AM_METHOD_TRACE, &out->look, err);
	return 0;
}

int am_request_parse(const char *line, size_t len, struct am_request *out, struct am_err *err)
{
	json_t *object;
	int rc;

	memset(out, 0, sizeof *out);
	rc = am_control_parse(line, len, AM_REQUEST_MAX, &object, err);
	if (rc)
		return rc;
	rc = read_object(object, out, err);
	json_decref(object);
	return rc;
}
