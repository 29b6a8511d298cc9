/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpconf/policy.h"

/* A file of these sections. */
static struct am_bgpconf *load(const char *sections, struct am_config_errors *errors)
{
	char *text = NULL;
	struct am_bgpconf *c;

	if (asprintf(&text, "{\"as\": 65000, \"router_id\": \"10.0.0.1\",\n%s}", sections) < 0)
		return NULL;
	c = am_bgpconf_load(text, strlen(text), errors);
	free(text);
	return c;
}

static void no_errors(const struct am_bgpconf *c, const struct am_config_errors *errors)
{
	if (!c)
		fail_msg("%s: %s", errors->items[0].path, errors->items[0].text);
}

/* A route of a neighbour: one AS in its path, one community. */
struct route {
	struct am_bgp_nlri nlri;
	struct am_bgp_neighbour from;
	struct am_bgp_path path;
	uint8_t as_path[6], community[4], room[1024];
};

static enum am_bgp_filter_result judge(const struct am_bgpconf *c, const char *policy, const char *prefix,
	uint32_t as, uint32_t community, struct route *r)
{
	struct am_bgp_policy_use use = {.policy = am_bgpconf_policy(c, policy), .local_as = c->as};
	struct am_writer scratch = am_writer(r->room, sizeof r->room);

	memset(r, 0, sizeof *r);
	assert_int_equal(am_prefix_parse_text(prefix, &r->nlri.prefix), 0);
	r->nlri.family = r->nlri.prefix.ip.family == AM_IPV4 ? AM_BGP_IPV4_UNICAST : AM_BGP_IPV6_UNICAST;
	r->from.as = as;
	r->as_path[0] = 2;
	r->as_path[1] = 1;
	am_store32(r->as_path + 2, as);
	am_store32(r->community, community);
	r->path = (struct am_bgp_path){.nlri = &r->nlri, .from = &r->from, .next_hop = {4, {192, 0, 2, 1}}};
	r->path.attrs.has = AM_BGP_HAS(1) | AM_BGP_HAS(2);
	r->path.attrs.as_path = (struct am_bgp_span){r->as_path, 6};
	if (community) {
		r->path.attrs.has |= AM_BGP_HAS(AM_BGP_ATTR_COMMUNITIES);
		r->path.attrs.communities = (struct am_bgp_span){r->community, 4};
	}
	return am_bgp_policy_run(&use, &r->path, &scratch);
}

/* What examples/bgp-edge.json promises. */
static const struct {
	const char *policy, *prefix;
	uint32_t as, community;
	const char *why; /* NULL: it is accepted */
	uint32_t local_pref;
} edge[] = {
	{"transit-in", "10.1.0.0/16", 64496, 0, "policy transit-in, rule 1 (bogons)", 0},
	{"transit-in", "0.0.0.0/0", 64496, 0, "policy transit-in, rule 1 (bogons)", 0},
	{"transit-in", "8.8.8.8/32", 64496, 0, "policy transit-in, rule 2 (too-specific)", 0},
	{"transit-in", "2a00::/49", 64496, 0, "policy transit-in, rule 2 (too-specific)", 0},
	{"transit-in", "203.0.113.0/24", 64496, 0, "policy transit-in, rule 3 (ours)", 0},
	{"transit-in", "8.8.8.0/24", 4200000001, 0, "policy transit-in, rule 4 (bogon-as)", 0},
	{"transit-in", "8.8.8.0/24", 64496, 0, NULL, 100},
	{"transit-in", "8.8.8.0/24", 64496, AM_BGP_GRACEFUL_SHUTDOWN, NULL, 0},
	{"transit-in", "2a00::/48", 64496, 0, NULL, 100},
	{"customer-in", "198.51.97.0/24", 64500, 0, NULL, 200},
	{"customer-in", "2001:db8:4001::/48", 64500, 0, NULL, 200},
	{"customer-in", "198.51.97.1/32", 64500, AM_BGP_BLACKHOLE, NULL, 200},
	{"customer-in", "198.51.97.1/32", 64500, 0, "policy customer-in, rule 2 (not-theirs)", 0},
	{"customer-in", "198.51.97.0/24", 64502, 0, "policy customer-in, rule 3 (not-theirs-by-path)", 0},
	{"ours-and-customers-out", "8.8.8.0/24", 64496, 65000u << 16 | 100,
		"policy ours-and-customers-out: no rule accepts it", 0},
	{"ours-and-customers-out", "198.51.97.0/24", 64500, 65000u << 16 | 200, NULL, 0},
	{"accept", "10.0.0.0/8", 1, 0, NULL, 0},
	{"reject", "10.0.0.0/8", 1, 0, "policy reject: it rejects every route", 0},
};

