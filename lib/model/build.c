/* SPDX-License-Identifier: BSD-3-Clause */
/* Configuration to roots. Numbers first, so that each array has its size; then ports, tunnels, bridges, peers, paths. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "stack.h"
#include "state.h"

struct build {
	struct am_model *m;
	struct am_snapshot *s;
	const struct am_config *config;
	const struct am_port_limits *limits; /* or NULL */
	struct am_config_errors *errors;
	struct am_peers_builder *peers;
	uint16_t *port_ids, *tunnel_ids, *bridge_ids, *member_ids; /* by index in the configuration */
	uint16_t *port_ifaces, *tunnel_ifaces, *bridge_ifaces;
	uint32_t n_members;
	uint32_t n_paths;
};

/* ---- numbers ---- */

/* Hold a name of one of the kinds and give its index; *end grows to hold it. */
static int number(struct build *b, struct am_ids *ids, const char *kind, const char *name, uint32_t span,
	uint16_t *index, uint16_t *end)
{
	uint32_t at;
	int rc = am_snapshot_take(b->s, ids, name, span, &at);

	if (rc == -ENOSPC) {
		am_config_complain(b->config, b->errors, "$", "no number is left for %s %s: at most %u %ss",
			kind, name, am_ids_max(ids), kind);
		return 0;
	}
	if (rc < 0)
		return rc;
	*index = (uint16_t)at;
	if (end && at + span > *end)
		*end = (uint16_t)(at + span);
	return 0;
}

static int number_iface(struct build *b, const char *kind, const char *name, uint16_t *index)
{
	char text[AM_ID_NAME];

	snprintf(text, sizeof text, "%s %s", kind, name);
	return number(b, b->m->ifaces, "interface", text, 1, index, &b->s->roots.n_ifaces);
}

static int number_ports(struct build *b)
{
	struct am_roots *roots = &b->s->roots;
	const char *name;
	int rc = 0;

	for (unsigned i = 0; i < b->config->n_ports && rc == 0; i++) {
		name = b->config->ports[i].name;
		rc = number(b, b->m->ports, "port", name, 1, &b->port_ids[i], &roots->n_ports);
		if (rc == 0)
			rc = number_iface(b, "port", name, &b->port_ifaces[i]);
	}
	return rc;
}

static int number_tunnels(struct build *b)
{
	struct am_roots *roots = &b->s->roots;
	const char *name;
	int rc = 0;

	for (unsigned i = 0; i < b->config->n_tunnels && rc == 0; i++) {
		name = b->config->tunnels[i].name;
		rc = number(b, b->m->tunnels, "tunnel", name, 1, &b->tunnel_ids[i], &roots->n_tunnels);
		if (rc == 0)
			rc = number_iface(b, "tunnel", name, &b->tunnel_ifaces[i]);
	}
	return rc;
}

/* Bridges and xconnects may share a name, so the kind is part of it. */
static void bridge_key(const struct am_conf_bridge *bridge, char *buf, size_t room)
{
	snprintf(buf, room, "%s %s", bridge->xconnect ? "xconnect" : "bridge", bridge->name);
}

static int number_bridge(struct build *b, unsigned i)
{
	const struct am_conf_bridge *bridge = &b->config->bridges[i];
	char key[AM_ID_NAME];
	int rc;

	bridge_key(bridge, key, sizeof key);
	rc = number(b, b->m->bridges, "bridge", key, 1, &b->bridge_ids[i], &b->s->roots.n_bridges);
	b->bridge_ifaces[i] = AM_NO_ID;
	if (rc == 0 && bridge->has_vni)
		rc = number_iface(b, "bridge", bridge->name, &b->bridge_ifaces[i]);
	return rc;
}

static int number_members(struct build *b)
{
	char bridge[AM_NAME_MAX + 16], member[AM_MEMBER_TEXT], key[AM_ID_NAME];
	uint32_t at = 0;
	int rc = 0;

	for (unsigned i = 0; i < b->config->n_bridges && rc == 0; i++) {
		rc = number_bridge(b, i);
		bridge_key(&b->config->bridges[i], bridge, sizeof bridge);
		for (unsigned k = 0; k < b->config->bridges[i].n_members && rc == 0; k++) {
			am_stack_member_text(&b->config->bridges[i].members[k], member, sizeof member);
			snprintf(key, sizeof key, "%s: %s", bridge, member);
			rc = number(b, b->m->members, "member", key, 1, &b->member_ids[at++],
				&b->s->roots.n_members);
		}
	}
	return rc;
}

