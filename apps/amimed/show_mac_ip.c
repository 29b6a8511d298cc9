/* SPDX-License-Identifier: BSD-3-Clause */
#include "show_mac_ip.h"

#include "daemon.h"
#include "table/mac_ip.h"

static const char *origin_word(enum am_pair_origin origin)
{
	static const char *const words[] = {
		[AM_PAIR_FREE] = "",
		[AM_PAIR_CONFIGURED] = "configured",
		[AM_PAIR_OWN] = "own",
		[AM_PAIR_LOCAL] = "local",
		[AM_PAIR_REMOTE] = "remote",
	};

	return words[origin];
}

/* Where the MAC is, the FDB says. */
static void member_text(const struct am_daemon *d, const struct am_pair *p, char *text, size_t room)
{
	uint32_t slot, value = am_fdb_lookup(
			       am_model_fdb(d->model), am_fdb_make_key(p->mac.bytes, p->bridge), &slot);

	*text = 0;
	if (value)
		am_model_member_text(d->model, (uint16_t)(value & AM_FDB_MEMBER), text, room);
}

static json_t *pair_json(const struct am_daemon *d, const struct am_pair *p)
{
	const char *bridge = am_model_bridge_name(d->model, p->bridge);
	char ip[AM_IP_TEXT], mac[AM_MAC_TEXT], member[128];
	json_t *o;

	member_text(d, p, member, sizeof member);
	o = json_pack("{s:s, s:s, s:s, s:s, s:s}", "bridge", bridge ? bridge : "?", "ip",
		am_ip_text(&p->ip, ip), "mac", am_mac_text(&p->mac, mac), "origin", origin_word(p->origin),
		"member", member);
	if (o && p->origin != AM_PAIR_CONFIGURED && p->origin != AM_PAIR_OWN)
		json_object_set_new(o, "age_s", json_integer(p->age_s));
	if (o && p->flags & AM_MAC_IP_ROUTER)
		json_object_set_new(o, "router", json_true());
	if (o && p->flags & AM_MAC_IP_HELD)
		json_object_set_new(o, "duplicate", json_true());
	return o;
}

static uint64_t answered_at(const struct am_daemon *d, uint16_t iface)
{
	struct am_iface_counters c;

	am_plane_counters(d->plane, iface, &c);
	return c.count[AM_C_ARP_ND_ANSWERED];
}

/* By the rows of counters of its members, each once. */
static uint64_t answered(const struct am_daemon *d, const struct am_bridge *bridge)
{
	const struct am_roots *roots = am_model_roots(d->model);
	uint64_t n = bridge->l3 ? answered_at(d, bridge->l3->iface) : 0;

	for (uint16_t i = 0; i < bridge->n_members; i++)
		n += answered_at(d, roots->members[bridge->members[i]]->iface);
	return n;
}

static json_t *bridges_json(const struct am_daemon *d)
{
	const struct am_roots *roots = am_model_roots(d->model);
	json_t *out = json_array();

	for (uint16_t i = 0; i < roots->n_bridges; i++) {
		struct am_bridge_stats s;

		if (!roots->bridges[i] || !roots->bridges[i]->suppress)
			continue;
		am_model_bridge_stats(d->model, i, &s);
		json_array_append_new(out,
			json_pack("{s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "bridge",
				am_model_bridge_name(d->model, i), "known", (int)s.pairs.known, "answered",
				(json_int_t)answered(d, roots->bridges[i]), "learnt",
				(json_int_t)s.pairs.learnt, "moved", (json_int_t)s.pairs.moved, "aged",
				(json_int_t)s.pairs.aged, "refused", (json_int_t)s.pairs.refused, "conflicts",
				(json_int_t)s.pairs.fixed, "duplicates", (json_int_t)s.pairs.doubled));
	}
	return out;
}

json_t *am_show_mac_ip(const struct am_daemon *d, uint32_t at, uint32_t limit)
{
	json_t *list = json_array(), *next = json_null();
	struct am_pair pair;
	uint32_t n = 0;

	for (; n < limit && am_model_next_pair(d->model, &at, &pair); n++)
		json_array_append_new(list, pair_json(d, &pair));
	if (n == limit)
		next = json_integer(at);
	return json_pack("{s:o, s:o, s:I, s:o}", "entries", list, "next", next, "count",
		(json_int_t)am_mac_ips_count(am_model_roots(d->model)->mac_ips), "bridges", bridges_json(d));
}
