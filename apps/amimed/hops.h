/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_HOPS_H
#define AMIMED_HOPS_H
/* Between the model's next hops and the kernel's answers: nexthop.c with the daemon's ports, model and netlink. */
#include <stdbool.h>
#include <stddef.h>

struct am_daemon;
struct am_ip;

/* 0 or -ENOMEM. */
int am_daemon_hops_create(struct am_daemon *d);
/* The running configuration's next hops are the wanted ones from now on. */
void am_daemon_hops_sync(struct am_daemon *d);

/*
 * A tunnel's local address must be one of this machine's, or nobody answers for it when the other side's gateway asks.
 * True where it is not, with a line about it in buf.
 */
bool am_daemon_local_note(const struct am_daemon *d, const struct am_ip *local, char *buf, size_t room);

#endif
