/* SPDX-License-Identifier: BSD-3-Clause */
/* Access lists: rules over IP packets in their order, and the sets of prefixes that they name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/protocol.h"
#include "parts.h"

enum {
	SETS_MAX = 1024,
	SET_MAX = UINT16_MAX,
	SIDE_MAX = 4096, /* prefixes that stand in a rule itself */
	ACLS_MAX = 1024,
	PORT_MAX = 65535,
};

/* ---- sets ---- */

static void read_set_prefix(const struct place *at, void *item)
{
	conf_read_prefix(at, item);
}

static void read_set(const struct place *at, void *item)
{
	struct am_conf_prefix_set *s = item;
	struct am_ip ip;

	if (!am_ip_parse_text(s->name, &ip))
		conf_complain(at, "a rule would take this name for an address: use another one");
	conf_read_list(
		at, (void **)&s->prefixes, &s->n_prefixes, sizeof *s->prefixes, SET_MAX, read_set_prefix);
}

void conf_read_prefix_sets(const struct place *at, void *object)
{
	struct am_config *c = object;

	conf_read_lists(
		at, (void **)&c->prefix_sets, &c->n_prefix_sets, sizeof *c->prefix_sets, SETS_MAX, read_set);
}

static json_t *print_prefixes(const struct am_prefix *prefixes, unsigned n)
{
	json_t *out = json_array();
	char text[AM_PREFIX_TEXT];

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(out, json_string(am_prefix_text(&prefixes[i], text)));
	return out;
}

static json_t *print_set(const void *object)
{
	const struct am_conf_prefix_set *s = object;

	return print_prefixes(s->prefixes, s->n_prefixes);
}

json_t *conf_print_prefix_sets(const void *object)
{
	const struct am_config *c = object;
	json_t *out = json_object();

	for (uint16_t i = 0; i < c->n_prefix_sets; i++)
		json_object_set_new(out, c->prefix_sets[i].name, print_set(&c->prefix_sets[i]));
	return out;
}

static void read_nothing(const struct place *at, void *object)
{
	(void)at;
	(void)object;
}

/* As an object, for who compares two: in the file a set is the list alone. */
static const struct field set_rows[] = {
	OTHER("prefixes", read_nothing, print_set, NULL),
};
const struct fields conf_prefix_set_fields = FIELDS(set_rows);

/* ---- a side of a rule: addresses and ports ---- */

static void read_side_prefix(const struct place *at, void *item)
{
	conf_read_prefix(at, item);
}

/* A prefix, a list of them, or the name of a set. */
static void read_side(const struct place *at, void *object)
{
	struct am_conf_acl_side *side = object;
	const char *text = json_string_value(at->json);
	struct am_ip ip;

	if (json_is_null(at->json))
		return;
	side->given = true;
	if (!text) {
		conf_read_list(at, (void **)&side->prefixes, &side->n_prefixes, sizeof *side->prefixes,
			SIDE_MAX, read_side_prefix);
		return;
	}
	if (!strchr(text, '/') && am_ip_parse_text(text, &ip) != 0) {
		conf_read_name(at, side->set);
		return;
	}
	side->prefixes = calloc(1, sizeof *side->prefixes);
	if (!side->prefixes)
		conf_complain(at, "out of memory");
	else if (conf_read_prefix(at, side->prefixes))
		side->n_prefixes = 1;
}

static json_t *print_side(const void *object)
{
	const struct am_conf_acl_side *side = object;
	char text[AM_PREFIX_TEXT];

	if (!side->given)
		return NULL;
	if (*side->set)
		return json_string(side->set);
	if (side->n_prefixes == 1)
		return json_string(am_prefix_text(side->prefixes, text));
	return print_prefixes(side->prefixes, side->n_prefixes);
}

/* Digits up to the end or to `stop`; *end is behind them. */
static bool take_port(const char *text, char stop, const char **end, unsigned long *out)
{
	char *after;

	if (*text < '0' || *text > '9')
		return false;
	*out = strtoul(text, &after, 10);
	*end = after;
	return *out <= PORT_MAX && (!*after || *after == stop);
}

