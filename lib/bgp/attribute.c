/* SPDX-License-Identifier: BSD-3-Clause */
#include "bgp/attribute.h"

#include "bgp/community.h"
#include "codec.h"

/*
 * One row an attribute. decode reads the value and says what is wrong with it, or NULL; encode writes the value. A row
 * without encode is written elsewhere, or never.
 */
struct row {
	uint8_t flags;          /* Optional and Transitive, as they must come */
	uint8_t wrong_flags;    /* class where they do not (RFC 7606 3 c) */
	uint8_t malformed[2];   /* class where decode says so; from an external and from an internal peer */
	uint8_t subcode;        /* of the NOTIFICATION, where it comes to that */
	bool internal_only : 1; /* from an external peer it is dropped, right or wrong */
	bool may_be_empty : 1;  /* RFC 7606 4: of all others, an empty value is a fault */
	bool no_inner : 1;      /* has no place in an ATTR_SET */
	const char *name;
	const char *(*decode)(struct am_bgp_decoder *d, struct am_bgp_span value);
	void (*encode)(struct am_writer *w, const struct am_bgp_attrs *a, const struct am_bgp_context *ctx);
};

static const char wrong_length[] = "the attribute has a length that it cannot have";

static const char *origin_decode(struct am_bgp_decoder *d, struct am_bgp_span v)
{
	if (v.len != 1)
		return wrong_length;
	d->out->attrs.origin = v.bytes[0];
	return v.bytes[0] > AM_BGP_ORIGIN_INCOMPLETE ? "an origin that is none of the three" : NULL;
}

static void origin_encode(struct am_writer *w, const struct am_bgp_attrs *a, const struct am_bgp_context *ctx)
{
	(void)ctx;
	am_put8(w, a->origin);
}

static const char *as_path_decode(struct am_bgp_decoder *d, struct am_bgp_span v)
{
	d->out->attrs.as_path = v;
	return am_bgp_as_path_check(v, d->ctx->as4 ? 4 : 2, d->ctx->kind != AM_BGP_EXTERNAL);
}

static void as_path_encode(
	struct am_writer *w, const struct am_bgp_attrs *a, const struct am_bgp_context *ctx)
{
	if (!ctx->as4)
		am_bgp_as_path_convert(w, a->as_path, 4, 2, false);
	else if (a->as_path.len)
		am_put_bytes(w, a->as_path.bytes, a->as_path.len);
}

static const char *next_hop_decode(struct am_bgp_decoder *d, struct am_bgp_span v)
{
	if (v.len != sizeof d->out->attrs.next_hop)
		return wrong_length;
	memcpy(d->out->attrs.next_hop, v.bytes, v.len);
	return NULL;
}

static void next_hop_encode(
	struct am_writer *w, const struct am_bgp_attrs *a, const struct am_bgp_context *ctx)
{
	(void)ctx;
	am_put_bytes(w, a->next_hop, sizeof a->next_hop);
}

static const char *number_decode(struct am_bgp_span v, uint32_t *out)
{
	if (v.len != sizeof *out)
		return wrong_length;
	*out = am_load32(v.bytes);
	return NULL;
}

static const char *med_decode(struct am_bgp_decoder *d, struct am_bgp_span v)
{
	return number_decode(v, &d->out->attrs.med);
}

static void med_encode(struct am_writer *w, const struct am_bgp_attrs *a, const struct am_bgp_context *ctx)
{
	(void)ctx;
	am_put32(w, a->med);
}

static const char *local_pref_decode(struct am_bgp_decoder *d, struct am_bgp_span v)
{
	return number_decode(v, &d->out->attrs.local_pref);
}

static void local_pref_encode(
	struct am_writer *w, const struct am_bgp_attrs *a, const struct am_bgp_context *ctx)
{
	(void)ctx;
	am_put32(w, a->local_pref);
}

static const char *atomic_decode(struct am_bgp_decoder *d, struct am_bgp_span v)
{
	(void)d;
	return v.len ? wrong_length : NULL;
}

