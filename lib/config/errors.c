/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "parts.h"

/* C0, DEL, and C1 as two octets. */
const char *conf_find_control(const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)text[0], next = (unsigned char)text[1];

		if (c < 0x20 || c == 0x7f || (c == 0xc2 && next >= 0x80 && next < 0xa0))
			return text;
	}
	return NULL;
}

/* What is wrong is often quoted, and read at a terminal. */
static void blank_controls(char *text)
{
	while ((text = (char *)(uintptr_t)conf_find_control(text)) != NULL) {
		if ((unsigned char)*text == 0xc2)
			*text++ = '?';
		*text++ = '?';
	}
}

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
	item->file[0] = 0;
	item->line = line;
	item->column = column;
	vsnprintf(item->text, sizeof item->text, fmt, ap);
	blank_controls(item->path);
	blank_controls(item->text);
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

void conf_errors_add(
	struct am_config_errors *errors, const char *path, const struct source *at, const char *text)
{
	struct am_config_error *item;

	am_config_errors_add(errors, path, at->line, at->column, "%s", text);
	item = &errors->items[errors->n - 1];
	snprintf(item->file, sizeof item->file, "%s", at->file ? at->file : "");
}

size_t am_config_errors_print(const struct am_config_errors *errors, const char *path, FILE *out)
{
	for (size_t i = 0; i < errors->n; i++) {
		const struct am_config_error *e = &errors->items[i];

		fprintf(out, "%s:%u:%u: %s: %s\n", am_config_error_file(e, path), e->line, e->column, e->path,
			e->text);
	}
	return errors->n;
}

const char *am_config_error_file(const struct am_config_error *error, const char *path)
{
	return error->file[0] ? error->file : path;
}

void am_config_complain(const struct am_config *config, struct am_config_errors *errors, const char *path,
	const char *fmt, ...)
{
	struct source at = {0};
	char text[AM_ERR_TEXT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (config->sources)
		at = conf_sources_find(config->sources, path);
	else if (config->positions)
		am_position_find(config->positions, path, &at.line, &at.column);
	conf_errors_add(errors, path, &at, text);
}