/* "from-to" */
static bool parse_range(const char *text, struct am_conf_acl_ports *out)
{
	unsigned long from, to;
	const char *end;

	if (!text || !take_port(text, '-', &end, &from))
		return false;
	to = from;
	if (*end == '-' && !take_port(end + 1, 0, &end, &to))
		return false;
	*out = (struct am_conf_acl_ports){(uint16_t)from, (uint16_t)to};
	return from <= to;
}

static void read_range(const struct place *at, struct am_conf_acl_side *side)
{
	const char *text = json_string_value(at->json);
	struct am_conf_acl_ports *to = &side->ports[side->n_ports];
	uint32_t port;

	if (text && !parse_range(text, to))
		conf_complain(at, "\"%.60s\" is no range of ports: write it like \"1024-65535\"", text);
	else if (text)
		side->n_ports++;
	else if (conf_read_uint(at, 0, PORT_MAX, "or a range, such as \"1024-65535\"", &port))
		side->ports[side->n_ports++] = (struct am_conf_acl_ports){(uint16_t)port, (uint16_t)port};
}

static void read_ports(const struct place *at, void *object)
{
	struct am_conf_acl_side *side = object;

	if (json_is_null(at->json))
		return;
	if (!json_is_array(at->json)) {
		read_range(at, side);
		return;
	}
	if (json_array_size(at->json) < 1 || json_array_size(at->json) > AM_CONFIG_ACL_PORTS) {
		conf_complain(at, "%zu ports and ranges in one rule: give 1 to %d, or more rules",
			json_array_size(at->json), AM_CONFIG_ACL_PORTS);
		return;
	}
	for (size_t i = 0; i < json_array_size(at->json); i++) {
		struct place element = conf_place_element(at, i);

		read_range(&element, side);
	}
}

static json_t *print_range(const struct am_conf_acl_ports *p)
{
	char text[16];

	if (p->from == p->to)
		return json_integer(p->from);
	snprintf(text, sizeof text, "%u-%u", p->from, p->to);
	return json_string(text);
}

static json_t *print_ports(const void *object)
{
	const struct am_conf_acl_side *side = object;
	json_t *out;

	if (side->n_ports < 2)
		return side->n_ports ? print_range(side->ports) : NULL;
	out = json_array();
	for (unsigned i = 0; i < side->n_ports; i++)
		json_array_append_new(out, print_range(&side->ports[i]));
	return out;
}

/* ---- a rule ---- */

static void read_protocol(const struct place *at, void *object)
{
	struct am_conf_acl_rule *r = object;
	const char *text = json_string_value(at->json);
	uint32_t number;
	int known;

	if (json_is_null(at->json))
		return;
	if (!conf_is_word(at)) {
		if (conf_read_uint(at, 0, 255, "or a name, such as \"tcp\"", &number))
			r->protocol = (uint16_t)number;
		return;
	}
	known = am_protocol_number(text);
	if (known < 0)
		conf_complain(at,
			"unknown protocol \"%.60s\": use tcp, udp, icmp, icmpv6, sctp, gre, esp, ah, ospf or the like, "
			"or its number, 0 to 255",
			text);
	else
		r->protocol = (uint16_t)known;
}

static json_t *print_protocol(const void *object)
{
	const struct am_conf_acl_rule *r = object;
	const char *name;

	if (r->protocol == AM_CONFIG_ANY_PROTOCOL)
		return NULL;
	name = am_protocol_name((uint8_t)r->protocol);
	return name ? json_string(name) : json_integer(r->protocol);
}

static const char *const action_words[] = {"permit", "deny", "reject", NULL};
static const char *const family_words[] = {"any", "ipv4", "ipv6", NULL};
static const char *const fragment_words[] = {"any", "whole", "part", "first", "later", NULL};

#define SIDE(key, member, reader, printer)                                                                   \
	{                                                                                                    \
		.name = (key), .kind = FIELD_OTHER, .at = offsetof(struct am_conf_acl_rule, member),         \
		.read = (reader), .print = (printer)                                                         \
	}
