/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "graph.h"

static const char site[] =
	"{\"ports\":{\"wan\":{\"driver\":\"af_xdp\",\"device\":\"wan0\",\"vrf\":\"underlay\"},\"lan\":{\"driver\":\"af_xdp\","
	"\"device\":\"lan0\",\"vrf\":\"none\"},\"spare\":{\"driver\":\"mem\",\"vrf\":\"none\"}},"
	"\"tunnels\":{\"to-b\":{\"type\":\"gre\",\"local\":\"192.0.2.1\",\"remote\":\"198.51.100.1\"}},"
	"\"vrfs\":{\"underlay\":{},\"default\":{\"loopbacks\":[\"10.255.0.1\"],\"routes\":["
	"{\"prefix\":\"10.0.0.0/8\",\"port\":\"wan\"},{\"prefix\":\"10.255.0.2/32\",\"tunnel\":\"to-b\"}]}},"
	"\"bridges\":{\"lan\":{\"vni\":10100,\"mtu\":1500,\"members\":[{\"port\":\"lan\",\"vlan\":100},"
	"{\"vtep\":\"10.255.0.2\"},{\"vtep\":\"10.9.9.9\"}]}}}";

static char *draw(const char *config, const char *tunnels, bool svg)
{
	json_t *c = json_loads(config, JSON_ALLOW_NUL, NULL),
	       *t = tunnels ? json_loads(tunnels, 0, NULL) : NULL;
	struct am_graph *g = am_graph_make(c, t, NULL);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(g);
	if (svg)
		am_graph_svg(g, "site <a> & \"b\"", out);
	else
		am_graph_text(g, out);
	fclose(out);
	am_graph_free(g);
	json_decref(c);
	json_decref(t);
	return text;
}

static void lines(void **state)
{
	char *text = draw(site,
		"[{\"name\":\"to-b\",\"state\":\"down\",\"paths\":[{\"why\":\"no route to 198.51.100.1\"}]}]",
		false);

	(void)state;
	assert_string_equal(text,
		"bridge lan (bridge, VNI 10100, MTU 1500)\n"
		"  port lan (af_xdp lan0), VLAN 100\n"
		"  vtep 10.255.0.2, VNI 10100\n"
		"    tunnel to-b (gre 192.0.2.1 > 198.51.100.1), 10.255.0.2/32: down, no route to 198.51.100.1\n"
		"      vrf underlay\n"
		"        port wan (af_xdp wan0)\n"
		"  vtep 10.9.9.9, VNI 10100\n"
		"    port wan (af_xdp wan0), 10.0.0.0/8\n"
		"port spare (mem ), used by nothing\n"
		"vrf underlay\n"
		"  port wan (af_xdp wan0)\n"
		"vrf default (10.255.0.1)\n"
		"  tunnel to-b (gre 192.0.2.1 > 198.51.100.1), 1 route: down, no route to 198.51.100.1\n"
		"    vrf underlay\n"
		"      port wan (af_xdp wan0)\n");
	free(text);
}

static void picture(void **state)
{
	char *one = draw(site, NULL, true), *two = draw(site, NULL, true);
	char *hostile = draw(
		"{\"bridges\":{\"<script>\":{}},\"ports\":{\"a&b\":{\"device\":\"\\\"><x\"}}}", NULL, true);

	(void)state;
	assert_string_equal(one, two);
	assert_non_null(strstr(one, "site &lt;a&gt; &amp; "));
	assert_non_null(strstr(one, ">tunnel to-b</text>"));
	assert_null(strstr(hostile, "<script>"));
	assert_null(strstr(hostile, "<x"));
	assert_non_null(strstr(hostile, "&lt;script&gt;"));
	assert_non_null(strstr(hostile, "a&amp;b"));
	assert_string_equal(hostile + strlen(hostile) - 7, "</svg>\n");
	free(one);
	free(two);
	free(hostile);
}

static void whatever_comes(void **state)
{
	static const char *const configs[] = {"{}", "[]", "{\"ports\":[1]}",
		"{\"ports\":{\"p\":7},\"bridges\":{\"b\":[]}}",
		"{\"bridges\":{\"b\":{\"members\":[{\"vtep\":\"x\"},{\"port\":\"no\"},{\"tunnel\":\"no\"},7,{}]}}}",
		"{\"tunnels\":{\"t\":{\"local\":[1,\"a\"],\"remote\":[]}}}"};

	(void)state;
	for (unsigned i = 0; i < sizeof configs / sizeof *configs; i++) {
		free(draw(configs[i], "[7,{\"name\":\"t\",\"state\":1}]", false));
		free(draw(configs[i], "[]", true));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines), cmocka_unit_test(picture), cmocka_unit_test(whatever_comes)};

	return cmocka_run_group_tests_name("amimectl/graph", tests, NULL, NULL);
}
