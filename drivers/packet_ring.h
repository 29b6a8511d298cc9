/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DRIVERS_PACKET_RING_H
#define DRIVERS_PACKET_RING_H
/* The receive ring of a packet socket (TPACKET_V2): frames lie in memory shared with the kernel until they are given back. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct packet_ring {
	int fd;
	uint8_t *map;
	uint32_t at; /* slot that is next */
};

/* A received frame in its slot; good until packet_ring_release. */
struct packet_frame {
	const uint8_t *bytes; /* without the tag that the kernel took off */
	uint32_t len;         /* in the slot */
	uint32_t wire_len;    /* more than len where the slot was too short */
	bool tagged;
	uint16_t tpid, tci; /* of that tag */
	bool partial;       /* its sender left the checksum to a NIC */
	bool gso;           /* several packets in one, as TCP hands them down */
};

/* Bound to the device, not seeing what is sent. 0 or -errno with err, which does not name the device. */
int packet_ring_open(struct packet_ring *r, int ifindex, struct am_err *err);
void packet_ring_close(struct packet_ring *r);

/* False where nothing waits. */
bool packet_ring_peek(const struct packet_ring *r, struct packet_frame *out);
void packet_ring_release(struct packet_ring *r);

/* Frames lost since the last call. */
uint64_t packet_ring_lost(const struct packet_ring *r);

#endif
