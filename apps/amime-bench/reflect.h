/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_REFLECT_H
#define BENCH_REFLECT_H
/*
 * What the other end of a tunnel would send: a packet that went into one, with source and destination of every layer
 * swapped. No checksum changes, since they sum the same words; and what a configuration takes out of its tunnels needs no
 * second configuration to be made.
 */
#include <stdint.h>

/* Of a packet that one of our own paths made, in place; headers that are not all there are left as they are. */
void reflect_packet(uint8_t *p, uint32_t len);

#endif
