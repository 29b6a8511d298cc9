/* SPDX-License-Identifier: BSD-3-Clause */
/* Writing MRT. */
#include <errno.h>

#include "codec.h"
#include "mrt_numbers.h"

static uint8_t *begin_record(
	struct am_writer *w, struct am_bgp_mrt_time time, uint16_t type, uint16_t subtype)
{
	uint8_t *begin = w->at;

	am_put32(w, time.s);
	am_put16(w, type);
	am_put16(w, subtype);
	am_put32(w, 0);
	if (type == MRT_BGP4MP_ET)
		am_put32(w, time.us);
	return begin;
}

static int give_back(struct am_writer *w, uint8_t *begin, int rc)
{
	w->at = begin;
	w->full = false;
	return rc;
}

static int end_record(struct am_writer *w, uint8_t *begin)
{
	if (w->full)
		return give_back(w, begin, -ENOSPC);
	am_store32(begin + 8, (uint32_t)(w->at - begin - AM_BGP_MRT_HEADER_LEN));
	return 0;
}

static void put_ip(struct am_writer *w, const struct am_ip *ip)
{
	am_put_bytes(w, ip->bytes, am_ip_len(ip));
}

int am_bgp_mrt_put_peers(struct am_writer *w, struct am_bgp_mrt_time time, uint32_t collector,
	struct am_bgp_span view, const struct am_bgp_mrt_peer *peers, size_t n)
{
	uint8_t *begin = begin_record(w, time, MRT_TABLE_DUMP_V2, MRT_PEER_INDEX_TABLE);

	if (n > UINT16_MAX || view.len > UINT16_MAX)
		return give_back(w, begin, -EINVAL);
	am_put32(w, collector);
	am_put16(w, (uint16_t)view.len);
	if (view.len)
		am_put_bytes(w, view.bytes, view.len);
	am_put16(w, (uint16_t)n);
	for (size_t i = 0; i < n; i++) {
		if (!am_ip_len(&peers[i].address))
			return give_back(w, begin, -EINVAL);
		am_put8(w, MRT_PEER_AS4 | (peers[i].address.family == AM_IPV6 ? MRT_PEER_IPV6 : 0));
		am_put32(w, peers[i].id);
		put_ip(w, &peers[i].address);
		am_put32(w, peers[i].as);
	}
	return end_record(w, begin);
}

static void put_as(struct am_writer *w, uint32_t as, bool as4)
{
	if (as4)
		am_put32(w, as);
	else
		am_put16(w, as > UINT16_MAX ? AM_BGP_AS_TRANS : (uint16_t)as);
}

static int put_session(struct am_writer *w, const struct am_bgp_mrt_session *s, bool as4)
{
	if (s->peer.family != s->local.family || !am_ip_len(&s->peer))
		return -EINVAL;
	put_as(w, s->peer_as, as4);
	put_as(w, s->local_as, as4);
	am_put16(w, s->interface);
	am_put16(w, s->peer.family == AM_IPV6 ? AM_BGP_AFI_IPV6 : AM_BGP_AFI_IPV4);
	put_ip(w, &s->peer);
	put_ip(w, &s->local);
	return 0;
}

int am_bgp_mrt_put_message(
	struct am_writer *w, struct am_bgp_mrt_time time, const struct am_bgp_mrt_message *m)
{
	static const uint16_t subtypes[2][2][2] = {
		{{MRT_MESSAGE, MRT_MESSAGE_AS4}, {MRT_MESSAGE_LOCAL, MRT_MESSAGE_AS4_LOCAL}},
		{{MRT_MESSAGE_ADDPATH, MRT_MESSAGE_AS4_ADDPATH},
			{MRT_MESSAGE_LOCAL_ADDPATH, MRT_MESSAGE_AS4_LOCAL_ADDPATH}},
	};
	uint8_t *begin = begin_record(w, time, MRT_BGP4MP_ET, subtypes[m->path_ids][m->sent][m->as4]);
	int rc = put_session(w, &m->session, m->as4);

