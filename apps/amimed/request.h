/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_REQUEST_H
#define AMIMED_REQUEST_H
/*
 * One request on the control socket: a JSON object on a line of its own.
 *   {"method": "show", "what": "ports"}   what: version ports tunnels bridges fdb drops workers config host
 *   {"method": "show", "what": "fdb", "at": 0, "limit": 1000}     and mac-ip; at: "next" of the answer before
 *                                           interfaces and neighbors have pages, too
 *   {"method": "show", "what": "interfaces", "name": "wan"}
 *   {"method": "show", "what": "drops", "all": true}
 *   {"method": "show", "what": "routes", "vrf": "default", "to": "10.0.0.0/8", "after": N}
 *                                           to: of an address the longest match; after: "next" of the answer before
 *   {"method": "explain", "tunnel": "to-b"}
 *   {"method": "explain", "interface": "lan", "from": "10.0.0.1", "to": "10.1.0.1", "length": 1400, "ttl": 64,
 *    "protocol": 17, "sport": 1000, "dport": 53, "may_cut": true}            from the length on with defaults
 *   {"method": "reload"}
 *   {"method": "reload", "confirm": 60}     back to the committed configuration in 60 s, unless it is confirmed
 *   {"method": "confirm"}
 *   {"method": "rollback", "number": 12}    without a number: to the one before
 *   {"method": "history"}
 *   {"method": "capture", ...} and {"method": "trace", ...}: see look.h
 * The answer is {"ok": true, "result": ...} or {"ok": false, "error": "..."}, on one line. Behind that of a capture come
 * pieces of a pcapng file, each behind its length on a line of its own, then the line 0; behind that of a trace, stories, a
 * JSON object a line. Both end with {"end": true, ...} when enough was seen, or the asker has shut down its sending side.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "look.h"

enum am_method {
	AM_METHOD_SHOW,
	AM_METHOD_EXPLAIN,
	AM_METHOD_RELOAD,
	AM_METHOD_CONFIRM,
	AM_METHOD_ROLLBACK,
	AM_METHOD_HISTORY,
	AM_METHOD_CAPTURE,
	AM_METHOD_TRACE,
	AM_METHODS
};

enum am_what {
	AM_SHOW_VERSION,
	AM_SHOW_PORTS,
	AM_SHOW_TUNNELS,
	AM_SHOW_BRIDGES,
	AM_SHOW_FDB,
	AM_SHOW_DROPS,
	AM_SHOW_WORKERS,
	AM_SHOW_CONFIG,
	AM_SHOW_HOST,
	AM_SHOW_INTERFACES,
	AM_SHOW_NEIGHBORS,
	AM_SHOW_ROUTES,
	AM_SHOW_VRFS,
	AM_SHOW_AS,
	AM_SHOW_MAC_IP,
	AM_SHOW_ACLS,
	AM_SHOWS,
};

/* explain: a packet that comes by an interface; tunnel is empty then. */
struct am_packet_ask {
	char interface[80];
	struct am_ip from, to;
	uint32_t length, ttl, protocol, sport, dport;
	bool may_cut;
};

/* show routes: which of them. */
struct am_routes_ask {
	char vrf[64];            /* empty: all */
	struct am_prefix within; /* family 0: all */
	bool match;              /* an address: the longest that covers it */
	uint16_t after_vrf, after_hop;
	struct am_prefix after; /* family 0: from the VRF's first */
};

struct am_request {
	enum am_method method;
	enum am_what what;
	uint32_t at, limit; /* fdb, mac-ip, interfaces, neighbors */
	char name[80];      /* interfaces: of those called so; empty: all */
	bool all;           /* drops: those that are zero, too */
	struct am_routes_ask routes;
	char tunnel[64];
	struct am_packet_ask packet;
	uint32_t confirm_s;  /* reload; 0: for good */
	uint32_t number;     /* rollback; 0: the one before */
	struct am_look look; /* capture, trace */
};

enum {
	AM_REQUEST_MAX = 16384, /* octets of a line: two filters fit */
	AM_CONFIRM_MAX_S = 86400,
	AM_ROWS_LIMIT = 100, /* the same of routes, interfaces and neighbours, which say more */
	AM_FDB_LIMIT = 1000, /* entries in one answer, so that building it takes about a millisecond */
};

/* Any bytes may come in. 0, or -EINVAL and why. */
int am_request_parse(const char *line, size_t len, struct am_request *out, struct am_err *err);

#endif