static void atomic_encode(struct am_writer *w, const struct am_bgp_attrs *a, const struct am_bgp_context *ctx)
{
	(void)w;
	(void)a;
	(void)ctx;
}

static const char *take_aggregator(struct am_bgp_span v, bool as4, struct am_bgp_aggregator *out)
{
	struct am_reader r = am_reader(v.bytes, v.len);

	out->as = as4 ? am_take32(&r) : am_take16(&r);
	out->id = am_take32(&r);
	if (r.bad || am_reader_left(&r))
		return wrong_length;
	return out->as == 0 ? "an aggregator of AS 0" : NULL; /* RFC 7607 */
}

static const char *aggregator_decode(struct am_bgp_decoder *d, struct am_bgp_span v)
{
	return take_aggregator(v, d->ctx->as4, &d->out->attrs.aggregator);
}

static void aggregator_encode(
	struct am_writer *w, const struct am_bgp_attrs *a, const struct am_bgp_context *ctx)
{
	if (ctx->as4)
		am_put32(w, a->aggregator.as);
	else
		am_put16(w, a->aggregator.as > UINT16_MAX ? AM_BGP_AS_TRANS : (uint16_t)a->aggregator.as);
	am_put32(w, a->aggregator.id);
}

static const char *list_decode(struct am_bgp_span v, size_t each, struct am_bgp_span *out)
{
	*out = v;
	return v.len % each ? wrong_length : NULL;
}

static void list_encode(struct am_writer *w, struct am_bgp_span list)
{
	if (list.len)
		am_put_bytes(w, list.bytes, list.len);
}

static const char *communities_decode(struct am_bgp_decoder *d, struct am_bgp_span v)
{
	return list_decode(v, AM_BGP_COMMUNITY_LEN, &d->out->attrs.communities);
}

static void communities_encode(
	struct am_writer *w, const struct am_bgp_attrs *a, const struct am_bgp_context *ctx)
{
	(void)ctx;
	list_encode(w, a->communities);
}

static const char *originator_decode(struct am_bgp_decoder *d, struct am_bgp_span v)
{
	return number_decode(v, &d->out->attrs.originator_id);
}

static void originator_encode(
	struct am_writer *w, const struct am_bgp_attrs *a, const struct am_bgp_context *ctx)
{
	(void)ctx;
	am_put32(w, a->originator_id);
}

static const char *cluster_decode(struct am_bgp_decoder *d, struct am_bgp_span v)
{
	return list_decode(v, 4, &d->out->attrs.cluster_list);
}

static void cluster_encode(
	struct am_writer *w, const struct am_bgp_attrs *a, const struct am_bgp_context *ctx)
{
	(void)ctx;
	list_encode(w, a->cluster_list);
}

static const char *ext_decode(struct am_bgp_decoder *d, struct am_bgp_span v)
{
	return list_decode(v, AM_BGP_EXT_COMMUNITY_LEN, &d->out->attrs.ext_communities);
}

static void ext_encode(struct am_writer *w, const struct am_bgp_attrs *a, const struct am_bgp_context *ctx)
{
	(void)ctx;
	list_encode(w, a->ext_communities);
}

/* RFC 6793 6: confederation segments have no place in it and are left out; what else is wrong drops it. */
static const char *as4_path_decode(struct am_bgp_decoder *d, struct am_bgp_span v)
{
	d->as4_path = v;
	return am_bgp_as_path_check(v, 4, true);
}

static void as4_path_encode(
	struct am_writer *w, const struct am_bgp_attrs *a, const struct am_bgp_context *ctx)
{
	(void)ctx;
	am_bgp_as_path_convert(w, a->as_path, 4, 4, true);
}

static const char *as4_aggregator_decode(struct am_bgp_decoder *d, struct am_bgp_span v)
{
	return take_aggregator(v, true, &d->as4_aggregator);
}

static void as4_aggregator_encode(
	struct am_writer *w, const struct am_bgp_attrs *a, const struct am_bgp_context *ctx)
{
	(void)ctx;
	am_put32(w, a->aggregator.as);
	am_put32(w, a->aggregator.id);
}

