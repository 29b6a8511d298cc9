/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every parser of lib/net over arbitrary octets. Each gets its own heap copy of exactly the input's size, so that ASan
 * sees a read or write one octet too far, and what a parser promises about lengths is asserted.
 */
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "net/arp_nd.h"
#include "net/csum.h"
#include "net/ether.h"
#include "net/etherip.h"
#include "net/flow.h"
#include "net/gre.h"
#include "net/icmp_report.h"
#include "net/ip.h"
#include "net/mss.h"
#include "net/vxlan.h"

enum { INPUT_MAX = 4096 };

static void must(bool held)
{
	if (!held)
		abort();
}

static uint8_t *copy_of(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	must(copy != NULL);
	if (len)
		memcpy(copy, data, len);
	return copy;
}

static void check_ip(const uint8_t *ip, uint32_t len, const struct am_ip_hdr *hdr)
{
	uint32_t end = (uint32_t)hdr->hlen + hdr->plen, data_at = am_ip_fragment_at(hdr);

	must(hdr->family == AM_IPV4 || hdr->family == AM_IPV6);
	must(hdr->hlen >= (hdr->family == AM_IPV4 ? AM_IP4_LEN : AM_IP6_LEN));
	must(end <= len && hdr->unfrag_len <= hdr->hlen);
	must(ip[0] >> 4 == hdr->family);
	if (!hdr->frag) {
		must(!hdr->more && hdr->frag_at == 0);
		return;
	}
	must(data_at <= hdr->hlen && data_at < end);
	must(!hdr->more || (end - data_at) % 8 == 0);
	must((uint32_t)hdr->frag_at + end - data_at <= 65535);
	must(hdr->frag_at == 0 || data_at == hdr->hlen);
	if (hdr->family == AM_IPV6)
		must(ip[hdr->nexthdr_at] == AM_PROTO_FRAGMENT && hdr->nexthdr_at < hdr->unfrag_len);
}

static void check_tunnel(const uint8_t *payload, uint32_t len)
{
	struct am_gre head, gre;
	uint32_t vni = 0;

	if (am_gre_parse(payload, len, &gre) == AM_V_OK) {
		must(gre.len <= len);
		must(am_gre_parse_head(payload, len, &head) == AM_V_OK && head.len == gre.len);
	}
	if (am_etherip_parse(payload, len, false) == AM_V_OK)
		must(len >= AM_ETHERIP_LEN + AM_ETH_LEN && am_etherip_parse(payload, len, true) == AM_V_OK);
	if (am_vxlan_parse(payload, len, &vni) == AM_V_OK)
		must(vni < 1 << 24 && len >= AM_VXLAN_LEN + AM_ETH_LEN);
}

static void check_udp(const uint8_t *ip, const struct am_ip_hdr *hdr)
{
	const uint8_t *src = am_ip_src(ip, hdr->family), *dst = am_ip_dst(ip, hdr->family),
		      *udp = ip + hdr->hlen;
	struct am_udp u;

	if (am_udp_parse(udp, hdr->plen, &u) != AM_V_OK)
		return;
	must(u.plen + AM_UDP_LEN <= hdr->plen);
	if (am_udp_verify(udp, &u, hdr->family, src, dst, false, false) == AM_V_OK)
		must(am_udp_verify(udp, &u, hdr->family, src, dst, true, true) == AM_V_OK);
}

/* No mutation finds a right IPv4 checksum by itself: put it there, so that what lies behind is reached. */
static void repair(uint8_t *ip, uint32_t len)
{
	struct am_ip_hdr hdr;
	uint16_t csum;

	if (am_ip_parse(ip, len, &hdr) != AM_V_IP4_CHECKSUM)
		return;
	memset(ip + 10, 0, sizeof csum);
	csum = am_csum_finish(am_csum_add(ip, (ip[0] & 0x0fu) * 4, 0));
	memcpy(ip + 10, &csum, sizeof csum);
	must(am_ip_parse(ip, len, &hdr) != AM_V_IP4_CHECKSUM);
}

/* A question that was read has an answer that can be read. */
static void check_question(const struct am_arp_nd *q)
{
	const struct am_arp_nd_answer answer = {
		.mac = {{2, 0, 0, 0, 0, 1}}, .router = true, .override = true};
	uint8_t *frame = calloc(1, AM_ETH_LEN + AM_ARP_ND_ROOM);
	struct am_arp_nd got;
	uint32_t len;

	must(frame != NULL && (q->asks || q->tells));
	must(!q->tells || !am_mac_is_group(q->mac.bytes));
	if (q->family == AM_IPV4) /* the rest of it stays as it was */
		memcpy(frame + AM_ETH_LEN, (uint8_t[]){0, 1, 8, 0, 6, 4, 0, 1}, 8);
	len = am_arp_nd_write(frame, AM_ETH_LEN, q, &answer) - AM_ETH_LEN;
	must(q->family == AM_IPV4 ? am_arp_read(frame + AM_ETH_LEN, len, &got)
				  : am_nd_read(frame + AM_ETH_LEN, len, &got));
	must(got.tells && am_ip_equal(&got.teller, &q->target));
	free(frame);
}

