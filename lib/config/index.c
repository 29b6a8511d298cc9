/* SPDX-License-Identifier: BSD-3-Clause */
#include "index.h"

#include <stdlib.h>
#include <string.h>

#include "parts.h"

enum { LENGTHS = 129, FAMILIES = 2, VRFS = 2 };

struct routes {
	const struct am_conf_vrf *vrf;
	struct am_map *by_prefix;
	bool has[FAMILIES][LENGTHS]; /* prefixes of this length */
};

struct am_config_index {
	struct am_map *ports, *tunnels, *vrfs;
	struct am_map *bridges; /* xconnects too */
	struct am_map *acls, *prefix_sets;
	struct am_map *bridged; /* tunnels that are members, by name */
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

static struct am_map *bridged_tunnels(const struct am_config *c)
{
	struct am_map *map = am_map_create(AM_NAME_MAX);

	for (uint16_t i = 0; map && i < c->n_bridges; i++) {
		for (uint16_t k = 0; k < c->bridges[i].n_members; k++) {
			const struct am_conf_member *m = &c->bridges[i].members[k];
			uint32_t value = i;

			if (m->kind != AM_CONF_MEMBER_TUNNEL || am_map_add(map, m->on, &value) >= 0)
				continue;
			am_map_free(map);
			return NULL;
		}
	}
	return map;
}

struct am_config_index *conf_index_create(const struct am_config *c)
{
	struct am_config_index *index = calloc(1, sizeof *index);

	if (!index)
		return NULL;
	index->ports = conf_names(c->ports, c->n_ports, sizeof *c->ports);
	index->tunnels = conf_names(c->tunnels, c->n_tunnels, sizeof *c->tunnels);
	index->vrfs = conf_names(c->vrfs, c->n_vrfs, sizeof *c->vrfs);
	index->bridges = conf_names(c->bridges, c->n_bridges, sizeof *c->bridges);
	index->bridged = bridged_tunnels(c);
	index->acls = conf_names(c->acls, c->n_acls, sizeof *c->acls);
	index->prefix_sets = conf_names(c->prefix_sets, c->n_prefix_sets, sizeof *c->prefix_sets);
	if (index->ports && index->tunnels && index->vrfs && index->bridges && index->bridged &&
		index->acls && index->prefix_sets && index_routes(&index->routes[0], &c->underlay) &&
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
	am_map_free(index->vrfs);
	am_map_free(index->bridges);
	am_map_free(index->bridged);
	am_map_free(index->acls);
	am_map_free(index->prefix_sets);
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

const struct am_conf_bridge *am_config_bridge(const struct am_config *c, const char *name)
{
	uint32_t at;

	return conf_find_name(c->index->bridges, name, &at) ? &c->bridges[at] : NULL;
}

const struct am_conf_acl *am_config_acl(const struct am_config *c, const char *name)
{
	uint32_t at;

	return conf_find_name(c->index->acls, name, &at) ? &c->acls[at] : NULL;
}

const struct am_conf_prefix_set *am_config_prefix_set(const struct am_config *c, const char *name)
{
	uint32_t at;

	return conf_find_name(c->index->prefix_sets, name, &at) ? &c->prefix_sets[at] : NULL;
}

const struct am_conf_vrf *am_config_vrf(const struct am_config *c, unsigned i)
{
	if (i == 0)
		return &c->underlay;
	if (i == 1)
		return &c->dflt;
	return i - 2 < c->n_vrfs ? &c->vrfs[i - 2] : NULL;
}

const struct am_conf_vrf *am_config_vrf_named(const struct am_config *c, const char *name)
{
	uint32_t at;

	if (!strcmp(name, "underlay"))
		return &c->underlay;
	if (!strcmp(name, "default"))
		return &c->dflt;
	return c->index && conf_find_name(c->index->vrfs, name, &at) ? &c->vrfs[at] : NULL;
}

bool am_config_is_bridged(const struct am_config *c, const struct am_conf_tunnel *t)
{
	uint32_t at;

	return conf_find_name(c->index->bridged, t->name, &at);
}

static const struct am_conf_route *find_route(const struct routes *r, const struct am_prefix *prefix)
{
	struct prefix_key key = key_of(prefix);
	uint32_t at;

	return am_map_find(r->by_prefix, &key, &at) ? &r->vrf->routes[at] : NULL;
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
