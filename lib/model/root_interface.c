/* SPDX-License-Identifier: BSD-3-Clause */
/* VRFs that route, and the L3 identities of ports, VLANs, tunnels and bridges. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "acl.h"
#include "build.h"
#include "route.h"

enum {
	VIDS = 4096,
	BOX_MTU = 1500, /* what the box's own packets may be without anybody having to cut them first */
};

uint16_t am_build_vrf_id(const struct am_build *b, const char *name)
{
	const struct am_conf_vrf *vrf = *name ? am_config_vrf_named(b->config, name) : NULL;

	if (!vrf)
		return AM_NO_ID;
	if (vrf == &b->config->underlay)
		return AM_VRF_UNDERLAY;
	return vrf == &b->config->dflt ? AM_VRF_DEFAULT : b->vrf_ids[vrf - b->config->vrfs];
}

/* ---- numbers ---- */

static void vlan_name(
	const struct am_conf_port *port, const struct am_conf_port_vlan *vlan, char name[AM_ID_NAME])
{
	snprintf(name, AM_ID_NAME, "%s.%u", port->name, vlan->vid);
}

/* The number of an L3 interface; whoever asks again gets the same one. */
static int number(struct am_build *b, enum am_interface_kind kind, const char *name, uint16_t *id)
{
	char key[AM_ID_NAME + 16];

	snprintf(key, sizeof key, "%d %s", kind, name);
	return am_build_number(b, b->m->interfaces, "L3 interface", key, 1, id, &b->s->roots.n_interfaces);
}

static int number_row(struct am_build *b, enum am_iface_kind kind, const char *name, uint16_t *iface)
{
	char key[AM_ID_NAME + 16];

	snprintf(key, sizeof key, "L3 %d %s", kind, name);
	return am_build_number(b, b->m->ifaces, "interface", key, 1, iface, &b->s->roots.n_ifaces);
}

static int number_port(struct am_build *b, const struct am_conf_port *conf)
{
	char name[AM_ID_NAME];
	uint16_t id;
	int rc = number(b, AM_INTERFACE_PORT, conf->name, &id);

	for (unsigned i = 0; i < conf->n_vlans && rc == 0; i++) {
		vlan_name(conf, &conf->vlans[i], name);
		rc = number(b, AM_INTERFACE_VLAN, name, &id);
		if (rc == 0)
			rc = number_row(b, AM_IFACE_VLAN, name, &id);
	}
	return rc;
}

static bool has_address_in(const struct am_conf_l3 *l3, const char *vrf)
{
	return l3->n_addresses && !strcmp(l3->vrf, vrf);
}

static bool port_has_address(const struct am_conf_port *port, const char *vrf)
{
	for (unsigned i = 0; i < port->n_vlans; i++)
		if (has_address_in(&port->vlans[i].l3, vrf))
			return true;
	return has_address_in(&port->l3, vrf);
}

/* Does this box have addresses in it? */
static bool has_box(const struct am_config *c, const struct am_conf_vrf *vrf)
{
	for (unsigned i = 0; i < c->n_ports; i++)
		if (port_has_address(&c->ports[i], vrf->name))
			return true;
	for (unsigned i = 0; i < c->n_tunnels; i++)
		if (has_address_in(&c->tunnels[i].l3, vrf->name))
			return true;
	return vrf->n_loopbacks != 0;
}

static int number_boxes(struct am_build *b)
{
	const struct am_conf_vrf *conf;
	uint16_t id;
	int rc = 0;

	for (unsigned i = AM_VRF_DEFAULT; rc == 0 && (conf = am_config_vrf(b->config, i)) != NULL; i++) {
		if (!has_box(b->config, conf))
			continue;
		rc = number(b, AM_INTERFACE_BOX, conf->name, &id);
		if (rc == 0)
			rc = number_row(b, AM_IFACE_BOX, conf->name, &id);
	}
	return rc;
}

