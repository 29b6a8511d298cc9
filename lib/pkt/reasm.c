/* SPDX-License-Identifier: BSD-3-Clause */
#include "pkt/reasm.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "net/csum.h"
#include "pkt/buf.h"

enum {
	LINE = 64,
	NONE = 0xffffffff,
	LINK_MAX = 32,
	HEADER_MAX = 128, /* IP header and what stands before the Fragment header */
	RATE_WINDOW_NS = 10 * 1000 * 1000,
	SWEEP_NS = 1000 * 1000,
	EMPTIED_MAX = 64,
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

/* A datagram in the making: one line to find and age it, one and a bit for its pieces. */
struct entry {
	uint64_t key;  /* peer and identification */
	uint16_t key2; /* family and protocol */
	uint8_t n;     /* pieces held */
	uint8_t ecn;
	uint16_t dead;  /* verdict it was killed with; what comes later shares it. 0 while it lives */
	uint16_t total; /* octets of the fragmentable part; 0 until the last fragment has come */
	uint64_t born_ns;
	uint32_t bucket;
	uint32_t hash_next; /* also the free list */
	uint32_t have;      /* octets held */
	struct links all, own;
	/* From the first fragment's header. */
	uint16_t ip_len; /* octets before the fragmentable part, without Fragment header */
	uint16_t ip_at;  /* where they begin in its buffer */
	uint16_t chain;  /* extension headers at the front of the fragmentable part */
	uint16_t nexthdr_at;
	uint8_t proto, ttl, tos, dont;
	struct piece piece[AM_REASM_FRAGMENTS];
} __attribute__((aligned(LINE)));

struct peer {
	struct links own;    /* head: own.next is the oldest entry */
	struct links active; /* ring of the peers that hold something */
	uint32_t held;
	uint32_t done;          /* datagrams made whole in the running window */
	uint64_t window_ns;     /* when it began */
	uint64_t timeout4_last; /* by the last window alone */
	uint64_t timeout4;
} __attribute__((aligned(LINE)));

struct am_reasm {
	struct am_reasm_conf conf;
	am_reasm_drop *drop;
	am_reasm_orphan *orphan; /* NULL: nobody wants them */
	void *ctx;
	struct entry *entries;
	uint32_t *heads; /* two per entry */
	struct peer *peers;
	struct links all;
	uint32_t free;
	uint32_t active; /* some peer in the ring of active ones, or NONE */
	uint32_t n_active;
	uint32_t live, buffers;
	uint64_t next_sweep_ns;
	uint64_t reassembled, fragments;
	uint64_t memory;
	unsigned n_emptied;
	struct rte_mbuf *emptied[EMPTIED_MAX]; /* copied from, not freed yet */
};

/* A fragment on its way in. */
struct arrival {
	uint32_t peer;
	struct rte_mbuf *m;
	const struct am_ip_hdr *hdr;
	uint32_t l2_len;
	uint32_t data; /* where the fragmentable part begins in m */
	uint32_t at, len;
	uint32_t ip_len; /* octets of header before it, without Fragment header */
	uint32_t max_len;
	uint64_t key;
	uint16_t key2;
	uint32_t bucket; /* of the key */
	am_time now;
};

static void report(struct am_reasm *r, uint32_t peer, enum am_verdict why, unsigned packets)
{
	if (packets)
		r->drop(r->ctx, peer, why, packets);
}

/* The link at entry i of the ring of all, or of a peer's; index NONE is the ring's head. */
static struct links *all_link(struct am_reasm *r, uint32_t i)
{
	return i == NONE ? &r->all : &r->entries[i].all;
}

static struct links *own_link(struct am_reasm *r, struct peer *p, uint32_t i)
{
	return i == NONE ? &p->own : &r->entries[i].own;
}

static uint32_t bucket_of(const struct am_reasm *r, uint64_t key, uint16_t key2)
{
	uint64_t h = am_mix(am_hash64(key, r->conf.seed) ^ key2, 0xa0761d6478bd642full ^ r->conf.seed);

	return (uint32_t)(h & (2 * (uint64_t)r->conf.entries - 1));
}

static void activate(struct am_reasm *r, uint32_t i)
{
	struct peer *p = &r->peers[i];

	r->n_active++;
	if (r->active == NONE) {
		p->active = (struct links){i, i};
		r->active = i;
		return;
	}
	p->active = (struct links){r->peers[r->active].active.prev, r->active};
	r->peers[p->active.prev].active.next = i;
	r->peers[p->active.next].active.prev = i;
}

static void deactivate(struct am_reasm *r, uint32_t i)
{
	struct peer *p = &r->peers[i];

	r->n_active--;
	r->peers[p->active.prev].active.next = p->active.next;
	r->peers[p->active.next].active.prev = p->active.prev;
	if (r->active == i)
		r->active = p->active.next == i ? NONE : p->active.next;
}

static uint32_t entry_peer(const struct entry *e)
{
	return (uint32_t)(e->key >> 32);
}

/* Take an entry out of everything. Its pieces are gone already. */
static void entry_remove(struct am_reasm *r, uint32_t i)
{
	struct entry *e = &r->entries[i];
	uint32_t peer = entry_peer(e), *at = &r->heads[e->bucket];
	struct peer *p = &r->peers[peer];

	while (*at != i)
		at = &r->entries[*at].hash_next;
	*at = e->hash_next;
	all_link(r, e->all.prev)->next = e->all.next;
	all_link(r, e->all.next)->prev = e->all.prev;
	own_link(r, p, e->own.prev)->next = e->own.next;
	own_link(r, p, e->own.next)->prev = e->own.prev;
	e->hash_next = r->free;
	r->free = i;
	r->live--;
	if (--p->held == 0)
		deactivate(r, peer);
}

/* Free what an entry holds; returns how many packets that were. */
static unsigned entry_empty(struct am_reasm *r, struct entry *e)
{
	unsigned n = e->n;

	for (unsigned k = 0; k < n; k++)
		am_buf_free(e->piece[k].m);
	r->buffers -= n;
	e->n = 0;
	return n;
}

static bool has_first(const struct entry *e)
{
	for (unsigned k = 0; k < e->n; k++)
		if (e->piece[k].at == 0)
			return true;
	return false;
}

/* No datagram of ours is like this. */
static bool is_of_size(enum am_verdict why)
{
	return why == AM_V_FRAG_TOO_LONG || why == AM_V_FRAG_TOO_MANY;
}

/* Somebody else may have the first one. */
static void offer_orphans(struct am_reasm *r, struct entry *e)
{
	unsigned kept = 0, n = e->n;

	if (has_first(e))
		return;
	for (unsigned k = 0; k < n; k++)
		if (!r->orphan(r->ctx, entry_peer(e), e->piece[k].m))
			e->piece[kept++] = e->piece[k];
	r->buffers -= n - kept;
	e->n = (uint8_t)kept;
}

static void entry_drop(struct am_reasm *r, uint32_t i, enum am_verdict why)
{
	struct entry *e = &r->entries[i];

	if (r->orphan)
		offer_orphans(r, e);
	report(r, entry_peer(e), why, entry_empty(r, e));
	entry_remove(r, i);
}

/* The datagram is lost, and with it what is still to come: the empty entry stays until its time is over. */
static void entry_kill(struct am_reasm *r, struct entry *e, enum am_verdict why)
{
	if (r->orphan && is_of_size(why))
		offer_orphans(r, e);
	report(r, entry_peer(e), why, entry_empty(r, e));
	e->dead = (uint16_t)why;
}

static uint64_t timeout_ns(const struct am_reasm *r, const struct entry *e)
{
	return e->key2 >> 8 == AM_IPV6 ? r->conf.timeout6_ns : r->peers[entry_peer(e)].timeout4;
}

static bool overdue(const struct am_reasm *r, const struct entry *e, am_time now)
{
	return now.ns >= e->born_ns + timeout_ns(r, e);
}

static inline uint32_t entry_find(struct am_reasm *r, const struct arrival *a)
{
	uint32_t i = r->heads[a->bucket];

	while (i != NONE && (r->entries[i].key != a->key || r->entries[i].key2 != a->key2))
		i = r->entries[i].hash_next;
	return i;
}

/*
 * Room for one more: a peer at its own cap gives up its oldest. Where the table itself is full, a peer that
 * holds its even share or more gives up its own oldest as well, so that it cannot push out those who hold
 * less; otherwise the oldest of all goes.
 */
static void make_room(struct am_reasm *r, uint32_t peer)
{
	struct peer *p = &r->peers[peer];

	if (p->held >= r->conf.peer_entries)
		entry_drop(r, p->own.next, AM_V_FRAG_EVICTED);
	else if (r->free == NONE && p->held && (uint64_t)p->held * r->n_active >= r->conf.entries)
		entry_drop(r, p->own.next, AM_V_FRAG_EVICTED);
	else if (r->free == NONE)
		entry_drop(r, r->all.next, AM_V_FRAG_EVICTED);
}

/*
 * Who has to give up its oldest: the peer itself where it holds its even share, else whoever holds the oldest
 * of all.
 */
static uint32_t oldest(const struct am_reasm *r, uint32_t peer, uint32_t but)
{
	const struct peer *p = &r->peers[peer];
	uint32_t i = NONE;

	if ((uint64_t)p->held * r->n_active >= r->live)
		i = p->own.next == but ? r->entries[but].own.next : p->own.next;
	if (i == NONE)
		i = r->all.next == but ? r->entries[but].all.next : r->all.next;
	return i;
}

/* One more fragment will be held, of entry e. */
static void make_buffer(struct am_reasm *r, uint32_t peer, const struct entry *e)
{
	uint32_t i, but = (uint32_t)(e - r->entries);

	while (r->buffers >= r->conf.buffers) {
		i = oldest(r, peer, but);
		if (i == NONE)
			return;
		entry_drop(r, i, AM_V_FRAG_EVICTED);
	}
}

/* Where there is room. */
static inline struct entry *entry_begin(struct am_reasm *r, const struct arrival *a)
{
	struct peer *p = &r->peers[a->peer];
	uint32_t i = r->free, *head;
	struct entry *e = &r->entries[i];

	r->free = e->hash_next;
	if (p->held++ == 0)
		activate(r, a->peer);
	r->live++;

	e->key = a->key;
	e->key2 = a->key2;
	e->n = 0;
	e->dead = 0;
	e->total = 0;
	e->have = 0;
	e->ecn = a->hdr->tos & 3;
	e->born_ns = a->now.ns;
	e->bucket = a->bucket;
	head = &r->heads[a->bucket];
	e->hash_next = *head;
	*head = i;
	e->all = (struct links){r->all.prev, NONE};
	all_link(r, e->all.prev)->next = i;
	r->all.prev = i;
	e->own = (struct links){p->own.prev, NONE};
	own_link(r, p, e->own.prev)->next = i;
	p->own.prev = i;
	if (r->next_sweep_ns > e->born_ns + timeout_ns(r, e))
		r->next_sweep_ns = e->born_ns + timeout_ns(r, e);
	return e;
}

static struct entry *entry_create(struct am_reasm *r, const struct arrival *a)
{
	make_room(r, a->peer);
	return entry_begin(r, a);
}

/*
 * Identifications come round again: half of the time that takes at the measured rate is how long one may be
 * held.
 */
static void measure(struct am_reasm *r, struct peer *p, am_time now)
{
	uint64_t elapsed = am_time_since(now, (am_time){p->window_ns}), t;

	p->done++;
	if (elapsed < RATE_WINDOW_NS)
		return;
	t = elapsed >= r->conf.timeout4_max_ns * 2 * p->done / r->conf.id_range
		    ? r->conf.timeout4_max_ns
		    : r->conf.id_range * elapsed / (2 * (uint64_t)p->done);
	if (t < r->conf.timeout4_min_ns)
		t = r->conf.timeout4_min_ns;
	p->timeout4 = t < p->timeout4_last ? t : p->timeout4_last;
	p->timeout4_last = t;
	p->window_ns = now.ns;
	p->done = 0;
}

/* How a fragment stands to one that is held. AM_V_OK: beside it. */
static enum am_verdict compare(const struct arrival *a, const struct entry *e, const struct piece *p)
{
	uint32_t end = a->at + a->len, p_end = (uint32_t)p->at + p->len;
	bool last = !a->hdr->more, p_last = e->total && p_end == e->total;

