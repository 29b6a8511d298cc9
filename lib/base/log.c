/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/log.h"

#include "base/journal.h"

enum { LINE_TEXT = 1024 };

/* As syslog(3) has them. */
static const int priorities[] = {
	[AM_LOG_ERROR] = 3,
	[AM_LOG_WARN] = 4,
	[AM_LOG_INFO] = 6,
	[AM_LOG_DEBUG] = 7,
};

static const char *const level_names[] = {
	[AM_LOG_ERROR] = "error",
	[AM_LOG_WARN] = "warning",
	[AM_LOG_INFO] = "info",
	[AM_LOG_DEBUG] = "debug",
};

/* Names from outside may hold control characters; none of them shall forge a second line or drive a terminal.
 */
static void keep_one_line(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = ' ';
	}
}

void am_log(const struct am_log *log, enum am_log_level level, const char *fmt, ...)
{
	char text[LINE_TEXT];
	va_list args;

	if (!log || !log->out || level > log->level)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	keep_one_line(text);
	if (log->journal && am_journal_send(log->journal, priorities[level], log->name, text))
		return;
	fprintf(log->out, "%s: %s: %s\n", log->name, level_names[level], text);
	fflush(log->out);
}
