/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two tries with compressed paths. A node is a prefix: either entries hang on it, or it is where two longer ones part. Nodes and entries are
 * numbers in arrays, 0 none, so that a full table is three blocks of memory and half as large as with pointers.
 */
#include "bgp/roa.h"

#include <errno.h>
#include <stdlib.h>

#include "base/bytes.h"

enum { SWEEP_STEP = 1024, FIRST_ROOM = 64 };

struct node {
	uint32_t child[2];
	uint32_t first; /* entry */
	uint8_t len;
};

struct entry {
	uint32_t as;
	uint32_t next; /* of the same node, or of the free ones */
	uint32_t node;
	uint8_t max_len;
	uint8_t sources; /* who says so, a bit each; 0: free */
	uint8_t round;   /* since which refill, a bit each */
	bool ipv6;
};

struct trie {
	unsigned width; /* octets of a key */
	struct node *nodes;
	uint8_t *keys;
	uint32_t root, used, room, free;
	size_t n; /* entries */
};

struct am_bgp_roa_table {
	struct trie tries[2]; /* IPv4, IPv6 */
	struct entry *entries;
	uint32_t used, room, free;
	uint8_t round;   /* of each source, a bit */
	uint8_t unswept; /* likewise: refilled, and not swept to the end */
	uint32_t swept[AM_BGP_ROA_SOURCES];
};

struct am_bgp_roa_table *am_bgp_roa_create(void)
{
	struct am_bgp_roa_table *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->tries[0].width = 4;
	t->tries[1].width = 16;
	return t;
}

void am_bgp_roa_free(struct am_bgp_roa_table *t)
{
	if (!t)
		return;
	for (unsigned i = 0; i < 2; i++) {
		free(t->tries[i].nodes);
		free(t->tries[i].keys);
	}
	free(t->entries);
	free(t);
}

static bool grow(void **array, size_t size, uint32_t room)
{
	void *grown = realloc(*array, size * room);

	if (grown)
		*array = grown;
	return grown;
}

static uint32_t more(uint32_t room)
{
	return room ? room + room / 2 : FIRST_ROOM;
}

/* See to it that n nodes can be made without fail. Those in the list of free ones may be fewer than it seems: they are not counted. */
static bool reserve_nodes(struct trie *t, uint32_t n)
{
	uint32_t room = more(t->room);

	if (t->used + n < t->room)
		return true;
	if (!grow((void **)&t->nodes, sizeof *t->nodes, room) || !grow((void **)&t->keys, t->width, room))
		return false;
	t->room = room;
	return true;
}

static bool reserve_entry(struct am_bgp_roa_table *t)
{
	uint32_t room = more(t->room);

	if (t->free || t->used + 1 < t->room)
		return true;
	if (!grow((void **)&t->entries, sizeof *t->entries, room))
		return false;
	t->room = room;
	return true;
}

static const uint8_t *key_of(const struct trie *t, uint32_t node)
{
	return t->keys + (size_t)node * t->width;
}

static unsigned bit(const uint8_t *key, unsigned at)
{
	return key[at / 8] >> (7 - at % 8) & 1;
}

/* Leading bits that two keys share. */
static unsigned common(const struct trie *t, const uint8_t *a, const uint8_t *b)
{
	uint64_t x;

	if (t->width == 4) {
		uint32_t y = am_load32(a) ^ am_load32(b);

		return y ? (unsigned)__builtin_clz(y) : 32;
	}
	x = am_load64(a) ^ am_load64(b);
	if (x)
		return (unsigned)__builtin_clzll(x);
	x = am_load64(a + 8) ^ am_load64(b + 8);
	return x ? 64 + (unsigned)__builtin_clzll(x) : 128;
}

static uint32_t make_node(struct trie *t, const uint8_t *key, unsigned len)
{
	uint32_t node = t->free;

	if (node)
		t->free = t->nodes[node].child[0];
	else
		node = ++t->used;
	t->nodes[node] = (struct node){.len = (uint8_t)len};
	memset(t->keys + (size_t)node * t->width, 0, t->width);
	memcpy(t->keys + (size_t)node * t->width, key, (len + 7) / 8);
	if (len % 8)
		t->keys[(size_t)node * t->width + len / 8] &= (uint8_t)(0xff << (8 - len % 8));
	return node;
}

