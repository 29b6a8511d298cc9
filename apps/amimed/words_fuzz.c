/* SPDX-License-Identifier: BSD-3-Clause */
/* Any octets as a packet, in words that fit. */
#include <stdlib.h>
#include <string.h>

#include "words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[300];
	size_t room = size ? 1 + data[0] : 1;
	uint8_t *copy = malloc(size + 1);

	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	if (strlen(am_words_packet(true, copy, (uint32_t)size, text, sizeof text)) >= sizeof text ||
		strlen(am_words_packet(false, copy, (uint32_t)size, text, room)) >= room)
		abort();
	free(copy);
	return 0;
}
