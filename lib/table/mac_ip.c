/* SPDX-License-Identifier: BSD-3-Clause */
#include "table/mac_ip.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum {
	CHAIN_MAX = 32, /* with fewer entries than chains, so long a one has no other reason than bad luck */
	TRIES = 4,
	WORDS = 4,
};

/* Address, bridge and family, MAC and flags. All of them written by control, read by workers. */
struct entry {
	_Atomic uint64_t words[WORDS];
	_Atomic uint32_t next; /* in its chain */
};

struct am_mac_ips {
	uint64_t seed;
	uint32_t max, mask;
	struct entry *entries;
	_Atomic uint32_t *seen; /* seconds; written by workers too, so apart from the rest */
	_Atomic uint32_t *heads;
	_Atomic uint32_t version;
	/* control's alone */
	uint32_t count, end;
	uint32_t n_free;
	uint32_t *free;
};

struct am_mac_ips *am_mac_ips_create(uint32_t max, uint64_t seed)
{
	struct am_mac_ips *t = calloc(1, sizeof *t);
	uint32_t heads = 1;

	if (!t)
		return NULL;
	while (heads < max)
		heads *= 2;
	*t = (struct am_mac_ips){.seed = seed, .max = max, .mask = heads - 1};
	t->entries = calloc(max, sizeof *t->entries);
	t->seen = calloc(max, sizeof *t->seen);
	t->heads = calloc(heads, sizeof *t->heads);
	t->free = calloc(max, sizeof *t->free);
	if (t->entries && t->seen && t->heads && t->free)
		return t;
	am_mac_ips_free(t);
	return NULL;
}

void am_mac_ips_free(struct am_mac_ips *t)
{
	if (!t)
		return;
	free(t->entries);
	free((void *)t->seen);
	free((void *)t->heads);
	free(t->free);
	free(t);
}

/* ---- words ---- */

static void pack(const struct am_mac_ip *e, uint64_t words[WORDS])
{
	memset(words, 0, WORDS * sizeof *words);
	memcpy(words, e->ip.bytes, sizeof e->ip.bytes);
	words[2] = (uint64_t)e->bridge << 8 | e->ip.family;
	memcpy(&words[3], e->mac.bytes, sizeof e->mac.bytes);
	words[3] |= (uint64_t)e->flags << 56;
}

static void unpack(const uint64_t words[WORDS], struct am_mac_ip *e)
{
	memcpy(e->ip.bytes, words, sizeof e->ip.bytes);
	e->ip.family = (uint8_t)words[2];
	e->bridge = (uint16_t)(words[2] >> 8);
	memcpy(e->mac.bytes, &words[3], sizeof e->mac.bytes);
	e->flags = (uint8_t)(words[3] >> 56);
}

/* Numbers in chains are one more than those outside: 0 is the end. */
static _Atomic uint32_t *head_of(const struct am_mac_ips *t, const uint64_t words[WORDS])
{
	return &t->heads[am_hash_words(words, 3 * sizeof *words, t->seed) & t->mask];
}

static void load(const struct entry *e, uint64_t words[WORDS])
{
	for (unsigned i = 0; i < WORDS; i++)
		words[i] = atomic_load_explicit(&e->words[i], memory_order_acquire);
}

/* ---- readers ---- */

static uint32_t walk(const struct am_mac_ips *t, const uint64_t key[WORDS], uint64_t found[WORDS])
{
	uint32_t at = atomic_load_explicit(head_of(t, key), memory_order_acquire);

	for (unsigned i = 0; at && i < CHAIN_MAX; i++) {
		load(&t->entries[at - 1], found);
		if (found[0] == key[0] && found[1] == key[1] && found[2] == key[2])
			return at - 1;
		at = atomic_load_explicit(&t->entries[at - 1].next, memory_order_acquire);
	}
	return AM_MAC_IP_NONE;
}

uint32_t am_mac_ips_find(
	const struct am_mac_ips *t, uint16_t bridge, const struct am_ip *ip, struct am_mac_ip *out)
{
	uint64_t key[WORDS], found[WORDS];

	pack(&(struct am_mac_ip){.bridge = bridge, .ip = *ip}, key);
	for (unsigned i = 0; i < TRIES; i++) {
		uint32_t version = atomic_load_explicit(&t->version, memory_order_acquire);
		uint32_t number = walk(t, key, found);

		if (version % 2 || atomic_load_explicit(&t->version, memory_order_relaxed) != version)
			continue;
		if (number != AM_MAC_IP_NONE)
			unpack(found, out);
		return number;
	}
	return AM_MAC_IP_NONE;
}

