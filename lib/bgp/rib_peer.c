/* SPDX-License-Identifier: BSD-3-Clause */
/* Peers come, go, and are given other policies. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rib_state.h"

static bool grow(struct am_bgp_rib *rib)
{
	unsigned room = rib->peer_room ? rib->peer_room * 2 : 8;
	struct am_bgp_peer_state **peers = calloc(room, sizeof *peers);

	if (!peers)
		return false;
	if (rib->n_peers)
		memcpy(peers, rib->peers, rib->n_peers * sizeof *peers);
	free(rib->peers);
	rib->peers = peers;
	rib->peer_room = room;
	return true;
}

static bool is_right(const struct am_bgp_rib_peer *config)
{
	return config->neighbour.local || (config->local_as && config->local_id);
}

int am_bgp_rib_add(struct am_bgp_rib *rib, const struct am_bgp_rib_peer *config)
{
	struct am_bgp_peer_state *p;
	unsigned at = 0;

	if (!is_right(config))
		return -EINVAL;
	while (at < rib->n_peers && rib->peers[at])
		at++;
	if (at == AM_BGP_RIB_PEERS)
		return -ENFILE;
	if (at == rib->peer_room && !grow(rib))
		return -ENOMEM;
	p = calloc(1, sizeof *p);
	if (!p)
		return -ENOMEM;
	p->config = *config;
	if (!p->config.cluster_id)
		p->config.cluster_id = config->local_id;
	if (config->neighbour.local)
		p->config.neighbour.kind = AM_BGP_INTERNAL;
	p->up = config->neighbour.local;
	rib->peers[at] = p;
	if (at == rib->n_peers)
		rib->n_peers++;
	return (int)at;
}

/* What was prepared from this peer's paths holds no longer. */
static void forget_outlets(struct am_bgp_rib *rib, unsigned peer)
{
	for (struct am_bgp_group *g = rib->groups; g; g = g->next) {
		if (g->outlet.peer == peer)
			am_bgp_outlet_close(rib, &g->outlet);
	}
}

void am_bgp_rib_remove(struct am_bgp_rib *rib, unsigned peer)
{
	struct am_bgp_peer_state *p = rib->peers[peer];

	am_bgp_rib_down(rib, peer, 0);
	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++)
		p->in[f].recheck_at = 0;
	p->leaving = true;
}

/* RFC 4724 4.2, 9494 4.2: stale routes stay over the peer's return where it says that it kept forwarding by them. */
static am_bgp_families kept(const struct am_bgp_peer_state *p)
{
	const struct am_bgp_agreed *a = &p->agreed;
	am_bgp_families keep = 0;

	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++)
		keep |= (p->in[f].long_lived ? a->long_lived_forwarding : a->graceful_forwarding) &
			AM_BGP_IN(f);
	return keep & a->families;
}

int am_bgp_rib_up(struct am_bgp_rib *rib, unsigned peer, const struct am_bgp_peer *session)
{
	struct am_bgp_peer_state *p = rib->peers[peer];
	int rc = 0;

	forget_outlets(rib, peer);
	p->up = true;
	p->agreed = session->agreed;
	p->send = session->send;
	p->max = session->agreed.extended_message ? AM_BGP_EXTENDED_MAX : AM_BGP_MESSAGE_MAX;
	p->config.neighbour.kind = session->send.kind;
	p->config.neighbour.as = session->open.as;
	p->config.neighbour.id = session->open.id;
	memset(p->told, 0, sizeof p->told);
	am_bgp_rib_sweep(rib, peer, (am_bgp_families)~kept(p));
	for (unsigned f = 0; f < AM_BGP_FAMILIES && !rc; f++) {
		if (!(p->agreed.families & AM_BGP_IN(f)))
			continue;
		rc = am_bgp_group_join(rib, peer, f);
		p->out[f].end_of_rib = true;
		p->out[f].end_of_refresh = p->out[f].again_due = false;
	}
	if (rc)
		am_bgp_rib_down(rib, peer, 0);
	return rc;
}

