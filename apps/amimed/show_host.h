/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_SHOW_HOST_H
#define AMIMED_SHOW_HOST_H
/* `show host`: what is between us and the kernel. */
#include <jansson.h>

struct am_daemon;

/*
 * {"interfaces": [host interfaces], "punt": [classes of what is for the box], "steering": [ports whose driver shares the
 * device with the kernel, and why which frames went where]}
 */
json_t *am_show_host(const struct am_daemon *d);

#endif
