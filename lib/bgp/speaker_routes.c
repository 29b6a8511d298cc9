/* SPDX-License-Identifier: BSD-3-Clause */
/* Between sessions and the table: next hops, restarts (RFC 4724, 9494), limits, and what goes out. */
#include <errno.h>
#include <string.h>

#include "speaker_inside.h"

enum { MEMORY_REST = 60 }; /* s, after a session that memory was too short for */

int am_bgp_speaker_open_table(struct am_bgp_speaker *s)
{
	struct am_bgp_rib_config config = s->config.rib;
	struct am_bgp_rib_peer self = {
		.neighbour = {.local = true, .as = s->config.as, .id = s->config.id},
		.local_as = s->config.as,
		.local_id = s->config.id,
		.import = {.run = am_bgp_filter_accept},
	};
	int rc;

	config.seed = s->config.seed;
	rc = am_bgp_rib_create(&config, &s->rib);
	if (rc)
		return rc;
	rc = am_bgp_rib_add(s->rib, &self);
	if (rc < 0)
		return rc;
	s->self = (unsigned)rc;
	return 0;
}

/* ---- what the table is told of a peer ---- */

static const struct am_ip *or_none(const struct am_ip *ip, uint8_t family)
{
	return ip->family == family ? ip : NULL;
}

/* RFC 2545 3: the link-local address beside the global one, or alone. */
static struct am_bgp_next_hop next_hop6(const struct am_bgp_speaker_end *here)
{
	const struct am_ip *global = or_none(&here->ipv6, AM_IPV6);

	if (!global && here->address.family == AM_IPV6 && !am_ip_is_link_local(&here->address))
		global = &here->address;
	return am_bgp_next_hop_of(global, or_none(&here->link_local, AM_IPV6));
}

static struct am_bgp_next_hop next_hop4(const struct am_bgp_speaker_end *here)
{
	const struct am_ip *ip =
		here->address.family == AM_IPV4 ? &here->address : or_none(&here->ipv4, AM_IPV4);

	return ip ? am_bgp_next_hop_of(ip, NULL) : (struct am_bgp_next_hop){0};
}

/* Ourselves, as routes of a family name us over this connection; len 0 where we have no such address. */
static struct am_bgp_next_hop ourselves(
	const struct am_bgp_speaker_end *here, const struct am_bgp_peer *session, unsigned family)
{
	bool over6 = here->address.family == AM_IPV6;
	struct am_bgp_next_hop v4 = next_hop4(here), v6 = next_hop6(here);

	if (family == AM_BGP_IPV6_UNICAST)
		return v6;
	if (family == AM_BGP_L2VPN_EVPN)
		return over6 || !v4.len ? v6 : v4;
	/* RFC 8950: over IPv6 the IPv6 next hop is the one that surely leads here. */
	if (session->agreed.next_hop6 & AM_BGP_IN(family) && (over6 || !v4.len))
		return v6;
	return v4;
}

static bool keeps_next_hop(const struct speaker_peer *p, const struct am_bgp_peer *session, unsigned family)
{
	/* RFC 7432 8: EVPN's next hop is the VTEP, and stays it on its way through others. */
	return p->config.next_hop_keep || (family == AM_BGP_L2VPN_EVPN && !p->config.routes.next_hop_self) ||
	       (session->receive.kind == AM_BGP_INTERNAL && !p->config.routes.next_hop_self);
}

static void set_next_hops(
	struct speaker_peer *p, unsigned conn, const struct am_bgp_peer *session, struct am_bgp_rib_peer *out)
{
	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++) {
		if (!out->next_hop[f].len)
			out->next_hop[f] = ourselves(&p->here[conn], session, f);
		if (keeps_next_hop(p, session, f) && session->receive.kind != AM_BGP_INTERNAL)
			out->next_hop[f].len = 0;
	}
}

