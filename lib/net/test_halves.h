/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NET_TEST_HALVES_H
#define NET_TEST_HALVES_H
/* What must hold where two packets are said to be halves of a datagram; for the unit test and the fuzz target. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "net/halves.h"
#include "net/ip.h"
#include "net/plain.h"

static inline bool halves_of(uint8_t family, const uint8_t *a, uint32_t a_has, const uint8_t *b,
	uint32_t b_has, struct am_halves *out)
{
	return family == AM_IPV4 ? am_ip4_halves(a, a_has, b, b_has, out)
				 : am_ip6_halves(a, a_has, b, b_has, out);
}

/* am_ip_parse looks behind an IPv6 Fragment header that names one of these, am_ip6_halves does not. */
static inline bool names_extension(const struct am_halves *h)
{
	return h->family == AM_IPV6 && (h->proto == AM_PROTO_HOPOPT || h->proto == AM_PROTO_ROUTING ||
					       h->proto == AM_PROTO_FRAGMENT || h->proto == AM_PROTO_DSTOPTS);
}

/* Half i of h, as the parser sees it. NULL: they agree; otherwise what does not. */
static inline const char *half_disagrees(
	const struct am_halves *h, unsigned i, const uint8_t *ip, uint32_t has, struct am_ip_hdr *hdr)
{
	if (am_ip_parse(ip, has, hdr) != AM_V_OK)
		return "the parser refuses a half";
	if (!hdr->frag || hdr->dont)
		return "a half is no fragment, or not to be cut";
	if (hdr->family != h->family || hdr->proto != h->proto)
		return "family or protocol";
	if (hdr->tos != h->tos)
		return "TOS";
	if (hdr->frag_id != h->id)
		return "identification";
	if (hdr->hlen != h->head || hdr->plen != h->plen[i])
		return "lengths";
	if (hdr->unfrag_len != (h->family == AM_IPV4 ? AM_IP4_LEN : AM_IP6_LEN))
		return "octets before the fragmentable part";
	return NULL;
}

/* The same of one that is said to be a plain fragment. */
static inline const char *fragment_wrong(uint8_t family, const uint8_t *ip, uint32_t has)
{
	struct am_ip_hdr hdr, found;

	if (!(family == AM_IPV4 ? am_ip4_fragment(ip, has, &hdr) : am_ip6_fragment(ip, has, &hdr)))
		return NULL;
	if (am_ip_parse(ip, has, &found) != AM_V_OK)
		return "the parser refuses a fragment";
	if (!found.frag || !hdr.frag || found.more != hdr.more || found.dont != hdr.dont ||
		found.frag_at != hdr.frag_at || found.frag_id != hdr.frag_id)
		return "what a fragment is a part of";
	if (found.family != hdr.family || found.proto != hdr.proto || found.tos != hdr.tos ||
		found.ttl != hdr.ttl)
		return "a fragment's fields";
	if (found.hlen != hdr.hlen || found.plen != hdr.plen || found.unfrag_len != hdr.unfrag_len ||
		found.nexthdr_at != hdr.nexthdr_at)
		return "a fragment's lengths";
	return NULL;
}

/* NULL: the two are no halves, or they are and all that was said of them is so. Otherwise what is not. */
static inline const char *halves_wrong(
	uint8_t family, const uint8_t *a, uint32_t a_has, const uint8_t *b, uint32_t b_has)
{
	size_t addrs = family == AM_IPV4 ? 8 : 32;
	struct am_ip_hdr hdr[2];
	const char *wrong = fragment_wrong(family, a, a_has);
	struct am_halves h;

	if (!wrong)
		wrong = fragment_wrong(family, b, b_has);
	if (wrong)
		return wrong;
	if (!halves_of(family, a, a_has, b, b_has, &h) || names_extension(&h))
		return NULL;
	if (h.family != family || h.first > 1)
		return "family, or which one begins";
	wrong = half_disagrees(&h, 0, a, a_has, &hdr[0]);
	if (!wrong)
		wrong = half_disagrees(&h, 1, b, b_has, &hdr[1]);
	if (wrong)
		return wrong;
	if (memcmp(am_ip_src(a, family), am_ip_src(b, family), addrs) != 0)
		return "addresses";
	if (hdr[h.first].frag_at != 0 || !hdr[h.first].more)
		return "the first half is not the first";
	if (hdr[!h.first].more || hdr[!h.first].frag_at != hdr[h.first].plen)
		return "the second half does not end what the first one begins";
	return NULL;
}

#endif
