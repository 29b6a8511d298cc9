/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A full table through the routing table, without sessions: 1,000,000 IPv4 prefixes with 100,000 attribute sets in from one peer, out to others,
 * policy swaps, and all withdrawn. Time of one core and memory of each part, and the longest single call in it: a call is what a timer may have to
 * wait for. With an argument, JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bgp/rib.h"

enum { PREFIXES = 1000000, EACH = 10, BUDGET = 256, REFRESHES = 600 };

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* kB that this process has in memory. */
static double resident(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[128];
	double kb = 0;

	while (f && fgets(line, sizeof line, f)) {
		if (!strncmp(line, "VmRSS:", 6))
			kb = strtod(line + 6, NULL);
	}
	if (f)
		fclose(f);
	return kb;
}

static const struct am_bgp_context ctx = {.kind = AM_BGP_EXTERNAL, .families = 7, .as4 = true};

/* The number-th UPDATE: a path of 2 to 6, communities, EACH prefixes of /16 to /24. */
static size_t put_update(uint8_t *room, uint32_t number, bool withdraw)
{
	struct am_writer w = am_writer(room, AM_BGP_MESSAGE_MAX);
	uint8_t path[2 + 6 * 4] = {2, (uint8_t)(2 + number % 5)}, communities[16], nlri[EACH * 5];
	struct am_bgp_update u = {.announced = {.family = AM_BGP_IPV4_UNICAST}};
	struct am_writer n = am_writer(nlri, sizeof nlri);

	for (unsigned i = 0; i < path[1]; i++)
		am_store32(path + 2 + 4 * i, 64500 + (number * 2654435761u >> (i + 8)) % 70000);
	for (unsigned i = 0; i < 4; i++)
		am_store32(communities + 4 * i, number << i | 1u << 16);
	for (uint32_t i = 0; i < EACH; i++) {
		uint32_t at = number * EACH + i;

		am_put8(&n, 24);
		am_put8(&n, (uint8_t)(1 + at / 65536));
		am_put16(&n, (uint16_t)at);
	}
	u.announced.nlri = (struct am_bgp_span){nlri, am_writer_len(&n)};
	u.attrs = (struct am_bgp_attrs){.has = AM_BGP_HAS(1) | AM_BGP_HAS(2) | AM_BGP_HAS(3) | AM_BGP_HAS(8),
		.next_hop = {192, 0, 2, 1},
		.as_path = {path, 2 + 4 * (size_t)path[1]},
		.communities = {communities, 4 * (number % 5)}};
	if (!u.attrs.communities.len)
		u.attrs.has &= ~AM_BGP_HAS(8);
	if (withdraw)
		u = (struct am_bgp_update){.withdrawn = u.announced};
	if (am_bgp_update_encode(&w, &u, &ctx, AM_BGP_MESSAGE_MAX))
		abort();
	return am_writer_len(&w);
}

struct bench {
	struct am_bgp_rib *rib;
	unsigned peers[3], n_peers, messages;
	size_t bytes;
	bool json, first;
	double begin, longest; /* of this part: when it began, and the longest call, s */
};

static int timed(struct bench *b, int rc, double at)
{
	double took = seconds() - at;

	b->longest = took > b->longest ? took : b->longest;
	if (rc < 0)
		abort();
	return rc;
}

static void feed(struct bench *b, const uint8_t *message, size_t len)
{
	static uint8_t scratch[AM_BGP_SCRATCH(AM_BGP_MESSAGE_MAX)];
	struct am_bgp_message m;
	struct am_bgp_update u;
	struct am_bgp_error err;

	double at = seconds();

	if (am_bgp_message_parse(message, len, AM_BGP_MESSAGE_MAX, &m, &err) ||
		am_bgp_update_decode(&ctx, m.body, scratch, &u))
		abort();
	timed(b, am_bgp_rib_update(b->rib, b->peers[0], &u), at);
}

/* False: nothing was there. */
static bool drain(struct bench *b)
{
	struct am_bgp_span out;
	unsigned before = b->messages;

	for (unsigned i = 0; i < b->n_peers; i++) {
		while (am_bgp_rib_output(b->rib, b->peers[i], &out)) {
			b->messages++;
			b->bytes += out.len;
			am_bgp_rib_sent(b->rib, b->peers[i]);
		}
	}
	return b->messages != before;
}

static bool step(struct bench *b)
{
	double at = seconds();

	return timed(b, am_bgp_rib_step(b->rib, BUDGET, (am_time){1}), at);
}

static void settle(struct bench *b)
{
	bool more;

	do {
		more = step(b);
	} while (drain(b) || more);
}

static void all(struct bench *b, bool withdraw)
{
	uint8_t room[AM_BGP_MESSAGE_MAX];

	for (uint32_t i = 0; i < PREFIXES / EACH; i++) {
		feed(b, room, put_update(room, i, withdraw));
		step(b);
		drain(b);
	}
	settle(b);
}

static enum am_bgp_filter_result prefer(
	const void *policy, struct am_bgp_path *path, struct am_writer *scratch)
{
	(void)policy;
	(void)scratch;
	path->attrs.local_pref = 200;
	path->attrs.has |= AM_BGP_HAS(AM_BGP_ATTR_LOCAL_PREF);
	return AM_BGP_FILTER_CHANGED;
}

