/* SPDX-License-Identifier: BSD-3-Clause */
#include "bgp/store.h"

#include <errno.h>
#include <stdlib.h>

#include "arena.h"
#include "base/hash.h"
#include "buckets.h"
#include "codec.h"

enum {
	ATTRS_MAX = 65535,
	ENCODING_MAX = 1 + 32 + 1 + 255 + ATTRS_MAX,
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
	struct am_bgp_buckets buckets;
	uint32_t n_sets;
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
	if (!am_bgp_buckets_init(&s->buckets)) {
		free(s);
		return NULL;
	}
	s->seed = seed;
	return s;
}

void am_bgp_store_free(struct am_bgp_store *s)
{
	if (!s)
		return;
	am_bgp_arena_release(&s->arena);
	am_bgp_buckets_release(&s->buckets);
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

/* What is in one bucket goes to the one behind it by base, where its hash says so. */
static void split(struct am_bgp_store *s, uint32_t from)
{
	struct am_bgp_buckets *b = &s->buckets;
	uint32_t id = b->heads[from], to = from + b->base;

	b->heads[from] = 0;
	while (id) {
		struct record *r = record_at(s, id);
		uint32_t next = r->next, *head = &b->heads[r->hash & b->base ? to : from];

		r->next = *head;
		*head = id;
		id = next;
	}
}

static void grow(struct am_bgp_store *s)
{
	uint32_t from;

	if (!am_bgp_buckets_grow(&s->buckets, &from))
		return;
	for (uint32_t i = 0; i < AM_BGP_BUCKETS_STEP; i++) {
		if (s->buckets.heads[from + i])
			__builtin_prefetch(record_at(s, s->buckets.heads[from + i]));
	}
	for (uint32_t i = 0; i < AM_BGP_BUCKETS_STEP; i++)
		split(s, from + i);
	am_bgp_buckets_grown(&s->buckets);
}

static void shrink(struct am_bgp_store *s)
{
	struct am_bgp_buckets *b = &s->buckets;

	if (!am_bgp_buckets_shrink(b))
		return;
	for (uint32_t i = b->n - AM_BGP_BUCKETS_STEP; i < b->n; i++) {
		uint32_t *end = &b->heads[i - b->base];

		while (*end)
			end = &record_at(s, *end)->next;
		*end = b->heads[i];
	}
	am_bgp_buckets_shrunk(b);
}

/* Buckets for as many sets as there are. Where there is no memory, chains are longer. */
static void fit(struct am_bgp_store *s)
{
	if (s->n_sets > s->buckets.n)
		grow(s);
	else if (s->n_sets < s->buckets.n / 4)
		shrink(s);
}

static am_bgp_set_id find(const struct am_bgp_store *s, uint32_t hash, uint32_t len)
{
	uint32_t id = s->buckets.heads[am_bgp_bucket_of(&s->buckets, hash)];

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
	uint32_t *bucket = &s->buckets.heads[am_bgp_bucket_of(&s->buckets, hash)];
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
	uint32_t *link = &s->buckets.heads[am_bgp_bucket_of(&s->buckets, r->hash)];

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
		.overhead = s->arena.bytes - s->bytes + am_bgp_buckets_bytes(&s->buckets) + sizeof *s +
			    s->arena.room * sizeof *s->arena.chunks,
	};
}
