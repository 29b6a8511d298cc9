/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMECTL_BPF_H
#define AMIMECTL_BPF_H
/* A filter's text (pcap-filter(7)) as the program that amimed takes: "2,40 0 0 12,6 0 0 1". */
#include <stdbool.h>

#include "base/err.h"

/* For packets that begin with Ethernet, or with IP. NULL and err; the caller frees it. */
char *am_bpf_compile(bool ethernet, const char *text, struct am_err *err);

#endif
