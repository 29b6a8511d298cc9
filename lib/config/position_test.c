/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "config/position.h"

#define TEXT(s) s, sizeof(s) - 1

/* What jansson accepts and refuses, at the edges where parsers differ. */
static const struct {
	const char *text;
	size_t len;
	int ok;
} grammar[] = {
	{TEXT("{}"), 1},
	{TEXT(" \t\r\n[] \n"), 1},
	{TEXT(""), 0},
	{TEXT("1"), 0}, /* a document is an object or an array */
	{TEXT("\"x\""), 0},
	{TEXT("[] x"), 0},
	{TEXT("[1,]"), 0},
	{TEXT("{\"a\":1,}"), 0},
	{TEXT("{\"a\" 1}"), 0},
	{TEXT("{a:1}"), 0},
	{TEXT("[1 2]"), 0},
	{TEXT("["), 0},
	{TEXT("[true,false,null]"), 1},
	{TEXT("[True]"), 0},
	{TEXT("[truex]"), 0},
	/* one name, however it is spelled */
	{TEXT("{\"a\":1,\"a\":1}"), 1},
	{TEXT("{\"a\":1,\"\\u0061\":1}"), 1},
	{TEXT("{\"a\":{\"a\":1},\"b\":{\"a\":1}}"), 1},
	{TEXT("{\"\":1}"), 1},
	{TEXT("{\"\":1,\"\":2}"), 1},
	/* numbers */
	{TEXT("[0,-0,10,1.5,1e3,1E+3,1e-3,0.0]"), 1},
	{TEXT("[01]"), 0},
	{TEXT("[+1]"), 0},
	{TEXT("[-]"), 0},
	{TEXT("[.5]"), 0},
	{TEXT("[1.]"), 0},
	{TEXT("[1e]"), 0},
	{TEXT("[1e+]"), 0},
	{TEXT("[0x10]"), 0},
	{TEXT("[NaN]"), 0},
	{TEXT("[9223372036854775807,-9223372036854775808]"), 1},
	{TEXT("[9223372036854775808]"), 0},
	{TEXT("[-9223372036854775809]"), 0},
	{TEXT("[1.7976931348623157e308,-1e308]"), 1},
	{TEXT("[1e309]"), 0},
	{TEXT("[-1e309]"), 0},
	{TEXT("[1e-400]"), 1}, /* too small becomes zero */
	{TEXT("[9223372036854775808.0]"), 1},
	/* strings */
	{TEXT("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"]"), 1},
	{TEXT("[\"\\x\"]"), 0},
	{TEXT("[\"\\u12\"]"), 0},
	{TEXT("[\"\\u12g4\"]"), 0},
	{TEXT("[\"\n\"]"), 0},
	{TEXT("[\"\x1f\"]"), 0},
	{TEXT("[\"\x7f\"]"), 1},
	{TEXT("[\"x"), 0},
	{TEXT("[\"x\\"), 0},
	{TEXT("[\"\\ud83d\\ude00\"]"), 1},
	{TEXT("[\"\\ud83d\"]"), 0},
	{TEXT("[\"\\ud83dx\"]"), 0},
	{TEXT("[\"\\ud83d\\n\"]"), 0},
	{TEXT("[\"\\ud83d\\ud83d\"]"), 0},
	{TEXT("[\"\\ude00\"]"), 0},
	{TEXT("[\"\\u0000\"]"), 0},
	{TEXT("{\"\\u0000\":1}"), 0},
	/* UTF-8 */
	{TEXT("[\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"]"), 1},
	{TEXT("[\"\xf4\x8f\xbf\xbf\"]"), 1},
	{TEXT("[\"\xf4\x90\x80\x80\"]"), 0},
	{TEXT("[\"\xc0\xaf\"]"), 0},
	{TEXT("[\"\xc1\xbf\"]"), 0},
	{TEXT("[\"\xe0\x80\xaf\"]"), 0},
	{TEXT("[\"\xf0\x80\x80\xaf\"]"), 0},
	{TEXT("[\"\xed\xa0\x80\"]"), 0},
	{TEXT("[\"\xed\x9f\xbf\xee\x80\x80\"]"), 1},
	{TEXT("[\"\x80\"]"), 0},
	{TEXT("[\"\xff\"]"), 0},
	{TEXT("[\"\xe2\x82\"]"), 0},
	{TEXT("[\"\xe2\x82"), 0},
	{TEXT("\xef\xbb\xbf[]"), 0},
	/* zero octets: jansson loses one that ends a number or a word */
	{TEXT("[\0]"), 0},
	{TEXT("[\"\0\"]"), 0},
	{TEXT("[]\0"), 0},
	{TEXT("[1\0]"), 1},
	{TEXT("[1\0\0]"), 0},
	{TEXT("[1.5e3\0,true\0,null\0]"), 1},
	{TEXT("[1\0 1]"), 0},
	{TEXT("[-\0]"), 0},
	{TEXT("[tru\0e]"), 0},
};

static void test_grammar(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof grammar / sizeof grammar[0]; i++) {
		json_t *json = json_loadb(grammar[i].text, grammar[i].len, 0, NULL);
		struct am_position *index = am_position_index(grammar[i].text, grammar[i].len);

		if ((json != NULL) != grammar[i].ok)
			fail_msg("row %zu: jansson does not agree: %s", i, grammar[i].text);
		if ((index != NULL) != grammar[i].ok)
			fail_msg("row %zu: %s", i, grammar[i].text);
		json_decref(json);
		am_position_free(index);
	}
}

static int nested(int depth, const char *inside)
{
	char text[4300];
	size_t n = strlen(inside);
	struct am_position *index;
	json_t *json;
	int ok;

	memset(text, '[', (size_t)depth);
	memcpy(text + depth, inside, n);
	memset(text + depth + n, ']', (size_t)depth);
	json = json_loadb(text, 2 * (size_t)depth + n, 0, NULL);
	index = am_position_index(text, 2 * (size_t)depth + n);
	ok = index != NULL;
	assert_int_equal(ok, json != NULL);
	json_decref(json);
	am_position_free(index);
	return ok;
}

static void test_depth(void **state)
{
	(void)state;
	assert_true(nested(2048, ""));
	assert_false(nested(2049, ""));
	assert_true(nested(2047, "1"));
	assert_false(nested(2048, "1"));
	assert_false(nested(2048, "{}"));
}

static const char document[] = "{\n"
			       "  \"ports\": { \"wan\": {\n"
			       "\t\"mtu\" : 1500, \"caf\xc3\xa9\": [ 1,\n"
			       "[ 2 , {\"x\":\r\n"
			       " null}], \"\xe2\x82\xac\", 4]\n"
			       "}, \"a.b\": {}, \"\": 0, \"q\\\"\\\\\\u0001[\": 7, \"1\": 1 }}\n";

static const struct {
	const char *path;
	int result;
	unsigned line, column;
} places[] = {
	{"$", 0, 1, 1},
	{"$.ports", 0, 2, 12},
	{"$.ports.wan", 0, 2, 21},
	{"$.ports.wan.mtu", 0, 3, 10},
	{"$.ports.wan[\"caf\xc3\xa9\"]", 0, 3, 24},
	{"$.ports.wan[\"caf\\u00e9\"][0]", 0, 3, 26},
	{"$.ports.wan[\"caf\xc3\xa9\"][1]", 0, 4, 1},
	{"$.ports.wan[\"caf\xc3\xa9\"][1][1].x", 0, 5, 2},
	{"$.ports.wan[\"caf\xc3\xa9\"][2]", 0, 5, 10},
	{"$.ports.wan[\"caf\xc3\xa9\"][3]", 0, 5, 15}, /* the euro sign is one column */
	{"$.ports[\"a.b\"]", 0, 6, 11},
	{"$.ports[\"\"]", 0, 6, 19},
	{"$.ports[\"q\\\"\\\\\\u0001[\"]", 0, 6, 38},
	{"$.ports[\"1\"]", 0, 6, 46},
	{"$.ports.1", 0, 6, 46},
	/* what is not there: the nearest that is */
	{"$.ports.wan.nothing.below", -ENOENT, 2, 21},
	{"$.ports.wan[0]", -ENOENT, 2, 21},
	{"$.ports[1]", -ENOENT, 2, 12},
	{"$.ports.wan[\"caf\xc3\xa9\"][4]", -ENOENT, 3, 24},
	{"$.ports.wan[\"caf\xc3\xa9\"][99999999999]", -ENOENT, 3, 24},
	{"$.ports.wan[\"caf", -ENOENT, 2, 21},
	{"$.ports.wan[", -ENOENT, 2, 21},
	{"$.ports.wan[0", -ENOENT, 2, 21},
	{"$x", -ENOENT, 1, 1},
	{"ports", -ENOENT, 1, 1},
	{"", -ENOENT, 1, 1},
};

static void test_find(void **state)
{
	struct am_position *index = am_position_index(document, sizeof document - 1);
	unsigned line, column;

	(void)state;
	assert_non_null(index);
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		int r = am_position_find(index, places[i].path, &line, &column);

		if (r != places[i].result || line != places[i].line || column != places[i].column)
			fail_msg("%s: %d at %u:%u", places[i].path, r, line, column);
	}
	am_position_free(index);
}

