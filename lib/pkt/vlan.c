/* SPDX-License-Identifier: BSD-3-Clause */
#include "pkt/vlan.h"

#include <string.h>

#include "base/bytes.h"
#include "net/ether.h"
#include "pkt/buf.h"

enum { ADDRESSES = 2 * AM_MAC_LEN };

void am_vlan_pop(struct rte_mbuf *m, uint16_t *tci)
{
	uint8_t addresses[ADDRESSES];
	uint8_t *frame = am_buf_data(m);

	memcpy(addresses, frame, ADDRESSES);
	*tci = am_load16(frame + ADDRESSES + 2);
	memcpy(am_buf_adj(m, AM_TAG_LEN), addresses, ADDRESSES);
}

enum am_verdict am_vlan_push(struct rte_mbuf *m, uint16_t tpid, uint16_t tci)
{
	uint8_t addresses[ADDRESSES];
	uint8_t *frame;

	if (am_buf_headroom(m) < AM_TAG_LEN)
		return AM_V_NO_ROOM;
	memcpy(addresses, am_buf_data(m), ADDRESSES);
	frame = am_buf_prepend(m, AM_TAG_LEN);
	memcpy(frame, addresses, ADDRESSES);
	am_store16(frame + ADDRESSES, tpid);
	am_store16(frame + ADDRESSES + 2, tci);
	return AM_V_OK;
}
