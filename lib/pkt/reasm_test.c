/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "eal.h"
#include "fragments.h"
#include "net/halves.h"
#include "net/plain.h"
#include "pkt/reasm.h"

enum { BUFFERS = 1023, ENTRIES = 64, PEER_ENTRIES = 32, PEERS = 8, MAX_LEN = 3200, L2 = 14 };

struct world {
	struct rte_mempool *pool;
	struct am_reasm *r;
	am_time now;
	unsigned drops[AM_VERDICTS];
	unsigned peer_drops[PEERS];
};

static void count_drop(void *ctx, uint32_t peer, enum am_verdict why, unsigned packets)
{
	struct world *w = ctx;

	assert_true(packets > 0);
	w->drops[why] += packets;
	if (peer < PEERS)
		w->peer_drops[peer] += packets;
}

static struct am_reasm_conf default_conf(void)
{
	return (struct am_reasm_conf){
		.entries = ENTRIES,
		.peer_entries = PEER_ENTRIES,
		.peers = PEERS,
		.seed = 0x1234567890abcdef,
		.timeout6_ns = AM_S,
		.timeout4_min_ns = 20 * AM_MS,
		.timeout4_max_ns = 500 * AM_MS,
		.id_range = 65536,
	};
}

/* Every test starts with an empty table and ends with all buffers back in the pool. */
static void begin(struct world *w, const struct am_reasm_conf *conf)
{
	memset(w->drops, 0, sizeof w->drops);
	memset(w->peer_drops, 0, sizeof w->peer_drops);
	w->now = (am_time){AM_S};
	w->r = am_reasm_create(conf, count_drop, w);
	assert_non_null(w->r);
}

static void end(struct world *w)
{
	am_reasm_free(w->r);
	assert_int_equal(rte_mempool_avail_count(w->pool), BUFFERS);
}

static void begin_default(struct world *w)
{
	struct am_reasm_conf conf = default_conf();

	begin(w, &conf);
}

static unsigned all_drops(const struct world *w)
{
	unsigned n = 0;

	for (int v = 0; v < AM_VERDICTS; v++)
		n += w->drops[v];
	return n;
}

static struct rte_mbuf *add_buffer(
	struct world *w, uint32_t peer, const struct frag *f, struct rte_mbuf *m, struct am_ip_hdr *hdr)
{
	enum am_verdict v = am_ip_parse(am_buf_data(m) + f->l2_len, am_buf_len(m) - f->l2_len, hdr);

	if (v != AM_V_OK)
		fail_msg("fragment %u+%u does not parse: %s", f->at, f->len, am_verdict_name(v));
	return am_reasm_add(w->r, peer, m, f->l2_len, hdr, MAX_LEN, w->now);
}

static struct rte_mbuf *add(struct world *w, uint32_t peer, const struct frag *f, struct am_ip_hdr *hdr)
{
	return add_buffer(w, peer, f, frag_make(w->pool, f), hdr);
}

static void held(struct world *w, uint32_t peer, struct frag f)
{
	struct am_ip_hdr hdr;

	assert_null(add(w, peer, &f, &hdr));
}

/* m is the whole of what f is a fragment of, total octets behind the IP header. Frees it. */
static void expect_whole(struct rte_mbuf *m, const struct am_ip_hdr *hdr, const struct frag *f,
	uint32_t total, const char *what)
{
	uint8_t header[FRAG_HEADER_MAX];
	uint32_t n = frag_header(header, f, total, true);
	struct am_ip_hdr again;
	const uint8_t *p;

	if (!m)
		fail_msg("%s: not reassembled", what);
	p = am_buf_data(m);
	if (am_buf_len(m) != f->l2_len + n + total)
		fail_msg("%s: %u octets, expected %u", what, am_buf_len(m), f->l2_len + n + total);
	assert_int_equal(m->pkt_len, m->data_len);
	for (uint32_t i = 0; i < f->l2_len; i++)
		assert_int_equal(p[i], 0xe0 + f->l2_len);
	assert_memory_equal(p + f->l2_len, header, n);
	for (uint32_t i = 0; i < total; i++)
		if (p[f->l2_len + n + i] != frag_octet(i, f->salt))
			fail_msg("%s: octet %u of the payload is wrong", what, i);

	assert_int_equal(am_ip_parse(p + f->l2_len, n + total, &again), AM_V_OK);
	assert_false(hdr->frag || hdr->more);
	assert_int_equal(hdr->family, again.family);
	assert_int_equal(hdr->proto, again.proto);
	assert_int_equal(hdr->tos, again.tos);
	assert_int_equal(hdr->ttl, again.ttl);
	assert_int_equal(hdr->hlen, again.hlen);
	assert_int_equal(hdr->plen, again.plen);
	assert_int_equal(hdr->unfrag_len, again.unfrag_len);
	am_buf_free(m);
}

static struct frag part(uint8_t family, uint32_t id, uint16_t at, uint16_t len, bool more)
{
	return (struct frag){.family = family,
		.proto = 97,
		.tos = 2,
		.l2_len = L2,
		.at = at,
		.len = len,
		.more = more,
		.id = id,
		.salt = (uint8_t)id,
		.headroom = 128};
}

/* The next permutation of order[0..n) in lexical order; false after the last. */
static bool next_order(unsigned *order, int n)
{
	int i = n - 2, j = n - 1;
	unsigned t;

	while (i >= 0 && order[i] > order[i + 1])
		i--;
	if (i < 0)
		return false;
	while (order[j] < order[i])
		j--;
	t = order[i], order[i] = order[j], order[j] = t;
	for (int a = i + 1, b = n - 1; a < b; a++, b--)
		t = order[a], order[a] = order[b], order[b] = t;
	return true;
}

static void check_order(
	struct world *w, const struct frag *pieces, const unsigned *order, int n, uint32_t total)
{
	struct am_ip_hdr hdr;
	char what[128];

	snprintf(what, sizeof what, "IPv%u, %d fragments, total %u, headroom %u, order %u%u%u%u",
		pieces->family, n, total, pieces->headroom, order[0], order[1], n > 2 ? order[2] : 9,
		n > 3 ? order[3] : 9);
	for (int i = 0; i < n - 1; i++)
		assert_null(add(w, 1, &pieces[order[i]], &hdr));
	expect_whole(add(w, 1, &pieces[order[n - 1]], &hdr), &hdr, &pieces[order[n - 1]], total, what);
}

