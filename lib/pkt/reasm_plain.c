/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reassembly of what nearly every datagram is: two halves in the plainest form. What is not that simple is refused
 * here untouched, and goes through reasm.c, which makes the same of these too.
 */
#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cpu.h"
#include "reasm_table.h"

#include <rte_branch_prediction.h>

enum {
	AHEAD = 8,        /* parts */
	ASKED_MOST = 512, /* octets; of longer ones the CPU sees by itself how they go on */
};

/* The first half grows at its end; the rest is copied from the other's buffer. Offsets are from a buffer's data. */
struct join {
	struct rte_mbuf *whole, *rest;
	uint32_t data; /* of the first half, behind its last header */
	uint32_t rest_at;
	uint32_t first, second;
};

static inline bool join_fits(const struct join *j, uint32_t max_end)
{
	uint32_t end = j->data + j->first + j->second;

	return end <= max_end && j->whole->data_off + end <= j->whole->buf_len;
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

void am_reasm_headers(struct rte_mbuf *whole, uint16_t l2_len, uint8_t family)
{
	uint8_t *data = am_buf_data(whole), *ip = data + l2_len;

	if (family == AM_IPV4) {
		am_reasm_patch_ip4(ip, am_buf_len(whole) - l2_len, am_load16(ip + 6) & AM_IP4_DF, ip[1]);
		return;
	}
	/* They move over the Fragment header. */
	ip[6] = ip[AM_IP6_LEN];
	memmove(data + AM_IP6_FRAG_LEN, data, l2_len + AM_IP6_LEN);
	ip = am_buf_adj(whole, AM_IP6_FRAG_LEN) + l2_len;
	am_store16(ip + 4, (uint16_t)(am_buf_len(whole) - l2_len - AM_IP6_LEN));
}

/* The link header in front of a plain first half that is held is as long as that in front of p, which is not plain. */
static bool is_link_same(const struct entry *e, const struct am_reasm_part *p)
{
	return e->piece[0].data ==
	       p->l2_len + (e->kind >> 8 == AM_IPV4 ? AM_IP4_LEN : AM_IP6_LEN + AM_IP6_FRAG_LEN);
}

/* What e holds and p are the two halves of a datagram. */
static inline bool are_halves(const struct entry *e, const struct am_reasm_part *p, struct join *j)
{
	const struct piece *held = &e->piece[0];

	if (e->plain != (PLAIN | p->ecn))
		return false;
	*j = p->more ? (struct join){p->m, held->m, p->data, held->data, p->len, held->len}
		     : (struct join){held->m, p->m, held->data, p->data, held->len, p->len};
	if (p->more)
		return p->at == 0 && e->total && held->at == p->len;
	return held->at == 0 && !e->total && p->at == held->len && is_link_same(e, p);
}

/* They are: then the datagram is whole. link is what points at e. */
static inline bool join_held(struct am_reasm *r, const struct am_reasm_part *p, uint32_t *link,
	uint32_t max_end, am_time now, struct am_reasm_whole *out)
{
	struct entry *e = entry_at(r, *link);
	struct peer *peer = &r->peers[p->key >> 32];
	struct join j;

	if (unlikely((now.ns - e->born_ns >= r->young_ns && am_reasm_is_overdue(r, e, now)) ||
		     !are_halves(e, p, &j) || !join_fits(&j, max_end)))
		return false;
	join(r, &j);
	measure(r, peer, now);
	out->m = j.whole;
	out->note = p->more ? p->note : e->note;
	out->last = p;
	out->headers = false;
	r->buffers--;
	entry_end(r, peer, link);
	return true;
}

/* Nothing is held of p's datagram: hold it, where nobody has to give anything up for that. */
static inline bool hold(struct am_reasm *r, const struct am_reasm_part *p, uint32_t max_end, am_time now)
{
	uint32_t peer = (uint32_t)(p->key >> 32);
	struct entry *e;

	if (unlikely(!r->free || r->peers[peer].held >= r->conf.peer_entries ||
		     r->buffers >= r->conf.buffers || (uint32_t)p->data + p->at + p->len > max_end))
		return false;
	am_buf_set_len(p->m, (uint16_t)(p->data + p->len));
	e = entry_begin(r, peer, p->chain, p->key, p->kind, now);
	r->buffers++;
	e->note = p->note;
	e->total = p->more ? 0 : (uint16_t)(p->at + p->len);
	e->dead = 0;
	e->n = 1;
	e->ecn = p->ecn;
	e->plain = PLAIN | p->ecn;
	e->piece[0].m = p->m;
	e->piece[0].at = p->at;
	e->piece[0].len = p->len;
	e->piece[0].data = p->data;
	return true;
}

enum taken { NOT_TAKEN, HELD, WHOLE };

static inline AM_INLINE enum taken take_plain(struct am_reasm *r, const struct am_reasm_part *p,
	uint32_t max_end, am_time now, struct am_reasm_whole *out)
{
	uint32_t *link = entry_find(r, p->chain, p->key, p->kind);

	if (*link)
		return join_held(r, p, link, max_end, now, out) ? WHOLE : NOT_TAKEN;
	return hold(r, p, max_end, now) ? HELD : NOT_TAKEN;
}

/* Where it hangs in the table. */
static inline void ask(const struct am_reasm *r, struct am_reasm_part *p)
{
	p->chain = chain_of(r, p->key, p->kind);
	__builtin_prefetch(p->chain);
}

/* What a copy of n octets touches, behind the two lines that were read of the packet that they come from. */
static inline AM_INLINE void ask_copy(
	const struct rte_mbuf *first, uint32_t end, const struct rte_mbuf *rest, uint32_t at, uint32_t n)
{
	const uint8_t *from = am_buf_data(rest) + 2 * LINE, *from_end = am_buf_data(rest) + at + n;
	const uint8_t *to = am_buf_data(first) + end, *to_end = to + n;

	for (; from < from_end; from += LINE)
		__builtin_prefetch(from);
	__builtin_prefetch(from_end - 1);
	for (; to < to_end; to += LINE)
		__builtin_prefetch(to, 1);
	__builtin_prefetch(to_end - 1, 1);
}

/* What will be copied if the first that hangs there is p's other half. If it is another's, some lines are asked for in vain. */
static inline AM_INLINE void ask_halves(const struct am_reasm *r, const struct am_reasm_part *p)
{
	const struct entry *e = entry_at(r, *p->chain);
	const struct piece *held = &e->piece[0];

	if (!*p->chain || !(e->plain & PLAIN))
		return;
	if (!p->more && p->len <= ASKED_MOST)
		ask_copy(held->m, (uint32_t)held->data + held->len, p->m, p->data, p->len);
	else if (p->more && held->len <= ASKED_MOST)
		ask_copy(p->m, (uint32_t)p->data + p->len, held->m, held->data, held->len);
}

/* Something was held: nothing is overdue before. */
static inline void sweep_in_time(struct am_reasm *r, am_time now)
{
	uint64_t due = now.ns + r->young_ns;

	if (due < r->next_sweep_ns)
		r->next_sweep_ns = due;
}

/* What is not that simple after all. */
static __attribute__((noinline)) bool take_otherwise(struct am_reasm *r, const struct am_reasm_part *p,
	uint32_t max_end, am_time now, struct am_reasm_whole *out)
{
	const uint8_t *ip = am_buf_data(p->m) + p->l2_len;
	struct am_ip_hdr hdr = {0};
	enum am_verdict v = am_ip_parse(ip, am_buf_len(p->m) - p->l2_len, &hdr);

	assert(v == AM_V_OK);
	(void)v;
	out->m = am_reasm_add_any(
		r, (uint32_t)(p->key >> 32), p->m, p->l2_len, &hdr, max_end - p->l2_len, now);
	out->note = AM_REASM_NO_NOTE;
	out->last = p;
	out->headers = true;
	return out->m;
}

unsigned am_reasm_take(struct am_reasm *r, struct am_reasm_part *part, unsigned n, uint32_t max_end,
	am_time now, struct am_reasm_whole *whole)
{
	struct am_reasm_whole *out = whole;

	for (unsigned i = 0; i < n; i++)
		ask(r, &part[i]);
	for (unsigned i = 0; i < n; i++) {
		enum taken taken;

		if (likely(i + AHEAD < n))
			ask_halves(r, &part[i + AHEAD]);
		taken = take_plain(r, &part[i], max_end, now, out);

		if (unlikely(taken == NOT_TAKEN))
			taken = take_otherwise(r, &part[i], max_end, now, out) ? WHOLE : HELD;
		out += taken == WHOLE;
	}
	r->fragments += n;
	sweep_in_time(r, now);
	return (unsigned)(out - whole);
}

/* *hdr, that of the part which made m whole, as m's. */
static void describe(const struct rte_mbuf *m, uint16_t l2_len, struct am_ip_hdr *hdr)
{
	const uint8_t *ip = am_buf_data(m) + l2_len;
	bool v4 = hdr->family == AM_IPV4;
	uint16_t head = v4 ? AM_IP4_LEN : AM_IP6_LEN;

	*hdr = (struct am_ip_hdr){.family = hdr->family,
		.proto = ip[v4 ? 9 : 6],
		.tos = v4 ? ip[1] : (uint8_t)(am_load16(ip) >> 4),
		.ttl = ip[v4 ? 8 : 7],
		.hlen = head,
		.plen = (uint16_t)(am_buf_len(m) - l2_len - head),
		.dont = v4 && (am_load16(ip + 6) & AM_IP4_DF),
		.frag_id = hdr->frag_id,
		.unfrag_len = head};
}

struct rte_mbuf *am_reasm_add(struct am_reasm *r, uint32_t peer, struct rte_mbuf *m, uint16_t l2_len,
	struct am_ip_hdr *hdr, uint32_t max_len, am_time now)
{
	struct am_reasm_part p;
	struct am_reasm_whole whole;
	enum taken taken = NOT_TAKEN;

	r->fragments++;
	if (likely(is_half(hdr) && peer < r->conf.peers)) {
		am_reasm_describe(&p, peer, m, l2_len, hdr, AM_REASM_NO_NOTE);
		ask(r, &p);
		sweep_in_time(r, now);
		taken = take_plain(r, &p, max_len + l2_len, now, &whole);
	}
	if (taken == NOT_TAKEN)
		return am_reasm_add_any(r, peer, m, l2_len, hdr, max_len, now);
	if (taken == HELD)
		return NULL;
	am_reasm_headers(whole.m, l2_len, hdr->family);
	describe(whole.m, l2_len, hdr);
	return whole.m;
}

/* ---- two halves side by side ---- */

/* Is anything of that datagram in the table? */
static inline bool is_held(const struct am_reasm *r, uint32_t peer, const struct am_halves *h)
{
	uint64_t key = am_reasm_key(peer, h->id);
	uint16_t kind = am_reasm_kind(h->family, h->proto);

	return r->live && *entry_find(r, chain_of(r, key, kind), key, kind);
}

enum { STEP = 64 };

/* As it lies in memory: without a copy of it on the stack, which a function would have to align that for. */
typedef uint64_t half_step __attribute__((vector_size(STEP / 2), aligned(1), may_alias));

static inline AM_INLINE void copy_step(uint8_t *to, const uint8_t *from)
{
	*(half_step *)to = *(const half_step *)from;
	*(half_step *)(to + STEP / 2) = *(const half_step *)(from + STEP / 2);
}

/* n, at least a step, octets in whole steps, of which the last one ends where they do. */
static inline AM_INLINE void copy_steps(uint8_t *to, const uint8_t *from, uint32_t n)
{
	const uint8_t *last = from + n - STEP;
	uint8_t *to_last = to + n - STEP;

	for (; from < last; from += STEP, to += STEP)
		copy_step(to, from);
	copy_step(to_last, last);
}

/* As am_reasm_pair, where that takes more than a few steps. */
static __attribute__((noinline)) bool join_slowly(struct am_reasm *r, const struct am_reasm_pair *p)
{
	const uint16_t *len = p->halves.plen;
	const struct join j = {p->first, p->rest, p->data, p->data, len[0], len[1]};

	if (!join_fits(&j, p->max_end) || p->peer >= r->conf.peers || is_held(r, p->peer, &p->halves))
		return false;
	join(r, &j);
	r->fragments += 2;
	measure(r, &r->peers[p->peer], p->now);
	return true;
}

static __attribute__((noinline)) bool joined_late(struct am_reasm *r, struct peer *p, am_time now)
{
	am_reasm_measured(r, p, now);
	return true;
}

/* What it calls it calls last, so that nothing has to be kept meanwhile. */
static inline AM_INLINE bool join_pair(struct am_reasm *r, const struct am_reasm_pair *p)
{
	const uint32_t second = p->halves.plen[1], end = p->data + p->halves.plen[0];
	struct rte_mbuf *whole = p->first;
	const uint32_t at = whole->data_off + end;
	struct peer *peer;

	if (unlikely(r->live || r->n_emptied == EMPTIED_MAX || p->peer >= r->conf.peers || second < STEP ||
		     end + second > p->max_end || at + second > whole->buf_len))
		return join_slowly(r, p);
	am_buf_set_len(whole, (uint16_t)(end + second));
	copy_steps((uint8_t *)whole->buf_addr + at, am_buf_data(p->rest) + p->data, second);
	r->emptied[r->n_emptied++] = p->rest;
	r->reassembled++;
	r->fragments += 2;
	peer = &r->peers[p->peer];
	peer->done++;
	if (unlikely(p->now.ns - peer->window_ns >= RATE_WINDOW_NS))
		return joined_late(r, peer, p->now);
	return true;
}

AM_VARIANTS(bool, join_halves, join_pair, (struct am_reasm * r, const struct am_reasm_pair *p), (r, p));

bool am_reasm_pair(struct am_reasm *r, const struct am_reasm_pair *p)
{
	return join_halves(r, p);
}
