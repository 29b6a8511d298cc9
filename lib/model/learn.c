/* SPDX-License-Identifier: BSD-3-Clause */
/* Who writes the FDB: learning with its limit, moves and the loop guard, ageing, static entries. */
#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "state.h"

enum {
	MOVE_SETS = 1024,
	MOVE_WAYS = 4,
	PATIENCE_PARTS = 32, /* so much of the ageing time passes before workers are asked for a MAC */
	PATIENCE_MAX_S = 30,
	SLICE_ENTRIES = 4096,
	SLICES_MAX = 60, /* of one walk: where a caller comes but once a second, it takes a minute */
};

/* A MAC that moved lately. */
struct move {
	am_fdb_key key; /* 0: free */
	uint64_t since_s;
	uint64_t held_until_s; /* 0: not held */
	uint16_t first;        /* member it was at before the first of these moves */
	uint16_t moves;
};

struct am_learner {
	uint64_t seed;
	uint64_t now_s;   /* of the last report or tick */
	uint64_t second;  /* of the last am_model_age */
	bool folding;     /* a round through what workers saw has begun and is not done */
	bool walking;     /* a walk through the FDB has begun and is not done */
	uint32_t walk_at; /* where it goes on */
	bool settling;    /* a commit has left entries that may point to nowhere, and the walk drops them */
	bool disturbed;   /* something was put in since the walk began: it may have missed an entry */
	bool statics_missing; /* some found no room; tried again after each walk */
	struct move moves[MOVE_SETS][MOVE_WAYS];
};

struct am_learner *am_learner_create(uint64_t seed)
{
	struct am_learner *l = calloc(1, sizeof *l);

	if (l) {
		l->seed = seed;
		l->second = UINT64_MAX; /* none yet */
	}
	return l;
}

void am_learner_free(struct am_learner *l)
{
	free(l);
}

uint64_t am_learner_memory(const struct am_learner *l)
{
	return sizeof *l;
}

static uint16_t key_bridge(am_fdb_key key)
{
	return (uint16_t)key;
}

static struct am_bridge_state *state_of(const struct am_model *m, am_fdb_key key)
{
	uint16_t bridge = key_bridge(key);

	return bridge < m->bridge_slab.n ? m->bridge_slab.items[bridge] : NULL;
}

static const struct am_bridge *bridge_of(const struct am_model *m, am_fdb_key key)
{
	const struct am_roots *roots = m->running ? &m->running->roots : NULL;

	return roots && key_bridge(key) < roots->n_bridges ? roots->bridges[key_bridge(key)] : NULL;
}

static bool member_exists(const struct am_model *m, am_fdb_key key, uint32_t member)
{
	const struct am_roots *roots = &m->running->roots;

	return member < roots->n_members && roots->members[member] &&
	       roots->members[member]->bridge == key_bridge(key) && bridge_of(m, key);
}

/* ---- entries, counted ---- */

static int entry_set(struct am_model *m, am_fdb_key key, uint32_t value)
{
	struct am_bridge_state *state = state_of(m, key);
	uint32_t slot, before = am_fdb_lookup(m->fdb, key, &slot);
	int rc = am_fdb_set(m->fdb, key, value, (uint32_t)m->learner->now_s);

	if (rc < 0)
		return rc;
	state->stats.macs += !before;
	m->learner->disturbed |= !before;
	state->learnt += (value & AM_FDB_STATIC) ? 0 : 1;
	state->learnt -= before && !(before & AM_FDB_STATIC) ? 1 : 0;
	return 0;
}

static void entry_del(struct am_model *m, am_fdb_key key, uint32_t value)
{
	struct am_bridge_state *state = state_of(m, key);

	if (am_fdb_del(m->fdb, key) < 0)
		return;
	state->stats.macs--;
	state->learnt -= (value & AM_FDB_STATIC) ? 0 : 1;
}

/* ---- loop guard ---- */

static struct move *move_set(struct am_learner *l, am_fdb_key key)
{
	return l->moves[am_hash64(key, l->seed) % MOVE_SETS];
}

/* The record of key, or one to use for it: a free one, else the oldest that holds nobody. NULL where all hold. */
static struct move *move_record(struct am_learner *l, am_fdb_key key)
{
	struct move *set = move_set(l, key), *victim = NULL;

