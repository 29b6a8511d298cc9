/* SPDX-License-Identifier: BSD-3-Clause */
#include "l3.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BRIDGES_MAX = 16384, VNI_LAST = 16777215 };

/* ---- keys ---- */

static void read_vtep_local(const struct place *at, void *object)
{
	struct am_conf_bridge *b = object;

	if (!conf_want_array(at))
		return;
	for (size_t i = 0; i < json_array_size(at->json); i++) {
		struct place element = conf_place_element(at, i);
		struct am_ip ip;
		int six;

		if (!conf_read_ip(&element, &ip))
			continue;
		six = ip.family == AM_IPV6;
		if (am_ip_is_unspecified(&ip) || am_ip_is_multicast(&ip))
			conf_complain(&element, "this cannot be this box's address: use a unicast address");
		if (b->vtep_local[six].family)
			conf_complain(&element,
				"a second IPv%u address: at most one of each family, remove it", ip.family);
		b->vtep_local[six] = ip;
	}
}

static json_t *print_vtep_local(const void *object)
{
	const struct am_conf_bridge *b = object;
	json_t *out = json_array();

	for (int i = 0; i < 2; i++) {
		if (b->vtep_local[i].family)
			json_array_append_new(out, conf_print_ip(&b->vtep_local[i]));
	}
	return out;
}

static const struct field guard_rows[] = {
	UINT("moves", struct am_conf_bridge, guard_moves, 0, 1000, 5),
	UINT("window", struct am_conf_bridge, guard_window_s, 1, 3600, 10),
	UINT("hold", struct am_conf_bridge, guard_hold_s, 1, 86400, 30),
};
static const struct fields guard_fields = FIELDS(guard_rows);

#define BRIDGE_MTU                                                                                           \
	{                                                                                                    \
		.name = "mtu", .kind = FIELD_UINT, AT(struct am_conf_bridge, mtu), .min = 576, .max = 9000,  \
		.fallback = 1500, .hint = "it counts the IP packet inside, without Ethernet header and tags" \
	}

static const struct field bridge_rows[] = {
	{.name = "vni",
		.kind = FIELD_UINT,
		AT(struct am_conf_bridge, vni),
		.flag = offsetof(struct am_conf_bridge, has_vni),
		.min = 1,
		.max = VNI_LAST,
		.hint = "a VNI has 24 bits"},
	BRIDGE_MTU,
	BOOL("inner_vlan", struct am_conf_bridge, inner_vlan, false),
	BOOL("udp_checksum", struct am_conf_bridge, udp_checksum, true),
	BOOL("learn", struct am_conf_bridge, learn, true),
	UINT("ageing", struct am_conf_bridge, ageing_s, 0, 1000000, 300),
	UINT("mac_limit", struct am_conf_bridge, mac_limit, 0, 16777216, 8192),
	{.name = "loop_guard", .kind = FIELD_GROUP, .sub = &guard_fields},
	OTHER("vtep_local", read_vtep_local, print_vtep_local, NULL),
	OTHER("members", conf_read_members, conf_print_members, &conf_member_fields),
	OTHER("static", conf_read_static, conf_print_static, &conf_static_fields),
	{.name = "arp_nd", .kind = FIELD_GROUP, .sub = &conf_arp_nd_fields},
	OTHER("hosts", conf_read_hosts, conf_print_hosts, &conf_host_fields),
	L3_ROWS(struct am_conf_bridge),
	MAC("mac", struct am_conf_bridge, mac, has_mac),
};
const struct fields conf_bridge_fields = FIELDS(bridge_rows);

static const struct field xconnect_rows[] = {
	BRIDGE_MTU,
	OTHER("members", conf_read_members, conf_print_members, &conf_member_fields),
};
const struct fields conf_xconnect_fields = FIELDS(xconnect_rows);

static void read_bridge(const struct place *at, void *item)
{
	struct am_conf_bridge *b = item;

	conf_l3_default(&b->l3, "default");
	conf_read_fields(at, &conf_bridge_fields, b);
}

static void read_xconnect(const struct place *at, void *item)
{
	struct am_conf_bridge *b = item;

	b->xconnect = true;
	conf_read_fields(at, &conf_xconnect_fields, item);
}

void conf_read_bridges(const struct place *at, void *object)
{
	struct am_config *c = object;

	conf_read_map(at, (void **)&c->bridges, &c->n_bridges, sizeof *c->bridges, BRIDGES_MAX, read_bridge);
}

void conf_read_xconnects(const struct place *at, void *object)
{
	struct am_config *c = object;

	conf_read_map(
		at, (void **)&c->bridges, &c->n_bridges, sizeof *c->bridges, BRIDGES_MAX, read_xconnect);
}

static json_t *print_kind(const struct am_config *c, bool xconnect, const struct fields *fields)
{
	json_t *out = json_object();

	for (uint16_t i = 0; i < c->n_bridges; i++) {
		if (c->bridges[i].xconnect == xconnect)
			json_object_set_new(
				out, c->bridges[i].name, conf_print_fields(fields, &c->bridges[i]));
	}
	return out;
}

