/* SPDX-License-Identifier: BSD-3-Clause */
#include "netdev.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static struct ifreq request(const struct netdev *dev)
{
	struct ifreq r = {0};

	memcpy(r.ifr_name, dev->name, sizeof dev->name);
	return r;
}

static int ethtool(const struct netdev *dev, void *command)
{
	struct ifreq r = request(dev);

	r.ifr_data = command;
	return ioctl(dev->fd, SIOCETHTOOL, &r) ? -errno : 0;
}

static bool has_driver(const struct netdev *dev, const char *const *drivers, unsigned n)
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};

	if (ethtool(dev, &info))
		return false;
	for (unsigned i = 0; i < n; i++)
		if (!strncmp(info.driver, drivers[i], sizeof info.driver))
			return true;
	return false;
}

/* Drivers whose senders, on the same host, leave checksums to a NIC that is not there. */
static bool leaves_checksums(const struct netdev *dev)
{
	static const char *const drivers[] = {
		"veth", "virtio_net", "tun", "tap", "xen_netfront", "vif", "bridge"};

	return has_driver(dev, drivers, sizeof drivers / sizeof *drivers);
}

bool am_af_xdp_copies(const char *device)
{
	static const char *const drivers[] = {"veth", "tun", "xen_netfront", "vif", "bridge"};
	struct netdev dev = {.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
	bool copies = false;

	if (dev.fd >= 0 && strlen(device) < sizeof dev.name) {
		snprintf(dev.name, sizeof dev.name, "%s", device);
		copies = has_driver(&dev, drivers, sizeof drivers / sizeof *drivers);
	}
	if (dev.fd >= 0)
		close(dev.fd);
	return copies;
}

static int read_mac(const struct netdev *dev, struct am_mac *mac)
{
	struct ifreq r = request(dev);

	if (ioctl(dev->fd, SIOCGIFHWADDR, &r))
		return -errno;
	if (r.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return -ENOTSUP;
	memcpy(mac->bytes, r.ifr_hwaddr.sa_data, sizeof mac->bytes);
	return 0;
}

uint16_t netdev_mtu(const struct netdev *dev)
{
	struct ifreq r = request(dev);

	if (ioctl(dev->fd, SIOCGIFMTU, &r) || r.ifr_mtu < 0)
		return 0;
	return r.ifr_mtu > UINT16_MAX ? UINT16_MAX : (uint16_t)r.ifr_mtu;
}

static int set_mtu(const struct netdev *dev, uint16_t mtu, struct am_err *err)
{
	struct ifreq r = request(dev);

	r.ifr_mtu = mtu;
	if (netdev_mtu(dev) == mtu || !ioctl(dev->fd, SIOCSIFMTU, &r))
		return 0;
	return am_fail(err, errno,
		"device %s: MTU %u is refused (%s); see what it can do: ip -d link show %s", dev->name, mtu,
		strerror(errno), dev->name);
}

static int bring_up(const struct netdev *dev, struct am_err *err)
{
	struct ifreq r = request(dev);

	if (ioctl(dev->fd, SIOCGIFFLAGS, &r))
		return am_fail(err, errno, "device %s: %s", dev->name, strerror(errno));
	if (r.ifr_flags & IFF_UP)
		return 0;
	r.ifr_flags |= IFF_UP;
	if (ioctl(dev->fd, SIOCSIFFLAGS, &r))
		return am_fail(err, errno,
			"device %s is down and cannot be brought up (%s); try: ip link set %s up", dev->name,
			strerror(errno), dev->name);
	return 0;
}

bool netdev_link_up(const struct netdev *dev)
{
	struct ifreq r = request(dev);

	return !ioctl(dev->fd, SIOCGIFFLAGS, &r) && (r.ifr_flags & IFF_UP) && (r.ifr_flags & IFF_RUNNING);
}

uint16_t netdev_rx_queues(const struct netdev *dev)
{
	struct ethtool_channels c = {.cmd = ETHTOOL_GCHANNELS};
	uint32_t n;

	if (ethtool(dev, &c))
		return 1;
	n = c.combined_count + c.rx_count;
	return n ? (uint16_t)n : 1;
}

void netdev_keep_tags(const struct netdev *dev)
{
	struct ethtool_value flags = {.cmd = ETHTOOL_GFLAGS};

	if (ethtool(dev, &flags) || !(flags.data & ETH_FLAG_RXVLAN))
		return;
	flags.cmd = ETHTOOL_SFLAGS;
	flags.data &= ~(uint32_t)ETH_FLAG_RXVLAN;
	ethtool(dev, &flags);
}

/* ---- features, by the names that ethtool -k shows ---- */

static uint32_t count_features(const struct netdev *dev)
{
	union {
		struct ethtool_sset_info info;
		uint8_t room[sizeof(struct ethtool_sset_info) + sizeof(uint32_t)];
	} ask = {.info = {.cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ull << ETH_SS_FEATURES}};

	return ethtool(dev, &ask) || !ask.info.sset_mask ? 0 : ask.info.data[0];
}

static void find_features(struct netdev *dev)
{
	static const char *const names[NETDEV_FEATURES] = {
		[NETDEV_LRO] = "rx-lro",
		[NETDEV_GRO_HW] = "rx-gro-hw",
		[NETDEV_GRO] = "rx-gro",
		[NETDEV_RXVLAN] = "rx-vlan-hw-parse",
	};
	uint32_t n = count_features(dev);
	struct ethtool_gstrings *strings = calloc(1, sizeof *strings + (size_t)n * ETH_GSTRING_LEN);

	for (unsigned f = 0; f < NETDEV_FEATURES; f++)
		dev->feature[f] = -1;
	if (!strings)
		return;
	*strings =
		(struct ethtool_gstrings){.cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_FEATURES, .len = n};
	if (!ethtool(dev, strings))
		for (uint32_t i = 0; i < n; i++)
			for (unsigned f = 0; f < NETDEV_FEATURES; f++)
				if (!strncmp((const char *)strings->data + (size_t)i * ETH_GSTRING_LEN,
					    names[f], ETH_GSTRING_LEN))
					dev->feature[f] = (int)i;
	free(strings);
}

static bool is_active(const struct ethtool_gfeatures *got, int feature)
{
	return feature >= 0 && (uint32_t)feature / 32 < got->size &&
	       got->features[feature / 32].active >> (feature % 32) & 1;
}

uint32_t netdev_troubles(const struct netdev *dev, bool generic)
{
	enum { BLOCKS = 8 };
	union {
		struct ethtool_gfeatures got;
		uint8_t room[sizeof(struct ethtool_gfeatures) +
			     BLOCKS * sizeof(struct ethtool_get_features_block)];
	} ask = {.got = {.cmd = ETHTOOL_GFEATURES, .size = BLOCKS}};
	uint32_t troubles = 0;

	if (ethtool(dev, &ask))
		return 0;
	if (is_active(&ask.got, dev->feature[NETDEV_LRO]))
		troubles |= 1u << AM_TROUBLE_LRO;
	if (is_active(&ask.got, dev->feature[NETDEV_GRO_HW]))
		troubles |= 1u << AM_TROUBLE_GRO_HW;
	if (generic && is_active(&ask.got, dev->feature[NETDEV_GRO]))
		troubles |= 1u << AM_TROUBLE_GRO;
	if (is_active(&ask.got, dev->feature[NETDEV_RXVLAN]))
		troubles |= 1u << AM_TROUBLE_TAGS;
	return troubles;
}

const char *am_port_trouble_text(enum am_port_trouble trouble, const char *device, char *buf, size_t room)
{
	static const char *const formats[AM_TROUBLES] = {
		[AM_TROUBLE_LRO] =
			"the NIC merges TCP segments before we see them; try: ethtool -K %s lro off",
		[AM_TROUBLE_GRO_HW] =
			"the NIC merges TCP segments before we see them; try: ethtool -K %s rx-gro-hw off",
		[AM_TROUBLE_GRO] = "XDP runs in the kernel's generic mode here, behind its merging of TCP "
				   "segments; try: ethtool -K %s gro off",
		[AM_TROUBLE_MERGED] =
			"the kernel merges TCP segments before it copies them to us, and what is then longer "
			"than the MTU is dropped as port_gso; try: ethtool -K %s gro off",
		[AM_TROUBLE_TAGS] =
			"VLAN tags are taken out of received frames, and tagged ones are not known "
			"as such; try: ethtool -K %s rxvlan off",
		[AM_TROUBLE_QUEUES] =
			"it has more receive queues than when it was opened, and what comes in by those "
			"is not taken; restart amimed, or see: ethtool -l %s",
	};

	snprintf(buf, room, formats[trouble], device);
	return buf;
}

int netdev_promisc(struct netdev *dev, bool on)
{
	struct packet_mreq membership = {.mr_ifindex = dev->ifindex, .mr_type = PACKET_MR_PROMISC};
	int fd, code;

	if (on == (dev->promisc >= 0))
		return 0;
	if (!on) {
		close(dev->promisc);
		dev->promisc = -1;
		return 0;
	}
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership)) {
		code = errno;
		close(fd);
		return -code;
	}
	dev->promisc = fd;
	return 0;
}