/* What loops are found by, beside local_as and local_id. */
static void set_own(uint32_t as, const struct am_bgp_speaker_end *here, struct am_bgp_rib_peer *out)
{
	const struct am_ip *addresses[] = {&here->address, &here->ipv4, &here->ipv6, &here->link_local};

	if (!out->own_as[0])
		out->own_as[0] = as;
	for (unsigned i = 0; i < sizeof addresses / sizeof addresses[0]; i++)
		out->own_address[i] = *addresses[i];
}

/* All of it as bytes, so that it can be compared. */
static void describe(
	struct speaker_peer *p, unsigned conn, const struct am_bgp_peer *session, struct am_bgp_rib_peer *out)
{
	const struct am_bgp_session_config *c = &p->config.session;

	*out = p->config.routes;
	out->neighbour.kind = session->receive.kind;
	out->neighbour.as = session->open.as;
	out->neighbour.address = p->config.address;
	out->neighbour.interface = p->config.interface;
	out->local_as = c->local_as;
	out->local_id = c->local_id;
	/* RFC 9234 is about external sessions. */
	out->has_role = c->caps.has_role && session->receive.kind == AM_BGP_EXTERNAL;
	out->role = c->caps.role;
	set_own(p->speaker->config.as, &p->here[conn], out);
	set_next_hops(p, conn, session, out);
}

void am_bgp_speaker_routes_forget(struct am_bgp_speaker *s, struct speaker_peer *p)
{
	if (p->rib < 0)
		return;
	am_bgp_rib_remove(s->rib, (unsigned)p->rib);
	s->of_rib[p->rib] = -1;
	p->rib = -1;
	p->stale = p->long_lived = 0;
	p->stale_until = AM_BGP_NEVER;
	s->more = true;
}

/* Its place in the table: the one it has, as long as nothing about it is different. */
static int enter(
	struct am_bgp_speaker *s, struct speaker_peer *p, unsigned conn, const struct am_bgp_peer *session)
{
	struct am_bgp_rib_peer now;
	int rc;

	memset(&now, 0, sizeof now);
	describe(p, conn, session, &now);
	if (p->rib >= 0 && !memcmp(&now, &p->told, sizeof now))
		return 0;
	am_bgp_speaker_routes_forget(s, p);
	rc = am_bgp_rib_add(s->rib, &now);
	if (rc < 0)
		return rc;
	p->rib = rc;
	p->told = now;
	s->of_rib[rc] = (int)p->number;
	return 0;
}

/* ---- a session comes and goes ---- */

static void no_memory(struct am_bgp_speaker *s, struct speaker_peer *p, am_time now)
{
	am_bgp_stop(p->session, AM_BGP_CEASE_RESOURCES, NULL, now);
	p->restart_at = am_time_add(now, MEMORY_REST * AM_S);
	am_bgp_speaker_touched(s, p);
}

void am_bgp_speaker_routes_up(struct am_bgp_speaker *s, struct speaker_peer *p, unsigned conn,
	const struct am_bgp_peer *session, am_time now)
{
	const struct am_bgp_agreed *a = &session->agreed;

	if (enter(s, p, conn, session) || am_bgp_rib_up(s->rib, (unsigned)p->rib, session)) {
		no_memory(s, p, now);
		return;
	}
	s->more = true;
	/* RFC 4724 4.2, 9494 4.2: what the table did not sweep waits for its End-of-RIB. */
	p->stale = (p->stale & a->graceful_forwarding) | (p->long_lived & a->long_lived_forwarding);
	p->long_lived = 0;
	memcpy(p->stale_time, a->stale_time, sizeof p->stale_time);
	p->stale_until = p->stale ? am_time_add(now, AM_BGP_SPEAKER_STALE_TIME * AM_S) : AM_BGP_NEVER;
}

