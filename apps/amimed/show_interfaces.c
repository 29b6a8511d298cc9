/* SPDX-License-Identifier: BSD-3-Clause */
#include "show_interfaces.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon.h"
#include "drivers/driver.h"
#include "links.h"
#include "show.h"

/* A page that is being filled: rows are counted from the first interface on. */
struct page {
	const struct am_daemon *d;
	const struct am_request *request;
	struct am_links links;
	uint32_t at; /* of the next row */
	unsigned n;
	json_t *list;
};

/* One interface as it is to be told. */
struct row {
	const char *name;
	enum am_iface_kind kind;
	uint16_t iface; /* its row of counters; AM_NO_ID: none */
	bool up;
	char why[AM_ERR_TEXT];
	const struct am_interface *l3; /* NULL: it does not route */
	const struct am_conf_l3 *conf; /* what the file says of its IP; NULL: nothing */
	const struct am_mac *mac;      /* NULL: it has none */
	uint16_t mtu;
	uint16_t port; /* AM_NO_ID: it is none */
};

/* Is it on this page? */
static bool wants(const struct page *page, const char *name)
{
	if (page->request->name[0])
		return strcmp(page->request->name, name) == 0;
	return page->at >= page->request->at && page->n < page->request->limit;
}

/* ---- what is told of each ---- */

static json_t *addresses_json(const struct am_conf_l3 *conf)
{
	json_t *list = json_array();
	char text[AM_PREFIX_TEXT];

	for (uint16_t i = 0; conf && i < conf->n_addresses; i++)
		json_array_append_new(list, json_string(am_prefix_text(&conf->addresses[i], text)));
	return list;
}

static const struct am_host_slot *slot_of(const struct am_daemon *d, const struct am_interface *l3)
{
	for (unsigned i = 0; l3 && i < am_hosts_count(d->hosts); i++)
		if (am_hosts_at(d->hosts, i)->want.target == l3->id)
			return am_hosts_at(d->hosts, i);
	return NULL;
}

static void add_host(json_t *o, const struct am_daemon *d, const struct row *row)
{
	static const char *const kinds[] = {
		[AM_HOST_IS_NIC] = "nic", [AM_HOST_IS_TAP] = "tap", [AM_HOST_IS_TUN] = "tun"};
	const struct am_host_slot *slot = slot_of(d, row->l3);

	if (slot)
		json_object_set_new(o, "host",
			json_pack("{s:s, s:s, s:s, s:s, s:s}", "device", slot->want.name, "kind",
				kinds[slot->want.mode], "netns", slot->want.netns, "state",
				am_host_state(slot), "why", slot->why));
}

static void add_counters(json_t *o, const struct am_iface_counters *c)
{
	static const enum am_counter shown[] = {
		AM_C_RX_PACKETS, AM_C_RX_BYTES, AM_C_TX_PACKETS, AM_C_TX_BYTES};
	json_int_t drops = 0;

	for (unsigned k = 0; k < sizeof shown / sizeof *shown; k++)
		json_object_set_new(
			o, am_counter_name(shown[k]), json_integer((json_int_t)c->count[shown[k]]));
	for (unsigned v = AM_V_HELD + 1; v < AM_VERDICTS; v++)
		drops += (json_int_t)c->drop[v];
	json_object_set_new(o, "drops", json_integer(drops));
}

/* Settings of a port's device that spoil what is received by it. */
static json_t *warnings_json(const struct am_daemon *d, uint16_t port)
{
	const struct am_open_port *open = port == AM_NO_ID ? NULL : &d->ports.by_id[port];
	json_t *list = json_array();
	struct am_port_stats stats;
	char text[AM_ERR_TEXT];

	if (!open || !open->port)
		return list;
	am_port_stats(open, &stats);
	for (unsigned t = 0; t < AM_TROUBLES; t++)
		if (stats.troubles >> t & 1)
			json_array_append_new(list, json_string(am_port_trouble_text((enum am_port_trouble)t,
							    open->conf.device, text, sizeof text)));
	return list;
}