static void the_example_of_an_edge(void **state)
{
	struct am_config_errors errors = {0};
	struct am_bgpconf *c = am_bgpconf_load_file(SOURCE_ROOT "/examples/bgp-edge.json", &errors);
	struct route r;

	(void)state;
	no_errors(c, &errors);
	for (size_t i = 0; i < sizeof edge / sizeof edge[0]; i++) {
		enum am_bgp_filter_result result =
			judge(c, edge[i].policy, edge[i].prefix, edge[i].as, edge[i].community, &r);

		if ((result == AM_BGP_FILTER_REJECT) != (edge[i].why != NULL) ||
			(edge[i].why && strcmp(r.path.why, edge[i].why)) ||
			(!edge[i].why && r.path.attrs.local_pref != edge[i].local_pref))
			fail_msg("row %zu, %s: %s", i, edge[i].prefix, r.path.why ? r.path.why : "accepted");
	}
	judge(c, "customer-in", "198.51.97.1/32", 64500, AM_BGP_BLACKHOLE, &r);
	assert_memory_equal(r.path.next_hop.bytes, ((uint8_t[]){192, 0, 2, 1}), 4);
	assert_true(am_bgp_communities_have(r.path.attrs.communities, AM_BGP_NO_EXPORT));
	am_bgpconf_free(c);
}

/* Every JSON of the document loads. */
static void the_document(void **state)
{
	FILE *f = fopen(SOURCE_ROOT "/doc/bgp-policy.md", "r");
	char line[1024], block[8192] = "";
	unsigned blocks = 0;
	bool inside = false;

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		struct am_config_errors errors = {0};
		struct am_bgpconf *c;

		if (!strncmp(line, "```", 3) && inside) {
			*strrchr(block, '}') = 0;
			c = load(strchr(block, '{') + 1, &errors);
			no_errors(c, &errors);
			am_bgpconf_free(c);
			blocks++;
		} else if (inside) {
			assert_true(strlen(block) + strlen(line) < sizeof block);
			strcat(block, line);
		}
		inside = strncmp(line, "```", 3) ? inside : !inside && !strncmp(line, "```json", 7);
		if (!inside)
			*block = 0;
	}
	fclose(f);
	assert_in_range(blocks, 2, 100);
}

#define RULE(text) "\"policies\": {\"p\": {\"rules\": [" text "]}}"

