/* SPDX-License-Identifier: BSD-3-Clause */
#include "show_bond.h"

#include "drivers/bond.h"
#include "ports.h"

static json_t *lacp_flags(uint8_t state)
{
	static const char *const names[] = {"activity", "short timeout", "aggregation", "synchronization",
		"collecting", "distributing", "defaulted", "expired"};
	json_t *list = json_array();

	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (state >> i & 1)
			json_array_append_new(list, json_string(names[i]));
	return list;
}

static json_t *member_json(const struct am_bond_member *m, bool lacp)
{
	char mac[AM_MAC_TEXT];
	json_t *o = json_pack("{s:s, s:s, s:b, s:I, s:I}", "device", m->devargs, "link",
		m->link_up ? "up" : "down", "active", (int)m->active, "rx_packets", (json_int_t)m->rx_packets,
		"tx_packets", (json_int_t)m->tx_packets);

	if (!o || !lacp)
		return o;
	json_object_set_new(o, "partner", json_string(am_mac_text(&m->partner, mac)));
	json_object_set_new(o, "actor_state", lacp_flags(m->actor));
	json_object_set_new(o, "partner_state", lacp_flags(m->partner_state));
	return o;
}

json_t *am_show_bond(const struct am_open_port *open)
{
	bool lacp = open->conf.mode == AM_CONF_BOND_LACP;
	struct am_bond_member members[AM_BOND_MEMBERS_MAX];
	unsigned n = am_bond_members(open->port, members);
	json_t *list = json_array();

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(list, member_json(&members[i], lacp));
	return json_pack("{s:s, s:o}", "mode", lacp ? "lacp" : "active-backup", "members", list);
}
