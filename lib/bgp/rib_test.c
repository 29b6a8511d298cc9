/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/as_path.h"
#include "bgp/community.h"
#include "bgp/rib.h"

enum { LOCAL_AS = 65000, EXTENDED = 1, LLGR = 2, HOP6 = 4, PATH_IDS = 8 };

static const struct am_bgp_filter accept_all = {am_bgp_filter_accept, NULL};

static struct am_bgp_rib *make_with(struct am_bgp_rib_config config)
{
	struct am_bgp_rib *rib;

	config.decision.default_local_pref = 100;
	config.seed = 7;
	assert_int_equal(am_bgp_rib_create(&config, &rib), 0);
	return rib;
}

static struct am_bgp_rib *make(void)
{
	return make_with((struct am_bgp_rib_config){.changes = true});
}

static struct am_bgp_rib_peer config_of(uint8_t number, uint32_t as)
{
	return (struct am_bgp_rib_peer){
		.neighbour = {.kind = as == LOCAL_AS ? AM_BGP_INTERNAL : AM_BGP_EXTERNAL,
			.as = as,
			.address = {AM_IPV4, {192, 0, 2, number}}},
		.local_as = LOCAL_AS,
		.local_id = 99,
		.import = accept_all,
		.export = accept_all,
		.next_hop = {{4, {192, 0, 2, 99}}, {16, {0x20, 1, 0xd, 0xb8, [15] = 99}}},
		.add_path_send = 2,
	};
}

static void session_up(
	struct am_bgp_rib *rib, unsigned peer, const struct am_bgp_rib_peer *config, unsigned with)
{
	struct am_bgp_peer session = {
		.open = {.as = config->neighbour.as, .id = config->neighbour.address.bytes[3]},
		.agreed = {.families = 7,
			.as4 = true,
			.extended_message = with & EXTENDED,
			.enhanced_refresh = true,
			.graceful = 7,
			.graceful_forwarding = 7,
			.long_lived = with & LLGR ? 7 : 0,
			.long_lived_forwarding = with & LLGR ? 7 : 0,
			.next_hop6 = with & HOP6 ? 1 : 0,
			.add_path_send = with & PATH_IDS ? 7 : 0},
		.send = {.kind = config->neighbour.kind,
			.families = 7,
			.as4 = true,
			.path_ids = with & PATH_IDS ? 7 : 0},
	};

	assert_int_equal(am_bgp_rib_up(rib, peer, &session), 0);
}

static unsigned add(struct am_bgp_rib *rib, struct am_bgp_rib_peer config, unsigned with)
{
	int peer = am_bgp_rib_add(rib, &config);

	assert_true(peer >= 0);
	session_up(rib, (unsigned)peer, &config, with);
	return (unsigned)peer;
}

static struct am_bgp_nlri prefix(const char *text)
{
	struct am_bgp_nlri n = {0};

	assert_int_equal(am_prefix_parse_text(text, &n.prefix), 0);
	n.family = n.prefix.ip.family == AM_IPV4 ? AM_BGP_IPV4_UNICAST : AM_BGP_IPV6_UNICAST;
	return n;
}

/* A set with a path of these numbers, ended by 0, and one community, or 0. */
struct set {
	struct am_bgp_set set;
	uint8_t path[2 + 4 * 8], community[4];
};

static struct am_bgp_set *of(struct set *s, const uint32_t *as, uint32_t community)
{
	*s = (struct set){
		.set = {.attrs = {.has = AM_BGP_HAS(1) | AM_BGP_HAS(2)}, .next_hop = {4, {192, 0, 2, 1}}}};
	s->path[0] = 2;
	for (; as[s->path[1]]; s->path[1]++)
		am_store32(s->path + 2 + 4 * s->path[1], as[s->path[1]]);
	s->set.attrs.as_path = (struct am_bgp_span){s->path, s->path[1] ? 2 + 4 * (size_t)s->path[1] : 0};
	am_store32(s->community, community);
	if (community) {
		s->set.attrs.communities = (struct am_bgp_span){s->community, 4};
		s->set.attrs.has |= AM_BGP_HAS(AM_BGP_ATTR_COMMUNITIES);
	}
	return &s->set;
}

#define AS(...) ((const uint32_t[]){__VA_ARGS__, 0})

static void announce(struct am_bgp_rib *rib, unsigned peer, const char *text, const struct am_bgp_set *set)
{
	struct am_bgp_nlri n = prefix(text);

	assert_int_equal(am_bgp_rib_announce(rib, peer, &n, set), 0);
}

static void withdraw(struct am_bgp_rib *rib, unsigned peer, const char *text)
{
	struct am_bgp_nlri n = prefix(text);

	assert_int_equal(am_bgp_rib_withdraw(rib, peer, &n), 0);
}

static void settle(struct am_bgp_rib *rib)
{
	while (am_bgp_rib_step(rib, 100, (am_time){AM_S}) > 0)
		;
}

/* Read all that waits for a peer: the last UPDATE with attributes, and how many prefixes came and went. */
struct read {
	struct am_bgp_update last;
	unsigned announced, withdrawn, messages, refreshes;
	bool end_of_rib;
};

static uint8_t held[65536], scratch[AM_BGP_SCRATCH(65536)];

static unsigned count(const struct am_bgp_routes *routes)
{
	struct am_bgp_nlri_iter iter = am_bgp_nlri_iter(routes);
	struct am_bgp_nlri n;
	unsigned sum = 0;

	while (am_bgp_nlri_next(&iter, &n))
		sum++;
	return sum;
}

static struct read drain(struct am_bgp_rib *rib, unsigned peer, bool external, bool path_ids)
{
	const struct am_bgp_context ctx = {.kind = external ? AM_BGP_EXTERNAL : AM_BGP_INTERNAL,
		.families = 7,
		.as4 = true,
		.path_ids = path_ids ? 7 : 0};
	struct am_bgp_span bytes;
	struct read r = {0};

	settle(rib);
	for (; am_bgp_rib_output(rib, peer, &bytes); am_bgp_rib_sent(rib, peer), settle(rib)) {
		struct am_bgp_message m;
		struct am_bgp_error err;
		struct am_bgp_update u;

		assert_int_equal(
			am_bgp_message_parse(bytes.bytes, bytes.len, AM_BGP_EXTENDED_MAX, &m, &err), 0);
		r.messages++;
		if (m.type == AM_BGP_ROUTE_REFRESH) {
			r.refreshes++;
			continue;
		}
		if (bytes.len <= sizeof held)
			memcpy(held, m.body.bytes, m.body.len);
		assert_int_equal(
			am_bgp_update_decode(&ctx, (struct am_bgp_span){held, m.body.len}, scratch, &u),
			AM_BGP_OK);
		r.announced += count(&u.announced) + count(&u.mp_announced);
		r.withdrawn += count(&u.withdrawn) + count(&u.mp_withdrawn);
		r.end_of_rib |= u.end_of_rib;
		if (count(&u.announced) + count(&u.mp_announced))
			r.last = u;
	}
	return r;
}

static enum am_bgp_verdict verdict(struct am_bgp_rib *rib, const char *text, unsigned peer, const char **why)
{
	struct am_bgp_rib_path paths[8];
	struct am_bgp_nlri n = prefix(text);
	int found = am_bgp_rib_explain(rib, &n, paths, 8);

	for (int i = 0; i < found; i++) {
		if (paths[i].peer == peer) {
			if (why)
				*why = paths[i].why;
			return paths[i].verdict;
		}
	}
	return AM_BGP_VERDICTS;
}

