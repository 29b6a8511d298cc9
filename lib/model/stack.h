/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MODEL_STACK_H
#define MODEL_STACK_H
/*
 * What lies on what: which tunnel or port a VTEP is reached by, what its header string is made from, and how many octets
 * that takes. Pure functions over a configuration; building, checking and explaining share them.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "net/encap.h"
#include "net/ether.h"
#include "net/ip.h"
#include "net/vxlan.h"

enum {
	AM_JSON_PATH = 160,
	AM_MTU_UNKNOWN = 1500, /* of a port that cannot say and is not configured */
	AM_MEMBER_TEXT = 80,
	AM_VTEP_TTL = 64,
};

/* How a VTEP is reached: by a tunnel, else by a port; both NULL where the kernel picks the port. */
struct am_below {
	const struct am_conf_route *route; /* NULL: none covers it */
	const struct am_conf_tunnel *tunnel;
	const struct am_conf_port *port;
};

void am_stack_below(const struct am_config *config, const struct am_ip *vtep, struct am_below *out);

bool am_tunnel_is_l2(const struct am_conf_tunnel *t);
/*
 * An Ethernet tunnel's own MAC: configured, or derived from its name and the local address in the file alone, so that it is the
 * same after each restart and the far side can be told of it once.
 */
struct am_mac am_tunnel_mac(const struct am_conf_tunnel *t);

/*
 * Header strings, link fields left zero. stripe is below t->n_local. An end that is not known yet is the unspecified address of
 * the larger family that it may have: lengths are right, and nothing is sent with it.
 */
void am_stack_tunnel_spec(const struct am_conf_tunnel *t, unsigned stripe, struct am_encap_spec *out);
/*
 * Octets of the longest packet that t sends: what is not cut, or as long as it may be. A full payload in it is `inside`
 * (IP packet, or frame without tags) and `overhead`. 0 where no header string can be made.
 */
unsigned am_stack_outer_max(const struct am_conf_tunnel *t, unsigned *inside, unsigned *overhead);
/* mtu is that of the port where no tunnel is below. */
void am_stack_vxlan_spec(const struct am_conf_bridge *bridge, const struct am_ip *local,
	const struct am_ip *remote, const struct am_below *below, unsigned stripe, uint16_t mtu,
	struct am_encap_spec *out);

/* Octets of the IP packet that VXLAN makes of a frame with an IP packet of mtu in it. */
unsigned am_stack_vxlan_octets(const struct am_conf_bridge *bridge, uint8_t vtep_family, unsigned mtu);
/* "1500 inside + 14 Ethernet + 8 VXLAN + 8 UDP + 20 IPv4 = 1550 octets" */
void am_stack_vxlan_sum(const struct am_conf_bridge *bridge, uint8_t vtep_family, char *buf, size_t room);

/* Tag octets that frames leaving by a member must be expected to have. */
unsigned am_stack_tags(const struct am_conf_bridge *bridge, const struct am_conf_member *member);
/* The TCP MSS for IP packets up to `fit` that pass and up to `whole` that need no outer fragment; 0 leaves it alone. */
void am_stack_mss(
	const struct am_conf_tunnel *t, unsigned fit, unsigned whole, uint16_t *mss4, uint16_t *mss6);

/* A port's MTU and MAC: what the open port says, bounded and replaced by what is configured. limits may be NULL. */
struct am_port_limits;
uint16_t am_port_mtu(const struct am_conf_port *port, const struct am_port_limits *limits);
struct am_mac am_port_mac(const struct am_conf_port *port, const struct am_port_limits *limits);

/* "$.tunnels.to-b" with rest, already in that form, behind it. */
void am_json_path(char *buf, size_t room, const char *section, const char *name, const char *rest);
void am_bridge_path(char *buf, size_t room, const struct am_conf_bridge *bridge, const char *rest);
/* "port lan0 vlan 100", "tunnel to-b", "vtep 10.255.0.2" */
void am_stack_member_text(const struct am_conf_member *member, char *buf, size_t room);

#endif
