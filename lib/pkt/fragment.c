/* SPDX-License-Identifier: BSD-3-Clause */
#include "pkt/fragment.h"

#include <string.h>

#include "base/bytes.h"
#include "net/csum.h"
#include "net/ip.h"
#include "pkt/buf.h"

enum { OFFSET_MASK = 0x1fff, OPTION_END = 0, OPTION_NOP = 1, OPTION_COPIED = 0x80, HEADER_MAX = 60 };

/* The header of later fragments: options with the copied flag alone. Returns its octets. */
static uint32_t later_header(const uint8_t *ip, uint32_t hlen, uint8_t out[HEADER_MAX])
{
	uint32_t n = AM_IP4_LEN, at = AM_IP4_LEN, len;

	memcpy(out, ip, AM_IP4_LEN);
	while (at < hlen && ip[at] != OPTION_END) {
		len = ip[at] == OPTION_NOP ? 1 : ip[at + 1];
		if (ip[at] & OPTION_COPIED) {
			memcpy(out + n, ip + at, len);
			n += len;
		}
		at += len;
	}
	while (n % 4)
		out[n++] = OPTION_END;
	out[0] = (uint8_t)(0x40 | n / 4);
	return n;
}

static void finish(uint8_t *ip, uint32_t hlen, uint32_t total, uint16_t frag)
{
	uint16_t csum;

	am_store16(ip + 2, (uint16_t)total);
	am_store16(ip + 6, frag);
	memset(ip + 10, 0, 2);
	csum = am_csum_finish(am_csum_add(ip, hlen, 0));
	memcpy(ip + 10, &csum, sizeof csum);
}

/* A later fragment: header, and n octets of data from offset on. */
static struct rte_mbuf *piece(struct am_buf_stash *stash, const uint8_t *header, uint32_t hlen,
	const uint8_t *data, uint32_t n, uint16_t frag)
{
	struct rte_mbuf *m = am_buf_take(stash, AM_BUF_HEADROOM);
	uint8_t *ip;

	if (!m)
		return NULL;
	ip = am_buf_set_len(m, (uint16_t)(hlen + n));
	memcpy(ip, header, hlen);
	memcpy(ip + hlen, data, n);
	finish(ip, hlen, hlen + n, frag);
	return m;
}

enum am_verdict am_fragment4(
	struct am_buf_stash *stash, struct rte_mbuf *m, uint16_t mtu, struct rte_mbuf **out, unsigned *n)
{
	uint8_t *ip = am_buf_data(m), header[HEADER_MAX];
	uint32_t hlen = (uint32_t)(ip[0] & 0x0f) * 4, later = later_header(ip, hlen, header);
	uint32_t data = am_buf_len(m) - hlen, first = (mtu - hlen) / 8 * 8, at = first, size;
	uint16_t frag = am_load16(ip + 6), more = frag & AM_IP4_MF, offset = frag & OFFSET_MASK;

	*n = 1;
	while (at < data) {
		size = (mtu - later) / 8 * 8;
		size = data - at < size ? data - at : size;
		if (*n == AM_FRAGMENTS_MAX) {
			am_buf_free_bulk(out + 1, *n - 1);
			return AM_V_ROUTE_MTU;
		}
		out[*n] = piece(stash, header, later, ip + hlen + at, size,
			(uint16_t)((offset + at / 8) | (at + size < data ? AM_IP4_MF : more)));
		if (!out[*n]) {
			am_buf_free_bulk(out + 1, *n - 1);
			return AM_V_NO_MBUF;
		}
		at += size;
		++*n;
	}
	finish(ip, hlen, hlen + first, (uint16_t)(offset | AM_IP4_MF));
	am_buf_set_len(m, (uint16_t)(hlen + first));
	out[0] = m;
	return AM_V_OK;
}
