/* SPDX-License-Identifier: BSD-3-Clause */
#include "acl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "build.h"

_Static_assert((int)AM_CONFIG_ACL_RULES <= AM_ACL_RULES, "every list that can be written can be compiled");
_Static_assert((int)AM_CONFIG_ANY_PROTOCOL == AM_ACL_ANY, "any is the same number");
_Static_assert(sizeof(struct am_conf_acl_ports) == sizeof(struct am_acl_range), "a range is a range");

/* ---- rules ---- */

static struct am_acl_side side_of(const struct am_config *c, const struct am_conf_acl_side *conf)
{
	const struct am_conf_prefix_set *set = *conf->set ? am_config_prefix_set(c, conf->set) : NULL;

	return (struct am_acl_side){.any = !conf->given,
		.n_prefixes = set ? set->n_prefixes : conf->n_prefixes,
		.prefixes = set ? set->prefixes : conf->prefixes,
		.n_ports = conf->n_ports,
		.ports = (const struct am_acl_range *)conf->ports};
}

static struct am_acl_rule rule_of(const struct am_config *c, const struct am_conf_acl_rule *conf)
{
	static const enum am_acl_action actions[] = {[AM_CONF_ACL_PERMIT] = AM_ACL_PERMIT,
		[AM_CONF_ACL_DENY] = AM_ACL_DENY,
		[AM_CONF_ACL_REJECT] = AM_ACL_REJECT};
	static const uint8_t families[] = {[AM_CONF_ACL_ANY_FAMILY] = AM_ACL_IPV4 | AM_ACL_IPV6,
		[AM_CONF_ACL_IPV4] = AM_ACL_IPV4,
		[AM_CONF_ACL_IPV6] = AM_ACL_IPV6};
	static const uint8_t parts[] = {[AM_CONF_ACL_ANY_PART] = AM_ACL_PARTS,
		[AM_CONF_ACL_WHOLE] = AM_ACL_WHOLE,
		[AM_CONF_ACL_PART] = AM_ACL_FIRST | AM_ACL_LATER,
		[AM_CONF_ACL_FIRST] = AM_ACL_FIRST,
		[AM_CONF_ACL_LATER] = AM_ACL_LATER};

	return (struct am_acl_rule){.action = actions[conf->action],
		.families = families[conf->family],
		.parts = parts[conf->fragment],
		.established = conf->established,
		.protocol = conf->protocol,
		.icmp_type = conf->has_icmp_type ? conf->icmp_type : AM_ACL_ANY,
		.icmp_code = conf->has_icmp_code ? conf->icmp_code : AM_ACL_ANY,
		.src = side_of(c, &conf->src),
		.dst = side_of(c, &conf->dst)};
}

static int compile(const struct am_config *c, const struct am_conf_acl *conf, struct am_acl **out)
{
	struct am_acl_rule *rules = calloc(conf->n_rules + 1u, sizeof *rules);
	int rc;

	if (!rules)
		return -ENOMEM;
	for (unsigned i = 0; i < conf->n_rules; i++)
		rules[i] = rule_of(c, &conf->rules[i]);
	rc = am_acl_create(rules, conf->n_rules, out);
	free(rules);
	return rc;
}

/* ---- lists ---- */

static uint64_t add_set(const struct am_config *c, uint64_t mark, const struct am_conf_acl_side *side)
{
	return *side->set ? am_hash64(mark, am_config_prefix_set(c, side->set)->mark) : mark;
}

static uint64_t mark_of(const struct am_config *c, const struct am_conf_acl *conf)
{
	uint64_t mark = conf->mark;

	for (unsigned i = 0; i < conf->n_rules; i++)
		mark = add_set(c, add_set(c, mark, &conf->rules[i].src), &conf->rules[i].dst);
	return mark;
}

static struct am_acl_entry *find(struct am_acl_entry *first, const char *name, uint64_t mark)
{
	struct am_acl_entry *e = first;

	while (e && (e->mark != mark || strcmp(e->name, name) != 0))
		e = e->next;
	return e;
}

static int add(struct am_build *b, const struct am_conf_acl *conf, uint64_t mark, struct am_acl_entry **out)
{
	struct am_acl_entry *e = calloc(1, sizeof *e);
	int rc = e ? compile(b->config, conf, &e->acl) : -ENOMEM;

	if (rc < 0) {
		free(e);
		return rc;
	}
	memcpy(e->name, conf->name, sizeof e->name);
	e->mark = mark;
	e->head = &b->m->acls;
	e->next = b->m->acls;
	b->m->acls = e;
	*out = e;
	return 0;
}

void am_acl_drop(struct am_acl_entry *entry)
{
	struct am_acl_entry **at = entry->head;

	if (--entry->refs)
		return;
	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
	am_acl_free(entry->acl);
	free(entry);
}

static int number(struct am_build *b, const struct am_conf_acl *conf, struct am_acl_use *use)
{
	char key[AM_ID_NAME];
	int rc;

	snprintf(key, sizeof key, "%s %016" PRIx64, conf->name, use->entry->mark);
	/* One more than it has rules: what none of them matches. */
	rc = am_snapshot_take(b->s, b->m->acl_rows, key, conf->n_rules + 1u, &use->row);
	if (rc != -ENOSPC)
		return rc;
	am_config_complain(b->config, b->errors, "$.acls",
		"all lists together, running and new, have more than %d rules; remove some", AM_ACL_ROWS);
	return 0;
}

int am_build_acls(struct am_build *b)
{
	const struct am_config *c = b->config;
	struct am_snapshot *s = b->s;
	int rc = 0;

	s->acls = am_snapshot_alloc(s, c->n_acls, sizeof *s->acls);
	if (!s->acls)
		return -ENOMEM;
	for (unsigned i = 0; i < c->n_acls && rc == 0; i++) {
		uint64_t mark = mark_of(c, &c->acls[i]);
		struct am_acl_entry *e = find(b->m->acls, c->acls[i].name, mark);

		rc = e ? 0 : add(b, &c->acls[i], mark, &e);
		if (rc < 0)
			break;
		e->refs++;
		s->acls[s->n_acls++].entry = e;
		rc = number(b, &c->acls[i], &s->acls[i]);
	}
	return rc;
}

struct am_access_group am_build_access_group(const struct am_build *b, const char *name)
{
	const struct am_conf_acl *conf = *name ? am_config_acl(b->config, name) : NULL;
	const struct am_acl_use *use;

	if (!conf)
		return (struct am_access_group){0};
	use = &b->s->acls[conf - b->config->acls];
	return (struct am_access_group){use->entry->acl, use->row};
}
