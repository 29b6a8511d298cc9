/* SPDX-License-Identifier: BSD-3-Clause */
#include "rest.h"

uint64_t am_rest_take(struct am_rest *r, uint64_t now)
{
	uint64_t most = r->packets < AM_REST_BULK ? AM_REST_NS : AM_REST_BULK_NS;
	uint64_t room = r->frames * (now - r->since) / r->packets;

	r->packets = 0;
	r->since = now;
	if (room < AM_REST_LEAST_NS)
		return 0;
	return room < most ? room : most;
}

void am_rest_woken(struct am_rest *r, uint64_t now)
{
	r->packets = 0;
	r->since = now - AM_REST_WAKING_NS;
}
