/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/pages.h"

enum { LINE = 64, HUGE_PAGE = 2 << 20, HEAP = 256 << 20 };

static void assert_usable(size_t octets, size_t align)
{
	uint8_t *p = am_pages_alloc(octets);

	assert_non_null(p);
	assert_int_equal((uintptr_t)p % align, 0);
	for (size_t i = 0; i < octets; i += i + LINE < octets ? LINE : 1) {
		assert_int_equal(p[i], 0);
		p[i] = 0xa5;
	}
	am_pages_free(p, octets);
}

static void what_fills_a_huge_page_begins_with_one(void **state)
{
	(void)state;
	assert_usable(HUGE_PAGE, HUGE_PAGE);
	assert_usable(3 * HUGE_PAGE - 1, HUGE_PAGE);
	assert_usable(HUGE_PAGE - 1, LINE);
	assert_usable(1, LINE);
}

static void memory_that_was_given_back_comes_zeroed_again(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++)
		assert_usable(4096, LINE);
}

static void too_much_is_refused(void **state)
{
	(void)state;
	assert_null(am_pages_alloc(SIZE_MAX));
	assert_null(am_pages_alloc(SIZE_MAX / 2));
	am_pages_free(NULL, 1);
	am_pages_free(NULL, HUGE_PAGE);
}

static bool is_below_break(const void *p)
{
	return (uintptr_t)sbrk(0) - (uintptr_t)p <= 512u << 20;
}

/* Has the mapping that p is in the flag of those that want huge pages? */
static bool wants_huge_pages(const void *p)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned long begin, end;
	bool here = false, wants = false;
	char line[512];

	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		if (sscanf(line, "%lx-%lx ", &begin, &end) == 2)
			here = (uintptr_t)p >= begin && (uintptr_t)p < end;
		else if (here && !strncmp(line, "VmFlags:", 8))
			wants = strstr(line, " hg");
	}
	fclose(f);
	return wants;
}

static uintptr_t next_huge_page(void)
{
	return ((uintptr_t)sbrk(0) + HUGE_PAGE - 1) & ~((uintptr_t)HUGE_PAGE - 1);
}

/*
 * The heap goes on where a huge page begins. malloc makes it longer at once, where that is the C library's; a sanitizer's or
 * valgrind's does not use it, so it ends there, and what they allocate is as good as before.
 */
static void the_heap_goes_on_on_huge_pages(void **state)
{
	void *small = malloc(16);
	uint8_t *p[8];
	bool libc = is_below_break(small), thp = access("/sys/kernel/mm/transparent_hugepage", F_OK) == 0;
	uintptr_t begin = next_huge_page();

	(void)state;
	am_pages_heap();
	assert_true(libc ? (uintptr_t)sbrk(0) >= begin + HEAP : (uintptr_t)sbrk(0) == begin);
	for (int i = 0; i < 8; i++) {
		p[i] = malloc(HUGE_PAGE / 2);
		assert_non_null(p[i]);
		memset(p[i], i + 1, HUGE_PAGE / 2);
		assert_int_equal(is_below_break(p[i]), libc);
		assert_true(!libc || !thp || wants_huge_pages(p[i]));
	}
	for (int i = 0; i < 8; i++) {
		assert_int_equal(p[i][0], i + 1);
		assert_int_equal(p[i][HUGE_PAGE / 2 - 1], i + 1);
		free(p[i]);
	}
	free(small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fills_a_huge_page_begins_with_one),
		cmocka_unit_test(memory_that_was_given_back_comes_zeroed_again),
		cmocka_unit_test(too_much_is_refused),
		cmocka_unit_test(the_heap_goes_on_on_huge_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
