/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PIPELINE_BRIDGE_H
#define PIPELINE_BRIDGE_H
/*
 * Who may enter a bridge. Inline where frames are made, since the addresses are at hand there; and the FDB's lines
 * are on their way while the rest of the burst is read.
 */
#include "core.h"
#include "table/fdb_read.h"

/* A MAC address as a number: its first octet is the lowest one. */
#define AM_MAC_GROUP_BIT 1ull
/* 802.1D-2004 table 7-10: 01-80-C2-00-00-00 to 0F. */
#define AM_MAC_L2_CONTROL 0x000000c28001ull
#define AM_MAC_L2_MASK    0xf0ffffffffffull
#define AM_MAC_PAUSE      0x010000c28001ull /* 802.3x, of a single link: never forwarded by anybody */

static inline enum am_verdict am_bridge_judge(
	const struct am_frame *f, const struct am_member *in, uint64_t dst, uint64_t src)
{
	if (unlikely(am_buf_len(f->m) - f->eth.len > in->mtu))
		return AM_V_BRIDGE_MTU;
	if (unlikely((src & AM_MAC_GROUP_BIT) || src == 0))
		return AM_V_ETH_SOURCE;
	if (unlikely((dst & AM_MAC_L2_MASK) == AM_MAC_L2_CONTROL && (!in->l2_control || dst == AM_MAC_PAUSE)))
		return AM_V_BRIDGE_L2_CONTROL;
	return AM_V_OK;
}

/* False where f may not enter: it is dropped then. Otherwise it is asked for in the FDB. */
static inline bool am_bridge_admit(struct am_worker *w, struct am_frame *f)
{
	enum { MAC_SHIFT = 16 };
	const struct am_fdb *fdb = w->plane->conf.fdb;
	const struct am_member *in = w->roots->members[f->member];
	const uint8_t *frame = am_buf_data(f->m);
	am_fdb_key dst = am_fdb_make_key(frame, in->bridge);
	am_fdb_key src = am_fdb_make_key(frame + AM_MAC_LEN, in->bridge);
	enum am_verdict v = am_bridge_judge(f, in, dst >> MAC_SHIFT, src >> MAC_SHIFT);

	if (unlikely(v != AM_V_OK)) {
		am_drop(w, f->iface, v, f->m);
		return false;
	}
	f->src = src;
	f->dst = dst;
	f->src_line = am_fdb_prefetch(fdb, src);
	f->dst_line = am_fdb_prefetch(fdb, dst);
	return true;
}

#endif
