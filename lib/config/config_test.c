/* SPDX-License-Identifier: BSD-3-Clause */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "config/diff.h"
#include "config/position.h"

static struct am_config *load_text(const char *text)
{
	struct am_config_errors errors = {0};
	struct am_config *c = am_config_load(text, strlen(text), &errors);

	for (size_t i = 0; i < errors.n; i++)
		print_error("%s:%u: %s\n", errors.items[i].path, errors.items[i].line, errors.items[i].text);
	assert_non_null(c);
	assert_int_equal(errors.n, 0);
	return c;
}

static struct am_config *load_file(const char *path)
{
	struct am_config_errors errors = {0};
	struct am_config *c = am_config_load_file(path, &errors);

	for (size_t i = 0; i < errors.n; i++)
		print_error("%s:%u: %s\n", errors.items[i].path, errors.items[i].line, errors.items[i].text);
	if (!c)
		fail_msg("%s does not load", path);
	return c;
}

static const char site[] =
	"{'ports':{'wan':{'vrf':'underlay'},'lan':{}},"
	"'tunnels':{'t':{'type':'gre','local':'192.0.2.1','remote':'198.51.100.1'},"
	"'e':{'type':'etherip','local':'2001:db8::1','remote':'2001:db8::2'}},"
	"'vrfs':{'default':{'loopbacks':['10.0.0.1'],'routes':[{'prefix':'10.0.0.2/32','tunnel':'t'}]}},"
	"'xconnects':{'x':{'members':[{'port':'lan','vlan':7},{'tunnel':'e'}]}},"
	"'bridges':{'b':{'vni':9,'members':[{'port':'lan'},{'vtep':'10.0.0.2'}]}}}";

static struct am_config *load_site(void)
{
	char *text = strdup(site);
	struct am_config *c;

