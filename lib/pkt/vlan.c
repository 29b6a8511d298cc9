/* SPDX-License-Identifier: BSD-3-Clause */
#include "pkt/vlan.h"

#include "base/bytes.h"
#include "net/ether.h"
#include "pkt/buf.h"

_Static_assert(AM_VLAN_ADDRESSES == 2 * AM_MAC_LEN, "both");

void am_vlan_pop(struct rte_mbuf *m, uint16_t *tci)
{
	uint8_t *frame = am_buf_data(m);

	*tci = am_load16(frame + AM_VLAN_ADDRESSES + 2);
	am_vlan_move(frame + AM_TAG_LEN, frame);
	am_buf_adj(m, AM_TAG_LEN);
}

enum am_verdict am_vlan_push(struct rte_mbuf *m, uint16_t tpid, uint16_t tci)
{
	uint8_t *frame;

	if (am_buf_headroom(m) < AM_TAG_LEN)
		return AM_V_NO_ROOM;
	frame = am_buf_prepend(m, AM_TAG_LEN);
	am_vlan_move(frame, frame + AM_TAG_LEN);
	am_store32(frame + AM_VLAN_ADDRESSES, (uint32_t)tpid << 16 | tci);
	return AM_V_OK;
}
