/* SPDX-License-Identifier: BSD-3-Clause */
#include "nlset.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink.h"

enum {
	ROOM = 256,
	PROTOCOL = 0xa3, /* what `ip` shows as who made it: no other program's */
	/* Before the kernel's own rule for its main table, 32766, and what people put in front of it by hand. */
	RULE_SPECIFIC = 20970,
	RULE_OURS = 20971,
};

struct request {
	uint8_t room[ROOM] __attribute__((aligned(8)));
	struct nlmsghdr *msg;
};

static void *begin(struct request *r, uint16_t type, bool there, size_t header)
{
	/* libmnl leaves what lies between attributes as it is, and the kernel gets it. */
	memset(r->room, 0, sizeof r->room);
	r->msg = mnl_nlmsg_put_header(r->room);
	r->msg->nlmsg_type = type;
	r->msg->nlmsg_flags = NLM_F_ACK | (there ? NLM_F_CREATE | NLM_F_EXCL : 0);
	return mnl_nlmsg_put_extra_header(r->msg, header);
}

static uint8_t kernel_family(const struct am_ip *ip)
{
	return ip->family == AM_IPV6 ? AF_INET6 : AF_INET;
}

static int finish(struct am_nl *nl, struct request *r, bool there)
{
	const struct nlmsghdr *answer;
	int rc = am_nl_ask(nl, r->msg, &answer);

	if (there && rc == -EEXIST)
		return 0;
	return !there && (rc == -EADDRNOTAVAIL || rc == -ENOENT || rc == -ESRCH || rc == -ENODEV) ? 0 : rc;
}

int am_nl_set_address(struct am_nl *nl, int ifindex, const struct am_prefix *prefix, bool nodad, bool there)
{
	struct request r;
	struct ifaddrmsg *ifa = begin(&r, there ? RTM_NEWADDR : RTM_DELADDR, there, sizeof *ifa);

	ifa->ifa_family = kernel_family(&prefix->ip);
	ifa->ifa_prefixlen = prefix->len;
	ifa->ifa_index = (uint32_t)ifindex;
	ifa->ifa_flags = nodad && prefix->ip.family == AM_IPV6 ? IFA_F_NODAD : 0;
	mnl_attr_put(r.msg, IFA_LOCAL, am_ip_len(&prefix->ip), prefix->ip.bytes);
	mnl_attr_put(r.msg, IFA_ADDRESS, am_ip_len(&prefix->ip), prefix->ip.bytes);
	return finish(nl, &r, there);
}

/* By netlink: a sandbox may hide sysctls, and they are of the namespace of whoever opens them. */
int am_nl_keep_secondaries(struct am_nl *nl, int ifindex)
{
	struct request r;
	struct ifinfomsg *info = begin(&r, RTM_SETLINK, false, sizeof *info);
	struct nlattr *families, *family, *conf;
	const struct nlmsghdr *answer;

	info->ifi_index = ifindex;
	families = mnl_attr_nest_start(r.msg, IFLA_AF_SPEC);
	family = mnl_attr_nest_start(r.msg, AF_INET);
	conf = mnl_attr_nest_start(r.msg, IFLA_INET_CONF);
	mnl_attr_put_u32(r.msg, IPV4_DEVCONF_PROMOTE_SECONDARIES, 1);
	mnl_attr_nest_end(r.msg, conf);
	mnl_attr_nest_end(r.msg, family);
	mnl_attr_nest_end(r.msg, families);
	return am_nl_ask(nl, r.msg, &answer);
}

static int set_rule(struct am_nl *nl, const struct am_ip *source, uint32_t table, uint32_t priority,
	bool specific, bool there)
{
	struct request r;
	struct fib_rule_hdr *rule = begin(&r, there ? RTM_NEWRULE : RTM_DELRULE, there, sizeof *rule);

	rule->family = kernel_family(source);
	rule->src_len = (uint8_t)(am_ip_len(source) * 8);
	rule->action = FR_ACT_TO_TBL;
	mnl_attr_put(r.msg, FRA_SRC, am_ip_len(source), source->bytes);
	mnl_attr_put_u32(r.msg, FRA_TABLE, table);
	mnl_attr_put_u32(r.msg, FRA_PRIORITY, priority);
	mnl_attr_put_u8(r.msg, FRA_PROTOCOL, PROTOCOL);
	if (specific)
		mnl_attr_put_u32(r.msg, FRA_SUPPRESS_PREFIXLEN, 0);
	return finish(nl, &r, there);
}

int am_nl_set_source_rule(struct am_nl *nl, const struct am_ip *source, uint32_t table, bool there)
{
	int rc = set_rule(nl, source, RT_TABLE_MAIN, RULE_SPECIFIC, true, there);

	return rc ? rc : set_rule(nl, source, table, RULE_OURS, false, there);
}

int am_nl_set_default(struct am_nl *nl, uint8_t family, int ifindex, uint32_t table)
{
	struct request r;
	struct rtmsg *rt = begin(&r, RTM_NEWROUTE, true, sizeof *rt);

	rt->rtm_family = family == AM_IPV6 ? AF_INET6 : AF_INET;
	rt->rtm_protocol = PROTOCOL;
	rt->rtm_scope = family == AM_IPV6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	rt->rtm_type = RTN_UNICAST;
	mnl_attr_put_u32(r.msg, RTA_OIF, (uint32_t)ifindex);
	mnl_attr_put_u32(r.msg, RTA_TABLE, table);
	return finish(nl, &r, true);
}

static int put_neighbour(struct am_nl *nl, int ifindex, const struct am_ip *ip, bool keep)
{
	struct request r;
	struct ndmsg *nd = begin(&r, RTM_NEWNEIGH, true, sizeof *nd);

	r.msg->nlmsg_flags = NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
	nd->ndm_family = kernel_family(ip);
	nd->ndm_ifindex = ifindex;
	nd->ndm_flags = keep ? 0 : NTF_USE;
	mnl_attr_put(r.msg, NDA_DST, am_ip_len(ip), ip->bytes);
	if (keep)
		mnl_attr_put_u32(r.msg, NDA_FLAGS_EXT, NTF_EXT_MANAGED);
	return finish(nl, &r, true);
}

int am_nl_keep_neighbour(struct am_nl *nl, int ifindex, const struct am_ip *ip)
{
	int rc = put_neighbour(nl, ifindex, ip, true);

	return rc ? put_neighbour(nl, ifindex, ip, false) : 0;
}
