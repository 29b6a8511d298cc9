/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages as the kernel sends them, built by hand, and every prefix of them. */
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "netlink.h"

static const uint8_t gateway[4] = {192, 0, 2, 254};
static const uint8_t gateway6[16] = {0xfe, 0x80, [15] = 1};
static const uint8_t mac[6] = {2, 0, 0, 0, 0, 9};

struct message {
	uint8_t bytes[512] __attribute__((aligned(8)));
};

static struct nlmsghdr *new_message(struct message *m, uint16_t type)
{
	struct nlmsghdr *h;

	memset(m, 0, sizeof *m);
	h = mnl_nlmsg_put_header(m->bytes);
	h->nlmsg_type = type;
	return h;
}

static struct nlmsghdr *route_message(struct message *m, uint8_t family, uint8_t type)
{
	struct nlmsghdr *h = new_message(m, RTM_NEWROUTE);
	struct rtmsg *rt = mnl_nlmsg_put_extra_header(h, sizeof *rt);

	rt->rtm_family = family;
	rt->rtm_type = type;
	return h;
}

static void route_by_gateway(void **state)
{
	struct message m;
	struct nlmsghdr *h = route_message(&m, AF_INET, RTN_UNICAST);
	struct am_ip want = am_ip4(gateway);
	struct am_kroute route;

	(void)state;
	mnl_attr_put_u32(h, RTA_OIF, 7);
	mnl_attr_put(h, RTA_GATEWAY, 4, gateway);
	assert_true(am_nl_parse_route(h, &route));
	assert_int_equal(route.type, AM_KROUTE_UNICAST);
	assert_int_equal(route.oif, 7);
	assert_true(am_ip_equal(&route.gateway, &want));
}

static void route_on_link(void **state)
{
	struct message m;
	struct nlmsghdr *h = route_message(&m, AF_INET6, RTN_UNICAST);
	struct am_kroute route;

	(void)state;
	mnl_attr_put_u32(h, RTA_OIF, 3);
	assert_true(am_nl_parse_route(h, &route));
	assert_int_equal(route.gateway.family, 0);
}

/* RFC 8950 in the kernel: an IPv4 route by an IPv6 gateway. */
static void route_via_other_family(void **state)
{
	struct message m;
	struct nlmsghdr *h = route_message(&m, AF_INET, RTN_UNICAST);
	uint8_t via[18] = {AF_INET6, 0};
	struct am_ip want = am_ip6(gateway6);
	struct am_kroute route;

	(void)state;
	memcpy(via + 2, gateway6, 16);
	mnl_attr_put_u32(h, RTA_OIF, 3);
	mnl_attr_put(h, RTA_VIA, sizeof via, via);
	assert_true(am_nl_parse_route(h, &route));
	assert_true(am_ip_equal(&route.gateway, &want));
}

static void route_multipath(void **state)
{
	struct message m;
	struct nlmsghdr *h = route_message(&m, AF_INET, RTN_UNICAST);
	struct {
		struct rtnexthop hop;
		struct nlattr attr;
		uint8_t ip[4];
	} path = {
		{.rtnh_len = sizeof path, .rtnh_ifindex = 11}, {.nla_len = 8, .nla_type = RTA_GATEWAY}, {0}};
	struct am_ip want = am_ip4(gateway);
	struct am_kroute route;

	(void)state;
	memcpy(path.ip, gateway, 4);
	mnl_attr_put(h, RTA_MULTIPATH, sizeof path, &path);
	assert_true(am_nl_parse_route(h, &route));
	assert_int_equal(route.oif, 11);
	assert_true(am_ip_equal(&route.gateway, &want));
	path.hop.rtnh_len = 60000; /* longer than it is */
	h = route_message(&m, AF_INET, RTN_UNICAST);
	mnl_attr_put(h, RTA_MULTIPATH, sizeof path, &path);
	assert_false(am_nl_parse_route(h, &route));
}

static void route_kinds(void **state)
{
	struct message m;
	struct nlmsghdr *h = route_message(&m, AF_INET, RTN_LOCAL);
	struct am_kroute route;

	(void)state;
	mnl_attr_put_u32(h, RTA_OIF, 1);
	assert_true(am_nl_parse_route(h, &route));
	assert_int_equal(route.type, AM_KROUTE_LOCAL);
	assert_true(am_nl_parse_route(route_message(&m, AF_INET, RTN_BLACKHOLE), &route));
	assert_int_equal(route.type, AM_KROUTE_REFUSED);
	assert_false(am_nl_parse_route(route_message(&m, AF_INET, RTN_UNICAST), &route));
}

static struct nlmsghdr *neigh_message(struct message *m, uint16_t nud, size_t mac_len)
{
	struct nlmsghdr *h = new_message(m, RTM_NEWNEIGH);
	struct ndmsg *nd = mnl_nlmsg_put_extra_header(h, sizeof *nd);

	nd->ndm_family = AF_INET;
	nd->ndm_ifindex = 5;
	nd->ndm_state = nud;
	mnl_attr_put(h, NDA_DST, 4, gateway);
	if (mac_len)
		mnl_attr_put(h, NDA_LLADDR, mac_len, mac);
	return h;
}

