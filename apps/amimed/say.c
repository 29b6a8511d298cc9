/* SPDX-License-Identifier: BSD-3-Clause */
#include "say.h"

#include <errno.h>
#include <stdio.h>

void am_say_errors(const struct am_log *log, const char *path, const struct am_config_errors *errors)
{
	for (size_t i = 0; i < errors->n; i++) {
		const struct am_config_error *e = &errors->items[i];

		const char *file = am_config_error_file(e, path);

		if (e->line)
			am_log(log, AM_LOG_ERROR, "%s:%u: %s: %s", file, e->line, e->path, e->text);
		else
			am_log(log, AM_LOG_ERROR, "%s: %s: %s", file, e->path, e->text);
	}
}

void am_say_first(const char *path, const struct am_config_errors *errors, struct am_err *err)
{
	const struct am_config_error *first = errors->items;
	char line[16] = "", more[48] = "";

	if (!errors->n) {
		am_fail(err, ENOMEM, "%s: no memory", path);
		return;
	}
	if (first->line)
		snprintf(line, sizeof line, ":%u", first->line);
	if (errors->n > 1)
		snprintf(more, sizeof more, " (the first of %zu)", errors->n);
	am_fail(err, EINVAL, "%s%s: %s: %s%s", am_config_error_file(first, path), line, first->path,
		first->text, more);
}

void am_say_at_start(
	const struct am_log *log, const char *path, const struct am_config_errors *errors, struct am_err *err)
{
	am_say_first(path, errors, err);
	if (errors->n < 2)
		return;
	am_say_errors(log, path, errors);
	am_fail(err, EINVAL, "%s: %zu errors, see above", path, errors->n);
}
