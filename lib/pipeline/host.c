/* SPDX-License-Identifier: BSD-3-Clause */
/* From the kernel: a frame or packet that it sent on a host interface leaves by the interface that this mirrors. */
#include "core.h"

void am_host_send(struct am_worker *w, uint16_t interface, struct rte_mbuf *m)
{
	am_drop(w, 0, AM_V_HOST_GONE, m);
	(void)interface;
}
