/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_START_H
#define BENCH_START_H
#include <stdbool.h>

#include "base/err.h"

/* Whether so many megabytes of huge pages are free. */
bool start_has_huge_pages(unsigned mb);

/* DPDK for memory and buffers only, this thread on one CPU. 0 or a negative errno. */
int start_dpdk(int cpu, unsigned mb, bool huge, struct am_err *err);

#endif
