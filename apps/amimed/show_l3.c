/* SPDX-License-Identifier: BSD-3-Clause */
#include "show_l3.h"

#include "daemon.h"
#include "model/route_view.h"

json_t *am_show_as(const struct am_daemon *d)
{
	json_t *out = json_array();
	struct am_as_counters c;

	for (uint32_t row = 1; row < am_model_as_rows(d->model); row++) {
		am_plane_as(d->plane, row, &c);
		json_array_append_new(
			out, json_pack("{s:I, s:I, s:I}", "as", (json_int_t)am_model_as(d->model, row),
				     "packets", (json_int_t)c.packets, "bytes", (json_int_t)c.bytes));
	}
	return out;
}

/* ---- VRFs ---- */

static json_t *family_json(const struct am_vrf_size *size, unsigned f)
{
	const uint32_t *n = size->by_origin[f];

	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:I}", "prefixes", (int)size->prefixes[f], "local",
		(int)n[AM_ORIGIN_LOCAL], "connected", (int)n[AM_ORIGIN_CONNECTED], "static",
		(int)n[AM_ORIGIN_STATIC], "neighbor", (int)n[AM_ORIGIN_NEIGHBOUR], "memory",
		(json_int_t)size->octets[f]);
}

static json_t *interfaces_of(const struct am_daemon *d, uint16_t vrf)
{
	const struct am_roots *roots = am_model_roots(d->model);
	json_t *list = json_array();

	for (uint16_t i = 0; i < roots->n_interfaces; i++) {
		const struct am_interface *in = roots->interfaces[i];

		if (in && in->vrf == vrf && in->kind != AM_INTERFACE_BOX)
			json_array_append_new(list, json_string(am_model_iface(d->model, in->iface)->name));
	}
	/* The underlay routes nothing: its ports are only the way of tunnels. */
	for (uint16_t i = 0; vrf == AM_VRF_UNDERLAY && i < roots->n_ports; i++)
		if (roots->ports[i].vrf == vrf && am_model_port_name(d->model, i))
			json_array_append_new(list, json_string(am_model_port_name(d->model, i)));
	return list;
}

static json_t *vrf_json(const struct am_daemon *d, uint16_t vrf, const struct am_conf_vrf *conf)
{
	json_t *loopbacks = json_array();
	struct am_vrf_size size;
	char text[AM_IP_TEXT];

	am_model_vrf_size(d->model, vrf, &size);
	for (uint16_t i = 0; i < conf->n_loopbacks; i++)
		json_array_append_new(loopbacks, json_string(am_ip_text(&conf->loopbacks[i], text)));
	return json_pack("{s:s, s:s, s:o, s:o, s:I, s:o, s:o, s:I}", "name", conf->name, "netns", conf->netns,
		"loopbacks", loopbacks, "interfaces", interfaces_of(d, vrf), "routes",
		(json_int_t)size.prefixes[0] + size.prefixes[1], "ipv4", family_json(&size, 0), "ipv6",
		family_json(&size, 1), "memory", (json_int_t)(size.octets[0] + size.octets[1]));
}

json_t *am_show_vrfs(const struct am_daemon *d)
{
	const struct am_roots *roots = am_model_roots(d->model);
	json_t *list = json_array();

	for (uint16_t vrf = 0; vrf < roots->n_vrfs; vrf++) {
		const struct am_conf_vrf *conf = am_model_vrf_conf(d->model, vrf);

		if (conf)
			json_array_append_new(list, vrf_json(d, vrf, conf));
	}
	return json_pack(
		"{s:o, s:I}", "vrfs", list, "shared_memory", (json_int_t)am_model_fib_room(d->model));
}
