/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests as they come over the socket, and as they are made of words; one has to read what the other writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "request.h"
#include "words.h"

static int parse(const char *line, struct am_bgp_request *out)
{
	struct am_err err = {""};
	int rc = am_bgp_request_parse(line, strlen(line), out, &err);

	assert_int_equal(rc != 0, err.text[0] != 0);
	return rc;
}

static void good(void **state)
{
	struct am_bgp_request r;

	(void)state;
	assert_int_equal(parse("{\"method\":\"show\",\"what\":\"neighbors\"}", &r), 0);
	assert_int_equal(r.what, AM_BGP_SHOW_NEIGHBORS);
	assert_int_equal(parse("{\"method\":\"show\",\"what\":\"policies\",\"name\":\"in\"}", &r), 0);
	assert_int_equal(r.what, AM_BGP_SHOW_POLICIES);
	assert_string_equal(r.name, "in");
	assert_int_equal(parse("{\"method\":\"dump\",\"file\":\"/tmp/t.mrt\"}", &r), 0);
	assert_int_equal(r.method, AM_BGP_METHOD_DUMP);
	assert_string_equal(r.file, "/tmp/t.mrt");
	assert_int_equal(parse("{\"method\":\"show\",\"what\":\"rpki\"}", &r), 0);
	assert_int_equal(r.what, AM_BGP_SHOW_RPKI);
	assert_int_equal(
		parse("{\"method\":\"show\",\"what\":\"routes\",\"prefix\":\"2001:db8::/32\"}", &r), 0);
	assert_true(r.has_prefix);
	assert_int_equal(r.family, AM_BGP_IPV6_UNICAST);
	assert_int_equal(
		parse("{\"method\":\"show\",\"what\":\"routes\",\"side\":\"received\",\"name\":\"b\",\"at\":7}",
			&r),
		0);
	assert_int_equal(r.side, AM_BGP_SIDE_RECEIVED);
	assert_int_equal(r.at, 7);
	assert_int_equal(parse("{\"method\":\"shutdown\",\"name\":\"b\",\"text\":\"bye\"}", &r), 0);
	assert_string_equal(r.text, "bye");
	assert_int_equal(parse("{\"method\":\"clear\",\"name\":\"b\",\"soft\":true}", &r), 0);
	assert_true(r.soft);
}

static void bad(void **state)
{
	static const char *const rows[] = {
		"",
		"[]",
		"{}",
		"{\"method\":\"fly\"}",
		"{\"method\":\"show\"}",
		"{\"method\":\"show\",\"what\":\"tunnels\"}",
		"{\"method\":\"show\",\"what\":\"routes\",\"side\":\"advertised\"}",
		"{\"method\":\"show\",\"what\":\"routes\",\"prefix\":\"10.0.0.1/8\"}",
		"{\"method\":\"show\",\"what\":\"routes\",\"prefix\":7}",
		"{\"method\":\"show\",\"what\":\"routes\",\"limit\":501}",
		"{\"method\":\"show\",\"what\":\"routes\",\"at\":-1}",
		"{\"method\":\"clear\"}",
		"{\"method\":\"dump\"}",
		"{\"method\":\"dump\",\"file\":\"t.mrt\"}",
		"{\"method\":\"clear\",\"name\":7}",
		"{\"method\":\"clear\",\"name\":\"a name that is longer than any name may be\"}",
	};
	struct am_bgp_request r;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (!parse(rows[i], &r))
			fail_msg("row %zu is taken: %s", i, rows[i]);
	}
}

/* Words, and what the speaker makes of the request that they become. */
static int through(int n, char **words, struct am_bgp_request *out)
{
	struct am_err err = {""};
	const char *what;
	json_t *request = am_bgp_words(n, words, &what, &err);
	char *line;
	int rc;

	if (!request)
		return err.text[0] ? -1 : -2;
	line = json_dumps(request, JSON_COMPACT);
	rc = parse(line, out);
	free(line);
	json_decref(request);
	return rc;
}

