/* SPDX-License-Identifier: BSD-3-Clause */
/* Each refusal: where it points, and the arithmetic in it. */
#include "model_test.h"

#define PORTS "'ports': {'wan': {'driver': 'mem', 'vrf': 'underlay'}, 'lan': {'driver': 'mem'}}"
#define VXLAN(bridge)                                                                                        \
	"'bridges': {'a': {'vni': 5, " bridge " 'members': [{'port': 'lan'}, {'vtep': '10.255.0.2'}]}}"
#define VRFS                                                                                                 \
	"'vrfs': {'default': {'loopbacks': ['10.255.0.1'], 'routes': [{'prefix': '10.255.0.2/32', "          \
	"'tunnel': 't'}]}}"
#define GRE(rest) "'tunnels': {'t': {'type': 'gre', 'local': '192.0.2.1', 'remote': '192.0.2.2' " rest "}}"

static void vxlan_in_a_small_tunnel(void **state)
{
	(void)state;
	test_refused("{" PORTS "," GRE(", 'mtu': 1500") "," VRFS "," VXLAN("") "}", NULL, "$.bridges.a.mtu",
		"1500 inside + 14 Ethernet + 8 VXLAN + 8 UDP + 20 IPv4 = 1550 octets to VTEP 10.255.0.2, but "
		"tunnel t below "
		"carries 1500, 50 too few; raise its \"mtu\" to 1550 or lower the bridge's to 1450");
	test_refused("{" PORTS "," GRE(", 'mtu': 1553") "," VRFS "," VXLAN("'inner_vlan': true,") "}", NULL,
		"$.bridges.a.mtu", "+ 4 inner VLAN tag + 8 VXLAN + 8 UDP + 20 IPv4 = 1554 octets");
}

static void vxlan_that_just_fits(void **state)
{
	struct am_model *m = test_model();

	(void)state;
	test_commit(m, "{" PORTS "," GRE(", 'mtu': 1550") "," VRFS "," VXLAN("") "}");
	test_commit(m, "{" PORTS "," GRE(", 'mtu': 1554") "," VRFS "," VXLAN("'inner_vlan': true,") "}");
	am_model_free(m);
}

static void tunnel_beyond_two_fragments(void **state)
{
	(void)state;
	test_refused("{" PORTS "," GRE(", 'mtu': 2600") "}", NULL, "$.tunnels.t.mtu", "lower \"mtu\" by");
	test_refused("{" PORTS "," GRE(", 'mtu': 2960, 'split': 'fill'") "}", NULL, "$.tunnels.t.mtu",
		"lower \"mtu\" by 4");
}

static void vxlan_over_a_small_port(void **state)
{
	static const char text[] =
		"{'ports': {'dc': {'driver': 'mem', 'vrf': 'default'}, 'lan': {'driver': 'mem'}},"
		" 'vrfs': {'default': {'loopbacks': ['10.255.0.1']}}," VXLAN("") "}";
	struct am_port_limits limits[2] = {{.mtu = 1549}, {.mtu = 1500}};
	struct am_model *m = test_model();
	struct am_plan *plan;

	(void)state;
	test_refused(text, limits, "$.bridges.a.mtu",
		"= 1550 octets to VTEP 10.255.0.2, but port dc below carries 1549");
	test_refused(text, NULL, "$.bridges.a.mtu", "port dc below carries 1500, 50 too few");
	limits[0].mtu = 1550;
	plan = test_plan(m, text, limits);
	am_plan_free(plan);
	am_model_free(m);
}

#define ROUTES(vrf, r) "'" vrf "': {'routes': [" r "]}"
#define IRB            "'bridges': {'a': {'addresses': ['10.9.0.1/24'], 'members': [{'tunnel': 'e'}]}}"
#define ETHERIP        "'tunnels': {'e': {'type': 'etherip', 'local': '192.0.2.1', 'remote': '192.0.2.2'}}"

