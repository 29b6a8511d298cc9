/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_BGP_FEED_H
#define AMIME_BGP_FEED_H
/* Files of routes that this speaker originates: read in small pieces while the sessions go on. */
#include "base/err.h"
#include "daemon.h"

struct am_bgpd_feeds;

/* Begin to read what the configuration names. NULL, and why, where one cannot be opened. */
struct am_bgpd_feeds *am_bgpd_feeds_open(struct am_bgpd *d, struct am_err *err);
/* Closes its handle; free after the loop has run. */
void am_bgpd_feeds_close(struct am_bgpd_feeds *feeds);
void am_bgpd_feeds_free(struct am_bgpd_feeds *feeds);

#endif