/* RFC 6514 5: flags, tunnel type and label come before the tunnel identifier. */
static const char *pmsi_decode(struct am_bgp_decoder *d, struct am_bgp_span v)
{
	d->out->attrs.pmsi = v;
	return v.len < 5 ? wrong_length : NULL;
}

static void pmsi_encode(struct am_writer *w, const struct am_bgp_attrs *a, const struct am_bgp_context *ctx)
{
	(void)ctx;
	list_encode(w, a->pmsi);
}

/* RFC 9012 13: the TLVs must fill it; what is in them concerns their users. */
static const char *tunnel_decode(struct am_bgp_decoder *d, struct am_bgp_span v)
{
	struct am_reader r = am_reader(v.bytes, v.len);

	while (am_reader_left(&r)) {
		am_take16(&r);
		if (!am_take(&r, am_take16(&r)))
			return "a tunnel longer than the attribute";
	}
	d->out->attrs.tunnel_encap = v;
	return NULL;
}

static void tunnel_encode(struct am_writer *w, const struct am_bgp_attrs *a, const struct am_bgp_context *ctx)
{
	(void)ctx;
	list_encode(w, a->tunnel_encap);
}

/* RFC 5543 3: at least one descriptor of a switching capability, 36 octets before what is specific to it. */
static const char *traffic_decode(struct am_bgp_decoder *d, struct am_bgp_span v)
{
	d->out->attrs.traffic = v;
	return v.len < 36 ? wrong_length : NULL;
}

static void traffic_encode(
	struct am_writer *w, const struct am_bgp_attrs *a, const struct am_bgp_context *ctx)
{
	(void)ctx;
	list_encode(w, a->traffic);
}

static const char *ext6_decode(struct am_bgp_decoder *d, struct am_bgp_span v)
{
	return list_decode(v, AM_BGP_EXT6_COMMUNITY_LEN, &d->out->attrs.ext6_communities);
}

static void ext6_encode(struct am_writer *w, const struct am_bgp_attrs *a, const struct am_bgp_context *ctx)
{
	(void)ctx;
	list_encode(w, a->ext6_communities);
}

enum { AIGP_TLV = 1, AIGP_TLV_LEN = 11 };

/* RFC 7311 3: TLVs whose length counts their header; the first of type 1 counts. Without one there is no AIGP. */
static const char *aigp_decode(struct am_bgp_decoder *d, struct am_bgp_span v)
{
	struct am_reader r = am_reader(v.bytes, v.len);
	bool found = false;

	while (am_reader_left(&r)) {
		uint8_t type = am_take8(&r);
		uint16_t len = am_take16(&r);
		const uint8_t *value = len < 3 ? NULL : am_take(&r, len - 3u);

		if (!value || (type == AIGP_TLV && len != AIGP_TLV_LEN))
			return "a TLV of a length that it cannot have";
		if (type == AIGP_TLV && !found)
			d->out->attrs.aigp = am_load64(value);
		found |= type == AIGP_TLV;
	}
	return found ? NULL : "no metric in it";
}

static void aigp_encode(struct am_writer *w, const struct am_bgp_attrs *a, const struct am_bgp_context *ctx)
{
	(void)ctx;
	am_put8(w, AIGP_TLV);
	am_put16(w, AIGP_TLV_LEN);
	am_put32(w, (uint32_t)(a->aigp >> 32));
	am_put32(w, (uint32_t)a->aigp);
}

static const char *large_decode(struct am_bgp_decoder *d, struct am_bgp_span v)
{
	return list_decode(v, AM_BGP_LARGE_COMMUNITY_LEN, &d->out->attrs.large_communities);
}

static void large_encode(struct am_writer *w, const struct am_bgp_attrs *a, const struct am_bgp_context *ctx)
{
	(void)ctx;
	list_encode(w, a->large_communities);
}

