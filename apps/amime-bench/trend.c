/* SPDX-License-Identifier: BSD-3-Clause */
#include "trend.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "stats.h"

enum { ITERATIONS = 15 };

/* Residuals of less than a hundredth differ by nothing that matters. */
static const double least_residual = 0.01;
/* Of a normal distribution, in medians of absolute residuals. */
static const double deviations = 1.4826;
static const double first_residual = 0.05;

struct mean {
	size_t n;
	double weight, value, by[TREND_BY];
};

struct fit {
	const struct trend_sample *samples;
	size_t n;
	unsigned groups;
	struct mean *means; /* by group */
	double *weights, *residuals, *room;
	double residual; /* the median absolute one */
};

static void find_means(struct fit *f)
{
	for (unsigned g = 0; g < f->groups; g++)
		f->means[g] = (struct mean){0};
	for (size_t i = 0; i < f->n; i++) {
		const struct trend_sample *s = &f->samples[i];
		struct mean *m = &f->means[s->group];

		m->n++;
		m->weight += f->weights[i];
		m->value += f->weights[i] * s->value;
		for (int k = 0; k < TREND_BY; k++)
			m->by[k] += f->weights[i] * s->by[k];
	}
	for (unsigned g = 0; g < f->groups; g++) {
		struct mean *m = &f->means[g];

		if (m->weight <= 0)
			continue;
		m->value /= m->weight;
		for (int k = 0; k < TREND_BY; k++)
			m->by[k] /= m->weight;
	}
}

/* Least squares of what is left when each group's mean is taken away, and of the slopes' distance from what is expected. */
static void solve(const struct fit *f, const struct trend_guess expected[TREND_BY], double slope[TREND_BY])
{
	double variance = pow(deviations * f->residual, 2), a[TREND_BY][TREND_BY] = {{0}}, c[TREND_BY], det;

	for (int k = 0; k < TREND_BY; k++) {
		a[k][k] = variance / pow(expected[k].spread, 2);
		c[k] = a[k][k] * expected[k].slope;
	}
	for (size_t i = 0; i < f->n; i++) {
		const struct trend_sample *s = &f->samples[i];
		const struct mean *m = &f->means[s->group];

		for (int k = 0; k < TREND_BY; k++) {
			double by = f->weights[i] * (s->by[k] - m->by[k]);

			c[k] += by * (s->value - m->value);
			for (int j = 0; j < TREND_BY; j++)
				a[k][j] += by * (s->by[j] - m->by[j]);
		}
	}
	det = a[0][0] * a[1][1] - a[0][1] * a[1][0];
	slope[0] = (c[0] * a[1][1] - c[1] * a[0][1]) / det;
	slope[1] = (c[1] * a[0][0] - c[0] * a[1][0]) / det;
}

/* Of the n in room, which are of so many groups: each group's mean took one away. What stands alone in its group has none. */
static void settle_residual(struct fit *f, size_t n)
{
	struct bench_stats stats;
	size_t groups = 0;

	for (unsigned g = 0; g < f->groups; g++)
		groups += f->means[g].n > 1;
	if (!n)
		return;
	bench_stats(f->room, n, &stats);
	f->residual = fmax(stats.median * sqrt((double)n / (double)(n - groups)), least_residual);
}

static void weigh(struct fit *f, const double slope[TREND_BY])
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++) {
		const struct trend_sample *s = &f->samples[i];
		const struct mean *m = &f->means[s->group];
		double rest = s->value - m->value;

		for (int k = 0; k < TREND_BY; k++)
			rest -= slope[k] * (s->by[k] - m->by[k]);
		f->residuals[i] = fabs(rest);
		if (m->n > 1)
			f->room[n++] = f->residuals[i];
	}
	settle_residual(f, n);
	for (size_t i = 0; i < f->n; i++)
		f->weights[i] = f->residuals[i] > f->residual ? f->residual / f->residuals[i] : 1;
}

static void iterate(struct fit *f, const struct trend_guess expected[TREND_BY], double slope[TREND_BY])
{
	for (size_t i = 0; i < f->n; i++)
		f->weights[i] = 1;
	for (int i = 0; i < ITERATIONS; i++) {
		find_means(f);
		solve(f, expected, slope);
		weigh(f, slope);
	}
}

int trend_fit(const struct trend_sample *samples, size_t n, unsigned groups,
	const struct trend_guess expected[TREND_BY], double slope[TREND_BY])
{
	struct fit f = {.samples = samples, .n = n, .groups = groups, .residual = first_residual};
	int ret = -ENOMEM;

	for (int k = 0; k < TREND_BY; k++)
		slope[k] = expected[k].slope;
	if (!n)
		return 0;
	f.means = calloc(groups, sizeof *f.means);
	f.weights = calloc(3 * n, sizeof *f.weights);
	if (f.means && f.weights) {
		f.residuals = f.weights + n;
		f.room = f.residuals + n;
		iterate(&f, expected, slope);
		ret = 0;
	}
	free(f.means);
	free(f.weights);
	return ret;
}