static int fill_limits(
	struct netdev *dev, const struct am_port_conf *conf, struct am_port *port, struct am_err *err)
{
	struct am_mac mac;
	int rc = read_mac(dev, &mac);

	if (rc)
		return am_fail(err, -rc, "device %s is not Ethernet", dev->name);
	if (conf->mtu && (rc = set_mtu(dev, conf->mtu, err)))
		return rc;
	port->limits.mac = conf->mac ? *conf->mac : mac;
	port->limits.mtu = netdev_mtu(dev);
	port->limits.ifindex = dev->ifindex;
	port->limits.unfinished_csum = leaves_checksums(dev);
	find_features(dev);
	if (conf->mac && memcmp(&mac, conf->mac, sizeof mac) && (rc = netdev_promisc(dev, true)))
		return am_fail(err, -rc, "device %s: promiscuous mode, which a MAC of its own needs: %s",
			dev->name, strerror(-rc));
	return bring_up(dev, err);
}

int netdev_open(struct netdev *dev, const char *name, const struct am_port_conf *conf, struct am_port *port,
	struct am_err *err)
{
	int rc;

	*dev = (struct netdev){.fd = -1, .promisc = -1};
	if (strlen(name) >= sizeof dev->name || !(dev->ifindex = (int)if_nametoindex(name)))
		return am_fail(
			err, ENODEV, "there is no device %s in this network namespace; see: ip link", name);
	snprintf(dev->name, sizeof dev->name, "%s", name);
	dev->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (dev->fd < 0)
		return am_fail(err, errno, "device %s: socket: %s", name, strerror(errno));
	rc = fill_limits(dev, conf, port, err);
	if (rc)
		netdev_close(dev);
	return rc;
}

void netdev_close(struct netdev *dev)
{
	if (dev->promisc >= 0)
		close(dev->promisc);
	if (dev->fd >= 0)
		close(dev->fd);
	dev->promisc = dev->fd = -1;
}
