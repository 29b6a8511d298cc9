/* SPDX-License-Identifier: BSD-3-Clause */
#include "announce.h"

#include <string.h>

static struct am_bgp_nlri nlri_of(const struct am_bgpconf_announce *a)
{
	struct am_bgp_nlri nlri;

	memset(&nlri, 0, sizeof nlri);
	nlri.family = a->prefix.ip.family == AM_IPV4 ? AM_BGP_IPV4_UNICAST : AM_BGP_IPV6_UNICAST;
	nlri.prefix = a->prefix;
	return nlri;
}

static int announce(struct am_bgpd *d, const struct am_bgpconf_announce *a)
{
	struct am_bgp_nlri nlri = nlri_of(a);
	struct am_bgp_set set = {
		.attrs = {.has = AM_BGP_HAS(AM_BGP_ATTR_ORIGIN) | AM_BGP_HAS(AM_BGP_ATTR_AS_PATH),
			.origin = AM_BGP_ORIGIN_IGP},
	};

	if (a->has_med) {
		set.attrs.has |= AM_BGP_HAS(AM_BGP_ATTR_MED);
		set.attrs.med = a->med;
	}
	if (a->next_hop.family)
		set.next_hop = am_bgp_next_hop_of(&a->next_hop, NULL);
	return am_bgp_speaker_announce(d->speaker, &nlri, &set);
}

static struct am_bgp_nlri evpn_nlri(const struct am_bgpconf_evpn *e)
{
	struct am_bgp_nlri nlri;

	memset(&nlri, 0, sizeof nlri);
	nlri.family = AM_BGP_L2VPN_EVPN;
	nlri.evpn = e->route;
	return nlri;
}

static int announce_evpn(struct am_bgpd *d, const struct am_bgpconf_evpn *e)
{
	struct am_bgp_nlri nlri = evpn_nlri(e);
	struct am_bgp_set set = {
		.attrs = {.has = AM_BGP_HAS(AM_BGP_ATTR_ORIGIN) | AM_BGP_HAS(AM_BGP_ATTR_AS_PATH),
			.origin = AM_BGP_ORIGIN_IGP,
			.ext_communities = {e->ext, 8u * e->n_ext},
			.pmsi = {e->pmsi, e->pmsi_len}},
		.next_hop = am_bgp_next_hop_of(&e->next_hop, NULL),
	};

	if (e->n_ext)
		set.attrs.has |= AM_BGP_HAS(AM_BGP_ATTR_EXT_COMMUNITIES);
	if (e->pmsi_len)
		set.attrs.has |= AM_BGP_HAS(AM_BGP_ATTR_PMSI);
	return am_bgp_speaker_announce(d->speaker, &nlri, &set);
}

static bool evpn_still_there(const struct am_bgpconf *c, const struct am_bgpconf_evpn *e)
{
	for (uint16_t i = 0; i < c->n_evpn; i++) {
		if (!memcmp(&c->evpn[i], e, sizeof *e))
			return true;
	}
	return false;
}

static bool still_there(const struct am_bgpconf *c, const struct am_prefix *prefix)
{
	for (uint16_t i = 0; i < c->n_announce; i++) {
		if (!memcmp(&c->announce[i].prefix, prefix, sizeof *prefix))
			return true;
	}
	return false;
}

int am_bgpd_announce(struct am_bgpd *d, const struct am_bgpconf *old, struct am_err *err)
{
	int rc = 0;

	for (uint16_t i = 0; old && i < old->n_announce; i++) {
		struct am_bgp_nlri nlri = nlri_of(&old->announce[i]);

		if (!still_there(d->config, &old->announce[i].prefix))
			am_bgp_speaker_withdraw(d->speaker, &nlri);
	}
	for (uint16_t i = 0; old && i < old->n_evpn; i++) {
		struct am_bgp_nlri nlri = evpn_nlri(&old->evpn[i]);

		if (!evpn_still_there(d->config, &old->evpn[i]))
			am_bgp_speaker_withdraw(d->speaker, &nlri);
	}
	for (uint16_t i = 0; i < d->config->n_evpn && !rc; i++)
		rc = announce_evpn(d, &d->config->evpn[i]);
	for (uint16_t i = 0; i < d->config->n_announce && !rc; i++)
		rc = announce(d, &d->config->announce[i]);
	return rc ? am_fail(err, -rc, "cannot announce a prefix: %s", strerror(-rc)) : 0;
}
