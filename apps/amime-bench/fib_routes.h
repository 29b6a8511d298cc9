/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_FIB_ROUTES_H
#define BENCH_FIB_ROUTES_H
/* Routes to fill a FIB with: those of a file first, then drawn ones. */
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"

enum { FIB_ROUTES_MAX = 8000000 };

struct fib_routes {
	struct am_prefix *at;
	uint32_t n, room;
};

void fib_routes_free(struct fib_routes *r);
/* 0 or -ENOMEM. */
int fib_routes_add(struct fib_routes *r, const struct am_prefix *prefix);

/*
 * One line's prefix of either family; what follows a blank is not read. Lines that are empty or begin with # say
 * nothing. 1: a prefix, 0: none, or -EINVAL.
 */
int fib_routes_line(const char *text, size_t len, struct am_prefix *out);

/* All lines of a file, appended by family. 0 or a negative errno, err saying which line and what to do. */
int fib_routes_load(const char *path, struct fib_routes *ipv4, struct fib_routes *ipv6, struct am_err *err);

/* A route as the Internet has them, by length and by where; *dice is moved on. */
struct am_prefix fib_routes_draw(enum am_family family, uint64_t *dice);
uint32_t fib_routes_roll(uint64_t *dice, uint32_t sides);

#endif
