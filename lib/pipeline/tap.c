/* SPDX-License-Identifier: BSD-3-Clause */
#include "tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bridge.h"

enum {
	RING_OCTETS = 1 << 20,
	ALIGN = 8,
	STORY_BITS = 27, /* a worker's own; its number is above them */
};

struct ring {
	/* The worker's own. */
	_Alignas(64) uint64_t next; /* where the next record goes; published once it is wanted */
	uint64_t tail_seen;
	uint32_t story, stories;
	uint32_t passing;            /* packets before the next story */
	bool wanted;                 /* a stage of this story is */
	bool broken;                 /* it has a record that found no room */
	bool died;                   /* a drop was among what happened to it */
	uint16_t seen[AM_PORTS_MAX]; /* of each transmit buffer */
	/* Written by the worker, read by control. */
	_Alignas(64) _Atomic uint64_t head;
	_Atomic uint64_t lost;
	/* Written by control, read by the worker. */
	_Alignas(64) _Atomic uint64_t tail;
	_Alignas(64) uint8_t octets[RING_OCTETS];
};

struct am_tap {
	struct am_tap_conf conf;
	unsigned workers;
	struct ring *rings[AM_WORKERS_MAX];
};

static const struct {
	const char *name, *text;
} stages[AM_TAP_STAGES] = {
	[AM_TAP_RX] = {"rx", "received"},
	[AM_TAP_WHOLE] = {"whole", "reassembled"},
	[AM_TAP_DECAP] = {"decap", "out of the tunnel"},
	[AM_TAP_ROUTE] = {"route", "to be routed"},
	[AM_TAP_ENCAP] = {"encap", "into the tunnel"},
	[AM_TAP_TX] = {"tx", "sent"},
	[AM_TAP_DROP] = {"drop", "dropped"},
	[AM_TAP_HELD] = {"held", "kept for reassembly"},
	[AM_TAP_HANDOFF] = {"handoff", "handed to another worker"},
};

const char *am_tap_stage_name(enum am_tap_stage s)
{
	return s < AM_TAP_STAGES ? stages[s].name : NULL;
}

const char *am_tap_stage_text(enum am_tap_stage s)
{
	return s < AM_TAP_STAGES ? stages[s].text : NULL;
}

/* Packets between two that are looked at. */
static uint32_t to_pass(const struct am_tap_conf *conf)
{
	return conf->stories && conf->every > 1 ? conf->every - 1 : 0;
}

/* ---- control ---- */

struct am_tap *am_tap_create(const struct am_plane *plane, const struct am_tap_conf *conf, struct am_err *err)
{
	struct am_tap *tap = calloc(1, sizeof *tap);

	if (!tap)
		goto no_memory;
	tap->conf = *conf;
	tap->workers = plane->conf.workers;
	for (unsigned i = 0; i < tap->workers; i++) {
		tap->rings[i] = aligned_alloc(64, sizeof *tap->rings[i]);
		if (!tap->rings[i])
			goto no_memory;
		memset(tap->rings[i], 0, sizeof *tap->rings[i]);
		tap->rings[i]->passing = to_pass(conf);
	}
	return tap;

no_memory:
	am_fail(err, ENOMEM, "no memory to capture: %d KiB for each worker", RING_OCTETS >> 10);
	am_tap_free(tap);
	return NULL;
}

void am_tap_free(struct am_tap *tap)
{
	for (unsigned i = 0; tap && i < tap->workers; i++)
		free(tap->rings[i]);
	free(tap);
}

void am_plane_arm_tap(struct am_plane *plane, struct am_tap *tap)
{
	for (unsigned i = 0; i < plane->conf.workers; i++)
		atomic_store_explicit(&plane->workers[i]->tap, tap, memory_order_release);
}

const struct am_tap_record *am_tap_peek(struct am_tap *tap, unsigned worker, const uint8_t **octets)
{
	struct ring *r = tap->rings[worker];
	uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	const struct am_tap_record *record;

	if (tail == atomic_load_explicit(&r->head, memory_order_acquire))
		return NULL;
	record = (const void *)&r->octets[tail % RING_OCTETS];
	if (record->size == 0) {
		tail += RING_OCTETS - tail % RING_OCTETS;
		atomic_store_explicit(&r->tail, tail, memory_order_release);
		record = (const void *)r->octets;
	}
	*octets = (const uint8_t *)(record + 1);
	return record;
}

void am_tap_take(struct am_tap *tap, unsigned worker, const struct am_tap_record *record)
{
	struct ring *r = tap->rings[worker];
	uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

	atomic_store_explicit(&r->tail, tail + record->size, memory_order_release);
}

