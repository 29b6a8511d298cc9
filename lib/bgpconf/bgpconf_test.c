/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "bgpconf/bgpconf.h"

static struct am_bgpconf *load(const char *text)
{
	struct am_config_errors errors = {0};
	struct am_bgpconf *c = am_bgpconf_load(text, strlen(text), &errors);

	for (size_t i = 0; i < errors.n; i++)
		fprintf(stderr, "%s: %s\n", errors.items[i].path, errors.items[i].text);
	am_config_errors_free(&errors);
	return c;
}

#define HEAD "{\"as\": 65001, \"router_id\": \"10.0.0.1\", "

static void what_is_left_away_has_its_default(void **state)
{
	struct am_bgpconf *c =
		load(HEAD "\"neighbors\": {\"b\": {\"address\": \"10.0.0.2\", \"as\": 65002}}}");
	const struct am_bgpconf_neighbor *n;

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->port, 179);
	assert_string_equal(c->name, "bgp");
	n = am_bgpconf_neighbor(c, "b");
	assert_non_null(n);
	assert_null(am_bgpconf_neighbor(c, "a"));
	assert_int_equal(n->session.hold_time, 90);
	assert_true(n->session.graceful_restart && n->session.extended_messages);
	assert_true(
		n->session.families[AM_BGP_IPV4_UNICAST].on && n->session.families[AM_BGP_IPV6_UNICAST].on);
	assert_false(n->session.families[AM_BGP_L2VPN_EVPN].on);
	am_bgpconf_free(c);
}

static void a_session_is_what_the_neighbour_says(void **state)
{
	struct am_bgpconf *c = load(HEAD
		"\"neighbors\": {\"b\": {\"interface\": \"eth0\", \"as\": \"external\", \"role\": \"customer\","
		" \"hold_time\": 9, \"extended_messages\": false, \"graceful_restart\": {\"stale_time\": 60},"
		" \"families\": {\"ipv6\": {\"add_path\": \"both\"}, \"evpn\": {}}},"
		" \"c\": {\"address\": \"10.0.0.3\", \"as\": \"internal\"}}}");
	struct am_bgp_session_config s;

	(void)state;
	assert_non_null(c);
	s = am_bgpconf_session_config(c, am_bgpconf_neighbor(c, "b"));
	assert_int_equal(s.local_as, 65001);
	assert_int_equal(s.local_id, 0x0a000001);
	assert_int_equal(s.remote_as, 0);
	assert_int_equal(s.hold_time, 9);
	assert_true(s.caps.has_role);
	assert_int_equal(s.caps.role, AM_BGP_ROLE_CUSTOMER);
	assert_false(s.caps.extended_message);
	assert_int_equal(s.caps.n_families, 2);
	assert_int_equal(s.caps.families[0].afi, AM_BGP_AFI_IPV6);
	assert_true(s.caps.families[0].add_path_receive && s.caps.families[0].add_path_send);
	assert_true(s.caps.families[0].long_lived);
	assert_int_equal(s.caps.families[1].safi, AM_BGP_SAFI_EVPN);
	s = am_bgpconf_session_config(c, am_bgpconf_neighbor(c, "c"));
	assert_int_equal(s.remote_as, 65001);
	am_bgpconf_free(c);
}

