/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMECTL_VIEW_HOST_H
#define AMIMECTL_VIEW_HOST_H
/* `show host` for people. Whatever amimed answers is printed as far as it can be read. */
#include <jansson.h>
#include <stdio.h>

void am_view_host(const json_t *result, FILE *out);

#endif
