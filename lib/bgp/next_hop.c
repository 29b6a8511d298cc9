/* SPDX-License-Identifier: BSD-3-Clause */
#include "bgp/next_hop.h"

#include <string.h>

void am_bgp_next_hop_split(const struct am_bgp_next_hop *hop, struct am_ip *global, struct am_ip *link_local)
{
	*global = *link_local = (struct am_ip){0};
	if (hop->len == 4) {
		*global = am_ip4(hop->bytes);
		return;
	}
	if (hop->len != 16 && hop->len != 32)
		return;
	*global = am_ip6(hop->bytes);
	if (hop->len == 32)
		*link_local = am_ip6(hop->bytes + 16);
	if (!am_ip_is_link_local(link_local))
		*link_local = (struct am_ip){0};
	if (am_ip_is_link_local(global)) {
		/* Twice the same, or (never seen) two different ones: the second is where link-local ones belong. */
		if (link_local->family == AM_AF_NONE)
			*link_local = *global;
		*global = (struct am_ip){0};
	} else if (am_ip_is_unspecified(global)) {
		*global = (struct am_ip){0};
	}
}

bool am_bgp_next_hop_names_host(const struct am_bgp_next_hop *hop)
{
	struct am_ip global, link_local;

	am_bgp_next_hop_split(hop, &global, &link_local);
	if (global.family == AM_IPV4)
		return global.bytes[0] != 0 && global.bytes[0] < 224;
	return global.family ? !am_ip_is_multicast(&global) : link_local.family;
}

bool am_bgp_next_hop_is_loopback(const struct am_bgp_next_hop *hop)
{
	static const uint8_t loopback[16] = {[15] = 1};

	if (hop->len == 4)
		return hop->bytes[0] == 127;
	return hop->len >= sizeof loopback && !memcmp(hop->bytes, loopback, sizeof loopback);
}

struct am_bgp_next_hop am_bgp_next_hop_of(const struct am_ip *global, const struct am_ip *link_local)
{
	struct am_bgp_next_hop hop = {0};
	const struct am_ip *both[] = {global, link_local};

	for (unsigned i = 0; i < 2; i++) {
		size_t len = both[i] ? am_ip_len(both[i]) : 0;

		memcpy(hop.bytes + hop.len, both[i] ? both[i]->bytes : hop.bytes, len);
		hop.len = (uint8_t)(hop.len + len);
		if (len == 4)
			break;
	}
	return hop;
}
