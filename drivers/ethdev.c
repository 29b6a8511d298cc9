/* SPDX-License-Identifier: BSD-3-Clause */
/* Any device that DPDK has a driver for, named by its devargs. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_log.h>

#include "ethdev.h"
#include "pkt/buf.h"
#include "port.h"

enum {
	RX_RING = 1024,
	TX_RING = 1024,
	L2_ROOM = 14 + 8 + 4, /* header, two tags, frame check sequence */
};

/*
 * Source and destination address alone: fragments after the first have nothing else, and all parts of a datagram have to
 * meet on one queue.
 */
static const uint64_t rss_by_address = RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_FRAG_IPV4 |
				       RTE_ETH_RSS_NONFRAG_IPV4_OTHER | RTE_ETH_RSS_IPV6 |
				       RTE_ETH_RSS_FRAG_IPV6 | RTE_ETH_RSS_NONFRAG_IPV6_OTHER;

struct ethdev_port {
	struct am_port port;
	struct ethdev_device device;
	bool started;
	bool interrupts;
};

static uint16_t id_of(const struct am_port *port)
{
	return ((const struct ethdev_port *)port)->device.id;
}

static uint16_t ethdev_rx(struct am_port *port, uint16_t queue, struct rte_mbuf **m, uint16_t n)
{
	n = rte_eth_rx_burst(id_of(port), queue, m, n);
	if (AM_POISON)
		for (uint16_t i = 0; i < n; i++)
			am_buf_guard(m[i]);
	return n;
}

static uint16_t ethdev_tx(struct am_port *port, uint16_t queue, struct rte_mbuf **m, uint16_t n)
{
	if (AM_POISON)
		for (uint16_t i = 0; i < n; i++)
			am_buf_unguard(m[i]);
	return rte_eth_tx_burst(id_of(port), queue, m, n);
}

static int ethdev_wait_fd(struct am_port *port, uint16_t queue)
{
	const struct ethdev_port *p = (const struct ethdev_port *)port;

	return p->interrupts ? rte_eth_dev_rx_intr_ctl_q_get_fd(p->device.id, queue) : -1;
}

static void ethdev_wait(struct am_port *port, uint16_t queue, bool begin)
{
	const struct ethdev_port *p = (const struct ethdev_port *)port;

	if (!p->interrupts)
		return;
	if (begin)
		rte_eth_dev_rx_intr_enable(p->device.id, queue);
	else
		rte_eth_dev_rx_intr_disable(p->device.id, queue);
}

static void ethdev_stats(struct am_port *port, struct am_port_stats *out)
{
	struct rte_eth_stats s = {0};
	struct rte_eth_link link = {0};
	uint16_t id = id_of(port), mtu;

	rte_eth_stats_get(id, &s);
	rte_eth_link_get_nowait(id, &link);
	*out = (struct am_port_stats){
		.rx_dropped = s.imissed + s.ierrors + s.rx_nombuf,
		.tx_errors = s.oerrors,
		.link_up = link.link_status == RTE_ETH_LINK_UP,
	};
	if (!rte_eth_dev_get_mtu(id, &mtu))
		port->limits.mtu = mtu;
}

void ethdev_release(const struct ethdev_device *device)
{
	struct rte_eth_dev_info info;

	if (!device->probed || rte_eth_dev_info_get(device->id, &info))
		return;
	rte_eth_dev_close(device->id);
	rte_dev_remove(info.device);
}

static void ethdev_close(struct am_port *port)
{
	struct ethdev_port *p = (struct ethdev_port *)port;

	if (p->started)
		rte_eth_dev_stop(p->device.id);
	ethdev_release(&p->device);
	free(p);
}

static const struct am_port_ops ethdev_ops = {
	.name = "ethdev",
	.rx = ethdev_rx,
	.tx = ethdev_tx,
	.wait_fd = ethdev_wait_fd,
	.wait = ethdev_wait,
	.stats = ethdev_stats,
	.close = ethdev_close,
};

