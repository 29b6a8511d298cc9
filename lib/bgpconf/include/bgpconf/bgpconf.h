/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGPCONF_BGPCONF_H
#define BGPCONF_BGPCONF_H
/*
 * The configuration of a BGP speaker: one JSON file as a typed value. Pure: no sockets, no clock. What lib/config does for amimed's file
 * (every error at once, each with path, line and remedy) holds here, too.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "bgp/evpn.h"
#include "bgp/family.h"
#include "bgp/rtr.h"
#include "bgp/session.h"
#include "config/config.h"

enum {
	AM_BGPCONF_NEIGHBORS = 4096,
	AM_BGPCONF_ANNOUNCE = 16384,
	AM_BGPCONF_LISTEN = 16,
	AM_BGPCONF_FEEDS = 64,
	AM_BGPCONF_CACHES = AM_BGP_ROA_SOURCES,
	AM_BGPCONF_STATIONS = 8,
	AM_BGPCONF_MEMBERS = 64,
	AM_BGPCONF_PASSWORD = 80, /* octets: what TCP_MD5SIG takes */
	AM_BGPCONF_INTERFACE = 16,
	AM_BGPCONF_EXT = 16,  /* extended communities of one route */
	AM_BGPCONF_FIXED = 3, /* sections that a reload does not take on */
};

enum am_bgpconf_as { AM_BGPCONF_AS_NUMBER, AM_BGPCONF_AS_EXTERNAL, AM_BGPCONF_AS_INTERNAL };
enum am_bgpconf_add_path {
	AM_BGPCONF_ADD_PATH_OFF,
	AM_BGPCONF_ADD_PATH_RECEIVE,
	AM_BGPCONF_ADD_PATH_SEND,
	AM_BGPCONF_ADD_PATH_BOTH
};
enum am_bgpconf_next_hop { AM_BGPCONF_NEXT_HOP_AUTO, AM_BGPCONF_NEXT_HOP_SELF, AM_BGPCONF_NEXT_HOP_KEEP };

/* What is said of one address family in the OPEN: a change of it needs a new session. */
struct am_bgpconf_family {
	bool on;
	uint8_t add_path; /* enum am_bgpconf_add_path */
};

enum am_bgpconf_ao_algorithm { AM_BGPCONF_AO_HMAC_SHA1, AM_BGPCONF_AO_AES128_CMAC };

/* TCP-AO (RFC 5925), one key. */
struct am_bgpconf_tcp_ao {
	char key[AM_BGPCONF_PASSWORD + 1]; /* empty: none */
	uint8_t send_id, receive_id;
	uint8_t algorithm; /* enum am_bgpconf_ao_algorithm (RFC 5926) */
};

/* All that a session is made of: where any of it changes, the session begins anew. Compared as bytes. */
struct am_bgpconf_session {
	struct am_ip address;                 /* AM_AF_NONE: whoever is on the interface */
	char interface[AM_BGPCONF_INTERFACE]; /* of a link-local address, or unnumbered */
	struct am_ip source;                  /* AM_AF_NONE: the kernel's choice */
	uint32_t as;
	uint32_t local_as;  /* 0: the speaker's own */
	uint32_t own_as;    /* worked out: what our OPEN says */
	uint8_t as_kind;    /* enum am_bgpconf_as */
	uint16_t port;      /* to connect to */
	uint16_t hold_time; /* s */
	uint16_t restart_time;
	uint32_t stale_time; /* s, RFC 9494; 0: no long-lived graceful restart */
	uint32_t connect_retry, idle_hold;
	uint8_t ttl_security; /* hops to the peer (RFC 5082); 0: off */
	uint8_t ttl;          /* 0: 1 to an external peer, 64 to an internal one */
	uint8_t role;         /* 0: none; else 1 + enum am_bgp_role */
	bool strict_role, passive, extended_messages, graceful_restart, notification, aigp;
	bool sink;          /* its routes are counted and dropped */
	bool confederation; /* worked out: it is in another member AS of ours */
	struct am_bgpconf_family families[AM_BGP_FAMILIES];
	char password[AM_BGPCONF_PASSWORD + 1]; /* of TCP MD5 */
	struct am_bgpconf_tcp_ao tcp_ao;
};

struct am_bgpconf_neighbor {
	char name[AM_NAME_MAX];
	struct am_bgpconf_session session;
	char description[80];
	char import[AM_NAME_MAX], export[AM_NAME_MAX]; /* policies; empty: RFC 8212 */
	uint32_t max_prefixes[AM_BGP_FAMILIES];        /* 0: no limit */
	uint32_t max_advertised[AM_BGP_FAMILIES];      /* 0: no limit */
	uint32_t max_warn;                             /* per cent of either limit; 0: no warning */
	uint32_t advertisement_interval;               /* s */
	uint8_t allow_own_as;                          /* times */
	bool enforce_first_as;
	uint32_t max_restart;               /* s after which a session over its limit begins anew; 0: never */
	uint32_t max_send[AM_BGP_FAMILIES]; /* paths of one prefix, with add-path */
	uint8_t next_hop;                   /* enum am_bgpconf_next_hop */
	bool reflector_client;
	bool transparent; /* RFC 7947 */
	bool shutdown;
	char shutdown_text[AM_BGP_SHUTDOWN_TEXT_MAX + 1];
};

/* A prefix that this speaker originates. */
struct am_bgpconf_announce {
	struct am_prefix prefix;
	struct am_ip next_hop; /* AM_AF_NONE: itself */
	bool has_med;
	uint32_t med;
};

