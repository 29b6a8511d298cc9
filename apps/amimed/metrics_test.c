/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "metrics.h"

static void format(void **state)
{
	struct am_metrics m = {0};

	(void)state;
	am_metrics_family(&m, AM_METRIC_COUNTER, "dropped_packets", "Packets dropped,\nby \"reason\" \\.");
	am_metrics_sample(&m, (struct am_label[]){{"interface", "wan"}, {"verdict", "eth_short"}, {0}}, 7);
	am_metrics_sample(&m, (struct am_label[]){{"interface", "a\"b\\c\nd"}, {0}}, UINT64_MAX);
	am_metrics_family(&m, AM_METRIC_GAUGE, "memory_bytes", "Memory.");
	am_metrics_sample(&m, NULL, 0);
	assert_false(m.failed);
	assert_string_equal(m.text,
		"# HELP amime_dropped_packets_total Packets dropped,\\nby \"reason\" \\\\.\n"
		"# TYPE amime_dropped_packets_total counter\n"
		"amime_dropped_packets_total{interface=\"wan\",verdict=\"eth_short\"} 7\n"
		"amime_dropped_packets_total{interface=\"a\\\"b\\\\c\\nd\"} 18446744073709551615\n"
		"# HELP amime_memory_bytes Memory.\n"
		"# TYPE amime_memory_bytes gauge\n"
		"amime_memory_bytes 0\n");
	assert_int_equal(m.len, strlen(m.text));
	free(m.text);
}

/* More than the first room. */
static void grows(void **state)
{
	struct am_metrics m = {0};
	size_t one;

	(void)state;
	am_metrics_family(&m, AM_METRIC_GAUGE, "x", "X.");
	one = m.len;
	for (unsigned i = 0; i < 50000; i++)
		am_metrics_sample(&m, NULL, 5);
	assert_false(m.failed);
	assert_int_equal(m.len, one + 50000 * strlen("amime_x 5\n"));
	free(m.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(format), cmocka_unit_test(grows)};

	return cmocka_run_group_tests_name("amimed/metrics", tests, NULL, NULL);
}
