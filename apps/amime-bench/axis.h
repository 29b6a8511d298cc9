/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_AXIS_H
#define BENCH_AXIS_H
/* From a value to a place on paper, and where to put ticks. */
#include "report.h"

enum { AXIS_TICKS_MAX = 24, AXIS_LABEL = 24 };

struct axis_tick {
	double value;
	char label[AXIS_LABEL]; /* "" where it is only a line */
};

/* Made by axis_init and only read afterwards. low and high are at from and to. */
struct axis {
	enum report_scale scale;
	double low, high;
	double from, to; /* pixels */
	struct axis_tick ticks[AXIS_TICKS_MAX];
	unsigned n_ticks;
};

/*
 * For values from low to high, with about `room` labels at most. A linear axis without negative values begins at 0; a log
 * axis has no place for what is not above 0. Both ends are widened to a tick. A percentile axis begins at 0: its low is the
 * largest value below 100, which decides how many nines are drawn, and a high of 100 gets one step more.
 */
void axis_init(struct axis *a, enum report_scale scale, double low, double high, unsigned room, double from,
	double to);

/* What lies outside goes to the end that it is beyond. */
double axis_place(const struct axis *a, double value);

/* 1500: "1.5k"; 0.25: "0.25" */
void axis_number(double v, char *out, size_t room);

#endif
