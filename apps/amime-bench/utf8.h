/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_UTF8_H
#define BENCH_UTF8_H
/* Texts from anywhere, before they go into JSON and SVG. */
#include <stddef.h>
#include <stdint.h>

/* How long the well-formed character at p is (RFC 3629), of which left octets are there, at least one; 0 where there is none. */
size_t utf8_len(const uint8_t *p, size_t left);

#endif
