/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "control/request.h"

static json_t *parsed(const char *line)
{
	struct am_err err;
	json_t *out;

	assert_int_equal(am_control_parse(line, strlen(line), 200, &out, &err), 0);
	return out;
}

static void what_is_no_request(void **state)
{
	struct am_err err;
	json_t *out;

	(void)state;
	assert_int_equal(am_control_parse("{", 1, 200, &out, &err), -EINVAL);
	assert_non_null(strstr(err.text, "not a JSON object"));
	assert_int_equal(am_control_parse("{\"a\": 1, \"a\": 2}", 16, 200, &out, &err), -EINVAL);
	assert_int_equal(am_control_parse("{}", 2, 1, &out, &err), -EINVAL);
	assert_string_equal(err.text, "a request is at most 1 octets long");
}

static void words(void **state)
{
	static const char *const known[] = {"a", "b"};
	json_t *object = parsed("{\"one\": \"b\", \"other\": \"c\", \"number\": 1}");

	(void)state;
	assert_int_equal(am_control_find_word(object, "one", known, 2), 1);
	assert_int_equal(am_control_find_word(object, "other", known, 2), -EINVAL);
	assert_int_equal(am_control_find_word(object, "number", known, 2), -EINVAL);
	assert_int_equal(am_control_find_word(object, "absent", known, 2), -EINVAL);
	json_decref(object);
}

static void counts_and_texts(void **state)
{
	json_t *object = parsed("{\"n\": 7, \"minus\": -1, \"half\": 0.5, \"t\": \"abc\", \"list\": []}");
	struct am_err err;
	uint32_t n = 99;
	char text[4] = "x";

	(void)state;
	assert_int_equal(am_control_read_count(object, "absent", 9, &n, &err), 0);
	assert_int_equal(n, 99);
	assert_int_equal(am_control_read_count(object, "n", 7, &n, &err), 0);
	assert_int_equal(n, 7);
	assert_int_equal(am_control_read_count(object, "n", 6, &n, &err), -EINVAL);
	assert_int_equal(am_control_read_count(object, "minus", 6, &n, &err), -EINVAL);
	assert_int_equal(am_control_read_count(object, "half", 6, &n, &err), -EINVAL);
	assert_int_equal(am_control_read_text(object, "absent", text, sizeof text, &err), 0);
	assert_string_equal(text, "x");
	assert_int_equal(am_control_read_text(object, "t", text, sizeof text, &err), 0);
	assert_string_equal(text, "abc");
	assert_int_equal(am_control_read_text(object, "t", text, 3, &err), -EINVAL);
	assert_int_equal(am_control_read_text(object, "list", text, sizeof text, &err), -EINVAL);
	json_decref(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_request),
		cmocka_unit_test(words),
		cmocka_unit_test(counts_and_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
