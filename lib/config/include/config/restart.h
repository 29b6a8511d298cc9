/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONFIG_RESTART_H
#define CONFIG_RESTART_H
/* What a running daemon cannot change: DPDK and its memory, threads, tables, and what a device was opened with. */
#include "config/config.h"

/* Complain in config about each key that differs from what runs and takes effect only at a start. */
void am_config_check_restart(
	const struct am_config *running, const struct am_config *config, struct am_config_errors *errors);

#endif
