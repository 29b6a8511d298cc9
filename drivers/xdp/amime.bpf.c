/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause) */
/*
 * Which frames of a device are ours: they go to the AF_XDP socket of their queue. Everything else passes to the kernel, so
 * that SSH keeps working on the same device. The tables are filled by drivers/xdp_prog.c (struct am_steer), while frames come.
 *
 * A later fragment of UDP has no port. It goes where its first one went, if that was to the kernel; else it is ours, and
 * whoever finds out later that it is not gives it back (am_port_ops.give_back).
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <stdbool.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

enum rule {
#define AM_STEER(name, text, what) RULE_##name,
#include "pkt/steer.def"
#undef AM_STEER
	RULES,
};

enum {
	QUEUES = 64,
	ADDRESSES = 4096,
	DATAGRAMS = 4096, /* of the kernel's, whose first fragment was seen: the oldest give way */
	EXTENSIONS = 4,   /* IPv6 extension headers that are walked */
	PROTO_ETHERIP = 97,
	PORT_VXLAN = 4789,
	FRAG4_OFFSET = 0x1fff,
	FRAG4_MORE = 0x2000,
	FRAG6_OFFSET = 0xfff8,
	FRAG6_MORE = 0x0001,
	VID = 0x0fff,
	ICMP4_UNREACHABLE = 3,
	ICMP4_SOURCE_QUENCH = 4,
	ICMP4_TIME_EXCEEDED = 11,
	ICMP4_PARAMETER_PROBLEM = 12,
	ICMP6_UNREACHABLE = 1,
	ICMP6_PARAMETER_PROBLEM = 4, /* and between them: too big, time exceeded */
};

/* How long a first fragment tells of its later ones: identifications come again. */
#define FIRST_TELLS_NS 5000000000ull

struct tag {
	__be16 tci;
	__be16 type;
};

struct frag6 {
	__u8 next;
	__u8 reserved;
	__be16 offset;
	__be32 id;
};

struct option6 {
	__u8 next;
	__u8 len; /* in units of 8 octets, less one */
	__u8 rest[6];
};

struct icmp {
	__u8 type, code;
	__be16 check;
	__be32 rest;
};

struct datagram {
	__u32 src[4], dst[4]; /* IPv4: the first of each */
	__u32 id;
};

/* Written by the control thread through the map's memory. */
__u8 take_all;
__u8 routed;        /* what is to our MAC, and to no address of the kernel's */
__u16 routed_vid;   /* in which VLAN; 0: untagged */
__u8 mac[ETH_ALEN]; /* ours */
__u8 vids[VID + 1]; /* non-zero: all of this VLAN; index 0: untagged and priority-tagged */

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, QUEUES);
	__type(key, __u32);
	__type(value, __u32);
} xsks SEC(".maps");

/* Frames by rule: written here, read by the control thread. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, RULES);
	__type(key, __u32);
	__type(value, __u64);
} hits SEC(".maps");

/* Tunnels' local addresses and VTEPs. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, ADDRESSES);
	__type(key, __u32);
	__type(value, __u8);
} locals4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, ADDRESSES);
	__type(key, struct in6_addr);
	__type(value, __u8);
} locals6 SEC(".maps");

/* Addresses of the kernel's, on whatever device. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, ADDRESSES);
	__type(key, __u32);
	__type(value, __u8);
} kernel4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, ADDRESSES);
	__type(key, struct in6_addr);
	__type(value, __u8);
} kernel6 SEC(".maps");

/* Datagrams whose first fragment went to the kernel, and when. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, DATAGRAMS);
	__type(key, struct datagram);
	__type(value, __u64);
} firsts SEC(".maps");

static __always_inline bool is_vxlan(const struct udphdr *udp, const void *end)
{
	return (const void *)(udp + 1) <= end && udp->dest == bpf_htons(PORT_VXLAN);
}

static __always_inline enum rule later_fragment(const struct datagram *datagram)
{
	const __u64 *first = bpf_map_lookup_elem(&firsts, datagram);

	if (first && bpf_ktime_get_ns() - *first < FIRST_TELLS_NS)
		return RULE_KERNEL_FRAGMENT;
	return RULE_FRAGMENT;
}

static __always_inline enum rule first_fragment(const struct datagram *datagram, bool vxlan)
{
	__u64 now = bpf_ktime_get_ns();

	if (vxlan)
		bpf_map_delete_elem(&firsts, datagram);
	else
		bpf_map_update_elem(&firsts, datagram, &now, BPF_ANY);
	return vxlan ? RULE_VXLAN : RULE_KERNEL;
}

static __always_inline bool local4(__be32 address)
{
	__u32 key = address;

	return bpf_map_lookup_elem(&locals4, &key);
}

static __always_inline bool local6(const struct in6_addr *address)
{
	struct in6_addr key = *address;

	return bpf_map_lookup_elem(&locals6, &key);
}

/* ---- IPv4 ---- */

