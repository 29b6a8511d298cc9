/* SPDX-License-Identifier: BSD-3-Clause */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

enum { MEMBERS_MAX = 4096, STATIC_MAX = 16384, VID_LAST = 4094, TPID_Q = 0x8100, TPID_AD = 0x88a8 };

static const char *const vlan_words[] = {"any", "untagged", NULL};
static const char *const tpid_words[] = {"802.1q", "802.1ad", NULL};
static const char *const l2_words[] = {"", "drop", "forward", NULL};

/* ---- what a member is on ---- */

static void read_port(const struct place *at, void *object)
{
	struct am_conf_member *m = object;

	m->kind = AM_CONF_MEMBER_PORT;
	conf_read_name(at, m->on);
}

static void read_tunnel(const struct place *at, void *object)
{
	struct am_conf_member *m = object;

	m->kind = AM_CONF_MEMBER_TUNNEL;
	conf_read_name(at, m->on);
}

static void read_vtep(const struct place *at, void *object)
{
	struct am_conf_member *m = object;

	m->kind = AM_CONF_MEMBER_VTEP;
	conf_read_ip(at, &m->vtep);
}

static json_t *print_port(const void *object)
{
	const struct am_conf_member *m = object;

	return m->kind == AM_CONF_MEMBER_PORT ? json_string(m->on) : NULL;
}

static json_t *print_tunnel(const void *object)
{
	const struct am_conf_member *m = object;

	return m->kind == AM_CONF_MEMBER_TUNNEL ? json_string(m->on) : NULL;
}

static json_t *print_vtep(const void *object)
{
	const struct am_conf_member *m = object;

	return m->kind == AM_CONF_MEMBER_VTEP ? conf_print_ip(&m->vtep) : NULL;
}

/* ---- tags ---- */

static void read_vlan(const struct place *at, void *object)
{
	struct am_conf_member *m = object;
	uint32_t v;
	unsigned word;

	if (conf_is_word(at)) {
		if (conf_read_word(at, vlan_words, &word))
			m->vlan_kind = (enum am_conf_vlan)word;
	} else if (conf_read_uint(at, 1, VID_LAST,
			   "or \"untagged\", or \"any\" for what no other member takes", &v)) {
		m->vlan_kind = AM_CONF_VLAN_ID;
		m->vlan = (uint16_t)v;
	}
}

static json_t *print_vlan(const void *object)
{
	const struct am_conf_member *m = object;

	if (m->kind == AM_CONF_MEMBER_VTEP)
		return NULL;
	return m->vlan_kind == AM_CONF_VLAN_ID ? json_integer(m->vlan)
					       : json_string(vlan_words[m->vlan_kind]);
}

static void read_tpid(const struct place *at, void *object)
{
	struct am_conf_member *m = object;
	unsigned word;

	if (conf_read_word(at, tpid_words, &word))
		m->tpid = word ? TPID_AD : TPID_Q;
}

static json_t *print_tpid(const void *object)
{
	const struct am_conf_member *m = object;

	return m->vlan_kind == AM_CONF_VLAN_ID ? json_string(tpid_words[m->tpid == TPID_AD]) : NULL;
}

/* ---- the table ---- */

static const struct field storm_rows[] = {
	UINT("broadcast", struct am_conf_member, storm_broadcast, 0, UINT32_MAX, 0),
	UINT("multicast", struct am_conf_member, storm_multicast, 0, UINT32_MAX, 0),
	UINT("unknown", struct am_conf_member, storm_unknown, 0, UINT32_MAX, 0),
};
static const struct fields storm_fields = FIELDS(storm_rows);

static const struct field member_rows[] = {
	OTHER("port", read_port, print_port, NULL),
	OTHER("tunnel", read_tunnel, print_tunnel, NULL),
	OTHER("vtep", read_vtep, print_vtep, NULL),
	OTHER("vlan", read_vlan, print_vlan, NULL),
	OTHER("tpid", read_tpid, print_tpid, NULL),
	WORD("l2_control", struct am_conf_member, l2_control, l2_words, AM_L2_DEFAULT),
	{.name = "storm", .kind = FIELD_GROUP, .sub = &storm_fields},
};
const struct fields conf_member_fields = FIELDS(member_rows);

