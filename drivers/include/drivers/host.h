/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DRIVERS_HOST_H
#define DRIVERS_HOST_H
/*
 * The kernel's mirror of an interface: a TAP, or a TUN where there is no Ethernet. What is written is received by the
 * kernel's stack, what the stack sends by it is read. The device lives as long as its descriptor: it is gone when we are.
 */
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"

enum am_host_kind { AM_HOST_TAP, AM_HOST_TUN };

struct am_host_conf {
	enum am_host_kind kind;
	const char *name;
	const char *netns;        /* name or path; NULL or empty: the daemon's own */
	const struct am_mac *mac; /* a TAP's; NULL: the kernel makes one */
	uint16_t mtu;
};

struct am_host {
	enum am_host_kind kind;
	char name[IF_NAMESIZE];
	int ifindex; /* in its namespace */
	int fd;      /* non-blocking; -1: closed */
	int control; /* any socket of its namespace, for ioctl */
	uint16_t mtu;
	bool carrier;
};

/* 0, or -errno with err. It is up, with carrier. */
int am_host_open(const struct am_host_conf *conf, struct am_host *out, struct am_err *err);
void am_host_close(struct am_host *host);

/* The MTU and link of the interface, mirrored; nothing happens where they are so already. 0 or -errno. */
int am_host_set_mtu(struct am_host *host, uint16_t mtu);
int am_host_set_carrier(struct am_host *host, bool up);

/* False: somebody deleted it. */
bool am_host_is_there(const struct am_host *host);

/* False: somebody set it down. */
bool am_host_is_up(const struct am_host *host);
/* 0 or -errno. */
int am_host_raise(const struct am_host *host);

/* One packet. What the kernel sent: its length, 0 where there is none, or -errno. */
int am_host_read(const struct am_host *host, uint8_t *packet, uint32_t room);
/* 0 or -errno. */
int am_host_write(const struct am_host *host, const uint8_t *packet, uint32_t len);

#endif