	if (a->at == p->at && a->len == p->len) {
		if (last == p_last &&
			!memcmp(am_buf_data(a->m) + a->data, am_buf_data(p->m) + p->data, a->len))
			return AM_V_FRAG_DUPLICATE;
		return AM_V_FRAG_CONFLICT;
	}
	if (end <= p->at || a->at >= p_end)
		return AM_V_OK;
	return a->at == p->at || (last && p_last) ? AM_V_FRAG_CONFLICT : AM_V_FRAG_OVERLAP;
}

/* What is wrong with a fragment in view of what is held. */
static enum am_verdict judge(const struct arrival *a, const struct entry *e)
{
	uint32_t end = a->at + a->len;
	enum am_verdict v;

	for (unsigned k = 0; k < e->n; k++) {
		v = compare(a, e, &e->piece[k]);
		if (v != AM_V_OK)
			return v;
	}
	if (e->total && (a->hdr->more ? end >= e->total : end != e->total))
		return AM_V_FRAG_CONFLICT;
	if (!a->hdr->more)
		for (unsigned k = 0; k < e->n; k++)
			if (e->piece[k].at >= end)
				return AM_V_FRAG_CONFLICT;
	if (end + a->ip_len > a->max_len)
		return AM_V_FRAG_TOO_LONG;
	if (e->n == AM_REASM_FRAGMENTS)
		return AM_V_FRAG_TOO_MANY;
	if (am_ecn_merge(e->ecn, a->hdr->tos & 3) < 0)
		return AM_V_FRAG_ECN;
	return AM_V_OK;
}

static inline void take_piece(struct am_reasm *r, const struct arrival *a, struct entry *e)
{
	const struct am_ip_hdr *h = a->hdr;

	e->piece[e->n++] = (struct piece){a->m, (uint16_t)a->at, (uint16_t)a->len, (uint16_t)a->data, 0};
	e->have += a->len;
	e->ecn = (uint8_t)am_ecn_merge(e->ecn, h->tos & 3);
	r->buffers++;
	if (!h->more)
		e->total = (uint16_t)(a->at + a->len);
	if (a->at)
		return;
	e->ip_len = (uint16_t)a->ip_len;
	e->ip_at = (uint16_t)a->l2_len;
	e->chain = (uint16_t)(a->l2_len + h->hlen - a->data);
	e->nexthdr_at = h->nexthdr_at;
	e->proto = h->proto;
	e->ttl = h->ttl;
	e->tos = h->tos;
	e->dont = h->dont;
}

/* Where the datagram will stand. */
struct plan {
	unsigned base;  /* the piece whose buffer it takes */
	uint32_t head;  /* link and IP header, octets */
	uint32_t total; /* octets after them */
	uint32_t start; /* in base's buffer: the link header's first octet */
};

/* Where piece p's octets begin in its buffer. */
static uint32_t piece_at(const struct piece *p)
{
	return (uint32_t)p->m->data_off + p->data;
}

/* Whether the datagram fits around piece p where that stands. */
static bool fits_around(const struct piece *p, uint32_t head, uint32_t total)
{
	uint32_t before = p->at + head, behind = total - p->at;

	return piece_at(p) >= before && piece_at(p) + behind <= p->m->buf_len;
}

/*
 * The longest piece around which the datagram fits stays where it is; failing that, the longest one whose
 * buffer is large enough moves inside it.
 */
static bool make_plan(const struct entry *e, uint32_t head, struct plan *out)
{
	int best = -1;
	bool best_fits = false;

	for (unsigned k = 0; k < e->n; k++) {
		const struct piece *p = &e->piece[k];
		bool fits = fits_around(p, head, e->total);

		if (!fits && head + e->total > p->m->buf_len)
			continue;
		if (best >= 0 && (best_fits > fits || (best_fits == fits && e->piece[best].len >= p->len)))
			continue;
		best = (int)k;
		best_fits = fits;
	}
	if (best < 0)
		return false;
	*out = (struct plan){.base = (unsigned)best, .head = head, .total = e->total};
	if (best_fits) {
		out->start = piece_at(&e->piece[best]) - e->piece[best].at - head;
	} else {
		uint32_t spare = e->piece[best].m->buf_len - head - e->total;

		out->start = spare < RTE_PKTMBUF_HEADROOM ? spare : RTE_PKTMBUF_HEADROOM;
	}
	return true;
}

/* Widen base to both where it stands and where it will stand, put all pieces in place, and cut it to size. */
static struct rte_mbuf *gather(struct entry *e, const struct plan *plan)
{
	struct rte_mbuf *m = e->piece[plan->base].m;
	uint32_t from = piece_at(&e->piece[plan->base]);
	uint32_t end = plan->start + plan->head + plan->total;
	uint8_t *body = (uint8_t *)m->buf_addr + plan->start + plan->head;

