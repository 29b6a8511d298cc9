/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The routing table against one so simple that it is right: random announcements, withdrawals, refreshes, sessions that come and go, policies that
 * change, budgets from one prefix up. What peers read from their messages is kept, and compared with what they should know whenever all is quiet.
 *
 * usage: bgp_rib_model_test [SEED]     one history, with all that it does; without, thousands of them
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bgp/rib.h"

enum { PEERS = 5, PREFIXES = 24, PATHS = 3, SETS = 6, SEEDS = 4000, STEPS = 120, KNOWN = 256 };

/* A path that a peer announced, in the model. set 0: none. */
struct sent {
	uint8_t set;
	bool stale, old; /* of a session that ended; from before a BoRR */
};

/* What a peer has read, of one prefix and path identifier. */
struct known {
	bool there;
	uint32_t med; /* says which set it is, and who changed it */
	uint32_t first_as, number;
};

struct peer {
	unsigned number;
	bool up, add_path, enhanced, in_refresh, out_refresh, lazy;
	enum am_bgp_peer_kind kind;
	uint32_t as;
	uint8_t import, export; /* policies */
	struct sent sent[PREFIXES][PATHS];
	struct known known[PREFIXES][KNOWN];
	struct known before[PREFIXES][KNOWN]; /* known before the BoRR, and not told since */
	unsigned ends;
};

struct world {
	uint64_t random;
	bool verbose;
	struct am_bgp_rib *rib;
	struct peer peers[PEERS];
	uint8_t changed[PREFIXES]; /* number of the best path's set that the program was told, 0: none */
	am_time now;
	uint8_t policies[8]; /* something to point to */
};

static uint64_t present_seed; /* for who has to run it again */

static uint32_t draw(struct world *w, uint32_t below)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return (uint32_t)(w->random >> 33) % below;
}

static void fail(const char *what, unsigned a, unsigned b)
{
	fflush(stdout);
	fprintf(stderr, "seed %llu: %s (%u, %u)\n", (unsigned long long)present_seed, what, a, b);
	abort();
}

/* Policy n: 0 lets all pass; 1 refuses odd prefixes; 2 sets LOCAL_PREF by the set; 3 refuses one set; 4 writes a MED on the way out. */
static enum am_bgp_filter_result run(const void *policy, struct am_bgp_path *path, struct am_writer *scratch)
{
	uint8_t n = *(const uint8_t *)policy;

	(void)scratch;
	switch (n) {
	case 1:
		return path->nlri->prefix.ip.bytes[2] & 1 ? AM_BGP_FILTER_REJECT : AM_BGP_FILTER_ACCEPT;
	case 2:
		path->attrs.local_pref = 100 + path->attrs.communities.bytes[3] % 3;
		path->attrs.has |= AM_BGP_HAS(AM_BGP_ATTR_LOCAL_PREF);
		return AM_BGP_FILTER_CHANGED;
	case 3:
		return path->attrs.communities.bytes[3] == 2 ? AM_BGP_FILTER_REJECT : AM_BGP_FILTER_ACCEPT;
	case 4:
		path->attrs.med = 7;
		path->attrs.has |= AM_BGP_HAS(AM_BGP_ATTR_MED);
		return AM_BGP_FILTER_CHANGED;
	default:
		return AM_BGP_FILTER_ACCEPT;
	}
}

static struct am_bgp_filter policy(struct world *w, uint8_t n)
{
	w->policies[n] = n;
	return (struct am_bgp_filter){run, &w->policies[n]};
}

static struct am_bgp_nlri nlri_of(unsigned prefix, uint32_t path_id)
{
	struct am_bgp_nlri n = {.family = AM_BGP_IPV4_UNICAST, .path_id = path_id};

	n.prefix.ip = (struct am_ip){AM_IPV4, {10, 0, (uint8_t)prefix, 0}};
	n.prefix.len = 24;
	return n;
}

/* The attributes of set s (1 to SETS) from a peer: a path of s % 3 more numbers, a community that names it. */
struct made {
	uint8_t path[2 + 4 * 4], community[4];
	struct am_bgp_attrs attrs;
};

