/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PKT_FRAGMENT_H
#define PKT_FRAGMENT_H
/* A router's cut of an IPv4 packet that is too long for the way out (RFC 791 3.2, RFC 1812 4.2.2.7). */
#include <stdint.h>

#include "net/verdict.h"

struct rte_mbuf;
struct am_buf_stash;

enum { AM_FRAGMENTS_MAX = 8 };

/*
 * m holds an IPv4 packet alone, of a length and a header that were checked, without DF and longer than mtu, which is 68 or more.
 * On AM_V_OK out[0..*n) are its fragments in order and m is the first; else m is as it was: AM_V_NO_MBUF, AM_V_ROUTE_MTU where
 * they would be too many. Options that are not to be copied stay in the first.
 */
enum am_verdict am_fragment4(
	struct am_buf_stash *stash, struct rte_mbuf *m, uint16_t mtu, struct rte_mbuf **out, unsigned *n);

#endif
