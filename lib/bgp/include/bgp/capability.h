/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_CAPABILITY_H
#define BGP_CAPABILITY_H
/*
 * Capabilities (RFC 5492): what one end says about itself in its OPEN, and what both together agree on. Everything about
 * one family stands in one row, whichever capability said it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "bgp/error.h"
#include "bgp/family.h"

enum {
	AM_BGP_CAP_MULTIPROTOCOL = 1,     /* RFC 4760 */
	AM_BGP_CAP_REFRESH = 2,           /* RFC 2918 */
	AM_BGP_CAP_NEXT_HOP = 5,          /* RFC 8950 */
	AM_BGP_CAP_EXTENDED_MESSAGE = 6,  /* RFC 8654 */
	AM_BGP_CAP_ROLE = 9,              /* RFC 9234 */
	AM_BGP_CAP_GRACEFUL = 64,         /* RFC 4724, 8538 */
	AM_BGP_CAP_AS4 = 65,              /* RFC 6793 */
	AM_BGP_CAP_ADD_PATH = 69,         /* RFC 7911 */
	AM_BGP_CAP_ENHANCED_REFRESH = 70, /* RFC 7313 */
	AM_BGP_CAP_LONG_LIVED = 71,       /* RFC 9494 */
};

enum {
	AM_BGP_CAP_FAMILIES = 32, /* rows kept of one OPEN; the rest is counted, not kept */
	AM_BGP_CAP_OTHERS = 32,
	AM_BGP_RESTART_TIME_MAX = 4095,        /* s, 12 bits */
	AM_BGP_STALE_TIME_MAX = (1 << 24) - 1, /* s, 24 bits */
};

enum am_bgp_role {
	AM_BGP_ROLE_PROVIDER = 0,
	AM_BGP_ROLE_RS = 1,
	AM_BGP_ROLE_RS_CLIENT = 2,
	AM_BGP_ROLE_CUSTOMER = 3,
	AM_BGP_ROLE_PEER = 4,
};

/* What an end says about one family. */
struct am_bgp_capability_family {
	uint16_t afi;
	uint8_t safi;
	bool multiprotocol;
	bool next_hop6;                         /* RFC 8950: an IPv6 next hop for it is understood */
	bool add_path_receive, add_path_send;   /* RFC 7911 */
	bool graceful, graceful_forwarding;     /* RFC 4724: forwarding was preserved over the restart */
	bool long_lived, long_lived_forwarding; /* RFC 9494 */
	uint32_t stale_time;                    /* s, with long_lived */
};

struct am_bgp_capability_other {
	uint8_t code, len;
	const uint8_t *value; /* in the OPEN */
};

struct am_bgp_capabilities {
	bool refresh, enhanced_refresh, extended_message;
	bool as4;
	uint32_t as; /* with as4 */
	bool has_role;
	uint8_t role;                            /* enum am_bgp_role, or a number that has no name yet */
	bool graceful, restarting, notification; /* RFC 4724, its R bit, and the N bit of RFC 8538 */
	uint16_t restart_time;                   /* s, with graceful */
	unsigned dropped;                        /* families and others beyond the rows below */
	unsigned n_families, n_others;
	struct am_bgp_capability_family families[AM_BGP_CAP_FAMILIES];
	struct am_bgp_capability_other others[AM_BGP_CAP_OTHERS]; /* those not known here, as they came */
};

/* The row of a family, made where there is none; NULL where no row is free. */
struct am_bgp_capability_family *am_bgp_capability_family(
	struct am_bgp_capabilities *caps, uint16_t afi, uint8_t safi);

/*
 * Add what the bytes of one Capabilities parameter say to *caps, which begins zeroed. 0, or -EBADMSG: 2/0 where
 * lengths lie, 2/11 where two different roles stand in it. A graceful restart, add-path or other per-family
 * statement that comes twice: the last one counts.
 */
int am_bgp_capabilities_decode(
	struct am_bgp_span parameter, struct am_bgp_capabilities *caps, struct am_bgp_error *err);
/* Append the capabilities, without a parameter header around them. The writer's own flag says whether they fitted. */
void am_bgp_capabilities_encode(struct am_writer *w, const struct am_bgp_capabilities *caps);

/* What holds on a session, once both OPENs are there. */
struct am_bgp_agreed {
	am_bgp_families families;         /* routes of these go both ways */
	am_bgp_families next_hop6;        /* an IPv6 next hop may be sent with these */
	am_bgp_families add_path_receive; /* NLRI that we read carry a path identifier */
	am_bgp_families add_path_send;    /* NLRI that we write carry one */
	bool as4, refresh, enhanced_refresh, extended_message;
	/* The peer's restart (RFC 4724), which we help with. */
	am_bgp_families graceful, graceful_forwarding, long_lived, long_lived_forwarding;
	uint32_t stale_time[AM_BGP_FAMILIES]; /* s, as the peer told it; 0 where not long_lived */
	uint16_t restart_time;
	bool restarting;   /* the peer has just restarted */
	bool notification; /* RFC 8538: a NOTIFICATION, too, is survived */
};

/*
 * Each capability holds where both ends say it, add-path (RFC 7911 4) where one sends what the other receives; what a helper needs to know
 * (RFC 4724, 9494) is taken from theirs.
 */
void am_bgp_capabilities_agree(const struct am_bgp_capabilities *ours,
	const struct am_bgp_capabilities *theirs, struct am_bgp_agreed *out);

/* RFC 9234 4.2: do the two roles go together? */
bool am_bgp_roles_fit(uint8_t ours, uint8_t theirs);
const char *am_bgp_role_name(uint8_t role);
const char *am_bgp_capability_name(uint8_t code);

#endif