static void evpn_routes_become_bytes(void **state)
{
	static const uint8_t rd[8] = {0, 1, 10, 255, 0, 1, 0, 100},
			     target[8] = {0, 2, 0xfd, 0xe8, 0, 0, 0, 100};
	static const uint8_t esi[10] = {3, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0, 0, 0x64};
	static const uint8_t pmsi[9] = {0, 6, 0, 0, 100, 10, 255, 0, 1};
	struct am_bgpconf *c = load(HEAD
		"\"evpn\": [{\"type\": \"auto-discovery\", \"rd\": \"10.255.0.1:100\", \"label\": 100,"
		" \"esi\": \"03:aa:bb:cc:dd:ee:ff:00:00:64\", \"route_targets\": [\"65000:100\"],"
		" \"next_hop\": \"10.255.0.1\"},"
		" {\"type\": \"multicast\", \"rd\": \"4200000000:1\", \"ip\": \"10.255.0.1\", \"label\": 100,"
		" \"next_hop\": \"10.255.0.1\", \"vxlan\": false}]}");

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->n_evpn, 2);
	assert_memory_equal(c->evpn[0].route.rd, rd, 8);
	assert_memory_equal(c->evpn[0].route.esi, esi, 10);
	assert_int_equal(c->evpn[0].n_ext, 2);
	assert_memory_equal(c->evpn[0].ext, target, 8);
	assert_int_equal(c->evpn[0].route.n_labels, 1);
	assert_int_equal(c->evpn[1].route.rd[1], 2);
	assert_int_equal(c->evpn[1].route.n_labels, 0);
	assert_int_equal(c->evpn[1].n_ext, 0);
	assert_int_equal(c->evpn[1].pmsi_len, 9);
	assert_memory_equal(c->evpn[1].pmsi, pmsi, 9);
	am_bgpconf_free(c);
}

static void caches_have_clients(void **state)
{
	struct am_bgpconf *c = load(HEAD
		"\"rpki\": {\"caches\": [{\"address\": \"10.0.0.2\"}, {\"address\": \"::1\", \"port\": 3323}],"
		" \"refresh\": 60}}");
	struct am_bgp_rtr_config rtr;

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->rpki.n, 2);
	assert_int_equal(c->rpki.caches[0].port, 323);
	assert_int_equal(c->rpki.caches[1].port, 3323);
	rtr = am_bgpconf_rtr_config(c, 7);
	assert_int_equal(rtr.refresh, 60);
	assert_int_equal(rtr.retry, AM_BGP_RTR_RETRY);
	assert_int_equal(rtr.expire, AM_BGP_RTR_EXPIRE);
	am_bgpconf_free(c);
}

static void a_confederation_has_two_names(void **state)
{
	struct am_bgpconf *c = load(HEAD
		"\"confederation\": {\"identifier\": 100, \"members\": [65002]}, \"neighbors\": {"
		"\"in\": {\"address\": \"10.0.0.2\", \"as\": 65001}, \"member\": {\"address\": \"10.0.0.3\", \"as\": 65002},"
		"\"out\": {\"address\": \"10.0.0.4\", \"as\": 65003}}}");
	struct am_bgp_session_config s;

	(void)state;
	assert_non_null(c);
	assert_int_equal(am_bgpconf_as_outside(c), 100);
	s = am_bgpconf_session_config(c, am_bgpconf_neighbor(c, "in"));
	assert_true(s.local_as == 65001 && !s.confederation);
	s = am_bgpconf_session_config(c, am_bgpconf_neighbor(c, "member"));
	assert_true(s.local_as == 65001 && s.confederation);
	s = am_bgpconf_session_config(c, am_bgpconf_neighbor(c, "out"));
	assert_true(s.local_as == 100 && !s.confederation);
	am_bgpconf_free(c);
}

static void what_a_neighbour_may_do(void **state)
{
	struct am_bgpconf *c = load(HEAD
		"\"decision\": {\"multipath\": 4, \"default_local_pref\": 200}, \"neighbors\": {\"b\": {"
		"\"address\": \"10.0.0.2\", \"as\": 2, \"aigp\": true, \"sink\": true, \"allow_own_as\": 2,"
		"\"advertisement_interval\": 30, \"max_warn\": 50, \"enforce_first_as\": false,"
		"\"tcp_ao\": {\"key\": \"secret\", \"send_id\": 5, \"algorithm\": \"aes128-cmac\"},"
		"\"families\": {\"ipv4\": {\"max_advertised\": 10}}}, \"c\": {\"address\": \"10.0.0.3\", \"as\": 3, \"role\": \"rs\", \"transparent\": true}}}");
	const struct am_bgpconf_neighbor *n;

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->multipath, 4);
	assert_int_equal(c->default_local_pref, 200);
	n = am_bgpconf_neighbor(c, "b");
	assert_true(am_bgpconf_session_config(c, n).aigp);
	assert_true(n->session.sink && !n->enforce_first_as && !n->transparent);
	assert_int_equal(n->allow_own_as, 2);
	assert_int_equal(n->advertisement_interval, 30);
	assert_int_equal(n->max_warn, 50);
	assert_int_equal(n->max_advertised[AM_BGP_IPV4_UNICAST], 10);
	assert_string_equal(n->session.tcp_ao.key, "secret");
	assert_int_equal(n->session.tcp_ao.send_id, 5);
	assert_int_equal(n->session.tcp_ao.algorithm, AM_BGPCONF_AO_AES128_CMAC);
	n = am_bgpconf_neighbor(c, "c");
	assert_true(!n->session.sink && n->enforce_first_as && !n->allow_own_as && n->max_warn == 80);
	assert_true(n->transparent);
	am_bgpconf_free(c);
	c = load(HEAD "\"sink\": true, \"neighbors\": {\"b\": {\"address\": \"10.0.0.2\", \"as\": 2}}}");
	assert_true(am_bgpconf_neighbor(c, "b")->session.sink);
	am_bgpconf_free(c);
}

