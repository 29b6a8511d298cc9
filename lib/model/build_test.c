/* SPDX-License-Identifier: BSD-3-Clause */
#include "model_test.h"

#include <dirent.h>

static const char site_a[] =
	"{'ports': {'wan': {'driver': 'mem', 'vrf': 'underlay'}, 'lan': {'driver': 'mem'}},"
	" 'tunnels': {'to-b': {'type': 'gre', 'local': '192.0.2.1', 'remote': '198.51.100.1'}},"
	" 'vrfs': {'underlay': {'routes': [{'prefix': '0.0.0.0/0', 'port': 'wan', 'via': '192.0.2.254',"
	"                                   'mac': '02:00:00:00:00:fe'}]},"
	"          'default': {'loopbacks': ['10.255.0.1'],"
	"                      'routes': [{'prefix': '10.255.0.2/32', 'tunnel': 'to-b'}]}},"
	" 'bridges': {'lan': {'vni': 10100, 'members': [{'port': 'lan'}, {'vtep': '10.255.0.2'}]}}}";

static void roots_of_site_a(void **state)
{
	struct am_model *m = test_model();
	const struct am_roots *roots = test_commit(m, site_a);
	const struct am_member *lan, *vtep;

	(void)state;
	assert_int_equal(roots->n_ports, 2);
	assert_int_equal(roots->n_tunnels, 1);
	assert_int_equal(roots->n_bridges, 1);
	assert_int_equal(roots->n_ifaces, 5);
	assert_int_equal(roots->n_paths_hint, 2); /* of VXLAN, and of what is routed */
	assert_int_equal(roots->vtep_port, 4789);
	assert_null(roots->members[0]); /* 0 in the FDB is an unknown MAC */
	assert_int_equal(roots->bridges[0]->n_members, 2);
	assert_int_equal(roots->bridges[0]->vni, 10100);
	assert_int_equal(roots->bridges[0]->iface, test_iface(m, AM_IFACE_BRIDGE, "lan"));
	lan = roots->members[roots->bridges[0]->members[0]];
	vtep = roots->members[roots->bridges[0]->members[1]];
	assert_int_equal(lan->kind, AM_MEMBER_PORT);
	assert_string_equal(am_model_port_name(m, lan->port), "lan");
	assert_int_equal(lan->vid, AM_VID_ANY);
	assert_false(lan->l2_control);
	assert_int_equal(roots->ports[lan->port].vlans.any, lan->id);
	assert_int_equal(roots->ports[lan->port].vrf, AM_NO_ID);
	assert_int_equal(vtep->kind, AM_MEMBER_VTEP);
	assert_int_equal(vtep->tunnel, 0);
	assert_int_equal(vtep->iface, roots->bridges[0]->iface);
	assert_int_equal(vtep->paths->n, 1);
	assert_int_equal(roots->tunnels[0]->kind, AM_TUNNEL_GRE);
	assert_int_equal(roots->tunnels[0]->vrf, AM_VRF_DEFAULT);
	assert_false(roots->tunnels[0]->bridged);
	am_model_free(m);
}

static void a_static_next_hop_is_live(void **state)
{
	struct am_model *m = test_model();
	const struct am_roots *roots = test_commit(m, site_a);
	const struct am_path_list *paths = roots->members[test_member(m, "lan", "vtep 10.255.0.2")]->paths;
	const struct am_encap *e = paths->encap[0];
	const struct am_mac gateway = test_mac("02:00:00:00:00:fe");

	(void)state;
	assert_int_equal(am_model_nexthops(m), 1);
	assert_true(am_model_nexthop(m, 0)->is_static);
	assert_true(am_model_nexthop(m, 0)->resolved);
	assert_int_equal(paths->live, 1);
	assert_string_equal(am_model_port_name(m, paths->port[0]), "wan");
	assert_int_equal(e->len, 14 + 20 + 4 + 20 + 8 + 8);
	assert_memory_equal(am_encap_bytes(e), gateway.bytes, 6);
	am_model_free(m);
}

