/* SPDX-License-Identifier: BSD-3-Clause */
#include "reload_lanes.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/bytes.h"
#include "net/ether.h"
#include "pkt/buf.h"
#include "reload_text.h"
#include "workload.h"

enum {
	BURST = 32,
	SHORT_NS = 5000, /* nobody is switched away and comes back in less */
	MARK = 12,       /* octets at a frame's end: flow, and its number */
	MOVERS = 64,     /* senders that move in turns */
	NEW_BITS = 18,   /* so many new senders, then they begin again */
	EVENT_FLOW = 0xff,
};

struct flow {
	uint64_t next_out, next_in; /* numbers */
	uint64_t last_ns;
	struct lanes_flow seen; /* in the window that is open */
};

/* The worker's own, but for the atomics. */
struct lane {
	_Atomic unsigned asked; /* written by control, read by the lane */
	_Atomic unsigned done;  /* written by the lane when window is filled, read by control */
	_Atomic uint64_t first_ns;
	_Atomic int event;          /* enum lanes_event, written by control */
	_Atomic double rate;        /* a second, written by control */
	struct lanes_window window; /* control reads it between done and the next asking */

	struct flow flow[LANES_FLOWS];
	uint8_t frame[LANES_FLOWS][LANES_FRAME];
	uint64_t begun_ns, events; /* of the window that is open */
	uint64_t event_number;     /* of all windows */
	uint64_t cpu_begun_ns;
	long switches;        /* so many that are known of */
	uint64_t switched_ns; /* when the last one was noticed */
	uint64_t stolen_ns;   /* in the window that is open */
	unsigned turn;
} __attribute__((aligned(64)));

struct lanes_port {
	struct am_port port;
	struct rte_mempool *pool;
	struct lane *lane[LANES_MAX];
};

static long switches(void)
{
	struct rusage use;

	return getrusage(RUSAGE_THREAD, &use) ? 0 : use.ru_nivcsw;
}

/* A gap from `from` to `now` that a switch explains is not the pipeline's. Only long ones are worth asking the kernel. */
static bool is_stolen(struct lane *l, uint64_t from, uint64_t now)
{
	long n;

	if (now - from < SHORT_NS)
		return false;
	n = switches();
	if (n != l->switches) {
		l->switches = n;
		l->switched_ns = now;
	}
	if (l->switched_ns <= from)
		return false;
	if (now - from > l->stolen_ns)
		l->stolen_ns = now - from;
	return true;
}

static void note_gap(struct lane *l, struct flow *f, uint64_t now)
{
	uint64_t gap = now - f->last_ns;

	if (gap > f->seen.gap_ns && !is_stolen(l, f->last_ns, now))
		f->seen.gap_ns = gap;
}

static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * AM_S + (uint64_t)ts.tv_nsec;
}

/* ---- windows ---- */

static void begin_window(struct lane *l, uint64_t now)
{
	for (unsigned i = 0; i < LANES_FLOWS; i++) {
		l->flow[i].seen = (struct lanes_flow){0};
		l->flow[i].last_ns = now;
	}
	l->begun_ns = now;
	l->cpu_begun_ns = cpu_ns();
	l->events = l->stolen_ns = 0;
}

static void close_window(struct lane *l, unsigned asked)
{
	/* The CPU's first here, and last where a window begins: it cannot seem to have run for longer than the clock. */
	uint64_t cpu = cpu_ns(), now = am_clock_monotonic().ns;

	for (unsigned i = 0; i < LANES_FLOWS; i++)
		note_gap(l, &l->flow[i], now);
	l->window = (struct lanes_window){
		.ns = now - l->begun_ns,
		.cpu_ns = cpu - l->cpu_begun_ns,
		.events = l->events,
		.stolen_ns = l->stolen_ns,
	};
	for (unsigned i = 0; i < LANES_FLOWS; i++)
		l->window.flow[i] = l->flow[i].seen;
	begin_window(l, now);
	atomic_store_explicit(&l->done, asked, memory_order_release);
}

static void add_window(struct lanes_window *sum, const struct lanes_window *w)
{
	for (unsigned i = 0; i < LANES_FLOWS; i++) {
		struct lanes_flow *to = &sum->flow[i];
		const struct lanes_flow *from = &w->flow[i];

		to->sent += from->sent;
		to->received += from->received;
		to->lost += from->lost;
		to->reordered += from->reordered;
		to->gap_ns = from->gap_ns > to->gap_ns ? from->gap_ns : to->gap_ns;
	}
	sum->events += w->events;
	sum->ns = w->ns > sum->ns ? w->ns : sum->ns;
	sum->cpu_ns += w->cpu_ns;
	sum->stolen_ns = w->stolen_ns > sum->stolen_ns ? w->stolen_ns : sum->stolen_ns;
}

