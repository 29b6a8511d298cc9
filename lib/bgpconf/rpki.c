/* SPDX-License-Identifier: BSD-3-Clause */
/* RPKI caches: who they are, and how their clients are made. */
#include <stdio.h>

#include "parts.h"

enum { RTR_PORT = 323 }; /* RFC 8210 13.1 */

static const struct field cache_rows[] = {
	{.name = "address", .kind = FIELD_IP, .required = true, AT(struct am_bgpconf_cache, address)},
	UINT("port", struct am_bgpconf_cache, port, 1, UINT16_MAX, RTR_PORT),
};
static const struct fields cache_fields = FIELDS(cache_rows);

static void read_cache(const struct place *at, void *item)
{
	if (conf_want_object(at))
		conf_read_fields(at, &cache_fields, item);
}

static void read_caches(const struct place *at, void *object)
{
	struct am_bgpconf *c = object;

	conf_read_list(at, (void **)&c->rpki.caches, &c->rpki.n, sizeof *c->rpki.caches, AM_BGPCONF_CACHES,
		read_cache);
}

/* RFC 8210 6. */
static const struct field rpki_rows[] = {
	OTHER("caches", read_caches, NULL, &cache_fields),
	UINT("refresh", struct am_bgpconf, rpki.refresh, 1, 86400, AM_BGP_RTR_REFRESH),
	UINT("retry", struct am_bgpconf, rpki.retry, 1, 7200, AM_BGP_RTR_RETRY),
	UINT("expire", struct am_bgpconf, rpki.expire, 600, 172800, AM_BGP_RTR_EXPIRE),
};
const struct fields bgpconf_rpki_fields = FIELDS(rpki_rows);

static bool same_cache(const struct am_bgpconf_cache *a, const struct am_bgpconf_cache *b)
{
	return a->port == b->port && am_ip_equal(&a->address, &b->address);
}

static void check_cache(const struct am_bgpconf *c, uint16_t i, struct am_config_errors *errors)
{
	const struct am_bgpconf_cache *cache = &c->rpki.caches[i];
	char path[64], text[AM_IP_TEXT];

	snprintf(path, sizeof path, "$.rpki.caches[%u]", i);
	if (cache->address.family &&
		(am_ip_is_unspecified(&cache->address) || am_ip_is_multicast(&cache->address) ||
			am_ip_is_link_local(&cache->address)))
		am_bgpconf_complain(c, errors, path,
			"%s is no address of a cache: use a unicast address that is not link-local",
			am_ip_text(&cache->address, text));
	for (uint16_t k = 0; k < i; k++) {
		if (!cache->address.family || !same_cache(cache, &c->rpki.caches[k]))
			continue;
		am_bgpconf_complain(
			c, errors, path, "the same cache as number %u of the list: remove one", k + 1);
		return;
	}
}

void bgpconf_check_rpki(const struct am_bgpconf *c, struct am_config_errors *errors)
{
	for (uint16_t i = 0; i < c->rpki.n; i++)
		check_cache(c, i, errors);
	if (c->rpki.expire <= c->rpki.refresh)
		am_bgpconf_complain(c, errors, "$.rpki",
			"after %u s everything would be forgotten before it is asked for again after %u s: use more",
			c->rpki.expire, c->rpki.refresh);
}

struct am_bgp_rtr_config am_bgpconf_rtr_config(const struct am_bgpconf *c, uint64_t seed)
{
	return (struct am_bgp_rtr_config){.version = AM_BGP_RTR_VERSION,
		.refresh = c->rpki.refresh,
		.retry = c->rpki.retry,
		.expire = c->rpki.expire,
		.seed = seed};
}
