/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_TEST_STORY_H
#define BGP_TEST_STORY_H
/*
 * Two speakers with tables, drawn from a seed: what they are told to announce, and what has to be true of them. On the way, what a helper
 * keeps (RFC 4724, 9494) is what it should keep. In the end adj-in of each is adj-out of the other, attribute by attribute; it is also what a
 * model says that knows nothing of tables; and the changes that were named lead to the best paths.
 */
#include "test_pair.h"

#include <errno.h>
#include <stdio.h>

enum {
	CALM_SECONDS = 300, /* less than AM_BGP_SPEAKER_STALE_TIME: End-of-RIB comes before it */
	LOSSY_SECONDS = 900,
	OWN = 3,    /* prefixes of a family that one of them alone has */
	SHARED = 2, /* that both may have */
	PREFIXES = 2 * OWN + SHARED,
	PATHS = 3,
	LEAP_MS = 3000, /* at most so much passes without a call */
	FAT = 1500,     /* communities: too many for 4096 octets */
};

/* A policy: what it denies, and how much it adds to MED. */
struct tune {
	unsigned deny; /* prefixes of this number, modulo 4; 4: none */
	uint32_t add;
};

struct fib {
	bool there;
	uint32_t med; /* of the best path */
	int from;     /* -1: the node itself */
};

/* What a helper has to keep while the peer is away. */
struct keep {
	bool armed;
	uint32_t count[AM_BGP_FAMILIES];
	am_time until[AM_BGP_FAMILIES];
};

struct half {
	struct am_bgp_speaker_peer config;
	struct am_bgp_agreed agreed;
	struct tune import, export;
	uint32_t med[AM_BGP_FAMILIES][PREFIXES][PATHS]; /* that it announces; 0: nothing */
	struct fib fib[AM_BGP_FAMILIES][PREFIXES];
	struct keep keep;
	/* Which paths UPDATEs of this session brought, by their path identifier, 0 without one. */
	bool has[AM_BGP_FAMILIES][PREFIXES][PATHS + 2];
	bool lossy; /* some of them were lost */
};

struct story {
	struct pair pair; /* first: a pair is its story */
	/* Called before and after what a test looks at: the library may not fail there. NULL: nothing. */
	void (*look)(bool begin);
	struct half half[2];
	bool fat, lossy;
	uint32_t next_med;
	uint64_t seed;
};

static inline struct story *story_of(struct pair *w)
{
	return (struct story *)w;
}

/* ---- prefixes ---- */

static inline struct am_bgp_nlri evpn_of(unsigned number)
{
	const uint8_t address[4] = {10, 9, 0, (uint8_t)number};
	struct am_bgp_nlri n;

	memset(&n, 0, sizeof n);
	n.family = AM_BGP_L2VPN_EVPN;
	n.evpn.type = (uint8_t[]){
		AM_BGP_EVPN_MAC_IP, AM_BGP_EVPN_INCLUSIVE_MULTICAST, AM_BGP_EVPN_IP_PREFIX}[number % 3];
	n.evpn.tag = number;
	n.evpn.ip = am_ip4(address);
	if (n.evpn.type == AM_BGP_EVPN_INCLUSIVE_MULTICAST)
		return n;
	n.evpn.n_labels = 1;
	n.evpn.labels[0] = 10000 + number;
	if (n.evpn.type == AM_BGP_EVPN_IP_PREFIX) {
		n.evpn.ip_len = 32;
		n.evpn.gateway = am_ip4((const uint8_t[]){10, 9, 1, 1});
	} else {
		n.evpn.mac.bytes[5] = (uint8_t)number;
		n.evpn.esi[9] = 7;
	}
	return n;
}

