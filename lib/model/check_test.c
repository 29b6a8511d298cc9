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

static void remote_routed_into_itself(void **state)
{
	(void)state;
	test_refused("{" PORTS
		     "," GRE("") ", 'vrfs': {'default': {'routes': [{'prefix': '10.0.0.0/8', 'tunnel': 't'},"
				 "{'prefix': '192.0.2.0/24', 'tunnel': 't'}]}}}",
		NULL, "$.vrfs.default.routes[1].prefix", "whose own remote 192.0.2.2 lies in it");
}

static void bridge_larger_than_its_tunnel(void **state)
{
	(void)state;
	test_refused("{" PORTS
		     ", 'tunnels': {'e': {'type': 'etherip', 'local': '192.0.2.1', 'remote': '192.0.2.2',"
		     "'mtu': 1400}}, 'bridges': {'a': {'members': [{'port': 'lan'}, {'tunnel': 'e'}]}}}",
		NULL, "$.bridges.a.mtu", "tunnel e carries IP packets of 1400, 100 too few");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vxlan_in_a_small_tunnel),
		cmocka_unit_test(vxlan_that_just_fits),
		cmocka_unit_test(tunnel_beyond_two_fragments),
		cmocka_unit_test(vxlan_over_a_small_port),
		cmocka_unit_test(remote_routed_into_itself),
		cmocka_unit_test(bridge_larger_than_its_tunnel),
	};

	return cmocka_run_group_tests_name("model/check", tests, NULL, NULL);
}
