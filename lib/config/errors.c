/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/config.h"
#include "config/position.h"

static void add(struct am_config_errors *errors, const char *path, unsigned line, unsigned column,
	const char *fmt, va_list ap)
{
	struct am_config_error *item = errors->items;

	/* There is room up to the next power of two. */
	if (!(errors->n & (errors->n - 1)))
		item = realloc(item, (errors->n ? errors->n * 2 : 1) * sizeof *item);
	if (!item)
		abort(); /* an error that is not kept would let a wrong configuration pass */
	errors->items = item;
	item += errors->n++;
	snprintf(item->path, sizeof item->path, "%s", path);
	item->line = line;
	item->column = column;
	vsnprintf(item->text, sizeof item->text, fmt, ap);
}

void am_config_errors_add(struct am_config_errors *errors, const char *path, unsigned line, unsigned column,
	const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(errors, path, line, column, fmt, ap);
	va_end(ap);
}

void am_config_errors_free(struct am_config_errors *errors)
{
	free(errors->items);
	*errors = (struct am_config_errors){0};
}

void am_config_complain(const struct am_config *config, struct am_config_errors *errors, const char *path,
	const char *fmt, ...)
{
	unsigned line = 0, column = 0;
	va_list ap;

	if (config->positions)
		am_position_find(config->positions, path, &line, &column);
	va_start(ap, fmt);
	add(errors, path, line, column, fmt, ap);
	va_end(ap);
}
