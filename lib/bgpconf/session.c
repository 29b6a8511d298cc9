/* SPDX-License-Identifier: BSD-3-Clause */
/* A neighbour as configured into what its session is made with. */
#include "bgpconf/bgpconf.h"

#include "base/bytes.h"
#include "parts.h"

uint32_t am_bgpconf_as_outside(const struct am_bgpconf *config)
{
	return config->confederation.identifier ? config->confederation.identifier : config->as;
}

bool am_bgpconf_is_internal(const struct am_bgpconf_session *s)
{
	return s->as_kind == AM_BGPCONF_AS_INTERNAL ||
	       (s->as_kind == AM_BGPCONF_AS_NUMBER && s->as == s->own_as);
}

static bool is_member(const struct am_bgpconf *config, uint32_t as)
{
	for (uint16_t i = 0; i < config->confederation.n; i++) {
		if (config->confederation.members[i] == as)
			return true;
	}
	return false;
}

/* RFC 5065 4.1: who we are depends on whether the neighbour is inside. */
static void work_out(const struct am_bgpconf *config, struct am_bgpconf_session *s)
{
	bool number = s->as_kind == AM_BGPCONF_AS_NUMBER;
	bool inside = s->as_kind == AM_BGPCONF_AS_INTERNAL || (number && s->as == config->as);

	s->confederation = number && is_member(config, s->as);
	s->own_as = s->local_as                  ? s->local_as
		    : inside || s->confederation ? config->as
						 : am_bgpconf_as_outside(config);
	s->sink |= config->sink;
}

void bgpconf_work_out(struct am_bgpconf *config)
{
	for (uint16_t i = 0; i < config->n_neighbors; i++)
		work_out(config, &config->neighbors[i].session);
}

static uint32_t remote_as(const struct am_bgpconf_session *s)
{
	if (s->as_kind == AM_BGPCONF_AS_INTERNAL)
		return s->own_as;
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
	struct am_bgp_session_config out = {
		.local_as = s->own_as,
		.local_id = am_load32(config->router_id.bytes),
		.remote_as = remote_as(s),
		.confederation = s->confederation,
		.aigp = s->aigp,
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
