/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_SHOW_L3_H
#define AMIMED_SHOW_L3_H
/* What `show vrfs` and `as` answer. Control thread. NULL only where memory is short. */
#include <jansson.h>

struct am_daemon;

json_t *am_show_vrfs(const struct am_daemon *d);
json_t *am_show_as(const struct am_daemon *d);

#endif
