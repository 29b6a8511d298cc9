/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a feed: text and MRT, in two pieces. What comes out can be told to the table. */
#include <stdlib.h>

#include "feed_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(void *ctx, const struct am_bgp_nlri *nlri, const struct am_bgp_set *set)
{
	unsigned *routes = ctx;

	if (nlri->family >= AM_BGP_FAMILIES || (set && set->attrs.has & AM_BGP_HAS(AM_BGP_ATTR_NEXT_HOP)))
		abort();
	++*routes;
}

static void run(bool mrt, const uint8_t *data, size_t size)
{
	unsigned routes = 0;
	struct am_bgp_feed_reader *r = am_bgp_feed_reader_create(mrt, look, &routes);

	if (!r)
		abort();
	am_bgp_feed_read(r, data, size / 2, false);
	am_bgp_feed_read(r, data + size / 2, size - size / 2, true);
	if (am_bgp_feed_counts(r).routes != routes ||
		(am_bgp_feed_counts(r).bad && !am_bgp_feed_counts(r).why))
		abort();
	am_bgp_feed_reader_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	run(false, data, size);
	run(true, data, size);
	return 0;
}