static void peers_know_tunnels_and_vteps(void **state)
{
	struct am_model *m = test_model();
	const struct am_roots *roots = test_commit(m, site_a);
	const struct am_ip a = test_ip("192.0.2.1"), b = test_ip("198.51.100.1");
	const struct am_ip va = test_ip("10.255.0.1"), vb = test_ip("10.255.0.2");
	uint32_t peer;

	(void)state;
	assert_int_equal(am_peers_find(roots->peers, AM_VRF_UNDERLAY, AM_IPV4, b.bytes, a.bytes, &peer),
		AM_PEER_FOUND);
	assert_true(peer < TEST_PATHS);
	assert_int_equal(am_peers_use(roots->peers, peer, AM_USE_GRE, 0), 0);
	assert_int_equal(am_peers_use(roots->peers, peer, AM_USE_GRETAP, 0), AM_NO_TARGET);
	assert_int_equal(am_peers_find(roots->peers, AM_VRF_DEFAULT, AM_IPV4, vb.bytes, va.bytes, &peer),
		AM_PEER_FOUND);
	assert_int_equal(am_peers_use(roots->peers, peer, AM_USE_VXLAN, 10100),
		test_member(m, "lan", "vtep 10.255.0.2"));
	assert_int_equal(am_peers_find(roots->peers, AM_VRF_DEFAULT, AM_IPV4, b.bytes, va.bytes, &peer),
		AM_PEER_SOURCE_UNKNOWN);
	assert_int_equal(am_peers_find(roots->peers, AM_VRF_UNDERLAY, AM_IPV4, vb.bytes, va.bytes, &peer),
		AM_PEER_NOT_OURS);
	am_model_free(m);
}

static bool steered(const struct am_steer *steer, unsigned vid)
{
	return steer->vids[vid / 64] >> (vid % 64) & 1;
}

static void steering_by_members_and_addresses(void **state)
{
	static const char text[] =
		"{'ports': {'wan': {'driver': 'mem', 'vrf': 'underlay'}, 'dc': {'driver': 'mem', 'vrf': "
		"'default', 'mtu': 1600},"
		"           'lan': {'driver': 'mem'}, 'all': {'driver': 'mem'}},"
		" 'tunnels': {'e': {'type': 'etherip', 'local': '2001:db8::1', 'remote': '2001:db8::2'}},"
		" 'vrfs': {'default': {'loopbacks': ['10.255.0.1']}},"
		" 'bridges': {'a': {'vni': 1, 'members': [{'port': 'lan', 'vlan': 100}, {'vtep': "
		"'10.9.0.1'}]},"
		"             'b': {'members': [{'port': 'lan', 'vlan': 'untagged'}, {'port': 'lan', 'vlan': "
		"4094}]}},"
		" 'xconnects': {'x': {'members': [{'port': 'all'}, {'tunnel': 'e'}]}}}";
	struct am_model *m = test_model();
	struct am_plan *plan = test_plan(m, text, NULL);
	const struct am_ip local = test_ip("2001:db8::1"), vtep = test_ip("10.255.0.1");
	struct am_steer steer;

	(void)state;
	am_model_steer(m, plan, am_plan_port_id(plan, 0), &steer);
	assert_false(steer.all);
	assert_int_equal(steer.n_locals, 1);
	assert_true(am_ip_equal(&steer.locals[0], &local));
	am_model_steer(m, plan, am_plan_port_id(plan, 1), &steer);
	assert_int_equal(steer.n_locals, 1);
	assert_true(am_ip_equal(&steer.locals[0], &vtep));
	am_model_steer(m, plan, am_plan_port_id(plan, 2), &steer);
	assert_false(steer.all);
	assert_int_equal(steer.n_locals, 0);
	assert_true(steered(&steer, 0) && steered(&steer, 100) && steered(&steer, 4094));
	assert_false(steered(&steer, 1));
	am_model_steer(m, plan, am_plan_port_id(plan, 3), &steer);
	assert_true(steer.all);
	am_plan_free(plan);
	am_model_free(m);
}

