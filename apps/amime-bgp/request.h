/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_BGP_REQUEST_H
#define AMIME_BGP_REQUEST_H
/*
 * One request on the control socket: a JSON object on a line of its own.
 *   {"method": "show", "what": "neighbors", "name": "b"}          what: version neighbors routes policies rpki bmp counters
 *   {"method": "show", "what": "routes", "prefix": "203.0.113.0/24"}
 *   {"method": "show", "what": "routes", "family": "ipv4", "side": "advertised", "name": "b", "at": 0}
 *   {"method": "clear", "name": "b", "soft": true}                clear shutdown start
 *   {"method": "shutdown", "name": "b", "text": "maintenance"}
 *   {"method": "reload"}
 *   {"method": "dump", "file": "/var/lib/amime/table.mrt"}        answered when it is written
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "bgp/family.h"
#include "bgp/message.h"
#include "config/config.h"

enum { AM_BGP_REQUEST_FILE = 500 }; /* octets of a file's name, with its zero */

enum am_bgp_method {
	AM_BGP_METHOD_SHOW,
	AM_BGP_METHOD_CLEAR,
	AM_BGP_METHOD_SHUTDOWN,
	AM_BGP_METHOD_START,
	AM_BGP_METHOD_RELOAD,
	AM_BGP_METHOD_DUMP,
	AM_BGP_METHODS,
};

enum am_bgp_what {
	AM_BGP_SHOW_VERSION,
	AM_BGP_SHOW_NEIGHBORS,
	AM_BGP_SHOW_ROUTES,
	AM_BGP_SHOW_POLICIES,
	AM_BGP_SHOW_RPKI,
	AM_BGP_SHOW_BMP,
	AM_BGP_SHOW_COUNTERS,
	AM_BGP_SHOWS
};

enum am_bgp_side { AM_BGP_SIDE_BEST, AM_BGP_SIDE_RECEIVED, AM_BGP_SIDE_ADVERTISED, AM_BGP_SIDES };

struct am_bgp_request {
	enum am_bgp_method method;
	enum am_bgp_what what;
	char name[AM_NAME_MAX]; /* of a neighbour, or a policy; empty: all */
	bool has_prefix, soft;
	struct am_prefix prefix;
	enum am_bgp_family family;
	enum am_bgp_side side;
	uint32_t at, limit; /* of routes */
	char text[AM_BGP_SHUTDOWN_TEXT_MAX + 1];
	char file[AM_BGP_REQUEST_FILE]; /* absolute */
};

enum {
	AM_BGP_REQUEST_MAX = 4096, /* octets of a line */
	AM_BGP_ROUTES_LIMIT = 500, /* in one answer, so that building it takes about a millisecond */
};

/* Any bytes may come in. 0, or -EINVAL and why. */
int am_bgp_request_parse(const char *line, size_t len, struct am_bgp_request *out, struct am_err *err);

#endif