static const struct {
	const char *text, *path, *says;
} wrong[] = {
	{"\"prefix_lists\": {\"a\": [\"10.0.0.1/8\"]}", "$.prefix_lists.a[0]", "write 10.0.0.0/8"},
	{"\"prefix_lists\": {\"a\": []}", "$.prefix_lists.a", "the list is empty"},
	{"\"prefix_lists\": {\"a b\": [\"10.0.0.0/8\"]}", "$.prefix_lists[\"a b\"]", "is no name"},
	{"\"prefix_lists\": {\"a\": {\"file\": \"x\"}}", "$.prefix_lists.a.file",
		"a configuration that is a file"},
	{"\"prefix_lists\": {\"a\": {\"fil\": \"x\"}}", "$.prefix_lists.a", "\"file\" is missing"},
	{"\"as_sets\": {\"a\": [\"9-5\"]}", "$.as_sets.a[0]", "is no range of ASes"},
	{"\"as_sets\": {\"a\": [\"b\"]}", "$.as_sets.a[0]", "there is no AS set \"b\""},
	{"\"community_lists\": {\"no-export\": [\"1:1\"]}", "$.community_lists.no-export",
		"name of a community"},
	{"\"community_lists\": {\"a\": [\"1:x\"]}", "$.community_lists.a[0]", "is no community"},
	{"\"policies\": {\"accept\": {}}", "$.policies.accept", "is always there"},
	{"\"policies\": {\"p\": {\"otherwise\": \"drop\"}}", "$.policies.p.otherwise", "unknown value"},
	{RULE("{}"), "$.policies.p.rules[0]", "does nothing"},
	{RULE("{\"then\": \"acept\"}"), "$.policies.p.rules[0].then", "did you mean \"accept\""},
	{RULE("{\"set\": {\"med\": 1}, \"then\": \"reject\"}"), "$.policies.p.rules[0]", "nothing to set"},
	{RULE("{\"if\": {}, \"then\": \"reject\"}"), "$.policies.p.rules[0].if", "nothing in it"},
	{RULE("{\"if_not\": {\"med\": 1, \"rpki\": \"valid\"}, \"then\": \"reject\"}"),
		"$.policies.p.rules[0].if_not", "Write a rule for each"},
	{RULE("{\"if\": {\"prefixx\": \"a\"}, \"then\": \"reject\"}"), "$.policies.p.rules[0].if.prefixx",
		"did you mean \"prefix\""},
	{RULE("{\"if\": {\"prefix\": \"a\"}, \"then\": \"reject\"}"), "$.policies.p.rules[0].if.prefix",
		"there is no prefix list \"a\""},
	{RULE("{\"if\": {\"as_path\": \"^1_(\"}, \"then\": \"reject\"}"), "$.policies.p.rules[0].if.as_path",
		"at character 4: this ( is not closed"},
	{RULE("{\"if\": {\"as_path_length\": \">\"}, \"then\": \"reject\"}"),
		"$.policies.p.rules[0].if.as_path_length", "is no range"},
	{RULE("{\"if\": {\"rpki\": \"bad\"}, \"then\": \"reject\"}"), "$.policies.p.rules[0].if.rpki",
		"\"invalid\""},
	{RULE("{\"if\": {\"community\": \"ours\"}, \"then\": \"reject\"}"),
		"$.policies.p.rules[0].if.community", "nor is it a list of"},
	{RULE("{\"set\": {\"add_communities\": \"1:*\"}}"), "$.policies.p.rules[0].set.add_communities",
		"only whole communities"},
	{RULE("{\"set\": {\"local_prefs\": 1}}"), "$.policies.p.rules[0].set.local_prefs",
		"did you mean \"local_pref\""},
	{RULE("{\"set\": {\"local_pref\": \"10\"}}"), "$.policies.p.rules[0].set.local_pref",
		"write 100 for a value"},
	{RULE("{\"set\": {\"prepend\": 33}}"), "$.policies.p.rules[0].set.prepend", "out of range"},
	{RULE("{\"set\": {\"next_hop\": \"fe80::1\"}}"), "$.policies.p.rules[0].set.next_hop", "no next hop"},
	{RULE("{\"set\": {\"next_hop\": [\"10.0.0.1\", \"10.0.0.2\"]}}"),
		"$.policies.p.rules[0].set.next_hop[1]", "one of this family already"},
	{"\"neighbors\": {\"n\": {\"address\": \"10.0.0.2\", \"as\": 1, \"import\": \"in\"}}",
		"$.neighbors.n.import", "there is no policy \"in\""},
};

