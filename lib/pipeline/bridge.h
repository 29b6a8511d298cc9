/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PIPELINE_BRIDGE_H
#define PIPELINE_BRIDGE_H
/*
 * Who may enter a bridge. Inline where frames are made, since the addresses are at hand there; and the FDB's lines
 * are on their way while the rest of the burst is read.
 */
#include "core.h"
#include "table/fdb_read.h"

/* MAC addresses as they stand in an FDB key, the first octet lowest, and the bridge below it. */
#define AM_KEY_MAC(mac)  ((uint64_t)(mac) << 16)
#define AM_KEY_GROUP_BIT AM_KEY_MAC(1)
#define AM_KEY_MAC_BITS  AM_KEY_MAC(0xffffffffffff)
/* 802.1D-2004 table 7-10: 01-80-C2-00-00-00 to 0F. */
#define AM_KEY_L2_CONTROL AM_KEY_MAC(0x000000c28001)
#define AM_KEY_L2_MASK    AM_KEY_MAC(0xf0ffffffffff)
#define AM_KEY_PAUSE      AM_KEY_MAC(0x010000c28001) /* 802.3x, of a single link: never forwarded by anybody */

static inline bool am_bridge_is_l2(am_fdb_key dst)
{
	return (dst & AM_KEY_L2_MASK) == AM_KEY_L2_CONTROL;
}

/* Why a frame may not enter by this member, or AM_V_OK. */
enum am_verdict am_bridge_judge(
	const struct am_frame *f, const struct am_member *in, am_fdb_key dst, am_fdb_key src);

/* False where f, of member in, may not enter: it is dropped then. Otherwise it is asked for in the FDB. */
static inline bool am_bridge_admit(
	struct am_worker *w, struct am_frame *f, const struct am_member *in, const struct am_fdb *fdb)
{
	am_fdb_key dst, src;
	enum am_verdict v;

	am_fdb_make_keys(am_buf_data(f->m), in->bridge, &dst, &src);
	/* One look for each reason; which of them it was is said elsewhere. */
	if (unlikely(am_buf_len(f->m) - f->eth.len > in->mtu || (src & AM_KEY_GROUP_BIT) ||
		     !(src & AM_KEY_MAC_BITS) || am_bridge_is_l2(dst))) {
		v = am_bridge_judge(f, in, dst, src);
		if (v != AM_V_OK) {
			am_drop(w, f->iface, v, f->m);
			return false;
		}
	}
	f->src = src;
	f->dst = dst;
	f->src_line = am_fdb_prefetch(fdb, src);
	f->dst_line = am_fdb_prefetch(fdb, dst);
	return true;
}

#endif
