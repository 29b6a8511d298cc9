/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_REFERENCE_H
#define BENCH_REFERENCE_H
/*
 * A stick to measure with that no change of Amime lengthens: work like a forwarder's (a keyed hash, look-ups in a
 * table, a header copied, a checksum, counters), in code and memory of its own that stay as they are. It
 * slows down with the clock, the machine and its other tenants as packets do, so that ratios to it can be kept in a file.
 */
#include "bench.h"

/* What ratios are to: raised with every change of the work. */
enum { REFERENCE_VERSION = 1 };

extern const struct bench_case reference_case;

#endif
