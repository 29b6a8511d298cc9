/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "bgp/as_path.h"
#include "bgp/policy.h"
#include "bgp/prefix_file.h"

/* A route of 198.51.100.0/24 from AS 64500: path 64500 64500 64501 {64502}, communities 64500:1 and 64500:2, rt:64500:7, 64500:1:1. */
struct route {
	struct am_bgp_nlri nlri;
	struct am_bgp_neighbour from, to;
	struct am_bgp_path path;
	struct am_writer scratch;
	uint8_t room[4096];
};

static const uint8_t as_path[] = {
	2, 3, 0, 0, 0xfb, 0xf4, 0, 0, 0xfb, 0xf4, 0, 0, 0xfb, 0xf5, 1, 1, 0, 0, 0xfb, 0xf6};
static const uint8_t communities[] = {0xfb, 0xf4, 0, 1, 0xfb, 0xf4, 0, 2};
static const uint8_t ext_communities[] = {0, 2, 0xfb, 0xf4, 0, 0, 0, 7};
static const uint8_t large_communities[] = {0, 0, 0xfb, 0xf4, 0, 0, 0, 1, 0, 0, 0, 1};

static void set_up(struct route *r)
{
	memset(r, 0, sizeof *r);
	r->nlri.family = AM_BGP_IPV4_UNICAST;
	am_prefix_parse_text("198.51.100.0/24", &r->nlri.prefix);
	r->from = (struct am_bgp_neighbour){.kind = AM_BGP_EXTERNAL, .as = 64500};
	am_ip_parse_text("192.0.2.1", &r->from.address);
	r->to = (struct am_bgp_neighbour){.kind = AM_BGP_INTERNAL, .as = 65000};
	r->path = (struct am_bgp_path){.nlri = &r->nlri,
		.from = &r->from,
		.next_hop = {4, {192, 0, 2, 9}},
		.attrs = {.has = AM_BGP_HAS(1) | AM_BGP_HAS(2) | AM_BGP_HAS(AM_BGP_ATTR_MED) |
				 AM_BGP_HAS(AM_BGP_ATTR_COMMUNITIES) |
				 AM_BGP_HAS(AM_BGP_ATTR_EXT_COMMUNITIES) |
				 AM_BGP_HAS(AM_BGP_ATTR_LARGE_COMMUNITIES),
			.med = 50,
			.as_path = {as_path, sizeof as_path},
			.communities = {communities, sizeof communities},
			.ext_communities = {ext_communities, sizeof ext_communities},
			.large_communities = {large_communities, sizeof large_communities}}};
	r->scratch = am_writer(r->room, sizeof r->room);
}

static struct am_bgp_prefix_list *list_of(const char *text)
{
	struct am_bgp_prefix_entry e;
	struct am_bgp_prefix_list *list;
	struct am_err err;

	assert_int_equal(am_bgp_prefix_entry_parse(text, &e, &err), 0);
	assert_int_equal(am_bgp_prefix_list_create(&e, 1, &list), 0);
	return list;
}

static struct am_bgp_community_pattern pattern(const char *text)
{
	struct am_bgp_community_pattern p;
	struct am_err err;

	if (am_bgp_community_parse(text, &p, &err))
		fail_msg("%s", err.text);
	return p;
}

/* One rule of one condition: does the route of set_up() fit? */
static bool fits(struct am_bgp_condition c)
{
	struct am_bgp_policy_rule rule = {"r", "rule r", 1, 0, &c, NULL, AM_BGP_POLICY_ACCEPT};
	struct am_bgp_policy policy = {"p", 1, &rule, false, "nothing fits"};
	struct am_bgp_policy_use use = {.policy = &policy, .local_as = 65000};
	struct route r;
	enum am_bgp_filter_result result;
	int which;

	set_up(&r);
	r.path.to = &r.to;
	result = am_bgp_policy_judge(&use, &r.path, &r.scratch, &which);
	assert_int_equal(which, result == AM_BGP_FILTER_REJECT ? -1 : 0);
	if (result == AM_BGP_FILTER_REJECT)
		assert_string_equal(r.path.why, "nothing fits");
	c.negated = true;
	assert_int_equal(am_bgp_policy_run(&use, &r.path, &r.scratch) == AM_BGP_FILTER_REJECT,
		result != AM_BGP_FILTER_REJECT);
	return result == AM_BGP_FILTER_ACCEPT;
}

