/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_STOCK_H
#define BENCH_STOCK_H
/*
 * Every packet that a traffic consists of, ready to be copied into a buffer: those that enter tunnels are written, those
 * that come out of them are made by sending the former through the test bed and reflecting what leaves. So whatever a
 * configuration sends, the stock has the like coming back.
 *
 * Beyond its first octets a packet is zeros, so that only its head has to be copied. In its payload it carries the number
 * of its flow and its own, the latter beside its complement, so that no checksum around it changes.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bed.h"
#include "traffic.h"

enum stock_way { STOCK_ENCAP, STOCK_DECAP, STOCK_WAYS };

struct stock_packet {
	size_t bytes;    /* in stock->bytes */
	uint16_t len;    /* octets of the frame */
	uint16_t head;   /* of them, those that are not zero */
	uint16_t id_at;  /* of a fragment: where the outer IP header is; 0: whole */
	uint16_t seq_at; /* 0: it carries no number */
};

/* A datagram that arrives, as one packet or two fragments. */
struct stock_item {
	struct stock_packet p[2];
	uint32_t flow;
	uint8_t n;       /* packets */
	uint8_t leave;   /* packets that leave for it */
	uint8_t in, out; /* ports */
	uint8_t way;     /* enum stock_way */
	uint8_t worker;  /* whose queue a NIC would put it in */
};

struct stock {
	struct traffic traffic;
	uint32_t n_items;
	struct stock_item *items; /* by way, flow, size */
	uint8_t *bytes;
	size_t n_bytes, room;
	bool all_octets; /* some checksum covers the payload: buffers must hold zeros there */

	/* Of frames that leave: where the flow's number is, and their own; [way] false: not the same for all. */
	bool marked[STOCK_WAYS];
	uint16_t flow_at[STOCK_WAYS], seq_at[STOCK_WAYS];
	/* The last number of each flow that left: written by the one worker that carries the flow. */
	_Atomic uint32_t *last[STOCK_WAYS];
};

/* Hosts are learnt and everything is sent once. 0 or a negative errno. */
int stock_open(struct stock *s, struct bed *b, const struct traffic *traffic, struct am_err *err);
void stock_close(struct stock *s);

/* Where item i of a way, a flow and a size is. */
uint32_t stock_at(const struct stock *s, unsigned way, uint32_t flow, unsigned size);

/* What stock_in_order will read of a frame; NULL: nothing. */
const void *stock_record(const struct stock *s, unsigned way, const uint8_t *frame, uint32_t len);

/* Whether a frame that left by port is the next one of its flow; also where it carries no number. */
bool stock_in_order(const struct stock *s, unsigned way, const uint8_t *frame, uint32_t len);

#endif
