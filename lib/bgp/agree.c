/* SPDX-License-Identifier: BSD-3-Clause */
/* Two OPENs into what holds on the session, and RFC 9234's table of roles. */
#include "bgp/capability.h"

/* What caps says about a family; without any multiprotocol capability, IPv4 unicast is meant (RFC 4760 8). */
static struct am_bgp_capability_family said(const struct am_bgp_capabilities *caps, enum am_bgp_family family)
{
	struct am_bgp_capability_family row = {.afi = am_bgp_afi(family), .safi = am_bgp_safi(family)};
	bool any = false;

	for (unsigned i = 0; i < caps->n_families; i++) {
		any |= caps->families[i].multiprotocol;
		if (caps->families[i].afi == row.afi && caps->families[i].safi == row.safi)
			row = caps->families[i];
	}
	if (!any && family == AM_BGP_IPV4_UNICAST)
		row.multiprotocol = true;
	return row;
}

static void agree_family(const struct am_bgp_capabilities *ours, const struct am_bgp_capabilities *theirs,
	enum am_bgp_family family, struct am_bgp_agreed *out)
{
	struct am_bgp_capability_family us = said(ours, family), them = said(theirs, family);
	am_bgp_families bit = AM_BGP_IN(family);

	if (!us.multiprotocol || !them.multiprotocol)
		return;
	out->families |= bit;
	out->next_hop6 |= us.next_hop6 && them.next_hop6 ? bit : 0;
	out->add_path_receive |= us.add_path_receive && them.add_path_send ? bit : 0;
	out->add_path_send |= us.add_path_send && them.add_path_receive ? bit : 0;
	/* We are the helper: it is enough that we have the capability at all (RFC 4724 4.2). */
	if (!ours->graceful || !theirs->graceful)
		return;
	out->graceful |= them.graceful ? bit : 0;
	out->graceful_forwarding |= them.graceful && them.graceful_forwarding ? bit : 0;
	/* RFC 9494 4.2: without graceful restart it means nothing. */
	if (!us.long_lived || !them.long_lived)
		return;
	out->long_lived |= bit;
	out->long_lived_forwarding |= them.long_lived_forwarding ? bit : 0;
	out->stale_time[family] = them.stale_time;
}

void am_bgp_capabilities_agree(const struct am_bgp_capabilities *ours,
	const struct am_bgp_capabilities *theirs, struct am_bgp_agreed *out)
{
	*out = (struct am_bgp_agreed){
		.as4 = ours->as4 && theirs->as4,
		.refresh = ours->refresh && theirs->refresh,
		.enhanced_refresh = ours->enhanced_refresh && theirs->enhanced_refresh,
		.extended_message = ours->extended_message && theirs->extended_message,
	};
	if (ours->graceful && theirs->graceful) {
		out->restart_time = theirs->restart_time;
		out->restarting = theirs->restarting;
		out->notification = ours->notification && theirs->notification;
	}
	for (enum am_bgp_family f = 0; f < AM_BGP_FAMILIES; f++)
		agree_family(ours, theirs, f, out);
}

static const char *const role_names[] = {
	[AM_BGP_ROLE_PROVIDER] = "provider",
	[AM_BGP_ROLE_RS] = "rs",
	[AM_BGP_ROLE_RS_CLIENT] = "rs-client",
	[AM_BGP_ROLE_CUSTOMER] = "customer",
	[AM_BGP_ROLE_PEER] = "peer",
};

bool am_bgp_roles_fit(uint8_t ours, uint8_t theirs)
{
	static const uint8_t partner[] = {
		[AM_BGP_ROLE_PROVIDER] = AM_BGP_ROLE_CUSTOMER,
		[AM_BGP_ROLE_RS] = AM_BGP_ROLE_RS_CLIENT,
		[AM_BGP_ROLE_RS_CLIENT] = AM_BGP_ROLE_RS,
		[AM_BGP_ROLE_CUSTOMER] = AM_BGP_ROLE_PROVIDER,
		[AM_BGP_ROLE_PEER] = AM_BGP_ROLE_PEER,
	};

	return ours < sizeof partner && partner[ours] == theirs;
}

const char *am_bgp_role_name(uint8_t role)
{
	return role < sizeof role_names / sizeof role_names[0] ? role_names[role] : "unknown";
}
