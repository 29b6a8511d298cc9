/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_EXPORT_H
#define AMIMED_EXPORT_H
/*
 * Counters for Prometheus: system.metrics_file, as node_exporter's textfile collector reads it, written anew at an interval
 * and renamed into place, so that a reader never sees half of one.
 */
#include <stdbool.h>

#include <uv.h>

struct am_daemon;

struct am_export {
	uv_timer_t timer;
	uv_work_t work; /* writing may wait for a disk: not on the control thread */
	bool busy;
	bool complained; /* that it cannot be written, once until it can */
	char path[256];  /* of the write under way */
	char *text;      /* of the same */
	size_t len;
	int error;             /* of the same; errno, 0: fine */
	unsigned long written; /* files, since the start */
};

void am_export_init(struct am_daemon *d);
/* After each commit: as the configuration says now. */
void am_export_follow(struct am_daemon *d);
/* After the loop is closed. */
void am_export_fini(struct am_daemon *d);

#endif
