/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DRIVERS_MEM_H
#define DRIVERS_MEM_H
/*
 * A port in memory: a test or a benchmark puts frames in at one end and takes them out at the other. Each
 * queue has one ring either way, with one thread at each end. What is pushed is received in order, as it is;
 * what is sent waits until it is popped, and tx takes no more once the ring is full, as a NIC would.
 *
 * port->limits may be changed by the owner at any time before workers use the port.
 */
#include <stdbool.h>
#include <stdint.h>

#include "pkt/port.h"

struct rte_mbuf;

enum { AM_MEM_RING = 4096 }; /* frames a ring holds */

/* Let n frames arrive on an rx queue. Returns how many were taken, and their ownership. */
uint16_t am_mem_push(struct am_port *port, uint16_t queue, struct rte_mbuf **m, uint16_t n);

/* Take up to n frames that were sent on a tx queue. The caller owns them. */
uint16_t am_mem_pop(struct am_port *port, uint16_t queue, struct rte_mbuf **m, uint16_t n);

/*
 * How much like a NIC the port behaves; not at all at first. burst: rx returns at most so many frames at once, as where
 * few come; 0 is no limit. fields: rx writes the buffer's header as a driver does from a descriptor. complete: tx frees
 * what was sent, in bulk and straight to the pool, as a driver does when descriptors are done; nothing is left to be
 * popped. All buffers must then be of one pool, and nobody else's. Set before workers use the port.
 */
struct am_mem_nic {
	uint16_t burst;
	bool fields;
	bool complete;
};
void am_mem_set_nic(struct am_port *port, const struct am_mem_nic *nic);

/* What stats says about the link from now on; up at first. */
void am_mem_set_link(struct am_port *port, bool up);

#endif