static void parse_arp(const uint8_t *data, uint32_t len)
{
	uint8_t *arp = copy_of(data, len);
	struct am_arp_nd q;

	if (am_arp_read(arp, len, &q) && q.asks)
		check_question(&q);
	free(arp);
}

/* Checksum, hop limit and length are put there, too. */
static void parse_nd(const uint8_t *data, uint32_t len)
{
	enum { ICMP_CSUM_AT = 2 };
	uint8_t *ip = copy_of(data, len);
	uint32_t plen = len - AM_IP6_LEN;
	struct am_arp_nd q;
	uint16_t csum;

	if (len >= AM_IP6_LEN + 8 && len < INPUT_MAX) {
		ip[4] = (uint8_t)(plen >> 8);
		ip[5] = (uint8_t)plen;
		ip[6] = AM_PROTO_ICMPV6;
		ip[7] = 255;
		memset(ip + AM_IP6_LEN + ICMP_CSUM_AT, 0, sizeof csum);
		csum = am_csum_finish(am_csum_add(ip + AM_IP6_LEN, plen,
			am_csum_pseudo(AM_IPV6, ip + 8, ip + 24, AM_PROTO_ICMPV6, plen)));
		memcpy(ip + AM_IP6_LEN + ICMP_CSUM_AT, &csum, sizeof csum);
	}
	if (am_nd_read(ip, len, &q) && q.asks)
		check_question(&q);
	free(ip);
}

/* The checksum is put there, too. What is quoted is the sender's. */
static void parse_report(const uint8_t *data, uint32_t len)
{
	enum { ICMP_CSUM_AT = 2 };
	uint8_t *ip = copy_of(data, len);
	struct am_icmp_report r;
	struct am_ip_hdr hdr;
	uint64_t sum = 0;
	uint16_t csum;
	char text[96];

	repair(ip, len);
	if (am_ip_parse(ip, len, &hdr) == AM_V_OK && hdr.plen >= 8) {
		if (hdr.family == AM_IPV6)
			sum = am_csum_pseudo(AM_IPV6, ip + 8, ip + 24, AM_PROTO_ICMPV6, hdr.plen);
		memset(ip + hdr.hlen + ICMP_CSUM_AT, 0, sizeof csum);
		csum = am_csum_finish(am_csum_add(ip + hdr.hlen, hdr.plen, sum));
		memcpy(ip + hdr.hlen + ICMP_CSUM_AT, &csum, sizeof csum);
	}
	if (am_icmp_report_read(ip, len, &r)) {
		must(am_icmp_quotes_tunnel(ip, &hdr) && r.local.family == hdr.family);
		must(r.proto == AM_PROTO_GRE || (r.proto == AM_PROTO_ETHERIP && !r.has_gre));
		am_icmp_report_text(&r, text, sizeof text);
		must(*text);
	}
	free(ip);
}

static void parse_ip(const uint8_t *data, uint32_t len)
{
	uint8_t *ip = copy_of(data, len);
	struct am_ip_hdr hdr;

	am_flow_hash_ip(ip, len);
	repair(ip, len);
	if (am_ip_parse(ip, len, &hdr) == AM_V_OK) {
		check_ip(ip, len, &hdr);
		check_tunnel(ip + hdr.hlen, hdr.plen);
		check_udp(ip, &hdr);
		am_ip_set_tos(ip, hdr.family, (uint8_t)~hdr.tos);
		must(am_ip_parse(ip, len, &hdr) == AM_V_OK);
	}
	free(ip);
}

/* What changes a packet in passing keeps its hash and is done after one time. */
static void change_frame(const uint8_t *data, uint32_t len)
{
	uint8_t *frame = copy_of(data, len);
	uint32_t hash = am_flow_hash_frame(frame, len);

	if (am_csum_complete(frame, len))
		must(am_flow_hash_frame(frame, len) == hash);
	am_mss_clamp_frame(frame, len, 1300, 1280);
	must(!am_mss_clamp_frame(frame, len, 1300, 1280));
	must(am_flow_hash_frame(frame, len) == hash || len == 0);
	free(frame);
}

static void parse_frame(const uint8_t *data, uint32_t len)
{
	uint8_t *frame = copy_of(data, len);
	struct am_ether ether;

	if (am_ether_parse(frame, len, &ether) == AM_V_OK) {
		must(ether.len <= len && ether.len == AM_ETH_LEN + ether.tags * AM_TAG_LEN);
		parse_ip(frame + ether.len, len - ether.len);
		parse_arp(frame + ether.len, len - ether.len);
		parse_nd(frame + ether.len, len - ether.len);
	}
	free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t len = size < INPUT_MAX ? (uint32_t)size : INPUT_MAX;
	uint8_t *payload = copy_of(data, len);

	check_tunnel(payload, len);
	free(payload);
	parse_frame(data, len);
	parse_ip(data, len);
	parse_report(data, len);
	parse_arp(data, len);
	parse_nd(data, len);
	change_frame(data, len);
	return 0;
}
