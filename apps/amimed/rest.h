/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_REST_H
#define AMIMED_REST_H
/*
 * How long a worker rests that is through with its packets, where there is traffic: by its own clock, whatever comes, as a NIC
 * that moderates its interrupts. To be woken by each frame costs the sender of that frame several microseconds, every time,
 * and frames are dearer one by one. Knows neither threads nor clocks; one for each worker, the thread's own.
 */
#include <stdbool.h>
#include <stdint.h>

enum {
	/* Packets since it last slept or rested: fewer are somebody who waits for an answer, and who is to be woken for. */
	AM_REST_TRAFFIC = 8,
	AM_REST_NS = 50000,
	/* So many are bulk, where twice the rest carries a tenth more. */
	AM_REST_BULK = 16,
	AM_REST_BULK_NS = 100000,
	AM_REST_LEAST_NS = 10000,  /* less is not worth a system call */
	AM_REST_WAKING_NS = 20000, /* what a worker finds that was woken has come in so long */
};

struct am_rest {
	uint64_t packets;
	uint64_t since;  /* ns */
	uint32_t frames; /* that may come in a rest if they come as they did: a part of the shortest queue */
};

static inline bool am_rest_is_traffic(const struct am_rest *r)
{
	return r->packets >= AM_REST_TRAFFIC;
}

/* Nanoseconds to rest from now on, which begins a count of its own; 0: not at all. There is traffic. */
uint64_t am_rest_take(struct am_rest *r, uint64_t now);

/* The worker slept until something came. */
void am_rest_woken(struct am_rest *r, uint64_t now);

#endif
