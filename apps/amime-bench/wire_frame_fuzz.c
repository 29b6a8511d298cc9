/* SPDX-License-Identifier: BSD-3-Clause */
/* What a tester makes of a received frame: its own heap copy of exactly the input's size, so that ASan sees a read too far. */
#include <stdlib.h>
#include <string.h>

#include "wire_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	struct wire_probe probe;

	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	if (wire_frame_read(copy, (uint32_t)size, &probe) == WIRE_PROBE && probe.sent_ns >> 48)
		abort();
	free(copy);
	return 0;
}