/* Many prefixes of one set are one message, and peers of one group get the same bytes. */
static void test_shared(void **state)
{
	struct am_bgp_rib *rib = make();
	unsigned a = add(rib, config_of(1, 1), 0), b = add(rib, config_of(2, 2), 0),
		 c = add(rib, config_of(3, 2), 0);
	struct am_bgp_span to_b, to_c;
	struct am_bgp_rib_counters counters;
	struct set s;
	char text[32];

	(void)state;
	for (unsigned p = a; p <= c; p++)
		assert_true(drain(rib, p, true, false).end_of_rib);
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof text, "10.0.%d.0/24", i);
		announce(rib, a, text, of(&s, AS(1, 5), 0));
	}
	settle(rib);
	assert_true(am_bgp_rib_output(rib, b, &to_b));
	assert_true(am_bgp_rib_output(rib, c, &to_c));
	assert_ptr_equal(to_b.bytes, to_c.bytes);
	am_bgp_rib_counters(rib, &counters);
	assert_int_equal(counters.prefixes[0], 100);
	assert_int_equal(drain(rib, b, true, false).announced, 100);
	assert_int_equal(drain(rib, c, true, false).messages, 1);
	/* Nobody hears what it said itself. */
	assert_int_equal(drain(rib, a, true, false).messages, 0);
	am_bgp_rib_free(rib);
}

/* What is told to an external peer: our AS in front, our next hop, no LOCAL_PREF, no MED of others. */
static void test_external(void **state)
{
	struct am_bgp_rib *rib = make();
	unsigned a = add(rib, config_of(1, LOCAL_AS), 0), b = add(rib, config_of(2, 2), 0);
	struct set s;
	struct read r;

	(void)state;
	of(&s, AS(5, 6), 0);
	s.set.attrs.has |= AM_BGP_HAS(AM_BGP_ATTR_MED) | AM_BGP_HAS(AM_BGP_ATTR_LOCAL_PREF);
	announce(rib, a, "10.0.0.0/8", &s.set);
	r = drain(rib, b, true, false);
	assert_int_equal(r.announced, 1);
	assert_int_equal(am_bgp_as_path_first(r.last.attrs.as_path), LOCAL_AS);
	assert_int_equal(am_bgp_as_path_length(r.last.attrs.as_path), 3);
	assert_int_equal(r.last.attrs.next_hop[3], 99);
	assert_false(r.last.attrs.has & AM_BGP_HAS(AM_BGP_ATTR_MED));
	withdraw(rib, a, "10.0.0.0/8");
	assert_int_equal(drain(rib, b, true, false).withdrawn, 1);
	am_bgp_rib_free(rib);
}

static void test_no_policy(void **state)
{
	struct am_bgp_rib *rib = make();
	struct am_bgp_rib_peer config = config_of(1, 1);
	const char *why = NULL;
	struct set s;
	unsigned a, b, c;

	(void)state;
	config.import.run = NULL;
	a = add(rib, config, 0);
	b = add(rib, config_of(2, 2), 0);
	config = config_of(3, 3);
	config.export.run = NULL;
	c = add(rib, config, 0);
	announce(rib, a, "10.0.0.0/8", of(&s, AS(1), 0));
	announce(rib, b, "11.0.0.0/8", of(&s, AS(2), 0));
	assert_int_equal(drain(rib, b, true, false).announced, 0);
	assert_int_equal(drain(rib, c, true, false).announced, 0);
	verdict(rib, "10.0.0.0/8", a, &why);
	assert_non_null(strstr(why, "8212"));
	am_bgp_rib_free(rib);
}

static void test_communities(void **state)
{
	static const struct {
		uint32_t community;
		bool external, internal;
	} rows[] = {{AM_BGP_NO_EXPORT, false, true}, {AM_BGP_NO_ADVERTISE, false, false},
		{AM_BGP_NO_EXPORT_SUBCONFED, false, true}, {0x10001, true, true}};
	struct am_bgp_rib *rib = make();
	unsigned a = add(rib, config_of(1, 1), 0), b = add(rib, config_of(2, 2), 0),
		 c = add(rib, config_of(3, LOCAL_AS), 0);
	struct set s;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		announce(rib, a, "10.0.0.0/8", of(&s, AS(1), rows[i].community));
		assert_int_equal(drain(rib, b, true, false).announced, rows[i].external);
		assert_int_equal(drain(rib, c, false, false).announced, rows[i].internal);
		withdraw(rib, a, "10.0.0.0/8");
		drain(rib, b, true, false);
		drain(rib, c, false, false);
	}
	am_bgp_rib_free(rib);
}

static void test_why(void **state)
{
	struct am_bgp_rib *rib = make();
	unsigned a = add(rib, config_of(1, 1), 0), b = add(rib, config_of(2, 2), 0),
		 c = add(rib, config_of(3, 3), 0);
	const char *why = NULL;
	struct set s;

	(void)state;
	announce(rib, a, "10.0.0.0/8", of(&s, AS(1, 2, 3), 0));
	announce(rib, b, "10.0.0.0/8", of(&s, AS(2, 3), 0));
	announce(rib, c, "10.0.0.0/8", of(&s, AS(3, LOCAL_AS), 0));
	settle(rib);
	assert_int_equal(verdict(rib, "10.0.0.0/8", a, NULL), AM_BGP_LOST_AS_PATH);
	assert_int_equal(verdict(rib, "10.0.0.0/8", b, NULL), AM_BGP_BEST);
	verdict(rib, "10.0.0.0/8", c, &why);
	assert_non_null(strstr(why, "our own AS"));
	am_bgp_rib_free(rib);
}

static const char *refused(struct am_bgp_rib *rib, unsigned peer, const char *text)
{
	const char *why = NULL;

	settle(rib);
	verdict(rib, text, peer, &why);
	return why ? why : "accepted";
}

