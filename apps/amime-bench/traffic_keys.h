/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_TRAFFIC_KEYS_H
#define BENCH_TRAFFIC_KEYS_H
/* The keys of a traffic file, which its schema is held against. */
#include "config/field.h"

extern const struct fields traffic_fields;

#endif
