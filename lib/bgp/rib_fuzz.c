/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bytes drive the routing table: UPDATE bodies from peers, sessions that come and go, refreshes, policies, budgets, readers. At the end all peers leave, and
 * nothing is left: no route, no prefix, no set.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/rib.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PEERS = 4 };

struct world {
	struct am_bgp_rib *rib;
	struct am_reader in;
	bool up[PEERS];
	am_time now;
	uint8_t scratch[AM_BGP_SCRATCH(UINT8_MAX)];
};

static void fail(const char *what)
{
	fprintf(stderr, "%s\n", what);
	abort();
}

static enum am_bgp_filter_result odd(const void *policy, struct am_bgp_path *path, struct am_writer *scratch)
{
	(void)policy;
	am_put32(scratch, 0x10001);
	path->attrs.communities = (struct am_bgp_span){scratch->start, 4};
	path->attrs.has |= AM_BGP_HAS(AM_BGP_ATTR_COMMUNITIES);
	return path->attrs.origin ? AM_BGP_FILTER_REJECT : AM_BGP_FILTER_CHANGED;
}

static struct am_bgp_context context_of(unsigned peer)
{
	return (struct am_bgp_context){.kind = peer % 3,
		.families = 7,
		.path_ids = peer == 3 ? 7 : 0,
		.as4 = peer != 1,
		.aigp = true};
}

static void up(struct world *w, unsigned peer)
{
	const struct am_bgp_peer session = {
		.open = {.as = 64500 + peer, .id = peer + 1},
		.agreed = {.families = 7,
			.graceful = 7,
			.graceful_forwarding = 3,
			.long_lived = peer & 1 ? 7 : 0,
			.long_lived_forwarding = peer & 1 ? 5 : 0,
			.next_hop6 = 1,
			.enhanced_refresh = peer & 1,
			.add_path_send = peer == 3 ? 7 : 0},
		.send = context_of(peer),
	};

	if (!w->up[peer] && am_bgp_rib_up(w->rib, peer, &session))
		fail("up");
	w->up[peer] = true;
}

static void update(struct world *w, unsigned peer)
{
	size_t len = am_take8(&w->in);
	const struct am_bgp_context ctx = context_of(peer);
	const uint8_t *body = am_take(&w->in, len);
	struct am_bgp_update u;

	if (!body || !w->up[peer] ||
		am_bgp_update_decode(&ctx, (struct am_bgp_span){body, len}, w->scratch, &u) == AM_BGP_RESET)
		return;
	if (am_bgp_rib_update(w->rib, peer, &u))
		fail("update");
}

static void read_all(struct world *w, unsigned peer, unsigned most)
{
	struct am_bgp_span bytes;
	struct am_bgp_message m;
	struct am_bgp_error err;

	while (most-- && w->up[peer] && am_bgp_rib_output(w->rib, peer, &bytes)) {
		if (am_bgp_message_parse(bytes.bytes, bytes.len, AM_BGP_MESSAGE_MAX, &m, &err))
			fail("a message that is none");
		am_bgp_rib_sent(w->rib, peer);
	}
}

static void look(struct world *w)
{
	struct am_bgp_rib_change change;
	struct am_bgp_rib_path paths[4];
	struct am_bgp_rib_event event;

	if (am_bgp_rib_next_change(w->rib, &change)) {
		if (change.n && !change.paths[0].imported)
			fail("a path that was refused is used");
		am_bgp_rib_explain(w->rib, &change.nlri, paths, 4);
	}
	am_bgp_rib_next_event(w->rib, &event);
}

static void refresh(struct world *w, unsigned peer, uint8_t how)
{
	static const enum am_bgp_family families[] = {
		AM_BGP_IPV4_UNICAST, AM_BGP_IPV6_UNICAST, AM_BGP_L2VPN_EVPN};
	enum am_bgp_family f = families[how % 3];
	const struct am_bgp_refresh r = {am_bgp_afi(f), am_bgp_safi(f), how / 3 % 4};

	if (w->up[peer])
		am_bgp_rib_refresh(w->rib, peer, &r);
}

