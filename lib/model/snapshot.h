/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MODEL_SNAPSHOT_H
#define MODEL_SNAPSHOT_H
/*
 * One configuration as built: the roots that workers read and what only the control thread needs beside them. Built by
 * prepare, never changed after commit but for the strings and live bits of its path lists, freed as a whole.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "config/config.h"
#include "ids.h"
#include "model/model.h"
#include "net/encap.h"
#include "table/roots.h"

/* One header string of a path list: what it is made from, and the next hop that it waits for. */
struct am_path {
	struct am_encap_spec spec; /* link fields as last built */
	struct am_path_list *list;
	const struct am_member *member; /* whose list it is; NULL: that of routed packets into a tunnel */
	uint16_t bit;                   /* index in list */
	uint16_t nexthop;               /* AM_NO_ID: an end is not known, so it waits for none */
	uint32_t next;                  /* path of the same next hop; AM_NO_PATH is the end */
	const struct am_conf_tunnel *tunnel; /* NULL: straight over a port */
	const struct am_conf_bridge *bridge; /* whose frames it carries */
	uint32_t *first_hop;                 /* of those that lead into list; NULL: no route does */
	struct am_encap *string;             /* what list->encap[bit] points to */
};

enum { AM_NO_PATH = UINT32_MAX };

/* One next hop of a route class, and what its adjacency is made from. */
struct am_hop {
	struct am_route *route;
	struct am_adjacency
		made; /* all but the neighbour's MAC, and the rest where the port is the kernel's to say */
	uint16_t bit; /* index in route->hop */
	uint16_t nexthop;               /* it waits for; AM_NO_ID: for none */
	uint32_t next;                  /* hop of the same next hop; AM_NO_PATH is the end */
	uint32_t same_tunnel;           /* hop into the same path list, as next */
	bool linked;                    /* adjacency is what the next hop says now */
	struct am_adjacency *adjacency; /* what route->hop[bit] points to */
};

/* A prefix and its class. */
struct am_wanted {
	uint16_t vrf : 12, origin : 4; /* enum am_route_origin */
	struct am_prefix prefix;
	uint32_t route;
};

/* Beside a class: what only control wants to know. */
struct am_class_note {
	uint32_t first_hop; /* in hops; the class's others follow */
	uint32_t n_wanted, first_wanted;
};

/* Prefixes of a VRF by family and enum am_route_origin. */
struct am_origin_counts {
	uint32_t n[2][4];
};

/* A FIB that is made anew with a larger direct table. */
struct am_grown {
	struct am_fib *fib;
	uint16_t vrf;
	bool is_ipv6;
	uint8_t root_bits;
};

/* An address in a VRF, as a key of maps: on an L3 interface, or wherever the VRF's routes lead (AM_NO_ID). */
struct am_vrf_ip {
	uint16_t vrf, interface;
	uint16_t on_link; /* 1: on that interface */
	struct am_ip ip;
	uint8_t pad[1];
};
_Static_assert(sizeof(struct am_vrf_ip) % 8 == 0, "maps take keys in words of 8");

struct am_hold {
	struct am_ids *ids;
	uint32_t index;
};

struct am_acl_use;
struct am_block;

struct am_snapshot {
	uint64_t serial; /* each has another */
	struct am_roots roots;
	struct am_config *config;
	struct am_peers *peers;
	uint16_t *port_ids;                    /* by index in config->ports */
	uint16_t *tunnel_ifaces;               /* counters, by index in config->tunnels */
	const struct am_conf_bridge **bridges; /* configuration by bridge id, NULL where free */
	struct am_map *static_macs;            /* configured FDB entries by key */
	struct am_iface_info *ifaces;          /* by id; name NULL where free */
	const char **port_names;               /* by port id */
	const char **member_texts;             /* by member id */
	uint16_t n_nexthops;
	struct am_nexthop *nexthops;
	struct am_map *nexthop_ids; /* by struct am_vrf_ip */
	uint32_t *first_paths;      /* by next hop */
	uint32_t n_paths;
	struct am_path *paths;
	const struct am_conf_l3 **interface_confs; /* by L3 interface */
	uint32_t *first_hops;                      /* by next hop, as first_paths */
	uint32_t *tunnel_hops;                     /* by tunnel: the first hop into it */
	uint32_t n_hops, room_hops;
	struct am_hop *hops;
	uint32_t n_routes, room_routes;
	struct am_route **routes;             /* classes of this snapshot */
	struct am_class_note *notes;          /* of each */
	const struct am_conf_vrf **vrf_confs; /* by VRF; NULL where free */
	struct am_origin_counts *origins;     /* by VRF */
	struct am_map *route_ids;             /* content to index in routes */
	uint32_t n_wanted, room_wanted;
	struct am_wanted *wanted; /* sorted */
	uint16_t n_acls;
	struct am_acl_use *acls; /* by index in config->acls */
	uint16_t n_grown;
	struct am_grown *grown; /* empty; to take the places of smaller ones at the commit */
	uint16_t n_locals[2];   /* by vrf: addresses that tunnel or VXLAN packets come to */
	struct am_ip *locals[2];
	uint32_t n_holds, room_holds;
	struct am_hold *holds;
	struct am_block *blocks;
	uint64_t octets; /* in blocks and strings */
};

struct am_snapshot *am_snapshot_new(uint64_t serial);
/* Frees the configuration too, where it has one; lets go of its names. */
void am_snapshot_free(struct am_snapshot *s);
/* At most budget pieces of it; true where more are left. */
bool am_snapshot_free_some(struct am_snapshot *s, unsigned budget);

/* Zeroed memory that lives as long as the snapshot; NULL where there is none. count may be 0. */
void *am_snapshot_alloc(struct am_snapshot *s, size_t count, size_t size);
/* Hold a name for as long as the snapshot lives. */
int am_snapshot_take(
	struct am_snapshot *s, struct am_ids *ids, const char *name, uint32_t span, uint32_t *index);

#endif
