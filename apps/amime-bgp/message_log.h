/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_BGP_MESSAGE_LOG_H
#define AMIME_BGP_MESSAGE_LOG_H
/*
 * Every message and every change of state as BGP4MP_ET (RFC 6396 4.4, 8050), in one file after another: FILE.new grows, and takes the name
 * FILE.YYYYMMDD.HHMMSS of its first second (UTC) when it is old or large enough, and at the end. What a crash left is given its name at the
 * next start.
 */
#include <jansson.h>

#include "daemon.h"

struct am_bgpd_message_log;

/* NULL, and why. */
struct am_bgpd_message_log *am_bgpd_message_log_open(struct am_bgpd *d, struct am_err *err);
/* Ends its file, and closes its handles; free after the loop has run. */
void am_bgpd_message_log_close(struct am_bgpd_message_log *log);
void am_bgpd_message_log_free(struct am_bgpd_message_log *log);

/* d->config is a new one. */
void am_bgpd_message_log_take(struct am_bgpd_message_log *log);

/* One thing that the speaker's tap saw of a neighbour, which has this number; nothing is logged of one that is NULL. */
void am_bgpd_message_log_put(struct am_bgpd_message_log *log, const struct am_bgpd_neighbor *neighbor,
	unsigned peer, const struct am_bgp_speaker_end *here, const struct am_bgp_seen *seen);

/* Counters; NULL where nothing is logged. */
json_t *am_bgpd_message_log_show(const struct am_bgpd_message_log *log);

#endif
