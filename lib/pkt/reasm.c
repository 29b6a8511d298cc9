/* SPDX-License-Identifier: BSD-3-Clause */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/pages.h"
#include "net/csum.h"
#include "reasm_table.h"

enum {
	LINK_MAX = 32,
	HEADER_MAX = 128, /* IP header and what stands before the Fragment header */
	SWEEP_NS = 1000 * 1000,
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
	uint16_t kind;
	am_time now;
};

static void report(struct am_reasm *r, uint32_t peer, enum am_verdict why, unsigned packets)
{
	if (packets)
		r->drop(r->ctx, peer, why, packets);
}

static uint32_t entry_peer(const struct entry *e)
{
	return (uint32_t)(e->key >> 32);
}

void am_reasm_ring(struct am_reasm *r, uint32_t i)
{
	struct peer *p = &r->peers[i];

	p->ringed = true;
	if (r->n_ringed++ == 0) {
		p->active = (struct links){i, i};
		r->active = i;
		return;
	}
	p->active = (struct links){r->peers[r->active].active.prev, r->active};
	r->peers[p->active.prev].active.next = i;
	r->peers[p->active.next].active.prev = i;
}

/* It holds nothing any more. */
static void unring(struct am_reasm *r, uint32_t i)
{
	struct peer *p = &r->peers[i];

	p->ringed = false;
	r->n_ringed--;
	r->peers[p->active.prev].active.next = p->active.next;
	r->peers[p->active.next].active.prev = p->active.prev;
	if (r->active == i)
		r->active = p->active.next;
}

static void entry_remove(struct am_reasm *r, struct entry *e)
{
	uint32_t *chain = chain_of(r, e->key, e->kind);

	entry_end(r, &r->peers[entry_peer(e)], entry_find(r, chain, e->key, e->kind));
}

/* Free what an entry holds; returns how many packets that were. */
static unsigned entry_empty(struct am_reasm *r, struct entry *e)
{
	unsigned n = e->n;

	for (unsigned k = 0; k < n; k++)
		am_buf_free(e->piece[k].m);
	r->buffers -= n;
	e->n = 0;
	e->plain = 0;
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
	e->plain = 0;
}

static void entry_drop(struct am_reasm *r, uint32_t at, enum am_verdict why)
{
	struct entry *e = entry_at(r, at);

	if (r->orphan)
		offer_orphans(r, e);
	report(r, entry_peer(e), why, entry_empty(r, e));
	entry_remove(r, e);
}

/* The datagram is lost, and with it what is still to come: the empty entry stays until its time is over. */
static void entry_kill(struct am_reasm *r, struct entry *e, enum am_verdict why)
{
	if (r->orphan && is_of_size(why))
		offer_orphans(r, e);
	report(r, entry_peer(e), why, entry_empty(r, e));
	e->dead = (uint8_t)why;
}

static uint64_t timeout_ns(const struct am_reasm *r, const struct entry *e)
{
	return e->kind >> 8 == AM_IPV6 ? r->conf.timeout6_ns : r->peers[entry_peer(e)].timeout4;
}

bool am_reasm_is_overdue(const struct am_reasm *r, const struct entry *e, am_time now)
{
	return now.ns >= e->born_ns + timeout_ns(r, e);
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
	else if (!r->free && p->held && (uint64_t)p->held * r->n_active >= r->conf.entries)
		entry_drop(r, p->own.next, AM_V_FRAG_EVICTED);
	else if (!r->free)
		entry_drop(r, all_at(r, 0)->next, AM_V_FRAG_EVICTED);
}

/*
 * Who has to give up its oldest: the peer itself where it holds its even share, else whoever holds the oldest
 * of all. Never what is at but. 0: there is nothing else.
 */
static uint32_t oldest(const struct am_reasm *r, const struct peer *p, uint32_t but)
{
	uint32_t own = offset_of(r, p), at = own;

	if ((uint64_t)p->held * r->n_active >= r->live)
		at = p->own.next == but ? own_at(r, but)->next : p->own.next;
	if (at == own)
		at = all_at(r, 0)->next == but ? all_at(r, but)->next : all_at(r, 0)->next;
	return at;
}

/* One more fragment will be held, of entry e. */
static void make_buffer(struct am_reasm *r, uint32_t peer, const struct entry *e)
{
	while (r->buffers >= r->conf.buffers) {
		uint32_t at = oldest(r, &r->peers[peer], offset_of(r, e));

		if (!at)
			return;
		entry_drop(r, at, AM_V_FRAG_EVICTED);
	}
}

static struct entry *entry_create(struct am_reasm *r, const struct arrival *a)
{
	struct entry *e;
	uint64_t due;

	make_room(r, a->peer);
	e = entry_begin(r, a->peer, chain_of(r, a->key, a->kind), a->key, a->kind, a->now);
	e->dead = 0;
	e->n = 0;
	e->total = 0;
	e->plain = 0;
	e->ecn = a->hdr->tos & 3;
	due = e->born_ns + timeout_ns(r, e);
	if (r->next_sweep_ns > due)
		r->next_sweep_ns = due;
	return e;
}

