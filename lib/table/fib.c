/* SPDX-License-Identifier: BSD-3-Clause */
#include "table/fib.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "table/fib_read.h"

enum {
	LEVELS = (128 - AM_FIB_ROOT_SMALL + AM_FIB_STRIDE - 1) / AM_FIB_STRIDE,
	BLOCKS = 2 * LEVELS, /* of one change: an array of children a level, one of values, one node on top */
};

static unsigned bits_of(const struct am_fib *fib)
{
	return fib->family == AM_IPV4 ? 32 : 128;
}

static size_t n_slots(const struct am_fib *fib)
{
	return (size_t)1 << fib->root_bits;
}

static size_t slots_octets(const struct am_fib *fib)
{
	return n_slots(fib) * sizeof *fib->slots;
}

static const struct am_fib_node *node_at(const struct am_fib *fib, uint32_t at)
{
	return &fib->nodes[at];
}

/* The value itself may be read by workers; what stands beside it is control's to find. */
static _Atomic uint32_t *value_at(const struct am_fib *fib, uint32_t at)
{
	size_t octets;

	return (_Atomic uint32_t *)am_fib_room_area(fib->room, AM_FIB_VALUES, &octets) + at;
}

struct am_fib *am_fib_create(struct am_fib_room *room, enum am_family family, unsigned root_bits)
{
	struct am_fib *fib = aligned_alloc(_Alignof(struct am_fib), sizeof *fib);
	size_t octets;
	void *slots;

