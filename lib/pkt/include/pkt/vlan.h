/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PKT_VLAN_H
#define PKT_VLAN_H
/* 802.1Q tags on a frame in a buffer, byte-exact: addresses move, everything else stays where it is. */
#include <stdint.h>

#include "net/verdict.h"

struct rte_mbuf;

/* Remove the outermost tag of a frame that has one; its TCI in *tci. */
void am_vlan_pop(struct rte_mbuf *m, uint16_t *tci);

/* Put a tag in front. AM_V_OK or AM_V_NO_ROOM. */
enum am_verdict am_vlan_push(struct rte_mbuf *m, uint16_t tpid, uint16_t tci);

#endif