/* Cut total at the given places (multiples of 8) and try every order of arrival. */
static void check_cuts(struct world *w, struct frag f, const uint16_t *cuts, int n, uint16_t total)
{
	struct frag pieces[AM_REASM_FRAGMENTS];
	unsigned order[AM_REASM_FRAGMENTS] = {0, 1, 2, 3};

	for (int i = 0; i < n; i++) {
		uint16_t from = i ? cuts[i - 1] : 0, to = i < n - 1 ? cuts[i] : total;

		pieces[i] = f;
		pieces[i].at = from;
		pieces[i].len = (uint16_t)(to - from);
		pieces[i].more = i < n - 1;
		pieces[i].padding = to - from < 26 ? 20 : 0;
	}
	do {
		check_order(w, pieces, order, n, total);
	} while (next_order(order, n));
}

static const struct {
	int n;
	uint16_t cuts[3];
	uint16_t total;
} shapes[] = {
	{2, {8}, 9},
	{2, {1256}, 1554},
	{2, {1232}, 1570},
	{2, {1480}, 1586},
	{2, {8}, 1600},
	{2, {1256}, 2516},
	{2, {16}, 3000},
	{2, {2984}, 3000},
	{2, {1232}, 2464},
	{3, {8, 16}, 17},
	{3, {1256, 1264}, 2400},
	{3, {8, 1256}, 2400},
	{3, {800, 1600}, 2400},
	{3, {1000, 2000}, 3001},
	{4, {8, 16, 24}, 25},
	{4, {600, 1200, 1800}, 2416},
	{4, {8, 2000, 2008}, 2424},
	{4, {1256, 1264, 1272}, 1300},
};

static void test_permutations(void **state)
{
	static const uint16_t headrooms[] = {0, 14, 100, 128, 192};
	struct world *w = *state;
	uint32_t id = 1;

	begin_default(w);
	for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
		for (size_t h = 0; h < sizeof headrooms / sizeof headrooms[0]; h++) {
			for (int k = 0; k < 6; k++) {
				struct frag f = part(k & 1 ? AM_IPV6 : AM_IPV4, id++, 0, 0, false);

				f.headroom = headrooms[h];
				f.hop_by_hop = k == 5 ? 8 : 0;
				f.l2_len = k < 2 ? 14 : k < 4 ? 18 : 0;
				check_cuts(w, f, shapes[s].cuts, shapes[s].n, shapes[s].total);
			}
		}
	}
	assert_int_equal(all_drops(w), 0);
	end(w);
}

/* The completing fragment's link header is the one that the caller knows the length of. */
static void test_links_differ(void **state)
{
	struct world *w = *state;
	struct am_ip_hdr hdr;
	struct frag a = part(AM_IPV4, 1, 0, 1256, true), b = part(AM_IPV4, 1, 1256, 300, false);

	begin_default(w);
	for (int i = 0; i < 2; i++) {
		a.l2_len = i ? 22 : 14;
		b.l2_len = i ? 14 : 22;
		held(w, 0, a);
		expect_whole(add(w, 0, &b, &hdr), &hdr, &b, 1556, "tags differ");
	}
	end(w);
}

/*
 * The first fragment must move inside its buffer, by as much as its link header was longer than the one to
 * have now: the packet begins where it began, and yet its headers cannot stay.
 */
static void test_moved_to_the_same_start(void **state)
{
	enum { HEADROOM = 100, TOTAL = AM_BUF_ROOM - HEADROOM - 20 - 14 };
	struct world *w = *state;
	struct frag a = part(AM_IPV4, 1, 0, 2000, true), b = part(AM_IPV4, 1, 2000, TOTAL - 2000, false);
	struct am_ip_hdr hdr;
	struct rte_mbuf *m;

	begin_default(w);
	a.l2_len = 18;
	a.headroom = HEADROOM;
	b.l2_len = 14;
	b.headroom = 0;
	held(w, 0, a);
	m = frag_make(w->pool, &b);
	assert_int_equal(am_ip_parse(am_buf_data(m) + 14, am_buf_len(m) - 14, &hdr), AM_V_OK);
	m = am_reasm_add(w->r, 0, m, 14, &hdr, 9000, w->now);
	assert_int_equal(am_buf_headroom(m), HEADROOM);
	expect_whole(m, &hdr, &b, TOTAL, "moved to the same start");
	end(w);
}

/* IPv6: only the first fragment's Next Header counts, and a Destination Options header may stand in it. */
static void test_extension_in_first(void **state)
{
	struct world *w = *state;
	struct frag a = part(AM_IPV6, 1, 0, 64, true), b = part(AM_IPV6, 1, 64, 30, false);
	struct rte_mbuf *m;
	struct am_ip_hdr hdr;

	begin_default(w);
	a.proto = 60;
	m = frag_make(w->pool, &a);
	memcpy(am_buf_data(m) + L2 + 48, (uint8_t[]){47, 0, 4, 1, 4, 1, 1, 0}, 8);
	assert_null(add_buffer(w, 0, &a, m, &hdr));
	b.proto = 47; /* some stacks name what they like here */
	m = add(w, 0, &b, &hdr);
	assert_non_null(m);
	assert_int_equal(hdr.proto, 47);
	assert_int_equal(hdr.hlen, 48);
	assert_int_equal(hdr.plen, 86);
	assert_int_equal(am_buf_data(m)[L2 + 6], 60);
	assert_int_equal(am_load16(am_buf_data(m) + L2 + 4), 94);
	am_buf_free(m);
	end(w);
}

/* A first half whose headers are longer than there is room for is refused, also where the other half came before it. */
static void test_headers_too_long(void **state)
{
	enum { ROOM = 88, LATER = 96, TOTAL = 200 };
	struct world *w = *state;
	static const uint8_t too_long[] = {ROOM + 8, 200, 248};
	struct frag later = part(AM_IPV6, 7, LATER, TOTAL - LATER, false),
		    first = part(AM_IPV6, 7, 0, LATER, true);
	struct am_ip_hdr hdr;

	begin_default(w);
	held(w, 1, later);
	for (unsigned i = 0; i < sizeof too_long; i++) {
		first.hop_by_hop = too_long[i];
		held(w, 1, first);
		assert_int_equal(w->drops[AM_V_IP6_EXTENSION], i + 1);
	}
	first.hop_by_hop = ROOM;
	expect_whole(add(w, 1, &first, &hdr), &hdr, &first, TOTAL, "as long as there is room for");
	assert_int_equal(all_drops(w), sizeof too_long);
	end(w);
}

