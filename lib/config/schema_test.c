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

struct compare {
	json_t *schema;
	size_t keys;
};

static const json_t *resolve(const struct compare *c, const json_t *s)
{
	const char *ref = json_string_value(json_object_get(s, "$ref"));

	return ref ? json_object_get(json_object_get(c->schema, "$defs"), ref + strlen("#/$defs/")) : s;
}

/* The schema of the objects inside: itself, those of a map, or those of an array. */
static const json_t *inside(const struct compare *c, const json_t *s)
{
	static const char *const ways[] = {"additionalProperties", "items"};

	s = resolve(c, s);
	for (size_t i = 0; i < 2 && !json_object_get(s, "properties"); i++) {
		if (json_is_object(json_object_get(s, ways[i])))
			s = resolve(c, json_object_get(s, ways[i]));
	}
	return s;
}

static bool is_required(const json_t *object, const char *key)
{
	const json_t *required = json_object_get(object, "required");

	for (size_t i = 0; i < json_array_size(required); i++) {
		if (!strcmp(json_string_value(json_array_get(required, i)), key))
			return true;
	}
	return false;
}

static void check_number(const struct field *f, const json_t *s, const char *path)
{
	const json_t *value = json_object_get(s, "default");
	bool has_default = !f->required && !f->flag && f->fallback >= f->min;

	if (json_integer_value(json_object_get(s, "minimum")) != f->min ||
		json_integer_value(json_object_get(s, "maximum")) != f->max)
		fail_msg("%s: the loader takes %u to %u", path, f->min, f->max);
	if (has_default && (!json_is_integer(value) || json_integer_value(value) != f->fallback))
		fail_msg("%s: the loader's default is %u", path, f->fallback);
	if (f->flag && !json_is_null(value))
		fail_msg("%s: the default is null", path);
	if (!json_object_get(s, "unit"))
		fail_msg("%s has no unit", path);
}

static void check_words(const struct field *f, const json_t *s, const char *path)
{
	const json_t *words = json_object_get(s, "enum");
	const char *value = json_string_value(json_object_get(s, "default"));
	size_t n = 0;

	for (size_t i = 0; f->words[i]; i++) {
		const char *word = json_string_value(json_array_get(words, n));

		if (!*f->words[i])
			continue;
		if (!word || strcmp(word, f->words[i]) != 0)
			fail_msg("%s: the loader takes \"%s\"", path, f->words[i]);
		n++;
	}
	assert_int_equal(n, json_array_size(words));
	if (!f->required && *f->words[f->fallback] && (!value || strcmp(value, f->words[f->fallback]) != 0))
		fail_msg("%s: the loader's default is \"%s\"", path, f->words[f->fallback]);
}

static void check_field(const struct field *f, const json_t *s, const char *path)
{
	const char *description = json_string_value(json_object_get(s, "description"));

	if (!description || !*description)
		fail_msg("%s has no description", path);
	if (f->kind == FIELD_UINT)
		check_number(f, s, path);
	if (f->kind == FIELD_WORD)
		check_words(f, s, path);
	if (f->kind == FIELD_BOOL && json_boolean_value(json_object_get(s, "default")) != (int)f->fallback)
		fail_msg("%s: the loader's default is %u", path, f->fallback);
}

static void check_table(
	struct compare *c, const struct fields *fields, const json_t *object, const char *path)
{
	const json_t *properties = json_object_get(object, "properties");
	char below[256];

	if (json_object_size(properties) != fields->n)
		fail_msg("%s: %zu keys in the schema, %zu in the loader", path, json_object_size(properties),
			fields->n);
	assert_true(json_is_false(json_object_get(object, "additionalProperties")));
	for (size_t i = 0; i < fields->n; i++) {
		const struct field *f = &fields->items[i];
		const json_t *s = json_object_get(properties, f->name);

		snprintf(below, sizeof below, "%s.%s", path, f->name);
		if (!s)
			fail_msg("%s is not in the schema", below);
		if (f->required && !is_required(object, f->name))
			fail_msg("%s is required", below);
		check_field(f, s, below);
		c->keys++;
		if (f->sub)
			check_table(c, f->sub, inside(c, s), below);
	}
}

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
	struct compare c = {
		.schema = json_load_file(SOURCE_ROOT "/config/schema.json", JSON_REJECT_DUPLICATES, NULL)};

	(void)state;
	assert_non_null(c.schema);
	check_table(&c, &conf_root_fields, c.schema, "$");
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
	assert_int_equal(n, 6); /* each section has one */
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