static void make(struct made *m, const struct peer *from, uint8_t s)
{
	unsigned n = s % 3u, at = 0;

	m->path[0] = 2;
	if (from->kind == AM_BGP_EXTERNAL)
		am_store32(m->path + 2 + 4 * at++, from->as);
	for (unsigned i = 0; i < n; i++)
		am_store32(m->path + 2 + 4 * at++, 900 + s);
	m->path[1] = (uint8_t)at;
	am_store32(m->community, 0x00010000u | s);
	m->attrs = (struct am_bgp_attrs){.has = AM_BGP_HAS(1) | AM_BGP_HAS(2) | AM_BGP_HAS(3) | AM_BGP_HAS(8),
		.next_hop = {192, 0, 2, (uint8_t)from->number},
		.as_path = {m->path, at ? 2 + 4 * (size_t)at : 0},
		.communities = {m->community, 4}};
	if (from->kind == AM_BGP_INTERNAL) {
		m->attrs.has |= AM_BGP_HAS(AM_BGP_ATTR_LOCAL_PREF);
		m->attrs.local_pref = 100;
	}
}

static struct am_bgp_context context_of(const struct peer *p)
{
	return (struct am_bgp_context){
		.kind = p->kind, .families = 7, .path_ids = p->add_path ? 7 : 0, .as4 = true};
}

/* ------------------------------------------------------------------ what the world does */

static void up(struct world *w, struct peer *p)
{
	struct am_bgp_peer session = {.open = {.as = p->as, .id = p->number + 1},
		.agreed = {.families = 7,
			.as4 = true,
			.refresh = true,
			.enhanced_refresh = p->enhanced,
			.graceful = 7,
			.graceful_forwarding = 7,
			.add_path_send = p->add_path ? 7 : 0,
			.add_path_receive = p->add_path ? 7 : 0},
		.send = context_of(p),
		.receive = context_of(p)};

	if (p->up)
		return;
	memset(p->known, 0, sizeof p->known);
	memset(p->before, 0, sizeof p->before);
	p->up = true;
	p->in_refresh = p->out_refresh = false;
	p->ends = 0;
	if (am_bgp_rib_up(w->rib, p->number, &session))
		fail("up", p->number, 0);
}

static void down(struct world *w, struct peer *p, bool keep)
{
	if (!p->up)
		return;
	p->up = false;
	for (unsigned i = 0; i < PREFIXES; i++) {
		for (unsigned k = 0; k < PATHS; k++) {
			struct sent *s = &p->sent[i][k];

			if (!keep || s->stale)
				s->set = 0;
			s->stale = true;
			s->old = false;
		}
	}
	am_bgp_rib_down(w->rib, p->number, keep ? 7 : 0);
}

static void send(struct world *w, const struct peer *p, const struct am_bgp_update *u)
{
	static uint8_t bytes[AM_BGP_MESSAGE_MAX], scratch[AM_BGP_SCRATCH(AM_BGP_MESSAGE_MAX)];
	const struct am_bgp_context ctx = context_of(p);
	struct am_writer out = am_writer(bytes, sizeof bytes);
	struct am_bgp_update decoded;
	struct am_bgp_span body = {bytes + AM_BGP_HEADER_LEN, 0};

	if (am_bgp_update_encode(&out, u, &ctx, AM_BGP_MESSAGE_MAX))
		fail("encode", p->number, 0);
	body.len = am_writer_len(&out) - AM_BGP_HEADER_LEN;
	if (am_bgp_update_decode(&ctx, body, scratch, &decoded))
		fail(decoded.fault.error.why, p->number, decoded.fault.attr);
	if (am_bgp_rib_update(w->rib, p->number, &decoded))
		fail("update", p->number, 0);
}

