/* SPDX-License-Identifier: BSD-3-Clause */
#include "pipeline/punt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "core.h"

enum {
	SLOTS = 1024,
	SESSIONS = 4096, /* a power of two */
	WAYS = 4,        /* places that a session may be in */
	TCP_LEN = 20,
	TCP_FLAGS_AT = 13,
	TCP_SYN = 2,
	TCP_RST = 4,
	ICMP6_RS = 133, /* up to redirect, 137: neighbour discovery (RFC 4861) */
	ICMP6_REDIRECT = 137,
};

const struct am_punt_limit am_punt_limits[AM_PUNT_CLASSES] = {
	[AM_PUNT_ARP_ND] = {2000, 512},
	[AM_PUNT_SESSION] = {200000, 8192},
	[AM_PUNT_TCP] = {2000, 512},
	[AM_PUNT_ICMP] = {1000, 256},
	[AM_PUNT_OTHER] = {2000, 512},
	[AM_PUNT_GLEAN] = {1000, 256},
	[AM_PUNT_BACK] = {2000, 512},
	[AM_PUNT_TUNNEL_ERROR] = {100, 32},
};

/* How much of a ring a class may fill: what anybody can send leaves room for what nobody else can. */
static const uint32_t ring_share[AM_PUNT_CLASSES] = {
	[AM_PUNT_ARP_ND] = SLOTS * 3 / 4,
	[AM_PUNT_SESSION] = SLOTS,
	[AM_PUNT_TCP] = SLOTS / 2,
	[AM_PUNT_ICMP] = SLOTS / 2,
	[AM_PUNT_OTHER] = SLOTS / 2,
	[AM_PUNT_GLEAN] = SLOTS / 2,
	[AM_PUNT_BACK] = SLOTS / 2,
	[AM_PUNT_TUNNEL_ERROR] = SLOTS / 8,
};

static const enum am_verdict over_limit[AM_PUNT_CLASSES] = {
	[AM_PUNT_ARP_ND] = AM_V_PUNT_ARP_ND,
	[AM_PUNT_SESSION] = AM_V_PUNT_SESSION,
	[AM_PUNT_TCP] = AM_V_PUNT_TCP,
	[AM_PUNT_ICMP] = AM_V_PUNT_ICMP,
	[AM_PUNT_OTHER] = AM_V_PUNT_OTHER,
	[AM_PUNT_GLEAN] = AM_V_PUNT_GLEAN,
	[AM_PUNT_BACK] = AM_V_PUNT_BACK,
	[AM_PUNT_TUNNEL_ERROR] = AM_V_TUNNEL_SOURCE, /* what they are where nobody reads them */
};

/* head is written by the producer alone, tail by the consumer alone. */
struct ring {
	_Alignas(64) _Atomic uint32_t head;
	_Alignas(64) _Atomic uint32_t tail;
	_Alignas(64) struct am_punted slot[SLOTS];
};

/* A worker's end. */
struct am_punt {
	struct ring up, down;
	uint64_t credit_until_ns
		[AM_PUNT_CLASSES];        /* the worker's: virtual scheduling, as in struct am_storm_state */
	uint64_t passed[AM_PUNT_CLASSES]; /* written by the worker, read by control */
};

/* What all workers and the slow thread share. */
struct am_punt_shared {
	int fd;
	_Atomic bool signalled;              /* set by workers, cleared by the slow thread before it looks */
	_Atomic uint64_t sessions[SESSIONS]; /* hashes; written by the slow thread, read by workers */
	unsigned next_way;                   /* the slow thread's */
};

const char *am_punt_class_name(enum am_punt_class c)
{
	static const char *const names[AM_PUNT_CLASSES] = {
		[AM_PUNT_ARP_ND] = "arp_nd",
		[AM_PUNT_SESSION] = "session",
		[AM_PUNT_TCP] = "tcp",
		[AM_PUNT_ICMP] = "icmp",
		[AM_PUNT_OTHER] = "other",
		[AM_PUNT_GLEAN] = "glean",
		[AM_PUNT_BACK] = "back",
		[AM_PUNT_TUNNEL_ERROR] = "tunnel_error",
	};

	return names[c];
}

/* False where more than `most` would wait in the ring. */
static bool put(struct ring *ring, const struct am_punted *p, uint32_t most)
{
	uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);

	if (head - atomic_load_explicit(&ring->tail, memory_order_acquire) >= most)
		return false;
	ring->slot[head % SLOTS] = *p;
	atomic_store_explicit(&ring->head, head + 1, memory_order_release);
	return true;
}