static inline struct am_bgp_nlri nlri_of(unsigned family, unsigned number)
{
	const uint8_t four[4] = {198, 51, (uint8_t)number, 0};
	const uint8_t six[16] = {0x20, 0x01, 0x0d, 0xb8, 0, (uint8_t)number};
	struct am_bgp_nlri n;

	if (family == AM_BGP_L2VPN_EVPN)
		return evpn_of(number);
	memset(&n, 0, sizeof n);
	n.family = family;
	n.prefix = family == AM_BGP_IPV4_UNICAST ? (struct am_prefix){.ip = am_ip4(four), .len = 24}
						 : (struct am_prefix){.ip = am_ip6(six), .len = 48};
	return n;
}

static inline unsigned number_of(const struct am_bgp_nlri *n)
{
	if (n->family == AM_BGP_L2VPN_EVPN)
		return n->evpn.tag;
	return n->prefix.ip.bytes[n->family == AM_BGP_IPV4_UNICAST ? 2 : 5];
}

static inline bool may_announce(unsigned node, unsigned number)
{
	return number >= 2 * OWN || number / OWN == node;
}

static inline enum am_bgp_filter_result run_tune(
	const void *policy, struct am_bgp_path *path, struct am_writer *scratch)
{
	const struct tune *t = policy;

	(void)scratch;
	if (number_of(path->nlri) % 4 == t->deny) {
		path->why = "it is denied";
		return AM_BGP_FILTER_REJECT;
	}
	if (!t->add)
		return AM_BGP_FILTER_ACCEPT;
	path->attrs.med += t->add;
	return AM_BGP_FILTER_CHANGED;
}

static inline struct am_bgp_filter filter_of(const struct tune *t)
{
	return (struct am_bgp_filter){run_tune, t};
}

/* ---- making them ---- */

static inline void odd_families(struct story *w, unsigned node)
{
	static const uint8_t wire[AM_BGP_FAMILIES][2] = {{1, 1}, {2, 1}, {25, 70}};
	struct am_bgp_speaker_peer *p = &w->half[node].config;

	p->session.caps.n_families = AM_BGP_FAMILIES;
	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++) {
		p->session.caps.families[f] = (struct am_bgp_capability_family){
			.afi = wire[f][0],
			.safi = wire[f][1],
			.multiprotocol = f == AM_BGP_IPV4_UNICAST || pair_draw(&w->pair, 4),
			.add_path_receive = pair_draw(&w->pair, 2),
			.add_path_send = pair_draw(&w->pair, 2),
			.graceful = pair_draw(&w->pair, 4),
			.graceful_forwarding = pair_draw(&w->pair, 2),
			.long_lived = pair_draw(&w->pair, 2),
			.long_lived_forwarding = pair_draw(&w->pair, 2),
			.stale_time = 10 + (uint32_t)pair_draw(&w->pair, 60),
		};
		p->stale_time[f] = pair_draw(&w->pair, 2) ? 5 + (uint32_t)pair_draw(&w->pair, 60) : 0;
	}
}

static inline void odd_peer(struct story *w, unsigned node, bool internal)
{
	static const uint16_t hold[] = {0, 3, 9, 90};
	struct am_bgp_speaker_peer *p = &w->half[node].config;

	memset(p, 0, sizeof *p);
	p->session = (struct am_bgp_session_config){
		.local_as = internal ? 65001 : 65001 + node,
		.remote_as = internal ? 65001 : 65002 - node,
		.local_id = 0x0a000001 + node,
		.hold_time = hold[pair_draw(&w->pair, 4)],
		.connect_retry = 1 + (uint32_t)pair_draw(&w->pair, 8),
		.idle_hold = 1 + (uint32_t)pair_draw(&w->pair, 3),
		.caps = {.as4 = pair_draw(&w->pair, 4),
			.refresh = pair_draw(&w->pair, 4),
			.enhanced_refresh = pair_draw(&w->pair, 2),
			.extended_message = w->fat || pair_draw(&w->pair, 2),
			.graceful = pair_draw(&w->pair, 4),
			.notification = pair_draw(&w->pair, 2),
			.restart_time = 5 + (uint16_t)pair_draw(&w->pair, 20)},
	};
	p->address = w->pair.node[!node].here.address;
	p->routes.import = filter_of(&w->half[node].import);
	p->routes.export = filter_of(&w->half[node].export);
	p->routes.add_path_send = (uint16_t)(1 + pair_draw(&w->pair, PATHS + 1));
	p->routes.mrai = pair_draw(&w->pair, 4) ? 0 : (1 + pair_draw(&w->pair, 5)) * AM_S;
	odd_families(w, node);
}

