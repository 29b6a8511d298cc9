/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_BGP_STATION_H
#define AMIME_BGP_STATION_H
/*
 * The connection to one BMP station: we open it, only we speak, and what waits for the station is bounded. One that is lost, or cut off
 * because it reads too slowly, is tried again after a rest that doubles from a second up to a minute.
 */
#include <jansson.h>
#include <uv.h>

#include "bgpconf/bgpconf.h"

struct am_bgpd;
struct am_bgpd_station;

/* What its owner is told; owner is handed back. */
struct am_bgpd_station_owner {
	void (*connected)(void *owner, struct am_bgpd_station *station);
	/* Less waits than AM_BGPD_STATION_LOW, or the connection is gone. */
	void (*has_room)(void *owner, struct am_bgpd_station *station);
	void *owner;
};

enum {
	AM_BGPD_STATION_LOW = 1 << 18
}; /* octets that wait, below which more may be told that is not urgent */

/* NULL: no memory. It connects at once. limit: octets that may wait. */
struct am_bgpd_station *am_bgpd_station_open(struct am_bgpd *d, const struct am_bgpconf_station *conf,
	size_t limit, const struct am_bgpd_station_owner *owner);
/* last, which may have no bytes, is sent where the connection is up; it frees itself when the loop has closed its handles. */
void am_bgpd_station_close(struct am_bgpd_station *station, struct am_bgp_span last);

const struct am_bgpconf_station *am_bgpd_station_conf(const struct am_bgpd_station *station);
void am_bgpd_station_limit(struct am_bgpd_station *station, size_t limit);
bool am_bgpd_station_is_up(const struct am_bgpd_station *station);
size_t am_bgpd_station_waiting(const struct am_bgpd_station *station);

/* One message, whole. False: the station is not connected, or was cut off by it. */
bool am_bgpd_station_put(struct am_bgpd_station *station, struct am_bgp_span message);

json_t *am_bgpd_station_show(const struct am_bgpd_station *station);

#endif