static void free_node(struct trie *t, uint32_t node)
{
	t->nodes[node].child[0] = t->free;
	t->free = node;
}

/* Where a node hangs: on the root, or on a side of another. */
struct place {
	uint32_t parent;
	unsigned side;
};

static void hang(struct trie *t, struct place at, uint32_t node)
{
	if (at.parent)
		t->nodes[at.parent].child[at.side] = node;
	else
		t->root = node;
}

static uint32_t hung(const struct trie *t, struct place at)
{
	return at.parent ? t->nodes[at.parent].child[at.side] : t->root;
}

/* Does the node's prefix cover the key of len bits? */
static bool covers(const struct trie *t, uint32_t node, const uint8_t *key, unsigned len)
{
	return t->nodes[node].len <= len && common(t, key_of(t, node), key) >= t->nodes[node].len;
}

/* Go down as far as nodes cover the prefix and are shorter: the place below, and the two above it. */
static struct place descend(const struct trie *t, const uint8_t *key, unsigned len, struct place *above)
{
	struct place at = {0, 0};

	*above = at;
	for (uint32_t node = t->root; node && t->nodes[node].len < len && covers(t, node, key, len);
		node = hung(t, at)) {
		*above = at;
		at = (struct place){node, bit(key, t->nodes[node].len)};
	}
	return at;
}

static uint32_t find_node(const struct trie *t, const uint8_t *key, unsigned len)
{
	struct place above, at = descend(t, key, len, &above);
	uint32_t node = hung(t, at);

	return node && t->nodes[node].len == len && covers(t, node, key, len) ? node : 0;
}

/* The node of a prefix, made where there is none; two were reserved. */
static uint32_t need_node(struct trie *t, const uint8_t *key, unsigned len)
{
	struct place above, at = descend(t, key, len, &above);
	uint32_t old = hung(t, at), node, fork;
	unsigned shared;

	if (old && t->nodes[old].len == len && covers(t, old, key, len))
		return old;
	node = make_node(t, key, len);
	if (!old) {
		hang(t, at, node);
		return node;
	}
	shared = common(t, key_of(t, old), key);
	if (shared >= len) {
		t->nodes[node].child[bit(key_of(t, old), len)] = old;
		hang(t, at, node);
		return node;
	}
	fork = make_node(t, key, shared);
	t->nodes[fork].child[bit(key, shared)] = node;
	t->nodes[fork].child[!bit(key, shared)] = old;
	hang(t, at, fork);
	return node;
}

/* A node that nothing hangs on, and that no two paths part at, has no use. True: it is gone. */
static bool prune(struct trie *t, struct place at)
{
	uint32_t node = hung(t, at);
	struct node *n = &t->nodes[node];

	if (n->first || (n->child[0] && n->child[1]))
		return false;
	hang(t, at, n->child[0] ? n->child[0] : n->child[1]);
	free_node(t, node);
	return true;
}

static void drop_node(struct trie *t, const uint8_t *key, unsigned len)
{
	struct place above, at = descend(t, key, len, &above);

	if (prune(t, at) && at.parent)
		prune(t, above);
}

static struct trie *trie_of(struct am_bgp_roa_table *t, const struct am_prefix *p)
{
	return &t->tries[p->ip.family == AM_IPV6];
}

static const struct trie *trie_in(const struct am_bgp_roa_table *t, const struct am_prefix *p)
{
	return &t->tries[p->ip.family == AM_IPV6];
}

struct am_bgp_roa_iter am_bgp_roa_covering(
	const struct am_bgp_roa_table *table, const struct am_prefix *prefix)
{
	const struct trie *t = trie_in(table, prefix);
	struct am_bgp_roa_iter iter = {.table = table, .prefix = *prefix, .node = t->root};

	if (!am_ip_len(&prefix->ip) || prefix->len > t->width * 8)
		iter.node = 0;
	if (iter.node && !covers(t, iter.node, prefix->ip.bytes, prefix->len))
		iter.node = 0;
	if (iter.node)
		iter.entry = t->nodes[iter.node].first;
	return iter;
}

