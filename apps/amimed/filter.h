/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_FILTER_H
#define AMIMED_FILTER_H
/*
 * A classic BPF program, compiled from a filter's text by whoever asks, as nfbpf_compile writes it: "2,40 0 0 12,6 0 0 1".
 * It is validated once: jumps go forwards and end inside, so that running it in a worker is bounded.
 */
#include <stdbool.h>
#include <stdint.h>

#include <pcap/pcap.h>

#include "base/err.h"

enum { AM_FILTER_MAX = 256 }; /* instructions */

struct am_filter {
	unsigned n; /* 0: everything passes */
	struct bpf_insn insn[AM_FILTER_MAX];
};

/* Any text may come in. 0, or -EINVAL and why. */
int am_filter_parse(const char *text, struct am_filter *out, struct am_err *err);
bool am_filter_passes(const struct am_filter *f, const uint8_t *octets, uint32_t len);

#endif