/* Drivers that look as if they worked, and how they do not. */
static int refuse(const char *devargs, struct am_err *err)
{
	if (!*devargs)
		return am_fail(err, EINVAL, "\"devargs\" is empty; give a PCI address or, say, net_tap0");
	if (strncmp(devargs, "net_af_packet", strlen("net_af_packet")) &&
		strncmp(devargs, "eth_af_packet", strlen("eth_af_packet")))
		return 0;
	return am_fail(err, ENOTSUP,
		"DPDK's net_af_packet lets the kernel reassemble our fragments, cuts long frames silently, rewrites "
		"802.1ad tags, hands back what the kernel itself sends and leaves checksums unfinished; use "
		"\"driver\": \"af_packet\" or \"af_xdp\" with \"device\"");
}

/* A PCI address in full, from "0000:00:1f.6", "00:1f.6" or either after "pci:"; false where it is none. */
static bool pci_address(const char *devargs, char out[32])
{
	unsigned domain = 0, bus, slot, function;

	if (!strncmp(devargs, "pci:", 4))
		devargs += 4;
	if (sscanf(devargs, "%x:%x:%x.%x", &domain, &bus, &slot, &function) != 4) {
		domain = 0;
		if (sscanf(devargs, "%x:%x.%x", &bus, &slot, &function) != 3)
			return false;
	}
	snprintf(out, 32, "%04x:%02x:%02x.%x", domain, bus, slot, function);
	return true;
}

static int fail_pci(const char *address, int code, struct am_err *err)
{
	char path[PATH_MAX], link[PATH_MAX];
	const char *driver;
	ssize_t n;

	snprintf(path, sizeof path, "/sys/bus/pci/devices/%s", address);
	if (access(path, F_OK))
		return am_fail(err, ENODEV,
			"there is no PCI device %s; see which there are: dpdk-devbind.py --status", address);
	snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/driver", address);
	n = readlink(path, link, sizeof link - 1);
	link[n < 0 ? 0 : n] = 0;
	driver = n < 0 ? "no driver" : strrchr(link, '/') + 1;
	if (!strcmp(driver, "vfio-pci") || !strcmp(driver, "uio_pci_generic"))
		return am_fail(err, code,
			"PCI device %s is bound to %s as it should be, and DPDK does not take it (%s): no driver "
			"of DPDK's for it, or amimed was started without PCI ports: then restart it",
			address, driver, rte_strerror(code));
	return am_fail(err, code,
		"PCI device %s is bound to %s, so DPDK cannot use it; bind it with: modprobe vfio-pci && "
		"dpdk-devbind.py --bind=vfio-pci %s (see dpdk-devbind.py --status), or leave it to the kernel and use "
		"\"driver\": \"af_xdp\" with its kernel name",
		address, driver, address);
}

/* said is the first error that DPDK logged, which is nearest to the cause. */
static int fail_probe(const char *devargs, int code, const char *said, struct am_err *err)
{
	char address[32];

	if (pci_address(devargs, address))
		return fail_pci(address, code, err);
	if (code == EFAULT)
		return am_fail(err, ENODEV,
			"devargs \"%s\": DPDK has no driver for a device of that name; virtual ones are, say, net_tap0, "
			"net_memif0, net_vhost0 or net_virtio_user0, and a NIC is given by its PCI address, see: "
			"dpdk-devbind.py --status",
			devargs);
	return am_fail(err, code,
		"devargs \"%s\": the driver of this device refuses it or its arguments, saying \"%s\"; see "
		"doc.dpdk.org/guides-22.11/nics",
		devargs, *said ? said : rte_strerror(code));
}

/* What is logged during a probe. */
struct overheard {
	FILE *all;
	char *said; /* [160] */
};

/* DPDK flushes each message. Warnings may come before the error, and of other things: memif's do. */
static ssize_t overhear(void *cookie, const char *text, size_t len)
{
	const char *end = memchr(text, '\n', len);
	struct overheard *o = cookie;

	if (!*o->said && rte_log_cur_msg_loglevel() <= (int)RTE_LOG_ERR)
		snprintf(o->said, 160, "%.*s", (int)(end ? (size_t)(end - text) : len), text);
	return (ssize_t)fwrite(text, 1, len, o->all);
}

