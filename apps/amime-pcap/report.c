/* SPDX-License-Identifier: BSD-3-Clause */
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

static void set_if(json_t *object, const char *name, uint64_t value)
{
	if (value)
		json_object_set_new(object, name, json_integer((json_int_t)value));
}

static json_t *iface_json(const struct replay *r, uint16_t iface)
{
	struct am_iface_counters c;
	json_t *out = json_object(), *drops = json_object();

	am_plane_counters(r->plane, iface, &c);
	for (unsigned i = 0; i < AM_COUNTERS; i++)
		set_if(out, am_counter_name(i), c.count[i]);
	for (unsigned i = 0; i < AM_VERDICTS; i++)
		set_if(drops, am_verdict_name(i), c.drop[i]);
	if (json_object_size(drops))
		json_object_set_new(out, "drops", drops);
	else
		json_decref(drops);
	return out;
}

static json_t *ifaces_json(const struct replay *r)
{
	static const char *const kinds[] = {"port", "tunnel", "bridge", "vlan", "irb", "vrf"};
	json_t *out = json_object(), *row;
	char name[AM_NAME_MAX + 16];

	for (uint16_t i = 0; i < am_model_ifaces(r->model); i++) {
		const struct am_iface_info *info = am_model_iface(r->model, i);

		if (!info)
			continue;
		snprintf(name, sizeof name, "%s %s", kinds[info->kind], info->name);
		row = iface_json(r, info->id);
		/* Of a VRF only what the kernel sends counts, and here is none. */
		if (info->kind != AM_IFACE_BOX || json_object_size(row))
			json_object_set(out, name, row);
		json_decref(row);
	}
	return out;
}

static json_t *as_json(const struct replay *r)
{
	json_t *out = json_object();
	struct am_as_counters c;
	char name[16];

	for (uint32_t row = 1; row < am_model_as_rows(r->model); row++) {
		am_plane_as(r->plane, row, &c);
		if (!c.packets)
			continue;
		snprintf(name, sizeof name, "%u", am_model_as(r->model, row));
		json_object_set_new(out, name,
			json_pack("{s:I, s:I}", "packets", (json_int_t)c.packets, "bytes",
				(json_int_t)c.bytes));
	}
	return out;
}

/* By list: what each rule matched, and last what none did. */
static json_t *acls_json(const struct replay *r)
{
	const struct am_config *config = am_model_config(r->model);
	json_t *out = json_object();
	struct am_acl_counters c;

	for (uint16_t i = 0; i < config->n_acls; i++) {
		json_t *rules = json_array();

		for (uint32_t k = 0; k <= config->acls[i].n_rules; k++) {
			am_plane_acl(r->plane, am_model_acl_row(r->model, i) + k, &c);
			json_array_append_new(rules, json_pack("{s:I, s:I}", "packets", (json_int_t)c.packets,
							     "bytes", (json_int_t)c.bytes));
		}
		json_object_set_new(out, config->acls[i].name, rules);
	}
	return out;
}

static json_t *reassembly_json(const struct replay *r)
{
	struct am_worker_stats stats;
	json_t *out = json_object();

	am_plane_worker_stats(r->plane, 0, &stats);
	set_if(out, "fragments", stats.reasm.fragments);
	set_if(out, "reassembled", stats.reasm.reassembled);
	set_if(out, "still_held", stats.reasm.live);
	return out;
}

static json_t *fdb_json(const struct replay *r)
{
	json_t *out = json_array();
	struct am_fdb_entry e;
	struct am_mac mac;
	char text[96], mac_text[AM_MAC_TEXT], member[64];

	for (uint32_t at = 0; am_fdb_next(am_model_fdb(r->model), &at, &e);) {
		am_fdb_key_mac(e.key, &mac);
		am_model_member_text(r->model, (uint16_t)(e.value & AM_FDB_MEMBER), member, sizeof member);
		snprintf(text, sizeof text, "%s %s", am_mac_text(&mac, mac_text), member);
		json_array_append_new(out, json_string(text));
	}
	return out;
}

static json_t *pairs_json(const struct replay *r)
{
	json_t *out = json_array();
	char text[96], mac[AM_MAC_TEXT], ip[AM_IP_TEXT];
	struct am_pair p;

	for (uint32_t at = 0; am_model_next_pair(r->model, &at, &p);) {
		snprintf(text, sizeof text, "%s %s", am_ip_text(&p.ip, ip), am_mac_text(&p.mac, mac));
		json_array_append_new(out, json_string(text));
	}
	return out;
}

int report_write(const struct replay *r, const char *file, struct am_err *err)
{
	json_t *root = json_object(), *as, *acls, *pairs;
	FILE *f = strcmp(file, "-") == 0 ? stdout : fopen(file, "w");
	int ret = 0;

	if (!f) {
		ret = am_fail(err, errno, "%s: %s", file, strerror(errno));
		json_decref(root);
		return ret;
	}
	json_object_set_new(root, "interfaces", ifaces_json(r));
	as = as_json(r);
	if (json_object_size(as))
		json_object_set(root, "as", as);
	json_decref(as);
	acls = acls_json(r);
	if (json_object_size(acls))
		json_object_set(root, "acls", acls);
	json_decref(acls);
	json_object_set_new(root, "reassembly", reassembly_json(r));
	json_object_set_new(root, "fdb", fdb_json(r));
	pairs = pairs_json(r);
	if (json_array_size(pairs))
		json_object_set(root, "mac_ip", pairs);
	json_decref(pairs);
	if (json_dumpf(root, f, JSON_INDENT(2) | JSON_SORT_KEYS) < 0 || fputc('\n', f) == EOF ||
		fflush(f) == EOF)
		ret = am_fail(err, EIO, "%s: cannot write", file);
	if (f != stdout)
		fclose(f);
	json_decref(root);
	return ret;
}
