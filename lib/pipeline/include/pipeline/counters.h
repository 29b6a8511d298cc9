/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PIPELINE_COUNTERS_H
#define PIPELINE_COUNTERS_H
/*
 * Counters: per worker, per interface. Written by that worker with plain stores, read by control with relaxed
 * loads; a reader may see one a moment old, never torn.
 */
#include <stdint.h>

#include "net/verdict.h"

enum am_counter {
#define AM_COUNTER(name, counter, text) AM_C_##name,
#include "pipeline/counter.def"
#undef AM_COUNTER
	AM_COUNTERS,
};

const char *am_counter_name(enum am_counter c);
const char *am_counter_text(enum am_counter c);

struct am_iface_counters {
	uint64_t count[AM_COUNTERS];
	uint64_t drop[AM_VERDICTS];
} __attribute__((aligned(64)));

#endif
