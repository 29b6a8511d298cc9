/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DRIVERS_NETNS_H
#define DRIVERS_NETNS_H
/* Network namespaces: the calling thread goes into one, opens what it needs there, and comes back. */
#include "base/err.h"

struct stat;

/*
 * name: as `ip netns` knows it, or a path; NULL or empty: stay where we are. *back is for am_netns_leave. 0, or -errno with
 * err; then nothing has changed.
 */
int am_netns_enter(const char *name, int *back, struct am_err *err);
/* Aborts where there is no way back: everything after it would happen in the wrong place. */
void am_netns_leave(int back);

/* Which one it is: the same device and inode are the same namespace. Empty: where we are. 0 or -errno. */
int am_netns_stat(const char *name, struct stat *out);

#endif
