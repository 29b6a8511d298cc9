/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/mem.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "pkt/buf.h"
#include "port.h"

/* One writer, one reader. head and tail count frames ever put in and taken out. */
struct ring {
	_Alignas(64) _Atomic uint32_t head; /* the writer's */
	_Alignas(64) _Atomic uint32_t tail; /* the reader's */
	struct rte_mbuf *slots[AM_MEM_RING];
};

struct mem_queue {
	struct ring rx, tx;
	_Atomic bool waiting; /* set by the worker before it sleeps: push then writes to event */
	int event;
};

struct mem_port {
	struct am_port port;
	_Atomic bool link_up;
	struct am_mem_nic nic;
	uint16_t queues;
	struct mem_queue *queue;
};

static uint16_t ring_put(struct ring *r, struct rte_mbuf **m, uint16_t n)
{
	uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	uint32_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
	uint32_t room = AM_MEM_RING - (head - tail);

	if (n > room)
		n = (uint16_t)room;
	for (uint16_t i = 0; i < n; i++)
		r->slots[(head + i) % AM_MEM_RING] = m[i];
	atomic_store_explicit(&r->head, head + n, memory_order_release);
	return n;
}

static uint16_t ring_take(struct ring *r, struct rte_mbuf **m, uint16_t n)
{
	uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	uint32_t head = atomic_load_explicit(&r->head, memory_order_acquire);

	if (n > head - tail)
		n = (uint16_t)(head - tail);
	for (uint16_t i = 0; i < n; i++)
		m[i] = r->slots[(tail + i) % AM_MEM_RING];
	atomic_store_explicit(&r->tail, tail + n, memory_order_release);
	return n;
}

static bool ring_empty(struct ring *r)
{
	return atomic_load(&r->head) == atomic_load(&r->tail);
}

static struct mem_queue *queue_of(struct am_port *port, uint16_t queue)
{
	return &((struct mem_port *)port)->queue[queue];
}

static void wake(struct mem_queue *q)
{
	uint64_t one = 1;

	/* The counter cannot overflow: it is drained at the end of each wait. */
	if (write(q->event, &one, sizeof one) != sizeof one)
		return;
}

uint16_t am_mem_push(struct am_port *port, uint16_t queue, struct rte_mbuf **m, uint16_t n)
{
	struct mem_queue *q = queue_of(port, queue);

	if (AM_POISON)
		for (uint16_t i = 0; i < n; i++)
			am_buf_guard(m[i]);
	n = ring_put(&q->rx, m, n);
	/* Pairs with mem_wait: either we see it waiting, or it sees our frames. */
	atomic_thread_fence(memory_order_seq_cst);
	if (n && atomic_load(&q->waiting))
		wake(q);
	return n;
}

uint16_t am_mem_pop(struct am_port *port, uint16_t queue, struct rte_mbuf **m, uint16_t n)
{
	return ring_take(&queue_of(port, queue)->tx, m, n);
}

void am_mem_set_nic(struct am_port *port, const struct am_mem_nic *nic)
{
	((struct mem_port *)port)->nic = *nic;
}

void am_mem_set_link(struct am_port *port, bool up)
{
	atomic_store(&((struct mem_port *)port)->link_up, up);
}

/* A driver knows the length from the descriptor; all else in a fresh buffer's header is the same every time. */
static void write_fields(struct am_port *port, struct rte_mbuf *m)
{
	uint32_t len = m->pkt_len;
	uint16_t off = m->data_off;

	rte_mbuf_refcnt_set(m, 1);
	m->nb_segs = 1;
	m->port = (uint16_t)(port->limits.ifindex & UINT16_MAX);
	m->data_off = off;
	m->ol_flags = 0;
	m->packet_type = 0;
	m->pkt_len = len;
	m->data_len = (uint16_t)len;
	m->vlan_tci = 0;
	m->hash.rss = 0;
}

