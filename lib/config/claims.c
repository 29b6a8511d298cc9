/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who takes a frame: of each port and Ethernet tunnel a VLAN, the untagged frames, or all the rest belong to one member,
 * or to the port's own IP traffic, and never to two of them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "parts.h"

/* Which frames a member takes. */
struct claim {
	uint32_t kind, vlan_kind, vlan;
	char on[AM_NAME_MAX];
	uint8_t pad[4];
};
_Static_assert(sizeof(struct claim) % 8 == 0, "maps take keys in words of 8");

bool conf_claim(const struct am_config *c, struct am_config_errors *errors, struct am_map *claims,
	const void *key, uint32_t *owner)
{
	int r = claims ? am_map_add(claims, key, owner) : -ENOMEM;

	if (r < 0)
		am_config_complain(c, errors, "$", "out of memory");
	return r > 0;
}

static const char *frames_text(const struct am_conf_member *m, char buf[32])
{
	if (m->vlan_kind == AM_CONF_VLAN_ID)
		snprintf(buf, 32, "VLAN %u of", m->vlan);
	else
		snprintf(buf, 32, "%s",
			m->vlan_kind == AM_CONF_VLAN_UNTAGGED ? "untagged frames of" : "the whole of");
	return buf;
}

static void check_twice(const struct am_config *c, struct am_config_errors *errors, struct am_map *claims,
	const struct am_conf_bridge *b, uint16_t i)
{
	const struct am_conf_member *m = &b->members[i];
	struct claim claim = {.kind = m->kind,
		.vlan_kind = m->vlan_kind,
		.vlan = m->vlan_kind == AM_CONF_VLAN_ID ? m->vlan : 0};
	uint32_t owner = (uint32_t)(b - c->bridges) << 16 | i;
	char frames[32];

	memcpy(claim.on, m->on, sizeof claim.on);
	if (conf_claim(c, errors, claims, &claim, &owner))
		am_config_complain(c, errors, conf_bridge_where(b, ".members[%u]", i).path,
			"%s takes %s %s \"%s\" already: remove one, or give it another \"vlan\"",
			conf_bridge_where(&c->bridges[owner >> 16], ".members[%u]", owner & 0xffff).path,
			frames_text(m, frames), m->kind == AM_CONF_MEMBER_PORT ? "port" : "tunnel", m->on);
}

static void check_port_identity(const struct am_config *c, struct am_config_errors *errors,
	const struct am_conf_bridge *b, uint16_t i)
{
	const struct am_conf_member *m = &b->members[i];
	const struct am_conf_port *p = am_config_port(c, m->on);
	struct where at = conf_bridge_where(b, ".members[%u]", i);

	if (!p || p->vrf == AM_VRF_NONE)
		return;
	if (m->vlan_kind == AM_CONF_VLAN_ANY)
		am_config_complain(c, errors, at.path,
			"the whole of port \"%s\" would leave nothing for its own IP traffic (its \"vrf\"): "
			"give this "
			"member a \"vlan\", or use another port",
			p->name);
	else if (m->vlan_kind == AM_CONF_VLAN_UNTAGGED && !p->vlan)
		am_config_complain(c, errors, at.path,
			"untagged frames of port \"%s\" are its own IP traffic (its \"vrf\"): give the port "
			"a \"vlan\" or "
			"this member another one",
			p->name);
	else if (m->vlan_kind == AM_CONF_VLAN_ID && m->vlan == p->vlan)
		am_config_complain(c, errors, at.path,
			"VLAN %u of port \"%s\" is its own IP traffic (its \"vrf\" and \"vlan\"): use "
			"another VLAN",
			m->vlan, p->name);
}

/* Tunnels that routes lead into, to the first of these routes. */
static struct am_map *routed_tunnels(const struct am_config *c, struct am_config_errors *errors)
{
	struct am_map *routed = am_map_create(AM_NAME_MAX);

	for (uint32_t i = 0; i < c->dflt.n_routes; i++) {
		uint32_t route = i;

		if (*c->dflt.routes[i].tunnel)
			conf_claim(c, errors, routed, c->dflt.routes[i].tunnel, &route);
	}
	return routed;
}

/* A tunnel that some bridge has as a member gives all of its frames to bridges: nothing is left for IP. */
static void check_tunnel_identity(const struct am_config *c, struct am_config_errors *errors,
	const struct am_map *routed, const struct am_conf_bridge *b, uint16_t i)
{
	const struct am_conf_member *m = &b->members[i];
	const struct am_conf_tunnel *t = am_config_tunnel(c, m->on);
	uint32_t route;

	/* GRE is complained about anyhow: it carries no Ethernet. */
	if (t && t->type != AM_CONF_GRE && routed && am_map_find(routed, m->on, &route))
		am_config_complain(c, errors, conf_bridge_where(b, ".members[%u]", i).path,
			"tunnel \"%s\" carries routed packets too (vrfs.default.routes[%u]): use a tunnel of "
			"its own for the bridge",
			m->on, route);
}

void conf_check_claims(const struct am_config *c, struct am_config_errors *errors)
{
	struct am_map *claims = am_map_create(sizeof(struct claim)), *routed = routed_tunnels(c, errors);

	for (uint16_t j = 0; j < c->n_bridges; j++) {
		const struct am_conf_bridge *b = &c->bridges[j];

		for (uint16_t i = 0; i < b->n_members; i++) {
			if (!*b->members[i].on)
				continue;
			check_twice(c, errors, claims, b, i);
			if (b->members[i].kind == AM_CONF_MEMBER_PORT)
				check_port_identity(c, errors, b, i);
			else
				check_tunnel_identity(c, errors, routed, b, i);
		}
	}
	am_map_free(claims);
	am_map_free(routed);
}