static void remote_routed_into_itself(void **state)
{
	(void)state;
	test_refused(
		"{" PORTS "," GRE("") ", 'vrfs': {" ROUTES("default",
			"{'prefix': '10.0.0.0/8', 'tunnel': 't'}, {'prefix': '192.0.2.0/24', 'tunnel': 't'}") "}}",
		NULL, "$.vrfs.default.routes[1].prefix", "whose own remote 192.0.2.2 lies in it");
	/* in any VRF that shares the kernel's tables with the underlay */
	test_refused("{" PORTS "," GRE(", 'vrf': 'red'") ", 'vrfs': {" ROUTES(
			     "red", "{'prefix': '192.0.2.0/24', 'tunnel': 't'}") "}}",
		NULL, "$.vrfs.red.routes[0].prefix", "192.0.2.0/24 is routed into tunnel t");
	/* by a gateway behind the tunnel */
	test_refused("{" PORTS "," GRE(", 'addresses': ['10.0.0.1/30']") ", 'vrfs': {" ROUTES(
			     "default", "{'prefix': '192.0.2.2/32', 'via': '10.0.0.2'}") "}}",
		NULL, "$.vrfs.default.routes[0].prefix", "is routed into tunnel t");
	/* by a network on it */
	test_refused("{" PORTS "," GRE(", 'addresses': ['10.0.0.1/30', '192.0.2.9/24']") "}", NULL,
		"$.tunnels.t.addresses[1]", "192.0.2.0/24 is a network on tunnel t");
	/* by a bridge that the tunnel is a member of, and a gateway there */
	test_refused("{" PORTS "," ETHERIP "," IRB
		     ", 'vrfs': {" ROUTES("default", "{'prefix': '192.0.2.2/32', 'via': '10.9.0.7'}") "}}",
		NULL, "$.vrfs.default.routes[0].prefix", "tunnel e (by bridge a)");
	test_refused("{" PORTS "," ETHERIP
		     ",'bridges': {'a': {'addresses': ['192.0.2.4/29'], 'members': [{'tunnel': 'e'}]}}}",
		NULL, "$.bridges.a.addresses[0]", "192.0.2.0/29 is a network on tunnel e (by bridge a)");
	/* by a bridge whose VTEP is reached through the tunnel */
	test_refused(
		"{" PORTS
		"," GRE("") ", 'vrfs': {'default': {'loopbacks': ['10.255.0.1'], 'routes': ["
			    "{'prefix': '10.255.0.2/32', 'tunnel': 't'}, {'prefix': '192.0.2.2/32', 'bridge': 'a'}]}}," VXLAN(
				    "'addresses': ['10.9.0.1/24'],") "}",
		NULL, "$.vrfs.default.routes[1].prefix", "tunnel t (by bridge a)");
}

static void outside_stays_outside(void **state)
{
	struct am_model *m = test_model();

	(void)state;
	/* a default route, a VRF in a namespace of its own, what only lies beside */
	test_commit(m,
		"{" PORTS "," GRE("") ", 'vrfs': {" ROUTES("default",
			"{'prefix': '0.0.0.0/0', 'tunnel': 't'}, {'prefix': '192.0.2.128/25', 'tunnel': 't'}") "}}");
	test_commit(m,
		"{" PORTS
		"," GRE(", 'vrf': 'red'") ", 'vrfs': {'red': {'netns': 'red', 'routes': [{'prefix': '192.0.2.0/24', 'tunnel': 't'}]}}}");
	am_model_free(m);
}

#define WITH_DC                                                                                              \
	"'ports': {'wan': {'driver': 'mem', 'vrf': 'underlay'}, 'lan': {'driver': 'mem'},"                   \
	"'dc': {'driver': 'mem', 'vrf': 'default', 'mtu': 1600}},"
#define VTEP_IN(routes, bridges)                                                                                   \
	"{" WITH_DC GRE(                                                                                           \
		", 'addresses': ['10.0.0.1/30']") ", 'vrfs': {'default': {'loopbacks': ['10.255.0.1'],"            \
						  "'routes': [" routes                                             \
						  "]}}, 'bridges': {'a': {'vni': 5, 'addresses': ['10.9.0.1/24']," \
						  "'members': [{'port': 'lan'}, {'vtep': '10.255.0.2'}]}" bridges  \
						  "}}"

static void vtep_behind_a_bridge(void **state)
{
	(void)state;
	test_refused(VTEP_IN("{'prefix': '10.255.0.2/32', 'bridge': 'a'}", ""), NULL,
		"$.bridges.a.members[1]", "VTEP 10.255.0.2 is routed into bridge a, which it is a member of");
	test_refused(VTEP_IN("{'prefix': '10.255.0.2/32', 'via': '10.9.0.7'}", ""), NULL,
		"$.bridges.a.members[1]", "has a gateway that is behind bridge a");
	test_refused(VTEP_IN("", ",'b': {'addresses': ['10.255.0.9/24'], 'members': []}"), NULL,
		"$.bridges.a.members[1]",
		"lies in a network of bridge b, and VXLAN does not run over bridges");
	test_refused(VTEP_IN("{'prefix': '10.255.0.2/32', 'via': '10.0.0.2'}", ""), NULL,
		"$.bridges.a.members[1]",
		"add the route { \"prefix\": \"10.255.0.2/32\", \"tunnel\": \"t\" }");
}

static void port_on_its_own_mirror(void **state)
{
	(void)state;
	test_refused("{'ports': {'wan': {'driver': 'af_packet', 'device': 't', 'vrf': 'underlay'}}," GRE(
			     ", 'addresses': ['10.0.0.1/30']") "}",
		NULL, "$.ports.wan.device", "device t is the mirror of tunnel t");
}

