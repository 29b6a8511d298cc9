/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H
/* What numbers were measured on, as facts of a report. */
#include "probe.h"
#include "report.h"

/*
 * The machine and its clock, the CPU that the caller runs on, the kernel; versions of what was measured and how it was
 * built. What the system does not tell is left out.
 */
void machine_describe(struct report *r);

/* How long memory takes to answer one question, and each of many at once, where the probes looked at it. */
void machine_describe_memory(struct report *r, const struct probes *p);

/* The core's clock, from what a probe of so many turns, one cycle each, took at its fastest: a whole run in a slow phase
 * shows here only. */
void machine_describe_clock(struct report *r, double turns, double tsc_cycles);

#endif
