/* SPDX-License-Identifier: BSD-3-Clause */
#include "table/peers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum {
	SLOTS_MIN = 16,
	SPARSE = 4, /* slots for each entry, at least */
	WORDS_MAX = 4,
	LINE = 64,
};

/* vrf and addresses as words, so that IPv4 is compared in two steps. An address table leaves the other address zero. */
struct pair {
	uint64_t where; /* vrf and family; never 0 */
	uint64_t words[WORDS_MAX];
};

struct pair_slot {
	struct pair pair; /* where is 0 in a free slot */
	uint32_t index;
} __attribute__((aligned(LINE)));

struct use_slot {
	uint32_t peer, selector;
	uint32_t use; /* 0: free */
	uint32_t target;
};

/*
 * Open addressing, linear probing, at most a quarter full: a search ends at the first free slot, and nearly all of them end
 * at the first slot, which branch prediction likes.
 */
struct pair_table {
	struct pair_slot *slots;
	uint32_t mask, count;
};

struct use_table {
	struct use_slot *slots;
	uint32_t mask, count;
};

struct am_peers {
	uint64_t seed;
	struct pair_table peers;  /* by remote and local address */
	struct pair_table locals; /* by local address alone: what is ours */
	struct use_table uses;
};

/* The builder is a table that still grows. */
struct am_peers_builder {
	struct am_peers tables;
};

static inline struct pair make_pair4(uint16_t vrf, const uint8_t *remote, const uint8_t *local)
{
	struct pair p = {.where = (uint64_t)vrf << 8 | AM_IPV4};

	if (remote)
		memcpy(&p.words[0], remote, 4);
	memcpy((uint8_t *)&p.words[0] + 4, local, 4);
	return p;
}

static inline struct pair make_pair6(uint16_t vrf, const uint8_t *remote, const uint8_t *local)
{
	struct pair p = {.where = (uint64_t)vrf << 8 | AM_IPV6};

	if (remote)
		memcpy(&p.words[0], remote, 16);
	memcpy(&p.words[2], local, 16);
	return p;
}

/* n is how many words the family uses: 1 or 4. Whom to accept is ours to say, so nobody else chooses what is stored. */
static inline uint64_t hash_pair(const struct pair *p, unsigned n, uint64_t seed)
{
	uint64_t h = am_mix(p->where ^ seed, p->words[0] ^ 0xa0761d6478bd642full);

	if (n > 1)
		h ^= am_mix(p->words[1] ^ h, p->words[2] ^ seed) + am_hash64(p->words[3], seed);
	return h;
}

static inline bool same_pair(const struct pair *a, const struct pair *b, unsigned n)
{
	uint64_t differs = a->where ^ b->where;

	for (unsigned i = 0; i < n; i++)
		differs |= a->words[i] ^ b->words[i];
	return !differs;
}

/* The slot that holds pair, or the free one where it would go. */
static inline struct pair_slot *find_pair(
	const struct pair_table *t, const struct pair *pair, unsigned n, uint64_t seed)
{
	uint32_t at = (uint32_t)hash_pair(pair, n, seed);

	for (;; at++) {
		struct pair_slot *slot = &t->slots[at & t->mask];

		if (same_pair(&slot->pair, pair, n) || !slot->pair.where)
			return slot;
	}
}

static inline struct use_slot *find_use(
	const struct use_table *t, uint32_t peer, uint32_t use, uint32_t selector, uint64_t seed)
{
	uint64_t key = (uint64_t)peer << 32 | selector;
	uint32_t at = (uint32_t)am_hash64(key, seed + use);

	for (;; at++) {
		struct use_slot *slot = &t->slots[at & t->mask];

		if (!slot->use || (slot->peer == peer && slot->selector == selector && slot->use == use))
			return slot;
	}
}

