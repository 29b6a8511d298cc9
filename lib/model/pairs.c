/* SPDX-License-Identifier: BSD-3-Clause */
/* Who writes the MAC/IP table: what the file says, what is learnt within limits, addresses that two claim, ageing. */
#include <stdlib.h>
#include <string.h>

#include "net/ether.h"
#include "state.h"
#include "table/mac_ip.h"

enum {
	PAIRS_MAX = 1 << 16,
	SLICE = 4096, /* looked at in a second */
	/* RFC 9161 3.7: so many moves within so long make a duplicate; the same time it is left alone. */
	MOVES = 5,
	WINDOW_S = 180,
};

/* What is known of an entry beside the table, by number. */
struct pair {
	uint8_t origin; /* enum am_pair_origin */
	uint32_t moves; /* since since_s */
	uint32_t since_s;
	uint32_t held_until_s; /* 0: not held; of a fixed one: when a conflict is said again */
	uint32_t mark;         /* the reconciliation that found it in the file */
};

struct am_pairs {
	struct am_mac_ips *table;
	struct pair *of;
	uint32_t mark;
	uint32_t walk_at;
	uint32_t now_s;
};

struct am_pairs *am_pairs_create(uint64_t seed)
{
	struct am_pairs *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	p->table = am_mac_ips_create(PAIRS_MAX, seed);
	p->of = calloc(PAIRS_MAX, sizeof *p->of);
	if (p->table && p->of)
		return p;
	am_pairs_free(p);
	return NULL;
}

void am_pairs_free(struct am_pairs *p)
{
	if (!p)
		return;
	am_mac_ips_free(p->table);
	free(p->of);
	free(p);
}

struct am_mac_ips *am_pairs_table(const struct am_pairs *p)
{
	return p->table;
}

uint64_t am_pairs_memory(const struct am_pairs *p)
{
	return sizeof *p + am_mac_ips_memory(p->table) + (uint64_t)am_mac_ips_end(p->table) * sizeof *p->of;
}

static bool is_fixed(const struct pair *p)
{
	return p->origin == AM_PAIR_CONFIGURED || p->origin == AM_PAIR_OWN;
}

static struct am_bridge_state *state_of(const struct am_model *m, uint16_t bridge)
{
	return m->bridge_slab.items[bridge];
}

/* ---- entries, counted ---- */

/* AM_MAC_IP_NONE where there is no room. */
static uint32_t put(struct am_model *m, const struct am_mac_ip *e, enum am_pair_origin origin, uint32_t now_s)
{
	struct am_bridge_state *state = state_of(m, e->bridge);
	uint32_t number = am_mac_ips_set(m->pairs->table, e, now_s);
	struct pair *p;

	if (number == AM_MAC_IP_NONE)
		return number;
	p = &m->pairs->of[number];
	state->stats.pairs.known += p->origin == AM_PAIR_FREE;
	state->pairs -= p->origin != AM_PAIR_FREE && !is_fixed(p);
	p->origin = (uint8_t)origin;
	state->pairs += !is_fixed(p);
	return number;
}

static void drop(struct am_model *m, uint32_t number, const struct am_mac_ip *e)
{
	struct am_bridge_state *state = state_of(m, e->bridge);
	struct pair *p = &m->pairs->of[number];

	state->stats.pairs.known--;
	state->pairs -= !is_fixed(p);
	am_mac_ips_del(m->pairs->table, number);
	*p = (struct pair){.origin = AM_PAIR_FREE};
}

/* ---- learning ---- */

static enum am_pair_news learn_new(
	struct am_model *m, const struct am_mac_ip *e, enum am_pair_origin origin, uint32_t now_s)
{
	struct am_bridge_state *state = state_of(m, e->bridge);

	if (state->pairs >= m->running->bridges[e->bridge]->arp_nd_limit ||
		put(m, e, origin, now_s) == AM_MAC_IP_NONE) {
		state->stats.pairs.refused++;
		return AM_PAIR_REFUSED;
	}
	state->stats.pairs.learnt++;
	return AM_PAIR_LEARNT;
}