void lanes_window(struct lanes *t, struct lanes_window *out)
{
	*out = (struct lanes_window){0};
	for (unsigned i = 0; i < t->n; i++)
		atomic_fetch_add(&t->lane[i]->asked, 1);
	for (unsigned i = 0; i < t->n; i++) {
		struct lane *l = t->lane[i];

		while (atomic_load_explicit(&l->done, memory_order_acquire) != atomic_load(&l->asked))
			sched_yield();
		add_window(out, &l->window);
	}
}

uint64_t lanes_first_ns(const struct lanes *t)
{
	uint64_t first = 0;

	for (unsigned i = 0; i < t->n; i++) {
		uint64_t ns = atomic_load(&t->lane[i]->first_ns);

		if (ns && (!first || ns < first))
			first = ns;
	}
	return first;
}

void lanes_forget(struct lanes *t)
{
	for (unsigned i = 0; i < t->n; i++)
		atomic_store(&t->lane[i]->first_ns, 0);
}

void lanes_set_events(struct lanes *t, enum lanes_event event, double rate)
{
	atomic_store(&t->lane[0]->rate, rate);
	atomic_store(&t->lane[0]->event, event);
}

/* ---- making frames ---- */

static struct rte_mbuf *copy_frame(struct lanes_port *p, const uint8_t *frame, uint32_t flow, uint64_t number)
{
	struct rte_mbuf *m = am_buf_alloc(p->pool, AM_BUF_HEADROOM);
	uint8_t *to;

	if (!m)
		return NULL;
	to = am_buf_set_len(m, LANES_FRAME);
	memcpy(to, frame, LANES_FRAME);
	am_store32(to + LANES_FRAME - MARK, flow);
	am_store64(to + LANES_FRAME - MARK + 4, number);
	return m;
}

/* From a sender nobody knows, or one that is known in another VLAN of bridge 0. */
static struct rte_mbuf *make_event(struct lanes_port *p, struct lane *l, enum lanes_event event)
{
	struct rte_mbuf *m = copy_frame(p, l->frame[0], EVENT_FLOW, 0);
	uint64_t n = l->event_number;
	uint8_t *to;

	if (!m)
		return NULL;
	to = am_buf_data(m);
	to[AM_MAC_LEN + 1] = (uint8_t)(0x80 | event);
	if (event == LANES_NEW_SENDERS) {
		am_store32(to + AM_MAC_LEN + 2, (uint32_t)n & ((1u << NEW_BITS) - 1));
	} else {
		am_store32(to + AM_MAC_LEN + 2, (uint32_t)(n % MOVERS));
		am_store16(to + 14, n / MOVERS % 2 ? RELOAD_MOVE_VLAN : 1);
	}
	l->event_number++;
	l->events++;
	return m;
}

static uint16_t make_events(struct lanes_port *p, struct lane *l, struct rte_mbuf **m, uint16_t n)
{
	int event = atomic_load_explicit(&l->event, memory_order_relaxed);
	uint64_t due;
	uint16_t made = 0;

	if (event == LANES_STEADY)
		return 0;
	due = (uint64_t)((double)(am_clock_monotonic().ns - l->begun_ns) / (double)AM_S *
			 atomic_load_explicit(&l->rate, memory_order_relaxed));
	while (made < n && l->events < due && (m[made] = make_event(p, l, event)))
		made++;
	return made;
}

static uint16_t lan_rx(struct am_port *port, uint16_t queue, struct rte_mbuf **m, uint16_t n)
{
	struct lanes_port *p = (struct lanes_port *)port;
	struct lane *l = p->lane[queue];
	/* Acquire: what control read of the last window, it read before. */
	unsigned asked = atomic_load_explicit(&l->asked, memory_order_acquire);
	uint16_t burst = n < BURST ? n : BURST, made;

	if (asked != atomic_load_explicit(&l->done, memory_order_relaxed))
		close_window(l, asked);
	made = make_events(p, l, m, burst / 2);
	for (; made < burst; made++) {
		unsigned i = l->turn++ % LANES_FLOWS;
		struct flow *f = &l->flow[i];

		m[made] = copy_frame(p, l->frame[i], i, f->next_out);
		if (!m[made])
			break;
		f->next_out++;
		f->seen.sent++;
	}
	return made;
}