/* Announce or withdraw some prefixes of one set. */
static void announce(struct world *w, struct peer *p, bool withdraw)
{
	unsigned n = 1 + draw(w, 6), path = p->add_path ? draw(w, PATHS) : 0;
	uint8_t set = (uint8_t)(1 + draw(w, SETS)), bytes[64];
	struct am_writer nlri = am_writer(bytes, sizeof bytes);
	struct am_bgp_update u = {0};
	struct made m;

	if (!p->up)
		return;
	while (n--) {
		unsigned i = draw(w, PREFIXES);
		struct am_bgp_nlri one = nlri_of(i, path);

		am_bgp_nlri_encode(&nlri, &one, p->add_path);
		p->sent[i][path] = (struct sent){.set = withdraw ? 0 : set};
		if (w->verbose)
			printf("peer %u %s prefix %u path %u set %u\n", p->number,
				withdraw ? "withdraws" : "announces", i, path, set);
	}
	make(&m, p, set);
	if (withdraw) {
		u.withdrawn = (struct am_bgp_routes){
			.family = AM_BGP_IPV4_UNICAST, .nlri = {bytes, am_writer_len(&nlri)}};
	} else {
		u.announced = (struct am_bgp_routes){
			.family = AM_BGP_IPV4_UNICAST, .nlri = {bytes, am_writer_len(&nlri)}};
		u.attrs = m.attrs;
	}
	send(w, p, &u);
}

/* The peer's table is whole: stale or old routes that it did not repeat go. */
static void sweep(struct world *w, struct peer *p, bool refresh)
{
	const struct am_bgp_refresh end = {1, 1, AM_BGP_REFRESH_END};
	const struct am_bgp_update marker = {.end_of_rib = true};

	for (unsigned i = 0; i < PREFIXES; i++) {
		for (unsigned k = 0; k < PATHS; k++) {
			struct sent *s = &p->sent[i][k];

			/* Both ends find whatever is of an earlier time. */
			if (s->stale || s->old)
				s->set = 0;
		}
	}
	p->in_refresh = false;
	if (refresh)
		am_bgp_rib_refresh(w->rib, p->number, &end);
	else if (am_bgp_rib_update(w->rib, p->number, &marker))
		fail("end of rib", p->number, 0);
}

static void refresh_in(struct world *w, struct peer *p)
{
	const struct am_bgp_refresh begin = {1, 1, AM_BGP_REFRESH_BEGIN};

	if (!p->up)
		return;
	if (p->in_refresh) {
		sweep(w, p, true);
		return;
	}
	for (unsigned i = 0; i < PREFIXES; i++) {
		for (unsigned k = 0; k < PATHS; k++)
			p->sent[i][k].old = true;
	}
	p->in_refresh = true;
	am_bgp_rib_refresh(w->rib, p->number, &begin);
}

static void ask(struct world *w, struct peer *p)
{
	const struct am_bgp_refresh refresh = {1, 1, AM_BGP_REFRESH_ASK};

	if (p->up)
		am_bgp_rib_refresh(w->rib, p->number, &refresh);
}

static void swap(struct world *w, struct peer *p)
{
	uint32_t what = draw(w, 3);
	/* A MED counts only on the way out: coming in, it would decide among peers of one AS. */
	uint8_t n = (uint8_t)draw(w, what == 1 ? 5 : 4);

	switch (what) {
	case 0:
		p->import = n;
		am_bgp_rib_set_import(w->rib, p->number, policy(w, n));
		break;
	case 1:
		p->export = n;
		if (am_bgp_rib_set_export(w->rib, p->number, policy(w, n)))
			fail("set_export", p->number, 0);
		break;
	default:
		am_bgp_rib_swap_filter(w->rib, policy(w, p->import), policy(w, n));
		for (unsigned i = 0, old = p->import; i < PEERS; i++) {
			w->peers[i].import = w->peers[i].import == old ? n : w->peers[i].import;
			w->peers[i].export = w->peers[i].export == old ? n : w->peers[i].export;
		}
	}
}

/* ------------------------------------------------------------------ what peers read */

static struct known *slot(struct peer *p, const struct am_bgp_nlri *n)
{
	if (n->path_id >= KNOWN || n->prefix.ip.bytes[2] >= PREFIXES)
		fail("a path that nobody announced", n->path_id, n->prefix.ip.bytes[2]);
	return &p->known[n->prefix.ip.bytes[2]][n->path_id];
}

