/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire_tester.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pkt/buf.h"
#include "pkt/port.h"
#include "wire_frame.h"
#include "wire_sequence.h"

enum {
	SEND_BURST = 16, /* short: a frame's stamp is from before the burst */
	RECEIVE_BURST = 64,
	DRAIN_TURNS = 1000,
	WATCH_NS = 100 * 1000 * 1000,
	REACH_NS = 50 * 1000 * 1000,           /* from one attempt to the next */
	LEARN_NS = 10ull * 1000 * 1000 * 1000, /* far below any bridge's ageing time */
};

#define TIME_MASK ((1ull << 48) - 1)

struct flow {
	uint32_t next; /* number of the next frame */
	struct wire_sequence arrived;
};

struct stream {
	const struct wire_stream *conf;
	struct wire_template learn;
	struct wire_template mix[WIRE_MIX_MAX]; /* the sizes of this trial */
	uint16_t flow;                          /* of the next frame */
	struct flow *flows;
	bool reached;
};

struct wire_tester {
	const struct wire_config *config;
	struct rte_mempool *pool;
	struct am_port *port[AM_CONFIG_PORTS];
	uint64_t sent[AM_CONFIG_PORTS], received[AM_CONFIG_PORTS];
	uint16_t n_streams;
	struct stream *stream;
	uint8_t trial;
	uint8_t order[WIRE_MIX_MAX * 100]; /* which of the mix, one after the other, as the weights say */
	uint32_t n_order;
	struct wire_result now;
	struct bench_histogram latency;
};

/* ---- making and taking apart ---- */

void wire_tester_free(struct wire_tester *t)
{
	for (uint16_t i = 0; t && i < t->n_streams; i++)
		free(t->stream[i].flows);
	if (t)
		free(t->stream);
	free(t);
}

struct wire_tester *wire_tester_new(const struct wire_config *config, struct am_port *const *ports,
	struct rte_mempool *pool, struct am_err *err)
{
	struct wire_tester *t = calloc(1, sizeof *t);
	bool ok = t && (t->stream = calloc(config->n_streams, sizeof *t->stream));

	if (ok) {
		t->config = config;
		t->pool = pool;
		t->n_streams = config->n_streams;
		memcpy(t->port, ports, config->base.n_ports * sizeof *ports);
	}
	for (uint16_t i = 0; ok && i < t->n_streams; i++) {
		t->stream[i].conf = &config->streams[i];
		t->stream[i].flows = calloc(config->streams[i].flows, sizeof *t->stream[i].flows);
		ok = t->stream[i].flows;
	}
	if (ok)
		return t;
	am_fail(err, ENOMEM, "no memory for the streams");
	wire_tester_free(t);
	return NULL;
}

/* Large and small ones take turns as evenly as their weights let them, so that a burst is not all of one size. */
static void spread(struct wire_tester *t, const struct wire_mix *mix, uint16_t n)
{
	uint32_t sum = 0, credit[WIRE_MIX_MAX] = {0};

	for (uint16_t i = 0; i < n; i++)
		sum += mix[i].weight;
	for (t->n_order = 0; t->n_order < sum; t->n_order++) {
		uint16_t best = 0;

		for (uint16_t i = 0; i < n; i++)
			credit[i] += mix[i].weight;
		for (uint16_t i = 1; i < n; i++)
			if ((int32_t)(credit[i] - credit[best]) > 0)
				best = i;
		credit[best] -= sum;
		t->order[t->n_order] = (uint8_t)best;
	}
}

static void prepare_stream(struct stream *s, const struct wire_mix *mix, uint16_t n)
{
	wire_template_make(&s->learn, s->conf, wire_stream_least(s->conf), true);
	for (uint16_t i = 0; i < n; i++)
		wire_template_make(&s->mix[i], s->conf, mix[i].size, false);
	memset(s->flows, 0, s->conf->flows * sizeof *s->flows);
	s->flow = 0;
	s->reached = false;
}