/* A stranger: was the packet for us at all? own has no remote address. */
static __attribute__((noinline)) enum am_peer_lookup unknown(
	const struct am_peers *peers, struct pair own, unsigned n)
{
	const struct pair_slot *slot = find_pair(&peers->locals, &own, n, peers->seed);

	return slot->pair.where ? AM_PEER_SOURCE_UNKNOWN : AM_PEER_NOT_OURS;
}

enum am_peer_lookup am_peers_find(const struct am_peers *peers, uint16_t vrf, uint8_t family,
	const uint8_t *remote, const uint8_t *local, uint32_t *peer)
{
	const struct pair_slot *slot;
	struct pair pair;

	/* Each family by itself, so that the compiler knows how many words there are to compare. */
	if (family == AM_IPV4) {
		pair = make_pair4(vrf, remote, local);
		slot = find_pair(&peers->peers, &pair, 1, peers->seed);
		if (!slot->pair.where)
			return unknown(peers, make_pair4(vrf, NULL, local), 1);
	} else {
		pair = make_pair6(vrf, remote, local);
		slot = find_pair(&peers->peers, &pair, WORDS_MAX, peers->seed);
		if (!slot->pair.where)
			return unknown(peers, make_pair6(vrf, NULL, local), WORDS_MAX);
	}
	*peer = slot->index;
	return AM_PEER_FOUND;
}

uint32_t am_peers_use(const struct am_peers *peers, uint32_t peer, enum am_peer_use use, uint32_t selector)
{
	const struct use_slot *slot = find_use(&peers->uses, peer, use, selector, peers->seed);

	return slot->use ? slot->target : AM_NO_TARGET;
}

/* ---- building ---- */

static void *alloc_slots(uint32_t n, size_t each)
{
	size_t size = (n * each + LINE - 1) / LINE * LINE;
	void *p = aligned_alloc(LINE, size);

	return p ? memset(p, 0, size) : NULL;
}

static unsigned words_of(const struct pair *p)
{
	return (p->where & 0xff) == AM_IPV4 ? 1 : WORDS_MAX;
}

/* Make sure that one more fits. */
static int grow_pairs(struct pair_table *t, uint64_t seed)
{
	uint32_t slots = t->slots ? t->mask + 1 : 0, more = slots ? slots * 2 : SLOTS_MIN;
	struct pair_table wider = {.mask = more - 1, .count = t->count};

	if ((t->count + 1) * SPARSE <= slots)
		return 0;
	wider.slots = alloc_slots(more, sizeof *wider.slots);
	if (!wider.slots)
		return -ENOMEM;
	for (uint32_t i = 0; i < slots; i++) {
		const struct pair_slot *s = &t->slots[i];

		if (s->pair.where)
			*find_pair(&wider, &s->pair, words_of(&s->pair), seed) = *s;
	}
	free(t->slots);
	*t = wider;
	return 0;
}

static int grow_uses(struct use_table *t, uint64_t seed)
{
	uint32_t slots = t->slots ? t->mask + 1 : 0, more = slots ? slots * 2 : SLOTS_MIN;
	struct use_table wider = {.mask = more - 1, .count = t->count};

	if ((t->count + 1) * SPARSE <= slots)
		return 0;
	wider.slots = alloc_slots(more, sizeof *wider.slots);
	if (!wider.slots)
		return -ENOMEM;
	for (uint32_t i = 0; i < slots; i++) {
		const struct use_slot *s = &t->slots[i];

		if (s->use)
			*find_use(&wider, s->peer, s->use, s->selector, seed) = *s;
	}
	free(t->slots);
	*t = wider;
	return 0;
}

/* 0 also where the same pair has the same index already. */
static int put_pair(struct pair_table *t, const struct pair *pair, uint32_t index, uint64_t seed)
{
	struct pair_slot *slot;
	int err = grow_pairs(t, seed);

	if (err)
		return err;
	slot = find_pair(t, pair, words_of(pair), seed);
	if (slot->pair.where)
		return slot->index == index ? 0 : -EEXIST;
	*slot = (struct pair_slot){.pair = *pair, .index = index};
	t->count++;
	return 0;
}

