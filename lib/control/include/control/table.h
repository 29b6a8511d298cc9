/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONTROL_TABLE_H
#define CONTROL_TABLE_H
/* A table for people: a header, aligned columns, two spaces between them. Plain ASCII text in, plain text out. */
#include <stdio.h>

enum am_align { AM_LEFT, AM_RIGHT };

struct am_table;

/* Memory that is short ends the program: there is nothing sensible to print then. */
struct am_table *am_table_new(void);
void am_table_free(struct am_table *t);

/* All columns before the first cell. */
void am_table_column(struct am_table *t, const char *head, enum am_align align);
/* The next cell, left to right and top to bottom. */
void am_table_cell(struct am_table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* indent spaces in front of each line. Nothing where there is no row. */
void am_table_print(const struct am_table *t, FILE *out, int indent);

#endif
