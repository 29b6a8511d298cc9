/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "request.h"

static int parse(const char *line, struct am_request *out)
{
	struct am_err err = {""};
	int rc = am_request_parse(line, strlen(line), out, &err);

	assert_int_equal(rc != 0, err.text[0] != 0);
	return rc;
}

static void good(void **state)
{
	struct am_request r;

	(void)state;
	assert_int_equal(parse("{\"method\":\"show\",\"what\":\"tunnels\"}", &r), 0);
	assert_int_equal(r.method, AM_METHOD_SHOW);
	assert_int_equal(r.what, AM_SHOW_TUNNELS);
	assert_int_equal(parse("{\"method\":\"show\",\"what\":\"fdb\",\"at\":7,\"limit\":10}", &r), 0);
	assert_int_equal(r.at, 7);
	assert_int_equal(r.limit, 10);
	assert_int_equal(parse("{\"method\":\"show\",\"what\":\"drops\",\"all\":true}", &r), 0);
	assert_true(r.all);
	assert_int_equal(parse("{\"method\":\"explain\",\"tunnel\":\"to-b\"}", &r), 0);
	assert_string_equal(r.tunnel, "to-b");
	assert_int_equal(
		parse("{\"method\":\"explain\",\"interface\":\"lan\",\"from\":\"10.0.0.1\",\"to\":\"10.0.0.2\","
		      "\"dport\":53}",
			&r),
		0);
	assert_string_equal(r.packet.interface, "lan");
	assert_int_equal(r.packet.dport, 53);
	assert_int_equal(r.packet.ttl, 64);
	assert_int_equal(parse("{\"method\":\"reload\"}", &r), 0);
	assert_int_equal(r.method, AM_METHOD_RELOAD);
	assert_int_equal(r.confirm_s, 0);
	assert_int_equal(parse("{\"method\":\"reload\",\"confirm\":60}", &r), 0);
	assert_int_equal(r.confirm_s, 60);
	assert_int_equal(parse("{\"method\":\"confirm\"}", &r), 0);
	assert_int_equal(r.method, AM_METHOD_CONFIRM);
	assert_int_equal(parse("{\"method\":\"rollback\",\"number\":12}", &r), 0);
	assert_int_equal(r.method, AM_METHOD_ROLLBACK);
	assert_int_equal(r.number, 12);
	assert_int_equal(
		parse("{\"method\":\"show\",\"what\":\"routes\",\"vrf\":\"red\",\"to\":\"10.0.0.0/8\","
		      "\"after\":\"2 10.1.0.0/16\"}",
			&r),
		0);
	assert_string_equal(r.routes.vrf, "red");
	assert_int_equal(r.routes.within.len, 8);
	assert_false(r.routes.match);
	assert_int_equal(r.routes.after_vrf, 2);
	assert_int_equal(r.routes.after.len, 16);
	assert_int_equal(
		parse("{\"method\":\"show\",\"what\":\"routes\",\"to\":\"2001:db8::1\",\"after\":\"0 17\"}",
			&r),
		0);
	assert_true(r.routes.match);
	assert_int_equal(r.routes.after_hop, 17);
	assert_int_equal(r.routes.after.ip.family, 0);
	assert_int_equal(parse("{\"method\":\"history\"}", &r), 0);
	assert_int_equal(r.method, AM_METHOD_HISTORY);
}

static void bad(void **state)
{
	static const char *const lines[] = {
		"",
		"[]",
		"{}",
		"{\"method\":7}",
		"{\"method\":\"stop\"}",
		"{\"method\":\"show\"}",
		"{\"method\":\"show\",\"what\":\"weather\"}",
		"{\"method\":\"show\",\"what\":\"fdb\",\"at\":-1}",
		"{\"method\":\"show\",\"what\":\"fdb\",\"limit\":1001}",
		"{\"method\":\"show\",\"what\":\"fdb\",\"limit\":\"all\"}",
		"{\"method\":\"reload\",\"confirm\":-1}",
		"{\"method\":\"reload\",\"confirm\":86401}",
		"{\"method\":\"rollback\",\"number\":\"last\"}",
		"{\"method\":\"explain\"}",
		"{\"method\":\"explain\",\"interface\":\"lan\"}",
		"{\"method\":\"explain\",\"interface\":\"lan\",\"from\":\"10.0.0.1\",\"to\":\"moon\"}",
		"{\"method\":\"explain\",\"interface\":\"lan\",\"from\":\"10.0.0.1\",\"to\":\"10.0.0.2\",\"ttl\":256}",
		"{\"method\":\"explain\",\"tunnel\":\"\"}",
		"{\"method\":\"explain\",\"tunnel\":\"0123456789012345678901234567890123456789012345678901234567890123\"}",
		"{\"method\":\"show\",\"what\":\"routes\",\"to\":\"10.0.0.1/8\"}",
		"{\"method\":\"show\",\"what\":\"routes\",\"to\":\"moon\"}",
		"{\"method\":\"show\",\"what\":\"routes\",\"vrf\":7}",
		"{\"method\":\"show\",\"what\":\"routes\",\"after\":\"10.0.0.0/8\"}",
		"{\"method\":\"show\",\"what\":\"routes\",\"after\":\"1 10.0.0.1/8\"}",
		"{\"method\":\"show\",\"what\":\"routes\",\"after\":\"70000 1\"}",
		"{\"method\":\"show\",\"what\":\"routes\",\"after\":\"0 70000\"}",
		"{\"method\":\"reload\"} {\"method\":\"reload\"}",
	};
	struct am_request r;

	(void)state;
	for (unsigned i = 0; i < sizeof lines / sizeof *lines; i++)
		assert_int_equal(parse(lines[i], &r), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(good), cmocka_unit_test(bad)};

	return cmocka_run_group_tests_name("amimed/request", tests, NULL, NULL);
}
