/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_AS_PATH_H
#define BGP_AS_PATH_H
/*
 * AS paths (RFC 4271 4.3, 5065). Everywhere above the wire a path has 4-octet AS numbers, whatever the peer speaks, and
 * was checked: segments fill it exactly, none is empty, none holds AS 0.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "bgp/error.h"

enum am_bgp_segment_type {
	AM_BGP_AS_SET = 1,
	AM_BGP_AS_SEQUENCE = 2,
	AM_BGP_CONFED_SEQUENCE = 3,
	AM_BGP_CONFED_SET = 4,
};

enum { AM_BGP_AS_TRANS = 23456 }; /* RFC 6793: what stands for a number that has no 2 octets */

struct am_bgp_segment {
	uint8_t type;
	uint8_t count;
	const uint8_t *numbers; /* 4 octets each, for am_load32() */
};

/* Take the next segment off the path. False at its end. */
bool am_bgp_segment_next(struct am_reader *path, struct am_bgp_segment *out);

/* Length for best-path (RFC 4271 9.1.2.2, 5065 5.3): a set counts one, segments of a confederation nothing. */
unsigned am_bgp_as_path_length(struct am_bgp_span path);
/* How often as stands in it, confederation segments included. */
unsigned am_bgp_as_path_count(struct am_bgp_span path, uint32_t as);
/* The AS that sent it to us: the first of a leading sequence; 0 where there is none. */
uint32_t am_bgp_as_path_first(struct am_bgp_span path);
/* The AS that originated it (RFC 6811 2): the last of a final sequence; 0 where the path is empty or ends in a set. */
uint32_t am_bgp_as_path_origin(struct am_bgp_span path);

#endif