/* Somebody claims what is not his; who looks after the box hears of it once in a while. */
static enum am_pair_news refuse_claim(struct am_bridge_state *state, struct pair *p, uint32_t now_s)
{
	state->stats.pairs.fixed++;
	if (p->held_until_s > now_s)
		return AM_PAIR_NOTHING;
	p->held_until_s = now_s + WINDOW_S;
	return AM_PAIR_FIXED;
}

static enum am_pair_news move(
	struct am_model *m, uint32_t number, struct am_mac_ip *e, enum am_pair_origin origin, uint32_t now_s)
{
	struct am_bridge_state *state = state_of(m, e->bridge);
	struct pair *p = &m->pairs->of[number];

	if (now_s - p->since_s > WINDOW_S) {
		p->since_s = now_s;
		p->moves = 0;
	}
	state->stats.pairs.moved++;
	if (++p->moves >= MOVES) {
		p->held_until_s = now_s + WINDOW_S;
		e->flags |= AM_MAC_IP_HELD;
		state->stats.pairs.doubled++;
	}
	put(m, e, origin, now_s);
	return e->flags & AM_MAC_IP_HELD ? AM_PAIR_DOUBLE : AM_PAIR_MOVED;
}

static bool may_learn(const struct am_model *m, const struct am_learn_pair_in *in)
{
	const struct am_roots *roots = m->running ? &m->running->roots : NULL;
	const struct am_bridge *bridge =
		roots && in->bridge < roots->n_bridges ? roots->bridges[in->bridge] : NULL;

	return bridge && bridge->suppress && in->member < roots->n_members && roots->members[in->member] &&
	       roots->members[in->member]->bridge == in->bridge;
}

/* A host of the bridge's own networks, where it has any of that family; link-local ones are everywhere. */
static bool may_be_here(const struct am_model *m, uint16_t bridge, const struct am_ip *ip)
{
	static const struct am_prefix link_local = {{.family = AM_IPV6, .bytes = {0xfe, 0x80}}, 10};
	const struct am_conf_l3 *l3 = &m->running->bridges[bridge]->l3;
	bool any = false;

	for (unsigned i = 0; i < l3->n_addresses; i++) {
		const struct am_prefix network = am_prefix_around(&l3->addresses[i].ip, l3->addresses[i].len);

		if (am_prefix_contains(&network, ip))
			return true;
		any |= network.ip.family == ip->family;
	}
	return !any || am_prefix_contains(&link_local, ip);
}

enum am_pair_news am_model_learn_pair(
	struct am_model *m, const struct am_learn_pair_in *in, uint64_t now, struct am_mac *before)
{
	struct am_mac_ip e = {.bridge = in->bridge, .ip = in->ip, .mac = in->mac, .flags = in->flags}, known;
	uint32_t number, now_s = (uint32_t)now;
	enum am_pair_origin origin;
	struct pair *p;

	m->pairs->now_s = now_s;
	if (!may_learn(m, in))
		return AM_PAIR_NOTHING;
	origin = m->running->roots.members[in->member]->kind == AM_MEMBER_VTEP ? AM_PAIR_REMOTE
									       : AM_PAIR_LOCAL;
	number = am_mac_ips_find(m->pairs->table, in->bridge, &in->ip, &known);
	if (number == AM_MAC_IP_NONE) {
		if (may_be_here(m, in->bridge, &in->ip))
			return learn_new(m, &e, origin, now_s);
		state_of(m, in->bridge)->stats.pairs.refused++;
		return AM_PAIR_NOTHING;
	}
	p = &m->pairs->of[number];
	*before = known.mac;
	if (!memcmp(&known.mac, &in->mac, sizeof known.mac)) {
		if (!is_fixed(p) && !(known.flags & AM_MAC_IP_HELD))
			put(m, &e, origin, now_s);
		return AM_PAIR_NOTHING;
	}
	if (is_fixed(p))
		return refuse_claim(state_of(m, in->bridge), p, now_s);
	return known.flags & AM_MAC_IP_HELD ? AM_PAIR_NOTHING : move(m, number, &e, origin, now_s);
}

/* ---- what the file says ---- */

