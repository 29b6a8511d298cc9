/* SPDX-License-Identifier: BSD-3-Clause */
#include "include.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parts.h"

enum { FILES_MAX = 16384, PATH_ROOM = 256 };

/* One included file while it is merged. */
struct part {
	struct include *in;
	int file;
	bool overrides;
	struct load load;
};

/* Say of the errors since `from` which file they are in; of a very long name, its end. */
static void put_file(struct am_config_errors *errors, size_t from, const char *name)
{
	size_t len = strlen(name), room = sizeof errors->items->file;
	const char *end = len < room ? name : name + len - room + 1;

	for (size_t i = from; i < errors->n; i++)
		memcpy(errors->items[i].file, end, strlen(end) + 1);
}

static void complain(const struct part *p, const struct place *at, const char *text)
{
	size_t from = p->in->errors->n;

	conf_complain(at, "%s", text);
	put_file(p->in->errors, from, conf_sources_name(p->in->sources, p->file));
}

static void complain_twice(const struct part *p, const struct place *at)
{
	char path[PATH_ROOM], text[AM_ERR_TEXT];
	struct source first;

	conf_place_path(at, path, sizeof path);
	first = conf_sources_find(p->in->sources, path);
	snprintf(text, sizeof text,
		"this name is in %s%sline %u already: rename or remove one, or say \"override\": true in this file",
		first.file ? first.file : "the main file", first.file ? ":" : ", ", first.line);
	complain(p, at, text);
}

/* Errors about path in the whole are about `at` in the file. */
static void mount(const struct part *p, const char *path, const struct place *at)
{
	char there[PATH_ROOM];

	conf_place_path(at, there, sizeof there);
	if (conf_sources_mount(p->in->sources, path, p->file, there) < 0)
		complain(p, at, "out of memory");
}

/* A value of its own, or in place of an earlier one where the file may. */
static void put(const struct part *p, const struct place *at, json_t *into, const char *path)
{
	if (json_object_get(into, at->key) && !p->overrides) {
		complain_twice(p, at);
		return;
	}
	json_object_set(into, at->key, (json_t *)(uintptr_t)at->json);
	mount(p, path, at);
}

static void append(const struct part *p, const struct place *at, json_t *into, const char *path)
{
	for (size_t i = 0; i < json_array_size(at->json); i++) {
		struct place element = conf_place_element(at, i);
		char there[PATH_ROOM + 32];

		snprintf(there, sizeof there, "%s[%zu]", path, json_array_size(into));
		json_array_append(into, (json_t *)(uintptr_t)element.json);
		mount(p, there, &element);
	}
}

typedef void merge_member(const struct part *p, const struct place *at, json_t *into, const char *path);

/* Each member of the object at `at` into that of the whole. */
static void each(
	const struct part *p, const struct place *at, json_t *into, const char *path, merge_member *merge)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)at->json, key, value)
	{
		struct place member = {.load = at->load, .up = at, .key = key, .json = value};
		char there[PATH_ROOM];

		snprintf(there, sizeof there, "%s", path);
		am_position_join(there, sizeof there, key);
		merge(p, &member, into, there);
	}
}

/* A key of a VRF: lists grow, the rest stands once. */
static void merge_vrf_key(const struct part *p, const struct place *at, json_t *into, const char *path)
{
	json_t *list = json_object_get(into, at->key);

	if (json_is_array(list) && json_is_array(at->json))
		append(p, at, list, path);
	else
		put(p, at, into, path);
}

static void merge_vrf(const struct part *p, const struct place *at, json_t *into, const char *path)
{
	json_t *vrf = json_object_get(into, at->key);

	if (json_is_object(vrf) && json_is_object(at->json))
		each(p, at, vrf, path, merge_vrf_key);
	else
		put(p, at, into, path);
}

static void merge_section(const struct part *p, const struct place *at, json_t *into, const char *path)
{
	json_t *section = json_object_get(into, at->key);
	bool vrfs = strcmp(at->key, "vrfs") == 0;

	if (strcmp(at->key, "override") == 0)
		return;
	if (strcmp(at->key, "include") == 0) {
		complain(p, at,
			"a file that is included cannot include others: name its folder in the main file");
		return;
	}
	if (strcmp(at->key, "system") == 0) {
		complain(p, at, "system belongs into the main file: move it there");
		return;
	}
	if (json_is_object(section) && json_is_object(at->json))
		each(p, at, section, path, vrfs ? merge_vrf : put);
	else
		put(p, at, into, path);
}

