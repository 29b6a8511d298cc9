/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_UPDATE_H
#define BGP_UPDATE_H
/* UPDATE (RFC 4271 4.3, 4760, 7606). Nothing is allocated and nothing copied but what has to be rewritten. */
#include <stdbool.h>
#include <stdint.h>

#include "bgp/attribute.h"
#include "bgp/message.h"
#include "bgp/next_hop.h"
#include "bgp/nlri.h"

/* Why an UPDATE is not simply right: of several faults the first of the strongest class. */
struct am_bgp_fault {
	uint8_t attr;              /* code of the attribute, 0: none in particular */
	struct am_bgp_error error; /* what a NOTIFICATION would say where class is RESET */
};

struct am_bgp_update {
	enum am_bgp_class class;
	struct am_bgp_fault fault;
	unsigned n_faults;
	am_bgp_attr_set discarded; /* attributes that came and were dropped for a fault */

	struct am_bgp_routes withdrawn, announced; /* the fields of RFC 4271: IPv4 unicast */
	bool has_mp_reach, has_mp_unreach;
	struct am_bgp_routes mp_announced, mp_withdrawn; /* those of RFC 4760 */
	struct am_bgp_next_hop mp_next_hop;
	/* Of a family that stays bytes, the next hop does too. */
	struct am_bgp_span mp_next_hop_other;
	struct am_bgp_attrs attrs;
	bool end_of_rib; /* RFC 4724 2, of mp_withdrawn's family, or of IPv4 unicast without has_mp_unreach */
};

/* Octets of scratch room that decoding a body of len octets may need. */
#define AM_BGP_SCRATCH(len) (3 * (len))

/*
 * Decode a body into *out, which may then point into it and into scratch. Returns out->class:
 *
 *   OK, DISCARD   all routes hold, with the attributes that are left;
 *   WITHDRAW      the routes that it announces are to be withdrawn, as well as those that it withdraws;
 *   RESET         close the session with out->fault.error; the routes are not to be looked at.
 */
enum am_bgp_class am_bgp_update_decode(const struct am_bgp_context *ctx, struct am_bgp_span body,
	uint8_t *scratch, struct am_bgp_update *out);

/*
 * Append the whole message: withdrawn routes, attributes with MP_UNREACH_NLRI and MP_REACH_NLRI first (RFC 7606 5.1), announced
 * routes. max as for am_bgp_message_parse(). NLRI are written as they stand in the spans, so their path identifiers must be as
 * ctx->path_ids says. Put no more than one kind of NLRI into one message (RFC 7606 5.1).
 */
int am_bgp_update_encode(struct am_writer *w, const struct am_bgp_update *update,
	const struct am_bgp_context *ctx, size_t max);

/*
 * The family of routes that a body is about, as its first MP_REACH_NLRI or MP_UNREACH_NLRI says; IPv4 unicast where it has neither. Of bodies that
 * contradict themselves it says anything.
 */
enum am_bgp_family am_bgp_update_family(struct am_bgp_span body);

/* The End-of-RIB marker of a family (RFC 4724 2). */
int am_bgp_end_of_rib_encode(struct am_writer *w, enum am_bgp_family family);

#endif
