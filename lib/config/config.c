/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "include.h"
#include "index.h"
#include "parts.h"

/* Where they may stand, both were taken out before this is read. */
static void read_include(const struct place *at, void *object)
{
	(void)object;
	conf_complain(at, "only a file can include others, and this is none: join them");
}

static void read_override(const struct place *at, void *object)
{
	(void)object;
	conf_complain(at, "only a file that is included can override names of others: remove it");
}

static json_t *print_nothing(const void *object)
{
	(void)object;
	return NULL;
}

static const struct field root_rows[] = {
	{.name = "system", .kind = FIELD_GROUP, .sub = &conf_system_fields},
	OTHER("ports", conf_read_ports, conf_print_ports, &conf_port_fields),
	OTHER("tunnels", conf_read_tunnels, conf_print_tunnels, &conf_tunnel_fields),
	OTHER("vrfs", conf_read_vrfs, conf_print_vrfs, &conf_vrf_fields),
	OTHER("bridges", conf_read_bridges, conf_print_bridges, &conf_bridge_fields),
	OTHER("xconnects", conf_read_xconnects, conf_print_xconnects, &conf_xconnect_fields),
	OTHER("acls", conf_read_acls, conf_print_acls, &conf_acl_rule_fields),
	OTHER("prefix_sets", conf_read_prefix_sets, conf_print_prefix_sets, NULL),
	OTHER("include", read_include, print_nothing, NULL),
	OTHER("override", read_override, print_nothing, NULL),
};
const struct fields conf_root_fields = FIELDS(root_rows);

static void check(const struct am_config *c, struct am_config_errors *errors)
{
	conf_check_system(c, errors);
	conf_check_ports(c, errors);
	conf_check_tunnels(c, errors);
	conf_check_vrfs(c, errors);
	conf_check_bridges(c, errors);
	conf_check_acls(c, errors);
	conf_check_claims(c, errors);
}

/* The file may have xconnects first; readers of the struct count on bridges first. */
static void order_bridges(struct am_config *c)
{
	struct am_conf_bridge *sorted = c->n_bridges ? malloc(c->n_bridges * sizeof *sorted) : NULL;
	uint16_t n = 0;

	if (!sorted)
		return;
	for (int xconnect = 0; xconnect < 2; xconnect++) {
		for (uint16_t i = 0; i < c->n_bridges; i++) {
			if (c->bridges[i].xconnect == xconnect)
				sorted[n++] = c->bridges[i];
		}
	}
	free(c->bridges);
	c->bridges = sorted;
}

static void read_root(struct am_config *c, const json_t *json, struct am_config_errors *errors)
{
	struct load load = {.errors = errors, .positions = c->positions, .sources = c->sources};
	struct place root = {.load = &load, .json = json};

	conf_begin_vrfs(c);
	if (conf_want_object(&root))
		conf_read_fields(&root, &conf_root_fields, c);
	conf_settle_system(c);
	order_bridges(c);
	c->index = conf_index_create(c);
	if (!c->index)
		am_config_errors_add(errors, "$", 0, 0, "out of memory");
}

/* The whole of a section, or of what leads somewhere: names in the other half of it would look unknown. */
static bool hides_names(const char *path)
{
	return !strncmp(path, "$.vrfs", strlen("$.vrfs")) || !strpbrk(path + strlen("$."), ".[");
}

/* jansson would refuse all of the file for the first of them. False where references cannot be judged. */
static bool complain_twins(const struct am_config *c, struct am_config_errors *errors)
{
	struct am_position_twin twin;
	bool whole = true;

	for (size_t i = 0; am_position_twin(c->positions, i, &twin); i++) {
		am_config_errors_add(errors, twin.path, twin.line, twin.column,
			"this name stands twice in one { ... }, first in line %u: remove or rename one",
			twin.first_line);
		whole &= !hides_names(twin.path);
	}
	return whole;
}

/* Also where errors were found. What others want to check is told which places not to judge. */
static void check_all(
	struct am_config *c, am_config_check more, struct am_config_errors *errors, size_t before)
{
	check(c, errors);
	if (!more)
		return;
	c->faults = conf_faults_create(errors, before);
	if (c->faults)
		more(c, errors);
	else
		am_config_errors_add(errors, "$", 0, 0, "out of memory");
}

/* False where references to names cannot be judged. */
static bool include(struct am_config *c, json_t *root, const char *path, struct am_config_errors *errors)
{
	struct include in = {.root = root, .errors = errors};

	if (!path || !json_is_object(root) || !json_object_get(root, "include"))
		return true;
	c->n_watched = conf_include_folders(root, path, c->watched, AM_CONFIG_INCLUDES);
	c->sources = conf_sources_create(c->positions);
	in.sources = c->sources;
	if (in.sources)
		return conf_include_all(&in, path);
	am_config_errors_add(errors, "$", 0, 0, "out of memory");
	return false;
}

/* path: of the file that text is from; NULL where it is from none. */
static struct am_config *load(
	const char *text, size_t len, const char *path, am_config_check more, struct am_config_errors *errors)
{
	struct am_config *c = calloc(1, sizeof *c);
	size_t before = errors->n;
	bool whole;
	json_t *json = c ? conf_parse(text, len, &c->positions, errors) : NULL;

	if (!c) {
		am_config_errors_add(errors, "$", 0, 0, "out of memory");
	} else if (json) {
		whole = complain_twins(c, errors);
		whole &= include(c, json, path, errors);
		read_root(c, json, errors);
		if (whole && c->index)
			check_all(c, more, errors, before);
	}
	json_decref(json);
	if (errors->n == before) {
		conf_mark(c);
		return c;
	}
	conf_sort_errors(errors, before);
	am_config_free(c);
	return NULL;
}

struct am_config *am_config_load_checked(
	const char *text, size_t len, am_config_check more, struct am_config_errors *errors)
{
	return load(text, len, NULL, more, errors);
}

struct am_config *am_config_load(const char *text, size_t len, struct am_config_errors *errors)
{
	return am_config_load_checked(text, len, NULL, errors);
}

struct am_config *am_config_load_file_checked(
	const char *path, am_config_check more, struct am_config_errors *errors)
{
	size_t len;
	char *text = conf_read_file(path, &len, errors);
	struct am_config *c = text ? load(text, len, path, more, errors) : NULL;

	free(text);
	return c;
}

struct am_config *am_config_load_file(const char *path, struct am_config_errors *errors)
{
	return am_config_load_file_checked(path, NULL, errors);
}

void am_config_free(struct am_config *c)
{
	if (!c)
		return;
	conf_index_free(c->index);
	am_map_free(c->faults);
	conf_free_vrfs(c);
	conf_free_bridges(c);
	conf_free_tunnels(c);
	conf_free_acls(c);
	conf_free_ports(c);
	conf_sources_free(c->sources);
	for (size_t i = 0; i < c->n_watched; i++)
		free(c->watched[i]);
	am_position_free(c->positions);
	free(c);
}
