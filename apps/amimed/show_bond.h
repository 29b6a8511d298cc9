/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_SHOW_BOND_H
#define AMIMED_SHOW_BOND_H
#include <jansson.h>

struct am_open_port;

/* A bond's mode and members: links, who carries, and what LACP's two ends say. */
json_t *am_show_bond(const struct am_open_port *open);

#endif
