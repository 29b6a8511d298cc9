/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A kernel device by AF_XDP: the device stays the kernel's, and an XDP program of ours takes out of its queues what is ours.
 * When this process ends, however it ends, the kernel detaches the program.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "netdev.h"
#include "port.h"
#include "xdp_prog.h"
#include "xsk.h"

struct af_xdp_port {
	struct am_port port;
	struct netdev dev;
	struct xdp_prog prog;
	bool own_mac;    /* not the device's: promiscuous for good */
	uint16_t queues; /* that are open */
	struct xsk *queue;
};

static struct xsk *queue_of(struct am_port *port, uint16_t queue)
{
	return &((struct af_xdp_port *)port)->queue[queue];
}

static uint16_t af_xdp_rx(struct am_port *port, uint16_t queue, struct rte_mbuf **m, uint16_t n)
{
	return xsk_rx(queue_of(port, queue), m, n);
}

static uint16_t af_xdp_tx(struct am_port *port, uint16_t queue, struct rte_mbuf **m, uint16_t n)
{
	return xsk_tx(queue_of(port, queue), m, n);
}

static void af_xdp_poll(struct am_port *port, uint16_t queue)
{
	xsk_poll(queue_of(port, queue));
}

static int af_xdp_wait_fd(struct am_port *port, uint16_t queue)
{
	return queue_of(port, queue)->fd;
}

static void af_xdp_wait(struct am_port *port, uint16_t queue, bool begin)
{
	if (begin)
		xsk_poll(queue_of(port, queue));
}

static int af_xdp_steer(struct am_port *port, const struct am_steer *steer)
{
	struct af_xdp_port *p = (struct af_xdp_port *)port;
	int rc = netdev_promisc(&p->dev, p->own_mac || steer_takes_frames(steer));

	return rc ? rc : xdp_prog_steer(&p->prog, steer, &port->limits.mac);
}

static int af_xdp_give_back(struct am_port *port, const uint8_t *frame, uint32_t len)
{
	return xdp_prog_give_back(&((struct af_xdp_port *)port)->prog, frame, len);
}

static void af_xdp_stats(struct am_port *port, struct am_port_stats *out)
{
	struct af_xdp_port *p = (struct af_xdp_port *)port;
	uint16_t mtu = netdev_mtu(&p->dev);

	*out = (struct am_port_stats){.link_up = netdev_link_up(&p->dev)};
	for (uint16_t i = 0; i < p->queues; i++)
		xsk_add_stats(&p->queue[i], out);
	xdp_prog_counts(&p->prog, out->steered);
	out->troubles = netdev_troubles(&p->dev, p->prog.generic);
	if (netdev_rx_queues(&p->dev) > p->queues)
		out->troubles |= 1u << AM_TROUBLE_QUEUES;
	if (mtu)
		port->limits.mtu = mtu;
}

static void af_xdp_close(struct am_port *port)
{
	struct af_xdp_port *p = (struct af_xdp_port *)port;

	xdp_prog_free(&p->prog);
	for (uint16_t i = 0; i < p->queues; i++)
		xsk_close(&p->queue[i]);
	netdev_close(&p->dev);
	free(p->queue);
	free(p);
}

static const struct am_port_ops af_xdp_ops = {
	.name = "af_xdp",
	.rx = af_xdp_rx,
	.tx = af_xdp_tx,
	.poll = af_xdp_poll,
	.wait_fd = af_xdp_wait_fd,
	.wait = af_xdp_wait,
	.steer = af_xdp_steer,
	.give_back = af_xdp_give_back,
	.stats = af_xdp_stats,
	.close = af_xdp_close,
};

/* Kernels before 5.11 count maps, and all count registered buffers, against this where CAP_IPC_LOCK is missing. */
static void unlimit_memlock(void)
{
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};

	setrlimit(RLIMIT_MEMLOCK, &unlimited);
}

/* One socket on each queue that the device receives on: a frame on a queue without one would go to the kernel. */
static int open_queues(struct af_xdp_port *p, struct rte_mempool *pool, struct am_err *err)
{
	uint16_t n = netdev_rx_queues(&p->dev);
	int rc = 0;

	if (n > XDP_PROG_QUEUES)
		return am_fail(err, ENOTSUP,
			"has %u queues, and %d are supported; try: ethtool -L %s combined %d", n,
			XDP_PROG_QUEUES, p->dev.name, XDP_PROG_QUEUES);
	p->queue = calloc(n, sizeof *p->queue);
	if (!p->queue)
		return am_fail(err, ENOMEM, "no memory");
	while (!rc && p->queues < n) {
		rc = xsk_open(&p->queue[p->queues], p->dev.name, p->queues, pool, err);
		if (rc)
			return rc;
		rc = xdp_prog_set_socket(&p->prog, p->queues, p->queue[p->queues].fd);
		p->queues++;
	}
	p->port.limits.rx_queues = p->port.limits.tx_queues = n;
	return rc ? am_fail(err, -rc, "queue %u: %s", p->queues - 1, strerror(-rc)) : 0;
}

static int open_all(struct af_xdp_port *p, const struct am_port_conf *conf, struct am_err *err)
{
	int rc = xdp_prog_load(&p->prog, err);

	if (!rc)
		rc = open_queues(p, conf->pool, err);
	if (!rc)
		rc = xdp_prog_attach(&p->prog, p->dev.ifindex, err);
	return rc ? am_fail_in(err, rc, "device %s", p->dev.name) : 0;
}

int am_af_xdp_open(
	const struct am_port_conf *conf, const char *device, struct am_port **out, struct am_err *err)
{
	struct af_xdp_port *p = calloc(1, sizeof *p);
	int rc;

	if (!p)
		return am_fail(err, ENOMEM, "port %s: no memory", conf->name);
	p->prog.link = -1;
	port_init(&p->port, &af_xdp_ops, conf);
	unlimit_memlock();
	rc = netdev_open(&p->dev, device, conf, &p->port, err);
	if (!rc) {
		p->own_mac = p->dev.promisc >= 0;
		netdev_keep_tags(&p->dev);
		rc = open_all(p, conf, err);
	}
	if (rc) {
		af_xdp_close(&p->port);
		return am_fail_in(err, rc, "port %s", conf->name);
	}
	*out = &p->port;
	return 0;
}
