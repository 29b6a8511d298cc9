/* SPDX-License-Identifier: BSD-3-Clause */
#include "pipeline/stage.h"

#include <string.h>

#include "core.h"

const char *am_stage_name(enum am_stage s)
{
	static const char *const names[AM_STAGES] = {
		[AM_STAGE_REST] = "rest",
		[AM_STAGE_RX] = "rx",
		[AM_STAGE_INPUT] = "input",
		[AM_STAGE_DECAP] = "decap",
		[AM_STAGE_ROUTE] = "route",
		[AM_STAGE_BRIDGE] = "bridge",
		[AM_STAGE_TX] = "tx",
	};

	return s < AM_STAGES ? names[s] : NULL;
}

void am_plane_stages(const struct am_plane *plane, unsigned worker, uint64_t out[AM_STAGES])
{
#if AM_STAGE_CLOCK
	memcpy(out, plane->workers[worker]->stage_cycles, sizeof plane->workers[worker]->stage_cycles);
#else
	(void)plane;
	(void)worker;
	memset(out, 0, AM_STAGES * sizeof *out);
#endif
}
