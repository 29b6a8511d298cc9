/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PKT_ICMP_H
#define PKT_ICMP_H
/* An ICMP error in a buffer of its own. */
#include <stdint.h>

#include "net/icmp.h"

struct rte_mbuf;
struct am_buf_stash;

/* About the packet at ip, of len octets: an IP packet with room for headers in front. NULL: no buffer. */
struct rte_mbuf *am_icmp_make(struct am_buf_stash *stash, const uint8_t *ip, uint32_t len,
	const struct am_ip *source, const struct am_icmp_error *error);

#endif
