/* SPDX-License-Identifier: BSD-3-Clause */
#include "acl.h"

#include "base/bytes.h"
#include "base/protocol.h"
#include "net/ip.h"

/* ---- a packet's headers ---- */

enum {
	FRAGMENT_BITS = 0x3fff, /* MF and offset: DF and the reserved bit say nothing of them */
	TCP_LEN = 20,
	TCP_FIRST_MIN = 16, /* RFC 1858 3.2.1: with that much, flags cannot be in the next fragment */
	TCP_SECOND_AT = 8,  /* RFC 1858 3.2.2: that would write over them */
	TCP_FLAGS_AT = 13,
	TCP_RST = 4,
	TCP_ACK = 16,
	PORTS_MIN = 8,
	ICMP_MIN = 4,
};

/* What is behind the IP header, octets octets of it. */
static enum am_verdict read_upper(const uint8_t *at, uint32_t octets, struct am_acl_key *key)
{
	enum am_verdict v = key->part == AM_ACL_FIRST ? AM_V_ACL_TINY : AM_V_ACL_HEADERS;

	if (am_protocol_has_ports(key->protocol)) {
		bool tcp = key->protocol == AM_PROTOCOL_TCP;
		uint32_t tcp_min = key->part == AM_ACL_FIRST ? TCP_FIRST_MIN : TCP_LEN;

		if (octets < (tcp ? tcp_min : PORTS_MIN))
			return v;
		key->src_port = am_load16(at);
		key->dst_port = am_load16(at + 2);
		key->tcp_flags = tcp ? at[TCP_FLAGS_AT] : 0;
		return AM_V_OK;
	}
	if (key->protocol == AM_PROTOCOL_ICMP || key->protocol == AM_PROTOCOL_ICMPV6) {
		if (octets < ICMP_MIN)
			return v;
		key->icmp_type = at[0];
		key->icmp_code = at[1];
	}
	return AM_V_OK;
}

/* With options, extension headers, or as a fragment. */
static __attribute__((noinline)) enum am_verdict read_closely(
	const uint8_t *ip, uint32_t len, struct am_acl_key *key)
{
	struct am_ip_hdr hdr;

	if (am_ip_parse(ip, len, &hdr) != AM_V_OK)
		return AM_V_ACL_HEADERS;
	key->protocol = hdr.proto;
	if (hdr.frag)
		key->part = hdr.frag_at ? AM_ACL_LATER : AM_ACL_FIRST;
	if (key->part != AM_ACL_LATER)
		return read_upper(ip + hdr.hlen, hdr.plen, key);
	return hdr.proto == AM_PROTOCOL_TCP && hdr.frag_at == TCP_SECOND_AT ? AM_V_ACL_TINY : AM_V_OK;
}

/* Is there nothing between the header and what it carries? */
static inline bool is_plain(const uint8_t *ip, uint8_t family)
{
	if (family == AM_IPV4)
		return ip[0] == 0x45 && !(am_load16(ip + 6) & FRAGMENT_BITS);
	return ip[6] == AM_PROTOCOL_TCP || ip[6] == AM_PROTOCOL_UDP || ip[6] == AM_PROTOCOL_ICMPV6;
}

enum am_verdict am_acl_read(const uint8_t *ip, uint32_t len, uint8_t family, struct am_acl_key *out)
{
	uint32_t head = family == AM_IPV4 ? AM_IP4_LEN : AM_IP6_LEN;

	*out = (struct am_acl_key){.src = am_ip_src(ip, family),
		.dst = am_ip_dst(ip, family),
		.family = family,
		.part = AM_ACL_WHOLE};
	if (!is_plain(ip, family))
		return read_closely(ip, len, out);
	out->protocol = ip[family == AM_IPV4 ? 9 : 6];
	return read_upper(ip + head, len - head, out);
}

/* ---- sets of rules ---- */

#define SEARCH(starts, count, value)                                                                         \
	({                                                                                                   \
		const __typeof__(*(starts)) *at_ = (starts);                                                 \
		for (uint32_t n_ = (count), half_; n_ > 1; n_ -= half_) {                                    \
			half_ = n_ / 2;                                                                      \
			at_ += at_[half_] <= (value) ? half_ : 0;                                            \
		}                                                                                            \
		(uint32_t)(at_ - (starts));                                                                  \
	})

static inline uint32_t set_of_ip4(const struct am_acl_axis *axis, const uint8_t *address)
{
	uint32_t value = am_load32(address), low = axis->first[address[0]];

	return axis->sets[low + SEARCH(axis->start.ip4 + low, axis->first[address[0] + 1] - low + 1, value)];
}

static inline uint32_t set_of_ip6(const struct am_acl_axis *axis, const uint8_t *address)
{
	unsigned __int128 value = (unsigned __int128)am_load64(address) << 64 | am_load64(address + 8);

	return axis->sets[SEARCH(axis->start.ip6, axis->n, value)];
}

static inline uint32_t set_of_address(
	const struct am_acl_axis axes[2], const uint8_t *address, uint8_t family)
{
	const struct am_acl_axis *axis = &axes[family == AM_IPV6];

	if (axis->n == 1)
		return axis->sets[0];
	return family == AM_IPV4 ? set_of_ip4(axis, address) : set_of_ip6(axis, address);
}

static inline uint32_t set_of_port(const struct am_acl_axis *axis, uint16_t port)
{
	return axis->sets[SEARCH(axis->start.ports, axis->n, port)];
}

static inline bool rest_matches(const struct am_acl_rest *rest, const struct am_acl_key *key)
{
	if (!(rest->parts & key->part))
		return false;
	if (key->part == AM_ACL_LATER)
		return true;
	if (rest->established && !(key->tcp_flags & (TCP_ACK | TCP_RST)))
		return false;
	return !rest->icmp || (rest->icmp_type == key->icmp_type &&
				      (rest->icmp_code == AM_ACL_ANY || rest->icmp_code == key->icmp_code));
}

unsigned am_acl_match(const struct am_acl *acl, const struct am_acl_key *key)
{
	bool ports = key->part != AM_ACL_LATER && am_protocol_has_ports(key->protocol);
	uint32_t no_ports = key->part == AM_ACL_LATER ? acl->later : acl->no_ports;
	const uint64_t *const src = acl->sets + set_of_address(acl->src, key->src, key->family);
	const uint64_t *const dst = acl->sets + set_of_address(acl->dst, key->dst, key->family);
	const uint64_t *const protocol = acl->sets + acl->protocol[key->protocol];
	const uint64_t *const from =
		acl->sets + (ports ? set_of_port(&acl->src_port, key->src_port) : no_ports);
	const uint64_t *const to =
		acl->sets + (ports ? set_of_port(&acl->dst_port, key->dst_port) : no_ports);

	for (unsigned w = 0; w < acl->words; w++) {
		for (uint64_t left = src[w] & dst[w] & protocol[w] & from[w] & to[w]; left;
			left &= left - 1) {
			unsigned rule = w * 64 + (unsigned)__builtin_ctzll(left);

			if (rest_matches(&acl->rest[rule], key))
				return rule;
		}
	}
	return acl->n;
}

enum am_acl_action am_acl_action(const struct am_acl *acl, unsigned rule)
{
	return rule < acl->n ? (enum am_acl_action)acl->rest[rule].action : AM_ACL_DENY;
}

unsigned am_acl_rules(const struct am_acl *acl)
{
	return acl->n;
}

uint64_t am_acl_memory(const struct am_acl *acl)
{
	return acl->octets;
}