static void what_is_observed(void **state)
{
	struct am_bgpconf *c = load(HEAD
		"\"dump\": {\"messages\": \"m.mrt\", \"messages_every\": 60},"
		" \"bmp\": {\"stations\": [{\"address\": \"::1\", \"port\": 11019}], \"statistics\": 0}}");

	(void)state;
	assert_non_null(c);
	assert_string_equal(c->dump.messages, "m.mrt");
	assert_int_equal(c->dump.messages_every, 60);
	assert_int_equal(c->dump.messages_size, 256);
	assert_int_equal(c->bmp.n, 1);
	assert_int_equal(c->bmp.stations[0].port, 11019);
	assert_int_equal(c->bmp.statistics, 0);
	assert_int_equal(c->bmp.buffer, 16);
	am_bgpconf_free(c);
}

/* Each row: a file, and where it is wrong. */
static const struct {
	const char *text, *path;
} wrong[] = {
	{"{\"router_id\": \"10.0.0.1\"}", "$"},
	{"{\"as\": 0, \"router_id\": \"10.0.0.1\"}", "$.as"},
	{"{\"as\": 1, \"router_id\": \"::1\"}", "$.router_id"},
	{"{\"as\": 1, \"router_id\": \"0.0.0.0\"}", "$.router_id"},
	{HEAD "\"neighbours\": {}}", "$.neighbours"},
	{HEAD "\"neighbors\": {\"b\": {\"as\": 1}}}", "$.neighbors.b"},
	{HEAD "\"neighbors\": {\"b\": {\"address\": \"10.0.0.2\"}}}", "$.neighbors.b"},
	{HEAD "\"neighbors\": {\"b\": {\"address\": \"224.0.0.1\", \"as\": 1}}}", "$.neighbors.b.address"},
	{HEAD "\"neighbors\": {\"b\": {\"address\": \"fe80::1\", \"as\": 1}}}", "$.neighbors.b.address"},
	{HEAD "\"neighbors\": {\"b\": {\"address\": \"10.0.0.2\", \"as\": 1, \"source\": \"::1\"}}}",
		"$.neighbors.b.source"},
	{HEAD "\"neighbors\": {\"b\": {\"address\": \"10.0.0.2\", \"as\": 65001, \"role\": \"peer\"}}}",
		"$.neighbors.b.role"},
	{HEAD "\"neighbors\": {\"b\": {\"address\": \"10.0.0.2\", \"as\": 1, \"strict_role\": true}}}",
		"$.neighbors.b.strict_role"},
	{HEAD "\"neighbors\": {\"b\": {\"address\": \"10.0.0.2\", \"as\": 1, \"hold_time\": 2}}}",
		"$.neighbors.b.hold_time"},
	{HEAD "\"neighbors\": {\"b\": {\"address\": \"10.0.0.2\", \"as\": 1, \"families\": {}}}}",
		"$.neighbors.b.families"},
	{HEAD "\"neighbors\": {\"b\": {\"address\": \"10.0.0.2\", \"as\": 1, \"families\": {\"x\": {}}}}}",
		"$.neighbors.b.families"},
	{HEAD "\"neighbors\": {\"a\": {\"address\": \"10.0.0.2\", \"as\": 1},"
	      " \"b\": {\"address\": \"10.0.0.2\", \"as\": 1}}}",
		"$.neighbors.b.address"},
	{HEAD "\"neighbors\": {\"b\": {\"address\": \"10.0.0.2\", \"as\": 1, \"ttl\": 2,"
	      " \"ttl_security\": 1}}}",
		"$.neighbors.b.ttl"},
	{HEAD "\"announce\": [\"10.0.0.1/8\"]}", "$.announce[0]"},
	{HEAD "\"announce\": [{\"prefix\": \"10.0.0.0/8\", \"next_hop\": \"224.0.0.1\"}]}",
		"$.announce[0].next_hop"},
	{HEAD "\"evpn\": [{\"type\": \"mac-ip\", \"rd\": \"1:1\", \"label\": 1, \"next_hop\": \"1.1.1.1\"}]}",
		"$.evpn[0]"},
	{HEAD "\"evpn\": [{\"type\": \"multicast\", \"rd\": \"1\", \"label\": 1, \"ip\": \"1.1.1.1\","
	      " \"next_hop\": \"1.1.1.1\"}]}",
		"$.evpn[0].rd"},
	{HEAD "\"evpn\": [{\"type\": \"ethernet-segment\", \"rd\": \"1:1\", \"esi\": \"00\", \"ip\": \"1.1.1.1\","
	      " \"next_hop\": \"1.1.1.1\"}]}",
		"$.evpn[0].esi"},
	{HEAD "\"evpn\": [{\"type\": \"ip-prefix\", \"rd\": \"1:1\", \"label\": 1, \"next_hop\": \"1.1.1.1\","
	      " \"route_targets\": [\"x\"], \"prefix\": \"10.0.0.0/8\"}]}",
		"$.evpn[0].route_targets[0]"},
	{HEAD "\"feeds\": [{\"format\": \"mrt\"}]}", "$.feeds[0]"},
	{HEAD "\"rpki\": {\"caches\": [{\"port\": 3323}]}}", "$.rpki.caches[0]"},
	{HEAD "\"rpki\": {\"caches\": [{\"address\": \"10.0.0.2\", \"port\": 0}]}}", "$.rpki.caches[0].port"},
	{HEAD "\"rpki\": {\"caches\": [{\"address\": \"fe80::1\"}]}}", "$.rpki.caches[0]"},
	{HEAD "\"rpki\": {\"caches\": [{\"address\": \"10.0.0.2\"}, {\"address\": \"10.0.0.2\"}]}}",
		"$.rpki.caches[1]"},
	{HEAD "\"rpki\": {\"retry\": 0}}", "$.rpki.retry"},
	{HEAD "\"dump\": {\"rib\": \"t.mrt\", \"every\": 1}}", "$.dump.every"},
	{HEAD "\"dump\": {\"rib\": \"t.mrt\", \"messages\": \"t.mrt\"}}", "$.dump.messages"},
	{HEAD "\"dump\": {\"messages\": \"t.mrt\", \"messages_size\": 0}}", "$.dump.messages_size"},
	{HEAD "\"bmp\": {\"stations\": [{\"address\": \"10.0.0.2\"}]}}", "$.bmp.stations[0]"},
	{HEAD "\"bmp\": {\"stations\": [{\"address\": \"fe80::1\", \"port\": 1}]}}", "$.bmp.stations[0]"},
	{HEAD "\"bmp\": {\"stations\": [{\"address\": \"10.0.0.2\", \"port\": 1},"
	      " {\"address\": \"10.0.0.2\", \"port\": 1}]}}",
		"$.bmp.stations[1]"},
	{HEAD "\"bmp\": {\"buffer\": 0}}", "$.bmp.buffer"},
	{HEAD "\"confederation\": {\"members\": [65002]}}", "$.confederation"},
	{HEAD "\"confederation\": {\"identifier\": 65001}}", "$.confederation.identifier"},
	{HEAD "\"confederation\": {\"identifier\": 1, \"members\": [65001]}}", "$.confederation.members[0]"},
	{HEAD "\"confederation\": {\"identifier\": 1, \"members\": [2, 2]}}", "$.confederation.members[1]"},
	{HEAD "\"confederation\": {\"identifier\": 1, \"members\": [0]}}", "$.confederation.members[0]"},
	{HEAD "\"confederation\": {\"identifier\": 1}, \"neighbors\": {\"b\": {\"address\": \"10.0.0.2\", \"as\": 1}}}",
		"$.neighbors.b.as"},
	{HEAD "\"confederation\": {\"identifier\": 1, \"members\": [2]}, \"neighbors\": {\"b\": {\"address\": \"10.0.0.2\","
	      " \"as\": 2, \"role\": \"peer\"}}}",
		"$.neighbors.b.role"},
	{HEAD "\"decision\": {\"multipath\": 0}}", "$.decision.multipath"},
	{HEAD "\"neighbors\": {\"b\": {\"address\": \"10.0.0.2\", \"as\": 1, \"tcp_ao\": {\"key\": \"\"}}}}",
		"$.neighbors.b.tcp_ao"},
	{HEAD "\"neighbors\": {\"b\": {\"address\": \"10.0.0.2\", \"as\": 1, \"tcp_ao\": {}}}}",
		"$.neighbors.b.tcp_ao"},
	{HEAD "\"neighbors\": {\"b\": {\"address\": \"10.0.0.2\", \"as\": 1, \"password\": \"x\","
	      " \"tcp_ao\": {\"key\": \"x\"}}}}",
		"$.neighbors.b.tcp_ao"},
	{HEAD "\"neighbors\": {\"b\": {\"address\": \"10.0.0.2\", \"as\": 1, \"allow_own_as\": 11}}}",
		"$.neighbors.b.allow_own_as"},
	{HEAD "\"neighbors\": {\"b\": {\"address\": \"10.0.0.2\", \"as\": 1, \"max_warn\": 101}}}",
		"$.neighbors.b.max_warn"},
	{HEAD "\"neighbors\": {\"b\": {\"address\": \"10.0.0.2\", \"as\": 1, \"advertisement_interval\": 601}}}",
		"$.neighbors.b.advertisement_interval"},
	{HEAD "\"neighbors\": {\"b\": {\"address\": \"10.0.0.2\", \"as\": 65001, \"transparent\": true}}}",
		"$.neighbors.b.transparent"},
	{HEAD "\"neighbors\": {\"b\": {\"address\": \"10.0.0.2\", \"as\": 1, \"transparent\": true, \"next_hop\": \"self\"}}}",
		"$.neighbors.b.next_hop"},
	{HEAD "\"neighbors\": {\"b\": {\"address\": \"10.0.0.2\", \"as\": 1, \"transparent\": true, \"role\": \"peer\"}}}",
		"$.neighbors.b.role"},
	{HEAD "\"rpki\": {\"refresh\": 7200}}", "$.rpki"},
	{HEAD "\"rpki\": {\"cache\": []}}", "$.rpki.cache"},
};