/* Where one is asked for: every counter, and every reason for which it dropped something. */
static void add_detail(
	json_t *o, const struct am_daemon *d, const struct row *row, const struct am_iface_counters *c)
{
	static const char *const urpf[] = {
		[AM_URPF_NONE] = "off", [AM_URPF_ANY] = "loose", [AM_URPF_SAME] = "strict"};
	json_t *counters = json_object(), *reasons = json_array();

	for (unsigned i = 0; i < AM_COUNTERS; i++)
		json_object_set_new(
			counters, am_counter_name((enum am_counter)i), json_integer((json_int_t)c->count[i]));
	for (unsigned v = AM_V_HELD + 1; v < AM_VERDICTS; v++)
		if (c->drop[v])
			json_array_append_new(reasons,
				json_pack("{s:s, s:I, s:s}", "drop", am_verdict_name((enum am_verdict)v),
					"count", (json_int_t)c->drop[v], "text",
					am_verdict_text((enum am_verdict)v)));
	if (row->l3)
		json_object_set_new(o, "urpf", json_string(urpf[row->l3->urpf]));
	json_object_set_new(o, "counters", counters);
	json_object_set_new(o, "drop_reasons", reasons);
	json_object_set_new(o, "warnings", warnings_json(d, row->port));
}

static json_t *row_json(const struct page *page, const struct row *row)
{
	const char *vrf = row->conf ? row->conf->vrf : "";
	struct am_iface_counters c;
	char mac[AM_MAC_TEXT];
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:o}", "name", row->name, "kind",
		am_show_kind((int)row->kind), "state", row->up ? "up" : "down", "why",
		row->up ? "" : row->why, "vrf", strcmp(vrf, "none") == 0 ? "" : vrf, "mtu", (int)row->mtu,
		"addresses", addresses_json(row->conf));

	if (row->mac)
		json_object_set_new(o, "mac", json_string(am_mac_text(row->mac, mac)));
	add_host(o, page->d, row);
	if (row->iface == AM_NO_ID)
		return o; /* a bridge without VXLAN side counts nothing by itself */
	am_show_read_counters(page->d, row->iface, &c);
	add_counters(o, &c);
	if (page->request->name[0])
		add_detail(o, page->d, row, &c);
	return o;
}

static void put(struct page *page, const struct row *row)
{
	json_array_append_new(page->list, row_json(page, row));
	page->n++;
}

/* ---- all of them, in one order ---- */

static void add_vlan(struct page *page, uint16_t id, const struct am_conf_port_vlan *vlan)
{
	const struct am_port_root *port = &am_model_roots(page->d->model)->ports[id];
	struct row row = {.kind = AM_IFACE_VLAN,
		.iface = AM_NO_ID,
		.port = AM_NO_ID,
		.conf = &vlan->l3,
		.mac = &port->mac,
		.mtu = port->mtu,
		.up = page->links.up[id]};
	char name[AM_NAME_MAX + 8];

	snprintf(name, sizeof name, "%s.%u", page->d->ports.by_id[id].conf.name, vlan->vid);
	row.name = name;
	if (wants(page, name)) {
		row.l3 = port->vlans_l3 ? port->vlans_l3[vlan->vid] : NULL;
		if (row.l3)
			row.iface = row.l3->iface;
		if (!row.up)
			am_link_text(page->d, id, row.why, sizeof row.why);
		put(page, &row);
	}
	page->at++;
}

static void add_port(struct page *page, uint16_t id)
{
	const struct am_port_root *port = &am_model_roots(page->d->model)->ports[id];
	const struct am_conf_port *conf =
		am_config_port(am_model_config(page->d->model), page->d->ports.by_id[id].conf.name);
	struct row row = {.kind = AM_IFACE_PORT,
		.iface = port->iface,
		.port = id,
		.l3 = port->l3,
		.mac = &port->mac,
		.mtu = port->mtu,
		.up = page->links.up[id]};

	if (!conf)
		return;
	row.name = conf->name;
	row.conf = &conf->l3;
	if (wants(page, row.name)) {
		if (!row.up)
			am_link_text(page->d, id, row.why, sizeof row.why);
		put(page, &row);
	}
	page->at++;
	for (uint16_t i = 0; i < conf->n_vlans; i++)
		add_vlan(page, id, &conf->vlans[i]);
}

