/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_HOSTS_H
#define AMIMED_HOSTS_H
/*
 * Host interfaces: which devices of the kernel mirror interfaces of ours, with which addresses. A want is what there shall
 * be; sync makes it so, and says of each that it cannot have why. It is called after every commit and once a second, so that
 * what somebody deleted comes back. What others put on a device stays, also where it is of the same network as ours.
 *
 * A port that is the kernel's own device (af_xdp, af_packet) is its own host interface: only addresses are put on it.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/log.h"
#include "drivers/host.h"

struct am_nl;
struct am_slow;

enum { AM_HOST_ADDRESSES = 32, AM_HOSTS_MAX = 2048, AM_NETNS_MAX = 256 };

enum am_host_mode { AM_HOST_IS_NIC, AM_HOST_IS_TAP, AM_HOST_IS_TUN };

struct am_host_want {
	uint16_t target; /* pipeline/punt.h */
	enum am_host_mode mode;
	char interface[40]; /* what it mirrors, for people */
	char name[16];      /* of the device */
	char netns[AM_NETNS_MAX];
	struct am_mac mac;
	uint16_t mtu;
	bool carrier;
	uint16_t n_addresses;
	struct am_prefix addresses[AM_HOST_ADDRESSES]; /* with host bits */
	uint32_t
		table; /* what the box sends from these addresses leaves by the device of `way`; 0: the kernel's routes say */
	bool is_way; /* it is that device */
};

/* One that is there, or should be. */
struct am_host_slot {
	struct am_host_want want;
	struct am_host host; /* fd -1: none, or a NIC */
	int ifindex;         /* 0: not there */
	uint16_t n_set;
	struct am_prefix set
		[2 * AM_HOST_ADDRESSES]; /* what we put on it and the kernel has; new ones come before old ones go */
	uint32_t set_table;              /* of their rules; 0: none */
	bool was_down;                   /* at the last look, and said so */
	char why[AM_ERR_TEXT];           /* what is missing; empty: nothing */
};

struct am_hosts;

/*
 * nl: of the daemon's own namespace. slow: is told of devices. file: where it is written what was put into the kernel, before
 * it is (owned.h); what an earlier daemon left goes with the first sync.
 */
struct am_hosts *am_hosts_create(
	struct am_nl *nl, struct am_slow *slow, const char *file, const struct am_log *log);
/* Devices and addresses go. */
void am_hosts_free(struct am_hosts *hosts);

/* wants are copied. */
void am_hosts_sync(struct am_hosts *hosts, const struct am_host_want *wants, unsigned n);

unsigned am_hosts_count(const struct am_hosts *hosts);
const struct am_host_slot *am_hosts_at(const struct am_hosts *hosts, unsigned i);
/* "up", "down" or "missing", now. */
const char *am_host_state(const struct am_host_slot *slot);
/* We put it on the device, and at the last look the kernel had it. */
bool am_host_has(const struct am_host_slot *slot, const struct am_prefix *address);
/* The device of an interface, and who asks the kernel about it. 0 where there is none. */
int am_hosts_ifindex(const struct am_hosts *hosts, uint16_t target, struct am_nl **nl);

/* Changes of namespaces that are not the daemon's own: their descriptors, to be watched and read. */
struct am_nl *am_hosts_netlink(const struct am_hosts *hosts, unsigned i);

#endif