static void members_by_vlan(void **state)
{
	static const char text[] =
		"{'ports': {'lan': {'driver': 'mem'}, 'wan': {'driver': 'mem', 'vrf': 'underlay'}},"
		" 'tunnels': {'e': {'type': 'gretap', 'key': 7, 'local': '192.0.2.1', "
		"'remote': '192.0.2.2'}},"
		" 'bridges': {'a': {'members': [{'port': 'lan', 'vlan': 100}, {'tunnel': "
		"'e', 'vlan': 200, 'tpid': '802.1ad'}]}},"
		" 'xconnects': {'x': {'members': [{'port': 'lan'}, {'tunnel': 'e', "
		"'vlan': 'untagged', 'l2_control': 'drop'}]}}}";
	struct am_model *m = test_model();
	const struct am_roots *roots = test_commit(m, text);
	uint16_t p100 = test_member(m, "a", "port lan vlan 100"),
		 e200 = test_member(m, "a", "tunnel e vlan 200");
	uint16_t any = test_member(m, "x", "port lan"), plain = test_member(m, "x", "tunnel e untagged");

	(void)state;
	assert_int_equal(roots->ports[0].vlans.any, any);
	assert_int_equal(roots->ports[0].vlans.untagged, AM_NO_ID);
	assert_int_equal(roots->ports[0].vlans.by_vid[100], p100);
	assert_int_equal(roots->ports[0].vlans.by_vid[200], AM_NO_ID);
	assert_int_equal(roots->tunnels[0]->vlans.any, AM_NO_ID);
	assert_int_equal(roots->tunnels[0]->vlans.untagged, plain);
	assert_int_equal(roots->tunnels[0]->vlans.by_vid[200], e200);
	assert_true(roots->tunnels[0]->bridged);
	assert_int_equal(roots->members[e200]->vid, 200);
	assert_int_equal(roots->members[e200]->tpid, 0x88a8);
	assert_int_equal(roots->members[plain]->vid, AM_VID_UNTAGGED);
	assert_false(roots->members[plain]->l2_control);
	assert_true(roots->members[any]->l2_control); /* xconnects forward by default */
	assert_true(roots->bridges[roots->members[any]->bridge]->xconnect);
	assert_false(roots->bridges[roots->members[any]->bridge]->learn);
	am_model_free(m);
}

/* VXLAN in an EtherIP tunnel whose neighbour is given, striped over two pairs of addresses. */
static void striped_vxlan_in_etherip(void **state)
{
	static const char text[] =
		"{'ports': {'wan': {'driver': 'mem', 'vrf': 'underlay'}, 'lan': {'driver': 'mem'}},"
		" 'tunnels': {'e': {'type': 'etherip', 'local': ['2001:db8::1', '2001:db8::3'],"
		"                   'remote': ['2001:db8::2', '2001:db8::4'], 'mac': '02:00:00:00:00:01', "
		"'tcp_mss': 'fit'}},"
		" 'vrfs': {'underlay': {'routes': [{'prefix': '2001:db8::2/128', 'port': 'wan', 'mac': "
		"'02:00:00:00:00:22'}]},"
		"          'default': {'loopbacks': ['fd00::1'],"
		"                      'routes': [{'prefix': 'fd00::/64', 'tunnel': 'e', 'mac': "
		"'02:00:00:00:00:02'}]}},"
		" 'bridges': {'a': {'vni': 5, 'members': [{'port': 'lan'}, {'vtep': 'fd00::2'}]}}}";
	struct am_model *m = test_model();
	const struct am_roots *roots = test_commit(m, text);
	const struct am_member *vtep = roots->members[test_member(m, "a", "vtep fd00::2")];
	const struct am_encap *e = vtep->paths->encap[0];

	(void)state;
	assert_int_equal(vtep->paths->n, 2);
	assert_int_equal(vtep->paths->live, 1); /* the other pair's route is the kernel's */
	assert_int_equal(am_model_nexthops(m), 2);
	assert_int_equal(am_model_nexthop(m, 1)->port, AM_NO_ID);
	assert_int_equal(roots->n_paths_hint, 4);
	assert_int_equal(e->len, 14 + 40 + 2 + 14 + 40 + 8 + 8);
	assert_true(e->udp_csum);
	assert_memory_equal(am_encap_bytes(e) + 14 + 40 + 2, test_mac("02:00:00:00:00:02").bytes, 6);
	assert_memory_equal(am_encap_bytes(e) + 14 + 40 + 8, test_mac("02:00:00:00:00:01").bytes, 6);
	assert_int_equal(vtep->mss4, 1460);
	assert_int_equal(vtep->mss6, 1440);
	am_model_free(m);
}

