/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A mark for each object, made from its printed form, where every default stands: whoever compares two
 * configurations need print only what differs.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "parts.h"

static uint64_t add_text(uint64_t h, const char *text)
{
	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * 0x100000001b3ull;
	return am_hash64(h, 1);
}

static uint64_t mark_of(const struct fields *fields, const void *object)
{
	json_t *json = conf_print_fields(fields, object);
	char *text = json_dumps(json, JSON_COMPACT);
	uint64_t h;

	if (!text)
		abort(); /* without its mark a change would go unnoticed */
	h = add_text(0xcbf29ce484222325ull, text);
	free(text);
	json_decref(json);
	return h;
}

/* What an object adds to the hash of the whole. */
static uint64_t share(const char *section, const char *name, uint64_t mark)
{
	return add_text(add_text(mark, section), name);
}

void conf_mark(struct am_config *c)
{
	c->system_mark = mark_of(&conf_system_fields, c);
	c->underlay.mark = mark_of(&conf_vrf_fields, &c->underlay);
	c->dflt.mark = mark_of(&conf_vrf_fields, &c->dflt);
	c->hash = share("system", "", c->system_mark) + share("vrfs", "underlay", c->underlay.mark) +
		  share("vrfs", "default", c->dflt.mark);
	for (uint16_t i = 0; i < c->n_vrfs; i++) {
		c->vrfs[i].mark = mark_of(&conf_vrf_fields, &c->vrfs[i]);
		c->hash += share("vrfs", c->vrfs[i].name, c->vrfs[i].mark);
	}
	for (uint16_t i = 0; i < c->n_ports; i++) {
		c->ports[i].mark = mark_of(&conf_port_fields, &c->ports[i]);
		c->hash += share("ports", c->ports[i].name, c->ports[i].mark);
	}
	for (uint16_t i = 0; i < c->n_tunnels; i++) {
		c->tunnels[i].mark = mark_of(&conf_tunnel_fields, &c->tunnels[i]);
		c->hash += share("tunnels", c->tunnels[i].name, c->tunnels[i].mark);
	}
	for (uint16_t i = 0; i < c->n_prefix_sets; i++) {
		c->prefix_sets[i].mark = mark_of(&conf_prefix_set_fields, &c->prefix_sets[i]);
		c->hash += share("prefix_sets", c->prefix_sets[i].name, c->prefix_sets[i].mark);
	}
	for (uint16_t i = 0; i < c->n_acls; i++) {
		c->acls[i].mark = mark_of(&conf_acl_fields, &c->acls[i]);
		c->hash += share("acls", c->acls[i].name, c->acls[i].mark);
	}
	for (uint16_t i = 0; i < c->n_bridges; i++) {
		struct am_conf_bridge *b = &c->bridges[i];

		b->mark = mark_of(b->xconnect ? &conf_xconnect_fields : &conf_bridge_fields, b);
		c->hash += share(b->xconnect ? "xconnects" : "bridges", b->name, b->mark);
	}
}