	if (plan->start < m->data_off)
		am_buf_prepend(m, (uint16_t)(m->data_off - plan->start));
	if (end > (uint32_t)m->data_off + m->data_len)
		am_buf_set_len(m, (uint16_t)(end - m->data_off));
	if (plan->start + plan->head + e->piece[plan->base].at != from)
		memmove(body + e->piece[plan->base].at, (uint8_t *)m->buf_addr + from,
			e->piece[plan->base].len);
	for (unsigned k = 0; k < e->n; k++) {
		struct piece *p = &e->piece[k];

		if (k != plan->base)
			memcpy(body + p->at, am_buf_data(p->m) + p->data, p->len);
	}
	if (plan->start > m->data_off)
		am_buf_adj(m, (uint16_t)(plan->start - m->data_off));
	am_buf_set_len(m, (uint16_t)(plan->head + plan->total));
	return m;
}

/* The first fragment's header as that of a whole packet. */
static void rewrite_ip4(uint8_t *ip, const struct entry *e, uint8_t tos)
{
	uint16_t csum;

	ip[1] = tos;
	am_store16(ip + 2, (uint16_t)(e->ip_len + e->total));
	am_store16(ip + 6, e->dont ? AM_IP4_DF : 0);
	am_store16(ip + 10, 0);
	csum = am_csum_finish(am_csum_add(ip, e->ip_len, 0));
	memcpy(ip + 10, &csum, sizeof csum);
}

static void rewrite_ip6(uint8_t *ip, const struct entry *e, uint8_t tos, uint8_t next)
{
	ip[0] = (uint8_t)(0x60 | tos >> 4);
	ip[1] = (uint8_t)((ip[1] & 0x0f) | tos << 4);
	am_store16(ip + 4, (uint16_t)(e->ip_len - AM_IP6_LEN + e->total));
	ip[e->nexthdr_at] = next;
}

static const struct piece *first_piece(const struct entry *e)
{
	const struct piece *p = e->piece;

	while (p->at)
		p++;
	return p;
}

static void describe(const struct entry *e, uint8_t tos, struct am_ip_hdr *hdr)
{
	*hdr = (struct am_ip_hdr){
		.family = (uint8_t)(e->key2 >> 8),
		.proto = e->proto,
		.tos = tos,
		.ttl = e->ttl,
		.hlen = (uint16_t)(e->ip_len + e->chain),
		.plen = (uint16_t)(e->total - e->chain),
		.dont = e->dont,
		.frag_id = (uint32_t)e->key,
		.unfrag_len = (uint16_t)(e->ip_len + e->chain),
	};
}

/*
 * The usual case: the first fragment grows at its end and its headers stay. What changes in the IPv4 header
 * changes the checksum by as much (RFC 1624).
 */
static void patch_ip4(uint8_t *ip, uint32_t total, bool dont, uint8_t tos)
{
	uint32_t sum = (uint16_t)~am_load16(ip + 10), frag = dont ? AM_IP4_DF : 0;

	sum += total + (uint16_t)~am_load16(ip + 2) + frag + (uint16_t)~am_load16(ip + 6) + tos +
	       (uint16_t)~ip[1];
	ip[1] = tos;
	am_store16(ip + 2, (uint16_t)total);
	am_store16(ip + 6, (uint16_t)frag);
	am_store16(ip + 10, am_csum_finish32(sum));
}

static bool headers_stay(const struct entry *e, const struct plan *plan, uint32_t l2_len)
{
	const struct piece *base = &e->piece[plan->base];

	return base->at == 0 && plan->start == base->m->data_off && e->ip_at == l2_len &&
	       e->key2 >> 8 == AM_IPV4;
}

/*
 * Headers that go elsewhere than where they are: made aside, since what is gathered may be written over them.
 */
static struct rte_mbuf *gather_with_headers(
	struct entry *e, const struct plan *plan, const struct arrival *a, uint8_t tos)
{
	uint8_t header[LINK_MAX + HEADER_MAX], *ip = header + a->l2_len;
	const struct piece *first = first_piece(e);
	struct rte_mbuf *m;

