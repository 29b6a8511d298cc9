/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who takes a frame: of each port and Ethernet tunnel a VLAN, the untagged frames, or all the rest belong to one member,
 * or to the port's own IP traffic, and never to two of them.
 */
#include <stdio.h>
#include <string.h>

#include "parts.h"

static bool same_frames(const struct am_conf_member *a, const struct am_conf_member *b)
{
	return a->kind == b->kind && !strcmp(a->on, b->on) && a->vlan_kind == b->vlan_kind &&
	       (a->vlan_kind != AM_CONF_VLAN_ID || a->vlan == b->vlan);
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

/* The member before (bridge, index) that takes the same frames. */
static const struct am_conf_bridge *earlier(
	const struct am_config *c, const struct am_conf_bridge *bridge, uint16_t index, uint16_t *found)
{
	for (const struct am_conf_bridge *b = c->bridges; b <= bridge; b++) {
		uint16_t end = b == bridge ? index : b->n_members;

		for (uint16_t i = 0; i < end; i++) {
			if (same_frames(&b->members[i], &bridge->members[index])) {
				*found = i;
				return b;
			}
		}
	}
	return NULL;
}

static void check_twice(const struct am_config *c, struct am_config_errors *errors,
	const struct am_conf_bridge *b, uint16_t i)
{
	const struct am_conf_member *m = &b->members[i];
	uint16_t found;
	const struct am_conf_bridge *other = earlier(c, b, i, &found);
	char frames[32];

	if (other)
		am_config_complain(c, errors, conf_bridge_where(b, ".members[%u]", i).path,
			"%s takes %s %s \"%s\" already: remove one, or give it another \"vlan\"",
			conf_bridge_where(other, ".members[%u]", found).path, frames_text(m, frames),
			m->kind == AM_CONF_MEMBER_PORT ? "port" : "tunnel", m->on);
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

/* A tunnel that some bridge has as a member gives all of its frames to bridges: nothing is left for IP. */
static void check_tunnel_identity(const struct am_config *c, struct am_config_errors *errors,
	const struct am_conf_bridge *b, uint16_t i)
{
	const struct am_conf_member *m = &b->members[i];

	for (uint16_t r = 0; r < c->dflt.n_routes; r++) {
		if (strcmp(c->dflt.routes[r].tunnel, m->on) != 0)
			continue;
		am_config_complain(c, errors, conf_bridge_where(b, ".members[%u]", i).path,
			"tunnel \"%s\" carries routed packets too (vrfs.default.routes[%u]): use a tunnel of "
			"its own for "
			"the bridge",
			m->on, r);
		return;
	}
}

void conf_check_claims(const struct am_config *c, struct am_config_errors *errors)
{
	for (uint16_t j = 0; j < c->n_bridges; j++) {
		const struct am_conf_bridge *b = &c->bridges[j];

		for (uint16_t i = 0; i < b->n_members; i++) {
			if (!*b->members[i].on)
				continue;
			check_twice(c, errors, b, i);
			if (b->members[i].kind == AM_CONF_MEMBER_PORT)
				check_port_identity(c, errors, b, i);
			else
				check_tunnel_identity(c, errors, b, i);
		}
	}
}
