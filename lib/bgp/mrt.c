/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading MRT. A record is checked to its end when it is read; walking its lists cannot fail afterwards. */
#include "mrt_numbers.h"

#include <errno.h>
#include <stdlib.h>

#include "bgp/message.h"
#include "codec.h"

struct am_bgp_mrt_reader {
	size_t max;
	size_t len;  /* octets kept */
	size_t room; /* for so many */
	size_t skip; /* octets of a record that is too long, still to come */
	bool done;   /* what is kept was handed out */
	uint8_t *bytes;
};

struct am_bgp_mrt_reader *am_bgp_mrt_reader_create(size_t max)
{
	struct am_bgp_mrt_reader *r = calloc(1, sizeof *r);

	if (r)
		r->max = max;
	return r;
}

void am_bgp_mrt_reader_free(struct am_bgp_mrt_reader *reader)
{
	if (!reader)
		return;
	free(reader->bytes);
	free(reader);
}

size_t am_bgp_mrt_pending(const struct am_bgp_mrt_reader *reader)
{
	return (reader->done ? 0 : reader->len) + reader->skip;
}

static struct am_ip take_ip(struct am_reader *r, bool ipv6)
{
	const uint8_t *bytes = am_take(r, ipv6 ? 16 : 4);

	if (!bytes)
		return (struct am_ip){0};
	return ipv6 ? am_ip6(bytes) : am_ip4(bytes);
}

static struct am_bgp_span rest(struct am_reader *r)
{
	size_t len = am_reader_left(r);

	return (struct am_bgp_span){am_take(r, len), len};
}

bool am_bgp_mrt_peer_next(struct am_reader *list, struct am_bgp_mrt_peer *out)
{
	uint8_t type;

	if (!am_reader_left(list))
		return false;
	type = am_take8(list);
	out->id = am_take32(list);
	out->address = take_ip(list, type & MRT_PEER_IPV6);
	out->as = type & MRT_PEER_AS4 ? am_take32(list) : am_take16(list);
	return !list->bad;
}

bool am_bgp_mrt_entry_next(
	struct am_reader *list, const struct am_bgp_mrt_rib *rib, struct am_bgp_mrt_entry *out)
{
	if (!am_reader_left(list))
		return false;
	out->peer = am_take16(list);
	out->originated = am_take32(list);
	out->path_id = rib->path_ids ? am_take32(list) : 0;
	out->attrs.len = am_take16(list);
	out->attrs.bytes = am_take(list, out->attrs.len);
	return !list->bad;
}

static const char *read_peers(struct am_reader *r, struct am_bgp_mrt_peers *out)
{
	struct am_bgp_mrt_peer peer;
	struct am_reader list;
	uint16_t n = 0;

	out->collector = am_take32(r);
	out->view.len = am_take16(r);
	out->view.bytes = am_take(r, out->view.len);
	out->n = am_take16(r);
	if (r->bad)
		return "a peer index table is cut short";
	out->list = rest(r);
	list = am_reader(out->list.bytes, out->list.len);
	while (n < out->n && am_bgp_mrt_peer_next(&list, &peer))
		n++;
	if (n < out->n || am_reader_left(&list))
		return "a peer index table has another number of peers than it says";
	return NULL;
}

static const char *read_rib(struct am_reader *r, struct am_bgp_mrt_rib *out)
{
	struct am_bgp_mrt_entry entry;
	struct am_reader list;
	uint16_t n = 0;

	out->n = am_take16(r);
	if (r->bad)
		return "a RIB record is cut short";
	out->list = rest(r);
	list = am_reader(out->list.bytes, out->list.len);
	while (n < out->n && am_bgp_mrt_entry_next(&list, out, &entry))
		n++;
	if (n < out->n || am_reader_left(&list))
		return "a RIB record has another number of entries than it says";
	return NULL;
}

static enum am_bgp_family rib_family(struct am_reader *r, uint16_t subtype)
{
	uint16_t afi;

	if (subtype == MRT_RIB_IPV4_UNICAST)
		return AM_BGP_IPV4_UNICAST;
	if (subtype == MRT_RIB_IPV6_UNICAST)
		return AM_BGP_IPV6_UNICAST;
	if (subtype != MRT_RIB_GENERIC)
		return AM_BGP_FAMILY_OTHER;
	afi = am_take16(r);
	return am_bgp_family_of(afi, am_take8(r));
}

