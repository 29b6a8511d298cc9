/* SPDX-License-Identifier: BSD-3-Clause */
/* What waits to be read by one peer, and how one that is not in step with its group catches up. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rib_state.h"

bool am_bgp_queue_fit(struct am_bgp_queue *q, uint32_t more)
{
	uint32_t room = q->room ? q->room : 64;
	struct am_bgp_shared **ring;

	if (q->count + more <= q->room)
		return true;
	while (room < q->count + more)
		room *= 2;
	ring = malloc(room * sizeof *ring);
	if (!ring)
		return false;
	for (uint32_t i = 0; i < q->count; i++)
		ring[i] = q->ring[(q->first + i) & (q->room - 1)];
	free(q->ring);
	q->ring = ring;
	q->room = room;
	q->first = 0;
	return true;
}

void am_bgp_queue_put(struct am_bgp_queue *q, struct am_bgp_shared *message)
{
	message->refs++;
	q->ring[(q->first + q->count++) & (q->room - 1)] = message;
}

static void queue_take(struct am_bgp_queue *q)
{
	struct am_bgp_shared *message = q->ring[q->first];

	q->first = (q->first + 1) & (q->room - 1);
	q->count--;
	if (!--message->refs)
		free(message);
}

void am_bgp_queue_release(struct am_bgp_queue *q)
{
	while (q->count)
		queue_take(q);
	free(q->ring);
	*q = (struct am_bgp_queue){0};
}

struct am_bgp_shared *am_bgp_shared_of(const struct am_writer *w)
{
	size_t len = am_writer_len(w);
	struct am_bgp_shared *message = malloc(sizeof *message + len);

	if (!message)
		return NULL;
	message->refs = 0;
	message->len = (uint32_t)len;
	memcpy(message->bytes, w->start, len);
	return message;
}

bool am_bgp_rib_output(const struct am_bgp_rib *rib, unsigned peer, struct am_bgp_span *out)
{
	const struct am_bgp_queue *q = &rib->peers[peer]->queue;

	if (!q->count)
		return false;
	*out = (struct am_bgp_span){q->ring[q->first]->bytes, q->ring[q->first]->len};
	return true;
}

void am_bgp_rib_sent(struct am_bgp_rib *rib, unsigned peer)
{
	struct am_bgp_queue *q = &rib->peers[peer]->queue;

	queue_take(q);
	/* A little does not count as reading. */
	if (q->count <= AM_BGP_QUEUE_FULL / 2)
		q->full_since = (am_time){0};
}

/* Where a peer that joins has to stop for now: its group has not looked at more. */
static uint32_t end_of(const struct am_bgp_rib *rib, const struct am_bgp_group *g)
{
	return g->walk_at ? g->walk_at : am_bgp_pool_end(&rib->tables[g->rules.family].nodes);
}

bool am_bgp_out_ready(const struct am_bgp_rib *rib, unsigned peer, enum am_bgp_family family)
{
	const struct am_bgp_peer_state *p = rib->peers[peer];
	const struct am_bgp_out *out = &p->out[family];

	if (out->mode == AM_BGP_OUT_OFF || out->mode == AM_BGP_OUT_IN_STEP ||
		p->queue.count >= AM_BGP_QUEUE_FULL)
		return false;
	return out->mode == AM_BGP_OUT_BEHIND || !out->group->walk_at || out->at < end_of(rib, out->group);
}

static bool say(struct am_bgp_peer_state *p, const struct am_writer *w)
{
	struct am_bgp_shared *message = am_bgp_queue_fit(&p->queue, 1) ? am_bgp_shared_of(w) : NULL;

	if (message)
		am_bgp_queue_put(&p->queue, message);
	return message;
}

/* ROUTE-REFRESH of RFC 7313. */
static bool say_refresh(struct am_bgp_peer_state *p, enum am_bgp_family family, enum am_bgp_refresh_kind kind)
{
	uint8_t room[64];
	struct am_writer w = am_writer(room, sizeof room);
	const struct am_bgp_refresh refresh = {am_bgp_afi(family), am_bgp_safi(family), (uint8_t)kind};

	return !am_bgp_refresh_encode(&w, &refresh) && say(p, &w);
}

static bool say_end_of_rib(struct am_bgp_peer_state *p, enum am_bgp_family family)
{
	uint8_t room[64];
	struct am_writer w = am_writer(room, sizeof room);

	return !am_bgp_end_of_rib_encode(&w, family) && say(p, &w);
}

/* Must a refresh wait? For the End-of-RIB (RFC 7313 4), and, since FRR times one at a time, for that of another family. */
static bool refresh_waits(const struct am_bgp_peer_state *p, enum am_bgp_family family)
{
	bool waits = p->out[family].end_of_rib;

	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++)
		waits |= f != family && p->out[f].end_of_refresh;
	return waits;
}

/* Without memory for a BoRR, the peer keeps what it has, and may ask again. */
static void begin_waiting(struct am_bgp_rib *rib, unsigned peer)
{
	struct am_bgp_peer_state *p = rib->peers[peer];

	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++) {
		if (!p->out[f].again_due || refresh_waits(p, f))
			continue;
		p->out[f].again_due = false;
		am_bgp_out_again(rib, peer, f, true);
	}
}

