/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers as amimed gives them, and what people see; an answer of another version must not end the program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "packet.h"
#include "routes.h"
#include "view.h"

static char *show(const char *what, const char *answer)
{
	json_t *result = json_loads(answer, 0, NULL);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(result);
	am_view_show(what, result, out);
	fclose(out);
	json_decref(result);
	return text;
}

static void tunnels(void **state)
{
	char *text = show("tunnels",
		"[{\"name\":\"to-b\",\"type\":\"gre\",\"local\":[\"192.0.2.1\"],\"remote\":[\"198.51.100.1\"],"
		"\"mtu\":2400,\"state\":\"down\",\"paths\":[{\"remote\":\"198.51.100.1\",\"up\":false,"
		"\"why\":\"no route\"}],\"counters\":{\"rx_packets\":5,\"tx_packets\":4,\"rx_reassembled\":3,"
		"\"tx_fragmented\":2,\"tx_fragments\":4},\"drops\":1}]");

	(void)state;
	assert_non_null(strstr(text, "to-b    gre   192.0.2.1  198.51.100.1  down   2400        5        4"));
	assert_non_null(strstr(text, "1.50      1\n"));
	assert_non_null(strstr(text, "to-b: down: no route\n"));
	free(text);
}

static void ports(void **state)
{
	char *text = show("ports",
		"[{\"name\":\"wan\",\"driver\":\"af_xdp\",\"device\":\"wan0\",\"link\":\"down\","
		"\"why\":\"device wan0 is gone\"},{\"name\":\"lan\",\"link\":\"up\"}]");

	(void)state;
	assert_non_null(strstr(text, "wan   af_xdp  wan0    down"));
	assert_non_null(strstr(text, "wan: down: device wan0 is gone\n"));
	assert_null(strstr(text, "lan: "));
	free(text);
}

static void drops(void **state)
{
	char *text = show("drops",
		"[{\"kind\":\"port\",\"interface\":\"wan\",\"drop\":\"ip4_checksum\",\"count\":9,"
		"\"text\":\"header checksum is wrong\"}]");

	(void)state;
	assert_string_equal(text, "INTERFACE  DROP          COUNT  MEANING\n"
				  "port wan   ip4_checksum      9  header checksum is wrong\n");
	free(text);
	text = show("drops", "[]");
	assert_string_equal(text, "nothing was dropped\n");
	free(text);
}

static void host(void **state)
{
	char *text = show("host",
		"{\"interfaces\":[{\"interface\":\"wan\",\"device\":\"wan\",\"kind\":\"tap\",\"netns\":\"\",\"state\":\"missing\","
		"\"addresses\":[\"192.0.2.1/24\"],\"to_kernel\":5,\"why\":\"there is a device of that name\"}],"
		"\"punt\":[{\"class\":\"tcp\",\"rate\":2000,\"passed\":7}],"
		"\"steering\":[{\"port\":\"wan\",\"device\":\"eth0\",\"rules\":[{\"rule\":\"gre\",\"frames\":9,"
		"\"text\":\"ours\"}],\"given_back\":3,\"troubles\":[\"try: ethtool\"]}]}");

	(void)state;
	assert_non_null(strstr(text, "wan        wan     tap   -      missing  192.0.2.1/24          5"));
	assert_non_null(strstr(text, "wan: there is a device of that name\n"));
	assert_non_null(strstr(text, "tcp                     2000                     7\n"));
	assert_non_null(strstr(text, "port wan, device eth0, 3 given back to the kernel\n"));
	assert_non_null(strstr(text, "  gre        9  ours\n  try: ethtool\n"));
	free(text);
}

static void history(void **state)
{
	json_t *o = json_loads(
		"{\"dir\":\"/d\",\"entries\":["
		"{\"number\":3,\"time\":0,\"who\":\"root\",\"how\":\"reload --confirm 5\",\"file\":\"/f\","
		"\"running\":true,\"committed\":false,\"confirmed\":false},"
		"{\"number\":2,\"time\":0,\"who\":\"root\",\"how\":\"reload\",\"file\":\"/f\","
		"\"running\":false,\"committed\":true,\"confirmed\":true},"
		"{\"number\":1,\"running\":false,\"committed\":false,\"confirmed\":false}]}",
		0, NULL);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	am_view_history(o, out);
	fclose(out);
	assert_non_null(strstr(text, "root  reload --confirm 5  on trial         /f\n"));
	assert_non_null(strstr(text, "root  reload              committed        /f\n"));
	assert_non_null(strstr(text, "never confirmed"));
	free(text);
	json_decref(o);
}

