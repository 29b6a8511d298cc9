/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PKT_REASM_TABLE_H
#define PKT_REASM_TABLE_H
/*
 * The reassembly table inside, for reasm.c and reasm_plain.c. The head of the ring of all entries, the entries and the
 * peers stand in one room, and what points at one of them is its offset there, in octets: no ring needs to know whether
 * its neighbour is a head. 0 is where the head of all is; where an entry is meant, it means none.
 */
#include <stddef.h>

#include "base/hash.h"
#include "net/ip.h"
#include "pkt/buf.h"
#include "pkt/reasm.h"

enum {
	LINE = 64,
	RATE_WINDOW_NS = 10 * 1000 * 1000,
	EMPTIED_MAX = 64,
	PLAIN = 0x80,
};

/* One fragment held. */
struct piece {
	struct rte_mbuf *m;
	uint16_t at;   /* fragment offset, octets */
	uint16_t len;  /* octets of the fragmentable part */
	uint16_t data; /* where they begin, from m's first octet */
	uint16_t unused;
};

/* Two rings run through each entry, oldest first: all entries, and those of its peer. */
struct links {
	uint32_t prev, next;
};

/* A datagram in the making: one line to find and age it and for its first piece, one for others. */
struct entry {
	uint64_t key; /* peer and identification */
	uint64_t born_ns;
	struct links own, all;
	uint32_t hash_next; /* also the free list */
	uint32_t note;      /* the caller's, of a plain first half */
	uint16_t kind;      /* family and protocol */
	uint16_t total;     /* octets of the fragmentable part; 0 until the last fragment has come */
	uint8_t dead;       /* verdict it was killed with; what comes later shares it. 0 while it lives */
	uint8_t n;          /* pieces held */
	uint8_t ecn;
	uint8_t plain; /* PLAIN and ecn where all it has is one plain fragment, of whose header nothing is noted */
	struct piece piece[AM_REASM_FRAGMENTS];
	/* From the first fragment's header. */
	uint16_t ip_len; /* octets before the fragmentable part, without Fragment header */
	uint16_t ip_at;  /* where they begin in its buffer */
	uint16_t chain;  /* extension headers at the front of the fragmentable part */
	uint16_t nexthdr_at;
	uint8_t proto, ttl, tos, dont;
} __attribute__((aligned(LINE)));

struct peer {
	uint64_t window_ns; /* when the running window began */
	uint64_t timeout4;
	struct links own;       /* own.next is the oldest entry */
	struct links active;    /* ring of the peers that held something lately; peers by number */
	uint32_t held;          /* entries */
	uint32_t done;          /* datagrams made whole in the running window */
	uint64_t timeout4_last; /* by the last window alone */
	bool ringed;            /* in the ring; who holds something is */
} __attribute__((aligned(LINE)));

_Static_assert(offsetof(struct entry, own) == offsetof(struct peer, own), "one ring runs through both");
_Static_assert(offsetof(struct entry, piece[1]) == LINE, "what a plain half needs is in one line");
_Static_assert(AM_VERDICTS <= 256, "a verdict fits into an octet");

struct am_reasm {
	uint8_t *room;
	uint32_t *heads; /* of the hash's chains, two per entry */
	struct peer *peers;
	uint64_t young_ns;     /* what is younger is not overdue */
	uint64_t seed, factor; /* of the hash; heads are one more than mask */
	uint64_t mask;
	uint64_t next_sweep_ns;
	uint64_t fragments, reassembled;
	uint32_t free, buffers;
	uint32_t live;
	uint32_t n_active; /* peers that hold something */
	unsigned n_emptied;
	uint32_t n_ringed;
	uint32_t active; /* some peer in the ring of active ones, if any is */
	struct am_reasm_conf conf;
	am_reasm_drop *drop;
	am_reasm_orphan *orphan; /* NULL: nobody wants them */
	void *ctx;
	uint64_t memory;
	struct rte_mbuf *emptied[EMPTIED_MAX]; /* copied from, not freed yet */
};

static inline struct entry *entry_at(const struct am_reasm *r, uint32_t at)
{
	return (struct entry *)(void *)(r->room + at);
}

static inline struct links *all_at(const struct am_reasm *r, uint32_t at)
{
	return &entry_at(r, at)->all;
}

static inline struct links *own_at(const struct am_reasm *r, uint32_t at)
{
	return &entry_at(r, at)->own;
}

/* Behind the youngest in a ring whose head is at head; the links of what is there are size octets into it. */
static inline void ring_put(uint8_t *room, uint32_t head, uint32_t at, size_t links)
{
	struct links *ring = (struct links *)(void *)(room + links + head),
		     *its = (struct links *)(void *)(room + links + at);
	uint32_t prev = ring->prev;

	its->prev = prev;
	its->next = head;
	ring->prev = at;
	((struct links *)(void *)(room + links + prev))->next = at;
}

