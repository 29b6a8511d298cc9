/* SPDX-License-Identifier: BSD-3-Clause */
#include "look.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pipeline/tap.h"

static const char *const stages[AM_TAP_PACKETS] = {
	[AM_TAP_RX] = "rx",
	[AM_TAP_WHOLE] = "whole",
	[AM_TAP_DECAP] = "decap",
	[AM_TAP_ROUTE] = "route",
	[AM_TAP_ENCAP] = "encap",
	[AM_TAP_TX] = "tx",
	[AM_TAP_DROP] = "drop",
};

static int find_stage(const char *word)
{
	for (int i = 0; word && i < AM_TAP_PACKETS; i++)
		if (strcmp(word, stages[i]) == 0)
			return i;
	return -EINVAL;
}

static int read_stages(const json_t *object, struct am_look *out, struct am_err *err)
{
	const json_t *list = json_object_get(object, "stages"), *word;
	size_t i;

	out->stages = (1u << AM_TAP_PACKETS) - 1;
	if (!list)
		return 0;
	out->stages = 0;
	json_array_foreach(list, i, word)
	{
		int stage = find_stage(json_string_value(word));

		if (stage < 0)
			return am_fail(err, EINVAL,
				"\"stages\" are some of rx, whole, decap, route, encap, tx, drop");
		out->stages |= 1u << stage;
	}
	return out->stages ? 0 : am_fail(err, EINVAL, "\"stages\" names none");
}

static int read_number(const json_t *object, const char *key, uint32_t least, uint32_t most, uint32_t *out,
	struct am_err *err)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		return 0;
	if (!json_is_integer(value) || json_integer_value(value) < (json_int_t)least ||
		json_integer_value(value) > (json_int_t)most)
		return am_fail(err, EINVAL, "\"%s\" is a number from %u to %u", key, least, most);
	*out = (uint32_t)json_integer_value(value);
	return 0;
}

static int read_filter(const json_t *object, const char *key, struct am_filter *out, struct am_err *err)
{
	const json_t *value = json_object_get(object, key);

	out->n = 0;
	if (!value)
		return 0;
	if (!json_is_string(value))
		return am_fail(err, EINVAL, "\"%s\" is a text", key);
	return am_filter_parse(json_string_value(value), out, err);
}

static int read_iface(const json_t *object, struct am_look *out, struct am_err *err)
{
	const json_t *value = json_object_get(object, "interface");
	const char *name = json_string_value(value);

	out->iface[0] = 0;
	if (!value)
		return 0;
	if (!name || !*name || strlen(name) >= sizeof out->iface)
		return am_fail(err, EINVAL, "\"interface\" is the name of a port, tunnel or bridge");
	snprintf(out->iface, sizeof out->iface, "%s", name);
	return 0;
}

int am_look_read(const json_t *object, bool stories, struct am_look *out, struct am_err *err)
{
	int rc;

	out->stories = stories;
	out->snaplen = stories ? AM_LOOK_STORY_SNAPLEN : AM_LOOK_SNAPLEN;
	out->count = 0;
	out->every = 1;
	rc = read_stages(object, out, err);
	if (rc == 0)
		rc = read_iface(object, out, err);
	if (rc == 0)
		rc = read_number(object, "snaplen", 14, AM_LOOK_SNAPLEN, &out->snaplen, err);
	if (rc == 0)
		rc = read_number(object, "count", 1, UINT32_MAX, &out->count, err);
	if (rc == 0)
		rc = read_number(object, "every", 1, 1000000, &out->every, err);
	if (rc == 0)
		rc = read_filter(object, "filter", &out->ethernet, err);
	return rc ? rc : read_filter(object, "filter_ip", &out->ip, err);
}