void am_bgp_rib_down(struct am_bgp_rib *rib, unsigned peer, am_bgp_families stale)
{
	struct am_bgp_peer_state *p = rib->peers[peer];

	p->up = false;
	forget_outlets(rib, peer);
	am_bgp_queue_release(&p->queue);
	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++) {
		struct am_bgp_in *in = &p->in[f];

		am_bgp_group_leave(rib, peer, f);
		p->raised[f] = 0;
		if (!(stale & AM_BGP_IN(f))) {
			am_bgp_in_epoch(rib, peer, f, false);
			continue;
		}
		/* What was stale already goes now. */
		am_bgp_in_drop(in, in->fresh);
		in->long_lived = false;
		am_bgp_in_epoch(rib, peer, f, true);
		in->fresh = in->epoch;
	}
}

void am_bgp_rib_sweep(struct am_bgp_rib *rib, unsigned peer, am_bgp_families families)
{
	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++) {
		if (families & AM_BGP_IN(f))
			am_bgp_in_sweep(&rib->peers[peer]->in[f]);
	}
}

void am_bgp_rib_long_lived(struct am_bgp_rib *rib, unsigned peer, am_bgp_families families)
{
	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++) {
		struct am_bgp_in *in = &rib->peers[peer]->in[f];

		if (!(families & AM_BGP_IN(f)) || !in->count)
			continue;
		in->long_lived = in->redecide = true;
		am_bgp_in_recheck(in, false);
	}
}

void am_bgp_rib_refresh(struct am_bgp_rib *rib, unsigned peer, const struct am_bgp_refresh *refresh)
{
	struct am_bgp_peer_state *p = rib->peers[peer];
	enum am_bgp_family family = am_bgp_family_of(refresh->afi, refresh->safi);

	if (family >= AM_BGP_FAMILIES || !(p->agreed.families & AM_BGP_IN(family)))
		return;
	switch (refresh->kind) {
	case AM_BGP_REFRESH_ASK:
		/* Without memory for a BoRR, the peer keeps what it has, and may ask again. */
		if (p->out[family].group)
			am_bgp_out_again(rib, peer, family, p->agreed.enhanced_refresh);
		break;
	case AM_BGP_REFRESH_BEGIN:
		am_bgp_in_refreshed(rib, peer, family);
		break;
	case AM_BGP_REFRESH_END:
		am_bgp_in_sweep(&p->in[family]);
		break;
	default:
		break;
	}
}

void am_bgp_rib_set_import(struct am_bgp_rib *rib, unsigned peer, struct am_bgp_filter filter)
{
	struct am_bgp_peer_state *p = rib->peers[peer];

	p->config.import = filter;
	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++) {
		if (p->in[f].count)
			am_bgp_in_recheck(&p->in[f], false);
	}
}

static void group_filter(struct am_bgp_rib *rib, struct am_bgp_group *g, struct am_bgp_filter filter)
{
	am_bgp_outlet_close(rib, &g->outlet);
	g->rules.filter = filter;
	g->walk_some = false;
	g->walk_at = 1;
}

/* The peer was told what its last group was told: of all that, and of what its new one is told, it hears once more. */
static void mark_told(struct am_bgp_out *out, const struct am_bgp_group *g, uint32_t end)
{
	for (uint32_t page = 0; page < g->n_pages; page++) {
		for (uint32_t i = 0; g->pages[page] && i < AM_BGP_PAGE && page * AM_BGP_PAGE + i < end; i++) {
			if (g->pages[page]->told[i])
				am_bgp_mark(&out->behind, page * AM_BGP_PAGE + i);
		}
	}
}

/* From one group to another, with what it was told in mind. */
static int move(struct am_bgp_rib *rib, unsigned peer, enum am_bgp_family family)
{
	struct am_bgp_out *out = &rib->peers[peer]->out[family];
	struct am_bgp_group *old = out->group;
	struct am_bgp_marks behind = out->behind;
	uint16_t unsure = out->unsure > old->rules.paths ? out->unsure : old->rules.paths;
	int rc;

	out->behind = (struct am_bgp_marks){0};
	am_bgp_group_leave(rib, peer, family);
	rc = am_bgp_group_join(rib, peer, family);
	if (!rc) {
		am_bgp_marks_join(&out->behind, &behind);
		mark_told(out, old, out->behind.end);
		mark_told(out, out->group, out->behind.end);
		out->mode = AM_BGP_OUT_BEHIND;
		out->unsure = unsure;
	} else {
		am_bgp_marks_join(&rib->decide[family], &behind);
	}
	am_bgp_marks_release(&behind);
	return rc;
}

