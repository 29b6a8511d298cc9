/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "bgp/message.h"

int am_bgp_refresh_decode(
	const struct am_bgp_message *message, struct am_bgp_refresh *out, struct am_bgp_error *err)
{
	struct am_reader r = am_reader(message->body.bytes, message->body.len);

	out->afi = am_take16(&r);
	out->kind = am_take8(&r);
	out->safi = am_take8(&r);
	if (!r.bad && am_reader_left(&r) == 0)
		return 0;
	if (out->kind == AM_BGP_REFRESH_BEGIN || out->kind == AM_BGP_REFRESH_END)
		return am_bgp_refuse(err, AM_BGP_E_REFRESH, AM_BGP_REFRESH_LENGTH, message->whole,
			"a ROUTE-REFRESH of enhanced route refresh is not 23 octets long");
	return am_bgp_refuse(err, AM_BGP_E_HEADER, AM_BGP_HEADER_LENGTH,
		(struct am_bgp_span){message->whole.bytes + 16, 2}, "a ROUTE-REFRESH is not 23 octets long");
}

int am_bgp_refresh_encode(struct am_writer *w, const struct am_bgp_refresh *refresh)
{
	uint8_t *begin = am_bgp_message_begin(w, AM_BGP_ROUTE_REFRESH);

	am_put16(w, refresh->afi);
	am_put8(w, refresh->kind);
	am_put8(w, refresh->safi);
	return am_bgp_message_end(w, begin, AM_BGP_MESSAGE_MAX);
}