/* The filters answer as before, so nothing may come of it. */
static void recheck(struct world *w, uint8_t how)
{
	const struct am_prefix within[] = {{{AM_IPV4, {how}}, 8}, {{AM_IPV6, {how}}, 8}};

	am_bgp_rib_recheck(w->rib, how & 16 ? NULL : within, how & 32 ? 1 : 2);
}

static void act(struct world *w)
{
	uint8_t what = am_take8(&w->in), how = am_take8(&w->in);
	unsigned peer = what % PEERS;
	struct am_bgp_filter filter = {how & 1 ? odd : am_bgp_filter_accept, NULL};

	switch (what / PEERS % 10) {
	case 0:
		up(w, peer);
		break;
	case 1:
		am_bgp_rib_down(w->rib, peer, how & 7);
		w->up[peer] = false;
		break;
	case 2:
		refresh(w, peer, how);
		break;
	case 3:
		am_bgp_rib_set_import(w->rib, peer, filter);
		break;
	case 4:
		if (am_bgp_rib_set_export(w->rib, peer, filter))
			fail("set_export");
		break;
	case 5:
		w->now = am_time_add(w->now, how * 10 * AM_MS);
		if (am_bgp_rib_step(w->rib, 1u << how % 12, w->now) < 0)
			fail("step");
		break;
	case 6:
		read_all(w, peer, how);
		break;
	case 7:
		look(w);
		break;
	case 8:
		if (!w->up[peer])
			am_bgp_rib_long_lived(w->rib, peer, how & 7);
		else if (how & 8)
			am_bgp_rib_recheck_next_hops(w->rib);
		else
			recheck(w, how);
		break;
	default:
		update(w, peer);
	}
}

static void settle(struct world *w)
{
	struct am_bgp_rib_change change;
	int more;

	do {
		w->now = am_time_add(w->now, AM_S);
		more = am_bgp_rib_step(w->rib, 5000, w->now);
		for (unsigned i = 0; i < PEERS; i++)
			read_all(w, i, UINT32_MAX);
		while (am_bgp_rib_next_change(w->rib, &change))
			more = 1;
	} while (more || am_bgp_rib_deadline(w->rib).ns != UINT64_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct am_bgp_rib_config config = {
		.decision = {.default_local_pref = 100}, .changes = true, .multipath = 3, .seed = 1};
	struct world w = {.in = am_reader(data, size), .now = {AM_S}};
	struct am_bgp_rib_counters c;

	if (am_bgp_rib_create(&config, &w.rib))
		return 0;
	for (unsigned i = 0; i < PEERS; i++) {
		const struct am_bgp_rib_peer peer = {.neighbour = {.kind = i % 3,
							     .as = 64500 + i,
							     .address = {AM_IPV4, {192, 0, 2, (uint8_t)i}}},
			.local_as = 64499,
			.local_id = 9,
			.import = {am_bgp_filter_accept, NULL},
			.export = {am_bgp_filter_accept, NULL},
			.next_hop = {{4, {192, 0, 2, 9}}},
			.add_path_send = 3,
			.reflector_client = i == 1,
			.has_role = i == 3,
			.role = AM_BGP_ROLE_PEER,
			.limit_in = {{20, 50}},
			.limit_out = {{9, 50}},
			.mrai = i == 2 ? AM_S : 0};

		am_bgp_rib_add(w.rib, &peer);
		up(&w, i);
	}
	while (am_reader_left(&w.in) && !w.in.bad)
		act(&w);
	settle(&w);
	for (unsigned i = 0; i < PEERS; i++) {
		am_bgp_rib_remove(w.rib, i);
		w.up[i] = false;
	}
	settle(&w);
	am_bgp_rib_counters(w.rib, &c);
	if (c.prefixes[0] + c.prefixes[1] + c.prefixes[2] + c.routes[0] + c.routes[1] + c.routes[2])
		fail("prefixes or routes are left over");
	if (am_bgp_store_size(am_bgp_rib_store(w.rib)).sets)
		fail("sets are left over");
	am_bgp_rib_free(w.rib);
	return 0;
}
