/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_OPEN_H
#define BGP_OPEN_H
/* OPEN (RFC 4271 4.2), with its optional parameters in the plain and the extended form (RFC 9072). */
#include <stdint.h>

#include "bgp/capability.h"
#include "bgp/message.h"

enum {
	AM_BGP_VERSION = 4,
	AM_BGP_HOLD_TIME_MIN = 3, /* s; or 0, which means no keepalives at all */
};

struct am_bgp_open {
	uint32_t as;        /* all of it, from the capability where that is there */
	uint32_t id;        /* BGP identifier, host order, never 0 (RFC 6286) */
	uint16_t hold_time; /* s */
	struct am_bgp_capabilities caps;
};

/*
 * -EBADMSG: 2/1 version, 2/2 AS 0 (RFC 7607) or the two AS fields contradict each other, 2/3 identifier 0, 2/4 an optional parameter
 * that is no capability, 2/6 hold time 1 or 2, 2/0 lengths that lie. Whether the AS and the role are those expected is
 * the session's to say.
 */
int am_bgp_open_decode(
	const struct am_bgp_message *message, struct am_bgp_open *out, struct am_bgp_error *err);

/* caps.as and the AS field are both made of `as`. The extended form is used only where the plain one is too small. */
int am_bgp_open_encode(struct am_writer *w, const struct am_bgp_open *open);

#endif
