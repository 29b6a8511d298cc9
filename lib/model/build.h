/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MODEL_BUILD_H
#define MODEL_BUILD_H
/*
 * A build in progress, and its steps in their order: numbers first, so that each array has its size; then what has them.
 * A step returns 0 or -errno; what is the configuration's fault it adds to errors and returns 0.
 */
#include "stack.h"
#include "state.h"

struct am_build {
	struct am_model *m;
	struct am_snapshot *s;
	const struct am_config *config;
	const struct am_port_limits *limits; /* or NULL */
	struct am_config_errors *errors;
	struct am_peers_builder *peers;
	const struct am_ids *full; /* it has no number left, which was complained about */
	uint16_t *port_ids, *tunnel_ids, *bridge_ids, *member_ids; /* by index in the configuration */
	uint16_t *port_ifaces, *tunnel_ifaces, *bridge_ifaces;
	uint16_t *irb_ids;                  /* members, by index in config->bridges */
	uint16_t *vrf_ids;                  /* by index in config->vrfs */
	struct am_path_list **tunnel_lists; /* by tunnel id: of routed packets; NULL: none leads there */
	uint32_t n_members;
	uint32_t n_paths; /* of all members */
};

/* number.c: hold a name of one of the kinds and give its index; *end, where given, grows to hold it. */
int am_build_number(struct am_build *b, struct am_ids *ids, const char *kind, const char *name, uint32_t span,
	uint16_t *index, uint16_t *end);
int am_build_numbers(struct am_build *b);
/* A member's name among those of all bridges. */
void am_build_member_key(const struct am_conf_bridge *bridge, unsigned k, char key[AM_ID_NAME]);

int am_build_vrf_numbers(struct am_build *b); /* root_interface.c: and those of L3 interfaces */
int am_build_ports(struct am_build *b);       /* root_port.c */
int am_build_tunnels(struct am_build *b);     /* root_tunnel.c */
int am_build_bridges(struct am_build *b);     /* root_bridge.c, root_member.c */
int am_build_member(
	struct am_build *b, const struct am_bridge *bridge, const struct am_conf_bridge *conf, unsigned k);
int am_build_interfaces(struct am_build *b); /* root_interface.c */
int am_build_vrfs(struct am_build *b);
int am_build_peers(struct am_build *b);  /* peer.c */
int am_build_paths(struct am_build *b);  /* member_paths.c */
int am_build_locals(struct am_build *b); /* local.c */

int am_build_routes(struct am_build *b); /* routes.c, behind paths */
/* How many paths and next hops that takes at most. */
uint32_t am_build_count_hops(const struct am_build *b);

/* Of a VRF by name; AM_NO_ID of none. */
uint16_t am_build_vrf_id(const struct am_build *b, const char *name);
/* Zeroed memory of the snapshot's; *ok turns false where there is none. */
void *am_build_alloc(struct am_build *b, size_t count, size_t size, bool *ok);
void am_build_name_iface(struct am_build *b, uint16_t id, enum am_iface_kind kind, const char *name);
uint16_t am_build_port_id(const struct am_build *b, const char *name);
struct am_tunnel *am_build_tunnel_root(const struct am_build *b, const struct am_conf_tunnel *conf);
/* A map that sends nothing anywhere. */
#define AM_NO_VLANS ((struct am_vlan_map){.any = AM_NO_ID, .untagged = AM_NO_ID})

#endif
