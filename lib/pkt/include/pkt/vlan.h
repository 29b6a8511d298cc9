/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PKT_VLAN_H
#define PKT_VLAN_H
/* 802.1Q tags on a frame in a buffer, byte-exact: addresses move, everything else stays where it is. */
#include <stdint.h>
#include <string.h>

#include "net/verdict.h"

struct rte_mbuf;

enum { AM_VLAN_ADDRESSES = 12 }; /* octets in front of a tag */

/* Copies of both halves of the addresses are taken before either is put: they overlap. */
static inline void am_vlan_move(uint8_t *to, const uint8_t *from)
{
	uint64_t head;
	uint32_t rest;

	memcpy(&head, from, sizeof head);
	memcpy(&rest, from + sizeof head, sizeof rest);
	memcpy(to, &head, sizeof head);
	memcpy(to + sizeof head, &rest, sizeof rest);
}

/* Remove the outermost tag of a frame that has one; its TCI in *tci. */
void am_vlan_pop(struct rte_mbuf *m, uint16_t *tci);

/* Put a tag in front. AM_V_OK or AM_V_NO_ROOM. */
enum am_verdict am_vlan_push(struct rte_mbuf *m, uint16_t tpid, uint16_t tci);

#endif