/* What a name or an interface gives a tunnel while it runs is judged as what is in the file. */
static void an_end_that_moves_inside(void **state)
{
	struct am_config_errors errors = {0};
	struct am_model *m = test_model();
	struct am_config *config = test_config(
		"{" PORTS ",'tunnels': {'t': {'type': 'gre', 'local': '192.0.2.1', 'remote': 'b.example',"
		"'addresses': ['10.0.0.1/30']}}}");

	(void)state;
	config->tunnels[0].remote[0] = test_ip("10.0.0.2");
	assert_null(am_model_prepare(m, config, NULL, &errors));
	assert_int_equal(errors.n, 1);
	assert_non_null(strstr(errors.items[0].text, "whose own remote 10.0.0.2 lies in it"));
	am_config_errors_free(&errors);
	am_config_free(config);
	am_model_free(m);
}

static void bridge_larger_than_its_tunnel(void **state)
{
	(void)state;
	test_refused("{" PORTS
		     ", 'tunnels': {'e': {'type': 'etherip', 'local': '192.0.2.1', 'remote': '192.0.2.2',"
		     "'mtu': 1400}}, 'bridges': {'a': {'members': [{'port': 'lan'}, {'tunnel': 'e'}]}}}",
		NULL, "$.bridges.a.mtu", "tunnel e carries IP packets of 1400, 100 too few");
}

#define ONE_WAN(mtu) "'ports': {'wan': {'driver': 'mem', 'vrf': 'underlay'" mtu "}}"
#define TWO_WANS(a, b)                                                                                       \
	"'ports': {'wan': {'driver': 'mem', 'vrf': 'underlay'" a "},"                                        \
	"'wan2': {'driver': 'mem', 'vrf': 'underlay'" b "}}"
#define TO_WAN "'vrfs': {'underlay': {'routes': [{'prefix': '192.0.2.0/24', 'port': 'wan'}]}}"
#define FILL   GRE(", 'split': 'fill', 'path_mtu': 9000")

static void fill_beyond_its_port(void **state)
{
	static const char says[] =
		"2400 inside + 24 of headers = 2424 octets leave in packets of up to 2424, but port wan below "
		"carries 1500, 924 too few; raise the port's MTU to 2424, lower this to 1500, or use \"split\": "
		"\"floor\"";
	struct am_port_limits limits[2] = {{.mtu = 1500}, {.mtu = 1400}};

	(void)state;
	test_refused("{" ONE_WAN(", 'mtu': 1500") "," FILL "}", NULL, "$.tunnels.t.path_mtu", says);
	test_refused("{" ONE_WAN("") "," FILL "}", limits, "$.tunnels.t.path_mtu", says);
	test_refused("{" TWO_WANS("", "") "," FILL "}", limits, "$.tunnels.t.path_mtu", says);
	test_refused("{" TWO_WANS(", 'mtu': 1500", "") "," TO_WAN "," FILL "}", NULL, "$.tunnels.t.path_mtu",
		says);
	test_refused("{" ONE_WAN(", 'mtu': 1499") "," GRE(", 'split': 'fill'") "}", NULL,
		"$.tunnels.t.path_mtu",
		"leave in packets of up to 1500, but port wan below carries 1499, 1 too few");
	test_refused("{" ONE_WAN(", 'mtu': 1279") "," GRE("") "}", NULL, "$.tunnels.t",
		"packets of up to 1280, but port wan below carries 1279, 1 too few; raise the port's MTU to 1280");
}

static void fill_that_a_port_may_carry(void **state)
{
	static const char *const texts[] = {
		/* nobody knows the MTU yet */
		"{" ONE_WAN("") "," FILL "}",
		"{" TWO_WANS(", 'mtu': 1500", "") "," FILL "}",
		/* the kernel may choose the larger one */
		"{" TWO_WANS(", 'mtu': 1500", ", 'mtu': 9000") "," FILL "}",
		"{" TWO_WANS(", 'mtu': 9000", ", 'mtu': 1500") "," TO_WAN "," FILL "}",
		/* so much is never sent */
		"{" ONE_WAN(", 'mtu': 1500") "," GRE(", 'split': 'fill', 'path_mtu': 9000, 'mtu': 1476") "}",
		"{" ONE_WAN(", 'mtu': 600") "," GRE(", 'mtu': 576") "}",
	};
	struct am_model *m = test_model();

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		am_plan_free(test_plan(m, texts[i], NULL));
	am_model_free(m);
}

