/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMECTL_LIVE_H
#define AMIMECTL_LIVE_H
/* Commands that are made of several answers: top, graph, show tunnel NAME. Each returns an exit status. */
#include "args.h"
#include "control/client.h"

int am_live_top(const struct am_control_daemon *to, int fd, const struct am_ctl_args *args);
int am_live_graph(const struct am_control_daemon *to, int fd, const struct am_ctl_args *args);
int am_live_tunnel(const struct am_control_daemon *to, int fd, const struct am_ctl_args *args);
/* The graph of a file, nothing needs to run. */
int am_live_graph_file(const struct am_ctl_args *args);

#endif
