/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NET_GRE_H
#define NET_GRE_H
/* GRE, RFC 2784 with the key and sequence number of RFC 2890. */
#include <stdbool.h>
#include <stdint.h>

#include "net/verdict.h"

enum {
	AM_GRE_LEN = 4,
	AM_GRE_LEN_MAX = 16,
	AM_GRE_C = 0x8000,
	AM_GRE_R = 0x4000,
	AM_GRE_K = 0x2000,
	AM_GRE_S = 0x1000,
	AM_GRE_STRICT = 0x0800,
};

struct am_gre {
	uint8_t len; /* octets of header: 4, 8, 12 or 16 */
	uint16_t type;
	bool has_csum, has_key, has_seq;
	uint32_t key, seq;
};

/*
 * gre has len octets, the whole GRE packet with its payload: a checksum, where present, is verified over all
 * of it. Bits 1, 4 and 5 and a version other than 0 are refused, bits 6-12 ignored.
 */
enum am_verdict am_gre_parse(const uint8_t *gre, uint32_t len, struct am_gre *out);

/* Only what a first fragment must hold (RFC 7112): the header is all there. No checksum is looked at. */
enum am_verdict am_gre_parse_head(const uint8_t *gre, uint32_t len, struct am_gre *out);

#endif