static bool in_range(enum am_bgp_condition_type type, uint32_t low, uint32_t high)
{
	struct am_bgp_range ranges[] = {{1, 3}, {low, high}};

	return fits((struct am_bgp_condition){
		.type = (uint8_t)type, .n = low > 3 ? 2 : 1, .ranges = ranges + (low <= 3)});
}

static bool in_list(enum am_bgp_condition_type type, const char *text)
{
	struct am_bgp_prefix_list *list = list_of(text);
	const struct am_bgp_prefix_list *lists[] = {list};
	bool result = fits((struct am_bgp_condition){.type = (uint8_t)type, .n = 1, .lists = lists});

	am_bgp_prefix_list_free(list);
	return result;
}

static bool has_bits(enum am_bgp_condition_type type, uint32_t bits)
{
	return fits((struct am_bgp_condition){.type = (uint8_t)type, .bits = bits});
}

static bool has_community(const char *text)
{
	struct am_bgp_community_pattern p = pattern(text);

	return fits((struct am_bgp_condition){.type = AM_BGP_IF_COMMUNITY, .n = 1, .patterns = &p});
}

static bool has_path(const char *text)
{
	struct am_bgp_as_regex_error err;
	struct am_bgp_as_regex *regex;
	bool result;

	assert_int_equal(am_bgp_as_regex_compile(text, strlen(text), &regex, &err), 0);
	result = fits((struct am_bgp_condition){
		.type = AM_BGP_IF_AS_PATH, .n = 1, .regexes = (const struct am_bgp_as_regex *const *)&regex});
	am_bgp_as_regex_free(regex);
	return result;
}

static void conditions(void **state)
{
	(void)state;
	assert_true(in_list(AM_BGP_IF_PREFIX, "198.51.0.0/16 le 24"));
	assert_false(in_list(AM_BGP_IF_PREFIX, "198.51.0.0/16"));
	assert_true(in_list(AM_BGP_IF_NEXT_HOP, "192.0.2.0/24 le 32"));
	assert_false(in_list(AM_BGP_IF_NEXT_HOP, "192.0.2.0/24"));
	assert_true(in_list(AM_BGP_IF_PEER, "192.0.2.1/32"));
	assert_false(in_list(AM_BGP_IF_PEER, "192.0.2.9/32"));
	assert_true(has_path("^64500_.*{64502}$"));
	assert_false(has_path("_64503_"));
	assert_true(in_range(AM_BGP_IF_AS_IN_PATH, 64501, 64501));
	assert_true(in_range(AM_BGP_IF_AS_IN_PATH, 64502, 65000));
	assert_false(in_range(AM_BGP_IF_AS_IN_PATH, 64503, 65000));
	assert_false(in_range(AM_BGP_IF_ORIGIN_AS, 0, UINT32_MAX)); /* it ends in a set */
	assert_true(in_range(AM_BGP_IF_FIRST_AS, 64500, 64500));
	assert_true(in_range(AM_BGP_IF_PEER_AS, 64496, 64500));
	assert_false(in_range(AM_BGP_IF_PEER_AS, 64501, 64511));
	assert_true(in_range(AM_BGP_IF_TO_AS, 65000, 65000));
	assert_true(in_range(AM_BGP_IF_PATH_LENGTH, 4, 4));
	assert_false(in_range(AM_BGP_IF_PATH_LENGTH, 5, 100));
	assert_true(in_range(AM_BGP_IF_MED, 50, 50));
	assert_false(in_range(AM_BGP_IF_LOCAL_PREF, 0, UINT32_MAX)); /* it has none */
	assert_true(has_community("64500:2"));
	assert_true(has_community("rt:64500:7"));
	assert_true(has_community("64500:*:1"));
	assert_false(has_community("64500:3-9"));
	assert_true(has_bits(AM_BGP_IF_RPKI, AM_BGP_BIT(AM_BGP_ROA_NOT_FOUND)));
	assert_true(has_bits(AM_BGP_IF_FAMILY, AM_BGP_BIT(AM_BGP_IPV4_UNICAST)));
	assert_false(has_bits(AM_BGP_IF_FAMILY, AM_BGP_BIT(AM_BGP_L2VPN_EVPN)));
	assert_true(has_bits(AM_BGP_IF_FROM, AM_BGP_BIT(AM_BGP_EXTERNAL)));
	assert_false(has_bits(AM_BGP_IF_FROM, AM_BGP_BIT(AM_BGP_INTERNAL) | AM_BGP_BIT(AM_BGP_FROM_LOCAL)));
	assert_true(has_bits(AM_BGP_IF_TO, AM_BGP_BIT(AM_BGP_INTERNAL)));
	assert_true(has_bits(AM_BGP_IF_ORIGIN, AM_BGP_BIT(AM_BGP_ORIGIN_IGP)));
	assert_false(has_bits(AM_BGP_IF_EVPN_TYPE, UINT32_MAX));
}