static int number_interfaces(struct am_build *b)
{
	const struct am_config *c = b->config;
	uint16_t id;
	int rc = 0;

	for (unsigned i = 0; i < c->n_ports && rc == 0; i++)
		rc = number_port(b, &c->ports[i]);
	for (unsigned i = 0; i < c->n_tunnels && rc == 0; i++)
		rc = number(b, AM_INTERFACE_TUNNEL, c->tunnels[i].name, &id);
	for (unsigned i = 0; i < c->n_bridges && rc == 0; i++) {
		if (!c->bridges[i].l3.n_addresses)
			continue;
		rc = number(b, AM_INTERFACE_BRIDGE, c->bridges[i].name, &id);
		if (rc == 0)
			rc = number_row(b, AM_IFACE_IRB, c->bridges[i].name, &id);
	}
	return rc < 0 ? rc : number_boxes(b);
}

int am_build_vrf_numbers(struct am_build *b)
{
	const struct am_config *c = b->config;
	bool ok = true;
	int rc = 0;

	b->vrf_ids = am_build_alloc(b, c->n_vrfs, sizeof *b->vrf_ids, &ok);
	b->s->roots.n_vrfs = AM_VRF_DEFAULT + 1;
	for (unsigned i = 0; ok && i < c->n_vrfs && rc == 0; i++)
		rc = am_build_number(
			b, b->m->vrfs, "VRF", c->vrfs[i].name, 1, &b->vrf_ids[i], &b->s->roots.n_vrfs);
	if (!ok)
		return -ENOMEM;
	return rc < 0 ? rc : number_interfaces(b);
}

/* ---- interfaces ---- */

/* One more; its name is that of its row of counters. */
static int add(struct am_build *b, const struct am_conf_l3 *l3, enum am_interface_kind kind, const char *name,
	struct am_interface **out)
{
	static const enum am_urpf_mode modes[] = {
		[AM_URPF_OFF] = AM_URPF_NONE, [AM_URPF_LOOSE] = AM_URPF_ANY, [AM_URPF_STRICT] = AM_URPF_SAME};
	struct am_snapshot *s = b->s;
	struct am_interface *in = am_snapshot_alloc(s, 1, sizeof *in);
	uint16_t id = 0;
	int rc;

	if (!in)
		return -ENOMEM;
	rc = number(b, kind, name, &id);
	if (rc < 0)
		return rc;
	*in = (struct am_interface){.id = id,
		.kind = (uint8_t)kind,
		.vrf = am_build_vrf_id(b, l3->vrf),
		.urpf = (uint8_t)modes[l3->urpf],
		.mirror = l3->host && (l3->n_addresses || *l3->host_name) ? AM_MIRROR_TAP : AM_MIRROR_NONE,
		.acl_in = am_build_access_group(b, l3->acl_in),
		.acl_out = am_build_access_group(b, l3->acl_out),
		.port = AM_NO_ID,
		.bridge = AM_NO_ID,
		.tunnel = AM_NO_TARGET};
	s->roots.acls_in |= in->acl_in.acl != NULL;
	s->roots.acls_out |= in->acl_out.acl != NULL;
	for (unsigned i = l3->n_addresses; i-- > 0;)
		in->source[l3->addresses[i].ip.family == AM_IPV6] = l3->addresses[i].ip;
	s->roots.interfaces[id] = in;
	s->interface_confs[id] = l3;
	*out = in;
	return 0;
}

static int add_row(struct am_build *b, enum am_iface_kind kind, const char *name, uint16_t *iface)
{
	char *kept = am_snapshot_alloc(b->s, 1, AM_ID_NAME);
	int rc = kept ? number_row(b, kind, name, iface) : -ENOMEM;

	if (rc < 0)
		return rc;
	snprintf(kept, AM_ID_NAME, "%s", name);
	am_build_name_iface(b, *iface, kind, kept);
	return 0;
}

/* A device of the kernel's has its own way to the box for untagged packets. */
static enum am_mirror port_mirror(const struct am_conf_port *conf, enum am_mirror wanted)
{
	if (conf->vlan)
		return wanted;
	if (conf->driver == AM_DRIVER_AF_XDP)
		return AM_MIRROR_NIC;
	return conf->driver == AM_DRIVER_AF_PACKET ? AM_MIRROR_COPY : wanted;
}

