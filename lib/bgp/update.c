/* SPDX-License-Identifier: BSD-3-Clause */
#include "bgp/update.h"

#include <errno.h>

#include "codec.h"

void am_bgp_fault(struct am_bgp_update *out, enum am_bgp_class class, uint8_t attr, uint8_t subcode,
	struct am_bgp_span data, const char *why)
{
	out->n_faults++;
	if (class == AM_BGP_DISCARD)
		out->discarded |= AM_BGP_HAS(attr);
	if (class <= out->class)
		return;
	out->class = class;
	out->fault.attr = attr;
	am_bgp_refuse(&out->fault.error, AM_BGP_E_UPDATE, subcode, data, why);
}

static void fault(
	struct am_bgp_update *out, enum am_bgp_class class, uint8_t attr, uint8_t subcode, const char *why)
{
	am_bgp_fault(out, class, attr, subcode, (struct am_bgp_span){0}, why);
}

/* A field of IPv4 routes. That of a session without IPv4 stays bytes, as with other families. */
static void field(struct am_bgp_decoder *d, struct am_bgp_routes *routes, struct am_bgp_span nlri)
{
	const char *why = NULL;
	bool agreed = d->ctx->families & AM_BGP_IN(AM_BGP_IPV4_UNICAST);

	*routes = (struct am_bgp_routes){
		.family = agreed ? AM_BGP_IPV4_UNICAST : AM_BGP_FAMILY_OTHER,
		.afi = AM_BGP_AFI_IPV4,
		.safi = AM_BGP_SAFI_UNICAST,
		.path_ids = d->ctx->path_ids & AM_BGP_IN(AM_BGP_IPV4_UNICAST),
		.nlri = nlri,
	};
	if (am_bgp_nlri_check(routes, &why) == AM_BGP_RESET)
		fault(d->out, AM_BGP_RESET, 0, AM_BGP_UPDATE_NETWORK, why);
}

static void demand(struct am_bgp_decoder *d, uint8_t code)
{
	if (!(d->seen[0] & (uint64_t)1 << code))
		fault(d->out, AM_BGP_WITHDRAW, code, AM_BGP_UPDATE_MISSING, "it is mandatory, and not there");
}

static void check_next_hop(struct am_bgp_decoder *d, uint8_t code, struct am_bgp_next_hop hop)
{
	if (!am_bgp_next_hop_names_host(&hop))
		fault(d->out, AM_BGP_WITHDRAW, code, AM_BGP_UPDATE_NEXT_HOP,
			"the next hop is no host's address");
}

/* RFC 7606 3 d. NEXT_HOP is asked for only by routes in the NLRI field, and otherwise ignored (RFC 4760 3). */
static void check_mandatory(struct am_bgp_decoder *d)
{
	const struct am_bgp_update *out = d->out;
	struct am_ip hop = am_ip4(out->attrs.next_hop);

	demand(d, AM_BGP_ATTR_ORIGIN);
	demand(d, AM_BGP_ATTR_AS_PATH);
	if (d->ctx->kind == AM_BGP_INTERNAL)
		demand(d, AM_BGP_ATTR_LOCAL_PREF);
	if (out->has_mp_reach && out->mp_announced.nlri.len && out->mp_next_hop.len)
		check_next_hop(d, AM_BGP_ATTR_MP_REACH, out->mp_next_hop);
	if (!out->announced.nlri.len)
		return;
	demand(d, AM_BGP_ATTR_NEXT_HOP);
	if (out->attrs.has & AM_BGP_HAS(AM_BGP_ATTR_NEXT_HOP))
		check_next_hop(d, AM_BGP_ATTR_NEXT_HOP, am_bgp_next_hop_of(&hop, NULL));
}

/*
 * RFC 7606 5.2: there are attributes beside MP_UNREACH_NLRI and no routes that they belong to, so nobody knows what it
 * was that should be withdrawn.
 */
static bool routes_are_lost(const struct am_bgp_decoder *d, bool reachable)
{
	uint64_t unreach = (uint64_t)1 << AM_BGP_ATTR_MP_UNREACH;

	return !reachable && (d->broken || d->seen[0] & ~unreach || d->seen[1] || d->seen[2] || d->seen[3]);
}

static bool is_end_of_rib(const struct am_bgp_decoder *d, size_t attrs_len)
{
	const struct am_bgp_update *out = d->out;

	if (out->withdrawn.nlri.len || out->announced.nlri.len || d->broken || out->class != AM_BGP_OK)
		return false;
	if (!out->has_mp_unreach)
		return attrs_len == 0;
	return !out->mp_withdrawn.nlri.len && d->seen[0] == (uint64_t)1 << AM_BGP_ATTR_MP_UNREACH &&
	       !(d->seen[1] | d->seen[2] | d->seen[3]);
}

