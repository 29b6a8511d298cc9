/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMECTL_VIEW_L3_H
#define AMIMECTL_VIEW_L3_H
/* show interfaces, neighbors, routes, as, vrfs and acls, for people. */
#include <stdio.h>

#include <jansson.h>

/* With all that is known of each. */
void am_view_interface(const json_t *list, FILE *out);
void am_view_interfaces(const json_t *list, FILE *out);
void am_view_neighbors(const json_t *list, FILE *out);
void am_view_acls(const json_t *list, FILE *out);
void am_view_as(const json_t *list, FILE *out);
void am_view_vrfs(const json_t *list, FILE *out);

#endif
