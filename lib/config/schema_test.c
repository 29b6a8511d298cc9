/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config/schema.json and doc/config.md against the loader's own tables: the same keys in both directions, with the same
 * ranges, words and defaults, each with a description, and all of them in the document.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "parts.h"
#include "test_schema.h"

static char *read_text(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = calloc(1, 1 << 20);

	if (!f || !text)
		fail_msg("cannot read %s", path);
	else if (!fread(text, 1, (1 << 20) - 1, f))
		fail_msg("%s is empty", path);
	fclose(f);
	return text;
}

static void test_schema(void **state)
{
	struct schema_compare c = {
		.schema = json_load_file(SOURCE_ROOT "/config/schema.json", JSON_REJECT_DUPLICATES, NULL)};

	(void)state;
	assert_non_null(c.schema);
	schema_check_table(&c, &conf_root_fields, c.schema, "$");
	assert_in_range(c.keys, 80, 200);
	json_decref(c.schema);
}

static const struct {
	const char *heading;
	const struct fields *fields;
} sections[] = {
	{"\n## system\n", &conf_system_fields},
	{"\n## ports\n", &conf_port_fields},
	{"\n## tunnels\n", &conf_tunnel_fields},
	{"\n## vrfs\n", &conf_vrf_fields},
	{"\n## vrfs\n", &conf_route_fields},
	{"\n## bridges\n", &conf_bridge_fields},
	{"\n## bridges\n", &conf_member_fields},
	{"\n## bridges\n", &conf_static_fields},
	{"\n## xconnects\n", &conf_xconnect_fields},
	{"\n## acls\n", &conf_acl_rule_fields},
};

/* In its section each key has a row of the table, a group's keys as group.key. */
static void check_section(const char *section, const struct fields *fields, const char *prefix)
{
	char row[96];

	for (size_t i = 0; i < fields->n; i++) {
		const struct field *f = &fields->items[i];

		snprintf(row, sizeof row, "%s%s", prefix, f->name);
		if (f->kind == FIELD_GROUP) {
			strcat(row, ".");
			check_section(section, f->sub, row);
			continue;
		}
		snprintf(row, sizeof row, "\n| `%s%s` |", prefix, f->name);
		if (!strstr(section, row))
			fail_msg("doc/config.md has no row%s", row);
	}
}

static void test_document(void **state)
{
	char *document = read_text(SOURCE_ROOT "/doc/config.md");

	(void)state;
	for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
		char *section = strstr(document, sections[i].heading), *end;

		assert_non_null(section);
		end = strstr(section + 2, "\n## ");
		if (end)
			*end = 0;
		check_section(section, sections[i].fields, "");
		if (end)
			*end = '\n';
	}
	free(document);
}

/* The document's examples, joined to one file, are a valid configuration. */
static void test_document_examples(void **state)
{
	static const char begin[] = "\n```json\n", end[] = "```\n";
	char *document = read_text(SOURCE_ROOT "/doc/config.md"), *text = calloc(1, 1 << 20);
	struct am_config_errors errors = {0};
	struct am_config *c;
	unsigned n = 0;

	(void)state;
	assert_non_null(text);
	for (const char *at = document; (at = strstr(at, begin)) != NULL; n++) {
		const char *stop = strstr(at += sizeof begin - 1, end);

		assert_non_null(stop);
		strcat(text, n ? "," : "{");
		strncat(text, at, (size_t)(stop - at));
	}
	strcat(text, "}");
	assert_int_equal(n, 7); /* each section has one */
	c = am_config_load(text, strlen(text), &errors);
	for (size_t i = 0; i < errors.n; i++)
		print_error("%s: %s\n", errors.items[i].path, errors.items[i].text);
	assert_non_null(c);
	am_config_free(c);
	free(text);
	free(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schema),
		cmocka_unit_test(test_document),
		cmocka_unit_test(test_document_examples),
	};
	return cmocka_run_group_tests_name("config/schema", tests, NULL, NULL);
}