static uint64_t dropped_by_ports(const struct wire_tester *t)
{
	uint64_t n = 0;

	for (uint16_t i = 0; i < t->config->base.n_ports; i++) {
		struct am_port_stats stats = {0};

		if (t->port[i]->ops->stats)
			t->port[i]->ops->stats(t->port[i], &stats);
		n += stats.rx_dropped;
	}
	return n;
}

static void prepare(struct wire_tester *t, const struct wire_ask *ask)
{
	const struct wire_mix one = {ask->size, 1};
	const struct wire_mix *mix = ask->size == WIRE_IMIX ? t->config->mix : &one;
	uint16_t n = ask->size == WIRE_IMIX ? t->config->n_mix : 1;

	spread(t, mix, n);
	for (uint16_t i = 0; i < t->n_streams; i++)
		prepare_stream(&t->stream[i], mix, n);
	memset(&t->latency, 0, sizeof t->latency);
	t->now =
		(struct wire_result){.ask = *ask, .latency = &t->latency, .tester_lost = dropped_by_ports(t)};
	t->trial++;
}

/* ---- sending ---- */

/* How many of them the port took; the rest is freed. */
static uint16_t send(struct wire_tester *t, uint16_t port, struct rte_mbuf **m, uint16_t n)
{
	uint16_t sent = t->port[port]->ops->tx(t->port[port], 0, m, n);

	am_buf_free_bulk(m + sent, n - sent);
	t->sent[port] += sent;
	return sent;
}

static struct rte_mbuf *make_frame(struct wire_tester *t, const struct wire_template *template,
	uint16_t src_port, const struct wire_probe *probe)
{
	struct rte_mbuf *m = am_buf_alloc(t->pool, AM_BUF_HEADROOM);

	if (m)
		wire_frame_put(am_buf_set_len(m, template->len), template, src_port, probe);
	return m;
}

/* From where a stream ends to where it begins, so that bridges know both ends. */
static void send_learning(struct wire_tester *t)
{
	for (uint16_t i = 0; i < t->n_streams; i++) {
		const struct wire_stream *conf = t->stream[i].conf;
		const struct wire_probe probe = {.trial = t->trial, .stream = WIRE_LEARN};
		struct rte_mbuf *m = make_frame(t, &t->stream[i].learn, conf->src_port, &probe);

		if (m)
			send(t, conf->to_port, &m, 1);
	}
}

/* Up to n of stream i. Numbers are taken by those only that the port took. */
static void send_some(struct wire_tester *t, uint16_t i, uint16_t n)
{
	struct stream *s = &t->stream[i];
	struct wire_counts *counts = &t->now.stream[i];
	struct rte_mbuf *m[SEND_BURST];
	uint64_t now = am_clock_monotonic().ns & TIME_MASK;
	uint16_t made = 0, flow = s->flow, sent;

	for (; made < n; made++) {
		struct flow *f = &s->flows[flow];
		const struct wire_template *template = &s->mix[t->order[(counts->sent + made) % t->n_order]];
		const struct wire_probe probe = {t->trial, (uint8_t)i, flow, f->next, now};

		m[made] = make_frame(t, template, (uint16_t)(s->conf->src_port + flow), &probe);
		if (!m[made])
			break;
		f->next++;
		flow = flow + 1 == s->conf->flows ? 0 : flow + 1;
	}
	sent = send(t, s->conf->from_port, m, made);
	for (uint16_t back = sent; back < made; back++) {
		flow = flow ? flow - 1 : s->conf->flows - 1;
		s->flows[flow].next--;
	}
	s->flow = flow;
	counts->sent += sent;
}

static void send_due(struct wire_tester *t, uint64_t elapsed)
{
	const struct wire_ask *ask = &t->now.ask;
	uint64_t due = (uint64_t)((double)elapsed * ask->rate / (double)AM_S) + 1;

	if (ask->frames && due > ask->frames)
		due = ask->frames;
	for (uint16_t i = 0; i < t->n_streams; i++) {
		uint64_t sent = t->now.stream[i].sent;

		if (due > sent)
			send_some(t, i, (uint16_t)(due - sent > SEND_BURST ? SEND_BURST : due - sent));
	}
}