	memcpy(header, am_buf_data(a->m), a->l2_len);
	memcpy(ip, am_buf_data(first->m) + e->ip_at, e->ip_len);
	if (e->key2 >> 8 == AM_IPV4)
		rewrite_ip4(ip, e, tos);
	else
		rewrite_ip6(ip, e, tos, am_buf_data(first->m)[e->ip_at + e->ip_len]);
	m = gather(e, plan);
	memcpy(am_buf_data(m), header, plan->head);
	return m;
}

void am_reasm_release(struct am_reasm *r)
{
	am_buf_free_bulk(r->emptied, r->n_emptied);
	r->n_emptied = 0;
}

static void emptied(struct am_reasm *r, struct rte_mbuf *m)
{
	if (r->n_emptied == EMPTIED_MAX)
		am_reasm_release(r);
	r->emptied[r->n_emptied++] = m;
}

/* All is there: make it one packet. NULL: it fits nowhere. */
static struct rte_mbuf *assemble(
	struct am_reasm *r, struct entry *e, const struct arrival *a, struct am_ip_hdr *hdr)
{
	uint8_t tos = (uint8_t)((e->tos & 0xfc) | e->ecn);
	struct plan plan;
	struct rte_mbuf *m;

	if (!make_plan(e, a->l2_len + e->ip_len, &plan))
		return NULL;
	if (headers_stay(e, &plan, a->l2_len)) {
		m = gather(e, &plan);
		patch_ip4(am_buf_data(m) + a->l2_len, (uint32_t)e->ip_len + e->total, e->dont, tos);
	} else {
		m = gather_with_headers(e, &plan, a, tos);
	}
	for (unsigned k = 0; k < e->n; k++)
		if (k != plan.base)
			emptied(r, e->piece[k].m);
	r->buffers -= e->n;
	e->n = 0;
	describe(e, tos, hdr);
	return m;
}

static uint64_t make_key(uint32_t peer, uint32_t id)
{
	return (uint64_t)peer << 32 | id;
}

/* RFC 8200: fragments of one IPv6 packet may name different next headers. */
static uint16_t make_key2(uint8_t family, uint8_t proto)
{
	return (uint16_t)(family << 8 | (family == AM_IPV6 ? 0 : proto));
}

static inline struct arrival describe_arrival(const struct am_reasm *r, uint32_t peer, struct rte_mbuf *m,
	uint16_t l2_len, const struct am_ip_hdr *hdr, uint32_t max_len, am_time now)
{
	bool v6 = hdr->family == AM_IPV6;
	uint32_t skip = v6 ? hdr->unfrag_len + AM_IP6_FRAG_LEN : hdr->hlen;
	uint64_t key = make_key(peer, hdr->frag_id);
	uint16_t key2 = make_key2(hdr->family, hdr->proto);

	return (struct arrival){
		.peer = peer,
		.m = m,
		.hdr = hdr,
		.l2_len = l2_len,
		.data = l2_len + skip,
		.at = hdr->frag_at,
		.len = (uint32_t)hdr->hlen + hdr->plen - skip,
		.ip_len = hdr->unfrag_len,
		.max_len = max_len,
		.key = key,
		.key2 = key2,
		.bucket = bucket_of(r, key, key2),
		.now = now,
	};
}

/* Refuse one fragment: m is freed and reported. */
static struct rte_mbuf *refuse(struct am_reasm *r, const struct arrival *a, enum am_verdict why)
{
	if (r->orphan && a->at && is_of_size(why) && r->orphan(r->ctx, a->peer, a->m))
		return NULL;
	am_buf_free(a->m);
	report(r, a->peer, why, 1);
	return NULL;
}

/* What can be said of a fragment without looking at any other. */
static inline enum am_verdict judge_alone(const struct am_reasm *r, const struct arrival *a)
{
	if (a->peer >= r->conf.peers)
		return AM_V_TUNNEL_SOURCE;
	if (a->ip_len > HEADER_MAX)
		return AM_V_IP6_EXTENSION;
	if (a->at + a->len + a->ip_len > a->max_len)
		return AM_V_FRAG_TOO_LONG;
	return AM_V_OK;
}

/* ---- two halves, the usual case by far ---- */

/* The first half grows at its end; the rest is copied from the other's buffer. Offsets are from a buffer's data. */
struct join {
	struct rte_mbuf *whole, *rest;
	uint32_t l2_len;
	uint32_t data;    /* of the first half, behind its IP header, and its Fragment header on IPv6 */
	uint32_t rest_at; /* of the second half */
	uint32_t first, second;
	uint8_t family, proto, tos;
	bool dont;
};

static inline bool join_fits(const struct join *j, uint32_t max_len)
{
	uint32_t end = j->data + j->first + j->second;

	return end - j->l2_len <= max_len && j->whole->data_off + end <= j->whole->buf_len;
}

/* The first half's headers as those of a whole packet; on IPv6 they move over the Fragment header. */
static inline void join_headers(const struct join *j)
{
	uint8_t *data = am_buf_data(j->whole);
	uint32_t plen = j->first + j->second;

	if (j->family == AM_IPV4) {
		patch_ip4(data + j->l2_len, AM_IP4_LEN + plen, j->dont, j->tos);
		return;
	}
	memmove(data + AM_IP6_FRAG_LEN, data, j->l2_len + AM_IP6_LEN);
	data = am_buf_adj(j->whole, AM_IP6_FRAG_LEN);
	am_store16(data + j->l2_len + 4, (uint16_t)plen);
	data[j->l2_len + 6] = j->proto;
}

/* The second half's octets behind the first's. */
static inline void join(struct am_reasm *r, const struct join *j)
{
	uint32_t end = j->data + j->first;

	am_buf_set_len(j->whole, (uint16_t)(end + j->second));
	memcpy(am_buf_data(j->whole) + end, am_buf_data(j->rest) + j->rest_at, j->second);
	emptied(r, j->rest);
	r->reassembled++;
}

/* The first half as it is in the table, the second as it comes. */
static inline bool begins_in_table(const struct arrival *a, const struct entry *e, struct join *j)
{
	const struct piece *p = &e->piece[0];

	if (p->at || e->total || a->hdr->more || a->at != p->len || e->chain || e->ip_at != a->l2_len)
		return false;
	*j = (struct join){.whole = p->m,
		.rest = a->m,
		.data = p->data,
		.rest_at = a->data,
		.first = p->len,
		.second = a->len,
		.proto = e->proto,
		.tos = e->tos,
		.dont = e->dont};
	return e->key2 >> 8 == AM_IPV4 ? e->ip_len == AM_IP4_LEN : e->ip_len == AM_IP6_LEN;
}

/* The other way round. */
static inline bool ends_in_table(const struct arrival *a, const struct entry *e, struct join *j)
{
	const struct am_ip_hdr *h = a->hdr;
	const struct piece *p = &e->piece[0];

	if (a->at || !h->more || p->at != a->len || e->total != p->at + p->len ||
		a->l2_len + h->hlen != a->data)
		return false;
	*j = (struct join){.whole = a->m,
		.rest = p->m,
		.data = a->data,
		.rest_at = p->data,
		.first = a->len,
		.second = p->len,
		.proto = h->proto,
		.tos = h->tos,
		.dont = h->dont};
	return h->family == AM_IPV4 ? a->ip_len == AM_IP4_LEN : a->ip_len == AM_IP6_LEN;
}

/* The arrival is the other half of what e holds, and nothing about either is unusual: NULL where that is not so. */
static inline struct rte_mbuf *join_held(
	struct am_reasm *r, const struct arrival *a, struct entry *e, struct am_ip_hdr *hdr)
{
	struct join j;

