/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/journal.h"

static void check(const char *text, const char *instance, const char *want)
{
	char out[300];
	size_t len = am_journal_write(out, sizeof out, 4, "amimed", instance, text);

	assert_int_equal(len, strlen(want));
	assert_memory_equal(out, want, len);
}

static void messages(void **state)
{
	(void)state;
	check("port wan: link down", "site-a",
		"PRIORITY=4\nSYSLOG_IDENTIFIER=amimed\nMESSAGE=port wan: link down\nAMIME_INSTANCE=site-a\n"
		"AMIME_PORT=wan\n");
	check("tunnel to-b: no route", NULL,
		"PRIORITY=4\nSYSLOG_IDENTIFIER=amimed\nMESSAGE=tunnel to-b: no route\nAMIME_TUNNEL=to-b\n");
	check("ending", "a", "PRIORITY=4\nSYSLOG_IDENTIFIER=amimed\nMESSAGE=ending\nAMIME_INSTANCE=a\n");
	check("port of call: none", NULL,
		"PRIORITY=4\nSYSLOG_IDENTIFIER=amimed\nMESSAGE=port of call: none\n");
	check("port : none", NULL, "PRIORITY=4\nSYSLOG_IDENTIFIER=amimed\nMESSAGE=port : none\n");
}

/* What does not fit is left out, and the rest is whole. */
static void short_room(void **state)
{
	char out[48];

	(void)state;
	assert_int_equal(am_journal_write(out, sizeof out, 3, "amimed", "a",
				 "a text that is longer than there is room for in this small one"),
		strlen("PRIORITY=3\nSYSLOG_IDENTIFIER=amimed\n"));
	assert_memory_equal(out, "PRIORITY=3\nSYSLOG_IDENTIFIER=amimed\n", 36);
}

static void elsewhere(void **state)
{
	struct am_journal j;

	(void)state;
	assert_false(am_journal_open(&j, "a"));
	assert_int_equal(j.fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages), cmocka_unit_test(short_room), cmocka_unit_test(elsewhere)};

	return cmocka_run_group_tests_name("base/journal", tests, NULL, NULL);
}
