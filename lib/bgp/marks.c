/* SPDX-License-Identifier: BSD-3-Clause */
#include "marks.h"

#include <stdlib.h>
#include <string.h>

/* Words of a level that has a bit for each of so many things below it. */
static size_t words_for(size_t bits)
{
	return (bits + 63) / 64;
}

bool am_bgp_marks_reserve(struct am_bgp_marks *m, uint32_t end)
{
	uint64_t *words[AM_BGP_MARK_LEVELS];
	size_t bits = end, old = m->end;

	if (end <= m->end)
		return true;
	for (unsigned i = 0; i < AM_BGP_MARK_LEVELS; i++) {
		bits = words_for(bits);
		words[i] = calloc(bits, sizeof *words[i]);
		if (!words[i]) {
			while (i--)
				free(words[i]);
			return false;
		}
	}
	for (unsigned i = 0; i < AM_BGP_MARK_LEVELS; i++) {
		old = words_for(old);
		if (old)
			memcpy(words[i], m->words[i], old * sizeof *words[i]);
		free(m->words[i]);
		m->words[i] = words[i];
	}
	m->end = end;
	return true;
}

void am_bgp_marks_release(struct am_bgp_marks *m)
{
	for (unsigned i = 0; i < AM_BGP_MARK_LEVELS; i++)
		free(m->words[i]);
	*m = (struct am_bgp_marks){0};
}

void am_bgp_mark(struct am_bgp_marks *m, uint32_t number)
{
	if (am_bgp_marked(m, number))
		return;
	m->count++;
	for (unsigned i = 0; i < AM_BGP_MARK_LEVELS; i++) {
		uint64_t *word = &m->words[i][number / 64], was = *word;

		*word |= (uint64_t)1 << number % 64;
		if (was)
			return;
		number /= 64;
	}
}

void am_bgp_unmark(struct am_bgp_marks *m, uint32_t number)
{
	if (!am_bgp_marked(m, number))
		return;
	m->count--;
	for (unsigned i = 0; i < AM_BGP_MARK_LEVELS; i++) {
		uint64_t *word = &m->words[i][number / 64];

		*word &= ~((uint64_t)1 << number % 64);
		if (*word)
			return;
		number /= 64;
	}
}

/* The first bit of a level that is not below from. */
static int64_t level_next(const struct am_bgp_marks *m, unsigned level, size_t from)
{
	size_t words = m->end;
	size_t at = from / 64;
	uint64_t word;

	for (unsigned i = 0; i <= level; i++)
		words = words_for(words);
	if (at >= words)
		return AM_BGP_NO_MARK;
	word = m->words[level][at] & ~(uint64_t)0 << from % 64;
	if (!word && level + 1 < AM_BGP_MARK_LEVELS) {
		int64_t up = level_next(m, level + 1, at + 1);

		if (up < 0)
			return up;
		at = (size_t)up;
		word = m->words[level][at];
	}
	while (!word) {
		if (++at >= words)
			return AM_BGP_NO_MARK;
		word = m->words[level][at];
	}
	return (int64_t)(at * 64 + (unsigned)__builtin_ctzll(word));
}

int64_t am_bgp_marks_next(const struct am_bgp_marks *m, uint32_t from)
{
	uint64_t word;

	if (!m->count || from >= m->end)
		return AM_BGP_NO_MARK;
	/* Marks come in runs: most often the next one is near. */
	word = m->words[0][from / 64] >> from % 64;
	return word ? (int64_t)from + __builtin_ctzll(word) : level_next(m, 0, from);
}

void am_bgp_marks_join(struct am_bgp_marks *m, const struct am_bgp_marks *others)
{
	for (int64_t i = am_bgp_marks_next(others, 0); i >= 0; i = am_bgp_marks_next(others, (uint32_t)i + 1))
		am_bgp_mark(m, (uint32_t)i);
}
