/* SPDX-License-Identifier: BSD-3-Clause */
/* "if" and "if_not": a key a condition. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy_parts.h"

/* Where the conditions of one object go. */
struct conditions {
	struct vector *v;
	bool negated;
};

static void push(const struct place *at, const struct conditions *to, enum am_bgp_condition_type type,
	struct am_bgp_condition c)
{
	struct am_bgp_condition *place = bgpconf_push(at, to->v);

	if (!place)
		return;
	*place = c;
	place->type = (uint8_t)type;
	place->negated = to->negated;
}

static void push_vector(const struct place *at, const struct conditions *to, enum am_bgp_condition_type type,
	struct vector *v)
{
	struct am_bgp_condition c = {.n = v->n};

	c.lists = bgpconf_keep_vector(at, v);
	if (c.lists)
		push(at, to, type, c);
}

static void read_lists(const struct place *at, const struct conditions *to, enum am_bgp_condition_type type)
{
	struct vector v = {.size = sizeof(struct am_bgp_prefix_list *)};

	bgpconf_read_prefix_lists(at, &v);
	push_vector(at, to, type, &v);
}

static void read_ases(const struct place *at, const struct conditions *to, enum am_bgp_condition_type type)
{
	struct vector v = {.size = sizeof(struct am_bgp_range)};

	bgpconf_read_as_ranges(at, &v);
	push_vector(at, to, type, &v);
}

static void read_numbers(const struct place *at, const struct conditions *to, enum am_bgp_condition_type type)
{
	struct vector v = {.size = sizeof(struct am_bgp_range)};

	bgpconf_read_numbers(at, &v);
	push_vector(at, to, type, &v);
}

static void read_communities(
	const struct place *at, const struct conditions *to, enum am_bgp_condition_type type)
{
	struct vector v = {.size = sizeof(struct am_bgp_community_pattern)};

	bgpconf_read_communities(at, &v, false);
	push_vector(at, to, type, &v);
}

static void destroy_regex(void *regex)
{
	am_bgp_as_regex_free(regex);
}

static void read_regex(const struct place *at, void *to)
{
	const char *text = json_string_value(at->json);
	struct am_bgp_as_regex *regex, **place;
	struct am_bgp_as_regex_error err;
	int rc;

	if (!conf_want_text(at))
		return;
	rc = am_bgp_as_regex_compile(text, json_string_length(at->json), &regex, &err);
	if (rc) {
		if (rc == -ENOMEM)
			conf_complain(at, "out of memory");
		else
			conf_complain(at, "\"%.60s\", at character %zu: %s", text, err.at + 1, err.why);
		return;
	}
	place = bgpconf_keep(at, regex, destroy_regex) ? bgpconf_push(at, to) : NULL;
	if (place)
		*place = regex;
}

static void read_regexes(const struct place *at, const struct conditions *to, enum am_bgp_condition_type type)
{
	struct vector v = {.size = sizeof(struct am_bgp_as_regex *)};

	bgpconf_each(at, read_regex, &v);
	push_vector(at, to, type, &v);
}

/* ---- words ---- */

struct bits {
	const char *const *words;
	uint32_t bits;
};

static void read_bit(const struct place *at, void *to)
{
	struct bits *b = to;
	unsigned word;

	if (conf_read_word(at, b->words, &word))
		b->bits |= AM_BGP_BIT(word);
}

static const char *const rpki_words[] = {"not-found", "valid", "invalid", NULL};
static const char *const from_words[] = {"external", "internal", "confederation", "local", NULL};
static const char *const to_words[] = {"external", "internal", "confederation", NULL};
static const char *const origin_words[] = {"igp", "egp", "incomplete", NULL};

static const char *const *words_of(enum am_bgp_condition_type type)
{
	switch (type) {
	case AM_BGP_IF_RPKI:
		return rpki_words;
	case AM_BGP_IF_FAMILY:
		return bgpconf_family_words;
	case AM_BGP_IF_FROM:
		return from_words;
	case AM_BGP_IF_TO:
		return to_words;
	default:
		return origin_words;
	}
}