void am_bgp_speaker_routes_down(struct am_bgp_speaker *s, struct speaker_peer *p, am_time now)
{
	const struct am_bgp_end *end = &p->end;
	am_bgp_families stale = p->leaving ? 0 : end->stale;

	if (!end->was_up || p->rib < 0)
		return;
	am_bgp_rib_down(s->rib, (unsigned)p->rib, stale);
	s->more = true;
	p->stale = stale;
	p->long_lived = 0;
	p->stale_until = stale ? am_time_add(now, end->restart_time * AM_S) : AM_BGP_NEVER;
}

/* RFC 9494 4.2: for as long as the peer told, and we want, family by family; *next: when the first of them ends. */
static am_bgp_families kept_longer(struct speaker_peer *p, am_time now, am_time *next)
{
	am_bgp_families out = 0;

	*next = AM_BGP_NEVER;
	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++) {
		uint32_t ours = p->config.stale_time[f], theirs = p->stale_time[f];

		if (p->stale & AM_BGP_IN(f))
			p->dies[f] = am_time_add(now, (ours < theirs ? ours : theirs) * AM_S);
		if (!((p->stale | p->long_lived) & AM_BGP_IN(f)) || !am_time_before(now, p->dies[f]))
			continue;
		out |= AM_BGP_IN(f);
		if (am_time_before(p->dies[f], *next))
			*next = p->dies[f];
	}
	return out;
}

/* The restart time is over (RFC 4724 4.2), and what may live longer does (RFC 9494 4.2); or that is over, too. */
static void end_of_stale(struct am_bgp_speaker *s, struct speaker_peer *p, am_time now)
{
	am_time next = AM_BGP_NEVER;
	am_bgp_families longer = 0, go = p->stale | p->long_lived;

	if (!am_bgp_session_peer(p->session) && p->rib >= 0)
		longer = kept_longer(p, now, &next);
	go &= (am_bgp_families)~longer;
	if (go && p->rib >= 0)
		am_bgp_rib_sweep(s->rib, (unsigned)p->rib, go);
	if (longer & p->stale)
		am_bgp_rib_long_lived(s->rib, (unsigned)p->rib, longer & p->stale);
	p->stale = 0;
	p->long_lived = longer;
	p->stale_until = next;
	s->more = true;
}

void am_bgp_speaker_routes_expire(struct am_bgp_speaker *s, struct speaker_peer *p, am_time now)
{
	if (!am_time_before(now, p->stale_until))
		end_of_stale(s, p, now);
	if (am_time_before(now, p->restart_at))
		return;
	p->restart_at = AM_BGP_NEVER;
	if (p->wanted && p->config.address.family)
		am_bgp_start(p->session, now);
	am_bgp_speaker_touched(s, p);
}

static void count(const struct am_bgp_routes *routes, uint64_t counts[AM_BGP_FAMILIES])
{
	struct am_bgp_nlri_iter iter = am_bgp_nlri_iter(routes);
	struct am_bgp_nlri nlri;

	while (am_bgp_nlri_next(&iter, &nlri))
		counts[nlri.family]++;
}

/* RFC 7606 2: what a wrong UPDATE announces, it withdraws. */
static void sink(struct am_bgp_speaker_sunk *sunk, const struct am_bgp_update *update)
{
	uint64_t *announced = update->class < AM_BGP_WITHDRAW ? sunk->announced : sunk->withdrawn;

	count(&update->withdrawn, sunk->withdrawn);
	count(&update->announced, announced);
	count(&update->mp_withdrawn, sunk->withdrawn);
	count(&update->mp_announced, announced);
}

void am_bgp_speaker_routes_update(
	struct am_bgp_speaker *s, struct speaker_peer *p, const struct am_bgp_update *update, am_time now)
{
	if (p->config.sink) {
		sink(&p->sunk, update);
		return;
	}
	if (p->rib < 0)
		return;
	if (am_bgp_rib_update(s->rib, (unsigned)p->rib, update))
		no_memory(s, p, now);
	s->more = true;
	if (update->end_of_rib)
		p->stale &= (am_bgp_families)~AM_BGP_IN(
			update->has_mp_unreach ? update->mp_withdrawn.family : AM_BGP_IPV4_UNICAST);
	if (!p->stale && !p->long_lived)
		p->stale_until = AM_BGP_NEVER;
}