	if (!fib)
		return NULL;
	*fib = (struct am_fib){.family = (uint8_t)family, .root_bits = (uint8_t)root_bits, .room = room};
	fib->nodes = am_fib_room_area(room, AM_FIB_NODES, &octets);
	fib->values = am_fib_room_area(room, AM_FIB_VALUES, &octets);
	slots = mmap(NULL, slots_octets(fib), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	fib->slots = slots == MAP_FAILED ? NULL : slots;
	fib->lens = calloc(n_slots(fib), sizeof *fib->lens);
	fib->shorts = calloc(2 * n_slots(fib), sizeof *fib->shorts);
	if (fib->slots && fib->lens && fib->shorts) {
		(void)madvise(slots, slots_octets(fib), MADV_HUGEPAGE);
		return fib;
	}
	am_fib_destroy(fib);
	return NULL;
}

static unsigned n_values(const struct am_fib_node *n)
{
	return am_fib_ones(n->exact) + am_fib_ones(n->inner);
}

static void give_back_below(struct am_fib *fib, const struct am_fib_node *n)
{
	unsigned kids = am_fib_ones(n->kids), values = n_values(n);

	for (unsigned i = 0; i < kids; i++)
		give_back_below(fib, node_at(fib, n->first_kid + i));
	if (kids)
		am_fib_room_return(fib->room, AM_FIB_NODES, n->first_kid, kids);
	if (values)
		am_fib_room_return(fib->room, AM_FIB_VALUES, n->first_value, values);
}

void am_fib_destroy(struct am_fib *fib)
{
	if (!fib)
		return;
	for (size_t i = 0; fib->slots && i < n_slots(fib); i++) {
		uint32_t top = AM_FIB_SLOT_NODE(fib->slots[i]);

		if (!top)
			continue;
		give_back_below(fib, node_at(fib, top));
		am_fib_room_return(fib->room, AM_FIB_NODES, top, 1);
	}
	if (fib->slots)
		munmap(fib->slots, slots_octets(fib));
	free(fib->lens);
	free(fib->shorts);
	free(fib);
}

uint32_t am_fib_count(const struct am_fib *fib)
{
	return fib->count;
}

uint64_t am_fib_memory(const struct am_fib *fib)
{
	return sizeof *fib +
	       n_slots(fib) * (sizeof *fib->slots + sizeof *fib->lens + 2 * sizeof *fib->shorts);
}

/* A prefix in the form that the tree wants; len is at most the family's. */
struct target {
	struct am_fib_key key;
	unsigned len;
};

static int target_of(const struct am_fib *fib, const struct am_prefix *prefix, struct target *out)
{
	struct am_prefix clean;

	if (prefix->ip.family != fib->family || prefix->len > bits_of(fib))
		return -EINVAL;
	clean = am_prefix_around(&prefix->ip, prefix->len);
	if (!am_ip_equal(&clean.ip, &prefix->ip))
		return -EINVAL;
	*out = (struct target){am_fib_key(fib->family, prefix->ip.bytes), prefix->len};
	return 0;
}

static size_t slot_of(const struct am_fib *fib, const struct target *t)
{
	return t->key.hi >> (64 - fib->root_bits);
}

/* Where among shorts a prefix of at most root_bits stands. */
static uint32_t *short_of(const struct am_fib *fib, const struct target *t)
{
	return &fib->shorts[(1u << t->len) | slot_of(fib, t) >> (fib->root_bits - t->len)];
}

/* Slots that the prefix covers, and whose value is of none longer than len_from - 1, get value, of len_to - 1. */
static void cover_slots(struct am_fib *fib, const struct target *t, unsigned least, unsigned most,
	unsigned len, uint32_t value)
{
	size_t from = slot_of(fib, t), to = from + ((size_t)1 << (fib->root_bits - t->len));

	for (size_t i = from; i < to; i++) {
		uint64_t slot;

		if (fib->lens[i] < least || fib->lens[i] > most)
			continue;
		slot = atomic_load_explicit(&fib->slots[i], memory_order_relaxed);
		fib->lens[i] = (uint8_t)len;
		atomic_store_explicit(
			&fib->slots[i], AM_FIB_SLOT(AM_FIB_SLOT_NODE(slot), value), memory_order_release);
	}
}

static void set_short(struct am_fib *fib, const struct target *t, uint32_t value)
{
	uint32_t *place = short_of(fib, t);

	fib->count += *place == 0;
	*place = value;
	cover_slots(fib, t, 0, t->len + 1, t->len + 1, value);
}

static int del_short(struct am_fib *fib, const struct target *t)
{
	size_t at = (size_t)(short_of(fib, t) - fib->shorts);
	unsigned cover = t->len + 1; /* in terms of lens */

	if (!fib->shorts[at])
		return -ENOENT;
	fib->shorts[at] = 0;
	fib->count--;
	do {
		at >>= 1;
		cover--;
	} while (at && !fib->shorts[at]);
	cover_slots(fib, t, t->len + 1, t->len + 1, cover, at ? fib->shorts[at] : 0);
	return 0;
}

/* A node on the way to a prefix, as it is to become. */
struct step {
	struct am_fib_node node;
	unsigned slot; /* the way on */
};

struct piece {
	enum am_fib_area area;
	uint32_t at;
	unsigned n;
};

/* What a change makes, and what it leaves behind once it is published. */
struct change {
	struct am_fib *fib;
	struct step steps[LEVELS];
	unsigned n; /* steps: the last one is the prefix's own node */
	unsigned depth;
	uint32_t top; /* the first one's place; 0: it is new */
	struct piece made[BLOCKS], gone[BLOCKS];
	unsigned n_made, n_gone;
};

/* From the direct table to the prefix's own node; nodes that are not there yet are empty. */
static void descend(struct am_fib *fib, const struct target *t, struct change *c)
{
	struct am_fib_key key = am_fib_key_skip(t->key, fib->root_bits);
	uint32_t at =
		AM_FIB_SLOT_NODE(atomic_load_explicit(&fib->slots[slot_of(fib, t)], memory_order_relaxed));

	c->fib = fib;
	c->top = at;
	c->depth = fib->root_bits;
	c->n = c->n_made = c->n_gone = 0;
	for (;; c->depth += AM_FIB_STRIDE) {
		struct step *s = &c->steps[c->n++];

		s->node = at ? *node_at(fib, at) : (struct am_fib_node){.kids = 0};
		s->slot = am_fib_key_slot(key);
		if (t->len <= c->depth + AM_FIB_STRIDE)
			return;
		at = am_fib_node_kid(&s->node, s->slot);
		key = am_fib_key_skip(key, AM_FIB_STRIDE);
	}
}

/* A prefix's bit in its own node. */
struct mark {
	uint64_t *map;
	uint64_t bit;
	unsigned nth; /* of the node's values it is, or would be */
};

static struct mark mark_of(struct change *c, unsigned len)
{
	struct step *s = &c->steps[c->n - 1];
	unsigned k = len - c->depth;
	struct mark m;