static inline void new_speaker(struct story *w, unsigned node)
{
	const struct am_bgp_session_config *c = &w->half[node].config.session;
	struct am_bgp_speaker_config config = {.as = c->local_as,
		.id = c->local_id,
		.rib = {.changes = true, .multipath = 1},
		.seed = w->seed + node};

	int rc;

	/* Where memory was short, once more. */
	while ((rc = am_bgp_speaker_create(&config, &w->pair.node[node].speaker)) == -ENOMEM)
		continue;
	assert_int_equal(rc, 0);
	while ((rc = am_bgp_speaker_add(w->pair.node[node].speaker, &w->half[node].config, w->pair.now)) ==
		-ENOMEM)
		continue;
	w->pair.node[node].peer = rc;
	assert_true(rc >= 0);
	memset(w->half[node].fib, 0, sizeof w->half[node].fib);
}

static inline void watch(struct pair *pair, unsigned node, const struct am_bgp_speaker_event *e);

/* Who they are, not yet there. */
static inline struct story *draw(uint64_t seed)
{
	struct story *w = calloc(1, sizeof *w);
	bool internal;

	assert_non_null(w);
	w->seed = w->pair.random = seed;
	w->pair.now = (am_time){1000 * AM_S};
	w->pair.watch = watch;
	internal = pair_draw(&w->pair, 3) == 0;
	w->fat = pair_draw(&w->pair, 4) == 0;
	for (unsigned i = 0; i < 2; i++) {
		const uint8_t four[4] = {10, 0, 0, (uint8_t)(1 + i)};
		const uint8_t six[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = (uint8_t)(1 + i)};

		w->pair.node[i].here = (struct am_bgp_speaker_end){
			.address = am_ip4(four), .ipv4 = am_ip4(four), .ipv6 = am_ip6(six)};
		w->half[i].import.deny = w->half[i].export.deny = 4;
	}
	for (unsigned i = 0; i < 2; i++)
		odd_peer(w, i, internal);
	w->half[pair_draw(&w->pair, 2)].config.session.passive = pair_draw(&w->pair, 4) == 0;
	return w;
}

static inline void begin(struct story *w)
{
	new_speaker(w, 0);
	new_speaker(w, 1);
}

static inline struct story *make(uint64_t seed)
{
	struct story *w = draw(seed);

	begin(w);
	return w;
}

static inline void release(struct story *w)
{
	am_bgp_speaker_free(w->pair.node[0].speaker);
	am_bgp_speaker_free(w->pair.node[1].speaker);
	free(w);
}

/* ---- what they announce ---- */

static inline void announce(struct story *w, unsigned node, unsigned family, unsigned number, unsigned path)
{
	struct am_bgp_speaker *s = w->pair.node[node].speaker;
	uint32_t med = w->half[node].med[family][number][path];
	struct am_bgp_nlri nlri = nlri_of(family, number);
	struct am_bgp_set set = {.attrs = {.med = med}};
	uint8_t communities[FAT * 4];
	int rc;

	nlri.path_id = path;
	if (!med) {
		assert_int_equal(am_bgp_speaker_withdraw(s, &nlri), 0);
		return;
	}
	set.attrs.has = AM_BGP_HAS(AM_BGP_ATTR_ORIGIN) | AM_BGP_HAS(AM_BGP_ATTR_AS_PATH) |
			AM_BGP_HAS(AM_BGP_ATTR_MED);
	set.attrs.communities.len = w->fat && med % 3 == 0 ? sizeof communities : med % 5 * 4;
	for (size_t at = 0; at < set.attrs.communities.len; at += 4)
		am_store32(communities + at, (uint32_t)(65001u << 16 | (at / 4 + med % 7)));
	set.attrs.communities.bytes = communities;
	if (set.attrs.communities.len)
		set.attrs.has |= AM_BGP_HAS(AM_BGP_ATTR_COMMUNITIES);
	if (family == AM_BGP_L2VPN_EVPN)
		set.next_hop = am_bgp_next_hop_of(&w->pair.node[node].here.ipv4, NULL);
	while ((rc = am_bgp_speaker_announce(s, &nlri, &set)) == -ENOMEM)
		continue;
	assert_int_equal(rc, 0);
}

