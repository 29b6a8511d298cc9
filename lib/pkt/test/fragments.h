/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PKT_TEST_FRAGMENTS_H
#define PKT_TEST_FRAGMENTS_H
/* Hand-made fragments in buffers, and what they must become. */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"
#include "net/ip.h"
#include "pkt/buf.h"

enum { FRAG_HEADER_MAX = 40 + 248 + 8 };

/* One fragment of a datagram whose octet i is a function of i and salt. */
struct frag {
	uint8_t family, proto, tos;
	uint16_t l2_len;
	uint16_t at, len;
	bool more;
	uint32_t id;
	uint8_t salt;
	uint8_t hop_by_hop; /* IPv6: octets of such a header in front of the Fragment header, a multiple of 8 */
	uint16_t headroom;
	uint16_t padding; /* octets behind the packet, as Ethernet pads short frames */
};

static inline uint8_t frag_octet(uint32_t i, uint8_t salt)
{
	return (uint8_t)(i * 167 + (i >> 8) * 31 + salt);
}

static inline void frag_ip4_csum(uint8_t *ip)
{
	uint32_t sum = 0;

	am_store16(ip + 10, 0);
	for (int i = 0; i < 20; i += 2)
		sum += am_load16(ip + i);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	am_store16(ip + 10, (uint16_t)~sum);
}

/* Write an IP header of a whole packet or a fragment; returns its length. */
static inline uint32_t frag_header(uint8_t *ip, const struct frag *f, uint32_t payload, bool whole)
{
	uint32_t n = 40;

	if (f->family == AM_IPV4) {
		memset(ip, 0, 20);
		ip[0] = 0x45;
		ip[1] = f->tos;
		am_store16(ip + 2, (uint16_t)(20 + payload));
		am_store16(ip + 4, (uint16_t)f->id);
		am_store16(ip + 6, whole ? 0 : (uint16_t)(f->at / 8 | (f->more ? 0x2000 : 0)));
		ip[8] = 61;
		ip[9] = f->proto;
		memcpy(ip + 12, "\xc0\x00\x02\x01\xc6\x33\x64\x02", 8);
		frag_ip4_csum(ip);
		return 20;
	}
	am_store32(ip, 6u << 28 | (uint32_t)f->tos << 20 | 0xabcde);
	ip[6] = whole ? f->proto : 44;
	ip[7] = 61;
	memset(ip + 8, 0x20, 32);
	if (f->hop_by_hop) {
		memset(ip + 40, 0, f->hop_by_hop);
		memcpy(ip + 40,
			(uint8_t[]){ip[6], (uint8_t)(f->hop_by_hop / 8 - 1), 1, (uint8_t)(f->hop_by_hop - 4)},
			4);
		ip[6] = 0;
		n += f->hop_by_hop;
	}
	if (!whole) {
		ip[n] = f->proto;
		ip[n + 1] = 0;
		am_store16(ip + n + 2, (uint16_t)(f->at | f->more));
		am_store32(ip + n + 4, f->id);
		n += 8;
	}
	am_store16(ip + 4, (uint16_t)(n - 40 + payload));
	return n;
}

static inline struct rte_mbuf *frag_make(struct rte_mempool *pool, const struct frag *f)
{
	uint8_t header[FRAG_HEADER_MAX];
	uint32_t n = frag_header(header, f, f->len, false);
	struct rte_mbuf *m = am_buf_alloc(pool, f->headroom);
	uint8_t *p;

	assert(m);
	p = am_buf_set_len(m, (uint16_t)(f->l2_len + n + f->len + f->padding));
	memset(p, 0xe0 + f->l2_len, f->l2_len);
	memcpy(p + f->l2_len, header, n);
	for (uint32_t i = 0; i < f->len; i++)
		p[f->l2_len + n + i] = frag_octet(f->at + i, f->salt);
	memset(p + f->l2_len + n + f->len, 0xee, f->padding);
	return m;
}

#endif
