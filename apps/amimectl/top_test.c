/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "top.h"

static struct am_top_look look(double at, const char *ports, const char *drops, const char *workers)
{
	return (struct am_top_look){.at_s = at,
		.version = json_pack("{s:s, s:i}", "name", "site-a", "uptime_s", 60),
		.ports = json_loads(ports, 0, NULL),
		.drops = json_loads(drops, 0, NULL),
		.workers = json_loads(workers, 0, NULL)};
}

static char *view(const json_t *rates, int lines)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	am_top_view(rates, lines, out);
	fclose(out);
	return text;
}

static void rates(void **state)
{
	struct am_top_look one = look(10,
		"[{\"name\":\"wan\",\"link\":\"up\",\"drops\":1,\"counters\":{\"rx_packets\":100,\"rx_bytes\":1000,"
		"\"tx_packets\":9,\"tx_bytes\":0}}]",
		"[]", "{\"workers\":[{\"worker\":0,\"turns\":100,\"busy_turns\":10,\"packets\":5}]}");
	struct am_top_look two = look(12,
		"[{\"name\":\"wan\",\"link\":\"up\",\"drops\":7,\"counters\":{\"rx_packets\":30100,\"rx_bytes\":2501000,"
		"\"tx_packets\":3,\"tx_bytes\":0}},{\"name\":\"lan\",\"link\":\"down\",\"counters\":{}}]",
		"[{\"kind\":\"port\",\"interface\":\"wan\",\"drop\":\"ip4_checksum\",\"count\":6,\"text\":\"wrong\"}]",
		"{\"workers\":[{\"worker\":0,\"turns\":300,\"busy_turns\":60,\"packets\":25}],\"resident_memory\":104857600}");
	one.routed = json_loads("[{\"kind\":\"vlan\",\"name\":\"w.1\",\"rx_packets\":10}]", 0, NULL);
	two.routed = json_loads(
		"[{\"kind\":\"port\",\"name\":\"wan\"},{\"kind\":\"vlan\",\"name\":\"w.1\",\"state\":\"up\","
		"\"rx_packets\":50,\"drops\":0}]",
		0, NULL);

	json_t *r = am_top_rates(&one, &two);
	char *text = view(r, 0), *small = view(r, 8);

	(void)state;
	assert_non_null(strstr(text, "site-a, up 60 s, memory 100.0 MiB"));
	/* 15000 packets and 10 Mbit a second; tx went back, so it began anew. */
	assert_non_null(strstr(text, "port wan   up        15.0k     10.0M         0         0       3\n"));
	assert_non_null(strstr(text, "port lan   down          0 "));
	assert_non_null(strstr(text, "vlan w.1   up           20 "));
	assert_non_null(strstr(text, "0  25 %        10          0      100\n"));
	assert_non_null(strstr(text, "port wan    ip4_checksum      3    6  wrong\n"));
	assert_null(strstr(small, "ip4_checksum"));
	free(text);
	free(small);
	json_decref(r);
	am_top_look_free(&one);
	am_top_look_free(&two);
}

static void whatever_comes(void **state)
{
	static const char *const texts[] = {"{}", "[]", "[{}]", "[7,null]", "{\"workers\":7}"};

	(void)state;
	for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct am_top_look one = {0}, two = look(1, texts[i], texts[i], texts[i]);
		json_t *r = am_top_rates(&one, &two);

		free(view(r, 20));
		json_decref(r);
		am_top_look_free(&two);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(rates), cmocka_unit_test(whatever_comes)};

	return cmocka_run_group_tests_name("amimectl/top", tests, NULL, NULL);
}