static inline void announce_all(struct story *w, unsigned node)
{
	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++) {
		for (unsigned i = 0; i < PREFIXES * PATHS; i++) {
			if (w->half[node].med[f][i / PATHS][i % PATHS])
				announce(w, node, f, i / PATHS, i % PATHS);
		}
	}
}

/* A few paths, new, other, or gone. */
static inline void stir(struct story *w, unsigned node, unsigned n)
{
	while (n--) {
		unsigned f = (unsigned)pair_draw(&w->pair, AM_BGP_FAMILIES);
		unsigned number = (unsigned)pair_draw(&w->pair, PREFIXES),
			 path = (unsigned)pair_draw(&w->pair, PATHS);

		if (!may_announce(node, number))
			continue;
		w->half[node].med[f][number][path] = pair_draw(&w->pair, 3) ? ++w->next_med : 0;
		announce(w, node, f, number, path);
	}
}

/* ---- what is looked at ---- */

#define SAY(w, ...)                                                                                          \
	do {                                                                                                 \
		print_error("AM_BGP_SEED=%llu: ", (unsigned long long)(w)->seed);                            \
		print_error(__VA_ARGS__);                                                                    \
		print_error("\n");                                                                           \
	} while (0)

/* Paths of one prefix that the other one told, up to PATHS + 1. */
static inline unsigned came(
	struct story *w, unsigned node, unsigned f, unsigned number, struct am_bgp_rib_path *out)
{
	struct am_bgp_speaker *s = w->pair.node[node].speaker;
	int peer = am_bgp_speaker_rib_peer(s, (unsigned)w->pair.node[node].peer);
	struct am_bgp_nlri nlri = nlri_of(f, number);
	struct am_bgp_rib_path paths[4 * PATHS];
	int n = am_bgp_rib_explain(am_bgp_speaker_rib(s), &nlri, paths, 4 * PATHS);
	unsigned found = 0;

	for (int i = 0; i < n; i++) {
		if (peer >= 0 && paths[i].peer == (unsigned)peer && found <= PATHS)
			out[found++] = paths[i];
	}
	return found;
}

static inline uint32_t count_came(struct story *w, unsigned node, unsigned f)
{
	struct am_bgp_rib_path paths[PATHS + 1];
	uint32_t n = 0;

	for (unsigned number = 0; number < PREFIXES; number++)
		n += came(w, node, f, number, paths);
	return n;
}

/* RFC 4724 4.2, 8538 4: what a helper keeps of a session that ended so. */
static inline am_bgp_families should_keep(const struct am_bgp_agreed *agreed, const struct am_bgp_end *end)
{
	bool hard = end->by == AM_BGP_BY_PEER && end->code == AM_BGP_E_CEASE &&
		    end->subcode == AM_BGP_CEASE_HARD_RESET;
	bool ours = end->by == AM_BGP_BY_US && end->code == AM_BGP_E_CEASE;

	if (end->by == AM_BGP_BY_TRANSPORT)
		return agreed->graceful;
	return agreed->notification && !hard && !ours ? agreed->graceful : 0;
}

static inline uint32_t count_has(const struct half *h, unsigned f)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < PREFIXES * (PATHS + 2); i++)
		n += h->has[f][i / (PATHS + 2)][i % (PATHS + 2)];
	return n;
}