static __always_inline enum rule udp4(const struct iphdr *ip, const void *end)
{
	struct datagram datagram = {.src = {ip->saddr}, .dst = {ip->daddr}, .id = ip->id};
	bool vxlan;

	if (ip->frag_off & bpf_htons(FRAG4_OFFSET))
		return later_fragment(&datagram);
	vxlan = is_vxlan((const void *)ip + ip->ihl * 4, end);
	if (ip->frag_off & bpf_htons(FRAG4_MORE))
		return first_fragment(&datagram, vxlan);
	return vxlan ? RULE_VXLAN : RULE_KERNEL;
}

/* It was sent by a tunnel of ours. A quoted fragment of UDP that is not the first may be anybody's: the kernel's. */
static __always_inline bool of_tunnel4(const struct iphdr *ip, const void *end)
{
	if ((const void *)(ip + 1) > end || ip->ihl < 5 || !local4(ip->saddr))
		return false;
	if (ip->protocol == IPPROTO_GRE || ip->protocol == PROTO_ETHERIP)
		return true;
	return ip->protocol == IPPROTO_UDP && !(ip->frag_off & bpf_htons(FRAG4_OFFSET)) &&
	       is_vxlan((const void *)ip + ip->ihl * 4, end);
}

static __always_inline enum rule icmp4(const struct iphdr *ip, const void *end)
{
	const struct icmp *icmp = (const void *)ip + ip->ihl * 4;

	if ((const void *)(icmp + 1) > end || ip->frag_off & bpf_htons(FRAG4_OFFSET))
		return RULE_KERNEL;
	switch (icmp->type) {
	case ICMP4_UNREACHABLE:
	case ICMP4_SOURCE_QUENCH:
	case ICMP4_TIME_EXCEEDED:
	case ICMP4_PARAMETER_PROBLEM:
		return of_tunnel4((const void *)(icmp + 1), end) ? RULE_ICMP : RULE_KERNEL;
	default:
		return RULE_KERNEL;
	}
}

/* To an address that a router forwards to, and not to one of the kernel's. */
static __always_inline bool routable4(__be32 address)
{
	__u32 key = address, a = bpf_ntohl(address);

	if (a >> 24 == 0 || a >> 24 == 127 || a >> 16 == 0xa9fe || a >> 28 >= 0xe)
		return false;
	return !bpf_map_lookup_elem(&kernel4, &key);
}

static __always_inline enum rule rule4(const struct iphdr *ip, const void *end, bool to_route)
{
	enum rule rule = RULE_KERNEL;

	if ((const void *)(ip + 1) > end || ip->ihl < 5)
		return RULE_KERNEL;
	if (local4(ip->daddr)) {
		switch (ip->protocol) {
		case IPPROTO_GRE:
			return RULE_GRE;
		case PROTO_ETHERIP:
			return RULE_ETHERIP;
		case IPPROTO_UDP:
			rule = udp4(ip, end);
			break;
		case IPPROTO_ICMP:
			rule = icmp4(ip, end);
			break;
		}
	}
	return rule == RULE_KERNEL && to_route && routable4(ip->daddr) ? RULE_ROUTED : rule;
}

/* ---- IPv6 ---- */

enum walk { WALK_ON, WALK_END };

/* How far the chain of headers was read. */
struct chain {
	const void *at;
	__u8 next;
	bool first, later; /* fragment; later: what is behind cannot be read */
	__u32 id;
};

static __always_inline enum walk step6(struct chain *c, const void *end)
{
	const struct option6 *option = c->at;
	const struct frag6 *frag = c->at;

	switch (c->next) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_DSTOPTS:
	case IPPROTO_ROUTING:
		if ((const void *)(option + 1) > end)
			return WALK_END;
		c->next = option->next;
		c->at += (option->len + 1) * 8;
		return WALK_ON;
	case IPPROTO_FRAGMENT:
		if ((const void *)(frag + 1) > end)
			return WALK_END;
		c->next = frag->next;
		c->at = frag + 1;
		c->id = frag->id;
		c->later = frag->offset & bpf_htons(FRAG6_OFFSET);
		c->first = !c->later && frag->offset & bpf_htons(FRAG6_MORE);
		return c->later ? WALK_END : WALK_ON;
	default:
		return WALK_END;
	}
}

static __always_inline struct chain walk6(const struct ipv6hdr *ip, const void *end)
{
	struct chain c = {.at = ip + 1, .next = ip->nexthdr};

#pragma unroll
	for (int i = 0; i < EXTENSIONS; i++)
		if (step6(&c, end) != WALK_ON)
			break;
	return c;
}

static __always_inline struct datagram datagram6(const struct ipv6hdr *ip, const struct chain *c)
{
	struct datagram d = {.id = c->id};

	__builtin_memcpy(d.src, &ip->saddr, sizeof d.src);
	__builtin_memcpy(d.dst, &ip->daddr, sizeof d.dst);
	return d;
}

