/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/table.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 24 };

struct column {
	const char *head;
	enum am_align align;
	int width;
};

struct am_table {
	struct column columns[COLUMNS_MAX];
	int n_columns;
	char **cells;
	size_t n_cells, room;
};

static void *checked(void *p)
{
	if (!p) {
		fputs("amimectl: no memory\n", stderr);
		exit(1);
	}
	return p;
}

struct am_table *am_table_new(void)
{
	return checked(calloc(1, sizeof(struct am_table)));
}

void am_table_free(struct am_table *t)
{
	for (size_t i = 0; i < t->n_cells; i++)
		free(t->cells[i]);
	free(t->cells);
	free(t);
}

void am_table_column(struct am_table *t, const char *head, enum am_align align)
{
	if (t->n_columns == COLUMNS_MAX)
		return;
	t->columns[t->n_columns++] =
		(struct column){.head = head, .align = align, .width = (int)strlen(head)};
}

void am_table_cell(struct am_table *t, const char *fmt, ...)
{
	struct column *column = &t->columns[t->n_cells % (size_t)t->n_columns];
	char *text = NULL;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	checked(len < 0 ? NULL : text);
	if (t->n_cells == t->room) {
		t->room = t->room ? t->room * 2 : 64;
		t->cells = checked(realloc(t->cells, t->room * sizeof *t->cells));
	}
	t->cells[t->n_cells++] = text;
	if (len > column->width)
		column->width = len;
}

/* The last column of a line is not padded, so that no line ends in spaces. */
static void print_cell(const struct am_table *t, int i, const char *text, FILE *out)
{
	const struct column *column = &t->columns[i];
	bool last = i == t->n_columns - 1;

	if (column->align == AM_RIGHT)
		fprintf(out, "%*s", column->width, text);
	else if (last)
		fputs(text, out);
	else
		fprintf(out, "%-*s", column->width, text);
	fputs(last ? "\n" : "  ", out);
}

void am_table_print(const struct am_table *t, FILE *out, int indent)
{
	if (!t->n_cells)
		return;
	fprintf(out, "%*s", indent, "");
	for (int i = 0; i < t->n_columns; i++)
		print_cell(t, i, t->columns[i].head, out);
	for (size_t at = 0; at < t->n_cells; at++) {
		int i = (int)(at % (size_t)t->n_columns);

		if (i == 0)
			fprintf(out, "%*s", indent, "");
		print_cell(t, i, t->cells[at], out);
	}
}