/* ---- looking at them ---- */

static void look_at(struct lane *l, struct flow *f, uint64_t number, uint64_t now)
{
	if (number < f->next_in) {
		f->seen.reordered++;
		return;
	}
	f->seen.lost += number - f->next_in;
	f->next_in = number + 1;
	f->seen.received++;
	note_gap(l, f, now);
	f->last_ns = now;
}

static uint16_t wan_tx(struct am_port *port, uint16_t queue, struct rte_mbuf **m, uint16_t n)
{
	struct lane *l = ((struct lanes_port *)port)->lane[queue];
	uint64_t now = am_clock_monotonic().ns;

	for (uint16_t i = 0; i < n; i++) {
		uint32_t len = am_buf_len(m[i]);
		const uint8_t *mark = am_buf_data(m[i]) + len - MARK;

		if (len >= LANES_FRAME && am_load32(mark) < LANES_FLOWS)
			look_at(l, &l->flow[am_load32(mark)], am_load64(mark + 4), now);
	}
	if (!atomic_load_explicit(&l->first_ns, memory_order_relaxed))
		atomic_store(&l->first_ns, now);
	am_buf_free_bulk(m, n);
	return n;
}

static uint16_t nothing_rx(struct am_port *port, uint16_t queue, struct rte_mbuf **m, uint16_t n)
{
	(void)port, (void)queue, (void)m, (void)n;
	return 0;
}

static uint16_t lan_tx(struct am_port *port, uint16_t queue, struct rte_mbuf **m, uint16_t n)
{
	(void)port, (void)queue;
	am_buf_free_bulk(m, n);
	return n;
}

static int no_fd(struct am_port *port, uint16_t queue)
{
	(void)port, (void)queue;
	return -1;
}

static void close_port(struct am_port *port)
{
	free(port);
}

static const struct am_port_ops lan_ops = {
	.name = "traffic", .rx = lan_rx, .tx = lan_tx, .wait_fd = no_fd, .close = close_port};
static const struct am_port_ops wan_ops = {
	.name = "traffic", .rx = nothing_rx, .tx = wan_tx, .wait_fd = no_fd, .close = close_port};

/* ---- making and taking apart ---- */

/* work_udp_frame's, from host 1:0 to host 2:0, with a tag for the flow's VLAN. */
static void make_template(uint8_t *frame, unsigned flow)
{
	uint8_t plain[LANES_FRAME - AM_TAG_LEN];

	work_udp_frame(plain, sizeof plain, AM_IPV4, 0);
	memcpy(frame, plain + AM_MAC_LEN, AM_MAC_LEN);
	memcpy(frame + AM_MAC_LEN, plain, AM_MAC_LEN);
	am_store16(frame + 12, AM_ET_DOT1Q);
	am_store16(frame + 14, (uint16_t)(flow + 1));
	memcpy(frame + 16, plain + 12, sizeof plain - 12);
}

static struct am_port *open_port(
	struct lanes *t, struct rte_mempool *pool, const struct am_port_ops *ops, const char *name)
{
	struct lanes_port *p = work_alloc(sizeof *p);

	if (!p)
		return NULL;
	p->pool = pool;
	memcpy(p->lane, t->lane, sizeof p->lane);
	p->port = (struct am_port){
		.ops = ops,
		.limits = {.mtu = 1500,
			.rx_queues = (uint16_t)t->n,
			.tx_queues = (uint16_t)t->n,
			.mac = {{2, 0, 0, 0, 0, 1}}},
	};
	strncpy(p->port.name, name, sizeof p->port.name - 1);
	return &p->port;
}

int lanes_open(struct lanes *t, struct rte_mempool *pool, unsigned lanes)
{
	bool ok = true;

	*t = (struct lanes){.n = lanes};
	for (unsigned i = 0; ok && i < lanes; i++) {
		t->lane[i] = work_alloc(sizeof *t->lane[i]);
		ok = t->lane[i];
		for (unsigned k = 0; ok && k < LANES_FLOWS; k++)
			make_template(t->lane[i]->frame[k], k);
	}
	if (ok) {
		t->lan = open_port(t, pool, &lan_ops, "lan");
		t->wan = open_port(t, pool, &wan_ops, "wan");
	}
	if (t->lan && t->wan)
		return 0;
	lanes_close(t);
	return -ENOMEM;
}

void lanes_close(struct lanes *t)
{
	free(t->lan);
	free(t->wan);
	for (unsigned i = 0; i < LANES_MAX; i++)
		free(t->lane[i]);
	*t = (struct lanes){0};
}
