/* SPDX-License-Identifier: BSD-3-Clause */
/* "set": what a rule does to a route, in the order of the table below, however the file has it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "policy_parts.h"

enum { PREPEND_MAX = 32 };

static const char *const origin_words[] = {"igp", "egp", "incomplete", NULL};

static void push(const struct place *at, struct vector *v, struct am_bgp_action action)
{
	struct am_bgp_action *place = bgpconf_push(at, v);

	if (place)
		*place = action;
}

static bool to_number(const char *text, uint32_t *out)
{
	uint64_t v = 0;

	if (!*text || strlen(text) > 10 || text[strspn(text, "0123456789")])
		return false;
	for (; *text; text++)
		v = v * 10 + (uint64_t)(*text - '0');
	*out = (uint32_t)v;
	return v <= UINT32_MAX;
}

/* A number, or "+10", or "-10": set is the type of the first, with those of the others behind it. */
static void read_amount(const struct place *at, struct vector *v, enum am_bgp_action_type set)
{
	const char *text = json_string_value(at->json);
	uint32_t value;

	if (!text) {
		if (conf_read_uint(at, 0, UINT32_MAX, NULL, &value))
			push(at, v, (struct am_bgp_action){.type = (uint8_t)set, .value = value});
	} else if ((*text == '+' || *text == '-') && to_number(text + 1, &value)) {
		push(at, v,
			(struct am_bgp_action){
				.type = (uint8_t)(set + (*text == '+' ? 1 : 2)), .value = value});
	} else {
		conf_complain(at,
			"\"%.60s\" is no amount: write 100 for a value, \"+10\" or \"-10\" for a change",
			text);
	}
}

static void read_local_pref(const struct place *at, struct vector *v)
{
	read_amount(at, v, AM_BGP_SET_LOCAL_PREF);
}

static void read_med(const struct place *at, struct vector *v)
{
	const char *text = json_string_value(at->json);

	if (text && !strcmp(text, "none"))
		push(at, v, (struct am_bgp_action){.type = AM_BGP_REMOVE_MED});
	else
		read_amount(at, v, AM_BGP_SET_MED);
}

static void read_origin(const struct place *at, struct vector *v)
{
	unsigned word;

	if (conf_read_word(at, origin_words, &word))
		push(at, v, (struct am_bgp_action){.type = AM_BGP_SET_ORIGIN, .value = word});
}

static void read_communities(const struct place *at, struct vector *v, enum am_bgp_action_type type)
{
	struct vector patterns = {.size = sizeof(struct am_bgp_community_pattern)};
	struct am_bgp_action a = {.type = (uint8_t)type};

	/* "communities": [] is "none from now on". */
	if (type != AM_BGP_SET_COMMUNITIES || !json_is_array(at->json) || json_array_size(at->json))
		bgpconf_read_communities(at, &patterns, type != AM_BGP_DELETE_COMMUNITIES);
	a.n = patterns.n;
	a.patterns = bgpconf_keep_vector(at, &patterns);
	if (a.patterns || type == AM_BGP_SET_COMMUNITIES)
		push(at, v, a);
}

static void read_set(const struct place *at, struct vector *v)
{
	read_communities(at, v, AM_BGP_SET_COMMUNITIES);
}

static void read_delete(const struct place *at, struct vector *v)
{
	read_communities(at, v, AM_BGP_DELETE_COMMUNITIES);
}

static void read_add(const struct place *at, struct vector *v)
{
	read_communities(at, v, AM_BGP_ADD_COMMUNITIES);
}

/* How often our own AS; or another one, in an object. */
struct prepend {
	uint32_t as, count;
};

static const struct field prepend_rows[] = {
	UINT("as", struct prepend, as, 1, UINT32_MAX, 0),
	UINT("count", struct prepend, count, 1, PREPEND_MAX, 1),
};
static const struct fields prepend_fields = FIELDS(prepend_rows);

static void read_prepend(const struct place *at, struct vector *v)
{
	struct prepend p = {0};

	if (json_is_object(at->json))
		conf_read_fields(at, &prepend_fields, &p);
	else if (!conf_read_uint(at, 1, PREPEND_MAX, "longer paths are filtered by many", &p.count))
		return;
	push(at, v, (struct am_bgp_action){.type = AM_BGP_PREPEND, .value = p.as, .count = (uint8_t)p.count});
}

/* ---- next hop ---- */

static void read_address(const struct place *at, void *to)
{
	struct am_bgp_action *a = to;
	struct am_ip ip;

	if (!conf_read_ip(at, &ip))
		return;
	if (am_ip_is_unspecified(&ip) || am_ip_is_multicast(&ip) || am_ip_is_link_local(&ip))
		conf_complain(at, "this is no next hop: use a unicast address that others can reach");
	else if (a->next_hop[ip.family == AM_IPV6].len)
		conf_complain(at, "there is one of this family already: write one IPv4 and one IPv6 address");
	else
		a->next_hop[ip.family == AM_IPV6] = am_bgp_next_hop_of(&ip, NULL);
}

/* RFC 6666 has a prefix for it in IPv6; in IPv4 one of the addresses for documentation has become the habit. */
static const struct am_bgp_next_hop discard[2] = {
	{4, {192, 0, 2, 1}},
	{16, {0x01, 0x00, [15] = 1}},
};

static void read_next_hop(const struct place *at, struct vector *v)
{
	struct am_bgp_action a = {.type = AM_BGP_SET_NEXT_HOP};
	const char *text = json_string_value(at->json);

	if (text && !strcmp(text, "self"))
		a.type = AM_BGP_NEXT_HOP_SELF;
	else if (text && !strcmp(text, "peer"))
		a.type = AM_BGP_NEXT_HOP_PEER;
	else if (text && !strcmp(text, "blackhole"))
		memcpy(a.next_hop, discard, sizeof discard);
	else
		bgpconf_each(at, read_address, &a);
	push(at, v, a);
}

static const struct {
	const char *key;
	void (*read)(const struct place *at, struct vector *v);
} rows[] = {
	{"local_pref", read_local_pref},
	{"med", read_med},
	{"origin", read_origin},
	{"communities", read_set},
	{"delete_communities", read_delete},
	{"add_communities", read_add},
	{"prepend", read_prepend},
	{"next_hop", read_next_hop},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static void check_key(const struct place *at)
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

void bgpconf_read_actions(const struct place *at, struct vector *v)
{
	const char *key;
	json_t *value;

	if (!conf_want_object(at))
		return;
	json_object_foreach((json_t *)(uintptr_t)at->json, key, value)
	{
		struct place member = {.load = at->load, .up = at, .key = key, .json = value};

		check_key(&member);
	}
	for (size_t i = 0; i < ROWS; i++) {
		struct place member = conf_place_member(at, rows[i].key);

		if (member.json)
			rows[i].read(&member, v);
	}
}
