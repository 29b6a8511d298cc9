/* SPDX-License-Identifier: BSD-3-Clause */
#include "netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	REPLY_ROOM = 32768, /* the kernel never sends a longer one to a reader that offers this much */
	ATTR_MAX = 64,      /* attribute types above it are none that we read */
	REPLIES_MAX = 64,   /* stray messages to skip before an answer counts as lost */
};

struct am_nl {
	struct mnl_socket *ask;
	struct mnl_socket *changes;
	uint32_t seq;
	uint8_t reply[REPLY_ROOM] __attribute__((aligned(8)));
};

struct attrs {
	const struct nlattr *at[ATTR_MAX];
};

static size_t at_most(size_t n, size_t most)
{
	return n < most ? n : most;
}

/* libmnl's own walkers trust the lengths; these do not. What does not fit ends the walk. */
const struct nlmsghdr *am_nl_next(struct am_reader *messages)
{
	const struct nlmsghdr *msg = (const void *)messages->at;
	size_t left = am_reader_left(messages);

	if (left < sizeof *msg || msg->nlmsg_len < sizeof *msg || msg->nlmsg_len > left)
		return NULL;
	am_take(messages, at_most(MNL_ALIGN((size_t)msg->nlmsg_len), left));
	return msg;
}

static void collect(const void *bytes, size_t len, struct attrs *attrs)
{
	struct am_reader r = am_reader(bytes, len);

	while (am_reader_left(&r) >= sizeof(struct nlattr)) {
		const struct nlattr *attr = (const void *)r.at;
		uint16_t type = attr->nla_type & NLA_TYPE_MASK;

		if (attr->nla_len < sizeof *attr || attr->nla_len > am_reader_left(&r))
			return;
		if (type < ATTR_MAX)
			attrs->at[type] = attr;
		am_take(&r, at_most(MNL_ALIGN((size_t)attr->nla_len), am_reader_left(&r)));
	}
}

static const uint8_t *payload(const struct nlattr *attr)
{
	return (const uint8_t *)(attr + 1);
}

static size_t payload_len(const struct nlattr *attr)
{
	return attr->nla_len - sizeof *attr;
}

static void collect_nested(const struct nlattr *attr, struct attrs *attrs)
{
	collect(payload(attr), payload_len(attr), attrs);
}

/* The message's own header and its attributes; NULL where it is too short for a header of that size. */
static const void *read_message(const struct nlmsghdr *msg, size_t header, struct attrs *attrs)
{
	const uint8_t *body = (const uint8_t *)(msg + 1);
	size_t len = msg->nlmsg_len - sizeof *msg, skip = MNL_ALIGN(header);

	memset(attrs, 0, sizeof *attrs);
	if (len < header)
		return NULL;
	if (len > skip)
		collect(body + skip, len - skip, attrs);
	return body;
}

static const void *attr_bytes(const struct nlattr *attr, size_t len)
{
	return attr && payload_len(attr) >= len ? payload(attr) : NULL;
}

static bool attr_u32(const struct nlattr *attr, uint32_t *out)
{
	const void *p = attr_bytes(attr, sizeof *out);

	if (p)
		memcpy(out, p, sizeof *out);
	return p;
}

static bool ip_from(int family, const void *bytes, size_t len, struct am_ip *out)
{
	if (family == AF_INET && bytes && len >= 4)
		*out = am_ip4(bytes);
	else if (family == AF_INET6 && bytes && len >= 16)
		*out = am_ip6(bytes);
	else
		return false;
	return true;
}

static bool attr_ip(int family, const struct nlattr *attr, struct am_ip *out)
{
	return attr && ip_from(family, payload(attr), payload_len(attr), out);
}

/* RTA_VIA: a gateway of another family than the route's. */
static void attr_via(const struct nlattr *attr, struct am_ip *out)
{
	uint16_t family;
	const uint8_t *p = attr_bytes(attr, sizeof family);

	if (!p)
		return;
	memcpy(&family, p, sizeof family);
	ip_from(family, p + sizeof family, payload_len(attr) - sizeof family, out);
}

static void read_hop(int family, const struct attrs *attrs, struct am_kroute *out)
{
	if (!attr_ip(family, attrs->at[RTA_GATEWAY], &out->gateway))
		attr_via(attrs->at[RTA_VIA], &out->gateway);
}

