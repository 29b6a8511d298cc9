/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H
/*
 * Monotonic time as a type. Nothing below apps/ reads a clock: time comes in as an argument, so that tests
 * and pcap replay can bring their own.
 */
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

typedef struct {
	uint64_t ns;
} am_time;

#define AM_US 1000ull
#define AM_MS 1000000ull
#define AM_S  1000000000ull

static inline am_time am_time_add(am_time t, uint64_t ns)
{
	return (am_time){t.ns + ns};
}

/* Nanoseconds from a to b; 0 where b is not later. */
static inline uint64_t am_time_since(am_time b, am_time a)
{
	return b.ns > a.ns ? b.ns - a.ns : 0;
}

static inline bool am_time_before(am_time a, am_time b)
{
	return a.ns < b.ns;
}

static inline am_time am_clock_monotonic(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (am_time){(uint64_t)ts.tv_sec * AM_S + (uint64_t)ts.tv_nsec};
}

#endif