static void begin(struct bench *b)
{
	b->longest = 0;
	b->messages = 0;
	b->begin = seconds();
}

static void line(struct bench *b, const char *what)
{
	double ns = (seconds() - b->begin) * 1e9 / PREFIXES;
	struct am_bgp_rib_counters c;

	am_bgp_rib_counters(b->rib, &c);
	printf(b->json ? "%s{\"step\": \"%s\", \"ns_per_prefix\": %.1f, \"longest_call_us\": %.0f, \"table_bytes_per_prefix\": %.1f, "
			 "\"resident_kb\": %.0f, \"messages\": %u}\n"
		       : "%s%-26s %7.1f ns/prefix   longest call %6.0f us   table %6.1f octets/prefix   process %7.0f kB   %8u messages out\n",
		b->json && !b->first ? "," : "", what, ns, b->longest * 1e6, (double)c.memory / PREFIXES,
		resident(), b->messages);
	b->first = false;
}

static void up(struct bench *b, unsigned at, uint32_t as, struct am_bgp_filter export)
{
	struct am_bgp_rib_peer config = {
		.neighbour = {.kind = AM_BGP_EXTERNAL,
			.as = as,
			.address = {AM_IPV4, {192, 0, 2, (uint8_t)at}}},
		.local_as = 65000,
		.local_id = 1,
		.import = {am_bgp_filter_accept, NULL},
		.export = export,
		.next_hop = {{4, {192, 0, 2, 99}}},
	};
	struct am_bgp_peer session = {
		.open = {.as = as, .id = as}, .agreed = {.families = 1, .as4 = true}, .send = ctx};
	double from = seconds();
	int peer = am_bgp_rib_add(b->rib, &config);

	if (peer < 0)
		abort();
	timed(b, am_bgp_rib_up(b->rib, (unsigned)peer, &session), from);
	b->peers[at] = (unsigned)peer;
	b->n_peers = at + 1;
}

static void feed_cost(void)
{
	uint8_t room[AM_BGP_MESSAGE_MAX];
	double at = seconds();

	for (uint32_t i = 0; i < PREFIXES / EACH; i++)
		put_update(room, i, false);
	fprintf(stderr, "writing the feed itself: %.1f ns/prefix\n", (seconds() - at) * 1e9 / PREFIXES);
}

static const struct am_bgp_filter accept = {am_bgp_filter_accept, NULL}, preferring = {prefer, NULL};

static void load(struct bench *b)
{
	begin(b);
	up(b, 0, 65001, (struct am_bgp_filter){0});
	all(b, false);
	line(b, "in");
	begin(b);
	all(b, false);
	line(b, "in again, the same");
	begin(b);
	up(b, 1, 65002, accept);
	settle(b);
	line(b, "out to a new peer");
}

static void policies(struct bench *b)
{
	double at;

	begin(b);
	am_bgp_rib_set_import(b->rib, b->peers[0], preferring);
	settle(b);
	line(b, "import policy swap");
	begin(b);
	up(b, 2, 65002, accept);
	settle(b);
	line(b, "out to one more of a group");
	/* One of two leaves the group for another policy; what it was told has to be compared. */
	begin(b);
	at = seconds();
	timed(b, am_bgp_rib_set_export(b->rib, b->peers[2], preferring), at);
	settle(b);
	line(b, "export policy of one of two");
}

/* Refreshes that begin and never end: the numbers of epochs run out. */
static void refreshes(struct bench *b)
{
	begin(b);
	for (unsigned i = 0; i < REFRESHES; i++) {
		const struct am_bgp_refresh refresh = {
			AM_BGP_AFI_IPV4, AM_BGP_SAFI_UNICAST, AM_BGP_REFRESH_BEGIN};
		double at = seconds();

		am_bgp_rib_refresh(b->rib, b->peers[0], &refresh);
		timed(b, 0, at);
	}
	settle(b);
	line(b, "600 BoRR without EoRR");
}

static void leave(struct bench *b)
{
	double at;

	begin(b);
	all(b, true);
	line(b, "withdraw, in and out");
	begin(b);
	all(b, false);
	line(b, "in and out");
	begin(b);
	at = seconds();
	am_bgp_rib_down(b->rib, b->peers[2], 0);
	timed(b, 0, at);
	settle(b);
	line(b, "a receiver goes");
	begin(b);
	at = seconds();
	am_bgp_rib_down(b->rib, b->peers[0], 0);
	timed(b, 0, at);
	settle(b);
	line(b, "the sender goes");
}

int main(int argc, char **argv)
{
	const struct am_bgp_rib_config config = {.decision = {.default_local_pref = 100}, .seed = 1};
	struct bench b = {.json = argc > 1, .first = true};

	(void)argv;
	feed_cost();
	if (am_bgp_rib_create(&config, &b.rib))
		abort();
	puts(b.json ? "[" : "1000000 prefixes, 100000 attribute sets, 256 prefixes a step");
	load(&b);
	policies(&b);
	refreshes(&b);
	leave(&b);
	am_bgp_rib_free(b.rib);
	if (b.json)
		puts("]");
	return 0;
}
