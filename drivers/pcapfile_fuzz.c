/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a pcap file: every frame it yields lies inside them, and it comes to an end. */
#include <stdlib.h>

#include "drivers/pcapfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct am_pcapfile_frame frame;
	struct am_pcapfile f;
	struct am_err err;
	volatile uint8_t last;

	if (am_pcapfile_begin(&f, bytes, len, &err))
		return 0;
	while (am_pcapfile_next(&f, &frame, &err) == 1) {
		if (frame.bytes < bytes || frame.bytes + frame.len > bytes + len)
			abort();
		if (frame.len)
			last = frame.bytes[frame.len - 1];
	}
	(void)last;
	return 0;
}
