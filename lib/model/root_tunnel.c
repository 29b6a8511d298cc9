/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "build.h"

static int tunnel_sequence(struct am_build *b, const struct am_conf_tunnel *conf, struct am_tunnel *t)
{
	struct {
		struct am_ip local[AM_CONFIG_STRIPES], remote[AM_CONFIG_STRIPES];
		uint32_t type, has_key, key;
		uint8_t pad[4];
	} ends = {.type = conf->type, .has_key = conf->has_key, .key = conf->has_key ? conf->key : 0};
	struct am_sequence *seq;
	char name[AM_ID_NAME];
	uint16_t index = 0;
	int rc;

	_Static_assert(sizeof ends % 8 == 0, "hashed in words of 8");
	memcpy(ends.local, conf->local, conf->n_local * sizeof *conf->local);
	memcpy(ends.remote, conf->remote, conf->n_remote * sizeof *conf->remote);
	/* Another far end starts to count anew, so the ends are part of the name. */
	snprintf(name, sizeof name, "%s %016jx", conf->name, (uintmax_t)am_hash_words(&ends, sizeof ends, 0));
	rc = am_build_number(b, b->m->sequences, "sequence", name, 1, &index, NULL);
	if (rc < 0)
		return rc;
	seq = am_slab_get(&b->m->sequence_slab, index, sizeof *seq);
	if (!seq)
		return -ENOMEM;
	if (am_ids_holders(b->m->sequences, index) == 1)
		seq->tx = seq->rx = 0;
	t->tx_seq = &seq->tx;
	t->rx_seq = &seq->rx;
	return 0;
}

static enum am_tunnel_kind tunnel_kind(const struct am_conf_tunnel *conf)
{
	struct am_encap_spec spec;

	am_stack_tunnel_spec(conf, 0, &spec);
	return spec.kind;
}

/* The clamp of an L3 tunnel's inner packets; those inside members are clamped by the member. */
static void tunnel_mss(const struct am_conf_tunnel *conf, struct am_tunnel *t)
{
	unsigned whole = conf->mtu, stripe_whole;
	struct am_encap_spec spec;
	struct am_encap encap;

	if (am_tunnel_is_l2(conf))
		return;
	for (unsigned i = 0; i < conf->n_local; i++) {
		am_stack_tunnel_spec(conf, i, &spec);
		if (am_encap_build(&spec, &encap, NULL) < 0)
			continue; /* refused already */
		stripe_whole = am_encap_whole_payload(&encap);
		whole = stripe_whole < whole ? stripe_whole : whole;
	}
	am_stack_mss(conf, conf->mtu, whole, &t->mss4, &t->mss6);
}

static int build_tunnel(struct am_build *b, unsigned i)
{
	const struct am_conf_tunnel *conf = &b->config->tunnels[i];
	struct am_tunnel *t = am_snapshot_alloc(b->s, 1, sizeof *t);

	if (!t)
		return -ENOMEM;
	*t = (struct am_tunnel){
		.id = b->tunnel_ids[i],
		.iface = b->tunnel_ifaces[i],
		.kind = (uint8_t)tunnel_kind(conf),
		.accept_swapped = conf->accept_swapped,
		.want_csum = conf->checksum,
		.seq = conf->sequence,
		.dscp_uniform = conf->dscp_uniform,
		.mtu = conf->mtu,
		.vrf = AM_VRF_DEFAULT,
		.vlans = AM_NO_VLANS,
	};
	if (am_tunnel_is_l2(conf))
		t->mac = am_tunnel_mac(conf);
	tunnel_mss(conf, t);
	b->s->roots.tunnels[t->id] = t;
	am_build_name_iface(b, t->iface, AM_IFACE_TUNNEL, conf->name);
	return conf->sequence ? tunnel_sequence(b, conf, t) : 0;
}

int am_build_tunnels(struct am_build *b)
{
	int rc = 0;

	for (unsigned i = 0; i < b->config->n_tunnels && rc == 0; i++)
		rc = build_tunnel(b, i);
	return rc;
}

struct am_tunnel *am_build_tunnel_root(const struct am_build *b, const struct am_conf_tunnel *conf)
{
	return b->s->roots.tunnels[b->tunnel_ids[conf - b->config->tunnels]];
}
