/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_COMMUNITY_PATTERN_H
#define BGP_COMMUNITY_PATTERN_H
/*
 * Communities as operators write them, one or many:
 *
 *   65000:100               RFC 1997; a part may be * (any) or a range like 100-199
 *   no-export               well-known: also no-advertise, no-export-subconfed, no-peer, graceful-shutdown, blackhole, llgr-stale, no-llgr
 *   65000:1:100             large (RFC 8092); "large:" may stand before it
 *   rt:65000:100            route target (RFC 4360, 5668), "soo:" site of origin; 192.0.2.1 may stand for the AS
 *   ext:0x0002fde800000064  any extended community, by its octets
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "bgp/community.h"

enum am_bgp_community_kind {
	AM_BGP_COMMUNITY_STANDARD,
	AM_BGP_COMMUNITY_EXTENDED,
	AM_BGP_COMMUNITY_LARGE,
	AM_BGP_COMMUNITY_KINDS,
};

struct am_bgp_range {
	uint32_t low, high; /* both are in it */
};

/* What the first part of an extended community is. */
enum am_bgp_ext_form {
	AM_BGP_EXT_ANY, /* an AS or an address */
	AM_BGP_EXT_AS,  /* of two octets or of four: the same AS is meant */
	AM_BGP_EXT_IP,
	AM_BGP_EXT_OCTETS, /* all of it, in octets */
};

struct am_bgp_community_pattern {
	uint8_t kind;    /* enum am_bgp_community_kind */
	uint8_t form;    /* EXTENDED: enum am_bgp_ext_form */
	uint8_t subtype; /* EXTENDED, but OCTETS: 2 route target, 3 site of origin */
	uint8_t octets[AM_BGP_EXT_COMMUNITY_LEN];
	struct am_bgp_range parts[3]; /* 2 of STANDARD and EXTENDED */
};

/* 0; or -EINVAL, and err says why. */
int am_bgp_community_parse(const char *text, struct am_bgp_community_pattern *out, struct am_err *err);
/* It stands for one community and no other, so that it can be added. */
bool am_bgp_community_is_one(const struct am_bgp_community_pattern *pattern);

/* The name of a well-known one, as it is parsed; NULL where it has none. */
const char *am_bgp_community_name(uint32_t community);

/* Octets of one community of this kind. */
unsigned am_bgp_community_len(enum am_bgp_community_kind kind);
bool am_bgp_community_fits(const struct am_bgp_community_pattern *pattern, const uint8_t *community);
/* Of a pattern that is one. */
void am_bgp_community_encode(
	const struct am_bgp_community_pattern *pattern, uint8_t out[AM_BGP_LARGE_COMMUNITY_LEN]);
bool am_bgp_community_pattern_equal(
	const struct am_bgp_community_pattern *a, const struct am_bgp_community_pattern *b);

#endif