/* Behind a local_as, and in a confederation, we have more names than one; each time that one stands there counts. */
static void test_own_as(void **state)
{
	static const struct {
		uint32_t path[4];
		uint8_t allowed;
		bool loop;
	} rows[] = {
		{{1, 2}, 0, false},
		{{1, LOCAL_AS}, 0, true},
		{{1, 65001}, 0, true},
		{{1, 100}, 0, true},
		{{1, 65001}, 1, false},
		{{1, 65001, LOCAL_AS}, 1, true},
		{{1, 65001, 100}, 1, true},
		{{1, 65001, 65001}, 2, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct am_bgp_rib *rib = make();
		struct am_bgp_rib_peer config = config_of(1, 1);
		struct set s;
		unsigned a;

		config.own_as[0] = 65001;
		config.own_as[1] = 100;
		config.allow_own_as = rows[i].allowed;
		a = add(rib, config, 0);
		announce(rib, a, "10.0.0.0/8", of(&s, rows[i].path, 0));
		assert_string_equal(refused(rib, a, "10.0.0.0/8"),
			rows[i].loop ? "our own AS stands in its path" : "accepted");
		am_bgp_rib_free(rib);
	}
}

/* One name given twice counts once. */
static void test_same_own_as(void **state)
{
	struct am_bgp_rib *rib = make();
	struct am_bgp_rib_peer config = config_of(1, 1);
	struct set s;
	unsigned a;

	(void)state;
	config.own_as[0] = config.own_as[1] = LOCAL_AS;
	config.allow_own_as = 1;
	a = add(rib, config, 0);
	announce(rib, a, "10.0.0.0/8", of(&s, AS(1, LOCAL_AS), 0));
	assert_string_equal(refused(rib, a, "10.0.0.0/8"), "accepted");
	am_bgp_rib_free(rib);
}

/* RFC 4271 5.1.3. */
static void test_own_address(void **state)
{
	static const struct {
		struct am_bgp_next_hop hop;
		bool own;
	} rows[] = {
		{{4, {192, 0, 2, 1}}, false},
		{{4, {192, 0, 2, 99}}, true},
		{{4, {127, 0, 0, 1}}, true},
		{{4, {127, 9, 9, 9}}, true},
		{{16, {0x20, 1, [15] = 1}}, false},
		{{16, {0x20, 1, [15] = 99}}, true},
		{{16, {[15] = 1}}, true},
		{{32, {[15] = 1, 0xfe, 0x80, [31] = 1}}, true},
		{{16, {0xfe, 0x80, [15] = 99}}, true},
		{{16, {0xfe, 0x80, [15] = 1}}, false},
		{{32, {[16] = 0xfe, 0x80, [31] = 99}}, true},
		{{32, {0x20, 1, [15] = 1, 0xfe, 0x80, [31] = 99}}, false},
	};
	struct am_bgp_rib *rib = make();
	struct am_bgp_rib_peer config = config_of(1, 1);
	struct set s;
	unsigned a, b;

	(void)state;
	config.own_address[0] = (struct am_ip){AM_IPV4, {192, 0, 2, 99}};
	config.own_address[2] = (struct am_ip){AM_IPV6, {0x20, 1, [15] = 99}};
	config.own_address[3] = (struct am_ip){AM_IPV6, {0xfe, 0x80, [15] = 99}};
	a = add(rib, config, 0);
	b = add(rib, config_of(2, 2), 0);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		of(&s, AS(1), 0);
		s.set.next_hop = rows[i].hop;
		announce(rib, a, "2001:db8::/32", &s.set);
		assert_string_equal(refused(rib, a, "2001:db8::/32"),
			rows[i].own ? "its next hop is our own address" : "accepted");
		assert_int_equal(drain(rib, b, true, false).announced, !rows[i].own);
		withdraw(rib, a, "2001:db8::/32");
		drain(rib, b, true, false);
	}
	am_bgp_rib_free(rib);
}

/* RFC 4271 6.3: only those of peers, and a prefix beside them in the same UPDATE is none the worse for it. */
static void test_multicast(void **state)
{
	static const struct {
		const char *prefix;
		bool multicast;
	} rows[] = {
		{"224.0.0.0/4", true},
		{"232.1.0.0/16", true},
		{"239.255.255.255/32", true},
		{"224.0.0.0/3", false},
		{"223.0.0.0/8", false},
		{"240.0.0.0/8", false},
		{"0.0.0.0/0", false},
		{"ff00::/8", true},
		{"ff02::1/128", true},
		{"fe00::/7", false},
		{"fd00::/8", false},
		{"::/0", false},
	};
	struct am_bgp_rib *rib = make();
	struct am_bgp_rib_peer config = config_of(1, 1);
	struct set s;
	unsigned a = add(rib, config, 0), ours;

	(void)state;
	config.neighbour.local = true;
	ours = (unsigned)am_bgp_rib_add(rib, &config);
	of(&s, AS(1), 0);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		announce(rib, a, rows[i].prefix, &s.set);
		assert_string_equal(refused(rib, a, rows[i].prefix),
			rows[i].multicast ? "a multicast prefix has no place among unicast routes"
					  : "accepted");
	}
	announce(rib, ours, "232.1.0.0/16", of(&s, AS(0), 0));
	assert_string_equal(refused(rib, ours, "232.1.0.0/16"), "accepted");
	am_bgp_rib_free(rib);
}

static bool next_event(struct am_bgp_rib *rib, enum am_bgp_rib_event_type type, unsigned peer)
{
	struct am_bgp_rib_event e;

	while (am_bgp_rib_next_event(rib, &e)) {
		if (e.type == type && e.peer == peer)
			return true;
	}
	return false;
}

static void test_limits(void **state)
{
	struct am_bgp_rib *rib = make();
	struct am_bgp_rib_peer config = config_of(1, 1);
	struct am_bgp_rib_counters counters;
	unsigned a, b;
	struct set s;
	char text[32];

	(void)state;
	config.limit_in[0] = (struct am_bgp_limit){10, 80};
	a = add(rib, config, 0);
	config = config_of(2, 2);
	config.limit_out[0] = (struct am_bgp_limit){5, 0};
	b = add(rib, config, 0);
	for (int i = 0; i < 8; i++) {
		snprintf(text, sizeof text, "10.0.%d.0/24", i);
		announce(rib, a, text, of(&s, AS(1), 0));
	}
	assert_false(next_event(rib, AM_BGP_RIB_LIMIT_IN_WARN, a));
	announce(rib, a, "10.0.8.0/24", &s.set);
	assert_true(next_event(rib, AM_BGP_RIB_LIMIT_IN_WARN, a));
	announce(rib, a, "10.0.9.0/24", &s.set);
	assert_false(next_event(rib, AM_BGP_RIB_LIMIT_IN, a));
	announce(rib, a, "10.0.10.0/24", &s.set);
	/* The same one again is no more of them. */
	announce(rib, a, "10.0.9.0/24", &s.set);
	assert_true(next_event(rib, AM_BGP_RIB_LIMIT_IN, a));
	assert_int_equal(drain(rib, b, true, false).announced, 5);
	assert_true(next_event(rib, AM_BGP_RIB_LIMIT_OUT, b));
	am_bgp_rib_counters(rib, &counters);
	assert_int_equal(counters.prefixes[0], 10);
	/* What goes makes room for what was left out. */
	for (int i = 0; i < 10; i++) {
		snprintf(text, sizeof text, "10.0.%d.0/24", i);
		if (i != 7)
			withdraw(rib, a, text);
	}
	drain(rib, b, true, false);
	{
		struct am_bgp_nlri n = prefix("10.0.7.0/24");
		struct am_bgp_rib_told told;

		assert_int_equal(am_bgp_rib_told(rib, b, &n, &told, 1), 1);
	}
	am_bgp_rib_free(rib);
}

/* RFC 4724, then 9494: stale, then the last resort and marked so, then gone. */
static void test_long_lived(void **state)
{
	struct am_bgp_rib *rib = make();
	struct am_bgp_rib_peer config = config_of(1, 1);
	unsigned a = add(rib, config, LLGR), b = add(rib, config_of(2, 2), LLGR),
		 c = add(rib, config_of(3, 3), 0);
	struct set s;
	struct read r;

	(void)state;
	announce(rib, a, "10.0.0.0/8", of(&s, AS(1), 0x10001));
	announce(rib, a, "11.0.0.0/8", of(&s, AS(1), AM_BGP_NO_LLGR));
	assert_int_equal(drain(rib, b, true, false).announced, 2);
	assert_int_equal(drain(rib, c, true, false).announced, 2);
	am_bgp_rib_down(rib, a, 1);
	assert_int_equal(drain(rib, b, true, false).messages, 0);
	am_bgp_rib_long_lived(rib, a, 1);
	r = drain(rib, b, true, false);
	assert_int_equal(r.withdrawn, 1);
	assert_int_equal(r.announced, 1);
	/* Who does not know what it is has to forget it. */
	assert_int_equal(drain(rib, c, true, false).withdrawn, 2);
	announce(rib, b, "10.0.0.0/8", of(&s, AS(2, 3, 4, 5), 0));
	settle(rib);
	assert_int_equal(verdict(rib, "10.0.0.0/8", a, NULL), AM_BGP_LOST_STALE);
	session_up(rib, a, &config, LLGR);
	am_bgp_rib_sweep(rib, a, 7);
	settle(rib);
	assert_int_equal(verdict(rib, "10.0.0.0/8", a, NULL), AM_BGP_VERDICTS);
	am_bgp_rib_free(rib);
}

