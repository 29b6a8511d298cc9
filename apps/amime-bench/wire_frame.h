/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_WIRE_FRAME_H
#define BENCH_WIRE_FRAME_H
/*
 * The frames that a tester sends and knows again: Ethernet [VLAN], IPv4 or IPv6, UDP, a probe, and a filling that
 * depends on the position only. 64 octets with FCS are enough over IPv4.
 *
 *   0       2       3        4      6          10          16      18
 *   | magic | trial | stream | flow | sequence | sent, ns  | check | filling ...
 *
 * All big endian; check is over the sixteen octets before it. The receiver compares the filling octet by octet.
 */
#include <stdbool.h>
#include <stdint.h>

#include "wire_config.h"

enum {
	WIRE_PROBE_LEN = 18,
	WIRE_LEARN = 0xff, /* in place of a stream: sent so that bridges learn where addresses are */
};

struct wire_probe {
	uint8_t trial;
	uint8_t stream;
	uint16_t flow;
	uint32_t sequence; /* of the flow, from 0 */
	uint64_t sent_ns;  /* 48 bits */
};

/* What was received. */
enum wire_kind {
	WIRE_FOREIGN, /* not from a tester */
	WIRE_PROBE,
	WIRE_CORRUPTED, /* from a tester, and not as it was sent */
};

/* Octets before the probe. */
uint16_t wire_frame_overhead(uint8_t family, bool tagged);

/* A frame of a stream, ready to be copied: all but the probe and the source port. */
struct wire_template {
	uint16_t len; /* without FCS */
	uint16_t udp_at;
	uint64_t udp_sum; /* of pseudo-header, header and filling; source port, checksum and probe zero */
	uint8_t bytes[WIRE_SIZE_MAX];
};

/* size is with FCS and at least wire_stream_least. back: from the stream's end to its beginning. */
void wire_template_make(struct wire_template *t, const struct wire_stream *s, uint16_t size, bool back);

/* A copy at to (t->len octets) for this probe, with source port and UDP checksum. */
void wire_frame_put(
	uint8_t *to, const struct wire_template *t, uint16_t src_port, const struct wire_probe *p);

/* frame has len octets, of any kind. *out is set for WIRE_PROBE only. */
enum wire_kind wire_frame_read(const uint8_t *frame, uint32_t len, struct wire_probe *out);

#endif
