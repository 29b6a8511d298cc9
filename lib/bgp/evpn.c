/* SPDX-License-Identifier: BSD-3-Clause */
#include "bgp/evpn.h"

#include <errno.h>

#include "codec.h"

enum { MAC_BITS = 48 };

static void take_bytes(struct am_reader *r, uint8_t *out, size_t len)
{
	const uint8_t *p = am_take(r, len);

	if (p)
		memcpy(out, p, len);
}

static uint32_t take24(struct am_reader *r)
{
	uint32_t high = am_take8(r);

	return high << 16 | am_take16(r);
}

static void put24(struct am_writer *w, uint32_t v)
{
	am_put8(w, (uint8_t)(v >> 16));
	am_put16(w, (uint16_t)v);
}

static struct am_ip take_ip(struct am_reader *r, unsigned bits)
{
	const uint8_t *p = am_take(r, bits / 8);

	if (!p || !bits)
		return (struct am_ip){0};
	return bits == 32 ? am_ip4(p) : am_ip6(p);
}

/* An address with its length in bits before it: 32, 128, or 0 where that may be. */
static const char *take_sized_ip(struct am_reader *r, bool optional, struct am_ip *out)
{
	uint8_t bits = am_take8(r);

	if (bits != 32 && bits != 128 && (bits || !optional))
		return "an EVPN route with an IP address of neither 32 nor 128 bits";
	*out = take_ip(r, bits);
	return NULL;
}

static void put_sized_ip(struct am_writer *w, const struct am_ip *ip)
{
	am_put8(w, (uint8_t)(am_ip_len(ip) * 8));
	am_put_bytes(w, ip->bytes, am_ip_len(ip));
}

static void take_label(struct am_reader *r, struct am_bgp_evpn *route)
{
	route->labels[route->n_labels++] = take24(r);
}

static const char *auto_discovery_take(struct am_reader *r, struct am_bgp_evpn *route)
{
	take_bytes(r, route->esi, sizeof route->esi);
	route->tag = am_take32(r);
	take_label(r, route);
	return NULL;
}

static void auto_discovery_put(struct am_writer *w, const struct am_bgp_evpn *route)
{
	am_put_bytes(w, route->esi, sizeof route->esi);
	am_put32(w, route->tag);
	put24(w, route->labels[0]);
}

static const char *mac_ip_take(struct am_reader *r, struct am_bgp_evpn *route)
{
	const char *why;

	take_bytes(r, route->esi, sizeof route->esi);
	route->tag = am_take32(r);
	if (am_take8(r) != MAC_BITS && !r->bad)
		return "an EVPN route with a MAC address that has not 48 bits";
	take_bytes(r, route->mac.bytes, sizeof route->mac.bytes);
	why = take_sized_ip(r, true, &route->ip);
	take_label(r, route);
	if (am_reader_left(r))
		take_label(r, route);
	return why;
}

static void mac_ip_put(struct am_writer *w, const struct am_bgp_evpn *route)
{
	am_put_bytes(w, route->esi, sizeof route->esi);
	am_put32(w, route->tag);
	am_put8(w, MAC_BITS);
	am_put_bytes(w, route->mac.bytes, sizeof route->mac.bytes);
	put_sized_ip(w, &route->ip);
	put24(w, route->labels[0]);
	if (route->n_labels > 1)
		put24(w, route->labels[1]);
}

static const char *multicast_take(struct am_reader *r, struct am_bgp_evpn *route)
{
	route->tag = am_take32(r);
	return take_sized_ip(r, false, &route->ip);
}

static void multicast_put(struct am_writer *w, const struct am_bgp_evpn *route)
{
	am_put32(w, route->tag);
	put_sized_ip(w, &route->ip);
}

static const char *segment_take(struct am_reader *r, struct am_bgp_evpn *route)
{
	take_bytes(r, route->esi, sizeof route->esi);
	return take_sized_ip(r, false, &route->ip);
}

static void segment_put(struct am_writer *w, const struct am_bgp_evpn *route)
{
	am_put_bytes(w, route->esi, sizeof route->esi);
	put_sized_ip(w, &route->ip);
}

