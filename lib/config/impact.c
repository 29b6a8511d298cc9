/* SPDX-License-Identifier: BSD-3-Clause */
/* What a change does to traffic, by the keys that differ. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "parts.h"

/* A key, and what a change of it does; the worst of an object's keys counts. */
struct rule {
	enum am_diff_object object;
	const char *key;
	enum am_diff_impact impact;
	const char *effect;
};

static const char other_end[] = "its packets are lost until the other end has the same";
static const char other_vteps[] = "its VXLAN packets are lost until the other VTEPs have the same";

static const char mirror[] = "its host interface is made anew: the box itself is away meanwhile";
static const char check[] = "no packet is lost but those that fail the check";

#define L3_RULES(object)                                                                                     \
	{object, "vrf", AM_IMPACT_STOPS, "its routed packets move to another VRF"},                          \
		{object, "urpf", AM_IMPACT_NONE, check}, {object, "acl_in", AM_IMPACT_NONE, check},          \
		{object, "acl_out", AM_IMPACT_NONE, check},                                                  \
	{                                                                                                    \
		object, "host", AM_IMPACT_BRIEF, mirror                                                      \
	}

static const struct rule rules[] = {
	{AM_OBJ_SYSTEM, NULL, AM_IMPACT_NONE, "no packet is lost"},
	{AM_OBJ_PORT, "driver", AM_IMPACT_BRIEF, "opened anew"},
	{AM_OBJ_PORT, "device", AM_IMPACT_BRIEF, "opened anew"},
	{AM_OBJ_PORT, "devargs", AM_IMPACT_BRIEF, "opened anew"},
	{AM_OBJ_PORT, "members", AM_IMPACT_BRIEF, "opened anew"},
	{AM_OBJ_PORT, "mode", AM_IMPACT_BRIEF, "opened anew"},
	{AM_OBJ_PORT, "vrf", AM_IMPACT_STOPS, "its own IP traffic moves"},
	{AM_OBJ_PORT, "vlan", AM_IMPACT_STOPS, "its own IP traffic moves to another VLAN"},
	{AM_OBJ_PORT, "vlans", AM_IMPACT_STOPS, "IP traffic of VLANs that go or change stops or moves"},
	L3_RULES(AM_OBJ_PORT),
	{AM_OBJ_PORT, "checksums", AM_IMPACT_NONE, "no packet is lost"},
	{AM_OBJ_TUNNEL, "type", AM_IMPACT_STOPS, other_end},
	{AM_OBJ_TUNNEL, "local", AM_IMPACT_STOPS, other_end},
	{AM_OBJ_TUNNEL, "remote", AM_IMPACT_STOPS, other_end},
	{AM_OBJ_TUNNEL, "family", AM_IMPACT_STOPS, other_end},
	{AM_OBJ_TUNNEL, "key", AM_IMPACT_STOPS, other_end},
	{AM_OBJ_TUNNEL, "checksum", AM_IMPACT_STOPS, other_end},
	{AM_OBJ_TUNNEL, "compat", AM_IMPACT_STOPS, other_end},
	{AM_OBJ_TUNNEL, "sequence", AM_IMPACT_BRIEF,
		"numbers begin anew: the other end may drop some packets"},
	{AM_OBJ_TUNNEL, "mac", AM_IMPACT_BRIEF, "routed packets are lost until the other end knows it"},
	{AM_OBJ_TUNNEL, "mtu", AM_IMPACT_NONE, "no packet is lost but those that are too long now"},
	L3_RULES(AM_OBJ_TUNNEL),
	{AM_OBJ_TUNNEL, NULL, AM_IMPACT_NONE, "no packet is lost"},
	{AM_OBJ_VRF, "netns", AM_IMPACT_BRIEF, mirror},
	{AM_OBJ_VRF, NULL, AM_IMPACT_NONE, "no packet is lost"},
	{AM_OBJ_BRIDGE, "vni", AM_IMPACT_STOPS, other_vteps},
	{AM_OBJ_BRIDGE, "vtep_local", AM_IMPACT_STOPS, other_vteps},
	{AM_OBJ_BRIDGE, "inner_vlan", AM_IMPACT_STOPS, other_vteps},
	L3_RULES(AM_OBJ_BRIDGE),
	{AM_OBJ_BRIDGE, "mtu", AM_IMPACT_NONE, "no packet is lost but those that are too long now"},
	{AM_OBJ_BRIDGE, NULL, AM_IMPACT_NONE, "no packet is lost"},
	{AM_OBJ_PREFIX_SET, NULL, AM_IMPACT_NONE, "no packet is lost but those that ACLs with it deny now"},
	{AM_OBJ_ACL, NULL, AM_IMPACT_NONE, "no packet is lost but those that it denies now"},
	{AM_OBJ_XCONNECT, "mtu", AM_IMPACT_NONE, "no packet is lost but those that are too long now"},
	{AM_OBJ_XCONNECT, NULL, AM_IMPACT_NONE, "no packet is lost"},
};

