/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "cases.h"
#include "table/fdb.h"
#include "table/peers.h"
#include "workload.h"

/* ---- FDB ---- */

struct fdb_arg {
	uint32_t entries;
	bool known; /* look for what is there */
};

struct fdb {
	struct am_fdb *table;
	unsigned burst;
	uint32_t n, at;
	am_fdb_key keys[]; /* to look for, in random order */
};

static am_fdb_key key_of(uint32_t n, bool known)
{
	uint8_t mac[6] = {2, known ? 0 : 1};

	am_store32(mac + 2, n);
	return am_fdb_make_key(mac, 1);
}

static void shuffle(am_fdb_key *keys, uint32_t n, uint64_t seed)
{
	for (uint32_t i = n - 1; i > 0; i--) {
		uint32_t j = (uint32_t)(am_hash64(i, seed) % (i + 1));
		am_fdb_key other = keys[j];

		keys[j] = keys[i];
		keys[i] = other;
	}
}

static void close_fdb(void *state)
{
	struct fdb *f = state;

	am_fdb_free(f->table);
	free(f);
}

static void *open_fdb(const struct bench_env *env, const void *arg, struct am_err *err)
{
	const struct fdb_arg *a = arg;
	struct fdb *f = work_alloc(sizeof *f + a->entries * sizeof f->keys[0]);

	if (!f) {
		am_fail(err, ENOMEM, "no memory");
		return NULL;
	}
	f->burst = env->burst;
	f->n = a->entries;
	f->table = am_fdb_create(a->entries, 1, env->seed);
	if (!f->table) {
		am_fail(err, ENOMEM, "no memory for an FDB of %u entries", a->entries);
		free(f);
		return NULL;
	}
	for (uint32_t i = 0; i < f->n; i++) {
		f->keys[i] = key_of(i, a->known);
		if (am_fdb_set(f->table, key_of(i, true), i + 1, 0)) {
			am_fail(err, ENOSPC, "an FDB made for %u entries took only %u", a->entries, i);
			close_fdb(f);
			return NULL;
		}
	}
	shuffle(f->keys, f->n, env->seed);
	return f;
}

static unsigned look_up(struct fdb *f)
{
	uint32_t values[BENCH_BURST], slots[BENCH_BURST];
	unsigned known = 0;

	am_fdb_lookup_bulk(f->table, f->keys + f->at, f->burst, values, slots);
	for (unsigned i = 0; i < f->burst; i++)
		known += values[i] != 0;
	f->at = work_next(f->at, f->burst, f->n);
	return known;
}

static bool run_hit(void *state)
{
	return look_up(state) == ((const struct fdb *)state)->burst;
}

static bool run_miss(void *state)
{
	return look_up(state) == 0;
}

/* As control does with a burst of new MACs and of those that aged out. */
static bool run_change(void *state)
{
	struct fdb *f = state;
	unsigned good = 0;

	for (unsigned i = 0; i < f->burst; i++) {
		am_fdb_key key = f->keys[f->at + i];

		good += am_fdb_del(f->table, key) == 0;
		good += am_fdb_set(f->table, key, 1, 0) == 0;
	}
	f->at = work_next(f->at, f->burst, f->n);
	return good == 2 * f->burst;
}

/* ---- peers ---- */

enum { PEERS = 64, VRF = 0 };

struct peers {
	struct am_peers *table;
	uint8_t family;
	unsigned burst, n, at;
	struct am_ip local;
	struct am_ip remote[];
};

static struct am_ip peer_address(uint8_t family, uint32_t n)
{
	struct am_ip ip = {.family = family, .bytes = {0x20, 0x01}};

	am_store32(ip.bytes + (family == AM_IPV4 ? 0 : 12), 0xc0000200 + n);
	return ip;
}

static int fill_peers(struct peers *p, struct am_peers_builder *b)
{
	p->local = peer_address(p->family, p->n);
	for (uint32_t i = 0; i < p->n; i++) {
		p->remote[i] = peer_address(p->family, i);
		if (am_peers_add(b, VRF, &p->remote[i], &p->local, i) ||
			am_peers_add_use(b, i, AM_USE_GRE, 0, i))
			return -ENOMEM;
	}
	p->table = am_peers_build(b);
	return p->table ? 0 : -ENOMEM;
}

static void close_peers(void *state)
{
	struct peers *p = state;

	am_peers_free(p->table);
	free(p);
}

static void *open_peers(const struct bench_env *env, const void *arg, struct am_err *err)
{
	unsigned n = env->is_cold ? WORK_MANY : PEERS;
	struct am_peers_builder *b = am_peers_builder(env->seed);
	struct peers *p = work_alloc(sizeof *p + n * sizeof p->remote[0]);

	if (p) {
		p->family = *(const uint8_t *)arg;
		p->burst = env->burst;
		p->n = n;
	}
	if (!b || !p || fill_peers(p, b)) {
		am_fail(err, ENOMEM, "no memory");
		am_peers_builder_free(b);
		free(p);
		return NULL;
	}
	am_peers_builder_free(b);
	return p;
}

/* Where a peer is in the table follows from a hash: so those beside each other are far apart there. */
static bool run_peers(void *state)
{
	struct peers *p = state;
	unsigned good = 0;
	uint32_t peer;

	for (uint32_t i = p->at; i < p->at + p->burst; i++)
		if (am_peers_find(p->table, VRF, p->family, p->remote[i].bytes, p->local.bytes, &peer) ==
			AM_PEER_FOUND)
			good += am_peers_use(p->table, peer, AM_USE_GRE, 0) == i;
	p->at = work_next(p->at, p->burst, p->n);
	return good == p->burst;
}

/* clang-format off */
#define FDB_CASE(name_, per_, about_, run_, entries_, known_) \
	{.name = "fdb/" name_, .per = per_, .about = about_, .ops = BENCH_BURST, .shapes = BENCH_BURSTS, .open = open_fdb, .run = run_, \
	 .memory = (entries_) > 10000, .close = close_fdb, .arg = &(const struct fdb_arg){entries_, known_}}
#define FDB(name, about, run, entries, known) FDB_CASE(name, "lookup", about, run, entries, known)
#define FDB_CHANGE(name, about, entries) FDB_CASE(name, "change", about, run_change, entries, true)
#define PEER(name_, about_, family) \
	{.name = "peers/" name_, .per = "packet", .about = about_, .ops = BENCH_BURST, .shapes = BENCH_BURSTS | BENCH_COLD, .open = open_peers, .run = run_peers, \
	 .close = close_peers, .arg = &(const uint8_t){family}}

const struct bench_case bench_table_cases[] = {
	FDB("hit-1k", "look up known MACs, 1,000 in the table", run_hit, 1000, true),
	FDB("miss-1k", "look up unknown MACs, 1,000 in the table", run_miss, 1000, false),
	FDB("hit-100k", "look up known MACs in random order, 100,000 in the table", run_hit, 100000, true),
	FDB("hit-1m", "look up known MACs in random order, 1,000,000 in the table", run_hit, 1000000, true),
	FDB("miss-100k", "look up unknown MACs in random order, 100,000 in the table", run_miss, 100000, false),
	FDB_CHANGE("change-1k", "remove and insert a MAC, 1,000 in the table", 1000),
	FDB_CHANGE("change-100k", "remove and insert a MAC, 100,000 in the table", 100000),
	PEER("ipv4", "peer and tunnel of a packet, 64 peers over IPv4; cold: 65,536", AM_IPV4),
	PEER("ipv6", "peer and tunnel of a packet, 64 peers over IPv6; cold: 65,536", AM_IPV6),
	{.name = NULL},
};
/* clang-format on */
