/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TABLE_FDB_H
#define TABLE_FDB_H
/*
 * The forwarding database: (bridge, MAC) to member. One writer (control), any number of readers (workers), no
 * locks.
 *
 * Shape: an array of 64-byte lines, each one bucket of four 8-byte keys and four 4-byte values. A key lives
 * in one of two buckets given by a keyed hash. Reader protocol: a line has a version, odd while the writer
 * changes it; what a reader took between two equal even versions belongs together, otherwise it looks again. The
 * table has one too, of all its lines: who looks up many keys between two equal even ones needs no other, and only
 * where they differ looks each up by itself.
 * Values change in place. An insertion may move other keys to their other bucket: into the new place first,
 * out of the old one then; a reader that saw neither is told by the version.
 *
 * Ageing: that a sender was seen is worth nothing while it was seen a moment ago. So control asks: it sets a bit in the
 * value of an entry that it has heard nothing of for a while, and only then workers say that they see it. That costs them
 * nothing otherwise, since they compare the value anyway. They say it in a map of one bit per slot that each has for
 * itself, where the bit is not set yet. Control goes through the maps once a second, takes the bits out by an exchange, so
 * that none is lost whatever a worker does meanwhile, and keeps for each slot when its last bit was taken. A bit that
 * still stands means "seen now", and so does the moment at which control asks. So an entry is never taken for older than
 * it is. It may look younger than it is: by the while that it is not asked for, and by a second, or whatever passes between
 * two rounds; and where control takes a word just between a worker's load and store of it, the other entries of that word
 * (63) by one round more. That one is as long as the worker was stopped there.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/addr.h"

struct am_fdb;

enum {
	AM_FDB_STATIC = 1u << 31, /* configured: never moves, never ages */
	AM_FDB_HELD = 1u << 30,   /* held by the loop guard: does not move for now */
	AM_FDB_ASKED = 1u << 29,  /* the table's own: see am_fdb_watch. Only am_fdb_glance shows it */
	AM_FDB_MEMBER = 0xffffff,
};

typedef uint64_t am_fdb_key; /* MAC in the upper 48 bits, bridge in the lower 16; never 0 */

static inline am_fdb_key am_fdb_make_key(const uint8_t *mac, uint16_t bridge)
{
	uint32_t head;
	uint16_t tail;

	memcpy(&head, mac, sizeof head);
	memcpy(&tail, mac + sizeof head, sizeof tail);
	return head * (1ull << 16) | (uint64_t)tail << 48 | bridge;
}

/* The same of both addresses of an Ethernet header, destination first: two loads instead of four. */
static inline void am_fdb_make_keys(const uint8_t *header, uint16_t bridge, am_fdb_key *dst, am_fdb_key *src)
{
	uint64_t first, second;

	memcpy(&first, header, sizeof first);
	memcpy(&second, header + 4, sizeof second);
	*dst = first << 16 | bridge;
	*src = (second & ~0xffffull) | bridge;
}

struct am_fdb_entry {
	am_fdb_key key;
	uint32_t value; /* member and AM_FDB_ flags; never 0, so member 0 needs a flag */
	uint32_t slot;
};

/* max entries (rounded up to what the shape needs); workers is how many see senders. NULL: no memory. */
struct am_fdb *am_fdb_create(uint32_t max, unsigned workers, uint64_t seed);
void am_fdb_free(struct am_fdb *fdb);

/* Workers. values[i] is 0 where keys[i] is unknown; slots[i] is for am_fdb_touch. n at most 64. */
void am_fdb_lookup_bulk(
	const struct am_fdb *fdb, const am_fdb_key *keys, unsigned n, uint32_t *values, uint32_t *slots);
uint32_t am_fdb_lookup(const struct am_fdb *fdb, am_fdb_key key, uint32_t *slot);
/* This worker, itself alone, saw the sender in slot. */
void am_fdb_touch(struct am_fdb *fdb, unsigned worker, uint32_t slot);

/*
 * Control thread. now: seconds, or ticks of any length, of a clock that does not go back.
 *
 * Insert or change, seen now: 0, -ENOSPC, or -EINVAL where key or value is 0, or value has AM_FDB_ASKED.
 */
int am_fdb_set(struct am_fdb *fdb, am_fdb_key key, uint32_t value, uint32_t now);
int am_fdb_del(struct am_fdb *fdb, am_fdb_key key); /* 0 or -ENOENT */
uint32_t am_fdb_count(const struct am_fdb *fdb);
uint64_t am_fdb_memory(const struct am_fdb *fdb);
unsigned am_fdb_workers(const struct am_fdb *fdb); /* as it was created for */

/* Walk: start with *at = 0; false at the end. Entries may be removed during a walk, and values changed. */
bool am_fdb_next(const struct am_fdb *fdb, uint32_t *at, struct am_fdb_entry *out);

/*
 * Control thread. Go on taking what workers saw, as seen now; true where the round is not done: it is at most 60 calls
 * long, each well below a millisecond. Once it is done the next call begins another one: once a second.
 */
bool am_fdb_fold(struct am_fdb *fdb, uint32_t now);
/*
 * Seconds since any worker saw the entry as a source. Where nothing was heard of it for patience, workers are asked for it from
 * now on, until they have seen it. patience 0: always. Call it for every entry, and better after a round than before.
 */
uint32_t am_fdb_watch(struct am_fdb *fdb, uint32_t slot, uint32_t now, uint32_t patience);
/* The same, and changes nothing; 0 while workers are not asked. */
uint32_t am_fdb_age(const struct am_fdb *fdb, uint32_t slot, uint32_t now);

void am_fdb_key_mac(am_fdb_key key, struct am_mac *mac);

#endif
