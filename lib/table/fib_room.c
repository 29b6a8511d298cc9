/* SPDX-License-Identifier: BSD-3-Clause */
#include "table/fib_room.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "table/fib_read.h"

/* Blocks come in these sizes, so that what one array leaves another can use: at most a fifth is lost to rounding. */
static const uint8_t sizes[] = {
	1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128};

enum {
	CLASSES = sizeof sizes,
	ELEMENTS_MAX = 1 << 30,
	PAGE = 4096,
	HUGE_PAGE = 2 << 20,
	LIST_MIN = 1024,
};

struct area {
	uint8_t *base;
	void *mapped;   /* base is in it, where a huge page begins */
	size_t element; /* octets */
	uint32_t max, next;
	uint32_t used, retired;
	uint32_t free[CLASSES]; /* the first free block of each size; each holds the next one's index */
};

struct block {
	uint32_t at;
	uint8_t area, class;
};

struct list {
	struct block *blocks;
	size_t n, room;
};

struct am_fib_room {
	struct area areas[AM_FIB_AREAS];
	struct list retired; /* since the last close */
	struct list waiting; /* for the grace period that began then */
};

static unsigned class_of(unsigned n)
{
	unsigned class = 0;

	while (sizes[class] < n)
		class ++;
	return class;
}

static size_t octets_of(const struct area *a, uint32_t elements)
{
	return (a->element * elements + PAGE - 1) & ~(size_t)(PAGE - 1);
}

static size_t mapped_octets(const struct area *a)
{
	return octets_of(a, a->max) + HUGE_PAGE;
}

static int area_init(struct area *a, size_t element, uint32_t max)
{
	a->element = element;
	a->max = max;
	a->next = 1;
	a->mapped = mmap(NULL, mapped_octets(a), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (a->mapped == MAP_FAILED) {
		a->mapped = NULL;
		return -ENOMEM;
	}
	a->base = (uint8_t *)(((uintptr_t)a->mapped + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1));
	/* A way down the tree on small pages would miss the TLB at each step. Refused where there are no huge ones. */
	(void)madvise(a->base, octets_of(a, max), MADV_HUGEPAGE);
	return 0;
}

struct am_fib_room *am_fib_room_create(uint32_t nodes, uint32_t values)
{
	struct am_fib_room *room = calloc(1, sizeof *room);

	if (!room)
		return NULL;
	if (nodes <= ELEMENTS_MAX && values <= ELEMENTS_MAX &&
		!area_init(&room->areas[AM_FIB_NODES], sizeof(struct am_fib_node), nodes + 1) &&
		!area_init(&room->areas[AM_FIB_VALUES], sizeof(uint32_t), values + 1))
		return room;
	am_fib_room_destroy(room);
	return NULL;
}

void am_fib_room_destroy(struct am_fib_room *room)
{
	if (!room)
		return;
	for (unsigned i = 0; i < AM_FIB_AREAS; i++)
		if (room->areas[i].mapped)
			munmap(room->areas[i].mapped, mapped_octets(&room->areas[i]));
	free(room->retired.blocks);
	free(room->waiting.blocks);
	free(room);
}

uint32_t am_fib_room_take(struct am_fib_room *room, enum am_fib_area area, unsigned n)
{
	struct area *a = &room->areas[area];
	unsigned class = class_of(n);
	uint32_t at = a->free[class];

	if (at) {
		memcpy(&a->free[class], a->base + at * a->element, sizeof a->free[class]);
	} else {
		if (sizes[class] > a->max - a->next)
			return 0;
		at = a->next;
		a->next += sizes[class];
	}
	a->used += sizes[class];
	return at;
}

static void give_back(struct am_fib_room *room, unsigned area, unsigned class, uint32_t at)
{
	struct area *a = &room->areas[area];

	memcpy(a->base + at * a->element, &a->free[class], sizeof a->free[class]);
	a->free[class] = at;
	a->used -= sizes[class];
}

void am_fib_room_return(struct am_fib_room *room, enum am_fib_area area, uint32_t at, unsigned n)
{
	give_back(room, area, class_of(n), at);
}

int am_fib_room_reserve(struct am_fib_room *room, unsigned n)
{
	struct list *l = &room->retired;
	size_t more = l->room ? l->room * 2 : LIST_MIN;
	struct block *blocks;

	if (l->room - l->n >= n)
		return 0;
	blocks = reallocarray(l->blocks, more + n, sizeof *blocks);
	if (!blocks)
		return -ENOMEM;
	l->blocks = blocks;
	l->room = more + n;
	return 0;
}

void am_fib_room_retire(struct am_fib_room *room, enum am_fib_area area, uint32_t at, unsigned n)
{
	unsigned class = class_of(n);

	room->retired.blocks[room->retired.n++] =
		(struct block){.at = at, .area = (uint8_t)area, .class = (uint8_t) class};
	room->areas[area].retired += sizes[class];
}

bool am_fib_room_close(struct am_fib_room *room)
{
	struct list closed = room->retired;

	if (closed.n == 0 || room->waiting.n != 0)
		return false;
	room->retired = room->waiting;
	room->waiting = closed;
	return true;
}

void am_fib_room_free(struct am_fib_room *room)
{
	struct list *l = &room->waiting;

	for (size_t i = 0; i < l->n; i++) {
		const struct block *b = &l->blocks[i];

		room->areas[b->area].retired -= sizes[b->class];
		give_back(room, b->area, b->class, b->at);
	}
	l->n = 0;
}

void *am_fib_room_area(const struct am_fib_room *room, enum am_fib_area area, size_t *octets)
{
	const struct area *a = &room->areas[area];

	*octets = octets_of(a, a->next);
	return a->base;
}

struct am_fib_room_use am_fib_room_use(const struct am_fib_room *room)
{
	struct am_fib_room_use use = {.memory = 0};

	for (unsigned i = 0; i < AM_FIB_AREAS; i++) {
		use.used[i] = room->areas[i].used;
		use.retired[i] = room->areas[i].retired;
		use.memory += octets_of(&room->areas[i], room->areas[i].next);
	}
	return use;
}
