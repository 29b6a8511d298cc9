/* SPDX-License-Identifier: BSD-3-Clause */
/* Policies: rules in order. */
#include "bgpconf/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_parts.h"

enum { THEN_NONE, THEN_ACCEPT, THEN_REJECT, THEN_NEXT };
static const char *const then_words[] = {"", "accept", "reject", "next", NULL};
static const char *const otherwise_words[] = {"reject", "accept", NULL};

/* One rule while it is read. */
struct rule {
	char name[64];
	uint32_t then;
	bool says_set;
	struct vector conditions, actions;
};

static void read_if(const struct place *at, void *object)
{
	bgpconf_read_conditions(at, &((struct rule *)object)->conditions, false);
}

static void read_if_not(const struct place *at, void *object)
{
	bgpconf_read_conditions(at, &((struct rule *)object)->conditions, true);
}

static void read_set(const struct place *at, void *object)
{
	struct rule *r = object;

	r->says_set = true;
	bgpconf_read_actions(at, &r->actions);
}

static const struct field rule_rows[] = {
	TEXT("name", struct rule, name),
	OTHER("if", read_if, NULL, NULL),
	OTHER("if_not", read_if_not, NULL, NULL),
	OTHER("set", read_set, NULL, NULL),
	WORD("then", struct rule, then, then_words, THEN_NONE),
};
static const struct fields rule_fields = FIELDS(rule_rows);

static void check_rule(const struct place *at, const struct rule *r)
{
	if (r->then == THEN_NONE && !r->says_set && !json_object_get(at->json, "then"))
		conf_complain(
			at, "this rule does nothing: add \"then\": \"accept\" or \"reject\", or \"set\"");
	if (r->then == THEN_REJECT && r->says_set)
		conf_complain(at, "a rejected route has nothing to set: remove \"set\", or accept it");
}

/* The policy that a rule is read for, and where its rules go. */
struct policy {
	const char *name;
	uint32_t otherwise;
	struct vector rules;
};

static void finish_rule(
	const struct place *at, const struct policy *p, struct rule *r, struct am_bgp_policy_rule *out)
{
	static const uint8_t verdicts[] = {
		AM_BGP_POLICY_NEXT, AM_BGP_POLICY_ACCEPT, AM_BGP_POLICY_REJECT, AM_BGP_POLICY_NEXT};
	uint32_t number = p->rules.n;

	out->n_conditions = (uint16_t)r->conditions.n;
	out->n_actions = (uint16_t)r->actions.n;
	out->conditions = bgpconf_keep_vector(at, &r->conditions);
	out->actions = bgpconf_keep_vector(at, &r->actions);
	out->verdict = verdicts[r->then];
	out->name = bgpconf_keep_text(at, "%s", r->name);
	out->why = *r->name ? bgpconf_keep_text(at, "policy %s, rule %u (%s)", p->name, number, r->name)
			    : bgpconf_keep_text(at, "policy %s, rule %u", p->name, number);
}

static void read_rule(const struct place *at, struct policy *p)
{
	struct rule r = {.conditions = {.size = sizeof(struct am_bgp_condition)},
		.actions = {.size = sizeof(struct am_bgp_action)}};
	struct am_bgp_policy_rule *out;

	if (!conf_want_object(at))
		return;
	out = bgpconf_push(at, &p->rules);
	if (!out)
		return;
	conf_read_fields(at, &rule_fields, &r);
	check_rule(at, &r);
	finish_rule(at, p, &r, out);
}

static void read_rules(const struct place *at, void *object)
{
	if (!conf_want_array(at))
		return;
	if (json_array_size(at->json) > UINT16_MAX) {
		conf_complain(at, "more than 65535 rules: use prefix lists, AS sets and community lists");
		return;
	}
	for (size_t i = 0; i < json_array_size(at->json); i++) {
		struct place element = conf_place_element(at, i);

		read_rule(&element, object);
	}
}

static const struct field policy_rows[] = {
	OTHER("rules", read_rules, NULL, &rule_fields),
	WORD("otherwise", struct policy, otherwise, otherwise_words, 0),
};
static const struct fields policy_fields = FIELDS(policy_rows);

static const struct am_bgp_policy always[] = {
	{.name = "accept", .accept = true, .why = ""},
	{.name = "reject", .why = "policy reject: it rejects every route"},
};

