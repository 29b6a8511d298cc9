/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_BGP_CONTROL_H
#define AMIME_BGP_CONTROL_H
/*
 * The control socket, /run/amime-bgp/NAME.sock, mode 0660. A request is a JSON object on a line, as request.h says; the answer is
 * {"ok": true, "result": ...} or {"ok": false, "error": "..."}, on one line. A socket that somebody answers on is taken; one that
 * nobody answers on was left behind and is replaced.
 */
#include "base/err.h"

struct am_bgpd;
struct am_bgpd_control;

#define AM_BGPD_SOCKET_DIR "/run/amime-bgp"

/* NULL, and why. */
struct am_bgpd_control *am_bgpd_control_open(struct am_bgpd *d, struct am_err *err);
/* Closes what is open; the loop must run once more. Free after that. */
void am_bgpd_control_close(struct am_bgpd_control *c);
void am_bgpd_control_free(struct am_bgpd_control *c);

#endif
