/* SPDX-License-Identifier: BSD-3-Clause */
#include "show_host.h"

#include "daemon.h"
#include "drivers/driver.h"
#include "pipeline/punt.h"

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *addresses_json(const struct am_host_slot *slot)
{
	json_t *list = json_array();
	char text[AM_PREFIX_TEXT];

	for (uint16_t i = 0; i < slot->n_set; i++)
		json_array_append_new(list, json_string(am_prefix_text(&slot->set[i], text)));
	return list;
}

static json_t *missing_json(const struct am_host_slot *slot)
{
	json_t *list = json_array();
	char text[AM_PREFIX_TEXT];

	for (uint16_t i = 0; i < slot->want.n_addresses; i++)
		if (!am_host_has(slot, &slot->want.addresses[i]))
			json_array_append_new(
				list, json_string(am_prefix_text(&slot->want.addresses[i], text)));
	return list;
}

static json_t *slot_json(const struct am_daemon *d, const struct am_host_slot *slot)
{
	static const char *const kinds[] = {
		[AM_HOST_IS_NIC] = "nic", [AM_HOST_IS_TAP] = "tap", [AM_HOST_IS_TUN] = "tun"};
	const struct am_host_want *want = &slot->want;
	struct am_slow_stats s;

	am_slow_host_stats(d->slow, want->target, &s);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "interface",
		want->interface, "device", want->name, "kind", kinds[want->mode], "netns", want->netns,
		"state", am_host_state(slot), "mtu", (int)want->mtu, "addresses", addresses_json(slot),
		"missing", missing_json(slot), "to_kernel", number(s.to_kernel), "from_kernel",
		number(s.from_kernel), "refused", number(s.refused), "lost", number(s.lost), "why",
		slot->why);
}

static json_t *interfaces_json(const struct am_daemon *d)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < am_hosts_count(d->hosts); i++)
		json_array_append_new(list, slot_json(d, am_hosts_at(d->hosts, i)));
	return list;
}

static json_t *punt_json(const struct am_daemon *d)
{
	uint64_t passed[AM_PUNT_CLASSES];
	json_t *list = json_array();

	am_plane_punt_stats(d->plane, passed);
	for (unsigned c = 0; c < AM_PUNT_CLASSES; c++)
		json_array_append_new(list,
			json_pack("{s:s, s:I, s:o}", "class", am_punt_class_name((enum am_punt_class)c),
				"rate", (json_int_t)am_punt_limits[c].rate, "passed", number(passed[c])));
	return list;
}

static json_t *rules_json(const struct am_port_stats *stats)
{
	json_t *list = json_array();

	for (unsigned r = 0; r < AM_STEER_RULES; r++)
		json_array_append_new(
			list, json_pack("{s:s, s:o, s:s}", "rule", am_steer_rule_name((enum am_steer_rule)r),
				      "frames", number(stats->steered[r]), "text",
				      am_steer_rule_text((enum am_steer_rule)r)));
	return list;
}

static json_t *troubles_json(const struct am_open_port *open, uint32_t troubles)
{
	json_t *list = json_array();
	char text[AM_ERR_TEXT];

	for (unsigned t = 0; t < AM_TROUBLES; t++)
		if (troubles >> t & 1)
			json_array_append_new(list, json_string(am_port_trouble_text((enum am_port_trouble)t,
							    open->conf.device, text, sizeof text)));
	return list;
}

static json_t *steering_json(const struct am_daemon *d)
{
	json_t *list = json_array();

	for (uint16_t id = 0; id < AM_PORTS_MAX; id++) {
		const struct am_open_port *open = &d->ports.by_id[id];
		struct am_port_stats stats;
		struct am_slow_stats back;

		if (!open->port || open->conf.driver != AM_DRIVER_AF_XDP)
			continue;
		am_port_stats(open, &stats);
		am_slow_port_stats(d->slow, id, &back);
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:o, s:o, s:o}", "port", open->conf.name, "device",
				open->conf.device, "rules", rules_json(&stats), "given_back",
				number(back.to_kernel), "troubles", troubles_json(open, stats.troubles)));
	}
	return list;
}

json_t *am_show_host(const struct am_daemon *d)
{
	struct am_slow_glean_stats glean;

	am_slow_glean_stats(d->slow, &glean);
	return json_pack("{s:o, s:o, s:{s:o, s:o, s:o}, s:o}", "interfaces", interfaces_json(d), "punt",
		punt_json(d), "waiting", "held", number(glean.held), "sent", number(glean.sent), "lost",
		number(glean.lost), "steering", steering_json(d));
}
