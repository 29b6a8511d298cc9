/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H
/*
 * What a run of any command measured, and on what. A command fills one of these; the table, the JSON and the plots are
 * made from it, and a result file is read back into it.
 *
 *	report    facts (machine, versions, settings), rows, curves
 *	row       one number that was sampled: cycles of a case, throughput of a frame size, ratio of two programs
 *	curve     y by x: latency by percentile, throughput by frame size, cycles by number of MACs
 *
 * The report owns everything; texts are copied into it, as UTF-8. Adding needs no check: where memory runs out, what was to be
 * added is NULL, may be passed on as such, and report_settle says so in the end.
 */
#include <stdbool.h>
#include <stddef.h>

#include "stats.h"

enum report_section { REPORT_MACHINE, REPORT_VERSIONS, REPORT_SETTINGS, REPORT_SECTIONS };
enum report_kind { REPORT_TEXT, REPORT_NUMBER, REPORT_BOOL };

/* The key of a fact, and the column's head. */
struct report_fact {
	const char *name;
	enum report_kind kind;
	const char *text; /* REPORT_TEXT */
	double number;    /* REPORT_NUMBER, REPORT_BOOL */
};

/* Left out: the core was much slower than it can be, its speed changed meanwhile, the other CPU was far, the CPU was taken away. */
enum report_fate { REPORT_KEPT, REPORT_SLOW, REPORT_CONTENDED, REPORT_FAR, REPORT_INTERRUPTED, REPORT_FATES };

struct report_sample {
	double value; /* in the row's unit */
	double probe; /* TSC cycles of the slower probe beside it; 0: there was none */
	enum report_fate fate;
	unsigned repeat; /* which time over the row was measured; from 0 */
	double memory;   /* TSC cycles of the memory probe beside it; 0: there was none */
	double beside; /* TSC cycles of the yardstick beside it, by which the value was scaled; 0: it was not */
};

/* Per cent that a value may be apart from what a model predicts before that counts as wrong. */
enum { REPORT_APART_PERCENT = 10 };

struct report_stage {
	const char *name;
	double value; /* in the row's unit */
};

/* What a row is; the rest of it is filled by report_add_sample and report_add_stage. Texts may be NULL where so said. */
struct report_row {
	const char *name;  /* "encap/64" */
	const char *about; /* one line for people; "" */
	const char *unit;  /* "cycles", "Mpps", "us", "ratio" */
	const char *per;   /* of what one value is: "packet"; "" where the unit says it all */
	const char
		*null; /* name of the row whose value is the harness's own, to be subtracted; may be NULL */
	const char *base;          /* name of the row that the goal follows from; may be NULL */
	const char *limit;         /* name of the row that this one cannot be below; may be NULL */
	const char *of;            /* name of the row that this one is another shape of; may be NULL */
	const char *config_sha256; /* of the configuration's text, in hexadecimal digits; may be NULL */
	unsigned burst;            /* packets of a burst, where the row is of bursts; otherwise 0 */
	bool cold;                 /* such a row's data is more than caches hold */
	double goal;               /* in the unit, of the net value where there is a null row; 0: none */
	double predicted; /* by a model, in the unit, of the net value where there is a null row; 0: by none */
	bool more_is_better; /* throughput; otherwise less is better */
	double follows
		[2]; /* powers of the yardstick beside it and of the clock that its values follow; both 0: not known */

	struct report_sample *samples;
	size_t n_samples;
	struct report_stage *stages; /* what the value is made of, in the packet's order; may be none */
	size_t n_stages;

	/* By report_settle. */
	const struct report_row *null_row, *base_row, *limit_row;
	const struct report_row *of_row; /* NULL too where that one is a shape of another itself */
	size_t fates[REPORT_FATES];
	struct bench_stats stats; /* of the samples kept; meaningless where there is none */
};

