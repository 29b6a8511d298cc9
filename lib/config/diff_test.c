/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/diff.h"
#include "config/restart.h"

static struct am_config *load(const char *quoted)
{
	struct am_config_errors errors = {0};
	char *text = strdup(quoted);
	struct am_config *c;

	for (char *p = text; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	c = am_config_load(text, strlen(text), &errors);
	if (!c)
		fail_msg("%s: %s", errors.items[0].path, errors.items[0].text);
	free(text);
	return c;
}

/* One line an item: action object name: what, with ! where a restart is needed. */
static void diff_text(const char *old, const char *new_, char *out, size_t room)
{
	static const char actions[] = "-~+";
	static const char *const objects[] = {
		"system", "port", "tunnel", "vrf", "bridge", "xconnect", "prefix_set", "acl"};
	struct am_config *a = old ? load(old) : NULL, *b = load(new_);
	struct am_diff diff;
	size_t n = 0;

	assert_int_equal(am_config_diff(a, b, &diff), 0);
	*out = 0;
	for (size_t i = 0; i < diff.n; i++) {
		const struct am_diff_item *item = &diff.items[i];

		n += (size_t)snprintf(out + n, room - n, "%c%s %s%s%s%s\n", actions[item->action],
			objects[item->object], item->name, *item->what ? ": " : "", item->what,
			item->needs_restart ? " !" : "");
	}
	am_diff_free(&diff);
	am_config_free(a);
	am_config_free(b);
}

#define TUNNEL_TO(last, keys) "{'type':'gretap','local':'192.0.2.1','remote':'192.0.2." last "'" keys "}"

static const struct {
	const char *old, *new_, *text;
} rows[] = {
	{"{}", "{}", ""},
	{"{'system':{}}", "{'system':{'workers':1},'bridges':{}}", ""},
	/* the order of names and the spelling of values do not matter */
	{"{'ports':{'a':{},'b':{}}}", "{'ports':{'b':{'mtu':0},'a':{'device':'a'}}}", ""},
	{NULL, "{'ports':{'p':{}},'bridges':{'b':{'members':[{'port':'p'}]}}}",
		"+system system\n+port p\n+vrf underlay\n+vrf default\n+bridge b\n"},
	{"{}", "{'system':{'workers':2,'reassembly':{'datagrams':512}}}",
		"~system system: workers 1 -> 2, reassembly.datagrams 4096 -> 512, reassembly.per_peer 3072 -> 384 !\n"},
	{"{}", "{'system':{'watch':true}}", "~system system: watch false -> true\n"},
	{"{'ports':{'p':{},'q':{}}}", "{'ports':{'p':{'mtu':1400},'q':{'vrf':'underlay','vlan':7}}}",
		"~port p: mtu 0 -> 1400 !\n~port q: vrf none -> underlay, vlan 0 -> 7\n"},
	{"{'ports':{'p':{}}}", "{'ports':{'p':{'device':'eth1','mtu':1400}}}",
		"~port p: device p -> eth1, mtu 0 -> 1400\n"}, /* another device is opened anew */
	{"{'ports':{'p':{}}}", "{'ports':{'q':{}}}", "-port p\n+port q\n"},
	{"{'ports':{'w':{'vrf':'underlay'}},'tunnels':{'a':" TUNNEL_TO("2", "") ",'b':" TUNNEL_TO(
		 "3", "") "}}",
		"{'ports':{'w':{'vrf':'underlay'}},'tunnels':{'b':" TUNNEL_TO(
			"3", ",'mtu':2300,'key':7,'ttl':32") ",'c':" TUNNEL_TO("4", "") "}}",
		"-tunnel a\n~tunnel b: mtu 2400 -> 2300, ttl 64 -> 32, key none -> 7\n+tunnel c\n"},
	{"{'ports':{'w':{'vrf':'underlay'}},'tunnels':{'a':" TUNNEL_TO("2", "") "}}",
		"{'ports':{'w':{'vrf':'underlay'}},'tunnels':{'a':{'type':'gretap','local':['192.0.2.1','192.0.2.2'],"
		"'remote':['192.0.2.3','192.0.2.4']}}}",
		"~tunnel a: local 192.0.2.1 -> [\"192.0.2.1\",\"192.0.2.2\"], remote 192.0.2.2 -> "
		"[\"192.0.2.3\",\"192.0.2.4\"]\n"},
	{"{'vrfs':{'default':{'loopbacks':['10.0.0.1','10.0.0.2']}}}",
		"{'vrfs':{'default':{'loopbacks':['10.0.0.2','10.0.0.3']}}}",
		"~vrf default: loopbacks -10.0.0.1 +10.0.0.3\n"},
	{"{'vrfs':{'default':{'loopbacks':['10.0.0.1','10.0.0.2']}}}",
		"{'vrfs':{'default':{'loopbacks':['10.0.0.2','10.0.0.1']}}}",
		"~vrf default: loopbacks in another order\n"},
	/* users go before what they use, and come after it */
	{"{'ports':{'p':{},'q':{}},'bridges':{'b':{'members':[{'port':'p'}]}},"
	 "'xconnects':{'x':{'members':[{'port':'q','vlan':1},{'port':'q','vlan':2}]}}}",
		"{'ports':{'r':{}},'bridges':{'c':{'members':[{'port':'r'}]}}}",
		"-xconnect x\n-bridge b\n-port p\n-port q\n+port r\n+bridge c\n"},
	/* a list's users need it when they come */
	{"{'ports':{'p':{'vrf':'default'}}}",
		"{'ports':{'p':{'vrf':'default','acl_in':'l'}},'acls':{'l':[{'action':'permit','src':'s'}]},'prefix_sets':{'s':[]}}",
		"+prefix_set s\n+acl l\n~port p: acl_in none -> l\n"},
	{"{'acls':{'l':[{'action':'permit','src':'s'},{'action':'deny'}]},'prefix_sets':{'s':['10.0.0.0/8','fd00::/8']}}",
		"{'acls':{'l':[{'action':'permit','src':'s','name':'x'},{'action':'deny'}]},'prefix_sets':{'s':['fd00::/8','::/0']}}",
		"~prefix_set s: prefixes -10.0.0.0/8 +::/0\n~acl l: rules -{\"action\":\"permit\",\"src\":\"s\"} "
		"+{\"action\":\"permit\",\"name\":\"x\",\"src\":\"s\"}\n"},
	{"{'acls':{'l':[{'action':'permit','family':'ipv4'},{'action':'deny'}]}}",
		"{'acls':{'l':[{'action':'deny'},{'action':'permit','family':'ipv4'}]}}",
		"~acl l: rules in another order\n"},
	{"{'bridges':{'b':{}}}", "{'bridges':{'b':{'loop_guard':{'moves':9},'vni':7}}}",
		"~bridge b: vni none -> 7, loop_guard.moves 5 -> 9\n"},
};

static void test_rows(void **state)
{
	char text[2048];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		diff_text(rows[i].old, rows[i].new_, text, sizeof text);
		assert_string_equal(text, rows[i].text);
	}
}

