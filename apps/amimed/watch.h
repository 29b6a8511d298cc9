/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_WATCH_H
#define AMIMED_WATCH_H
/* system.watch: a reload when the file changes, or one in a folder that it includes. */
#include <stdbool.h>

#include <uv.h>

#include "config/config.h"

struct am_daemon;

struct am_watch {
	uv_fs_poll_t file;
	uv_fs_event_t folders[AM_CONFIG_INCLUDES];
	uv_timer_t settle; /* several files are written in one go: wait until it is quiet */
};

/* With the loop; its handles are closed with those of the loop. */
void am_watch_init(struct am_watch *w, struct am_daemon *d);
/* After a commit: what the running configuration wants to be watched. */
void am_watch_adapt(struct am_watch *w, struct am_daemon *d);

#endif
