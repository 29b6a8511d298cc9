/* SPDX-License-Identifier: BSD-3-Clause */
#include "table.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "bgp/rib.h"
#include "codec.h"

static size_t address_len(const struct am_bgp_table *t)
{
	return t->family == AM_BGP_IPV4_UNICAST ? 4 : 16;
}

bool am_bgp_table_init(struct am_bgp_table *t, enum am_bgp_family family, uint64_t seed)
{
	*t = (struct am_bgp_table){.family = family, .seed = seed};
	t->nodes.item = sizeof(struct am_bgp_node) + (family == AM_BGP_IPV6_UNICAST ? 16 : 4);
	return am_bgp_buckets_init(&t->buckets);
}

void am_bgp_table_release(struct am_bgp_table *t)
{
	am_bgp_pool_release(&t->nodes);
	am_bgp_arena_release(&t->keys);
	am_bgp_buckets_release(&t->buckets);
}

static uint32_t key_id(const struct am_bgp_node *node)
{
	uint32_t id;

	memcpy(&id, node->key, sizeof id);
	return id;
}

/* Its key's bytes, wherever they are. */
static const uint8_t *key_bytes(const struct am_bgp_table *t, const struct am_bgp_node *node)
{
	return t->family == AM_BGP_L2VPN_EVPN ? am_bgp_arena_at(&t->keys, key_id(node)) : node->key;
}

/* Apart, so that its room is not cleared for prefixes. */
static __attribute__((noinline)) uint64_t hash_evpn(
	const struct am_bgp_table *t, const uint8_t *bytes, size_t len)
{
	uint8_t padded[(AM_BGP_KEY_MAX + 7) & ~7] = {0};

	memcpy(padded, bytes, len);
	return am_hash_words(padded, (len + 7) & ~(size_t)7, t->seed);
}

static inline uint64_t hash_bytes(
	const struct am_bgp_table *t, const uint8_t *bytes, size_t len, uint8_t bits)
{
	if (t->family == AM_BGP_IPV4_UNICAST)
		return am_hash64((uint64_t)am_load32(bytes) << 8 | bits, t->seed);
	if (t->family == AM_BGP_IPV6_UNICAST)
		return am_hash_words(bytes, 16, t->seed + bits);
	return hash_evpn(t, bytes, len);
}

static uint64_t hash_node(const struct am_bgp_table *t, const struct am_bgp_node *node)
{
	size_t len = t->family == AM_BGP_L2VPN_EVPN ? node->key_len : address_len(t);

	return hash_bytes(t, key_bytes(t, node), len, node->len);
}

/* RFC 7432 7.1, 7.2; 9136 3.1: which fields are no part of the key. */
static struct am_bgp_evpn without_extra(const struct am_bgp_evpn *route)
{
	struct am_bgp_evpn key = *route;

	if (route->type == AM_BGP_EVPN_MAC_IP || route->type == AM_BGP_EVPN_IP_PREFIX)
		memset(key.esi, 0, sizeof key.esi);
	key.n_labels = 1;
	memset(key.labels, 0, sizeof key.labels);
	memset(key.gateway.bytes, 0, sizeof key.gateway.bytes);
	return key;
}

static int evpn_key(const struct am_bgp_evpn *route, struct am_bgp_key *key)
{
	struct am_bgp_evpn bare = without_extra(route);
	struct am_writer w = am_writer(key->bytes, sizeof key->bytes);
	int rc = am_bgp_evpn_put(&w, &bare);

	key->bits = 0;
	key->len = (uint16_t)am_writer_len(&w);
	return rc || w.full ? -EINVAL : 0;
}

size_t am_bgp_evpn_extra(const struct am_bgp_evpn *route, uint8_t *out)
{
	struct am_writer w = am_writer(out, AM_BGP_EXTRA_MAX);

	if (route->type != AM_BGP_EVPN_AUTO_DISCOVERY && route->type != AM_BGP_EVPN_MAC_IP &&
		route->type != AM_BGP_EVPN_IP_PREFIX)
		return 0;
	am_put_bytes(&w, route->esi, sizeof route->esi);
	am_put8(&w, route->n_labels);
	am_put32(&w, route->labels[0]);
	am_put32(&w, route->labels[1]);
	am_put8(&w, route->gateway.family);
	am_put_bytes(&w, route->gateway.bytes, sizeof route->gateway.bytes);
	return am_writer_len(&w);
}

