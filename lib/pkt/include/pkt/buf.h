/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PKT_BUF_H
#define PKT_BUF_H
/*
 * Packet buffers: rte_mbuf, always linear (one segment), from a pool with room for a tunnel MTU and its
 * headers.
 *
 * The boundary between a packet and the rest of its buffer moves only through these functions. In builds with
 * the address sanitizer every byte of the buffer outside the packet is poisoned, and 64 behind its room, so that
 * a read or write past the boundary aborts: at the end to the octet, at the front to the 8 octets in which the
 * packet begins. In other builds they compile to the few instructions they look like.
 */
#include <stdint.h>

#include <rte_mbuf.h>

#if defined(__SANITIZE_ADDRESS__)
#define AM_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define AM_POISON 1
#endif
#endif
#ifndef AM_POISON
#define AM_POISON 0
#endif

enum {
	AM_BUF_HEADROOM = 192, /* of our own drivers; ethdev leaves RTE_PKTMBUF_HEADROOM, 128 */
	AM_BUF_ROOM = 3520,    /* data room with headroom: a tunnel MTU of 2400, headers and tags */
};

/*
 * Poison all of the buffer but the packet; nothing where there is no sanitizer. Drivers call it after filling
 * one.
 */
void am_buf_guard(struct rte_mbuf *m);
/* Make all of it accessible: before a buffer goes back to code that does not know (a PMD, the pool). */
void am_buf_unguard(struct rte_mbuf *m);

static inline uint8_t *am_buf_data(const struct rte_mbuf *m)
{
	return (uint8_t *)m->buf_addr + m->data_off;
}

static inline uint32_t am_buf_len(const struct rte_mbuf *m)
{
	return m->data_len;
}

static inline uint32_t am_buf_headroom(const struct rte_mbuf *m)
{
	return m->data_off;
}

static inline uint32_t am_buf_tailroom(const struct rte_mbuf *m)
{
	return (uint32_t)(m->buf_len - m->data_off - m->data_len);
}

/* An empty buffer with headroom octets in front, or NULL. */
struct rte_mbuf *am_buf_alloc(struct rte_mempool *pool, uint16_t headroom);
void am_buf_free(struct rte_mbuf *m);
void am_buf_free_bulk(struct rte_mbuf **m, unsigned n);

/* Move the front by n octets, outwards or inwards; the caller has checked the room or the length. */
static inline uint8_t *am_buf_prepend(struct rte_mbuf *m, uint16_t n)
{
	if (AM_POISON && n > am_buf_headroom(m))
		__builtin_trap();
	m->data_off -= n;
	m->data_len += n;
	m->pkt_len = m->data_len;
	if (AM_POISON)
		am_buf_guard(m);
	return am_buf_data(m);
}

/*
 * The same where headroom and length are known: what was just stored need not be read again. n octets more in front of
 * the len that are there, of which the sum is returned.
 */
static inline uint32_t am_buf_prepend_known(struct rte_mbuf *m, uint32_t headroom, uint32_t len, uint32_t n)
{
	m->data_off = (uint16_t)(headroom - n);
	m->pkt_len = len + n;
	m->data_len = (uint16_t)m->pkt_len;
	return len + n;
}

static inline uint8_t *am_buf_adj(struct rte_mbuf *m, uint16_t n)
{
	if (AM_POISON && n > am_buf_len(m))
		__builtin_trap();
	m->data_off += n;
	m->data_len -= n;
	m->pkt_len = m->data_len;
	if (AM_POISON)
		am_buf_guard(m);
	return am_buf_data(m);
}

/*
 * Set the length, to trim or to extend at the end; the caller has checked the room. Returns the first octet.
 */
static inline uint8_t *am_buf_set_len(struct rte_mbuf *m, uint16_t len)
{
	if (AM_POISON && len > am_buf_len(m) + am_buf_tailroom(m))
		__builtin_trap();
	m->data_len = len;
	m->pkt_len = len;
	if (AM_POISON)
		am_buf_guard(m);
	return am_buf_data(m);
}

/* Both at once: the packet begins n octets further in and has len octets. The caller has checked both. */
static inline uint8_t *am_buf_cut(struct rte_mbuf *m, uint16_t n, uint16_t len)
{
	if (AM_POISON && (uint32_t)n + len > am_buf_len(m) + am_buf_tailroom(m))
		__builtin_trap();
	m->data_off += n;
	m->data_len = len;
	m->pkt_len = len;
	if (AM_POISON)
		am_buf_guard(m);
	return am_buf_data(m);
}

/* The same where the place is known: front is n octets further in. */
static inline void am_buf_cut_to(struct rte_mbuf *m, const uint8_t *front, uint32_t len)
{
	if (AM_POISON) {
		am_buf_cut(m, (uint16_t)(front - am_buf_data(m)), (uint16_t)len);
		return;
	}
	m->data_off = (uint16_t)(front - (const uint8_t *)m->buf_addr);
	m->data_len = (uint16_t)len;
	m->pkt_len = len;
}

/*
 * Fresh buffers for one thread, taken from the pool some at a time, so that the next one's header is on its way
 * into the cache while this one is filled, and so are its octets around the headroom's end.
 */
enum {
	AM_BUF_STASH = 32,
	AM_BUF_AHEAD = 128, /* of them so many behind it, and half as many in front */
};

struct am_buf_stash {
	struct rte_mempool *pool;
	unsigned n;
	struct rte_mbuf *m[AM_BUF_STASH];
};

/* Where a stash is empty: the last one of a new load, or of what there is. NULL where the pool is empty. */
struct rte_mbuf *am_buf_refill(struct am_buf_stash *s);
/* Give back what is left. */
void am_buf_stash_empty(struct am_buf_stash *s);

/* An empty buffer with headroom octets in front, or NULL. */
static inline struct rte_mbuf *am_buf_take(struct am_buf_stash *s, uint16_t headroom)
{
	const uint8_t *next;
	struct rte_mbuf *m;

	if (__builtin_expect(s->n > 1, 1)) {
		m = s->m[--s->n];
		__builtin_prefetch(s->m[s->n - 1], 1);
		next = (const uint8_t *)s->m[s->n - 1]->buf_addr + headroom;
		__builtin_prefetch(next - AM_BUF_AHEAD / 2, 1);
		__builtin_prefetch(next, 1);
		__builtin_prefetch(next + AM_BUF_AHEAD / 2, 1);
	} else {
		m = am_buf_refill(s);
		if (!m)
			return NULL;
	}
	m->data_off = headroom;
	if (AM_POISON)
		am_buf_guard(m);
	return m;
}

/* A copy in a fresh buffer with the same headroom where possible, or NULL. */
struct rte_mbuf *am_buf_copy(struct rte_mempool *pool, const struct rte_mbuf *m);

/* A pool of buffers of our size. cache is per-thread, 0 for single-threaded tests. */
struct rte_mempool *am_buf_pool(const char *name, unsigned count, unsigned cache);

#endif