/*
 * rte_dev_probe logs the same failure on every layer. Here it is kept to its first error; what is logged by a success goes
 * where it would have gone.
 */
static int probe(const char *devargs, char said[160])
{
	FILE *log = rte_log_get_stream(), *heard;
	char *text = NULL;
	size_t len;
	struct overheard o = {open_memstream(&text, &len), said};
	int rc;

	said[0] = 0;
	heard = o.all ? fopencookie(&o, "w", (cookie_io_functions_t){.write = overhear}) : NULL;
	if (heard)
		rte_openlog_stream(heard);
	rc = rte_dev_probe(devargs);
	if (heard) {
		rte_openlog_stream(log);
		fclose(heard);
	}
	if (o.all)
		fclose(o.all);
	if (!rc && text)
		fputs(text, log);
	free(text);
	return rc;
}

int ethdev_take(const char *devargs, struct ethdev_device *out, struct am_err *err)
{
	char name[RTE_DEV_NAME_MAX_LEN], said[160];
	bool before[RTE_MAX_ETHPORTS] = {false};
	int rc = refuse(devargs, err);
	uint16_t id;

	*out = (struct ethdev_device){0};
	if (rc)
		return rc;
	snprintf(name, sizeof name, "%.*s", (int)strcspn(devargs, ","), devargs);
	if (!rte_eth_dev_get_port_by_name(name, &out->id))
		return 0;
	RTE_ETH_FOREACH_DEV(id)
	before[id] = true;
	rc = probe(devargs, said);
	if (rc)
		return fail_probe(devargs, -rc, said, err);
	RTE_ETH_FOREACH_DEV(id)
	{
		if (before[id])
			continue;
		out->id = id;
		out->probed = true;
		return 0;
	}
	return am_fail(err, ENODEV, "devargs \"%s\" make no Ethernet device", devargs);
}

static int setup_queues(struct ethdev_port *p, const struct am_port_conf *conf, uint16_t queues)
{
	uint16_t rx = RX_RING, tx = TX_RING;
	int socket = rte_eth_dev_socket_id(p->device.id);
	int rc = rte_eth_dev_adjust_nb_rx_tx_desc(p->device.id, &rx, &tx);

	for (uint16_t i = 0; !rc && i < queues; i++) {
		rc = rte_eth_rx_queue_setup(p->device.id, i, rx, (unsigned)socket, NULL, conf->pool);
		if (!rc)
			rc = rte_eth_tx_queue_setup(p->device.id, i, tx, (unsigned)socket, NULL);
	}
	return rc;
}

/* Interrupts first; what refuses them is polled. */
static int configure(
	struct ethdev_port *p, const struct rte_eth_dev_info *info, uint16_t queues, uint16_t mtu)
{
	struct rte_eth_conf conf = {.rxmode.mtu = mtu, .intr_conf.rxq = 1};
	int rc;

	/* A bond hears of its members' links only so. */
	conf.intr_conf.lsc = !strcmp(info->driver_name, "net_bonding");

	if (queues > 1) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf = rss_by_address & info->flow_type_rss_offloads;
	}
	rc = rte_eth_dev_configure(p->device.id, queues, queues, &conf);
	p->interrupts = !rc;
	if (!rc)
		return 0;
	conf.intr_conf.rxq = 0;
	return rte_eth_dev_configure(p->device.id, queues, queues, &conf);
}

static bool leaves_checksums(const char *driver)
{
	static const char *const drivers[] = {
		"net_virtio", "net_virtio_user", "net_vhost", "net_tap", "net_af_xdp"};

	for (unsigned i = 0; i < sizeof drivers / sizeof *drivers; i++)
		if (!strcmp(driver, drivers[i]))
			return true;
	return false;
}

