/* SPDX-License-Identifier: BSD-3-Clause */
/* A neighbour as configured into what its session is made with. */
#include "bgpconf/bgpconf.h"

#include "base/bytes.h"

static uint32_t remote_as(const struct am_bgpconf_session *s, uint32_t own)
{
	if (s->as_kind == AM_BGPCONF_AS_INTERNAL)
		return own;
	return s->as_kind == AM_BGPCONF_AS_EXTERNAL ? 0 : s->as;
}

static void set_family(struct am_bgp_capabilities *caps, const struct am_bgpconf_session *s, unsigned f)
{
	struct am_bgp_capability_family *row = am_bgp_capability_family(caps, am_bgp_afi(f), am_bgp_safi(f));

	row->multiprotocol = true;
	row->next_hop6 = f == AM_BGP_IPV4_UNICAST;
	row->add_path_receive = s->families[f].add_path & AM_BGPCONF_ADD_PATH_RECEIVE;
	row->add_path_send = s->families[f].add_path & AM_BGPCONF_ADD_PATH_SEND;
	row->graceful = s->graceful_restart;
	row->long_lived = s->graceful_restart && s->stale_time;
	row->stale_time = s->stale_time;
}

struct am_bgp_session_config am_bgpconf_session_config(
	const struct am_bgpconf *config, const struct am_bgpconf_neighbor *neighbor)
{
	const struct am_bgpconf_session *s = &neighbor->session;
	uint32_t own = s->local_as ? s->local_as : config->as;
	struct am_bgp_session_config out = {
		.local_as = own,
		.local_id = am_load32(config->router_id.bytes),
		.remote_as = remote_as(s, own),
		.passive = s->passive,
		.strict_role = s->strict_role,
		.hold_time = s->hold_time,
		.connect_retry = s->connect_retry,
		.idle_hold = s->idle_hold,
		.caps = {.refresh = true,
			.enhanced_refresh = true,
			.extended_message = s->extended_messages,
			.as4 = true,
			.has_role = s->role != 0,
			.role = (uint8_t)(s->role ? s->role - 1 : 0),
			.graceful = s->graceful_restart,
			.notification = s->notification,
			.restart_time = s->restart_time},
	};

	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++) {
		if (s->families[f].on)
			set_family(&out.caps, s, f);
	}
	return out;
}
