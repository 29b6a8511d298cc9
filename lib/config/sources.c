/* SPDX-License-Identifier: BSD-3-Clause */
#include "sources.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"

enum { PATH_ROOM = 192 };

struct file {
	char *name;
	struct am_position *positions;
};

struct mount {
	uint32_t file;
	char there[PATH_ROOM];
};

struct am_sources {
	const struct am_position *main;
	struct file *files;
	uint32_t n_files;
	struct mount *mounts;
	uint32_t n_mounts;
	struct am_map *by_path; /* number of the mount */
};

struct am_sources *conf_sources_create(const struct am_position *main)
{
	struct am_sources *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->main = main;
	s->by_path = am_map_create(PATH_ROOM);
	if (s->by_path)
		return s;
	free(s);
	return NULL;
}

void conf_sources_free(struct am_sources *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->n_files; i++) {
		free(s->files[i].name);
		am_position_free(s->files[i].positions);
	}
	free(s->files);
	free(s->mounts);
	am_map_free(s->by_path);
	free(s);
}

/* Room for one more, up to the next power of two. */
static void *grow(void *items, uint32_t n, size_t size)
{
	return n & (n - 1) ? items : realloc(items, (n ? n * 2 : 1) * size);
}

int conf_sources_add(struct am_sources *s, const char *name, struct am_position *positions)
{
	struct file *files = grow(s->files, s->n_files, sizeof *files);
	char *copy = strdup(name);

	if (files)
		s->files = files;
	if (!files || !copy) {
		free(copy);
		am_position_free(positions);
		return -ENOMEM;
	}
	files[s->n_files] = (struct file){copy, positions};
	return (int)s->n_files++;
}

const char *conf_sources_name(const struct am_sources *s, int file)
{
	return s->files[file].name;
}

int conf_sources_mount(struct am_sources *s, const char *path, int file, const char *there)
{
	struct mount *mounts = grow(s->mounts, s->n_mounts, sizeof *mounts);
	char key[PATH_ROOM] = {0};
	uint32_t at = s->n_mounts;
	int rc;

	if (!mounts)
		return -ENOMEM;
	s->mounts = mounts;
	snprintf(key, sizeof key, "%s", path);
	rc = am_map_add(s->by_path, key, &at);
	if (rc < 0)
		return rc;
	s->n_mounts += rc == 0;
	mounts[at] = (struct mount){.file = (uint32_t)file};
	snprintf(mounts[at].there, sizeof mounts[at].there, "%s", there);
	return 0;
}

/* The first len octets of path are mounted. */
static const struct mount *mount_of(const struct am_sources *s, const char *path, size_t len)
{
	char key[PATH_ROOM] = {0};
	uint32_t at;

	if (len >= sizeof key)
		return NULL;
	memcpy(key, path, len);
	return am_map_find(s->by_path, key, &at) ? &s->mounts[at] : NULL;
}

struct source conf_sources_find(const struct am_sources *s, const char *path)
{
	struct source out = {0};
	char there[2 * PATH_ROOM];

	for (size_t len = strlen(path); len > 1; len--) {
		const struct mount *m;

		if (path[len] && path[len] != '.' && path[len] != '[')
			continue;
		m = mount_of(s, path, len);
		if (!m)
			continue;
		snprintf(there, sizeof there, "%s%s", m->there, path + len);
		out.file = s->files[m->file].name;
		am_position_find(s->files[m->file].positions, there, &out.line, &out.column);
		return out;
	}
	am_position_find(s->main, path, &out.line, &out.column);
	return out;
}