static __always_inline enum rule udp6(const struct ipv6hdr *ip, const struct chain *c, const void *end)
{
	struct datagram datagram;
	bool vxlan;

	if (!c->first && !c->later)
		return is_vxlan(c->at, end) ? RULE_VXLAN : RULE_KERNEL;
	datagram = datagram6(ip, c);
	if (c->later)
		return later_fragment(&datagram);
	vxlan = c->next == IPPROTO_UDP && is_vxlan(c->at, end);
	return first_fragment(&datagram, vxlan);
}

static __always_inline bool of_tunnel6(const struct ipv6hdr *ip, const void *end)
{
	struct chain c;

	if ((const void *)(ip + 1) > end || !local6(&ip->saddr))
		return false;
	c = walk6(ip, end);
	if (c.next == IPPROTO_GRE || c.next == PROTO_ETHERIP)
		return true;
	return c.next == IPPROTO_UDP && !c.later && is_vxlan(c.at, end);
}

static __always_inline enum rule icmp6(const struct chain *c, const void *end)
{
	const struct icmp *icmp = c->at;

	if (c->later || (const void *)(icmp + 1) > end)
		return RULE_KERNEL;
	if (icmp->type < ICMP6_UNREACHABLE || icmp->type > ICMP6_PARAMETER_PROBLEM)
		return RULE_KERNEL;
	return of_tunnel6((const void *)(icmp + 1), end) ? RULE_ICMP : RULE_KERNEL;
}

/* Behind destination options GRE may stand, as Linux ip6gre sends; of a later fragment that must be assumed. */
static __always_inline enum rule local_rule6(const struct ipv6hdr *ip, const void *end)
{
	struct chain c = walk6(ip, end);

	switch (c.next) {
	case IPPROTO_GRE:
		return RULE_GRE;
	case PROTO_ETHERIP:
		return RULE_ETHERIP;
	case IPPROTO_UDP:
		return udp6(ip, &c, end);
	case IPPROTO_DSTOPTS:
		return c.later ? udp6(ip, &c, end) : RULE_KERNEL;
	case IPPROTO_ICMPV6:
		return icmp6(&c, end);
	default:
		return RULE_KERNEL;
	}
}

static __always_inline bool routable6(const struct in6_addr *address)
{
	struct in6_addr key = *address;

	if (key.s6_addr[0] == 0xff || (key.s6_addr[0] == 0xfe && (key.s6_addr[1] & 0xc0) == 0x80))
		return false;
	if (!key.s6_addr32[0] && !key.s6_addr32[1] && !key.s6_addr32[2])
		return false;
	return !bpf_map_lookup_elem(&kernel6, &key);
}

static __always_inline enum rule rule6(const struct ipv6hdr *ip, const void *end, bool to_route)
{
	enum rule rule = RULE_KERNEL;

	if ((const void *)(ip + 1) > end)
		return RULE_KERNEL;
	if (local6(&ip->daddr))
		rule = local_rule6(ip, end);
	return rule == RULE_KERNEL && to_route && routable6(&ip->daddr) ? RULE_ROUTED : rule;
}

/* ---- frames ---- */

static __always_inline bool is_tag(__be16 type)
{
	return type == bpf_htons(ETH_P_8021Q) || type == bpf_htons(ETH_P_8021AD);
}

static __always_inline bool is_our_mac(const struct ethhdr *eth)
{
	bool same = true;

#pragma unroll
	for (int i = 0; i < ETH_ALEN; i++)
		same &= eth->h_dest[i] == mac[i];
	return same;
}

static __always_inline enum rule rule_of(const void *at, const void *end)
{
	const struct ethhdr *eth = at;
	const struct tag *tag;
	__u16 vid = 0;
	bool to_route;
	__be16 type;

	if ((const void *)(eth + 1) > end)
		return RULE_KERNEL;
	type = eth->h_proto;
	at = eth + 1;
#pragma unroll
	for (int i = 0; i < 2; i++) {
		if (!is_tag(type))
			break;
		tag = at;
		if ((const void *)(tag + 1) > end)
			return RULE_KERNEL;
		if (!i)
			vid = bpf_ntohs(tag->tci) & VID;
		type = tag->type;
		at = tag + 1;
	}
	if (vids[vid & VID])
		return RULE_VLAN;
	to_route = routed && vid == routed_vid && is_our_mac(eth);
	if (type == bpf_htons(ETH_P_IP))
		return rule4(at, end, to_route);
	return type == bpf_htons(ETH_P_IPV6) ? rule6(at, end, to_route) : RULE_KERNEL;
}

SEC("xdp")
int amime(struct xdp_md *ctx)
{
	const void *at = (const void *)(long)ctx->data;
	const void *end = (const void *)(long)ctx->data_end;
	__u32 rule = take_all ? RULE_ALL : rule_of(at, end);
	__u64 *hit = bpf_map_lookup_elem(&hits, &rule);

	if (hit)
		++*hit;
	if (rule == RULE_KERNEL || rule == RULE_KERNEL_FRAGMENT)
		return XDP_PASS;
	return bpf_redirect_map(&xsks, ctx->rx_queue_index, XDP_PASS);
}

/* What runs over frames that are given back to the kernel. */
SEC("xdp")
int give_back(struct xdp_md *ctx)
{
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
