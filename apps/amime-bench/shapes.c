/* SPDX-License-Identifier: BSD-3-Clause */
#include "shapes.h"

#include <stdio.h>
#include <stdlib.h>

static struct shape shape_of(const struct report_row *row)
{
	return (struct shape){row->burst, row->cold};
}

static bool is_same(const struct shape *a, const struct shape *b)
{
	return a->burst == b->burst && a->cold == b->cold;
}

static bool is_in(const struct shapes *s, const struct shape *shape)
{
	for (size_t i = 0; i < s->n; i++)
		if (is_same(&s->at[i], shape))
			return true;
	return false;
}

static void add(struct shapes *s, const struct report_row *row)
{
	struct shape shape = shape_of(row);

	if (s->n < SHAPES_MAX && !is_in(s, &shape))
		s->at[s->n++] = shape;
}

static int by_data_and_burst(const void *a, const void *b)
{
	const struct shape *x = a, *y = b;

	if (x->cold != y->cold)
		return x->cold ? 1 : -1;
	return (x->burst > y->burst) - (x->burst < y->burst);
}

void shapes_find(const struct report *r, struct shapes *out)
{
	*out = (struct shapes){.n = 0};
	for (size_t i = 0; i < r->n_rows; i++) {
		if (!r->rows[i]->of_row)
			continue;
		add(out, r->rows[i]->of_row);
		add(out, r->rows[i]);
	}
	qsort(out->at, out->n, sizeof out->at[0], by_data_and_burst);
}

const struct report_row *shapes_row(
	const struct report *r, const struct report_row *row, const struct shape *shape)
{
	struct shape own = shape_of(row), other;

	if (is_same(&own, shape))
		return row;
	for (size_t i = 0; i < r->n_rows; i++) {
		other = shape_of(r->rows[i]);
		if (r->rows[i]->of_row == row && is_same(&other, shape))
			return r->rows[i];
	}
	return NULL;
}

bool shapes_has(const struct report *r, const struct report_row *row)
{
	for (size_t i = 0; i < r->n_rows; i++)
		if (r->rows[i]->of_row == row)
			return true;
	return false;
}

void shapes_label(const struct shape *shape, char out[SHAPES_LABEL])
{
	snprintf(out, SHAPES_LABEL, "%s%u", shape->cold ? "cold " : "", shape->burst);
}
