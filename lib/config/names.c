/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of objects, and those that refer to a port or a tunnel. */
#include <string.h>

#include "parts.h"
#include "suggest.h"

enum { GUESSES_MAX = 100 }; /* a file with more complaints needs none, and each looks at every name */

struct am_map *conf_names(const void *objects, uint32_t n, size_t size)
{
	struct am_map *map = am_map_create(AM_NAME_MAX);

	for (uint32_t i = 0; map && i < n; i++) {
		uint32_t value = i;

		if (am_map_add(map, (const uint8_t *)objects + i * size, &value) < 0) {
			am_map_free(map);
			return NULL;
		}
	}
	return map;
}

bool conf_find_name(const struct am_map *names, const char *name, uint32_t *at)
{
	char key[AM_NAME_MAX] = {0};
	size_t n = strlen(name);

	if (n >= sizeof key)
		return false;
	memcpy(key, name, n);
	return am_map_find(names, key, at);
}

/* Items begin with their names. */
static void complain_unknown(const struct am_config *c, struct am_config_errors *errors, const char *path,
	const char *what, const char *name, const void *items, size_t n, size_t size)
{
	struct suggestion s = conf_suggest_for(name);

	for (size_t i = 0; i < n && errors->n < GUESSES_MAX; i++)
		conf_suggest_offer(&s, name, (const char *)items + i * size);
	if (s.word)
		am_config_complain(c, errors, path, "no %s \"%s\" in %ss, did you mean \"%s\"?", what, name,
			what, s.word);
	else
		am_config_complain(c, errors, path, "no %s \"%s\" in %ss: add it there", what, name, what);
}

bool conf_check_port_name(
	const struct am_config *c, struct am_config_errors *errors, const char *path, const char *name)
{
	if (am_config_port(c, name))
		return true;
	complain_unknown(c, errors, path, "port", name, c->ports, c->n_ports, sizeof *c->ports);
	return false;
}

bool conf_check_vrf_name(
	const struct am_config *c, struct am_config_errors *errors, const char *path, const char *name)
{
	const struct am_conf_vrf *v;
	struct suggestion s;

	if (am_config_vrf_named(c, name))
		return true;
	s = conf_suggest_for(name);
	conf_suggest_offer(&s, name, "none");
	for (unsigned i = 0; (v = am_config_vrf(c, i)) != NULL; i++)
		conf_suggest_offer(&s, name, v->name);
	if (s.word)
		am_config_complain(
			c, errors, path, "no VRF \"%s\" in vrfs, did you mean \"%s\"?", name, s.word);
	else
		am_config_complain(c, errors, path, "no VRF \"%s\" in vrfs: add it there", name);
	return false;
}

bool conf_check_bridge_name(
	const struct am_config *c, struct am_config_errors *errors, const char *path, const char *name)
{
	if (am_config_bridge(c, name))
		return true;
	complain_unknown(c, errors, path, "bridge", name, c->bridges, c->n_bridges, sizeof *c->bridges);
	return false;
}

bool conf_check_acl_name(
	const struct am_config *c, struct am_config_errors *errors, const char *path, const char *name)
{
	if (am_config_acl(c, name))
		return true;
	complain_unknown(c, errors, path, "acl", name, c->acls, c->n_acls, sizeof *c->acls);
	return false;
}

bool conf_check_prefix_set_name(
	const struct am_config *c, struct am_config_errors *errors, const char *path, const char *name)
{
	if (am_config_prefix_set(c, name))
		return true;
	complain_unknown(c, errors, path, "prefix_set", name, c->prefix_sets, c->n_prefix_sets,
		sizeof *c->prefix_sets);
	return false;
}

bool conf_check_tunnel_name(
	const struct am_config *c, struct am_config_errors *errors, const char *path, const char *name)
{
	if (am_config_tunnel(c, name))
		return true;
	complain_unknown(c, errors, path, "tunnel", name, c->tunnels, c->n_tunnels, sizeof *c->tunnels);
	return false;
}
