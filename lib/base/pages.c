/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/pages.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LINE = 64, HUGE_PAGE = 2 << 20, HEAP = 256 << 20 };

static size_t round_up(size_t n, size_t to)
{
	return (n + to - 1) & ~(to - 1);
}

/* The kernel aligns to small pages only: map more, and give back what is too much at both ends. */
static void *map_aligned(size_t octets)
{
	size_t more = octets + HUGE_PAGE;
	uint8_t *p =
		mmap(NULL, more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t before, behind;

	if (p == MAP_FAILED)
		return NULL;
	before = round_up((uintptr_t)p, HUGE_PAGE) - (uintptr_t)p;
	behind = more - before - octets;
	if (before)
		munmap(p, before);
	if (behind)
		munmap(p + before + octets, behind);
	(void)madvise(p + before, octets, MADV_HUGEPAGE);
	return p + before;
}

void *am_pages_alloc(size_t octets)
{
	void *p;

	if (octets > SIZE_MAX - 2 * (size_t)HUGE_PAGE)
		return NULL;
	if (octets >= HUGE_PAGE)
		return map_aligned(round_up(octets, HUGE_PAGE));
	octets = round_up(octets, LINE);
	p = aligned_alloc(LINE, octets);
	return p ? memset(p, 0, octets) : NULL;
}

void am_pages_free(void *p, size_t octets)
{
	if (p && octets >= HUGE_PAGE)
		munmap(p, round_up(octets, HUGE_PAGE));
	else
		free(p);
}

/*
 * What was allocated before main lies where it lies. malloc goes on at whatever address the heap ends; the first allocation that
 * does not fit makes it HEAP longer, in addresses, not in memory.
 */
void am_pages_heap(void)
{
	uintptr_t now = (uintptr_t)sbrk(0), begin = round_up(now, HUGE_PAGE), end;
	void *volatile longer; /* or the compiler leaves both calls out */

	if (sbrk((intptr_t)(begin - now)) == (void *)-1)
		return;
	mallopt(M_TOP_PAD, HEAP);
	mallopt(M_MMAP_THRESHOLD, HUGE_PAGE);
	longer = malloc(HUGE_PAGE / 2);
	free(longer);
	/* What is longer stays, and grows by little again: where addresses are limited, that is all there will be. */
	mallopt(M_TRIM_THRESHOLD, 2 * HEAP);
	mallopt(M_TOP_PAD, 128 << 10);
	end = (uintptr_t)sbrk(0);
	if (end > begin)
		(void)madvise((void *)begin, end - begin, MADV_HUGEPAGE);
}
