/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drivers/netns.h"

static struct ifreq request(const struct am_host *host)
{
	struct ifreq r = {0};

	memcpy(r.ifr_name, host->name, sizeof host->name);
	return r;
}

static int make_device(struct am_host *host, struct am_err *err)
{
	struct ifreq r = request(host);

	host->fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (host->fd < 0)
		return am_fail(err, errno,
			"/dev/net/tun: %s; it comes with the kernel's module tun: modprobe tun",
			strerror(errno));
	r.ifr_flags = (short)((host->kind == AM_HOST_TAP ? IFF_TAP : IFF_TUN) | IFF_NO_PI);
	if (!ioctl(host->fd, TUNSETIFF, &r))
		return 0;
	if (errno == EBUSY || errno == EINVAL)
		return am_fail(err, EBUSY,
			"there is a device of that name already; give the interface another name "
			"for its mirror, such as \"host\": \"am-%.11s\"",
			host->name);
	return am_fail(err, errno, "%s; run as root, or with CAP_NET_ADMIN", strerror(errno));
}

static int set_mac(const struct am_host *host, const struct am_mac *mac)
{
	struct ifreq r = request(host);

	r.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(r.ifr_hwaddr.sa_data, mac->bytes, sizeof mac->bytes);
	return ioctl(host->control, SIOCSIFHWADDR, &r) ? -errno : 0;
}

int am_host_set_mtu(struct am_host *host, uint16_t mtu)
{
	struct ifreq r = request(host);

	if (host->mtu == mtu)
		return 0;
	r.ifr_mtu = mtu;
	if (ioctl(host->control, SIOCSIFMTU, &r))
		return -errno;
	host->mtu = mtu;
	return 0;
}

int am_host_set_carrier(struct am_host *host, bool up)
{
	int value = up;

	if (host->carrier == up)
		return 0;
	if (ioctl(host->fd, TUNSETCARRIER, &value))
		return -errno;
	host->carrier = up;
	return 0;
}

int am_host_raise(const struct am_host *host)
{
	struct ifreq r = request(host);

	if (ioctl(host->control, SIOCGIFFLAGS, &r))
		return -errno;
	r.ifr_flags |= IFF_UP;
	return ioctl(host->control, SIOCSIFFLAGS, &r) ? -errno : 0;
}

/* A sandbox may hide sysctls: then the operator's own setting holds. */
static void set_sysctl(const struct am_host *host, const char *family, const char *key, const char *value)
{
	char path[96];
	int fd;

	snprintf(path, sizeof path, "/proc/sys/net/%s/conf/%s/%s", family, host->name, key);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, value, strlen(value)) < 0)
		value = NULL;
	close(fd);
}

/*
 * What comes for a loopback's address comes by the interface that it arrived on, and the answer leaves by the VRF's: a
 * strict reverse path filter would drop it. A TUN has no MAC that the kernel could make a link-local address of.
 */
static void set_sysctls(const struct am_host *host)
{
	set_sysctl(host, "ipv4", "rp_filter", "2");
	if (host->kind == AM_HOST_TUN)
		set_sysctl(host, "ipv6", "addr_gen_mode", "1");
}

static int settle(struct am_host *host, const struct am_host_conf *conf, struct am_err *err)
{
	int rc;

	host->control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (host->control < 0)
		return am_fail(err, errno, "socket: %s", strerror(errno));
	host->ifindex = (int)if_nametoindex(host->name);
	set_sysctls(host);
	rc = conf->mac && host->kind == AM_HOST_TAP ? set_mac(host, conf->mac) : 0;
	if (rc)
		return am_fail(err, -rc, "its MAC address is refused: %s", strerror(-rc));
	rc = am_host_set_mtu(host, conf->mtu);
	if (rc)
		return am_fail(err, -rc, "MTU %u is refused: %s", conf->mtu, strerror(-rc));
	rc = am_host_raise(host);
	return rc ? am_fail(err, -rc, "cannot be brought up: %s", strerror(-rc)) : 0;
}

int am_host_open(const struct am_host_conf *conf, struct am_host *out, struct am_err *err)
{
	int back, rc;

	*out = (struct am_host){.kind = conf->kind, .fd = -1, .control = -1, .carrier = true};
	if (!*conf->name || strlen(conf->name) >= sizeof out->name)
		return am_fail(err, EINVAL,
			"host interface %s: a name of the kernel's has 1 to %zu characters", conf->name,
			sizeof out->name - 1);
	snprintf(out->name, sizeof out->name, "%s", conf->name);
	rc = am_netns_enter(conf->netns, &back, err);
	if (rc)
		return rc;
	rc = make_device(out, err);
	if (!rc)
		rc = settle(out, conf, err);
	am_netns_leave(back);
	if (!rc)
		return 0;
	am_host_close(out);
	return am_fail_in(err, rc, "host interface %s", conf->name);
}

void am_host_close(struct am_host *host)
{
	if (host->control >= 0)
		close(host->control);
	if (host->fd >= 0)
		close(host->fd);
	host->control = host->fd = -1;
}

bool am_host_is_there(const struct am_host *host)
{
	struct ifreq r = request(host);

	return !ioctl(host->control, SIOCGIFINDEX, &r) && r.ifr_ifindex == host->ifindex;
}

bool am_host_is_up(const struct am_host *host)
{
	struct ifreq r = request(host);

	return !ioctl(host->control, SIOCGIFFLAGS, &r) && r.ifr_flags & IFF_UP;
}

int am_host_read(const struct am_host *host, uint8_t *packet, uint32_t room)
{
	ssize_t n = read(host->fd, packet, room);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	return (int)n;
}

int am_host_write(const struct am_host *host, const uint8_t *packet, uint32_t len)
{
	return write(host->fd, packet, len) < 0 ? -errno : 0;
}