static void read_routes(struct peer *p, const struct am_bgp_routes *routes, const struct am_bgp_attrs *attrs)
{
	struct am_bgp_nlri_iter iter = am_bgp_nlri_iter(routes);
	struct am_bgp_nlri n;

	while (am_bgp_nlri_next(&iter, &n)) {
		struct known *k = slot(p, &n);

		p->before[n.prefix.ip.bytes[2]][n.path_id].there = false;
		*k = (struct known){0};
		if (!attrs)
			continue;
		k->there = true;
		k->med = attrs->has & AM_BGP_HAS(AM_BGP_ATTR_MED) ? attrs->med : 0;
		k->first_as = am_load32(attrs->communities.bytes);
		k->number = attrs->as_path.len > 6 ? am_load32(attrs->as_path.bytes + 6) : 0;
	}
}

static void read_refresh(struct peer *p, const struct am_bgp_message *m)
{
	struct am_bgp_refresh r;
	struct am_bgp_error err;

	if (am_bgp_refresh_decode(m, &r, &err) || !p->enhanced)
		fail("a ROUTE-REFRESH that was not agreed on", p->number, 0);
	if (r.kind == AM_BGP_REFRESH_BEGIN) {
		if (!p->ends)
			fail("BoRR before the End-of-RIB", p->number, 0);
		p->out_refresh = true;
		memcpy(p->before, p->known, sizeof p->before);
		return;
	}
	if (!p->out_refresh)
		fail("EoRR without BoRR", p->number, 0);
	p->out_refresh = false;
	for (unsigned i = 0; i < PREFIXES; i++) {
		for (unsigned k = 0; k < KNOWN; k++) {
			if (p->before[i][k].there)
				p->known[i][k].there = false;
			p->before[i][k].there = false;
		}
	}
}

static bool read_one(struct world *w, struct peer *p)
{
	static uint8_t scratch[AM_BGP_SCRATCH(AM_BGP_MESSAGE_MAX)];
	struct am_bgp_context ctx = context_of(p);
	struct am_bgp_span bytes;
	struct am_bgp_message m;
	struct am_bgp_update u;
	struct am_bgp_error err;

	if (!p->up || !am_bgp_rib_output(w->rib, p->number, &bytes))
		return false;
	if (am_bgp_message_parse(bytes.bytes, bytes.len, AM_BGP_MESSAGE_MAX, &m, &err))
		fail(err.why, p->number, 0);
	if (m.type == AM_BGP_ROUTE_REFRESH) {
		read_refresh(p, &m);
	} else {
		if (am_bgp_update_decode(&ctx, m.body, scratch, &u))
			fail(u.fault.error.why, p->number, u.fault.attr);
		read_routes(p, &u.withdrawn, NULL);
		read_routes(p, &u.announced, &u.attrs);
		p->ends += u.end_of_rib && !u.has_mp_unreach;
	}
	am_bgp_rib_sent(w->rib, p->number);
	return true;
}

static void read_changes(struct world *w, unsigned most)
{
	struct am_bgp_rib_change c;
	struct am_bgp_set set;

	while (most-- && am_bgp_rib_next_change(w->rib, &c)) {
		uint8_t *known = &w->changed[c.nlri.prefix.ip.bytes[2]];

		*known = 0;
		if (!c.n)
			continue;
		am_bgp_store_get(am_bgp_rib_store(w->rib), c.paths[0].imported, &set);
		*known = (uint8_t)(1 + c.paths[0].peer * 16 + set.attrs.communities.bytes[3]);
	}
}

/* ------------------------------------------------------------------ what should be */

struct way {
	const struct peer *from;
	unsigned path;
	uint8_t set;
	uint32_t pref;
	bool used;
};

/* What the import policy makes of a path. False: it is refused. */
static bool imported(const struct peer *p, unsigned prefix, unsigned path, struct way *out)
{
	uint8_t set = p->sent[prefix][path].set;

	*out = (struct way){p, path, set, 100, false};
	if (!set || (p->import == 1 && prefix & 1) || (p->import == 3 && set == 2))
		return false;
	if (p->import == 2)
		out->pref = 100 + set % 3u;
	return true;
}

static int better(const struct way *a, const struct way *b)
{
	unsigned x = a->set % 3u + (a->from->kind == AM_BGP_EXTERNAL),
		 y = b->set % 3u + (b->from->kind == AM_BGP_EXTERNAL);

	if (a->pref != b->pref)
		return a->pref > b->pref;
	if (x != y)
		return x < y;
	if (a->from->kind != b->from->kind)
		return a->from->kind == AM_BGP_EXTERNAL;
	if (a->from != b->from)
		return a->from->number < b->from->number;
	return a->path < b->path;
}

