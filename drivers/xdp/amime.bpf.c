/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause) */
/*
 * Which frames of a device are ours: they go to the AF_XDP socket of their queue. Everything else passes to the kernel, so
 * that SSH keeps working on the same device. The tables are filled by drivers/af_xdp.c (struct am_steer).
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

enum {
	QUEUES = 64,
	LOCALS = 4096,
	EXTENSIONS = 4, /* IPv6 extension headers that are walked */
	PROTO_ETHERIP = 97,
	PORT_VXLAN = 4789,
	FRAG4_OFFSET = 0x1fff,
	FRAG6_OFFSET = 0xfff8,
	VID = 0x0fff,
};

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

/* Written by the control thread through the map's memory. */
__u8 take_all;
__u8 vids[VID + 1]; /* non-zero: all of this VLAN; index 0: untagged and priority-tagged */

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, QUEUES);
	__type(key, __u32);
	__type(value, __u32);
} xsks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, LOCALS);
	__type(key, __u32);
	__type(value, __u8);
} locals4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, LOCALS);
	__type(key, struct in6_addr);
	__type(value, __u8);
} locals6 SEC(".maps");

static __always_inline bool is_vxlan(const struct udphdr *udp, const void *end)
{
	return (const void *)(udp + 1) <= end && udp->dest == bpf_htons(PORT_VXLAN);
}

/* Later fragments carry no port, so all of UDP's are ours. */
static __always_inline bool ours4(const struct iphdr *ip, const void *end)
{
	__u32 dst;

	if ((const void *)(ip + 1) > end || ip->ihl < 5)
		return false;
	if (ip->protocol == IPPROTO_UDP) {
		if (!(ip->frag_off & bpf_htons(FRAG4_OFFSET)) &&
			!is_vxlan((const void *)ip + ip->ihl * 4, end))
			return false;
	} else if (ip->protocol != IPPROTO_GRE && ip->protocol != PROTO_ETHERIP) {
		return false;
	}
	dst = ip->daddr;
	return bpf_map_lookup_elem(&locals4, &dst);
}

enum walk { WALK_ON, WALK_END, WALK_LATER };

/* One step along the chain of headers. WALK_LATER: in a fragment that is not the first, whose rest cannot be read. */
static __always_inline enum walk step6(__u8 *next, const void **at, const void *end)
{
	const struct option6 *option = *at;
	const struct frag6 *frag = *at;

	switch (*next) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_DSTOPTS:
	case IPPROTO_ROUTING:
		if ((const void *)(option + 1) > end)
			return WALK_END;
		*next = option->next;
		*at += (option->len + 1) * 8;
		return WALK_ON;
	case IPPROTO_FRAGMENT:
		if ((const void *)(frag + 1) > end)
			return WALK_END;
		*next = frag->next;
		*at = frag + 1;
		return frag->offset & bpf_htons(FRAG6_OFFSET) ? WALK_LATER : WALK_ON;
	default:
		return WALK_END;
	}
}

static __always_inline bool ours6(const struct ipv6hdr *ip, const void *end)
{
	enum walk walk = WALK_ON;
	const void *at = ip + 1;
	struct in6_addr dst;
	__u8 next;

	if (at > end)
		return false;
	next = ip->nexthdr;
#pragma unroll
	for (int i = 0; i < EXTENSIONS; i++) {
		walk = step6(&next, &at, end);
		if (walk != WALK_ON)
			break;
	}
	switch (next) {
	case IPPROTO_GRE:
	case PROTO_ETHERIP:
		break;
	case IPPROTO_DSTOPTS: /* GRE behind it, as Linux ip6gre sends, or so we must assume */
		if (walk != WALK_LATER)
			return false;
		break;
	case IPPROTO_UDP:
		if (walk != WALK_LATER && !is_vxlan(at, end))
			return false;
		break;
	default:
		return false;
	}
	dst = ip->daddr;
	return bpf_map_lookup_elem(&locals6, &dst);
}

static __always_inline bool is_tag(__be16 type)
{
	return type == bpf_htons(ETH_P_8021Q) || type == bpf_htons(ETH_P_8021AD);
}

static __always_inline bool ours(const void *at, const void *end)
{
	const struct ethhdr *eth = at;
	const struct tag *tag;
	__be16 type;
	__u16 vid = 0;

	if ((const void *)(eth + 1) > end)
		return false;
	type = eth->h_proto;
	at = eth + 1;
#pragma unroll
	for (int i = 0; i < 2; i++) {
		if (!is_tag(type))
			break;
		tag = at;
		if ((const void *)(tag + 1) > end)
			return false;
		if (!i)
			vid = bpf_ntohs(tag->tci) & VID;
		type = tag->type;
		at = tag + 1;
	}
	if (vids[vid & VID])
		return true;
	if (type == bpf_htons(ETH_P_IP))
		return ours4(at, end);
	return type == bpf_htons(ETH_P_IPV6) && ours6(at, end);
}

SEC("xdp")
int amime(struct xdp_md *ctx)
{
	const void *at = (const void *)(long)ctx->data;
	const void *end = (const void *)(long)ctx->data_end;

	if (take_all || ours(at, end))
		return bpf_redirect_map(&xsks, ctx->rx_queue_index, XDP_PASS);
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
