/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_TABLE_H
#define BGP_TABLE_H
/*
 * The prefixes of one family, found by a hash. IPv4 takes 16 octets a prefix, IPv6 28; an EVPN key is of any length and stands elsewhere. What
 * hangs at a prefix belongs to the routing table.
 */
#include "arena.h"
#include "bgp/nlri.h"
#include "buckets.h"
#include "pool.h"

enum am_bgp_node_flag {
	AM_BGP_NODE_USED = 1,
	AM_BGP_NODE_BEST = 2,    /* the first route is the best one, and chosen */
	AM_BGP_NODE_CHANGED = 4, /* since that, a route that was used changed or went */
	AM_BGP_NODE_TOUCHED = 8, /* or any other */
};

struct am_bgp_node {
	uint32_t next;   /* of the same bucket; first, since the pool uses it for what is free */
	uint32_t routes; /* the first one; 0: none */
	uint8_t flags;
	uint8_t len;      /* bits of the prefix */
	uint16_t key_len; /* of EVPN */
	uint8_t key[];    /* the address; or, of EVPN, where the key is in the arena */
};

struct am_bgp_table {
	enum am_bgp_family family;
	struct am_bgp_pool nodes;
	struct am_bgp_arena keys;
	struct am_bgp_buckets buckets;
	uint64_t seed;
};

enum { AM_BGP_KEY_MAX = 2 + 255, AM_BGP_EXTRA_MAX = 10 + 1 + 2 * 4 + 1 + 16 };

/* A prefix to be looked for. */
struct am_bgp_key {
	uint64_t hash;
	uint16_t len; /* octets of bytes */
	uint8_t bits; /* of the prefix */
	uint8_t bytes[AM_BGP_KEY_MAX];
};

static inline struct am_bgp_node *am_bgp_node_at(const struct am_bgp_table *table, uint32_t id)
{
	return am_bgp_pool_at(&table->nodes, id);
}

/* False: no memory. */
bool am_bgp_table_init(struct am_bgp_table *table, enum am_bgp_family family, uint64_t seed);
void am_bgp_table_release(struct am_bgp_table *table);

/* -EINVAL where the NLRI is of another family, or cannot be one. */
int am_bgp_table_key(
	const struct am_bgp_table *table, const struct am_bgp_nlri *nlri, struct am_bgp_key *key);
/* What of an EVPN route is no part of the key: how many octets of out (AM_BGP_EXTRA_MAX) it takes. */
size_t am_bgp_evpn_extra(const struct am_bgp_evpn *route, uint8_t *out);

/* Ask the memory for what find() will look at first, and then for the node behind it. */
static inline void am_bgp_table_prefetch(const struct am_bgp_table *table, const struct am_bgp_key *key)
{
	__builtin_prefetch(&table->buckets.heads[am_bgp_bucket_of(&table->buckets, key->hash)]);
}

void am_bgp_table_prefetch_node(const struct am_bgp_table *table, const struct am_bgp_key *key);
/* What remove() will look at first: the bucket, which stays where it is until a node comes or goes. */
const uint32_t *am_bgp_table_prefetch_bucket(const struct am_bgp_table *table, uint32_t id);

/* 0: it is not there. */
uint32_t am_bgp_table_find(const struct am_bgp_table *table, const struct am_bgp_key *key);
/* One that is not there. 0: no memory. */
uint32_t am_bgp_table_add(struct am_bgp_table *table, const struct am_bgp_key *key);
void am_bgp_table_remove(struct am_bgp_table *table, uint32_t id);
/* The NLRI of a prefix, with what extra says of an EVPN route; spans point into the table. */
void am_bgp_table_nlri(
	const struct am_bgp_table *table, uint32_t id, struct am_bgp_span extra, struct am_bgp_nlri *out);
/* A prefix, no EVPN, as it stands in an UPDATE. -ENOSPC. */
int am_bgp_table_put(const struct am_bgp_table *table, uint32_t id, struct am_writer *w);
size_t am_bgp_table_bytes(const struct am_bgp_table *table);

#endif
