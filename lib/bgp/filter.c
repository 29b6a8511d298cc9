/* SPDX-License-Identifier: BSD-3-Clause */
#include "bgp/filter.h"

enum am_bgp_filter_result am_bgp_filter_accept(
	const void *policy, struct am_bgp_path *path, struct am_writer *scratch)
{
	(void)policy;
	(void)path;
	(void)scratch;
	return AM_BGP_FILTER_ACCEPT;
}
