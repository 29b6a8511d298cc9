/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H
/*
 * The model of many workers. They write no cache line that another one reads or writes, so one packet costs what it costs a
 * worker alone, and for each other worker a part more, which is that of the machine: clock, shared caches, memory. That part is
 * measured beside a worker of another data plane, which shares nothing else; two workers of one data plane, which might share
 * what they should not, have no say in it and are what the model is held against.
 */
struct crowd {
	double alone; /* cycles of a packet */
	double more;  /* of that, for each other worker; not below 0 */
};

/* beside: cycles of a packet beside one worker that shares the machine alone. */
struct crowd crowd_of(double alone, double beside);

/* Cycles of a packet of each of so many workers. */
double crowd_cost(const struct crowd *c, unsigned workers);

#endif