/* RFC 4724 4.2, 9494 4.2: until when each family may stay, and that no more stays than this session brought. */
static inline void went_down(struct story *w, unsigned node, const struct am_bgp_end *end)
{
	struct half *h = &w->half[node], *other = &w->half[!node];
	am_bgp_families keep = should_keep(&h->agreed, end);

	h->keep.armed = true;
	if (end->stale != keep || (keep && end->restart_time != other->config.session.caps.restart_time)) {
		SAY(w, "node %u keeps families %x, not %x, for %u s", node, end->stale, keep,
			end->restart_time);
		fail();
	}
	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++) {
		uint32_t ours = h->config.stale_time[f], theirs = h->agreed.stale_time[f];
		uint32_t longer = h->agreed.long_lived & AM_BGP_IN(f) ? (ours < theirs ? ours : theirs) : 0;

		h->keep.count[f] = count_came(w, node, f);
		h->keep.until[f] = end->stale & AM_BGP_IN(f)
					   ? am_time_add(w->pair.now, (end->restart_time + longer) * AM_S)
					   : w->pair.now;
		if (h->keep.count[f] > count_has(h, f)) {
			SAY(w, "node %u keeps %u routes of family %u, and %u came", node, h->keep.count[f], f,
				count_has(h, f));
			fail();
		}
	}
}

/* RFC 4724 4.2, 9494 4.2: where the peer did not keep forwarding, nothing is left. */
static inline void came_up(struct story *w, unsigned node, const struct am_bgp_agreed *agreed)
{
	struct half *h = &w->half[node];

	h->agreed = *agreed;
	h->keep.armed = false;
	h->lossy = w->pair.node[!node].lossy;
	memset(h->has, 0, sizeof h->has);
	for (unsigned f = 0; f < AM_BGP_FAMILIES; f++) {
		if (!((agreed->graceful_forwarding | agreed->long_lived_forwarding) & AM_BGP_IN(f)) &&
			count_came(w, node, f)) {
			SAY(w, "the peer of node %u is back, and old routes of family %u stay", node, f);
			fail();
		}
	}
}

static inline void note(struct half *h, const struct am_bgp_routes *routes, bool there)
{
	struct am_bgp_nlri_iter iter = am_bgp_nlri_iter(routes);
	struct am_bgp_nlri nlri;

	while (routes->family < AM_BGP_FAMILIES && am_bgp_nlri_next(&iter, &nlri)) {
		assert_true(nlri.path_id < PATHS + 2 || !there);
		if (nlri.path_id < PATHS + 2)
			h->has[nlri.family][number_of(&nlri)][nlri.path_id] = there;
	}
}

static inline void note_update(struct half *h, const struct am_bgp_update *u)
{
	assert_int_equal(u->class, AM_BGP_OK);
	note(h, &u->withdrawn, false);
	note(h, &u->announced, true);
	if (u->has_mp_unreach)
		note(h, &u->mp_withdrawn, false);
	if (u->has_mp_reach)
		note(h, &u->mp_announced, true);
}

/* RFC 4271 6.5, 8.2.2: not before nothing was heard for the hold time. */
static inline void look_at_hold(
	struct story *w, unsigned node, const struct pair_wire *wire, const struct am_bgp_end *end)
{
	uint64_t hold = w->half[0].config.session.hold_time, other = w->half[1].config.session.hold_time;
	uint64_t since = wire ? am_time_since(w->pair.now, wire->end[node].heard) : 0;

	hold = hold < other ? hold : other;
	if (end->by != AM_BGP_BY_US || end->code != AM_BGP_E_HOLD || (hold && since >= hold * AM_S))
		return;
	SAY(w, "node %u gave up after %llu ns", node, (unsigned long long)since);
	fail();
}

