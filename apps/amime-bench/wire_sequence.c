/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire_sequence.h"

#include <string.h>

static uint64_t bit(uint32_t number)
{
	return 1ull << (number % 64);
}

static uint64_t *word(struct wire_sequence *s, uint32_t number)
{
	return &s->seen[number % WIRE_WINDOW / 64];
}

/* The numbers that are skipped have not been seen, whatever stood in their place before. */
static void advance(struct wire_sequence *s, uint32_t number)
{
	if (number - s->next >= WIRE_WINDOW)
		memset(s->seen, 0, sizeof s->seen);
	else
		for (uint32_t i = s->next; i != number; i++)
			*word(s, i) &= ~bit(i);
	*word(s, number) |= bit(number);
	s->next = number + 1;
}

enum wire_order wire_sequence_take(struct wire_sequence *s, uint32_t number)
{
	uint32_t ahead = number - s->next;

	if (ahead < UINT32_MAX / 2) {
		advance(s, number);
		return WIRE_IN_ORDER;
	}
	if (s->next - number > WIRE_WINDOW)
		return WIRE_REORDERED;
	if (*word(s, number) & bit(number))
		return WIRE_DUPLICATE;
	*word(s, number) |= bit(number);
	return WIRE_REORDERED;
}
