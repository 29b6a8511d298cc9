/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A policy and the attributes of an UPDATE, both drawn from the input: whatever a policy does to a route, its lists stay whole, a rejected
 * one says why, and one that is said to be as it was is so. What is too long for the scratch room is rejected.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/as_path.h"
#include "bgp/policy.h"
#include "bgp/update.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RULES = 6, EACH = 3 };

struct drawn {
	struct am_bgp_policy policy;
	struct am_bgp_policy_rule rules[RULES];
	struct am_bgp_condition conditions[RULES][EACH];
	struct am_bgp_action actions[RULES][EACH];
	struct am_bgp_community_pattern patterns[RULES][EACH];
	struct am_bgp_range ranges[RULES][EACH];
};

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static struct am_bgp_community_pattern draw_pattern(struct am_reader *r)
{
	struct am_bgp_community_pattern p = {.kind = am_take8(r) % AM_BGP_COMMUNITY_KINDS, .subtype = 2};

	p.form = am_take8(r) % 4;
	for (unsigned i = 0; i < 3; i++) {
		p.parts[i].low = am_take8(r);
		p.parts[i].high = p.parts[i].low + (am_take8(r) & 0x80 ? UINT8_MAX : 0);
	}
	return p;
}

/* Of what needs no lists or expressions: those have targets of their own. */
static struct am_bgp_condition draw_condition(struct am_reader *r, const struct drawn *d, unsigned i)
{
	static const uint8_t types[] = {AM_BGP_IF_AS_IN_PATH, AM_BGP_IF_ORIGIN_AS, AM_BGP_IF_FIRST_AS,
		AM_BGP_IF_PEER_AS, AM_BGP_IF_TO_AS, AM_BGP_IF_PATH_LENGTH, AM_BGP_IF_MED,
		AM_BGP_IF_LOCAL_PREF, AM_BGP_IF_COMMUNITY, AM_BGP_IF_RPKI, AM_BGP_IF_FAMILY, AM_BGP_IF_FROM,
		AM_BGP_IF_TO, AM_BGP_IF_ORIGIN, AM_BGP_IF_EVPN_TYPE};
	uint8_t v = am_take8(r);
	struct am_bgp_condition c = {.type = types[v % sizeof types], .negated = v & 0x80, .n = EACH};

	if (c.type == AM_BGP_IF_COMMUNITY)
		c.patterns = d->patterns[i];
	else if (c.type < AM_BGP_IF_COMMUNITY)
		c.ranges = d->ranges[i];
	else
		c.bits = am_take8(r);
	return c;
}

static void draw(struct am_reader *r, struct drawn *d)
{
	d->policy = (struct am_bgp_policy){
		"p", (uint16_t)(1 + am_take8(r) % RULES), d->rules, am_take8(r) & 1, "by default"};
	for (unsigned i = 0; i < RULES; i++) {
		d->rules[i] = (struct am_bgp_policy_rule){"", "a rule", (uint16_t)(am_take8(r) % (EACH + 1)),
			(uint16_t)(am_take8(r) % (EACH + 1)), d->conditions[i], d->actions[i],
			am_take8(r) % 3};
		for (unsigned k = 0; k < EACH; k++) {
			d->patterns[i][k] = draw_pattern(r);
			d->ranges[i][k] = (struct am_bgp_range){k * 1000u + am_take8(r), k * 1000u + 500};
			d->conditions[i][k] = draw_condition(r, d, i);
			d->actions[i][k] = (struct am_bgp_action){.type = am_take8(r) % AM_BGP_ACTION_TYPES,
				.count = am_take8(r),
				.value = am_take8(r),
				.n = EACH,
				.patterns = d->patterns[i],
				.next_hop = {{4, {1, 2, 3, 4}}, {16, {1}}}};
		}
	}
}

static void check_lists(const struct am_bgp_attrs *a)
{
	struct am_reader r = am_reader(a->as_path.bytes, a->as_path.len);
	struct am_bgp_segment s;

	while (am_bgp_segment_next(&r, &s))
		demand(s.count, "an empty segment");
	demand(!r.bad && !am_reader_left(&r), "a broken path");
	demand(a->communities.len % 4 == 0 && a->ext_communities.len % 8 == 0 &&
			a->large_communities.len % 12 == 0,
		"a broken list");
	demand(!(a->has & AM_BGP_HAS(AM_BGP_ATTR_COMMUNITIES)) || a->communities.len, "an empty attribute");
}

static void judge(const struct drawn *d, const struct am_bgp_update *u, size_t room)
{
	static uint8_t scratch[AM_BGP_FILTER_ROOM];
	const struct am_bgp_nlri nlri = {.family = AM_BGP_IPV4_UNICAST, .prefix = {{AM_IPV4, {10}}, 8}};
	const struct am_bgp_neighbour from = {.as = 1, .address = {AM_IPV4, {10, 0, 0, 1}}};
	const struct am_bgp_policy_use use = {.policy = &d->policy, .local_as = 65000};
	struct am_bgp_path path = {
		.nlri = &nlri, .from = &from, .attrs = u->attrs, .next_hop = {4, {10, 0, 0, 9}}};
	struct am_writer w = am_writer(scratch, room);
	struct am_bgp_path before = path;
	int rule;

	switch (am_bgp_policy_judge(&use, &path, &w, &rule)) {
	case AM_BGP_FILTER_REJECT:
		demand(path.why && *path.why, "rejected without a reason");
		break;
	case AM_BGP_FILTER_ACCEPT:
		demand(!memcmp(&before, &path, sizeof path), "changed, and said not to be");
		break;
	case AM_BGP_FILTER_CHANGED:
		check_lists(&path.attrs);
		break;
	}
	demand(rule >= -1 && rule < d->policy.n, "no rule of this policy");
	demand(am_bgp_policy_equal(&d->policy, &d->policy), "it differs from itself");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct am_bgp_context ctx = {.kind = AM_BGP_INTERNAL, .as4 = true, .families = 7};
	static uint8_t scratch[AM_BGP_SCRATCH(4096)];
	struct am_reader r = am_reader(data, size);
	static struct drawn d;
	struct am_bgp_update u;
	uint16_t room = am_take16(&r);

	draw(&r, &d);
	if (r.bad || am_reader_left(&r) > 4096)
		return 0;
	if (am_bgp_update_decode(&ctx, (struct am_bgp_span){r.at, am_reader_left(&r)}, scratch, &u) ==
		AM_BGP_OK)
		judge(&d, &u, room);
	return 0;
}
