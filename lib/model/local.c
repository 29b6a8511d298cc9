/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses that packets for us come to, by VRF: what drivers steer by. */
#include <errno.h>

#include "build.h"

static void add_local(struct am_build *b, uint16_t vrf, const struct am_ip *ip)
{
	for (unsigned i = 0; i < b->s->n_locals[vrf]; i++)
		if (am_ip_equal(&b->s->locals[vrf][i], ip))
			return;
	b->s->locals[vrf][b->s->n_locals[vrf]++] = *ip;
}

int am_build_locals(struct am_build *b)
{
	const struct am_config *c = b->config;
	const struct am_ip *local;
	bool ok = true;

	b->s->locals[AM_VRF_UNDERLAY] =
		am_build_alloc(b, (size_t)c->n_tunnels * AM_CONFIG_STRIPES, sizeof *local, &ok);
	b->s->locals[AM_VRF_DEFAULT] = am_build_alloc(b, (size_t)c->n_bridges * 2, sizeof *local, &ok);
	if (!ok)
		return -ENOMEM;
	for (unsigned i = 0; i < c->n_tunnels; i++)
		for (unsigned k = 0; k < c->tunnels[i].n_local; k++)
			add_local(b, AM_VRF_UNDERLAY, &c->tunnels[i].local[k]);
	for (unsigned i = 0; i < c->n_bridges; i++) {
		for (uint8_t family = AM_IPV4; family <= AM_IPV6; family += 2) {
			local = am_stack_vtep_local(c, &c->bridges[i], family);
			if (c->bridges[i].has_vni && local)
				add_local(b, AM_VRF_DEFAULT, local);
		}
	}
	return 0;
}