/* The first next hop of several. */
static void read_multipath(int family, const struct nlattr *attr, struct am_kroute *out)
{
	struct rtnexthop hop;
	const uint8_t *p = attr_bytes(attr, sizeof hop);
	struct attrs attrs = {0};

	if (!p)
		return;
	memcpy(&hop, p, sizeof hop);
	if (hop.rtnh_len < sizeof hop || hop.rtnh_len > payload_len(attr))
		return;
	collect(p + sizeof hop, hop.rtnh_len - sizeof hop, &attrs);
	out->oif = hop.rtnh_ifindex;
	read_hop(family, &attrs, out);
}

static enum am_kroute_type route_type(uint8_t rtm_type)
{
	switch (rtm_type) {
	case RTN_UNICAST:
		return AM_KROUTE_UNICAST;
	case RTN_LOCAL:
		return AM_KROUTE_LOCAL;
	default:
		return AM_KROUTE_REFUSED;
	}
}

bool am_nl_parse_route(const struct nlmsghdr *msg, struct am_kroute *out)
{
	struct attrs attrs;
	const struct rtmsg *rt = read_message(msg, sizeof *rt, &attrs);
	uint32_t oif;

	if (!rt || msg->nlmsg_type != RTM_NEWROUTE)
		return false;
	*out = (struct am_kroute){.type = route_type(rt->rtm_type)};
	if (attr_u32(attrs.at[RTA_OIF], &oif)) {
		out->oif = (int)oif;
		read_hop(rt->rtm_family, &attrs, out);
	} else if (attrs.at[RTA_MULTIPATH]) {
		read_multipath(rt->rtm_family, attrs.at[RTA_MULTIPATH], out);
	}
	return out->oif > 0 || out->type == AM_KROUTE_REFUSED;
}

/* The kernel counts in hundredths of a second for programs, whatever its own clock. */
static uint32_t age_of(const struct nlattr *attr)
{
	const void *bytes = attr_bytes(attr, sizeof(struct nda_cacheinfo));
	struct nda_cacheinfo info;

	if (!bytes)
		return 0;
	memcpy(&info, bytes, sizeof info);
	return info.ndm_confirmed / 100;
}

bool am_nl_parse_neigh(const struct nlmsghdr *msg, struct am_kneigh *out)
{
	const uint16_t alive = NUD_PERMANENT | NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE;
	struct attrs attrs;
	const struct ndmsg *nd = read_message(msg, sizeof *nd, &attrs);
	const void *mac;

	if (!nd || (msg->nlmsg_type != RTM_NEWNEIGH && msg->nlmsg_type != RTM_DELNEIGH))
		return false;
	*out = (struct am_kneigh){.ifindex = nd->ndm_ifindex, .failed = nd->ndm_state & NUD_FAILED};
	if (!attr_ip(nd->ndm_family, attrs.at[NDA_DST], &out->ip))
		return false;
	out->state = nd->ndm_state;
	out->age_s = age_of(attrs.at[NDA_CACHEINFO]);
	mac = attr_bytes(attrs.at[NDA_LLADDR], sizeof out->mac);
	if (mac && nd->ndm_state & alive) {
		memcpy(&out->mac, mac, sizeof out->mac);
		out->usable = true;
	}
	return true;
}

/* IFLA_LINKINFO of a VLAN device: its tag. */
static uint16_t vlan_id(const struct nlattr *linkinfo)
{
	struct attrs info = {0}, data = {0};
	const void *kind;
	const void *id;
	uint16_t vlan;

	collect_nested(linkinfo, &info);
	kind = attr_bytes(info.at[IFLA_INFO_KIND], sizeof "vlan");
	if (!kind || memcmp(kind, "vlan", sizeof "vlan") != 0 || !info.at[IFLA_INFO_DATA])
		return 0;
	collect_nested(info.at[IFLA_INFO_DATA], &data);
	id = attr_bytes(data.at[IFLA_VLAN_ID], sizeof vlan);
	if (!id)
		return 0;
	memcpy(&vlan, id, sizeof vlan);
	return vlan;
}

bool am_nl_parse_link(const struct nlmsghdr *msg, struct am_klink *out)
{
	struct attrs attrs;
	const struct ifinfomsg *info = read_message(msg, sizeof *info, &attrs);
	const struct nlattr *name;
	uint32_t parent;

	if (!info || msg->nlmsg_type != RTM_NEWLINK)
		return false;
	*out = (struct am_klink){.ifindex = info->ifi_index, .up = info->ifi_flags & IFF_UP};
	name = attrs.at[IFLA_IFNAME];
	if (name) {
		size_t len = strnlen((const char *)payload(name), payload_len(name));

		memcpy(out->name, payload(name), len < sizeof out->name ? len : sizeof out->name - 1);
	}
	if (attrs.at[IFLA_LINKINFO])
		out->vlan = vlan_id(attrs.at[IFLA_LINKINFO]);
	if (out->vlan && attr_u32(attrs.at[IFLA_LINK], &parent))
		out->parent = (int)parent;
	return true;
}

