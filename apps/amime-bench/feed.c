/* SPDX-License-Identifier: BSD-3-Clause */
#include "feed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "drivers/mem.h"
#include "net/csum.h"
#include "net/ip.h"
#include "pkt/buf.h"

enum {
	TURN_US = 10, /* how much time goes by from run to run */
	POP = 64,
	IDLE_TURNS_MAX = 64, /* for hand-off: as long as packets may be on their way */
	PER_MILLE = 1000,
	SCHEDULE_LEAST = 1 << 16,
	LINE = 64,
	AHEAD = 4, /* datagrams whose making is prepared */
};

/* ---- the schedule ---- */

static uint64_t draw(struct feed *f)
{
	return am_hash64(++f->draws, 0x9e3779b97f4a7c15ull);
}

static unsigned draw_way(struct feed *f)
{
	const struct traffic *t = &f->stock->traffic;

	return draw(f) % (t->encap + t->decap) < t->encap ? STOCK_ENCAP : STOCK_DECAP;
}

static unsigned draw_size(struct feed *f)
{
	const struct traffic *t = &f->stock->traffic;
	uint64_t sum = 0, at;
	unsigned i = 0;

	for (unsigned k = 0; k < t->n_sizes; k++)
		sum += t->sizes[k].weight;
	at = draw(f) % sum;
	while (at >= t->sizes[i].weight)
		at -= t->sizes[i++].weight;
	return i;
}

static void shuffle(struct feed *f, uint32_t *v, uint32_t n)
{
	for (uint32_t i = n; i > 1; i--) {
		uint32_t j = (uint32_t)(draw(f) % i), other = v[i - 1];

		v[i - 1] = v[j];
		v[j] = other;
	}
}

/* With hand-off everything comes in at the first worker. */
static bool is_ours(const struct feed *f, const struct stock_item *item)
{
	uint16_t queue;
	unsigned queues = f->bed->port[item->in]->limits.rx_queues;

	if (queues < f->bed->workers)
		return bed_queue(f->bed, f->worker, item->in, &queue);
	return item->worker == f->worker;
}

/*
 * Several rounds of all flows, each in another order, so that sizes and ways are as their weights say, and so that a CPU cannot
 * learn by heart what comes: where 16 bursts came again and again, it knew how many packets of each were for which port.
 */
static int make_schedule(struct feed *f, struct am_err *err)
{
	const struct traffic *t = &f->stock->traffic;
	uint32_t rounds = t->n_sizes > 1 || (t->encap && t->decap) ? 8 : 1, n = 0;
	uint32_t *order = malloc(t->flows * sizeof *order);

	if (rounds * t->flows < SCHEDULE_LEAST)
		rounds = SCHEDULE_LEAST / t->flows + 1;
	f->schedule = malloc((size_t)rounds * t->flows * sizeof *f->schedule);
	for (uint32_t i = 0; order && i < t->flows; i++)
		order[i] = i;
	for (uint32_t r = 0; order && f->schedule && r < rounds; r++) {
		shuffle(f, order, t->flows);
		for (uint32_t i = 0; i < t->flows; i++) {
			uint32_t at = stock_at(f->stock, draw_way(f), order[i], draw_size(f));

			if (is_ours(f, &f->stock->items[at]))
				f->schedule[n++] = at;
		}
	}
	free(order);
	f->n_schedule = n;
	if (!order || !f->schedule)
		return am_fail(err, ENOMEM, "no memory for %u flows", t->flows);
	if (n || !f->exact)
		return 0;
	return am_fail(err, EINVAL,
		"none of the traffic comes to worker %u: its flows or addresses are too few to be spread over %u "
		"workers; use a striped tunnel, more flows, or \"handoff\": \"on\"",
		f->worker, f->bed->workers);
}

/* ---- making packets ---- */

/* Identifications must differ, or halves of two datagrams would be one. */
static void put_id(uint8_t *ip, uint16_t id)
{
	if (ip[0] >> 4 == 4) {
		am_store16(ip + 10, am_csum_update(am_load16(ip + 10), am_load16(ip + 4), id));
		am_store16(ip + 4, id);
	} else {
		am_store32(ip + AM_IP6_LEN + 4, id);
	}
}

static struct rte_mbuf *make_packet(struct feed *f, const struct stock_packet *p, uint32_t seq)
{
	struct rte_mbuf *m = am_buf_alloc(f->bed->pool, AM_BUF_HEADROOM);
	uint8_t *to;