	if (rc)
		return give_back(w, begin, rc);
	if (m->message.len)
		am_put_bytes(w, m->message.bytes, m->message.len);
	return end_record(w, begin);
}

int am_bgp_mrt_put_state(
	struct am_writer *w, struct am_bgp_mrt_time time, const struct am_bgp_mrt_state *state)
{
	uint8_t *begin = begin_record(w, time, MRT_BGP4MP_ET, MRT_STATE_CHANGE_AS4);
	int rc = put_session(w, &state->session, true);

	if (rc)
		return give_back(w, begin, rc);
	am_put16(w, state->from);
	am_put16(w, state->to);
	return end_record(w, begin);
}

static uint16_t rib_subtype(enum am_bgp_family family)
{
	return family == AM_BGP_IPV4_UNICAST   ? MRT_RIB_IPV4_UNICAST
	       : family == AM_BGP_IPV6_UNICAST ? MRT_RIB_IPV6_UNICAST
					       : MRT_RIB_GENERIC;
}

int am_bgp_mrt_rib_begin(struct am_bgp_mrt_rib_writer *rib, struct am_writer *w, struct am_bgp_mrt_time time,
	uint32_t sequence, const struct am_bgp_nlri *nlri, bool path_ids)
{
	uint16_t subtype = rib_subtype(nlri->family);
	int rc;

	*rib = (struct am_bgp_mrt_rib_writer){.w = w, .path_ids = path_ids};
	rib->begin = begin_record(
		w, time, MRT_TABLE_DUMP_V2, path_ids ? (uint16_t)(subtype + MRT_RIB_ADDPATH) : subtype);
	am_put32(w, sequence);
	if (subtype == MRT_RIB_GENERIC) {
		am_put16(w, am_bgp_afi(nlri->family));
		am_put8(w, am_bgp_safi(nlri->family));
	}
	rc = w->full ? -ENOSPC : am_bgp_nlri_encode(w, nlri, false);
	rib->count = am_put(w, 2);
	if (rc || w->full)
		return give_back(w, rib->begin, rc ? rc : -ENOSPC);
	return 0;
}

/* The shortened MP_REACH_NLRI of RFC 6396 4.3.4. */
static void put_next_hop(struct am_writer *w, const struct am_bgp_next_hop *hop)
{
	uint8_t *begin = am_bgp_attr_begin(w, AM_BGP_FLAG_OPTIONAL, AM_BGP_ATTR_MP_REACH);

	am_put8(w, hop->len);
	am_put_bytes(w, hop->bytes, hop->len);
	am_bgp_attr_end(w, begin);
}

int am_bgp_mrt_rib_put(struct am_bgp_mrt_rib_writer *rib, uint16_t peer, uint32_t originated,
	uint32_t path_id, const struct am_bgp_attrs *attrs, const struct am_bgp_next_hop *hop)
{
	const struct am_bgp_context ctx = {.as4 = true};
	struct am_writer *w = rib->w;
	uint8_t *begin = w->at, *length;
	size_t len;

	if (rib->n == UINT16_MAX)
		return -EINVAL;
	am_put16(w, peer);
	am_put32(w, originated);
	if (rib->path_ids)
		am_put32(w, path_id);
	length = am_put(w, 2);
	am_bgp_attrs_encode(w, attrs, &ctx);
	if (hop && hop->len)
		put_next_hop(w, hop);
	if (w->full)
		return give_back(w, begin, -ENOSPC);
	len = (size_t)(w->at - length) - 2;
	if (len > UINT16_MAX)
		return give_back(w, begin, -EINVAL);
	am_store16(length, (uint16_t)len);
	rib->n++;
	return 0;
}

void am_bgp_mrt_rib_end(struct am_bgp_mrt_rib_writer *rib)
{
	am_store16(rib->count, rib->n);
	am_store32(rib->begin + 8, (uint32_t)(rib->w->at - rib->begin - AM_BGP_MRT_HEADER_LEN));
}
