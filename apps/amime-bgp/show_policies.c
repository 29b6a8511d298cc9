/* SPDX-License-Identifier: BSD-3-Clause */
/* show policies: each with its rules, and who uses it. */
#include <errno.h>
#include <string.h>

#include "answer.h"
#include "bgpconf/policy.h"

static json_t *conditions(const struct am_bgp_policy_rule *rule)
{
	json_t *out = json_array();

	for (unsigned i = 0; i < rule->n_conditions; i++) {
		const struct am_bgp_condition *c = &rule->conditions[i];

		json_array_append_new(out,
			json_sprintf("%s%s", c->negated ? "not:" : "", am_bgpconf_condition_key(c->type)));
	}
	return out;
}

static json_t *rules(const struct am_bgp_policy *p)
{
	static const char *const then[] = {[AM_BGP_POLICY_REJECT] = "reject",
		[AM_BGP_POLICY_ACCEPT] = "accept",
		[AM_BGP_POLICY_NEXT] = "next"};
	json_t *out = json_array();

	for (unsigned i = 0; i < p->n; i++) {
		const struct am_bgp_policy_rule *rule = &p->rules[i];

		json_array_append_new(
			out, json_pack("{s:s, s:o, s:i, s:s}", "name", rule->name, "if", conditions(rule),
				     "changes", rule->n_actions, "then", then[rule->verdict]));
	}
	return out;
}

static json_t *users(const struct am_bgpd *d, const char *name, bool import)
{
	json_t *out = json_array();

	for (uint16_t i = 0; i < d->config->n_neighbors; i++) {
		const struct am_bgpconf_neighbor *n = &d->config->neighbors[i];

		if (!strcmp(import ? n->import : n->export, name))
			json_array_append_new(out, json_string(n->name));
	}
	return out;
}

static json_t *policy(const struct am_bgpd *d, const struct am_bgp_policy *p)
{
	return json_pack("{s:s, s:o, s:s, s:o, s:o}", "name", p->name, "rules", rules(p), "otherwise",
		p->accept ? "accept" : "reject", "import", users(d, p->name, true), "export",
		users(d, p->name, false));
}

json_t *am_bgpd_show_policies(const struct am_bgpd *d, const char *name, struct am_err *err)
{
	const struct am_bgp_policy *p = *name ? am_bgpconf_policy(d->config, name) : NULL;
	json_t *out;

	if (*name && !p) {
		am_fail(err, ENOENT, "there is no policy \"%s\"; show policies names them", name);
		return NULL;
	}
	out = json_array();
	if (p)
		json_array_append_new(out, policy(d, p));
	for (unsigned i = 0; !*name && (p = am_bgpconf_policy_at(d->config, i)); i++)
		json_array_append_new(out, policy(d, p));
	return out;
}
