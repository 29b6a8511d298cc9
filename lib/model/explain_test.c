/* SPDX-License-Identifier: BSD-3-Clause */
/* The numbers that people check by hand. */
#include "model_test.h"

#include <jansson.h>

/* A tunnel, and a bridge with VNI 5 on it, by families. */
static json_t *explain(const char *type, bool v6, bool vtep6, const char *tunnel, const char *bridge)
{
	char text[1024];
	struct am_config *config;
	json_t *json;
	char *out;

	snprintf(text, sizeof text,
		"{'ports': {'wan': {'driver': 'mem', 'vrf': 'underlay'}, 'lan': {'driver': 'mem'}},"
		" 'tunnels': {'t': {'type': '%s', 'local': '%s', 'remote': '%s' %s}},"
		" 'vrfs': {'default': {'loopbacks': ['%s'], 'routes': [{'prefix': '%s', 'tunnel': 't' %s}]}},"
		" 'bridges': {'a': {'vni': 5, %s 'members': [{'port': 'lan'}, {'vtep': '%s'}]}}}",
		type, v6 ? "2001:db8::1" : "192.0.2.1", v6 ? "2001:db8::2" : "192.0.2.2", tunnel,
		vtep6 ? "fd00::1" : "10.255.0.1", vtep6 ? "fd00::2/128" : "10.255.0.2/32",
		strcmp(type, "gre") ? ", 'mac': '02:00:00:00:00:02'" : "", bridge,
		vtep6 ? "fd00::2" : "10.255.0.2");
	config = test_config(text);
	out = am_model_explain(config, "t", NULL);
	assert_non_null(out);
	json = json_loads(out, 0, NULL);
	assert_non_null(json);
	free(out);
	am_config_free(config);
	return json;
}

static unsigned number(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_integer(v))
		fail_msg("%s is no number", key);
	return (unsigned)json_integer_value(v);
}

static const json_t *ride(const json_t *json)
{
	const json_t *list = json_object_get(json, "bridges");

	assert_int_equal(json_array_size(list), 1);
	return json_array_get(list, 0);
}

/* The layers add up to the outer packet and the link's Ethernet header. */
static void assert_adds_up(const json_t *o)
{
	const json_t *layers = json_object_get(o, "layers");
	unsigned sum = 0;

	for (size_t i = 0; i < json_array_size(layers); i++)
		sum += number(json_array_get(layers, i), "octets");
	assert_int_equal(sum, number(o, "outer") + 14);
}

static void arithmetic_of_2400(void **state)
{
	static const struct {
		const char *type;
		bool v6, vtep6, fill;
		unsigned outer, whole, room;
	} cases[] = {
		{"gre", false, false, false, 1574, 1206, 2350},
		{"etherip", false, false, false, 1586, 1194, 2350},
		{"gretap", false, false, false, 1588, 1192, 2350},
		{"etherip", true, true, false, 1626, 1154, 2330},
		{"gre", true, true, false, 1614, 1166, 2330},
		{"gre", true, false, false, 1594, 1186, 2350},
		{"gre", false, true, false, 1594, 1186, 2330},
		{"etherip", false, false, true, 1586, 1414, 2350},
		{"etherip", true, true, true, 1626, 1374, 2330},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		json_t *json = explain(cases[i].type, cases[i].v6, cases[i].vtep6,
			cases[i].fill ? ", 'split': 'fill'" : "", "");
		const json_t *o = ride(json);

		assert_int_equal(number(o, "inner"), 1500);
		assert_int_equal(number(o, "outer"), cases[i].outer);
		assert_int_equal(number(o, "whole"), cases[i].whole);
		assert_int_equal(number(o, "whole_tagged"), cases[i].whole - 4);
		assert_int_equal(number(o, "largest"), 1500);
		assert_int_equal(number(o, "room"), cases[i].room);
		assert_int_equal(number(json_object_get(json, "alone"), "largest"), 2400);
		assert_int_equal(json_array_size(json_object_get(o, "packets")), 2);
		assert_adds_up(o);
		assert_adds_up(json_object_get(json, "alone"));
		json_decref(json);
	}
}

static unsigned packet(const json_t *o, size_t i)
{
	return (unsigned)json_integer_value(json_array_get(json_object_get(o, "packets"), i));
}

static void fragments(void **state)
{
	json_t *json = explain("gre", false, false, "", "");

	(void)state;
	assert_int_equal(packet(ride(json), 0), 1276);
	assert_int_equal(packet(ride(json), 1), 1574 - 20 - 1256 + 20);
	json_decref(json);
	json = explain("etherip", true, true, "", "");
	assert_int_equal(packet(ride(json), 0), 1280);
	assert_int_equal(packet(ride(json), 1), 1626 - 40 - 1232 + 48);
	json_decref(json);
	json = explain("gre", false, false, ", 'split': 'fill'", "'mtu': 1400,");
	assert_int_equal(json_array_size(json_object_get(ride(json), "packets")), 1);
	assert_int_equal(packet(ride(json), 0), 1474);
	json_decref(json);
}

static void clamp_is_shown(void **state)
{
	json_t *json = explain("gre", false, false, ", 'tcp_mss': 'whole'", "");
	const json_t *clamp = json_object_get(ride(json), "tcp_mss");

	(void)state;
	assert_int_equal(number(clamp, "ipv4"), 1206 - 40);
	assert_int_equal(number(clamp, "ipv6"), 1206 - 60);
	json_decref(json);
	json = explain("gre", false, false, "", "");
	assert_null(json_object_get(ride(json), "tcp_mss"));
	json_decref(json);
}

static void the_mac_is_shown_and_stable(void **state)
{
	json_t *a = explain("etherip", false, false, "", ""),
	       *b = explain("etherip", false, false, ", 'mtu': 2000", "");
	const char *mac = json_string_value(json_object_get(a, "mac"));
	struct am_mac parsed;

	(void)state;
	assert_string_equal(mac, json_string_value(json_object_get(b, "mac")));
	assert_int_equal(am_mac_parse_text(mac, &parsed), 0);
	assert_int_equal(parsed.bytes[0] & 3, 2);
	json_decref(b);
	b = explain("etherip", true, false, "", "");
	assert_string_not_equal(mac, json_string_value(json_object_get(b, "mac")));
	json_decref(a);
	json_decref(b);
}

static void an_unknown_tunnel(void **state)
{
	struct am_config *config = test_config("{'ports': {'lan': {'driver': 'mem'}}}");
	struct am_err err = {""};

	(void)state;
	assert_null(am_model_explain(config, "nope", &err));
	assert_non_null(strstr(err.text, "no tunnel nope"));
	am_config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arithmetic_of_2400),
		cmocka_unit_test(fragments),
		cmocka_unit_test(clamp_is_shown),
		cmocka_unit_test(the_mac_is_shown_and_stable),
		cmocka_unit_test(an_unknown_tunnel),
	};

	return cmocka_run_group_tests_name("model/explain", tests, NULL, NULL);
}