/* An EVPN route that this speaker originates. Compared as bytes. */
struct am_bgpconf_evpn {
	struct am_bgp_evpn route;
	struct am_ip next_hop; /* the VTEP */
	uint8_t n_ext;         /* extended communities: route targets, encapsulation, router's MAC */
	uint8_t ext[8 * AM_BGPCONF_EXT];
	uint8_t pmsi_len; /* of type 3 */
	uint8_t pmsi[21];
};

enum am_bgpconf_format { AM_BGPCONF_FORMAT_TEXT, AM_BGPCONF_FORMAT_MRT };

/* A file of routes that this speaker originates. */
struct am_bgpconf_feed {
	char file[256];
	uint8_t format; /* enum am_bgpconf_format */
	uint32_t limit; /* routes; 0: all */
};

/* An RPKI cache that is asked over RTR (RFC 8210). */
struct am_bgpconf_cache {
	struct am_ip address;
	uint16_t port;
};

struct am_bgpconf_rpki {
	uint16_t n;
	struct am_bgpconf_cache *caches;
	uint32_t refresh, retry, expire; /* s; a cache of version 1 says its own */
};

/* Files that are written: the table every so often, and messages as they pass. */
struct am_bgpconf_dump {
	char rib[256];                          /* empty: none */
	uint32_t every;                         /* s */
	char messages[256];                     /* what files begin with; empty: none */
	uint32_t messages_every, messages_size; /* s, MiB: after either the next file begins */
};

/* A BMP station, which is told of all sessions (RFC 7854). */
struct am_bgpconf_station {
	struct am_ip address;
	uint16_t port;
};

struct am_bgpconf_bmp {
	uint16_t n;
	struct am_bgpconf_station *stations;
	uint32_t statistics; /* s between two reports; 0: none */
	uint32_t buffer;     /* MiB that may wait for one station */
};

/* RFC 5065: our AS is a member of a confederation. */
struct am_bgpconf_confederation {
	uint32_t identifier; /* the AS that others see; 0: there is none */
	uint16_t n;
	uint32_t members[AM_BGPCONF_MEMBERS]; /* the other ones */
};

struct am_bgpconf {
	char name[AM_NAME_MAX]; /* of this instance: its control socket */
	uint16_t port;          /* to listen on; 0: do not */
	uint16_t n_listen;
	struct am_ip listen[AM_BGPCONF_LISTEN]; /* none: all */
	uint32_t as;
	struct am_ip router_id;
	struct am_ip cluster_id; /* AM_AF_NONE: the router ID */
	struct am_bgpconf_confederation confederation;
	bool always_compare_med, missing_med_is_worst, multipath_relax;
	uint32_t multipath; /* paths */
	uint32_t default_local_pref;
	bool sink; /* every neighbour is one */

	uint16_t n_neighbors, n_announce, n_evpn, n_feeds;
	struct am_bgpconf_neighbor *neighbors;
	struct am_bgpconf_announce *announce;
	struct am_bgpconf_evpn *evpn;
	struct am_bgpconf_feed *feeds;
	struct am_bgpconf_rpki rpki;
	struct am_bgpconf_dump dump;
	struct am_bgpconf_bmp bmp;

	struct am_bgpconf_policies *policies; /* bgpconf/policy.h */
	struct am_position *positions; /* JSON path to line, for later errors about this configuration */
};

/* text need not end in a zero. NULL where errors has something. Files that it names are read only by am_bgpconf_load_file(). */
struct am_bgpconf *am_bgpconf_load(const char *text, size_t len, struct am_config_errors *errors);
struct am_bgpconf *am_bgpconf_load_file(const char *path, struct am_config_errors *errors);
void am_bgpconf_free(struct am_bgpconf *config);

/* Are the files there that it reads, and the folders that it writes into? Errors about those that are not, in the order of the file. */
void am_bgpconf_check_files(const struct am_bgpconf *config, struct am_config_errors *errors);

/*
 * What a speaker that runs cannot take on, now gets as running has it, so that it stays what is in force. sections: the names of those in which
 * something else was asked for; NULL ends them.
 */
void am_bgpconf_keep_fixed(
	struct am_bgpconf *now, struct am_bgpconf *running, const char *sections[AM_BGPCONF_FIXED + 1]);

/* Add an error about path; line and column are looked up. */
void am_bgpconf_complain(const struct am_bgpconf *config, struct am_config_errors *errors, const char *path,
	const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* The neighbour of this name; NULL where there is none. */
const struct am_bgpconf_neighbor *am_bgpconf_neighbor(const struct am_bgpconf *config, const char *name);

bool am_bgpconf_station_equal(const struct am_bgpconf_station *a, const struct am_bgpconf_station *b);

/* What the client of each RPKI cache is made with. */
struct am_bgp_rtr_config am_bgpconf_rtr_config(const struct am_bgpconf *config, uint64_t seed);

/* The AS that who is not of our own, or of our confederation, knows us by. */
uint32_t am_bgpconf_as_outside(const struct am_bgpconf *config);
/* Is the neighbour in the AS that our OPEN to it says? */
bool am_bgpconf_is_internal(const struct am_bgpconf_session *session);

/* What a neighbour's session is configured with. */
struct am_bgp_session_config am_bgpconf_session_config(
	const struct am_bgpconf *config, const struct am_bgpconf_neighbor *neighbor);

#endif
