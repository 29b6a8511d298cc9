/* SPDX-License-Identifier: BSD-3-Clause */
#include "limit.h"

#include <stdlib.h>
#include <string.h>

#if defined(__SSE4_1__)
#include <smmintrin.h>
#endif

#include "base/bytes.h"
#include "base/pages.h"
#include "net/ether.h"
#include "net/ip.h"
#include "net/vxlan.h"
#include "pkt/buf.h"

enum {
	LINE = 64,
	KEYS = 4,
	PROBES = 8, /* lines that a key may be in */
	STRING = 80,
	STEP = 32,
	CHUNK = 32,
	PAD = STRING - LIMIT_HEADERS,
	/* Where things are from the Ethernet header on. */
	OUTER = AM_ETH_LEN,
	GRE = OUTER + AM_IP4_LEN,
	INNER = GRE + 4,
	UDP = INNER + AM_IP4_LEN,
	VXLAN = UDP + AM_UDP_LEN,
	BEHIND_OUTER = LIMIT_HEADERS - GRE, /* octets of headers that a fragment's offset counts */
	CUT_HEADERS = GRE,                  /* of a second fragment */
	VNI = 1000,
	AHEAD = 4,      /* packets whose headers are asked for before they are needed */
	WAITING = 1024, /* first halves */
	BRIDGE = 1,
};

struct line {
	uint64_t key[KEYS];
	uint64_t value[KEYS];
};

/* Two lines: what a look-up leads to, and the string. */
struct path {
	uint32_t outer_sum, inner_sum; /* of the headers, but for what is patched */
	uint32_t remote, vtep;         /* as on the wire */
	uint8_t spare[32];
	uint8_t string[STRING];
};

struct counters {
	uint64_t packets, octets;
};

struct waiting {
	uint64_t key;
	struct rte_mbuf *first; /* NULL: nothing waits here */
};

struct limit {
	struct line *hosts, *peers;
	struct path *paths;
	struct counters *counters;
	uint32_t host_mask, peer_mask, n_paths;
	uint64_t seed;
	uint32_t local, vtep;
	uint16_t id;
	struct am_buf_stash stash; /* for tails */
	struct waiting waiting[WAITING];
};

/* ---- octets, as they lie in memory ---- */

static inline uint16_t get16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

static inline uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

/* In whole steps; in buffers there is room behind both ends. */
static inline void copy(uint8_t *to, const uint8_t *from, uint32_t len)
{
	uint32_t at = 0;

	if (AM_POISON) {
		memcpy(to, from, len);
		return;
	}
	do {
		memcpy(to + at, from + at, STEP);
		at += STEP;
	} while (at < len);
}

static inline uint64_t get64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

static inline void put16(uint8_t *p, uint16_t v)
{
	memcpy(p, &v, sizeof v);
}

static inline uint16_t wire16(uint16_t v)
{
	return __builtin_bswap16(v);
}

static inline uint16_t fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)(sum + (sum >> 16));
}

static inline uint32_t sum_ip(const uint8_t *ip)
{
	uint64_t sum = (uint64_t)get32(ip) + get32(ip + 4) + get32(ip + 8) + get32(ip + 12) + get32(ip + 16);

	sum = (sum & 0xffffffff) + (sum >> 32);
	return (uint32_t)((sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32));
}

/* ---- tables ---- */