static void test_duplicate(void **state)
{
	struct world *w = *state;
	struct am_ip_hdr hdr;
	struct frag a = part(AM_IPV4, 7, 0, 1256, true), b = part(AM_IPV4, 7, 1256, 300, false);

	begin_default(w);
	held(w, 0, a);
	held(w, 0, a);
	held(w, 0, a);
	assert_int_equal(w->drops[AM_V_FRAG_DUPLICATE], 2);
	expect_whole(add(w, 0, &b, &hdr), &hdr, &b, 1556, "after duplicates");
	held(w, 0, b);
	held(w, 0, b);
	assert_int_equal(w->drops[AM_V_FRAG_DUPLICATE], 3);
	assert_int_equal(all_drops(w), 3);
	end(w);
}

struct killer {
	const char *what;
	struct frag f[5];
	int n;
	enum am_verdict why;
};

/* Datagrams that must die: all of f is dropped under one name, and what comes later too. */
static void check_killer(struct world *w, const struct killer *k, uint8_t family)
{
	struct frag late = part(family, 9, 2000, 8, true);

	begin_default(w);
	for (int i = 0; i < k->n; i++) {
		struct frag f = k->f[i];

		f.family = family;
		held(w, 2, f);
	}
	if (w->drops[k->why] != (unsigned)k->n)
		fail_msg("%s: %u dropped as %s, expected %d", k->what, w->drops[k->why],
			am_verdict_name(k->why), k->n);
	late.headroom = 0;
	held(w, 2, late);
	held(w, 2, part(family, 9, 0, 1256, true));
	assert_int_equal(w->drops[k->why], k->n + 2);
	assert_int_equal(all_drops(w), k->n + 2);
	assert_int_equal(w->peer_drops[2], k->n + 2);
	end(w);
}

static void test_killers(void **state)
{
	struct frag first = part(AM_IPV4, 9, 0, 1256, true), last = part(AM_IPV4, 9, 1256, 300, false);
	struct frag other = first, shorter = first, longer = last, inside = last, ce = last, beyond = last;
	struct frag middle = first, again = last;

	other.salt++;
	shorter.len = 1248;
	longer.len = 308;
	inside.at = 1248;
	ce.tos = 3;
	first.tos = 2;
	beyond.at = 3000;
	middle.at = 1600, middle.len = 8;
	again.more = true, again.len = 304;

	struct killer killers[] = {
		{"two firsts, same length", {first, other}, 2, AM_V_FRAG_CONFLICT},
		{"two firsts", {first, shorter}, 2, AM_V_FRAG_CONFLICT},
		{"two lasts", {last, longer}, 2, AM_V_FRAG_CONFLICT},
		{"overlap", {first, inside}, 2, AM_V_FRAG_OVERLAP},
		{"overlap, reversed", {inside, first}, 2, AM_V_FRAG_OVERLAP},
		{"beyond the last", {last, middle}, 2, AM_V_FRAG_CONFLICT},
		{"beyond the last, reversed", {middle, last}, 2, AM_V_FRAG_CONFLICT},
		{"last with MF", {last, again}, 2, AM_V_FRAG_CONFLICT},
		{"too long", {first, beyond}, 2, AM_V_FRAG_TOO_LONG},
		{"five",
			{part(4, 9, 0, 8, true), part(4, 9, 8, 8, true), part(4, 9, 16, 8, true),
				part(4, 9, 24, 8, true), part(4, 9, 32, 8, true)},
			5, AM_V_FRAG_TOO_MANY},
	};

	for (size_t i = 0; i < sizeof killers / sizeof killers[0]; i++) {
		check_killer(*state, &killers[i], AM_IPV4);
		check_killer(*state, &killers[i], AM_IPV6);
	}
	first.tos = 0;
	check_killer(*state, &(struct killer){"CE and Not-ECT", {first, ce}, 2, AM_V_FRAG_ECN}, AM_IPV4);
	check_killer(*state, &(struct killer){"CE and Not-ECT", {ce, first}, 2, AM_V_FRAG_ECN}, AM_IPV6);
}

static void test_too_long_alone(void **state)
{
	struct world *w = *state;

	begin_default(w);
	held(w, 0, part(AM_IPV4, 1, 3192, 8, false));
	held(w, 0, part(AM_IPV6, 1, 65520, 8, false));
	assert_int_equal(w->drops[AM_V_FRAG_TOO_LONG], 2);
	end(w);
}

/* Within max_len, but in no buffer of these. */
static void test_no_buffer_holds_it(void **state)
{
	struct world *w = *state;
	struct am_ip_hdr hdr;
	struct frag a = part(AM_IPV4, 1, 0, 2000, true), b = part(AM_IPV4, 1, 2000, 1600, false);
	struct rte_mbuf *m;

	begin_default(w);
	held(w, 0, a);
	m = frag_make(w->pool, &b);
	assert_int_equal(am_ip_parse(am_buf_data(m) + L2, am_buf_len(m) - L2, &hdr), AM_V_OK);
	assert_null(am_reasm_add(w->r, 0, m, L2, &hdr, 9000, w->now));
	assert_int_equal(w->drops[AM_V_FRAG_TOO_LONG], 2);
	end(w);
}

static void test_ecn(void **state)
{
	static const uint8_t ecn[][3] = {{2, 2, 2}, {2, 3, 3}, {3, 2, 3}, {1, 3, 3}, {3, 3, 3}, {0, 0, 0}};
	struct world *w = *state;
	struct am_ip_hdr hdr;

	begin_default(w);
	for (uint32_t i = 0; i < 2 * sizeof ecn / sizeof ecn[0]; i++) {
		uint8_t family = i & 1 ? AM_IPV6 : AM_IPV4;
		struct frag a = part(family, i, 0, 1256, true), b = part(family, i, 1256, 300, false),
			    want = b;

		a.tos = 0xb8 | ecn[i / 2][0];
		b.tos = 0x20 | ecn[i / 2][1]; /* the DSCP is the first fragment's */
		want.tos = 0xb8 | ecn[i / 2][2];
		held(w, 0, i & 2 ? a : b);
		b = i & 2 ? b : a;
		expect_whole(add(w, 0, &b, &hdr), &hdr, &want, 1556, "ECN");
	}
	end(w);
}

