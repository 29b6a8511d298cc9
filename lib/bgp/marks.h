/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_MARKS_H
#define BGP_MARKS_H
/*
 * A set of numbers that wait for something to be done, as bits with two levels of summary above them: marking twice is marking once, which
 * is how changes coalesce, and a prefix costs one bit of each set.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AM_BGP_MARK_LEVELS = 3, AM_BGP_NO_MARK = -1 };

struct am_bgp_marks {
	uint64_t *words
		[AM_BGP_MARK_LEVELS]; /* of the lowest level, a bit a number; above, a bit a word that is not 0 */
	uint32_t end;                 /* numbers below it can be marked */
	uint32_t count;
};

/* Room for numbers below end. False: no memory, and nothing changed. */
bool am_bgp_marks_reserve(struct am_bgp_marks *marks, uint32_t end);
void am_bgp_marks_release(struct am_bgp_marks *marks);
/* Where a number can be, by the one who reserved it. */
void am_bgp_mark(struct am_bgp_marks *marks, uint32_t number);
void am_bgp_unmark(struct am_bgp_marks *marks, uint32_t number);
/* The first one that is not below from, or AM_BGP_NO_MARK. */
int64_t am_bgp_marks_next(const struct am_bgp_marks *marks, uint32_t from);
/* Add all that others has; it has no more room than marks. */
void am_bgp_marks_join(struct am_bgp_marks *marks, const struct am_bgp_marks *others);

static inline bool am_bgp_marked(const struct am_bgp_marks *marks, uint32_t number)
{
	return number < marks->end && marks->words[0][number / 64] >> number % 64 & 1;
}

#endif