static void *alloc(struct build *b, size_t count, size_t size, bool *ok)
{
	void *p = am_snapshot_alloc(b->s, count, size);

	*ok = *ok && p;
	return p;
}

static int number_all(struct build *b)
{
	const struct am_config *c = b->config;
	bool ok = true;
	int rc;

	for (unsigned i = 0; i < c->n_bridges; i++)
		b->n_members += c->bridges[i].n_members;
	b->port_ids = alloc(b, c->n_ports, sizeof(uint16_t), &ok);
	b->port_ifaces = alloc(b, c->n_ports, sizeof(uint16_t), &ok);
	b->tunnel_ids = alloc(b, c->n_tunnels, sizeof(uint16_t), &ok);
	b->tunnel_ifaces = alloc(b, c->n_tunnels, sizeof(uint16_t), &ok);
	b->bridge_ids = alloc(b, c->n_bridges, sizeof(uint16_t), &ok);
	b->bridge_ifaces = alloc(b, c->n_bridges, sizeof(uint16_t), &ok);
	b->member_ids = alloc(b, b->n_members, sizeof(uint16_t), &ok);
	if (!ok)
		return -ENOMEM;
	b->s->port_ids = b->port_ids;
	rc = number_ports(b);
	if (rc == 0)
		rc = number_tunnels(b);
	return rc < 0 ? rc : number_members(b);
}

static int alloc_roots(struct build *b)
{
	struct am_snapshot *s = b->s;
	struct am_roots *roots = &s->roots;
	bool ok = true;

	roots->ports = alloc(b, roots->n_ports, sizeof *roots->ports, &ok);
	roots->tunnels = alloc(b, roots->n_tunnels, sizeof *roots->tunnels, &ok);
	roots->bridges = alloc(b, roots->n_bridges, sizeof *roots->bridges, &ok);
	roots->members = alloc(b, roots->n_members, sizeof *roots->members, &ok);
	s->bridges = alloc(b, roots->n_bridges, sizeof *s->bridges, &ok);
	s->ifaces = alloc(b, roots->n_ifaces, sizeof *s->ifaces, &ok);
	s->port_names = alloc(b, roots->n_ports, sizeof *s->port_names, &ok);
	s->member_texts = alloc(b, roots->n_members, sizeof *s->member_texts, &ok);
	return ok ? 0 : -ENOMEM;
}

static void name_iface(struct build *b, uint16_t id, enum am_iface_kind kind, const char *name)
{
	if (id != AM_NO_ID)
		b->s->ifaces[id] = (struct am_iface_info){.id = id, .kind = kind, .name = name};
}

/* ---- ports ---- */

static const struct am_vlan_map no_vlans = {.any = AM_NO_ID, .untagged = AM_NO_ID};

static uint16_t vrf_of(enum am_vrf_kind kind)
{
	switch (kind) {
	case AM_VRF_IS_UNDERLAY:
		return AM_VRF_UNDERLAY;
	case AM_VRF_IS_DEFAULT:
		return AM_VRF_DEFAULT;
	case AM_VRF_NONE:
		break;
	}
	return AM_NO_ID;
}

static void build_ports(struct build *b)
{
	struct am_roots *roots = &b->s->roots;

	for (unsigned i = 0; i < roots->n_ports; i++)
		roots->ports[i] = (struct am_port_root){
			.id = (uint16_t)i, .iface = AM_NO_ID, .vrf = AM_NO_ID, .vlans = no_vlans};
	for (unsigned i = 0; i < b->config->n_ports; i++) {
		const struct am_conf_port *conf = &b->config->ports[i];
		const struct am_port_limits *limits = b->limits ? &b->limits[i] : NULL;
		struct am_port_root *port = &roots->ports[b->port_ids[i]];

		port->iface = b->port_ifaces[i];
		port->vrf = vrf_of(conf->vrf);
		port->vlan = conf->vlan;
		port->mtu = am_port_mtu(conf, limits);
		port->mac = am_port_mac(conf, limits);
		port->finish_csum =
			conf->checksums == AM_CHECKSUMS_FINISH ||
			(conf->checksums == AM_CHECKSUMS_AUTO && limits && limits->unfinished_csum);
		b->s->port_names[port->id] = conf->name;
		name_iface(b, port->iface, AM_IFACE_PORT, conf->name);
	}
}