static void test_join(void **state)
{
	char path[32] = "$", tight[8] = "$.a";

	(void)state;
	am_position_join(path, sizeof path, "to-b_1");
	assert_string_equal(path, "$.to-b_1");
	am_position_join(path, sizeof path, "x.y");
	assert_string_equal(path, "$.to-b_1[\"x.y\"]");
	strcpy(path, "$");
	am_position_join(path, sizeof path, "");
	assert_string_equal(path, "$[\"\"]");
	strcpy(path, "$");
	am_position_join(path, sizeof path, "\"\\\t\xc3\xa9");
	assert_string_equal(path, "$[\"\\\"\\\\\\u0009\xc3\xa9\"]");
	for (int i = 0; i < 9; i++)
		am_position_join(tight, sizeof tight, i & 1 ? "long\tlong" : "longer");
	assert_int_equal(strlen(tight), sizeof tight - 1);
}

/* Enough keys for every table inside to grow a few times. */
static void test_many(void **state)
{
	enum { N = 5000 };
	char *text = malloc(N * 16), path[32];
	struct am_position *index;
	unsigned line, column;
	size_t n = 0;

	(void)state;
	for (int i = 0; i < N; i++)
		n += (size_t)sprintf(text + n, "%s\"k%d\":%d", i ? ",\n" : "{", i, i);
	n += (size_t)sprintf(text + n, "}");
	index = am_position_index(text, n);
	assert_non_null(index);
	for (int i = 0; i < N; i++) {
		sprintf(path, "$.k%d", i);
		assert_int_equal(am_position_find(index, path, &line, &column), 0);
		assert_int_equal(line, i + 1);
	}
	am_position_free(index);
	free(text);
}

