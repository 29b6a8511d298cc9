/* SPDX-License-Identifier: BSD-3-Clause */
/* Two speakers joined in memory: what a program around them does, without sockets and with a clock that is moved by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/speaker.h"

enum { LINKS = 8 };

struct end {
	bool there;
	struct am_bgp_link link;
};

struct wire {
	bool used;
	struct end end[2];
};

struct node {
	struct am_bgp_speaker *speaker;
	struct am_ip address;
	int peer;
	unsigned ups, downs, updates, tables;
	struct am_bgp_end last; /* of a session that was up */
	bool deaf;              /* reads nothing */
	bool silent;            /* its UPDATEs are lost on the way */
};

struct pair {
	struct node node[2];
	struct wire wires[LINKS];
	am_time now;
	bool cut; /* connections cannot be made */
	size_t passed;
};

static struct am_ip ip(uint8_t last)
{
	const uint8_t bytes[4] = {10, 0, 0, last};

	return am_ip4(bytes);
}

static struct am_bgp_speaker_peer peer_config(unsigned node)
{
	struct am_bgp_speaker_peer p;

	memset(&p, 0, sizeof p);
	p.session = (struct am_bgp_session_config){.local_as = 65001 + node,
		.local_id = 0x0a000001 + node,
		.remote_as = 65002 - node,
		.hold_time = 9,
		.connect_retry = 5,
		.idle_hold = 1,
		.caps = {
			.as4 = true, .refresh = true, .graceful = true, .restart_time = 10, .n_families = 1}};
	p.session.caps.families[0] = (struct am_bgp_capability_family){
		.afi = 1, .safi = 1, .multiprotocol = true, .graceful = true};
	p.address = ip((uint8_t)(2 - node));
	p.routes.import.run = p.routes.export.run = am_bgp_filter_accept;
	return p;
}

static struct pair *make(void)
{
	struct pair *w = calloc(1, sizeof *w);

	w->now = (am_time){1000 * AM_S};
	for (unsigned i = 0; i < 2; i++) {
		struct am_bgp_speaker_config config = {.as = 65001 + i, .id = 0x0a000001 + i, .seed = i};

		assert_int_equal(am_bgp_speaker_create(&config, &w->node[i].speaker), 0);
		w->node[i].address = ip((uint8_t)(1 + i));
		w->node[i].peer = -1;
	}
	return w;
}

static void add_peers(struct pair *w)
{
	for (unsigned i = 0; i < 2; i++) {
		struct am_bgp_speaker_peer p = peer_config(i);

		w->node[i].peer = am_bgp_speaker_add(w->node[i].speaker, &p, w->now);
		assert_true(w->node[i].peer >= 0);
	}
}

static void release(struct pair *w)
{
	am_bgp_speaker_free(w->node[0].speaker);
	am_bgp_speaker_free(w->node[1].speaker);
	free(w);
}

static struct am_bgp_speaker_end here(const struct pair *w, unsigned node)
{
	return (struct am_bgp_speaker_end){.address = w->node[node].address};
}

/* ---- the wires ---- */

static struct wire *find(struct pair *w, unsigned node, struct am_bgp_link link)
{
	for (unsigned i = 0; i < LINKS; i++) {
		struct end *e = &w->wires[i].end[node];

		if (w->wires[i].used && e->there && e->link.peer == link.peer && e->link.conn == link.conn)
			return &w->wires[i];
	}
	return NULL;
}

static void closed(struct pair *w, unsigned node, struct am_bgp_link link)
{
	struct wire *wire = find(w, node, link);

	if (wire)
		wire->end[node].there = false;
	am_bgp_speaker_closed(w->node[node].speaker, link, w->now);
}

static void connect(struct pair *w, unsigned node, struct am_bgp_link link)
{
	struct am_bgp_speaker_end ours = here(w, node), theirs = here(w, !node);
	struct wire *wire = w->wires;

	while (wire < w->wires + LINKS && wire->used)
		wire++;
	assert_true(wire < w->wires + LINKS);
	wire->end[node] = (struct end){true, link};
	if (w->cut || am_bgp_speaker_accept(w->node[!node].speaker, &ours.address, 0, &theirs,
			      &wire->end[!node].link, w->now)) {
		am_bgp_speaker_closed(w->node[node].speaker, link, w->now);
		return;
	}
	wire->used = wire->end[!node].there = true;
	am_bgp_speaker_connected(w->node[node].speaker, link, &ours, w->now);
}