static void l3(void **state)
{
	char *text = show("interfaces",
		"[{\"name\":\"wan\",\"kind\":\"port\",\"state\":\"up\",\"vrf\":\"underlay\",\"addresses\":[\"192.0.2.1/24\","
		"\"2001:db8::1/64\"],\"mtu\":1500,\"rx_packets\":12345},"
		"{\"name\":\"lan\",\"kind\":\"bridge\",\"state\":\"down\",\"why\":\"it has no member\"}]");

	(void)state;
	assert_non_null(strstr(text, "wan        port    up     underlay  1500    12345"));
	assert_non_null(strstr(text, "bridge lan is down: it has no member\n"));
	assert_non_null(strstr(text, "192.0.2.1/24, 2001:db8::1/64\n"));
	free(text);
	text = show("mac-ip",
		"{\"entries\":[{\"bridge\":\"lan\",\"ip\":\"10.0.0.1\",\"mac\":\"02:00:00:00:00:01\",\"origin\":\"local\","
		"\"age_s\":7,\"router\":true,\"member\":\"port lan\"}],\"bridges\":[{\"bridge\":\"lan\",\"known\":1,\"answered\":5}]}");
	assert_non_null(
		strstr(text, "lan     10.0.0.1  02:00:00:00:00:01  local    7s  port lan (router)\n"));
	assert_non_null(strstr(text, "lan: 1 known, 5 questions answered"));
	free(text);
	text = show("acls",
		"[{\"acl\":\"edge\",\"interfaces\":[\"wan in\",\"to-b out\"],\"rule\":0,\"packets\":7,\"bytes\":700,"
		"\"text\":\"permit src ours\",\"name\":\"BCP 38\"}]");
	assert_non_null(
		strstr(text, "edge     0        7    700  permit src ours  BCP 38  wan in, to-b out\n"));
	free(text);
	text = show("neighbors", "[]");
	assert_string_equal(text, "no next hop is wanted, and no neighbor is known\n");
	free(text);
	text = show("neighbors",
		"[{\"to\":\"198.51.100.1\",\"vrf\":\"underlay\",\"neighbor\":\"192.0.2.9\",\"state\":\"live\",\"port\":\"wan\","
		"\"paths\":2,\"routes\":3,\"first_route\":\"10.0.0.0/8\",\"age_s\":7,\"why\":\"x\"},"
		"{\"neighbor\":\"10.0.0.2\",\"interface\":\"lan\",\"state\":\"stale\",\"why\":\"\"}]");
	assert_non_null(strstr(text,
		"192.0.2.9  wan  underlay  -    live     7  198.51.100.1  2 paths, 3 routes: 10.0.0.0/8, ...  x\n"));
	assert_non_null(strstr(text, "10.0.0.2   lan  -         -    stale    -  -             -"));
	free(text);
	text = show("interface",
		"[{\"name\":\"wan\",\"kind\":\"port\",\"state\":\"up\",\"mtu\":1500,\"warnings\":[\"try: ethtool\"],"
		"\"host\":{\"kind\":\"tap\",\"device\":\"wan\",\"state\":\"up\"},\"counters\":{\"rx_packets\":5,\"flooded\":0},"
		"\"drop_reasons\":[{\"drop\":\"ip_ttl\",\"count\":2,\"text\":\"it ran out\"}]}]");
	assert_string_equal(text, "port wan: up, MTU 1500\n"
				  "  warning    try: ethtool\n"
				  "  host       tap wan, up\n"
				  "  rx_packets       5\n"
				  "  dropped 2 as ip_ttl: it ran out\n");
	free(text);
}

static char *routes(const char *answer)
{
	json_t *list = json_loads(answer, 0, NULL);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(list);
	am_routes_page(list, out);
	fclose(out);
	json_decref(list);
	return text;
}

static void route_lines(void **state)
{
	char *text = routes(
		"[{\"vrf\":\"default\",\"prefix\":\"10.0.0.0/8\",\"origin\":\"static\",\"kind\":\"forward\",\"as\":64500,"
		"\"hops\":[{\"state\":\"live\",\"interface\":\"wan\",\"via\":\"192.0.2.9\",\"mac\":\"02:00:00:00:00:09\","
		"\"mtu\":1500},{\"state\":\"tunnel-down\",\"tunnel\":\"to-b\",\"why\":\"no route to 198.51.100.1\"}]},"
		"{\"vrf\":\"default\",\"prefix\":\"192.0.2.0/24\",\"origin\":\"connected\",\"kind\":\"glean\","
		"\"interface\":\"wan\",\"hops\":[]}]");

	(void)state;
	assert_string_equal(text,
		"default     10.0.0.0/8            static     live               64500   1500  "
		"wan via 192.0.2.9 at 02:00:00:00:00:09\n"
		"                                             tunnel-down            -      -  "
		"tunnel to-b: no route to 198.51.100.1\n"
		"default     192.0.2.0/24          connected  glean                  -      -  "
		"wan, each neighbor asked for\n");
	free(text);
	for (unsigned i = 0; i < 3; i++)
		free(routes(i == 0 ? "[]" : i == 1 ? "[1, {}, []]" : "[{\"hops\":[{}, 2]}]"));
}