static void neighbours(void **state)
{
	static const struct {
		uint16_t nud;
		size_t mac_len;
		bool usable, failed;
	} cases[] = {
		{NUD_REACHABLE, 6, true, false},
		{NUD_STALE, 6, true, false},
		{NUD_PROBE, 6, true, false},
		{NUD_PERMANENT, 6, true, false},
		{NUD_FAILED, 6, false, true},
		{NUD_FAILED, 0, false, true},
		{NUD_INCOMPLETE, 0, false, false},
		{NUD_REACHABLE, 4, false, false},
		{NUD_NONE, 6, false, false},
	};
	struct am_kneigh neigh;
	struct message m;

	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_true(am_nl_parse_neigh(neigh_message(&m, cases[i].nud, cases[i].mac_len), &neigh));
		assert_int_equal(neigh.ifindex, 5);
		assert_int_equal(neigh.usable, cases[i].usable);
		assert_int_equal(neigh.failed, cases[i].failed);
		if (neigh.usable)
			assert_memory_equal(neigh.mac.bytes, mac, 6);
	}
}

static struct nlmsghdr *vlan_message(struct message *m)
{
	struct nlmsghdr *h = new_message(m, RTM_NEWLINK);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(h, sizeof *info);
	struct nlattr *linkinfo, *data;

	info->ifi_index = 9;
	info->ifi_flags = IFF_UP;
	mnl_attr_put_strz(h, IFLA_IFNAME, "wan0.100");
	mnl_attr_put_u32(h, IFLA_LINK, 4);
	linkinfo = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "vlan");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	mnl_attr_put_u16(h, IFLA_VLAN_ID, 100);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, linkinfo);
	return h;
}

static void vlan_link(void **state)
{
	struct am_klink link;
	struct message m;

	(void)state;
	assert_true(am_nl_parse_link(vlan_message(&m), &link));
	assert_int_equal(link.ifindex, 9);
	assert_int_equal(link.parent, 4);
	assert_int_equal(link.vlan, 100);
	assert_true(link.up);
	assert_string_equal(link.name, "wan0.100");
}

static void links_go(void **state)
{
	static const struct {
		uint16_t type;
		uint8_t family;
		enum am_nl_event event;
	} cases[] = {
		{RTM_NEWLINK, AF_UNSPEC, AM_NL_LINK}, {RTM_DELLINK, AF_UNSPEC, AM_NL_LINK_GONE},
		{RTM_DELLINK, AF_BRIDGE, AM_NL_LINK}, /* left a bridge */
	};
	struct am_kneigh neigh = {0};
	struct message m;

	(void)state;
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct nlmsghdr *h = new_message(&m, cases[i].type);
		struct ifinfomsg *info = mnl_nlmsg_put_extra_header(h, sizeof *info);

		info->ifi_family = cases[i].family;
		info->ifi_index = 9;
		assert_int_equal(am_nl_parse_event(h, &neigh), cases[i].event);
		assert_int_equal(neigh.ifindex, 9);
		h->nlmsg_len -= 4;
		assert_int_equal(am_nl_parse_event(h, &neigh), AM_NL_NOTHING);
	}
}

static void count(void *ctx, enum am_nl_event event, const struct am_kneigh *neigh)
{
	unsigned *seen = ctx;

	(void)neigh;
	seen[event]++;
}

/* Cut anywhere, in a buffer of exactly that size: nothing behind it is read, and only whole messages count. */
static void every_prefix(void **state)
{
	struct message m[2];
	size_t len = neigh_message(&m[0], NUD_REACHABLE, 6)->nlmsg_len;

	(void)state;
	for (size_t n = 0; n <= len; n++) {
		unsigned seen[AM_NL_NEIGH_GONE + 1] = {0};
		uint8_t *copy = malloc(n ? n : 1);

		memcpy(copy, m[0].bytes, n);
		am_nl_walk(copy, n, count, seen);
		free(copy);
		assert_int_equal(seen[AM_NL_NEIGH], n == len);
	}
}

/* Found by the fuzzer: libmnl's walker takes a length of 2 GiB and more for a negative one, and runs away. */
static void huge_length(void **state)
{
	struct message m;
	struct nlmsghdr *h = neigh_message(&m, NUD_REACHABLE, 6);
	unsigned seen[AM_NL_NEIGH_GONE + 1] = {0};
	size_t len = h->nlmsg_len;

	(void)state;
	h->nlmsg_len = 0xe9000d48;
	am_nl_walk(m.bytes, len, count, seen);
	assert_int_equal(seen[AM_NL_NEIGH], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(route_by_gateway),
		cmocka_unit_test(route_on_link),
		cmocka_unit_test(route_via_other_family),
		cmocka_unit_test(route_multipath),
		cmocka_unit_test(route_kinds),
		cmocka_unit_test(neighbours),
		cmocka_unit_test(vlan_link),
		cmocka_unit_test(links_go),
		cmocka_unit_test(every_prefix),
		cmocka_unit_test(huge_length),
	};

	return cmocka_run_group_tests_name("amimed/netlink", tests, NULL, NULL);
}