/* What is left after RD, ESI, tag and prefix length says the family: two addresses and a label. */
static const char *prefix_take(struct am_reader *r, struct am_bgp_evpn *route)
{
	unsigned bits;

	take_bytes(r, route->esi, sizeof route->esi);
	route->tag = am_take32(r);
	route->ip_len = am_take8(r);
	if (r->bad || (am_reader_left(r) != 2 * 4 + 3 && am_reader_left(r) != 2 * 16 + 3))
		return "an EVPN IP prefix route of neither 34 nor 58 octets";
	bits = am_reader_left(r) == 2 * 4 + 3 ? 32 : 128;
	if (route->ip_len > bits)
		return "an EVPN IP prefix longer than an address";
	route->ip = take_ip(r, bits);
	route->ip = am_prefix_around(&route->ip, route->ip_len).ip;
	route->gateway = take_ip(r, bits);
	take_label(r, route);
	return NULL;
}

static void prefix_put(struct am_writer *w, const struct am_bgp_evpn *route)
{
	am_put_bytes(w, route->esi, sizeof route->esi);
	am_put32(w, route->tag);
	am_put8(w, route->ip_len);
	am_put_bytes(w, route->ip.bytes, am_ip_len(&route->ip));
	am_put_bytes(w, route->gateway.bytes, am_ip_len(&route->ip));
	put24(w, route->labels[0]);
}

/* class: RFC 7606 5.3 resets for a length that its type cannot have; RFC 9136 3.1 withdraws for type 5. */
static const struct {
	const char *(*take)(struct am_reader *r, struct am_bgp_evpn *route);
	void (*put)(struct am_writer *w, const struct am_bgp_evpn *route);
	enum am_bgp_class malformed;
} types[] = {
	[AM_BGP_EVPN_AUTO_DISCOVERY] = {auto_discovery_take, auto_discovery_put, AM_BGP_RESET},
	[AM_BGP_EVPN_MAC_IP] = {mac_ip_take, mac_ip_put, AM_BGP_RESET},
	[AM_BGP_EVPN_INCLUSIVE_MULTICAST] = {multicast_take, multicast_put, AM_BGP_RESET},
	[AM_BGP_EVPN_ETHERNET_SEGMENT] = {segment_take, segment_put, AM_BGP_RESET},
	[AM_BGP_EVPN_IP_PREFIX] = {prefix_take, prefix_put, AM_BGP_WITHDRAW},
};

static bool is_known(uint8_t type)
{
	return type < sizeof types / sizeof types[0] && types[type].take;
}

enum am_bgp_class am_bgp_evpn_take(struct am_reader *r, struct am_bgp_evpn *out, const char **why)
{
	struct am_reader inner;
	const uint8_t *value;
	const char *wrong;
	uint8_t len;

	*out = (struct am_bgp_evpn){.type = am_take8(r)};
	len = am_take8(r);
	value = am_take(r, len);
	if (!value) {
		*why = "the last EVPN route is longer than what is left";
		return AM_BGP_RESET;
	}
	if (!is_known(out->type)) {
		out->opaque = (struct am_bgp_span){value, len};
		return AM_BGP_OK;
	}
	inner = am_reader(value, len);
	take_bytes(&inner, out->rd, sizeof out->rd);
	wrong = types[out->type].take(&inner, out);
	if (!wrong && (inner.bad || am_reader_left(&inner)))
		wrong = "an EVPN route of a length that its type cannot have";
	if (!wrong)
		return AM_BGP_OK;
	*why = wrong;
	return types[out->type].malformed;
}

/* Which fields a type needs, so that what we write is what a peer reads. */
static bool can_put(const struct am_bgp_evpn *route)
{
	bool ip = route->ip.family != AM_AF_NONE;

	switch (route->type) {
	case AM_BGP_EVPN_INCLUSIVE_MULTICAST:
	case AM_BGP_EVPN_ETHERNET_SEGMENT:
		return ip;
	case AM_BGP_EVPN_IP_PREFIX:
		return ip && route->ip_len <= am_ip_len(&route->ip) * 8;
	default:
		return true;
	}
}

int am_bgp_evpn_put(struct am_writer *w, const struct am_bgp_evpn *route)
{
	uint8_t *length;

	am_put8(w, route->type);
	length = am_put(w, 1);
	if (is_known(route->type)) {
		if (!can_put(route))
			return -EINVAL;
		am_put_bytes(w, route->rd, sizeof route->rd);
		types[route->type].put(w, route);
	} else {
		if (route->opaque.len > UINT8_MAX)
			return -EINVAL;
		if (route->opaque.len)
			am_put_bytes(w, route->opaque.bytes, route->opaque.len);
	}
	if (length)
		*length = (uint8_t)(w->at - length - 1);
	return 0;
}