static bool carry(struct pair *w, struct wire *wire, unsigned from);

static void close_gently(struct pair *w, unsigned node, struct am_bgp_link link)
{
	struct wire *wire = find(w, node, link);

	while (wire && carry(w, wire, node))
		continue;
	closed(w, node, link);
}

static void handle(struct pair *w, unsigned node, const struct am_bgp_speaker_event *e)
{
	struct node *n = &w->node[node];

	switch (e->type) {
	case AM_BGP_SPEAKER_CONNECT:
		connect(w, node, e->link);
		break;
	case AM_BGP_SPEAKER_CLOSE:
		close_gently(w, node, e->link);
		break;
	case AM_BGP_SPEAKER_UP:
		n->ups++;
		break;
	case AM_BGP_SPEAKER_DOWN:
		n->downs += e->end->was_up;
		if (e->end->was_up)
			n->last = *e->end;
		break;
	case AM_BGP_SPEAKER_UPDATE:
		n->updates++;
		break;
	case AM_BGP_SPEAKER_TABLE:
		n->tables++;
		break;
	case AM_BGP_SPEAKER_OUTPUT:
		break;
	}
}

static void events(struct pair *w, unsigned node)
{
	struct am_bgp_speaker_event e;

	while (am_bgp_speaker_next_event(w->node[node].speaker, &e, w->now))
		handle(w, node, &e);
}

/* Whole messages, of which those that are no UPDATE stay. */
static size_t without_updates(uint8_t *bytes, size_t len)
{
	size_t kept = 0, message;

	for (size_t at = 0; at < len; at += message) {
		message = am_load16(bytes + at + 16);
		assert_true(message >= 19 && message <= len - at);
		if (bytes[at + 18] == AM_BGP_UPDATE)
			continue;
		memmove(bytes + kept, bytes + at, message);
		kept += message;
	}
	return kept;
}

/* Bytes of one direction of a wire; true where any went. */
static bool carry(struct pair *w, struct wire *wire, unsigned from)
{
	struct am_bgp_speaker *s = w->node[from].speaker, *t = w->node[!from].speaker;
	struct am_bgp_span out;
	uint8_t bytes[4096];
	size_t len;

	if (!wire->end[from].there || w->node[!from].deaf)
		return false;
	out = am_bgp_speaker_output(s, wire->end[from].link);
	len = out.len < sizeof bytes ? out.len : sizeof bytes;
	if (!len)
		return false;
	memcpy(bytes, out.bytes, len);
	am_bgp_speaker_sent(s, wire->end[from].link, len, w->now);
	if (w->node[from].silent)
		len = without_updates(bytes, len);
	if (wire->end[!from].there)
		assert_int_equal(am_bgp_speaker_input(t, wire->end[!from].link, bytes, len, w->now), len);
	w->passed += len;
	events(w, !from);
	return true;
}

/* What is closed on one side is lost on the other. */
static void lose(struct pair *w, struct wire *wire)
{
	for (unsigned i = 0; i < 2; i++) {
		if (wire->used && wire->end[i].there && !wire->end[!i].there) {
			closed(w, i, wire->end[i].link);
			events(w, i);
		}
	}
	if (!wire->end[0].there && !wire->end[1].there)
		wire->used = false;
}

static bool turn(struct pair *w)
{
	bool moved = false;

	for (unsigned i = 0; i < 2; i++) {
		am_bgp_speaker_run(w->node[i].speaker, w->now);
		events(w, i);
	}
	for (unsigned k = 0; k < LINKS; k++) {
		if (!w->wires[k].used)
			continue;
		moved |= carry(w, &w->wires[k], 0);
		moved |= carry(w, &w->wires[k], 1);
		lose(w, &w->wires[k]);
	}
	return moved;
}

/* All that can happen for so long. */
static void run(struct pair *w, uint64_t seconds)
{
	am_time until = am_time_add(w->now, seconds * AM_S);

	while (am_time_before(w->now, until)) {
		for (unsigned i = 0; i < 10000 && turn(w); i++)
			continue;
		w->now = am_time_add(w->now, AM_S / 10);
	}
}