static unsigned take(struct ring *ring, struct am_punted *out, unsigned n)
{
	uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	uint32_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
	unsigned got = 0;

	while (got < n && tail != head)
		out[got++] = ring->slot[tail++ % SLOTS];
	atomic_store_explicit(&ring->tail, tail, memory_order_release);
	return got;
}

/* ---- sessions ---- */

/* Of one direction: from a to b. 0 where it is not the whole of a TCP header, or has a flag of those. */
static uint64_t session_of(const struct am_plane *plane, const uint8_t *ip, const struct am_ip_hdr *hdr,
	bool reverse, uint8_t flags)
{
	const uint8_t *src = am_ip_src(ip, hdr->family), *dst = am_ip_dst(ip, hdr->family);
	const uint8_t *tcp = ip + hdr->hlen;
	size_t len = hdr->family == AM_IPV4 ? 4 : 16;
	uint8_t key[40] = {0};
	uint64_t hash;

	if (hdr->proto != AM_PROTO_TCP || hdr->frag || hdr->plen < TCP_LEN || tcp[TCP_FLAGS_AT] & flags)
		return 0;
	memcpy(key, reverse ? dst : src, len);
	memcpy(key + 16, reverse ? src : dst, len);
	memcpy(key + 32, tcp + (reverse ? 2 : 0), 2);
	memcpy(key + 34, tcp + (reverse ? 0 : 2), 2);
	hash = am_hash_words(key, sizeof key, plane->conf.seed);
	return hash ? hash : 1;
}

static _Atomic uint64_t *places(struct am_punt_shared *shared, uint64_t hash)
{
	return &shared->sessions[hash & (SESSIONS - WAYS)];
}

static bool is_session(struct am_punt_shared *shared, uint64_t hash)
{
	_Atomic uint64_t *at = places(shared, hash);

	for (unsigned i = 0; i < WAYS; i++)
		if (atomic_load_explicit(&at[i], memory_order_relaxed) == hash)
			return true;
	return false;
}

void am_plane_note_session(struct am_plane *plane, const uint8_t *ip, uint32_t len)
{
	struct am_punt_shared *shared = plane->punt;
	struct am_ip_hdr hdr;
	uint64_t hash;

	if (am_ip_parse(ip, len, &hdr) != AM_V_OK)
		return;
	hash = session_of(plane, ip, &hdr, true, TCP_SYN | TCP_RST);
	if (hash && !is_session(shared, hash))
		atomic_store_explicit(
			&places(shared, hash)[shared->next_way++ % WAYS], hash, memory_order_relaxed);
}

/* ---- up ---- */

/* Neighbour discovery is never cut, and stays on its link (RFC 6980, RFC 4861: hop limit 255). */
static bool is_nd(const uint8_t *ip, const struct am_ip_hdr *hdr)
{
	return hdr->proto == AM_PROTO_ICMPV6 && !hdr->frag && hdr->plen && hdr->ttl == 255 &&
	       ip[hdr->hlen] >= ICMP6_RS && ip[hdr->hlen] <= ICMP6_REDIRECT;
}

enum am_punt_class am_punt_classify(const struct am_worker *w, const uint8_t *ip, const struct am_ip_hdr *hdr)
{
	uint64_t session;

	switch (hdr->proto) {
	case AM_PROTO_TCP:
		session = session_of(w->plane, ip, hdr, false, TCP_SYN);
		return session && w->plane->punt && is_session(w->plane->punt, session) ? AM_PUNT_SESSION
											: AM_PUNT_TCP;
	case AM_PROTO_ICMP:
		return AM_PUNT_ICMP;
	case AM_PROTO_ICMPV6:
		return is_nd(ip, hdr) ? AM_PUNT_ARP_ND : AM_PUNT_ICMP;
	default:
		return AM_PUNT_OTHER;
	}
}

static bool within_limit(struct am_worker *w, enum am_punt_class class)
{
	const struct am_punt_limit *limit = &am_punt_limits[class];
	uint64_t interval = AM_S * w->plane->conf.workers / limit->rate, now = w->now.ns;
	uint64_t *until = &w->punt->credit_until_ns[class];
	uint64_t at = *until > now ? *until : now;

	if (at - now > interval * limit->burst / w->plane->conf.workers)
		return false;
	*until = at + interval;
	return true;
}