	for (char *p = text; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	c = load_text(text);
	free(text);
	return c;
}

/* ---- defaults, as config.h lists them ---- */

static void test_system_defaults(void **state)
{
	struct am_config *c = load_text("{}");

	(void)state;
	assert_string_equal(c->name, "amime");
	assert_int_equal(c->workers, 1);
	assert_int_equal(c->idle, AM_IDLE_ADAPTIVE);
	assert_int_equal(c->hugepages, AM_HUGEPAGES_AUTO);
	assert_int_equal(c->handoff, AM_HANDOFF_AUTO);
	assert_int_equal(c->buffers, 16384);
	assert_int_equal(c->memory_mb, 0);
	assert_int_equal(c->n_cpus, 0);
	assert_int_equal(c->fdb_size, 65536);
	assert_int_equal(c->reasm_datagrams, 4096);
	assert_int_equal(c->reasm_peer_datagrams, 3072);
	assert_false(c->watch);
	assert_int_equal(c->n_ports + c->n_tunnels + c->n_bridges, 0);
	assert_int_equal(c->underlay.kind, AM_VRF_IS_UNDERLAY);
	assert_int_equal(c->dflt.kind, AM_VRF_IS_DEFAULT);
	am_config_free(c);
}

static void test_port_defaults(void **state)
{
	struct am_config *c = load_site();
	const struct am_conf_port *p = am_config_port(c, "lan");

	(void)state;
	assert_int_equal(p->driver, AM_DRIVER_AF_XDP);
	assert_string_equal(p->device, "lan");
	assert_string_equal(p->devargs, "");
	assert_int_equal(p->queues, 1);
	assert_int_equal(p->mtu, 0);
	assert_int_equal(p->vrf, AM_VRF_NONE);
	assert_int_equal(p->vlan, 0);
	assert_false(p->has_mac);
	assert_int_equal(p->checksums, AM_CHECKSUMS_AUTO);
	assert_int_equal(am_config_port(c, "wan")->vrf, AM_VRF_IS_UNDERLAY);
	assert_null(am_config_port(c, "nowhere"));
	am_config_free(c);
}

static void test_tunnel_defaults(void **state)
{
	struct am_config *c = load_site();
	const struct am_conf_tunnel *t = am_config_tunnel(c, "t");

	(void)state;
	assert_int_equal(t->type, AM_CONF_GRE);
	assert_int_equal(t->n_local, 1);
	assert_int_equal(t->n_remote, 1);
	assert_int_equal(t->remote[0].family, AM_IPV4);
	assert_int_equal(t->mtu, 2400);
	assert_int_equal(t->split, AM_CONF_FLOOR);
	assert_int_equal(t->path_mtu, 1500);
	assert_int_equal(t->ttl, 64);
	assert_int_equal(t->dscp, 0);
	assert_true(t->flow_label);
	assert_int_equal(t->mss, AM_MSS_OFF);
	assert_false(t->dscp_uniform || t->has_key || t->checksum || t->sequence || t->has_mac);
	assert_false(t->accept_swapped || t->send_swapped);
	assert_null(am_config_tunnel(c, "nowhere"));
	am_config_free(c);
}

static void test_bridge_defaults(void **state)
{
	struct am_config *c = load_site();
	const struct am_conf_bridge *b = &c->bridges[0], *x = &c->bridges[1];

	(void)state;
	assert_int_equal(c->n_bridges, 2); /* bridges first, whatever the file's order */
	assert_string_equal(b->name, "b");
	assert_false(b->xconnect || b->inner_vlan);
	assert_true(b->has_vni && b->udp_checksum && b->learn);
	assert_int_equal(b->vni, 9);
	assert_int_equal(b->mtu, 1500);
	assert_int_equal(b->ageing_s, 300);
	assert_int_equal(b->mac_limit, 8192);
	assert_int_equal(b->guard_moves, 5);
	assert_int_equal(b->guard_window_s, 10);
	assert_int_equal(b->guard_hold_s, 30);
	assert_int_equal(b->vtep_local[0].family | b->vtep_local[1].family, 0);
	assert_int_equal(b->members[0].vlan_kind, AM_CONF_VLAN_ANY);
	assert_int_equal(b->members[0].l2_control, AM_L2_DROP);
	assert_int_equal(b->members[0].storm_broadcast, 0);
	assert_int_equal(b->members[1].kind, AM_CONF_MEMBER_VTEP);
	assert_true(x->xconnect);
	assert_false(x->learn || x->has_vni);
	assert_int_equal(x->mtu, 1500);
	assert_int_equal(x->members[0].vlan_kind, AM_CONF_VLAN_ID);
	assert_int_equal(x->members[0].vlan, 7);
	assert_int_equal(x->members[0].tpid, 0x8100);
	assert_int_equal(x->members[0].l2_control, AM_L2_FORWARD);
	assert_int_equal(x->members[1].kind, AM_CONF_MEMBER_TUNNEL);
	am_config_free(c);
}

/* ---- every key; another value than its default where they do not exclude each other ---- */

static void check_every_tunnel(const struct am_config *c)
{
	const struct am_conf_tunnel *g = am_config_tunnel(c, "g"), *e = am_config_tunnel(c, "e");
	static const uint8_t mac[] = {2, 0, 0, 0, 0, 2};

	assert_int_equal(g->n_local, 2);
	assert_int_equal(g->remote[1].bytes[3], 2);
	assert_int_equal(g->mtu, 1400);
	assert_int_equal(g->split, AM_CONF_FILL);
	assert_int_equal(g->path_mtu, 1400);
	assert_int_equal(g->ttl, 9);
	assert_true(g->dscp_uniform && g->has_key && g->checksum);
	assert_false(g->flow_label);
	assert_int_equal(g->key, 7);
	assert_int_equal(g->mss, AM_MSS_NUMBER);
	assert_int_equal(g->mss_number, 1300);
	assert_true(e->accept_swapped && e->send_swapped);
	assert_int_equal(e->dscp, 46);
	assert_int_equal(e->mss, AM_MSS_FIT);
	assert_true(am_config_tunnel(c, "t")->has_mac && am_config_tunnel(c, "t")->sequence);
	assert_memory_equal(am_config_tunnel(c, "t")->mac.bytes, mac, 6);
}

static void check_every_bridge(const struct am_config *c)
{
	const struct am_conf_bridge *b = &c->bridges[0];
	const struct am_conf_member *m = &b->members[0];

	assert_true(b->inner_vlan);
	assert_false(b->udp_checksum || b->learn);
	assert_int_equal(b->ageing_s, 0);
	assert_int_equal(b->guard_moves, 0);
	assert_int_equal(b->vtep_local[0].bytes[3], 9);
	assert_int_equal(m->tpid, 0x88a8);
	assert_int_equal(m->l2_control, AM_L2_FORWARD);
	assert_int_equal(m->storm_broadcast, 1);
	assert_int_equal(m->storm_multicast, 2);
	assert_int_equal(m->storm_unknown, 3);
	assert_int_equal(b->n_static, 1);
	assert_int_equal(b->static_macs[0].member, 1);
	assert_true(b->suppress && b->arp_nd_unknown == AM_UNKNOWN_DROP);
	assert_int_equal(b->arp_nd_ageing_s, 60);
	assert_int_equal(b->arp_nd_limit, 9);
	assert_int_equal(b->n_hosts, 1);
	assert_true(b->hosts[0].router);
	assert_int_equal(c->bridges[1].members[0].vlan_kind, AM_CONF_VLAN_UNTAGGED);
}

static void test_every_key(void **state)
{
	struct am_config *c = load_file(SOURCE_ROOT "/lib/config/corpus/config/every-key");
	const struct am_conf_port *wan = am_config_port(c, "wan");
	const struct am_conf_route *r = &c->underlay.routes[0];

	(void)state;
	assert_int_equal(c->n_cpus, 1);
	assert_int_equal(c->cpus[0], 2);
	assert_int_equal(c->reasm_peer_datagrams, 8);
	assert_true(c->watch);
	assert_int_equal(wan->driver, AM_DRIVER_AF_PACKET);
	assert_string_equal(wan->device, "eth0");
	assert_true(wan->has_mac);
	assert_int_equal(wan->vlan, 5);
	assert_int_equal(wan->checksums, AM_CHECKSUMS_TRUST);
	assert_string_equal(am_config_port(c, "p")->device, "");
	assert_string_equal(r->port, "wan");
	assert_true(r->has_mac);
	assert_int_equal(r->via.bytes[3], 254);
	assert_int_equal(r->prefix.len, 0);
	assert_int_equal(c->dflt.n_loopbacks, 2);
	assert_int_equal(c->dflt.n_routes, 3);
	check_every_tunnel(c);
	check_every_bridge(c);
	am_config_free(c);
}

/* ---- printing ---- */

static void check_round(const struct am_config *c)
{
	char *text = am_config_print(c), *text_again;
	struct am_config *again = load_text(text);
	struct am_diff diff;

	text_again = am_config_print(again);
	assert_string_equal(text, text_again);
	assert_true(c->hash == again->hash);
	assert_int_equal(am_config_diff(c, again, &diff), 0);
	assert_int_equal(diff.n, 0);
	am_diff_free(&diff);
	am_config_free(again);
	free(text);
	free(text_again);
}

static char *read_text(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = calloc(1, 1 << 16);

	if (!f || !text)
		fail_msg("cannot read %s", path);
	else if (!fread(text, 1, (1 << 16) - 1, f))
		fail_msg("%s is empty", path);
	fclose(f);
	return text;
}

/* site-a.json with every default spelled out, byte for byte. */
static void test_print(void **state)
{
	struct am_config *c = load_file(SOURCE_ROOT "/config/site-a.json");
	char *text = am_config_print(c), *golden = read_text(SOURCE_ROOT "/lib/config/site-a.printed");

	(void)state;
	golden[strlen(golden) - 1] = 0; /* the file's last newline */
	assert_string_equal(text, golden);
	free(golden);
	free(text);
	am_config_free(c);
}

static void test_hash(void **state)
{
	struct am_config *a = load_text("{\"ports\":{\"p\":{\"mtu\":1500},\"q\":{}}}");
	struct am_config *same =
		load_text("{ \"system\": {},\n \"ports\":{\"q\":{\"vlan\":0},\"p\":{\"mtu\":1500}}}");
	struct am_config *other = load_text("{\"ports\":{\"p\":{\"mtu\":1501},\"q\":{}}}");

	(void)state;
	assert_true(a->hash == same->hash);
	assert_true(a->hash != other->hash);
	am_config_free(a);
	am_config_free(same);
	am_config_free(other);
}

/* ---- the examples ---- */

static void test_examples(void **state)
{
	glob_t found;
	size_t examples = 0;

	(void)state;
	assert_int_equal(glob(SOURCE_ROOT "/config/*.json", 0, NULL, &found), 0);
	assert_int_equal(glob(SOURCE_ROOT "/config/demo/*.json", GLOB_APPEND, NULL, &found), 0);
	assert_int_equal(glob(SOURCE_ROOT "/config/appliance/*.json", GLOB_APPEND, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct am_config *c;

		if (strstr(found.gl_pathv[i], "schema.json"))
			continue;
		c = load_file(found.gl_pathv[i]);
		check_round(c);
		am_config_free(c);
		examples++;
	}
	assert_in_range(examples, 9, 1000);
	globfree(&found);
}

static void test_round(void **state)
{
	struct am_config *c = load_file(SOURCE_ROOT "/lib/config/corpus/config/every-key");

	(void)state;
	check_round(c);
	am_config_free(c);
	am_config_free(NULL);
}

/* text is not a string: nothing behind its length may be read. */
static void test_length(void **state)
{
	struct am_config_errors errors = {0};
	char *text = malloc(2);
	struct am_config *c;

	(void)state;
	memcpy(text, "{}", 2);
	c = am_config_load(text, 2, &errors);
	assert_non_null(c);
	am_config_free(c);
	assert_null(am_config_load(text, 1, &errors));
	assert_int_equal(errors.n, 1);
	am_config_errors_free(&errors);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_system_defaults),
		cmocka_unit_test(test_port_defaults),
		cmocka_unit_test(test_tunnel_defaults),
		cmocka_unit_test(test_bridge_defaults),
		cmocka_unit_test(test_every_key),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_length),
	};
	return cmocka_run_group_tests_name("config/config", tests, NULL, NULL);
}
