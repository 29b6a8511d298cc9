/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_SHOW_ROUTES_H
#define AMIMED_SHOW_ROUTES_H
/*
 * `show routes`: what workers look up, with what becomes of it. A new reference each; NULL: no memory.
 *
 * An answer has a page of them and, where there are more, "next", for the request's "after": a table of a million is never in
 * memory as text, and control goes on between the pages.
 */
#include <jansson.h>

#include "request.h"

struct am_daemon;
struct am_links;
struct am_route_info;

/* NULL and err: there is no such VRF. */
json_t *am_show_routes(const struct am_daemon *d, const struct am_routes_ask *ask, struct am_err *err);
/* One route, and its next hops. */
json_t *am_show_route(const struct am_links *links, uint16_t vrf, const struct am_route_info *info);

/* "live", "static" where the file answers, or what is missing; and why, in words, where it is not up. */
const char *am_show_hop_state(const struct am_daemon *d, uint16_t i, char *why, size_t room);

#endif
