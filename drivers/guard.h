/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DRIVERS_GUARD_H
#define DRIVERS_GUARD_H
/*
 * Keeps the kernel's stack from acting on received frames that are ours: answering tunnels with protocol-unreachable,
 * reassembling their fragments, forwarding a bridge's frames. An nftables table drops them at the device's ingress, behind
 * the point where packet sockets take their copy. The table belongs to our netlink socket, so it is gone when we are.
 */
#include <net/if.h>
#include <stdint.h>

#include "base/err.h"
#include "pkt/port.h"

struct mnl_socket;

struct guard {
	struct mnl_socket *nl;
	char device[IF_NAMESIZE];
	char table[32];
	uint32_t seq;
	bool set;
};

void guard_init(struct guard *g);
/* 0 or -errno with err, which does not name the device. */
int guard_open(struct guard *g, const char *device, struct am_err *err);
/* Replace the rules at once, without a gap. 0 or -errno. */
int guard_set(struct guard *g, const struct am_steer *steer);
void guard_close(struct guard *g);

#endif