	if (!m)
		return NULL;
	to = am_buf_set_len(m, p->len);
	memcpy(to, f->stock->bytes + p->bytes, p->head);
	if (p->seq_at) {
		am_store32(to + p->seq_at, seq);
		am_store32(to + p->seq_at + 4, ~seq);
	}
	if (p->id_at)
		put_id(to + p->id_at, f->id);
	return m;
}

/* Fragment j of datagram i of a window of n. */
static unsigned place(enum traffic_order order, unsigned n, unsigned i, unsigned j)
{
	switch (order) {
	case TRAFFIC_REVERSED:
		return 2 * i + !j;
	case TRAFFIC_INTERLEAVED:
		return j * n + i;
	case TRAFFIC_SECONDS_FIRST:
		return !j * n + i;
	default:
		return 2 * i + j;
	}
}

struct window {
	struct rte_mbuf *m[FEED_PACKETS_MAX];
	uint8_t port[FEED_PACKETS_MAX];
};

static bool is_lost(struct feed *f, const struct stock_item *item)
{
	uint32_t loss = f->stock->traffic.loss;

	return loss && item->n > 1 && draw(f) % PER_MILLE < loss;
}

/* Through the first level of caches alone, and not into the next one. */
static void pass_by(const void *p, size_t octets)
{
	const char *line = (const char *)p - (uintptr_t)p % LINE, *end = (const char *)p + octets;

	for (; line < end; line += LINE)
		__builtin_prefetch(line, 0, 0);
}

static const struct stock_item *item_ahead(const struct feed *f, uint32_t n)
{
	return &f->stock->items[f->schedule[(f->at + n) % f->n_schedule]];
}

/*
 * A generator of packets is no part of an edge. A NIC does not push out of the caches what the packets look up, and what ours
 * is made from is several times as much as that.
 */
static void pass_by_stock(const struct feed *f)
{
	const struct stock_item *item = item_ahead(f, AHEAD);
	const struct traffic *t = &f->stock->traffic;

	for (unsigned j = 0; j < item->n; j++)
		pass_by(f->stock->bytes + item->p[j].bytes, item->p[j].head);
	pass_by(&f->seq[item->way * t->flows + item->flow], sizeof *f->seq);
	pass_by(item_ahead(f, 2 * AHEAD), sizeof *item);
}

static bool make_datagram(struct feed *f, struct feed_run *run, struct window *w, unsigned n, unsigned i)
{
	const struct stock_item *item = &f->stock->items[f->schedule[f->at]];
	uint32_t seq = ++f->seq[item->way * f->stock->traffic.flows + item->flow];
	bool whole = true;

	pass_by_stock(f);
	f->at = f->at + 1 == f->n_schedule ? 0 : f->at + 1;
	f->id++;
	for (unsigned j = 0; j < item->n; j++) {
		unsigned at = place(f->stock->traffic.order, n, i, j);

		if (is_lost(f, item)) {
			whole = false;
			continue;
		}
		w->m[at] = make_packet(f, &item->p[j], seq);
		w->port[at] = item->in;
		if (!w->m[at])
			return false;
	}
	if (whole) {
		run->leave += item->leave;
		run->leave_by[item->out] = (uint16_t)(run->leave_by[item->out] + item->leave);
	}
	return true;
}

static void shuffle_window(struct feed *f, struct window *w, unsigned n)
{
	for (unsigned i = n; i > 1; i--) {
		unsigned j = (unsigned)(draw(f) % i);
		struct rte_mbuf *m = w->m[i - 1];
		uint8_t port = w->port[i - 1];

		w->m[i - 1] = w->m[j];
		w->port[i - 1] = w->port[j];
		w->m[j] = m;
		w->port[j] = port;
	}
}

static bool make_window(struct feed *f, struct feed_run *run, unsigned n)
{
	struct window w;
	bool good = true;

	memset(w.m, 0, 2 * n * sizeof w.m[0]);
	for (unsigned i = 0; good && i < n; i++)
		good = make_datagram(f, run, &w, n, i);
	if (f->stock->traffic.order == TRAFFIC_SHUFFLED)
		shuffle_window(f, &w, 2 * n);
	for (unsigned i = 0; i < 2 * n; i++) {
		if (!w.m[i])
			continue;
		run->m[run->n] = w.m[i];
		run->port[run->n++] = w.port[i];
	}
	return good;
}

