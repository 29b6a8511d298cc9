/* SPDX-License-Identifier: BSD-3-Clause */
#include "limit_lines.h"

#include <string.h>

#include "base/hash.h"
#include "base/pages.h"
#include "limit.h"
#include "pkt/buf.h"

enum {
	LINE = 64,
	KEYS = 4, /* in a line */
};

struct limit_lines {
	struct am_buf_stash tails;
	uint8_t *table;
	size_t octets; /* of it; a power of two, 0: none */
	uint64_t drawn;
	uint64_t seen;                      /* so that reading is not left out */
	struct rte_mbuf *held[LIMIT_BURST]; /* firsts of a window, in order */
	unsigned n_held, joined;
};

struct limit_lines *limit_lines_new(struct rte_mempool *pool, uint32_t macs, uint64_t seed)
{
	struct limit_lines *l = am_pages_alloc(sizeof *l);
	size_t octets = LINE;

	if (!l)
		return NULL;
	l->tails.pool = pool;
	l->drawn = seed;
	if (!macs)
		return l;
	while (octets < (size_t)macs / KEYS * LINE)
		octets *= 2;
	l->table = am_pages_alloc(octets);
	if (!l->table) {
		limit_lines_free(l);
		return NULL;
	}
	memset(l->table, 1, octets);
	l->octets = octets;
	return l;
}

void limit_lines_free(struct limit_lines *l)
{
	if (!l)
		return;
	am_buf_stash_empty(&l->tails);
	am_pages_free(l->table, l->octets);
	am_pages_free(l, sizeof *l);
}

static const uint8_t *first_line(const uint8_t *front, struct limit_range r)
{
	return (const uint8_t *)((uintptr_t)(front + r.from) & ~(uintptr_t)(LINE - 1));
}

static inline void ask_range(const uint8_t *front, struct limit_range r, bool write)
{
	for (const uint8_t *at = first_line(front, r); r.from < r.to && at < front + r.to; at += LINE)
		if (write)
			__builtin_prefetch(at, 1);
		else
			__builtin_prefetch(at);
}

static inline uint64_t read_range(const uint8_t *front, struct limit_range r)
{
	uint64_t seen = 0, word;

	for (const uint8_t *at = first_line(front, r); r.from < r.to && at < front + r.to; at += LINE) {
		memcpy(&word, at, sizeof word);
		seen += word;
	}
	return seen;
}

static inline void write_range(uint8_t *front, struct limit_range r, uint64_t value)
{
	for (uint8_t *at = (uint8_t *)(uintptr_t)first_line(front, r); r.from < r.to && at < front + r.to;
		at += LINE)
		memcpy(at, &value, sizeof value);
}

static inline void ask_head(struct rte_mbuf *m)
{
	__builtin_prefetch(m, 1);
	__builtin_prefetch(&m->next, 1);
}

static inline void touch_head(struct rte_mbuf *m)
{
	m->pkt_len = m->data_len;
	m->next = NULL;
}

static inline unsigned entries(const struct limit_lines *l, const struct limit_touch *t)
{
	return l->octets && !t->half ? 2 : 0;
}

/* Two lines of the table for the item of that number. */
static inline const uint8_t *entry(const struct limit_lines *l, uint64_t item, unsigned which)
{
	return l->table + (am_hash64(2 * item + which, 0) & (l->octets - 1) & ~(size_t)(LINE - 1));
}

struct item {
	struct rte_mbuf *m, *second, *tail;
	uint64_t number;
};

static inline void ask(const struct limit_lines *l, const struct limit_touch *t, const struct item *i)
{
	ask_head(i->m);
	if (i->second)
		ask_head(i->second);
	if (i->tail)
		ask_head(i->tail);
	if (!t->packets)
		return;
	ask_range(am_buf_data(i->m), t->read, false);
	ask_range(am_buf_data(i->m), t->copy, false);
	ask_range(am_buf_data(i->m), t->write, true);
	if (i->second)
		ask_range(am_buf_data(i->second), t->read_second, false);
	if (i->tail)
		ask_range((const uint8_t *)i->tail->buf_addr + AM_BUF_HEADROOM,
			(struct limit_range){0, (int16_t)t->tail}, true);
	for (unsigned which = 0; which < entries(l, t); which++)
		__builtin_prefetch(entry(l, i->number, which));
}

