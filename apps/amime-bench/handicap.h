/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_HANDICAP_H
#define BENCH_HANDICAP_H
/* Work that is slower by what is known, to see whether a comparison notices: a wait inside the clock, in proportion to the work. */
#include <stdint.h>

enum { HANDICAP_MOST = 1000 }; /* per cent */

/* Cycles since start, with so many per cent more, when they are over. */
uint64_t handicap_await(uint64_t start, unsigned percent);

#endif
