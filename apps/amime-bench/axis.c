/* SPDX-License-Identifier: BSD-3-Clause */
#include "axis.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Where a percentile axis ends at the latest: 99.99999. */
enum { NINES_MAX = 7 };

static const double hundred = 100;
/* What is smaller than the largest by more is not worth more decades on paper. */
static const double span_max = 1e12;

/* Nothing on it is a length: the distance that equal steps on paper stand for. */
static double stretch(enum report_scale scale, double v)
{
	switch (scale) {
	case REPORT_LOG:
		return log10(v);
	case REPORT_PERCENTILE:
		return v >= hundred ? NINES_MAX : -log10(1 - v / hundred);
	default:
		return v;
	}
}

double axis_place(const struct axis *a, double value)
{
	double low = stretch(a->scale, a->low), high = stretch(a->scale, a->high), at;

	if (!(value > a->low))
		return a->from;
	at = value >= a->high ? 1 : (stretch(a->scale, value) - low) / (high - low);
	return a->from + at * (a->to - a->from);
}

void axis_number(double v, char *out, size_t room)
{
	static const struct {
		double size;
		const char *suffix;
	} steps[] = {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}};

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		if (fabs(v) >= steps[i].size) {
			snprintf(out, room, "%.4g%s", v / steps[i].size, steps[i].suffix);
			return;
		}
	}
	snprintf(out, room, "%.4g", v);
}

static void add_tick(struct axis *a, double value, bool label)
{
	struct axis_tick *t = &a->ticks[a->n_ticks];

	if (a->n_ticks == AXIS_TICKS_MAX)
		return;
	a->n_ticks++;
	*t = (struct axis_tick){.value = value};
	if (label)
		axis_number(value, t->label, sizeof t->label);
}

/* 1, 2 or 5 times a power of ten, so that `room` of them span range. */
static double nice_step(double range, unsigned room)
{
	double rough = range / room, power = pow(10, floor(log10(rough)));
	double times = rough / power;

	return power * (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10);
}

static void init_linear(struct axis *a, double low, double high, unsigned room)
{
	double step;

	low = low > 0 ? 0 : low;
	high = high < 0 ? 0 : high;
	if (!(high > low))
		high = low + 1;
	step = nice_step(high - low, room);
	a->low = floor(low / step + 1e-9) * step;
	a->high = ceil(high / step - 1e-9) * step;
	for (double k = round(a->low / step); k <= a->high / step + 0.5; k++)
		add_tick(a, k * step, true);
}

/* Up to three decades have ticks at 2 and 5; many decades have labels on some only. */
static void init_log(struct axis *a, double low, double high, unsigned room)
{
	static const double between[] = {1, 2, 5};
	double first, last;
	int skip;
	bool fine;

	low = low > 0 ? low : 1;
	high = high > low ? high : low * 10;
	low = low < high / span_max ? high / span_max : low;
	first = floor(log10(low) + 1e-9);
	last = ceil(log10(high) - 1e-9);
	a->low = pow(10, first);
	a->high = pow(10, last);
	fine = (last - first) * 3 <= room;
	skip = (int)ceil((last - first) / room);
	for (double k = first; k <= last; k++) {
		for (int i = 0; i < (fine && k < last ? 3 : 1); i++)
			add_tick(a, pow(10, k) * between[i], !((int)(k - first) % skip));
	}
	if (fine && low >= 5 * a->low)
		a->low *= 5;
	else if (fine && low >= 2 * a->low)
		a->low *= 2;
	if (fine && high <= a->high / 5)
		a->high /= 5;
	else if (fine && high <= a->high / 2)
		a->high /= 2;
}

/* highest: the largest value below 100. Where there is a 100 too, it has the last step for itself. */
static void init_percentile(struct axis *a, double highest, bool whole)
{
	int nines = highest > 0 ? (int)ceil(-log10(1 - highest / hundred) - 1e-9) : 1;

	nines = nines < 1 ? 1 : nines > NINES_MAX - 1 ? NINES_MAX - 1 : nines;
	add_tick(a, 0, false);
	add_tick(a, 50, false);
	for (int k = 1; k <= nines; k++)
		add_tick(a, hundred - pow(10, 2 - k), false);
	for (unsigned i = 0; i < a->n_ticks; i++)
		snprintf(a->ticks[i].label, AXIS_LABEL, "%.10g", a->ticks[i].value);
	a->high = hundred - pow(10, 2 - nines - whole);
	if (whole)
		add_tick(a, a->high, false);
	if (whole)
		snprintf(a->ticks[a->n_ticks - 1].label, AXIS_LABEL, "100");
}

/* Ticks that the ends were drawn in past. */
static void drop_outside(struct axis *a)
{
	unsigned n = 0;

	for (unsigned i = 0; i < a->n_ticks; i++) {
		double v = a->ticks[i].value, slack = 1e-9 * (fabs(v) + fabs(a->high - a->low));

		if (v >= a->low - slack && v <= a->high + slack)
			a->ticks[n++] = a->ticks[i];
	}
	a->n_ticks = n;
}

void axis_init(struct axis *a, enum report_scale scale, double low, double high, unsigned room, double from,
	double to)
{
	*a = (struct axis){.scale = scale, .from = from, .to = to};
	if (scale == REPORT_LOG)
		init_log(a, low, high, room);
	else if (scale == REPORT_PERCENTILE)
		init_percentile(a, low, high >= hundred);
	else
		init_linear(a, low, high, room);
	drop_outside(a);
}
