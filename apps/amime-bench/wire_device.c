/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire_device.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

enum { LINE = 512 };

bool wire_device_is_default4(const char *line, const char *device)
{
	char name[64];
	unsigned long destination, mask;

	return sscanf(line, "%63s %lx %*s %*s %*s %*s %*s %lx", name, &destination, &mask) == 3 &&
	       !strcmp(name, device) && !destination && !mask;
}

bool wire_device_is_default6(const char *line, const char *device)
{
	char name[64], destination[33];
	unsigned length;

	return sscanf(line, "%32s %x %*s %*s %*s %*s %*s %*s %*s %63s", destination, &length, name) == 3 &&
	       !strcmp(name, device) && !length && strspn(destination, "0") == strlen(destination);
}

static bool any_line(const char *path, const char *device, bool (*is)(const char *, const char *))
{
	FILE *f = fopen(path, "re");
	char line[LINE];
	bool found = false;

	while (f && !found && fgets(line, sizeof line, f))
		found = is(line, device);
	if (f)
		fclose(f);
	return found;
}

static bool is_global(const struct sockaddr *at)
{
	if (!at)
		return false;
	return at->sa_family == AF_INET ||
	       (at->sa_family == AF_INET6 &&
		       !IN6_IS_ADDR_LINKLOCAL(&((const struct sockaddr_in6 *)(const void *)at)->sin6_addr));
}

static bool has_address(const char *device)
{
	struct ifaddrs *all, *i;
	bool found = false;

	if (getifaddrs(&all))
		return true; /* nobody can say: better not */
	for (i = all; i && !found; i = i->ifa_next)
		found = !strcmp(i->ifa_name, device) && is_global(i->ifa_addr);
	freeifaddrs(all);
	return found;
}

const char *wire_device_use(const char *device)
{
	if (any_line("/proc/self/net/route", device, wire_device_is_default4) ||
		any_line("/proc/self/net/ipv6_route", device, wire_device_is_default6))
		return "the default route goes by it";
	return has_address(device) ? "it has an IP address" : NULL;
}
