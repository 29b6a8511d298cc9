/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/flow.h"

#include <stdbool.h>
#include <string.h>

#include "transport.h"

enum { PROTO_DCCP = 33, PROTO_SCTP = 132, PROTO_UDPLITE = 136 };

static bool has_ports(uint8_t proto)
{
	return proto == AM_PROTO_TCP || proto == AM_PROTO_UDP || proto == PROTO_SCTP ||
	       proto == PROTO_UDPLITE || proto == PROTO_DCCP;
}

static uint64_t protocol_and_ports(const uint8_t *ip, const struct am_transport *t)
{
	uint32_t ports = 0;

	if (t->frag)
		return (uint64_t)t->frag_proto << 32;
	if (has_ports(t->proto) && t->end - t->at >= sizeof ports)
		memcpy(&ports, ip + t->at, sizeof ports);
	return (uint64_t)t->proto << 32 | ports;
}

/* False where ip is no IP packet that can be understood. */
static bool hash_packet(const uint8_t *ip, uint32_t len, uint32_t *hash)
{
	struct am_transport t;
	const uint8_t *src;
	uint64_t addrs;

	if (!am_transport_find(ip, len, &t))
		return false;
	src = am_ip_src(ip, t.family);
	addrs = t.family == AM_IPV4 ? am_flow_word(src) : am_flow_addresses6(src); /* all of both */
	*hash = am_flow_finish(addrs, protocol_and_ports(ip, &t));
	return true;
}

uint32_t am_flow_hash_ip(const uint8_t *ip, uint32_t len)
{
	uint32_t hash = 0;

	hash_packet(ip, len, &hash);
	return hash;
}

/* Only behind tags that the far end's decapsulation knows, too: what it marks for us it must find there (RFC 6040). */
static uint8_t tos_of(const uint8_t *frame, uint32_t len)
{
	struct am_ether eth;

	if (am_ether_parse(frame, len, &eth) != AM_V_OK || len - eth.len < 2)
		return 0;
	if (eth.type == AM_ET_IPV4)
		return frame[eth.len + 1];
	return eth.type == AM_ET_IPV6 ? (uint8_t)(am_load16(frame + eth.len) >> 4) : 0;
}

struct am_flow am_flow_of_frame(const uint8_t *frame, uint32_t len)
{
	struct am_flow flow = {0};
	uint32_t ip_at;

	if (am_flow_of_usual(frame, len, &flow) || am_flow_of_usual6(frame, len, &flow))
		return flow;
	ip_at = am_transport_ip_at(frame, len);
	flow.tos = tos_of(frame, len);
	/* Without IP both MAC addresses and the type, the middle octets in both words. */
	if ((!ip_at || !hash_packet(frame + ip_at, len - ip_at, &flow.hash)) && len >= AM_ETH_LEN)
		flow.hash = am_flow_finish(am_flow_word(frame), am_flow_word(frame + 6));
	return flow;
}

uint32_t am_flow_hash_frame(const uint8_t *frame, uint32_t len)
{
	return am_flow_of_frame(frame, len).hash;
}