	for (unsigned i = 0; i < MOVE_WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (!set[i].held_until_s &&
			(!victim || !set[i].key || (victim->key && set[i].since_s < victim->since_s)))
			victim = &set[i];
	}
	return victim;
}

/* Count a move; true where it was one too many and key is to be held on the member in *first. */
static bool guard_trips(struct am_learner *l, const struct am_conf_bridge *conf, am_fdb_key key,
	uint16_t from, uint16_t *first)
{
	struct move *r = conf->guard_moves ? move_record(l, key) : NULL;

	if (!r)
		return false;
	if (r->key != key || l->now_s - r->since_s > conf->guard_window_s)
		*r = (struct move){.key = key, .since_s = l->now_s, .first = from};
	if (++r->moves < conf->guard_moves)
		return false;
	r->held_until_s = l->now_s + conf->guard_hold_s;
	*first = r->first;
	return true;
}

static void release_held(struct am_model *m)
{
	struct am_learner *l = m->learner;
	uint32_t value, slot;

	for (unsigned i = 0; i < MOVE_SETS * MOVE_WAYS; i++) {
		struct move *r = &l->moves[i / MOVE_WAYS][i % MOVE_WAYS];

		if (!r->held_until_s || r->held_until_s > l->now_s)
			continue;
		value = am_fdb_lookup(m->fdb, r->key, &slot);
		if (value & AM_FDB_HELD)
			entry_set(m, r->key, value & ~(uint32_t)AM_FDB_HELD);
		*r = (struct move){0};
	}
}

/* ---- learning ---- */

static bool learn_new(struct am_model *m, const struct am_conf_bridge *conf, const struct am_learn_in *in)
{
	struct am_bridge_state *state = state_of(m, in->key);

	if ((conf->mac_limit && state->learnt >= conf->mac_limit) || entry_set(m, in->key, in->member) < 0) {
		state->stats.limited++;
		return false;
	}
	state->stats.learnt++;
	return true;
}

static bool learn_move(
	struct am_model *m, const struct am_conf_bridge *conf, const struct am_learn_in *in, uint32_t value)
{
	struct am_bridge_state *state = state_of(m, in->key);
	uint16_t first = 0;

	state->stats.moved++;
	if (!guard_trips(m->learner, conf, in->key, (uint16_t)(value & AM_FDB_MEMBER), &first))
		return entry_set(m, in->key, in->member) == 0;
	/* Where it was at first may have left the bridge meanwhile. */
	if (!member_exists(m, in->key, first))
		first = (uint16_t)(value & AM_FDB_MEMBER);
	state->stats.held++;
	return entry_set(m, in->key, first | AM_FDB_HELD) == 0;
}

bool am_model_learn(struct am_model *m, const struct am_learn_in *in, uint64_t now_s)
{
	const struct am_bridge *bridge = bridge_of(m, in->key);
	const struct am_conf_bridge *conf;
	struct am_mac mac;
	uint32_t value, slot;

	m->learner->now_s = now_s;
	am_fdb_key_mac(in->key, &mac);
	if (!bridge || !bridge->learn || !(in->key >> 16) || am_mac_is_group(mac.bytes) ||
		!member_exists(m, in->key, in->member))
		return false;
	conf = m->running->bridges[bridge->id];
	value = am_fdb_lookup(m->fdb, in->key, &slot);
	if (!value)
		return learn_new(m, conf, in);
	if ((value & (AM_FDB_STATIC | AM_FDB_HELD)) || (value & AM_FDB_MEMBER) == in->member)
		return false;
	return learn_move(m, conf, in, value);
}

/* ---- configured entries ---- */

static uint32_t static_value(const struct am_model *m, uint16_t bridge, uint16_t member)
{
	return m->running->roots.bridges[bridge]->members[member] | AM_FDB_STATIC;
}