/* A member's frames leave by the string that alone is live, else as its list says. */
static void assert_exit(const struct am_roots *roots, const struct am_member *m, uint32_t live)
{
	const struct am_exit *exit = atomic_load(&roots->exits[m->id]);
	unsigned bit = live ? (unsigned)__builtin_ctz(live) : 0;

	assert_int_equal(atomic_load(&m->paths->live), live);
	assert_int_equal(exit->face, m->exit.face);
	assert_int_equal(exit->member, m->id);
	if (!live || live & (live - 1)) {
		assert_ptr_equal(exit, &m->exit);
		assert_int_equal(exit->kind, AM_EXIT_LIST);
		return;
	}
	assert_ptr_equal(exit, &atomic_load(&m->paths->encap[bit])->exit);
	assert_int_equal(exit->kind, AM_EXIT_PATH);
	assert_int_equal(exit->path, m->paths->first_path + bit);
	assert_int_equal(exit->port, m->paths->port[bit]);
}

/* Two stripes whose next hops come and go: which string a frame leaves by, while there is one. */
static void exits_follow_stripes(void **state)
{
	static const char text[] =
		"{'ports': {'wan': {'driver': 'mem', 'vrf': 'underlay'}, 'wan2': {'driver': 'mem', 'vrf': 'underlay'}, "
		"'lan': {'driver': 'mem'}},"
		" 'tunnels': {'t': {'type': 'gre', 'local': ['192.0.2.1', '192.0.2.3'], 'remote': ['192.0.2.2', "
		"'192.0.2.4']}},"
		" 'vrfs': {'default': {'loopbacks': ['10.255.0.1'], 'routes': [{'prefix': '10.255.0.2/32', 'tunnel': "
		"'t'}]}},"
		" 'bridges': {'a': {'vni': 5, 'members': [{'port': 'lan'}, {'vtep': '10.255.0.2'}]}}}";
	const struct am_mac src = test_mac("02:00:00:00:00:01"), dst = test_mac("02:00:00:00:00:02");
	static const struct {
		uint16_t hop;
		bool resolved;
		uint16_t port;
		uint32_t live;
	} steps[] = {{0, true, 0, 1}, {1, true, 1, 3}, {1, true, 0, 3}, {0, false, 0, 2}, {1, true, 1, 2},
		{1, false, 0, 0}, {1, true, 1, 2}, {0, true, 0, 3}, {1, false, 0, 1}};
	struct am_model *m = test_model();
	const struct am_roots *roots = test_commit(m, text);
	const struct am_member *vtep = roots->members[test_member(m, "a", "vtep 10.255.0.2")];

	(void)state;
	assert_int_equal(vtep->paths->n, 2);
	assert_int_equal(am_model_nexthops(m), 2);
	assert_exit(roots, vtep, 0);
	for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++) {
		am_model_retire(
			am_model_resolve(m, steps[i].hop, steps[i].resolved, steps[i].port, &src, &dst, 0));
		assert_exit(roots, vtep, steps[i].live);
	}
	am_model_free(m);
}

static void mss_of(
	const char *tunnel, const char *bridge, unsigned member4, unsigned member6, unsigned tunnel4)
{
	struct am_model *m = test_model();
	char text[1024];
	const struct am_roots *roots;

	snprintf(text, sizeof text,
		"{'ports': {'wan': {'driver': 'mem', 'vrf': 'underlay'}, 'lan': {'driver': 'mem'}},"
		" 'tunnels': {'t': {'type': 'gre', 'local': '192.0.2.1', 'remote': '192.0.2.2', %s}},"
		" 'vrfs': {'default': {'loopbacks': ['10.255.0.1'], 'routes': [{'prefix': '10.255.0.2/32', "
		"'tunnel': 't'}]}},"
		" 'bridges': {'a': {'vni': 5, %s 'members': [{'port': 'lan'}, {'vtep': '10.255.0.2'}]}}}",
		tunnel, bridge);
	roots = test_commit(m, text);
	assert_int_equal(roots->members[test_member(m, "a", "vtep 10.255.0.2")]->mss4, member4);
	assert_int_equal(roots->members[test_member(m, "a", "vtep 10.255.0.2")]->mss6, member6);
	assert_int_equal(roots->tunnels[0]->mss4, tunnel4);
	assert_int_equal(roots->members[test_member(m, "a", "port lan")]->mss4, 0);
	am_model_free(m);
}