#define THROUGH(r, ...)                                                                                      \
	through(sizeof((char *[]){__VA_ARGS__}) / sizeof(char *), (char *[]){__VA_ARGS__}, (r))

static void words_become_requests(void **state)
{
	struct am_bgp_request r;

	(void)state;
	assert_int_equal(THROUGH(&r, "show", "neighbors", "b"), 0);
	assert_string_equal(r.name, "b");
	assert_int_equal(THROUGH(&r, "show", "routes", "ipv6", "advertised", "b"), 0);
	assert_int_equal(r.family, AM_BGP_IPV6_UNICAST);
	assert_int_equal(r.side, AM_BGP_SIDE_ADVERTISED);
	assert_int_equal(THROUGH(&r, "show", "routes", "10.0.0.0/8", "received", "b"), 0);
	assert_true(r.has_prefix && r.side == AM_BGP_SIDE_RECEIVED);
	assert_int_equal(THROUGH(&r, "show", "counters"), 0);
	assert_int_equal(THROUGH(&r, "clear", "b", "soft"), 0);
	assert_true(r.method == AM_BGP_METHOD_CLEAR && r.soft);
	assert_int_equal(THROUGH(&r, "shutdown", "b", "two words"), 0);
	assert_string_equal(r.text, "two words");
	assert_int_equal(THROUGH(&r, "start", "b"), 0);
	assert_int_equal(THROUGH(&r, "reload"), 0);
}

static void words_that_are_wrong(void **state)
{
	struct am_bgp_request r;

	(void)state;
	assert_int_equal(THROUGH(&r, "fly"), -1);
	assert_int_equal(THROUGH(&r, "show"), -1);
	assert_int_equal(THROUGH(&r, "show", "tunnels"), -1);
	assert_int_equal(THROUGH(&r, "show", "neighbors", "a", "b"), -1);
	assert_int_equal(THROUGH(&r, "show", "routes", "received"), -1);
	assert_int_equal(THROUGH(&r, "clear"), -1);
	assert_int_equal(THROUGH(&r, "clear", "b", "hard"), -1);
	assert_int_equal(THROUGH(&r, "shutdown", "b", "two", "words"), -1);
	assert_int_equal(THROUGH(&r, "start"), -1);
	assert_int_equal(THROUGH(&r, "dump"), -1);
	assert_int_equal(THROUGH(&r, "dump", "here.mrt"), 0);
	assert_true(r.file[0] == '/' && strstr(r.file, "/here.mrt"));
}

#define ARGS(a, err, ...)                                                                                    \
	am_bgp_args_parse(sizeof((char *[]){"amime-bgp", __VA_ARGS__}) / sizeof(char *),                     \
		(char *[]){"amime-bgp", __VA_ARGS__, NULL}, (a), (err))

static void arguments(void **state)
{
	struct am_bgp_args a;
	struct am_err err;

	(void)state;
	assert_int_equal(ARGS(&a, &err, "--config", "f"), 0);
	assert_true(a.mode == AM_BGP_MODE_RUN && !strcmp(a.config, "f"));
	assert_int_equal(ARGS(&a, &err, "-c", "f", "--check"), 0);
	assert_int_equal(a.mode, AM_BGP_MODE_CHECK);
	assert_int_equal(ARGS(&a, &err, "-s", "x", "--json", "show", "neighbors"), 0);
	assert_true(a.mode == AM_BGP_MODE_ASK && a.json && a.first == 4);
	assert_int_equal(ARGS(&a, &err, "--help"), 0);
	assert_int_equal(a.mode, AM_BGP_MODE_HELP);
	assert_true(ARGS(&a, &err, "-v") < 0);
	assert_true(ARGS(&a, &err, "-c", "f", "reload") < 0);
	assert_true(ARGS(&a, &err, "--fly") < 0);
	assert_true(ARGS(&a, &err, "--check") < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(bad),
		cmocka_unit_test(words_become_requests),
		cmocka_unit_test(words_that_are_wrong),
		cmocka_unit_test(arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
