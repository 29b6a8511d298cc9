/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rows of counters by AS number. A row is an AS's for as long as the model lives, so that what was counted stays its own. Rows
 * are given out by a prepare, which may run beside the control thread that reads them.
 */
#include <errno.h>
#include <stdlib.h>

#include "state.h"

struct as_key {
	uint32_t as, pad;
};

int am_as_create(struct am_model *m)
{
	m->as_rows = am_map_create(sizeof(struct as_key));
	m->as_of = calloc(AM_AS_ROWS, sizeof *m->as_of);
	atomic_store_explicit(&m->n_as, 1, memory_order_relaxed); /* 0 is nobody's */
	return m->as_rows && m->as_of ? 0 : -ENOMEM;
}

void am_as_free(struct am_model *m)
{
	am_map_free(m->as_rows);
	free(m->as_of);
}

int am_as_row(struct am_model *m, uint32_t as, uint32_t *row)
{
	const struct as_key key = {.as = as};
	uint32_t n = atomic_load_explicit(&m->n_as, memory_order_relaxed);
	int rc;

	*row = 0;
	if (!as || am_map_find(m->as_rows, &key, row))
		return 0;
	if (n == AM_AS_ROWS)
		return -ENOSPC;
	rc = am_map_add(m->as_rows, &key, &n);
	if (rc < 0)
		return rc;
	*row = n;
	m->as_of[n] = as;
	atomic_store_explicit(&m->n_as, n + 1, memory_order_release);
	return 0;
}

uint32_t am_model_as_rows(const struct am_model *m)
{
	return atomic_load_explicit(&m->n_as, memory_order_acquire);
}

uint32_t am_model_as(const struct am_model *m, uint32_t row)
{
	return m->as_of[row];
}