/* The next entry of the nodes that cover the prefix; 0: none is left. */
static uint32_t next_covering(struct am_bgp_roa_iter *iter)
{
	const struct trie *t = trie_in(iter->table, &iter->prefix);
	const struct am_prefix *p = &iter->prefix;
	uint32_t entry;

	while (iter->node && !iter->entry) {
		const struct node *n = &t->nodes[iter->node];

		iter->node = n->len < p->len ? n->child[bit(p->ip.bytes, n->len)] : 0;
		if (iter->node && !covers(t, iter->node, p->ip.bytes, p->len))
			iter->node = 0;
		iter->entry = iter->node ? t->nodes[iter->node].first : 0;
	}
	entry = iter->entry;
	if (entry)
		iter->entry = iter->table->entries[entry].next;
	return entry;
}

static void tell(const struct am_bgp_roa_table *table, uint32_t entry, struct am_bgp_roa *out)
{
	const struct entry *e = &table->entries[entry];
	const struct trie *t = &table->tries[e->ipv6];

	*out = (struct am_bgp_roa){.as = e->as, .max_len = e->max_len};
	out->prefix.len = t->nodes[e->node].len;
	out->prefix.ip.family = e->ipv6 ? AM_IPV6 : AM_IPV4;
	memcpy(out->prefix.ip.bytes, key_of(t, e->node), t->width);
}

bool am_bgp_roa_next(struct am_bgp_roa_iter *iter, struct am_bgp_roa *out)
{
	uint32_t entry = next_covering(iter);

	if (entry)
		tell(iter->table, entry, out);
	return entry;
}

enum am_bgp_roa_state am_bgp_roa_validate(
	const struct am_bgp_roa_table *table, const struct am_prefix *prefix, uint32_t origin)
{
	struct am_bgp_roa_iter iter = am_bgp_roa_covering(table, prefix);
	enum am_bgp_roa_state state = AM_BGP_ROA_NOT_FOUND;
	uint32_t entry;

	while ((entry = next_covering(&iter))) {
		const struct entry *e = &table->entries[entry];

		if (origin && e->as == origin && e->max_len >= prefix->len)
			return AM_BGP_ROA_VALID;
		state = AM_BGP_ROA_INVALID;
	}
	return state;
}

/* Does another entry already make of every route what this one does? One that covers it, and allows its AS as much. */
static bool is_redundant(const struct am_bgp_roa_table *table, const struct am_bgp_roa *roa, uint32_t self)
{
	struct am_bgp_roa_iter iter = am_bgp_roa_covering(table, &roa->prefix);
	uint32_t entry;

	while ((entry = next_covering(&iter))) {
		const struct entry *e = &table->entries[entry];

		if (entry != self && (!roa->as || (e->as == roa->as && e->max_len >= roa->max_len)))
			return true;
	}
	return false;
}

static bool is_wrong(unsigned source, const struct am_bgp_roa *roa)
{
	size_t bits = am_ip_len(&roa->prefix.ip) * 8;

	return source >= AM_BGP_ROA_SOURCES || !bits || roa->max_len > bits || roa->prefix.len > roa->max_len;
}

/* The entry, and the link that holds it; 0: there is none. */
static uint32_t find_entry(
	struct am_bgp_roa_table *table, uint32_t node, const struct am_bgp_roa *roa, uint32_t **link)
{
	*link = &trie_of(table, &roa->prefix)->nodes[node].first;
	while (**link) {
		struct entry *e = &table->entries[**link];

		if (e->as == roa->as && e->max_len == roa->max_len)
			break;
		*link = &e->next;
	}
	return **link;
}

static uint32_t make_entry(struct am_bgp_roa_table *table, uint32_t node, const struct am_bgp_roa *roa)
{
	struct trie *t = trie_of(table, &roa->prefix);
	uint32_t entry = table->free;

	if (entry)
		table->free = table->entries[entry].next;
	else
		entry = ++table->used;
	table->entries[entry] = (struct entry){
		.as = roa->as,
		.max_len = roa->max_len,
		.node = node,
		.ipv6 = t->width == 16,
		.next = t->nodes[node].first,
	};
	t->nodes[node].first = entry;
	t->n++;
	return entry;
}