static void validation(void **state)
{
	struct am_bgp_roa_table *roas = am_bgp_roa_create();
	struct am_bgp_roa roa = {.max_len = 24, .as = 64501};
	struct am_bgp_condition invalid = {.type = AM_BGP_IF_RPKI, .bits = AM_BGP_BIT(AM_BGP_ROA_INVALID)};
	struct am_bgp_policy_rule rule = {"", "rule 1", 1, 0, &invalid, NULL, AM_BGP_POLICY_REJECT};
	struct am_bgp_policy policy = {"p", 1, &rule, true, ""};
	struct am_bgp_policy_use use = {&policy, 65000, roas, {{0}, {0}}};
	struct route r;

	(void)state;
	set_up(&r);
	assert_int_equal(am_bgp_policy_run(&use, &r.path, &r.scratch), AM_BGP_FILTER_ACCEPT);
	am_prefix_parse_text("198.51.100.0/22", &roa.prefix);
	assert_int_equal(am_bgp_roa_add(roas, 0, &roa), 1);
	/* The path ends in a set: its origin is nobody's. Without the set it is 64501's. */
	assert_int_equal(am_bgp_policy_run(&use, &r.path, &r.scratch), AM_BGP_FILTER_REJECT);
	assert_string_equal(r.path.why, "rule 1");
	r.path.attrs.as_path.len -= 6;
	assert_int_equal(am_bgp_policy_run(&use, &r.path, &r.scratch), AM_BGP_FILTER_ACCEPT);
	am_bgp_roa_free(roas);
}

/* One rule of one action; the route that becomes of it is left in *r. */
static enum am_bgp_filter_result act(struct route *r, const struct am_bgp_action *a)
{
	struct am_bgp_policy_rule rule = {"", "", 0, 1, NULL, a, AM_BGP_POLICY_ACCEPT};
	struct am_bgp_policy policy = {"p", 1, &rule, false, ""};
	struct am_bgp_policy_use use = {
		.policy = &policy, .local_as = 65000, .self = {{4, {10, 0, 0, 1}}, {16, {0x20, 1}}}};

	set_up(r);
	return am_bgp_policy_run(&use, &r->path, &r->scratch);
}

static void numbers(void **state)
{
	static const struct {
		enum am_bgp_action_type type;
		uint32_t value, local_pref, med;
	} rows[] = {
		{AM_BGP_SET_LOCAL_PREF, 200, 200, 50},
		{AM_BGP_ADD_LOCAL_PREF, 20, 120, 50},
		{AM_BGP_ADD_LOCAL_PREF, UINT32_MAX, UINT32_MAX, 50},
		{AM_BGP_SUB_LOCAL_PREF, 20, 80, 50},
		{AM_BGP_SUB_LOCAL_PREF, 200, 0, 50},
		{AM_BGP_SET_MED, 7, 0, 7},
		{AM_BGP_ADD_MED, 7, 0, 57},
		{AM_BGP_SUB_MED, 7, 0, 43},
	};
	struct route r;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct am_bgp_action a = {.type = (uint8_t)rows[i].type, .value = rows[i].value};

		assert_int_equal(act(&r, &a), AM_BGP_FILTER_CHANGED);
		assert_int_equal(r.path.attrs.local_pref, rows[i].local_pref);
		assert_int_equal(r.path.attrs.med, rows[i].med);
	}
	assert_int_equal(
		act(&r, &(struct am_bgp_action){.type = AM_BGP_SET_MED, .value = 50}), AM_BGP_FILTER_ACCEPT);
	assert_int_equal(act(&r, &(struct am_bgp_action){.type = AM_BGP_REMOVE_MED}), AM_BGP_FILTER_CHANGED);
	assert_false(r.path.attrs.has & AM_BGP_HAS(AM_BGP_ATTR_MED));
	assert_int_equal(act(&r, &(struct am_bgp_action){.type = AM_BGP_SET_ORIGIN, .value = 2}),
		AM_BGP_FILTER_CHANGED);
	assert_int_equal(r.path.attrs.origin, 2);
}

static enum am_bgp_filter_result with(
	struct route *r, enum am_bgp_action_type type, const char *first, const char *second)
{
	struct am_bgp_community_pattern p[2] = {pattern(first), pattern(second)};

