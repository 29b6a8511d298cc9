/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_NLSET_H
#define AMIMED_NLSET_H
/*
 * What we put into the kernel: addresses of host interfaces, and the way of the box's own traffic into our FIB. All of it is
 * 0 or the kernel's -errno; what is there already, or gone already, is no error.
 */
#include <stdbool.h>

#include "base/addr.h"

struct am_nl;

/* prefix: with host bits. nodad: nobody else can have it. */
int am_nl_set_address(struct am_nl *nl, int ifindex, const struct am_prefix *prefix, bool nodad, bool there);

/*
 * When the first IPv4 address of a network goes from this device, the others of that network stay (promote_secondaries): by
 * itself the kernel takes them all, whoever put them there.
 */
int am_nl_keep_secondaries(struct am_nl *nl, int ifindex);

/*
 * What the box sends from this address leaves by what is more specific than a default route in the kernel's main table, and
 * else by our table. So a default route of the management's is never taken by it, and never beaten for others.
 */
int am_nl_set_source_rule(struct am_nl *nl, const struct am_ip *source, uint32_t table, bool there);

/* The default route of that table. It goes with the device. */
int am_nl_set_default(struct am_nl *nl, uint8_t family, int ifindex, uint32_t table);

/*
 * The kernel finds out this neighbour now, and keeps it for us from then on, where it can (Linux 5.16); else it is asked for
 * once.
 */
int am_nl_keep_neighbour(struct am_nl *nl, int ifindex, const struct am_ip *ip);

#endif