static uint16_t mem_rx(struct am_port *port, uint16_t queue, struct rte_mbuf **m, uint16_t n)
{
	const struct am_mem_nic *nic = &((struct mem_port *)port)->nic;

	if (nic->burst && n > nic->burst)
		n = nic->burst;
	n = ring_take(&queue_of(port, queue)->rx, m, n);
	if (nic->fields)
		for (uint16_t i = 0; i < n; i++)
			write_fields(port, m[i]);
	return n;
}

static uint16_t mem_tx(struct am_port *port, uint16_t queue, struct rte_mbuf **m, uint16_t n)
{
	if (!((struct mem_port *)port)->nic.complete)
		return ring_put(&queue_of(port, queue)->tx, m, n);
	if (AM_POISON)
		for (uint16_t i = 0; i < n; i++)
			am_buf_unguard(m[i]);
	if (n)
		rte_mempool_put_bulk(m[0]->pool, (void *const *)m, n);
	return n;
}

static int mem_wait_fd(struct am_port *port, uint16_t queue)
{
	return queue_of(port, queue)->event;
}

static void mem_wait(struct am_port *port, uint16_t queue, bool begin)
{
	struct mem_queue *q = queue_of(port, queue);
	uint64_t count;

	atomic_store(&q->waiting, begin);
	if (begin) {
		atomic_thread_fence(memory_order_seq_cst);
		if (!ring_empty(&q->rx))
			wake(q);
	} else if (read(q->event, &count, sizeof count) < 0) {
		return; /* EAGAIN: nobody woke us */
	}
}

static int mem_steer(struct am_port *port, const struct am_steer *steer)
{
	(void)port;
	(void)steer;
	return 0;
}

static void mem_stats(struct am_port *port, struct am_port_stats *out)
{
	*out = (struct am_port_stats){.link_up = atomic_load(&((struct mem_port *)port)->link_up)};
}

static void ring_drain(struct ring *r)
{
	struct rte_mbuf *m;

	while (ring_take(r, &m, 1))
		am_buf_free(m);
}

static void mem_close(struct am_port *port)
{
	struct mem_port *p = (struct mem_port *)port;

	for (uint16_t i = 0; i < p->queues; i++) {
		ring_drain(&p->queue[i].rx);
		ring_drain(&p->queue[i].tx);
		if (p->queue[i].event >= 0)
			close(p->queue[i].event);
	}
	free(p->queue);
	free(p);
}

static const struct am_port_ops mem_ops = {
	.name = "mem",
	.rx = mem_rx,
	.tx = mem_tx,
	.wait_fd = mem_wait_fd,
	.wait = mem_wait,
	.steer = mem_steer,
	.stats = mem_stats,
	.close = mem_close,
};

static struct mem_port *mem_alloc(uint16_t queues)
{
	struct mem_port *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	p->queue = aligned_alloc(64, queues * sizeof *p->queue);
	if (!p->queue) {
		free(p);
		return NULL;
	}
	memset(p->queue, 0, queues * sizeof *p->queue);
	p->queues = queues;
	for (uint16_t i = 0; i < queues; i++)
		p->queue[i].event = -1;
	return p;
}

int am_mem_open(const struct am_port_conf *conf, struct am_port **out, struct am_err *err)
{
	struct mem_port *p = mem_alloc(conf->queues ? conf->queues : 1);

	if (!p)
		return am_fail(err, ENOMEM, "port %s: no memory for its queues", conf->name);
	port_init(&p->port, &mem_ops, conf);
	atomic_init(&p->link_up, true);
	for (uint16_t i = 0; i < p->queues; i++) {
		p->queue[i].event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		if (p->queue[i].event < 0) {
			int code = errno;

			mem_close(&p->port);
			return am_fail(err, code, "port %s: eventfd: %s", conf->name, strerror(code));
		}
	}
	*out = &p->port;
	return 0;
}