bool am_bgp_out_end(
	struct am_bgp_rib *rib, unsigned peer, enum am_bgp_family family, enum am_bgp_out_mode mode)
{
	struct am_bgp_peer_state *p = rib->peers[peer];
	struct am_bgp_out *out = &p->out[family];

	if (out->end_of_refresh) {
		if (!say_refresh(p, family, AM_BGP_REFRESH_END))
			return false;
		out->end_of_refresh = false;
	}
	if (out->end_of_rib) {
		if (!say_end_of_rib(p, family))
			return false;
		out->end_of_rib = false;
		am_bgp_raise(p, family, AM_BGP_RIB_CONVERGED);
	}
	out->mode = mode;
	begin_waiting(rib, peer);
	return true;
}

static void tell(struct am_bgp_rib *rib, uint32_t node, uint32_t path_id, am_bgp_set_id set, unsigned peer)
{
	am_bgp_pack_add(rib, &(struct am_bgp_entry){.node = node,
				     .path_id = path_id,
				     .set = set,
				     .except = NOBODY,
				     .only = (uint16_t)peer});
}

/* All that the group was told of a prefix. gone: with what it must forget. */
static void tell_all(
	struct am_bgp_rib *rib, const struct am_bgp_group *g, uint32_t node, unsigned peer, bool gone)
{
	uint16_t unsure = rib->peers[peer]->out[g->rules.family].unsure;
	struct am_bgp_told_path paths[AM_BGP_RIB_MULTIPATH];
	unsigned n = am_bgp_told_get(g, node, paths);
	uint64_t known = 0;

	for (unsigned i = 0; i < n; i++) {
		bool set = paths[i].set && paths[i].from != peer;

		known |= paths[i].path_id ? (uint64_t)1 << (paths[i].path_id - 1) : 1;
		if (set || gone)
			tell(rib, node, paths[i].path_id, set ? paths[i].set : 0, peer);
	}
	if (gone && !n && !g->rules.path_ids)
		tell(rib, node, 0, 0, peer);
	for (unsigned id = 1; gone && g->rules.path_ids && id <= unsure; id++) {
		if (!(known >> (id - 1) & 1))
			tell(rib, node, id, 0, peer);
	}
}

static int64_t join_on(struct am_bgp_rib *rib, unsigned peer, struct am_bgp_out *out, int64_t budget)
{
	struct am_bgp_group *g = out->group;
	uint32_t end = end_of(rib, g);

	for (; budget > 0 && out->at < end && !am_bgp_pack_full(rib->pack); budget--)
		tell_all(rib, g, out->at++, peer, false);
	am_bgp_pack_flush(rib, g, peer);
	if (out->at >= end && !g->walk_at)
		am_bgp_out_end(rib, peer, g->rules.family, AM_BGP_OUT_BEHIND);
	return budget;
}

static int64_t catch_up(struct am_bgp_rib *rib, unsigned peer, struct am_bgp_out *out, int64_t budget)
{
	struct am_bgp_group *g = out->group;
	uint32_t seen[AM_BGP_BATCH];
	unsigned n = 0;

	while (budget > 0 && n < AM_BGP_BATCH && !am_bgp_pack_full(rib->pack)) {
		int64_t node = am_bgp_marks_next(&out->behind, 0);

		if (node < 0)
			break;
		tell_all(rib, g, (uint32_t)node, peer, true);
		am_bgp_unmark(&out->behind, (uint32_t)node);
		seen[n++] = (uint32_t)node;
		budget--;
	}
	am_bgp_pack_flush(rib, g, peer);
	for (unsigned i = 0; i < n; i++)
		am_bgp_rib_tidy(rib, g->rules.family, seen[i]);
	if (!out->behind.count && am_bgp_out_end(rib, peer, g->rules.family, AM_BGP_OUT_IN_STEP))
		out->unsure = 0;
	return budget;
}

int64_t am_bgp_out_some(struct am_bgp_rib *rib, unsigned peer, enum am_bgp_family family, int64_t budget)
{
	struct am_bgp_peer_state *p = rib->peers[peer];
	struct am_bgp_out *out = &p->out[family];

	if (!am_bgp_queue_fit(&p->queue, AM_BGP_ENTRIES + 1))
		return -ENOMEM;
	return out->mode == AM_BGP_OUT_JOINING ? join_on(rib, peer, out, budget)
					       : catch_up(rib, peer, out, budget);
}

bool am_bgp_out_again(struct am_bgp_rib *rib, unsigned peer, enum am_bgp_family family, bool enhanced)
{
	struct am_bgp_peer_state *p = rib->peers[peer];
	struct am_bgp_out *out = &p->out[family];

	/* A BoRR that is ignored leaves an EoRR of what never began. */
	if (enhanced && refresh_waits(p, family)) {
		out->again_due = true;
		return true;
	}
	if (enhanced && !say_refresh(p, family, AM_BGP_REFRESH_BEGIN))
		return false;
	out->end_of_refresh |= enhanced;
	out->again = true;
	out->mode = AM_BGP_OUT_JOINING;
	out->at = 1;
	return true;
}
