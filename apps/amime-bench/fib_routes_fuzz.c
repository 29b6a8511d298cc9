/* SPDX-License-Identifier: BSD-3-Clause */
/* A line that gives a prefix gives one that can be written and read again; it is never read past its end. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fib_routes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *exact = malloc(size ? size : 1), text[AM_PREFIX_TEXT];
	struct am_prefix p, again;

	if (!exact)
		return 0;
	if (size)
		memcpy(exact, data, size);
	if (fib_routes_line(exact, size, &p) == 1 &&
		(am_prefix_parse_text(am_prefix_text(&p, text), &again) != 0 || again.len != p.len ||
			!am_ip_equal(&again.ip, &p.ip)))
		abort();
	free(exact);
	return 0;
}
