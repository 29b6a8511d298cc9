/* SPDX-License-Identifier: BSD-3-Clause */
/* Which places of a configuration were complained about. */
#include <string.h>

#include "parts.h"

struct fault {
	char path[sizeof((struct am_config_error *)0)->path];
};
_Static_assert(sizeof(struct fault) % 8 == 0, "maps take keys in words of 8");

/* A path, and each of its beginnings that ends before a step; one that ends within quotes is nobody's path. */
static bool add_path(struct am_map *faults, const char *path)
{
	size_t len = strlen(path);

	for (size_t i = 1; i <= len; i++) {
		struct fault fault = {{0}};
		uint32_t value = 0;

		if (path[i] && path[i] != '.' && path[i] != '[')
			continue;
		memcpy(fault.path, path, i);
		if (am_map_add(faults, &fault, &value) < 0)
			return false;
	}
	return true;
}

struct am_map *conf_faults_create(const struct am_config_errors *errors, size_t from)
{
	struct am_map *faults = am_map_create(sizeof(struct fault));
	bool ok = faults;

	for (size_t i = from; ok && i < errors->n; i++)
		ok = add_path(faults, errors->items[i].path);
	if (ok)
		return faults;
	am_map_free(faults);
	return NULL;
}

bool am_config_is_faulty(const struct am_config *c, const char *path)
{
	struct fault fault = {{0}};
	size_t len = strlen(path);
	uint32_t value;

	if (!c->faults || len >= sizeof fault.path)
		return false;
	memcpy(fault.path, path, len);
	return am_map_find(c->faults, &fault, &value);
}