enum report_scale {
	REPORT_LINEAR,
	REPORT_LOG,
	REPORT_PERCENTILE, /* log of what is left above: 0, 90, 99, 99.9 are equally far apart */
	REPORT_SCALES
};

struct report_axis {
	const char *name; /* "frame size" */
	const char *unit; /* "octets"; "" */
	enum report_scale scale;
};

struct report_point {
	double x, y;
	double low, high; /* the spread of y; both are y where it was not measured */
};

struct report_series {
	const char *name;
	struct report_point *points; /* by rising x */
	size_t n_points;
};

struct report_curve {
	const char *name;  /* "latency/64" */
	const char *about; /* "" */
	struct report_axis x, y;
	struct report_series **series;
	size_t n_series;
};

struct report {
	const char *command; /* "micro" */
	struct report_fact *facts[REPORT_SECTIONS];
	size_t n_facts[REPORT_SECTIONS];
	struct report_row **rows;
	size_t n_rows;
	struct report_curve **curves;
	size_t n_curves;

	struct report_block *blocks; /* memory of texts, rows, curves and series */
	bool no_memory;
};

struct report *report_new(const char *command);
void report_free(struct report *r);
void report_set_command(struct report *r, const char *command);

/* ---- filling ---- */

void report_add_text(struct report *r, enum report_section section, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void report_add_number(struct report *r, enum report_section section, const char *name, double number);
void report_add_bool(struct report *r, enum report_section section, const char *name, bool is);

/* about: its texts and goal are copied. */
struct report_row *report_add_row(struct report *r, const struct report_row *about);
void report_add_sample(struct report *r, struct report_row *row, const struct report_sample *sample);
/* Of the row of that name, if there is one. */
void report_predict(struct report *r, const char *name, double predicted);
void report_add_stage(struct report *r, struct report_row *row, const char *name, double value);

/* about: its texts and axes are copied. */
struct report_curve *report_add_curve(struct report *r, const struct report_curve *about);
struct report_series *report_add_series(struct report *r, struct report_curve *curve, const char *name);
void report_add_point(struct report *r, struct report_series *series, const struct report_point *point);

/* After the last addition, before anything is read: sums up, and finds null rows. 0, -ENOMEM, or -EDOM where some value is
 * no finite number. */
int report_settle(struct report *r);

/* ---- reading ---- */

/* NULL where there is none. */
const struct report_fact *report_find_fact(
	const struct report *r, enum report_section section, const char *name);
const struct report_row *report_find_row(const struct report *r, const char *name);
/* "" and 0 where there is no such fact. */
const char *report_text(const struct report *r, enum report_section section, const char *name);
double report_number(const struct report *r, enum report_section section, const char *name);

size_t report_kept(const struct report_row *row);
/* Whether there are samples to trust, of the null row too where it has one; then the median, less the null row's. */
bool report_net(const struct report_row *row, double *value);
/* Whether row has a goal and samples to trust; then how much of it is taken: 1 and below is reached. */
bool report_goal_ratio(const struct report_row *row, double *ratio);

/* Whether a model says something of row, and it has samples to trust; then by what part of what was predicted its value is above it. */
bool report_apart(const struct report_row *row, double *apart);
bool report_is_apart(double apart);

/*
 * Probes compare samples with each other and cannot tell that all were slow, but their length can: whether the clock was
 * below the nominal one, that of the TSC, beside most of the n samples.
 */
bool report_is_slow(const struct report *r, size_t *slow, size_t *n);

/* Where the goal follows from another row: how many times that one the row takes, and how many times it may. */
bool report_base(const struct report_row *row, double *ratio, double *allowed);

/* Where there is a row of the least that the work takes: its value, and how many times that the row takes. */
bool report_limit(const struct report_row *row, double *limit, double *ratio);

/* Words of the JSON, by number. */
extern const char *const report_fate_words[REPORT_FATES];
extern const char *const report_scale_words[REPORT_SCALES];
extern const char *const report_section_words[REPORT_SECTIONS];

#endif
