/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers as tables, and routes as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "bgp/as_path.h"
#include "bgp/next_hop.h"
#include "route_text.h"
#include "view.h"

static char *shown(const char *what, const char *json)
{
	json_t *result = json_loads(json, 0, NULL);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(result);
	am_bgp_view(what, result, out);
	fclose(out);
	json_decref(result);
	return text;
}

static void neighbors_are_a_table(void **state)
{
	char *text = shown("neighbors",
		"[{\"name\": \"b\", \"address\": \"10.0.0.2\", \"as\": 65002, \"state\": \"Established\", \"since_s\": 61,"
		" \"received\": {\"ipv4\": 2, \"ipv6\": 1}, \"advertised\": {\"ipv4\": 4}, \"shutdown\": false,"
		" \"last_end\": {\"state\": \"OpenSent\", \"by\": \"peer\", \"why\": \"the peer said so\", \"code\": 6,"
		" \"subcode\": 2, \"notification\": \"Cease\", \"text\": \"bye\"}},"
		" {\"name\": \"c\", \"interface\": \"eth0\", \"as\": 0, \"state\": \"Idle\", \"since_s\": null,"
		" \"shutdown\": true}]");

	(void)state;
	assert_non_null(strstr(text, "NAME"));
	assert_non_null(strstr(text, "00:01:01"));
	assert_non_null(strstr(text, "shut down"));
	assert_non_null(strstr(text, "-%eth0"));
	assert_null(strstr(text, "last end"));
	free(text);
	text = shown("neighbors",
		"[{\"name\": \"b\", \"state\": \"Idle\", \"last_end\": {\"state\": \"OpenSent\", \"by\": \"peer\","
		" \"why\": \"the peer said so\", \"code\": 6, \"subcode\": 2, \"notification\": \"Cease\","
		" \"text\": \"bye\"}, \"notification_sent\": null,"
		" \"notification_received\": {\"ago_s\": 9, \"code\": 6, \"subcode\": 2, \"notification\": \"Cease\"},"
		" \"faults\": {\"discard\": 1, \"withdraw\": 2}, \"last_faults\": [{\"ago_s\": 4, \"routes\": 3,"
		" \"attribute\": \"ORIGIN\", \"why\": \"unknown\", \"class\": \"withdraw\"}]}]");
	assert_non_null(strstr(text, "last NOTIFICATION received: 9 s ago, 6/2 Cease"));
	assert_null(strstr(text, "NOTIFICATION sent"));
	assert_non_null(strstr(text, "wrong UPDATEs: discard 1 withdraw 2"));
	assert_non_null(strstr(text, "4 s ago, 3 routes: ORIGIN: unknown, withdraw"));
	assert_non_null(strstr(
		text, "last end: from OpenSent, by peer: the peer said so (6/2 Cease); its words: bye"));
	free(text);
}

static void policies_are_a_table(void **state)
{
	char *text = shown("policies",
		"[{\"name\": \"in\", \"otherwise\": \"reject\", \"import\": [\"b\", \"c\"], \"export\": [],"
		" \"rules\": [{\"name\": \"bogons\", \"if\": [\"prefix\", \"not:as_path\"], \"changes\": 0,"
		" \"then\": \"reject\"}]}]");

	(void)state;
	assert_non_null(strstr(text, "b c"));
	assert_non_null(strstr(text, "prefix not:as_path"));
	assert_non_null(strstr(text, "bogons"));
	free(text);
}

static void caches_are_a_table(void **state)
{
	char *text = shown("rpki",
		"{\"caches\": [{\"address\": \"192.0.2.1\", \"port\": 323, \"state\": \"synced\", \"serial\": 7,"
		" \"complete_s\": 61, \"announced\": 5, \"withdrawn\": 1, \"last_fault\": null}],"
		" \"entries\": {\"ipv4\": 3, \"ipv6\": 1}}");

	(void)state;
	assert_non_null(strstr(text, "192.0.2.1"));
	assert_non_null(strstr(text, "00:01:01"));
	assert_non_null(strstr(text, "entries: 3 of IPv4, 1 of IPv6"));
	free(text);
}

