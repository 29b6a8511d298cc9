/* SPDX-License-Identifier: BSD-3-Clause */
#include "bgp/bmp.h"

#include <errno.h>

enum {
	ROUTE_MONITORING = 0,
	STATISTICS_REPORT = 1,
	PEER_DOWN = 2,
	PEER_UP = 3,
	INITIATION = 4,
	TERMINATION = 5,
	ROUTE_MIRRORING = 6,

	TLV_STRING = 0, /* of INITIATION and TERMINATION */
	TLV_DESCRIPTION = 1,
	TLV_NAME = 2,
	TLV_REASON = 1,
	TLV_MIRRORED = 0, /* of ROUTE_MIRRORING */
	TLV_MIRROR_INFO = 1,
	MIRROR_MALFORMED = 0,
	MIRROR_LOST = 1,

	FLAG_IPV6 = 0x80,
	FLAG_POST_POLICY = 0x40,
	FLAG_AS2 = 0x20,
};

static uint8_t *begin_message(struct am_writer *w, uint8_t type)
{
	uint8_t *begin = w->at;

	am_put8(w, AM_BGP_BMP_VERSION);
	am_put32(w, 0);
	am_put8(w, type);
	return begin;
}

static int give_back(struct am_writer *w, uint8_t *begin, int rc)
{
	w->at = begin;
	w->full = false;
	return rc;
}

static int end_message(struct am_writer *w, uint8_t *begin)
{
	if (w->full)
		return give_back(w, begin, -ENOSPC);
	am_store32(begin + 1, (uint32_t)(w->at - begin));
	return 0;
}

static void put_span(struct am_writer *w, struct am_bgp_span span)
{
	if (span.len)
		am_put_bytes(w, span.bytes, span.len);
}

/* False where the value is too long for its length. */
static bool put_tlv(struct am_writer *w, uint16_t type, struct am_bgp_span value)
{
	am_put16(w, type);
	am_put16(w, (uint16_t)value.len);
	put_span(w, value);
	return value.len <= UINT16_MAX;
}

/* 16 octets; an IPv4 address stands in the last four. */
static void put_ip(struct am_writer *w, const struct am_ip *ip)
{
	size_t len = am_ip_len(ip);
	uint8_t *at = am_put(w, 16);

	if (at && len)
		memcpy(at + 16 - len, ip->bytes, len);
}

/* A Loc-RIB has no address, and no flags of ours (RFC 9069 4.2). */
static uint8_t flags_of(const struct am_bgp_bmp_peer *p)
{
	if (p->type == AM_BGP_BMP_LOC_RIB)
		return 0;
	return (uint8_t)((p->address.family == AM_IPV6 ? FLAG_IPV6 : 0) |
			 (p->post_policy ? FLAG_POST_POLICY : 0) | (p->as2 ? FLAG_AS2 : 0));
}

static void put_peer(struct am_writer *w, const struct am_bgp_bmp_peer *p)
{
	am_put8(w, (uint8_t)p->type);
	am_put8(w, flags_of(p));
	am_put_bytes(w, p->rd, sizeof p->rd);
	put_ip(w, &p->address);
	am_put32(w, p->as);
	am_put32(w, p->id);
	am_put32(w, p->s);
	am_put32(w, p->us);
}

static uint8_t *begin_peer(struct am_writer *w, uint8_t type, const struct am_bgp_bmp_peer *p)
{
	uint8_t *begin = begin_message(w, type);

	put_peer(w, p);
	return begin;
}

static bool is_wrong(const struct am_bgp_bmp_peer *p)
{
	return (p->type == AM_BGP_BMP_LOC_RIB) != (am_ip_len(&p->address) == 0);
}

int am_bgp_bmp_put_initiation(
	struct am_writer *w, struct am_bgp_span name, struct am_bgp_span description, struct am_bgp_span more)
{
	uint8_t *begin = begin_message(w, INITIATION);
	bool fits = put_tlv(w, TLV_DESCRIPTION, description) && put_tlv(w, TLV_NAME, name);

	if (more.len)
		fits = fits && put_tlv(w, TLV_STRING, more);
	return fits ? end_message(w, begin) : give_back(w, begin, -EINVAL);
}

