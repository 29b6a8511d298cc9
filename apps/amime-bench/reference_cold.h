/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_REFERENCE_COLD_H
#define BENCH_REFERENCE_COLD_H
/*
 * The like of reference.h for work that misses caches: packets that come from memory, two lines of each asked for a burst
 * ahead, and look-ups in a table that the last level holds.
 */
#include "bench.h"

extern const struct bench_case reference_cold_case;

#endif
