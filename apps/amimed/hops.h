/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_HOPS_H
#define AMIMED_HOPS_H
/* Between the model's next hops and the kernel's answers: nexthop.c with the daemon's ports, model and netlink. */

struct am_daemon;

/* 0 or -ENOMEM. */
int am_daemon_hops_create(struct am_daemon *d);
/* The running configuration's next hops are the wanted ones from now on. */
void am_daemon_hops_sync(struct am_daemon *d);

#endif
