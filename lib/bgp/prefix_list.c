/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Entries of one family are sorted by address and length. The intervals that they stand for nest, so each knows the closest one around it:
 * a trie without its inner nodes. All that cover a prefix are found by one search and then upwards.
 */
#include "bgp/prefix_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

enum { ENTRIES_MAX = 1 << 24, NONE = -1, INDEX_BITS_MAX = 20 };

typedef unsigned __int128 u128; /* an address, its first bit the highest */

struct node {
	int32_t around; /* the closest entry that covers this one, or NONE */
	uint32_t seq;
	uint8_t len, ge, le;
	bool permit;
};

struct forest {
	uint32_t n;
	bool wide;       /* IPv6 */
	uint8_t bits;    /* of an address that the index looks at; 0: there is none */
	uint32_t *keys4; /* addresses, in order */
	u128 *keys6;     /* the same of IPv6 */
	struct node *nodes;
	uint32_t *index; /* by the first bits: where addresses of at least these begin; one more at the end */
};

struct am_bgp_prefix_list {
	bool denies; /* some entry does: then the lowest number has to be found, else the first that fits will do */
	struct forest v4, v6;
};

/* An entry while the forest is made. */
struct item {
	u128 address;
	uint32_t seq;
	uint8_t len, ge, le;
	bool permit;
};

static u128 address_of(const struct am_ip *ip)
{
	return (u128)am_load64(ip->bytes) << 64 | am_load64(ip->bytes + 8);
}

static u128 key(const struct forest *f, uint32_t i)
{
	return f->wide ? f->keys6[i] : (u128)f->keys4[i] << 96;
}

static bool covers(u128 address, uint8_t len, u128 other)
{
	return len == 0 || (address ^ other) >> (128 - len) == 0;
}

/* ---- making one ---- */

/* What else makes one entry different from another: equal ones become neighbours. */
static uint32_t range(const struct item *i)
{
	return (uint32_t)i->ge << 16 | (uint32_t)i->le << 8 | i->permit;
}

static bool is_before(const struct item *a, const struct item *b)
{
	if (a->address != b->address)
		return a->address < b->address;
	if (a->len != b->len)
		return a->len < b->len;
	if (range(a) != range(b))
		return range(a) < range(b);
	return a->seq < b->seq;
}

static void merge(const struct item *from, struct item *to, size_t begin, size_t middle, size_t end)
{
	size_t a = begin, b = middle;

	for (size_t i = begin; i < end; i++) {
		bool second = a == middle || (b < end && is_before(&from[b], &from[a]));

		to[i] = from[second ? b++ : a++];
	}
}

/* Stable; in n log n whatever is given. The result is in items. */
static void sort(struct item *items, struct item *spare, size_t n)
{
	struct item *from = items, *to = spare, *swap;

	for (size_t run = 1; run < n; run *= 2) {
		for (size_t begin = 0; begin < n; begin += 2 * run) {
			size_t middle = begin + run < n ? begin + run : n;
			size_t end = middle + run < n ? middle + run : n;

			merge(from, to, begin, middle, end);
		}
		swap = from;
		from = to;
		to = swap;
	}
	if (from != items)
		memcpy(items, from, n * sizeof *items);
}

static bool same(const struct item *a, const struct item *b)
{
	return a->address == b->address && a->len == b->len && range(a) == range(b);
}

/* Files of filters repeat themselves: of equal neighbours the first stays. */
static size_t unique(struct item *items, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (!kept || !same(&items[kept - 1], &items[i]))
			items[kept++] = items[i];
	}
	return kept;
}

/* About four entries a place. */
static uint8_t index_bits(uint32_t n)
{
	uint8_t bits = 0;

	while (bits < INDEX_BITS_MAX && (uint32_t)8 << bits <= n)
		bits++;
	return bits;
}

static int reserve(struct forest *f, size_t n)
{
	f->n = (uint32_t)n;
	f->bits = index_bits(f->n);
	f->nodes = calloc(n + 1, sizeof *f->nodes);
	f->index = calloc(((size_t)1 << f->bits) + 1, sizeof *f->index);
	if (f->wide)
		f->keys6 = calloc(n + 1, sizeof *f->keys6);
	else
		f->keys4 = calloc(n + 1, sizeof *f->keys4);
	return f->nodes && f->index && (f->keys6 || f->keys4) ? 0 : -ENOMEM;
}

static uint32_t place(const struct forest *f, u128 address)
{
	return f->bits ? (uint32_t)(address >> (128 - f->bits)) : 0;
}

static void fill_index(struct forest *f)
{
	uint32_t places = (uint32_t)1 << f->bits, at = 0;

	for (uint32_t i = 0; i < places; i++) {
		while (at < f->n && place(f, key(f, at)) < i)
			at++;
		f->index[i] = at;
	}
	f->index[places] = f->n;
}

static void put(struct forest *f, uint32_t i, const struct item *item)
{
	int32_t around = (int32_t)i - 1;

	if (f->wide)
		f->keys6[i] = item->address;
	else
		f->keys4[i] = (uint32_t)(item->address >> 96);
	while (around != NONE && !covers(key(f, (uint32_t)around), f->nodes[around].len, item->address))
		around = f->nodes[around].around;
	f->nodes[i] = (struct node){around, item->seq, item->len, item->ge, item->le, item->permit};
}

static bool is_good(const struct am_bgp_prefix_entry *e)
{
	unsigned bits = (unsigned)am_ip_len(&e->prefix.ip) * 8;
	struct am_prefix clean;

	if (!bits || e->prefix.len > bits || e->ge < e->prefix.len || e->le < e->ge || e->le > bits)
		return false;
	clean = am_prefix_around(&e->prefix.ip, e->prefix.len);
	return am_ip_equal(&clean.ip, &e->prefix.ip);
}

