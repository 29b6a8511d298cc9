/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_LIMIT_LINES_H
#define BENCH_LIMIT_LINES_H
/*
 * The cache lines of a row's work and nothing else: each is read or written once, in one place, asked for as far ahead as one likes,
 * and nothing is computed: about what waiting for memory takes on this machine. No bound: what asks for them otherwise can be a little quicker.
 */
#include <stdbool.h>
#include <stdint.h>

struct rte_mbuf;
struct rte_mempool;
struct limit_lines;

/* Octets [from, to) of a packet, counted from its front, which is behind what is put before it. */
struct limit_range {
	int16_t from, to;
};

struct limit_touch {
	uint8_t ahead;   /* items that are asked for before one is touched */
	bool packets;    /* false: buffers' heads alone, as the ports do */
	bool pairs;      /* two packets are one item, of which the second goes back to its pool */
	bool half;       /* of such an item only the first is there: nothing is looked up for it */
	uint16_t window; /* so many firsts come and are read, then their seconds; 0: pairs lie side by side */
	uint16_t tail;   /* octets of a fresh buffer that are written; 0: none is taken */
	struct limit_range read, copy, write,
		read_second; /* read and copied from are the first packet's, as is what is written */
};

/* pool: for tails. macs: a table for so many addresses, in which two lines are read for each item; 0: none. NULL: no memory. */
struct limit_lines *limit_lines_new(struct rte_mempool *pool, uint32_t macs, uint64_t seed);
void limit_lines_free(struct limit_lines *l);

/*
 * n is LIMIT_BURST at most, and so is a window, which any number of calls may share. Returns how many packets leave, in out: fewer than
 * expected where there was no buffer for a tail.
 */
unsigned limit_lines_take(struct limit_lines *l, const struct limit_touch *touch, struct rte_mbuf **m,
	unsigned n, struct rte_mbuf **out);

#endif
