/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_MIRROR_H
#define AMIMED_MIRROR_H
/*
 * Between the model's interfaces and the kernel: which host interfaces the running configuration asks for, which addresses the
 * kernel has (what XDP leaves to it), and who its neighbours are.
 */
#include <stdbool.h>

#include "base/err.h"

struct am_daemon;
struct am_kaddresses;
struct am_kneigh;
struct am_nl;

/* After a commit, and once a second. */
void am_mirror_sync(struct am_daemon *d);
/* Which frames each port's driver takes, by the running configuration and the kernel's addresses. 0, or -errno and err. */
int am_mirror_steer(struct am_daemon *d, struct am_err *err);
/* The kernel says something new of a neighbour; nl: by whom it is said. */
void am_mirror_neighbour(
	struct am_daemon *d, const struct am_nl *nl, const struct am_kneigh *neigh, bool gone);
/* Everything that it knows of them, after a commit or where changes were lost. */
void am_mirror_neighbours(struct am_daemon *d);
/* Neighbours that workers have packets for. */
void am_mirror_gleans(struct am_daemon *d);
void am_mirror_free_addresses(struct am_kaddresses *addresses);
/* Addresses of the kernel's have changed. */
void am_mirror_addresses(struct am_daemon *d);

#endif
