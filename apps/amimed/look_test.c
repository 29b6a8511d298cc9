/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "look.h"
#include "pipeline/tap.h"

static int read_look(const char *text, bool stories, struct am_look *out)
{
	json_t *o = json_loads(text, 0, NULL);
	struct am_err err;
	int rc;

	assert_non_null(o);
	rc = am_look_read(o, stories, out, &err);
	json_decref(o);
	return rc;
}

static void good(void **state)
{
	struct am_look look;

	(void)state;
	assert_int_equal(read_look("{}", false, &look), 0);
	assert_int_equal(look.stages, (1 << AM_TAP_PACKETS) - 1);
	assert_int_equal(look.snaplen, AM_LOOK_SNAPLEN);
	assert_int_equal(look.count, 0);
	assert_int_equal(look.ethernet.n + look.ip.n, 0);
	assert_string_equal(look.iface, "");
	assert_int_equal(
		read_look("{\"stages\":[\"rx\",\"drop\"],\"interface\":\"wan\",\"snaplen\":96,\"count\":5,"
			  "\"filter\":\"2,40 0 0 12,6 0 0 1\",\"filter_ip\":\"1,6 0 0 0\"}",
			false, &look),
		0);
	assert_int_equal(look.stages, 1 << AM_TAP_RX | 1 << AM_TAP_DROP);
	assert_string_equal(look.iface, "wan");
	assert_int_equal(look.snaplen, 96);
	assert_int_equal(look.count, 5);
	assert_int_equal(look.ethernet.n, 2);
	assert_int_equal(look.ethernet.insn[0].k, 12);
	assert_int_equal(look.ip.n, 1);
	assert_int_equal(read_look("{\"every\":100}", true, &look), 0);
	assert_int_equal(look.every, 100);
	assert_true(look.stories);
}

static void bad(void **state)
{
	static const char *const texts[] = {
		"{\"stages\":[]}", "{\"stages\":[\"sideways\"]}", "{\"stages\":[7]}", "{\"stages\":\"rx\"}",
		"{\"interface\":\"\"}", "{\"interface\":7}",
		"{\"interface\":\"0123456789012345678901234567890123456789012345678901234567890123456789\"}",
		"{\"snaplen\":13}", "{\"snaplen\":70000}", "{\"count\":0}", "{\"count\":\"all\"}",
		"{\"every\":0}", "{\"filter\":7}", "{\"filter\":\"host 192.0.2.1\"}", "{\"filter\":\"0,\"}",
		"{\"filter\":\"1,6 0 0\"}", "{\"filter\":\"1,6 0 0 1,\"}", "{\"filter\":\"2,6 0 0 1\"}",
		"{\"filter\":\"1,6 0 256 1\"}", "{\"filter\":\"1,6 0 0 4294967296\"}",
		"{\"filter\":\"257,6 0 0 1\"}", "{\"filter\":\"1,40 0 0 12\"}", /* returns nothing */
		"{\"filter\":\"2,5 0 0 4294967294,6 0 0 1\"}",                  /* jumps backwards */
		"{\"filter\":\"2,5 0 0 4294967295,6 0 0 1\"}",                  /* comes round to itself */
		"{\"filter\":\"2,440 0 0 12,6 0 0 1\"}",                        /* no such code */
		"{\"filter\":\"2,100 0 0 32,6 0 0 1\"}",                        /* shifts all of it away */
		"{\"filter_ip\":\"2,21 9 9 1,6 0 0 1\"}",                       /* jumps out of it */
	};
	struct am_look look;

	(void)state;
	for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++)
		if (read_look(texts[i], false, &look) >= 0)
			fail_msg("taken: %s", texts[i]);
}

static void filters(void **state)
{
	const uint8_t ip[14] = {[12] = 8}, arp[14] = {[12] = 8, [13] = 6};
	struct am_filter f;
	struct am_err err;

	(void)state;
	assert_int_equal(am_filter_parse("4,40 0 0 12,21 0 1 2048,6 0 0 262144,6 0 0 0", &f, &err), 0);
	assert_true(am_filter_passes(&f, ip, sizeof ip));
	assert_false(am_filter_passes(&f, arp, sizeof arp));
	assert_false(am_filter_passes(&f, ip, 5));
	f.n = 0;
	assert_true(am_filter_passes(&f, arp, sizeof arp));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good), cmocka_unit_test(bad), cmocka_unit_test(filters)};

	return cmocka_run_group_tests_name("amimed/look", tests, NULL, NULL);
}
