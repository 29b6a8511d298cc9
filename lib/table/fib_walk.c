/* SPDX-License-Identifier: BSD-3-Clause */
/* Control's way through a FIB: prefix by prefix, and the longest match with its length. */
#include <string.h>

#include "table/fib_read.h"

/* A walk on its way: prefixes up to `after` are not told. */
struct fib_walk {
	const struct am_fib *fib;
	struct am_prefix after;
	am_fib_walk_fn *fn;
	void *ctx;
};

/* The address whose first bits are those of key. */
static struct am_ip ip_of(const struct am_fib *fib, struct am_fib_key key)
{
	struct am_ip ip = {.family = fib->family};
	uint64_t words[2] = {__builtin_bswap64(key.hi), __builtin_bswap64(key.lo)};

	memcpy(ip.bytes, words, fib->family == AM_IPV4 ? 4 : 16);
	return ip;
}

/* key with `bits` in the six bits from `at` on. */
static struct am_fib_key with_slot(struct am_fib_key key, unsigned at, uint64_t bits)
{
	unsigned __int128 all = (unsigned __int128)bits << (128 - AM_FIB_STRIDE) >> at;

	return (struct am_fib_key){key.hi | (uint64_t)(all >> 64), key.lo | (uint64_t)all};
}

/* False: no more is wanted. */
static bool tell(const struct fib_walk *w, struct am_fib_key key, unsigned len, uint32_t value)
{
	struct am_prefix prefix = {.ip = ip_of(w->fib, key), .len = (uint8_t)len};
	int order = w->after.ip.family ? memcmp(&prefix.ip, &w->after.ip, sizeof prefix.ip) : 1;

	if (order < 0 || (order == 0 && prefix.len <= w->after.len))
		return true;
	return w->fn(w->ctx, &prefix, value);
}

static uint32_t value_of(const struct fib_walk *w, uint32_t at)
{
	return atomic_load_explicit(&w->fib->values[at], memory_order_relaxed);
}

/* Prefixes of a node that begin at a slot of it, short ones first; what a node has below a slot is longer than all of them. */
static bool walk_slot(const struct fib_walk *w, const struct am_fib_node *n, struct am_fib_key key,
	unsigned depth, unsigned slot)
{
	unsigned first = slot ? AM_FIB_STRIDE - (unsigned)__builtin_ctz(slot) : 1;
	uint32_t inners = n->first_value + am_fib_ones(n->exact);
	uint64_t bit;

	for (unsigned k = first; k < AM_FIB_STRIDE; k++) {
		bit = 1ull << (1u << k | slot >> (AM_FIB_STRIDE - k));
		if (n->inner & bit &&
			!tell(w, key, depth + k, value_of(w, inners + am_fib_ones(n->inner & (bit - 1)))))
			return false;
	}
	bit = 1ull << slot;
	return !(n->exact & bit) || tell(w, key, depth + AM_FIB_STRIDE,
					    value_of(w, n->first_value + am_fib_ones(n->exact & (bit - 1))));
}

/* resumes: `after` lies below this node, so its slots before that one are told. */
static bool walk_node(
	const struct fib_walk *w, uint32_t at, struct am_fib_key key, unsigned depth, bool resumes)
{
	const struct am_fib_node *n = &w->fib->nodes[at];
	struct am_fib_key after = am_fib_key(w->fib->family, w->after.ip.bytes);
	unsigned from =
		resumes ? am_fib_key_slot((struct am_fib_key){
				  (uint64_t)(((unsigned __int128)after.hi << 64 | after.lo) << depth >> 64),
				  0})
			: 0;

	for (unsigned slot = from; slot < AM_FIB_SLOTS; slot++) {
		struct am_fib_key here = with_slot(key, depth, slot);
		uint32_t kid = am_fib_node_kid(n, slot);

		if (!walk_slot(w, n, here, depth, slot))
			return false;
		if (kid && !walk_node(w, kid, here, depth + AM_FIB_STRIDE, resumes && slot == from))
			return false;
	}
	return true;
}

/* Prefixes no longer than the direct table's bits that begin at a slot of it. */
static bool walk_shorts(const struct fib_walk *w, struct am_fib_key key, uint32_t slot)
{
	unsigned bits = w->fib->root_bits, first = slot ? bits - (unsigned)__builtin_ctz(slot) : 0;

	/* Where the longest that covers the slot is shorter than what could begin here, nothing does. */
	for (unsigned len = first; w->fib->lens[slot] > first && len <= bits; len++) {
		uint32_t value = w->fib->shorts[1u << len | slot >> (bits - len)];

		if (value && !tell(w, key, len, value))
			return false;
	}
	return true;
}

void am_fib_walk(const struct am_fib *fib, const struct am_prefix *after, am_fib_walk_fn *fn, void *ctx)
{
	struct fib_walk w = {.fib = fib, .fn = fn, .ctx = ctx};
	unsigned shift = 64u - fib->root_bits;
	uint32_t from = 0;

	if (after) {
		w.after = *after;
		from = (uint32_t)(am_fib_key(fib->family, after->ip.bytes).hi >> shift);
	}
	for (uint32_t slot = from; slot < 1u << fib->root_bits; slot++) {
		struct am_fib_key key = {(uint64_t)slot << shift, 0};
		uint32_t node =
			AM_FIB_SLOT_NODE(atomic_load_explicit(&fib->slots[slot], memory_order_relaxed));

		if (!walk_shorts(&w, key, slot))
			return;
		if (node && !walk_node(&w, node, key, fib->root_bits, after && slot == from))
			return;
	}
}

uint32_t am_fib_match(const struct am_fib *fib, const struct am_ip *ip, struct am_prefix *prefix)
{
	for (int len = fib->family == AM_IPV4 ? 32 : 128; ip->family == fib->family && len >= 0; len--) {
		struct am_prefix at = am_prefix_around(ip, (uint8_t)len);
		uint32_t value = am_fib_get(fib, &at);

		if (!value)
			continue;
		*prefix = at;
		return value;
	}
	return 0;
}