/* ---- tunnels ---- */

static int tunnel_sequence(struct build *b, const struct am_conf_tunnel *conf, struct am_tunnel *t)
{
	struct {
		struct am_ip local[AM_CONFIG_STRIPES], remote[AM_CONFIG_STRIPES];
		uint32_t type, has_key, key;
		uint8_t pad[4];
	} ends = {.type = conf->type, .has_key = conf->has_key, .key = conf->has_key ? conf->key : 0};
	struct am_sequence *seq;
	char name[AM_ID_NAME];
	uint16_t index = 0;
	int rc;

	_Static_assert(sizeof ends % 8 == 0, "hashed in words of 8");
	memcpy(ends.local, conf->local, conf->n_local * sizeof *conf->local);
	memcpy(ends.remote, conf->remote, conf->n_remote * sizeof *conf->remote);
	/* Another far end starts to count anew, so the ends are part of the name. */
	snprintf(name, sizeof name, "%s %016jx", conf->name, (uintmax_t)am_hash_words(&ends, sizeof ends, 0));
	rc = number(b, b->m->sequences, "sequence", name, 1, &index, NULL);
	if (rc < 0)
		return rc;
	seq = am_slab_get(&b->m->sequence_slab, index, sizeof *seq);
	if (!seq)
		return -ENOMEM;
	if (am_ids_holders(b->m->sequences, index) == 1)
		seq->tx = seq->rx = 0;
	t->tx_seq = &seq->tx;
	t->rx_seq = &seq->rx;
	return 0;
}

static enum am_tunnel_kind tunnel_kind(const struct am_conf_tunnel *conf)
{
	struct am_encap_spec spec;

	am_stack_tunnel_spec(conf, 0, &spec);
	return spec.kind;
}

/* The clamp of an L3 tunnel's inner packets; those inside members are clamped by the member. */
static void tunnel_mss(const struct am_conf_tunnel *conf, struct am_tunnel *t)
{
	unsigned whole = conf->mtu, stripe_whole;
	struct am_encap_spec spec;
	struct am_encap encap;

	if (am_tunnel_is_l2(conf))
		return;
	for (unsigned i = 0; i < conf->n_local; i++) {
		am_stack_tunnel_spec(conf, i, &spec);
		if (am_encap_build(&spec, &encap, NULL) < 0)
			continue; /* refused already */
		stripe_whole = am_encap_whole_payload(&encap);
		whole = stripe_whole < whole ? stripe_whole : whole;
	}
	am_stack_mss(conf, conf->mtu, whole, &t->mss4, &t->mss6);
}

static int build_tunnel(struct build *b, unsigned i)
{
	const struct am_conf_tunnel *conf = &b->config->tunnels[i];
	struct am_tunnel *t = am_snapshot_alloc(b->s, 1, sizeof *t);

	if (!t)
		return -ENOMEM;
	*t = (struct am_tunnel){
		.id = b->tunnel_ids[i],
		.iface = b->tunnel_ifaces[i],
		.kind = (uint8_t)tunnel_kind(conf),
		.accept_swapped = conf->accept_swapped,
		.want_csum = conf->checksum,
		.seq = conf->sequence,
		.dscp_uniform = conf->dscp_uniform,
		.mtu = conf->mtu,
		.vrf = AM_VRF_DEFAULT,
		.vlans = no_vlans,
	};
	if (am_tunnel_is_l2(conf))
		t->mac = am_tunnel_mac(conf);
	tunnel_mss(conf, t);
	b->s->roots.tunnels[t->id] = t;
	name_iface(b, t->iface, AM_IFACE_TUNNEL, conf->name);
	return conf->sequence ? tunnel_sequence(b, conf, t) : 0;
}