static void evpn_restore(struct am_bgp_span extra, struct am_bgp_evpn *route)
{
	struct am_reader r = am_reader(extra.bytes, extra.len);

	memcpy(route->esi, am_take(&r, sizeof route->esi), sizeof route->esi);
	route->n_labels = am_take8(&r);
	route->labels[0] = am_take32(&r);
	route->labels[1] = am_take32(&r);
	route->gateway.family = am_take8(&r);
	memcpy(route->gateway.bytes, am_take(&r, sizeof route->gateway.bytes), sizeof route->gateway.bytes);
}

void am_bgp_rib_restore(const struct am_bgp_set *set, struct am_bgp_nlri *nlri)
{
	if (nlri->family == AM_BGP_L2VPN_EVPN && set->extra.len)
		evpn_restore(set->extra, &nlri->evpn);
}

int am_bgp_table_key(const struct am_bgp_table *t, const struct am_bgp_nlri *nlri, struct am_bgp_key *key)
{
	int rc = 0;

	if (nlri->family != t->family)
		return -EINVAL;
	if (t->family == AM_BGP_L2VPN_EVPN) {
		rc = evpn_key(&nlri->evpn, key);
	} else {
		key->bits = nlri->prefix.len;
		key->len = (uint16_t)address_len(t);
		memcpy(key->bytes, nlri->prefix.ip.bytes, 16);
	}
	if (!rc)
		key->hash = hash_bytes(t, key->bytes, key->len, key->bits);
	return rc;
}

static bool is_key(const struct am_bgp_table *t, const struct am_bgp_node *node, const struct am_bgp_key *key)
{
	if (t->family == AM_BGP_IPV4_UNICAST)
		return node->len == key->bits && !memcmp(node->key, key->bytes, 4);
	if (t->family == AM_BGP_IPV6_UNICAST)
		return node->len == key->bits && !memcmp(node->key, key->bytes, 16);
	return node->key_len == key->len && !memcmp(key_bytes(t, node), key->bytes, key->len);
}

void am_bgp_table_prefetch_node(const struct am_bgp_table *t, const struct am_bgp_key *key)
{
	uint32_t id = t->buckets.heads[am_bgp_bucket_of(&t->buckets, key->hash)];

	if (id)
		__builtin_prefetch(am_bgp_node_at(t, id));
}

const uint32_t *am_bgp_table_prefetch_bucket(const struct am_bgp_table *t, uint32_t id)
{
	uint64_t hash = hash_node(t, am_bgp_node_at(t, id));
	const uint32_t *bucket = &t->buckets.heads[am_bgp_bucket_of(&t->buckets, hash)];

	__builtin_prefetch(bucket);
	return bucket;
}

uint32_t am_bgp_table_find(const struct am_bgp_table *t, const struct am_bgp_key *key)
{
	uint32_t id = t->buckets.heads[am_bgp_bucket_of(&t->buckets, key->hash)];

	while (id) {
		const struct am_bgp_node *node = am_bgp_node_at(t, id);

		if (is_key(t, node, key))
			return id;
		id = node->next;
	}
	return 0;
}

/* What is in one bucket goes to the one behind it by base, where its hash says so. */
static void split(struct am_bgp_table *t, uint32_t from)
{
	struct am_bgp_buckets *b = &t->buckets;
	uint32_t id = b->heads[from], to = from + b->base;

	b->heads[from] = 0;
	while (id) {
		struct am_bgp_node *node = am_bgp_node_at(t, id);
		uint32_t next = node->next, *head = &b->heads[hash_node(t, node) & b->base ? to : from];

		node->next = *head;
		*head = id;
		id = next;
	}
}

static void grow(struct am_bgp_table *t)
{
	uint32_t from;

	if (!am_bgp_buckets_grow(&t->buckets, &from))
		return;
	for (uint32_t i = 0; i < AM_BGP_BUCKETS_STEP; i++) {
		if (t->buckets.heads[from + i])
			__builtin_prefetch(am_bgp_node_at(t, t->buckets.heads[from + i]));
	}
	for (uint32_t i = 0; i < AM_BGP_BUCKETS_STEP; i++)
		split(t, from + i);
	am_bgp_buckets_grown(&t->buckets);
}