/* What does not fit the item's text ends in dots. */
static void test_long(void **state)
{
	struct am_config *a = load("{'ports':{'p':{}},'bridges':{'b':{}}}");
	struct am_config *b = load(
		"{'ports':{'p':{}},'bridges':{'b':{'members':[{'port':'p','vlan':1},{'port':'p','vlan':2},"
		"{'port':'p','vlan':3},{'port':'p','vlan':4}]}}}");
	struct am_diff diff;
	size_t n;

	(void)state;
	assert_int_equal(am_config_diff(a, b, &diff), 0);
	assert_int_equal(diff.n, 1);
	n = strlen(diff.items[0].what);
	assert_int_equal(n, sizeof diff.items[0].what - 1);
	assert_string_equal(diff.items[0].what + n - 3, "...");
	am_diff_free(&diff);
	am_config_free(a);
	am_config_free(b);
}

#define WAN "'w':{'vrf':'underlay'}"
#define SITE(tunnel, more)                                                                                   \
	"{'ports':{" WAN                                                                                     \
	",'l':{}},'tunnels':{'a':" TUNNEL_TO("2", tunnel) "},'bridges':{'b':{'members':["                    \
							  "{'port':'l'},{'tunnel':'a'}]" more "}}}"

/* What the change of the first item does to traffic. */
static const struct {
	const char *old, *new_;
	enum am_diff_impact impact;
	const char *effect;
} impacts[] = {
	{SITE("", ""), SITE(",'ttl':9", ""), AM_IMPACT_NONE, "no packet is lost"},
	{SITE("", ""), SITE(",'ttl':9,'key':1", ""), AM_IMPACT_STOPS, "other end"},
	{SITE("", ""), SITE(",'mtu':1400", ""), AM_IMPACT_NONE, "too long"},
	{SITE("", ""), SITE("", ",'vni':7"), AM_IMPACT_STOPS, "VTEPs"},
	{SITE("", ""), SITE("", ",'addresses':['10.0.0.1/24']"), AM_IMPACT_NONE, "no packet is lost"},
	{SITE("", ",'addresses':['10.0.0.1/24']"), SITE("", ""), AM_IMPACT_STOPS, "1 of its addresses"},
	{SITE("", ""), SITE("", ",'urpf':'strict'"), AM_IMPACT_NONE, "fail the check"},
	{"{'acls':{'l':[{'action':'permit'}]}}", "{'acls':{'l':[{'action':'deny'}]}}", AM_IMPACT_NONE,
		"those that it denies"},
	{"{'acls':{'l':[{'action':'permit'}]}}", "{}", AM_IMPACT_NONE, "nothing names it"},
	{"{'prefix_sets':{'l':['::/0']}}", "{'prefix_sets':{'l':[]}}", AM_IMPACT_NONE,
		"those that ACLs with it deny"},
	{SITE("", ""), SITE("", ",'ageing':7"), AM_IMPACT_NONE, "no packet is lost"},
	{"{'ports':{'p':{}},'bridges':{'b':{'members':[{'port':'p','vlan':1},{'port':'p','vlan':2}]}}}",
		"{'ports':{'p':{}},'bridges':{'b':{'members':[{'port':'p','vlan':2},{'port':'p','vlan':3}]}}}",
		AM_IMPACT_STOPS, "1 of its members"},
	{"{'ports':{'p':{}},'bridges':{'b':{'members':[{'port':'p','vlan':1}]}}}",
		"{'ports':{'p':{}},'bridges':{'b':{'members':[{'port':'p','vlan':1},{'port':'p','vlan':3}]}}}",
		AM_IMPACT_NONE, "no packet is lost"},
	{"{'system':{}}", "{'system':{'idle':'spin','cpus':[0],'watch':true}}", AM_IMPACT_NONE, "no packet"},
	{"{'system':{}}", "{'system':{'idle':'spin','workers':2}}", AM_IMPACT_REFUSED, "restart"},
	{"{'ports':{'p':{}}}", "{'ports':{'p':{'mtu':1400}}}", AM_IMPACT_REFUSED, "restart"},
	{"{'ports':{'p':{}},'bridges':{'b':{'members':[{'port':'p'}]}}}",
		"{'ports':{'p':{'device':'x'}},'bridges':{'b':{'members':[{'port':'p'}]}}}", AM_IMPACT_BRIEF,
		"opened anew: meanwhile these lose packets: bridge b"},
	{"{'ports':{'p':{}}}", "{'ports':{}}", AM_IMPACT_STOPS, "in both directions"},
	{"{'ports':{}}", "{'ports':{'p':{}}}", AM_IMPACT_NONE, "no packet of others"},
};