static void test_stale_community(void **state)
{
	struct am_bgp_rib *rib = make();
	unsigned a = add(rib, config_of(1, 1), LLGR), b = add(rib, config_of(2, 2), LLGR);
	struct set s;
	struct read r;

	(void)state;
	announce(rib, a, "10.0.0.0/8", of(&s, AS(1), 0x10001));
	drain(rib, b, true, false);
	am_bgp_rib_down(rib, a, 1);
	am_bgp_rib_long_lived(rib, a, 1);
	r = drain(rib, b, true, false);
	assert_true(am_bgp_communities_have(r.last.attrs.communities, AM_BGP_LLGR_STALE));
	assert_true(am_bgp_communities_have(r.last.attrs.communities, 0x10001));
	am_bgp_rib_free(rib);
}

/* RFC 4271 9.2.1.1: the second change waits, and the program is told until when. */
static void test_mrai(void **state)
{
	struct am_bgp_rib *rib = make();
	struct am_bgp_rib_peer config = config_of(2, 2);
	unsigned a = add(rib, config_of(1, 1), 0), b;
	struct am_bgp_span bytes;
	struct set s;

	(void)state;
	config.mrai = 5 * AM_S;
	b = add(rib, config, 0);
	announce(rib, a, "10.0.0.0/8", of(&s, AS(1), 0));
	assert_true(drain(rib, b, true, false).announced);
	announce(rib, a, "10.0.0.0/8", of(&s, AS(1, 2), 0));
	announce(rib, a, "11.0.0.0/8", of(&s, AS(1, 2), 0));
	settle(rib);
	assert_false(am_bgp_rib_output(rib, b, &bytes));
	assert_true(am_bgp_rib_deadline(rib).ns > AM_S && am_bgp_rib_deadline(rib).ns <= 6 * AM_S);
	assert_int_equal(am_bgp_rib_step(rib, 100, am_bgp_rib_deadline(rib)), 0);
	assert_true(am_bgp_rib_output(rib, b, &bytes));
	am_bgp_rib_free(rib);
}

static void test_reflector(void **state)
{
	struct am_bgp_rib *rib = make();
	struct am_bgp_rib_peer config = config_of(1, LOCAL_AS);
	unsigned a, b, c;
	struct set s;
	struct read r;

	(void)state;
	config.reflector_client = true;
	a = add(rib, config, 0);
	b = add(rib, config_of(2, LOCAL_AS), 0);
	c = add(rib, config_of(3, LOCAL_AS), 0);
	of(&s, AS(1), 0);
	s.set.attrs.has |= AM_BGP_HAS(AM_BGP_ATTR_LOCAL_PREF);
	announce(rib, a, "10.0.0.0/8", &s.set);
	announce(rib, b, "11.0.0.0/8", &s.set);
	r = drain(rib, c, false, false);
	/* Of a client's and another's, only the client's goes to one that is none. */
	assert_int_equal(r.announced, 1);
	assert_int_equal(r.last.attrs.originator_id, 1);
	assert_int_equal(am_load32(r.last.attrs.cluster_list.bytes), 99);
	assert_int_equal(r.last.attrs.next_hop[3], 1);
	r = drain(rib, a, false, false);
	assert_int_equal(r.announced, 1);
	/* Our own cluster, and what began here. */
	s.set.attrs.has |= AM_BGP_HAS(AM_BGP_ATTR_ORIGINATOR_ID);
	s.set.attrs.originator_id = 99;
	announce(rib, a, "12.0.0.0/8", &s.set);
	assert_int_equal(drain(rib, c, false, false).announced, 0);
	am_bgp_rib_free(rib);
}

/* RFC 9234 5: a customer's route has no OTC, goes anywhere, and gets one towards customers. */
static void test_only_to_customer(void **state)
{
	struct am_bgp_rib *rib = make();
	struct am_bgp_rib_peer config = config_of(1, 1);
	unsigned provider, customer, other;
	const char *why = NULL;
	struct set s;
	struct read r;

	(void)state;
	config.has_role = true;
	config.role = AM_BGP_ROLE_CUSTOMER;
	provider = add(rib, config, 0);
	config.neighbour = config_of(2, 2).neighbour;
	config.role = AM_BGP_ROLE_PROVIDER;
	customer = add(rib, config, 0);
	config.neighbour = config_of(3, 3).neighbour;
	config.role = AM_BGP_ROLE_PEER;
	other = add(rib, config, 0);
	announce(rib, provider, "10.0.0.0/8", of(&s, AS(1), 0));
	r = drain(rib, customer, true, false);
	assert_int_equal(r.last.attrs.otc, 1);
	assert_int_equal(drain(rib, other, true, false).announced, 0);
	announce(rib, customer, "11.0.0.0/8", of(&s, AS(2), 0));
	assert_int_equal(drain(rib, provider, true, false).announced, 1);
	r = drain(rib, other, true, false);
	assert_int_equal(r.announced, 1);
	assert_int_equal(r.last.attrs.otc, LOCAL_AS);
	s.set.attrs.otc = 7;
	s.set.attrs.has |= AM_BGP_HAS(AM_BGP_ATTR_OTC);
	announce(rib, customer, "12.0.0.0/8", &s.set);
	settle(rib);
	verdict(rib, "12.0.0.0/8", customer, &why);
	assert_non_null(strstr(why, "leak"));
	am_bgp_rib_free(rib);
}

/* RFC 9234 5: a peer may tell what it put the attribute on itself, and nothing that another AS did. */
static void test_leak_of_a_peer(void **state)
{
	static const struct {
		uint32_t otc; /* 0: none */
		bool leak;
	} rows[] = {{0, false}, {3, false}, {7, true}, {LOCAL_AS, true}};
	struct am_bgp_rib *rib = make();
	struct am_bgp_rib_peer config = config_of(3, 3);
	unsigned other;
	struct set s;

	(void)state;
	config.has_role = true;
	config.role = AM_BGP_ROLE_PEER;
	other = add(rib, config, 0);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *why = NULL;

		of(&s, AS(3), 0);
		s.set.attrs.otc = rows[i].otc;
		s.set.attrs.has |= rows[i].otc ? AM_BGP_HAS(AM_BGP_ATTR_OTC) : 0;
		announce(rib, other, "10.0.0.0/8", &s.set);
		settle(rib);
		assert_int_equal(verdict(rib, "10.0.0.0/8", other, &why) != AM_BGP_BEST, rows[i].leak);
		if (rows[i].leak)
			assert_non_null(strstr(why, "a peer of another AS"));
	}
	am_bgp_rib_free(rib);
}

/* RFC 4271 6.3: of an external peer, and only where it is asked for. */
static void test_first_as(void **state)
{
	static const struct {
		uint32_t as;
		bool enforce, is_taken;
	} rows[] = {{1, true, false}, {1, false, true}, {LOCAL_AS, true, true}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct am_bgp_rib *rib = make();
		struct am_bgp_rib_peer config = config_of(1, rows[i].as);
		const char *why = NULL;
		struct set s;
		unsigned a;

		config.enforce_first_as = rows[i].enforce;
		a = add(rib, config, 0);
		announce(rib, a, "10.0.0.0/8", of(&s, AS(5, 1), 0));
		announce(rib, a, "11.0.0.0/8", of(&s, AS(1, 5), 0));
		settle(rib);
		assert_int_equal(verdict(rib, "11.0.0.0/8", a, NULL), AM_BGP_BEST);
		assert_int_equal(verdict(rib, "10.0.0.0/8", a, &why) == AM_BGP_BEST, rows[i].is_taken);
		if (!rows[i].is_taken)
			assert_non_null(strstr(why, "does not begin with the peer's AS"));
		am_bgp_rib_free(rib);
	}
}

