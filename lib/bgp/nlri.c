/* SPDX-License-Identifier: BSD-3-Clause */
#include "bgp/nlri.h"

#include <errno.h>

#include "codec.h"

/* Bytes of the prefix of so many bits, host bits cleared. */
static struct am_prefix prefix_of(enum am_bgp_family family, uint8_t len, const uint8_t *bytes)
{
	struct am_prefix p = {.len = len};
	size_t whole = len / 8;

	p.ip.family = family == AM_BGP_IPV4_UNICAST ? AM_IPV4 : AM_IPV6;
	memcpy(p.ip.bytes, bytes, whole);
	if (len % 8)
		p.ip.bytes[whole] = (uint8_t)(bytes[whole] & (0xff << (8 - len % 8)));
	return p;
}

/* A prefix's bytes and its bits; NULL where it is none. */
static const uint8_t *prefix_bytes(
	struct am_reader *r, enum am_bgp_family family, uint8_t *len, const char **why)
{
	const uint8_t *bytes;

	*len = am_take8(r);
	if (*len > (family == AM_BGP_IPV4_UNICAST ? 32 : 128)) {
		*why = "a prefix is longer than an address";
		return NULL;
	}
	bytes = am_take(r, (*len + 7u) / 8);
	if (!bytes)
		*why = "the last prefix is longer than what is left";
	return bytes;
}

static enum am_bgp_class prefix_take(
	struct am_reader *r, enum am_bgp_family family, struct am_prefix *out, const char **why)
{
	uint8_t len;
	const uint8_t *bytes = prefix_bytes(r, family, &len, why);

	if (!bytes)
		return AM_BGP_RESET;
	*out = prefix_of(family, len, bytes);
	return AM_BGP_OK;
}

enum am_bgp_class am_bgp_nlri_take(struct am_reader *r, enum am_bgp_family family, bool path_id,
	struct am_bgp_nlri *out, const char **why)
{
	out->family = family;
	out->path_id = path_id ? am_take32(r) : 0;
	if (family == AM_BGP_L2VPN_EVPN)
		return am_bgp_evpn_take(r, &out->evpn, why);
	return prefix_take(r, family, &out->prefix, why);
}

/* Prefixes are looked at without being made. */
static enum am_bgp_class check_prefixes(const struct am_bgp_routes *routes, const char **why)
{
	struct am_reader r = am_reader(routes->nlri.bytes, routes->nlri.len);
	uint8_t len;

	while (am_reader_left(&r)) {
		if (routes->path_ids)
			am_take32(&r);
		if (!prefix_bytes(&r, routes->family, &len, why))
			return AM_BGP_RESET;
	}
	return AM_BGP_OK;
}

enum am_bgp_class am_bgp_nlri_check(const struct am_bgp_routes *routes, const char **why)
{
	struct am_reader r = am_reader(routes->nlri.bytes, routes->nlri.len);
	enum am_bgp_class worst = AM_BGP_OK;
	struct am_bgp_nlri nlri;

	if (routes->family == AM_BGP_FAMILY_OTHER)
		return AM_BGP_OK;
	if (routes->family != AM_BGP_L2VPN_EVPN)
		return check_prefixes(routes, why);
	while (am_reader_left(&r) && worst != AM_BGP_RESET) {
		enum am_bgp_class class = am_bgp_nlri_take(&r, routes->family, routes->path_ids, &nlri, why);

		worst = class > worst ? class : worst;
	}
	return worst;
}

struct am_bgp_nlri_iter am_bgp_nlri_iter(const struct am_bgp_routes *routes)
{
	bool known = routes->family != AM_BGP_FAMILY_OTHER;

	return (struct am_bgp_nlri_iter){
		.r = am_reader(routes->nlri.bytes, known ? routes->nlri.len : 0),
		.family = routes->family,
		.path_ids = routes->path_ids,
	};
}

bool am_bgp_nlri_next(struct am_bgp_nlri_iter *iter, struct am_bgp_nlri *out)
{
	while (am_reader_left(&iter->r)) {
		const char *why;

		switch (am_bgp_nlri_take(&iter->r, iter->family, iter->path_ids, out, &why)) {
		case AM_BGP_OK:
			return true;
		case AM_BGP_WITHDRAW:
			continue;
		default:
			return false;
		}
	}
	return false;
}

static int prefix_put(struct am_writer *w, const struct am_bgp_nlri *nlri)
{
	const struct am_prefix *p = &nlri->prefix;
	uint8_t family = nlri->family == AM_BGP_IPV4_UNICAST ? AM_IPV4 : AM_IPV6;

	if (p->ip.family != family || p->len > am_ip_len(&p->ip) * 8)
		return -EINVAL;
	am_put8(w, p->len);
	am_put_bytes(w, p->ip.bytes, (p->len + 7u) / 8);
	return 0;
}

int am_bgp_nlri_encode(struct am_writer *w, const struct am_bgp_nlri *nlri, bool path_id)
{
	uint8_t *begin = w->at;
	int rc;

	if (nlri->family == AM_BGP_FAMILY_OTHER)
		return -EINVAL;
	if (path_id)
		am_put32(w, nlri->path_id);
	rc = nlri->family == AM_BGP_L2VPN_EVPN ? am_bgp_evpn_put(w, &nlri->evpn) : prefix_put(w, nlri);
	if (!rc && w->full)
		rc = -ENOSPC;
	if (rc) {
		w->at = begin;
		w->full = false;
	}
	return rc;
}