static int add_port(struct am_build *b, const struct am_conf_port *conf, struct am_port_root *port)
{
	struct am_interface *in = NULL;
	int rc;

	if (port->vrf == AM_NO_ID || port->vrf == AM_VRF_UNDERLAY)
		return 0;
	rc = add(b, &conf->l3, AM_INTERFACE_PORT, conf->name, &in);
	if (!in)
		return rc;
	in->port = port->id;
	in->vlan = port->vlan;
	in->mirror = (uint8_t)port_mirror(conf, in->mirror);
	in->iface = port->iface;
	in->mtu = port->mtu;
	in->mac = port->mac;
	port->l3 = in;
	return rc;
}

static int add_vlan(struct am_build *b, const struct am_conf_port *conf, const struct am_conf_port_vlan *vlan,
	struct am_port_root *port, const struct am_interface **by_vid)
{
	struct am_interface *in = NULL;
	char name[AM_ID_NAME];
	int rc;

	vlan_name(conf, vlan, name);
	rc = add(b, &vlan->l3, AM_INTERFACE_VLAN, name, &in);
	if (!in)
		return rc;
	in->port = port->id;
	in->vlan = vlan->vid;
	in->mtu = port->mtu;
	in->mac = port->mac;
	by_vid[vlan->vid] = in;
	return add_row(b, AM_IFACE_VLAN, name, &in->iface);
}

static int add_vlans(struct am_build *b, const struct am_conf_port *conf, struct am_port_root *port)
{
	const struct am_interface **by_vid;
	int rc = 0;

	if (!conf->n_vlans)
		return 0;
	by_vid = am_snapshot_alloc(b->s, VIDS, sizeof *by_vid);
	if (!by_vid)
		return -ENOMEM;
	for (unsigned i = 0; i < conf->n_vlans && rc == 0; i++)
		rc = add_vlan(b, conf, &conf->vlans[i], port, by_vid);
	port->vlans_l3 = by_vid;
	return rc;
}

static int add_tunnel(struct am_build *b, const struct am_conf_tunnel *conf)
{
	struct am_tunnel *t = am_build_tunnel_root(b, conf);
	struct am_interface *in = NULL;
	int rc;

	if (t->bridged)
		return 0;
	t->vrf = am_build_vrf_id(b, conf->l3.vrf);
	if (t->vrf == AM_NO_ID)
		return 0;
	rc = add(b, &conf->l3, AM_INTERFACE_TUNNEL, conf->name, &in);
	if (!in)
		return rc;
	in->tunnel = t->id;
	if (in->mirror == AM_MIRROR_TAP && t->kind == AM_TUNNEL_GRE)
		in->mirror = AM_MIRROR_TUN;
	in->iface = t->iface;
	in->mtu = t->mtu;
	in->mac = am_tunnel_mac(conf); /* of GRE only what its link-local address is made of */
	in->mss4 = t->mss4;
	in->mss6 = t->mss6;
	t->l3 = in;
	return rc;
}

/* Locally administered, and the same after each restart. */
static struct am_mac bridge_mac(const struct am_conf_bridge *conf)
{
	struct am_conf_tunnel like = {.has_mac = conf->has_mac, .mac = conf->mac};

	memcpy(like.name, conf->name, sizeof like.name);
	return am_tunnel_mac(&like);
}

/* The member that frames to the bridge's own MAC are for. */
static int add_irb(struct am_build *b, struct am_bridge *bridge, const struct am_interface *in, uint16_t id)
{
	struct am_member *m = am_snapshot_alloc(b->s, 1, sizeof *m);
	am_fdb_key key = am_fdb_make_key(in->mac.bytes, bridge->id);
	uint32_t at = 0;

	if (!m || am_map_add(b->s->static_macs, &key, &at) < 0)
		return -ENOMEM;
	*m = (struct am_member){.id = id,
		.bridge = bridge->id,
		.mtu = bridge->mtu,
		.iface = in->iface,
		.way_iface = in->iface,
		.kind = AM_MEMBER_IRB,
		.vid = AM_VID_ANY,
		.port = AM_NO_ID,
		.tunnel = AM_NO_TARGET};
	am_member_settle(m);
	b->s->roots.members[id] = m;
	b->s->member_texts[id] = "irb";
	bridge->irb = id;
	bridge->l3 = in;
	return 0;
}

