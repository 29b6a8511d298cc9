/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMECTL_ROUTES_H
#define AMIMECTL_ROUTES_H
/* `show routes`: page by page, so that a table of any size needs neither our memory nor much of amimed's time at once. */
#include <stdio.h>

#include <jansson.h>

#include "args.h"
#include "control/client.h"

/* The exit status. */
int am_routes_show(const struct am_control_daemon *to, int fd, const struct am_ctl_args *args);

/* One page as lines of columns that are as wide on each. */
void am_routes_head(FILE *out);
void am_routes_page(const json_t *routes, FILE *out);

#endif