static void routes_are_a_table(void **state)
{
	char *text = shown("routes",
		"{\"routes\": [{\"prefix\": \"10.0.0.0/8\", \"next_hop\": \"10.0.0.2\", \"as_path\": \"65002\","
		" \"origin\": \"IGP\", \"med\": 5, \"from\": \"b\", \"best\": true, \"why\": \"best\"},"
		" {\"prefix\": \"10.0.0.0/8\", \"next_hop\": \"10.0.0.3\", \"as_path\": \"\", \"origin\": \"IGP\","
		" \"rejected\": true, \"why\": \"its AS path has our own\"}], \"next\": null,"
		" \"withdrawn\": [{\"from\": \"c\", \"ago_s\": 3, \"attribute\": \"ORIGIN\", \"why\": \"unknown\","
		" \"class\": \"withdraw\"}]}");
	assert_non_null(
		strstr(text, "no route from c: its UPDATE 3 s ago was wrong (ORIGIN: unknown), withdraw"));

	(void)state;
	assert_non_null(strstr(text, ">  10.0.0.0/8"));
	assert_non_null(strstr(text, "x  10.0.0.0/8"));
	assert_non_null(strstr(text, "its AS path has our own"));
	assert_non_null(strstr(text, "65002 I"));
	free(text);
}

static void a_set_is_json(void **state)
{
	static const uint8_t path[] = {2, 2, 0, 0, 0xfd, 0xea, 0, 1, 0, 0, 1, 2, 0, 0, 0, 1, 0, 0, 0, 2};
	static const uint8_t communities[] = {0xfd, 0xea, 0, 1},
			     large[] = {0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3};
	static const uint8_t ext[] = {0, 2, 0xfd, 0xe8, 0, 0, 0, 100, 3, 0x0c, 0, 0, 0, 0, 0, 8, 6, 3, 2, 0,
		0, 0, 0, 1, 0x80, 6, 1, 2, 3, 4, 5, 6};
	struct am_ip hop;
	struct am_bgp_set set = {
		.attrs = {.has = AM_BGP_HAS(AM_BGP_ATTR_AS_PATH) | AM_BGP_HAS(AM_BGP_ATTR_COMMUNITIES) |
				 AM_BGP_HAS(AM_BGP_ATTR_LARGE_COMMUNITIES) |
				 AM_BGP_HAS(AM_BGP_ATTR_EXT_COMMUNITIES),
			.as_path = {path, sizeof path},
			.communities = {communities, sizeof communities},
			.large_communities = {large, sizeof large},
			.ext_communities = {ext, sizeof ext}}};
	json_t *out = json_object();

	(void)state;
	am_ip_parse_text("10.0.0.2", &hop);
	set.next_hop = am_bgp_next_hop_of(&hop, NULL);
	am_bgp_set_json(&set, out);
	assert_string_equal(json_string_value(json_object_get(out, "as_path")), "65002 65536 {1,2}");
	assert_string_equal(json_string_value(json_object_get(out, "next_hop")), "10.0.0.2");
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(out, "communities"), 0)), "65002:1");
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(out, "large_communities"), 0)), "1:2:3");
	assert_string_equal(json_string_value(json_array_get(json_object_get(out, "ext_communities"), 0)),
		"rt:65000:100");
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(out, "ext_communities"), 1)), "encap:8");
	assert_string_equal(json_string_value(json_array_get(json_object_get(out, "ext_communities"), 2)),
		"router-mac:02:00:00:00:00:01");
	assert_string_equal(json_string_value(json_array_get(json_object_get(out, "ext_communities"), 3)),
		"8006010203040506");
	json_decref(out);
}

static void a_reload_says_what_it_left(void **state)
{
	char *text = shown(
		NULL, "{\"config\": \"f\", \"neighbors\": 1, \"needs_start\": [\"system\", \"feeds\"]}");

	(void)state;
	assert_string_equal(text, "system: what changed there is not in force: start amime-bgp anew\n"
				  "feeds: what changed there is not in force: start amime-bgp anew\n");
	free(text);
	text = shown(NULL, "{\"config\": \"f\", \"neighbors\": 1, \"needs_start\": []}");
	assert_string_equal(text, "");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neighbors_are_a_table),
		cmocka_unit_test(a_reload_says_what_it_left),
		cmocka_unit_test(policies_are_a_table),
		cmocka_unit_test(caches_are_a_table),
		cmocka_unit_test(routes_are_a_table),
		cmocka_unit_test(a_set_is_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