/* What a peer was told last of 10.0.0.0/8; a decoder would hide what has no place in a session of its kind. */
static struct am_bgp_attrs told_attrs(struct am_bgp_rib *rib, unsigned peer)
{
	struct am_bgp_nlri n = prefix("10.0.0.0/8");
	struct am_bgp_rib_told told;
	struct am_bgp_set set;

	settle(rib);
	assert_int_equal(am_bgp_rib_told(rib, peer, &n, &told, 1), 1);
	am_bgp_store_get(am_bgp_rib_store(rib), told.set, &set);
	return set.attrs;
}

/* RFC 4456 8: what a reflector wrote stays inside of the AS. */
static void test_reflected_leaves(void **state)
{
	const am_bgp_attr_set marks =
		AM_BGP_HAS(AM_BGP_ATTR_ORIGINATOR_ID) | AM_BGP_HAS(AM_BGP_ATTR_CLUSTER_LIST);
	static const uint8_t cluster[4] = {0, 0, 0, 5};
	struct am_bgp_rib *rib = make();
	struct am_bgp_rib_peer config = config_of(1, LOCAL_AS);
	unsigned client, external, internal;
	struct set s;

	(void)state;
	config.reflector_client = true;
	client = add(rib, config, 0);
	external = add(rib, config_of(2, 2), 0);
	internal = add(rib, config_of(3, LOCAL_AS), 0);
	of(&s, AS(1), 0);
	s.set.attrs.has |= marks;
	s.set.attrs.originator_id = 7;
	s.set.attrs.cluster_list = (struct am_bgp_span){cluster, sizeof cluster};
	announce(rib, client, "10.0.0.0/8", &s.set);
	assert_int_equal(told_attrs(rib, internal).has & marks, marks);
	assert_int_equal(told_attrs(rib, external).has & marks, 0);
	am_bgp_rib_free(rib);
}

/* RFC 7947 2.2: of one client to another nothing is changed; what is of our AS begins with it, and leads to us. */
static void test_transparent(void **state)
{
	static const struct {
		uint32_t as;
		bool local, transparent, as_it_came, med;
	} rows[] = {{1, false, true, true, true}, {1, false, false, false, false},
		{LOCAL_AS, false, true, false, false}, {1, true, true, false, true}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct am_bgp_rib *rib = make();
		struct am_bgp_rib_peer from = config_of(1, rows[i].as), config = config_of(2, 2);
		unsigned a, b, beside;
		struct set s;
		struct read r;

		from.neighbour.local = rows[i].local;
		a = rows[i].local ? (unsigned)am_bgp_rib_add(rib, &from) : add(rib, from, 0);
		beside = add(rib, config, 0);
		config.transparent = rows[i].transparent;
		b = add(rib, config, 0);
		of(&s, AS(1, 5), 0);
		s.set.attrs.has |= AM_BGP_HAS(AM_BGP_ATTR_MED) | AM_BGP_HAS(AM_BGP_ATTR_LOCAL_PREF);
		s.set.attrs.med = 7;
		announce(rib, a, "10.0.0.0/8", &s.set);
		r = drain(rib, b, true, false);
		assert_int_equal(r.announced, 1);
		assert_int_equal(
			am_bgp_as_path_first(r.last.attrs.as_path), rows[i].as_it_came ? 1 : LOCAL_AS);
		assert_int_equal(am_bgp_as_path_length(r.last.attrs.as_path), rows[i].as_it_came ? 2 : 3);
		assert_int_equal(r.last.attrs.next_hop[3], rows[i].as_it_came ? 1 : 99);
		assert_int_equal(!!(r.last.attrs.has & AM_BGP_HAS(AM_BGP_ATTR_MED)), rows[i].med);
		assert_false(told_attrs(rib, b).has & AM_BGP_HAS(AM_BGP_ATTR_LOCAL_PREF));
		/* Who is no client of the route server is in no group with one. */
		assert_int_equal(am_bgp_as_path_first(told_attrs(rib, beside).as_path), LOCAL_AS);
		am_bgp_rib_free(rib);
	}
}

/* RFC 7311 3.1: only to who is to have it. */
static void test_aigp(void **state)
{
	struct am_bgp_rib *rib = make();
	struct am_bgp_rib_peer config = config_of(3, LOCAL_AS);
	struct am_bgp_peer session = {.open = {.as = LOCAL_AS, .id = 3},
		.agreed = {.families = 7, .as4 = true},
		.send = {.kind = AM_BGP_INTERNAL, .families = 7, .as4 = true, .aigp = true}};
	unsigned a = add(rib, config_of(1, 1), 0), without = add(rib, config_of(2, LOCAL_AS), 0);
	int with = am_bgp_rib_add(rib, &config);
	struct set s;

	(void)state;
	assert_true(with >= 0);
	assert_int_equal(am_bgp_rib_up(rib, (unsigned)with, &session), 0);
	of(&s, AS(1), 0);
	s.set.attrs.has |= AM_BGP_HAS(AM_BGP_ATTR_AIGP);
	s.set.attrs.aigp = 30;
	announce(rib, a, "10.0.0.0/8", &s.set);
	assert_true(told_attrs(rib, (unsigned)with).has & AM_BGP_HAS(AM_BGP_ATTR_AIGP));
	assert_false(told_attrs(rib, without).has & AM_BGP_HAS(AM_BGP_ATTR_AIGP));
	am_bgp_rib_free(rib);
}

/* IPv6, and IPv4 over an IPv6 next hop where that was agreed on (RFC 8950). */
static void test_next_hops(void **state)
{
	struct am_bgp_rib *rib = make();
	struct am_bgp_rib_peer config = config_of(2, 2);
	struct set s;
	struct read r;
	unsigned a, b, c;

	(void)state;
	memset(config.next_hop, 0, sizeof config.next_hop);
	a = add(rib, config_of(1, 1), HOP6);
	b = add(rib, config, HOP6);
	c = add(rib, config, 0);
	of(&s, AS(1), 0);
	s.set.next_hop = (struct am_bgp_next_hop){16, {0x20, 1, [15] = 1}};
	announce(rib, a, "10.0.0.0/8", &s.set);
	announce(rib, a, "2001:db8::/32", &s.set);
	r = drain(rib, b, true, false);
	assert_int_equal(r.announced, 2);
	assert_true(r.last.has_mp_reach);
	assert_int_equal(r.last.mp_next_hop.len, 16);
	r = drain(rib, c, true, false);
	assert_int_equal(r.announced, 1);
	assert_int_equal(r.last.mp_announced.family, AM_BGP_IPV6_UNICAST);
	withdraw(rib, a, "2001:db8::/32");
	assert_int_equal(drain(rib, b, true, false).withdrawn, 1);
	am_bgp_rib_free(rib);
}

