/* SPDX-License-Identifier: BSD-3-Clause */
/* The file as a whole. */
#include "bgpconf/bgpconf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/rib.h"
#include "parts.h"

enum { BGP_PORT = 179 };

static void read_listen(const struct place *at, void *object)
{
	struct am_bgpconf *c = object;

	if (!conf_want_array(at))
		return;
	if (json_array_size(at->json) > AM_BGPCONF_LISTEN) {
		conf_complain(at,
			"%zu addresses are too many, at most %d are possible: name 0.0.0.0 or :: for all",
			json_array_size(at->json), AM_BGPCONF_LISTEN);
		return;
	}
	for (size_t i = 0; i < json_array_size(at->json); i++) {
		struct place element = conf_place_element(at, i);

		if (conf_read_ip(&element, &c->listen[c->n_listen]))
			c->n_listen++;
	}
}

static const struct field system_rows[] = {
	{.name = "name", .kind = FIELD_NAME, AT(struct am_bgpconf, name), .text = "bgp"},
	UINT("port", struct am_bgpconf, port, 0, UINT16_MAX, BGP_PORT),
	OTHER("listen", read_listen, NULL, NULL),
};
static const struct fields system_fields = FIELDS(system_rows);

static const struct field decision_rows[] = {
	BOOL("always_compare_med", struct am_bgpconf, always_compare_med, false),
	BOOL("missing_med_is_worst", struct am_bgpconf, missing_med_is_worst, false),
	BOOL("multipath_relax", struct am_bgpconf, multipath_relax, false),
	UINT("multipath", struct am_bgpconf, multipath, 1, AM_BGP_RIB_MULTIPATH, AM_BGP_RIB_MULTIPATH),
	UINT("default_local_pref", struct am_bgpconf, default_local_pref, 0, UINT32_MAX, 100),
};
static const struct fields decision_fields = FIELDS(decision_rows);

static const struct field root_rows[] = {
	{.name = "system", .kind = FIELD_GROUP, .sub = &system_fields},
	{.name = "as",
		.kind = FIELD_UINT,
		.required = true,
		AT(struct am_bgpconf, as),
		.min = 1,
		.max = UINT32_MAX},
	{.name = "router_id", .kind = FIELD_IP, .required = true, AT(struct am_bgpconf, router_id)},
	{.name = "cluster_id", .kind = FIELD_IP, AT(struct am_bgpconf, cluster_id)},
	{.name = "confederation", .kind = FIELD_GROUP, .sub = &bgpconf_confederation_fields},
	BOOL("sink", struct am_bgpconf, sink, false),
	{.name = "decision", .kind = FIELD_GROUP, .sub = &decision_fields},
	OTHER("neighbors", bgpconf_read_neighbors, NULL, &bgpconf_neighbor_fields),
	OTHER("announce", bgpconf_read_announce, NULL, NULL),
	OTHER("evpn", bgpconf_read_evpn, NULL, NULL),
	OTHER("feeds", bgpconf_read_feeds, NULL, NULL),
	{.name = "dump", .kind = FIELD_GROUP, .sub = &bgpconf_dump_fields},
	{.name = "bmp", .kind = FIELD_GROUP, .sub = &bgpconf_bmp_fields},
	{.name = "rpki", .kind = FIELD_GROUP, .sub = &bgpconf_rpki_fields},
	/* Read when all of the file is known: a policy may stand before its lists. */
	OTHER("prefix_lists", bgpconf_read_later, NULL, NULL),
	OTHER("as_sets", bgpconf_read_later, NULL, NULL),
	OTHER("community_lists", bgpconf_read_later, NULL, NULL),
	OTHER("policies", bgpconf_read_later, NULL, NULL),
};
const struct fields bgpconf_root_fields = FIELDS(root_rows);

void am_bgpconf_complain(const struct am_bgpconf *config, struct am_config_errors *errors, const char *path,
	const char *fmt, ...)
{
	char text[AM_ERR_TEXT];
	unsigned line = 0, column = 0;
	va_list ap;

	if (config->positions)
		am_position_find(config->positions, path, &line, &column);
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	am_config_errors_add(errors, path, line, column, "%s", text);
}