static bool name_is_taken(const struct place *at, const char *name)
{
	for (size_t i = 0; i < sizeof always / sizeof always[0]; i++) {
		if (!strcmp(always[i].name, name)) {
			conf_complain(
				at, "a policy \"%s\" is always there: give this one another name", name);
			return true;
		}
	}
	if (conf_name_is_good(name))
		return false;
	conf_complain(at, "\"%.60s\" is no name: use 1 to 31 of the characters A-Z a-z 0-9 _ . -", name);
	return true;
}

static void read_policy(const struct place *at, struct am_bgp_policy *out)
{
	struct policy p = {.name = at->key, .rules = {.size = sizeof(struct am_bgp_policy_rule)}};

	if (!conf_want_object(at))
		return;
	conf_read_fields(at, &policy_fields, &p);
	out->n = (uint16_t)p.rules.n;
	out->rules = bgpconf_keep_vector(at, &p.rules);
	out->accept = p.otherwise;
	out->name = bgpconf_keep_text(at, "%s", at->key);
	out->why = bgpconf_keep_text(at, "policy %s: no rule accepts it", at->key);
}

static void read_policies(const struct place *root, struct am_bgpconf_policies *policies)
{
	struct place at = conf_place_member(root, "policies");
	const char *name;
	json_t *value;

	if (!at.json || !conf_want_object(&at))
		return;
	policies->policies = calloc(json_object_size(at.json) + 1, sizeof *policies->policies);
	if (!policies->policies) {
		conf_complain(&at, "out of memory");
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)at.json, name, value)
	{
		struct place member = {.load = at.load, .up = &at, .key = name, .json = value};

		if (!name_is_taken(&member, name) && policies->n < UINT16_MAX)
			read_policy(&member, &policies->policies[policies->n++]);
	}
}

void bgpconf_read_policies(const struct place *root, const char *folder, struct am_bgpconf_policies **out)
{
	struct policy_load load = {.load = *root->load, .folder = folder};
	struct place at = {.load = &load.load, .json = root->json};

	load.policies = calloc(1, sizeof *load.policies);
	*out = load.policies;
	if (!load.policies) {
		conf_complain(root, "out of memory");
		return;
	}
	bgpconf_read_named_lists(&at);
	read_policies(&at, load.policies);
}

void bgpconf_read_later(const struct place *at, void *object)
{
	(void)at;
	(void)object;
}

void bgpconf_free_policies(struct am_bgpconf_policies *p)
{
	if (!p)
		return;
	while (p->kept) {
		struct bgpconf_kept *kept = p->kept;

		p->kept = kept->next;
		kept->destroy(kept->what);
		free(kept);
	}
	free(p->lists);
	free(p->as_sets);
	free(p->communities);
	free(p->policies);
	free(p);
}

const struct am_bgp_policy *am_bgpconf_policy_at(const struct am_bgpconf *config, unsigned i)
{
	return config->policies && i < config->policies->n ? &config->policies->policies[i] : NULL;
}

const struct am_bgp_policy *am_bgpconf_policy(const struct am_bgpconf *config, const char *name)
{
	const struct am_bgp_policy *p;

	for (unsigned i = 0; (p = am_bgpconf_policy_at(config, i)); i++) {
		if (p->name && !strcmp(p->name, name))
			return p;
	}
	for (size_t i = 0; i < sizeof always / sizeof always[0]; i++) {
		if (!strcmp(always[i].name, name))
			return &always[i];
	}
	return NULL;
}

static void check_name(const struct am_bgpconf *c, const char *neighbor, const char *key, const char *name,
	struct am_config_errors *errors)
{
	if (*name && !am_bgpconf_policy(c, name))
		am_bgpconf_complain(c, errors, conf_where("neighbors", neighbor, ".%s", key).path,
			"there is no policy \"%s\": define it in \"policies\", or use \"accept\" or \"reject\"",
			name);
}

void bgpconf_check_policies(const struct am_bgpconf *c, struct am_config_errors *errors)
{
	for (uint16_t i = 0; i < c->n_neighbors; i++) {
		check_name(c, c->neighbors[i].name, "import", c->neighbors[i].import, errors);
		check_name(c, c->neighbors[i].name, "export", c->neighbors[i].export, errors);
	}
}