static void mss(void **state)
{
	(void)state;
	mss_of("'tcp_mss': 'off'", "", 0, 0, 0);
	mss_of("'tcp_mss': 'fit'", "", 1460, 1440, 2360);
	mss_of("'tcp_mss': 'fit'", "'mtu': 1400,", 1360, 1340, 2360);
	mss_of("'tcp_mss': 'whole'", "", 1206 - 40, 1206 - 60, 1256 - 40);
	mss_of("'tcp_mss': 'whole'", "'inner_vlan': true,", 1202 - 40, 1202 - 60, 1256 - 40);
	mss_of("'tcp_mss': 'whole', 'split': 'fill'", "", 1426 - 40, 1426 - 60, 1476 - 40);
	mss_of("'tcp_mss': 1300", "", 1300, 1300, 1300);
}

/* Straight over a port: no tunnel, never cut, and as long as the port that the next hop turns out to be on. */
static void vxlan_over_a_port(void **state)
{
	static const char text[] =
		"{'ports': {'dc': {'driver': 'mem', 'vrf': 'default', 'mtu': 1600, 'vlan': 30}, 'lan': "
		"{'driver': 'mem'}},"
		" 'vrfs': {'default': {'loopbacks': ['10.255.0.1']}},"
		" 'bridges': {'a': {'vni': 5, 'members': [{'port': 'lan'}, {'vtep': '10.9.0.1'}]}}}";
	const struct am_mac src = test_mac("02:00:00:00:00:01"), dst = test_mac("02:00:00:00:00:02");
	struct am_model *m = test_model();
	const struct am_roots *roots = test_commit(m, text);
	const struct am_member *vtep = roots->members[test_member(m, "a", "vtep 10.9.0.1")];
	char note[256];

	(void)state;
	assert_int_equal(vtep->tunnel, AM_NO_TARGET);
	assert_int_equal(vtep->paths->live, 0);
	assert_int_equal(am_model_nexthop(m, 0)->vrf, AM_VRF_DEFAULT);
	am_model_retire(am_model_resolve(m, 0, true, 0, &src, &dst, 30));
	assert_int_equal(vtep->paths->live, 1);
	assert_exit(roots, vtep, 1);
	assert_int_equal(vtep->paths->encap[0]->kind, AM_TUNNEL_NONE);
	assert_int_equal(vtep->paths->encap[0]->split, AM_SPLIT_NONE);
	assert_int_equal(vtep->paths->encap[0]->len, 18 + 20 + 8 + 8);
	assert_int_equal(vtep->paths->encap[0]->payload_max, 1600 - 36);
	assert_false(am_model_nexthop_note(m, 0, note, sizeof note));
	am_model_free(m);
}

static void a_port_too_small_is_noted(void **state)
{
	const struct am_port_limits limits[] = {{.mtu = 1400}, {.mtu = 1500}};
	/* The kernel chose the smaller one. */
	const struct am_mac mac = test_mac("02:00:00:00:00:01");
	static const char text[] =
		"{'ports': {'wan': {'driver': 'mem', 'vrf': 'underlay'},"
		" 'lan': {'driver': 'mem', 'vrf': 'underlay'}},"
		" 'tunnels': {'e': {'type': 'etherip', 'local': '192.0.2.1', 'remote': '192.0.2.2', 'split': 'fill'}},"
		" 'bridges': {'a': {'members': [{'port': 'lan', 'vlan': 7}, {'tunnel': 'e'}]}}}";
	struct am_model *m = test_model();
	char note[256] = "";

	(void)state;
	am_model_retire(am_model_commit(m, test_plan(m, text, limits)));
	assert_false(am_model_nexthop_note(m, 0, note, sizeof note));
	am_model_retire(am_model_resolve(m, 0, true, 0, &mac, &mac, 0));
	assert_true(am_model_nexthop_note(m, 0, note, sizeof note));
	assert_string_equal(note, "port wan carries 1400 octets, but tunnel e sends packets of up to 1500; "
				  "lower its \"path_mtu\", or use \"split\": \"floor\"");
	am_model_free(m);
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t n = strlen(name), k = strlen(suffix);

	return n > k && strcmp(name + n - k, suffix) == 0;
}

