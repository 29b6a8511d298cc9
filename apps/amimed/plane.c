/* SPDX-License-Identifier: BSD-3-Clause */
#include "plane.h"

#include "base/clock.h"

struct am_reasm_conf am_plane_reasm(const struct am_config *config, uint32_t peers, uint64_t seed)
{
	struct am_reasm_conf conf =
		am_reasm_usual(config->reasm_datagrams, config->reasm_peer_datagrams, peers, seed);

	/* A flood may not take the buffers that good traffic needs: half of them stay out of its reach. */
	conf.buffers = config->buffers / 2 / config->workers;
	return conf;
}

bool am_plane_wants_handoff(const struct am_config *config)
{
	if (config->workers < 2 || config->handoff != AM_HANDOFF_AUTO)
		return config->workers > 1 && config->handoff == AM_HANDOFF_ON;
	for (uint16_t i = 0; i < config->n_ports; i++)
		if (config->ports[i].queues < config->workers)
			return true;
	return false;
}