/* ---- routes ---- */

static struct am_bgp_nlri nlri_of(uint32_t number)
{
	struct am_bgp_nlri nlri;
	uint8_t bytes[4];

	memset(&nlri, 0, sizeof nlri);
	am_store32(bytes, 0xc0000000 + (number << 8));
	nlri.family = AM_BGP_IPV4_UNICAST;
	nlri.prefix = (struct am_prefix){.ip = am_ip4(bytes), .len = 24};
	return nlri;
}

static void announce(struct pair *w, unsigned node, uint32_t number)
{
	const struct am_bgp_set set = {
		.attrs = {.has = AM_BGP_HAS(AM_BGP_ATTR_ORIGIN) | AM_BGP_HAS(AM_BGP_ATTR_AS_PATH)}};
	struct am_bgp_nlri nlri = nlri_of(number);

	assert_int_equal(am_bgp_speaker_announce(w->node[node].speaker, &nlri, &set), 0);
}

static int paths(struct pair *w, unsigned node, uint32_t number, struct am_bgp_rib_path *out)
{
	struct am_bgp_nlri nlri = nlri_of(number);

	return am_bgp_rib_explain(am_bgp_speaker_rib(w->node[node].speaker), &nlri, out, 1);
}

static struct am_bgp_speaker_view view(struct pair *w, unsigned node)
{
	struct am_bgp_speaker_view v;

	assert_int_equal(am_bgp_speaker_view(w->node[node].speaker, (unsigned)w->node[node].peer, &v), 0);
	return v;
}

static void routes_go_both_ways(void **state)
{
	struct pair *w = make();
	struct am_bgp_rib_path path;
	struct am_bgp_set set;
	uint8_t hop[4] = {10, 0, 0, 1};

	(void)state;
	add_peers(w);
	announce(w, 0, 1);
	run(w, 5);
	announce(w, 1, 2);
	run(w, 5);
	assert_int_equal(view(w, 0).state, AM_BGP_ESTABLISHED);
	assert_int_equal(w->node[0].ups, 1);
	assert_int_equal(paths(w, 1, 1, &path), 1);
	assert_int_equal(am_bgp_speaker_peer_of(w->node[1].speaker, path.peer), w->node[1].peer);
	am_bgp_store_get(am_bgp_rib_store(am_bgp_speaker_rib(w->node[1].speaker)), path.received, &set);
	assert_int_equal(set.next_hop.len, 4);
	assert_memory_equal(set.next_hop.bytes, hop, 4);
	assert_int_equal(paths(w, 0, 2, &path), 1);
	assert_true(w->node[0].tables >= 1);
	release(w);
}

/* Of a route that the other node tells as it is. */
static void tell_as_it_is(struct pair *w, const struct am_bgp_set *set, const char *want)
{
	struct am_bgp_nlri nlri = nlri_of(1);
	struct am_bgp_rib_path path = {0};

	assert_int_equal(am_bgp_speaker_announce(w->node[0].speaker, &nlri, set), 0);
	run(w, 5);
	assert_int_equal(paths(w, 1, 1, &path), 1);
	assert_string_equal(path.imported ? "accepted" : path.why, want);
}

/* The table knows our end of the connection, and our own AS behind the one that the peer knows. */
static void what_comes_back_is_known(void **state)
{
	static const uint8_t ours[] = {2, 1, 0, 0, 0xfd, 0xea}, strange[] = {2, 1, 0, 0, 0, 9};
	struct am_bgp_set set = {
		.attrs = {.has = AM_BGP_HAS(AM_BGP_ATTR_ORIGIN) | AM_BGP_HAS(AM_BGP_ATTR_AS_PATH)},
		.next_hop = {4, {10, 0, 0, 7}}};
	struct pair *w = make();

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct am_bgp_speaker_peer p = peer_config(i);

		p.next_hop_keep = true;
		*(i ? &p.session.local_as : &p.session.remote_as) = 64999;
		w->node[i].peer = am_bgp_speaker_add(w->node[i].speaker, &p, w->now);
	}
	run(w, 5);
	set.attrs.as_path = (struct am_bgp_span){strange, sizeof strange};
	tell_as_it_is(w, &set, "accepted");
	set.next_hop.bytes[3] = 2;
	tell_as_it_is(w, &set, "its next hop is our own address");
	set.next_hop.bytes[3] = 7;
	set.attrs.as_path = (struct am_bgp_span){ours, sizeof ours};
	tell_as_it_is(w, &set, "our own AS stands in its path");
	release(w);
}