static void read_words(const struct place *at, const struct conditions *to, enum am_bgp_condition_type type)
{
	struct bits b = {words_of(type), 0};

	bgpconf_each(at, read_bit, &b);
	if (b.bits)
		push(at, to, type, (struct am_bgp_condition){.bits = b.bits});
}

static void read_type(const struct place *at, void *to)
{
	uint32_t *bits = to, type;

	if (conf_read_uint(at, 1, 31, NULL, &type))
		*bits |= AM_BGP_BIT(type);
}

static void read_evpn_types(
	const struct place *at, const struct conditions *to, enum am_bgp_condition_type type)
{
	uint32_t bits = 0;

	bgpconf_each(at, read_type, &bits);
	if (bits)
		push(at, to, type, (struct am_bgp_condition){.bits = bits});
}

/* ---- the object ---- */

static const struct row {
	const char *key;
	enum am_bgp_condition_type type;
	void (*read)(const struct place *at, const struct conditions *to, enum am_bgp_condition_type type);
} rows[] = {
	{"prefix", AM_BGP_IF_PREFIX, read_lists},
	{"next_hop", AM_BGP_IF_NEXT_HOP, read_lists},
	{"peer", AM_BGP_IF_PEER, read_lists},
	{"as_path", AM_BGP_IF_AS_PATH, read_regexes},
	{"as_in_path", AM_BGP_IF_AS_IN_PATH, read_ases},
	{"origin_as", AM_BGP_IF_ORIGIN_AS, read_ases},
	{"first_as", AM_BGP_IF_FIRST_AS, read_ases},
	{"peer_as", AM_BGP_IF_PEER_AS, read_ases},
	{"to_as", AM_BGP_IF_TO_AS, read_ases},
	{"as_path_length", AM_BGP_IF_PATH_LENGTH, read_numbers},
	{"med", AM_BGP_IF_MED, read_numbers},
	{"local_pref", AM_BGP_IF_LOCAL_PREF, read_numbers},
	{"community", AM_BGP_IF_COMMUNITY, read_communities},
	{"rpki", AM_BGP_IF_RPKI, read_words},
	{"family", AM_BGP_IF_FAMILY, read_words},
	{"from", AM_BGP_IF_FROM, read_words},
	{"to", AM_BGP_IF_TO, read_words},
	{"origin", AM_BGP_IF_ORIGIN, read_words},
	{"evpn_type", AM_BGP_IF_EVPN_TYPE, read_evpn_types},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

const char *am_bgpconf_condition_key(enum am_bgp_condition_type type)
{
	size_t i = 0;

	while (rows[i].type != type)
		i++;
	return rows[i].key;
}

/* For the complaint about a key that is none of them. */
static void refuse_key(const struct place *at)
{
	const char *words[ROWS + 1] = {NULL};
	json_t *key = json_string(at->key);
	struct place name = *at;
	unsigned word;

	for (size_t i = 0; i < ROWS; i++)
		words[i] = rows[i].key;
	name.json = key;
	if (key)
		conf_read_word(&name, words, &word);
	json_decref(key);
}

void bgpconf_read_conditions(const struct place *at, struct vector *v, bool negated)
{
	const struct conditions to = {v, negated};
	const char *key;
	json_t *value;

	if (!conf_want_object(at))
		return;
	if (!json_object_size(at->json))
		conf_complain(at, "there is nothing in it: leave it away for a rule that is for all routes");
	if (negated && json_object_size(at->json) > 1)
		conf_complain(at,
			"not all of them, or none of them? Write a rule for each, with one condition in \"if_not\"");
	json_object_foreach((json_t *)(uintptr_t)at->json, key, value)
	{
		struct place member = {.load = at->load, .up = at, .key = key, .json = value};
		size_t i = 0;

		while (i < ROWS && strcmp(rows[i].key, key))
			i++;
		if (i < ROWS)
			rows[i].read(&member, &to, rows[i].type);
		else
			refuse_key(&member);
	}
}
