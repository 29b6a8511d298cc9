/* SPDX-License-Identifier: BSD-3-Clause */
#include "bgp/policy.h"

#include <string.h>

#include "policy_parts.h"

static bool holds(const struct am_bgp_policy_rule *rule, const struct am_bgp_policy_use *use,
	const struct am_bgp_path *path)
{
	for (uint16_t i = 0; i < rule->n_conditions; i++) {
		const struct am_bgp_condition *c = &rule->conditions[i];

		if (am_bgp_condition_holds(c, use, path) == c->negated)
			return false;
	}
	return true;
}

static bool apply(const struct am_bgp_policy_rule *rule, const struct am_bgp_policy_use *use,
	struct am_bgp_path *path, struct am_writer *scratch)
{
	bool changed = false;

	for (uint16_t i = 0; i < rule->n_actions; i++)
		changed |= am_bgp_action_apply(&rule->actions[i], use, path, scratch);
	return changed;
}

static enum am_bgp_filter_result reject(struct am_bgp_path *path, const char *why)
{
	path->why = why;
	return AM_BGP_FILTER_REJECT;
}

enum am_bgp_filter_result am_bgp_policy_judge(
	const struct am_bgp_policy_use *use, struct am_bgp_path *path, struct am_writer *scratch, int *rule)
{
	const struct am_bgp_policy *policy = use->policy;
	bool changed = false, accept = policy->accept;
	const char *why = policy->why;

	*rule = -1;
	for (uint16_t i = 0; i < policy->n; i++) {
		const struct am_bgp_policy_rule *r = &policy->rules[i];

		if (!holds(r, use, path))
			continue;
		if (r->verdict != AM_BGP_POLICY_REJECT)
			changed |= apply(r, use, path, scratch);
		if (r->verdict == AM_BGP_POLICY_NEXT)
			continue;
		*rule = i;
		accept = r->verdict == AM_BGP_POLICY_ACCEPT;
		why = r->why;
		break;
	}
	if (scratch->full)
		return reject(path, "what the policy adds makes its attributes too long");
	if (!accept)
		return reject(path, why);
	return changed ? AM_BGP_FILTER_CHANGED : AM_BGP_FILTER_ACCEPT;
}

enum am_bgp_filter_result am_bgp_policy_run(
	const void *use, struct am_bgp_path *path, struct am_writer *scratch)
{
	int rule;

	return am_bgp_policy_judge(use, path, scratch, &rule);
}

static bool same_text(const char *a, const char *b)
{
	size_t n = strlen(a);

	return n == strlen(b) && !memcmp(a, b, n);
}

static bool rule_equal(const struct am_bgp_policy_rule *a, const struct am_bgp_policy_rule *b)
{
	if (a->n_conditions != b->n_conditions || a->n_actions != b->n_actions || a->verdict != b->verdict ||
		!same_text(a->name, b->name) || !same_text(a->why, b->why))
		return false;
	for (uint16_t i = 0; i < a->n_conditions; i++) {
		if (!am_bgp_condition_equal(&a->conditions[i], &b->conditions[i]))
			return false;
	}
	for (uint16_t i = 0; i < a->n_actions; i++) {
		if (!am_bgp_action_equal(&a->actions[i], &b->actions[i]))
			return false;
	}
	return true;
}

bool am_bgp_policy_equal(const struct am_bgp_policy *a, const struct am_bgp_policy *b)
{
	if (a->n != b->n || a->accept != b->accept || !same_text(a->name, b->name) ||
		!same_text(a->why, b->why))
		return false;
	for (uint16_t i = 0; i < a->n; i++) {
		if (!rule_equal(&a->rules[i], &b->rules[i]))
			return false;
	}
	return true;
}
