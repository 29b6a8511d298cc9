/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_SHAPES_H
#define BENCH_SHAPES_H
/* Rows that are one case in other bursts and on cold data. They are shown as columns of that case's row, or eight rows would be one case's. */
#include "report.h"

enum { SHAPES_MAX = 32, SHAPES_LABEL = 32 };

struct shape {
	unsigned burst;
	bool cold;
};

struct shapes {
	struct shape at[SHAPES_MAX];
	size_t n;
};

/*
 * All that rows have which are shapes of others, and those others: warm ones first, and small bursts before large ones. None where no row is
 * one; no more than SHAPES_MAX, which is twice what the tool makes. r is settled.
 */
void shapes_find(const struct report *r, struct shapes *out);

/* Whether the row is shown beside the one that it is a shape of, and not by itself. */
static inline bool shapes_fold(const struct report_row *row)
{
	return row->of_row != NULL;
}

/* The row that is of that shape: row itself, or one that is folded into it. NULL: there is none. */
const struct report_row *shapes_row(
	const struct report *r, const struct report_row *row, const struct shape *shape);

/* Whether some row is folded into this one. */
bool shapes_has(const struct report *r, const struct report_row *row);

/* "cold 8" */
void shapes_label(const struct shape *shape, char out[SHAPES_LABEL]);

#endif