	if (k == AM_FIB_STRIDE) {
		m = (struct mark){.map = &s->node.exact, .bit = 1ull << s->slot};
		m.nth = am_fib_ones(s->node.exact & (m.bit - 1));
	} else {
		m = (struct mark){
			.map = &s->node.inner, .bit = 1ull << (1u << k | s->slot >> (AM_FIB_STRIDE - k))};
		m.nth = am_fib_ones(s->node.exact) + am_fib_ones(s->node.inner & (m.bit - 1));
	}
	return m;
}

static uint32_t make(struct change *c, enum am_fib_area area, unsigned n)
{
	uint32_t at = am_fib_room_take(c->fib->room, area, n);

	if (at)
		c->made[c->n_made++] = (struct piece){area, at, n};
	return at;
}

static void leave(struct change *c, enum am_fib_area area, uint32_t at, unsigned n)
{
	if (n)
		c->gone[c->n_gone++] = (struct piece){area, at, n};
}

static int abandon(struct change *c)
{
	for (unsigned i = 0; i < c->n_made; i++)
		am_fib_room_return(c->fib->room, c->made[i].area, c->made[i].at, c->made[i].n);
	return -ENOSPC;
}

static struct am_fib_node *writable(struct change *c, uint32_t at)
{
	size_t octets;