#define ICMP(key, m, has)                                                                                    \
	{                                                                                                    \
		.name = (key), .kind = FIELD_UINT, AT(struct am_conf_acl_rule, m), .max = 255,               \
		.flag = offsetof(struct am_conf_acl_rule, has)                                               \
	}

static const struct field rule_rows[] = {
	{.name = "action",
		.kind = FIELD_WORD,
		.required = true,
		AT(struct am_conf_acl_rule, action),
		.words = action_words},
	TEXT("name", struct am_conf_acl_rule, note),
	WORD("family", struct am_conf_acl_rule, family, family_words, AM_CONF_ACL_ANY_FAMILY),
	OTHER("protocol", read_protocol, print_protocol, NULL),
	SIDE("src", src, read_side, print_side),
	SIDE("src_port", src, read_ports, print_ports),
	SIDE("dst", dst, read_side, print_side),
	SIDE("dst_port", dst, read_ports, print_ports),
	ICMP("icmp_type", icmp_type, has_icmp_type),
	ICMP("icmp_code", icmp_code, has_icmp_code),
	BOOL("established", struct am_conf_acl_rule, established, false),
	WORD("fragment", struct am_conf_acl_rule, fragment, fragment_words, AM_CONF_ACL_ANY_PART),
};
const struct fields conf_acl_rule_fields = FIELDS(rule_rows);

static void read_rule(const struct place *at, void *item)
{
	struct am_conf_acl_rule *r = item;

	r->protocol = AM_CONFIG_ANY_PROTOCOL;
	if (conf_want_object(at))
		conf_read_fields(at, &conf_acl_rule_fields, r);
}

/* Without what asks for nothing: a rule is read in one line. */
static json_t *print_rule(const struct am_conf_acl_rule *r)
{
	json_t *out = conf_print_fields(&conf_acl_rule_fields, r);

	if (!*r->note)
		json_object_del(out, "name");
	if (r->family == AM_CONF_ACL_ANY_FAMILY)
		json_object_del(out, "family");
	if (!r->has_icmp_type)
		json_object_del(out, "icmp_type");
	if (!r->has_icmp_code)
		json_object_del(out, "icmp_code");
	if (!r->established)
		json_object_del(out, "established");
	if (r->fragment == AM_CONF_ACL_ANY_PART)
		json_object_del(out, "fragment");
	return out;
}

/* ---- lists ---- */

static void read_acl(const struct place *at, void *item)
{
	struct am_conf_acl *a = item;

	conf_read_list(at, (void **)&a->rules, &a->n_rules, sizeof *a->rules, AM_CONFIG_ACL_RULES, read_rule);
	if (!json_array_size(at->json))
		conf_complain(at,
			"a list without rules would deny every packet: write [{\"action\": \"deny\"}] where that is meant");
}

void conf_read_acls(const struct place *at, void *object)
{
	struct am_config *c = object;

	conf_read_lists(at, (void **)&c->acls, &c->n_acls, sizeof *c->acls, ACLS_MAX, read_acl);
}

static json_t *print_rules(const void *object)
{
	const struct am_conf_acl *a = object;
	json_t *out = json_array();

	for (unsigned i = 0; i < a->n_rules; i++)
		json_array_append_new(out, print_rule(&a->rules[i]));
	return out;
}

json_t *conf_print_acls(const void *object)
{
	const struct am_config *c = object;
	json_t *out = json_object();

	for (uint16_t i = 0; i < c->n_acls; i++)
		json_object_set_new(out, c->acls[i].name, print_rules(&c->acls[i]));
	return out;
}

/* As conf_prefix_set_fields. */
static const struct field acl_rows[] = {
	OTHER("rules", read_nothing, print_rules, NULL),
};
const struct fields conf_acl_fields = FIELDS(acl_rows);

void conf_free_acls(struct am_config *c)
{
	for (uint16_t i = 0; i < c->n_acls; i++) {
		for (unsigned k = 0; k < c->acls[i].n_rules; k++) {
			free(c->acls[i].rules[k].src.prefixes);
			free(c->acls[i].rules[k].dst.prefixes);
		}
		free(c->acls[i].rules);
	}
	free(c->acls);
	for (uint16_t i = 0; i < c->n_prefix_sets; i++)
		free(c->prefix_sets[i].prefixes);
	free(c->prefix_sets);
}

