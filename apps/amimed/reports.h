/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_REPORTS_H
#define AMIMED_REPORTS_H
/*
 * What routers and other ends say about our tunnels' packets (ICMP errors): the last of each tunnel, how often, and a line in the
 * log where it is news. They are claims of strangers, so nothing is changed because of one.
 */
#include <jansson.h>

struct am_conf_tunnel;
struct am_daemon;
struct am_reports;

void am_reports_free(struct am_reports *reports);
/* Those that the slow thread has. */
void am_reports_take(struct am_daemon *d);
/* The last one about a tunnel, into o. */
void am_reports_show(const struct am_daemon *d, const struct am_conf_tunnel *t, json_t *o);

#endif
