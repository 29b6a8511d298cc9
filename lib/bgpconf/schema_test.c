/* SPDX-License-Identifier: BSD-3-Clause */
/* config/bgp.schema.json and the man page against the loader's own tables. */
#include "test_schema.h"

#include <ctype.h>
#include <stdlib.h>

#include "parts.h"

static void test_schema(void **state)
{
	struct schema_compare c = {.schema = json_load_file(SOURCE_ROOT "/config/bgp.schema.json",
					   JSON_REJECT_DUPLICATES, NULL)};

	(void)state;
	assert_non_null(c.schema);
	schema_check_table(&c, &bgpconf_root_fields, c.schema, "$");
	assert_in_range(c.keys, 80, 200);
	json_decref(c.schema);
}

static char *read_text(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = calloc(1, 1 << 20);

	assert_non_null(f);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
	fclose(f);
	return text;
}

static bool is_word(const char *at, const char *text, size_t len)
{
	return (at == text || (!isalnum((unsigned char)at[-1]) && at[-1] != '_')) &&
	       !isalnum((unsigned char)at[len]) && at[len] != '_';
}

static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at++) {
		if (is_word(at, text, len))
			return true;
	}
	return false;
}

static void check_words(const char *page, const struct fields *fields)
{
	for (size_t i = 0; i < fields->n; i++) {
		if (!has_word(page, fields->items[i].name))
			fail_msg("amime-bgp.json(5) does not say what %s is", fields->items[i].name);
		if (fields->items[i].sub)
			check_words(page, fields->items[i].sub);
	}
}

static void test_page(void **state)
{
	char *page = read_text(SOURCE_ROOT "/man/amime-bgp.json.5");

	(void)state;
	check_words(page, &bgpconf_root_fields);
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schema),
		cmocka_unit_test(test_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
