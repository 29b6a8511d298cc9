/* SPDX-License-Identifier: BSD-3-Clause */
/* The traffic file: examples, errors with their lines, and the loader's keys against the schema and the document. */
#include "traffic.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "traffic_keys.h"

enum { TEXT_MAX = 1 << 16 };

static bool load(const char *text, struct traffic *t, struct am_config_errors *errors)
{
	*errors = (struct am_config_errors){0};
	return traffic_load(text, strlen(text), t, errors);
}

static void test_defaults(void **state)
{
	struct am_config_errors errors;
	struct traffic t;

	(void)state;
	assert_true(load("{}", &t, &errors));
	assert_int_equal(t.mac_pairs, 1024);
	assert_int_equal(t.flows, 1024);
	assert_int_equal(t.encap, 1);
	assert_int_equal(t.decap, 0);
	assert_int_equal(t.n_sizes, 1);
	assert_int_equal(t.sizes[0].octets, 64);
	assert_int_equal(t.burst, 64);
	assert_int_equal(traffic_datagrams(&t), 64);
}

static void test_values(void **state)
{
	struct am_config_errors errors;
	struct traffic t;

	(void)state;
	assert_true(load("{\"mac_pairs\":5000,\"sizes\":\"imix\",\"fragments\":{\"order\":\"seconds-first\","
			 "\"window\":128,\"loss\":3},\"directions\":{\"encap\":0,\"decap\":2},\"burst\":8}",
		&t, &errors));
	assert_int_equal(t.flows, 5000); /* one to each pair at least */
	assert_int_equal(t.n_sizes, 3);
	assert_int_equal(t.sizes[2].octets, 1514);
	assert_int_equal(t.order, TRAFFIC_SECONDS_FIRST);
	assert_int_equal(t.loss, 3);
	assert_int_equal(traffic_datagrams(&t), 128);
}

static const struct {
	const char *text;
	unsigned line;
	const char *path, *says;
} bad[] = {
	{"{\n\"flow\":1}", 2, "$.flow", "did you mean \"flows\""},
	{"{\n\n\"sizes\":[{\"octets\":59}]}", 3, "$.sizes[0].octets", "out of range"},
	{"{\"inner\":\"ipv6\",\n\"sizes\":[{\"octets\":64}]}", 2, "$.sizes[0]", "use 74 or more"},
	{"{\"sizes\":\n[]}", 2, "$.sizes", "no size at all"},
	{"{\"sizes\":\n\"imx\"}", 2, "$.sizes", "did you mean \"imix\""},
	{"{\"directions\":\n{\"encap\":0}}", 2, "$.directions", "nothing goes either way"},
	{"{\"mac_pairs\":10,\n\"flows\":9}", 2, "$.flows", "as many flows"},
	{"{\"burst\":1,\n\"burst\":2}", 2, "$.burst", "stands twice"},
	{"{\"fragments\":{\n\"order\":\"odd\"}}", 2, "$.fragments.order", "use one of"},
	{"{\"memory\":1}\n", 1, "$.memory", "expected a string"},
	{"{\"sizes\":\n[{\"octets\":68,\"is\":\"syn\"}]}", 2, "$.sizes[0]", "a SYN is TCP's"},
	{"{\"protocol\":\"tcp\",\n\"sizes\":[{\"octets\":64,\"is\":\"syn\"}]}", 2, "$.sizes[0]",
		"use 66 or more"},
	{"{\"sizes\":\n[{}]}", 2, "$.sizes[0]", "\"octets\" is missing"},
	{"[]", 1, "$", "expected an object"},
	{"{", 1, "$", "not JSON"},
	{"", 1, "$", "not JSON"},
};

static void test_errors(void **state)
{
	struct am_config_errors errors;
	struct traffic t;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_false(load(bad[i].text, &t, &errors));
		if (errors.items[0].line != bad[i].line || strcmp(errors.items[0].path, bad[i].path) != 0 ||
			!strstr(errors.items[0].text, bad[i].says))
			fail_msg("%s: %u: %s: %s", bad[i].text, errors.items[0].line, errors.items[0].path,
				errors.items[0].text);
		am_config_errors_free(&errors);
	}
}

static void test_all_errors_at_once(void **state)
{
	struct am_config_errors errors;
	struct traffic t;

	(void)state;
	assert_false(load("{\"burst\":65,\n\"sizes\":[{\"octets\":1},\n{\"weight\":0}],\n\"sink\":\"hole\"}",
		&t, &errors));
	assert_int_equal(errors.n, 5);
	for (size_t i = 1; i < errors.n; i++)
		assert_true(errors.items[i - 1].line <= errors.items[i].line);
	am_config_errors_free(&errors);
}