static void errors_say_where(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct am_config_errors errors = {0};
		bool found = false;

		assert_null(load(wrong[i].text, &errors));
		for (size_t k = 0; k < errors.n; k++)
			found |= !strcmp(errors.items[k].path, wrong[i].path) &&
				 strstr(errors.items[k].text, wrong[i].says) && errors.items[k].line == 2;
		if (!found)
			fail_msg("%s: %s: %s", wrong[i].text, errors.items[0].path, errors.items[0].text);
		am_config_errors_free(&errors);
	}
}

static void a_file_that_is_wrong(void **state)
{
	char folder[] = "/tmp/amime-policy-XXXXXX", path[64], list[64];
	struct am_config_errors errors = {0};
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/bgp.json", folder);
	snprintf(list, sizeof list, "%s/list.txt", folder);
	f = fopen(path, "w");
	fputs("{\"as\": 1, \"router_id\": \"10.0.0.1\",\n\"prefix_lists\": {\"a\": {\"file\": \"list.txt\"}}}",
		f);
	fclose(f);
	f = fopen(list, "w");
	fputs("192.0.2.0/24\n192.0.2.9/24\nA = [ 192.0.2.0/33 ]\n", f);
	fclose(f);
	assert_null(am_bgpconf_load_file(path, &errors));
	assert_int_equal(errors.n, 2);
	assert_string_equal(errors.items[0].path, "$.prefix_lists.a.file");
	assert_int_equal(errors.items[0].line, 2);
	assert_non_null(strstr(errors.items[0].text, "list.txt:2:1: \"192.0.2.9/24\" has host bits"));
	assert_non_null(strstr(errors.items[1].text, "list.txt:3:7: \"192.0.2.0/33\" is no prefix"));
	am_config_errors_free(&errors);
	remove(list);
	assert_null(am_bgpconf_load_file(path, &errors));
	assert_int_equal(errors.n, 1);
	assert_string_equal(errors.items[0].path, "$.prefix_lists.a.file");
	assert_int_equal(errors.items[0].line, 2);
	assert_int_equal(errors.items[0].column, 32);
	assert_non_null(strstr(errors.items[0].text, "cannot read"));
	assert_non_null(strstr(errors.items[0].text, "/list.txt: No such file"));
	am_config_errors_free(&errors);
	remove(path);
	remove(folder);
}

/* A reload that changes a list is seen; one that changes nothing is not. */
static void what_changed(void **state)
{
	static const char *const texts[] = {
		"\"prefix_lists\": {\"a\": [\"10.0.0.0/8 le 24\"]}," RULE(
			"{\"if\": {\"prefix\": \"a\"}, \"then\": \"accept\"}"),
		"\"prefix_lists\": {\"a\": [\"10.0.0.0/8 le 25\"]}," RULE(
			"{\"if\": {\"prefix\": \"a\"}, \"then\": \"accept\"}"),
		"\"prefix_lists\": {\"a\": [\"10.0.0.0/8 le 24\"]}," RULE(
			"{\"if_not\": {\"prefix\": \"a\"}, \"then\": \"accept\"}"),
	};
	struct am_config_errors errors = {0};
	struct am_bgpconf *c[4];

	(void)state;
	for (int i = 0; i < 4; i++) {
		c[i] = load(texts[i % 3], &errors);
		no_errors(c[i], &errors);
	}
	assert_true(am_bgp_policy_equal(am_bgpconf_policy(c[0], "p"), am_bgpconf_policy(c[3], "p")));
	assert_false(am_bgp_policy_equal(am_bgpconf_policy(c[0], "p"), am_bgpconf_policy(c[1], "p")));
	assert_false(am_bgp_policy_equal(am_bgpconf_policy(c[0], "p"), am_bgpconf_policy(c[2], "p")));
	for (int i = 0; i < 4; i++)
		am_bgpconf_free(c[i]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_an_edge),
		cmocka_unit_test(the_document),
		cmocka_unit_test(errors_say_where),
		cmocka_unit_test(a_file_that_is_wrong),
		cmocka_unit_test(what_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
