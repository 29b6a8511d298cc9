/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_WIRE_SEARCH_H
#define BENCH_WIRE_SEARCH_H
/*
 * RFC 2544 26.1: the highest rate at which a trial passes, by halving what is left between one that passed and one that
 * did not. Pure: the caller runs the trials.
 *
 *	wire_search_init(&s, max, resolution);
 *	while (wire_search_goes_on(&s))
 *		wire_search_take(&s, offered, passed);   // of a trial at s.rate
 *	result: s.low
 */
#include <stdbool.h>

struct wire_search {
	double rate; /* of the next trial */
	double low;  /* the highest that passed, 0 before */
	double high; /* the lowest that did not, or the most there is */
	double max, resolution;
	bool tried, failed; /* a trial was made; one did not pass */
	unsigned shorts;    /* trials at this rate that passed, but were not offered all of it */
	bool tester_limit;  /* the tester could not offer what was asked for: the result is at least low */
};

/* It ends where high is above low by resolution (a share of high) or less. */
void wire_search_init(struct wire_search *s, double max, double resolution);
bool wire_search_goes_on(const struct wire_search *s);
/* offered: what the tester really sent, a second. */
void wire_search_take(struct wire_search *s, double offered, bool passed);

#endif