static void errors_say_where(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct am_config_errors errors = {0};

		assert_null(am_bgpconf_load(wrong[i].text, strlen(wrong[i].text), &errors));
		assert_true(errors.n > 0);
		if (strncmp(errors.items[0].path, wrong[i].path, strlen(wrong[i].path)))
			fail_msg("row %zu: %s: %s", i, errors.items[0].path, errors.items[0].text);
		assert_int_equal(errors.items[0].line, 1);
		am_config_errors_free(&errors);
	}
}

static void all_errors_come_at_once(void **state)
{
	static const char text[] = "{\n\"as\": 0,\n\"router_id\": \"::\",\n\"neighbors\": {\n\"b\": {}\n}\n}";
	struct am_config_errors errors = {0};

	(void)state;
	assert_null(am_bgpconf_load(text, strlen(text), &errors));
	assert_int_equal(errors.n, 4);
	assert_int_equal(errors.items[0].line, 2);
	assert_int_equal(errors.items[1].line, 3);
	assert_int_equal(errors.items[2].line, 5);
	assert_int_equal(errors.items[3].line, 5);
	am_config_errors_free(&errors);
}

static void what_is_no_object_is_one_error(void **state)
{
	struct am_config_errors errors = {0};

	(void)state;
	assert_null(am_bgpconf_load("[1]", 3, &errors));
	assert_int_equal(errors.n, 1);
	assert_string_equal(errors.items[0].path, "$");
	am_config_errors_free(&errors);
}

