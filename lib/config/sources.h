/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONFIG_SOURCES_H
#define CONFIG_SOURCES_H
/*
 * Where the values of a configuration stand when it is merged from several files: for a path of the whole, the file, and
 * line and column in it. What no included file said is the main file's.
 */
#include "config/position.h"

struct am_sources;

/* A place of the whole. file is NULL for the main file. */
struct source {
	const char *file;
	unsigned line, column;
};

/* main stays the caller's. NULL: no memory. */
struct am_sources *conf_sources_create(const struct am_position *main);
void conf_sources_free(struct am_sources *sources);

/* Another file, whose positions are owned from here on. Its number, or -ENOMEM. */
int conf_sources_add(struct am_sources *sources, const char *name, struct am_position *positions);
const char *conf_sources_name(const struct am_sources *sources, int file);
/* What lies at path in the whole is what lies at `there` in file; a later word about the same path counts. 0 or -ENOMEM. */
int conf_sources_mount(struct am_sources *sources, const char *path, int file, const char *there);

/* Of the value at path, or of its nearest parent that is there. */
struct source conf_sources_find(const struct am_sources *sources, const char *path);

#endif