static void test_examples(void **state)
{
	struct am_config_errors errors = {0};
	struct traffic t;
	unsigned n = 0;
	glob_t found;

	(void)state;
	assert_int_equal(glob(SOURCE_ROOT "/config/traffic/*.json", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		if (strstr(found.gl_pathv[i], "/schema.json"))
			continue;
		if (!traffic_load_file(found.gl_pathv[i], &t, &errors))
			fail_msg("%s: %s: %s", found.gl_pathv[i], errors.items[0].path, errors.items[0].text);
		n++;
	}
	assert_true(n >= 4);
	globfree(&found);
	assert_false(traffic_load_file("/nowhere", &t, &errors));
	assert_non_null(strstr(errors.items[0].text, "cannot read"));
	am_config_errors_free(&errors);
}

/* ---- keys ---- */

static json_t *schema;

static const json_t *inside(const json_t *s)
{
	const char *ref;

	if (json_object_get(s, "oneOf"))
		s = json_object_get(json_array_get(json_object_get(s, "oneOf"), 1), "items");
	ref = json_string_value(json_object_get(s, "$ref"));
	return ref ? json_object_get(json_object_get(schema, "$defs"), ref + strlen("#/$defs/")) : s;
}

static void check_value(const struct field *f, const json_t *s, const char *path)
{
	const json_t *value = json_object_get(s, "default");

	if (f->kind == FIELD_UINT) {
		assert_int_equal(json_integer_value(json_object_get(s, "minimum")), f->min);
		assert_int_equal(json_integer_value(json_object_get(s, "maximum")), f->max);
		assert_non_null(json_object_get(s, "unit"));
		if (!f->required && json_integer_value(value) != f->fallback)
			fail_msg("%s: the loader's default is %u", path, f->fallback);
	}
	if (f->kind == FIELD_WORD) {
		for (size_t i = 0; f->words[i]; i++)
			assert_string_equal(json_string_value(json_array_get(json_object_get(s, "enum"), i)),
				f->words[i]);
		assert_string_equal(json_string_value(value), f->words[f->fallback]);
	}
}

static void check_row(const char *document, const struct field *f, const json_t *s, const char *path)
{
	const char *description = json_string_value(json_object_get(s, "description"));
	char row[96];
	const char *at;

	snprintf(row, sizeof row, "\n| `%s` |", path);
	at = strstr(document, row);
	if (!at || !description)
		fail_msg("%s has no row in doc/traffic.md, or no description in the schema", path);
	else if (f->kind != FIELD_OTHER &&
		 (!strstr(at, description) || strcspn(at + 1, "\n") < strlen(description)))
		fail_msg("%s: doc/traffic.md says something else than the schema", path);
}

static void check_keys(
	const char *document, const struct fields *fields, const json_t *object, const char *prefix)
{
	const json_t *properties = json_object_get(object, "properties");

	assert_int_equal(json_object_size(properties), fields->n);
	assert_true(json_is_false(json_object_get(object, "additionalProperties")));
	for (size_t i = 0; i < fields->n; i++) {
		const struct field *f = &fields->items[i];
		const json_t *s = json_object_get(properties, f->name);
		char path[64], below[72];

		snprintf(path, sizeof path, "%s%s", prefix, f->name);
		snprintf(below, sizeof below, "%s%s.", path, f->kind == FIELD_OTHER ? "[]" : "");
		if (!s)
			fail_msg("%s is not in the schema", path);
		check_value(f, s, path);
		if (f->kind != FIELD_GROUP)
			check_row(document, f, s, path);
		if (f->sub)
			check_keys(document, f->sub, inside(s), below);
	}
}

static void test_schema_and_document(void **state)
{
	char *document = calloc(1, TEXT_MAX);
	FILE *f = fopen(SOURCE_ROOT "/doc/traffic.md", "re");

	(void)state;
	assert_non_null(f);
	assert_non_null(document);
	assert_in_range(fread(document, 1, TEXT_MAX - 1, f), 1000, TEXT_MAX - 2);
	fclose(f);
	schema = json_load_file(SOURCE_ROOT "/config/traffic/schema.json", JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(schema);
	check_keys(document, &traffic_fields, schema, "");
	json_decref(schema);
	free(document);
}

static void test_the_documents_example(void **state)
{
	static const char begin[] = "\n```json\n";
	struct am_config_errors errors = {0};
	FILE *f = fopen(SOURCE_ROOT "/doc/traffic.md", "re");
	char *text = calloc(1, TEXT_MAX), *at, *end;
	struct traffic t;

	(void)state;
	assert_non_null(f);
	assert_non_null(text);
	assert_in_range(fread(text, 1, TEXT_MAX - 1, f), 1, TEXT_MAX - 1);
	fclose(f);
	at = strstr(text, begin);
	assert_non_null(at);
	at += strlen(begin);
	end = strstr(at, "```");
	assert_non_null(end);
	assert_true(traffic_load(at, (size_t)(end - at), &t, &errors));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_all_errors_at_once),
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_schema_and_document),
		cmocka_unit_test(test_the_documents_example),
	};

	return cmocka_run_group_tests_name("amime-bench/traffic", tests, NULL, NULL);
}