static inline uint64_t hash(const struct limit *l, uint64_t key)
{
	unsigned __int128 product = (unsigned __int128)(key ^ l->seed) * 0xd6e8feb86659fd93ull;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t host_key(const uint8_t *mac)
{
	return (get64(mac) & 0xffffffffffffull) | (uint64_t)BRIDGE << 48;
}

/* Without a branch on where in its line a key is: none could be guessed. */
static inline uint64_t find_in(const struct line *line, uint64_t key)
{
#if defined(__SSE4_1__)
	const __m128i *keys = (const __m128i *)line->key, wanted = _mm_set1_epi64x((long long)key);
	int low = _mm_movemask_pd((__m128d)_mm_cmpeq_epi64(_mm_load_si128(keys), wanted));
	int high = _mm_movemask_pd((__m128d)_mm_cmpeq_epi64(_mm_load_si128(keys + 1), wanted));
	int which = low | high << 2;

	return __builtin_expect(which != 0, 1) ? line->value[__builtin_ctz((unsigned)which)] : 0;
#else
	uint64_t value = 0;

	for (unsigned k = 0; k < KEYS; k++)
		value |= line->key[k] == key ? line->value[k] : 0;
	return value;
#endif
}

static inline const struct line *line_of(
	const struct limit *l, const struct line *lines, uint32_t mask, uint64_t key)
{
	return &lines[hash(l, key) & mask];
}

/* From the line where a key belongs on; 0: it is not there. */
static inline uint64_t find(const struct line *lines, uint32_t mask, const struct line *line, uint64_t key)
{
	uint64_t value = find_in(line, key);

	for (unsigned probe = 1; __builtin_expect(!value && line->key[KEYS - 1] && probe < PROBES, 0);
		probe++) {
		line = &lines[(line - lines + 1) & mask];
		value = find_in(line, key);
	}
	return value;
}

static bool add(const struct limit *l, struct line *lines, uint32_t mask, uint64_t key, uint64_t value)
{
	uint64_t h = hash(l, key);

	for (unsigned probe = 0; probe < PROBES; probe++) {
		struct line *line = &lines[(h + probe) & mask];

		for (unsigned k = 0; k < KEYS; k++) {
			if (line->key[k])
				continue;
			line->key[k] = key;
			line->value[k] = value;
			return true;
		}
	}
	return false;
}

static uint32_t mask_for(uint32_t n)
{
	uint32_t lines = 64;

	while (lines * KEYS < 2 * n)
		lines *= 2;
	return lines - 1;
}

/* ---- what is in them ---- */

static uint32_t address(uint8_t net, uint32_t host)
{
	uint8_t bytes[4] = {10, net, (uint8_t)(host >> 8), (uint8_t)host};

	return get32(bytes);
}

static void host_mac(uint8_t *mac, uint32_t pair, bool far)
{
	mac[0] = 2;
	mac[1] = far ? 0x20 : 0x10;
	am_store32(mac + 2, pair);
}

static void put_ip(uint8_t *ip, uint8_t proto, uint32_t from, uint32_t to)
{
	ip[0] = 0x45;
	ip[8] = 64;
	ip[9] = proto;
	memcpy(ip + 12, &from, sizeof from);
	memcpy(ip + 16, &to, sizeof to);
}

static void make_path(const struct limit *l, struct path *p, uint32_t n)
{
	uint8_t *h = p->string + PAD;

	p->remote = address(1, n + 2);
	p->vtep = address(2, n + 2);
	h[0] = h[6] = 2;
	h[5] = 9;
	h[11] = 1;
	am_store16(h + 12, AM_ET_IPV4);
	put_ip(h + OUTER, AM_PROTO_GRE, l->local, p->remote);
	am_store16(h + GRE + 2, AM_ET_IPV4);
	put_ip(h + INNER, AM_PROTO_UDP, l->vtep, p->vtep);
	am_store16(h + INNER + 6, AM_IP4_DF);
	am_store16(h + UDP + 2, 4789);
	h[VXLAN] = 8;
	am_store32(h + VXLAN + 4, VNI << 8);
	p->outer_sum = sum_ip(h + OUTER);
	p->inner_sum = sum_ip(h + INNER);
}

static uint64_t peer_key(uint32_t remote, uint32_t local)
{
	return (uint64_t)remote << 32 | local;
}

/* Near hosts are behind port 1, far ones behind path n at port n + 2. */
static bool fill(struct limit *l, uint32_t pairs)
{
	uint8_t mac[8] = {0};
	bool good = true;

	for (uint32_t i = 0; i < l->n_paths; i++) {
		uint64_t key;

		make_path(l, &l->paths[i], i);
		key = peer_key(l->paths[i].remote, l->local);
		good &= add(l, l->peers, l->peer_mask, key, i + 2);
	}
	for (uint32_t i = 0; i < pairs; i++) {
		host_mac(mac, i, false);
		good &= add(l, l->hosts, l->host_mask, host_key(mac), 1);
		host_mac(mac, i, true);
		good &= add(l, l->hosts, l->host_mask, host_key(mac), i % l->n_paths + 2);
	}
	return good;
}

struct limit *limit_new(uint32_t pairs, uint32_t paths, struct rte_mempool *pool, uint64_t seed)
{
	struct limit *l = am_pages_alloc(sizeof *l);

	if (!l)
		return NULL;
	l->seed = seed;
	l->stash.pool = pool;
	l->n_paths = paths;
	l->local = address(1, 1);
	l->vtep = address(2, 1);
	l->host_mask = mask_for(2 * pairs);
	l->peer_mask = mask_for(paths);
	l->hosts = am_pages_alloc((l->host_mask + 1) * sizeof *l->hosts);
	l->peers = am_pages_alloc((l->peer_mask + 1) * sizeof *l->peers);
	l->paths = am_pages_alloc(paths * sizeof *l->paths);
	l->counters = am_pages_alloc((paths + 2) * sizeof *l->counters);
	if (l->hosts && l->peers && l->paths && l->counters && fill(l, pairs))
		return l;
	limit_free(l);
	return NULL;
}

void limit_free(struct limit *l)
{
	if (!l)
		return;
	am_buf_stash_empty(&l->stash);
	am_pages_free(l->hosts, (l->host_mask + 1) * sizeof *l->hosts);
	am_pages_free(l->peers, (l->peer_mask + 1) * sizeof *l->peers);
	am_pages_free(l->paths, l->n_paths * sizeof *l->paths);
	am_pages_free(l->counters, (l->n_paths + 2) * sizeof *l->counters);
	am_pages_free(l, sizeof *l);
}

void limit_frame(uint8_t *frame, uint16_t len, uint32_t pair)
{
	uint8_t *ip = frame + AM_ETH_LEN, *udp = ip + AM_IP4_LEN;

	memset(frame, 0, len);
	host_mac(frame, pair, true);
	host_mac(frame + AM_MAC_LEN, pair, false);
	am_store16(frame + 12, AM_ET_IPV4);
	put_ip(ip, AM_PROTO_UDP, address(64, pair), address(128, pair));
	am_store16(ip + 2, (uint16_t)(len - AM_ETH_LEN));
	put16(ip + 10, (uint16_t)~fold(sum_ip(ip)));
	am_store16(udp, (uint16_t)(10000 + pair % 50000));
	am_store16(udp + 2, 5001);
	am_store16(udp + 4, (uint16_t)(len - AM_ETH_LEN - AM_IP4_LEN));
}

static void swap(uint8_t *a, uint8_t *b, size_t n)
{
	uint8_t other[AM_MAC_LEN];

	memcpy(other, a, n);
	memcpy(a, b, n);
	memcpy(b, other, n);
}

void limit_reflect(struct rte_mbuf *m)
{
	uint8_t *front = am_buf_data(m);

	swap(front + OUTER + 12, front + OUTER + 16, 4);
	if (get16(front + OUTER + 6) & wire16(0x1fff))
		return;
	swap(front + INNER + 12, front + INNER + 16, 4);
	swap(front + LIMIT_HEADERS, front + LIMIT_HEADERS + AM_MAC_LEN, AM_MAC_LEN);
}

/* ---- in ---- */

static inline void count(struct limit *l, uint64_t port, uint32_t octets)
{
	l->counters[port].packets++;
	l->counters[port].octets += octets;
}

/* A look at the addresses and ports of a whole IPv4 packet. */
static inline uint16_t flow_port(const struct limit *l, const uint8_t *frame)
{
	const uint8_t *ip = frame + AM_ETH_LEN;

	return (uint16_t)(hash(l, get64(ip + 12) ^ get32(ip + AM_IP4_LEN)) | 0xc0);
}

static inline void put_outer(
	const struct path *p, uint8_t *front, uint16_t octets, uint16_t id, uint16_t fragment)
{
	uint8_t *ip = front + OUTER;

	put16(ip + 2, wire16(octets));
	put16(ip + 4, id);
	put16(ip + 6, fragment);
	put16(ip + 10, (uint16_t)~fold(p->outer_sum + wire16(octets) + id + fragment));
}

static inline void put_inner(const struct path *p, uint8_t *front, uint16_t frame, uint16_t port)
{
	uint16_t octets = (uint16_t)(frame + LIMIT_HEADERS - INNER);

	put16(front + INNER + 2, wire16(octets));
	put16(front + INNER + 10, (uint16_t)~fold(p->inner_sum + wire16(octets)));
	put16(front + UDP, port);
	put16(front + UDP + 4, wire16((uint16_t)(octets - AM_IP4_LEN)));
}

static inline uint8_t *push(const struct limit *l, const struct path *p, struct rte_mbuf *m)
{
	uint16_t len = m->data_len, port = flow_port(l, am_buf_data(m));
	uint8_t *front = am_buf_prepend(m, LIMIT_HEADERS);

	memcpy(front, p->string + PAD, LIMIT_HEADERS);
	put_inner(p, front, len, port);
	return front;
}

/* The rest behind `first` octets of what the outer header carries goes into a packet of its own. */
static inline struct rte_mbuf *cut_tail(
	struct limit *l, const struct path *p, struct rte_mbuf *m, uint16_t first)
{
	struct rte_mbuf *tail = am_buf_take(&l->stash, AM_BUF_HEADROOM);
	uint16_t rest = (uint16_t)(m->data_len - GRE - first);
	uint8_t *to;

	if (!tail)
		return NULL;
	to = am_buf_set_len(tail, (uint16_t)(CUT_HEADERS + rest));
	memcpy(to, p->string + PAD, CUT_HEADERS);
	copy(to + CUT_HEADERS, am_buf_data(m) + GRE + first, rest);
	put_outer(p, to, (uint16_t)(AM_IP4_LEN + rest), l->id, wire16(first / 8));
	am_buf_set_len(m, (uint16_t)(GRE + first));
	put_outer(p, am_buf_data(m), (uint16_t)(AM_IP4_LEN + first), l->id, wire16(AM_IP4_MF));
	return tail;
}

/* So many packets at once: what is asked for early must not push out of the first level what was asked for before. */
struct burst {
	const struct line *to_line[CHUNK], *from_line[CHUNK];
	uint64_t to[CHUNK], from[CHUNK]; /* keys */
	uint64_t via[CHUNK];             /* what the sender must be behind */
};

static inline void hash_macs(const struct limit *l, struct burst *b, unsigned i, const uint8_t *frame)
{
	b->to[i] = host_key(frame);
	b->from[i] = host_key(frame + AM_MAC_LEN);
	b->to_line[i] = line_of(l, l->hosts, l->host_mask, b->to[i]);
	b->from_line[i] = line_of(l, l->hosts, l->host_mask, b->from[i]);
	__builtin_prefetch(b->to_line[i]);
	__builtin_prefetch(b->from_line[i]);
}

/* Where a frame goes; 0: nowhere, or its sender is not where it was learnt. */
static inline uint64_t decide(const struct limit *l, const struct burst *b, unsigned i)
{
	uint64_t to = find(l->hosts, l->host_mask, b->to_line[i], b->to[i]);

	return find(l->hosts, l->host_mask, b->from_line[i], b->from[i]) == b->via[i] ? to : 0;
}

static inline unsigned encap_one(
	struct limit *l, struct rte_mbuf *m, uint64_t to, uint16_t cut, struct rte_mbuf **out)
{
	const struct path *p = &l->paths[to - 2];
	struct rte_mbuf *tail;
	uint8_t *front;

	count(l, 1, m->data_len);
	count(l, to, m->data_len);
	front = push(l, p, m);
	out[0] = m;
	if (!cut || m->data_len - OUTER <= cut) {
		put_outer(p, front, (uint16_t)(m->data_len - OUTER), 0, wire16(AM_IP4_DF));
		return 1;
	}
	l->id++;
	tail = cut_tail(l, p, m, (uint16_t)((cut - AM_IP4_LEN) & ~7));
	out[1] = tail;
	return tail ? 2 : 1;
}

static inline unsigned encap_chunk(
	struct limit *l, struct rte_mbuf **m, unsigned n, uint16_t cut, struct rte_mbuf **out)
{
	unsigned sent = 0;
	struct burst b;

	for (unsigned i = 0; i < n && i < AHEAD; i++)
		__builtin_prefetch(am_buf_data(m[i]));
	for (unsigned i = 0; i < n; i++) {
		const uint8_t *frame = am_buf_data(m[i]);

		if (i + AHEAD < n)
			__builtin_prefetch(am_buf_data(m[i + AHEAD]));
		hash_macs(l, &b, i, frame);
		__builtin_prefetch(frame - LINE, 1);
		b.via[i] = 1;
	}
	for (unsigned i = 0; i < n; i++) {
		uint64_t to = decide(l, &b, i);

		if (to > 1)
			sent += encap_one(l, m[i], to, cut, out + sent);
	}
	return sent;
}

unsigned limit_encap(struct limit *l, struct rte_mbuf **m, unsigned n, uint16_t cut, struct rte_mbuf **out)
{
	unsigned sent = 0;

	for (unsigned i = 0; i < n; i += CHUNK)
		sent += encap_chunk(l, m + i, n - i < CHUNK ? n - i : CHUNK, cut, out + sent);
	return sent;
}

/* ---- out ---- */

static inline bool is_ip_right(const uint8_t *ip, uint32_t room)
{
	return ip[0] == 0x45 && wire16(get16(ip + 2)) <= room && fold(sum_ip(ip)) == 0xffff;
}

/* Whether it is a whole packet of a peer's to us, as we would send it; *via: the peer. */
static inline bool admit(const struct limit *l, const uint8_t *front, uint32_t len, uint64_t *via)
{
	const uint8_t *outer = front + OUTER, *inner = front + INNER;
	uint64_t key = peer_key(get32(outer + 12), get32(outer + 16));

	if (len < LIMIT_HEADERS + AM_ETH_LEN || get16(front + 12) != wire16(AM_ET_IPV4) ||
		!is_ip_right(outer, len - OUTER) || get16(outer + 6) & wire16(0x3fff) ||
		outer[9] != AM_PROTO_GRE)
		return false;
	*via = find(l->peers, l->peer_mask, line_of(l, l->peers, l->peer_mask, key), key);
	return *via && get32(front + GRE) == get32(l->paths[0].string + PAD + GRE) &&
	       is_ip_right(inner, len - INNER) && get32(inner + 12) == l->paths[*via - 2].vtep &&
	       get32(inner + 16) == l->vtep && inner[9] == AM_PROTO_UDP &&
	       get16(front + UDP + 2) == wire16(4789) &&
	       get64(front + VXLAN) == get64(l->paths[0].string + PAD + VXLAN);
}

static inline unsigned decap_chunk(struct limit *l, struct rte_mbuf **m, unsigned n, struct rte_mbuf **out)
{
	struct rte_mbuf *good[CHUNK];
	unsigned kept = 0, sent = 0;
	struct burst b;

	for (unsigned i = 0; i < n && i < AHEAD; i++)
		__builtin_prefetch(am_buf_data(m[i]));
	for (unsigned i = 0; i < n; i++) {
		const uint8_t *front = am_buf_data(m[i]);

		if (i + AHEAD < n) {
			__builtin_prefetch(am_buf_data(m[i + AHEAD]));
			__builtin_prefetch(am_buf_data(m[i + AHEAD]) + LINE);
		}
		if (!admit(l, front, m[i]->data_len, &b.via[kept]))
			continue;
		hash_macs(l, &b, kept, front + LIMIT_HEADERS);
		good[kept++] = m[i];
	}
	for (unsigned i = 0; i < kept; i++) {
		uint64_t to = decide(l, &b, i);

		if (!to)
			continue;
		am_buf_adj(good[i], LIMIT_HEADERS);
		count(l, b.via[i], good[i]->data_len);
		count(l, to, good[i]->data_len);
		out[sent++] = good[i];
	}
	return sent;
}

unsigned limit_decap(struct limit *l, struct rte_mbuf **m, unsigned n, struct rte_mbuf **out)
{
	unsigned sent = 0;

	for (unsigned i = 0; i < n; i += CHUNK)
		sent += decap_chunk(l, m + i, n - i < CHUNK ? n - i : CHUNK, out + sent);
	return sent;
}

/* ---- halves ---- */

static inline uint64_t addresses(const uint8_t *front)
{
	return get64(front + OUTER + 12);
}

static inline uint64_t datagram_key(const uint8_t *front)
{
	return addresses(front) ^ (uint64_t)get16(front + OUTER + 4) << 16;
}

static inline uint16_t payload(const uint8_t *front)
{
	return (uint16_t)(wire16(get16(front + OUTER + 2)) - AM_IP4_LEN);
}

static inline bool fits(const uint8_t *first, const uint8_t *second)
{
	return addresses(first) == addresses(second) &&
	       get16(first + OUTER + 4) == get16(second + OUTER + 4) &&
	       get16(first + OUTER + 6) == wire16(AM_IP4_MF) &&
	       wire16(get16(second + OUTER + 6)) == payload(first) / 8;
}

/* The second's octets behind the first's, whose header then tells of a whole packet. */
static inline bool join(struct rte_mbuf *first, const struct rte_mbuf *second)
{
	uint8_t *a = am_buf_data(first), *ip = a + OUTER;
	const uint8_t *b = am_buf_data(second);
	uint16_t head = payload(a), rest = payload(b), whole = (uint16_t)(AM_IP4_LEN + head + rest);

	if (!is_ip_right(ip, first->data_len - OUTER) || !is_ip_right(b + OUTER, second->data_len - OUTER) ||
		am_buf_tailroom(first) < rest)
		return false;
	am_buf_set_len(first, (uint16_t)(OUTER + whole));
	copy(a + GRE + head, b + GRE, rest);
	put16(ip + 10, (uint16_t)~fold((uint16_t)~get16(ip + 10) + (uint16_t)~get16(ip + 2) + wire16(whole) +
				       (uint16_t)~get16(ip + 6)));
	put16(ip + 2, wire16(whole));
	put16(ip + 6, 0);
	return true;
}

/* The first that a second belongs to; NULL: it is a first itself, which waits now, or nothing waits for it. */
static inline struct rte_mbuf *first_of(struct limit *l, struct rte_mbuf *m)
{
	const uint8_t *front = am_buf_data(m);
	bool is_first = get16(front + OUTER + 6) & wire16(AM_IP4_MF);
	uint64_t key = datagram_key(front), h = hash(l, key);

	for (unsigned i = 0; i < PROBES; i++) {
		struct waiting *w = &l->waiting[(h + i) % WAITING];
		struct rte_mbuf *first = w->first;

		if (is_first && !first) {
			*w = (struct waiting){key, m};
			return NULL;
		}
		if (is_first || !first || w->key != key || !fits(am_buf_data(first), front))
			continue;
		w->first = NULL;
		return first;
	}
	return NULL;
}

unsigned limit_join(struct limit *l, struct rte_mbuf **m, unsigned n, struct rte_mbuf **out)
{
	struct rte_mbuf *whole[LIMIT_BURST], *spent[LIMIT_BURST], *first;
	unsigned joined = 0, freed = 0;

	for (unsigned i = 0; i < n && i < AHEAD; i++)
		__builtin_prefetch(am_buf_data(m[i]));
	for (unsigned i = 0; i < n; i++) {
		if (i + AHEAD < n)
			__builtin_prefetch(am_buf_data(m[i + AHEAD]));
		/* A pair side by side needs no table. */
		if (i + 1 < n && fits(am_buf_data(m[i]), am_buf_data(m[i + 1]))) {
			first = m[i++];
		} else {
			first = first_of(l, m[i]);
			if (!first)
				continue;
		}
		if (!join(first, m[i]))
			continue;
		whole[joined++] = first;
		spent[freed++] = m[i];
	}
	am_buf_free_bulk(spent, freed);
	return limit_decap(l, whole, joined, out);
}
