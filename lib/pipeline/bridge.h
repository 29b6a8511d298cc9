/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PIPELINE_BRIDGE_H
#define PIPELINE_BRIDGE_H
/*
 * How a frame gets among those that the bridge looks up. Inline where frames are made, since the addresses are at hand
 * there; and the FDB's lines are on their way while the rest of the burst is read.
 */
#include "core.h"
#include "table/fdb_read.h"

/* What the FDB will be asked of a frame whose Ethernet header is at header. */
static inline void am_bridge_ask(
	struct am_frame *f, const uint8_t *header, uint16_t bridge, struct am_fdb_lines fdb)
{
	am_fdb_key dst, src;

	am_fdb_make_keys(header, bridge, &dst, &src);
	f->src = src;
	f->dst = dst;
	f->src_at = am_fdb_prefetch(fdb, src);
	f->dst_at = am_fdb_prefetch(fdb, dst);
}

/* False where f, of member in, is longer than the bridge takes: it is dropped then. Otherwise it is asked for in the FDB. */
static inline bool am_bridge_admit(
	struct am_worker *w, struct am_frame *f, const struct am_member *in, const struct am_fdb *fdb)
{
	if (unlikely(am_buf_len(f->m) - f->eth.len > in->mtu)) {
		am_drop(w, f->iface, AM_V_BRIDGE_MTU, f->m);
		return false;
	}
	am_bridge_ask(f, am_buf_data(f->m), in->bridge, fdb->read);
	f->across = in->across;
	return true;
}

/* To the bridge's own IP identity; consumed. */
void am_bridge_to_irb(struct am_worker *w, struct am_frame *f, const struct am_member *irb);

#endif
