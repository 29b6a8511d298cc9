/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_LIMIT_H
#define BENCH_LIMIT_H
/*
 * A measuring stick: the least work that carries a frame into VXLAN in GRE over IPv4 and out of it, with two hash look-ups,
 * one header string that is copied and patched, counters, and every checksum that has to be looked at. No configuration,
 * no other tunnels, no options, tags or reasons: what is not the usual packet is refused without a word. It forwards nothing
 * in Amime. Measured beside the worker it says what this machine, at this hour, asks for the arithmetic alone.
 */
#include <stdbool.h>
#include <stdint.h>

struct rte_mbuf;
struct rte_mempool;
struct limit;

enum {
	LIMIT_HEADERS = 74, /* Ethernet, IPv4, GRE, IPv4, UDP, VXLAN */
	LIMIT_BURST = 256,  /* packets that one call takes */
	LIMIT_FLOOR = 1276, /* octets of the first fragment, from its IP header on */
	LIMIT_FILL = 1500,
};

/* Hosts on both sides, in pairs, spread over paths; pool: for tails. NULL: no memory. */
struct limit *limit_new(uint32_t pairs, uint32_t paths, struct rte_mempool *pool, uint64_t seed);
void limit_free(struct limit *l);

/* A frame of pair's near host to its far one. */
void limit_frame(uint8_t *frame, uint16_t len, uint32_t pair);

/* What limit_encap made, as the other end would send the like of it to us. */
void limit_reflect(struct rte_mbuf *m);

/*
 * A burst of frames into the tunnel. Frames above the cut leave as two packets, their tails in fresh buffers; cut 0: none. Returns how many packets are in out, in order; what is refused is not among them and stays the caller's.
 */
unsigned limit_encap(struct limit *l, struct rte_mbuf **m, unsigned n, uint16_t cut, struct rte_mbuf **out);

/* A burst out of it, which decides for each by which path's port it leaves. */
unsigned limit_decap(struct limit *l, struct rte_mbuf **m, unsigned n, struct rte_mbuf **out);

/* The same of fragments, first or second ones, that may lie apart. Buffers of seconds go back to their pool. */
unsigned limit_join(struct limit *l, struct rte_mbuf **m, unsigned n, struct rte_mbuf **out);

#endif
