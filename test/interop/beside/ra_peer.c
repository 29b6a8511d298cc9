/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The router advertisements of lib/bgp on one interface, with a raw socket around them, until SIGTERM: then the last one is sent. It
 * says who appears and who goes, a line each.
 *
 * usage: ra_peer INTERFACE
 */
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/clock.h"
#include "bgp/ra.h"

static void die(const char *what)
{
	fprintf(stderr, "ra_peer: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void set(int fd, int level, int name, const void *value, socklen_t len)
{
	if (setsockopt(fd, level, name, value, len))
		die("setsockopt");
}

static int open_socket(const char *name, unsigned interface)
{
	int fd = socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6), hops = AM_BGP_RA_HOP_LIMIT, on = 1;
	struct ipv6_mreq nodes = {.ipv6mr_interface = interface}, routers = nodes;
	struct icmp6_filter filter;

	if (fd < 0)
		die("socket");
	ICMP6_FILTER_SETBLOCKALL(&filter);
	ICMP6_FILTER_SETPASS(ND_ROUTER_SOLICIT, &filter);
	ICMP6_FILTER_SETPASS(ND_ROUTER_ADVERT, &filter);
	nodes.ipv6mr_multiaddr = (struct in6_addr){{{0xff, 2, [15] = 1}}};
	routers.ipv6mr_multiaddr = (struct in6_addr){{{0xff, 2, [15] = 2}}};
	set(fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t)strlen(name) + 1);
	set(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter);
	set(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &interface, sizeof interface);
	set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof hops);
	set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &on, sizeof on);
	set(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &nodes, sizeof nodes);
	set(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &routers, sizeof routers);
	return fd;
}

static struct am_ip own_address(const char *interface)
{
	struct am_ip found = {0};
	struct ifaddrs *all;

	if (getifaddrs(&all))
		die("getifaddrs");
	for (struct ifaddrs *i = all; i; i = i->ifa_next) {
		struct am_ip ip;

		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET6 || strcmp(i->ifa_name, interface))
			continue;
		ip = am_ip6(((struct sockaddr_in6 *)i->ifa_addr)->sin6_addr.s6_addr);
		if (am_ip_is_link_local(&ip))
			found = ip;
	}
	freeifaddrs(all);
	return found;
}

static void drain(struct am_bgp_ra *ra, int fd, unsigned interface)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_scope_id = interface};
	struct am_bgp_ra_event e;
	uint8_t bytes[AM_BGP_RA_LEN];
	char text[AM_IP_TEXT];
	size_t len;

	to.sin6_addr = (struct in6_addr){{{0xff, 2, [15] = 1}}};
	while (am_bgp_ra_output(ra, bytes, &len)) {
		if (sendto(fd, bytes, len, 0, (struct sockaddr *)&to, sizeof to) < 0)
			die("sendto");
	}
	while (am_bgp_ra_next_event(ra, &e))
		printf("%s %s%s%s\n", e.type == AM_BGP_RA_APPEARED ? "appeared" : "gone",
			am_ip_text(&e.address, text), e.why ? ": " : "", e.why ? e.why : "");
	fflush(stdout);
}

static void receive(struct am_bgp_ra *ra, int fd)
{
	uint8_t bytes[2048], control[128];
	struct sockaddr_in6 from;
	struct iovec iov = {bytes, sizeof bytes};
	struct msghdr m = {.msg_name = &from,
		.msg_namelen = sizeof from,
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof control};
	ssize_t len = recvmsg(fd, &m, 0);
	int hops = 0;
	const char *why;
	struct am_ip source;

	if (len < 0)
		die("recvmsg");
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT)
			memcpy(&hops, CMSG_DATA(c), sizeof hops);
	}
	source = am_ip6(from.sin6_addr.s6_addr);
	if (am_bgp_ra_input(ra, bytes, (size_t)len, &source, (uint8_t)hops, am_clock_monotonic(), &why))
		printf("refused: %s\n", why);
}

static int milliseconds(const struct am_bgp_ra *ra)
{
	am_time deadline = am_bgp_ra_deadline(ra);
	uint64_t ms = am_time_since(deadline, am_clock_monotonic()) / AM_MS + 1;

	return deadline.ns == UINT64_MAX ? -1 : ms > 60000 ? 60000 : (int)ms;
}

int main(int argc, char **argv)
{
	const struct am_bgp_ra_config config = {.interval = 4, .lifetime = 12, .patience = 60, .seed = 1};
	unsigned interface = argc == 2 ? if_nametoindex(argv[1]) : 0;
	struct am_bgp_ra ra;
	struct am_ip own;
	struct pollfd p[2];
	sigset_t term;

	if (!interface) {
		fprintf(stderr, "usage: ra_peer INTERFACE\n");
		return 2;
	}
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	p[0] = (struct pollfd){.fd = open_socket(argv[1], interface), .events = POLLIN};
	p[1] = (struct pollfd){.fd = signalfd(-1, &term, 0), .events = POLLIN};
	own = own_address(argv[1]);
	if (am_bgp_ra_init(&ra, &config) || am_bgp_ra_up(&ra, &own, NULL, am_clock_monotonic())) {
		fprintf(stderr, "ra_peer: %s has no link-local address\n", argv[1]);
		return 1;
	}
	while (!p[1].revents) {
		drain(&ra, p[0].fd, interface);
		if (poll(p, 2, milliseconds(&ra)) < 0)
			die("poll");
		if (p[0].revents)
			receive(&ra, p[0].fd);
		am_bgp_ra_expire(&ra, am_clock_monotonic());
	}
	am_bgp_ra_stop(&ra);
	drain(&ra, p[0].fd, interface);
	return 0;
}
