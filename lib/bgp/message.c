/* SPDX-License-Identifier: BSD-3-Clause */
#include "bgp/message.h"

#include <errno.h>
#include <stdbool.h>

enum { MARKER_LEN = 16 };

/* Shortest and longest message of each type; a longest of 0 is what the session agreed on. */
static const struct {
	const char *name;
	uint16_t min, max;
} types[] = {
	[AM_BGP_OPEN] = {"OPEN", 29, AM_BGP_MESSAGE_MAX},
	[AM_BGP_UPDATE] = {"UPDATE", 23, 0},
	[AM_BGP_NOTIFICATION] = {"NOTIFICATION", 21, 0},
	[AM_BGP_KEEPALIVE] = {"KEEPALIVE", 19, 19},
	[AM_BGP_ROUTE_REFRESH] = {"ROUTE-REFRESH", 23, 0},
};

static bool is_type(unsigned type)
{
	return type < sizeof types / sizeof types[0] && types[type].name;
}

const char *am_bgp_type_name(unsigned type)
{
	return is_type(type) ? types[type].name : "unknown";
}

/* The marker is checked as far as it has come: a stream that is not BGP needs no 19 octets to show it. */
static bool marker_is_right(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len && i < MARKER_LEN; i++) {
		if (bytes[i] != 0xff)
			return false;
	}
	return true;
}

int am_bgp_message_parse(
	const uint8_t *bytes, size_t len, size_t max, struct am_bgp_message *out, struct am_bgp_error *err)
{
	struct am_reader r = am_reader(bytes, len);
	const uint8_t *header;
	uint16_t length;
	uint8_t type;

	if (!marker_is_right(bytes, len))
		return am_bgp_refuse(err, AM_BGP_E_HEADER, AM_BGP_HEADER_SYNC, (struct am_bgp_span){0},
			"the marker is not all ones");
	header = am_take(&r, AM_BGP_HEADER_LEN);
	if (!header)
		return -EAGAIN;
	length = am_load16(header + MARKER_LEN);
	type = header[MARKER_LEN + 2];
	if (length < AM_BGP_HEADER_LEN || length > max)
		return am_bgp_refuse(err, AM_BGP_E_HEADER, AM_BGP_HEADER_LENGTH,
			(struct am_bgp_span){header + MARKER_LEN, 2},
			"message length under 19 or over what was agreed");
	if (!is_type(type))
		return am_bgp_refuse(err, AM_BGP_E_HEADER, AM_BGP_HEADER_TYPE,
			(struct am_bgp_span){header + MARKER_LEN + 2, 1}, "no such message type");
	if (length < types[type].min || (types[type].max && length > types[type].max))
		return am_bgp_refuse(err, AM_BGP_E_HEADER, AM_BGP_HEADER_LENGTH,
			(struct am_bgp_span){header + MARKER_LEN, 2},
			"no message of this type has this length");
	if (len < length)
		return -EAGAIN;
	*out = (struct am_bgp_message){
		.type = type,
		.whole = {bytes, length},
		.body = {bytes + AM_BGP_HEADER_LEN, (size_t)length - AM_BGP_HEADER_LEN},
	};
	return 0;
}

uint8_t *am_bgp_message_begin(struct am_writer *w, enum am_bgp_type type)
{
	uint8_t *begin = w->at, *header = am_put(w, AM_BGP_HEADER_LEN);

	if (header) {
		memset(header, 0xff, MARKER_LEN);
		header[MARKER_LEN + 2] = (uint8_t)type;
	}
	return begin;
}

int am_bgp_message_end(struct am_writer *w, uint8_t *begin, size_t max)
{
	size_t len = (size_t)(w->at - begin);

	if (w->full || len > max) {
		bool full = w->full;

		w->at = begin;
		w->full = false;
		return full ? -ENOSPC : -EMSGSIZE;
	}
	am_store16(begin + MARKER_LEN, (uint16_t)len);
	return 0;
}

int am_bgp_keepalive_encode(struct am_writer *w)
{
	return am_bgp_message_end(w, am_bgp_message_begin(w, AM_BGP_KEEPALIVE), AM_BGP_MESSAGE_MAX);
}
