/* SPDX-License-Identifier: BSD-3-Clause */
#include "bootstrap.h"

#include <stdint.h>
#include <stdlib.h>

#include "stats.h"

enum {
	BLOCK = 8, /* neighbours that are drawn together */
	REPEATS_MAX = 64,
	MOST = 1000, /* of more samples every so many-th is taken: that only widens the interval */
	SEED = 20261128,
};

/* The samples kept of one row: by rank, and in the order they were taken in. */
struct sample_set {
	double *sorted;
	uint32_t *ranks;  /* of the samples in order */
	uint32_t *counts; /* how often each rank was drawn */
	size_t n;
	size_t begin[REPEATS_MAX + 1]; /* where each repeat's samples begin among ranks */
	size_t n_repeats;
};

struct ranked {
	double value;
	size_t at;
};

static int by_value(const void *x, const void *y)
{
	const struct ranked *a = x, *b = y;

	return (a->value > b->value) - (a->value < b->value);
}

static void free_set(struct sample_set *s)
{
	free(s->sorted);
	free(s->ranks);
	free(s->counts);
}

/* What is kept, in order, every so many-th; marks where repeats begin. */
static void choose(const struct report_row *row, struct sample_set *s, struct ranked *out)
{
	size_t step = report_kept(row) / MOST + 1, at = 0;
	unsigned last = 0;

	for (size_t i = 0; i < row->n_samples; i++) {
		const struct report_sample *sample = &row->samples[i];

		if (sample->fate != REPORT_KEPT || at++ % step)
			continue;
		if (!s->n || (sample->repeat != last && s->n_repeats < REPEATS_MAX))
			s->begin[s->n_repeats++] = s->n;
		last = sample->repeat;
		out[s->n] = (struct ranked){sample->value, s->n};
		s->n++;
	}
	s->begin[s->n_repeats] = s->n;
}

static bool make_set(const struct report_row *row, struct sample_set *s)
{
	size_t room = report_kept(row);
	struct ranked *all;

	*s = (struct sample_set){0};
	if (room < BOOTSTRAP_LEAST)
		return false;
	all = calloc(room, sizeof *all);
	s->sorted = calloc(room, sizeof *s->sorted);
	s->ranks = calloc(room, sizeof *s->ranks);
	s->counts = calloc(room, sizeof *s->counts);
	if (!all || !s->sorted || !s->ranks || !s->counts) {
		free(all);
		free_set(s);
		return false;
	}
	choose(row, s, all);
	qsort(all, s->n, sizeof *all, by_value);
	for (size_t i = 0; i < s->n; i++) {
		s->sorted[i] = all[i].value;
		s->ranks[all[i].at] = (uint32_t)i;
	}
	free(all);
	return true;
}

/* xorshift64*: the same intervals for the same files. */
static size_t draw(uint64_t *state, size_t n)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (size_t)((*state * 0x2545f4914f6cdd1dull) >> 33) % n;
}

/* As many as the repeat has, in runs of neighbours. */
static size_t draw_repeat(struct sample_set *s, size_t begin, size_t end, uint64_t *state)
{
	size_t n = end - begin, drawn = 0;

	while (drawn < n) {
		size_t from = draw(state, n);

		for (int i = 0; i < BLOCK && drawn < n; i++, drawn++)
			s->counts[s->ranks[begin + (from + (size_t)i) % n]]++;
	}
	return n;
}

/* The value that `below` of those drawn lie below. */
static double drawn_value(const struct sample_set *s, size_t below)
{
	size_t i = 0;

	for (size_t seen = s->counts[0]; seen <= below; seen += s->counts[i])
		i++;
	return s->sorted[i];
}

/* Leaves counts as it found them: zero. */
static double draw_median(struct sample_set *s, uint64_t *state)
{
	size_t total = 0;
	double median;

	for (size_t i = 0; i < s->n_repeats; i++) {
		size_t at = draw(state, s->n_repeats);

		total += draw_repeat(s, s->begin[at], s->begin[at + 1], state);
	}
	median = (drawn_value(s, (total - 1) / 2) + drawn_value(s, total / 2)) / 2;
	for (size_t i = 0; i < s->n; i++)
		s->counts[i] = 0;
	return median;
}

/* A row and its null row, which may be none. */
struct side {
	struct sample_set row, null;
	bool has_null;
};

static bool make_side(const struct report_row *row, struct side *side)
{
	*side = (struct side){.has_null = row->null_row != NULL};
	if (!make_set(row, &side->row))
		return false;
	if (!side->has_null || make_set(row->null_row, &side->null))
		return true;
	free_set(&side->row);
	return false;
}

static void free_side(struct side *side)
{
	free_set(&side->row);
	free_set(&side->null);
}

static double draw_net(struct side *side, uint64_t *state)
{
	double value = draw_median(&side->row, state);

	return side->has_null ? value - draw_median(&side->null, state) : value;
}

/* Where a drawn net value is not above 0, anything is possible. */
static bool draw_ratios(struct side *a, struct side *b, double *ratios)
{
	uint64_t state = SEED;

	for (int i = 0; i < BOOTSTRAP_DRAWS; i++) {
		double under = draw_net(a, &state), over = draw_net(b, &state);

		if (!(under > 0 && over > 0))
			return false;
		ratios[i] = over / under;
	}
	bench_sort(ratios, BOOTSTRAP_DRAWS);
	return true;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

bool bootstrap_ratio(const struct report_row *a, const struct report_row *b, struct bootstrap_ratio *out)
{
	double ratios[BOOTSTRAP_DRAWS], under, over;
	struct side sides[2];
	bool good;

	if (!report_net(a, &under) || !report_net(b, &over) || under <= 0 || over <= 0)
		return false;
	if (!make_side(a, &sides[0]))
		return false;
	if (!make_side(b, &sides[1])) {
		free_side(&sides[0]);
		return false;
	}
	good = draw_ratios(&sides[0], &sides[1], ratios);
	if (good)
		*out = (struct bootstrap_ratio){
			.ratio = over / under,
			.low = ratios[BOOTSTRAP_DRAWS / 40],
			.high = ratios[BOOTSTRAP_DRAWS - 1 - BOOTSTRAP_DRAWS / 40],
			.repeats = least(sides[0].row.n_repeats, sides[1].row.n_repeats),
		};
	free_side(&sides[0]);
	free_side(&sides[1]);
	return good;
}