static void set(struct am_diff_item *item, enum am_diff_impact impact, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Where several keys do something, the worst is told; of equal ones, the first. */
static void set(struct am_diff_item *item, enum am_diff_impact impact, const char *fmt, ...)
{
	va_list ap;

	if (item->effect[0] && impact <= item->impact)
		return;
	item->impact = impact;
	va_start(ap, fmt);
	vsnprintf(item->effect, sizeof item->effect, fmt, ap);
	va_end(ap);
}

/* The first rule for the key, or for all other keys of the object. A key without one may lose packets. */
static void apply_rule(struct am_diff_item *item, const char *key)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		if (rules[i].object != item->object || (rules[i].key && strcmp(rules[i].key, key) != 0))
			continue;
		set(item, rules[i].impact, "%s", rules[i].effect);
		return;
	}
	set(item, AM_IMPACT_BRIEF, "it may lose packets");
}

/* How many of one list the other has not. */
static size_t missing(const json_t *from, const json_t *in)
{
	json_t *set = conf_json_set(in);
	const json_t *element;
	size_t n = 0, i;

	json_array_foreach(from, i, element)
	{
		n += !conf_json_is_in(set, element);
	}
	json_decref(set);
	return n;
}

/* A list: what goes stops, what comes does nothing to others. False where the key is none. */
static bool apply_list(struct am_diff_item *item, const char *key, const json_t *old, const json_t *new_)
{
	static const struct {
		const char *key, *effect;
	} lists[] = {
		{"members", "of its members go or change: what they carried stops"},
		{"routes", "of its routes go or change: what they carried leaves otherwise, or stops"},
		{"loopbacks", "of its loopbacks go: VXLAN from and to them stops"},
		{"addresses", "of its addresses go: what was sent to them, or from them, stops"},
		{"static", "of its static MAC addresses go: they are learnt again"},
		{"hosts", "of its known hosts go: they are learnt again"},
	};

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		size_t gone;

		if (strcmp(lists[i].key, key) != 0 || !json_is_array(old) || !json_is_array(new_))
			continue;
		gone = missing(old, new_);
		if (gone)
			set(item,
				!strcmp(key, "static") || !strcmp(key, "hosts") ? AM_IMPACT_NONE
										: AM_IMPACT_STOPS,
				"%zu %s", gone, lists[i].effect);
		else
			set(item, AM_IMPACT_NONE, "no packet is lost");
		return true;
	}
	return false;
}

void conf_impact_of_change(struct am_diff_item *item, const json_t *old, const json_t *new_)
{
	const char *key;
	json_t *value;

	if (item->needs_restart) {
		set(item, AM_IMPACT_REFUSED, "refused: it needs a restart");
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)new_, key, value)
	{
		const json_t *before = json_object_get(old, key);

		if (!json_equal(before, value) && !apply_list(item, key, before, value))
			apply_rule(item, key);
	}
}

void conf_impact_of_rest(struct am_diff_item *item)
{
	if (item->action == AM_DIFF_ADD)
		set(item, AM_IMPACT_NONE, "no packet of others is lost");
	else if (item->object == AM_OBJ_PORT)
		set(item, AM_IMPACT_STOPS, "its frames stop, in both directions");
	else if (item->object == AM_OBJ_TUNNEL)
		set(item, AM_IMPACT_STOPS, "its packets stop, in both directions");
	else if (item->object == AM_OBJ_PREFIX_SET || item->object == AM_OBJ_ACL)
		set(item, AM_IMPACT_NONE, "nothing names it any more");
	else
		set(item, AM_IMPACT_STOPS, "its members exchange no more frames");
}

/* ---- who uses a port that is opened anew ---- */

static void add_name(struct am_diff_item *item, const char *kind, const char *name)
{
	size_t used = strlen(item->effect);

	snprintf(item->effect + used, sizeof item->effect - used, "%s%s %s",
		strchr(item->effect, ':') ? ", " : ": meanwhile these lose packets: ", kind, name);
}

static bool has_port(const struct am_conf_bridge *b, const char *port)
{
	for (uint16_t i = 0; i < b->n_members; i++)
		if (b->members[i].kind == AM_CONF_MEMBER_PORT && strcmp(b->members[i].on, port) == 0)
			return true;
	return false;
}

void conf_impact_users(struct am_diff_item *item, const struct am_config *config)
{
	const struct am_conf_port *port = am_config_port(config, item->name);

	if (!port || item->impact != AM_IMPACT_BRIEF)
		return;
	for (uint16_t i = 0; port->vrf == AM_VRF_IS_UNDERLAY && i < config->n_tunnels; i++)
		add_name(item, "tunnel", config->tunnels[i].name);
	for (uint16_t i = 0; i < config->n_bridges; i++)
		if (has_port(&config->bridges[i], port->name))
			add_name(item, config->bridges[i].xconnect ? "xconnect" : "bridge",
				config->bridges[i].name);
}