/* Bridges report their members in the same messages, under a family of their own: those devices did not go. */
static enum am_nl_event link_event(const struct nlmsghdr *msg, struct am_kneigh *neigh)
{
	struct attrs attrs;
	const struct ifinfomsg *info = read_message(msg, sizeof *info, &attrs);

	if (!info)
		return AM_NL_NOTHING;
	neigh->ifindex = info->ifi_index;
	return msg->nlmsg_type == RTM_DELLINK && info->ifi_family == AF_UNSPEC ? AM_NL_LINK_GONE : AM_NL_LINK;
}

enum am_nl_event am_nl_parse_event(const struct nlmsghdr *msg, struct am_kneigh *neigh)
{
	switch (msg->nlmsg_type) {
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
	case RTM_NEWADDR:
	case RTM_DELADDR:
	case RTM_NEWRULE:
	case RTM_DELRULE:
		return AM_NL_ROUTES;
	case RTM_NEWLINK:
	case RTM_DELLINK:
		return link_event(msg, neigh);
	case RTM_NEWNEIGH:
		return am_nl_parse_neigh(msg, neigh) ? AM_NL_NEIGH : AM_NL_NOTHING;
	case RTM_DELNEIGH:
		return am_nl_parse_neigh(msg, neigh) ? AM_NL_NEIGH_GONE : AM_NL_NOTHING;
	default:
		return AM_NL_NOTHING;
	}
}

void am_nl_walk(const void *bytes, size_t len, am_nl_event_fn *fn, void *ctx)
{
	struct am_reader messages = am_reader(bytes, len);
	const struct nlmsghdr *msg;

	while ((msg = am_nl_next(&messages))) {
		struct am_kneigh neigh = {0};
		enum am_nl_event event = am_nl_parse_event(msg, &neigh);

		if (event != AM_NL_NOTHING)
			fn(ctx, event, &neigh);
	}
}

static struct mnl_socket *open_socket(unsigned groups, int flags)
{
	struct mnl_socket *s = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | flags);
	int saved;

	if (s && mnl_socket_bind(s, groups, MNL_SOCKET_AUTOPID) == 0)
		return s;
	saved = errno;
	if (s)
		mnl_socket_close(s);
	errno = saved;
	return NULL;
}

static int open_sockets(struct am_nl *nl)
{
	const unsigned groups = RTMGRP_LINK | RTMGRP_NEIGH | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE |
				RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_RULE |
				1u << (RTNLGRP_IPV6_RULE - 1);

	nl->ask = open_socket(0, 0);
	nl->changes = nl->ask ? open_socket(groups, SOCK_NONBLOCK) : NULL;
	return nl->changes ? 0 : -errno;
}

struct am_nl *am_nl_open(struct am_err *err)
{
	struct am_nl *nl = calloc(1, sizeof *nl);
	int rc;

	if (!nl) {
		am_fail(err, ENOMEM, "netlink: no memory");
		return NULL;
	}
	rc = open_sockets(nl);
	if (rc) {
		am_fail(err, -rc, "netlink: cannot open a socket to the kernel's routes: %s", strerror(-rc));
		am_nl_close(nl);
		return NULL;
	}
	return nl;
}

void am_nl_close(struct am_nl *nl)
{
	if (!nl)
		return;
	if (nl->ask)
		mnl_socket_close(nl->ask);
	if (nl->changes)
		mnl_socket_close(nl->changes);
	free(nl);
}

int am_nl_fd(const struct am_nl *nl)
{
	return mnl_socket_get_fd(nl->changes);
}

int am_nl_read(struct am_nl *nl, am_nl_event_fn *fn, void *ctx)
{
	ssize_t n = recv(am_nl_fd(nl), nl->reply, sizeof nl->reply, MSG_DONTWAIT);

	if (n < 0)
		return errno == ENOBUFS ? -ENOBUFS : 0;
	am_nl_walk(nl->reply, (size_t)n, fn, ctx);
	return 1;
}

/* Skip to the answer to the last request within one read; NULL where it is not in there. */
static const struct nlmsghdr *find_answer(const struct am_nl *nl, size_t len)
{
	struct am_reader messages = am_reader(nl->reply, len);
	const struct nlmsghdr *msg;

	while ((msg = am_nl_next(&messages)))
		if (msg->nlmsg_seq == nl->seq)
			return msg;
	return NULL;
}