static int add_bridge(struct am_build *b, unsigned i)
{
	const struct am_conf_bridge *conf = &b->config->bridges[i];
	struct am_bridge *bridge = b->s->roots.bridges[b->bridge_ids[i]];
	struct am_interface *in = NULL;
	int rc;

	if (!conf->l3.n_addresses)
		return 0;
	rc = add(b, &conf->l3, AM_INTERFACE_BRIDGE, conf->name, &in);
	if (!in)
		return rc;
	in->bridge = bridge->id;
	in->mtu = bridge->mtu;
	in->mac = bridge_mac(conf);
	rc = add_row(b, AM_IFACE_IRB, conf->name, &in->iface);
	return rc < 0 ? rc : add_irb(b, bridge, in, b->irb_ids[i]);
}

int am_build_interfaces(struct am_build *b)
{
	const struct am_config *c = b->config;
	int rc = 0;

	for (unsigned i = 0; i < c->n_ports && rc == 0; i++) {
		rc = add_port(b, &c->ports[i], &b->s->roots.ports[b->port_ids[i]]);
		if (rc == 0)
			rc = add_vlans(b, &c->ports[i], &b->s->roots.ports[b->port_ids[i]]);
	}
	for (unsigned i = 0; i < c->n_tunnels && rc == 0; i++)
		rc = add_tunnel(b, &c->tunnels[i]);
	for (unsigned i = 0; i < c->n_bridges && rc == 0; i++)
		rc = add_bridge(b, i);
	return rc;
}

/* ---- VRFs ---- */

/* Where an ICMP error comes from: the first loopback of the family. */
static void set_source(const struct am_conf_vrf *conf, struct am_vrf *vrf)
{
	for (unsigned i = conf->n_loopbacks; i-- > 0;)
		vrf->source[conf->loopbacks[i].family == AM_IPV6] = conf->loopbacks[i];
}

static int add_box(struct am_build *b, const struct am_conf_vrf *conf, struct am_vrf *vrf)
{
	struct am_interface *in = am_snapshot_alloc(b->s, 1, sizeof *in);
	uint16_t id = 0;
	int rc = in ? number(b, AM_INTERFACE_BOX, conf->name, &id) : -ENOMEM;

	if (rc < 0)
		return rc;
	*in = (struct am_interface){.id = id,
		.kind = AM_INTERFACE_BOX,
		.mirror = AM_MIRROR_TUN,
		.vrf = vrf->id,
		.mtu = BOX_MTU,
		.port = AM_NO_ID,
		.bridge = AM_NO_ID,
		.tunnel = AM_NO_TARGET};
	b->s->roots.interfaces[id] = in;
	vrf->box = in;
	return add_row(b, AM_IFACE_BOX, conf->name, &in->iface);
}

static int add_vrf(struct am_build *b, const struct am_conf_vrf *conf)
{
	struct am_vrf *vrf = am_snapshot_alloc(b->s, 1, sizeof *vrf);
	uint16_t id = am_build_vrf_id(b, conf->name);
	const struct am_fib *fibs[2];
	uint32_t n_routes[2] = {0};

	for (unsigned i = 0; i < conf->n_routes; i++)
		n_routes[conf->routes[i].prefix.ip.family == AM_IPV6]++;
	if (!vrf || am_tables_get(b->m, b->s, id, n_routes, fibs) < 0)
		return -ENOMEM;
	*vrf = (struct am_vrf){.id = id, .fib4 = fibs[0], .fib6 = fibs[1]};
	set_source(conf, vrf);
	b->s->roots.vrfs[id] = vrf;
	b->s->vrf_confs[id] = conf;
	return has_box(b->config, conf) ? add_box(b, conf, vrf) : 0;
}

int am_build_vrfs(struct am_build *b)
{
	const struct am_conf_vrf *conf;
	int rc = 0;

	b->s->vrf_confs = am_snapshot_alloc(b->s, b->s->roots.n_vrfs, sizeof *b->s->vrf_confs);
	if (!b->s->vrf_confs)
		return -ENOMEM;
	b->s->vrf_confs[AM_VRF_UNDERLAY] = &b->config->underlay;
	for (unsigned i = AM_VRF_DEFAULT; rc == 0 && (conf = am_config_vrf(b->config, i)) != NULL; i++)
		rc = add_vrf(b, conf);
	return rc;
}
