/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a line on the control socket. */
#include <stdlib.h>
#include <string.h>

#include "request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct am_request request;
	struct am_err err;

	if (am_request_parse((const char *)data, size, &request, &err) == 0 &&
		memchr(request.tunnel, 0, sizeof request.tunnel) == NULL)
		abort();
	return 0;
}
