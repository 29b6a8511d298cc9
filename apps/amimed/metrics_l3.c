/* SPDX-License-Identifier: BSD-3-Clause */
#include "metrics_l3.h"

#include <stdio.h>

#include "daemon.h"
#include "model/route_view.h"
#include "pipeline/punt.h"

enum { NUMBER_ROOM = 16 };

static void add_routes(struct am_metrics *m, const struct am_daemon *d)
{
	static const char *const families[] = {"ipv4", "ipv6"};
	static const char *const origins[AM_ORIGINS] = {"local", "connected", "static", "neighbor"};

	am_metrics_family(m, AM_METRIC_GAUGE, "routes", "Prefixes of a VRF, by family and origin.");
	for (uint16_t vrf = AM_VRF_DEFAULT; vrf < am_model_roots(d->model)->n_vrfs; vrf++) {
		const struct am_conf_vrf *conf = am_model_vrf_conf(d->model, vrf);
		struct am_vrf_size size;

		if (!conf)
			continue;
		am_model_vrf_size(d->model, vrf, &size);
		for (unsigned i = 0; i < 2 * AM_ORIGINS; i++)
			am_metrics_sample(m,
				(struct am_label[]){{"vrf", conf->name}, {"family", families[i / AM_ORIGINS]},
					{"origin", origins[i % AM_ORIGINS]}, {0}},
				size.by_origin[i / AM_ORIGINS][i % AM_ORIGINS]);
	}
	am_metrics_family(m, AM_METRIC_COUNTER, "route_failures",
		"Changes of routes that found no memory; what they should have changed stayed as it was.");
	am_metrics_sample(m, NULL, am_model_fib_failures(d->model));
}

static void add_hops(struct am_metrics *m, const struct am_daemon *d)
{
	uint64_t up = 0, all = am_hops_count(d->hops);

	for (uint16_t i = 0; i < all; i++)
		up += am_hop_is_up(am_hops_at(d->hops, i));
	am_metrics_family(m, AM_METRIC_GAUGE, "next_hops",
		"Next hops that tunnels, VTEPs and routes wait for, by whether they are known.");
	am_metrics_sample(m, (struct am_label[]){{"state", "up"}, {0}}, up);
	am_metrics_sample(m, (struct am_label[]){{"state", "down"}, {0}}, all - up);
	am_metrics_family(
		m, AM_METRIC_GAUGE, "neighbors", "Neighbors on our links that packets are sent to.");
	am_metrics_sample(m, NULL, am_model_neighbours(d->model));
}

/* Those that something was sent to: a full table has some eighty thousand. */
static void add_as(struct am_metrics *m, const struct am_daemon *d, bool bytes)
{
	for (uint32_t row = 1; row < am_model_as_rows(d->model); row++) {
		struct am_as_counters c;
		char as[NUMBER_ROOM];

		am_plane_as(d->plane, row, &c);
		snprintf(as, sizeof as, "%u", am_model_as(d->model, row));
		if (c.packets)
			am_metrics_sample(
				m, (struct am_label[]){{"as", as}, {0}}, bytes ? c.bytes : c.packets);
	}
}

/* Those that something matched: a list may be long. The last row of a list is what no rule matched. */
static void add_acl_rules(struct am_metrics *m, const struct am_daemon *d, uint16_t i, bool bytes)
{
	const struct am_conf_acl *acl = &am_model_config(d->model)->acls[i];
	uint32_t row = am_model_acl_row(d->model, i);

	for (uint32_t k = 0; k <= acl->n_rules; k++) {
		const char *name = k < acl->n_rules ? acl->rules[k].note : "what no rule matches";
		struct am_acl_counters c;
		char rule[NUMBER_ROOM];

		am_plane_acl(d->plane, row + k, &c);
		snprintf(rule, sizeof rule, "%u", k);
		if (c.packets)
			am_metrics_sample(m,
				(struct am_label[]){{"acl", acl->name}, {"rule", rule}, {"name", name}, {0}},
				bytes ? c.bytes : c.packets);
	}
}

static void add_acls(struct am_metrics *m, const struct am_daemon *d)
{
	uint16_t n = am_model_config(d->model)->n_acls;

	am_metrics_family(
		m, AM_METRIC_COUNTER, "acl_packets", "Packets that a rule of an access list matched.");
	for (uint16_t i = 0; i < n; i++)
		add_acl_rules(m, d, i, false);
	am_metrics_family(m, AM_METRIC_COUNTER, "acl_bytes", "Octets of the same packets.");
	for (uint16_t i = 0; i < n; i++)
		add_acl_rules(m, d, i, true);
}

static void add_punt(struct am_metrics *m, const struct am_daemon *d)
{
	uint64_t passed[AM_PUNT_CLASSES];

	am_plane_punt_stats(d->plane, passed);
	am_metrics_family(m, AM_METRIC_COUNTER, "punted_packets",
		"Packets handed to the kernel, by class; those over a class's limit are among the drops.");
	for (unsigned c = 0; c < AM_PUNT_CLASSES; c++)
		am_metrics_sample(m,
			(struct am_label[]){{"class", am_punt_class_name((enum am_punt_class)c)}, {0}},
			passed[c]);
}

static void add_mirrors(struct am_metrics *m, const struct am_daemon *d)
{
	am_metrics_family(
		m, AM_METRIC_GAUGE, "mirror_up", "1 where an interface's device in the kernel is there.");
	for (unsigned i = 0; i < am_hosts_count(d->hosts); i++) {
		const struct am_host_slot *slot = am_hosts_at(d->hosts, i);

		am_metrics_sample(
			m, (struct am_label[]){{"interface", slot->want.interface}, {0}}, slot->ifindex > 0);
	}
}

void am_metrics_l3(struct am_metrics *m, const struct am_daemon *d)
{
	add_routes(m, d);
	add_hops(m, d);
	am_metrics_family(m, AM_METRIC_COUNTER, "as_bytes", "Octets routed to an AS that routes name.");
	add_as(m, d, true);
	am_metrics_family(m, AM_METRIC_COUNTER, "as_packets", "IP packets routed to an AS that routes name.");
	add_as(m, d, false);
	add_acls(m, d);
	add_punt(m, d);
	add_mirrors(m, d);
}