/* Files are looked for when that is asked for: a configuration of another machine loads. */
static void files_that_are_not_there(void **state)
{
	static const struct {
		const char *path, *says;
	} rows[] = {{"$.feeds[1].file", "cannot read /nonexistent/feed: No such file"},
		{"$.feeds[2].file", "cannot read /: Is a directory"},
		{"$.dump.rib", "the folder /nonexistent: No such file"},
		{"$.dump.messages", "the folder /dev/null: Not a directory"}};
	struct am_bgpconf *c = load(HEAD
		"\n\"feeds\": [{\"file\": \"/dev/null\"},\n{\"file\": \"/nonexistent/feed\"},\n{\"file\": \"/\"}],"
		"\n\"dump\": {\"rib\": \"/nonexistent/t.mrt\",\n\"messages\": \"/dev/null/m.mrt\"}}");
	struct am_config_errors errors = {0};

	(void)state;
	assert_non_null(c);
	am_bgpconf_check_files(c, &errors);
	assert_int_equal(errors.n, 4);
	for (unsigned i = 0; i < errors.n; i++) {
		assert_string_equal(errors.items[i].path, rows[i].path);
		assert_int_equal(errors.items[i].line, 3 + i);
		assert_non_null(strstr(errors.items[i].text, rows[i].says));
	}
	am_config_errors_free(&errors);
	am_bgpconf_free(c);
	c = load(HEAD "\"dump\": {\"rib\": \"/t.mrt\", \"messages\": \"m.mrt\"}}");
	am_bgpconf_check_files(c, &errors);
	for (unsigned i = 0; i < errors.n; i++)
		assert_null(strstr(errors.items[i].text, "No such file"));
	am_config_errors_free(&errors);
	am_bgpconf_free(c);
}