	return act(r, &(struct am_bgp_action){.type = (uint8_t)type, .n = 2, .patterns = p});
}

static void community_lists(void **state)
{
	static const uint8_t added[] = {0xfb, 0xf4, 0, 1, 0xfb, 0xf4, 0, 2, 0xff, 0xff, 0xff, 1};
	static const uint8_t left[] = {0xfb, 0xf4, 0, 2};
	struct am_bgp_attrs *a;
	struct route r;

	(void)state;
	a = &r.path.attrs;
	assert_int_equal(with(&r, AM_BGP_ADD_COMMUNITIES, "64500:2", "no-export"), AM_BGP_FILTER_CHANGED);
	assert_int_equal(a->communities.len, sizeof added);
	assert_memory_equal(a->communities.bytes, added, sizeof added);
	assert_ptr_equal(a->large_communities.bytes, large_communities);
	assert_int_equal(with(&r, AM_BGP_ADD_COMMUNITIES, "64500:2", "64500:1:1"), AM_BGP_FILTER_ACCEPT);
	assert_int_equal(with(&r, AM_BGP_DELETE_COMMUNITIES, "64500:1", "rt:*:*"), AM_BGP_FILTER_CHANGED);
	assert_int_equal(a->communities.len, sizeof left);
	assert_memory_equal(a->communities.bytes, left, sizeof left);
	assert_false(a->has & AM_BGP_HAS(AM_BGP_ATTR_EXT_COMMUNITIES));
	assert_int_equal(with(&r, AM_BGP_DELETE_COMMUNITIES, "64500:3", "soo:*:*"), AM_BGP_FILTER_ACCEPT);
	assert_int_equal(with(&r, AM_BGP_SET_COMMUNITIES, "64500:2", "64500:2"), AM_BGP_FILTER_CHANGED);
	assert_memory_equal(a->communities.bytes, left, sizeof left);
	assert_int_equal(a->communities.len, sizeof left);
	assert_false(a->has &
		     (AM_BGP_HAS(AM_BGP_ATTR_EXT_COMMUNITIES) | AM_BGP_HAS(AM_BGP_ATTR_LARGE_COMMUNITIES)));
}

static void prepending(void **state)
{
	struct am_bgp_action a = {.type = AM_BGP_PREPEND, .count = 3};
	struct am_bgp_span path;
	struct route r;

	(void)state;
	assert_int_equal(act(&r, &a), AM_BGP_FILTER_CHANGED);
	path = r.path.attrs.as_path;
	assert_int_equal(path.len, sizeof as_path + 12);
	assert_int_equal(path.bytes[1], 6);
	assert_int_equal(am_bgp_as_path_first(path), 65000);
	assert_int_equal(am_bgp_as_path_count(path, 65000), 3);
	assert_int_equal(am_bgp_as_path_length(path), 7);
	a.count = 254; /* no room in the first segment */
	a.value = 64999;
	assert_int_equal(act(&r, &a), AM_BGP_FILTER_CHANGED);
	path = r.path.attrs.as_path;
	assert_int_equal(path.bytes[1], 254);
	assert_int_equal(am_bgp_as_path_count(path, 64999), 254);
	assert_int_equal(am_bgp_as_path_length(path), 258);
}

static void next_hops(void **state)
{
	struct am_bgp_action a = {.type = AM_BGP_SET_NEXT_HOP, .next_hop = {{4, {10, 9, 9, 9}}, {0}}};
	struct route r;

	(void)state;
	assert_int_equal(act(&r, &a), AM_BGP_FILTER_CHANGED);
	assert_memory_equal(r.path.next_hop.bytes, a.next_hop[0].bytes, 4);
	a.type = AM_BGP_NEXT_HOP_SELF;
	assert_int_equal(act(&r, &a), AM_BGP_FILTER_CHANGED);
	assert_int_equal(r.path.next_hop.bytes[0], 10);
	a.type = AM_BGP_NEXT_HOP_PEER;
	assert_int_equal(act(&r, &a), AM_BGP_FILTER_CHANGED);
	assert_int_equal(r.path.next_hop.bytes[3], 1);
}

