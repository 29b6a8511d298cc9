/* SPDX-License-Identifier: BSD-3-Clause */
#include "index.h"

#include <stdlib.h>

#include "parts.h"

enum { LENGTHS = 129, FAMILIES = 2, VRFS = 2 };

struct routes {
	const struct am_conf_vrf *vrf;
	struct am_map *by_prefix;
	bool has[FAMILIES][LENGTHS]; /* prefixes of this length */
};

struct am_config_index {
	struct am_map *ports, *tunnels;
	struct routes routes[VRFS];
};

struct prefix_key {
	struct am_prefix prefix;
	uint8_t pad[6];
};
_Static_assert(sizeof(struct prefix_key) % 8 == 0, "maps take keys in words of 8");

static struct prefix_key key_of(const struct am_prefix *prefix)
{
	return (struct prefix_key){.prefix = *prefix};
}

/* Of equal prefixes the first one counts. A family of none is an address that could not be read. */
static bool index_routes(struct routes *r, const struct am_conf_vrf *vrf)
{
	r->vrf = vrf;
	r->by_prefix = am_map_create(sizeof(struct prefix_key));
	for (uint32_t i = 0; r->by_prefix && i < vrf->n_routes; i++) {
		const struct am_prefix *prefix = &vrf->routes[i].prefix;
		struct prefix_key key = key_of(prefix);
		uint32_t value = i;

		if (!prefix->ip.family)
			continue;
		if (am_map_add(r->by_prefix, &key, &value) < 0)
			return false;
		r->has[prefix->ip.family == AM_IPV6][prefix->len] = true;
	}
	return r->by_prefix;
}

struct am_config_index *conf_index_create(const struct am_config *c)
{
	struct am_config_index *index = calloc(1, sizeof *index);

	if (!index)
		return NULL;
	index->ports = conf_names(c->ports, c->n_ports, sizeof *c->ports);
	index->tunnels = conf_names(c->tunnels, c->n_tunnels, sizeof *c->tunnels);
	if (index->ports && index->tunnels && index_routes(&index->routes[0], &c->underlay) &&
		index_routes(&index->routes[1], &c->dflt))
		return index;
	conf_index_free(index);
	return NULL;
}

void conf_index_free(struct am_config_index *index)
{
	if (!index)
		return;
	am_map_free(index->ports);
	am_map_free(index->tunnels);
	for (unsigned i = 0; i < VRFS; i++)
		am_map_free(index->routes[i].by_prefix);
	free(index);
}

/* ---- looking up ---- */

const struct am_conf_port *am_config_port(const struct am_config *c, const char *name)
{
	uint32_t at;

	return conf_find_name(c->index->ports, name, &at) ? &c->ports[at] : NULL;
}

const struct am_conf_tunnel *am_config_tunnel(const struct am_config *c, const char *name)
{
	uint32_t at;

	return conf_find_name(c->index->tunnels, name, &at) ? &c->tunnels[at] : NULL;
}

static const struct am_conf_route *find_route(const struct routes *r, const struct am_prefix *prefix)
{
	struct prefix_key key = key_of(prefix);
	uint32_t at;

	return am_map_find(r->by_prefix, &key, &at) ? &r->vrf->routes[at] : NULL;
}

const struct am_conf_route *conf_route_of(
	const struct am_config *c, enum am_vrf_kind vrf, const struct am_prefix *prefix)
{
	return find_route(&c->index->routes[vrf == AM_VRF_IS_DEFAULT], prefix);
}

const struct am_conf_route *am_config_route(
	const struct am_config *c, enum am_vrf_kind vrf, const struct am_ip *ip)
{
	const struct routes *r = &c->index->routes[vrf == AM_VRF_IS_DEFAULT];
	const struct am_conf_route *route = NULL;

	for (int len = (int)am_ip_len(ip) * 8; len >= 0 && !route; len--) {
		struct am_prefix prefix;

		if (!r->has[ip->family == AM_IPV6][len])
			continue;
		prefix = am_prefix_around(ip, (uint8_t)len);
		route = find_route(r, &prefix);
	}
	return route;
}
