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

/* One level of the tree: the bits of an address that say which slot of a node. */
struct level {
	unsigned byte, shift;
};

/* Two octets hold them, or what there is of them at the address's end. */
static inline struct level level_at(uint8_t family, unsigned bit)
{
	unsigned last = (family == AM_IPV4 ? 4 : 16) - 2, byte = bit / 8 < last ? bit / 8 : last;

	return (struct level){byte, 16 + bit - 8 * byte};
}

static inline unsigned slot_at(struct level l, const uint8_t *address)
{
	return (uint32_t)am_load16(address + l.byte) << l.shift >> (32 - AM_FIB_STRIDE);
}

/* What is known of one address: where the walk stands, and where the longest match so far has its value. 0: nowhere. */
struct walk {
	uint32_t node, match;
};

/* One level down. Node 0 has no children and no prefixes, so that nobody needs to ask whether there is a node. */
static inline struct walk step(
	const struct am_fib *fib, struct level l, const uint8_t *address, struct walk w)
{
	const struct am_fib_node *n = &fib->nodes[w.node];
	unsigned slot = slot_at(l, address);

	w.match = am_fib_node_match(n, slot, w.match);
	w.node = am_fib_node_kid(n, slot);
	__builtin_prefetch(&fib->nodes[w.node]);
	__builtin_prefetch((const void *)&fib->values[w.match]);
	return w;
}

static inline uint64_t slot_of(const struct am_fib *fib, uint8_t family, const uint8_t *address)
{
	return atomic_load_explicit(am_fib_slot_of(fib, family, address), memory_order_acquire);
}

static inline uint32_t value_of(const struct am_fib *fib, uint32_t match, uint32_t otherwise)
{
	uint32_t value = atomic_load_explicit(&fib->values[match], memory_order_relaxed);

	return match ? value : otherwise;
}

uint32_t am_fib_lookup(const struct am_fib *fib, const uint8_t *address)
{
	uint64_t slot = slot_of(fib, fib->family, address);
	struct walk w = {.node = AM_FIB_SLOT_NODE(slot)};

	for (unsigned bit = fib->root_bits; w.node; bit += AM_FIB_STRIDE)
		w = step(fib, level_at(fib->family, bit), address, w);
	return value_of(fib, w.match, AM_FIB_SLOT_VALUE(slot));
}

/* n addresses; family is a constant where this is inlined. */
static inline __attribute__((always_inline)) void bulk(const struct am_fib *fib, uint8_t family,
	const uint8_t *const *addresses, unsigned n, uint32_t *values)
{
	struct walk walks[AM_FIB_BULK_MAX];
	uint8_t going[AM_FIB_BULK_MAX];
	unsigned left = 0, bit = fib->root_bits;
	struct level l = level_at(family, bit);

	for (unsigned i = 0; i < n; i++) {
		uint64_t slot = slot_of(fib, family, addresses[i]);

		values[i] = AM_FIB_SLOT_VALUE(slot);
		walks[i] = (struct walk){.node = AM_FIB_SLOT_NODE(slot)};
		__builtin_prefetch(&fib->nodes[walks[i].node]);
	}
	/* Nearly all have a node here, and few go on: from then on only those that do are gone through. */
	for (unsigned i = 0; i < n; i++) {
		walks[i] = step(fib, l, addresses[i], walks[i]);
		going[left] = (uint8_t)i;
		left += walks[i].node != 0;
	}
	while (left) {
		unsigned on = 0;

		l = level_at(family, bit += AM_FIB_STRIDE);
		for (unsigned i = 0; i < left; i++) {
			unsigned at = going[i];

			walks[at] = step(fib, l, addresses[at], walks[at]);
			going[on] = (uint8_t)at;
			on += walks[at].node != 0;
		}
		left = on;
	}
	for (unsigned i = 0; i < n; i++)
		values[i] = value_of(fib, walks[i].match, values[i]);
}

void am_fib_lookup_asked(
	const struct am_fib *fib, const uint8_t *const *addresses, unsigned n, uint32_t *values)
{
	if (fib->family == AM_IPV4)
		bulk(fib, AM_IPV4, addresses, n, values);
	else
		bulk(fib, AM_IPV6, addresses, n, values);
}

void am_fib_lookup_bulk(
	const struct am_fib *fib, const uint8_t *const *addresses, unsigned n, uint32_t *values)
{
	for (unsigned i = 0; i < n; i++)
		am_fib_ask(fib, fib->family, addresses[i]);
	am_fib_lookup_asked(fib, addresses, n, values);
}
