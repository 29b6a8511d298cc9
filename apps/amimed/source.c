/* SPDX-License-Identifier: BSD-3-Clause */
#include "source.h"

#include <string.h>

bool am_source_is_unicast(const struct am_ip *ip)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	static const uint8_t low[12];

	if (!ip->family || am_ip_is_unspecified(ip) || am_ip_is_multicast(ip))
		return false;
	if (ip->family == AM_IPV4) /* RFC 6890: this network, loopback, reserved */
		return ip->bytes[0] != 0 && ip->bytes[0] != 127 && ip->bytes[0] < 240;
	/* ::1 and what is left of addresses that stand for IPv4 ones */
	return memcmp(ip->bytes, mapped, sizeof mapped) != 0 && memcmp(ip->bytes, low, sizeof low) != 0;
}

static bool is_local_unique(const struct am_ip *ip)
{
	return ip->family == AM_IPV6 && (ip->bytes[0] & 0xfe) == 0xfc;
}

/* 0: not at all; the highest is taken. */
static unsigned rank(const struct am_kaddress *a, const struct am_ip *remote)
{
	bool near = remote->family && am_ip_is_link_local(remote);
	unsigned good = 1;

	if (a->tentative || !am_source_is_unicast(&a->ip) || am_ip_is_link_local(&a->ip) != near)
		return 0;
	good += a->deprecated ? 0 : 8;
	good += remote->family && is_local_unique(&a->ip) != is_local_unique(remote) ? 0 : 4;
	good += a->temporary ? 0 : 2;
	good += a->secondary ? 0 : 1;
	return good;
}

bool am_source_pick(const struct am_kaddress *addresses, unsigned n, int ifindex, uint8_t family,
	const struct am_ip *remote, const struct am_ip *current, struct am_ip *out)
{
	unsigned best = 0, good;

	for (unsigned i = 0; i < n; i++) {
		const struct am_kaddress *a = &addresses[i];

		if (a->ifindex != ifindex || a->ip.family != family)
			continue;
		good = rank(a, remote) * 2;
		good += good && am_ip_equal(&a->ip, current);
		if (good <= best)
			continue;
		best = good;
		*out = a->ip;
	}
	return best;
}
