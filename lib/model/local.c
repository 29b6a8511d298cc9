/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses that packets for us come to, by VRF: what drivers steer by. */
#include <errno.h>

#include "build.h"

/* 0 or -ENOMEM; seen has those that are there already. */
static int add_local(struct am_build *b, struct am_map *seen, uint16_t vrf, const struct am_ip *ip)
{
	const struct am_vrf_ip key = {.vrf = vrf, .interface = AM_NO_ID, .ip = *ip};
	uint32_t at = b->s->n_locals[vrf];
	int rc = am_map_add(seen, &key, &at);

	if (rc == 0)
		b->s->locals[vrf][b->s->n_locals[vrf]++] = *ip;
	return rc < 0 ? rc : 0;
}

static int add_all(struct am_build *b, struct am_map *seen)
{
	const struct am_config *c = b->config;
	const struct am_ip *local;
	int rc = 0;

	for (unsigned i = 0; i < c->n_tunnels; i++)
		for (unsigned k = 0; k < c->tunnels[i].n_local && rc == 0; k++)
			if (am_config_tunnel_has_ends(&c->tunnels[i]))
				rc = add_local(b, seen, AM_VRF_UNDERLAY, &c->tunnels[i].local[k]);
	for (unsigned i = 0; i < c->n_bridges; i++) {
		for (uint8_t family = AM_IPV4; family <= AM_IPV6; family += 2) {
			local = am_config_vtep_local(c, &c->bridges[i], family);
			if (c->bridges[i].has_vni && local && rc == 0)
				rc = add_local(b, seen, AM_VRF_DEFAULT, local);
		}
	}
	return rc;
}

int am_build_locals(struct am_build *b)
{
	const struct am_config *c = b->config;
	struct am_map *seen;
	bool ok = true;
	int rc;

	b->s->locals[AM_VRF_UNDERLAY] =
		am_build_alloc(b, (size_t)c->n_tunnels * AM_CONFIG_STRIPES, sizeof(struct am_ip), &ok);
	b->s->locals[AM_VRF_DEFAULT] = am_build_alloc(b, (size_t)c->n_bridges * 2, sizeof(struct am_ip), &ok);
	seen = am_map_create(sizeof(struct am_vrf_ip));
	rc = ok && seen ? add_all(b, seen) : -ENOMEM;
	am_map_free(seen);
	return rc;
}