static inline void ring_take(uint8_t *room, const struct links *its, size_t links)
{
	uint32_t prev = its->prev, next = its->next;

	((struct links *)(void *)(room + links + prev))->next = next;
	((struct links *)(void *)(room + links + next))->prev = prev;
}

static inline uint32_t offset_of(const struct am_reasm *r, const void *what)
{
	return (uint32_t)((const uint8_t *)what - r->room);
}

static inline uint32_t *chain_of(const struct am_reasm *r, uint64_t key, uint16_t kind)
{
	return &r->heads[am_mix(key ^ r->seed, r->factor ^ kind) & r->mask];
}

/* Where what points at that entry is, or the 0 that stands in its place. */
static inline uint32_t *entry_find(const struct am_reasm *r, uint32_t *chain, uint64_t key, uint16_t kind)
{
	uint8_t *const room = r->room;
	uint32_t at;

	while ((at = *chain)) {
		struct entry *e = (struct entry *)(void *)(room + at);

		if (e->key == key && e->kind == kind)
			break;
		chain = &e->hash_next;
	}
	return chain;
}

/* A peer holds something from now on. */
void am_reasm_ring(struct am_reasm *r, uint32_t peer);

/* A new entry of a peer that has room for it, and in a table that has: its key and its place everywhere. */
static inline struct entry *entry_begin(
	struct am_reasm *r, uint32_t peer, uint32_t *chain, uint64_t key, uint16_t kind, am_time now)
{
	struct peer *p = &r->peers[peer];
	uint8_t *const room = r->room;
	uint32_t at = r->free;
	struct entry *e = (struct entry *)(void *)(room + at);

	r->free = e->hash_next;
	r->live++;
	if (p->held++ == 0) {
		r->n_active++;
		if (__builtin_expect(!p->ringed, 0))
			am_reasm_ring(r, peer);
	}
	e->key = key;
	e->kind = kind;
	e->born_ns = now.ns;
	e->hash_next = *chain;
	*chain = at;
	ring_put(room, 0, at, offsetof(struct entry, all));
	ring_put(room, (uint32_t)((uint8_t *)p - room), at, offsetof(struct entry, own));
	return e;
}

/* Take an entry, at what points at it, out of everything. Its pieces are gone already. */
static inline void entry_end(struct am_reasm *r, struct peer *p, uint32_t *link)
{
	uint8_t *const room = r->room;
	uint32_t at = *link;
	struct entry *e = (struct entry *)(void *)(room + at);

	*link = e->hash_next;
	ring_take(room, &e->all, offsetof(struct entry, all));
	ring_take(room, &e->own, offsetof(struct entry, own));
	e->hash_next = r->free;
	r->free = at;
	r->live--;
	if (--p->held == 0)
		r->n_active--;
}

/* A buffer that was copied from. */
static inline void emptied(struct am_reasm *r, struct rte_mbuf *m)
{
	if (__builtin_expect(r->n_emptied == EMPTIED_MAX, 0))
		am_reasm_release(r);
	r->emptied[r->n_emptied++] = m;
}

/* What a window of datagrams says of a peer's rate, if it is over. */
void am_reasm_measured(struct am_reasm *r, struct peer *p, am_time now);

/* A datagram was made whole. */
static inline void measure(struct am_reasm *r, struct peer *p, am_time now)
{
	p->done++;
	if (__builtin_expect(now.ns - p->window_ns >= RATE_WINDOW_NS, 0))
		am_reasm_measured(r, p, now);
}

/* Is its time over? */
bool am_reasm_is_overdue(const struct am_reasm *r, const struct entry *e, am_time now);

/* A fragment that may be anything; as am_reasm_add. */
struct rte_mbuf *am_reasm_add_any(struct am_reasm *r, uint32_t peer, struct rte_mbuf *m, uint16_t l2_len,
	struct am_ip_hdr *hdr, uint32_t max_len, am_time now);

/* May it be joined as a plain half is? Of a later fragment's header nothing is needed, of the first one's all. */
static inline bool is_half(const struct am_ip_hdr *h)
{
	if (h->frag_at)
		return true;
	return h->family == AM_IPV4 ? h->hlen == AM_IP4_LEN
				    : h->unfrag_len == AM_IP6_LEN && h->hlen == AM_IP6_LEN + AM_IP6_FRAG_LEN;
}

/*
 * The first fragment grew at its end and its headers stay. What changes in the IPv4 header changes the checksum by as
 * much (RFC 1624).
 */
void am_reasm_patch_ip4(uint8_t *ip, uint32_t total, bool dont, uint8_t tos);

#endif
