/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire_frame.h"

#include <string.h>

#include "base/bytes.h"
#include "net/csum.h"
#include "net/ether.h"
#include "net/ip.h"
#include "net/vxlan.h"

enum {
	MAGIC = 0x414d, /* "AM" */
	CHECK_AT = 16,
	WORD = 8,
	TTL = 64,
};

uint16_t wire_frame_overhead(uint8_t family, bool tagged)
{
	return (uint16_t)(AM_ETH_LEN + (tagged ? AM_TAG_LEN : 0) +
			  (family == AM_IPV6 ? AM_IP6_LEN : AM_IP4_LEN) + AM_UDP_LEN);
}

/* No two words of a frame are equal: what was moved in memory does not fit where it came to. */
static uint64_t filling(uint32_t word)
{
	return (word + 1) * 0x9e3779b97f4a7c15ull;
}

static void put_filling(uint8_t *to, uint32_t n)
{
	uint8_t last[WORD];

	for (uint32_t i = 0; i < n / WORD; i++)
		am_store64(to + i * WORD, filling(i));
	am_store64(last, filling(n / WORD));
	memcpy(to + n / WORD * WORD, last, n % WORD);
}

static bool is_filling(const uint8_t *p, uint32_t n)
{
	uint64_t wrong = 0;
	uint8_t last[WORD];

	for (uint32_t i = 0; i < n / WORD; i++)
		wrong |= am_load64(p + i * WORD) ^ filling(i);
	am_store64(last, filling(n / WORD));
	return !wrong && !memcmp(p + n / WORD * WORD, last, n % WORD);
}

/* Every bit of the probe moves about half of the check's. */
static uint16_t check_of(const uint8_t *probe)
{
	uint64_t h = (am_load64(probe) ^ 0x9e3779b97f4a7c15ull) * 0xff51afd7ed558ccdull;

	h = ((h ^ (h >> 32)) + am_load64(probe + 8)) * 0xc4ceb9fe1a85ec53ull;
	return (uint16_t)(h >> 48);
}

static uint8_t *put_ether(uint8_t *p, const struct wire_stream *s, bool back)
{
	const struct am_mac *to = back ? &s->src_mac : &s->dst_mac;
	const struct am_mac *from = back ? &s->dst_mac : &s->src_mac;

	memcpy(p, to->bytes, AM_MAC_LEN);
	memcpy(p + AM_MAC_LEN, from->bytes, AM_MAC_LEN);
	p += 2 * AM_MAC_LEN;
	if (s->vlan) {
		am_store16(p, AM_ET_DOT1Q);
		am_store16(p + 2, s->vlan);
		p += AM_TAG_LEN;
	}
	am_store16(p, s->src.family == AM_IPV6 ? AM_ET_IPV6 : AM_ET_IPV4);
	return p + 2;
}

static void put_ip4(uint8_t *ip, const struct am_ip *src, const struct am_ip *dst, uint16_t udp_len)
{
	uint16_t sum;

	ip[0] = 0x45;
	am_store16(ip + 2, (uint16_t)(AM_IP4_LEN + udp_len));
	am_store16(ip + 6, AM_IP4_DF);
	ip[8] = TTL;
	ip[9] = AM_PROTO_UDP;
	memcpy(ip + 12, src->bytes, 4);
	memcpy(ip + 16, dst->bytes, 4);
	sum = am_csum_finish(am_csum_add(ip, AM_IP4_LEN, 0));
	memcpy(ip + 10, &sum, sizeof sum);
}

static void put_ip6(uint8_t *ip, const struct am_ip *src, const struct am_ip *dst, uint16_t udp_len)
{
	ip[0] = 0x60;
	am_store16(ip + 4, udp_len);
	ip[6] = AM_PROTO_UDP;
	ip[7] = TTL;
	memcpy(ip + 8, src->bytes, 16);
	memcpy(ip + 24, dst->bytes, 16);
}