/* RFC 2545 3: who has no address of ours gets no link-local one of somebody else; inside, next hops stay as they came. */
static void test_foreign_link_local(void **state)
{
	struct am_bgp_rib *rib = make();
	struct am_bgp_rib_peer config = config_of(2, 2);
	struct set s;
	struct read r;
	unsigned a, b, c;

	(void)state;
	memset(config.next_hop, 0, sizeof config.next_hop);
	a = add(rib, config_of(1, 1), HOP6);
	b = add(rib, config, HOP6);
	c = add(rib, config_of(3, LOCAL_AS), HOP6);
	of(&s, AS(1), 0);
	s.set.next_hop = (struct am_bgp_next_hop){16, {0xfe, 0x80, [15] = 1}};
	announce(rib, a, "10.0.0.0/8", &s.set);
	announce(rib, a, "2001:db8::/32", &s.set);
	assert_int_equal(drain(rib, b, true, false).announced, 0);
	assert_int_equal(drain(rib, c, false, false).announced, 2);
	s.set.next_hop = (struct am_bgp_next_hop){32, {0x20, 1, [15] = 1, 0xfe, 0x80, [31] = 1}};
	announce(rib, a, "2001:db8::/32", &s.set);
	r = drain(rib, b, true, false);
	assert_int_equal(r.announced, 1);
	assert_int_equal(r.last.mp_next_hop.len, 16);
	assert_int_equal(r.last.mp_next_hop.bytes[0], 0x20);
	am_bgp_rib_free(rib);
}

static const char *not_told(struct am_bgp_rib *rib, unsigned peer, const char *text)
{
	struct am_bgp_nlri n = prefix(text);
	const char *why = am_bgp_rib_why_not_told(rib, peer, &n);

	return why ? why : "told";
}

/* Who misses a route at a neighbour can ask why. */
static void test_why_not_told(void **state)
{
	struct am_bgp_rib *rib = make();
	struct am_bgp_rib_peer config = config_of(2, 2);
	struct set s;
	unsigned a = add(rib, config_of(1, 1), 0), b = add(rib, config, 0), c, d;

	(void)state;
	config.export = (struct am_bgp_filter){0};
	c = add(rib, config, 0);
	config = config_of(4, 4);
	config.limit_out[AM_BGP_IPV4_UNICAST].max = 1;
	d = add(rib, config, 0);
	announce(rib, a, "10.0.0.0/8", of(&s, AS(1), 0));
	announce(rib, a, "11.0.0.0/8", of(&s, AS(1), AM_BGP_NO_EXPORT));
	announce(rib, a, "12.0.0.0/8", of(&s, AS(1), 0));
	settle(rib);
	assert_string_equal(not_told(rib, b, "10.0.0.0/8"), "told");
	assert_string_equal(not_told(rib, a, "10.0.0.0/8"), "the best path came from this peer");
	assert_string_equal(not_told(rib, b, "11.0.0.0/8"), "NO_EXPORT");
	assert_string_equal(not_told(rib, c, "10.0.0.0/8"), "there is no export policy (RFC 8212)");
	assert_string_equal(not_told(rib, d, "12.0.0.0/8"), "as many prefixes are told as may be");
	assert_string_equal(not_told(rib, b, "13.0.0.0/8"), "there is no such route");
	announce(rib, a, "10.0.0.0/8", of(&s, AS(LOCAL_AS), 0));
	settle(rib);
	assert_string_equal(not_told(rib, b, "10.0.0.0/8"), "none of its paths may be used");
	am_bgp_rib_down(rib, b, 0);
	assert_string_equal(
		not_told(rib, b, "12.0.0.0/8"), "the session is not up, or has not agreed on this family");
	am_bgp_rib_free(rib);
}

/* A key of type 2 is RD, tag, MAC and IP: another label is another path to the same place. */
static void test_evpn(void **state)
{
	struct am_bgp_rib *rib = make();
	unsigned a = add(rib, config_of(1, LOCAL_AS), 0), b = add(rib, config_of(2, 2), 0);
	struct am_bgp_nlri n = {.family = AM_BGP_L2VPN_EVPN,
		.evpn = {.type = AM_BGP_EVPN_MAC_IP,
			.rd = {1},
			.esi = {9},
			.mac = {{2}},
			.n_labels = 1,
			.labels = {10100}}};
	struct am_bgp_rib_change change;
	struct am_bgp_rib_counters counters;
	struct am_bgp_nlri_iter iter;
	struct set s;
	struct read r;

	(void)state;
	of(&s, AS(5), 0);
	assert_int_equal(am_bgp_rib_announce(rib, a, &n, &s.set), 0);
	n.evpn.labels[0] = 10200;
	assert_int_equal(am_bgp_rib_announce(rib, a, &n, &s.set), 0);
	n.evpn.mac.bytes[5] = 1;
	assert_int_equal(am_bgp_rib_announce(rib, a, &n, &s.set), 0);
	am_bgp_rib_counters(rib, &counters);
	assert_int_equal(counters.prefixes[2], 2);
	settle(rib);
	for (int i = 0; i < 2; i++) {
		assert_true(am_bgp_rib_next_change(rib, &change));
		assert_int_equal(change.nlri.evpn.labels[0], 10200);
		assert_int_equal(change.nlri.evpn.esi[0], 9);
	}
	r = drain(rib, b, true, false);
	assert_int_equal(r.announced, 2);
	iter = am_bgp_nlri_iter(&r.last.mp_announced);
	assert_int_equal(am_bgp_nlri_next(&iter, &n) ? 0 : 1, r.last.has_mp_reach ? 0 : 1);
	am_bgp_rib_down(rib, a, 0);
	assert_int_equal(drain(rib, b, true, false).withdrawn, 2);
	am_bgp_rib_free(rib);
}

struct way {
	bool reachable;
	unsigned asked;
};

static bool reach(void *program, const struct am_bgp_next_hop *hop, uint32_t interface, uint32_t *cost)
{
	struct way *way = program;

	(void)hop;
	(void)interface;
	*cost = 5;
	way->asked++;
	return way->reachable;
}

static void test_reach(void **state)
{
	struct way way = {.reachable = true};
	struct am_bgp_rib *rib =
		make_with((struct am_bgp_rib_config){.reach = reach, .program = &way, .changes = true});
	unsigned a = add(rib, config_of(1, 1), 0), b = add(rib, config_of(2, 2), 0);
	struct am_bgp_rib_change change;
	struct set s;

	(void)state;
	announce(rib, a, "10.0.0.0/8", of(&s, AS(1), 0));
	assert_int_equal(drain(rib, b, true, false).announced, 1);
	assert_true(am_bgp_rib_next_change(rib, &change));
	assert_int_equal(change.n, 1);
	way.reachable = false;
	am_bgp_rib_recheck_next_hops(rib);
	assert_int_equal(drain(rib, b, true, false).withdrawn, 1);
	assert_true(am_bgp_rib_next_change(rib, &change));
	assert_int_equal(change.n, 0);
	am_bgp_rib_free(rib);
}

/* A policy whose answers come from elsewhere, and how often it was asked. */
struct oracle {
	bool rejects;
	unsigned asked;
};

static enum am_bgp_filter_result ask_oracle(
	const void *policy, struct am_bgp_path *path, struct am_writer *room)
{
	struct oracle *oracle = (struct oracle *)(uintptr_t)policy;

	(void)path;
	(void)room;
	oracle->asked++;
	return oracle->rejects ? AM_BGP_FILTER_REJECT : AM_BGP_FILTER_ACCEPT;
}