/* ---- bridges and members ---- */

static void member_path(const struct am_conf_bridge *bridge, unsigned k, char path[AM_JSON_PATH])
{
	char rest[32];

	snprintf(rest, sizeof rest, ".members[%u]", k);
	am_bridge_path(path, AM_JSON_PATH, bridge, rest);
}

static int map_vlan(struct build *b, struct am_vlan_map *map, const struct am_conf_bridge *bridge, unsigned k,
	uint16_t id)
{
	const struct am_conf_member *conf = &bridge->members[k];
	uint16_t *slot, *vids = (uint16_t *)(uintptr_t)map->by_vid; /* ours until it is published */
	char path[AM_JSON_PATH], text[AM_MEMBER_TEXT];

	if (conf->vlan_kind == AM_CONF_VLAN_ANY) {
		slot = &map->any;
	} else if (conf->vlan_kind == AM_CONF_VLAN_UNTAGGED) {
		slot = &map->untagged;
	} else {
		if (!vids) {
			vids = am_snapshot_alloc(b->s, 4096, sizeof *vids);
			if (!vids)
				return -ENOMEM;
			memset(vids, 0xff, 4096 * sizeof *vids);
			map->by_vid = vids;
		}
		slot = &vids[conf->vlan];
	}
	if (*slot != AM_NO_ID) {
		member_path(bridge, k, path);
		am_stack_member_text(conf, text, sizeof text);
		am_config_complain(b->config, b->errors, path,
			"%s is a member twice; each VLAN of it can have one place", text);
	}
	*slot = id;
	return 0;
}

static uint16_t port_id(const struct build *b, const char *name)
{
	return b->port_ids[am_config_port(b->config, name) - b->config->ports];
}

static int place_on_port(
	struct build *b, const struct am_conf_bridge *bridge, unsigned k, struct am_member *m)
{
	struct am_port_root *port = &b->s->roots.ports[port_id(b, bridge->members[k].on)];

	m->kind = AM_MEMBER_PORT;
	m->port = port->id;
	m->iface = port->iface;
	return map_vlan(b, &port->vlans, bridge, k, m->id);
}

static struct am_tunnel *tunnel_root(const struct build *b, const struct am_conf_tunnel *conf)
{
	return b->s->roots.tunnels[b->tunnel_ids[conf - b->config->tunnels]];
}

static int place_on_tunnel(
	struct build *b, const struct am_conf_bridge *bridge, unsigned k, struct am_member *m)
{
	const struct am_conf_tunnel *conf = am_config_tunnel(b->config, bridge->members[k].on);
	struct am_tunnel *t = tunnel_root(b, conf);

	m->kind = AM_MEMBER_TUNNEL;
	m->tunnel = t->id;
	m->iface = t->iface;
	t->bridged = true;
	t->vrf = AM_NO_ID;
	b->n_paths += conf->n_local;
	return map_vlan(b, &t->vlans, bridge, k, m->id);
}

static void place_on_vtep(
	struct build *b, const struct am_conf_bridge *bridge, unsigned k, uint16_t iface, struct am_member *m)
{
	struct am_below below;

	am_stack_below(b->config, &bridge->members[k].vtep, &below);
	m->kind = AM_MEMBER_VTEP;
	m->iface = iface;
	if (below.tunnel)
		m->tunnel = tunnel_root(b, below.tunnel)->id;
	b->n_paths += below.tunnel ? below.tunnel->n_local : 1;
}

static uint16_t vid_of(const struct am_conf_member *conf)
{
	if (conf->kind == AM_CONF_MEMBER_VTEP || conf->vlan_kind == AM_CONF_VLAN_ANY)
		return AM_VID_ANY;
	return conf->vlan_kind == AM_CONF_VLAN_UNTAGGED ? AM_VID_UNTAGGED : conf->vlan;
}

static int member_storm(struct build *b, const struct am_conf_member *conf, struct am_member *m)
{
	m->storm = (struct am_storm){conf->storm_broadcast, conf->storm_multicast, conf->storm_unknown};
	m->storm_state = am_slab_get(&b->m->storm_slab, m->id, sizeof *m->storm_state);
	if (!m->storm_state)
		return -ENOMEM;
	if (am_ids_holders(b->m->members, m->id) == 1)
		memset(m->storm_state, 0, sizeof *m->storm_state);
	return 0;
}