/* The ways to a prefix, the best one first. */
static unsigned ways(const struct world *w, unsigned prefix, struct way *out)
{
	unsigned n = 0;

	for (unsigned i = 0; i < PEERS; i++) {
		for (unsigned k = 0; k < PATHS; k++) {
			struct way one;
			unsigned at = n;

			if (!imported(&w->peers[i], prefix, k, &one))
				continue;
			for (; at > 0 && better(&one, &out[at - 1]); at--)
				out[at] = out[at - 1];
			out[at] = one;
			n++;
		}
	}
	return n;
}

static bool goes_to(const struct way *way, const struct peer *to, unsigned prefix)
{
	if (way->from == to || (way->from->kind == AM_BGP_INTERNAL && to->kind == AM_BGP_INTERNAL))
		return false;
	return !(to->export == 1 && prefix & 1) && !(to->export == 3 && way->set == 2);
}

/* How many of what the peer knows of a prefix are this way. */
static unsigned knows(const struct peer *p, unsigned prefix, const struct way *way)
{
	bool med = p->export == 4;
	unsigned n = 0;

	for (unsigned k = 0; k < KNOWN; k++) {
		const struct known *known = &p->known[prefix][k];

		n += known->there && known->first_as == (0x00010000u | way->set) &&
		     known->med == (med ? 7 : 0);
	}
	return n;
}

static void check_peer(
	const struct world *w, const struct peer *p, unsigned prefix, const struct way *list, unsigned n)
{
	unsigned most = p->add_path ? 2 : 1, want = 0, have = 0;

	(void)w;
	for (unsigned k = 0; k < KNOWN; k++)
		have += p->known[prefix][k].there;
	/* Several are chosen among those that may go to somebody of the group, before it is asked who is who. */
	for (unsigned i = 0, chosen = 0; i < n && chosen < most; i++) {
		bool reflected = list[i].from->kind == AM_BGP_INTERNAL && p->kind == AM_BGP_INTERNAL;
		bool refused = (p->export == 1 && prefix & 1) || (p->export == 3 && list[i].set == 2);

		if (reflected || refused) {
			/* Without add-path only the best one is ever told. */
			if (!p->add_path)
				break;
			continue;
		}
		chosen++;
		if (!goes_to(&list[i], p, prefix))
			continue;
		want++;
		if (!knows(p, prefix, &list[i]))
			fail("a peer does not know a path", p->number, prefix);
	}
	if (have != want)
		fail("a peer knows more than it should", p->number, prefix);
}

static void check(struct world *w)
{
	for (unsigned i = 0; i < PREFIXES; i++) {
		struct way list[PEERS * PATHS];
		unsigned n = ways(w, i, list), told = w->changed[i];

		if (told != (n ? 1u + list[0].from->number * 16 + list[0].set : 0))
			fail("the program knows another best path", i, told);
		for (unsigned k = 0; k < PEERS; k++) {
			if (w->peers[k].up)
				check_peer(w, &w->peers[k], i, list, n);
		}
	}
	for (unsigned k = 0; k < PEERS; k++) {
		if (w->peers[k].up && w->peers[k].ends != 1)
			fail("End-of-RIB was not sent once", k, w->peers[k].ends);
	}
}

/* ------------------------------------------------------------------ */

static int step(struct world *w, uint32_t budget)
{
	int more = am_bgp_rib_step(w->rib, budget, w->now);

	if (more < 0)
		fail("step", (unsigned)-more, 0);
	return more;
}

static void settle(struct world *w)
{
	bool any;
	unsigned turns = 0;

	do {
		uint32_t budget = draw(w, 2) ? 1 : 10000;

		w->now = am_time_add(w->now, 10 * AM_MS);
		any = step(w, budget);
		for (unsigned i = 0; i < PEERS; i++) {
			while (read_one(w, &w->peers[i]))
				any = true;
		}
		if (++turns > 100000)
			fail("it never comes to rest", 0, 0);
	} while (any || am_bgp_rib_deadline(w->rib).ns != UINT64_MAX);
	read_changes(w, UINT32_MAX);
	step(w, 100000);
}