static void add_tunnel(struct page *page, const struct am_tunnel *t)
{
	const char *name = am_model_iface(page->d->model, t->iface)->name;
	const struct am_conf_tunnel *conf = am_config_tunnel(am_model_config(page->d->model), name);
	struct row row = {.name = name,
		.kind = AM_IFACE_TUNNEL,
		.iface = t->iface,
		.port = AM_NO_ID,
		.l3 = t->l3,
		.mac = t->l3 && t->kind != AM_TUNNEL_GRE ? &t->mac : NULL,
		.mtu = t->mtu};

	if (wants(page, name) && conf) {
		row.conf = t->bridged ? NULL : &conf->l3;
		row.up = am_links_tunnel(&page->links, conf, row.why);
		put(page, &row);
	}
	page->at++;
}

/* What is bridged, and what is routed of it: each counts by itself. */
static void add_bridge(struct page *page, const struct am_bridge *bridge)
{
	const char *name = am_model_bridge_name(page->d->model, bridge->id);
	struct row row = {.name = name,
		.kind = AM_IFACE_BRIDGE,
		.iface = bridge->iface,
		.port = AM_NO_ID,
		.mtu = bridge->mtu};

	if (wants(page, name)) {
		row.up = am_links_bridge(&page->links, bridge, row.why);
		put(page, &row);
	}
	page->at++;
	if (!bridge->l3)
		return;
	if (wants(page, name)) {
		row.kind = AM_IFACE_IRB;
		row.iface = bridge->l3->iface;
		row.up = am_links_bridge(&page->links, bridge, row.why);
		row.l3 = bridge->l3;
		row.conf = am_model_interface_conf(page->d->model, bridge->l3->id);
		row.mac = &bridge->l3->mac;
		put(page, &row);
	}
	page->at++;
}

/* A VRF's own: what the box itself sends by it. */
static void add_box(struct page *page, const struct am_interface *in)
{
	const char *name = am_model_iface(page->d->model, in->iface)->name;
	const struct am_host_slot *slot = slot_of(page->d, in);
	struct row row = {.name = name,
		.kind = AM_IFACE_BOX,
		.iface = in->iface,
		.port = AM_NO_ID,
		.l3 = in,
		.mtu = in->mtu,
		.up = slot && slot->ifindex};

	if (wants(page, name)) {
		snprintf(row.why, sizeof row.why, "%s",
			slot && slot->why[0] ? slot->why : "its device is missing; see: amimectl show host");
		put(page, &row);
	}
	page->at++;
}

static void add_all(struct page *page)
{
	const struct am_roots *roots = am_model_roots(page->d->model);

	for (uint16_t id = 0; id < roots->n_ports && id < AM_PORTS_MAX; id++)
		if (page->d->ports.by_id[id].port)
			add_port(page, id);
	for (uint16_t i = 0; i < roots->n_tunnels; i++)
		if (roots->tunnels[i])
			add_tunnel(page, roots->tunnels[i]);
	for (uint16_t i = 0; i < roots->n_bridges; i++)
		if (roots->bridges[i])
			add_bridge(page, roots->bridges[i]);
	for (uint16_t i = 0; i < roots->n_interfaces; i++)
		if (roots->interfaces[i] && roots->interfaces[i]->kind == AM_INTERFACE_BOX)
			add_box(page, roots->interfaces[i]);
}

json_t *am_show_interfaces(const struct am_daemon *d, const struct am_request *request, struct am_err *err)
{
	struct page page = {.d = d, .request = request, .list = json_array()};
	bool more;

	am_links_look(&page.links, d);
	add_all(&page);
	if (request->name[0] && !page.n) {
		json_decref(page.list);
		am_fail(err, ENOENT, "there is no interface %s; amimectl show interfaces has all",
			request->name);
		return NULL;
	}
	more = !request->name[0] && request->at + page.n < page.at;
	return json_pack("{s:o, s:o}", "entries", page.list, "next",
		more ? json_integer((json_int_t)request->at + page.n) : json_null());
}