static int build_member(struct build *b, struct am_bridge *bridge, const struct am_conf_bridge *conf_bridge,
	unsigned k, uint16_t id)
{
	const struct am_conf_member *conf = &conf_bridge->members[k];
	struct am_member *m = am_snapshot_alloc(b->s, 1, sizeof *m);
	char *text = am_snapshot_alloc(b->s, 1, AM_MEMBER_TEXT);
	int rc;

	if (!m || !text)
		return -ENOMEM;
	*m = (struct am_member){
		.id = id,
		.bridge = bridge->id,
		.l2_control = conf->l2_control == AM_L2_DEFAULT ? conf_bridge->xconnect
								: conf->l2_control == AM_L2_FORWARD,
		.vid = vid_of(conf),
		.tpid = conf->tpid,
		.port = AM_NO_ID,
		.tunnel = AM_NO_TARGET,
	};
	am_stack_member_text(conf, text, AM_MEMBER_TEXT);
	b->s->member_texts[id] = text;
	b->s->roots.members[id] = m;
	rc = member_storm(b, conf, m);
	if (rc < 0)
		return rc;
	if (conf->kind == AM_CONF_MEMBER_PORT)
		return place_on_port(b, conf_bridge, k, m);
	if (conf->kind == AM_CONF_MEMBER_TUNNEL)
		return place_on_tunnel(b, conf_bridge, k, m);
	place_on_vtep(b, conf_bridge, k, bridge->iface, m);
	return 0;
}

static int build_bridge(struct build *b, unsigned i, const uint16_t *member_ids)
{
	const struct am_conf_bridge *conf = &b->config->bridges[i];
	struct am_bridge *bridge = am_snapshot_alloc(b->s, 1, sizeof *bridge);
	struct am_bridge_state *state = am_slab_get(&b->m->bridge_slab, b->bridge_ids[i], sizeof *state);
	int rc = 0;

	if (!bridge || !state)
		return -ENOMEM;
	if (am_ids_holders(b->m->bridges, b->bridge_ids[i]) == 1)
		*state = (struct am_bridge_state){0};
	*bridge = (struct am_bridge){
		.id = b->bridge_ids[i],
		.iface = b->bridge_ifaces[i],
		.xconnect = conf->xconnect,
		.learn = conf->learn && !conf->xconnect,
		.has_vni = conf->has_vni,
		.inner_vlan = conf->inner_vlan,
		.udp_csum6 = conf->udp_checksum,
		.vni = conf->vni,
		.mtu = conf->mtu,
		.n_members = conf->n_members,
		.members = am_snapshot_alloc(b->s, conf->n_members, sizeof *bridge->members),
	};
	if (!bridge->members)
		return -ENOMEM;
	memcpy(bridge->members, member_ids, conf->n_members * sizeof *member_ids);
	b->s->roots.bridges[bridge->id] = bridge;
	b->s->bridges[bridge->id] = conf;
	name_iface(b, bridge->iface, AM_IFACE_BRIDGE, conf->name);
	for (unsigned k = 0; k < conf->n_members && rc == 0; k++)
		rc = build_member(b, bridge, conf, k, member_ids[k]);
	return rc;
}

/* ---- peers ---- */

/* vrf, remote, local to their stable index in the builder. */
static int add_peer(
	struct build *b, uint16_t vrf, const struct am_ip *remote, const struct am_ip *local, uint32_t *index)
{
	char name[AM_ID_NAME], r[AM_IP_TEXT], l[AM_IP_TEXT];
	uint16_t at = 0;
	int rc;

	snprintf(name, sizeof name, "%s from %s to %s", vrf == AM_VRF_UNDERLAY ? "underlay" : "default",
		am_ip_text(remote, r), am_ip_text(local, l));
	rc = number(b, b->m->peers, "peer", name, 1, &at, NULL);
	*index = at;
	return rc < 0 ? rc : am_peers_add(b->peers, vrf, remote, local, at);
}

