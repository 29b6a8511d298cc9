/* SPDX-License-Identifier: BSD-3-Clause */
#include "route_message.h"

#include <string.h>

#include "bgp/rib.h"

int am_bgpd_route_message(struct am_writer *w, const struct am_bgp_nlri *nlri, const struct am_bgp_set *set,
	const struct am_bgp_context *ctx)
{
	uint8_t room[AM_BGP_MESSAGE_MAX];
	struct am_writer nlri_room = am_writer(room, sizeof room);
	struct am_bgp_nlri whole = *nlri;
	struct am_bgp_routes routes = {
		.family = nlri->family,
		.afi = am_bgp_afi(nlri->family),
		.safi = am_bgp_safi(nlri->family),
		.path_ids = ctx->path_ids & AM_BGP_IN(nlri->family),
	};
	struct am_bgp_update update = {.attrs = set->attrs};
	int rc;

	am_bgp_rib_restore(set, &whole);
	rc = am_bgp_nlri_encode(&nlri_room, &whole, routes.path_ids);
	if (rc)
		return rc;
	routes.nlri = (struct am_bgp_span){room, am_writer_len(&nlri_room)};
	if (nlri->family == AM_BGP_IPV4_UNICAST && set->next_hop.len == 4) {
		update.attrs.has |= AM_BGP_HAS(AM_BGP_ATTR_NEXT_HOP);
		memcpy(update.attrs.next_hop, set->next_hop.bytes, 4);
		update.announced = routes;
	} else {
		update.has_mp_reach = true;
		update.mp_announced = routes;
		update.mp_next_hop = set->next_hop;
	}
	return am_bgp_update_encode(w, &update, ctx, AM_BGP_EXTENDED_MAX);
}

/* One kind of routes, as withdrawn. */
static int withdraw(
	struct am_writer *w, const struct am_bgp_routes *routes, bool mp, const struct am_bgp_context *ctx)
{
	struct am_bgp_update update = {.has_mp_unreach = mp};

	if (!routes->nlri.len)
		return 0;
	*(mp ? &update.mp_withdrawn : &update.withdrawn) = *routes;
	return am_bgp_update_encode(w, &update, ctx, AM_BGP_EXTENDED_MAX);
}

int am_bgpd_update_message(
	struct am_writer *w, const struct am_bgp_update *update, const struct am_bgp_context *ctx)
{
	int rc;

	if (update->class == AM_BGP_DISCARD)
		return am_bgp_update_encode(w, update, ctx, AM_BGP_EXTENDED_MAX);
	rc = withdraw(w, &update->withdrawn, false, ctx);
	if (!rc)
		rc = withdraw(w, &update->announced, false, ctx);
	if (!rc && update->has_mp_unreach)
		rc = withdraw(w, &update->mp_withdrawn, true, ctx);
	if (!rc && update->has_mp_reach)
		rc = withdraw(w, &update->mp_announced, true, ctx);
	return rc;
}