static inline void watch(struct pair *pair, unsigned node, const struct am_bgp_speaker_event *e)
{
	struct story *w = story_of(pair);

	if (w->look)
		w->look(true);
	if (e->type == AM_BGP_SPEAKER_UP) {
		came_up(w, node, &e->session->agreed);
	} else if (e->type == AM_BGP_SPEAKER_UPDATE) {
		note_update(&w->half[node], e->update);
	} else if (e->type == AM_BGP_SPEAKER_DOWN && e->end->was_up) {
		look_at_hold(w, node, pair_find(pair, node, e->link), e->end);
		went_down(w, node, e->end);
	}
	if (w->look)
		w->look(false);
}

/* While the session is up: what UPDATEs brought is there, whatever refreshes are under way. */
static inline void look_at_routes(struct story *w, unsigned node)
{
	const struct half *h = &w->half[node];
	struct am_bgp_rib_path paths[PATHS + 1];

	for (unsigned f = 0; w->pair.node[node].up && !h->lossy && f < AM_BGP_FAMILIES; f++) {
		uint32_t has = 0;

		for (unsigned number = 0; number < PREFIXES; number++) {
			unsigned n = came(w, node, f, number, paths);

			for (unsigned i = 0; i < n; i++)
				has += !paths[i].stale;
		}
		if (has == count_has(h, f))
			continue;
		SAY(w, "node %u, family %u: %u routes, and UPDATEs brought %u", node, f, has,
			count_has(h, f));
		fail();
	}
}

static inline void look_at_kept(struct story *w, unsigned node)
{
	const struct keep *k = &w->half[node].keep;

	for (unsigned f = 0; k->armed && f < AM_BGP_FAMILIES; f++) {
		bool stays = am_time_before(w->pair.now, k->until[f]);
		uint32_t want = stays ? k->count[f] : 0, has = count_came(w, node, f);

		/* The long-lived time begins when the speaker was called after the restart time: that can be late. */
		if (has == want || (!stays && am_time_since(w->pair.now, k->until[f]) <= LEAP_MS * AM_MS))
			continue;
		SAY(w, "the peer of node %u is away, family %u: %u routes instead of %u", node, f, has, want);
		fail();
	}
}

static inline uint32_t med_of(struct am_bgp_rib *rib, am_bgp_set_id id)
{
	struct am_bgp_set set;

	am_bgp_store_get(am_bgp_rib_store(rib), id, &set);
	return set.attrs.med;
}

/* What a program that forwards packets would do. */
static inline void follow_changes(struct story *w, unsigned node)
{
	struct am_bgp_speaker *s = w->pair.node[node].speaker;
	struct am_bgp_rib *rib = am_bgp_speaker_rib(s);
	struct am_bgp_rib_change change;

	while (am_bgp_speaker_next_change(s, &change)) {
		struct fib *fib = &w->half[node].fib[change.nlri.family][number_of(&change.nlri)];

		*fib = (struct fib){.there = change.n};
		if (change.n) {
			fib->med = med_of(rib, change.paths[0].imported);
			fib->from = am_bgp_speaker_peer_of(s, change.paths[0].peer);
		}
	}
}

static inline bool fib_is_right(struct story *w, unsigned node, unsigned f, unsigned number)
{
	struct am_bgp_speaker *s = w->pair.node[node].speaker;
	const struct fib *fib = &w->half[node].fib[f][number];
	struct am_bgp_nlri nlri = nlri_of(f, number);
	struct am_bgp_rib_path paths[4 * PATHS];
	int n = am_bgp_rib_explain(am_bgp_speaker_rib(s), &nlri, paths, 4 * PATHS);

	for (int i = 0; i < n; i++) {
		if (!paths[i].imported || paths[i].verdict != AM_BGP_BEST)
			continue;
		return fib->there && fib->med == med_of(am_bgp_speaker_rib(s), paths[i].imported) &&
		       fib->from == am_bgp_speaker_peer_of(s, paths[i].peer);
	}
	return !fib->there;
}