int am_bgp_roa_add(struct am_bgp_roa_table *table, unsigned source, const struct am_bgp_roa *roa)
{
	struct trie *t = trie_of(table, &roa->prefix);
	uint8_t who = (uint8_t)(1u << source);
	uint32_t node, entry, *link;
	struct entry *e;
	bool is_new;

	if (is_wrong(source, roa))
		return -EINVAL;
	if (!reserve_nodes(t, 2) || !reserve_entry(table))
		return -ENOMEM;
	node = need_node(t, roa->prefix.ip.bytes, roa->prefix.len);
	entry = find_entry(table, node, roa, &link);
	is_new = !entry;
	if (is_new)
		entry = make_entry(table, node, roa);
	e = &table->entries[entry];
	e->sources |= who;
	e->round = (uint8_t)((e->round & ~who) | (table->round & who));
	return is_new && !is_redundant(table, roa, entry);
}

int am_bgp_roa_remove(struct am_bgp_roa_table *table, unsigned source, const struct am_bgp_roa *roa)
{
	struct trie *t = trie_of(table, &roa->prefix);
	uint32_t node, entry, *link;
	struct entry *e;

	if (is_wrong(source, roa))
		return -EINVAL;
	node = find_node(t, roa->prefix.ip.bytes, roa->prefix.len);
	entry = node ? find_entry(table, node, roa, &link) : 0;
	if (!entry)
		return 0;
	e = &table->entries[entry];
	e->sources &= (uint8_t) ~(1u << source);
	if (e->sources)
		return 0;
	*link = e->next;
	e->next = table->free;
	table->free = entry;
	t->n--;
	if (!t->nodes[node].first)
		drop_node(t, roa->prefix.ip.bytes, roa->prefix.len);
	return !is_redundant(table, roa, 0);
}

/* The round before was not swept out: a bit cannot tell it from the one that begins, so all is marked as of another. */
static void mark_all(struct am_bgp_roa_table *table, uint8_t who)
{
	for (uint32_t i = 1; i <= table->used; i++) {
		struct entry *e = &table->entries[i];

		e->round = (uint8_t)((e->round & ~who) | (~table->round & who));
	}
}

void am_bgp_roa_refill(struct am_bgp_roa_table *table, unsigned source)
{
	uint8_t who = (uint8_t)(1u << source);

	if (source >= AM_BGP_ROA_SOURCES)
		return;
	table->round ^= who;
	if (table->unswept & who)
		mark_all(table, who);
	table->unswept |= who;
	table->swept[source] = 0;
}

int am_bgp_roa_sweep(struct am_bgp_roa_table *table, unsigned source, struct am_bgp_roa *roa)
{
	uint32_t *at, end;

	if (source >= AM_BGP_ROA_SOURCES)
		return 0;
	at = &table->swept[source];
	end = table->used - *at > SWEEP_STEP ? *at + SWEEP_STEP : table->used;
	while (*at < end) {
		const struct entry *e = &table->entries[++*at];

		if (!(e->sources & (e->round ^ table->round) & 1u << source))
			continue;
		tell(table, *at, roa);
		if (am_bgp_roa_remove(table, source, roa))
			return 1;
	}
	if (*at < table->used)
		return -EAGAIN;
	table->unswept &= (uint8_t) ~(1u << source);
	return 0;
}

size_t am_bgp_roa_count(const struct am_bgp_roa_table *table, enum am_family family)
{
	return table->tries[family == AM_IPV6].n;
}

const char *am_bgp_roa_state_name(enum am_bgp_roa_state state)
{
	static const char *const names[] = {
		[AM_BGP_ROA_NOT_FOUND] = "not-found",
		[AM_BGP_ROA_VALID] = "valid",
		[AM_BGP_ROA_INVALID] = "invalid",
	};

	return names[state];
}
