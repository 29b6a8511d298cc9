/* SPDX-License-Identifier: BSD-3-Clause */
/* A stable number for everything that has a name, and how many there are. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "build.h"

int am_build_number(struct am_build *b, struct am_ids *ids, const char *kind, const char *name, uint32_t span,
	uint16_t *index, uint16_t *end)
{
	uint32_t at;
	int rc = am_snapshot_take(b->s, ids, name, span, &at);

	if (rc == -ENOSPC) {
		if (b->full != ids) /* one complaint for all that are too many */
			am_config_complain(b->config, b->errors, "$",
				"at most %u %ss are possible, and %s is one too many; remove some, or spread them "
				"over several instances",
				am_ids_max(ids), kind, name);
		b->full = ids;
		return 0;
	}
	if (rc < 0)
		return rc;
	*index = (uint16_t)at;
	if (end && at + span > *end)
		*end = (uint16_t)(at + span);
	return 0;
}

static int number_iface(struct am_build *b, const char *kind, const char *name, uint16_t *index)
{
	char text[AM_ID_NAME];

	snprintf(text, sizeof text, "%s %s", kind, name);
	return am_build_number(b, b->m->ifaces, "interface", text, 1, index, &b->s->roots.n_ifaces);
}

static int number_ports(struct am_build *b)
{
	struct am_roots *roots = &b->s->roots;
	const char *name;
	int rc = 0;

	for (unsigned i = 0; i < b->config->n_ports && rc == 0; i++) {
		name = b->config->ports[i].name;
		rc = am_build_number(b, b->m->ports, "port", name, 1, &b->port_ids[i], &roots->n_ports);
		if (rc == 0)
			rc = number_iface(b, "port", name, &b->port_ifaces[i]);
	}
	return rc;
}

static int number_tunnels(struct am_build *b)
{
	struct am_roots *roots = &b->s->roots;
	const char *name;
	int rc = 0;

	for (unsigned i = 0; i < b->config->n_tunnels && rc == 0; i++) {
		name = b->config->tunnels[i].name;
		rc = am_build_number(
			b, b->m->tunnels, "tunnel", name, 1, &b->tunnel_ids[i], &roots->n_tunnels);
		if (rc == 0)
			rc = number_iface(b, "tunnel", name, &b->tunnel_ifaces[i]);
	}
	return rc;
}

/* A bridge and an xconnect may share a name, so the kind is part of it. */
static void bridge_key(const struct am_conf_bridge *bridge, char key[AM_ID_NAME])
{
	snprintf(key, AM_ID_NAME, "%s %s", bridge->xconnect ? "xconnect" : "bridge", bridge->name);
}

void am_build_member_key(const struct am_conf_bridge *bridge, unsigned k, char key[AM_ID_NAME])
{
	char text[AM_MEMBER_TEXT];
	size_t len;

	bridge_key(bridge, key);
	len = strlen(key);
	am_stack_member_text(&bridge->members[k], text, sizeof text);
	snprintf(key + len, AM_ID_NAME - len, ": %s", text);
}

static int number_bridge(struct am_build *b, unsigned i)
{
	const struct am_conf_bridge *bridge = &b->config->bridges[i];
	char key[AM_ID_NAME];
	int rc;

	bridge_key(bridge, key);
	rc = am_build_number(b, b->m->bridges, "bridge", key, 1, &b->bridge_ids[i], &b->s->roots.n_bridges);
	b->bridge_ifaces[i] = AM_NO_ID;
	if (rc == 0 && bridge->has_vni)
		rc = number_iface(b, "bridge", bridge->name, &b->bridge_ifaces[i]);
	b->irb_ids[i] = AM_NO_ID;
	if (rc == 0 && bridge->l3.n_addresses) {
		strcat(key, ": irb");
		rc = am_build_number(
			b, b->m->members, "member", key, 1, &b->irb_ids[i], &b->s->roots.n_members);
	}
	return rc;
}

static int number_members(struct am_build *b)
{
	char key[AM_ID_NAME];
	uint32_t at = 0;
	int rc = 0;

	for (unsigned i = 0; i < b->config->n_bridges && rc == 0; i++) {
		rc = number_bridge(b, i);
		for (unsigned k = 0; k < b->config->bridges[i].n_members && rc == 0; k++) {
			am_build_member_key(&b->config->bridges[i], k, key);
			rc = am_build_number(b, b->m->members, "member", key, 1, &b->member_ids[at++],
				&b->s->roots.n_members);
		}
	}
	return rc;
}

int am_build_numbers(struct am_build *b)
{
	const struct am_config *c = b->config;
	bool ok = true;
	int rc;

	for (unsigned i = 0; i < c->n_bridges; i++)
		b->n_members += c->bridges[i].n_members;
	b->port_ids = am_build_alloc(b, c->n_ports, sizeof(uint16_t), &ok);
	b->port_ifaces = am_build_alloc(b, c->n_ports, sizeof(uint16_t), &ok);
	b->tunnel_ids = am_build_alloc(b, c->n_tunnels, sizeof(uint16_t), &ok);
	b->tunnel_ifaces = am_build_alloc(b, c->n_tunnels, sizeof(uint16_t), &ok);
	b->bridge_ids = am_build_alloc(b, c->n_bridges, sizeof(uint16_t), &ok);
	b->bridge_ifaces = am_build_alloc(b, c->n_bridges, sizeof(uint16_t), &ok);
	b->irb_ids = am_build_alloc(b, c->n_bridges, sizeof(uint16_t), &ok);
	b->member_ids = am_build_alloc(b, b->n_members, sizeof(uint16_t), &ok);
	if (!ok)
		return -ENOMEM;
	b->s->port_ids = b->port_ids;
	b->s->tunnel_ifaces = b->tunnel_ifaces;
	rc = number_ports(b);
	if (rc == 0)
		rc = number_tunnels(b);
	if (rc == 0)
		rc = number_members(b);
	return rc < 0 ? rc : am_build_vrf_numbers(b);
}