/* A set as octets, so that those of two stores can be compared. */
static inline size_t octets(struct am_bgp_speaker *s, am_bgp_set_id id, uint8_t *room, size_t size)
{
	const struct am_bgp_context ctx = {.kind = AM_BGP_INTERNAL, .as4 = true};
	struct am_writer w = am_writer(room, size);
	struct am_bgp_set set;

	am_bgp_store_get(am_bgp_rib_store(am_bgp_speaker_rib(s)), id, &set);
	am_bgp_attrs_encode(&w, &set.attrs, &ctx);
	am_put_bytes(&w, set.next_hop.bytes, set.next_hop.len);
	if (set.extra.len)
		am_put_bytes(&w, set.extra.bytes, set.extra.len);
	assert_false(w.full);
	return am_writer_len(&w);
}

static inline bool same_set(struct story *w, unsigned from, am_bgp_set_id told, am_bgp_set_id received)
{
	static uint8_t a[16384], b[16384];
	size_t len = octets(w->pair.node[from].speaker, told, a, sizeof a);

	return len == octets(w->pair.node[!from].speaker, received, b, sizeof b) && !memcmp(a, b, len);
}

/* Is what `from` says it told of this prefix what the other one has? */
static inline const char *disagreement(struct story *w, unsigned from, unsigned f, unsigned number)
{
	struct am_bgp_speaker *s = w->pair.node[from].speaker;
	int peer = am_bgp_speaker_rib_peer(s, (unsigned)w->pair.node[from].peer);
	struct am_bgp_nlri nlri = nlri_of(f, number);
	struct am_bgp_rib_told told[PATHS + 2];
	struct am_bgp_rib_path paths[PATHS + 1];
	bool ids = w->half[!from].agreed.add_path_receive & AM_BGP_IN(f);
	int n = peer < 0 ? -1
			 : am_bgp_rib_told(am_bgp_speaker_rib(s), (unsigned)peer, &nlri, told, PATHS + 2);
	unsigned have = came(w, !from, f, number, paths);

	if (n != (int)have)
		return "not as many paths came as were told";
	for (unsigned i = 0; i < have; i++) {
		int k = 0;

		while (k < n && ids && told[k].path_id != paths[i].path_id)
			k++;
		if (k == n)
			return "a path came that was not told";
		if (!same_set(w, from, told[k].set, paths[i].received))
			return "a path came otherwise than it was told";
		if (paths[i].stale)
			return "a path is stale";
		if (!paths[i].imported != (number % 4 == w->half[!from].import.deny))
			return "import policy did not decide so";
	}
	return NULL;
}

/* Does the list have this MED? Then it is taken out. */
static inline bool take(
	struct story *w, unsigned node, struct am_bgp_rib_path *paths, unsigned n, uint32_t med)
{
	struct am_bgp_rib *rib = am_bgp_speaker_rib(w->pair.node[node].speaker);

	for (unsigned i = 0; i < n; i++) {
		if (!paths[i].received || med_of(rib, paths[i].received) != med)
			continue;
		paths[i].received = 0;
		return true;
	}
	return false;
}

/* The model: of a prefix that nobody else has, the paths of least MED, as many as may be told. */
static inline const char *unexpected(struct story *w, unsigned from, unsigned f, unsigned number)
{
	const struct half *us = &w->half[from], *them = &w->half[!from];
	struct am_bgp_rib_path paths[PATHS + 1];
	uint32_t last = 0;
	unsigned want = us->agreed.add_path_send & AM_BGP_IN(f) ? us->config.routes.add_path_send : 1;
	unsigned n = came(w, !from, f, number, paths), left = n;

	if (!may_announce(from, number) || number >= 2 * OWN)
		return n ? "paths of others came" : NULL;
	if (number % 4 == us->export.deny || !(them->agreed.families & AM_BGP_IN(f)))
		return n ? "paths came that are denied" : NULL;
	for (; want; want--) {
		uint32_t least = UINT32_MAX;

		for (unsigned i = 0; i < PATHS; i++) {
			uint32_t med = us->med[f][number][i];

			if (med > last && med < least)
				least = med;
		}
		if (least == UINT32_MAX)
			break;
		last = least;
		if (!left-- || !take(w, !from, paths, n, least + us->export.add))
			return "the best paths are missing";
	}
	return left ? "more paths came than the model says" : NULL;
}

