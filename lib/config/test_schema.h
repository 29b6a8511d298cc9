/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONFIG_TEST_SCHEMA_H
#define CONFIG_TEST_SCHEMA_H
/* A JSON schema against the tables of a loader: the same keys in both directions, ranges, words and defaults, each with a description. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/field.h"

struct schema_compare {
	json_t *schema;
	size_t keys;
};

static inline const json_t *schema_resolve(const struct schema_compare *c, const json_t *s)
{
	const char *ref = json_string_value(json_object_get(s, "$ref"));

	return ref ? json_object_get(json_object_get(c->schema, "$defs"), ref + strlen("#/$defs/")) : s;
}

/* The schema of the objects inside: itself, those of a map, or those of an array. */
static inline const json_t *schema_inside(const struct schema_compare *c, const json_t *s)
{
	static const char *const ways[] = {"additionalProperties", "items"};

	s = schema_resolve(c, s);
	for (size_t i = 0; i < 2 && !json_object_get(s, "properties"); i++) {
		if (json_is_object(json_object_get(s, ways[i])))
			s = schema_resolve(c, json_object_get(s, ways[i]));
	}
	return s;
}

static inline bool schema_is_required(const json_t *object, const char *key)
{
	const json_t *required = json_object_get(object, "required");

	for (size_t i = 0; i < json_array_size(required); i++) {
		if (!strcmp(json_string_value(json_array_get(required, i)), key))
			return true;
	}
	return false;
}

static inline void schema_check_number(const struct field *f, const json_t *s, const char *path)
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

static inline void schema_check_words(const struct field *f, const json_t *s, const char *path)
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

static inline void schema_check_field(const struct field *f, const json_t *s, const char *path)
{
	const char *description = json_string_value(json_object_get(s, "description"));

	if (!description || !*description)
		fail_msg("%s has no description", path);
	if (f->kind == FIELD_UINT)
		schema_check_number(f, s, path);
	if (f->kind == FIELD_WORD)
		schema_check_words(f, s, path);
	if (f->kind == FIELD_BOOL && json_boolean_value(json_object_get(s, "default")) != (int)f->fallback)
		fail_msg("%s: the loader's default is %u", path, f->fallback);
}

static inline void schema_check_table(
	struct schema_compare *c, const struct fields *fields, const json_t *object, const char *path)
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
		if (f->required && !schema_is_required(object, f->name))
			fail_msg("%s is required", below);
		schema_check_field(f, s, below);
		c->keys++;
		if (f->sub)
			schema_check_table(c, f->sub, schema_inside(c, s), below);
	}
}

#endif