int am_bgp_rib_set_export(struct am_bgp_rib *rib, unsigned peer, struct am_bgp_filter filter)
{
	struct am_bgp_peer_state *p = rib->peers[peer];
	int rc = 0;

	p->config.export = filter;
	for (unsigned f = 0; f < AM_BGP_FAMILIES && !rc; f++) {
		struct am_bgp_group *g = p->out[f].group;

		if (g && g->n_members == 1)
			group_filter(rib, g, filter);
		else if (g)
			rc = move(rib, peer, f);
	}
	return rc;
}

static bool same_filter(struct am_bgp_filter a, struct am_bgp_filter b)
{
	return a.run == b.run && a.policy == b.policy;
}

void am_bgp_rib_swap_filter(
	struct am_bgp_rib *rib, struct am_bgp_filter old, struct am_bgp_filter replacement)
{
	for (unsigned i = 0; i < rib->n_peers; i++) {
		struct am_bgp_peer_state *p = rib->peers[i];

		if (!p)
			continue;
		if (same_filter(p->config.import, old))
			am_bgp_rib_set_import(rib, i, replacement);
		if (same_filter(p->config.export, old))
			p->config.export = replacement;
	}
	for (struct am_bgp_group *g = rib->groups; g; g = g->next) {
		if (!g->dying && same_filter(g->rules.filter, old))
			group_filter(rib, g, replacement);
	}
}

/* A list of these and all that is longer. NULL: no memory, or something that is no prefix. */
static struct am_bgp_prefix_list *list_of(const struct am_prefix *prefixes, size_t n)
{
	struct am_bgp_prefix_entry *entries = calloc(n, sizeof *entries);
	struct am_bgp_prefix_list *list = NULL;

	for (size_t i = 0; entries && i < n; i++)
		entries[i] = (struct am_bgp_prefix_entry){.prefix = prefixes[i],
			.ge = prefixes[i].len,
			.le = prefixes[i].ip.family == AM_IPV4 ? 32 : 128,
			.permit = true};
	if (entries && am_bgp_prefix_list_create(entries, n, &list))
		list = NULL;
	free(entries);
	return list;
}

bool am_bgp_rib_is_doubtful(const struct am_bgp_rib *rib, enum am_bgp_family family, uint32_t node)
{
	struct am_bgp_nlri nlri;

	if (family == AM_BGP_L2VPN_EVPN)
		return false;
	am_bgp_table_nlri(&rib->tables[family], node, (struct am_bgp_span){0}, &nlri);
	return am_bgp_prefix_list_permits(rib->doubtful, &nlri.prefix);
}

/* What is under way for another list goes on for all prefixes: am_bgp_in_recheck() sees to it, and so does this. */
static void recheck_group(struct am_bgp_group *g, bool some)
{
	g->walk_some = some && !g->walk_at;
	g->walk_at = 1;
}

void am_bgp_rib_recheck(struct am_bgp_rib *rib, const struct am_prefix *within, size_t n)
{
	struct am_bgp_prefix_list *list = within ? list_of(within, n) : NULL;

	for (unsigned i = 0; i < rib->n_peers; i++) {
		for (unsigned f = 0; rib->peers[i] && f < AM_BGP_FAMILIES; f++) {
			struct am_bgp_in *in = &rib->peers[i]->in[f];

			if (in->recheck_at || (in->count && !rib->peers[i]->leaving))
				am_bgp_in_recheck(in, list);
		}
	}
	for (struct am_bgp_group *g = rib->groups; g; g = g->next) {
		if (!g->dying)
			recheck_group(g, list);
	}
	am_bgp_prefix_list_free(rib->doubtful);
	rib->doubtful = list;
}