static void vrfs(void **state)
{
	char *text = show("vrfs",
		"{\"vrfs\":[{\"name\":\"default\",\"netns\":\"\",\"loopbacks\":[\"10.255.0.1\"],\"interfaces\":[\"wan\","
		"\"to-b\"],\"ipv4\":{\"prefixes\":5,\"static\":3,\"local\":1},\"ipv6\":{\"prefixes\":1,\"local\":1},"
		"\"memory\":70000}],\"shared_memory\":4096}");

	(void)state;
	assert_non_null(strstr(text,
		"default      2          0       3         0     5     1   70000  -      10.255.0.1  wan, to-b\n"));
	assert_non_null(strstr(text, "4096 octets more below"));
	free(text);
}

static void packet(void **state)
{
	static char *const words[] = {"lan", "10.0.0.1", "10.3.0.1", "1400", "udp", "1000", "53"};
	static char *const wrong[] = {"lan", "10.0.0.1", "10.3.0.1", "many"};
	json_t *o = json_loads(
		"{\"interface\":\"lan\",\"vrf\":\"default\",\"length\":1400,\"urpf\":{\"mode\":\"strict\",\"passes\":true,"
		"\"route\":\"10.0.0.0/24\"},\"route\":{\"prefix\":\"10.3.0.0/16\",\"kind\":\"forward\",\"class\":4,\"as\":64500,"
		"\"hops\":2,\"live\":2},\"hop\":1,\"hash\":255,\"out\":{\"interface\":\"to-b\",\"port\":\"wan\",\"mtu\":2400,"
		"\"layers\":[{\"name\":\"IPv4\",\"octets\":20}],\"packets\":[1276,168]},\"verdict\":\"ok\",\"text\":\"sent\"}",
		0, NULL);
	struct am_err err;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	am_packet_view(o, out);
	fclose(out);
	json_decref(o);
	assert_string_equal(text, "1400 octets by lan, VRF default\n"
				  "source (uRPF strict): passes, 10.0.0.0/24\n"
				  "route: 10.3.0.0/16, forward, class 4, AS 64500, 2 of 2 next hops live\n"
				  "next hop: number 1 of them, by the flow's hash 000000ff\n"
				  "out: to-b, port wan, MTU 2400\n"
				  "  IPv4, 20 octets\n"
				  "  outer packet of 1276 octets\n"
				  "  outer packet of 168 octets\n"
				  "ok: sent\n");
	free(text);
	o = am_packet_request(words, 7, &err);
	assert_int_equal(json_integer_value(json_object_get(o, "protocol")), 17);
	assert_int_equal(json_integer_value(json_object_get(o, "dport")), 53);
	json_decref(o);
	assert_null(am_packet_request(wrong, 4, &err));
}

static void whatever_comes(void **state)
{
	static const char *const whats[] = {"version", "ports", "tunnels", "bridges", "fdb", "drops",
		"workers", "config", "host", "interfaces", "interface", "neighbors", "vrfs", "as", "mac-ip",
		"acls"};
	static const char *const answers[] = {"{}", "[]", "[{}]", "[1, null, \"x\", [[]]]",
		"{\"entries\":[{}]}", "{\"workers\":[{}]}",
		"[{\"local\":[1],\"members\":[{}],\"paths\":[{}]}]"};

	(void)state;
	for (unsigned i = 0; i < sizeof whats / sizeof *whats; i++)
		for (unsigned k = 0; k < sizeof answers / sizeof *answers; k++)
			free(show(whats[i], answers[k]));
}

static void explain(void **state)
{
	json_t *o = json_loads(
		"{\"tunnel\":\"t\",\"type\":\"gre\",\"local\":[\"192.0.2.1\"],\"remote\":[\"192.0.2.2\"],\"mtu\":2400,"
		"\"split\":\"floor\",\"alone\":{\"layers\":[{\"name\":\"IPv4\",\"octets\":20}],\"outer\":2424,"
		"\"overhead\":24,\"packets\":[1276,1168],\"whole\":1256,\"largest\":2400},\"bridges\":[]}",
		0, NULL);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	am_view_explain(o, out);
	fclose(out);
	assert_non_null(strstr(text, "leaves as 2 fragments, 1276 + 1168\n"));
	assert_non_null(strstr(text, "stays whole: 1256\n"));
	free(text);
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(tunnels), cmocka_unit_test(ports),
		cmocka_unit_test(drops), cmocka_unit_test(host), cmocka_unit_test(history),
		cmocka_unit_test(l3), cmocka_unit_test(route_lines), cmocka_unit_test(vrfs),
		cmocka_unit_test(packet), cmocka_unit_test(whatever_comes), cmocka_unit_test(explain)};

	return cmocka_run_group_tests_name("amimectl/view", tests, NULL, NULL);
}
