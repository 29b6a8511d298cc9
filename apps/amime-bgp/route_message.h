/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_BGP_ROUTE_MESSAGE_H
#define AMIME_BGP_ROUTE_MESSAGE_H
/* Routes as UPDATE messages, for who is told of them outside of a session. */
#include "bgp/store.h"
#include "bgp/update.h"

/* One route of the table, as a session with this context had brought it. 0, or as every encoder. */
int am_bgpd_route_message(struct am_writer *w, const struct am_bgp_nlri *nlri, const struct am_bgp_set *set,
	const struct am_bgp_context *ctx);

/*
 * What became of an UPDATE that was wrong (RFC 7606): without the attributes that were dropped; or all its routes withdrawn. As many messages
 * as it takes.
 */
int am_bgpd_update_message(
	struct am_writer *w, const struct am_bgp_update *update, const struct am_bgp_context *ctx);

#endif
