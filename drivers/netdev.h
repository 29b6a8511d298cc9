/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DRIVERS_NETDEV_H
#define DRIVERS_NETDEV_H
/* What the kernel says about a network device, and what we ask of it. */
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "drivers/driver.h"

/* Features of a device that spoil what we receive, as ethtool numbers them; -1 where it has no such one. */
enum netdev_feature { NETDEV_LRO, NETDEV_GRO_HW, NETDEV_GRO, NETDEV_RXVLAN, NETDEV_FEATURES };

struct netdev {
	char name[IF_NAMESIZE];
	int ifindex;
	int fd;      /* any socket of the device's namespace, for ioctl */
	int promisc; /* packet socket that holds the membership, or -1 */
	int feature[NETDEV_FEATURES];
};

/* Fill dev and put what the kernel says into port's limits; bring the device up. 0 or -errno with err. */
int netdev_open(struct netdev *dev, const char *name, const struct am_port_conf *conf, struct am_port *port,
	struct am_err *err);
void netdev_close(struct netdev *dev);

/* 0 where it cannot say. */
uint16_t netdev_mtu(const struct netdev *dev);
bool netdev_link_up(const struct netdev *dev);
/* Receive queues the device has now, at least 1. */
uint16_t netdev_rx_queues(const struct netdev *dev);
/*
 * Leave VLAN tags in received frames, where XDP programs look for them. Devices which cannot strip them need nothing. A veth
 * peer that hands its tags over beside the frame must be told itself: ethtool -K PEER txvlan off.
 */
void netdev_keep_tags(const struct netdev *dev);
/* What of enum am_port_trouble is the case, a bit each; generic: we are behind the kernel's own merging. */
uint32_t netdev_troubles(const struct netdev *dev, bool generic);
/* Receive frames for other MACs too, as long as we live. 0 or -errno. */
int netdev_promisc(struct netdev *dev, bool on);

#endif