static bool has(const struct place *at, const char *key)
{
	return json_object_get(at->json, key) != NULL;
}

static void check_keys(const struct place *at, const struct am_conf_member *m)
{
	static const char *const tag_keys[] = {"vlan", "tpid"};

	if (has(at, "port") + has(at, "tunnel") + has(at, "vtep") != 1)
		conf_complain(at, "a member is one of \"port\", \"tunnel\" and \"vtep\": give exactly one");
	for (size_t i = 0; i < 2; i++) {
		struct place tag = conf_place_member(at, tag_keys[i]);

		if (tag.json && has(at, "vtep"))
			conf_complain(&tag, "a remote VTEP has no VLAN, its VNI tells the bridge: remove %s",
				tag_keys[i]);
		else if (tag.json && i == 1 && m->vlan_kind != AM_CONF_VLAN_ID)
			conf_complain(
				&tag, "tpid is of the tag that \"vlan\" pushes: add \"vlan\", 1 to 4094");
	}
}

static void read_member(const struct place *at, void *item)
{
	struct am_conf_member *m = item;

	if (json_is_string(at->json)) {
		conf_complain(at,
			"a member says what it is: write {\"port\": \"%.60s\"}, or \"tunnel\" or "
			"\"vtep\" in place of \"port\"",
			json_string_value(at->json));
		return;
	}
	if (!conf_want_object(at))
		return;
	m->tpid = TPID_Q;
	conf_read_fields(at, &conf_member_fields, m);
	check_keys(at, m);
}

void conf_read_members(const struct place *at, void *object)
{
	struct am_conf_bridge *b = object;

	conf_read_list(at, (void **)&b->members, &b->n_members, sizeof *b->members, MEMBERS_MAX, read_member);
	for (uint16_t i = 0; i < b->n_members; i++) {
		if (b->members[i].l2_control == AM_L2_DEFAULT)
			b->members[i].l2_control = b->xconnect ? AM_L2_FORWARD : AM_L2_DROP;
	}
}

json_t *conf_print_members(const void *object)
{
	const struct am_conf_bridge *b = object;
	json_t *out = json_array();

	for (uint16_t i = 0; i < b->n_members; i++)
		json_array_append_new(out, conf_print_fields(&conf_member_fields, &b->members[i]));
	return out;
}

/* ---- static MACs ---- */

static void read_static_mac(const struct place *at, void *object)
{
	struct am_conf_static_mac *s = object;

	conf_read_mac(at, &s->mac);
}

static json_t *print_static_mac(const void *object)
{
	const struct am_conf_static_mac *s = object;

	return conf_print_mac(&s->mac);
}

static const struct field static_rows[] = {
	{.name = "mac",
		.kind = FIELD_OTHER,
		.required = true,
		.read = read_static_mac,
		.print = print_static_mac},
	{.name = "member",
		.kind = FIELD_UINT,
		.required = true,
		AT(struct am_conf_static_mac, member),
		.max = MEMBERS_MAX - 1,
		.hint = "it counts the bridge's members from 0"},
};
const struct fields conf_static_fields = FIELDS(static_rows);

static void read_static(const struct place *at, void *item)
{
	if (conf_want_object(at))
		conf_read_fields(at, &conf_static_fields, item);
}

void conf_read_static(const struct place *at, void *object)
{
	struct am_conf_bridge *b = object;

	conf_read_list(
		at, (void **)&b->static_macs, &b->n_static, sizeof *b->static_macs, STATIC_MAX, read_static);
}

json_t *conf_print_static(const void *object)
{
	const struct am_conf_bridge *b = object;
	json_t *out = json_array();

	for (uint16_t i = 0; i < b->n_static; i++)
		json_array_append_new(out, conf_print_fields(&conf_static_fields, &b->static_macs[i]));
	return out;
}
