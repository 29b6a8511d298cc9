/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_ARGUMENT_H
#define BENCH_ARGUMENT_H
/* Arguments of options, the same for every command. What is wrong with one is said on standard error. */
#include <stdbool.h>

/* Of --name: a number from least to most. */
bool argument_number(const char *name, const char *text, unsigned least, unsigned most, unsigned *out);

/* Up to room such numbers with commas between; *n: how many there are. */
bool argument_numbers(const char *name, const char *text, unsigned least, unsigned most, unsigned room,
	unsigned *out, unsigned *n);

#endif