void wire_template_make(struct wire_template *t, const struct wire_stream *s, uint16_t size, bool back)
{
	uint16_t overhead = wire_frame_overhead(s->src.family, s->vlan != 0);
	uint16_t udp_len = (uint16_t)(size - WIRE_FCS - overhead + AM_UDP_LEN);
	const struct am_ip *src = back ? &s->dst : &s->src, *dst = back ? &s->src : &s->dst;
	uint8_t *ip, *udp;

	memset(t, 0, sizeof *t);
	t->len = (uint16_t)(size - WIRE_FCS);
	t->udp_at = (uint16_t)(overhead - AM_UDP_LEN);
	ip = put_ether(t->bytes, s, back);
	udp = t->bytes + t->udp_at;
	if (src->family == AM_IPV6)
		put_ip6(ip, src, dst, udp_len);
	else
		put_ip4(ip, src, dst, udp_len);
	am_store16(udp + 2, s->dst_port);
	am_store16(udp + 4, udp_len);
	put_filling(udp + AM_UDP_LEN + WIRE_PROBE_LEN, udp_len - AM_UDP_LEN - WIRE_PROBE_LEN);
	t->udp_sum = am_csum_add(
		udp, udp_len, am_csum_pseudo(src->family, src->bytes, dst->bytes, AM_PROTO_UDP, udp_len));
}

static void put_probe(uint8_t *to, const struct wire_probe *p)
{
	am_store16(to, MAGIC);
	to[2] = p->trial;
	to[3] = p->stream;
	am_store16(to + 4, p->flow);
	am_store32(to + 6, p->sequence);
	am_store16(to + 10, (uint16_t)(p->sent_ns >> 32));
	am_store32(to + 12, (uint32_t)p->sent_ns);
	am_store16(to + CHECK_AT, check_of(to));
}

void wire_frame_put(uint8_t *to, const struct wire_template *t, uint16_t src_port, const struct wire_probe *p)
{
	uint8_t *udp = to + t->udp_at;
	uint16_t sum;

	memcpy(to, t->bytes, t->len);
	am_store16(udp, src_port);
	put_probe(udp + AM_UDP_LEN, p);
	sum = am_csum_finish(am_csum_add(udp + AM_UDP_LEN, WIRE_PROBE_LEN, am_csum_add(udp, 2, t->udp_sum)));
	if (!sum)
		sum = 0xffff; /* 0 says that there is no checksum */
	memcpy(udp + 6, &sum, sizeof sum);
}

/* The UDP payload of a frame: its place and length, or NULL. */
static const uint8_t *find_payload(const uint8_t *frame, uint32_t len, uint32_t *out)
{
	struct am_ether ether;
	struct am_ip_hdr ip;
	const uint8_t *at;
	struct am_reader r;
	uint16_t udp_len;

	if (am_ether_parse(frame, len, &ether) != AM_V_OK ||
		(ether.type != AM_ET_IPV4 && ether.type != AM_ET_IPV6))
		return NULL;
	at = frame + ether.len;
	if (am_ip_parse(at, len - ether.len, &ip) != AM_V_OK || ip.frag || ip.proto != AM_PROTO_UDP)
		return NULL;
	r = am_reader(at + ip.hlen, ip.plen);
	am_take(&r, 4);
	udp_len = am_take16(&r);
	am_take(&r, 2);
	if (r.bad || udp_len < AM_UDP_LEN || udp_len > ip.plen)
		return NULL;
	*out = (uint32_t)(udp_len - AM_UDP_LEN);
	return r.at;
}

enum wire_kind wire_frame_read(const uint8_t *frame, uint32_t len, struct wire_probe *out)
{
	uint32_t n = 0;
	const uint8_t *p = find_payload(frame, len, &n);

	if (!p || n < WIRE_PROBE_LEN || am_load16(p) != MAGIC)
		return WIRE_FOREIGN;
	if (am_load16(p + CHECK_AT) != check_of(p) || !is_filling(p + WIRE_PROBE_LEN, n - WIRE_PROBE_LEN))
		return WIRE_CORRUPTED;
	*out = (struct wire_probe){
		.trial = p[2],
		.stream = p[3],
		.flow = am_load16(p + 4),
		.sequence = am_load32(p + 6),
		.sent_ns = (uint64_t)am_load16(p + 10) << 32 | am_load32(p + 12),
	};
	return WIRE_PROBE;
}