static const char *otc_decode(struct am_bgp_decoder *d, struct am_bgp_span v)
{
	return number_decode(v, &d->out->attrs.otc);
}

static void otc_encode(struct am_writer *w, const struct am_bgp_attrs *a, const struct am_bgp_context *ctx)
{
	(void)ctx;
	am_put32(w, a->otc);
}

/* RFC 6368 5: an AS and attributes, which must themselves be right, of 4-octet numbers, as from an internal peer. */
static const char *set_decode(struct am_bgp_decoder *d, struct am_bgp_span v)
{
	const struct am_bgp_context inner_ctx = {.kind = AM_BGP_INTERNAL, .as4 = true, .aigp = true};
	uint8_t unknown[AM_BGP_MESSAGE_MAX];
	struct am_bgp_update inner = {0};
	struct am_bgp_decoder inside = {
		.ctx = &inner_ctx, .out = &inner, .scratch = am_writer(unknown, sizeof unknown)};

	if (v.len < 4)
		return wrong_length;
	d->out->attrs.attr_set = v;
	am_bgp_attrs_decode(&inside, (struct am_bgp_span){v.bytes + 4, v.len - 4}, true);
	return inner.class == AM_BGP_OK ? NULL : "the attributes in it are malformed";
}

static void set_encode(struct am_writer *w, const struct am_bgp_attrs *a, const struct am_bgp_context *ctx)
{
	(void)ctx;
	list_encode(w, a->attr_set);
}

#define WELL_KNOWN AM_BGP_FLAG_TRANSITIVE
#define OPTIONAL   AM_BGP_FLAG_OPTIONAL
#define TRANSITIVE (AM_BGP_FLAG_OPTIONAL | AM_BGP_FLAG_TRANSITIVE)
#define BOTH(class)                                                                                          \
	{                                                                                                    \
		AM_BGP_##class, AM_BGP_##class                                                               \
	}
#define FOREIGN                                                                                              \
	{                                                                                                    \
		AM_BGP_DISCARD, AM_BGP_WITHDRAW                                                              \
	}

