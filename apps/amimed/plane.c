/* SPDX-License-Identifier: BSD-3-Clause */
#include "plane.h"

#include "base/clock.h"

struct am_reasm_conf am_plane_reasm(const struct am_config *config, uint32_t peers, uint64_t seed)
{
	return (struct am_reasm_conf){
		.entries = config->reasm_datagrams,
		.peer_entries = config->reasm_peer_datagrams,
		/* A flood may not take the buffers that good traffic needs: half of them stay out of its reach. */
		.buffers = config->buffers / 2 / config->workers,
		.peers = peers,
		.seed = seed,
		.timeout6_ns = 1 * AM_S,
		.timeout4_min_ns = 20 * AM_MS,
		.timeout4_max_ns = 500 * AM_MS,
		.id_range = 65536,
	};
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
