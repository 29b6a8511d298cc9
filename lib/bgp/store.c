/* SPDX-License-Identifier: BSD-3-Clause */
#include "bgp/store.h"

#include <errno.h>
#include <stdlib.h>

#include "arena.h"
#include "base/hash.h"
#include "codec.h"

enum {
	ATTRS_MAX = 65535,
	ENCODING_MAX = 1 + 32 + 1 + 255 + ATTRS_MAX,
	FEWEST_BUCKETS = 64,
};

/* In front of its encoding: next hop and extra, each with its length in one octet, then the attributes. */
struct record {
	uint32_t refs;
	uint32_t hash;
	uint32_t next; /* of the same bucket */
	uint32_t len;
	uint8_t bytes[];
};

struct am_bgp_store {
	struct am_bgp_arena arena;
	uint32_t *buckets;
	uint32_t n_buckets, n_sets;
	size_t bytes;
	uint64_t seed;
	uint8_t encoding[ENCODING_MAX + 8];
};

/* How sets are written here: nothing is left out, nothing is split. */
static const struct am_bgp_context plain = {.kind = AM_BGP_CONFEDERATION, .as4 = true, .aigp = true};

static struct record *record_at(const struct am_bgp_store *s, am_bgp_set_id id)
{
	return am_bgp_arena_at(&s->arena, id);
}

struct am_bgp_store *am_bgp_store_create(uint64_t seed)
{
	struct am_bgp_store *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->buckets = calloc(FEWEST_BUCKETS, sizeof *s->buckets);
	if (!s->buckets) {
		free(s);
		return NULL;
	}
	s->n_buckets = FEWEST_BUCKETS;
	s->seed = seed;
	return s;
}

void am_bgp_store_free(struct am_bgp_store *s)
{
	if (!s)
		return;
	am_bgp_arena_release(&s->arena);
	free(s->buckets);
	free(s);
}

/* Into s->encoding, filled up with zeroes to whole words. 0: too long. */
static uint32_t encode(struct am_bgp_store *s, const struct am_bgp_set *set)
{
	struct am_writer w = am_writer(s->encoding, ENCODING_MAX);
	struct am_bgp_attrs attrs = set->attrs;
	size_t begin;

	attrs.has &= ~AM_BGP_HAS(AM_BGP_ATTR_NEXT_HOP);
	am_put8(&w, set->next_hop.len);
	am_put_bytes(&w, set->next_hop.bytes, set->next_hop.len);
	am_put8(&w, (uint8_t)set->extra.len);
	if (set->extra.len)
		am_put_bytes(&w, set->extra.bytes, set->extra.len);
	begin = am_writer_len(&w);
	am_bgp_attrs_encode(&w, &attrs, &plain);
	if (w.full || am_writer_len(&w) - begin > ATTRS_MAX)
		return 0;
	memset(w.at, 0, 8);
	return (uint32_t)am_writer_len(&w);
}

static void rehash(struct am_bgp_store *s, uint32_t *buckets, uint32_t n)
{
	for (uint32_t i = 0; i < s->n_buckets; i++) {
		uint32_t id = s->buckets[i];

		while (id) {
			struct record *r = record_at(s, id);
			uint32_t next = r->next, *bucket = &buckets[r->hash & (n - 1)];

			r->next = *bucket;
			*bucket = id;
			id = next;
		}
	}
	free(s->buckets);
	s->buckets = buckets;
	s->n_buckets = n;
}

/* Buckets for as many sets as there are. Where there is no memory, chains are longer. */
static void fit(struct am_bgp_store *s)
{
	uint32_t n = s->n_buckets;
	uint32_t *buckets;

	if (s->n_sets > n)
		n *= 2;
	else if (n > FEWEST_BUCKETS && s->n_sets < n / 8)
		n /= 2;
	else
		return;
	buckets = calloc(n, sizeof *buckets);
	if (buckets)
		rehash(s, buckets, n);
}

static am_bgp_set_id find(const struct am_bgp_store *s, uint32_t hash, uint32_t len)
{
	uint32_t id = s->buckets[hash & (s->n_buckets - 1)];

	while (id) {
		const struct record *r = record_at(s, id);

		if (r->hash == hash && r->len == len && !memcmp(r->bytes, s->encoding, len))
			return id;
		id = r->next;
	}
	return 0;
}

static am_bgp_set_id add(struct am_bgp_store *s, uint32_t hash, uint32_t len)
{
	uint32_t id = am_bgp_arena_alloc(&s->arena, sizeof(struct record) + len);
	uint32_t *bucket = &s->buckets[hash & (s->n_buckets - 1)];
	struct record *r;

	if (!id)
		return 0;
	r = record_at(s, id);
	*r = (struct record){.refs = 1, .hash = hash, .next = *bucket, .len = len};
	memcpy(r->bytes, s->encoding, len);
	*bucket = id;
	s->n_sets++;
	s->bytes += len;
	fit(s);
	return id;
}

int am_bgp_store_intern(struct am_bgp_store *s, const struct am_bgp_set *set, am_bgp_set_id *out)
{
	uint32_t len = encode(s, set), hash;

	if (!len)
		return -EMSGSIZE;
	hash = (uint32_t)am_hash_words(s->encoding, (len + 7u) & ~7u, s->seed);
	*out = find(s, hash, len);
	if (*out) {
		record_at(s, *out)->refs++;
		return 0;
	}
	*out = add(s, hash, len);
	return *out ? 0 : -ENOMEM;
}

void am_bgp_store_hold(struct am_bgp_store *s, am_bgp_set_id id, uint32_t times)
{
	if (id)
		record_at(s, id)->refs += times;
}

static void drop(struct am_bgp_store *s, am_bgp_set_id id, const struct record *r)
{
	uint32_t *link = &s->buckets[r->hash & (s->n_buckets - 1)];

	while (*link != id)
		link = &record_at(s, *link)->next;
	*link = r->next;
	s->n_sets--;
	s->bytes -= r->len;
	am_bgp_arena_free(&s->arena, id, sizeof *r + r->len);
	fit(s);
}

void am_bgp_store_release(struct am_bgp_store *s, am_bgp_set_id id, uint32_t times)
{
	struct record *r;

	if (!id)
		return;
	r = record_at(s, id);
	r->refs -= times;
	if (!r->refs)
		drop(s, id, r);
}

void am_bgp_store_next_hop(const struct am_bgp_store *s, am_bgp_set_id id, struct am_bgp_next_hop *out)
{
	const uint8_t *bytes = record_at(s, id)->bytes;

	*out = (struct am_bgp_next_hop){.len = bytes[0]};
	memcpy(out->bytes, bytes + 1, out->len);
}

void am_bgp_store_get(const struct am_bgp_store *s, am_bgp_set_id id, struct am_bgp_set *out)
{
	const struct record *r = record_at(s, id);
	const uint8_t *at = r->bytes + 1 + r->bytes[0], *end = r->bytes + r->len;

	am_bgp_store_next_hop(s, id, &out->next_hop);
	out->extra = (struct am_bgp_span){at + 1, *at};
	at += 1 + *at;
	am_bgp_attrs_reload((struct am_bgp_span){at, (size_t)(end - at)}, &out->attrs);
}

struct am_bgp_store_size am_bgp_store_size(const struct am_bgp_store *s)
{
	return (struct am_bgp_store_size){
		.sets = s->n_sets,
		.bytes = s->bytes,
		.overhead = s->arena.bytes - s->bytes + s->n_buckets * sizeof *s->buckets + sizeof *s +
			    s->arena.room * sizeof *s->arena.chunks,
	};
}
