/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TABLE_FIB_ROOM_H
#define TABLE_FIB_ROOM_H
/*
 * Where the nodes and values of FIBs live: two areas of memory that never move, so that readers address both by index.
 * One room serves all FIBs of a process. One writer (control); readers see it through table/fib_read.h alone.
 *
 * A block that a reader may still look at is retired, not freed: am_fib_room_close puts what was retired so far
 * behind a grace period, am_fib_room_free gives it back once every worker has been quiescent since.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct am_fib_room;

enum am_fib_area {
	AM_FIB_NODES,
	AM_FIB_VALUES,
	AM_FIB_AREAS,
};

enum { AM_FIB_BLOCK_MAX = 128 }; /* elements */

/* At most so many elements of either kind, up to 2^30. NULL: no memory. What is not used costs address space only. */
struct am_fib_room *am_fib_room_create(uint32_t nodes, uint32_t values);
void am_fib_room_destroy(struct am_fib_room *room);

/*
 * A block of n elements, 1 to AM_FIB_BLOCK_MAX, not cleared: its index, never 0; or 0 where the area is full.
 */
uint32_t am_fib_room_take(struct am_fib_room *room, enum am_fib_area area, unsigned n);
/* Give back a block that no reader ever saw. */
void am_fib_room_return(struct am_fib_room *room, enum am_fib_area area, uint32_t at, unsigned n);

/* Make sure that n more blocks can be retired: 0 or -ENOMEM. */
int am_fib_room_reserve(struct am_fib_room *room, unsigned n);
/* Of a block that was published: readers may be in it until the grace period ends. Reserved for before. */
void am_fib_room_retire(struct am_fib_room *room, enum am_fib_area area, uint32_t at, unsigned n);

/*
 * Close the list of what was retired; false where that is nothing, or where an earlier list still waits. Once a grace
 * period has begun and ended after it said true, am_fib_room_free.
 */
bool am_fib_room_close(struct am_fib_room *room);
void am_fib_room_free(struct am_fib_room *room);

/* First octet of an area; and its octets that were ever used, whole pages: to be made read-only in a test. */
void *am_fib_room_area(const struct am_fib_room *room, enum am_fib_area area, size_t *octets);

struct am_fib_room_use {
	uint32_t used[AM_FIB_AREAS];    /* elements in blocks that are taken, retired ones included */
	uint32_t retired[AM_FIB_AREAS]; /* of them waiting for readers */
	uint64_t memory;                /* octets of both areas that were ever touched */
};
struct am_fib_room_use am_fib_room_use(const struct am_fib_room *room);

#endif
