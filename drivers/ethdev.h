/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DRIVERS_ETHDEV_H
#define DRIVERS_ETHDEV_H
/* Devices of DPDK by their devargs: what an ethdev port and a bond's members have in common. */
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct ethdev_device {
	uint16_t id;
	bool probed; /* by us: take it away again */
};

/* The device that is there already, since EAL found it at start, or a new one. 0, or -errno and what helps. */
int ethdev_take(const char *devargs, struct ethdev_device *out, struct am_err *err);
/* It is stopped. */
void ethdev_release(const struct ethdev_device *device);
/* Its kernel's side leaves checksums to a NIC that is not there. */
bool ethdev_leaves_checksums(uint16_t id);

#endif
