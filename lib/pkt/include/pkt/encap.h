/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PKT_ENCAP_H
#define PKT_ENCAP_H
/*
 * Encapsulate and fragment in one step: one header string in front, patched; what is too long is cut at the
 * outermost IP header into two packets. The original buffer becomes the first fragment and only the tail is
 * copied; where its headroom is too short for the string, the first fragment is built in the fresh buffer and
 * the original is trimmed into the tail. Never more than two.
 */
#include <stdint.h>

#include "net/encap.h"
#include "net/verdict.h"
#include "pkt/ipid.h"

struct rte_mbuf;
struct rte_mempool;
struct am_buf_stash;

struct am_encap_in {
	uint32_t hash;    /* flow hash of the payload */
	uint8_t tos;      /* DSCP and ECN of the IP packet in the payload; 0 where there is none */
	uint32_t path;    /* index for am_ipid4 */
	uint32_t gre_seq; /* where the string has a sequence field */
	struct am_buf_stash
		*stash; /* a second packet's buffer comes from here instead of pool; may be NULL */
};

/*
 * m holds the payload. On AM_V_OK out[0..*n_out) are the frames to send, in order, 1 or 2, and m is one of
 * them. On anything else m is as it was and the caller still owns it: AM_V_TUNNEL_MTU, AM_V_TUNNEL_FRAGMENTS,
 * AM_V_NO_MBUF, AM_V_NO_ROOM.
 */
enum am_verdict am_encap_push(const struct am_encap *e, struct am_ipid *ids, struct rte_mempool *pool,
	const struct am_encap_in *in, struct rte_mbuf *m, struct rte_mbuf *out[2], unsigned *n_out);

#endif