static void set_statics(struct am_model *m)
{
	const struct am_roots *roots = &m->running->roots;

	m->learner->statics_missing = false;
	for (uint16_t i = 0; i < roots->n_bridges; i++) {
		const struct am_conf_bridge *conf = m->running->bridges[i];

		for (unsigned k = 0; conf && k < conf->n_static; k++) {
			am_fdb_key key = am_fdb_make_key(conf->static_macs[k].mac.bytes, i);

			if (entry_set(m, key, static_value(m, i, conf->static_macs[k].member)) < 0)
				m->learner->statics_missing = true;
		}
		if (conf && roots->bridges[i]->irb != AM_NO_ID &&
			entry_set(m, am_fdb_make_key(roots->bridges[i]->l3->mac.bytes, i),
				roots->bridges[i]->irb | AM_FDB_STATIC) < 0)
			m->learner->statics_missing = true;
	}
}

/* ---- ageing ---- */

uint64_t am_model_mac_age(const struct am_model *m, const struct am_fdb_entry *entry)
{
	return am_fdb_age(m->fdb, entry->slot, (uint32_t)m->learner->now_s);
}

/* Whether an entry has a place in what runs: after a commit some have none. */
static bool still_right(const struct am_model *m, const struct am_fdb_entry *e)
{
	uint32_t at;

	if (!member_exists(m, e->key, e->value & AM_FDB_MEMBER))
		return false;
	if (e->value & AM_FDB_STATIC)
		return am_map_find(m->running->static_macs, &e->key, &at);
	return bridge_of(m, e->key)->learn;
}

static uint32_t patience(uint32_t ageing_s)
{
	uint32_t part = ageing_s / PATIENCE_PARTS;

	return ageing_s && part < PATIENCE_MAX_S ? part : PATIENCE_MAX_S;
}

static void age_entry(struct am_model *m, const struct am_fdb_entry *e)
{
	const struct am_conf_bridge *conf;
	uint32_t age;

	if (m->learner->settling && !still_right(m, e)) {
		entry_del(m, e->key, e->value);
		return;
	}
	conf = m->running->bridges[key_bridge(e->key)];
	if (e->value & AM_FDB_STATIC)
		return;
	age = am_fdb_watch(m->fdb, e->slot, (uint32_t)m->learner->now_s, patience(conf->ageing_s));
	if (!conf->ageing_s || age <= conf->ageing_s)
		return;
	entry_del(m, e->key, e->value);
	state_of(m, e->key)->stats.aged++;
}

/*
 * Go on with the walk; true where it is not done. An insertion between two slices may move an entry over the place
 * where the walk stands: it is then looked at twice, or by the next walk only.
 */
static bool age_slice(struct am_model *m)
{
	uint32_t left = am_fdb_count(m->fdb) / SLICES_MAX + 1;
	struct am_fdb_entry e;

	left = left < SLICE_ENTRIES ? SLICE_ENTRIES : left;
	for (; left; left--) {
		if (!am_fdb_next(m->fdb, &m->learner->walk_at, &e)) {
			m->learner->walk_at = 0;
			if (m->learner->disturbed)
				am_learn_finish(m);
			m->learner->settling = false;
			return false;
		}
		age_entry(m, &e);
	}
	return true;
}

bool am_model_age(struct am_model *m, uint64_t now_s)
{
	struct am_learner *l = m->learner;
	bool new_second = now_s != l->second;

	l->now_s = l->second = now_s;
	if (!m->running)
		return false;
	if (new_second) {
		release_held(m);
		am_pairs_age(m, now_s);
	}
	if (l->folding || new_second)
		l->folding = am_fdb_fold(m->fdb, (uint32_t)now_s);
	if (!l->walking && !new_second)
		return l->folding;
	l->walking = age_slice(m);
	if (!l->walking && l->statics_missing)
		set_statics(m);
	return l->folding || l->walking;
}

/* ---- what a commit leaves behind ---- */

void am_learn_reconcile(struct am_model *m)
{
	struct am_learner *l = m->learner;

	l->walking = l->settling = true;
	l->walk_at = 0;
	l->disturbed = false;
	set_statics(m);
}

void am_learn_finish(struct am_model *m)
{
	struct am_fdb_entry e;
	uint32_t at = 0;

	if (!m->learner->settling)
		return;
	m->learner->settling = false;
	while (am_fdb_next(m->fdb, &at, &e))
		if (!still_right(m, &e))
			entry_del(m, e.key, e.value);
}

bool am_model_is_settling(const struct am_model *m)
{
	return m->learner->settling;
}