static bool make_run(struct feed *f, struct feed_run *run)
{
	const struct traffic *t = &f->stock->traffic;
	unsigned window = t->window && t->window < f->datagrams ? t->window : f->datagrams, n;

	run->n = run->leave = 0;
	memset(run->leave_by, 0, sizeof run->leave_by);
	if (!f->n_schedule)
		return true;
	for (unsigned left = f->datagrams; left; left -= n) {
		n = left < window ? left : window;
		if (!make_window(f, run, n))
			return false;
	}
	return true;
}

/* ---- in and out ---- */

bool feed_arrive(struct feed *f)
{
	struct feed_run *run = &f->runs[f->next];
	unsigned i = 0, n;
	uint16_t queue;

	f->now = am_time_add(f->now, TURN_US * AM_US);
	for (; i < run->n; i += n) {
		for (n = 1; i + n < run->n && run->port[i + n] == run->port[i];)
			n++;
		if (!bed_queue(f->bed, f->worker, run->port[i], &queue) ||
			am_mem_push(f->bed->port[run->port[i]], queue, run->m + i, (uint16_t)n) != n)
			return false;
	}
	return true;
}

bool feed_work(struct feed *f)
{
	struct am_worker *w = am_plane_worker(f->bed->plane, f->worker);
	unsigned left = f->runs[f->next].n, turns = 0;

	while (left && turns < FEED_TURNS_MAX + IDLE_TURNS_MAX) {
		unsigned n = am_worker_turn(w, f->now);

		/* With hand-off a turn also counts what another worker handed over. */
		left -= n < left ? n : left;
		turns++;
	}
	return left == 0;
}

bool feed_turn(struct feed *f)
{
	f->now = am_time_add(f->now, AM_US);
	return am_worker_turn(am_plane_worker(f->bed->plane, f->worker), f->now) > 0;
}

/* Into the ring of those that rest, out of it what rested longest. */
static void put_to_rest(struct feed *f, struct rte_mbuf **m, unsigned n)
{
	if (!f->n_rest) {
		am_buf_free_bulk(m, n);
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		struct rte_mbuf *old = f->rest[f->rest_at];

		f->rest[f->rest_at] = m[i];
		f->rest_at = f->rest_at + 1 == f->n_rest ? 0 : f->rest_at + 1;
		if (old)
			am_buf_free(old);
	}
}

static void check_order(struct feed *f, uint16_t port, struct rte_mbuf **m, unsigned n)
{
	/* A near port's frames came out of a tunnel. */
	unsigned way = am_model_roots(f->bed->model)->ports[port].vrf == AM_NO_ID ? STOCK_DECAP : STOCK_ENCAP;

	for (unsigned i = 0; i < n; i++)
		pass_by(stock_record(f->stock, way, am_buf_data(m[i]), am_buf_len(m[i])), sizeof(uint32_t));
	for (unsigned i = 0; i < n; i++)
		f->disordered += !stock_in_order(f->stock, way, am_buf_data(m[i]), am_buf_len(m[i]));
}

static unsigned pop_port(struct feed *f, uint16_t port, bool check)
{
	struct am_port *p = f->bed->port[port];
	struct rte_mbuf *m[POP];
	unsigned n, all = 0;
	uint16_t queue;

	if (!bed_tx_queue(f->bed, f->worker, port, &queue))
		return 0;
	while ((n = am_mem_pop(p, queue, m, POP)) > 0) {
		if (check)
			check_order(f, port, m, n);
		put_to_rest(f, m, n);
		all += n;
	}
	f->left += all;
	return all;
}

static bool finish_run(struct feed *f)
{
	bool good = make_run(f, &f->runs[f->next]);

	f->next = f->next + 1 == f->n_runs ? 0 : f->next + 1;
	return good;
}

bool feed_collect(struct feed *f)
{
	const struct feed_run *run = &f->runs[f->next];
	bool good = true, held = f->stock->traffic.sink == TRAFFIC_HOLD;

	for (uint16_t p = 0; p < f->bed->n_ports; p++) {
		unsigned n = pop_port(f, p, true);

		good &= !f->exact || n == (held ? run->leave_by[p] : 0);
	}
	return finish_run(f) && good && !f->disordered;
}

/* ---- the null pipeline ---- */

