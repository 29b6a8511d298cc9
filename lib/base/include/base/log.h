/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BASE_LOG_H
#define BASE_LOG_H
/*
 * A log is a value that main() makes and passes down: a level and a place to write lines to. Workers never
 * log.
 */
#include <stdarg.h>
#include <stdio.h>

struct am_journal;

enum am_log_level { AM_LOG_ERROR, AM_LOG_WARN, AM_LOG_INFO, AM_LOG_DEBUG };

struct am_log {
	FILE *out; /* one line each, flushed; NULL is silent */
	enum am_log_level level;
	const char *name;                 /* program name, first word of each line */
	const struct am_journal *journal; /* lines go there instead; NULL: to out */
};

void am_log(const struct am_log *log, enum am_log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