	if (e->n != 1 || e->ecn != (hdr->tos & 3) || !(begins_in_table(a, e, &j) || ends_in_table(a, e, &j)))
		return NULL;
	j.l2_len = a->l2_len;
	j.family = hdr->family;
	if (!join_fits(&j, a->max_len))
		return NULL;
	join(r, &j);
	join_headers(&j);
	measure(r, &r->peers[a->peer], a->now);
	*hdr = (struct am_ip_hdr){.family = j.family,
		.proto = j.proto,
		.tos = j.tos,
		.ttl = a->at ? e->ttl : hdr->ttl,
		.hlen = j.family == AM_IPV4 ? AM_IP4_LEN : AM_IP6_LEN,
		.plen = (uint16_t)(j.first + j.second),
		.dont = j.dont,
		.frag_id = (uint32_t)a->key,
		.unfrag_len = j.family == AM_IPV4 ? AM_IP4_LEN : AM_IP6_LEN};
	r->buffers--;
	e->n = 0;
	entry_remove(r, (uint32_t)(e - r->entries));
	return j.whole;
}

/* A fragment of which anything may be so. */
static __attribute__((noinline)) struct rte_mbuf *add_any(struct am_reasm *r, uint32_t peer,
	struct rte_mbuf *m, uint16_t l2_len, struct am_ip_hdr *hdr, uint32_t max_len, am_time now)
{
	struct arrival a = describe_arrival(r, peer, m, l2_len, hdr, max_len, now);
	struct rte_mbuf *whole;
	enum am_verdict v;
	struct entry *e;
	uint32_t i;

