/* SPDX-License-Identifier: BSD-3-Clause */
#include "workload.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "net/csum.h"
#include "net/ether.h"
#include "net/ip.h"
#include "net/vxlan.h"
#include "pkt/buf.h"

enum {
	ALIGN = 64,
	HOP_LIMIT = 64,
	TUNNEL_MTU = 2400,
	PATH_MTU = 1500,
	TCP_LEN = 20,
	TCP_SYN = 0x02,
	SYN_OPTIONS_LEN = 20,
};

void *work_alloc(size_t size)
{
	size_t rounded = (size + ALIGN - 1) / ALIGN * ALIGN;
	void *p = aligned_alloc(ALIGN, rounded);

	return p ? memset(p, 0, rounded) : NULL;
}

static uint8_t *put_ether(uint8_t *p, uint16_t type, uint32_t n)
{
	static const uint8_t macs[12] = {2, 0, 0, 1, 0, 0, 2, 0, 0, 2, 0, 0};

	memcpy(p, macs, sizeof macs);
	am_store16(p + 4, (uint16_t)n);
	am_store16(p + 10, (uint16_t)n);
	am_store16(p + 12, type);
	return p + AM_ETH_LEN;
}

uint8_t *work_ip4(uint8_t *ip, uint16_t total, uint8_t proto, const uint8_t *from, const uint8_t *to)
{
	uint16_t sum;

	memset(ip, 0, AM_IP4_LEN);
	ip[0] = 0x45;
	am_store16(ip + 2, total);
	am_store16(ip + 6, AM_IP4_DF);
	ip[8] = HOP_LIMIT;
	ip[9] = proto;
	memcpy(ip + 12, from, 4);
	memcpy(ip + 16, to, 4);
	sum = am_csum_finish(am_csum_add(ip, AM_IP4_LEN, 0));
	memcpy(ip + 10, &sum, sizeof sum);
	return ip + AM_IP4_LEN;
}

uint8_t *work_ip6(uint8_t *ip, uint16_t payload, uint8_t proto, const uint8_t *from, const uint8_t *to)
{
	memset(ip, 0, AM_IP6_LEN);
	ip[0] = 0x60;
	am_store16(ip + 4, payload);
	ip[6] = proto;
	ip[7] = HOP_LIMIT;
	memcpy(ip + 8, from, 16);
	memcpy(ip + 24, to, 16);
	return ip + AM_IP6_LEN;
}

/* From host n of one network to that of another. */
static uint8_t *put_ip4(uint8_t *ip, uint16_t total, uint8_t proto, uint32_t n)
{
	uint8_t from[4], to[4];

	am_store32(from, 0x0a010000 + n);
	am_store32(to, 0x0a020000 + n);
	return work_ip4(ip, total, proto, from, to);
}

static uint8_t *put_ip6(uint8_t *ip, uint16_t payload, uint8_t proto, uint32_t n)
{
	uint8_t from[16] = {0xfd, 0, 0, 1}, to[16] = {0xfd, 0, 0, 2};

	am_store32(from + 12, n);
	am_store32(to + 12, n);
	return work_ip6(ip, payload, proto, from, to);
}

static void put_udp(uint8_t *udp, uint16_t len, uint32_t n)
{
	am_store16(udp, (uint16_t)(40000 + n));
	am_store16(udp + 2, 53);
	am_store16(udp + 4, len);
	am_store16(udp + 6, 0);
	for (uint16_t i = AM_UDP_LEN; i < len; i++)
		udp[i] = (uint8_t)(i * 7 + n);
}

void work_udp_frame(uint8_t *frame, uint16_t len, uint8_t family, uint32_t n)
{
	uint16_t ip_len = (uint16_t)(len - AM_ETH_LEN);
	uint8_t *p;

	if (family == AM_IPV4) {
		p = put_ip4(put_ether(frame, AM_ET_IPV4, n), ip_len, AM_PROTO_UDP, n);
		put_udp(p, (uint16_t)(ip_len - AM_IP4_LEN), n);
	} else {
		p = put_ip6(
			put_ether(frame, AM_ET_IPV6, n), (uint16_t)(ip_len - AM_IP6_LEN), AM_PROTO_UDP, n);
		put_udp(p, (uint16_t)(ip_len - AM_IP6_LEN), n);
	}
}

uint16_t work_syn_frame(uint8_t *frame, uint32_t n)
{
	/* MSS, SACK permitted, timestamps, no-operation, window scale: as Linux sends them */
	static const uint8_t options[SYN_OPTIONS_LEN] = {
		2, 4, WORK_MSS >> 8, WORK_MSS & 0xff, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7};
	const uint16_t tcp_len = TCP_LEN + SYN_OPTIONS_LEN;
	uint8_t *ip = put_ether(frame, AM_ET_IPV4, n);
	uint8_t *tcp = put_ip4(ip, (uint16_t)(AM_IP4_LEN + tcp_len), AM_PROTO_TCP, n);
	uint16_t sum;

	memset(tcp, 0, TCP_LEN);
	am_store16(tcp, (uint16_t)(40000 + n));
	am_store16(tcp + 2, 443);
	tcp[12] = (uint8_t)(tcp_len / 4 << 4);
	tcp[13] = TCP_SYN;
	am_store16(tcp + 14, 64240);
	memcpy(tcp + TCP_LEN, options, sizeof options);
	sum = am_csum_finish(am_csum_add(tcp, tcp_len,
		am_csum_pseudo(
			AM_IPV4, am_ip_src(ip, AM_IPV4), am_ip_dst(ip, AM_IPV4), AM_PROTO_TCP, tcp_len)));
	memcpy(tcp + 16, &sum, sizeof sum);
	return (uint16_t)(AM_ETH_LEN + AM_IP4_LEN + tcp_len);
}

static struct am_ip address(uint8_t family, uint8_t last)
{
	const uint8_t v4[4] = {192, 0, 2, last};
	const uint8_t v6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = last};

	return family == AM_IPV4 ? am_ip4(v4) : am_ip6(v6);
}

int work_encap(const struct work_tunnel *t, struct am_encap *out, struct am_err *err)
{
	struct am_encap_spec spec = {
		.link_src = {2, 0, 0, 0, 0, 1},
		.link_dst = {2, 0, 0, 0, 0, 2},
		.kind = t->kind,
		.ttl = 64,
		.flow_label = true,
		.split = t->kind == AM_TUNNEL_NONE ? AM_SPLIT_NONE : t->split,
		.path_mtu = PATH_MTU,
		.mtu = TUNNEL_MTU,
		.vxlan = t->vtep_family != 0,
		.vtep_ttl = 64,
		.vtep_udp_csum = t->vtep_family == AM_IPV6,
		.vni = 10100,
		.inner_src = {2, 0, 0, 0, 1, 1},
		.inner_dst = {2, 0, 0, 0, 1, 2},
	};

	spec.local = address(t->family, 1);
	spec.remote = address(t->family, 2);
	if (spec.vxlan) {
		spec.vtep_local = address(t->vtep_family, 11);
		spec.vtep_remote = address(t->vtep_family, 12);
	}
	return am_encap_build(&spec, out, err);
}

unsigned work_groups(const struct bench_env *env)
{
	return env->is_cold ? WORK_COLD / env->burst : 1;
}

bool work_buffers(struct rte_mempool *pool, struct rte_mbuf **m, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		m[i] = am_buf_alloc(pool, AM_BUF_HEADROOM);
		if (!m[i]) {
			am_buf_free_bulk(m, i);
			return false;
		}
	}
	return true;
}