static void test_recheck(void **state)
{
	struct oracle in = {0}, out = {0};
	struct am_bgp_rib *rib = make();
	struct am_bgp_rib_peer from = config_of(1, 1), to = config_of(2, 2);
	const struct am_prefix within[] = {{{AM_IPV4, {10, 1}}, 16}, {{AM_IPV4, {172, 16}}, 12}};
	unsigned a, b;
	struct set s;

	(void)state;
	from.import = (struct am_bgp_filter){ask_oracle, &in};
	to.export = (struct am_bgp_filter){ask_oracle, &out};
	a = add(rib, from, 0);
	b = add(rib, to, 0);
	announce(rib, a, "10.0.0.0/8", of(&s, AS(1), 0));
	announce(rib, a, "10.1.0.0/16", of(&s, AS(1), 0));
	announce(rib, a, "10.1.2.0/24", of(&s, AS(1), 0));
	announce(rib, a, "10.2.0.0/16", of(&s, AS(1), 0));
	assert_int_equal(drain(rib, b, true, false).announced, 4);
	in.asked = out.asked = 0;
	am_bgp_rib_recheck(rib, within, 2);
	assert_int_equal(drain(rib, b, true, false).withdrawn, 0);
	assert_int_equal(in.asked, 2);
	assert_int_equal(out.asked, 2);
	in.rejects = true;
	am_bgp_rib_recheck(rib, within, 1);
	assert_int_equal(drain(rib, b, true, false).withdrawn, 2);
	in.rejects = false;
	out.rejects = true;
	/* The second one before the first is done: all of them. */
	am_bgp_rib_recheck(rib, within, 1);
	am_bgp_rib_recheck(rib, within + 1, 1);
	assert_int_equal(drain(rib, b, true, false).withdrawn, 2);
	out.rejects = false;
	am_bgp_rib_recheck(rib, NULL, 0);
	assert_int_equal(drain(rib, b, true, false).announced, 4);
	am_bgp_rib_free(rib);
}

static void test_multipath(void **state)
{
	struct am_bgp_rib *rib = make_with((struct am_bgp_rib_config){
		.multipath = 2, .decision = {.multipath_relax = true}, .changes = true});
	struct am_bgp_rib_change change;
	struct set s;

	(void)state;
	for (uint8_t i = 1; i <= 4; i++) {
		unsigned peer = add(rib, config_of(i, i), 0);

		announce(rib, peer, "10.0.0.0/8", of(&s, AS(i), 0));
	}
	settle(rib);
	assert_true(am_bgp_rib_next_change(rib, &change));
	assert_int_equal(change.n, 2);
	/* The lowest identifier, then the next. */
	assert_int_equal(change.paths[0].peer, 0);
	assert_int_equal(change.paths[1].peer, 1);
	assert_false(am_bgp_rib_next_change(rib, &change));
	am_bgp_rib_changes_again(rib, AM_BGP_IPV4_UNICAST);
	settle(rib);
	assert_true(am_bgp_rib_next_change(rib, &change));
	am_bgp_rib_free(rib);
}

/* Who reads nothing holds up its group for a second, and finds all in the end. */
static void test_slow_reader(void **state)
{
	struct am_bgp_rib *rib = make();
	unsigned a = add(rib, config_of(1, 1), 0), b = add(rib, config_of(2, 2), 0),
		 c = add(rib, config_of(3, 2), 0);
	am_time now = {AM_S};
	struct am_bgp_span bytes;
	unsigned read_c = 0;
	struct set s;
	char text[32];

	(void)state;
	/* One set each, so one message each. */
	for (uint32_t i = 0; i < 3000; i++) {
		snprintf(text, sizeof text, "10.%u.%u.0/24", i / 250, i % 250);
		announce(rib, a, text, of(&s, AS(1, 100 + i), 0));
	}
	for (int turn = 0; turn < 300; turn++) {
		now = am_time_add(now, 10 * AM_MS);
		assert_true(am_bgp_rib_step(rib, 1000, now) >= 0);
		for (; am_bgp_rib_output(rib, c, &bytes); am_bgp_rib_sent(rib, c))
			read_c++;
	}
	assert_true(read_c >= 3000);
	assert_int_equal(drain(rib, b, true, false).announced, 3000);
	am_bgp_rib_free(rib);
}

/* Attributes that leave no room for a route: the prefix is withdrawn, and the session lives. */
static void test_too_long(void **state)
{
	static uint8_t list[4080];
	struct am_bgp_rib *rib = make();
	unsigned a = add(rib, config_of(1, 1), EXTENDED), b = add(rib, config_of(2, 2), 0),
		 c = add(rib, config_of(3, 3), EXTENDED);
	struct set s;

	(void)state;
	announce(rib, a, "10.0.0.0/8", of(&s, AS(1), 0));
	assert_int_equal(drain(rib, b, true, false).announced, 1);
	s.set.attrs.communities = (struct am_bgp_span){list, sizeof list};
	s.set.attrs.has |= AM_BGP_HAS(AM_BGP_ATTR_COMMUNITIES);
	announce(rib, a, "10.0.0.0/8", &s.set);
	assert_int_equal(drain(rib, b, true, false).withdrawn, 1);
	/* The short one, too. */
	assert_int_equal(drain(rib, c, true, false).announced, 2);
	am_bgp_rib_free(rib);
}

static void test_add_path(void **state)
{
	struct am_bgp_rib *rib = make();
	unsigned x = add(rib, config_of(9, 9), PATH_IDS), peers[4];
	struct am_bgp_rib_told told[4];
	struct am_bgp_nlri n = prefix("10.0.0.0/8");
	struct set s;
	struct read r;

	(void)state;
	for (uint8_t i = 0; i < 4; i++) {
		peers[i] = add(rib, config_of(i + 1, i + 1u), 0);
		announce(rib, peers[i], "10.0.0.0/8", of(&s, AS(i + 1u), 0));
	}
	r = drain(rib, x, true, true);
	assert_int_equal(r.announced, 2);
	assert_int_equal(am_bgp_rib_told(rib, x, &n, told, 4), 2);
	assert_true(told[0].path_id != told[1].path_id);
	withdraw(rib, peers[0], "10.0.0.0/8");
	r = drain(rib, x, true, true);
	/* The third takes the place of the first. */
	assert_int_equal(am_bgp_rib_told(rib, x, &n, told, 4), 2);
	assert_int_equal(r.announced + r.withdrawn > 0, 1);
	am_bgp_rib_free(rib);
}

/* A peer's number is free again when its routes are gone, and the program is not asked to wait for it. */
static void test_remove(void **state)
{
	struct am_bgp_rib *rib = make();
	unsigned a = add(rib, config_of(1, 1), 0);
	struct am_bgp_rib_change change;
	struct set s;

	(void)state;
	announce(rib, a, "10.0.0.0/8", of(&s, AS(1), 0));
	settle(rib);
	assert_true(am_bgp_rib_next_change(rib, &change));
	am_bgp_rib_remove(rib, a);
	settle(rib);
	assert_true(am_bgp_rib_next_change(rib, &change));
	assert_int_equal(change.n, 0);
	settle(rib);
	assert_int_equal(add(rib, config_of(2, 2), 0), a);
	assert_int_equal(am_bgp_store_size(am_bgp_rib_store(rib)).sets, 0);
	am_bgp_rib_free(rib);
}

static void test_walk(void **state)
{
	struct am_bgp_rib *rib = make();
	unsigned a = add(rib, config_of(1, 1), 0);
	struct am_bgp_nlri n;
	uint32_t cursor = 0;
	struct set s;

	(void)state;
	announce(rib, a, "10.0.0.0/8", of(&s, AS(1), 0));
	announce(rib, a, "2001:db8::/32", of(&s, AS(1), 0));
	assert_true(am_bgp_rib_walk(rib, AM_BGP_IPV4_UNICAST, &cursor, &n));
	assert_int_equal(n.prefix.len, 8);
	assert_false(am_bgp_rib_walk(rib, AM_BGP_IPV4_UNICAST, &cursor, &n));
	cursor = 0;
	assert_true(am_bgp_rib_walk(rib, AM_BGP_IPV6_UNICAST, &cursor, &n));
	assert_int_equal(n.prefix.len, 32);
	am_bgp_rib_free(rib);
}