	i = peer < r->conf.peers ? entry_find(r, &a) : NONE;
	if (i != NONE && overdue(r, &r->entries[i], now)) {
		entry_drop(r, i, AM_V_FRAG_TIMEOUT);
		i = NONE;
	}
	if (i == NONE) {
		v = judge_alone(r, &a);
		if (v != AM_V_OK)
			return refuse(r, &a, v);
		e = entry_create(r, &a);
	} else {
		e = &r->entries[i];
		if (e->dead)
			return refuse(r, &a, (enum am_verdict)e->dead);
		v = judge(&a, e);
		if (v == AM_V_FRAG_DUPLICATE)
			return refuse(r, &a, v);
		if (v != AM_V_OK) {
			entry_kill(r, e, v);
			return refuse(r, &a, v);
		}
	}
	am_buf_set_len(m, (uint16_t)(a.data + a.len));
	make_buffer(r, peer, e);
	take_piece(r, &a, e);
	if (!e->total || e->have != e->total)
		return NULL;

	measure(r, &r->peers[peer], now);
	whole = assemble(r, e, &a, hdr);
	if (!whole) {
		entry_kill(r, e, AM_V_FRAG_TOO_LONG);
		return NULL;
	}
	r->reassembled++;
	entry_remove(r, (uint32_t)(e - r->entries));
	return whole;
}

/* Nobody has to give anything up for one more datagram of that peer. */
static inline bool has_room(const struct am_reasm *r, uint32_t peer)
{
	return r->free != NONE && r->peers[peer].held < r->conf.peer_entries && r->buffers < r->conf.buffers;
}

struct rte_mbuf *am_reasm_add(struct am_reasm *r, uint32_t peer, struct rte_mbuf *m, uint16_t l2_len,
	struct am_ip_hdr *hdr, uint32_t max_len, am_time now)
{
	/* Nobody gets its address but what is inline, so it is never written anywhere. */
	const struct arrival a = describe_arrival(r, peer, m, l2_len, hdr, max_len, now);
	uint32_t i = peer < r->conf.peers ? entry_find(r, &a) : NONE;
	struct rte_mbuf *whole;

