/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_WIRE_CONFIG_H
#define BENCH_WIRE_CONFIG_H
/*
 * What `amime-bench wire` is told: the tester's ports, as amimed's configuration names them, which frames it sends from
 * where to where, how many at most, and how the tests go. One JSON file; every error in it is reported at once.
 *
 * Nothing is ever sent to an address that "allow" does not list, nor faster than "max_rate".
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "config/config.h"

enum {
	WIRE_SIZES_MAX = 16,
	WIRE_LOADS_MAX = 16,
	WIRE_MIX_MAX = 8,
	WIRE_STREAMS_MAX = 16,
	WIRE_ALLOW_MAX = 64,
	WIRE_SIZE_MIN = 64, /* octets of a frame with its FCS, as RFC 2544 counts */
	WIRE_SIZE_MAX = 3000,
	WIRE_FCS = 4,
	WIRE_FLOWS_MAX = 4096,
	WIRE_IMIX = 0, /* stands among sizes for the mix */
};

/* Frames that enter at one port and are expected at another. */
struct wire_stream {
	char name[AM_NAME_MAX];
	char from[AM_NAME_MAX], to[AM_NAME_MAX];
	uint16_t from_port, to_port; /* the same, as indices of base.ports */
	bool has_src_mac, has_dst_mac;
	struct am_mac src_mac, dst_mac;
	struct am_ip src, dst; /* of one family */
	uint16_t src_port;     /* of flow 0; flow i has src_port + i */
	uint16_t dst_port;
	uint16_t flows;
	uint16_t vlan; /* 0: untagged */
};

struct wire_mix {
	uint16_t size;
	uint16_t weight;
};

struct wire_loads {
	uint16_t n;
	uint16_t percent[WIRE_LOADS_MAX]; /* of the throughput that was found */
};

struct wire_allow {
	uint16_t n_macs, n_prefixes, n_devices;
	struct am_mac macs[WIRE_ALLOW_MAX];
	struct am_prefix prefixes[WIRE_ALLOW_MAX];
	char devices[WIRE_ALLOW_MAX][AM_NAME_MAX]; /* may be used although the system uses them */
};

struct wire_config {
	struct am_config base; /* "system" and "ports", read and checked as amimed's; must be first */
	struct wire_allow allow;
	uint32_t max_rate; /* frames a second of each stream */
	uint16_t n_streams;
	struct wire_stream *streams;
	uint16_t n_sizes, n_mix;
	uint16_t sizes[WIRE_SIZES_MAX]; /* WIRE_IMIX or octets with FCS */
	struct wire_mix mix[WIRE_MIX_MAX];

	uint32_t duration_ms; /* of one trial */
	uint32_t settle_ms;   /* after it, for frames still on their way */
	uint32_t reach_ms;    /* how long to wait for the first frame of each stream */
	uint32_t loss_ppm;    /* that throughput allows */
	uint32_t resolution_permille;
	struct wire_loads latency, loss;
	uint32_t burst_frames; /* the longest back-to-back burst tried */
	uint32_t soak_s, soak_percent;
};

/* The keys: what the loader reads by, and doc/wire.md is held against. */
struct fields;
extern const struct fields wire_fields;

/* NULL where errors has something. */
struct wire_config *wire_config_load(const char *text, size_t len, struct am_config_errors *errors);
struct wire_config *wire_config_load_file(const char *path, struct am_config_errors *errors);
void wire_config_free(struct wire_config *c);

/* The smallest frame with FCS that holds a stream's headers and the probe. */
uint16_t wire_stream_least(const struct wire_stream *s);

#endif
