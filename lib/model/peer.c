/* SPDX-License-Identifier: BSD-3-Clause */
/* Whom to accept packets from, and what for. */
#include <errno.h>
#include <stdio.h>

#include "build.h"

/* vrf, remote, local to their stable index in the builder. */
static int add_peer(struct am_build *b, uint16_t vrf, const struct am_ip *remote, const struct am_ip *local,
	uint32_t *index)
{
	char name[AM_ID_NAME], r[AM_IP_TEXT], l[AM_IP_TEXT];
	uint16_t at = 0;
	int rc;

	snprintf(name, sizeof name, "%s from %s to %s", vrf == AM_VRF_UNDERLAY ? "underlay" : "default",
		am_ip_text(remote, r), am_ip_text(local, l));
	rc = am_build_number(b, b->m->peers, "peer", name, 1, &at, NULL);
	*index = at;
	return rc < 0 ? rc : am_peers_add(b->peers, vrf, remote, local, at);
}

static enum am_peer_use tunnel_use(const struct am_conf_tunnel *t)
{
	if (t->type == AM_CONF_ETHERIP)
		return AM_USE_ETHERIP;
	if (t->type == AM_CONF_GRE)
		return t->has_key ? AM_USE_GRE_KEY : AM_USE_GRE;
	return t->has_key ? AM_USE_GRETAP_KEY : AM_USE_GRETAP;
}

/* That no two tunnels and no two members want the same packets is checked by lib/config. */
static int tunnel_peers(struct am_build *b, unsigned i)
{
	const struct am_conf_tunnel *t = &b->config->tunnels[i];
	uint32_t peer;
	int rc = 0;

	if (!am_config_tunnel_has_ends(t))
		return 0;
	for (unsigned k = 0; k < t->n_local && rc == 0; k++) {
		rc = add_peer(b, AM_VRF_UNDERLAY, &t->remote[k], &t->local[k], &peer);
		if (rc == 0)
			rc = am_peers_add_use(
				b->peers, peer, tunnel_use(t), t->has_key ? t->key : 0, b->tunnel_ids[i]);
	}
	return rc;
}

static int vtep_peer(
	struct am_build *b, const struct am_conf_bridge *bridge, const struct am_ip *vtep, uint16_t member)
{
	const struct am_ip *local = am_config_vtep_local(b->config, bridge, vtep->family);
	uint32_t peer;
	int rc = add_peer(b, AM_VRF_DEFAULT, vtep, local, &peer);

	return rc < 0 ? rc : am_peers_add_use(b->peers, peer, AM_USE_VXLAN, bridge->vni, member);
}

int am_build_peers(struct am_build *b)
{
	const uint16_t *ids = b->member_ids;
	int rc = 0;

	for (unsigned i = 0; i < b->config->n_tunnels && rc == 0; i++)
		rc = tunnel_peers(b, i);
	for (unsigned i = 0; i < b->config->n_bridges; i++) {
		const struct am_conf_bridge *bridge = &b->config->bridges[i];

		for (unsigned k = 0; k < bridge->n_members && rc == 0; k++)
			if (bridge->members[k].kind == AM_CONF_MEMBER_VTEP)
				rc = vtep_peer(b, bridge, &bridge->members[k].vtep, ids[k]);
		ids += bridge->n_members;
	}
	if (rc < 0)
		return rc;
	b->s->peers = am_peers_build(b->peers);
	b->s->roots.peers = b->s->peers;
	return b->s->peers ? 0 : -ENOMEM;
}
