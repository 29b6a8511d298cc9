/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The readers' half of the FIB. Each step down the tree is a load that the caches may not have, so a burst goes down one
 * level at a time, all of it: while one address's node is on its way, the others' are asked for.
 */
#include "table/fib_read.h"

#define COVERS(s)                                                                                            \
	(1ull << (2 | (s) >> 5) | 1ull << (4 | (s) >> 4) | 1ull << (8 | (s) >> 3) |                          \
		1ull << (16 | (s) >> 2) | 1ull << (32 | (s) >> 1))
#define COVERS4(s)  COVERS(s), COVERS((s) + 1), COVERS((s) + 2), COVERS((s) + 3)
#define COVERS16(s) COVERS4(s), COVERS4((s) + 4), COVERS4((s) + 8), COVERS4((s) + 12)

const uint64_t am_fib_covers[AM_FIB_SLOTS] = {COVERS16(0), COVERS16(16), COVERS16(32), COVERS16(48)};

/* One address on its way down. */
struct walk {
	struct am_fib_key key; /* what is left of it */
	uint32_t node;         /* where it stands */
	uint32_t match;        /* index of the longest match's value so far; 0: the direct table's */
	uint32_t *value;       /* where the answer goes */
};

/* From the direct table: the walk goes on where there is a node below. */
static inline bool enter(const struct am_fib *fib, struct am_fib_key key, struct walk *w, uint32_t *value)
{
	uint64_t slot =
		atomic_load_explicit(&fib->slots[key.hi >> (64 - fib->root_bits)], memory_order_acquire);

	*value = AM_FIB_SLOT_VALUE(slot);
	w->node = AM_FIB_SLOT_NODE(slot);
	w->match = 0;
	w->value = value;
	w->key = am_fib_key_skip(key, fib->root_bits);
	__builtin_prefetch(&fib->nodes[w->node]);
	return w->node;
}

/* One level down; false at the end of the way. */
static inline bool step(const struct am_fib *fib, struct walk *w)
{
	const struct am_fib_node *n = &fib->nodes[w->node];
	unsigned slot = am_fib_key_slot(w->key);

	w->match = am_fib_node_match(n, slot, w->match);
	w->node = am_fib_node_kid(n, slot);
	w->key = am_fib_key_skip(w->key, AM_FIB_STRIDE);
	__builtin_prefetch(&fib->nodes[w->node]);
	__builtin_prefetch((const void *)&fib->values[w->match]);
	return w->node;
}

static inline void finish(const struct am_fib *fib, const struct walk *w)
{
	if (w->match)
		*w->value = atomic_load_explicit(&fib->values[w->match], memory_order_relaxed);
}

uint32_t am_fib_lookup(const struct am_fib *fib, const uint8_t *address)
{
	uint32_t value;
	struct walk w;

	if (!enter(fib, am_fib_key(fib->family, address), &w, &value))
		return value;
	while (step(fib, &w))
		continue;
	finish(fib, &w);
	return value;
}

/* n addresses; family is a constant where this is inlined. */
static inline void bulk(const struct am_fib *fib, uint8_t family, const uint8_t *const *addresses, unsigned n,
	uint32_t *values)
{
	struct walk walks[AM_FIB_BULK_MAX];
	uint8_t going[AM_FIB_BULK_MAX];
	unsigned entered = 0, left;

	for (unsigned i = 0; i < n; i++)
		__builtin_prefetch(
			(const void *)&fib
				->slots[am_fib_key(family, addresses[i]).hi >> (64 - fib->root_bits)]);
	for (unsigned i = 0; i < n; i++) {
		going[entered] = (uint8_t)entered;
		entered += enter(fib, am_fib_key(family, addresses[i]), &walks[entered], &values[i]);
	}
	for (left = entered; left;) {
		unsigned on = 0;

		for (unsigned i = 0; i < left; i++) {
			unsigned at = going[i];

			going[on] = (uint8_t)at;
			on += step(fib, &walks[at]);
		}
		left = on;
	}
	for (unsigned i = 0; i < entered; i++)
		finish(fib, &walks[i]);
}

void am_fib_lookup_bulk(
	const struct am_fib *fib, const uint8_t *const *addresses, unsigned n, uint32_t *values)
{
	if (fib->family == AM_IPV4)
		bulk(fib, AM_IPV4, addresses, n, values);
	else
		bulk(fib, AM_IPV6, addresses, n, values);
}
