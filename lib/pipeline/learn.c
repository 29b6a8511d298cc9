/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Source addresses that the FDB lacks or has elsewhere: from a worker to control, never blocking. A small
 * filter keeps a burst of frames from one new host from filling the ring before control has answered.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "core.h"

static bool reported_lately(struct am_worker *w, uint64_t what)
{
	unsigned i = (unsigned)(what % AM_RECENT_SLOTS);

	if (w->recent[i].what == what && w->now.ns - w->recent[i].ns < AM_RECENT_NS)
		return true;
	w->recent[i].what = what;
	w->recent[i].ns = w->now.ns;
	return false;
}

static void wake_control(struct am_plane *plane)
{
	uint64_t one = 1;

	/* In this order: whoever ends the quiet clears the sign once more, and sees what is in the ring by then, or is seen here. */
	if (plane->conf.learn_fd < 0 || atomic_exchange(&plane->learn_signalled, true) ||
		atomic_load(&plane->quiet))
		return;
	/* A full eventfd is readable already; that is all that matters. */
	if (write(plane->conf.learn_fd, &one, sizeof one) < 0 && errno != EAGAIN)
		atomic_store(&plane->learn_signalled, false);
}

void am_learn_report(struct am_worker *w, am_fdb_key key, uint16_t member, uint16_t old)
{
	struct am_learn_ring *ring = &w->learn;
	uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);

	if (reported_lately(w, am_hash64(key, member)))
		return;
	if (head - atomic_load_explicit(&ring->tail, memory_order_acquire) == AM_LEARN_SLOTS) {
		am_count(w, w->roots->members[member]->iface, AM_C_LEARN_LOST, 1);
		return;
	}
	ring->slot[head % AM_LEARN_SLOTS] = (struct am_learn){key, member, old};
	atomic_store_explicit(&ring->head, head + 1, memory_order_release);
	wake_control(w->plane);
}

void am_learn_report_pair(struct am_worker *w, const struct am_learn_pair *pair)
{
	struct am_learn_pair_ring *ring = &w->learn_pairs;
	uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	uint64_t words[4] = {pair->bridge};

	memcpy(&words[1], pair->mac.bytes, sizeof pair->mac.bytes);
	memcpy(&words[2], pair->ip.bytes, sizeof pair->ip.bytes);
	if (reported_lately(w, am_hash_words(words, sizeof words, pair->flags)))
		return;
	if (head - atomic_load_explicit(&ring->tail, memory_order_acquire) == AM_LEARN_PAIR_SLOTS) {
		am_count(w, w->roots->members[pair->member]->iface, AM_C_LEARN_LOST, 1);
		return;
	}
	ring->slot[head % AM_LEARN_PAIR_SLOTS] = *pair;
	atomic_store_explicit(&ring->head, head + 1, memory_order_release);
	wake_control(w->plane);
}

unsigned am_plane_learned_pairs(
	struct am_plane *plane, unsigned worker, struct am_learn_pair *out, unsigned n)
{
	struct am_learn_pair_ring *ring = &plane->workers[worker]->learn_pairs;
	uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	unsigned got = 0;

	atomic_store(&plane->learn_signalled, false);
	while (got < n && tail != atomic_load_explicit(&ring->head, memory_order_acquire))
		out[got++] = ring->slot[tail++ % AM_LEARN_PAIR_SLOTS];
	atomic_store_explicit(&ring->tail, tail, memory_order_release);
	return got;
}

unsigned am_plane_learned(struct am_plane *plane, unsigned worker, struct am_learn *out, unsigned n)
{
	struct am_learn_ring *ring = &plane->workers[worker]->learn;
	uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	unsigned got = 0;

	atomic_store(&plane->learn_signalled, false);
	while (got < n && tail != atomic_load_explicit(&ring->head, memory_order_acquire))
		out[got++] = ring->slot[tail++ % AM_LEARN_SLOTS];
	atomic_store_explicit(&ring->tail, tail, memory_order_release);
	return got;
}