/* False where a name stands twice in one { ... }. */
static bool complain_twins(const struct part *p, const struct am_position *positions)
{
	struct am_config_errors *errors = p->in->errors;
	struct am_position_twin twin;
	size_t from = errors->n, i;

	for (i = 0; am_position_twin(positions, i, &twin); i++)
		am_config_errors_add(errors, twin.path, twin.line, twin.column,
			"this name stands twice in one { ... }, first in line %u: remove or rename one",
			twin.first_line);
	put_file(errors, from, conf_sources_name(p->in->sources, p->file));
	return i == 0;
}

static bool merge_file(struct include *in, int file, const struct am_position *positions, const json_t *json)
{
	struct part p = {.in = in, .file = file, .load = {.errors = in->errors, .positions = positions}};
	struct place root = {.load = &p.load, .json = json}, override;
	bool whole = complain_twins(&p, positions);

	if (!json_is_object(json)) {
		complain(&p, &root, "expected an object { ... } with sections like those of the main file");
		return false;
	}
	override = conf_place_member(&root, "override");
	p.overrides = json_is_true(override.json);
	if (override.json && !json_is_boolean(override.json))
		complain(&p, &override, "expected true or false");
	each(&p, &root, in->root, "$", merge_section);
	return whole;
}

bool conf_include_text(struct include *in, const char *name, const char *text, size_t len)
{
	size_t from = in->errors->n;
	struct am_position *positions;
	json_t *json = conf_parse(text, len, &positions, in->errors);
	int file = json ? conf_sources_add(in->sources, name, positions) : -EINVAL;
	bool whole = false;

	put_file(in->errors, from, name);
	if (file >= 0)
		whole = merge_file(in, file, positions, json);
	else if (json)
		am_config_errors_add(in->errors, "$", 0, 0, "out of memory");
	json_decref(json);
	return whole;
}

/* ---- folders ---- */

static bool include_file(struct include *in, const char *name)
{
	size_t from = in->errors->n, len;
	char *text = conf_read_file(name, &len, in->errors);
	bool whole = text && conf_include_text(in, name, text, len);

	if (!text)
		put_file(in->errors, from, name);
	free(text);
	return whole;
}

static int is_wanted(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > strlen(".json") &&
	       strcmp(entry->d_name + len - strlen(".json"), ".json") == 0;
}

static int by_octets(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool include_folder(struct include *in, const struct place *at, const char *folder)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_wanted, by_octets);
	bool whole = n >= 0 && n <= FILES_MAX;

	if (n < 0)
		conf_complain(at, "cannot read folder %.200s: %s; make it, or name another one", folder,
			strerror(errno));
	else if (n > FILES_MAX)
		conf_complain(
			at, "%d files in %.200s are too many, at most %d are read", n, folder, FILES_MAX);
	for (int i = 0; i < n; i++) {
		char name[PATH_MAX + NAME_MAX + 2];

		snprintf(name, sizeof name, "%s/%s", folder, entries[i]->d_name);
		if (n <= FILES_MAX && !include_file(in, name))
			whole = false;
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return whole;
}

/* Relative to the folder of the file that says so. */
static void join_folder(const char *path, const char *folder, char *out, size_t room)
{
	const char *slash = strrchr(path, '/');

	if (folder[0] == '/' || !slash)
		snprintf(out, room, "%s", folder);
	else
		snprintf(out, room, "%.*s/%s", (int)(slash - path), path, folder);
}

static bool include_one(struct include *in, const struct place *at, const char *path)
{
	char folder[PATH_MAX];

	if (!json_is_string(at->json) || !*json_string_value(at->json)) {
		conf_complain(at, "expected the name of a folder, such as \"tunnels.d\"");
		return false;
	}
	if (!conf_read_text(at, folder, sizeof folder))
		return false;
	join_folder(path, json_string_value(at->json), folder, sizeof folder);
	return include_folder(in, at, folder);
}

bool conf_include_all(struct include *in, const char *path)
{
	struct load load = {.errors = in->errors, .sources = in->sources};
	struct place root = {.load = &load, .json = in->root}, at = conf_place_member(&root, "include");
	bool whole = true;

	if (!json_is_array(at.json))
		whole = include_one(in, &at, path);
	for (size_t i = 0; i < json_array_size(at.json); i++) {
		struct place element = conf_place_element(&at, i);

		whole &= include_one(in, &element, path);
	}
	json_object_del(in->root, "include");
	return whole;
}

size_t conf_include_folders(const json_t *root, const char *path, char **folders, size_t max)
{
	const json_t *include = json_object_get(root, "include");
	size_t n = 0;

	for (size_t i = 0;
		n < max && i < (json_is_array(include) ? json_array_size(include) : include != NULL); i++) {
		const json_t *one = json_is_array(include) ? json_array_get(include, i) : include;
		char folder[PATH_MAX];

		if (!json_is_string(one))
			continue;
		join_folder(path, json_string_value(one), folder, sizeof folder);
		folders[n] = strdup(folder);
		n += folders[n] != NULL;
	}
	return n;
}
