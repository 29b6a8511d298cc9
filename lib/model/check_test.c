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

static void vtep_without_a_way(void **state)
{
	(void)state;
	test_refused("{" PORTS ", 'vrfs': {'default': {'loopbacks': ['10.255.0.1']}}," VXLAN("") "}", NULL,
		"$.bridges.a.members[1].vtep", "nothing leads to VTEP 10.255.0.2");
	test_refused("{" PORTS ", 'vrfs': {'default': {'loopbacks': ['10.255.0.1'],"
		     "'routes': [{'prefix': '10.255.0.0/24', 'port': 'wan'}]}}," VXLAN("") "}",
		NULL, "$.bridges.a.members[1].vtep", "port wan, which is not in vrf default");
}

static void remote_routed_into_itself(void **state)
{
	(void)state;
	test_refused("{" PORTS
		     "," GRE("") ", 'vrfs': {'default': {'routes': [{'prefix': '10.0.0.0/8', 'tunnel': 't'},"
				 "{'prefix': '192.0.2.0/24', 'tunnel': 't'}]}}}",
		NULL, "$.vrfs.default.routes[1].prefix", "whose own remote 192.0.2.2 lies in it");
}

static void colliding_tunnels(void **state)
{
	static const char text[] = "{" PORTS ", 'tunnels': {"
				   "'t': {'type': '%s', 'local': '192.0.2.1', 'remote': '192.0.2.2' %s},"
				   "'u': {'type': '%s', 'local': '192.0.2.1', 'remote': '192.0.2.2' %s}}}";
	static const struct {
		const char *type_a, *rest_a, *type_b, *rest_b;
		bool collides;
	} cases[] = {
		{"gre", "", "gre", "", true},
		{"gre", ", 'key': 1", "gre", ", 'key': 1", true},
		{"etherip", "", "etherip", "", true},
		{"gre", "", "gre", ", 'key': 0", false},
		{"gre", ", 'key': 1", "gre", ", 'key': 2", false},
		{"gre", "", "gretap", "", false},
		{"gretap", "", "etherip", "", false},
		{"gretap", ", 'key': 9", "gretap", "", false},
	};
	struct am_model *m = test_model();
	char config[512];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(config, sizeof config, text, cases[i].type_a, cases[i].rest_a, cases[i].type_b,
			cases[i].rest_b);
		if (cases[i].collides)
			test_refused(config, NULL, "$.tunnels.u.remote", "could be for u or for tunnel t");
		else
			test_commit(m, config);
	}
	am_model_free(m);
}

static void the_same_vni_from_one_vtep(void **state)
{
	(void)state;
	test_refused("{" PORTS "," GRE("") "," VRFS ", 'bridges': {'a': {'vni': 5, 'members': [{'port': "
						    "'lan'}, {'vtep': '10.255.0.2'},"
					   "{'vtep': '10.255.0.2'}]}}}",
		NULL, "$.bridges.a.members[2]", "VNI 5 from VTEP 10.255.0.2 is taken already");
}

static void bridge_larger_than_its_tunnel(void **state)
{
	(void)state;
	test_refused("{" PORTS
		     ", 'tunnels': {'e': {'type': 'etherip', 'local': '192.0.2.1', 'remote': '192.0.2.2',"
		     "'mtu': 1400}}, 'bridges': {'a': {'members': [{'port': 'lan'}, {'tunnel': 'e'}]}}}",
		NULL, "$.bridges.a.mtu", "tunnel e carries IP packets of 1400, 100 too few");
}

static void an_identity_for_a_bridged_tunnel(void **state)
{
	(void)state;
	test_refused(
		"{" PORTS
		", 'tunnels': {'e': {'type': 'etherip', 'local': '192.0.2.1', 'remote': '192.0.2.2'}},"
		"'vrfs': {'default': {'loopbacks': ['10.255.0.1'], 'routes': [{'prefix': '10.255.0.2/32',"
		"'tunnel': 'e', 'mac': '02:00:00:00:00:01'}]}},"
		"'bridges': {'a': {'members': [{'port': 'lan'}, {'tunnel': 'e'}]}}}",
		NULL, "$.vrfs.default.routes[0].tunnel", "tunnel e is a member of bridge a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vxlan_in_a_small_tunnel),
		cmocka_unit_test(vxlan_that_just_fits),
		cmocka_unit_test(tunnel_beyond_two_fragments),
		cmocka_unit_test(vxlan_over_a_small_port),
		cmocka_unit_test(vtep_without_a_way),
		cmocka_unit_test(remote_routed_into_itself),
		cmocka_unit_test(colliding_tunnels),
		cmocka_unit_test(the_same_vni_from_one_vtep),
		cmocka_unit_test(bridge_larger_than_its_tunnel),
		cmocka_unit_test(an_identity_for_a_bridged_tunnel),
	};

	return cmocka_run_group_tests_name("model/check", tests, NULL, NULL);
}