static void test_impacts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof impacts / sizeof *impacts; i++) {
		struct am_config *a = load(impacts[i].old), *b = load(impacts[i].new_);
		struct am_diff diff;

		assert_int_equal(am_config_diff(a, b, &diff), 0);
		assert_int_equal(diff.n, 1);
		if (diff.items[0].impact != impacts[i].impact ||
			!strstr(diff.items[0].effect, impacts[i].effect))
			fail_msg("%s: %d, %s", impacts[i].new_, diff.items[0].impact, diff.items[0].effect);
		am_diff_free(&diff);
		am_config_free(a);
		am_config_free(b);
	}
}

static void test_restart(void **state)
{
	static const struct {
		const char *old, *new_;
		size_t n;
		const char *path;
		unsigned line;
	} cases[] = {
		{"{}", "{'system':{'idle':'spin','cpus':[0],'watch':true}}", 0, NULL, 0},
		{"{}", "{'system':{\n'workers':2}}", 1, "$.system.workers", 2},
		{"{}", "{'system':{\n'reassembly':{\n'datagrams':512,'per_peer':3}}}", 2,
			"$.system.reassembly.datagrams", 3},
		{"{'ports':{'p':{}}}", "{'ports':{\n'p':{'driver':'af_xdp',\n'queues':2}}}", 1,
			"$.ports.p.queues", 3},
		{"{'ports':{'p':{}}}", "{'ports':{'p':{'device':'x','queues':2}}}", 0, NULL, 0},
		{"{'ports':{'p':{}}}", "{'ports':{'q':{'queues':2}}}", 0, NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct am_config *a = load(cases[i].old), *b = load(cases[i].new_);
		struct am_config_errors errors = {0};

		am_config_check_restart(a, b, &errors);
		assert_int_equal(errors.n, cases[i].n);
		if (cases[i].path) {
			assert_string_equal(errors.items[0].path, cases[i].path);
			assert_int_equal(errors.items[0].line, cases[i].line);
		}
		am_config_errors_free(&errors);
		am_config_free(a);
		am_config_free(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_impacts),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_long),
	};
	return cmocka_run_group_tests_name("config/diff", tests, NULL, NULL);
}
