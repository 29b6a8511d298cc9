/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H
/*
 * The configuration: one JSON file as a typed value. Pure: no DPDK, no sockets, no clock.
 *
 * am_config_load collects every error it can find, each with its JSON path, line and remedy. What it returns
 * is valid by itself: names refer to things that exist, numbers are in range, bytes fit (the arithmetic of
 * tunnels in tunnels is checked by lib/model, which reports into the same list). Whether a device exists is
 * found out later.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/addr.h"
#include "base/err.h"

enum {
	AM_NAME_MAX = 32,
	AM_CONFIG_STRIPES = 16,
	AM_CONFIG_PORTS = 64,
	AM_CONFIG_BOND_MEMBERS = 8,
	AM_CONFIG_INCLUDES = 16,
	AM_CONFIG_ADDRESSES = 16,
	AM_CONFIG_VRFS = 240, /* with underlay and default */
	AM_CONFIG_PATHS = 16, /* equal-cost paths of a route */
	AM_CONFIG_ACL_RULES = 4096,
	AM_CONFIG_ACL_PORTS = 16, /* ports and ranges of one side of a rule */
	AM_CONFIG_ACL_NOTE = 64,
	AM_CONFIG_ANY_PROTOCOL = 256,
};

/* One complaint. path is like $.tunnels.to-b.mtu; line and column count from 1, 0 where there is none. */
struct am_config_error {
	char path[192];
	unsigned line, column;
	char file[192];         /* the included file that it is in; empty: the main file */
	char text[AM_ERR_TEXT]; /* what is wrong, and what to do */
};

struct am_config_errors {
	struct am_config_error *items;
	size_t n;
};