uint64_t am_tap_lost(const struct am_tap *tap)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < tap->workers; i++)
		n += atomic_load_explicit(&tap->rings[i]->lost, memory_order_relaxed);
	return n;
}

/* ---- workers ---- */

static void lose(struct ring *r)
{
	uint64_t n = atomic_load_explicit(&r->lost, memory_order_relaxed);

	atomic_store_explicit(&r->lost, n + 1, memory_order_relaxed);
}

/* size octets in one piece, not yet published; NULL where there is no room. */
static void *reserve(struct ring *r, uint32_t size)
{
	uint32_t at = (uint32_t)(r->next % RING_OCTETS), rest = RING_OCTETS - at;
	uint32_t skip = rest < size ? rest : 0;
	void *place;

	if (r->next + skip + size - r->tail_seen > RING_OCTETS) {
		r->tail_seen = atomic_load_explicit(&r->tail, memory_order_acquire);
		if (r->next + skip + size - r->tail_seen > RING_OCTETS)
			return NULL;
	}
	if (skip)
		memset(&r->octets[at], 0, sizeof(uint32_t)); /* a size of 0 */
	r->next += skip;
	place = &r->octets[r->next % RING_OCTETS];
	r->next += size;
	return place;
}

static bool is_wanted(
	const struct am_tap_conf *conf, const struct am_tap_record *record, const uint8_t *octets)
{
	if (!(conf->stages >> record->stage & 1))
		return false;
	if (conf->iface != AM_TAP_ANY_IFACE && conf->iface != record->iface)
		return false;
	return !conf->match ||
	       (octets && conf->match(conf->ctx, (enum am_tap_link)record->link, octets, record->len));
}

static void publish(struct ring *r)
{
	atomic_store_explicit(&r->head, r->next, memory_order_release);
}

/* What happened to the current packet; m is NULL where it is not at hand. */
static void note(
	struct am_worker *w, struct am_tap *tap, struct am_tap_record *record, const struct rte_mbuf *m)
{
	const struct am_tap_conf *conf = &tap->conf;
	struct ring *r = tap->rings[w->id];
	const uint8_t *octets = m ? am_buf_data(m) : NULL;
	uint8_t *place;
	bool wanted;

	if (conf->stories && !r->story)
		return;
	record->ns = w->now.ns;
	record->story = r->story;
	record->worker = (uint8_t)w->id;
	record->len = m ? am_buf_len(m) : 0;
	record->caplen = record->len < conf->snaplen ? record->len : conf->snaplen;
	record->size = (uint32_t)(sizeof *record + record->caplen + ALIGN - 1) & ~(uint32_t)(ALIGN - 1);
	wanted = is_wanted(conf, record, octets);
	r->wanted |= wanted;
	if (!conf->stories && !wanted)
		return;
	place = reserve(r, record->size);
	if (!place) {
		r->broken = true;
		if (!conf->stories)
			lose(r);
		return;
	}
	memcpy(place, record, sizeof *record);
	if (octets)
		memcpy(place + sizeof *record, octets, record->caplen);
	if (!conf->stories)
		publish(r);
}

void am_tap_see(struct am_worker *w, enum am_tap_stage stage, enum am_tap_link link, uint16_t iface,
	const struct rte_mbuf *m)
{
	struct am_tap *tap = am_tap_of(w);

	if (tap)
		note(w, tap,
			&(struct am_tap_record){
				.stage = (uint8_t)stage, .link = (uint8_t)link, .iface = iface},
			m);
}

void am_tap_routed(struct am_worker *w)
{
	for (unsigned i = 0; i < w->n_routed; i++) {
		const struct am_routed *r = &w->routed[i];

		am_tap_see(w, AM_TAP_ROUTE, r->l2 ? AM_TAP_ETHERNET : AM_TAP_IP, r->in->iface, r->m);
	}
}

void am_tap_drop(struct am_worker *w, enum am_tap_link link, uint16_t iface, enum am_verdict why,
	const struct rte_mbuf *m)
{
	struct am_tap *tap = am_tap_of(w);

	if (!tap)
		return;
	tap->rings[w->id]->died = true;
	note(w, tap,
		&(struct am_tap_record){
			.stage = AM_TAP_DROP, .link = (uint8_t)link, .iface = iface, .verdict = (uint8_t)why},
		m);
}

void am_tap_died(struct am_worker *w, uint16_t iface, enum am_verdict why)
{
	struct am_tap *tap = am_tap_of(w);

	if (tap && tap->conf.stories)
		am_tap_drop(w, AM_TAP_ETHERNET, iface, why, NULL);
}

