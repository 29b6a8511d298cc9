/* SPDX-License-Identifier: BSD-3-Clause */
#include "suggest.h"

#include <string.h>

enum { LONGEST = 40 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Edit distance with swaps of neighbours, row by row; only the last two rows are needed. */
static size_t distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
	size_t rows[3][LONGEST + 1];

	for (size_t j = 0; j <= n_b; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= n_a; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= n_b; j++) {
			row[j] =
				least(least(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], above2[j - 2] + 1);
		}
	}
	return rows[n_a % 3][n_b];
}

struct suggestion conf_suggest_for(const char *unknown)
{
	size_t n = strlen(unknown);

	/* A third of the letters may be wrong; for a word of one or two letters any guess would be as good. */
	return (struct suggestion){.far = LONGEST, .limit = n < 3 ? 0 : n < 6 ? 1 : n / 3};
}

void conf_suggest_offer(struct suggestion *s, const char *unknown, const char *candidate)
{
	size_t n_a = strlen(unknown), n_b = strlen(candidate), far;

	if (n_a > LONGEST || n_b > LONGEST || n_a > n_b + s->limit || n_b > n_a + s->limit)
		return;
	far = distance(unknown, n_a, candidate, n_b);
	if (far <= s->limit && far < s->far) {
		s->far = far;
		s->word = candidate;
	}
}
