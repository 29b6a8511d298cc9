/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_WIRE_DEVICE_H
#define BENCH_WIRE_DEVICE_H
/* Whether the machine itself lives on an interface: a tester has no business there unless it is told so by name. */
#include <stdbool.h>
#include <stddef.h>

/* Why device is in use, as the end of a sentence; NULL where it is not. */
const char *wire_device_use(const char *device);

/* Whether a line of /proc/net/route or /proc/net/ipv6_route is a default route by device. */
bool wire_device_is_default4(const char *line, const char *device);
bool wire_device_is_default6(const char *line, const char *device);

#endif
