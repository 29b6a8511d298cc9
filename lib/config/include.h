/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONFIG_INCLUDE_H
#define CONFIG_INCLUDE_H
/*
 * Files that a main file includes: each adds named objects to sections, and elements to the lists of VRFs. The merged
 * document is read and checked like one file.
 */
#include <jansson.h>
#include <stdbool.h>

#include "config/config.h"
#include "sources.h"

struct include {
	json_t *root; /* of the main file; grows */
	struct am_sources *sources;
	struct am_config_errors *errors;
};

/* All that key "include" of root names, folders relative to that of path; the key is taken out. False: a name stood twice
 * in some { ... }, or a file could not be read, so that references to names cannot be judged. */
bool conf_include_all(struct include *in, const char *path);
/* One file's text. The same. */
bool conf_include_text(struct include *in, const char *name, const char *text, size_t len);

/* The folders of path's include, for who watches them: at most max; each is to be freed. Their number. */
size_t conf_include_folders(const json_t *root, const char *path, char **folders, size_t max);

#endif