static void only_peers_are_accepted(void **state)
{
	struct pair *w = make();
	struct am_bgp_speaker_end ours = here(w, 0);
	struct am_bgp_speaker_peer twin = peer_config(0);
	struct am_ip stranger = ip(77), peer = ip(2);
	struct am_bgp_link link;

	(void)state;
	add_peers(w);
	assert_int_equal(
		am_bgp_speaker_accept(w->node[0].speaker, &stranger, 0, &ours, &link, w->now), -ENOENT);
	assert_int_equal(am_bgp_speaker_add(w->node[0].speaker, &twin, w->now), -EEXIST);
	am_bgp_speaker_stop(
		w->node[0].speaker, (unsigned)w->node[0].peer, AM_BGP_CEASE_SHUTDOWN, NULL, w->now);
	assert_int_equal(
		am_bgp_speaker_accept(w->node[0].speaker, &peer, 0, &ours, &link, w->now), -ECONNREFUSED);
	release(w);
}

/* Whoever comes first: one connection is left, and both ends know it. */
static void collisions_leave_one(void **state)
{
	(void)state;
	for (unsigned chance = 0; chance < 50; chance++) {
		struct pair *w = make();

		w->now = am_time_add(w->now, chance * 7 * AM_MS);
		add_peers(w);
		run(w, 20);
		assert_int_equal(view(w, 0).state, AM_BGP_ESTABLISHED);
		assert_int_equal(view(w, 1).state, AM_BGP_ESTABLISHED);
		assert_int_equal(view(w, 0).session->incoming, !view(w, 1).session->incoming);
		release(w);
	}
}

static void lose_all(struct pair *w)
{
	for (unsigned k = 0; k < LINKS; k++) {
		for (unsigned i = 0; i < 2; i++) {
			if (w->wires[k].used && w->wires[k].end[i].there)
				closed(w, i, w->wires[k].end[i].link);
		}
		w->wires[k].used = false;
	}
	events(w, 0);
	events(w, 1);
}

static void a_restart_keeps_routes(void **state)
{
	struct pair *w = make();
	struct am_bgp_rib_path path;

	(void)state;
	add_peers(w);
	announce(w, 0, 1);
	run(w, 5);
	assert_int_equal(paths(w, 1, 1, &path), 1);
	w->cut = true;
	lose_all(w);
	assert_int_equal(w->node[1].downs, 1);
	run(w, 5);
	assert_int_equal(paths(w, 1, 1, &path), 1);
	assert_true(path.stale);
	assert_int_equal(view(w, 1).stale, AM_BGP_IN(AM_BGP_IPV4_UNICAST));
	run(w, 10);
	assert_int_equal(paths(w, 1, 1, &path), -ENOENT);
	assert_int_equal(view(w, 1).stale, 0);
	w->cut = false;
	run(w, 20);
	assert_int_equal(paths(w, 1, 1, &path), 1);
	assert_false(path.stale);
	release(w);
}

struct long_lived {
	uint32_t theirs, ours; /* s; 0: no such capability */
	bool graceful_forwarding, forwarding;
};

/* Node 0 is known to node 1 by what it says; and again, with other words. */
static void say(struct pair *w, const struct long_lived *said)
{
	struct am_bgp_speaker_peer p = peer_config(0);
	struct am_bgp_capability_family *f = &p.session.caps.families[0];

	if (w->node[0].peer >= 0)
		am_bgp_speaker_remove(w->node[0].speaker, (unsigned)w->node[0].peer,
			AM_BGP_CEASE_DECONFIGURED, NULL, w->now);
	events(w, 0);
	f->graceful_forwarding = said->graceful_forwarding;
	f->long_lived = said->theirs;
	f->long_lived_forwarding = said->forwarding;
	f->stale_time = said->theirs;
	w->node[0].peer = am_bgp_speaker_add(w->node[0].speaker, &p, w->now);
	assert_true(w->node[0].peer >= 0);
}

