/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NET_TEST_FRAME_H
#define NET_TEST_FRAME_H
/* Ethernet frames with TCP or UDP for the unit tests: a shape is written down, lengths and checksums are filled in. */
#include <stdbool.h>

#include "base/bytes.h"
#include "net/csum.h"
#include "net/ip.h"
#include "test_hex.h"

struct shape {
	const char *name;
	const char *tags; /* hexadecimal, in front of the EtherType */
	uint8_t family;
	const char *headers; /* IPv4: options; IPv6: extension headers */
	uint8_t next;        /* IPv6: what the first extension header is; unused without */
	uint16_t fragment;   /* IPv4: flags and offset */
	uint8_t proto;
	const char *upper; /* hexadecimal, from the upper layer's first octet, checksum zero */
	uint32_t padding;  /* octets of 0xff behind the IP packet */
};

struct frame {
	uint8_t *bytes;
	uint32_t len;
	uint32_t ip_at, upper_at, upper_len, csum_at;
	uint64_t pseudo;
};

static inline void put_hex(struct am_writer *w, const char *hex)
{
	struct packet p = packet_of(hex ? hex : "");

	am_put_bytes(w, p.bytes, p.len);
	free(p.bytes);
}

static inline void put_ip4(struct am_writer *w, const struct shape *s, uint32_t hlen, uint32_t upper_len)
{
	uint8_t *ip = w->at;

	am_put8(w, (uint8_t)(0x40 | hlen / 4));
	am_put8(w, 0);
	am_put16(w, (uint16_t)(hlen + upper_len));
	am_put16(w, 0x1234);
	am_put16(w, s->fragment);
	am_put8(w, 64);
	am_put8(w, s->proto);
	am_put16(w, 0);
	put_hex(w, "c0000201 c6336407");
	put_hex(w, s->headers);
	am_store16(ip + 10, __builtin_bswap16(am_csum_finish(am_csum_add(ip, hlen, 0))));
}

static inline void put_ip6(struct am_writer *w, const struct shape *s, uint32_t payload)
{
	am_put32(w, 0x60000000);
	am_put16(w, (uint16_t)payload);
	am_put8(w, s->headers ? s->next : s->proto);
	am_put8(w, 64);
	put_hex(w, "20010db8000000000000000000000001 20010db8000100000000000000000002");
	put_hex(w, s->headers);
}

/* The checksum field holds the right value, or just the pseudo-header's sum where unfinished. The caller frees bytes. */
static inline struct frame frame_of(const struct shape *s, bool unfinished)
{
	struct packet headers = packet_of(s->headers ? s->headers : ""), upper = packet_of(s->upper);
	uint8_t room[2048];
	struct am_writer w = am_writer(room, sizeof room);
	struct frame f;
	uint16_t csum;

	put_hex(&w, "020000000001 020000000002");
	put_hex(&w, s->tags);
	am_put16(&w, s->family == AM_IPV4 ? 0x0800 : 0x86dd);
	f.ip_at = (uint32_t)am_writer_len(&w);
	if (s->family == AM_IPV4)
		put_ip4(&w, s, AM_IP4_LEN + headers.len, upper.len);
	else
		put_ip6(&w, s, headers.len + upper.len);
	f.upper_at = (uint32_t)am_writer_len(&w);
	f.upper_len = upper.len;
	am_put_bytes(&w, upper.bytes, upper.len);
	for (uint32_t i = 0; i < s->padding; i++)
		am_put8(&w, 0xff);
	f.len = (uint32_t)am_writer_len(&w);
	f.bytes = exactly(room, f.len);
	f.csum_at = f.upper_at + (s->proto == AM_PROTO_TCP ? 16 : 6);
	f.pseudo = am_csum_pseudo(s->family, am_ip_src(f.bytes + f.ip_at, s->family),
		am_ip_dst(f.bytes + f.ip_at, s->family), s->proto, upper.len);
	csum = unfinished ? am_csum_fold(f.pseudo)
			  : am_csum_finish(am_csum_add(f.bytes + f.upper_at, upper.len, f.pseudo));
	if (f.csum_at + 2 <= f.upper_at + upper.len)
		memcpy(f.bytes + f.csum_at, &csum, sizeof csum);
	free(headers.bytes);
	free(upper.bytes);
	return f;
}

/* The upper layer's checksum adds up. */
static inline bool frame_is_right(const struct frame *f)
{
	return am_csum_fold(am_csum_add(f->bytes + f->upper_at, f->upper_len, f->pseudo)) == 0xffff;
}

#endif
