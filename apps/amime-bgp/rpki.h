/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_BGP_RPKI_H
#define AMIME_BGP_RPKI_H
/*
 * RPKI caches: a client (bgp/rtr.h) and a connection for each, and the table that all of them fill, which policies ask. When a cache has said
 * all that it had to say, routes in the prefixes that this was about are judged again.
 */
#include <jansson.h>

#include "daemon.h"

struct am_bgpd_rpki;

/* NULL, and why. No cache is there before am_bgpd_rpki_take(). */
struct am_bgpd_rpki *am_bgpd_rpki_open(struct am_bgpd *d, struct am_err *err);
/* Closes its handles; free after the loop has run, and no policy asks the table any more. */
void am_bgpd_rpki_close(struct am_bgpd_rpki *rpki);
void am_bgpd_rpki_free(struct am_bgpd_rpki *rpki);

/* d->config is a new one: caches that it has no longer go, with what they said; new ones are connected to. -ENOMEM. */
int am_bgpd_rpki_take(struct am_bgpd_rpki *rpki, struct am_err *err);

const struct am_bgp_roa_table *am_bgpd_rpki_table(const struct am_bgpd_rpki *rpki);
json_t *am_bgpd_rpki_show(const struct am_bgpd_rpki *rpki);

#endif