static void act(struct world *w)
{
	struct peer *p = &w->peers[draw(w, PEERS)];
	uint32_t what = draw(w, 100);

	w->now = am_time_add(w->now, draw(w, 200) * AM_MS);
	if (w->verbose)
		printf("peer %u: %u\n", p->number, what);
	if (what < 40)
		announce(w, p, false);
	else if (what < 60)
		announce(w, p, true);
	else if (what < 68)
		up(w, p);
	else if (what < 71)
		down(w, p, draw(w, 2));
	else if (what < 75)
		refresh_in(w, p);
	else if (what < 78 && p->up)
		sweep(w, p, false);
	else if (what < 81)
		ask(w, p);
	else if (what < 84)
		swap(w, p);
	else if (what < 86)
		p->lazy = !p->lazy;
	else if (what < 95)
		step(w, draw(w, 3) ? 1 + draw(w, 4) : 1000);
	else if (what < 98)
		read_changes(w, 1 + draw(w, 4));
	else
		read_one(w, p);
}

static void add_peers(struct world *w)
{
	for (unsigned i = 0; i < PEERS; i++) {
		struct peer *p = &w->peers[i];
		struct am_bgp_rib_peer config = {
			.local_as = 65000, .local_id = 99, .mrai = draw(w, 4) ? 0 : 300 * AM_MS};

		/* The first three are alike, so that they share a group. */
		p->kind = i == 3 ? AM_BGP_INTERNAL : AM_BGP_EXTERNAL;
		p->as = i == 3 ? 65000 : i == 4 ? 702 : 701;
		p->add_path = i == 4;
		p->enhanced = i != 2 || draw(w, 2);
		config.mrai = i < 3 ? 0 : config.mrai;
		config.neighbour = (struct am_bgp_neighbour){
			.kind = p->kind, .as = p->as, .address = {AM_IPV4, {192, 0, 2, (uint8_t)i}}};
		config.import = config.export = policy(w, 0);
		config.next_hop[0] = (struct am_bgp_next_hop){4, {192, 0, 2, 99}};
		config.add_path_send = 2;
		p->number = (unsigned)am_bgp_rib_add(w->rib, &config);
	}
}

static void history(uint64_t seed, bool verbose)
{
	static struct world w;
	const struct am_bgp_rib_config config = {
		.decision = {.default_local_pref = 100}, .changes = true, .seed = seed};

	present_seed = seed;
	memset(&w, 0, sizeof w);
	w.random = seed * 0x9e3779b97f4a7c15ull + 1;
	w.verbose = verbose;
	w.now.ns = AM_S;
	if (am_bgp_rib_create(&config, &w.rib))
		fail("create", 0, 0);
	add_peers(&w);
	for (unsigned i = 0; i < STEPS; i++) {
		act(&w);
		for (unsigned k = 0; k < PEERS; k++) {
			if (!w.peers[k].lazy)
				read_one(&w, &w.peers[k]);
		}
		if (i % 40 == 39) {
			settle(&w);
			check(&w);
		}
	}
	for (unsigned k = 0; k < PEERS; k++) {
		down(&w, &w.peers[k], false);
		memset(w.peers[k].sent, 0, sizeof w.peers[k].sent);
		am_bgp_rib_remove(w.rib, w.peers[k].number);
	}
	settle(&w);
	check(&w);
	if (am_bgp_store_size(am_bgp_rib_store(w.rib)).sets)
		fail("sets are left over", am_bgp_store_size(am_bgp_rib_store(w.rib)).sets, 0);
	{
		struct am_bgp_rib_counters c;

		am_bgp_rib_counters(w.rib, &c);
		if (c.prefixes[0] || c.routes[0])
			fail("prefixes or routes are left over", c.prefixes[0], c.routes[0]);
	}
	am_bgp_rib_free(w.rib);
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		history(strtoull(argv[1], NULL, 10), true);
		return 0;
	}
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		if (isatty(2) || seed % 1000 == 1)
			fprintf(stderr, "seed %llu\r", (unsigned long long)seed);
		history(seed, false);
	}
	return 0;
}