	assert(l2_len <= LINK_MAX);
	r->fragments++;
	if (i != NONE && !r->entries[i].dead && !overdue(r, &r->entries[i], now)) {
		whole = join_held(r, &a, &r->entries[i], hdr);
		if (whole)
			return whole;
	} else if (i == NONE && judge_alone(r, &a) == AM_V_OK && has_room(r, peer)) {
		am_buf_set_len(m, (uint16_t)(a.data + a.len));
		take_piece(r, &a, entry_begin(r, &a));
		return NULL;
	}
	return add_any(r, peer, m, l2_len, hdr, max_len, now);
}

/* ---- two halves side by side ---- */

/* Is anything of that datagram in the table? */
static bool is_held(struct am_reasm *r, uint32_t peer, const struct am_halves *h)
{
	struct arrival probe = {.key = make_key(peer, h->id), .key2 = make_key2(h->family, h->proto)};

	if (!r->live)
		return false;
	probe.bucket = bucket_of(r, probe.key, probe.key2);
	return entry_find(r, &probe) != NONE;
}

struct rte_mbuf *am_reasm_pair(struct am_reasm *r, uint32_t peer, struct rte_mbuf *const m[2],
	uint16_t l2_len, const struct am_halves *h, uint32_t max_len, am_time now)
{
	struct join j = {
		.whole = m[h->first],
		.rest = m[!h->first],
		.l2_len = l2_len,
		.data = l2_len + (uint32_t)h->head,
		.rest_at = l2_len + (uint32_t)h->head,
		.first = h->plen[h->first],
		.second = h->plen[!h->first],
	};

	if (!join_fits(&j, max_len) || peer >= r->conf.peers || is_held(r, peer, h))
		return NULL;
	join(r, &j);
	r->fragments += 2;
	measure(r, &r->peers[peer], now);
	return j.whole;
}

void am_reasm_pair_headers(struct rte_mbuf *whole, uint16_t l2_len, const struct am_halves *h)
{
	const struct join j = {
		.whole = whole,
		.l2_len = l2_len,
		.first = h->plen[0],
		.second = h->plen[1],
		.family = h->family,
		.proto = h->proto,
		.tos = h->tos,
	};

	join_headers(&j);
}

/* Drop one peer's overdue datagrams; returns what is left of budget. */
static unsigned expire_peer(struct am_reasm *r, struct peer *p, am_time now, unsigned budget)
{
	while (budget && p->held && overdue(r, &r->entries[p->own.next], now)) {
		entry_drop(r, p->own.next, AM_V_FRAG_TIMEOUT);
		budget--;
	}
	return budget;
}

void am_reasm_expire(struct am_reasm *r, am_time now, unsigned budget)
{
	uint64_t next = UINT64_MAX;

	if (now.ns < r->next_sweep_ns)
		return;
	for (uint32_t left = r->n_active; left && budget; left--) {
		struct peer *p = &r->peers[r->active];

		r->active = p->active.next;
		budget = expire_peer(r, p, now, budget);
		if (p->held) {
			const struct entry *e = &r->entries[p->own.next];
			uint64_t due = e->born_ns + timeout_ns(r, e);

			next = due < next ? due : next;
		}
	}
	if (!budget)
		next = now.ns;
	else if (next < now.ns + SWEEP_NS)
		next = now.ns + SWEEP_NS;
	r->next_sweep_ns = next;
}

void am_reasm_forget(struct am_reasm *r, uint32_t peer)
{
	struct peer *p;

	if (peer >= r->conf.peers)
		return;
	p = &r->peers[peer];
	while (p->held) {
		entry_empty(r, &r->entries[p->own.next]);
		entry_remove(r, p->own.next);
	}
}

void am_reasm_stats(const struct am_reasm *r, struct am_reasm_stats *out)
{
	*out = (struct am_reasm_stats){
		.reassembled = r->reassembled,
		.fragments = r->fragments,
		.live = r->live,
		.buffers = r->buffers,
		.memory = r->memory,
	};
}

uint64_t am_reasm_timeout4(const struct am_reasm *r, uint32_t peer)
{
	return peer < r->conf.peers ? r->peers[peer].timeout4 : r->conf.timeout4_max_ns;
}

static void *lines(struct am_reasm *r, uint64_t n, size_t size)
{
	size_t octets = (n * size + LINE - 1) / LINE * LINE;
	void *p = aligned_alloc(LINE, octets);

	if (p)
		memset(p, 0, octets);
	r->memory += octets;
	return p;
}

void am_reasm_on_orphan(struct am_reasm *r, am_reasm_orphan *orphan)
{
	r->orphan = orphan;
}

struct am_reasm_conf am_reasm_usual(uint32_t entries, uint32_t peer_entries, uint32_t peers, uint64_t seed)
{
	return (struct am_reasm_conf){
		.entries = entries,
		.peer_entries = peer_entries,
		.peers = peers,
		.seed = seed,
		.timeout6_ns = AM_S,
		.timeout4_min_ns = 20 * AM_MS,
		.timeout4_max_ns = 500 * AM_MS,
		.id_range = 65536,
	};
}

struct am_reasm *am_reasm_create(const struct am_reasm_conf *conf, am_reasm_drop *drop, void *ctx)
{
	struct am_reasm *r = calloc(1, sizeof *r);

