/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A kernel device by packet sockets: works on every device, copies each frame once. The kernel's stack sees the same frames;
 * guard.c keeps it from acting on those that are ours.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "guard.h"
#include "net/csum.h"
#include "net/ether.h"
#include "netdev.h"
#include "packet_ring.h"
#include "pkt/buf.h"
#include "port.h"

enum {
	BATCH = 64,
	QUEUES_MAX = 64,
	SEND_BUFFER = 8 << 20, /* octets in flight, as the kernel counts them */
	L2_MAX = AM_ETH_LEN + AM_TAGS_MAX * AM_TAG_LEN,
};

struct tx_queue {
	int fd;
	uint64_t errors;
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
};

struct af_packet_port {
	struct am_port port;
	struct rte_mempool *pool;
	struct netdev dev;
	struct guard guard;
	struct packet_ring rx;
	struct am_port_stats stats; /* what the rx worker counts */
	uint64_t lost;              /* control's sum of what the ring lost */
	bool own_mac;
	uint16_t queues;
	struct tx_queue *tx;
};

static void put_tagged(uint8_t *to, const struct packet_frame *f)
{
	memcpy(to, f->bytes, 2 * AM_MAC_LEN);
	am_store16(to + 12, f->tpid);
	am_store16(to + 14, f->tci);
	memcpy(to + 16, f->bytes + 12, f->len - 12);
}

/* NULL, counted, where it cannot be taken. */
static struct rte_mbuf *take(struct af_packet_port *p, const struct packet_frame *f)
{
	uint32_t len = f->len + (f->tagged ? AM_TAG_LEN : 0);
	struct rte_mbuf *m;
	uint8_t *to;

	if ((f->gso || f->partial) && f->wire_len > (uint32_t)p->port.limits.mtu + L2_MAX) {
		p->stats.rx_gso++;
		return NULL;
	}
	m = am_buf_alloc(p->pool, AM_BUF_HEADROOM);
	if (!m) {
		p->stats.rx_dropped++;
		return NULL;
	}
	if (f->len < f->wire_len || len > am_buf_tailroom(m) || f->len < AM_ETH_LEN) {
		p->stats.rx_too_long++;
		am_buf_free(m);
		return NULL;
	}
	to = am_buf_set_len(m, (uint16_t)len);
	if (f->tagged)
		put_tagged(to, f);
	else
		memcpy(to, f->bytes, len);
	if (f->partial)
		am_csum_complete(to, len);
	return m;
}

static uint16_t af_packet_rx(struct am_port *port, uint16_t queue, struct rte_mbuf **m, uint16_t n)
{
	struct af_packet_port *p = (struct af_packet_port *)port;
	struct packet_frame frame;
	uint16_t got = 0;

	(void)queue;
	for (uint16_t seen = 0; seen < n && packet_ring_peek(&p->rx, &frame); seen++) {
		m[got] = take(p, &frame);
		got += m[got] != NULL;
		packet_ring_release(&p->rx);
	}
	return got;
}

/* Send up to BATCH. Returns how many are done with, sent or not; fewer than n: the rest has to wait. */
static uint16_t send_batch(struct tx_queue *q, struct rte_mbuf **m, uint16_t n)
{
	uint16_t done = 0;

	for (uint16_t i = 0; i < n; i++)
		q->iov[i] = (struct iovec){am_buf_data(m[i]), am_buf_len(m[i])};
	while (done < n) {
		int sent = sendmmsg(q->fd, q->msg + done, n - done, MSG_DONTWAIT);

		if (sent > 0) {
			done += (uint16_t)sent;
		} else if (errno == EAGAIN || errno == ENOBUFS) {
			break;
		} else {
			q->errors++; /* this one cannot be sent: too long, or the device is down */
			done++;
		}
	}
	am_buf_free_bulk(m, done);
	return done;
}

static uint16_t af_packet_tx(struct am_port *port, uint16_t queue, struct rte_mbuf **m, uint16_t n)
{
	struct tx_queue *q = &((struct af_packet_port *)port)->tx[queue];
	uint16_t sent = 0, part, done;

	do {
		part = n - sent < BATCH ? (uint16_t)(n - sent) : BATCH;
		done = send_batch(q, m + sent, part);
		sent += done;
	} while (done == part && sent < n);
	return sent;
}

static int af_packet_wait_fd(struct am_port *port, uint16_t queue)
{
	(void)queue;
	return ((struct af_packet_port *)port)->rx.fd;
}

/* A device that went down leaves an error on the socket, which keeps it readable until somebody has asked for it. */
static void af_packet_wait(struct am_port *port, uint16_t queue, bool begin)
{
	int error;
	socklen_t len = sizeof error;

	(void)queue;
	if (begin)
		getsockopt(((struct af_packet_port *)port)->rx.fd, SOL_SOCKET, SO_ERROR, &error, &len);
}