static void build_file(const char *name)
{
	struct am_config_errors errors = {0};
	struct am_model *m = am_model_create(65536, 1, 1, 4096);
	struct am_config *config;
	struct am_plan *plan;
	char path[1024];

	snprintf(path, sizeof path, "%s/%s", AM_CONFIG_DIR, name);
	config = am_config_load_file(path, &errors);
	plan = config ? am_model_prepare(m, config, NULL, &errors) : NULL;
	for (size_t i = 0; i < errors.n; i++)
		print_error("%s:%u: %s: %s\n", name, errors.items[i].line, errors.items[i].path,
			errors.items[i].text);
	assert_non_null(plan);
	am_model_retire(am_model_commit(m, plan));
	assert_int_equal(am_model_roots(m)->generation, 1);
	am_config_errors_free(&errors);
	am_model_free(m);
}

static unsigned build_folder(const char *name)
{
	char path[512];
	unsigned n = 0;
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof path, "%s/%s", AM_CONFIG_DIR, name);
	dir = opendir(path);
	assert_non_null(dir);
	while ((e = readdir(dir))) {
		if (!has_suffix(e->d_name, ".json") || strstr(e->d_name, "schema.json"))
			continue;
		snprintf(path, sizeof path, "%s/%s", name, e->d_name);
		build_file(path);
		n++;
	}
	closedir(dir);
	return n;
}

/* A tunnel that waits for its ends has all but peers, next hops and live paths. */
static void a_tunnel_without_ends(void **state)
{
	static const char text[] =
		"{'ports':{'wan':{'vrf':'underlay'},'lan':{}},"
		"'tunnels':{'m':{'type':'gretap','local':'interface:wan','remote':'b.example'},"
		"'r':{'type':'gre','local':'interface:wan','remote':'192.0.2.9','addresses':['10.0.0.1/30']}},"
		"'vrfs':{'underlay':{'routes':[{'prefix':'0.0.0.0/0','port':'wan','via':'192.0.2.254',"
		"'mac':'02:00:00:00:00:fe'}]}},"
		"'xconnects':{'x':{'members':[{'port':'lan'},{'tunnel':'m'}]}}}";
	struct am_model *m = test_model();
	struct am_config_errors errors = {0};
	struct am_config *config = test_config(text);
	const struct am_path_list *paths;
	struct am_plan *plan;
	struct am_steer steer;

	(void)state;
	test_commit(m, text);
	paths = am_model_roots(m)->members[test_member(m, "x", "tunnel m")]->paths;
	assert_int_equal(paths->live, 0);
	assert_non_null(paths->encap[0]);
	assert_int_equal(am_model_nexthops(m), 0);
	am_model_steer(m, NULL, 0, &steer);
	assert_int_equal(steer.n_locals, 0);
	/* Whoever runs it fills in what it found. */
	config->tunnels[0].local[0] = config->tunnels[1].local[0] = test_ip("192.0.2.1");
	config->tunnels[0].remote[0] = test_ip("198.51.100.1");
	plan = am_model_prepare(m, config, NULL, &errors);
	assert_non_null(plan);
	am_model_retire(am_model_commit(m, plan));
	paths = am_model_roots(m)->members[test_member(m, "x", "tunnel m")]->paths;
	assert_int_equal(paths->live, 1);
	assert_int_equal(am_model_nexthops(m), 2);
	am_model_steer(m, NULL, 0, &steer);
	assert_int_equal(steer.n_locals, 1);
	am_model_free(m);
}

static void every_example_builds(void **state)
{
	(void)state;
	assert_true(build_folder(".") >= 2);
	assert_true(build_folder("demo") >= 2);
	assert_true(build_folder("appliance") >= 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots_of_site_a),
		cmocka_unit_test(a_static_next_hop_is_live),
		cmocka_unit_test(peers_know_tunnels_and_vteps),
		cmocka_unit_test(steering_by_members_and_addresses),
		cmocka_unit_test(members_by_vlan),
		cmocka_unit_test(striped_vxlan_in_etherip),
		cmocka_unit_test(exits_follow_stripes),
		cmocka_unit_test(mss),
		cmocka_unit_test(vxlan_over_a_port),
		cmocka_unit_test(a_port_too_small_is_noted),
		cmocka_unit_test(a_tunnel_without_ends),
		cmocka_unit_test(every_example_builds),
	};

	return cmocka_run_group_tests_name("model/build", tests, NULL, NULL);
}