void am_tap_held(struct am_worker *w, uint16_t iface)
{
	struct am_tap *tap = am_tap_of(w);

	if (tap && tap->conf.stories && !tap->rings[w->id]->died)
		note(w, tap, &(struct am_tap_record){.stage = AM_TAP_HELD, .iface = iface}, NULL);
}

void am_tap_handoff(struct am_worker *w, unsigned to, uint16_t iface)
{
	struct am_tap *tap = am_tap_of(w);

	if (tap && tap->conf.stories)
		note(w, tap,
			&(struct am_tap_record){
				.stage = AM_TAP_HANDOFF, .iface = iface, .other = (uint8_t)to},
			NULL);
}

uint32_t am_tap_story(const struct am_worker *w)
{
	const struct am_tap *tap = am_tap_of(w);

	return tap ? tap->rings[w->id]->story : 0;
}

void am_tap_transmit(struct am_worker *w, uint16_t port_id)
{
	struct am_tap *tap = am_tap_of(w);
	struct am_tx *tx = &w->tx[port_id];

	if (!tap)
		return;
	for (unsigned i = tap->rings[w->id]->seen[port_id]; i < tx->n; i++)
		am_tap_see(w, AM_TAP_TX, AM_TAP_ETHERNET, w->roots->ports[port_id].iface, tx->m[i]);
	/* A full one is about to be emptied. */
	tap->rings[w->id]->seen[port_id] = tx->n == AM_TX_SLOTS ? 0 : tx->n;
}

/* A packet begins; its number, where another worker gave it one. */
static void begin(struct am_worker *w, struct am_tap *tap, uint32_t story)
{
	struct ring *r = tap->rings[w->id];

	r->story = story;
	w->watched = true;
	r->wanted = r->broken = r->died = false;
	r->next = atomic_load_explicit(&r->head, memory_order_relaxed);
	memset(r->seen, 0, sizeof r->seen);
	for (uint64_t left = w->tx_pending; left; left &= left - 1)
		r->seen[__builtin_ctzll(left)] = w->tx[__builtin_ctzll(left)].n;
}

static void end(struct am_worker *w, struct am_tap *tap)
{
	struct ring *r = tap->rings[w->id];

	for (uint64_t left = w->tx_pending; left; left &= left - 1)
		am_tap_transmit(w, (uint16_t)__builtin_ctzll(left));
	if (tap->conf.stories && r->wanted && r->broken)
		lose(r);
	else if (tap->conf.stories && r->wanted)
		publish(r);
	r->story = 0;
	w->watched = false;
}

/* How many of n packets come before the next one to look at. */
static unsigned pass_over(struct am_tap *tap, struct ring *r, unsigned n)
{
	unsigned passed = r->passing < n ? r->passing : n;

	r->passing -= passed;
	if (passed < n)
		r->passing = to_pass(&tap->conf);
	return passed;
}

static uint32_t next_story(const struct am_worker *w, struct ring *r)
{
	return (w->id << STORY_BITS | (++r->stories & ((1u << STORY_BITS) - 1))) | 1u << 31;
}

static void look_at(
	struct am_worker *w, struct am_tap *tap, const struct am_port_root *port, struct rte_mbuf *m)
{
	begin(w, tap, next_story(w, tap->rings[w->id]));
	am_tap_see(w, AM_TAP_RX, AM_TAP_ETHERNET, port->iface, m);
	am_input_watched(w, port, m);
	end(w, tap);
}

void am_tap_burst(struct am_worker *w, const struct am_port_root *port, struct rte_mbuf **m, unsigned n)
{
	struct am_tap *tap = am_tap_of(w);

	while (n) {
		unsigned passed = tap ? pass_over(tap, tap->rings[w->id], n) : n;

		if (passed)
			am_input_burst(w, port, m, passed);
		if (passed < n)
			look_at(w, tap, port, m[passed++]);
		m += passed;
		n -= passed;
	}
}

bool am_tap_follows(const struct am_worker *w, const struct am_frame *f, unsigned n)
{
	const struct am_tap *tap = am_tap_of(w);
	uint32_t stories = 0;

	for (unsigned i = 0; i < n; i++)
		stories |= f[i].to;
	return tap && (!tap->conf.stories || stories);
}

void am_tap_handed(struct am_worker *w, unsigned n)
{
	struct am_tap *tap = am_tap_of(w);
	struct am_frame frames[AM_BURST];

	memcpy(frames, w->frames, sizeof *frames * n);
	for (unsigned i = 0; i < n; i++) {
		w->frames[0] = frames[i];
		if (tap)
			begin(w, tap, frames[i].to);
		w->n_frames = am_bridge_admit(
			w, &w->frames[0], w->roots->members[frames[i].member], w->plane->conf.fdb);
		am_bridge_watched(w);
		if (tap)
			end(w, tap);
	}
}