/*
 * Identifications come round again: half of the time that takes at the measured rate is how long one may be
 * held.
 */
void am_reasm_measured(struct am_reasm *r, struct peer *p, am_time now)
{
	uint64_t elapsed = am_time_since(now, (am_time){p->window_ns}), t;

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

/* Of the first fragment, whose IP header is at ip_at and whose part of the datagram at data. */
static void note_first(struct entry *e, const struct am_ip_hdr *h, uint32_t ip_at, uint32_t data)
{
	e->ip_len = h->unfrag_len;
	e->ip_at = (uint16_t)ip_at;
	e->chain = (uint16_t)(ip_at + h->hlen - data);
	e->nexthdr_at = h->nexthdr_at;
	e->proto = h->proto;
	e->ttl = h->ttl;
	e->tos = h->tos;
	e->dont = h->dont;
}

/* More than two plain halves it is: note what was left in the first one's header. */
static void note_plain(struct entry *e)
{
	const struct piece *p = &e->piece[0];
	uint32_t ip_len = e->kind >> 8 == AM_IPV4 ? AM_IP4_LEN : AM_IP6_LEN + AM_IP6_FRAG_LEN;
	struct am_ip_hdr h = {0};

	if (e->plain && p->at == 0) {
		am_ip_parse(am_buf_data(p->m) + p->data - ip_len, ip_len + p->len, &h);
		note_first(e, &h, p->data - ip_len, p->data);
	}
	e->plain = 0;
}

static void take_piece(struct am_reasm *r, const struct arrival *a, struct entry *e)
{
	const struct am_ip_hdr *h = a->hdr;

	e->piece[e->n++] = (struct piece){a->m, (uint16_t)a->at, (uint16_t)a->len, (uint16_t)a->data, 0};
	e->ecn = (uint8_t)am_ecn_merge(e->ecn, h->tos & 3);
	r->buffers++;
	if (!h->more)
		e->total = (uint16_t)(a->at + a->len);
	if (!a->at)
		note_first(e, h, a->l2_len, a->data);
}

/* The last fragment has come, and as many octets as it says are there: none of them twice. */
static bool is_complete(const struct entry *e)
{
	uint32_t have = 0;

	for (unsigned k = 0; k < e->n; k++)
		have += e->piece[k].len;
	return e->total && have == e->total;
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
		.family = (uint8_t)(e->kind >> 8),
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

void am_reasm_patch_ip4(uint8_t *ip, uint32_t total, bool dont, uint8_t tos)
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
	       e->kind >> 8 == AM_IPV4;
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
	if (e->kind >> 8 == AM_IPV4)
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
		am_reasm_patch_ip4(am_buf_data(m) + a->l2_len, (uint32_t)e->ip_len + e->total, e->dont, tos);
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

static struct arrival describe_arrival(uint32_t peer, struct rte_mbuf *m, uint16_t l2_len,
	const struct am_ip_hdr *hdr, uint32_t max_len, am_time now)
{
	bool v6 = hdr->family == AM_IPV6;
	uint32_t skip = v6 ? hdr->unfrag_len + AM_IP6_FRAG_LEN : hdr->hlen;

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
		.key = am_reasm_key(peer, hdr->frag_id),
		.kind = am_reasm_kind(hdr->family, hdr->proto),
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
	if (a->at + a->len + a->ip_len > a->max_len)
		return AM_V_FRAG_TOO_LONG;
	return AM_V_OK;
}

/* The whole of what e holds is there, and a as its last piece. */
static struct rte_mbuf *finish(
	struct am_reasm *r, struct entry *e, const struct arrival *a, struct am_ip_hdr *hdr)
{
	struct rte_mbuf *whole;

	measure(r, &r->peers[a->peer], a->now);
	whole = assemble(r, e, a, hdr);
	if (!whole) {
		entry_kill(r, e, AM_V_FRAG_TOO_LONG);
		return NULL;
	}
	r->reassembled++;
	entry_remove(r, e);
	return whole;
}

/* What is held of a's datagram already; NULL: nothing, or its time is over now. */
static struct entry *find_held(struct am_reasm *r, const struct arrival *a)
{
	uint32_t at;

	if (a->peer >= r->conf.peers)
		return NULL;
	at = *entry_find(r, chain_of(r, a->key, a->kind), a->key, a->kind);
	if (at && am_reasm_is_overdue(r, entry_at(r, at), a->now)) {
		entry_drop(r, at, AM_V_FRAG_TIMEOUT);
		at = 0;
	}
	return at ? entry_at(r, at) : NULL;
}

/* Is a good beside what e holds? Otherwise it is gone, and perhaps that too. */
static bool admit(struct am_reasm *r, struct entry *e, const struct arrival *a)
{
	enum am_verdict v = (enum am_verdict)e->dead;

	if (v == AM_V_OK) {
		v = judge(a, e);
		if (v == AM_V_OK)
			note_plain(e);
		else if (v != AM_V_FRAG_DUPLICATE)
			entry_kill(r, e, v);
	}
	if (v != AM_V_OK)
		refuse(r, a, v);
	return v == AM_V_OK;
}

struct rte_mbuf *am_reasm_add_any(struct am_reasm *r, uint32_t peer, struct rte_mbuf *m, uint16_t l2_len,
	struct am_ip_hdr *hdr, uint32_t max_len, am_time now)
{
	const struct arrival a = describe_arrival(peer, m, l2_len, hdr, max_len, now);
	struct entry *e;
	enum am_verdict v;
	bool begins;

	assert(l2_len <= LINK_MAX);
	/* Whichever comes first: what gathers the whole has room for no more. */
	if (a.ip_len > HEADER_MAX)
		return refuse(r, &a, AM_V_IP6_EXTENSION);
	e = find_held(r, &a);
	begins = !e;
	if (begins) {
		v = judge_alone(r, &a);
		if (v != AM_V_OK)
			return refuse(r, &a, v);
		e = entry_create(r, &a);
	} else if (!admit(r, e, &a)) {
		return NULL;
	}
	am_buf_set_len(m, (uint16_t)(a.data + a.len));
	make_buffer(r, peer, e);
	take_piece(r, &a, e);
	if (begins && is_half(hdr)) {
		e->plain = PLAIN | e->ecn;
		e->note = AM_REASM_NO_NOTE;
	}
	return is_complete(e) ? finish(r, e, &a, hdr) : NULL;
}

/* Drop one peer's overdue datagrams; returns what is left of budget. */
static unsigned expire_peer(struct am_reasm *r, struct peer *p, am_time now, unsigned budget)
{
	while (budget && p->held && am_reasm_is_overdue(r, entry_at(r, p->own.next), now)) {
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
	for (uint32_t left = r->n_ringed; left && budget; left--) {
		uint32_t i = r->active;
		struct peer *p = &r->peers[i];

		r->active = p->active.next;
		budget = expire_peer(r, p, now, budget);
		if (p->held) {
			const struct entry *e = entry_at(r, p->own.next);
			uint64_t due = e->born_ns + timeout_ns(r, e);

			next = due < next ? due : next;
		} else {
			unring(r, i);
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
		struct entry *e = entry_at(r, p->own.next);

		entry_empty(r, e);
		entry_remove(r, e);
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
	r->memory += n * size;
	return am_pages_alloc(n * size);
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

/* Octets of the room, and where the peers begin in it. */
static size_t peers_at(const struct am_reasm_conf *conf)
{
	return (conf->entries + (size_t)1) * sizeof(struct entry);
}

static size_t room_size(const struct am_reasm_conf *conf)
{
	return peers_at(conf) + conf->peers * sizeof(struct peer);
}

/* No entry is in use, no peer has any. */
static void make_empty(struct am_reasm *r)
{
	const struct am_reasm_conf *conf = &r->conf;

	r->peers = (struct peer *)(void *)(r->room + peers_at(conf));
	for (uint32_t i = conf->entries; i > 0; i--) {
		entry_at(r, i * (uint32_t)sizeof(struct entry))->hash_next = r->free;
		r->free = i * (uint32_t)sizeof(struct entry);
	}
	for (uint32_t i = 0; i < conf->peers; i++) {
		uint32_t own = offset_of(r, &r->peers[i]);

		r->peers[i].own = (struct links){own, own};
		r->peers[i].timeout4 = r->peers[i].timeout4_last = conf->timeout4_max_ns;
	}
}

/* The shortest time that anything may be held. */
static uint64_t shortest(const struct am_reasm_conf *conf)
{
	uint64_t t = conf->timeout6_ns;

	if (conf->timeout4_min_ns < t)
		t = conf->timeout4_min_ns;
	return conf->timeout4_max_ns < t ? conf->timeout4_max_ns : t;
}

struct am_reasm *am_reasm_create(const struct am_reasm_conf *conf, am_reasm_drop *drop, void *ctx)
{
	struct am_reasm *r = calloc(1, sizeof *r);

	assert(conf->entries && (conf->entries & (conf->entries - 1)) == 0);
	assert(room_size(conf) <= UINT32_MAX);
	if (!r)
		return NULL;
	*r = (struct am_reasm){.conf = *conf,
		.drop = drop,
		.ctx = ctx,
		.young_ns = shortest(conf),
		.seed = conf->seed,
		.factor = am_hash64_factor(conf->seed),
		.mask = 2 * (uint64_t)conf->entries - 1,
		.memory = sizeof *r};
	if (!r->conf.buffers)
		r->conf.buffers = conf->entries * AM_REASM_FRAGMENTS;
	r->room = lines(r, 1, room_size(conf));
	r->heads = lines(r, 2 * (uint64_t)conf->entries, sizeof *r->heads);
	if (!r->room || !r->heads) {
		am_reasm_free(r);
		return NULL;
	}
	make_empty(r);
	return r;
}

void am_reasm_free(struct am_reasm *r)
{
	if (!r)
		return;
	am_reasm_release(r);
	while (r->live) {
		struct entry *e = entry_at(r, all_at(r, 0)->next);

		entry_empty(r, e);
		entry_remove(r, e);
	}
	am_pages_free(r->room, room_size(&r->conf));
	am_pages_free(r->heads, 2 * (size_t)r->conf.entries * sizeof *r->heads);
	free(r);
}