static void fix(struct am_model *m, uint16_t bridge, const struct am_ip *ip, const struct am_mac *mac,
	bool router, enum am_pair_origin origin)
{
	const struct am_mac_ip e = {.bridge = bridge,
		.ip = *ip,
		.mac = *mac,
		.flags = (uint8_t)(AM_MAC_IP_FIXED | AM_MAC_IP_OVERRIDE | (router ? AM_MAC_IP_ROUTER : 0))};
	uint32_t number = put(m, &e, origin, m->pairs->now_s);

	if (number == AM_MAC_IP_NONE)
		state_of(m, bridge)->stats.pairs.refused++;
	else
		m->pairs->of[number].mark = m->pairs->mark;
}

static void fix_bridge(struct am_model *m, const struct am_bridge *bridge)
{
	const struct am_conf_bridge *conf = m->running->bridges[bridge->id];

	for (uint16_t i = 0; i < conf->n_hosts; i++)
		fix(m, bridge->id, &conf->hosts[i].ip, &conf->hosts[i].mac, conf->hosts[i].router,
			AM_PAIR_CONFIGURED);
	for (unsigned i = 0; bridge->l3 && i < conf->l3.n_addresses; i++)
		fix(m, bridge->id, &conf->l3.addresses[i].ip, &bridge->l3->mac, true, AM_PAIR_OWN);
}

void am_pairs_reconcile(struct am_model *m)
{
	const struct am_roots *roots = &m->running->roots;
	struct am_mac_ip e;

	m->pairs->mark++;
	for (uint16_t i = 0; i < roots->n_bridges; i++)
		if (roots->bridges[i] && roots->bridges[i]->suppress)
			fix_bridge(m, roots->bridges[i]);
	for (uint32_t i = 0; i < am_mac_ips_end(m->pairs->table); i++) {
		const struct pair *p = &m->pairs->of[i];
		const struct am_bridge *bridge;

		if (!am_mac_ips_at(m->pairs->table, i, &e))
			continue;
		bridge = e.bridge < roots->n_bridges ? roots->bridges[e.bridge] : NULL;
		if (!bridge || !bridge->suppress || (is_fixed(p) && p->mark != m->pairs->mark))
			drop(m, i, &e);
	}
}

/* ---- ageing ---- */

static void age(struct am_model *m, uint32_t number, struct am_mac_ip *e, uint32_t now_s)
{
	uint32_t limit = m->running->bridges[e->bridge]->arp_nd_ageing_s;
	uint32_t seen_s = am_mac_ips_seen_s(m->pairs->table, number);
	struct pair *p = &m->pairs->of[number];

	if (is_fixed(p))
		return;
	/* One that two have claimed is learnt anew. */
	if (e->flags & AM_MAC_IP_HELD ? now_s >= p->held_until_s
				      : limit && now_s > seen_s && now_s - seen_s > limit) {
		state_of(m, e->bridge)->stats.pairs.aged++;
		drop(m, number, e);
	}
}

void am_pairs_age(struct am_model *m, uint64_t now_s)
{
	struct am_pairs *p = m->pairs;
	uint32_t end = am_mac_ips_end(p->table);
	struct am_mac_ip e;

	p->now_s = (uint32_t)now_s;
	for (unsigned i = 0; i < SLICE && i < end; i++, p->walk_at++) {
		if (p->walk_at >= end)
			p->walk_at = 0;
		if (am_mac_ips_at(p->table, p->walk_at, &e))
			age(m, p->walk_at, &e, p->now_s);
	}
}

bool am_model_next_pair(const struct am_model *m, uint32_t *at, struct am_pair *out)
{
	const struct am_pairs *p = m->pairs;
	struct am_mac_ip e;

	while (*at < am_mac_ips_end(p->table)) {
		uint32_t number = (*at)++, seen_s = am_mac_ips_seen_s(p->table, number);

		if (!am_mac_ips_at(p->table, number, &e))
			continue;
		*out = (struct am_pair){.bridge = e.bridge,
			.origin = p->of[number].origin,
			.ip = e.ip,
			.mac = e.mac,
			.flags = e.flags,
			.age_s = p->now_s > seen_s ? p->now_s - seen_s : 0,
			.moves = p->of[number].moves};
		return true;
	}
	return false;
}
