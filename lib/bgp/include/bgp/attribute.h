/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_ATTRIBUTE_H
#define BGP_ATTRIBUTE_H
/*
 * Path attributes. One row of a table (attribute.c) says everything about one: its code and flags, how its value is read and
 * written, and what RFC 7606 demands where it is malformed, from an external and from an internal peer.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "bgp/error.h"
#include "bgp/family.h"

enum {
	AM_BGP_FLAG_OPTIONAL = 0x80,
	AM_BGP_FLAG_TRANSITIVE = 0x40,
	AM_BGP_FLAG_PARTIAL = 0x20,
	AM_BGP_FLAG_EXTENDED = 0x10,
};

/* The attributes known here, by code. What has no line is kept as bytes where it is optional transitive, else dropped. */
enum am_bgp_attr {
	AM_BGP_ATTR_ORIGIN = 1,
	AM_BGP_ATTR_AS_PATH = 2,
	AM_BGP_ATTR_NEXT_HOP = 3,
	AM_BGP_ATTR_MED = 4,
	AM_BGP_ATTR_LOCAL_PREF = 5,
	AM_BGP_ATTR_ATOMIC_AGGREGATE = 6,
	AM_BGP_ATTR_AGGREGATOR = 7,
	AM_BGP_ATTR_COMMUNITIES = 8,        /* RFC 1997 */
	AM_BGP_ATTR_ORIGINATOR_ID = 9,      /* RFC 4456 */
	AM_BGP_ATTR_CLUSTER_LIST = 10,      /* RFC 4456 */
	AM_BGP_ATTR_MP_REACH = 14,          /* RFC 4760 */
	AM_BGP_ATTR_MP_UNREACH = 15,        /* RFC 4760 */
	AM_BGP_ATTR_EXT_COMMUNITIES = 16,   /* RFC 4360 */
	AM_BGP_ATTR_AS4_PATH = 17,          /* RFC 6793 */
	AM_BGP_ATTR_AS4_AGGREGATOR = 18,    /* RFC 6793 */
	AM_BGP_ATTR_PMSI = 22,              /* RFC 6514 */
	AM_BGP_ATTR_TUNNEL_ENCAP = 23,      /* RFC 9012 */
	AM_BGP_ATTR_TRAFFIC = 24,           /* RFC 5543 */
	AM_BGP_ATTR_EXT6_COMMUNITIES = 25,  /* RFC 5701 */
	AM_BGP_ATTR_AIGP = 26,              /* RFC 7311 */
	AM_BGP_ATTR_LARGE_COMMUNITIES = 32, /* RFC 8092 */
	AM_BGP_ATTR_OTC = 35,               /* RFC 9234 */
	AM_BGP_ATTR_SET = 128,              /* RFC 6368 */
};

/* A set of attributes; AM_BGP_HAS of each code, ORed. Codes above 63 share the last bit: of those only SET is known. */
typedef uint64_t am_bgp_attr_set;
#define AM_BGP_HAS(code) ((am_bgp_attr_set)1 << ((code) < 63 ? (code) : 63))

enum { AM_BGP_ORIGIN_IGP = 0, AM_BGP_ORIGIN_EGP = 1, AM_BGP_ORIGIN_INCOMPLETE = 2 };

struct am_bgp_aggregator {
	uint32_t as;
	uint32_t id; /* host order */
};

/*
 * The attributes that routes of one UPDATE share. A value counts only where `has` says so. Spans hold the attribute's
 * value, checked, in the bytes that were decoded (or in the scratch room given to the decoder): copy what is to stay.
 */
struct am_bgp_attrs {
	am_bgp_attr_set has;
	am_bgp_attr_set partial; /* came with the Partial bit, and goes on with it */
	uint8_t origin;
	uint8_t next_hop[4]; /* NEXT_HOP; that of MP_REACH_NLRI stands with its routes */
	uint32_t med, local_pref;
	uint32_t originator_id; /* host order */
	uint32_t otc;
	uint64_t aigp;
	struct am_bgp_aggregator aggregator;
	struct am_bgp_span as_path; /* 4-octet numbers, AS4_PATH already merged */
	struct am_bgp_span communities, ext_communities, ext6_communities, large_communities;
	struct am_bgp_span cluster_list; /* 4 octets each */
	struct am_bgp_span pmsi, tunnel_encap, traffic, attr_set;
	struct am_bgp_span unknown; /* whole attributes, optional transitive, Partial bit set (RFC 4271 5) */
};

/* What RFC 7606 2 lets become of an UPDATE, from the weakest to the strongest. */
enum am_bgp_class {
	AM_BGP_OK,
	AM_BGP_DISCARD,  /* the attribute at fault is gone, the routes stay */
	AM_BGP_WITHDRAW, /* its routes are to be treated as withdrawn */
	AM_BGP_RESET,    /* the session cannot go on */
};

enum am_bgp_peer_kind {
	AM_BGP_EXTERNAL,
	AM_BGP_INTERNAL,
	AM_BGP_CONFEDERATION, /* another member AS of our confederation (RFC 5065) */
};

/* How UPDATEs of one session are read, or written: the two directions differ in path_ids alone. */
struct am_bgp_context {
	enum am_bgp_peer_kind kind;
	am_bgp_families families; /* agreed on; routes of others stay bytes */
	am_bgp_families path_ids; /* NLRI of these carry a path identifier */
	bool as4;
	bool aigp; /* RFC 7311 3.4: AIGP is enabled on the session; elsewhere it is dropped */
};

/* For people; constant. "unknown" where the code has no row. */
const char *am_bgp_attr_name(uint8_t code);
const char *am_bgp_class_name(enum am_bgp_class class);

/*
 * Append the attributes, without those of RFC 4760. For a peer of 2-octet numbers AS_TRANS stands for what is larger, and
 * AS4_PATH and AS4_AGGREGATOR are added (RFC 6793 4.2.2). The writer's flag says whether they fitted.
 */
void am_bgp_attrs_encode(
	struct am_writer *w, const struct am_bgp_attrs *attrs, const struct am_bgp_context *ctx);

#endif