static enum am_peer_use tunnel_use(const struct am_conf_tunnel *t)
{
	if (t->type == AM_CONF_ETHERIP)
		return AM_USE_ETHERIP;
	if (t->type == AM_CONF_GRE)
		return t->has_key ? AM_USE_GRE_KEY : AM_USE_GRE;
	return t->has_key ? AM_USE_GRETAP_KEY : AM_USE_GRETAP;
}

static bool same_use(const struct am_conf_tunnel *a, const struct am_conf_tunnel *t, unsigned stripe)
{
	if (tunnel_use(a) != tunnel_use(t) || (a->has_key && a->key != t->key))
		return false;
	for (unsigned i = 0; i < a->n_local; i++)
		if (am_ip_equal(&a->local[i], &t->local[stripe]) &&
			am_ip_equal(&a->remote[i], &t->remote[stripe]))
			return true;
	return false;
}

/* Which tunnel took t's place; t itself where it names a pair of addresses twice. */
static const char *rival_of(const struct build *b, const struct am_conf_tunnel *t, unsigned stripe)
{
	for (unsigned i = 0; i < b->config->n_tunnels; i++)
		if (&b->config->tunnels[i] != t && same_use(&b->config->tunnels[i], t, stripe))
			return b->config->tunnels[i].name;
	return t->name;
}

static void complain_collision(struct build *b, const struct am_conf_tunnel *t, unsigned stripe)
{
	char path[AM_JSON_PATH], l[AM_IP_TEXT], r[AM_IP_TEXT];

	am_json_path(path, sizeof path, "tunnels", t->name, ".remote");
	am_config_complain(b->config, b->errors, path,
		"what comes from %s to %s could be for %s or for tunnel %s: same type, same addresses%s; %s",
		am_ip_text(&t->remote[stripe], r), am_ip_text(&t->local[stripe], l), t->name,
		rival_of(b, t, stripe), t->type == AM_CONF_ETHERIP ? "" : ", same \"key\" or none",
		t->type == AM_CONF_ETHERIP ? "EtherIP has no key, so change an address"
					   : "give one of them another \"key\" or address");
}

static int tunnel_peers(struct build *b, unsigned i)
{
	const struct am_conf_tunnel *t = &b->config->tunnels[i];
	uint32_t peer;
	int rc;

	for (unsigned k = 0; k < t->n_local; k++) {
		rc = add_peer(b, AM_VRF_UNDERLAY, &t->remote[k], &t->local[k], &peer);
		if (rc == 0)
			rc = am_peers_add_use(
				b->peers, peer, tunnel_use(t), t->has_key ? t->key : 0, b->tunnel_ids[i]);
		if (rc == -EEXIST)
			complain_collision(b, t, k);
		else if (rc < 0)
			return rc;
	}
	return 0;
}

static int vtep_peer(struct build *b, const struct am_conf_bridge *bridge, unsigned k, uint16_t id)
{
	const struct am_ip *vtep = &bridge->members[k].vtep;
	const struct am_ip *local = am_stack_vtep_local(b->config, bridge, vtep->family);
	char path[AM_JSON_PATH], ip[AM_IP_TEXT];
	uint32_t peer;
	int rc = add_peer(b, AM_VRF_DEFAULT, vtep, local, &peer);

	if (rc == 0)
		rc = am_peers_add_use(b->peers, peer, AM_USE_VXLAN, bridge->vni, id);
	if (rc != -EEXIST)
		return rc;
	member_path(bridge, k, path);
	am_config_complain(b->config, b->errors, path,
		"VNI %u from VTEP %s is taken already; a VTEP can be a member of one bridge with that VNI, "
		"once",
		bridge->vni, am_ip_text(vtep, ip));
	return 0;
}

static int build_peers(struct build *b)
{
	const uint16_t *ids = b->member_ids;
	int rc = 0;

	for (unsigned i = 0; i < b->config->n_tunnels && rc == 0; i++)
		rc = tunnel_peers(b, i);
	for (unsigned i = 0; i < b->config->n_bridges; i++) {
		const struct am_conf_bridge *bridge = &b->config->bridges[i];

		for (unsigned k = 0; k < bridge->n_members && rc == 0; k++)
			if (bridge->members[k].kind == AM_CONF_MEMBER_VTEP)
				rc = vtep_peer(b, bridge, k, ids[k]);
		ids += bridge->n_members;
	}
	if (rc < 0)
		return rc;
	b->s->peers = am_peers_build(b->peers);
	b->s->roots.peers = b->s->peers;
	return b->s->peers ? 0 : -ENOMEM;
}

