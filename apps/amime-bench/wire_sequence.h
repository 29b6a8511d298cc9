/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_WIRE_SEQUENCE_H
#define BENCH_WIRE_SEQUENCE_H
/*
 * What came of one flow's numbers, in the words of RFC 4737: a packet is reordered where its number is below one that
 * was received before. Duplicates are told from late ones for the last 1024 numbers; what is older than that counts as
 * reordered, and once.
 */
#include <stdbool.h>
#include <stdint.h>

enum { WIRE_WINDOW = 1024, WIRE_WINDOW_WORDS = WIRE_WINDOW / 64 };

enum wire_order { WIRE_IN_ORDER, WIRE_REORDERED, WIRE_DUPLICATE };

/* All zero: the first number expected is 0. */
struct wire_sequence {
	uint32_t next;                    /* one above the highest so far */
	uint64_t seen[WIRE_WINDOW_WORDS]; /* of the WIRE_WINDOW numbers below next, by number modulo that */
};

enum wire_order wire_sequence_take(struct wire_sequence *s, uint32_t number);

#endif
