/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MODEL_CHECK_H
#define MODEL_CHECK_H
#include <stdbool.h>

#include "config/config.h"
#include "pkt/port.h"

/*
 * Refuse what lib/config cannot see: stacks of tunnels whose bytes do not fit, and tunnels routed into themselves. Every
 * complaint goes to errors. Nothing is said that follows from what was complained about before (am_config_is_faulty),
 * and about ports whose MTU is neither configured nor in limits only where guess is set.
 */
void am_check(const struct am_config *config, const struct am_port_limits *limits, bool guess,
	struct am_config_errors *errors);

/* recursion.c: what runs over something must not be looked for behind it. */
void am_check_recursion(const struct am_config *config, struct am_config_errors *errors);

#endif