static void check_id(const struct am_bgpconf *c, const struct am_ip *id, const char *path, const char *name,
	struct am_config_errors *errors)
{
	char text[AM_IP_TEXT];

	if (id->family && (id->family != AM_IPV4 || am_ip_is_unspecified(id)))
		am_bgpconf_complain(c, errors, path,
			"%s is no %s: use an IPv4 address of this router that is not 0.0.0.0",
			am_ip_text(id, text), name);
}

static void check(const struct am_bgpconf *c, struct am_config_errors *errors)
{
	check_id(c, &c->router_id, "$.router_id", "router ID", errors);
	check_id(c, &c->cluster_id, "$.cluster_id", "cluster ID", errors);
	bgpconf_check_confederation(c, errors);
	bgpconf_check_neighbors(c, errors);
	bgpconf_check_announce(c, errors);
	bgpconf_check_dump(c, errors);
	bgpconf_check_bmp(c, errors);
	bgpconf_check_rpki(c, errors);
	bgpconf_check_policies(c, errors);
}

static void complain_twins(const struct am_bgpconf *c, struct am_config_errors *errors)
{
	struct am_position_twin twin;

	for (size_t i = 0; am_position_twin(c->positions, i, &twin); i++)
		am_config_errors_add(errors, twin.path, twin.line, twin.column,
			"this name stands twice in one { ... }, first in line %u: remove or rename one",
			twin.first_line);
}

/* False where it is no object: then there is nothing to check. */
static bool read_root(
	struct am_bgpconf *c, const json_t *json, const char *folder, struct am_config_errors *errors)
{
	struct load load = {.errors = errors, .positions = c->positions};
	struct place root = {.load = &load, .json = json};

	if (!conf_want_object(&root))
		return false;
	conf_read_fields(&root, &bgpconf_root_fields, c);
	bgpconf_read_policies(&root, folder, &c->policies);
	return true;
}

/* folder: that files are named from; NULL: they are not read. */
static struct am_bgpconf *load_in(
	const char *text, size_t len, const char *folder, struct am_config_errors *errors)
{
	struct am_bgpconf *c = calloc(1, sizeof *c);
	size_t before = errors->n;
	json_t *json = c ? conf_parse(text, len, &c->positions, errors) : NULL;

	if (!c) {
		am_config_errors_add(errors, "$", 0, 0, "out of memory");
	} else if (json) {
		complain_twins(c, errors);
		if (read_root(c, json, folder, errors)) {
			bgpconf_work_out(c);
			check(c, errors);
		}
	}
	json_decref(json);
	if (errors->n == before)
		return c;
	conf_sort_errors(errors, before);
	am_bgpconf_free(c);
	return NULL;
}

struct am_bgpconf *am_bgpconf_load(const char *text, size_t len, struct am_config_errors *errors)
{
	return load_in(text, len, NULL, errors);
}

/* Up to the last slash, without it; "." where there is none. */
static void folder_of(const char *path, char *folder, size_t room)
{
	const char *slash = strrchr(path, '/');

	if (slash)
		snprintf(folder, room, "%.*s", (int)(slash - path), path);
	else
		snprintf(folder, room, ".");
}

struct am_bgpconf *am_bgpconf_load_file(const char *path, struct am_config_errors *errors)
{
	size_t len;
	char *text = conf_read_file(path, &len, errors), folder[512];
	struct am_bgpconf *c;

	folder_of(path, folder, sizeof folder);
	c = text ? load_in(text, len, folder, errors) : NULL;
	free(text);
	return c;
}

void am_bgpconf_free(struct am_bgpconf *c)
{
	if (!c)
		return;
	free(c->neighbors);
	free(c->announce);
	free(c->evpn);
	free(c->feeds);
	free(c->rpki.caches);
	free(c->bmp.stations);
	bgpconf_free_policies(c->policies);
	am_position_free(c->positions);
	free(c);
}
