/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_SOURCE_H
#define AMIMED_SOURCE_H
/* Which of the kernel's addresses a tunnel sends from, and which ones a name may lead to. Pure. */
#include <stdbool.h>

#include "netlink.h"

/*
 * The best address of family on a device, as the kernel would choose (RFC 6724) but that one which stays comes before a temporary
 * one. remote: of that family, or family 0 where it is not known. Of equally good ones current is kept, else the first is
 * taken. False where there is none.
 */
bool am_source_pick(const struct am_kaddress *addresses, unsigned n, int ifindex, uint8_t family,
	const struct am_ip *remote, const struct am_ip *current, struct am_ip *out);

/* A packet to it can leave the box for one other host. */
bool am_source_is_unicast(const struct am_ip *ip);

#endif