static void test_keys_differ(void **state)
{
	struct world *w = *state;
	struct am_ip_hdr hdr;
	struct frag a = part(AM_IPV4, 5, 0, 1256, true), b = part(AM_IPV4, 5, 1256, 300, false), other = b;
	struct am_reasm_stats stats;

	begin_default(w);
	held(w, 1, a);
	held(w, 2, b);
	other.proto = 47;
	held(w, 1, other);
	other = b, other.id = 6;
	held(w, 1, other);
	other = b, other.family = AM_IPV6;
	held(w, 1, other);
	am_reasm_stats(w->r, &stats);
	assert_int_equal(stats.live, 5);
	assert_int_equal(stats.buffers, 5);
	expect_whole(add(w, 1, &b, &hdr), &hdr, &b, 1556, "its own");
	am_reasm_forget(w->r, 1);
	am_reasm_stats(w->r, &stats);
	assert_int_equal(stats.live, 1);
	assert_int_equal(stats.buffers, 1);
	assert_int_equal(stats.reassembled, 1);
	end(w);
}

static void test_timeout(void **state)
{
	struct world *w = *state;
	struct frag a6 = part(AM_IPV6, 5, 0, 1256, true), a4 = part(AM_IPV4, 5, 0, 1256, true);
	struct frag b4 = part(AM_IPV4, 5, 1256, 300, false);
	am_time start;

	begin_default(w);
	start = w->now;
	held(w, 1, a6);
	held(w, 2, a4);
	am_reasm_expire(w->r, am_time_add(start, 499 * AM_MS), 16);
	assert_int_equal(all_drops(w), 0);
	am_reasm_expire(w->r, am_time_add(start, 501 * AM_MS), 16);
	assert_int_equal(w->peer_drops[2], 1);
	am_reasm_expire(w->r, am_time_add(start, 999 * AM_MS), 16);
	assert_int_equal(w->peer_drops[1], 0);
	am_reasm_expire(w->r, am_time_add(start, 1001 * AM_MS), 16);
	assert_int_equal(w->peer_drops[1], 1);
	assert_int_equal(w->drops[AM_V_FRAG_TIMEOUT], 2);

	/* Nobody called expire: the other half comes too late all the same. */
	w->now = am_time_add(start, 2 * AM_S);
	held(w, 2, a4);
	w->now = am_time_add(w->now, 500 * AM_MS);
	held(w, 2, b4);
	assert_int_equal(w->drops[AM_V_FRAG_TIMEOUT], 3);
	end(w);
}

static void test_tombstone_ends(void **state)
{
	struct world *w = *state;
	struct am_ip_hdr hdr;
	struct frag a = part(AM_IPV4, 5, 0, 1256, true), b = part(AM_IPV4, 5, 1256, 300, false), bad = a;

	begin_default(w);
	bad.salt++;
	held(w, 0, a);
	held(w, 0, bad);
	held(w, 0, b);
	assert_int_equal(w->drops[AM_V_FRAG_CONFLICT], 3);
	w->now = am_time_add(w->now, AM_S);
	held(w, 0, a);
	expect_whole(add(w, 0, &b, &hdr), &hdr, &b, 1556, "after the tombstone's time");
	assert_int_equal(all_drops(w), 3);
	end(w);
}

static void test_expire_budget(void **state)
{
	struct world *w = *state;

	begin_default(w);
	for (uint32_t i = 0; i < 20; i++)
		held(w, i % 5, part(AM_IPV4, i, 0, 1256, true));
	w->now = am_time_add(w->now, AM_S);
	for (unsigned n = 0; n < 20; n += 4) {
		assert_int_equal(w->drops[AM_V_FRAG_TIMEOUT], n);
		am_reasm_expire(w->r, w->now, 4);
	}
	assert_int_equal(w->drops[AM_V_FRAG_TIMEOUT], 20);
	end(w);
}

static void test_peer_cap(void **state)
{
	struct world *w = *state;
	struct am_ip_hdr hdr;
	struct frag b;

	begin_default(w);
	held(w, 1, part(AM_IPV4, 1000, 0, 1256, true));
	for (uint32_t i = 0; i < PEER_ENTRIES + 1; i++)
		held(w, 0, part(AM_IPV4, i, 0, 1256, true));
	assert_int_equal(w->drops[AM_V_FRAG_EVICTED], 1);
	assert_int_equal(w->peer_drops[0], 1);
	for (uint32_t i = 1; i < PEER_ENTRIES + 1; i++) {
		b = part(AM_IPV4, i, 1256, 300, false);
		expect_whole(add(w, 0, &b, &hdr), &hdr, &b, 1556, "younger than the evicted one");
	}
	b = part(AM_IPV4, 1000, 1256, 300, false);
	expect_whole(add(w, 1, &b, &hdr), &hdr, &b, 1556, "another peer's");
	end(w);
}

/* Two peers fill the table; they cannot push out a third that holds less than its share. */
static void test_global_cap(void **state)
{
	struct world *w = *state;
	struct am_reasm_stats stats;
	struct am_ip_hdr hdr;
	struct frag b;

	begin_default(w);
	for (uint32_t i = 0; i < 8; i++)
		held(w, 3, part(AM_IPV4, i, 0, 1256, true));
	for (uint32_t i = 0; i < 500; i++) {
		held(w, i & 1, part(AM_IPV4, 100 + i, 0, 1256, true));
		am_reasm_stats(w->r, &stats);
		assert_true(stats.live <= ENTRIES);
	}
	assert_int_equal(stats.live, ENTRIES);
	for (uint32_t i = 0; i < 8; i++) {
		b = part(AM_IPV4, i, 1256, 300, false);
		expect_whole(add(w, 3, &b, &hdr), &hdr, &b, 1556, "the small peer's");
	}
	for (uint32_t i = 0; i < 20; i++)
		held(w, 4, part(AM_IPV4, i, 0, 1256, true));
	am_reasm_stats(w->r, &stats);
	assert_int_equal(stats.live, ENTRIES);
	assert_int_equal(w->peer_drops[3] + w->peer_drops[4], 0);
	end(w);
}

