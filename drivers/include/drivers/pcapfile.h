/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DRIVERS_PCAPFILE_H
#define DRIVERS_PCAPFILE_H
/*
 * The classic pcap file format over plain bytes: both byte orders, micro- and nanoseconds, Ethernet only.
 *
 *   | magic u32 | major u16 | minor u16 | zone u32 | accuracy u32 | snaplen u32 | link type u32 |   24 octets
 *   | seconds u32 | fraction u32 | captured u32 | on the wire u32 | frame ... |                    per frame
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/err.h"

enum {
	AM_PCAPFILE_HEADER = 24,
	AM_PCAPFILE_RECORD = 16,
	AM_PCAPFILE_FRAME_MAX = 262144,
};

struct am_pcapfile {
	struct am_reader r;
	const uint8_t *start;
	bool swapped; /* little endian */
	bool nano;
	uint64_t n; /* frames read so far */
};

struct am_pcapfile_frame {
	am_time at;
	uint32_t len;
	const uint8_t *bytes; /* inside the file's */
};

/* 0, or -EINVAL with err: not such a file, and how to make one of it. */
int am_pcapfile_begin(struct am_pcapfile *f, const uint8_t *bytes, size_t len, struct am_err *err);

/* 1 with a frame, 0 at the end, -EINVAL with err where the file is damaged or a frame in it is cut. */
int am_pcapfile_next(struct am_pcapfile *f, struct am_pcapfile_frame *out, struct am_err *err);

/* What begins a file of ours (nanoseconds, big endian) and what goes before each frame. */
void am_pcapfile_header(uint8_t out[AM_PCAPFILE_HEADER]);
void am_pcapfile_record(uint8_t out[AM_PCAPFILE_RECORD], am_time at, uint32_t len);

#endif