int am_nl_ask(struct am_nl *nl, struct nlmsghdr *request, const struct nlmsghdr **answer)
{
	*answer = NULL;
	request->nlmsg_flags |= NLM_F_REQUEST;
	request->nlmsg_seq = ++nl->seq;
	if (mnl_socket_sendto(nl->ask, request, request->nlmsg_len) < 0)
		return -errno;
	for (int i = 0; i < REPLIES_MAX && !*answer; i++) {
		ssize_t n = recv(mnl_socket_get_fd(nl->ask), nl->reply, sizeof nl->reply, MSG_DONTWAIT);

		if (n < 0)
			return -errno;
		*answer = find_answer(nl, (size_t)n);
	}
	if (!*answer)
		return -EPROTO;
	if ((*answer)->nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *refusal = mnl_nlmsg_get_payload(*answer);

		if ((*answer)->nlmsg_len < NLMSG_HDRLEN + sizeof refusal->error)
			return -EPROTO;
		*answer = NULL;
		return refusal->error;
	}
	return 0;
}

static int kernel_family(const struct am_ip *ip)
{
	return ip->family == AM_IPV6 ? AF_INET6 : AF_INET;
}

enum { REQUEST_ROOM = 256 };

static struct nlmsghdr *new_request(uint8_t *room, uint16_t type)
{
	struct nlmsghdr *msg = mnl_nlmsg_put_header(room);

	msg->nlmsg_type = type;
	return msg;
}

int am_nl_route(struct am_nl *nl, const struct am_ip *to, struct am_kroute *out)
{
	uint8_t room[REQUEST_ROOM] __attribute__((aligned(8)));
	struct nlmsghdr *msg = new_request(room, RTM_GETROUTE);
	struct rtmsg *rt = mnl_nlmsg_put_extra_header(msg, sizeof *rt);
	const struct nlmsghdr *answer;
	int rc;

	rt->rtm_family = (uint8_t)kernel_family(to);
	rt->rtm_dst_len = (uint8_t)(am_ip_len(to) * 8);
	mnl_attr_put(msg, RTA_DST, am_ip_len(to), to->bytes);
	rc = am_nl_ask(nl, msg, &answer);
	if (rc)
		return rc;
	return answer && am_nl_parse_route(answer, out) ? 0 : -EPROTO;
}

static void put_neigh(struct nlmsghdr *msg, int ifindex, const struct am_ip *ip, uint8_t flags)
{
	struct ndmsg *nd = mnl_nlmsg_put_extra_header(msg, sizeof *nd);

	nd->ndm_family = (uint8_t)kernel_family(ip);
	nd->ndm_ifindex = ifindex;
	nd->ndm_flags = flags;
	mnl_attr_put(msg, NDA_DST, am_ip_len(ip), ip->bytes);
}

int am_nl_neigh(struct am_nl *nl, int ifindex, const struct am_ip *ip, struct am_kneigh *out)
{
	uint8_t room[REQUEST_ROOM] __attribute__((aligned(8)));
	struct nlmsghdr *msg = new_request(room, RTM_GETNEIGH);
	const struct nlmsghdr *answer;
	int rc;

	put_neigh(msg, ifindex, ip, 0);
	rc = am_nl_ask(nl, msg, &answer);
	if (rc)
		return rc;
	return answer && am_nl_parse_neigh(answer, out) ? 0 : -EPROTO;
}

int am_nl_probe(struct am_nl *nl, int ifindex, const struct am_ip *ip)
{
	uint8_t room[REQUEST_ROOM] __attribute__((aligned(8)));
	struct nlmsghdr *msg = new_request(room, RTM_NEWNEIGH);
	const struct nlmsghdr *answer;

	msg->nlmsg_flags = NLM_F_ACK | NLM_F_CREATE;
	put_neigh(msg, ifindex, ip, NTF_USE);
	return am_nl_ask(nl, msg, &answer);
}