bool ethdev_leaves_checksums(uint16_t id)
{
	struct rte_eth_dev_info info;

	return !rte_eth_dev_info_get(id, &info) && leaves_checksums(info.driver_name);
}

static int fill_limits(struct ethdev_port *p, const struct am_port_conf *conf,
	const struct rte_eth_dev_info *info, uint16_t queues)
{
	struct rte_ether_addr mac;
	int rc = rte_eth_macaddr_get(p->device.id, &mac);

	if (rc)
		return rc;
	if (!conf->mac)
		memcpy(p->port.limits.mac.bytes, mac.addr_bytes, sizeof mac.addr_bytes);
	p->port.limits.rx_queues = p->port.limits.tx_queues = queues;
	p->port.limits.ifindex = (int)info->if_index;
	p->port.limits.unfinished_csum = leaves_checksums(info->driver_name);
	return rte_eth_dev_get_mtu(p->device.id, &p->port.limits.mtu);
}

/* Where nobody answers at its socket, memif says only that it is not permitted. */
static int fail_start(
	const struct rte_eth_dev_info *info, uint16_t queues, uint16_t mtu, int code, struct am_err *err)
{
	if (!strcmp(info->driver_name, "net_memif") && code == EPERM)
		return am_fail(err, ECONNREFUSED,
			"nobody answers at the socket of this memif: the end with role=server must be there first, and both name "
			"the same \"socket\" and \"socket-abstract\"");
	return am_fail(err, code, "driver %s refuses %u queues and MTU %u: %s", info->driver_name, queues,
		mtu, rte_strerror(code));
}

static int start(struct ethdev_port *p, const struct am_port_conf *conf, struct am_err *err)
{
	uint16_t mtu = conf->mtu ? conf->mtu : 1500, queues = conf->queues ? conf->queues : 1;
	uint32_t room = rte_pktmbuf_data_room_size(conf->pool) - RTE_PKTMBUF_HEADROOM;
	struct rte_eth_dev_info info;
	int rc = rte_eth_dev_info_get(p->device.id, &info);

	if (rc)
		return am_fail(err, -rc, "%s", rte_strerror(-rc));
	if (mtu + (uint32_t)L2_ROOM > room || mtu > info.max_mtu)
		return am_fail(err, EINVAL, "MTU %u is too much; at most %u goes here", mtu,
			RTE_MIN(room - L2_ROOM, (uint32_t)info.max_mtu));
	queues = RTE_MIN(queues, RTE_MIN(info.max_rx_queues, info.max_tx_queues));
	rc = configure(p, &info, queues, mtu);
	if (!rc)
		rc = setup_queues(p, conf, queues);
	if (!rc)
		rc = rte_eth_dev_start(p->device.id);
	if (rc)
		return fail_start(&info, queues, mtu, -rc, err);
	p->started = true;
	/* Some drivers cannot set the MTU, and some only have one mode: neither matters while frames come. */
	rte_eth_dev_set_mtu(p->device.id, mtu);
	rte_eth_promiscuous_enable(p->device.id);
	for (uint16_t i = 0; i < queues && p->interrupts; i++)
		p->interrupts = rte_eth_dev_rx_intr_ctl_q_get_fd(p->device.id, i) >= 0;
	rc = fill_limits(p, conf, &info, queues);
	return rc ? am_fail(err, -rc, "%s", rte_strerror(-rc)) : 0;
}

int am_ethdev_open(
	const struct am_port_conf *conf, const char *devargs, struct am_port **out, struct am_err *err)
{
	struct ethdev_port *p;
	int rc;

	p = calloc(1, sizeof *p);
	if (!p)
		return am_fail(err, ENOMEM, "port %s: no memory", conf->name);
	port_init(&p->port, &ethdev_ops, conf);
	rc = ethdev_take(devargs, &p->device, err);
	if (!rc)
		rc = start(p, conf, err);
	if (rc) {
		ethdev_close(&p->port);
		return am_fail_in(err, rc, "port %s", conf->name);
	}
	*out = &p->port;
	return 0;
}