static void wake_slow(struct am_plane *plane)
{
	struct am_punt_shared *shared = plane->punt;
	uint64_t one = 1;

	if (atomic_exchange(&shared->signalled, true) || atomic_load(&plane->quiet)) /* as in learn.c */
		return;
	/* A full eventfd is readable already; that is all that matters. */
	if (write(shared->fd, &one, sizeof one) < 0 && errno != EAGAIN)
		atomic_store(&shared->signalled, false);
}

void am_punt(struct am_worker *w, uint16_t iface, uint16_t to, enum am_punt_class class, struct rte_mbuf *m)
{
	const struct am_punted p = {.m = m, .to = to, .class = (uint8_t) class};

	if (unlikely(!w->punt || to == AM_NO_ID)) {
		am_drop(w, iface, AM_V_PUNT_NOWHERE, m);
	} else if (!within_limit(w, class)) {
		am_drop(w, iface, over_limit[class], m);
	} else if (!put(&w->punt->up, &p, ring_share[class])) {
		am_drop(w, iface, AM_V_PUNT_FULL, m);
	} else {
		__atomic_store_n(&w->punt->passed[class], w->punt->passed[class] + 1, __ATOMIC_RELAXED);
		am_count(w, iface, AM_C_PUNTED, 1);
		wake_slow(w->plane);
	}
}

unsigned am_plane_punted(struct am_plane *plane, unsigned worker, struct am_punted *out, unsigned n)
{
	atomic_store(&plane->punt->signalled, false);
	return take(&plane->workers[worker]->punt->up, out, n);
}

void am_plane_punt_stats(const struct am_plane *plane, uint64_t out[AM_PUNT_CLASSES])
{
	memset(out, 0, AM_PUNT_CLASSES * sizeof *out);
	for (unsigned i = 0; i < plane->conf.workers && plane->punt; i++)
		for (unsigned c = 0; c < AM_PUNT_CLASSES; c++)
			out[c] += __atomic_load_n(&plane->workers[i]->punt->passed[c], __ATOMIC_RELAXED);
}

/* ---- down ---- */

static bool put_down(struct am_worker *w, const struct am_punted *p)
{
	if (!put(&w->punt->down, p, SLOTS))
		return false;
	am_worker_wake(w);
	return true;
}

bool am_plane_inject(struct am_plane *plane, unsigned worker, uint16_t interface, struct rte_mbuf *m)
{
	return put_down(
		plane->workers[worker], &(struct am_punted){.m = m, .to = interface, .class = AM_PUNT_OTHER});
}

bool am_plane_forward(
	struct am_plane *plane, unsigned worker, uint16_t interface, struct rte_mbuf *m, bool found)
{
	return put_down(plane->workers[worker],
		&(struct am_punted){.m = m, .to = interface, .class = found ? AM_PUNT_GLEAN : AM_PUNT_BACK});
}

bool am_punt_waiting(const struct am_worker *w)
{
	return w->punt && atomic_load(&w->punt->down.head) != atomic_load(&w->punt->down.tail);
}

unsigned am_punt_take(struct am_worker *w)
{
	struct am_punted p[AM_BURST];
	unsigned n = take(&w->punt->down, p, AM_BURST);

	for (unsigned i = 0; i < n; i++) {
		if (p[i].class == AM_PUNT_GLEAN)
			am_host_forward(w, p[i].to, p[i].m);
		else if (p[i].class == AM_PUNT_BACK)
			am_host_refuse(w, p[i].to, p[i].m);
		else
			am_host_send(w, p[i].to, p[i].m);
	}
	if (w->n_routed)
		am_route_burst(w);
	return n;
}

/* ---- life ---- */

static void *zeroed(size_t size)
{
	void *p = aligned_alloc(64, (size + 63) & ~(size_t)63);

	if (p)
		memset(p, 0, size);
	return p;
}

int am_plane_set_punt(struct am_plane *plane, int fd)
{
	plane->punt = zeroed(sizeof *plane->punt);
	if (!plane->punt)
		return -ENOMEM;
	plane->punt->fd = fd;
	for (unsigned i = 0; i < plane->conf.workers; i++) {
		plane->workers[i]->punt = zeroed(sizeof *plane->workers[i]->punt);
		if (!plane->workers[i]->punt)
			return -ENOMEM;
		am_reasm_on_orphan(plane->workers[i]->reasm, am_decap_orphan);
	}
	return 0;
}

static void empty(struct ring *ring)
{
	struct am_punted p;

	while (take(ring, &p, 1))
		am_buf_free(p.m);
}

void am_punt_free(struct am_punt *punt)
{
	if (!punt)
		return;
	empty(&punt->up);
	empty(&punt->down);
	free(punt);
}
