/* SPDX-License-Identifier: BSD-3-Clause */
#include "build.h"

#include "acl.h"

#include <errno.h>
#include <stdlib.h>

void *am_build_alloc(struct am_build *b, size_t count, size_t size, bool *ok)
{
	void *p = am_snapshot_alloc(b->s, count, size);

	*ok = *ok && p;
	return p;
}

static int alloc_roots(struct am_build *b)
{
	struct am_snapshot *s = b->s;
	struct am_roots *roots = &s->roots;
	bool ok = true;

	roots->ports = am_build_alloc(b, roots->n_ports, sizeof *roots->ports, &ok);
	roots->tunnels = am_build_alloc(b, roots->n_tunnels, sizeof *roots->tunnels, &ok);
	roots->bridges = am_build_alloc(b, roots->n_bridges, sizeof *roots->bridges, &ok);
	/*
	 * Room for every id there can be: while workers still read this snapshot, the FDB may already name members of the
	 * next one. Pages that are never written take no memory.
	 */
	roots->members = calloc(AM_NO_ID, sizeof *roots->members);
	roots->exits = calloc(AM_NO_ID, sizeof *roots->exits);
	s->bridges = am_build_alloc(b, roots->n_bridges, sizeof *s->bridges, &ok);
	s->ifaces = am_build_alloc(b, roots->n_ifaces, sizeof *s->ifaces, &ok);
	roots->interfaces = am_build_alloc(b, roots->n_interfaces, sizeof *roots->interfaces, &ok);
	roots->vrfs = am_build_alloc(b, roots->n_vrfs, sizeof *roots->vrfs, &ok);
	roots->routes = b->m->routes;
	s->interface_confs = am_build_alloc(b, roots->n_interfaces, sizeof *s->interface_confs, &ok);
	s->port_names = am_build_alloc(b, roots->n_ports, sizeof *s->port_names, &ok);
	s->member_texts = am_build_alloc(b, roots->n_members, sizeof *s->member_texts, &ok);
	return ok && roots->members && roots->exits ? 0 : -ENOMEM;
}

void am_build_name_iface(struct am_build *b, uint16_t id, enum am_iface_kind kind, const char *name)
{
	if (id != AM_NO_ID)
		b->s->ifaces[id] = (struct am_iface_info){.id = id, .kind = kind, .name = name};
}

int am_build(struct am_model *m, struct am_snapshot *s, const struct am_port_limits *limits,
	struct am_config_errors *errors)
{
	static int (*const steps[])(struct am_build *) = {
		am_build_numbers,
		alloc_roots,
		am_build_ports,
		am_build_tunnels,
		am_build_bridges,
		am_build_acls,
		am_build_interfaces,
		am_build_vrfs,
		am_build_peers,
		am_build_paths,
		am_build_routes,
		am_build_locals,
	};
	struct am_build b = {.m = m, .s = s, .config = s->config, .limits = limits, .errors = errors};
	size_t complaints = errors->n;
	int rc = 0;

	b.peers = am_peers_builder(m->seed);
	if (!b.peers)
		return -ENOMEM;
	s->roots.vtep_port = AM_VXLAN_PORT;
	/* Each step needs what the one before it made, so the first that complains is the last. */
	for (unsigned i = 0; i < sizeof steps / sizeof steps[0] && rc == 0 && errors->n == complaints; i++)
		rc = steps[i](&b);
	am_peers_builder_free(b.peers);
	return rc;
}