/* Three fragments of four for each datagram: buffers run out before entries do, and a small peer keeps what it has. */
static void test_buffer_cap(void **state)
{
	struct world *w = *state;
	struct am_reasm_conf conf = default_conf();
	struct am_reasm_stats stats;
	struct am_ip_hdr hdr;
	struct frag b = part(AM_IPV4, 1, 1256, 300, false);

	conf.buffers = 16;
	begin(w, &conf);
	held(w, 3, part(AM_IPV4, 1, 0, 1256, true));
	for (uint32_t i = 0; i < 200; i++) {
		held(w, 0, part(AM_IPV4, i / 3, (uint16_t)(i % 3 * 400), 400, true));
		am_reasm_stats(w->r, &stats);
		assert_true(stats.buffers <= conf.buffers);
	}
	expect_whole(add(w, 3, &b, &hdr), &hdr, &b, 1556, "the small peer's");
	assert_int_equal(w->drops[AM_V_FRAG_EVICTED], w->peer_drops[0]);
	end(w);
}

/* Who ends a datagram needs no buffer, so nobody has to give one up: not beside a duplicate, nor late. */
static void test_join_needs_no_buffer(void **state)
{
	enum { HELD = 8 };
	struct world *w = *state;
	struct am_reasm_conf conf = default_conf();
	struct frag b = part(AM_IPV4, 0, 1256, 300, false);
	struct am_reasm_stats stats;
	struct am_ip_hdr hdr;

	conf.buffers = HELD;
	begin(w, &conf);
	for (uint32_t i = 0; i < HELD; i++)
		held(w, 0, part(AM_IPV4, i, 0, 1256, true));
	held(w, 0, part(AM_IPV4, 0, 0, 1256, true));
	assert_int_equal(w->drops[AM_V_FRAG_DUPLICATE], 1);
	w->now = am_time_add(w->now, 30 * AM_MS);
	expect_whole(add(w, 0, &b, &hdr), &hdr, &b, 1556, "with all buffers held");
	assert_int_equal(all_drops(w), 1);
	am_reasm_stats(w->r, &stats);
	assert_int_equal(stats.buffers, HELD - 1);
	end(w);
}

/* Complete pairs at rate datagrams a second for ms milliseconds. */
static void run_at(struct world *w, uint32_t peer, uint64_t rate, unsigned ms, uint32_t *id)
{
	struct am_ip_hdr hdr;

	for (uint64_t n = rate * ms / 1000; n; n--) {
		struct frag a = part(AM_IPV4, *id & 0xffff, 0, 8, true),
			    b = part(AM_IPV4, *id & 0xffff, 8, 8, false);

		held(w, peer, a);
		am_buf_free(add(w, peer, &b, &hdr));
		w->now = am_time_add(w->now, AM_S / rate);
		(*id)++;
	}
}

static void expect_timeout(struct world *w, uint32_t peer, uint64_t ms, unsigned percent)
{
	uint64_t t = am_reasm_timeout4(w->r, peer), want = ms * AM_MS;

	if (t < want - want * percent / 100 || t > want + want * percent / 100)
		fail_msg("timeout is %llu us, expected about %llu ms", (unsigned long long)(t / AM_US),
			(unsigned long long)ms);
}

static void test_adaptive_timeout(void **state)
{
	struct world *w = *state;
	uint32_t id = 0;

	begin_default(w);
	expect_timeout(w, 0, 500, 0);
	run_at(w, 0, 1000, 100, &id); /* wraps in 65 s */
	expect_timeout(w, 0, 500, 0);
	run_at(w, 0, 740000, 50, &id); /* 10 Gbit/s: wraps in 88 ms */
	expect_timeout(w, 0, 44, 3);
	run_at(w, 0, 4000000, 30, &id); /* half of it would be 8 ms */
	expect_timeout(w, 0, 20, 0);
	expect_timeout(w, 1, 500, 0);
	run_at(w, 0, 1000, 100, &id);
	expect_timeout(w, 0, 500, 0);
	end(w);
}

/* A flood of lone fragments does not shorten the time that good ones have. */
static void test_flood_leaves_timeout(void **state)
{
	struct world *w = *state;

	begin_default(w);
	for (uint32_t i = 0; i < 100000; i++) {
		held(w, 0, part(AM_IPV4, i & 0xffff, 1256, 8, false));
		w->now = am_time_add(w->now, 1000);
	}
	expect_timeout(w, 0, 500, 0);
	end(w);
}