static inline const char *wrong(struct story *w, unsigned *node, unsigned *family, unsigned *number)
{
	for (*node = 0; *node < 2; ++*node) {
		for (*family = 0; *family < AM_BGP_FAMILIES; ++*family) {
			for (*number = 0; *number < PREFIXES; ++*number) {
				const char *why = disagreement(w, *node, *family, *number);

				if (!why && *number < 2 * OWN)
					why = unexpected(w, *node, *family, *number);
				if (!why && !fib_is_right(w, *node, *family, *number))
					why = "the changes that were named do not lead to the best path";
				if (why)
					return why;
			}
		}
	}
	return NULL;
}

/* ---- what the rest of a story is made of ---- */

static inline int set_filters(struct story *w, unsigned node)
{
	const struct half *h = &w->half[node];
	const struct pair_node *n = &w->pair.node[node];

	return am_bgp_speaker_set_filters(
		n->speaker, (unsigned)n->peer, filter_of(&h->import), filter_of(&h->export), w->pair.now);
}

static inline void other_policy(struct story *w, unsigned node)
{
	struct half *h = &w->half[node];
	struct tune *t = pair_draw(&w->pair, 2) ? &h->import : &h->export;
	int rc;

	/* A policy is data that does not change while it is used: here it does, and the table is told. */
	*t = (struct tune){(unsigned)pair_draw(&w->pair, 5), (uint32_t)pair_draw(&w->pair, 2) * 1000000};
	while ((rc = set_filters(w, node)) == -ENOMEM)
		continue;
	assert_int_equal(rc, 0);
}

static inline void calm_down(struct story *w)
{
	struct pair *p = &w->pair;

	p->cut = p->stalled = false;
	p->chunk = 4096;
	p->cut_at = 0;
	for (unsigned k = 0; k < PAIR_WIRES; k++)
		p->wires[k].silent = false;
	for (unsigned i = 0; i < 2; i++) {
		p->node[i].deaf = p->node[i].lossy = false;
		am_bgp_speaker_start(p->node[i].speaker, (unsigned)p->node[i].peer, p->now);
	}
}

/* All families at once, of both. */
static inline void ask_again(struct story *w)
{
	for (unsigned i = 0; i < 2 * AM_BGP_FAMILIES; i++) {
		const struct pair_node *n = &w->pair.node[i % 2];
		unsigned f = i / 2;

		if (w->half[i % 2].agreed.families & AM_BGP_IN(f))
			assert_int_equal(
				am_bgp_speaker_refresh(n->speaker, (unsigned)n->peer, f, w->pair.now), 0);
	}
}

static inline const char *state_name(struct story *w, unsigned node)
{
	return am_bgp_state_name(pair_view(&w->pair, node).state);
}

/* Both are up, agree, and stay so. */
static inline void settle(struct story *w)
{
	am_time end = am_time_add(w->pair.now, (w->lossy ? LOSSY_SECONDS : CALM_SECONDS) * AM_S);
	unsigned node = 0, family = 0, number = 0, good = 0, downs = 0;
	const char *why = "they are not up";

	while (good < 3 && am_time_before(w->pair.now, end)) {
		pair_run(&w->pair, am_time_add(w->pair.now, 10 * AM_S));
		follow_changes(w, 0);
		follow_changes(w, 1);
		if (w->pair.node[0].up && w->pair.node[1].up)
			why = wrong(w, &node, &family, &number);
		if (downs != w->pair.node[0].downs + w->pair.node[1].downs)
			why = why ? why : "a session ended";
		downs = w->pair.node[0].downs + w->pair.node[1].downs;
		good = why ? 0 : good + 1;
	}
	if (!why)
		return;
	SAY(w, "%s and %s; node %u, family %u, prefix %u: %s", state_name(w, 0), state_name(w, 1), node,
		family, number, why);
	fail();
}

#endif