/* Node 0 told a route, and has been away for 2 s more than its restart time of 10 s. */
static struct pair *make_away(const struct long_lived *said)
{
	struct am_bgp_speaker_peer p = peer_config(1);
	struct pair *w = make();

	p.session.caps.families[0].long_lived = true;
	p.session.caps.families[0].stale_time = p.stale_time[AM_BGP_IPV4_UNICAST] = said->ours;
	w->node[1].peer = am_bgp_speaker_add(w->node[1].speaker, &p, w->now);
	say(w, said);
	announce(w, 0, 1);
	run(w, 5);
	assert_int_equal(view(w, 1).stale, 0);
	w->cut = true;
	lose_all(w);
	run(w, 12);
	return w;
}

static void stays_for_the_smaller_time(const struct long_lived *said)
{
	uint32_t least = said->theirs < said->ours ? said->theirs : said->ours;
	struct pair *w = make_away(said);
	struct am_bgp_rib_path path;

	assert_int_equal(view(w, 1).long_lived, least ? AM_BGP_IN(AM_BGP_IPV4_UNICAST) : 0);
	assert_int_equal(paths(w, 1, 1, &path), least ? 1 : -ENOENT);
	run(w, least);
	assert_int_equal(paths(w, 1, 1, &path), -ENOENT);
	release(w);
}

/* No UPDATE comes from it any more, and so no End-of-RIB. */
static void comes_back_silent(const struct long_lived *said)
{
	struct pair *w = make_away(said);
	struct am_bgp_rib_path path;

	say(w, said);
	w->node[0].silent = true;
	w->cut = false;
	run(w, 20);
	assert_int_equal(view(w, 1).state, AM_BGP_ESTABLISHED);
	assert_int_equal(view(w, 1).stale, said->forwarding ? AM_BGP_IN(AM_BGP_IPV4_UNICAST) : 0);
	assert_int_equal(paths(w, 1, 1, &path), said->forwarding ? 1 : -ENOENT);
	run(w, AM_BGP_SPEAKER_STALE_TIME);
	assert_int_equal(paths(w, 1, 1, &path), -ENOENT);
	assert_int_equal(view(w, 1).stale, 0);
	release(w);
}

/* RFC 9494 4.2: whether, for how long, and whether still after its return. */
static void long_lived_is_what_the_peer_says(void **state)
{
	static const struct long_lived times[] = {
		{.theirs = 0, .ours = 60}, {.theirs = 5, .ours = 60}, {.theirs = 60, .ours = 5}};
	static const struct long_lived backs[] = {
		{60, 60, true, false}, {60, 60, false, true}, {60, 60, true, true}};

	(void)state;
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
		stays_for_the_smaller_time(&times[i]);
	for (size_t i = 0; i < sizeof backs / sizeof backs[0]; i++)
		comes_back_silent(&backs[i]);
}

static void a_limit_ends_the_session(void **state)
{
	struct pair *w = make();
	struct am_bgp_speaker_peer p = peer_config(1);

	(void)state;
	p.routes.limit_in[AM_BGP_IPV4_UNICAST].max = 2;
	p.limit_restart = 30;
	w->node[1].peer = am_bgp_speaker_add(w->node[1].speaker, &p, w->now);
	p = peer_config(0);
	w->node[0].peer = am_bgp_speaker_add(w->node[0].speaker, &p, w->now);
	for (uint32_t i = 0; i < 3; i++)
		announce(w, 0, i);
	run(w, 10);
	assert_int_equal(w->node[1].downs, 1);
	assert_int_equal(w->node[1].last.subcode, AM_BGP_CEASE_MAX_PREFIXES);
	run(w, 15);
	assert_int_equal(w->node[1].ups, 1);
	for (uint32_t i = 1; i < 3; i++) {
		struct am_bgp_nlri nlri = nlri_of(i);

		am_bgp_speaker_withdraw(w->node[0].speaker, &nlri);
	}
	run(w, 40);
	assert_int_equal(view(w, 1).state, AM_BGP_ESTABLISHED);
	release(w);
}

