/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_BGP_FEED_READ_H
#define AMIME_BGP_FEED_READ_H
/*
 * Routes out of the bytes of a file, in pieces. Text has a route a line: a prefix, and the AS path behind it; # begins a comment. MRT is
 * RFC 6396: of a table's prefix the first path, and what UPDATE messages announce and withdraw.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bgp/nlri.h"
#include "bgp/store.h"

struct am_bgp_feed_reader;

/* set NULL: the route is withdrawn. Spans live until it returns. */
typedef void (*am_bgp_feed_route)(void *ctx, const struct am_bgp_nlri *nlri, const struct am_bgp_set *set);

/* NULL: no memory. */
struct am_bgp_feed_reader *am_bgp_feed_reader_create(bool mrt, am_bgp_feed_route route, void *ctx);
void am_bgp_feed_reader_free(struct am_bgp_feed_reader *reader);

/* The next bytes; end: there are no more. */
void am_bgp_feed_read(struct am_bgp_feed_reader *reader, const uint8_t *bytes, size_t len, bool end);

struct am_bgp_feed_counts {
	uint64_t routes;
	uint64_t bad;        /* lines or records that were passed over */
	uint64_t first_line; /* of the bad ones of a text */
	const char *why;     /* what was wrong with the first of them */
};
struct am_bgp_feed_counts am_bgp_feed_counts(const struct am_bgp_feed_reader *reader);

#endif
