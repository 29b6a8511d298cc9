/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_FIB_REFERENCE_H
#define BENCH_FIB_REFERENCE_H
/* Longest match in the plainest way that is quick enough: where each route's part of the address space begins. */
#include <stdint.h>

#include "base/addr.h"

struct fib_reference;

/* routes: of one family, all different. NULL: no memory. */
struct fib_reference *fib_reference_make(const struct am_prefix *routes, uint32_t n);
void fib_reference_free(struct fib_reference *r);
/* The index of the longest that matches; -1: none does. */
int32_t fib_reference_find(const struct fib_reference *r, const struct am_ip *ip);

#endif