static void shrink(struct am_bgp_table *t)
{
	struct am_bgp_buckets *b = &t->buckets;

	if (!am_bgp_buckets_shrink(b))
		return;
	for (uint32_t i = b->n - AM_BGP_BUCKETS_STEP; i < b->n; i++) {
		uint32_t *end = &b->heads[i - b->base];

		while (*end)
			end = &am_bgp_node_at(t, *end)->next;
		*end = b->heads[i];
	}
	am_bgp_buckets_shrunk(b);
}

static bool put_key(struct am_bgp_table *t, struct am_bgp_node *node, const struct am_bgp_key *key)
{
	uint32_t id;

	node->len = key->bits;
	if (t->family != AM_BGP_L2VPN_EVPN) {
		memcpy(node->key, key->bytes, key->len);
		return true;
	}
	id = am_bgp_arena_alloc(&t->keys, key->len);
	if (!id)
		return false;
	memcpy(am_bgp_arena_at(&t->keys, id), key->bytes, key->len);
	memcpy(node->key, &id, sizeof id);
	node->key_len = key->len;
	return true;
}

uint32_t am_bgp_table_add(struct am_bgp_table *t, const struct am_bgp_key *key)
{
	uint32_t id = am_bgp_pool_alloc(&t->nodes), *bucket;
	struct am_bgp_node *node;

	if (!id)
		return 0;
	node = am_bgp_node_at(t, id);
	if (!put_key(t, node, key)) {
		am_bgp_pool_free(&t->nodes, id);
		return 0;
	}
	bucket = &t->buckets.heads[am_bgp_bucket_of(&t->buckets, key->hash)];
	node->flags = AM_BGP_NODE_USED;
	node->next = *bucket;
	*bucket = id;
	if (t->nodes.live > t->buckets.n)
		grow(t);
	return id;
}

void am_bgp_table_remove(struct am_bgp_table *t, uint32_t id)
{
	struct am_bgp_node *node = am_bgp_node_at(t, id);
	uint32_t *link = &t->buckets.heads[am_bgp_bucket_of(&t->buckets, hash_node(t, node))];

	while (*link != id)
		link = &am_bgp_node_at(t, *link)->next;
	*link = node->next;
	if (t->family == AM_BGP_L2VPN_EVPN)
		am_bgp_arena_free(&t->keys, key_id(node), node->key_len);
	am_bgp_pool_free(&t->nodes, id);
	if (t->nodes.live < t->buckets.n / 4)
		shrink(t);
}

void am_bgp_table_nlri(
	const struct am_bgp_table *t, uint32_t id, struct am_bgp_span extra, struct am_bgp_nlri *out)
{
	const struct am_bgp_node *node = am_bgp_node_at(t, id);
	struct am_reader r = am_reader(key_bytes(t, node), node->key_len);
	const char *why;

	out->family = t->family;
	out->path_id = 0;
	if (t->family == AM_BGP_L2VPN_EVPN) {
		am_bgp_evpn_take(&r, &out->evpn, &why);
		if (extra.len)
			evpn_restore(extra, &out->evpn);
		return;
	}
	out->prefix = (struct am_prefix){.len = node->len};
	out->prefix.ip.family = t->family == AM_BGP_IPV4_UNICAST ? AM_IPV4 : AM_IPV6;
	memcpy(out->prefix.ip.bytes, node->key, address_len(t));
}

int am_bgp_table_put(const struct am_bgp_table *t, uint32_t id, struct am_writer *w)
{
	const struct am_bgp_node *node = am_bgp_node_at(t, id);
	size_t len = (node->len + 7u) / 8, room = (size_t)(w->end - w->at);

	if (1 + len > room)
		return -ENOSPC;
	*w->at = node->len;
	/* Of one size where there is room: copies of any size are calls. */
	if (t->family == AM_BGP_IPV4_UNICAST && room > 4)
		memcpy(w->at + 1, node->key, 4);
	else
		memcpy(w->at + 1, node->key, len);
	w->at += 1 + len;
	return 0;
}

size_t am_bgp_table_bytes(const struct am_bgp_table *t)
{
	return t->nodes.bytes + t->keys.bytes + am_bgp_buckets_bytes(&t->buckets);
}