/* Where nobody says what our own is, the table does on the way out, and nobody on the way in. */
static void next_hop_of_the_table(void **state)
{
	const struct am_bgp_action a = {.type = AM_BGP_NEXT_HOP_SELF};
	struct am_bgp_policy_rule rule = {"", "", 0, 1, NULL, &a, AM_BGP_POLICY_ACCEPT};
	struct am_bgp_policy policy = {"p", 1, &rule, false, ""};
	struct am_bgp_policy_use use = {.policy = &policy, .local_as = 65000};
	struct route r;

	(void)state;
	set_up(&r);
	assert_int_equal(am_bgp_policy_run(&use, &r.path, &r.scratch), AM_BGP_FILTER_ACCEPT);
	r.path.to = &r.to;
	assert_int_equal(am_bgp_policy_run(&use, &r.path, &r.scratch), AM_BGP_FILTER_CHANGED);
	assert_int_equal(r.path.next_hop.len, 0);
}

static void overflow_rejects(void **state)
{
	struct am_bgp_action prepend[40];
	struct am_bgp_policy_rule rule = {"", "", 0, 40, NULL, prepend, AM_BGP_POLICY_ACCEPT};
	struct am_bgp_policy policy = {"p", 1, &rule, false, ""};
	struct am_bgp_policy_use use = {.policy = &policy, .local_as = 65000};
	struct route r;

	(void)state;
	for (int i = 0; i < 40; i++)
		prepend[i] = (struct am_bgp_action){.type = AM_BGP_PREPEND, .count = 200};
	set_up(&r);
	assert_int_equal(am_bgp_policy_run(&use, &r.path, &r.scratch), AM_BGP_FILTER_REJECT);
	assert_non_null(strstr(r.path.why, "too long"));
}

/* A rule that goes on leaves its actions to those behind it. */
static void rules_in_order(void **state)
{
	struct am_bgp_range low = {0, 120}, high = {121, 200};
	struct am_bgp_condition is_low = {.type = AM_BGP_IF_LOCAL_PREF, .n = 1, .ranges = &low};
	struct am_bgp_condition is_high = {.type = AM_BGP_IF_LOCAL_PREF, .n = 1, .ranges = &high};
	struct am_bgp_action set = {.type = AM_BGP_SET_LOCAL_PREF, .value = 150};
	struct am_bgp_policy_rule rules[] = {
		{"never", "never", 1, 0, &is_low, NULL, AM_BGP_POLICY_REJECT},
		{"set", "set", 0, 1, NULL, &set, AM_BGP_POLICY_NEXT},
		{"low", "low", 1, 0, &is_low, NULL, AM_BGP_POLICY_REJECT},
		{"high", "high", 1, 0, &is_high, NULL, AM_BGP_POLICY_REJECT},
	};
	struct am_bgp_policy policy = {"p", 4, rules, true, ""}, other = policy;
	struct am_bgp_policy_use use = {.policy = &policy, .local_as = 65000};
	struct route r;
	int which;

	(void)state;
	set_up(&r);
	assert_int_equal(am_bgp_policy_judge(&use, &r.path, &r.scratch, &which), AM_BGP_FILTER_REJECT);
	assert_int_equal(which, 3);
	assert_string_equal(r.path.why, "high");
	assert_true(am_bgp_policy_equal(&policy, &other));
	other.n = 3;
	assert_false(am_bgp_policy_equal(&policy, &other));
	set_up(&r);
	use.policy = &other;
	assert_int_equal(am_bgp_policy_judge(&use, &r.path, &r.scratch, &which), AM_BGP_FILTER_CHANGED);
	assert_int_equal(which, -1);
}

static void evpn_prefixes(void **state)
{
	struct am_bgp_nlri nlri = {
		.family = AM_BGP_L2VPN_EVPN, .evpn = {.type = AM_BGP_EVPN_IP_PREFIX, .ip_len = 16}};
	struct am_prefix p;

	(void)state;
	assert_false(am_bgp_policy_prefix(&nlri, &p));
	am_ip_parse_text("10.1.0.0", &nlri.evpn.ip);
	assert_true(am_bgp_policy_prefix(&nlri, &p));
	assert_int_equal(p.len, 16);
	nlri.evpn.type = AM_BGP_EVPN_MAC_IP;
	assert_true(am_bgp_policy_prefix(&nlri, &p));
	assert_int_equal(p.len, 32);
	nlri.evpn.type = AM_BGP_EVPN_INCLUSIVE_MULTICAST;
	assert_false(am_bgp_policy_prefix(&nlri, &p));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditions),
		cmocka_unit_test(validation),
		cmocka_unit_test(numbers),
		cmocka_unit_test(community_lists),
		cmocka_unit_test(prepending),
		cmocka_unit_test(next_hops),
		cmocka_unit_test(next_hop_of_the_table),
		cmocka_unit_test(overflow_rejects),
		cmocka_unit_test(rules_in_order),
		cmocka_unit_test(evpn_prefixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