static const char *read_table(struct am_reader *r, struct am_bgp_mrt_record *out)
{
	struct am_bgp_mrt_rib *rib = &out->rib;
	uint16_t subtype = out->subtype;
	enum am_bgp_family family;
	const char *why = NULL;

	if (subtype == MRT_PEER_INDEX_TABLE) {
		out->kind = AM_BGP_MRT_PEERS;
		return read_peers(r, &out->peers);
	}
	*rib = (struct am_bgp_mrt_rib){.path_ids = subtype > MRT_RIB_ADDPATH, .sequence = am_take32(r)};
	family = rib_family(r, rib->path_ids ? subtype - MRT_RIB_ADDPATH : subtype);
	if (family == AM_BGP_FAMILY_OTHER)
		return NULL;
	out->kind = AM_BGP_MRT_RIB;
	if (am_bgp_nlri_take(r, family, false, &rib->nlri, &why) != AM_BGP_OK)
		return "the destination of a RIB record is wrong";
	return read_rib(r, rib);
}

static const char *read_session(struct am_reader *r, bool as4, struct am_bgp_mrt_session *out)
{
	uint16_t afi;

	out->peer_as = as4 ? am_take32(r) : am_take16(r);
	out->local_as = as4 ? am_take32(r) : am_take16(r);
	out->interface = am_take16(r);
	afi = am_take16(r);
	if (afi != AM_BGP_AFI_IPV4 && afi != AM_BGP_AFI_IPV6)
		return "a session's addresses are neither of IPv4 nor of IPv6";
	out->peer = take_ip(r, afi == AM_BGP_AFI_IPV6);
	out->local = take_ip(r, afi == AM_BGP_AFI_IPV6);
	return r->bad ? "a session's addresses are cut short" : NULL;
}

/* What a subtype says of the message in it; [0] and [5] are changes of state. */
static const struct {
	bool known, as4, sent, path_ids, state;
} bgp4mp[] = {
	[MRT_STATE_CHANGE] = {.known = true, .state = true},
	[MRT_STATE_CHANGE_AS4] = {.known = true, .state = true, .as4 = true},
	[MRT_MESSAGE] = {.known = true},
	[MRT_MESSAGE_AS4] = {.known = true, .as4 = true},
	[MRT_MESSAGE_LOCAL] = {.known = true, .sent = true},
	[MRT_MESSAGE_AS4_LOCAL] = {.known = true, .as4 = true, .sent = true},
	[MRT_MESSAGE_ADDPATH] = {.known = true, .path_ids = true},
	[MRT_MESSAGE_AS4_ADDPATH] = {.known = true, .as4 = true, .path_ids = true},
	[MRT_MESSAGE_LOCAL_ADDPATH] = {.known = true, .sent = true, .path_ids = true},
	[MRT_MESSAGE_AS4_LOCAL_ADDPATH] = {.known = true, .as4 = true, .sent = true, .path_ids = true},
};

static const char *read_bgp4mp(struct am_reader *r, struct am_bgp_mrt_record *out)
{
	uint16_t s = out->subtype;
	const char *why;

	if (s >= sizeof bgp4mp / sizeof bgp4mp[0] || !bgp4mp[s].known)
		return NULL;
	if (bgp4mp[s].state) {
		out->kind = AM_BGP_MRT_STATE;
		why = read_session(r, bgp4mp[s].as4, &out->state.session);
		out->state.from = am_take16(r);
		out->state.to = am_take16(r);
		return why                           ? why
		       : r->bad || am_reader_left(r) ? "a change of state has a wrong length"
						     : NULL;
	}
	out->kind = AM_BGP_MRT_MESSAGE;
	why = read_session(r, bgp4mp[s].as4, &out->message.session);
	out->message.as4 = bgp4mp[s].as4;
	out->message.sent = bgp4mp[s].sent;
	out->message.path_ids = bgp4mp[s].path_ids;
	out->message.message = rest(r);
	return why;
}

