/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a line on the control socket. */
#include <stdlib.h>
#include <string.h>

#include "request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct am_bgp_request r;
	struct am_err err;

	if (am_bgp_request_parse((const char *)data, size, &r, &err))
		return 0;
	if (!memchr(r.name, 0, sizeof r.name) || !memchr(r.text, 0, sizeof r.text) ||
		r.family >= AM_BGP_FAMILIES || r.limit > AM_BGP_ROUTES_LIMIT)
		abort();
	return 0;
}
