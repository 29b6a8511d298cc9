/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TABLE_FIB_READ_H
#define TABLE_FIB_READ_H
/* The FIB's shape and its readers' half. What the protocol is stands in table/fib.h. */
#include <stdatomic.h>
#include <stdint.h>

#include "base/bytes.h"
#include "table/fib.h"

enum { AM_FIB_STRIDE = 6, AM_FIB_SLOTS = 1 << AM_FIB_STRIDE };

/*
 * The node at depth d holds prefixes of d + 1 to d + 6 bits. Those of d + 6 have a bit each in exact, by slot. The one of
 * d + k bits, k from 1 to 5, that covers slot s has bit 2^k + (s >> (6 - k)) of inner: longer ones stand higher.
 */
struct am_fib_node {
	uint64_t kids;
	uint64_t exact;
	uint64_t inner;
	uint32_t first_kid;   /* node of the lowest slot that has one; the others follow */
	uint32_t first_value; /* that of the lowest bit of exact; the others follow, then inner's */
};

_Static_assert(sizeof(struct am_fib_node) == 32, "two nodes are a cache line");

/* A slot of the direct table: the node below it, 0 without, and the value of the longest prefix up to here. */
#define AM_FIB_SLOT(node, value) ((uint64_t)(node) << 32 | (value))
#define AM_FIB_SLOT_NODE(slot)   ((uint32_t)((slot) >> 32))
#define AM_FIB_SLOT_VALUE(slot)  ((uint32_t)(slot))

struct am_fib {
	/* Written by control (release), read by workers (acquire). */
	_Atomic uint64_t *slots;
	/* The room's areas: what they hold is published by slots, and never changes but for a value (relaxed, both sides). */
	const struct am_fib_node *nodes;
	const _Atomic uint32_t *values;
	/* Constant. */
	uint8_t family, root_bits;

	/* Control alone. */
	_Alignas(64) struct am_fib_room *room;
	uint8_t *lens;    /* by slot: 1 + the length of the prefix that its value is of; 0: none */
	uint32_t *shorts; /* values of prefixes up to root_bits: that of len bits b at 2^len + b */
	uint32_t count;
};

/* An address, its first bit the highest of hi. */
struct am_fib_key {
	uint64_t hi, lo;
};

static inline struct am_fib_key am_fib_key(uint8_t family, const uint8_t *address)
{
	if (family == AM_IPV4)
		return (struct am_fib_key){(uint64_t)am_load32(address) << 32, 0};
	return (struct am_fib_key){am_load64(address), am_load64(address + 8)};
}

/* What is left behind the first n bits, n from 1 to 63. */
static inline struct am_fib_key am_fib_key_skip(struct am_fib_key key, unsigned n)
{
	return (struct am_fib_key){key.hi << n | key.lo >> (64 - n), key.lo << n};
}

static inline unsigned am_fib_key_slot(struct am_fib_key key)
{
	return (unsigned)(key.hi >> (64 - AM_FIB_STRIDE));
}

/* The bits of inner that cover each slot. */
extern const uint64_t am_fib_covers[AM_FIB_SLOTS];

static inline unsigned am_fib_ones(uint64_t bits)
{
	return (unsigned)__builtin_popcountll(bits);
}

/*
 * The index of the longest match in a node, or otherwise. Both kinds of match are worked out and one is chosen: which it is
 * cannot be predicted, and a wrong guess costs more than both.
 */
static inline uint32_t am_fib_node_match(const struct am_fib_node *n, unsigned slot, uint32_t otherwise)
{
	uint64_t bit = 1ull << slot, inner = n->inner & am_fib_covers[slot], exact = n->exact & bit;
	uint64_t top = 1ull << (63 - __builtin_clzll(inner | 1));
	uint32_t of_exact = am_fib_ones(n->exact & (bit - 1));
	uint32_t of_inner = am_fib_ones(n->exact) + am_fib_ones(n->inner & (top - 1));
	uint32_t nth = exact ? of_exact : of_inner;

	return exact | inner ? n->first_value + nth : otherwise;
}

/* The child at a slot; 0 where there is none. */
static inline uint32_t am_fib_node_kid(const struct am_fib_node *n, unsigned slot)
{
	uint64_t bit = 1ull << slot;

	return n->kids & bit ? n->first_kid + am_fib_ones(n->kids & (bit - 1)) : 0;
}

/* Where the direct table has an address of a FIB's family. */
static inline _Atomic uint64_t *am_fib_slot_of(
	const struct am_fib *fib, uint8_t family, const uint8_t *address)
{
	return &fib->slots[am_fib_key(family, address).hi >> (64 - fib->root_bits)];
}

/* Beforehand, so that am_fib_lookup_asked finds the direct table in the cache. */
static inline void am_fib_ask(const struct am_fib *fib, uint8_t family, const uint8_t *address)
{
	__builtin_prefetch((const void *)am_fib_slot_of(fib, family, address));
}

#endif
