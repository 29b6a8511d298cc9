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

/*
 * A row is an odd number of cache lines, so that the same counters of neighbouring interfaces do not meet in the few places
 * of a cache that multiples of a power of two have.
 */
enum {
	AM_ROW_USED = AM_COUNTERS + AM_VERDICTS,
	AM_ROW = ((AM_ROW_USED + 7) / 8 | 1) * 8,
};

struct am_iface_counters {
	uint64_t count[AM_COUNTERS];
	uint64_t drop[AM_VERDICTS];
	uint64_t unused[AM_ROW - AM_ROW_USED];
} __attribute__((aligned(64)));

/* What a rule of an access list matched: IP packets and their octets. */
struct am_acl_counters {
	uint64_t packets, bytes;
};

/* What was routed to an AS: IP packets and their octets. */
struct am_as_counters {
	uint64_t packets, bytes;
} __attribute__((aligned(16)));

#endif
