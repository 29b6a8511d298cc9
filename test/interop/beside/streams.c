/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What lib/bgp writes for others to read, on standard output: a table and messages as MRT, or the life of a session as BMP.
 *
 * usage: streams mrt|bmp
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/as_path.h"
#include "bgp/bmp.h"
#include "bgp/mrt.h"
#include "bgp/open.h"
#include "bgp/update.h"

enum { WHEN = 1764300000, ROOM = 4096 };

static const struct am_bgp_context context = {.families = 7, .as4 = true};

static void check(int rc, const char *what)
{
	if (rc) {
		fprintf(stderr, "streams: %s: %s\n", what, strerror(-rc));
		exit(1);
	}
}

static struct am_ip ip_of(const char *text)
{
	struct am_ip ip;

	check(am_ip_parse_text(text, &ip), text);
	return ip;
}

static struct am_bgp_nlri prefix_of(const char *text)
{
	struct am_bgp_nlri nlri = {0};

	check(am_prefix_parse_text(text, &nlri.prefix), text);
	nlri.family = nlri.prefix.ip.family == AM_IPV6 ? AM_BGP_IPV6_UNICAST : AM_BGP_IPV4_UNICAST;
	return nlri;
}

static struct am_bgp_span text(const char *s)
{
	return (struct am_bgp_span){(const uint8_t *)s, strlen(s)};
}

static struct am_bgp_span span_of(const struct am_writer *w)
{
	return (struct am_bgp_span){w->start, am_writer_len(w)};
}

static struct am_bgp_attrs attrs_of(bool next_hop)
{
	static const uint8_t path[] = {AM_BGP_AS_SEQUENCE, 2, 0, 0, 0xfd, 0xe9, 0x3b, 0x9a, 0xca, 0x07};
	static const uint8_t communities[] = {0xfd, 0xe9, 0, 1};

	return (struct am_bgp_attrs){
		.has = AM_BGP_HAS(AM_BGP_ATTR_ORIGIN) | AM_BGP_HAS(AM_BGP_ATTR_AS_PATH) |
		       AM_BGP_HAS(AM_BGP_ATTR_MED) | AM_BGP_HAS(AM_BGP_ATTR_COMMUNITIES) |
		       (next_hop ? AM_BGP_HAS(AM_BGP_ATTR_NEXT_HOP) : 0),
		.as_path = {path, sizeof path},
		.communities = {communities, sizeof communities},
		.med = 7,
		.next_hop = {10, 0, 0, 1},
	};
}

/* An UPDATE that announces a prefix. */
static struct am_bgp_span update_of(const char *prefix, uint8_t room[ROOM])
{
	struct am_bgp_nlri nlri = prefix_of(prefix);
	struct am_ip hop = ip_of("2001:db8::1");
	uint8_t routes[32];
	struct am_writer n = am_writer(routes, sizeof routes), w = am_writer(room, ROOM);
	struct am_bgp_update u = {.attrs = attrs_of(nlri.family == AM_BGP_IPV4_UNICAST)};

	check(am_bgp_nlri_encode(&n, &nlri, false), prefix);
	if (nlri.family == AM_BGP_IPV4_UNICAST) {
		u.announced = (struct am_bgp_routes){.family = nlri.family, .nlri = span_of(&n)};
	} else {
		u.has_mp_reach = true;
		u.mp_announced = (struct am_bgp_routes){.family = nlri.family, .nlri = span_of(&n)};
		u.mp_next_hop = am_bgp_next_hop_of(&hop, NULL);
	}
	check(am_bgp_update_encode(&w, &u, &context, ROOM), "UPDATE");
	return span_of(&w);
}

static void put_rib(
	struct am_writer *w, uint32_t sequence, const char *prefix, const char *hop, bool path_ids)
{
	const struct am_bgp_mrt_time time = {WHEN, 0};
	struct am_bgp_nlri nlri = prefix_of(prefix);
	struct am_bgp_attrs attrs = attrs_of(!hop);
	struct am_bgp_next_hop next_hop = {0};
	struct am_bgp_mrt_rib_writer rib;

	if (hop) {
		struct am_ip ip = ip_of(hop);

		next_hop = am_bgp_next_hop_of(&ip, NULL);
	}
	check(am_bgp_mrt_rib_begin(&rib, w, time, sequence, &nlri, path_ids), "RIB");
	check(am_bgp_mrt_rib_put(&rib, 0, WHEN - 60, 5, &attrs, &next_hop), "entry");
	check(am_bgp_mrt_rib_put(&rib, 1, WHEN - 30, 6, &attrs, &next_hop), "entry");
	am_bgp_mrt_rib_end(&rib);
}