/* A record that is all there. */
static int parse(const uint8_t *bytes, size_t len, struct am_bgp_mrt_record *out)
{
	struct am_reader r = am_reader(bytes, len);

	*out = (struct am_bgp_mrt_record){.time.s = am_take32(&r)};
	out->type = am_take16(&r);
	out->subtype = am_take16(&r);
	am_take32(&r);
	if (out->type == MRT_BGP4MP_ET) {
		out->time.us = am_take32(&r);
		if (r.bad) {
			out->why = "a record with microseconds is too short for them";
			return -EBADMSG;
		}
	}
	out->body = (struct am_bgp_span){r.at, am_reader_left(&r)};
	if (out->type == MRT_TABLE_DUMP_V2)
		out->why = read_table(&r, out);
	else if (out->type == MRT_BGP4MP || out->type == MRT_BGP4MP_ET)
		out->why = read_bgp4mp(&r, out);
	return out->why ? -EBADMSG : 0;
}

/* Keep n more octets of the front of *bytes. */
static int keep(struct am_bgp_mrt_reader *r, struct am_bgp_span *bytes, size_t n)
{
	size_t room = r->room ? r->room : 4096;
	uint8_t *grown;

	while (room < r->len + n)
		room *= 2;
	if (room > r->room) {
		grown = malloc(room);
		if (!grown)
			return -ENOMEM;
		if (r->len)
			memcpy(grown, r->bytes, r->len);
		free(r->bytes);
		r->bytes = grown;
		r->room = room;
	}
	memcpy(r->bytes + r->len, bytes->bytes, n);
	r->len += n;
	bytes->bytes += n;
	bytes->len -= n;
	return 0;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void skip(struct am_bgp_mrt_reader *r, struct am_bgp_span *bytes)
{
	size_t n = least(r->skip, bytes->len);

	r->skip -= n;
	bytes->bytes = n ? bytes->bytes + n : bytes->bytes;
	bytes->len -= n;
}

/* The header is there: pass over the rest of the record, now and in later calls. */
static int too_long(struct am_bgp_mrt_reader *r, struct am_bgp_span *bytes, const uint8_t *header,
	struct am_bgp_mrt_record *out)
{
	*out = (struct am_bgp_mrt_record){
		.time.s = am_load32(header),
		.type = am_load16(header + 4),
		.subtype = am_load16(header + 6),
		.why = "a record is longer than what was allowed",
	};
	r->skip = AM_BGP_MRT_HEADER_LEN + (size_t)am_load32(header + 8) - r->len;
	r->len = 0;
	skip(r, bytes);
	return -EMSGSIZE;
}

/* Complete the header that is kept. 0, or -EAGAIN, or -ENOMEM. */
static int keep_header(struct am_bgp_mrt_reader *r, struct am_bgp_span *bytes)
{
	size_t n = least(bytes->len, AM_BGP_MRT_HEADER_LEN - least(r->len, AM_BGP_MRT_HEADER_LEN));
	int rc = n ? keep(r, bytes, n) : 0;

	return rc ? rc : r->len < AM_BGP_MRT_HEADER_LEN ? -EAGAIN : 0;
}

int am_bgp_mrt_read(struct am_bgp_mrt_reader *r, struct am_bgp_span *bytes, struct am_bgp_mrt_record *out)
{
	const uint8_t *header;
	size_t whole;
	int rc;

	if (r->done)
		r->len = 0;
	r->done = false;
	skip(r, bytes);
	if (r->len || bytes->len < AM_BGP_MRT_HEADER_LEN) {
		rc = keep_header(r, bytes);
		if (rc)
			return rc;
	}
	header = r->len ? r->bytes : bytes->bytes;
	whole = AM_BGP_MRT_HEADER_LEN + (size_t)am_load32(header + 8);
	if (whole > r->max)
		return too_long(r, bytes, header, out);
	if (!r->len && bytes->len >= whole) {
		bytes->bytes += whole;
		bytes->len -= whole;
		return parse(header, whole, out);
	}
	rc = keep(r, bytes, least(bytes->len, whole - r->len));
	if (rc)
		return rc;
	if (r->len < whole)
		return -EAGAIN;
	r->done = true;
	return parse(r->bytes, whole, out);
}

/* An MP_REACH_NLRI of a RIB entry: the next hop alone (RFC 6396 4.3.4), or all of it, as some write it. */
static bool next_hop_of(struct am_bgp_span value, struct am_bgp_span *hop)
{
	struct am_reader r = am_reader(value.bytes, value.len);

	hop->len = am_take8(&r);
	if (!hop->len) {
		am_take16(&r);
		hop->len = am_take8(&r);
	}
	hop->bytes = am_take(&r, hop->len);
	return hop->len && hop->bytes;
}

/* BIRD 2.0 dumps NEXT_HOP and LOCAL_PREF without the flags that every well-known attribute has on the wire (RFC 4271 4.3). */
static uint8_t right_flags(uint8_t flags, uint8_t code)
{
	bool well_known =
		code != AM_BGP_ATTR_MED && code >= AM_BGP_ATTR_ORIGIN && code <= AM_BGP_ATTR_ATOMIC_AGGREGATE;

	return well_known ? (uint8_t)(AM_BGP_FLAG_TRANSITIVE | (flags & AM_BGP_FLAG_EXTENDED)) : flags;
}

/* Copy the attributes but MP_REACH_NLRI, whose next hop goes to *hop. False where they are no list. */
static bool copy_attrs(struct am_writer *w, struct am_bgp_span attrs, struct am_bgp_span *hop, bool *has_hop)
{
	struct am_reader r = am_reader(attrs.bytes, attrs.len);

	while (am_reader_left(&r)) {
		const uint8_t *begin = r.at;
		uint8_t flags = am_take8(&r), code = am_take8(&r), *copy;
		size_t len = flags & AM_BGP_FLAG_EXTENDED ? am_take16(&r) : am_take8(&r);
		struct am_bgp_span value = {am_take(&r, len), len};

		if (r.bad)
			return false;
		*has_hop |= code == AM_BGP_ATTR_NEXT_HOP;
		if (code == AM_BGP_ATTR_MP_REACH) {
			if (!next_hop_of(value, hop))
				return false;
			continue;
		}
		copy = am_put(w, (size_t)(r.at - begin));
		if (copy) {
			memcpy(copy, begin, (size_t)(r.at - begin));
			*copy = right_flags(flags, code);
		}
	}
	return true;
}

static void put_mp_reach(
	struct am_writer *w, const struct am_bgp_nlri *nlri, bool path_ids, struct am_bgp_span hop)
{
	uint8_t *begin = am_bgp_attr_begin(w, AM_BGP_FLAG_OPTIONAL, AM_BGP_ATTR_MP_REACH);

	am_put16(w, am_bgp_afi(nlri->family));
	am_put8(w, am_bgp_safi(nlri->family));
	am_put8(w, (uint8_t)hop.len);
	am_put_bytes(w, hop.bytes, hop.len);
	am_put8(w, 0);
	if (am_bgp_nlri_encode(w, nlri, path_ids))
		w->full = true;
	am_bgp_attr_end(w, begin);
}

int am_bgp_mrt_entry_update(
	struct am_writer *w, const struct am_bgp_mrt_rib *rib, const struct am_bgp_mrt_entry *entry)
{
	uint8_t *begin = am_bgp_message_begin(w, AM_BGP_UPDATE), *length;
	struct am_bgp_nlri nlri = rib->nlri;
	struct am_bgp_span hop = {0};
	bool has_hop = false;
	int rc;

	nlri.path_id = entry->path_id;
	am_put16(w, 0);
	length = am_put(w, 2);
	rc = copy_attrs(w, entry->attrs, &hop, &has_hop) ? 0 : -EBADMSG;
	if (!rc && !hop.len && !(has_hop && nlri.family == AM_BGP_IPV4_UNICAST))
		rc = -ENOENT;
	if (rc) {
		w->at = begin;
		w->full = false;
		return rc;
	}
	if (hop.len)
		put_mp_reach(w, &nlri, rib->path_ids, hop);
	if (length && !w->full && (size_t)(w->at - length) - 2 <= UINT16_MAX)
		am_store16(length, (uint16_t)(w->at - length - 2));
	if (!hop.len && am_bgp_nlri_encode(w, &nlri, rib->path_ids))
		w->full = true;
	return am_bgp_message_end(w, begin, AM_BGP_EXTENDED_MAX);
}
