/* SPDX-License-Identifier: BSD-3-Clause */
/* Any text is a pattern or is refused in words; one that stands for one community fits what it writes. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/community_pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct am_bgp_community_pattern p;
	uint8_t out[AM_BGP_LARGE_COMMUNITY_LEN];
	struct am_err err = {{0}};
	char *text = malloc(size + 1);

	if (size)
		memcpy(text, data, size);
	text[size] = 0;
	if (am_bgp_community_parse(text, &p, &err)) {
		if (!*err.text)
			abort();
	} else if (am_bgp_community_is_one(&p)) {
		am_bgp_community_encode(&p, out);
		if (!am_bgp_community_fits(&p, out) || !am_bgp_community_pattern_equal(&p, &p)) {
			fprintf(stderr, "%s does not fit itself\n", text);
			abort();
		}
	}
	free(text);
	return 0;
}
