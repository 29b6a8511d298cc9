/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BASE_PAGES_H
#define BASE_PAGES_H
/*
 * Memory for tables that are read at random, on huge pages (2 MiB) where the kernel has some. A look-up in a table on small
 * pages waits for the way to its page besides the line itself, and in a virtual machine that way has up to 24 steps.
 * Huge pages are asked for and never needed (madvise): where THP are off, all works the same and slower.
 */
#include <stddef.h>

/*
 * Zeroed, aligned to a cache line. What fills a huge page begins with one and takes memory only as it is touched, so there may be
 * room for all that is possible; what is smaller is taken from the heap. NULL: no memory. The owner gives it back with
 * the same octets.
 */
void *am_pages_alloc(size_t octets);
void am_pages_free(void *p, size_t octets);

/*
 * Once, first thing in main: the heap goes on with 256 MiB of addresses on huge pages, and takes allocations of up to 2 MiB, which
 * are snapshots, header strings and what workers have for themselves.
 */
void am_pages_heap(void);

#endif
