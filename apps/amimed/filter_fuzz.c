/* SPDX-License-Identifier: BSD-3-Clause */
/* A line of text as a filter, what is behind it as a packet: what was accepted must end, and read inside the packet. */
#include <stdlib.h>
#include <string.h>

#include "filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	size_t len = end ? (size_t)(end - data) : size, rest = end ? size - len - 1 : 0;
	char *text = malloc(len + 1);
	uint8_t *packet = malloc(rest + 1);
	struct am_filter filter;
	struct am_err err;

	if (!text || !packet)
		abort();
	memcpy(text, data, len);
	text[len] = 0;
	if (rest)
		memcpy(packet, end + 1, rest);
	if (am_filter_parse(text, &filter, &err) == 0)
		am_filter_passes(&filter, packet, (uint32_t)rest);
	free(text);
	free(packet);
	return 0;
}