static inline void touch_item(struct limit_lines *l, const struct limit_touch *t, const struct item *i)
{
	uint64_t seen = 0;

	touch_head(i->m);
	if (i->second)
		touch_head(i->second);
	if (i->tail)
		am_buf_set_len(i->tail, t->tail);
	if (!t->packets)
		return;
	seen += read_range(am_buf_data(i->m), t->read) + read_range(am_buf_data(i->m), t->copy);
	if (i->second)
		seen += read_range(am_buf_data(i->second), t->read_second);
	for (unsigned which = 0; which < entries(l, t); which++)
		seen += *entry(l, i->number, which);
	write_range(am_buf_data(i->m), t->write, seen);
	if (i->tail)
		write_range(am_buf_data(i->tail), (struct limit_range){0, (int16_t)t->tail}, seen);
	l->seen += seen;
}

static inline bool describe(
	struct limit_lines *l, const struct limit_touch *t, struct rte_mbuf **m, unsigned at, struct item *i)
{
	*i = (struct item){.m = m[t->pairs ? 2 * at : at], .number = l->drawn++};
	if (t->pairs)
		i->second = m[2 * at + 1];
	if (t->tail)
		i->tail = am_buf_take(&l->tails, AM_BUF_HEADROOM);
	return !t->tail || i->tail;
}

static unsigned take(struct limit_lines *l, const struct limit_touch *t, struct rte_mbuf **m, unsigned n,
	struct rte_mbuf **out)
{
	struct item items[LIMIT_BURST];
	struct rte_mbuf *spent[LIMIT_BURST];
	unsigned count = t->pairs ? n / 2 : n, asked = 0, sent = 0, freed = 0;

	for (unsigned i = 0; i < count; i++) {
		for (; asked < count && asked <= i + t->ahead; asked++) {
			if (!describe(l, t, m, asked, &items[asked])) {
				count = asked; /* no buffer for a tail: those before it are done, and the run is refused */
				break;
			}
			ask(l, t, &items[asked]);
		}
		if (i == count)
			break;
		touch_item(l, t, &items[i]);
		out[sent++] = items[i].m;
		if (items[i].tail)
			out[sent++] = items[i].tail;
		if (items[i].second)
			spent[freed++] = items[i].second;
	}
	am_buf_free_bulk(spent, freed);
	return sent;
}

/* Firsts of a window are read and wait. Returns how many of m they are. */
static unsigned hold(struct limit_lines *l, const struct limit_touch *t, struct rte_mbuf **m, unsigned n)
{
	const struct limit_touch first = {
		.ahead = t->ahead, .packets = t->packets, .half = true, .read = t->read};
	unsigned room = t->window - l->n_held;

	n = n < room ? n : room;
	l->n_held += take(l, &first, m, n, l->held + l->n_held);
	return n;
}

/* Seconds of a window, and the rest of what is done with their firsts. */
static unsigned join(struct limit_lines *l, const struct limit_touch *t, struct rte_mbuf **m, unsigned n,
	struct rte_mbuf **out)
{
	struct rte_mbuf *pairs[2 * LIMIT_BURST];
	struct limit_touch rest = *t;

	rest.read = (struct limit_range){0, 0};
	for (unsigned i = 0; i < n; i++) {
		pairs[2 * i] = l->held[l->joined + i];
		pairs[2 * i + 1] = m[i];
	}
	l->joined += n;
	if (l->joined == t->window)
		l->joined = l->n_held = 0;
	return take(l, &rest, pairs, 2 * n, out);
}

unsigned limit_lines_take(struct limit_lines *l, const struct limit_touch *t, struct rte_mbuf **m, unsigned n,
	struct rte_mbuf **out)
{
	unsigned sent = 0;

	if (!t->window)
		return take(l, t, m, n, out);
	for (unsigned at = 0, seconds; at < n; at += seconds) {
		at += hold(l, t, m + at, n - at);
		seconds = l->n_held - l->joined < n - at ? l->n_held - l->joined : n - at;
		sent += join(l, t, m + at, seconds, out + sent);
	}
	return sent;
}