/* What only the whole UPDATE shows. */
static void judge(struct am_bgp_decoder *d, size_t attrs_len)
{
	struct am_bgp_update *out = d->out;
	bool reachable = out->announced.nlri.len || (out->has_mp_reach && out->mp_announced.nlri.len);
	const struct am_bgp_error *error = &out->fault.error;

	if (reachable)
		check_mandatory(d);
	if (out->class == AM_BGP_WITHDRAW && routes_are_lost(d, reachable))
		am_bgp_fault(out, AM_BGP_RESET, out->fault.attr, error->subcode, error->data, error->why);
	out->end_of_rib = is_end_of_rib(d, attrs_len);
}

/* The three variable fields of the body. False where their lengths contradict the message's. */
static bool split(struct am_bgp_span body, struct am_bgp_span field[3])
{
	struct am_reader r = am_reader(body.bytes, body.len);

	field[0].len = am_take16(&r);
	field[0].bytes = am_take(&r, field[0].len);
	field[1].len = am_take16(&r);
	field[1].bytes = am_take(&r, field[1].len);
	field[2].len = am_reader_left(&r);
	field[2].bytes = am_take(&r, field[2].len);
	return !r.bad;
}

enum am_bgp_class am_bgp_update_decode(const struct am_bgp_context *ctx, struct am_bgp_span body,
	uint8_t *scratch, struct am_bgp_update *out)
{
	struct am_bgp_decoder d = {
		.ctx = ctx, .out = out, .scratch = am_writer(scratch, AM_BGP_SCRATCH(body.len))};
	struct am_bgp_span fields[3];

	*out = (struct am_bgp_update){0};
	if (!split(body, fields)) {
		fault(out, AM_BGP_RESET, 0, AM_BGP_UPDATE_LIST, "its fields are longer than the message");
		return out->class;
	}
	field(&d, &out->withdrawn, fields[0]);
	field(&d, &out->announced, fields[2]);
	am_bgp_attrs_decode(&d, fields[1], false);
	if (!ctx->as4)
		am_bgp_as4_merge(&d);
	judge(&d, fields[1].len);
	return out->class;
}

enum am_bgp_family am_bgp_update_family(struct am_bgp_span body)
{
	struct am_bgp_span fields[3];
	struct am_reader r;

	if (!split(body, fields))
		return AM_BGP_IPV4_UNICAST;
	r = am_reader(fields[1].bytes, fields[1].len);
	while (!r.bad && am_reader_left(&r)) {
		uint8_t flags = am_take8(&r), code = am_take8(&r);
		size_t len = flags & AM_BGP_FLAG_EXTENDED ? am_take16(&r) : am_take8(&r);
		const uint8_t *value = am_take(&r, len);

		if (value && len >= 3 && (code == AM_BGP_ATTR_MP_REACH || code == AM_BGP_ATTR_MP_UNREACH))
			return am_bgp_family_of(am_load16(value), value[2]);
	}
	return AM_BGP_IPV4_UNICAST;
}

static void put_field(struct am_writer *w, const struct am_bgp_routes *routes)
{
	if (routes->nlri.len)
		am_put_bytes(w, routes->nlri.bytes, routes->nlri.len);
}

int am_bgp_update_encode(
	struct am_writer *w, const struct am_bgp_update *update, const struct am_bgp_context *ctx, size_t max)
{
	uint8_t *begin = am_bgp_message_begin(w, AM_BGP_UPDATE), *length;

	if (update->withdrawn.nlri.len > UINT16_MAX)
		return am_bgp_message_end(w, begin, 0);
	am_put16(w, (uint16_t)update->withdrawn.nlri.len);
	put_field(w, &update->withdrawn);
	length = am_put(w, 2);
	am_bgp_mp_encode(w, update);
	am_bgp_attrs_encode(w, &update->attrs, ctx);
	if (length && !w->full && (size_t)(w->at - length) - 2 <= UINT16_MAX)
		am_store16(length, (uint16_t)(w->at - length - 2));
	put_field(w, &update->announced);
	return am_bgp_message_end(w, begin, max);
}

int am_bgp_end_of_rib_encode(struct am_writer *w, enum am_bgp_family family)
{
	const struct am_bgp_context ctx = {0};
	const struct am_bgp_update marker = {
		.has_mp_unreach = family != AM_BGP_IPV4_UNICAST,
		.mp_withdrawn = {.family = family},
	};

	return am_bgp_update_encode(w, &marker, &ctx, AM_BGP_MESSAGE_MAX);
}
