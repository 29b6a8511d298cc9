/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tunnel.h"

static char *view(const char *tunnels, const char *ports)
{
	json_t *t = json_loads(tunnels, 0, NULL), *p = json_loads(ports, 0, NULL);
	json_t *o = am_tunnel_diagnose(t, p, "to-b");
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (o)
		am_tunnel_view(o, out);
	fclose(out);
	json_decref(o);
	json_decref(t);
	json_decref(p);
	return text;
}

static void down(void **state)
{
	char *text = view(
		"[{\"name\":\"to-b\",\"type\":\"gre\",\"mtu\":2400,\"state\":\"down\",\"paths\":[{\"remote\":"
		"\"198.51.100.1\",\"up\":false,\"why\":\"no route to 198.51.100.1; see: ip route get 198.51.100.1\"}]}]",
		"[{\"name\":\"wan\",\"link\":\"down\",\"why\":\"wan0 has no carrier; see: ip link show wan0\",\"port\":\"wan\"}]");

	(void)state;
	assert_string_equal(text, "tunnel to-b, gre, MTU 2400: down\n"
				  "  path to 198.51.100.1: down\n"
				  "  received 0 packets, sent 0\n"
				  "\n  no route to 198.51.100.1\n    see: ip route get 198.51.100.1\n"
				  "\n  port wan is down: wan0 has no carrier\n    see: ip link show wan0\n");
	free(text);
}

static void up(void **state)
{
	char *text = view(
		"[{\"name\":\"to-b\",\"type\":\"gre\",\"mtu\":2400,\"state\":\"up\",\"paths\":[{\"remote\":"
		"\"198.51.100.1\",\"up\":true,\"port\":\"wan\",\"why\":\"by\"}],\"counters\":{\"rx_packets\":5,"
		"\"tx_packets\":4}}]",
		"[{\"name\":\"wan\",\"link\":\"up\"}]");

	(void)state;
	assert_string_equal(text, "tunnel to-b, gre, MTU 2400: up\n  path to 198.51.100.1: up, by port wan\n"
				  "  received 5 packets, sent 4\n  nothing is missing\n");
	free(text);
}

static void silent(void **state)
{
	char *text = view(
		"[{\"name\":\"to-b\",\"state\":\"up\",\"paths\":[{\"up\":true,\"note\":\"local address 192.0.2.1 is on no "
		"device here; try: ip address add\"}],\"counters\":{\"rx_packets\":0,\"tx_packets\":4}}]",
		"[]");

	(void)state;
	assert_non_null(
		strstr(text, "  local address 192.0.2.1 is on no device here\n    try: ip address add\n"));
	assert_non_null(strstr(text, "nothing was ever received by it\n    look at the other side"));
	free(text);
	text = view("[{\"name\":\"other\"},7]", "{}");
	assert_string_equal(text, "");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(down), cmocka_unit_test(up), cmocka_unit_test(silent)};

	return cmocka_run_group_tests_name("amimectl/tunnel", tests, NULL, NULL);
}
