/* SPDX-License-Identifier: BSD-3-Clause */
/* MP_REACH_NLRI and MP_UNREACH_NLRI (RFC 4760). A value that is wrong resets the session (RFC 7606 5.3, 7.11, 7.12). */
#include "codec.h"

static struct am_bgp_span rest(struct am_reader *r)
{
	size_t len = am_reader_left(r);

	return (struct am_bgp_span){am_take(r, len), len};
}

/* The family of what was read, or OTHER where the session did not agree on it. */
static void take_family(struct am_reader *r, const struct am_bgp_context *ctx, struct am_bgp_routes *routes)
{
	routes->afi = am_take16(r);
	routes->safi = am_take8(r);
	routes->family = am_bgp_family_of(routes->afi, routes->safi);
	if (!(ctx->families & AM_BGP_IN(routes->family)))
		routes->family = AM_BGP_FAMILY_OTHER;
	routes->path_ids = ctx->path_ids & AM_BGP_IN(routes->family);
}

/* A route that is unusable by itself withdraws all that stand beside it; RFC 9136 asks for no more. */
static const char *check(struct am_bgp_decoder *d, uint8_t attr, const struct am_bgp_routes *routes)
{
	const char *why = NULL;
	enum am_bgp_class class = am_bgp_nlri_check(routes, &why);

	if (class == AM_BGP_WITHDRAW)
		am_bgp_fault(d->out, class, attr, AM_BGP_UPDATE_OPTIONAL, (struct am_bgp_span){0}, why);
	return class == AM_BGP_RESET ? why : NULL;
}

const char *am_bgp_mp_reach_decode(struct am_bgp_decoder *d, struct am_bgp_span value)
{
	struct am_reader r = am_reader(value.bytes, value.len);
	struct am_bgp_update *out = d->out;
	struct am_bgp_span hop;

	take_family(&r, d->ctx, &out->mp_announced);
	hop.len = am_take8(&r);
	hop.bytes = am_take(&r, hop.len);
	am_take8(&r); /* was the number of SNPAs */
	if (r.bad)
		return "it ends before its routes begin";
	out->mp_announced.nlri = rest(&r);
	out->mp_next_hop_other = hop;
	out->has_mp_reach = true;
	if (out->mp_announced.family == AM_BGP_FAMILY_OTHER)
		return NULL;
	if (hop.len != 4 && hop.len != 16 && hop.len != 32)
		return "a next hop of neither 4 nor 16 nor 32 octets";
	out->mp_next_hop.len = (uint8_t)hop.len;
	memcpy(out->mp_next_hop.bytes, hop.bytes, hop.len);
	return check(d, AM_BGP_ATTR_MP_REACH, &out->mp_announced);
}

const char *am_bgp_mp_unreach_decode(struct am_bgp_decoder *d, struct am_bgp_span value)
{
	struct am_reader r = am_reader(value.bytes, value.len);
	struct am_bgp_update *out = d->out;

	take_family(&r, d->ctx, &out->mp_withdrawn);
	if (r.bad)
		return "it ends before its routes begin";
	out->mp_withdrawn.nlri = rest(&r);
	out->has_mp_unreach = true;
	return check(d, AM_BGP_ATTR_MP_UNREACH, &out->mp_withdrawn);
}

static void put_family(struct am_writer *w, const struct am_bgp_routes *routes)
{
	bool known = routes->family != AM_BGP_FAMILY_OTHER;

	am_put16(w, known ? am_bgp_afi(routes->family) : routes->afi);
	am_put8(w, known ? am_bgp_safi(routes->family) : routes->safi);
}

static void put_span(struct am_writer *w, struct am_bgp_span span)
{
	if (span.len)
		am_put_bytes(w, span.bytes, span.len);
}

static void put_next_hop(struct am_writer *w, const struct am_bgp_update *update)
{
	if (update->mp_announced.family != AM_BGP_FAMILY_OTHER) {
		am_put8(w, update->mp_next_hop.len);
		am_put_bytes(w, update->mp_next_hop.bytes, update->mp_next_hop.len);
	} else {
		am_put8(w, (uint8_t)update->mp_next_hop_other.len);
		put_span(w, update->mp_next_hop_other);
	}
	am_put8(w, 0);
}

void am_bgp_mp_encode(struct am_writer *w, const struct am_bgp_update *update)
{
	uint8_t *begin;

	if (update->has_mp_unreach) {
		begin = am_bgp_attr_begin(w, AM_BGP_FLAG_OPTIONAL, AM_BGP_ATTR_MP_UNREACH);
		put_family(w, &update->mp_withdrawn);
		put_span(w, update->mp_withdrawn.nlri);
		am_bgp_attr_end(w, begin);
	}
	if (update->has_mp_reach) {
		begin = am_bgp_attr_begin(w, AM_BGP_FLAG_OPTIONAL, AM_BGP_ATTR_MP_REACH);
		put_family(w, &update->mp_announced);
		put_next_hop(w, update);
		put_span(w, update->mp_announced.nlri);
		am_bgp_attr_end(w, begin);
	}
}