static int af_packet_steer(struct am_port *port, const struct am_steer *steer)
{
	struct af_packet_port *p = (struct af_packet_port *)port;
	int rc = netdev_promisc(&p->dev, p->own_mac || steer_takes_frames(steer));

	return rc ? rc : guard_set(&p->guard, steer);
}

/* Merging of every kind is in front of packet sockets; tags that are taken out of a frame come beside it. */
static uint32_t troubles_of(const struct netdev *dev)
{
	uint32_t troubles = netdev_troubles(dev, true), gro = 1u << AM_TROUBLE_GRO;

	if (troubles & gro)
		troubles |= 1u << AM_TROUBLE_MERGED;
	return troubles & ~(gro | 1u << AM_TROUBLE_TAGS);
}

static void af_packet_stats(struct am_port *port, struct am_port_stats *out)
{
	struct af_packet_port *p = (struct af_packet_port *)port;
	uint16_t mtu = netdev_mtu(&p->dev);

	p->lost += packet_ring_lost(&p->rx);
	*out = p->stats;
	out->rx_dropped += p->lost;
	out->link_up = netdev_link_up(&p->dev);
	out->troubles = troubles_of(&p->dev);
	for (uint16_t i = 0; i < p->queues; i++)
		out->tx_errors += p->tx[i].errors;
	if (mtu)
		port->limits.mtu = mtu;
}

static void af_packet_close(struct am_port *port)
{
	struct af_packet_port *p = (struct af_packet_port *)port;

	packet_ring_close(&p->rx);
	for (uint16_t i = 0; i < p->queues; i++)
		close(p->tx[i].fd);
	guard_close(&p->guard);
	netdev_close(&p->dev);
	free(p->tx);
	free(p);
}

static const struct am_port_ops af_packet_ops = {
	.name = "af_packet",
	.rx = af_packet_rx,
	.tx = af_packet_tx,
	.wait_fd = af_packet_wait_fd,
	.wait = af_packet_wait,
	.steer = af_packet_steer,
	.stats = af_packet_stats,
	.close = af_packet_close,
};

/* Protocol 0: it sends and receives nothing. */
static int open_tx(struct tx_queue *q, int ifindex)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_ifindex = ifindex};
	int room = SEND_BUFFER, code;

	q->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (q->fd < 0)
		return -errno;
	if (bind(q->fd, (struct sockaddr *)&at, sizeof at)) {
		code = errno;
		close(q->fd);
		return -code;
	}
	setsockopt(q->fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
	for (unsigned i = 0; i < BATCH; i++)
		q->msg[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &q->iov[i], .msg_iovlen = 1}};
	return 0;
}

/* One queue to receive: spreading would part fragments from each other. As many to send as are wanted. */
static int open_queues(struct af_packet_port *p, uint16_t wanted, struct am_err *err)
{
	uint16_t n = wanted < 1 ? 1 : wanted > QUEUES_MAX ? QUEUES_MAX : wanted;
	int rc = packet_ring_open(&p->rx, p->dev.ifindex, err);

	if (rc)
		return rc;
	p->tx = calloc(n, sizeof *p->tx);
	if (!p->tx)
		return am_fail(err, ENOMEM, "no memory");
	for (; p->queues < n; p->queues++)
		if ((rc = open_tx(&p->tx[p->queues], p->dev.ifindex)))
			return am_fail(err, -rc, "packet socket: %s", strerror(-rc));
	p->port.limits.rx_queues = 1;
	p->port.limits.tx_queues = n;
	p->port.limits.unfinished_csum = false; /* finished in take */
	return 0;
}

int am_af_packet_open(
	const struct am_port_conf *conf, const char *device, struct am_port **out, struct am_err *err)
{
	struct af_packet_port *p = calloc(1, sizeof *p);
	int rc;

	if (!p)
		return am_fail(err, ENOMEM, "port %s: no memory", conf->name);
	port_init(&p->port, &af_packet_ops, conf);
	p->pool = conf->pool;
	p->rx.fd = -1;
	guard_init(&p->guard);
	rc = netdev_open(&p->dev, device, conf, &p->port, err);
	if (!rc) {
		p->own_mac = p->dev.promisc >= 0;
		rc = open_queues(p, conf->queues, err);
		if (!rc)
			rc = guard_open(&p->guard, p->dev.name, err);
		if (rc)
			rc = am_fail_in(err, rc, "device %s", device);
	}
	if (rc) {
		af_packet_close(&p->port);
		return am_fail_in(err, rc, "port %s", conf->name);
	}
	*out = &p->port;
	return 0;
}
