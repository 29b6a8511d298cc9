/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H
/* Frames, header strings and buffers for cases to work on. Everything is numbered, so that a burst is of many flows. */
#include <stddef.h>
#include <stdint.h>

#include "bench.h"
#include "net/encap.h"

struct rte_mbuf;

enum {
	WORK_FRAME_MAX = 1536,
	WORK_SMALL = 64,
	WORK_SMALL6 = 90,  /* the same with IPv6 inside */
	WORK_WHOLE = 1440, /* the longest inside VXLAN, GRE and IPv4 in 1500 octets */
	WORK_FULL = 1514,
	WORK_COLD = 16384, /* packets */
	WORK_MANY = 65536, /* entries of a table that caches do not hold, and what is looked for in one */
	WORK_MSS = 1460,   /* what a SYN asks for */
};

/* Zeroed and aligned for any of our structs; free() takes it back. */
void *work_alloc(size_t size);

/* An IP header without options: total octets in all, or octets of payload. Returns what stands behind it. */
uint8_t *work_ip4(uint8_t *ip, uint16_t total, uint8_t proto, const uint8_t *from, const uint8_t *to);
uint8_t *work_ip6(uint8_t *ip, uint16_t payload, uint8_t proto, const uint8_t *from, const uint8_t *to);

/* An Ethernet frame of len octets with UDP in IPv4 or IPv6, from host n. */
void work_udp_frame(uint8_t *frame, uint16_t len, uint8_t family, uint32_t n);

/* A TCP SYN with the usual options, over IPv4. Returns its length. */
uint16_t work_syn_frame(uint8_t *frame, uint32_t n);

/* What a tunnel case is about. */
struct work_tunnel {
	enum am_tunnel_kind kind;
	uint8_t family;      /* of the outer header */
	uint8_t vtep_family; /* 0: no VXLAN, the frame itself is the payload */
	enum am_split split;
	uint16_t frame_len;
	unsigned frames; /* that leave for one that enters */
};

int work_encap(const struct work_tunnel *t, struct am_encap *out, struct am_err *err);

/* How many bursts a case goes through in turn: one that stays warm, or more packets than caches hold. */
unsigned work_groups(const struct bench_env *env);

/* Where among n things the next run's burst begins: behind the last one, or at the start where too few are left. */
static inline unsigned work_next(unsigned at, unsigned burst, unsigned n)
{
	return at + 2 * burst > n ? 0 : at + burst;
}

/*
 * Where number i of n things is put, so that what is gone through in order lies in an order that no prefetcher guesses. Some follow the
 * pointers of a list that is read in order, too: so a run has those of its own burst alone, as a driver leaves them, and the next ones are
 * put into their place outside the clock.
 */
static inline unsigned work_scatter(unsigned i, unsigned n)
{
	const uint64_t stride = 7919; /* a prime: each place is taken once, unless n is a multiple of it */

	return (unsigned)(i * stride % n);
}

/* n buffers with headroom, empty. False where the pool is empty: none is held then. */
bool work_buffers(struct rte_mempool *pool, struct rte_mbuf **m, unsigned n);

#endif
