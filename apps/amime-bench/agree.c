/* SPDX-License-Identifier: BSD-3-Clause */
#include "agree.h"

#include <errno.h>

/* One that stands only to be subtracted: a few cycles, whose own spread says nothing. */
static bool is_null(const struct bench_result *results, unsigned n, const struct bench_result *r)
{
	for (unsigned i = 0; i < n; i++)
		if (results[i].null == r)
			return true;
	return false;
}

static bool agrees(const struct bench *b, const struct bench_result *r, unsigned percent, FILE *out)
{
	double medians[BENCH_REPEATS_MAX], apart;

	fprintf(out, "%-32s", r->c->name);
	if (!bench_disagreement(b, r, medians, &apart)) {
		fprintf(out, " a repeat has too few samples to trust: try more --seconds\n");
		return false;
	}
	for (unsigned i = 0; i <= b->repeat; i++)
		fprintf(out, " %8.1f", medians[i]);
	fprintf(out, "  %5.1f %%\n", apart * 100);
	return apart * 100 <= percent;
}

int agree_check(const struct bench *b, const struct bench_result *results, unsigned n, unsigned percent,
	FILE *out, struct am_err *err)
{
	unsigned good = 0, bad = 0;

	fprintf(out, "\nMedians of %u repeats, net, and how far they lie apart:\n", b->repeat + 1);
	for (unsigned i = 0; i < n; i++) {
		if (is_null(results, n, &results[i]))
			continue;
		if (agrees(b, &results[i], percent, out))
			good++;
		else
			bad++;
	}
	if (!bad)
		return 0;
	return am_fail(err, ERANGE,
		"%u of %u cases do not repeat within %u %%: this machine is too busy to measure on; give it "
		"a CPU of its own, or more --samples and --seconds",
		bad, good + bad, percent);
}