static void add_local(struct build *b, uint16_t vrf, const struct am_ip *ip)
{
	for (unsigned i = 0; i < b->s->n_locals[vrf]; i++)
		if (am_ip_equal(&b->s->locals[vrf][i], ip))
			return;
	b->s->locals[vrf][b->s->n_locals[vrf]++] = *ip;
}

/* Addresses that packets for us come to, by VRF: what drivers steer by. */
static int build_locals(struct build *b)
{
	const struct am_config *c = b->config;
	const struct am_ip *local;
	bool ok = true;

	b->s->locals[AM_VRF_UNDERLAY] =
		alloc(b, (size_t)c->n_tunnels * AM_CONFIG_STRIPES, sizeof *local, &ok);
	b->s->locals[AM_VRF_DEFAULT] = alloc(b, (size_t)c->n_bridges * 2, sizeof *local, &ok);
	if (!ok)
		return -ENOMEM;
	for (unsigned i = 0; i < c->n_tunnels; i++)
		for (unsigned k = 0; k < c->tunnels[i].n_local; k++)
			add_local(b, AM_VRF_UNDERLAY, &c->tunnels[i].local[k]);
	for (unsigned i = 0; i < c->n_bridges; i++) {
		for (uint8_t family = AM_IPV4; family <= AM_IPV6; family += 2) {
			local = am_stack_vtep_local(c, &c->bridges[i], family);
			if (c->bridges[i].has_vni && local)
				add_local(b, AM_VRF_DEFAULT, local);
		}
	}
	return 0;
}

/* ---- paths ---- */

/* The largest port in vrf default, until a next hop says which one it is. */
static uint16_t over_port_mtu(const struct build *b, const struct am_below *below)
{
	const struct am_roots *roots = &b->s->roots;
	uint16_t mtu = 0;

	if (below->port)
		return roots->ports[port_id(b, below->port->name)].mtu;
	for (unsigned i = 0; i < roots->n_ports; i++)
		if (roots->ports[i].vrf == AM_VRF_DEFAULT && roots->ports[i].mtu > mtu)
			mtu = roots->ports[i].mtu;
	return mtu;
}

static int new_list(struct build *b, struct am_member *m, const char *key, unsigned stripes)
{
	struct am_path_list *list = am_snapshot_alloc(b->s, 1, sizeof *list);
	char name[AM_ID_NAME];
	uint16_t first = 0;
	int rc;

	if (!list)
		return -ENOMEM;
	/* Stripes are part of the name: a list that changes its width takes another range. */
	snprintf(name, sizeof name, "%s * %u", key, stripes);
	rc = number(b, b->m->paths, "path", name, stripes, &first, &b->s->roots.n_paths_hint);
	list->first_path = first;
	m->paths = list;
	return rc;
}

/* One string per stripe; the packet that fits whole in all of them decides on the clamp. */
static int fill_list(struct build *b, const struct am_conf_bridge *bridge, const struct am_conf_member *conf,
	struct am_member *m, const struct am_below *below)
{
	const struct am_conf_tunnel *t = below->tunnel;
	unsigned stripes = t ? t->n_local : 1, overhead = AM_ETH_LEN + am_stack_tags(bridge, conf);
	unsigned whole = bridge->mtu, stripe_whole;
	struct am_encap_spec spec;
	uint16_t nexthop;
	struct am_err err;