static uint32_t draw(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

/*
 * Ten lone fragments per good datagram from the right source, good halves 200 packets apart: below the caps
 * nothing good is lost, and the table never grows past them. IPv6 identifications are drawn apart from the
 * good ones.
 */
static void test_flood(void **state)
{
	enum { GOOD = 3000, LONE = 10, APART = 200 };
	struct world *w = *state;
	struct am_reasm_conf conf = default_conf();
	struct am_reasm_stats stats;
	uint32_t x = 1, good = 0, n = 0;
	struct am_ip_hdr hdr;

	conf.entries = 512;
	conf.peer_entries = 256;
	begin(w, &conf);
	for (uint32_t i = 0; i < GOOD + APART / (LONE + 1) + 1; i++) {
		uint32_t second = i - APART / (LONE + 1);

		if (i < GOOD)
			held(w, 0, part(AM_IPV6, i, 0, 1256, true));
		for (int k = 0; k < LONE; k++, n++)
			held(w, 0, part(AM_IPV6, draw(&x) | 0x80000000, draw(&x) & 1 ? 0 : 1256, 1000, true));
		if (second < GOOD) {
			struct frag b = part(AM_IPV6, second, 1256, 300, false);

			expect_whole(add(w, 0, &b, &hdr), &hdr, &b, 1556, "under the flood");
			good++;
		}
		am_reasm_stats(w->r, &stats);
		assert_true(stats.live <= conf.peer_entries && stats.buffers <= conf.peer_entries);
		w->now = am_time_add(w->now, 10 * AM_US);
	}
	assert_int_equal(good, GOOD);
	assert_int_equal(stats.memory < 512 * 1024, 1);
	print_message("%u good datagrams, %u lone fragments, none lost; table %llu octets\n", good, n,
		(unsigned long long)stats.memory);
	end(w);
}

/* Identifications made to collide with live ones: each hostile fragment costs at most one good datagram. */
static void test_collisions(void **state)
{
	enum { GOOD = 2000 };
	struct world *w = *state;
	uint32_t x = 99, lost = 0, hostile = 0;
	struct am_ip_hdr hdr;

	begin_default(w);
	for (uint32_t i = 0; i < GOOD; i++) {
		struct frag a = part(AM_IPV4, i, 0, 1256, true), b = part(AM_IPV4, i, 1256, 300, false),
			    bad = a;
		struct rte_mbuf *m;

		held(w, 0, a);
		if (draw(&x) % 10 == 0) {
			bad.at = draw(&x) & 1 ? 8 : 1264;
			bad.len = 64;
			held(w, 0, bad);
			hostile++;
		}
		m = add(w, 0, &b, &hdr);
		if (m)
			expect_whole(m, &hdr, &b, 1556, "beside collisions");
		else
			lost++;
		w->now = am_time_add(w->now, AM_MS);
	}
	assert_true(hostile > GOOD / 20);
	assert_true(lost <= hostile);
	print_message("%u hostile fragments, %u of %u good datagrams lost\n", hostile, lost, GOOD);
	end(w);
}

/* ---- two halves side by side, without the table ---- */

static bool find_halves(const struct frag *f, struct rte_mbuf *const m[2], struct am_halves *h)
{
	const uint8_t *a = am_buf_data(m[0]) + f->l2_len, *b = am_buf_data(m[1]) + f->l2_len;
	uint32_t a_has = am_buf_len(m[0]) - f->l2_len, b_has = am_buf_len(m[1]) - f->l2_len;

	return f->family == AM_IPV4 ? am_ip4_halves(a, a_has, b, b_has, h)
				    : am_ip6_halves(a, a_has, b, b_has, h);
}

/* NULL: refused, and then both buffers must be as they were; they are freed. */
static struct rte_mbuf *pair_within(
	struct world *w, uint32_t peer, const struct frag f[2], uint32_t max_len, struct am_halves *h)
{
	struct rte_mbuf *m[2] = {frag_make(w->pool, &f[0]), frag_make(w->pool, &f[1])}, *again;
	struct am_reasm_stats before, after;
	struct am_reasm_pair p;

	assert_true(find_halves(&f[0], m, h));
	am_reasm_stats(w->r, &before);
	p = (struct am_reasm_pair){m[h->first], m[!h->first], *h, peer, f[0].l2_len + (uint32_t)h->head,
		max_len + f[0].l2_len, w->now};
	p.halves.plen[0] = h->plen[h->first];
	p.halves.plen[1] = h->plen[!h->first];
	if (am_reasm_pair(w->r, &p)) {
		am_reasm_headers(m[h->first], f[0].l2_len, h->family);
		return m[h->first];
	}
	am_reasm_stats(w->r, &after);
	assert_memory_equal(&after, &before, sizeof after);
	for (unsigned i = 0; i < 2; i++) {
		again = frag_make(w->pool, &f[i]);
		assert_int_equal(am_buf_len(m[i]), am_buf_len(again));
		assert_int_equal(am_buf_headroom(m[i]), am_buf_headroom(again));
		assert_memory_equal(am_buf_data(m[i]), am_buf_data(again), am_buf_len(again));
		am_buf_free(again);
		am_buf_free(m[i]);
	}
	return NULL;
}

static struct rte_mbuf *pair(struct world *w, uint32_t peer, const struct frag f[2], struct am_halves *h)
{
	return pair_within(w, peer, f, MAX_LEN, h);
}

static void assert_same_rates(const struct world *a, const struct world *b)
{
	struct am_reasm_stats one, two;

	am_reasm_stats(a->r, &one);
	am_reasm_stats(b->r, &two);
	assert_int_equal(one.reassembled, two.reassembled);
	assert_int_equal(one.fragments, two.fragments);
	assert_int_equal(one.live, 0);
	assert_int_equal(two.live, 0);
	assert_int_equal(one.buffers + two.buffers, 0);
	for (uint32_t peer = 0; peer < PEERS; peer++)
		assert_int_equal(am_reasm_timeout4(a->r, peer), am_reasm_timeout4(b->r, peer));
}

/* One datagram through the table of one world and beside the table of the other. */
static void check_pair(struct world *table, struct world *beside, const struct frag f[2], uint32_t peer)
{
	struct rte_mbuf *whole, *want;
	struct am_ip_hdr hdr, found;
	struct am_halves h;

	assert_null(add(table, peer, &f[0], &hdr));
	want = add(table, peer, &f[1], &hdr);
	whole = pair(beside, peer, f, &h);
	if (!want || !whole)
		fail_msg("IPv%u, %u and %u octets: no datagram", f[0].family, f[0].len, f[1].len);
	assert_int_equal(am_buf_len(whole), am_buf_len(want));
	assert_int_equal(whole->pkt_len, whole->data_len);
	assert_memory_equal(am_buf_data(whole), am_buf_data(want), am_buf_len(want));
	assert_int_equal(
		am_ip_parse(am_buf_data(whole) + f[0].l2_len, am_buf_len(whole) - f[0].l2_len, &found),
		AM_V_OK);
	assert_int_equal(found.tos, hdr.tos);
	assert_int_equal(found.proto, hdr.proto);
	assert_int_equal(found.plen, hdr.plen);
	am_buf_free(whole);
	am_buf_free(want);
	assert_same_rates(table, beside);
}

static void begin_two(struct world *table, struct world *beside)
{
	begin_default(table);
	*beside = *table;
	begin_default(beside);
}

static void end_two(struct world *table, struct world *beside)
{
	assert_int_equal(all_drops(table) + all_drops(beside), 0);
	am_reasm_free(beside->r);
	end(table);
}

static void set_halves(
	struct frag f[2], uint8_t family, uint32_t id, uint16_t first, uint16_t rest, bool reversed)
{
	f[reversed] = part(family, id, 0, first, true);
	f[!reversed] = part(family, id, first, rest, false);
}

static void test_pair_is_as_by_the_table(void **state)
{
	static const uint16_t sizes[][2] = {{8, 1}, {64, 26}, {1256, 300}, {1232, 338}, {1480, 100},
		{1480, 1480}, {16, 1400}, {104, 2000}, {1256, 63}, {1256, 64}, {1256, 65}, {1256, 127},
		{1256, 128}, {1256, 129}};
	struct world *table = *state, beside;
	struct frag f[2];
	uint32_t id = 0;

	begin_two(table, &beside);
	for (unsigned s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
		for (unsigned k = 0; k < 64; k++, id++) {
			set_halves(f, k & 1 ? AM_IPV6 : AM_IPV4, id, sizes[s][0], sizes[s][1], k & 2);
			f[0].tos = f[1].tos = (uint8_t)(k >> 2 & 3) | 0x28;
			f[0].l2_len = f[1].l2_len = k & 16 ? 18 : 14;
			f[0].padding = f[1].padding = k & 32 ? 12 : 0;
			check_pair(table, &beside, f, k % PEERS);
		}
	}
	end_two(table, &beside);
}

/* The time a fragment may be held follows the rate of datagrams, whichever way they became whole. */
static void test_pair_is_measured(void **state)
{
	struct world *table = *state, beside;
	struct frag f[2];

	begin_two(table, &beside);
	for (uint32_t id = 0; id < 60000; id++) {
		set_halves(f, AM_IPV4, id & 0xffff, 8, 8, id & 1);
		f[0].padding = f[1].padding = 20;
		check_pair(table, &beside, f, 3);
		table->now = beside.now = am_time_add(table->now, AM_S / 740000);
	}
	expect_timeout(&beside, 3, 44, 3);
	expect_timeout(&beside, 4, 500, 0);
	end_two(table, &beside);
}

/* Whatever the table knows of a datagram is the table's to finish. */
static void test_pair_leaves_what_is_held(void **state)
{
	struct world *w = *state;
	struct frag f[2], other[2];
	struct am_ip_hdr hdr;
	struct am_halves h;

	for (unsigned k = 0; k < 8; k++) {
		begin_default(w);
		set_halves(f, k & 1 ? AM_IPV6 : AM_IPV4, 5, 1256, 300, k & 2);
		held(w, 1, f[k >> 2]);
		assert_null(pair(w, 1, f, &h));
		/* Another datagram, and the same of another peer. */
		set_halves(other, f[0].family, 6, 1256, 300, false);
		am_buf_free(pair(w, 1, other, &h));
		am_buf_free(pair(w, 2, f, &h));
		expect_whole(add(w, 1, &f[!(k >> 2)], &hdr), &hdr, &f[0], 1556, "its other half");
		/* Nothing is held any more. */
		am_buf_free(pair(w, 1, f, &h));
		assert_int_equal(all_drops(w), 0);
		end(w);
	}
}

static void test_pair_leaves_what_was_killed(void **state)
{
	struct world *w = *state;
	struct frag f[2], bad;
	struct am_halves h;

	for (unsigned k = 0; k < 2; k++) {
		begin_default(w);
		set_halves(f, k ? AM_IPV6 : AM_IPV4, 5, 1256, 300, false);
		bad = f[0];
		bad.salt++;
		held(w, 1, f[0]);
		held(w, 1, bad);
		assert_null(pair(w, 1, f, &h));
		w->now = am_time_add(w->now, 2 * AM_S);
		am_reasm_expire(w->r, w->now, 16);
		am_buf_free(pair(w, 1, f, &h));
		end(w);
	}
}

/* As long as it may be, and one octet longer: what may be, and what the first one's buffer has room for. */
static void test_pair_fits(void **state)
{
	struct world *w = *state;
	struct am_halves h;
	struct frag f[2];

	begin_default(w);
	for (unsigned k = 0; k < 4; k++) {
		uint32_t head = k & 1 ? AM_IP6_LEN + AM_IP6_FRAG_LEN : AM_IP4_LEN;
		uint32_t room = AM_BUF_ROOM - 128 - L2 - head;
		struct rte_mbuf *m;

		set_halves(f, k & 1 ? AM_IPV6 : AM_IPV4, k, 1256, 300, k & 2);
		m = pair_within(w, 1, f, head + 1556, &h);
		assert_non_null(m);
		am_buf_free(m);
		assert_null(pair_within(w, 1, f, head + 1555, &h));
		assert_null(pair_within(w, PEERS, f, MAX_LEN, &h));
		set_halves(f, k & 1 ? AM_IPV6 : AM_IPV4, k, 2000, (uint16_t)(room - 2000), k & 2);
		m = pair_within(w, 1, f, 9000, &h);
		assert_non_null(m);
		am_buf_free(m);
		f[!(k & 2)].len++;
		assert_null(pair_within(w, 1, f, 9000, &h));
	}
	end(w);
}

/* ---- bursts of plain fragments ---- */

static struct am_reasm_part make_part(struct world *w, uint32_t peer, const struct frag *f, uint32_t note)
{
	struct am_reasm_part part = {0};
	struct rte_mbuf *m = frag_make(w->pool, f);
	const uint8_t *ip = am_buf_data(m) + f->l2_len;
	struct am_ip_hdr hdr = {0};

	assert_true(f->family == AM_IPV4 ? am_ip4_fragment(ip, am_buf_len(m) - f->l2_len, &hdr)
					 : am_ip6_fragment(ip, am_buf_len(m) - f->l2_len, &hdr));
	am_reasm_describe(&part, peer, m, f->l2_len, &hdr, note);
	return part;
}

/* Parts of n datagrams of three sizes, interleaved: the first of each, then the next; reversed: the last ones first. */
static void cut_parts(struct frag *f, unsigned n, unsigned parts, uint8_t family, bool reversed)
{
	for (unsigned i = 0; i < n * parts; i++) {
		uint16_t len = (uint16_t)(400 + 8 * (i % n % 3));
		unsigned k = reversed ? parts - 1 - i / n : i / n;

		f[i] = part(family, i % n, (uint16_t)(k * len), k + 1 < parts ? len : 77, k + 1 < parts);
		f[i].tos = (uint8_t)(i % n % 4);
		f[i].padding = i & 1 ? 6 : 0;
	}
}

/* A burst in one world, its fragments one by one in another: the same datagrams, in the same order. */
static void check_burst(struct world *one, struct world *all, const struct frag *f, unsigned n)
{
	struct am_reasm_part parts[64];
	struct am_reasm_whole whole[64];
	struct am_ip_hdr hdr;
	unsigned made, next = 0;

	for (unsigned i = 0; i < n; i++)
		parts[i] = make_part(all, f[i].id % PEERS, &f[i], f[i].at ? AM_REASM_NO_NOTE : f[i].id);
	made = am_reasm_take(all->r, parts, n, MAX_LEN + L2, all->now, whole);
	for (unsigned i = 0; i < n; i++) {
		struct rte_mbuf *want = add(one, f[i].id % PEERS, &f[i], &hdr), *m;

		if (!want)
			continue;
		assert_true(next < made);
		m = whole[next].m;
		if (!whole[next].headers) {
			assert_int_equal(whole[next].note, f[i].id);
			am_reasm_headers(m, L2, f[i].family);
		}
		assert_int_equal(am_buf_len(m), am_buf_len(want));
		assert_memory_equal(am_buf_data(m), am_buf_data(want), am_buf_len(want));
		am_buf_free(m);
		am_buf_free(want);
		next++;
	}
	assert_int_equal(next, made);
	assert_memory_equal(one->drops, all->drops, sizeof one->drops);
}

static void test_burst_is_as_one_by_one(void **state)
{
	enum { DATAGRAMS = 15 };
	struct world *one = *state, all;
	struct am_reasm_stats stats;
	struct frag f[DATAGRAMS * 4];

	for (unsigned parts = 2; parts <= 4; parts++) {
		for (unsigned kind = 0; kind < 4; kind++) {
			begin_two(one, &all);
			cut_parts(f, DATAGRAMS, parts, kind & 1 ? AM_IPV6 : AM_IPV4, kind & 2);
			check_burst(one, &all, f, DATAGRAMS * parts);
			am_reasm_stats(all.r, &stats);
			assert_int_equal(stats.reassembled, DATAGRAMS);
			assert_int_equal(stats.fragments, DATAGRAMS * parts);
			end_two(one, &all);
		}
	}
}

/* Emptied buffers are kept until the burst is over, and no more of them than there is room for. */
static void test_pair_releases(void **state)
{
	enum { PAIRS = 200 };
	struct world *w = *state;
	struct am_halves h;
	struct frag f[2];

	begin_default(w);
	for (uint32_t i = 0; i < PAIRS; i++) {
		set_halves(f, i & 1 ? AM_IPV6 : AM_IPV4, i, 1256, 300, i & 2);
		am_buf_free(pair(w, 0, f, &h));
	}
	assert_true(rte_mempool_avail_count(w->pool) < BUFFERS);
	am_reasm_release(w->r);
	assert_int_equal(rte_mempool_avail_count(w->pool), BUFFERS);
	am_reasm_release(w->r);
	assert_int_equal(rte_mempool_avail_count(w->pool), BUFFERS);
	end(w);
}

static int setup(void **state)
{
	static struct world w;

	if (am_test_eal())
		return -1;
	w.pool = am_buf_pool("reasm", BUFFERS, 0);
	*state = &w;
	return w.pool ? 0 : -1;
}

static int teardown(void **state)
{
	struct world *w = *state;

	rte_mempool_free(w->pool);
	return 0;
}

static unsigned orphans;

/* Takes what is for peer 1, without its first octet touched. */
static bool take_orphan(void *ctx, uint32_t peer, struct rte_mbuf *m)
{
	(void)ctx;
	if (peer != 1)
		return false;
	orphans++;
	am_buf_free(m);
	return true;
}

/* Only those that never met their first one, and of those only what somebody takes; the rest is lost as ever. */
static void test_orphans(void **state)
{
	struct world *w = *state;

	begin_default(w);
	am_reasm_on_orphan(w->r, take_orphan);
	orphans = 0;
	held(w, 1, part(AM_IPV4, 1, 1256, 304, true));
	held(w, 1, part(AM_IPV4, 1, 1560, 300, false));
	held(w, 1, part(AM_IPV4, 2, 0, 1256, true));
	held(w, 2, part(AM_IPV4, 3, 1256, 300, false));
	held(w, 1, part(AM_IPV4, 4, 8000, 300, false));
	assert_int_equal(orphans, 1);
	am_reasm_expire(w->r, am_time_add(w->now, 501 * AM_MS), 16);
	assert_int_equal(orphans, 3);
	assert_int_equal(w->peer_drops[1], 1);
	assert_int_equal(w->peer_drops[2], 1);
	end(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_permutations),
		cmocka_unit_test(test_links_differ),
		cmocka_unit_test(test_moved_to_the_same_start),
		cmocka_unit_test(test_extension_in_first),
		cmocka_unit_test(test_headers_too_long),
		cmocka_unit_test(test_duplicate),
		cmocka_unit_test(test_killers),
		cmocka_unit_test(test_too_long_alone),
		cmocka_unit_test(test_no_buffer_holds_it),
		cmocka_unit_test(test_ecn),
		cmocka_unit_test(test_keys_differ),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_tombstone_ends),
		cmocka_unit_test(test_expire_budget),
		cmocka_unit_test(test_peer_cap),
		cmocka_unit_test(test_global_cap),
		cmocka_unit_test(test_buffer_cap),
		cmocka_unit_test(test_join_needs_no_buffer),
		cmocka_unit_test(test_adaptive_timeout),
		cmocka_unit_test(test_flood_leaves_timeout),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_collisions),
		cmocka_unit_test(test_pair_is_as_by_the_table),
		cmocka_unit_test(test_pair_is_measured),
		cmocka_unit_test(test_pair_leaves_what_is_held),
		cmocka_unit_test(test_pair_leaves_what_was_killed),
		cmocka_unit_test(test_pair_fits),
		cmocka_unit_test(test_burst_is_as_one_by_one),
		cmocka_unit_test(test_orphans),
		cmocka_unit_test(test_pair_releases),
	};

	return cmocka_run_group_tests_name("pkt/reasm", tests, setup, teardown);
}
