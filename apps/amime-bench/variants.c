/* SPDX-License-Identifier: BSD-3-Clause */
#include "variants.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { DATA = 2 }; /* warm, cold */

static bool is_cold_by_nature(const struct bench_case *c)
{
	return c->cold || c->memory;
}

/* first: where the shapes of c begin. */
static void add(struct variants *v, const struct bench_case *c, const struct bench_case *first,
	unsigned burst, bool cold)
{
	bool made_cold = cold && !is_cold_by_nature(c);
	struct bench_case *to = &v->cases[v->n];
	char *name = v->names[v->n++], at[16] = "";

	*to = *c;
	if (c->shapes & BENCH_BURSTS)
		to->ops = to->burst = burst;
	if (made_cold)
		to->cold = true;
	if (to->burst && to->burst != BENCH_BURST)
		snprintf(at, sizeof at, "@%u", burst);
	snprintf(name, VARIANTS_NAME, "%s%s%s", c->name, made_cold ? "-cold" : "", at);
	to->name = name;
	if (to == first)
		return;
	to->of = first->name;
	to->fewer = VARIANTS_FEWER;
}

static bool has(const struct bench_case *c, bool cold)
{
	return is_cold_by_nature(c) ? cold : !cold || c->shapes & BENCH_COLD;
}

static bool wants(const struct variants_want *want, bool cold)
{
	return want->data == VARIANTS_ALL || (want->data == VARIANTS_COLD) == cold;
}

static void add_shapes(struct variants *v, const struct bench_case *c, const struct variants_want *want)
{
	static const unsigned usual[] = {BENCH_BURST, 1, 8, 32};
	const unsigned *bursts = want->n_bursts ? want->bursts : usual;
	unsigned n = want->n_bursts ? want->n_bursts : sizeof usual / sizeof *usual;
	const struct bench_case *first = &v->cases[v->n];

	if (!(c->shapes & BENCH_BURSTS))
		n = 1;
	for (int cold = 0; cold < DATA; cold++)
		for (unsigned i = 0; has(c, cold) && wants(want, cold) && i < n; i++)
			add(v, c, first, bursts[i], cold);
}

int variants_make(struct variants *v, const struct bench_case *const *groups, unsigned n,
	const struct variants_want *want)
{
	unsigned room = 1;

	for (unsigned g = 0; g < n; g++)
		for (const struct bench_case *c = groups[g]; c->name; c++)
			room += DATA * VARIANTS_BURSTS_MAX;
	*v = (struct variants){calloc(room, sizeof *v->cases), calloc(room, sizeof *v->names), 0};
	if (!v->cases || !v->names) {
		variants_free(v);
		return -ENOMEM;
	}
	for (unsigned g = 0; g < n; g++)
		for (const struct bench_case *c = groups[g]; c->name; c++)
			add_shapes(v, c, want);
	for (unsigned i = 0; i < v->n; i++)
		v->cases[i].handicap = want->handicap;
	return 0;
}

void variants_free(struct variants *v)
{
	free(v->cases);
	free(v->names);
	*v = (struct variants){0};
}
