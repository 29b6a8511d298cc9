/* SPDX-License-Identifier: BSD-3-Clause */
#include "build.h"

#include "pkt/port.h"

int am_build_ports(struct am_build *b)
{
	struct am_roots *roots = &b->s->roots;

	for (unsigned i = 0; i < roots->n_ports; i++)
		roots->ports[i] = (struct am_port_root){
			.id = (uint16_t)i, .iface = AM_NO_ID, .vrf = AM_NO_ID, .vlans = AM_NO_VLANS};
	for (unsigned i = 0; i < b->config->n_ports; i++) {
		const struct am_conf_port *conf = &b->config->ports[i];
		const struct am_port_limits *limits = b->limits ? &b->limits[i] : NULL;
		struct am_port_root *port = &roots->ports[b->port_ids[i]];

		port->iface = b->port_ifaces[i];
		port->vrf = am_build_vrf_id(b, conf->l3.vrf);
		port->vlan = conf->vlan;
		port->mtu = am_port_mtu(conf, limits);
		port->mac = am_port_mac(conf, limits);
		port->finish_csum =
			conf->checksums == AM_CHECKSUMS_FINISH ||
			(conf->checksums == AM_CHECKSUMS_AUTO && limits && limits->unfinished_csum);
		b->s->port_names[port->id] = conf->name;
		am_build_name_iface(b, port->iface, AM_IFACE_PORT, conf->name);
	}
	return 0;
}

uint16_t am_build_port_id(const struct am_build *b, const char *name)
{
	return b->port_ids[am_config_port(b->config, name) - b->config->ports];
}