static void free_tables(struct am_peers *p)
{
	free(p->peers.slots);
	free(p->locals.slots);
	free(p->uses.slots);
}

struct am_peers_builder *am_peers_builder(uint64_t seed)
{
	struct am_peers_builder *b = calloc(1, sizeof *b);

	if (!b)
		return NULL;
	/* Spread over all bits: a hash is one multiplication by it. */
	seed = am_hash64(seed, 0xd6e8feb86659fd93ull);
	b->tables.seed = seed;
	/* Readers count on a free slot in every table, so none is ever without. */
	if (grow_pairs(&b->tables.peers, seed) || grow_pairs(&b->tables.locals, seed) ||
		grow_uses(&b->tables.uses, seed)) {
		am_peers_builder_free(b);
		return NULL;
	}
	return b;
}

void am_peers_builder_free(struct am_peers_builder *b)
{
	if (!b)
		return;
	free_tables(&b->tables);
	free(b);
}

int am_peers_add(struct am_peers_builder *b, uint16_t vrf, const struct am_ip *remote,
	const struct am_ip *local, uint32_t index)
{
	struct am_peers *t = &b->tables;
	struct pair pair, own;
	int err;

	if (remote->family != local->family || index == AM_NO_PEER)
		return -EINVAL;
	if (local->family == AM_IPV4) {
		pair = make_pair4(vrf, remote->bytes, local->bytes);
		own = make_pair4(vrf, NULL, local->bytes);
	} else if (local->family == AM_IPV6) {
		pair = make_pair6(vrf, remote->bytes, local->bytes);
		own = make_pair6(vrf, NULL, local->bytes);
	} else {
		return -EINVAL;
	}
	err = put_pair(&t->peers, &pair, index, t->seed);
	return err ? err : put_pair(&t->locals, &own, 0, t->seed);
}

int am_peers_add_use(
	struct am_peers_builder *b, uint32_t peer, enum am_peer_use use, uint32_t selector, uint32_t target)
{
	struct use_table *t = &b->tables.uses;
	struct use_slot *slot;
	int err;

	if (!use || target == AM_NO_TARGET)
		return -EINVAL;
	err = grow_uses(t, b->tables.seed);
	if (err)
		return err;
	slot = find_use(t, peer, use, selector, b->tables.seed);
	if (slot->use)
		return -EEXIST;
	*slot = (struct use_slot){.peer = peer, .selector = selector, .use = use, .target = target};
	t->count++;
	return 0;
}

static void *copy_slots(const void *slots, uint32_t n, size_t each)
{
	void *p = alloc_slots(n, each);

	return p ? memcpy(p, slots, n * each) : NULL;
}

struct am_peers *am_peers_build(const struct am_peers_builder *b)
{
	const struct am_peers *from = &b->tables;
	struct am_peers *p = malloc(sizeof *p);

	if (!p)
		return NULL;
	*p = *from;
	p->peers.slots = copy_slots(from->peers.slots, from->peers.mask + 1, sizeof *from->peers.slots);
	p->locals.slots = copy_slots(from->locals.slots, from->locals.mask + 1, sizeof *from->locals.slots);
	p->uses.slots = copy_slots(from->uses.slots, from->uses.mask + 1, sizeof *from->uses.slots);
	if (!p->peers.slots || !p->locals.slots || !p->uses.slots) {
		am_peers_free(p);
		return NULL;
	}
	return p;
}

void am_peers_free(struct am_peers *peers)
{
	if (!peers)
		return;
	free_tables(peers);
	free(peers);
}

uint64_t am_peers_memory(const struct am_peers *peers)
{
	return sizeof *peers + (peers->peers.mask + 1ull) * sizeof(struct pair_slot) +
	       (peers->locals.mask + 1ull) * sizeof(struct pair_slot) +
	       (peers->uses.mask + 1ull) * sizeof(struct use_slot);
}