static void write_mrt(struct am_writer *w)
{
	const struct am_bgp_mrt_time time = {WHEN, 250000};
	const struct am_bgp_mrt_peer peers[] = {
		{0x0a000001, 65001, ip_of("10.0.0.1")}, {0x0a000003, 4200000003, ip_of("2001:db8::3")}};
	struct am_bgp_mrt_message m = {
		.session = {65001, 65002, 0, ip_of("10.0.0.1"), ip_of("10.0.0.2")}, .as4 = true};
	struct am_bgp_mrt_state state = {m.session, 5, 6};
	uint8_t room[ROOM];

	check(am_bgp_mrt_put_peers(w, time, 0x0a0000fe, text("main"), peers, 2), "peers");
	put_rib(w, 0, "198.51.100.0/24", NULL, false);
	put_rib(w, 1, "2001:db8:1::/48", "2001:db8::1", false);
	put_rib(w, 2, "203.0.113.0/24", NULL, true);
	m.message = update_of("192.0.2.0/24", room);
	check(am_bgp_mrt_put_message(w, time, &m), "message");
	m.message = update_of("2001:db8:2::/48", room);
	check(am_bgp_mrt_put_message(w, time, &m), "message");
	check(am_bgp_mrt_put_state(w, time, &state), "state");
}

static void put_up(struct am_writer *w, const struct am_bgp_bmp_peer *peer)
{
	struct am_bgp_open open = {.as = 65002, .id = 0x0a000002, .hold_time = 90, .caps.as4 = true};
	uint8_t ours[ROOM], theirs[ROOM];
	struct am_writer a = am_writer(ours, sizeof ours), b = am_writer(theirs, sizeof theirs);
	struct am_bgp_bmp_up up = {.local = ip_of("10.0.0.2"), .local_port = 179, .remote_port = 40000};

	am_bgp_capability_family(&open.caps, AM_BGP_AFI_IPV4, AM_BGP_SAFI_UNICAST)->multiprotocol = true;
	check(am_bgp_open_encode(&a, &open), "OPEN");
	open.as = peer->as;
	open.id = peer->id;
	check(am_bgp_open_encode(&b, &open), "OPEN");
	up.sent_open = span_of(&a);
	up.received_open = span_of(&b);
	check(am_bgp_bmp_put_up(w, peer, &up), "PEER_UP");
}

static void write_bmp(struct am_writer *w)
{
	static const struct am_bgp_bmp_stat stats[] = {
		{.type = AM_BGP_BMP_STAT_REJECTED, .value = 5},
		{.type = AM_BGP_BMP_STAT_ADJ_RIB_IN, .value = 2},
		{.type = AM_BGP_BMP_STAT_ADJ_RIB_IN_FAMILY, .afi = 1, .safi = 1, .value = 1},
	};
	const struct am_bgp_bmp_peer peer = {
		.address = ip_of("10.0.0.1"), .as = 65001, .id = 0x0a000001, .s = WHEN, .us = 250000};
	const struct am_bgp_notification cease = {.code = AM_BGP_E_CEASE, .subcode = AM_BGP_CEASE_SHUTDOWN};
	uint8_t room[ROOM];
	struct am_writer n = am_writer(room, sizeof room);

	check(am_bgp_bmp_put_initiation(w, text("r1"), text("lib/bgp"), text("hello")), "INITIATION");
	put_up(w, &peer);
	check(am_bgp_bmp_put_route(w, &peer, update_of("192.0.2.0/24", room)), "ROUTE_MONITORING");
	check(am_bgp_bmp_put_route(w, &peer, update_of("2001:db8:2::/48", room)), "ROUTE_MONITORING");
	check(am_bgp_end_of_rib_encode(&n, AM_BGP_IPV4_UNICAST), "End-of-RIB");
	check(am_bgp_bmp_put_route(w, &peer, span_of(&n)), "ROUTE_MONITORING");
	check(am_bgp_bmp_put_mirror(w, &peer, span_of(&n), false), "ROUTE_MIRRORING");
	check(am_bgp_bmp_put_stats(w, &peer, stats, 3), "STATISTICS");
	n = am_writer(room, sizeof room);
	check(am_bgp_notification_encode(&n, &cease, ROOM), "NOTIFICATION");
	check(am_bgp_bmp_put_down(w, &peer, AM_BGP_BMP_DOWN_BY_PEER, span_of(&n)), "PEER_DOWN");
	check(am_bgp_bmp_put_termination(w, AM_BGP_BMP_END_CLOSED, text("bye")), "TERMINATION");
}

int main(int argc, char **argv)
{
	static uint8_t room[1 << 16];
	struct am_writer w = am_writer(room, sizeof room);

	if (argc == 2 && !strcmp(argv[1], "mrt")) {
		write_mrt(&w);
	} else if (argc == 2 && !strcmp(argv[1], "bmp")) {
		write_bmp(&w);
	} else {
		fprintf(stderr, "usage: streams mrt|bmp\n");
		return 2;
	}
	return fwrite(room, am_writer_len(&w), 1, stdout) != 1;
}