static void test_twins(void **state)
{
	static const char text[] = "{\"a\": 1,\n"
				   "\"b\": [{\"x.y\": {\"in\": 2}, \"z\": 0,\n"
				   "\"x.y\": {\"in\": 3, \"\\u0069n\": 4}}],\n"
				   "\"a\": 5, \"\": 6,\n\"\": 7}";
	static const struct am_position_twin twins[] = {
		{"$.b[0][\"x.y\"]", 3, 8, 2},
		{"$.b[0][\"x.y\"].in", 3, 29, 3},
		{"$.a", 4, 6, 1},
		{"$[\"\"]", 5, 5, 4},
	};
	struct am_position *index = am_position_index(text, sizeof text - 1);
	unsigned line, column;

	(void)state;
	assert_non_null(index);
	for (size_t i = 0; i < sizeof twins / sizeof twins[0]; i++) {
		struct am_position_twin twin;

		assert_true(am_position_twin(index, i, &twin));
		assert_string_equal(twin.path, twins[i].path);
		assert_int_equal(twin.line, twins[i].line);
		assert_int_equal(twin.column, twins[i].column);
		assert_int_equal(twin.first_line, twins[i].first_line);
		assert_false(am_position_twin(index, sizeof twins / sizeof twins[0], &twin));
		/* the last one is found */
		assert_int_equal(am_position_find(index, twins[i].path, &line, &column), 0);
		assert_int_equal(line, twins[i].line);
		assert_int_equal(column, twins[i].column);
	}
	am_position_free(index);
}

/* A path that does not fit is cut, however deep it goes. */
static void test_deep_twin(void **state)
{
	char text[8192] = "";
	struct am_position_twin twin;
	struct am_position *index;

	(void)state;
	for (int i = 0; i < 1000; i++)
		strcat(text, "{\"k\":");
	strcat(text, "{\"k\":1,\"k\":2}");
	for (int i = 0; i < 1000; i++)
		strcat(text, "}");
	index = am_position_index(text, strlen(text));
	assert_non_null(index);
	assert_true(am_position_twin(index, 0, &twin));
	assert_int_equal(strlen(twin.path), sizeof twin.path - 1);
	am_position_free(index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grammar),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_twins),
		cmocka_unit_test(test_deep_twin),
	};
	return cmocka_run_group_tests_name("config/position", tests, NULL, NULL);
}
