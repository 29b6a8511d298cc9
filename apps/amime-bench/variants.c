/* SPDX-License-Identifier: BSD-3-Clause */
#include "variants.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void add(struct variants *v, const struct bench_case *c, const struct variants_want *want,
	unsigned burst, bool cold)
{
	struct bench_case *to = &v->cases[v->n];
	char *name = v->names[v->n++];

	*to = *c;
	to->handicap = want->handicap;
	if (c->shapes & BENCH_BURSTS)
		to->ops = to->burst = burst;
	if (cold)
		to->cold = true;
	snprintf(name, VARIANTS_NAME, "%s%s", c->name, cold ? "-cold" : "");
	if (to->burst && to->burst != BENCH_BURST)
		snprintf(name, VARIANTS_NAME, "%s%s@%u", c->name, cold ? "-cold" : "", burst);
	to->name = name;
}

static void add_bursts(struct variants *v, const struct bench_case *c, const struct variants_want *want)
{
	static const unsigned usual[] = {BENCH_BURST, 1, 8, 32};
	const unsigned *bursts = want->n_bursts ? want->bursts : usual;
	unsigned n = want->n_bursts;
	bool cold = c->shapes & BENCH_COLD && (want->cold || c->shapes & BENCH_KEY);

	if (!n)
		n = c->shapes & BENCH_KEY ? sizeof usual / sizeof *usual : 1;
	if (!(c->shapes & BENCH_BURSTS))
		n = 1;
	for (unsigned i = 0; i < n; i++)
		add(v, c, want, bursts[i], false);
	if (cold)
		add(v, c, want, bursts[0], true);
}

int variants_make(struct variants *v, const struct bench_case *const *groups, unsigned n,
	const struct variants_want *want)
{
	unsigned room = 1;

	for (unsigned g = 0; g < n; g++)
		for (const struct bench_case *c = groups[g]; c->name; c++)
			room += VARIANTS_BURSTS_MAX + 1;
	*v = (struct variants){calloc(room, sizeof *v->cases), calloc(room, sizeof *v->names), 0};
	if (!v->cases || !v->names) {
		variants_free(v);
		return -ENOMEM;
	}
	for (unsigned g = 0; g < n; g++)
		for (const struct bench_case *c = groups[g]; c->name; c++)
			add_bursts(v, c, want);
	return 0;
}

void variants_free(struct variants *v)
{
	free(v->cases);
	free(v->names);
	*v = (struct variants){0};
}