void am_config_errors_add(struct am_config_errors *errors, const char *path, unsigned line, unsigned column,
	const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void am_config_errors_free(struct am_config_errors *errors);
/* A line for each, of the configuration in file path; how many there are. */
size_t am_config_errors_print(const struct am_config_errors *errors, const char *path, FILE *out);
/* The file that an error is in, where the main file is path. */
const char *am_config_error_file(const struct am_config_error *error, const char *path);

enum am_driver {
	AM_DRIVER_AF_XDP,
	AM_DRIVER_AF_PACKET,
	AM_DRIVER_ETHDEV,
	AM_DRIVER_PCAP,
	AM_DRIVER_MEM,
	AM_DRIVER_BOND
};
enum am_conf_bond { AM_CONF_BOND_LACP, AM_CONF_BOND_ACTIVE_BACKUP };
enum am_checksums { AM_CHECKSUMS_AUTO, AM_CHECKSUMS_FINISH, AM_CHECKSUMS_TRUST };
enum am_idle { AM_IDLE_ADAPTIVE, AM_IDLE_SPIN };
enum am_hugepages { AM_HUGEPAGES_AUTO, AM_HUGEPAGES_NEVER, AM_HUGEPAGES_ALWAYS };
enum am_handoff { AM_HANDOFF_AUTO, AM_HANDOFF_ON, AM_HANDOFF_OFF };
enum am_control_mode { AM_CONTROL_0600, AM_CONTROL_0660, AM_CONTROL_0666 };
enum am_vrf_kind { AM_VRF_NONE, AM_VRF_IS_UNDERLAY, AM_VRF_IS_DEFAULT, AM_VRF_IS_NAMED };
enum am_urpf { AM_URPF_OFF, AM_URPF_LOOSE, AM_URPF_STRICT };

/* An L3 identity: of a port, a VLAN of a port, a tunnel that carries IP, a bridge that routes. */
struct am_conf_l3 {
	char vrf[AM_NAME_MAX]; /* "" is none */
	uint16_t n_addresses;
	struct am_prefix addresses[AM_CONFIG_ADDRESSES]; /* with their host bits */
	enum am_urpf urpf;
	bool host;                                      /* the kernel has a mirror of it, */
	char host_name[16];                             /* called so; "": after the interface */
	char acl_in[AM_NAME_MAX], acl_out[AM_NAME_MAX]; /* "": every packet may pass */
};

struct am_conf_port_vlan {
	char name[AM_NAME_MAX]; /* its number in digits */
	uint16_t vid;
	struct am_conf_l3 l3;
};

struct am_conf_port {
	char name[AM_NAME_MAX];
	enum am_driver driver;
	char device[64];        /* kernel interface for af_xdp, af_packet; default: the port's name */
	char devargs[256];      /* ethdev */
	enum am_conf_bond mode; /* bond */
	uint16_t n_members;
	char members[AM_CONFIG_BOND_MEMBERS][128]; /* devargs of each */
	char rx_file[256];                         /* pcap */
	char tx_file[256];
	uint16_t queues;      /* default 1 */
	uint16_t mtu;         /* 0: ask the device (1500 where it cannot say) */
	struct am_conf_l3 l3; /* its IP identity; in no VRF: only bridges use it */
	enum am_vrf_kind vrf; /* what kind l3.vrf is */
	uint16_t vlan;        /* tag of its IP identity; 0 untagged */
	uint16_t n_vlans;
	struct am_conf_port_vlan *vlans; /* more of them, each with a tag */
	bool has_mac;
	struct am_mac mac; /* default: the device's */
	enum am_checksums checksums;
	uint64_t mark; /* of all the rest: equal ones have equal marks */
};

enum am_conf_tunnel_type { AM_CONF_ETHERIP, AM_CONF_GRE, AM_CONF_GRETAP };
enum am_conf_family { AM_CONF_FAMILY_AUTO, AM_CONF_FAMILY_IPV4, AM_CONF_FAMILY_IPV6 };
enum am_conf_split { AM_CONF_FLOOR, AM_CONF_FILL };
enum am_mss { AM_MSS_OFF, AM_MSS_FIT, AM_MSS_WHOLE, AM_MSS_NUMBER };

struct am_conf_tunnel {
	char name[AM_NAME_MAX];
	enum am_conf_tunnel_type type;
	uint16_t n_local, n_remote; /* equal; more than one is striped */
	/* Where an end moves, its one address is family 0 until whoever runs this fills in what it found. */
	struct am_ip local[AM_CONFIG_STRIPES];
	struct am_ip remote[AM_CONFIG_STRIPES];
	char local_on[AM_NAME_MAX]; /* local is an address of this port or kernel's device; empty: it stays */
	char *remote_name;          /* remote is what DNS says; NULL: it stays */
	enum am_conf_family family;
	uint32_t resolve_interval; /* seconds, 60 */
	uint16_t mtu;              /* 2400 */
	enum am_conf_split split;
	uint16_t path_mtu; /* 1500; 1280..9216 */
	uint8_t ttl;       /* 64 */
	bool dscp_uniform; /* "dscp": "uniform", or a number 0..63 (pipe), default 0 */
	uint8_t dscp;
	bool flow_label; /* IPv6, default true */
	bool has_key;    /* GRE, GRETAP */
	uint32_t key;
	bool checksum;       /* GRE: send, and demand on receipt */
	bool sequence;       /* GRE */
	bool accept_swapped; /* EtherIP "compat": "accept" | "send" | "both" | "off" */
	bool send_swapped;
	enum am_mss mss;
	uint16_t mss_number; /* 536..65495 */
	bool has_mac; /* of its IP identity (EtherIP, GRETAP); default: derived from name and local address */
	struct am_mac mac;
	struct am_conf_l3 l3; /* where no bridge has it as a member */
	uint64_t mark;        /* of all the rest: equal ones have equal marks */
};

struct am_conf_route {
	struct am_prefix prefix;
	char tunnel[AM_NAME_MAX]; /* out of this tunnel, or */
	char port[AM_NAME_MAX];   /* out of this port, or */
	char bridge[AM_NAME_MAX]; /* into this bridge; all empty: where via is, or the kernel says */
	uint16_t vlan;            /* of the port; 0: the port's own IP identity */
	struct am_ip via;         /* gateway; family 0: the destination itself is the neighbour */
	bool has_mac;             /* the neighbour's; demanded where tunnel is EtherIP or GRETAP */
	struct am_mac mac;
	bool blackhole;   /* dropped in silence */
	bool unreachable; /* refused with an ICMP error */
	uint32_t as;      /* whose traffic counts there; 0: nobody's */
};

struct am_conf_vrf {
	char name[AM_NAME_MAX];
	enum am_vrf_kind kind;
	char netns[256]; /* of its host interfaces: a name or a path; "": the daemon's own */
	uint16_t n_loopbacks;
	struct am_ip *loopbacks; /* in default also VTEP addresses: the first of a family is the source */
	uint16_t n_routes;
	struct am_conf_route *routes;
	uint64_t mark; /* of all the rest: equal ones have equal marks */
};

enum am_conf_member_kind { AM_CONF_MEMBER_PORT, AM_CONF_MEMBER_TUNNEL, AM_CONF_MEMBER_VTEP };
/* Default: drop in bridges, forward in xconnects. */
enum am_l2_control { AM_L2_DEFAULT, AM_L2_DROP, AM_L2_FORWARD };
enum am_conf_vlan { AM_CONF_VLAN_ANY, AM_CONF_VLAN_UNTAGGED, AM_CONF_VLAN_ID };

struct am_conf_member {
	enum am_conf_member_kind kind;
	char on[AM_NAME_MAX]; /* port or tunnel */
	struct am_ip vtep;
	enum am_conf_vlan vlan_kind;
	uint16_t vlan; /* 1..4094 */
	uint16_t tpid; /* 0x8100, or 0x88a8 for "802.1ad" */
	enum am_l2_control l2_control;
	uint32_t storm_broadcast, storm_multicast, storm_unknown; /* frames per second, 0: no limit */
};

struct am_conf_static_mac {
	struct am_mac mac;
	uint16_t member; /* index in members */
};

/* Where a host of a bridge is known to be. */
struct am_conf_host {
	struct am_ip ip;
	struct am_mac mac;
	bool router; /* so it says of itself in neighbour discovery */
};

enum am_unknown { AM_UNKNOWN_FLOOD, AM_UNKNOWN_DROP };

struct am_conf_bridge {
	char name[AM_NAME_MAX];
	bool xconnect; /* from "xconnects": exactly two members, no learning */
	bool has_vni;
	uint32_t vni;
	uint16_t mtu;               /* 1500 */
	bool inner_vlan;            /* keep tags inside VXLAN; default false */
	bool udp_checksum;          /* IPv6 VTEPs; default true */
	bool learn;                 /* default true */
	uint32_t ageing_s;          /* 300; 0 never */
	uint32_t mac_limit;         /* 8192; 0 none */
	uint16_t guard_moves;       /* loop guard: this many moves ... 5; 0 off */
	uint32_t guard_window_s;    /* ... within this time, 10, hold the MAC ... */
	uint32_t guard_hold_s;      /* ... for this long, 30 */
	struct am_ip vtep_local[2]; /* [0] IPv4, [1] IPv6; family 0: none; default: the loopbacks */
	uint16_t n_members;
	struct am_conf_member *members;
	uint16_t n_static;
	struct am_conf_static_mac *static_macs;
	bool suppress; /* answer ARP and ND for known hosts instead of flooding; default false */
	enum am_unknown arp_nd_unknown; /* questions about others; default flood */
	uint32_t arp_nd_ageing_s;       /* 1200; 0 never */
	uint32_t arp_nd_limit;          /* 4096 learnt addresses; 0: none are learnt */
	uint16_t n_hosts;
	struct am_conf_host *hosts;
	struct am_conf_l3 l3; /* it routes where it has addresses (IRB) */
	bool has_mac;         /* of its IP identity; default: derived from its name */
	struct am_mac mac;
	uint64_t mark; /* of all the rest: equal ones have equal marks */
};

struct am_conf_prefix_set {
	char name[AM_NAME_MAX];
	uint16_t n_prefixes;
	struct am_prefix *prefixes;
	uint64_t mark; /* of all the rest: equal ones have equal marks */
};

enum am_conf_acl_action { AM_CONF_ACL_PERMIT, AM_CONF_ACL_DENY, AM_CONF_ACL_REJECT };
enum am_conf_acl_family { AM_CONF_ACL_ANY_FAMILY, AM_CONF_ACL_IPV4, AM_CONF_ACL_IPV6 };
/* What of a datagram: a whole one, a fragment, the first or a later fragment. */
enum am_conf_acl_part {
	AM_CONF_ACL_ANY_PART,
	AM_CONF_ACL_WHOLE,
	AM_CONF_ACL_PART,
	AM_CONF_ACL_FIRST,
	AM_CONF_ACL_LATER
};

struct am_conf_acl_ports {
	uint16_t from, to;
};

/* One end of what a rule matches. */
struct am_conf_acl_side {
	bool given;            /* else any address */
	char set[AM_NAME_MAX]; /* of prefixes; "": those that follow */
	uint16_t n_prefixes;
	struct am_prefix *prefixes;
	uint16_t n_ports; /* 0: any */
	struct am_conf_acl_ports ports[AM_CONFIG_ACL_PORTS];
};

struct am_conf_acl_rule {
	enum am_conf_acl_action action;
	char note[AM_CONFIG_ACL_NOTE];
	enum am_conf_acl_family family;
	uint16_t protocol; /* or AM_CONFIG_ANY_PROTOCOL */
	struct am_conf_acl_side src, dst;
	bool has_icmp_type, has_icmp_code;
	uint8_t icmp_type, icmp_code;
	bool established; /* TCP with ACK or RST */
	enum am_conf_acl_part fragment;
};

/* The first rule that matches decides; a packet that none matches is denied. */
struct am_conf_acl {
	char name[AM_NAME_MAX];
	uint16_t n_rules;
	struct am_conf_acl_rule *rules;
	uint64_t mark; /* of all the rest, but for what is in sets: equal ones have equal marks */
};

struct am_config {
	/* "system" */
	char name[AM_NAME_MAX]; /* of this instance; default "amime": control socket, DPDK file prefix */
	uint16_t workers;       /* 1 */
	enum am_idle idle;
	enum am_hugepages hugepages;
	enum am_handoff handoff; /* auto: where a port has fewer queues than there are workers */
	uint32_t buffers;        /* 16384 */
	uint32_t memory_mb;      /* 0: derived */
	uint16_t cpus[16];       /* worker i runs on cpus[i]; n_cpus 0: not pinned */
	uint16_t n_cpus;
	uint32_t fdb_size;             /* 65536 MACs in all bridges */
	uint32_t reasm_datagrams;      /* 4096 per worker, a power of two */
	uint32_t reasm_peer_datagrams; /* per peer, default three quarters of it */
	bool watch;                    /* reload when the file changes; default false */
	char metrics_file[200];        /* for Prometheus; empty: none */
	uint32_t metrics_interval_s;   /* 15 */
	char control_group[33];        /* of the control socket; empty: the daemon's own */
	enum am_control_mode control_mode;

	uint16_t n_ports, n_tunnels, n_bridges, n_vrfs;
	struct am_conf_port *ports;
	struct am_conf_tunnel *tunnels;
	struct am_conf_bridge *bridges; /* bridges, then xconnects */
	struct am_conf_vrf underlay, dflt;
	struct am_conf_vrf *vrfs; /* more of them */
	uint16_t n_prefix_sets, n_acls;
	struct am_conf_prefix_set *prefix_sets;
	struct am_conf_acl *acls;

	struct am_map *faults;             /* for am_config_is_faulty */
	struct am_config_index *index;     /* names and prefixes, for am_config_port and the like */
	struct am_sources *sources;        /* the same where files were included; else NULL */
	char *watched[AM_CONFIG_INCLUDES]; /* folders of included files */
	size_t n_watched;
	struct am_position *positions; /* JSON path to line, for later errors about this configuration */
	uint64_t system_mark;          /* as those of the objects */
	uint64_t hash;                 /* of the whole; the order of named objects does not matter */
};

/* text need not end in a zero. NULL where errors has something. */
struct am_config *am_config_load(const char *text, size_t len, struct am_config_errors *errors);
struct am_config *am_config_load_file(const char *path, struct am_config_errors *errors);
void am_config_free(struct am_config *config);

/*
 * The same, with more checks, such as those of lib/model, so that all that is wrong with a file is said at
 * once. They are made whether errors were found before or not: names may then lead nowhere, what could not be
 * read has its default or is zero, and am_config_is_faulty tells what not to judge.
 */
typedef void (*am_config_check)(const struct am_config *config, struct am_config_errors *errors);
struct am_config *am_config_load_checked(
	const char *text, size_t len, am_config_check more, struct am_config_errors *errors);
struct am_config *am_config_load_file_checked(
	const char *path, am_config_check more, struct am_config_errors *errors);
/* The place at path, or one inside it, was complained about before these checks. */
bool am_config_is_faulty(const struct am_config *config, const char *path);

/* Add an error about path (printf-like arguments make the text); line and column are looked up. */
void am_config_complain(const struct am_config *config, struct am_config_errors *errors, const char *path,
	const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * The configuration as JSON with every default spelled out; loading it again gives an equal one. Caller
 * frees.
 */
char *am_config_print(const struct am_config *config);

const struct am_conf_port *am_config_port(const struct am_config *config, const char *name);
const struct am_conf_tunnel *am_config_tunnel(const struct am_config *config, const char *name);
const struct am_conf_bridge *am_config_bridge(const struct am_config *config, const char *name);
const struct am_conf_prefix_set *am_config_prefix_set(const struct am_config *config, const char *name);
const struct am_conf_acl *am_config_acl(const struct am_config *config, const char *name);
/* All VRFs: underlay, default, then the others; NULL past the end, or where there is none of that name. */
const struct am_conf_vrf *am_config_vrf(const struct am_config *config, unsigned i);
/* Does the kernel have a mirror of any interface in this VRF? */
bool am_config_vrf_has_mirrors(const struct am_config *config, const struct am_conf_vrf *vrf);
/* Two ways to write one namespace of the kernel: a name, and its path. What else leads to it only the machine knows. */
bool am_config_netns_equal(const char *a, const char *b);
/* That two VRFs have their mirrors in one. */
void am_config_complain_netns(const struct am_config *config, struct am_config_errors *errors,
	const struct am_conf_vrf *vrf, const struct am_conf_vrf *other);
const struct am_conf_vrf *am_config_vrf_named(const struct am_config *config, const char *name);
/* The port's IP identity with this tag, or NULL. */
const struct am_conf_l3 *am_config_port_l3(const struct am_conf_port *port, uint16_t vlan);
/* One of its ends is asked for while it runs; both are known. */
bool am_config_tunnel_moves(const struct am_conf_tunnel *tunnel);
bool am_config_tunnel_has_ends(const struct am_conf_tunnel *tunnel);
/* AM_IPV4, AM_IPV6, or 0 where nothing says it yet. */
uint8_t am_config_tunnel_family(const struct am_conf_tunnel *tunnel);
/* Is a tunnel member of a bridge or xconnect? Then it has no IP identity. */
bool am_config_is_bridged(const struct am_config *config, const struct am_conf_tunnel *tunnel);
/*
 * The route of vrf (underlay or default) with the longest prefix that ip lies in, of equal ones the first; NULL
 * where there is none.
 */
const struct am_conf_route *am_config_route(
	const struct am_config *config, enum am_vrf_kind vrf, const struct am_ip *ip);
/* The VTEP address that a bridge uses towards remote VTEPs of a family; NULL where it has none. */
const struct am_ip *am_config_vtep_local(
	const struct am_config *config, const struct am_conf_bridge *bridge, uint8_t family);

#endif
