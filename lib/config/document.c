/* SPDX-License-Identifier: BSD-3-Clause */
/* A file as a whole: its bytes, its JSON, and its errors in order. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/field.h"

enum { FILE_MAX = 16 << 20, FIRST_ROOM = 16 << 10 };

static int by_line(const void *a, const void *b)
{
	const struct am_config_error *x = a, *y = b;
	int files = strcmp(x->file, y->file);

	if (files)
		return files;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	return strcmp(x->path, y->path);
}

void conf_sort_errors(struct am_config_errors *errors, size_t from)
{
	if (errors->n > from)
		qsort(errors->items + from, errors->n - from, sizeof *errors->items, by_line);
}

/* What most often is behind a message of jansson's. */
static const char *json_remedy(const json_error_t *e)
{
	static const struct {
		const char *in, *remedy;
	} rows[] = {
		{"near '/'", "JSON has no comments: remove it"},
		{"near '#'", "JSON has no comments: remove it"},
		{"near '''", "JSON quotes with \" and not with ': use that"},
		{"expected near '}'", "is there a comma too many before it, or a missing ]?"},
		{"expected near ']'", "is there a comma too many before it, or a missing }?"},
		{"expected near '\"", "is a comma or a colon missing before it?"},
		{"near end of file", "a { or [ is not closed: the file, or its end, is missing"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (strstr(e->text, rows[i].in))
			return rows[i].remedy;
	return "a comma too many or too few before here, or a missing quote or bracket?";
}

static void complain_json(const json_error_t *e, struct am_config_errors *errors)
{
	unsigned line = e->line > 0 ? (unsigned)e->line : 0;
	unsigned column = e->column > 0 ? (unsigned)e->column : line > 0;

	am_config_errors_add(errors, "$", line, column, "this is not JSON: %s; %s", e->text, json_remedy(e));
}

json_t *conf_parse(
	const char *text, size_t len, struct am_position **positions, struct am_config_errors *errors)
{
	json_error_t where;
	json_t *json = json_loadb(text, len, 0, &where);

	*positions = NULL;
	if (!json) {
		complain_json(&where, errors);
		return NULL;
	}
	*positions = am_position_index(text, len);
	if (*positions)
		return json;
	am_config_errors_add(errors, "$", 0, 0, "out of memory");
	json_decref(json);
	return NULL;
}

/* The buffer grows with the file: most are small, and there may be many of them. */
static char *read_all(FILE *f, size_t *len)
{
	size_t room = FIRST_ROOM, n;
	char *text = malloc(room), *more;

	*len = 0;
	while (text && (n = fread(text + *len, 1, room - *len, f)) > 0) {
		*len += n;
		if (*len < room)
			continue;
		room *= 2;
		more = *len <= FILE_MAX ? realloc(text, room) : NULL;
		if (!more)
			free(text);
		text = more;
	}
	if (text && !ferror(f) && *len <= FILE_MAX)
		return text;
	if (!ferror(f) && *len > FILE_MAX)
		errno = EFBIG;
	free(text);
	return NULL;
}

/* NULL and errno; ENXIO: it is a pipe, a socket or a device. None of these is waited for: who writes might never come. */
static FILE *open_regular(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), rc = 0;
	struct stat st;
	FILE *f = NULL;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) != 0)
		rc = errno;
	else if (S_ISDIR(st.st_mode))
		rc = EISDIR;
	else if (!S_ISREG(st.st_mode))
		rc = ENXIO;
	if (!rc && !(f = fdopen(fd, "r")))
		rc = errno;
	if (!f)
		close(fd);
	errno = rc;
	return f;
}

char *conf_read_file(const char *path, size_t *len, struct am_config_errors *errors)
{
	FILE *f = open_regular(path);
	char *text = f ? read_all(f, len) : NULL;

	if (!text)
		am_config_errors_add(errors, "$", 0, 0,
			"cannot read %s: %s; name a readable file of at most 16 MiB", path,
			errno == ENXIO ? "it is a pipe, a socket or a device, not a regular file"
				       : strerror(errno));
	if (f)
		fclose(f);
	return text;
}