json_t *conf_print_bridges(const void *object)
{
	return print_kind(object, false, &conf_bridge_fields);
}

json_t *conf_print_xconnects(const void *object)
{
	return print_kind(object, true, &conf_xconnect_fields);
}

void conf_free_bridges(struct am_config *c)
{
	for (uint16_t i = 0; i < c->n_bridges; i++) {
		free(c->bridges[i].members);
		free(c->bridges[i].static_macs);
		free(c->bridges[i].hosts);
	}
	free(c->bridges);
}

const struct am_ip *am_config_vtep_local(
	const struct am_config *c, const struct am_conf_bridge *b, uint8_t family)
{
	const struct am_ip *own = &b->vtep_local[family == AM_IPV6];

	if (own->family)
		return own;
	for (uint16_t i = 0; i < c->dflt.n_loopbacks; i++) {
		if (c->dflt.loopbacks[i].family == family)
			return &c->dflt.loopbacks[i];
	}
	return NULL;
}

/* ---- checks ---- */

struct where conf_bridge_where(const struct am_conf_bridge *b, const char *fmt, ...)
{
	char end[96];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(end, sizeof end, fmt, ap);
	va_end(ap);
	return conf_where(b->xconnect ? "xconnects" : "bridges", b->name, "%s", end);
}

/* What is claimed by whom, in all bridges. */
struct claims {
	struct am_map *vnis, *names, *vteps, *macs, *hosts;
};

/* A VTEP or a MAC within one bridge. */
struct claim {
	uint32_t bridge;
	union {
		struct am_ip vtep;
		struct am_mac mac;
	};
	uint8_t pad[3];
};
_Static_assert(sizeof(struct claim) % 8 == 0, "maps take keys in words of 8");

static bool any_default_port(const struct am_config *c)
{
	for (uint16_t i = 0; i < c->n_ports; i++) {
		if (c->ports[i].vrf == AM_VRF_IS_DEFAULT)
			return true;
	}
	return false;
}

/* A prefix that could not be read may be the one that leads there. */
static bool any_unread_route(const struct am_config *c)
{
	for (uint16_t i = 0; i < c->dflt.n_routes; i++) {
		if (!c->dflt.routes[i].prefix.ip.family)
			return true;
	}
	return false;
}

/* A VTEP is reached by a route of vrfs.default, or by the kernel's where a port of that VRF exists. */
static void check_vtep_route(const struct am_config *c, struct am_config_errors *errors, const char *path,
	const struct am_ip *vtep)
{
	const struct am_conf_route *r = am_config_route(c, AM_VRF_IS_DEFAULT, vtep);
	char text[AM_IP_TEXT];

	if ((r && (*r->tunnel || *r->port)) || any_default_port(c) || any_unread_route(c))
		return;
	am_config_complain(c, errors, path,
		"nothing leads to VTEP %s: add a route to vrfs.default with a \"tunnel\"; the kernel's "
		"routes are used "
		"only where a port has \"vrf\": \"default\"",
		am_ip_text(vtep, text));
}

static void check_vtep_address(const struct am_config *c, struct am_config_errors *errors,
	const struct am_conf_bridge *b, const char *path, const struct am_ip *vtep)
{
	const struct am_ip *local = am_config_vtep_local(c, b, vtep->family);
	char text[AM_IP_TEXT];

	am_ip_text(vtep, text);
	if (am_ip_is_unspecified(vtep) || am_ip_is_multicast(vtep))
		am_config_complain(c, errors, path,
			"%s is no VTEP's address: flooding is by one copy for each VTEP, name their unicast "
			"addresses",
			text);
	else if (!local)
		am_config_complain(c, errors, path,
			"there is no IPv%u address to send from: add one to vrfs.default.loopbacks or to "
			"this "
			"bridge's vtep_local",
			vtep->family);
	else if (am_ip_equal(local, vtep))
		am_config_complain(c, errors, path, "%s is this box's own VTEP: name the other ones", text);
	else
		check_vtep_route(c, errors, path, vtep);
}

static void check_vtep(const struct am_config *c, struct am_config_errors *errors,
	const struct claims *claims, const struct am_conf_bridge *b, uint16_t i)
{
	const struct am_ip *vtep = &b->members[i].vtep;
	struct where at = conf_bridge_where(b, ".members[%u].vtep", i);
	struct claim claim = {.bridge = (uint32_t)(b - c->bridges)};
	char text[AM_IP_TEXT];
	uint32_t owner = i;

	if (b->xconnect) {
		am_config_complain(c, errors, at.path,
			"an xconnect joins ports and tunnels: for a VTEP use a bridge with a vni");
		return;
	}
	if (!b->has_vni)
		am_config_complain(c, errors, conf_bridge_where(b, "%s", "").path,
			"a bridge with VTEPs needs to know its VNI: add \"vni\", 1 to %u", VNI_LAST);
	if (!vtep->family)
		return;
	check_vtep_address(c, errors, b, at.path, vtep);
	claim.vtep = *vtep;
	if (conf_claim(c, errors, claims->vteps, &claim, &owner))
		am_config_complain(c, errors, at.path, "VTEP %s is members[%u] already: remove one",
			am_ip_text(vtep, text), owner);
}