/* The peer reads nothing: what waits for it stays within its buffers, and others are not kept. */
static void a_deaf_peer_holds_no_memory(void **state)
{
	struct am_bgp_rib_counters before, after;
	struct pair *w = make();
	struct am_bgp_link link = {0, 0};
	size_t most = 0;

	(void)state;
	add_peers(w);
	run(w, 5);
	for (uint32_t i = 0; i < 2000; i++)
		announce(w, 0, i);
	run(w, 5);
	link.peer = (unsigned)w->node[0].peer;
	w->node[1].deaf = true;
	am_bgp_rib_counters(am_bgp_speaker_rib(w->node[0].speaker), &before);
	for (uint32_t round = 0; round < 50; round++) {
		for (uint32_t i = 0; i < 2000; i++) {
			struct am_bgp_nlri nlri = nlri_of(i);

			if (round & 1)
				announce(w, 0, i);
			else
				am_bgp_speaker_withdraw(w->node[0].speaker, &nlri);
		}
		for (unsigned i = 0; i < 200; i++)
			turn(w);
		for (link.conn = 0; link.conn < 2; link.conn++) {
			size_t len = am_bgp_speaker_output(w->node[0].speaker, link).len;

			most = len > most ? len : most;
		}
	}
	am_bgp_rib_counters(am_bgp_speaker_rib(w->node[0].speaker), &after);
	assert_true(most > 0 && most < 1 << 17);
	assert_true(after.memory < before.memory + (1 << 20));
	w->node[1].deaf = false;
	run(w, 3);
	assert_int_equal(view(w, 1).routes.received[AM_BGP_IPV4_UNICAST], 2000);
	release(w);
}

static void an_unnumbered_peer_waits_until_it_is_found(void **state)
{
	struct pair *w = make();
	struct am_bgp_speaker_peer p = peer_config(0);
	struct am_ip found = p.address;

	(void)state;
	p.address = (struct am_ip){0};
	w->node[0].peer = am_bgp_speaker_add(w->node[0].speaker, &p, w->now);
	p = peer_config(1);
	w->node[1].peer = am_bgp_speaker_add(w->node[1].speaker, &p, w->now);
	run(w, 10);
	assert_int_equal(w->node[0].ups, 0);
	assert_int_equal(
		am_bgp_speaker_found(w->node[0].speaker, (unsigned)w->node[0].peer, &found, 0, w->now), 0);
	run(w, 10);
	assert_int_equal(w->node[0].ups, 1);
	release(w);
}

static void a_removed_peer_leaves_nothing(void **state)
{
	struct pair *w = make();
	struct am_bgp_speaker_view v;
	struct am_bgp_rib_path path;

	(void)state;
	add_peers(w);
	announce(w, 0, 1);
	run(w, 5);
	am_bgp_speaker_remove(
		w->node[1].speaker, (unsigned)w->node[1].peer, AM_BGP_CEASE_DECONFIGURED, NULL, w->now);
	run(w, 2);
	assert_int_equal(w->node[0].last.subcode, AM_BGP_CEASE_DECONFIGURED);
	assert_int_equal(am_bgp_speaker_view(w->node[1].speaker, (unsigned)w->node[1].peer, &v), -ENOENT);
	assert_int_equal(paths(w, 1, 1, &path), -ENOENT);
	/* Its number and its address can be used again. */
	w->node[1].peer = am_bgp_speaker_add(w->node[1].speaker, &(struct am_bgp_speaker_peer){0}, w->now);
	assert_int_equal(w->node[1].peer, -EINVAL);
	release(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes_go_both_ways),
		cmocka_unit_test(what_comes_back_is_known),
		cmocka_unit_test(only_peers_are_accepted),
		cmocka_unit_test(collisions_leave_one),
		cmocka_unit_test(a_restart_keeps_routes),
		cmocka_unit_test(long_lived_is_what_the_peer_says),
		cmocka_unit_test(a_limit_ends_the_session),
		cmocka_unit_test(a_deaf_peer_holds_no_memory),
		cmocka_unit_test(an_unnumbered_peer_waits_until_it_is_found),
		cmocka_unit_test(a_removed_peer_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