static void test_wrong(void **state)
{
	struct am_bgp_rib *rib = make();
	struct am_bgp_rib_peer config = config_of(1, 1);
	const struct am_bgp_rib_config many = {.multipath = AM_BGP_RIB_MULTIPATH + 1};
	struct am_bgp_rib *none;
	struct am_bgp_nlri n = {.family = AM_BGP_FAMILY_OTHER};
	struct set s;

	(void)state;
	assert_int_equal(am_bgp_rib_create(&many, &none), -EINVAL);
	config.local_as = 0;
	assert_int_equal(am_bgp_rib_add(rib, &config), -EINVAL);
	config.neighbour.local = true;
	assert_int_equal(am_bgp_rib_add(rib, &config), 0);
	assert_int_equal(am_bgp_rib_announce(rib, 0, &n, of(&s, AS(1), 0)), -EINVAL);
	assert_int_equal(am_bgp_rib_explain(rib, &n, NULL, 0), -ENOENT);
	am_bgp_rib_free(rib);
	am_bgp_rib_free(NULL);
}

/* More than 254 restarts without an End-of-RIB: numbers of epochs wrap, routes do not come back. */
static void test_many_restarts(void **state)
{
	struct am_bgp_rib *rib = make();
	struct am_bgp_rib_peer config = config_of(1, 1);
	const struct am_bgp_refresh begin = {1, 1, AM_BGP_REFRESH_BEGIN}, end = {1, 1, AM_BGP_REFRESH_END};
	unsigned a = add(rib, config, 0);
	struct set s;

	(void)state;
	announce(rib, a, "10.0.0.0/8", of(&s, AS(1), 0));
	for (int i = 0; i < 700; i++) {
		am_bgp_rib_refresh(rib, a, &begin);
		announce(rib, a, "11.0.0.0/8", of(&s, AS(1), 0));
	}
	/* Nothing ends a refresh but its EoRR, however many begin. */
	assert_int_equal(verdict(rib, "10.0.0.0/8", a, NULL), AM_BGP_BEST);
	am_bgp_rib_refresh(rib, a, &end);
	settle(rib);
	assert_int_equal(verdict(rib, "10.0.0.0/8", a, NULL), AM_BGP_VERDICTS);
	assert_int_equal(verdict(rib, "11.0.0.0/8", a, NULL), AM_BGP_BEST);
	am_bgp_rib_free(rib);
}

/* What waits for a peer, a letter a message: Update, End-of-RIB, BoRR as <, EoRR as >; small ones for IPv6, and (). */
static const char *letters(struct am_bgp_rib *rib, unsigned peer)
{
	const struct am_bgp_context ctx = {.kind = AM_BGP_EXTERNAL, .families = 3, .as4 = true};
	static char out[32];
	struct am_bgp_span bytes;
	size_t n = 0;

	for (; am_bgp_rib_output(rib, peer, &bytes) && n < sizeof out - 1; am_bgp_rib_sent(rib, peer)) {
		struct am_bgp_message m;
		struct am_bgp_refresh refresh;
		struct am_bgp_error err;
		struct am_bgp_update u;

		assert_int_equal(
			am_bgp_message_parse(bytes.bytes, bytes.len, AM_BGP_MESSAGE_MAX, &m, &err), 0);
		if (m.type == AM_BGP_ROUTE_REFRESH) {
			assert_int_equal(am_bgp_refresh_decode(&m, &refresh, &err), 0);
			out[n++] = (refresh.afi == 2 ? "()" : "<>")[refresh.kind == AM_BGP_REFRESH_END];
			continue;
		}
		assert_int_equal(am_bgp_update_decode(&ctx, m.body, scratch, &u), AM_BGP_OK);
		out[n] = u.end_of_rib ? 'E' : 'U';
		out[n++] |= u.has_mp_reach || u.has_mp_unreach ? 0x20 : 0;
	}
	out[n] = 0;
	return out;
}

/* RFC 7313 4: no BoRR before the End-of-RIB, and one family at a time. */
static void test_refresh_order(void **state)
{
	const struct am_bgp_refresh ask = {1, 1, AM_BGP_REFRESH_ASK}, ask6 = {2, 1, AM_BGP_REFRESH_ASK};
	struct am_bgp_rib_peer config = config_of(2, 2);
	struct am_bgp_peer session = {.open = {.as = 2, .id = 2},
		.agreed = {.families = 3, .as4 = true, .enhanced_refresh = true},
		.send = {.kind = AM_BGP_EXTERNAL, .families = 3, .as4 = true}};
	struct am_bgp_rib *rib = make();
	unsigned a = add(rib, config_of(1, 1), 0);
	int b = am_bgp_rib_add(rib, &config);
	struct set s;

	(void)state;
	assert_true(b >= 0);
	announce(rib, a, "10.0.0.0/8", of(&s, AS(1), 0));
	s.set.next_hop = (struct am_bgp_next_hop){16, {0x20, 1, 0xd, 0xb8, [15] = 1}};
	announce(rib, a, "2001:db8::/32", &s.set);
	settle(rib);
	assert_int_equal(am_bgp_rib_up(rib, (unsigned)b, &session), 0);
	am_bgp_rib_refresh(rib, (unsigned)b, &ask);
	am_bgp_rib_refresh(rib, (unsigned)b, &ask);
	settle(rib);
	assert_string_equal(letters(rib, (unsigned)b), "ueUE<U>");
	am_bgp_rib_refresh(rib, (unsigned)b, &ask);
	am_bgp_rib_refresh(rib, (unsigned)b, &ask);
	settle(rib);
	assert_string_equal(letters(rib, (unsigned)b), "<<U>");
	am_bgp_rib_refresh(rib, (unsigned)b, &ask6);
	am_bgp_rib_refresh(rib, (unsigned)b, &ask);
	settle(rib);
	assert_string_equal(letters(rib, (unsigned)b), "(u)<U>");
	/* What was asked for and not answered dies with the session. */
	am_bgp_rib_refresh(rib, (unsigned)b, &ask);
	am_bgp_rib_down(rib, (unsigned)b, 0);
	assert_int_equal(am_bgp_rib_up(rib, (unsigned)b, &session), 0);
	am_bgp_rib_refresh(rib, (unsigned)b, &ask);
	am_bgp_rib_down(rib, (unsigned)b, 0);
	assert_int_equal(am_bgp_rib_up(rib, (unsigned)b, &session), 0);
	settle(rib);
	assert_string_equal(letters(rib, (unsigned)b), "ueUE");
	am_bgp_rib_free(rib);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refresh_order),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_external),
		cmocka_unit_test(test_no_policy),
		cmocka_unit_test(test_communities),
		cmocka_unit_test(test_why),
		cmocka_unit_test(test_own_as),
		cmocka_unit_test(test_same_own_as),
		cmocka_unit_test(test_own_address),
		cmocka_unit_test(test_multicast),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_long_lived),
		cmocka_unit_test(test_stale_community),
		cmocka_unit_test(test_mrai),
		cmocka_unit_test(test_reflector),
		cmocka_unit_test(test_only_to_customer),
		cmocka_unit_test(test_leak_of_a_peer),
		cmocka_unit_test(test_first_as),
		cmocka_unit_test(test_reflected_leaves),
		cmocka_unit_test(test_aigp),
		cmocka_unit_test(test_transparent),
		cmocka_unit_test(test_next_hops),
		cmocka_unit_test(test_foreign_link_local),
		cmocka_unit_test(test_why_not_told),
		cmocka_unit_test(test_evpn),
		cmocka_unit_test(test_reach),
		cmocka_unit_test(test_recheck),
		cmocka_unit_test(test_multipath),
		cmocka_unit_test(test_slow_reader),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_add_path),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_many_restarts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