int am_nl_link(struct am_nl *nl, int ifindex, struct am_klink *out)
{
	uint8_t room[REQUEST_ROOM] __attribute__((aligned(8)));
	struct nlmsghdr *msg = new_request(room, RTM_GETLINK);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(msg, sizeof *info);
	const struct nlmsghdr *answer;
	int rc;

	info->ifi_family = AF_UNSPEC;
	info->ifi_index = ifindex;
	mnl_attr_put_u32(msg, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	rc = am_nl_ask(nl, msg, &answer);
	if (rc)
		return rc;
	return answer && am_nl_parse_link(answer, out) ? 0 : -EPROTO;
}

int am_nl_index(struct am_nl *nl, const char *name)
{
	uint8_t room[REQUEST_ROOM] __attribute__((aligned(8)));
	struct nlmsghdr *msg = new_request(room, RTM_GETLINK);
	const struct nlmsghdr *answer;
	struct am_klink link;

	mnl_nlmsg_put_extra_header(msg, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(msg, IFLA_IFNAME, name);
	mnl_attr_put_u32(msg, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return am_nl_ask(nl, msg, &answer) == 0 && answer && am_nl_parse_link(answer, &link) ? link.ifindex
											     : 0;
}

/* The same bit means secondary in IPv4 and temporary in IPv6. */
static void read_flags(const struct ifaddrmsg *ifa, uint32_t flags, struct am_kaddress *out)
{
	bool second = flags & IFA_F_SECONDARY;

	out->tentative = flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED) && !(flags & IFA_F_OPTIMISTIC);
	out->deprecated = flags & IFA_F_DEPRECATED;
	out->temporary = second && ifa->ifa_family == AF_INET6;
	out->secondary = second && ifa->ifa_family == AF_INET;
}

bool am_nl_parse_address(const struct nlmsghdr *msg, struct am_kaddress *out)
{
	struct attrs attrs;
	const struct ifaddrmsg *ifa = read_message(msg, sizeof *ifa, &attrs);
	uint32_t flags;

	*out = (struct am_kaddress){0};
	if (!ifa || msg->nlmsg_type != RTM_NEWADDR)
		return false;
	out->ifindex = (int)ifa->ifa_index;
	out->len = ifa->ifa_prefixlen;
	flags = ifa->ifa_flags;
	attr_u32(attrs.at[IFA_FLAGS], &flags);
	read_flags(ifa, flags, out);
	/* On a point-to-point device IFA_ADDRESS is the other end. */
	return attr_ip(ifa->ifa_family, attrs.at[IFA_LOCAL], &out->ip) ||
	       attr_ip(ifa->ifa_family, attrs.at[IFA_ADDRESS], &out->ip);
}

/* What is read of a dump goes to whoever asked. */
struct dump {
	am_nl_address_fn *address;
	am_nl_neigh_fn *neigh;
	void *ctx;
};

static void read_one(const struct nlmsghdr *msg, const struct dump *dump)
{
	struct am_kaddress address;
	struct am_kneigh neigh;

	if (dump->address && am_nl_parse_address(msg, &address))
		dump->address(dump->ctx, &address);
	if (dump->neigh && am_nl_parse_neigh(msg, &neigh))
		dump->neigh(dump->ctx, &neigh);
}

/* One read's worth: true where more is to come. */
static bool read_dump(const struct am_nl *nl, size_t len, const struct dump *dump)
{
	struct am_reader messages = am_reader(nl->reply, len);
	const struct nlmsghdr *msg;

	while ((msg = am_nl_next(&messages))) {
		if (msg->nlmsg_seq != nl->seq)
			continue;
		if (msg->nlmsg_type == NLMSG_DONE || msg->nlmsg_type == NLMSG_ERROR)
			return false;
		read_one(msg, dump);
	}
	return true;
}

static int dump_all(struct am_nl *nl, struct nlmsghdr *msg, const struct dump *dump)
{
	ssize_t n;

	msg->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	msg->nlmsg_seq = ++nl->seq;
	if (mnl_socket_sendto(nl->ask, msg, msg->nlmsg_len) < 0)
		return -errno;
	do {
		n = recv(mnl_socket_get_fd(nl->ask), nl->reply, sizeof nl->reply, MSG_DONTWAIT);
		if (n < 0)
			return -errno;
	} while (read_dump(nl, (size_t)n, dump));
	return 0;
}

int am_nl_addresses(struct am_nl *nl, am_nl_address_fn *fn, void *ctx)
{
	uint8_t room[REQUEST_ROOM] __attribute__((aligned(8)));
	struct nlmsghdr *msg = new_request(room, RTM_GETADDR);
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(msg, sizeof *ifa);

	ifa->ifa_family = AF_UNSPEC;
	return dump_all(nl, msg, &(struct dump){.address = fn, .ctx = ctx});
}

int am_nl_neighbours(struct am_nl *nl, int ifindex, am_nl_neigh_fn *fn, void *ctx)
{
	uint8_t room[REQUEST_ROOM] __attribute__((aligned(8)));
	struct nlmsghdr *msg = new_request(room, RTM_GETNEIGH);
	struct ndmsg *nd = mnl_nlmsg_put_extra_header(msg, sizeof *nd);

	nd->ndm_family = AF_UNSPEC;
	mnl_attr_put_u32(msg, NDA_IFINDEX, (uint32_t)ifindex);
	return dump_all(nl, msg, &(struct dump){.neigh = fn, .ctx = ctx});
}