/* ---- what goes out ---- */

void am_bgp_speaker_routes_send(struct am_bgp_speaker *s, struct speaker_peer *p, am_time now)
{
	struct am_bgp_span message;
	bool sent = false;

	if (p->rib < 0 || !am_bgp_session_peer(p->session))
		return;
	while (am_bgp_rib_output(s->rib, (unsigned)p->rib, &message) &&
		!am_bgp_send_message(p->session, message, now)) {
		am_bgp_rib_sent(s->rib, (unsigned)p->rib);
		sent = true;
	}
	if (sent)
		am_bgp_speaker_touched(s, p);
}

void am_bgp_speaker_routes_run(struct am_bgp_speaker *s, am_time now)
{
	if (!s->more && am_time_before(now, am_bgp_rib_deadline(s->rib)))
		return;
	s->more = am_bgp_rib_step(s->rib, AM_BGP_SPEAKER_BUDGET, now) == 1;
	for (unsigned i = 0; i < s->n_peers; i++) {
		if (s->peers[i])
			am_bgp_speaker_routes_send(s, s->peers[i], now);
	}
}

/* A peer that told too much is cut off (RFC 4486 4), and may come back later. */
static void over_limit(struct am_bgp_speaker *s, struct speaker_peer *p, am_time now)
{
	am_bgp_stop(p->session, AM_BGP_CEASE_MAX_PREFIXES, NULL, now);
	if (p->config.limit_restart)
		p->restart_at = am_time_add(now, p->config.limit_restart * AM_S);
	am_bgp_speaker_touched(s, p);
}

bool am_bgp_speaker_routes_event(struct am_bgp_speaker *s, struct am_bgp_speaker_event *out, am_time now)
{
	while (am_bgp_rib_next_event(s->rib, &out->table)) {
		int number = am_bgp_speaker_peer_of(s, out->table.peer);

		if (number < 0)
			continue;
		if (out->table.type == AM_BGP_RIB_LIMIT_IN)
			over_limit(s, s->peers[number], now);
		out->type = AM_BGP_SPEAKER_TABLE;
		out->link = (struct am_bgp_link){.peer = (unsigned)number};
		return true;
	}
	return false;
}

/* ---- the program's own questions and routes ---- */

int am_bgp_speaker_announce(
	struct am_bgp_speaker *s, const struct am_bgp_nlri *nlri, const struct am_bgp_set *set)
{
	s->more = true;
	return am_bgp_rib_announce(s->rib, s->self, nlri, set);
}

int am_bgp_speaker_withdraw(struct am_bgp_speaker *s, const struct am_bgp_nlri *nlri)
{
	s->more = true;
	return am_bgp_rib_withdraw(s->rib, s->self, nlri);
}

void am_bgp_speaker_recheck(struct am_bgp_speaker *s, const struct am_prefix *within, size_t n)
{
	s->more = true;
	am_bgp_rib_recheck(s->rib, within, n);
}

bool am_bgp_speaker_next_change(struct am_bgp_speaker *s, struct am_bgp_rib_change *out)
{
	return am_bgp_rib_next_change(s->rib, out);
}

struct am_bgp_rib *am_bgp_speaker_rib(struct am_bgp_speaker *s)
{
	return s->rib;
}

int am_bgp_speaker_peer_of(const struct am_bgp_speaker *s, unsigned rib_peer)
{
	return rib_peer < AM_BGP_RIB_PEERS ? s->of_rib[rib_peer] : -1;
}

int am_bgp_speaker_rib_peer(const struct am_bgp_speaker *s, unsigned peer)
{
	return peer < s->n_peers && s->peers[peer] ? s->peers[peer]->rib : -1;
}
