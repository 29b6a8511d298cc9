/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int am_fail(struct am_err *err, int code, const char *fmt, ...)
{
	va_list args;

	if (err) {
		va_start(args, fmt);
		vsnprintf(err->text, sizeof err->text, fmt, args);
		va_end(args);
	}
	return -code;
}

int am_fail_in(struct am_err *err, int code, const char *fmt, ...)
{
	char before[AM_ERR_TEXT];
	size_t used, left;
	va_list args;

	if (!err)
		return code;
	memcpy(before, err->text, sizeof before);
	va_start(args, fmt);
	vsnprintf(err->text, sizeof err->text, fmt, args);
	va_end(args);
	used = strlen(err->text);
	left = sizeof err->text - used;
	snprintf(err->text + used, left, ": %.*s", (int)left, before);
	return code;
}