static void check_member(const struct am_config *c, struct am_config_errors *errors,
	const struct claims *claims, const struct am_conf_bridge *b, uint16_t i)
{
	const struct am_conf_member *m = &b->members[i];
	const struct am_conf_tunnel *t;

	if (m->kind == AM_CONF_MEMBER_VTEP) {
		check_vtep(c, errors, claims, b, i);
	} else if (!*m->on) {
		return; /* complained about already */
	} else if (m->kind == AM_CONF_MEMBER_PORT) {
		conf_check_port_name(c, errors, conf_bridge_where(b, ".members[%u].port", i).path, m->on);
	} else {
		struct where at = conf_bridge_where(b, ".members[%u].tunnel", i);

		if (!conf_check_tunnel_name(c, errors, at.path, m->on))
			return;
		t = am_config_tunnel(c, m->on);
		if (t->type == AM_CONF_GRE)
			am_config_complain(c, errors, at.path,
				"tunnel \"%s\" is GRE and carries IP, not Ethernet: use type gretap (or "
				"etherip), or "
				"reach a VTEP through it",
				m->on);
	}
}

static void check_static(const struct am_config *c, struct am_config_errors *errors,
	const struct claims *claims, const struct am_conf_bridge *b, uint16_t i)
{
	const struct am_conf_static_mac *s = &b->static_macs[i];
	struct claim claim = {.bridge = (uint32_t)(b - c->bridges)};
	char text[AM_MAC_TEXT];
	uint32_t owner = i;

	if (s->member >= b->n_members)
		am_config_complain(c, errors, conf_bridge_where(b, ".static[%u].member", i).path,
			"there is no members[%u], the bridge has %u: they count from 0", s->member,
			b->n_members);
	claim.mac = s->mac;
	if (conf_claim(c, errors, claims->macs, &claim, &owner))
		am_config_complain(c, errors, conf_bridge_where(b, ".static[%u].mac", i).path,
			"%s is static[%u] already: remove one", am_mac_text(&s->mac, text), owner);
}

static void check_twins(const struct am_config *c, struct am_config_errors *errors,
	const struct claims *claims, const struct am_conf_bridge *b)
{
	uint32_t other = (uint32_t)(b - c->bridges), namesake = other;
	uint64_t vni = b->vni;

	if (b->vni && conf_claim(c, errors, claims->vnis, &vni, &other))
		am_config_complain(c, errors, conf_bridge_where(b, ".vni").path,
			"bridge \"%s\" has VNI %u already: give each bridge its own", c->bridges[other].name,
			b->vni);
	if (conf_claim(c, errors, claims->names, b->name, &namesake))
		am_config_complain(c, errors, conf_bridge_where(b, "%s", "").path,
			"a bridge is called \"%s\" already: use another name", b->name);
}

static void check_bridge(const struct am_config *c, struct am_config_errors *errors,
	const struct claims *claims, const struct am_conf_bridge *b)
{
	check_twins(c, errors, claims, b);
	if (!b->xconnect)
		conf_check_l3(c, errors, conf_bridge_where(b, "%s", "").path, &b->l3);
	if (!b->l3.n_addresses && (*b->l3.acl_in || *b->l3.acl_out))
		am_config_complain(c, errors,
			conf_bridge_where(b, *b->l3.acl_in ? ".acl_in" : ".acl_out").path,
			"a bridge without \"addresses\" routes nothing, so no packet passes this list: remove it, or "
			"give the bridge an address");
	if (b->l3.n_addresses && !strcmp(b->l3.vrf, "underlay"))
		am_config_complain(c, errors, conf_bridge_where(b, ".vrf").path,
			"a bridge cannot route into the underlay: use \"default\" or a VRF of its own");
	if (b->xconnect && b->n_members != 2)
		am_config_complain(c, errors, conf_bridge_where(b, "%s", "").path,
			"an xconnect has exactly two members, this one has %u: use a bridge for more",
			b->n_members);
	for (uint16_t i = 0; i < b->n_members; i++)
		check_member(c, errors, claims, b, i);
	for (uint16_t i = 0; i < b->n_static; i++)
		check_static(c, errors, claims, b, i);
	for (uint16_t i = 0; i < b->n_hosts; i++)
		conf_check_host(c, errors, claims->hosts, b, i);
}

void conf_check_bridges(const struct am_config *c, struct am_config_errors *errors)
{
	struct claims claims = {
		.vnis = am_map_create(sizeof(uint64_t)),
		.names = am_map_create(AM_NAME_MAX),
		.vteps = am_map_create(sizeof(struct claim)),
		.macs = am_map_create(sizeof(struct claim)),
		.hosts = am_map_create(sizeof(struct claim)),
	};

	for (uint16_t i = 0; i < c->n_bridges; i++)
		check_bridge(c, errors, &claims, &c->bridges[i]);
	am_map_free(claims.vnis);
	am_map_free(claims.names);
	am_map_free(claims.vteps);
	am_map_free(claims.macs);
	am_map_free(claims.hosts);
}