	for (unsigned i = 0; i < stripes; i++) {
		if (conf->kind == AM_CONF_MEMBER_VTEP)
			am_stack_vxlan_spec(bridge, am_stack_vtep_local(b->config, bridge, conf->vtep.family),
				&conf->vtep, below, i, t ? 0 : over_port_mtu(b, below), &spec);
		else
			am_stack_tunnel_spec(t, i, &spec);
		nexthop = t ? am_nexthop_want(b->s, AM_VRF_UNDERLAY, &t->remote[i])
			    : am_nexthop_want(b->s, AM_VRF_DEFAULT, &conf->vtep);
		if (am_path_add(b->s, m->paths, &spec, t, nexthop, &err) < 0) {
			char path[AM_JSON_PATH];

			am_bridge_path(path, sizeof path, bridge, ".members");
			am_config_complain(b->config, b->errors, path, "%s", err.text);
			return 0;
		}
		stripe_whole = am_encap_whole_payload(b->s->paths[b->s->n_paths - 1].string);
		stripe_whole = stripe_whole > overhead ? stripe_whole - overhead : 0;
		whole = stripe_whole < whole ? stripe_whole : whole;
	}
	if (t)
		am_stack_mss(t, bridge->mtu, whole, &m->mss4, &m->mss6);
	return 0;
}

static int build_list(struct build *b, const struct am_conf_bridge *bridge, unsigned k, uint16_t id)
{
	const struct am_conf_member *conf = &bridge->members[k];
	struct am_member *m = b->s->roots.members[id];
	char owner[AM_NAME_MAX + 16], text[AM_MEMBER_TEXT], key[AM_ID_NAME];
	struct am_below below = {0};
	int rc;

	if (conf->kind == AM_CONF_MEMBER_PORT)
		return 0;
	if (conf->kind == AM_CONF_MEMBER_VTEP)
		am_stack_below(b->config, &conf->vtep, &below);
	else
		below.tunnel = am_config_tunnel(b->config, conf->on);
	bridge_key(bridge, owner, sizeof owner);
	am_stack_member_text(conf, text, sizeof text);
	snprintf(key, sizeof key, "%s: %s", owner, text);
	rc = new_list(b, m, key, below.tunnel ? below.tunnel->n_local : 1);
	return rc < 0 ? rc : fill_list(b, bridge, conf, m, &below);
}

static int build_paths(struct build *b)
{
	const uint16_t *ids = b->member_ids;
	bool ok = true;
	int rc = 0;

	b->s->paths = alloc(b, b->n_paths, sizeof *b->s->paths, &ok);
	b->s->nexthops = alloc(b, b->n_paths, sizeof *b->s->nexthops, &ok);
	if (!ok)
		return -ENOMEM;
	for (unsigned i = 0; i < b->config->n_bridges; i++) {
		const struct am_conf_bridge *bridge = &b->config->bridges[i];

		for (unsigned k = 0; k < bridge->n_members && rc == 0; k++)
			rc = build_list(b, bridge, k, ids[k]);
		ids += bridge->n_members;
	}
	return rc;
}

/* ---- all of it ---- */

static int build_objects(struct build *b)
{
	const uint16_t *ids = b->member_ids;
	int rc = 0;

	build_ports(b);
	for (unsigned i = 0; i < b->config->n_tunnels && rc == 0; i++)
		rc = build_tunnel(b, i);
	for (unsigned i = 0; i < b->config->n_bridges && rc == 0; i++) {
		rc = build_bridge(b, i, ids);
		ids += b->config->bridges[i].n_members;
	}
	return rc;
}

int am_build(struct am_model *m, struct am_snapshot *s, const struct am_port_limits *limits,
	struct am_config_errors *errors)
{
	struct build b = {.m = m, .s = s, .config = s->config, .limits = limits, .errors = errors};
	size_t complaints = errors->n;
	int rc;

	b.peers = am_peers_builder(m->seed);
	if (!b.peers)
		return -ENOMEM;
	s->roots.vtep_port = AM_VXLAN_PORT;
	rc = number_all(&b);
	if (rc == 0 && errors->n == complaints)
		rc = alloc_roots(&b);
	/* Without a number for everything nothing can be built. */
	if (rc == 0 && errors->n == complaints)
		rc = build_objects(&b);
	if (rc == 0 && errors->n == complaints)
		rc = build_peers(&b);
	if (rc == 0 && errors->n == complaints)
		rc = build_paths(&b);
	if (rc == 0 && errors->n == complaints)
		rc = build_locals(&b);
	am_peers_builder_free(b.peers);
	return rc;
}
