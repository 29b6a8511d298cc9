/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMECTL_TUNNEL_H
#define AMIMECTL_TUNNEL_H
/* One tunnel, what is missing where it is down, and what to do about it. Made of what `show` answers. */
#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

/*
 * What is known of the tunnel: {"tunnel": .., "problems": [{"what", "do"}]}; NULL where there is none of that name. tunnels and
 * ports as `show` answers them.
 */
json_t *am_tunnel_diagnose(const json_t *tunnels, const json_t *ports, const char *name);
void am_tunnel_view(const json_t *diagnosis, FILE *out);

#endif
