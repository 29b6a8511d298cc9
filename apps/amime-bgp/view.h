/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_BGP_VIEW_H
#define AMIME_BGP_VIEW_H
/* Answers as tables for people. */
#include <jansson.h>
#include <stdio.h>

void am_bgp_view(const char *what, const json_t *result, FILE *out);
void am_bgp_view_routes(const json_t *result, FILE *out);

#endif