/* All that is wrong with text, one path a line. */
static void all_paths(const char *text, char *paths, size_t room)
{
	struct am_config_errors errors = {0};
	char *json = strdup(text);

	for (char *p = json; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	assert_null(am_config_load_checked(json, strlen(json), am_model_check, &errors));
	paths[0] = 0;
	for (size_t i = 0; i < errors.n; i++)
		snprintf(paths + strlen(paths), room - strlen(paths), "%s\n", errors.items[i].path);
	am_config_errors_free(&errors);
	free(json);
}

/* The arithmetic is checked beside other errors, but nothing is said about what could not be read. */
static void all_errors_at_once(void **state)
{
	static const struct {
		const char *text, *paths;
	} rows[] = {
		{"{'ports': {'wan': {'vrf': 'underlay'}, 'lan': {'queues': 'two'}}," GRE(", 'mtu': 9000") "}",
			"$.ports.lan.queues\n$.tunnels.t.mtu\n"},
		{"{" PORTS "," GRE(", 'ttl': 0, 'mtu': 9000") "}", "$.tunnels.t.ttl\n"},
		{"{'system': {'idle': 1}," PORTS "," GRE(", 'mtu': 1500") "," VRFS "," VXLAN("") "}",
			"$.system.idle\n$.bridges.a.mtu\n"},
		{"{" PORTS "," GRE(", 'mtu': '1500'") "," VRFS "," VXLAN("") "}", "$.tunnels.t.mtu\n"},
		{"{" PORTS "," GRE(", 'mtu': 1500") "," VRFS "," VXLAN("'mtu': '1',") "}",
			"$.bridges.a.mtu\n"},
		{"{" PORTS "," GRE(", 'mtu': 1500, 'mtu': 2400") "," VRFS "," VXLAN("") "}",
			"$.tunnels.t.mtu\n"},
		{"{" PORTS
		 "," GRE(", 'mtu': 1500") ", 'vrfs': {'default': {'loopbacks': ['10.255.0.1'], 'routes': ["
					  "{'prefix': '10.255.0.0/16', 'tunnel': 't'}, {'prefix': '10.255.0.2/33', 'tunnel': 'x'}]}}," VXLAN(
						  "") "}",
			"$.vrfs.default.routes[1].prefix\n$.vrfs.default.routes[1].tunnel\n"},
		{"{" ONE_WAN(", 'mtu': 1500, 'queues': 0") "," FILL "}", "$.ports.wan.queues\n"},
		{"{" TWO_WANS(", 'mtu': 1500", ", 'mtu': 1") "," FILL "}", "$.ports.wan2.mtu\n"},
		{"{'ports': {'wan': {'vrf': 'underlay', 'mtu': 1500}, 'lan': {'queues': 0}}," FILL "}",
			"$.ports.lan.queues\n$.tunnels.t.path_mtu\n"},
		{"{'ports': {'wan': {'vrf': 'underlay', 'mtu': 1500}, 'lan': {'vrf': 0}}," FILL "}",
			"$.ports.lan.vrf\n"},
		{"{'system': {'idle': 1}, 'ports': {'dc': {'driver': 'mem', 'vrf': 'default', 'mtu': 1500},"
		 "'lan': {'driver': 'mem'}}, 'vrfs': {'default': {'loopbacks': ['10.255.0.1']}}," VXLAN(
			 "") "}",
			"$.system.idle\n$.bridges.a.mtu\n"},
	};
	/* The device may well carry more: it is asked when the port is open. */
	static const char unknown[] =
		"{'ports': {'dc': {'driver': 'mem', 'vrf': 'default'}, 'lan': {'driver': 'mem'}},"
		" 'vrfs': {'default': {'loopbacks': ['10.255.0.1']}}," VXLAN("") ", 'x': 1}";
	char paths[512];

	(void)state;
	all_paths(unknown, paths, sizeof paths);
	assert_string_equal(paths, "$.x\n");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		all_paths(rows[i].text, paths, sizeof paths);
		if (strcmp(paths, rows[i].paths) != 0)
			fail_msg("%s\nsays\n%s", rows[i].text, paths);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vxlan_in_a_small_tunnel),
		cmocka_unit_test(vxlan_that_just_fits),
		cmocka_unit_test(tunnel_beyond_two_fragments),
		cmocka_unit_test(vxlan_over_a_small_port),
		cmocka_unit_test(remote_routed_into_itself),
		cmocka_unit_test(outside_stays_outside),
		cmocka_unit_test(vtep_behind_a_bridge),
		cmocka_unit_test(port_on_its_own_mirror),
		cmocka_unit_test(an_end_that_moves_inside),
		cmocka_unit_test(bridge_larger_than_its_tunnel),
		cmocka_unit_test(fill_beyond_its_port),
		cmocka_unit_test(fill_that_a_port_may_carry),
		cmocka_unit_test(all_errors_at_once),
	};

	return cmocka_run_group_tests_name("model/check", tests, NULL, NULL);
}