/* ---- receiving ---- */

static void take_probe(struct wire_tester *t, uint16_t port, const struct wire_probe *p, uint64_t now)
{
	struct wire_counts *counts;
	struct stream *s;

	if (p->stream == WIRE_LEARN)
		return;
	if (p->trial != t->trial || p->stream >= t->n_streams ||
		p->flow >= t->stream[p->stream].conf->flows) {
		t->now.stale++;
		return;
	}
	s = &t->stream[p->stream];
	counts = &t->now.stream[p->stream];
	if (port != s->conf->to_port) {
		counts->misdirected++;
		return;
	}
	s->reached = true;
	switch (wire_sequence_take(&s->flows[p->flow].arrived, p->sequence)) {
	case WIRE_DUPLICATE:
		counts->duplicates++;
		return;
	case WIRE_REORDERED:
		counts->reordered++;
		break;
	case WIRE_IN_ORDER:
		break;
	}
	counts->received++;
	bench_histogram_add(&t->latency, (now - p->sent_ns) & TIME_MASK);
}

static void take(struct wire_tester *t, uint16_t port, const struct rte_mbuf *m, uint64_t now)
{
	struct wire_probe probe;

	switch (wire_frame_read(am_buf_data(m), am_buf_len(m), &probe)) {
	case WIRE_FOREIGN:
		t->now.foreign++;
		break;
	case WIRE_CORRUPTED:
		t->now.corrupted++;
		break;
	case WIRE_PROBE:
		take_probe(t, port, &probe, now & TIME_MASK);
		break;
	}
}

/* What waits on every port. Returns how many. */
static unsigned receive(struct wire_tester *t)
{
	struct rte_mbuf *m[RECEIVE_BURST];
	unsigned all = 0;

	for (uint16_t i = 0; i < t->config->base.n_ports; i++) {
		struct am_port *port = t->port[i];

		for (uint16_t q = 0; q < port->limits.rx_queues; q++) {
			uint16_t n = port->ops->rx(port, q, m, RECEIVE_BURST);
			uint64_t now = am_clock_monotonic().ns;

			for (uint16_t k = 0; k < n; k++)
				take(t, i, m[k], now);
			am_buf_free_bulk(m, n);
			t->received[i] += n;
			all += n;
			if (port->ops->poll)
				port->ops->poll(port, q);
		}
	}
	return all;
}

/* ---- trials ---- */

static void sum_up(struct wire_tester *t)
{
	struct wire_counts *total = &t->now.total;

	*total = (struct wire_counts){0};
	for (uint16_t i = 0; i < t->n_streams; i++) {
		struct wire_counts *c = &t->now.stream[i];

		c->lost = c->sent > c->received ? c->sent - c->received : 0;
		total->sent += c->sent;
		total->received += c->received;
		total->lost += c->lost;
		total->reordered += c->reordered;
		total->duplicates += c->duplicates;
		total->misdirected += c->misdirected;
	}
}

static bool is_all_sent(const struct wire_tester *t)
{
	for (uint16_t i = 0; t->now.ask.frames && i < t->n_streams; i++)
		if (t->now.stream[i].sent < t->now.ask.frames)
			return false;
	return t->now.ask.frames;
}

/* Wait until none has arrived for as long as frames may take, or all have. */
static void settle(struct wire_tester *t, am_time start)
{
	uint64_t patience = t->config->settle_ms * AM_MS, last = t->now.elapsed_ns, now = last, before;

	sum_up(t);
	while (t->now.total.received < t->now.total.sent && now - last <= patience) {
		before = t->now.total.received;
		receive(t);
		sum_up(t);
		now = am_time_since(am_clock_monotonic(), start);
		if (t->now.total.received > before)
			last = now;
	}
}