/* What a reload does not take on is said, and said again the next time, for it is still not in force. */
static void what_a_reload_leaves(void **state)
{
	static const struct {
		const char *text, *section;
	} rows[] = {{"\"sink\": true", NULL}, {"\"system\": {\"name\": \"b\"}", "system"},
		{"\"system\": {\"port\": 0}", "system"},
		{"\"system\": {\"listen\": [\"10.0.0.1\"]}", "system"},
		{"\"decision\": {\"always_compare_med\": true}", "decision"},
		{"\"decision\": {\"missing_med_is_worst\": true}", "decision"},
		{"\"decision\": {\"multipath_relax\": true}", "decision"},
		{"\"decision\": {\"multipath\": 1}", "decision"},
		{"\"decision\": {\"default_local_pref\": 1}", "decision"},
		{"\"feeds\": [{\"file\": \"a\"}]", "feeds"}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct am_bgpconf *running = load(HEAD "\"sink\": false}"), *now;
		const char *sections[AM_BGPCONF_FIXED + 1];
		char text[256];

		snprintf(text, sizeof text, HEAD "%s}", rows[i].text);
		for (unsigned round = 0; round < 2; round++) {
			now = load(text);
			assert_non_null(now);
			am_bgpconf_keep_fixed(now, running, sections);
			assert_int_equal(!sections[0], !rows[i].section);
			if (rows[i].section) {
				assert_string_equal(sections[0], rows[i].section);
				assert_null(sections[1]);
			}
			am_bgpconf_free(running);
			running = now;
		}
		am_bgpconf_free(running);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_left_away_has_its_default),
		cmocka_unit_test(a_session_is_what_the_neighbour_says),
		cmocka_unit_test(evpn_routes_become_bytes),
		cmocka_unit_test(caches_have_clients),
		cmocka_unit_test(a_confederation_has_two_names),
		cmocka_unit_test(what_a_neighbour_may_do),
		cmocka_unit_test(what_is_observed),
		cmocka_unit_test(errors_say_where),
		cmocka_unit_test(all_errors_come_at_once),
		cmocka_unit_test(what_is_no_object_is_one_error),
		cmocka_unit_test(files_that_are_not_there),
		cmocka_unit_test(what_a_reload_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
