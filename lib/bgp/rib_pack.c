/* SPDX-License-Identifier: BSD-3-Clause */
/* UPDATEs: paths of the same attributes for the same peers share a message, and the peers share its bytes. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "rib_state.h"

void am_bgp_pack_add(struct am_bgp_rib *rib, const struct am_bgp_entry *entry)
{
	rib->pack->entries[rib->pack->n++] = *entry;
}

/* Is there too little room for what one more prefix may need? */
bool am_bgp_pack_full(const struct am_bgp_pack *pack)
{
	return pack->n + 3 * AM_BGP_RIB_MULTIPATH > AM_BGP_ENTRIES;
}

static uint16_t *slot_of(struct am_bgp_pack *pack, const struct am_bgp_entry *e)
{
	uint64_t key = (uint64_t)e->set << 32 | (uint32_t)e->except << 16 | e->only;
	uint32_t at = (uint32_t)am_hash64(key, 0) & (AM_BGP_PACK_HASH - 1);

	for (; pack->hash[at]; at = (at + 1) & (AM_BGP_PACK_HASH - 1)) {
		const struct am_bgp_bucket *b = &pack->buckets[pack->hash[at] - 1];

		if (b->set == e->set && b->except == e->except && b->only == e->only)
			break;
	}
	return &pack->hash[at];
}

static bool same_bucket(const struct am_bgp_entry *a, const struct am_bgp_entry *b)
{
	return a->set == b->set && a->except == b->except && a->only == b->only;
}

/* Sort the entries into buckets; both keep their order. */
static void sort(struct am_bgp_pack *pack)
{
	uint16_t *slot = NULL;

	memset(pack->hash, 0, sizeof pack->hash);
	pack->n_buckets = 0;
	for (uint32_t i = 0; i < pack->n; i++) {
		struct am_bgp_entry *e = &pack->entries[i];
		struct am_bgp_bucket *b;

		e->next = UINT32_MAX;
		/* Often it goes where the one before it went. */
		if (!i || !same_bucket(e, &pack->entries[i - 1]))
			slot = slot_of(pack, e);
		if (!*slot) {
			pack->buckets[pack->n_buckets++] =
				(struct am_bgp_bucket){e->set, e->except, e->only, i, i};
			*slot = (uint16_t)pack->n_buckets;
			continue;
		}
		b = &pack->buckets[*slot - 1];
		pack->entries[b->last].next = i;
		b->last = i;
	}
}

/* Who gets the messages of a bucket. */
struct receivers {
	const struct am_bgp_group *group;
	unsigned one; /* or NOBODY: those in step */
	uint16_t except, only;
};

static bool gets(const struct am_bgp_rib *rib, const struct receivers *to, unsigned peer)
{
	if (to->one != NOBODY)
		return peer == to->one;
	if (peer == to->except || (to->only != NOBODY && peer != to->only))
		return false;
	return rib->peers[peer]->out[to->group->rules.family].mode == AM_BGP_OUT_IN_STEP;
}

static unsigned count(const struct am_bgp_rib *rib, const struct receivers *to)
{
	unsigned n = 0;

	for (unsigned i = 0; i < to->group->n_members; i++)
		n += gets(rib, to, to->group->members[i]);
	return n;
}

/* Queue what was written for all of them. False: no memory. */
static bool deliver(struct am_bgp_rib *rib, const struct receivers *to, const struct am_writer *w)
{
	struct am_bgp_shared *message = am_bgp_shared_of(w);

	if (!message)
		return false;
	for (unsigned i = 0; i < to->group->n_members; i++) {
		unsigned peer = to->group->members[i];

		if (!gets(rib, to, peer))
			continue;
		am_bgp_queue_put(&rib->peers[peer]->queue, message);
		rib->counters.shared++;
	}
	rib->counters.messages++;
	return true;
}

/* A message without routes yet: attributes, and the field that routes go into. */
static struct am_bgp_routes *skeleton(const struct am_bgp_rib *rib, const struct am_bgp_export *rules,
	am_bgp_set_id id, struct am_bgp_set *set, struct am_bgp_update *update)
{
	bool plain = rules->family == AM_BGP_IPV4_UNICAST;
	struct am_bgp_routes *routes;

	*update = (struct am_bgp_update){0};
	*set = (struct am_bgp_set){0};
	if (!id) {
		update->has_mp_unreach = !plain;
		routes = plain ? &update->withdrawn : &update->mp_withdrawn;
	} else {
		am_bgp_store_get(rib->store, id, set);
		plain = plain && set->next_hop.len == 4;
		update->attrs = set->attrs;
		update->mp_next_hop = set->next_hop;
		if (plain) {
			memcpy(update->attrs.next_hop, set->next_hop.bytes, 4);
			update->attrs.has |= AM_BGP_HAS(AM_BGP_ATTR_NEXT_HOP);
		}
		update->has_mp_reach = !plain;
		routes = plain ? &update->announced : &update->mp_announced;
	}
	routes->family = rules->family;
	return routes;
}