/* What is still on its way from an earlier trial makes no work for this one. Others may send without end. */
static void drain(struct wire_tester *t)
{
	for (unsigned i = 0; i < DRAIN_TURNS && receive(t); i++)
		;
}

static bool run_until_sent(struct wire_tester *t, am_time start, wire_watch *watch, void *ctx)
{
	uint64_t elapsed = 0, watched = 0, learned = 0;
	bool goes_on = true;

	while (goes_on && elapsed < t->now.ask.duration_ns && !is_all_sent(t)) {
		send_due(t, elapsed);
		receive(t);
		elapsed = am_time_since(am_clock_monotonic(), start);
		if (elapsed - learned > LEARN_NS) {
			learned = elapsed;
			send_learning(t);
		}
		if (watch && elapsed - watched > WATCH_NS) {
			watched = elapsed;
			sum_up(t);
			goes_on = watch(ctx, &t->now, elapsed);
		}
	}
	t->now.elapsed_ns = elapsed;
	return goes_on;
}

int wire_tester_run(struct wire_tester *t, const struct wire_ask *ask, struct wire_result *out,
	wire_watch *watch, void *ctx, struct am_err *err)
{
	am_time start;
	bool whole;

	prepare(t, ask);
	drain(t);
	send_learning(t);
	start = am_clock_monotonic();
	whole = run_until_sent(t, start, watch, ctx);
	settle(t, start);
	sum_up(t);
	t->now.tester_lost = dropped_by_ports(t) - t->now.tester_lost;
	t->now.offered = t->now.elapsed_ns ? (double)t->now.total.sent / t->n_streams * (double)AM_S /
						     (double)t->now.elapsed_ns
					   : 0;
	*out = t->now;
	if (!t->now.total.sent)
		return am_fail(err, EIO, "not one frame could be sent: are the tester's ports up?");
	return whole ? 0 : -EINTR;
}

/* ---- before the first one ---- */

static const struct stream *find_unreached(const struct wire_tester *t)
{
	for (uint16_t i = 0; i < t->n_streams; i++)
		if (!t->stream[i].reached)
			return &t->stream[i];
	return NULL;
}

static int explain_unreached(struct wire_tester *t, const struct stream *s, struct am_err *err)
{
	const struct wire_counts *c = &t->now.stream[s - t->stream];

	return am_fail(err, EHOSTUNREACH,
		"stream %s: of %llu frames sent at port %s none came out at port %s within %u ms (%llu at "
		"other ports, %llu corrupted, %llu frames that are not ours); is what is tested running, and "
		"does it know the way?",
		s->conf->name, (unsigned long long)c->sent, s->conf->from, s->conf->to, t->config->reach_ms,
		(unsigned long long)c->misdirected, (unsigned long long)t->now.corrupted,
		(unsigned long long)t->now.foreign);
}

int wire_tester_reach(struct wire_tester *t, uint16_t size, struct am_err *err)
{
	const struct wire_ask ask = {.size = size, .rate = 1};
	uint64_t step = AM_S / t->config->max_rate > REACH_NS ? AM_S / t->config->max_rate : REACH_NS;
	uint64_t elapsed, next = 0;
	am_time start;

	prepare(t, &ask);
	drain(t);
	start = am_clock_monotonic();
	do {
		elapsed = am_time_since(am_clock_monotonic(), start);
		if (elapsed >= next) {
			next += step;
			send_learning(t);
			for (uint16_t i = 0; i < t->n_streams; i++)
				if (!t->stream[i].reached)
					send_some(t, i, 1);
		}
		receive(t);
		if (!find_unreached(t))
			return 0;
	} while (elapsed < t->config->reach_ms * AM_MS);
	return explain_unreached(t, find_unreached(t), err);
}

uint64_t wire_tester_sent(const struct wire_tester *t, uint16_t i)
{
	return t->sent[i];
}

uint64_t wire_tester_received(const struct wire_tester *t, uint16_t i)
{
	return t->received[i];
}
