/* SPDX-License-Identifier: BSD-3-Clause */
#include "local.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>

#include "socket.h"

struct search {
	struct am_bgp_speaker_end end;
	struct am_ip peer;
	const char *interface;
};

static bool ip_of(const struct sockaddr *from, struct am_ip *ip)
{
	struct sockaddr_storage copy = {0};
	uint32_t scope;

	if (!from || (from->sa_family != AF_INET && from->sa_family != AF_INET6))
		return false;
	memcpy(&copy, from,
		from->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
	am_bgp_sockaddr_ip(&copy, ip, &scope);
	return true;
}

static const char *find_interface(const struct ifaddrs *all, const struct am_ip *address)
{
	struct am_ip ip;

	for (; all; all = all->ifa_next) {
		if (ip_of(all->ifa_addr, &ip) && am_ip_equal(&ip, address))
			return all->ifa_name;
	}
	return NULL;
}

/* Is the peer in the subnet of this address? */
static bool on_link(const struct ifaddrs *at, const struct am_ip *ip, const struct am_ip *peer)
{
	struct am_ip mask;
	size_t len = am_ip_len(ip);

	if (ip->family != peer->family || !ip_of(at->ifa_netmask, &mask))
		return false;
	for (size_t i = 0; i < len; i++) {
		if ((ip->bytes[i] ^ peer->bytes[i]) & mask.bytes[i])
			return false;
	}
	return true;
}

static void take(struct search *s, const struct am_ip *ip, struct am_ip *link_local)
{
	struct am_bgp_speaker_end *end = &s->end;

	if (ip->family == AM_IPV4 && !end->ipv4.family)
		end->ipv4 = *ip;
	if (ip->family == AM_IPV6 && am_ip_is_link_local(ip))
		*link_local = *ip;
	else if (ip->family == AM_IPV6 && !end->ipv6.family)
		end->ipv6 = *ip;
}

static void search(struct search *s, const struct ifaddrs *all)
{
	struct am_ip ip, link_local = {0};
	bool near = am_ip_is_link_local(&s->peer);

	for (; all && s->interface; all = all->ifa_next) {
		if (strcmp(all->ifa_name, s->interface) || !ip_of(all->ifa_addr, &ip))
			continue;
		take(s, &ip, &link_local);
		near |= on_link(all, &ip, &s->peer);
	}
	/* RFC 2545 3: only a peer on the same link can use it. */
	if (near)
		s->end.link_local = link_local;
}

struct am_bgp_speaker_end am_bgp_local_end(int fd, const struct am_ip *peer)
{
	struct search s = {.peer = *peer};
	struct sockaddr_storage at;
	socklen_t len = sizeof at;
	struct ifaddrs *all;

	if (getsockname(fd, (struct sockaddr *)&at, &len) || !ip_of((struct sockaddr *)&at, &s.end.address) ||
		getifaddrs(&all))
		return s.end;
	s.interface = find_interface(all, &s.end.address);
	search(&s, all);
	freeifaddrs(all);
	return s.end;
}