static size_t collect(
	const struct am_bgp_prefix_entry *entries, size_t n, enum am_family family, struct item *items)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		const struct am_bgp_prefix_entry *e = &entries[i];

		if (e->prefix.ip.family == family)
			items[count++] = (struct item){
				address_of(&e->prefix.ip), e->seq, e->prefix.len, e->ge, e->le, e->permit};
	}
	return count;
}

static int plant(struct forest *f, const struct am_bgp_prefix_entry *entries, size_t n, struct item *room)
{
	size_t count = collect(entries, n, f->wide ? AM_IPV6 : AM_IPV4, room);
	int rc;

	sort(room, room + n, count);
	count = unique(room, count);
	rc = reserve(f, count);
	for (uint32_t i = 0; !rc && i < count; i++)
		put(f, i, &room[i]);
	if (!rc)
		fill_index(f);
	return rc;
}

int am_bgp_prefix_list_create(
	const struct am_bgp_prefix_entry *entries, size_t n, struct am_bgp_prefix_list **out)
{
	struct am_bgp_prefix_list *list;
	struct item *room;
	int rc;

	if (n > ENTRIES_MAX)
		return -E2BIG;
	for (size_t i = 0; i < n; i++) {
		if (!is_good(&entries[i]))
			return -EINVAL;
	}
	list = calloc(1, sizeof *list);
	room = calloc(2 * n + 1, sizeof *room);
	rc = list && room ? 0 : -ENOMEM;
	for (size_t i = 0; !rc && i < n; i++)
		list->denies |= !entries[i].permit;
	if (!rc)
		rc = plant(&list->v4, entries, n, room);
	if (!rc) {
		list->v6.wide = true;
		rc = plant(&list->v6, entries, n, room);
	}
	free(room);
	if (rc)
		am_bgp_prefix_list_free(list);
	else
		*out = list;
	return rc;
}

static void clear(struct forest *f)
{
	free(f->keys4);
	free(f->keys6);
	free(f->nodes);
	free(f->index);
}

void am_bgp_prefix_list_free(struct am_bgp_prefix_list *list)
{
	if (!list)
		return;
	clear(&list->v4);
	clear(&list->v6);
	free(list);
}

/* ---- reading one ---- */

/* The last entry that is not behind this address and length; NONE where all are. */
static int32_t last_before(const struct forest *f, u128 address, uint8_t len)
{
	uint32_t at = place(f, address), low = f->index[at], high = f->index[at + 1];

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		u128 k = key(f, middle);

		if (k < address || (k == address && f->nodes[middle].len <= len))
			low = middle + 1;
		else
			high = middle;
	}
	return (int32_t)low - 1;
}

/* All that cover the prefix are the one found, or around it: what lies between begins and ends before it. */
static const struct node *find(const struct forest *f, u128 address, uint8_t len, bool any)
{
	const struct node *best = NULL;

	for (int32_t i = last_before(f, address, len); i != NONE; i = f->nodes[i].around) {
		const struct node *node = &f->nodes[i];

		if (len < node->ge || len > node->le || !covers(key(f, (uint32_t)i), node->len, address))
			continue;
		if (!best || node->seq < best->seq)
			best = node;
		if (any)
			break;
	}
	return best;
}

static const struct node *find_in(
	const struct am_bgp_prefix_list *list, const struct am_prefix *prefix, bool any)
{
	const struct forest *f = prefix->ip.family == AM_IPV6 ? &list->v6 : &list->v4;

	if (prefix->ip.family == AM_AF_NONE || !f->n)
		return NULL;
	return find(f, address_of(&prefix->ip), prefix->len, any);
}

enum am_bgp_prefix_match am_bgp_prefix_list_match(
	const struct am_bgp_prefix_list *list, const struct am_prefix *prefix, uint32_t *seq)
{
	const struct node *node = find_in(list, prefix, false);

	if (!node)
		return AM_BGP_PREFIX_NO_MATCH;
	if (seq)
		*seq = node->seq;
	return node->permit ? AM_BGP_PREFIX_PERMIT : AM_BGP_PREFIX_DENY;
}

bool am_bgp_prefix_list_permits(const struct am_bgp_prefix_list *list, const struct am_prefix *prefix)
{
	const struct node *node = find_in(list, prefix, !list->denies);

	return node && node->permit;
}

bool am_bgp_prefix_list_permits_ip(const struct am_bgp_prefix_list *list, const struct am_ip *ip)
{
	const struct am_prefix host = {*ip, (uint8_t)(am_ip_len(ip) * 8)};

	return am_bgp_prefix_list_permits(list, &host);
}

size_t am_bgp_prefix_list_count(const struct am_bgp_prefix_list *list)
{
	return (size_t)list->v4.n + list->v6.n;
}

static bool forest_equal(const struct forest *a, const struct forest *b)
{
	if (a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++) {
		const struct node *x = &a->nodes[i], *y = &b->nodes[i];

		if (key(a, i) != key(b, i) || x->len != y->len || x->ge != y->ge || x->le != y->le ||
			x->permit != y->permit || x->seq != y->seq)
			return false;
	}
	return true;
}

bool am_bgp_prefix_list_equal(const struct am_bgp_prefix_list *a, const struct am_bgp_prefix_list *b)
{
	return forest_equal(&a->v4, &b->v4) && forest_equal(&a->v6, &b->v6);
}