void am_mac_ips_see(struct am_mac_ips *t, uint32_t number, uint32_t now_s)
{
	_Atomic uint32_t *seen = &t->seen[number];

	if (atomic_load_explicit(seen, memory_order_relaxed) != now_s)
		atomic_store_explicit(seen, now_s, memory_order_relaxed);
}

/* ---- the writer ---- */

/* Release on each store in between keeps it behind the odd version. */
static void begin(struct am_mac_ips *t)
{
	atomic_store_explicit(&t->version, t->version + 1, memory_order_relaxed);
}

static void end(struct am_mac_ips *t)
{
	atomic_store_explicit(&t->version, t->version + 1, memory_order_release);
}

static void store(struct am_mac_ips *t, uint32_t number, const uint64_t words[WORDS])
{
	for (unsigned i = 0; i < WORDS; i++)
		atomic_store_explicit(&t->entries[number].words[i], words[i], memory_order_release);
}

static bool chain_is_full(const struct am_mac_ips *t, const uint64_t words[WORDS])
{
	uint32_t at = *head_of(t, words);
	unsigned n = 0;

	for (; at; at = t->entries[at - 1].next)
		n++;
	return n == CHAIN_MAX;
}

static uint32_t insert(struct am_mac_ips *t, const uint64_t words[WORDS])
{
	_Atomic uint32_t *head = head_of(t, words);
	uint32_t number;

	if (chain_is_full(t, words) || (!t->n_free && t->end == t->max))
		return AM_MAC_IP_NONE;
	number = t->n_free ? t->free[--t->n_free] : t->end++;
	t->count++;
	begin(t);
	store(t, number, words);
	atomic_store_explicit(&t->entries[number].next, *head, memory_order_release);
	atomic_store_explicit(head, number + 1, memory_order_release);
	end(t);
	return number;
}

uint32_t am_mac_ips_set(struct am_mac_ips *t, const struct am_mac_ip *entry, uint32_t now_s)
{
	uint64_t words[WORDS], before[WORDS];
	uint32_t number;

	pack(entry, words);
	number = walk(t, words, before);
	if (number == AM_MAC_IP_NONE) {
		number = insert(t, words);
	} else if (before[3] != words[3]) {
		begin(t);
		store(t, number, words);
		end(t);
	}
	if (number != AM_MAC_IP_NONE)
		atomic_store_explicit(&t->seen[number], now_s, memory_order_relaxed);
	return number;
}

void am_mac_ips_del(struct am_mac_ips *t, uint32_t number)
{
	static const uint64_t none[WORDS];
	struct entry *e = &t->entries[number];
	_Atomic uint32_t *at;
	uint64_t words[WORDS];

	load(e, words);
	at = head_of(t, words);
	while (*at && *at != number + 1)
		at = &t->entries[*at - 1].next;
	begin(t);
	atomic_store_explicit(at, e->next, memory_order_release);
	store(t, number, none);
	end(t);
	t->free[t->n_free++] = number;
	t->count--;
}

bool am_mac_ips_at(const struct am_mac_ips *t, uint32_t number, struct am_mac_ip *out)
{
	uint64_t words[WORDS];

	if (number >= t->end)
		return false;
	load(&t->entries[number], words);
	unpack(words, out);
	return out->ip.family;
}

uint32_t am_mac_ips_seen_s(const struct am_mac_ips *t, uint32_t number)
{
	return atomic_load_explicit(&t->seen[number], memory_order_relaxed);
}

uint32_t am_mac_ips_count(const struct am_mac_ips *t)
{
	return t->count;
}

uint32_t am_mac_ips_end(const struct am_mac_ips *t)
{
	return t->end;
}

uint64_t am_mac_ips_memory(const struct am_mac_ips *t)
{
	return sizeof *t + (uint64_t)t->end * (sizeof *t->entries + sizeof *t->seen + sizeof *t->free) +
	       (t->mask + 1ull) * sizeof *t->heads;
}