/* By code; they are written in this order. */
static const struct row rows[] = {
	[AM_BGP_ATTR_ORIGIN] = {WELL_KNOWN, AM_BGP_WITHDRAW, BOTH(WITHDRAW), AM_BGP_UPDATE_ORIGIN,
		.name = "ORIGIN", .decode = origin_decode, .encode = origin_encode},
	[AM_BGP_ATTR_AS_PATH] = {WELL_KNOWN, AM_BGP_WITHDRAW, BOTH(WITHDRAW), AM_BGP_UPDATE_AS_PATH,
		.may_be_empty = true, .name = "AS_PATH", .decode = as_path_decode, .encode = as_path_encode},
	[AM_BGP_ATTR_NEXT_HOP] = {WELL_KNOWN, AM_BGP_WITHDRAW, BOTH(WITHDRAW), AM_BGP_UPDATE_NEXT_HOP,
		.name = "NEXT_HOP", .decode = next_hop_decode, .encode = next_hop_encode},
	[AM_BGP_ATTR_MED] = {OPTIONAL, AM_BGP_WITHDRAW, BOTH(WITHDRAW), AM_BGP_UPDATE_LENGTH,
		.name = "MULTI_EXIT_DISC", .decode = med_decode, .encode = med_encode},
	[AM_BGP_ATTR_LOCAL_PREF] = {WELL_KNOWN, AM_BGP_WITHDRAW, FOREIGN, AM_BGP_UPDATE_LENGTH,
		.internal_only = true, .name = "LOCAL_PREF", .decode = local_pref_decode,
		.encode = local_pref_encode},
	[AM_BGP_ATTR_ATOMIC_AGGREGATE] = {WELL_KNOWN, AM_BGP_WITHDRAW, BOTH(DISCARD), AM_BGP_UPDATE_LENGTH,
		.may_be_empty = true, .name = "ATOMIC_AGGREGATE", .decode = atomic_decode,
		.encode = atomic_encode},
	[AM_BGP_ATTR_AGGREGATOR] = {TRANSITIVE, AM_BGP_WITHDRAW, BOTH(DISCARD), AM_BGP_UPDATE_OPTIONAL,
		.name = "AGGREGATOR", .decode = aggregator_decode, .encode = aggregator_encode},
	[AM_BGP_ATTR_COMMUNITIES] = {TRANSITIVE, AM_BGP_WITHDRAW, BOTH(WITHDRAW), AM_BGP_UPDATE_OPTIONAL,
		.name = "COMMUNITIES", .decode = communities_decode, .encode = communities_encode},
	[AM_BGP_ATTR_ORIGINATOR_ID] = {OPTIONAL, AM_BGP_WITHDRAW, FOREIGN, AM_BGP_UPDATE_OPTIONAL,
		.internal_only = true, .name = "ORIGINATOR_ID", .decode = originator_decode,
		.encode = originator_encode},
	[AM_BGP_ATTR_CLUSTER_LIST] = {OPTIONAL, AM_BGP_WITHDRAW, FOREIGN, AM_BGP_UPDATE_OPTIONAL,
		.internal_only = true, .name = "CLUSTER_LIST", .decode = cluster_decode,
		.encode = cluster_encode},
	[AM_BGP_ATTR_MP_REACH] = {OPTIONAL, AM_BGP_WITHDRAW, BOTH(RESET), AM_BGP_UPDATE_OPTIONAL,
		.no_inner = true, .name = "MP_REACH_NLRI", .decode = am_bgp_mp_reach_decode},
	[AM_BGP_ATTR_MP_UNREACH] = {OPTIONAL, AM_BGP_WITHDRAW, BOTH(RESET), AM_BGP_UPDATE_OPTIONAL,
		.no_inner = true, .name = "MP_UNREACH_NLRI", .decode = am_bgp_mp_unreach_decode},
	[AM_BGP_ATTR_EXT_COMMUNITIES] = {TRANSITIVE, AM_BGP_WITHDRAW, BOTH(WITHDRAW), AM_BGP_UPDATE_OPTIONAL,
		.name = "EXTENDED COMMUNITIES", .decode = ext_decode, .encode = ext_encode},
	[AM_BGP_ATTR_AS4_PATH] = {TRANSITIVE, AM_BGP_WITHDRAW, BOTH(DISCARD), AM_BGP_UPDATE_OPTIONAL,
		.name = "AS4_PATH", .decode = as4_path_decode, .encode = as4_path_encode},
	[AM_BGP_ATTR_AS4_AGGREGATOR] = {TRANSITIVE, AM_BGP_WITHDRAW, BOTH(DISCARD), AM_BGP_UPDATE_OPTIONAL,
		.name = "AS4_AGGREGATOR", .decode = as4_aggregator_decode, .encode = as4_aggregator_encode},
	[AM_BGP_ATTR_PMSI] = {TRANSITIVE, AM_BGP_WITHDRAW, BOTH(WITHDRAW), AM_BGP_UPDATE_OPTIONAL,
		.name = "PMSI_TUNNEL", .decode = pmsi_decode, .encode = pmsi_encode},
	[AM_BGP_ATTR_TUNNEL_ENCAP] = {TRANSITIVE, AM_BGP_WITHDRAW, BOTH(WITHDRAW), AM_BGP_UPDATE_OPTIONAL,
		.name = "TUNNEL_ENCAPSULATION", .decode = tunnel_decode, .encode = tunnel_encode},
	[AM_BGP_ATTR_TRAFFIC] = {OPTIONAL, AM_BGP_WITHDRAW, BOTH(WITHDRAW), AM_BGP_UPDATE_OPTIONAL,
		.name = "TRAFFIC_ENGINEERING", .decode = traffic_decode, .encode = traffic_encode},
	[AM_BGP_ATTR_EXT6_COMMUNITIES] = {TRANSITIVE, AM_BGP_WITHDRAW, BOTH(WITHDRAW), AM_BGP_UPDATE_OPTIONAL,
		.name = "IPV6 EXTENDED COMMUNITIES", .decode = ext6_decode, .encode = ext6_encode},
	/* RFC 7311 3: its own rule for flags, too. */
	[AM_BGP_ATTR_AIGP] = {OPTIONAL, AM_BGP_DISCARD, BOTH(DISCARD), AM_BGP_UPDATE_OPTIONAL, .name = "AIGP",
		.decode = aigp_decode, .encode = aigp_encode},
	[AM_BGP_ATTR_LARGE_COMMUNITIES] = {TRANSITIVE, AM_BGP_WITHDRAW, BOTH(WITHDRAW),
		AM_BGP_UPDATE_OPTIONAL, .name = "LARGE_COMMUNITIES", .decode = large_decode,
		.encode = large_encode},
	[AM_BGP_ATTR_OTC] = {TRANSITIVE, AM_BGP_WITHDRAW, BOTH(WITHDRAW), AM_BGP_UPDATE_OPTIONAL,
		.name = "OTC", .decode = otc_decode, .encode = otc_encode},
	[AM_BGP_ATTR_SET] = {TRANSITIVE, AM_BGP_WITHDRAW, BOTH(WITHDRAW), AM_BGP_UPDATE_OPTIONAL,
		.no_inner = true, .name = "ATTR_SET", .decode = set_decode, .encode = set_encode},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static const struct row *row_of(uint8_t code)
{
	return code < ROWS && rows[code].name ? &rows[code] : NULL;
}

const char *am_bgp_attr_name(uint8_t code)
{
	const struct row *row = row_of(code);

	return row ? row->name : "unknown";
}

const char *am_bgp_class_name(enum am_bgp_class class)
{
	static const char *const names[] = {"ok", "attribute-discard", "treat-as-withdraw", "session-reset"};

	return names[class];
}

/* One attribute as it stands in the list. */
struct item {
	uint8_t flags, code;
	struct am_bgp_span value, whole;
};

/* The next one; false where the list ends, and then r is bad where it did not end well. */
static bool item_next(struct am_reader *r, struct item *out)
{
	const uint8_t *begin = r->at;

	if (!am_reader_left(r))
		return false;
	out->flags = am_take8(r);
	out->code = am_take8(r);
	out->value.len = out->flags & AM_BGP_FLAG_EXTENDED ? am_take16(r) : am_take8(r);
	out->value.bytes = am_take(r, out->value.len);
	out->whole = (struct am_bgp_span){begin, (size_t)(r->at - begin)};
	return out->value.bytes;
}

/* False where the code was there before. */
static bool first_of_its_code(struct am_bgp_decoder *d, uint8_t code)
{
	uint64_t bit = (uint64_t)1 << code % 64, *word = &d->seen[code / 64];
	bool before = *word & bit;

	*word |= bit;
	return !before;
}

/* RFC 4271 5 and 6.3: what is optional and not known here is passed on if transitive, else quietly dropped. */
static void unknown(struct am_bgp_decoder *d, const struct item *item)
{
	uint8_t *copy = d->scratch.at;

	if (!(item->flags & AM_BGP_FLAG_OPTIONAL)) {
		am_bgp_fault(d->out, AM_BGP_RESET, item->code, AM_BGP_UPDATE_UNRECOGNIZED, item->whole,
			"a well-known attribute that nobody knows");
		return;
	}
	if (!(item->flags & AM_BGP_FLAG_TRANSITIVE))
		return;
	am_put_bytes(&d->scratch, item->whole.bytes, item->whole.len);
	if (d->scratch.full)
		return;
	copy[0] |= AM_BGP_FLAG_PARTIAL;
	if (!d->out->attrs.unknown.len)
		d->out->attrs.unknown.bytes = copy;
	d->out->attrs.unknown.len += item->whole.len;
}

/* The two of RFC 4760 stand beside the attributes, with their routes. */
static bool is_mp(uint8_t code)
{
	return code == AM_BGP_ATTR_MP_REACH || code == AM_BGP_ATTR_MP_UNREACH;
}

static bool is_as4(uint8_t code)
{
	return code == AM_BGP_ATTR_AS4_PATH || code == AM_BGP_ATTR_AS4_AGGREGATOR;
}

/* Attributes of RFC 6793 belong to peers of 2-octet numbers, and AIGP to sessions that agreed on it: else they are not there. */
static bool is_out_of_place(const struct am_bgp_decoder *d, uint8_t code)
{
	return is_as4(code) ? d->ctx->as4 : code == AM_BGP_ATTR_AIGP && !d->ctx->aigp;
}

static void accept(struct am_bgp_decoder *d, const struct row *row, const struct item *item)
{
	am_bgp_attr_set bit = AM_BGP_HAS(item->code);

	if (is_mp(item->code))
		return;
	if (is_as4(item->code))
		d->as4_has |= bit;
	else
		d->out->attrs.has |= bit;
	if (!is_as4(item->code) && item->flags & AM_BGP_FLAG_PARTIAL && row->flags & AM_BGP_FLAG_OPTIONAL)
		d->out->attrs.partial |= bit;
}

/* An attribute that has a row. A fault may leave half a value: the row's bit in `has` is what counts. */
static void known(struct am_bgp_decoder *d, const struct row *row, const struct item *item)
{
	uint8_t differ = (item->flags ^ row->flags) & (AM_BGP_FLAG_OPTIONAL | AM_BGP_FLAG_TRANSITIVE);
	bool external = d->ctx->kind == AM_BGP_EXTERNAL;
	const char *why = wrong_length;

	if (differ) {
		am_bgp_fault(d->out, row->wrong_flags, item->code, AM_BGP_UPDATE_FLAGS, item->whole,
			"its Optional or Transitive bit is wrong");
		/* The routes to be withdrawn stand in it. */
		if (!is_mp(item->code))
			return;
	}
	if (is_out_of_place(d, item->code))
		return;
	if (item->value.len || row->may_be_empty)
		why = row->decode(d, item->value);
	if (why)
		am_bgp_fault(d->out, row->malformed[!external], item->code,
			why == wrong_length ? AM_BGP_UPDATE_LENGTH : row->subcode, item->whole, why);
	else if (row->internal_only && external)
		am_bgp_fault(d->out, AM_BGP_DISCARD, item->code, AM_BGP_UPDATE_OPTIONAL, item->whole,
			"it has no meaning from an external peer");
	else
		accept(d, row, item);
}

/* RFC 7606 3 g. */
static void repeated(struct am_bgp_decoder *d, const struct item *item)
{
	am_bgp_fault(d->out, is_mp(item->code) ? AM_BGP_RESET : AM_BGP_DISCARD, item->code,
		AM_BGP_UPDATE_LIST, (struct am_bgp_span){0}, "it stands more than once in one UPDATE");
}

static void list_broken(struct am_bgp_decoder *d, uint8_t code, bool header)
{
	/* Where the NLRI are in what is cut, they cannot be found (RFC 7606 3 j). */
	bool mp = !header && is_mp(code);

	d->broken = true;
	am_bgp_fault(d->out, mp ? AM_BGP_RESET : AM_BGP_WITHDRAW, header ? 0 : code, AM_BGP_UPDATE_LIST,
		(struct am_bgp_span){0},
		header ? "half an attribute header ends the list of attributes"
		       : "the last attribute is longer than the list of attributes");
}

void am_bgp_attrs_decode(struct am_bgp_decoder *d, struct am_bgp_span bytes, bool inner)
{
	struct am_reader r = am_reader(bytes.bytes, bytes.len);
	struct item item = {0};

	while (item_next(&r, &item)) {
		const struct row *row = row_of(item.code);

		if (!first_of_its_code(d, item.code))
			repeated(d, &item);
		else if (!row)
			unknown(d, &item);
		else if (inner && row->no_inner)
			am_bgp_fault(d->out, AM_BGP_WITHDRAW, item.code, AM_BGP_UPDATE_OPTIONAL, item.whole,
				"it has no place in an ATTR_SET");
		else
			known(d, row, &item);
	}
	if (r.bad)
		list_broken(d, item.code, item.whole.len < 3);
}

void am_bgp_attrs_reload(struct am_bgp_span bytes, struct am_bgp_attrs *out)
{
	static const struct am_bgp_context ctx = {.kind = AM_BGP_CONFEDERATION, .as4 = true, .aigp = true};
	struct am_reader r = am_reader(bytes.bytes, bytes.len);
	struct am_bgp_update update;
	struct am_bgp_decoder d = {.ctx = &ctx, .out = &update};
	struct item item;

	update.attrs = (struct am_bgp_attrs){0};
	while (item_next(&r, &item)) {
		const struct row *row = row_of(item.code);

		/* What is not known stands behind all else. */
		if (!row) {
			update.attrs.unknown =
				(struct am_bgp_span){item.whole.bytes, (size_t)(r.end - item.whole.bytes)};
			break;
		}
		row->decode(&d, item.value);
		update.attrs.has |= AM_BGP_HAS(item.code);
		if (item.flags & AM_BGP_FLAG_PARTIAL)
			update.attrs.partial |= AM_BGP_HAS(item.code);
	}
	*out = update.attrs;
}

uint8_t *am_bgp_attr_begin(struct am_writer *w, uint8_t flags, uint8_t code)
{
	uint8_t *begin = w->at;

	am_put8(w, flags | AM_BGP_FLAG_EXTENDED);
	am_put8(w, code);
	am_put16(w, 0);
	return begin;
}

/* Values of up to 255 octets move back by one: the length was not known before. */
void am_bgp_attr_end(struct am_writer *w, uint8_t *begin)
{
	size_t len = w->full ? 0 : (size_t)(w->at - begin) - 4;

	if (w->full)
		return;
	if (len > UINT16_MAX) {
		w->full = true;
	} else if (len > UINT8_MAX) {
		am_store16(begin + 2, (uint16_t)len);
	} else {
		begin[0] &= (uint8_t)~AM_BGP_FLAG_EXTENDED;
		begin[2] = (uint8_t)len;
		memmove(begin + 3, begin + 4, len);
		w->at--;
	}
}

/* What has to be written for this peer: RFC 6793 4.2.2 adds to what the attributes have. */
static am_bgp_attr_set wanted(const struct am_bgp_attrs *a, const struct am_bgp_context *ctx)
{
	am_bgp_attr_set set = a->has;

	if (ctx->as4)
		return set;
	if (a->has & AM_BGP_HAS(AM_BGP_ATTR_AS_PATH) && am_bgp_as_path_is_wide(a->as_path))
		set |= AM_BGP_HAS(AM_BGP_ATTR_AS4_PATH);
	if (a->has & AM_BGP_HAS(AM_BGP_ATTR_AGGREGATOR) && a->aggregator.as > UINT16_MAX)
		set |= AM_BGP_HAS(AM_BGP_ATTR_AS4_AGGREGATOR);
	return set;
}

void am_bgp_attrs_encode(
	struct am_writer *w, const struct am_bgp_attrs *attrs, const struct am_bgp_context *ctx)
{
	for (am_bgp_attr_set left = wanted(attrs, ctx); left; left &= left - 1) {
		unsigned bit = (unsigned)__builtin_ctzll(left);
		uint8_t code = bit == 63 ? AM_BGP_ATTR_SET : (uint8_t)bit;
		const struct row *row = row_of(code);
		bool partial = attrs->partial & AM_BGP_HAS(code);
		uint8_t *begin;

		if (!row || !row->encode)
			continue;
		begin = am_bgp_attr_begin(w, row->flags | (partial ? AM_BGP_FLAG_PARTIAL : 0), code);
		row->encode(w, attrs, ctx);
		am_bgp_attr_end(w, begin);
	}
	if (attrs->unknown.len)
		am_put_bytes(w, attrs->unknown.bytes, attrs->unknown.len);
}
