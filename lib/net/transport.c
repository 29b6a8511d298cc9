/* SPDX-License-Identifier: BSD-3-Clause */
#include "transport.h"

#include "base/bytes.h"
#include "net/ether.h"
#include "net/ip.h"

enum {
	TAGS_MAX = 3,         /* a port's own, and QinQ inside */
	ET_OLD_QINQ = 0x9100, /* in use before 802.1ad had a number */
	EXTENSIONS_MAX = 8,
	IP4_OFFSET_MASK = 0x1fff,
	IP6_OFFSET_MASK = 0xfff8,
	IP6_MORE = 1,
};

static bool is_tpid(uint16_t type)
{
	return type == AM_ET_DOT1Q || type == AM_ET_DOT1AD || type == ET_OLD_QINQ;
}

uint32_t am_transport_ip_at(const uint8_t *frame, uint32_t len)
{
	uint32_t at = AM_ETH_LEN;
	uint16_t type;

	if (len < at)
		return 0;
	type = am_load16(frame + at - 2);
	for (unsigned tags = 0; tags < TAGS_MAX && is_tpid(type); tags++) {
		at += AM_TAG_LEN;
		if (len < at)
			return 0;
		type = am_load16(frame + at - 2);
	}
	return type == AM_ET_IPV4 || type == AM_ET_IPV6 ? at : 0;
}

static bool find4(const uint8_t *ip, uint32_t len, struct am_transport *out)
{
	uint32_t hlen = (uint32_t)(ip[0] & 0x0f) * 4, total = am_load16(ip + 2);
	uint16_t offset = am_load16(ip + 6);

	if (hlen < AM_IP4_LEN || total < hlen || total > len)
		return false;
	*out = (struct am_transport){
		.family = AM_IPV4,
		.proto = ip[9],
		.frag_proto = ip[9],
		.frag = offset & (IP4_OFFSET_MASK | AM_IP4_MF),
		.later = offset & IP4_OFFSET_MASK,
		.at = hlen,
		.end = total,
	};
	return true;
}

/* Step over the Fragment header at ip[t->at]. */
static void pass_fragment_header(const uint8_t *ip, struct am_transport *t)
{
	uint16_t offset = am_load16(ip + t->at + 2);

	t->frag = offset & (IP6_OFFSET_MASK | IP6_MORE);
	t->later = offset & IP6_OFFSET_MASK;
	t->proto = ip[t->at];
	t->frag_proto = t->proto;
	t->at += AM_IP6_FRAG_LEN;
}

static bool is_extension(uint8_t proto)
{
	return proto == AM_PROTO_HOPOPT || proto == AM_PROTO_ROUTING || proto == AM_PROTO_DSTOPTS ||
	       proto == AM_PROTO_FRAGMENT;
}

static bool find6(const uint8_t *ip, uint32_t len, struct am_transport *out)
{
	struct am_transport t = {.family = AM_IPV6, .proto = ip[6], .at = AM_IP6_LEN};

	t.end = AM_IP6_LEN + (uint32_t)am_load16(ip + 4);
	if (t.end > len)
		return false;
	for (unsigned n = 0; is_extension(t.proto) && !t.later; n++) {
		if (n == EXTENSIONS_MAX || t.at + 8 > t.end)
			return false;
		if (t.proto == AM_PROTO_FRAGMENT) {
			pass_fragment_header(ip, &t);
			continue;
		}
		t.proto = ip[t.at];
		t.at += 8 + 8 * (uint32_t)ip[t.at + 1];
		if (t.at > t.end)
			return false;
	}
	if (!t.frag)
		t.frag_proto = t.proto;
	*out = t;
	return true;
}

bool am_transport_find(const uint8_t *ip, uint32_t len, struct am_transport *out)
{
	if (len >= AM_IP4_LEN && ip[0] >> 4 == AM_IPV4)
		return find4(ip, len, out);
	if (len >= AM_IP6_LEN && ip[0] >> 4 == AM_IPV6)
		return find6(ip, len, out);
	return false;
}
