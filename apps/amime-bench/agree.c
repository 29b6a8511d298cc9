/* SPDX-License-Identifier: BSD-3-Clause */
#include "agree.h"

#include <errno.h>

struct tally {
	unsigned good, apart, busy;
};

/* One that stands only to be subtracted: a few cycles, whose own spread says nothing. */
static bool is_null(const struct bench_result *results, unsigned n, const struct bench_result *r)
{
	for (unsigned i = 0; i < n; i++)
		if (results[i].null == r)
			return true;
	return false;
}

static void compare(
	const struct bench *b, const struct bench_result *r, unsigned percent, FILE *out, struct tally *tally)
{
	double medians[BENCH_REPEATS_MAX], apart;

	fprintf(out, "%-32s", r->c->name);
	if (!bench_disagreement(b, r, medians, &apart)) {
		fprintf(out, " too few samples kept to trust a repeat: the machine is busy\n");
		tally->busy++;
		return;
	}
	for (unsigned i = 0; i < b->size.repeats; i++)
		fprintf(out, " %8.1f", medians[i]);
	fprintf(out, "  %5.1f %%%s\n", apart * 100, apart * 100 > percent ? "  apart" : "");
	if (apart * 100 > percent)
		tally->apart++;
	else
		tally->good++;
}

int agree_check(const struct bench *b, const struct bench_result *results, unsigned n, unsigned percent,
	FILE *out, struct am_err *err)
{
	struct tally t = {0};

	fprintf(out,
		"\nMedians of %u repeats, which took turns, net, of the samples kept, and how far they lie apart:\n",
		b->size.repeats);
	for (unsigned i = 0; i < n; i++)
		if (!is_null(results, n, &results[i]))
			compare(b, &results[i], percent, out, &t);
	fprintf(out, "%u of %u cases agree within %u %%.\n", t.good, t.good + t.apart + t.busy, percent);
	if (t.apart)
		return am_fail(err, ERANGE,
			"%u cases do not repeat within %u %% though each sample was held against the yardstick beside it: their "
			"figures do not say what another run will give; see which, and try more --samples",
			t.apart, percent);
	if (t.busy)
		return am_fail(err, EBUSY,
			"%u cases kept too few samples: this machine is too busy to measure on; give it a CPU of its "
			"own, or more --seconds",
			t.busy);
	return 0;
}