/* ---- checks ---- */

enum { HAS4 = 1, HAS6 = 2, HAS_ALL = HAS4 | HAS6 };

struct check {
	const struct am_config *config;
	struct am_config_errors *errors;
	const struct am_conf_acl *acl;
	unsigned rule;
};

static void complain(const struct check *k, const char *key, const char *text)
{
	am_config_complain(k->config, k->errors,
		conf_where("acls", k->acl->name, "[%u]%s", k->rule, key).path, "%s", text);
}

static unsigned families_of(const struct am_prefix *prefixes, unsigned n)
{
	unsigned has = 0;

	for (unsigned i = 0; i < n; i++)
		has |= prefixes[i].ip.family == AM_IPV6 ? HAS6 : HAS4;
	return n ? has : HAS_ALL; /* a set may be empty until somebody fills it */
}

static unsigned check_side(const struct check *k, const struct am_conf_acl_side *side, const char *key)
{
	const struct am_conf_prefix_set *set;

	if (!side->given)
		return HAS_ALL;
	if (!*side->set)
		return families_of(side->prefixes, side->n_prefixes);
	if (!conf_check_prefix_set_name(k->config, k->errors,
		    conf_where("acls", k->acl->name, "[%u]%s", k->rule, key).path, side->set))
		return HAS_ALL;
	set = am_config_prefix_set(k->config, side->set);
	return families_of(set->prefixes, set->n_prefixes);
}

static void check_families(const struct check *k, const struct am_conf_acl_rule *r)
{
	static const unsigned of[] = {
		[AM_CONF_ACL_ANY_FAMILY] = HAS_ALL, [AM_CONF_ACL_IPV4] = HAS4, [AM_CONF_ACL_IPV6] = HAS6};
	unsigned has = of[r->family] & check_side(k, &r->src, ".src") & check_side(k, &r->dst, ".dst");

	if (!has)
		complain(k, "", "no packet can match: family, src and dst have no address family in common");
	else if ((r->protocol == AM_PROTOCOL_ICMP && !(has & HAS4)) ||
		 (r->protocol == AM_PROTOCOL_ICMPV6 && !(has & HAS6)))
		complain(k, ".protocol", "no packet can match: icmp is IPv4's, icmpv6 is IPv6's");
}

static void check_rule(const struct check *k, const struct am_conf_acl_rule *r)
{
	bool icmp = r->protocol == AM_PROTOCOL_ICMP || r->protocol == AM_PROTOCOL_ICMPV6;
	bool upper = r->src.n_ports || r->dst.n_ports || r->has_icmp_type || r->established;

	check_families(k, r);
	if ((r->src.n_ports || r->dst.n_ports) && !am_protocol_has_ports(r->protocol))
		complain(k, r->src.n_ports ? ".src_port" : ".dst_port",
			"only tcp, udp, udplite, sctp and dccp have ports: add the \"protocol\"");
	if (r->has_icmp_type && !icmp)
		complain(k, ".icmp_type",
			"only icmp and icmpv6 have types: add \"protocol\": \"icmp\" or \"icmpv6\"");
	if (r->has_icmp_code && !r->has_icmp_type)
		complain(k, ".icmp_code", "a code means something only with its type: add \"icmp_type\"");
	if (r->established && r->protocol != AM_PROTOCOL_TCP)
		complain(k, ".established", "only tcp has connections: add \"protocol\": \"tcp\"");
	if (upper && r->fragment == AM_CONF_ACL_LATER)
		complain(k, ".fragment",
			"a later fragment has neither ports nor flags nor an ICMP type: remove those, or say \"part\"");
}

void conf_check_acls(const struct am_config *c, struct am_config_errors *errors)
{
	struct check k = {.config = c, .errors = errors};

	for (uint16_t i = 0; i < c->n_acls; i++) {
		k.acl = &c->acls[i];
		for (k.rule = 0; k.rule < k.acl->n_rules; k.rule++)
			check_rule(&k, &k.acl->rules[k.rule]);
	}
}