	return (struct am_fib_node *)am_fib_room_area(c->fib->room, AM_FIB_NODES, &octets) + at;
}

/* The values of the last step anew: with one more at m, or without that at m. */
static bool make_values(struct change *c, const struct mark *m, bool add, uint32_t value)
{
	struct am_fib_node *node = &c->steps[c->n - 1].node;
	unsigned n = n_values(node), left = add ? n + 1 : n - 1;
	uint32_t from = node->first_value, to = left ? make(c, AM_FIB_VALUES, left) : 0;

	if (left && !to)
		return false;
	for (unsigned i = 0, j = 0; i < left; i++) {
		uint32_t v = value;

		if (add ? i != m->nth : true) {
			j += !add && j == m->nth;
			v = atomic_load_explicit(value_at(c->fib, from + j++), memory_order_relaxed);
		}
		atomic_store_explicit(value_at(c->fib, to + i), v, memory_order_relaxed);
	}
	leave(c, AM_FIB_VALUES, from, n);
	node->first_value = to;
	*m->map ^= m->bit;
	return true;
}

/* The children of step i anew, with step i + 1 among them as it is to become, or without it where that is empty. */
static bool make_kids(struct change *c, unsigned i)
{
	struct am_fib_node *node = &c->steps[i].node;
	const struct am_fib_node *kid = &c->steps[i + 1].node;
	uint64_t bit = 1ull << c->steps[i].slot, kids = node->kids | bit;
	uint32_t from = node->first_kid, to = 0;
	unsigned n = am_fib_ones(node->kids), nth = am_fib_ones(node->kids & (bit - 1)), left, had;

	if (!(kid->kids | kid->exact | kid->inner))
		kids ^= bit;
	left = am_fib_ones(kids);
	had = node->kids & bit ? 1 : 0;
	if (left) {
		struct am_fib_node *out;
		unsigned has = kids & bit ? 1 : 0;

		to = make(c, AM_FIB_NODES, left);
		if (!to)
			return false;
		out = writable(c, to);
		memcpy(out, node_at(c->fib, from), nth * sizeof *out);
		if (has)
			out[nth] = *kid;
		memcpy(out + nth + has, node_at(c->fib, from + nth + had), (n - nth - had) * sizeof *out);
	}
	leave(c, AM_FIB_NODES, from, n);
	node->first_kid = to;
	node->kids = kids;
	return true;
}

/* Steps are done from the last one up; the first one is published by the direct table's slot. */
static int publish(struct change *c, const struct target *t)
{
	struct am_fib *fib = c->fib;
	const struct am_fib_node *first = &c->steps[0].node;
	_Atomic uint64_t *slot = &fib->slots[slot_of(fib, t)];
	uint32_t top = 0;

	for (unsigned i = c->n - 1; i-- > 0;)
		if (!make_kids(c, i))
			return abandon(c);
	if (first->kids | first->exact | first->inner) {
		top = make(c, AM_FIB_NODES, 1);
		if (!top)
			return abandon(c);
		*writable(c, top) = *first;
	}
	leave(c, AM_FIB_NODES, c->top, c->top ? 1 : 0);
	atomic_store_explicit(slot,
		AM_FIB_SLOT(top, AM_FIB_SLOT_VALUE(atomic_load_explicit(slot, memory_order_relaxed))),
		memory_order_release);
	for (unsigned i = 0; i < c->n_gone; i++)
		am_fib_room_retire(fib->room, c->gone[i].area, c->gone[i].at, c->gone[i].n);
	return 0;
}

static int set_long(struct am_fib *fib, const struct target *t, uint32_t value)
{
	struct change c;
	struct mark m;
	int r;

	descend(fib, t, &c);
	m = mark_of(&c, t->len);
	if (*m.map & m.bit) {
		uint32_t at = c.steps[c.n - 1].node.first_value + m.nth;

		atomic_store_explicit(value_at(fib, at), value, memory_order_relaxed);
		return 0;
	}
	if (am_fib_room_reserve(fib->room, BLOCKS) != 0)
		return -ENOMEM;
	if (!make_values(&c, &m, true, value))
		return abandon(&c);
	r = publish(&c, t);
	fib->count += r == 0;
	return r;
}

static int del_long(struct am_fib *fib, const struct target *t)
{
	struct change c;
	struct mark m;
	int r;

	descend(fib, t, &c);
	m = mark_of(&c, t->len);
	if (!(*m.map & m.bit))
		return -ENOENT;
	if (am_fib_room_reserve(fib->room, BLOCKS) != 0)
		return -ENOMEM;
	if (!make_values(&c, &m, false, 0))
		return abandon(&c);
	r = publish(&c, t);
	fib->count -= r == 0;
	return r;
}

int am_fib_set(struct am_fib *fib, const struct am_prefix *prefix, uint32_t value)
{
	struct target t;

	if (value == 0 || target_of(fib, prefix, &t) != 0)
		return -EINVAL;
	if (t.len > fib->root_bits)
		return set_long(fib, &t, value);
	set_short(fib, &t, value);
	return 0;
}

int am_fib_del(struct am_fib *fib, const struct am_prefix *prefix)
{
	struct target t;

	if (target_of(fib, prefix, &t) != 0)
		return -EINVAL;
	return t.len > fib->root_bits ? del_long(fib, &t) : del_short(fib, &t);
}

uint32_t am_fib_get(const struct am_fib *fib, const struct am_prefix *prefix)
{
	struct target t;
	struct change c;
	struct mark m;

	if (target_of(fib, prefix, &t) != 0)
		return 0;
	if (t.len <= fib->root_bits)
		return *short_of(fib, &t);
	descend((struct am_fib *)fib, &t, &c);
	m = mark_of(&c, t.len);
	if (!(*m.map & m.bit))
		return 0;
	return atomic_load_explicit(
		value_at(fib, c.steps[c.n - 1].node.first_value + m.nth), memory_order_relaxed);
}
