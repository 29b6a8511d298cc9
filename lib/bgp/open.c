/* SPDX-License-Identifier: BSD-3-Clause */
#include "bgp/open.h"

#include <errno.h>

#include "bgp/as_path.h"

enum {
	PARAMETER_CAPABILITIES = 2,
	PARAMETER_EXTENDED = 255, /* RFC 9072, in the place of the first type */
	PLAIN_MAX = 255,
};

static const uint8_t our_version[2] = {0, AM_BGP_VERSION};

static int refuse(struct am_bgp_error *err, uint8_t subcode, const char *why)
{
	return am_bgp_refuse(err, AM_BGP_E_OPEN, subcode, (struct am_bgp_span){0}, why);
}

/* The optional parameters of r, which is exactly they; wide: lengths of two octets (RFC 9072). */
static int parameters(
	struct am_reader *r, bool wide, struct am_bgp_capabilities *caps, struct am_bgp_error *err)
{
	while (am_reader_left(r)) {
		uint8_t type = am_take8(r);
		size_t len = wide ? am_take16(r) : am_take8(r);
		const uint8_t *value = am_take(r, len);
		int rc;

		if (!value)
			return refuse(err, 0, "an optional parameter is longer than the OPEN");
		if (type != PARAMETER_CAPABILITIES)
			return refuse(
				err, AM_BGP_OPEN_PARAMETER, "an optional parameter that is no capability");
		rc = am_bgp_capabilities_decode((struct am_bgp_span){value, len}, caps, err);
		if (rc)
			return rc;
	}
	return 0;
}

/* The optional parameters with the length before them: what is left of an OPEN. */
static int optional(struct am_reader *r, struct am_bgp_capabilities *caps, struct am_bgp_error *err)
{
	size_t len = am_take8(r);
	bool wide = len && am_reader_left(r) && r->at[0] == PARAMETER_EXTENDED;

	if (wide) {
		am_take8(r);
		len = am_take16(r);
	}
	if (r->bad || len != am_reader_left(r))
		return refuse(err, 0, "the optional parameters do not end where the OPEN does");
	return parameters(r, wide, caps, err);
}

/* The AS is in two places: they agree, or the old one says AS_TRANS. */
static int find_as(struct am_bgp_open *out, uint16_t field, struct am_bgp_error *err)
{
	out->as = out->caps.as4 ? out->caps.as : field;
	if (out->as == 0 || field == 0)
		return refuse(err, AM_BGP_OPEN_AS, "AS 0");
	if (field != out->as && field != AM_BGP_AS_TRANS)
		return refuse(err, AM_BGP_OPEN_AS, "the AS in the OPEN is not the one in its capability");
	return 0;
}

int am_bgp_open_decode(
	const struct am_bgp_message *message, struct am_bgp_open *out, struct am_bgp_error *err)
{
	struct am_reader r = am_reader(message->body.bytes, message->body.len);
	uint16_t as;
	int rc;

	*out = (struct am_bgp_open){0};
	if (am_take8(&r) != AM_BGP_VERSION)
		return am_bgp_refuse(err, AM_BGP_E_OPEN, AM_BGP_OPEN_VERSION,
			(struct am_bgp_span){our_version, sizeof our_version}, "the version is not 4");
	as = am_take16(&r);
	out->hold_time = am_take16(&r);
	out->id = am_take32(&r);
	rc = optional(&r, &out->caps, err);
	if (!rc)
		rc = find_as(out, as, err);
	if (rc)
		return rc;
	if (out->id == 0)
		return refuse(err, AM_BGP_OPEN_ID, "the BGP identifier is 0");
	if (out->hold_time && out->hold_time < AM_BGP_HOLD_TIME_MIN)
		return refuse(err, AM_BGP_OPEN_HOLD_TIME, "the hold time is 1 or 2 seconds");
	return 0;
}

/* The parameter of len octets of capabilities at w. */
static void put_optional(struct am_writer *w, const uint8_t *caps, size_t len)
{
	if (len && len + 2 <= PLAIN_MAX) {
		am_put8(w, (uint8_t)(len + 2));
		am_put8(w, PARAMETER_CAPABILITIES);
		am_put8(w, (uint8_t)len);
	} else if (len) {
		am_put8(w, PLAIN_MAX);
		am_put8(w, PARAMETER_EXTENDED);
		am_put16(w, (uint16_t)(len + 3));
		am_put8(w, PARAMETER_CAPABILITIES);
		am_put16(w, (uint16_t)len);
	} else {
		am_put8(w, 0);
	}
	am_put_bytes(w, caps, len);
}

int am_bgp_open_encode(struct am_writer *w, const struct am_bgp_open *open)
{
	uint8_t *begin = am_bgp_message_begin(w, AM_BGP_OPEN), room[AM_BGP_MESSAGE_MAX];
	struct am_writer inner = am_writer(room, sizeof room);
	struct am_bgp_capabilities caps = open->caps;

	caps.as = open->as;
	am_put8(w, AM_BGP_VERSION);
	am_put16(w, open->as > UINT16_MAX ? AM_BGP_AS_TRANS : (uint16_t)open->as);
	am_put16(w, open->hold_time);
	am_put32(w, open->id);
	am_bgp_capabilities_encode(&inner, &caps);
	put_optional(w, room, am_writer_len(&inner));
	return am_bgp_message_end(w, begin, inner.full ? 0 : AM_BGP_MESSAGE_MAX);
}