/* Octets of routes that fit beside the attributes; one less, since the length of an attribute may take one more then. */
static size_t room_for(
	struct am_bgp_pack *pack, const struct am_bgp_export *rules, const struct am_bgp_update *update)
{
	struct am_writer w = am_writer(pack->message, rules->max);

	if (am_bgp_update_encode(&w, update, &rules->send, rules->max))
		return 0;
	return rules->max - am_writer_len(&w) - (am_writer_len(&w) < rules->max);
}

/* One route of a message. Negative: there is no room. */
static int put_route(const struct am_bgp_rib *rib, const struct am_bgp_export *rules,
	const struct am_bgp_entry *e, struct am_bgp_span extra, struct am_writer *w)
{
	const struct am_bgp_table *table = &rib->tables[rules->family];
	struct am_bgp_nlri nlri;

	if (!rules->path_ids && rules->family != AM_BGP_L2VPN_EVPN)
		return am_bgp_table_put(table, e->node, w);
	am_bgp_table_nlri(table, e->node, extra, &nlri);
	nlri.path_id = e->path_id;
	return am_bgp_nlri_encode(w, &nlri, rules->path_ids);
}

static bool send_bucket(
	struct am_bgp_rib *rib, const struct am_bgp_bucket *b, const struct receivers *to, am_bgp_set_id id)
{
	const struct am_bgp_export *rules = &to->group->rules;
	struct am_bgp_pack *pack = rib->pack;
	struct am_bgp_update update;
	struct am_bgp_set set;
	struct am_bgp_routes *routes = skeleton(rib, rules, id, &set, &update);
	struct am_writer w = am_writer(pack->nlri, room_for(pack, rules, &update));

	for (uint32_t i = b->first; i != UINT32_MAX;) {
		const struct am_bgp_entry *e = &pack->entries[i];
		struct am_writer message = am_writer(pack->message, rules->max);
		int rc = put_route(rib, rules, e, set.extra, &w);

		/* Attributes that leave no room for a route: nobody can be told of it (RFC 8654 4). */
		if (rc && am_writer_len(&w) == 0)
			return id ? send_bucket(rib, b, to, 0) : true;
		i = rc ? i : e->next;
		if (!rc && i != UINT32_MAX)
			continue;
		routes->nlri = (struct am_bgp_span){pack->nlri, am_writer_len(&w)};
		if (am_bgp_update_encode(&message, &update, &rules->send, rules->max) ||
			!deliver(rib, to, &message))
			return false;
		w = am_writer(pack->nlri, (size_t)(w.end - w.start));
	}
	return true;
}

/* Every prefix that the buckets from this one on speak of. */
static void mark_rest(const struct am_bgp_pack *pack, uint32_t bucket, struct am_bgp_marks *marks)
{
	for (; bucket < pack->n_buckets; bucket++) {
		for (uint32_t i = pack->buckets[bucket].first; i != UINT32_MAX; i = pack->entries[i].next)
			am_bgp_mark(marks, pack->entries[i].node);
	}
}

/*
 * There was no memory: whoever should have got it goes on alone, from marks, with what stands in later buckets, too. Which paths were withdrawn is
 * not noted any more, so each identifier that there can be is withdrawn.
 */
static void fall_behind(struct am_bgp_rib *rib, uint32_t bucket, const struct receivers *to)
{
	for (unsigned i = 0; i < to->group->n_members; i++) {
		struct am_bgp_out *out = &rib->peers[to->group->members[i]]->out[to->group->rules.family];

		if (!gets(rib, to, to->group->members[i]))
			continue;
		mark_rest(rib->pack, bucket, &out->behind);
		out->unsure = AM_BGP_RIB_MULTIPATH;
		if (out->mode == AM_BGP_OUT_IN_STEP)
			out->mode = AM_BGP_OUT_BEHIND;
	}
}

void am_bgp_pack_flush(struct am_bgp_rib *rib, struct am_bgp_group *g, unsigned receiver)
{
	struct am_bgp_pack *pack = rib->pack;

	if (!pack->n)
		return;
	sort(pack);
	for (uint32_t i = 0; i < pack->n_buckets; i++) {
		const struct am_bgp_bucket *b = &pack->buckets[i];
		const struct receivers to = {g, receiver, b->except, b->only};

		if (count(rib, &to) && !send_bucket(rib, b, &to, b->set))
			fall_behind(rib, i, &to);
	}
	pack->n = 0;
}