	assert(conf->entries && (conf->entries & (conf->entries - 1)) == 0);
	if (!r)
		return NULL;
	*r = (struct am_reasm){.conf = *conf,
		.drop = drop,
		.ctx = ctx,
		.all = {NONE, NONE},
		.active = NONE,
		.memory = sizeof *r};
	if (!r->conf.buffers)
		r->conf.buffers = conf->entries * AM_REASM_FRAGMENTS;
	r->entries = lines(r, conf->entries, sizeof *r->entries);
	r->heads = lines(r, 2 * (uint64_t)conf->entries, sizeof *r->heads);
	r->peers = lines(r, conf->peers, sizeof *r->peers);
	if (!r->entries || !r->heads || !r->peers) {
		am_reasm_free(r);
		return NULL;
	}
	memset(r->heads, 0xff, 2 * (size_t)conf->entries * sizeof *r->heads);
	for (uint32_t i = 0; i < conf->entries; i++)
		r->entries[i].hash_next = i + 1 < conf->entries ? i + 1 : NONE;
	for (uint32_t i = 0; i < conf->peers; i++) {
		r->peers[i].own = (struct links){NONE, NONE};
		r->peers[i].timeout4 = r->peers[i].timeout4_last = conf->timeout4_max_ns;
	}
	return r;
}

void am_reasm_free(struct am_reasm *r)
{
	if (!r)
		return;
	am_reasm_release(r);
	while (r->entries && r->live) {
		entry_empty(r, &r->entries[r->all.next]);
		entry_remove(r, r->all.next);
	}
	free(r->entries);
	free(r->heads);
	free(r->peers);
	free(r);
}