bool feed_arrive_null(struct feed *f)
{
	const struct feed_run *run = &f->runs[f->next];

	for (f->n_held = run->n; f->n_held < run->leave; f->n_held++) {
		f->held[f->n_held] = am_buf_alloc(f->bed->pool, AM_BUF_HEADROOM);
		if (!f->held[f->n_held])
			return false;
		am_buf_set_len(f->held[f->n_held], 0);
	}
	return feed_arrive(f);
}

static unsigned receive_null(struct feed *f, unsigned at)
{
	unsigned n = 0;
	uint16_t queue;

	for (uint16_t p = 0; p < f->bed->n_ports; p++) {
		struct am_port *port = f->bed->port[p];

		if (bed_queue(f->bed, f->worker, p, &queue))
			n += port->ops->rx(port, queue, f->held + at + n, AM_BURST);
	}
	return n;
}

bool feed_work_null(struct feed *f)
{
	const struct feed_run *run = &f->runs[f->next];
	unsigned in = 0, sent = 0;

	while (in < run->n) {
		unsigned n = receive_null(f, in);

		if (!n)
			return false;
		in += n;
	}
	for (uint16_t p = 0; p < f->bed->n_ports; p++) {
		struct am_port *port = f->bed->port[p];
		uint16_t queue;

		if (!bed_tx_queue(f->bed, f->worker, p, &queue))
			continue;
		for (unsigned left = run->leave_by[p], n; left; left -= n, sent += n)
			n = port->ops->tx(
				port, queue, f->held + sent, (uint16_t)(left < AM_BURST ? left : AM_BURST));
	}
	if (sent < in)
		am_buf_free_bulk(f->held + sent, in - sent);
	return true;
}

bool feed_collect_null(struct feed *f)
{
	for (uint16_t p = 0; p < f->bed->n_ports; p++)
		pop_port(f, p, false);
	return finish_run(f);
}

/* ---- open, close ---- */

static int allocate(struct feed *f, struct am_err *err)
{
	const struct traffic *t = &f->stock->traffic;
	bool cold = t->memory == TRAFFIC_COLD;
	unsigned per_datagram = 1;

	for (uint32_t i = 0; i < f->stock->n_items; i++)
		per_datagram = f->stock->items[i].n > per_datagram ? f->stock->items[i].n : per_datagram;
	f->n_runs = cold ? FEED_COLD / (f->datagrams * per_datagram) : 1;
	f->n_runs = f->n_runs ? f->n_runs : 1;
	f->n_rest = cold ? FEED_REST : 0;
	f->runs = calloc(f->n_runs, sizeof *f->runs);
	f->rest = calloc(f->n_rest + 1, sizeof(void *));
	f->seq = calloc((size_t)STOCK_WAYS * t->flows, sizeof *f->seq);
	return f->runs && f->rest && f->seq ? 0 : am_fail(err, ENOMEM, "no memory for %u flows", t->flows);
}

int feed_open(
	struct feed *f, struct bed *b, struct stock *s, unsigned worker, uint64_t seed, struct am_err *err)
{
	const struct am_mem_nic nic = {.burst = (uint16_t)s->traffic.burst,
		.fields = true,
		.complete = s->traffic.sink == TRAFFIC_FREE};
	int ret;

	*f = (struct feed){.bed = b,
		.stock = s,
		.worker = worker,
		.datagrams = traffic_datagrams(&s->traffic),
		.now = b->now,
		.draws = seed,
		.exact = true};
	for (uint16_t p = 0; p < b->n_ports; p++) {
		am_mem_set_nic(b->port[p], &nic);
		f->exact &= b->port[p]->limits.rx_queues >= b->workers;
	}
	ret = make_schedule(f, err);
	if (ret == 0)
		ret = allocate(f, err);
	for (unsigned i = 0; ret == 0 && i < f->n_runs; i++)
		if (!make_run(f, &f->runs[i]))
			ret = am_fail(err, ENOMEM, "packet buffers are used up");
	if (ret)
		feed_close(f);
	return ret;
}

void feed_close(struct feed *f)
{
	for (unsigned i = 0; f->runs && i < f->n_runs; i++)
		am_buf_free_bulk(f->runs[i].m, f->runs[i].n);
	for (unsigned i = 0; i < f->n_rest; i++)
		if (f->rest[i])
			am_buf_free(f->rest[i]);
	free(f->schedule);
	free(f->seq);
	free(f->runs);
	free(f->rest);
	*f = (struct feed){0};
}
