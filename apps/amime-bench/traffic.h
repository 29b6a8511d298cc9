/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_TRAFFIC_H
#define BENCH_TRAFFIC_H
/*
 * What comes in at the ports of a test bed: a value, read from JSON (doc/traffic.md) or written down in a case. It is
 * complete by itself; which ports, VLANs and tunnels it comes through follows from the configuration.
 */
#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

enum {
	TRAFFIC_SIZES_MAX = 16,
	TRAFFIC_WINDOW_MAX = 256,
	TRAFFIC_FLOWS_MAX = 1 << 20,
	TRAFFIC_BURST_MAX = 64,
};

/* How the fragments of a window of datagrams arrive. */
enum traffic_order {
	TRAFFIC_ADJACENT,      /* first, second, first, second */
	TRAFFIC_REVERSED,      /* second, first, second, first */
	TRAFFIC_INTERLEAVED,   /* all firsts, then all seconds */
	TRAFFIC_SECONDS_FIRST, /* all seconds, then all firsts */
	TRAFFIC_SHUFFLED,
};

enum traffic_inner { TRAFFIC_IPV4, TRAFFIC_IPV6 };
enum traffic_protocol { TRAFFIC_UDP, TRAFFIC_TCP };
enum traffic_memory { TRAFFIC_HOT, TRAFFIC_COLD };
enum traffic_sink { TRAFFIC_HOLD, TRAFFIC_FREE };

/* What a frame is: of a connection that stands, the beginning of one, or for all hosts. */
enum traffic_frame { TRAFFIC_DATA, TRAFFIC_SYN, TRAFFIC_BROADCAST };

struct traffic_size {
	uint16_t octets; /* of the frame, without its checksum */
	uint32_t weight;
	uint8_t is; /* enum traffic_frame */
};

/* Small integers have the widths that lib/config's reader of keys stores. */
struct traffic {
	uint32_t mac_pairs; /* a host on our side and one behind a tunnel */
	uint32_t flows;     /* flow i is between pair i modulo mac_pairs */
	uint8_t inner;      /* enum traffic_inner */
	uint8_t protocol;   /* enum traffic_protocol */
	uint8_t memory;     /* enum traffic_memory: the same few buffers, or many in turn */
	uint8_t sink;       /* enum traffic_sink: who frees what was sent, the harness or the port, in bulk */
	uint32_t encap;     /* weights of directions: from our side into tunnels, and out of them */
	uint32_t decap;
	uint32_t burst; /* packets that a port has at once */
	uint8_t order;  /* enum traffic_order */
	uint32_t window;
	uint32_t loss; /* of a thousand fragments */
	uint16_t n_sizes;
	struct traffic_size sizes[TRAFFIC_SIZES_MAX];
};

/* text need not end in a zero. False where errors has something. */
bool traffic_load(const char *text, size_t len, struct traffic *out, struct am_config_errors *errors);
bool traffic_load_file(const char *path, struct traffic *out, struct am_config_errors *errors);

/* Octets that a frame of that kind must have at least, so that it can carry its number. */
uint16_t traffic_least(const struct traffic *t, enum traffic_frame is);

/* Datagrams of one run: whole windows, and whole bursts where there is one packet to a datagram. */
unsigned traffic_datagrams(const struct traffic *t);

#endif