int am_bgp_bmp_put_termination(struct am_writer *w, enum am_bgp_bmp_end why, struct am_bgp_span text)
{
	uint8_t *begin = begin_message(w, TERMINATION);
	uint8_t reason[2];
	bool fits = true;

	am_store16(reason, (uint16_t)why);
	if (text.len)
		fits = put_tlv(w, TLV_STRING, text);
	put_tlv(w, TLV_REASON, (struct am_bgp_span){reason, sizeof reason});
	return fits ? end_message(w, begin) : give_back(w, begin, -EINVAL);
}

int am_bgp_bmp_put_up(struct am_writer *w, const struct am_bgp_bmp_peer *peer, const struct am_bgp_bmp_up *up)
{
	uint8_t *begin;

	if (is_wrong(peer) || up->local.family != peer->address.family)
		return -EINVAL;
	begin = begin_peer(w, PEER_UP, peer);
	put_ip(w, &up->local);
	am_put16(w, up->local_port);
	am_put16(w, up->remote_port);
	put_span(w, up->sent_open);
	put_span(w, up->received_open);
	return end_message(w, begin);
}

int am_bgp_bmp_put_down(struct am_writer *w, const struct am_bgp_bmp_peer *peer, enum am_bgp_bmp_down why,
	struct am_bgp_span data)
{
	bool notified = why == AM_BGP_BMP_DOWN_NOTIFIED || why == AM_BGP_BMP_DOWN_BY_PEER;
	uint8_t *begin;

	if (is_wrong(peer) || (why == AM_BGP_BMP_DOWN_LOCAL && data.len != 2) || (notified && !data.len) ||
		(!notified && why != AM_BGP_BMP_DOWN_LOCAL && data.len))
		return -EINVAL;
	begin = begin_peer(w, PEER_DOWN, peer);
	am_put8(w, (uint8_t)why);
	put_span(w, data);
	return end_message(w, begin);
}

int am_bgp_bmp_put_route(struct am_writer *w, const struct am_bgp_bmp_peer *peer, struct am_bgp_span update)
{
	uint8_t *begin;

	if (is_wrong(peer) || !update.len)
		return -EINVAL;
	begin = begin_peer(w, ROUTE_MONITORING, peer);
	put_span(w, update);
	return end_message(w, begin);
}

int am_bgp_bmp_put_mirror(
	struct am_writer *w, const struct am_bgp_bmp_peer *peer, struct am_bgp_span message, bool malformed)
{
	uint8_t info[2];
	uint8_t *begin;

	if (is_wrong(peer) || message.len > UINT16_MAX || (malformed && !message.len))
		return -EINVAL;
	begin = begin_peer(w, ROUTE_MIRRORING, peer);
	am_store16(info, malformed ? MIRROR_MALFORMED : MIRROR_LOST);
	if (malformed || !message.len)
		put_tlv(w, TLV_MIRROR_INFO, (struct am_bgp_span){info, sizeof info});
	if (message.len)
		put_tlv(w, TLV_MIRRORED, message);
	return end_message(w, begin);
}

/* RFC 7854 4.8: counters have 32 bits, gauges 64, those of a family name it. */
static void put_stat(struct am_writer *w, const struct am_bgp_bmp_stat *stat)
{
	bool family = stat->type == AM_BGP_BMP_STAT_ADJ_RIB_IN_FAMILY ||
		      stat->type == AM_BGP_BMP_STAT_LOC_RIB_FAMILY;
	bool wide =
		family || stat->type == AM_BGP_BMP_STAT_ADJ_RIB_IN || stat->type == AM_BGP_BMP_STAT_LOC_RIB;

	am_put16(w, (uint16_t)stat->type);
	am_put16(w, family ? 11 : wide ? 8 : 4);
	if (family) {
		am_put16(w, stat->afi);
		am_put8(w, stat->safi);
	}
	if (wide)
		am_put32(w, (uint32_t)(stat->value >> 32));
	am_put32(w, (uint32_t)stat->value);
}

int am_bgp_bmp_put_stats(struct am_writer *w, const struct am_bgp_bmp_peer *peer,
	const struct am_bgp_bmp_stat *stats, size_t n)
{
	uint8_t *begin;

	if (is_wrong(peer))
		return -EINVAL;
	begin = begin_peer(w, STATISTICS_REPORT, peer);
	am_put32(w, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		put_stat(w, &stats[i]);
	return end_message(w, begin);
}
