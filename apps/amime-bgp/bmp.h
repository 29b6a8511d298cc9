/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_BGP_BMP_H
#define AMIME_BGP_BMP_H
/*
 * BMP (RFC 7854): stations are told which sessions are up, what each peer said before any policy, counters every so often, and why a session
 * ended. A station that connects later is first told the table as it is, in pieces, while news passes as it comes.
 */
#include <jansson.h>

#include "daemon.h"

struct am_bgpd_bmp;

/* NULL, and why. */
struct am_bgpd_bmp *am_bgpd_bmp_open(struct am_bgpd *d, struct am_err *err);
/* Says TERMINATION to all, and closes its handles; free after the loop has run. */
void am_bgpd_bmp_close(struct am_bgpd_bmp *bmp);
void am_bgpd_bmp_free(struct am_bgpd_bmp *bmp);

/* d->config is a new one. */
void am_bgpd_bmp_take(struct am_bgpd_bmp *bmp);

/* Events of the speaker: UP, DOWN and UPDATE. */
void am_bgpd_bmp_event(struct am_bgpd_bmp *bmp, const struct am_bgp_speaker_event *event);

json_t *am_bgpd_bmp_show(const struct am_bgpd_bmp *bmp);

#endif
