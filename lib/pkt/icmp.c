/* SPDX-License-Identifier: BSD-3-Clause */
#include "pkt/icmp.h"

#include "pkt/buf.h"

struct rte_mbuf *am_icmp_make(struct am_buf_stash *stash, const uint8_t *ip, uint32_t len,
	const struct am_ip *source, const struct am_icmp_error *error)
{
	struct rte_mbuf *m = am_buf_take(stash, AM_BUF_HEADROOM);

	if (m)
		am_icmp_error_write(am_buf_set_len(m, (uint16_t)am_icmp_error_len(len, source->family)), ip,
			len, source, error);
	return m;
}
