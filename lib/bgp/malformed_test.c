/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RFC 7606, sections 3 to 7: every attribute through every rule, from an external and an internal peer. The table says what the RFCs
 * demand, not what the code does; the cases are made from it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "bgp/update.h"
#include "test_hex.h"

enum { VALUES = 10, ALL_FAMILIES = 7 };

#define OK       AM_BGP_OK
#define DISCARD  AM_BGP_DISCARD
#define WITHDRAW AM_BGP_WITHDRAW
#define RESET    AM_BGP_RESET

/* What each attribute must be, and what becomes of it where it is not. */
static const struct attribute {
	const char *name, *section;
	uint8_t code, flags;
	enum am_bgp_class flags_class, external, internal; /* wrong flags; a bad value, by the kind of peer */
	bool internal_only; /* dropped from an external peer, whatever it holds */
	bool old_only;      /* only a peer of 2-octet AS numbers may send it */
	bool may_be_empty;
	const char *good, *bad[VALUES];
} attributes[] = {
	{"ORIGIN", "7.1", 1, 0x40, WITHDRAW, WITHDRAW, WITHDRAW, .good = "00",
		.bad = {"0000", "03", "ff", "000000", "00000000"}},
	{"AS_PATH", "7.2", 2, 0x40, WITHDRAW, WITHDRAW, WITHDRAW, .may_be_empty = true,
		.good = "0201 0000fde9",
		.bad = {"0001 0000fde9", "0501 0000fde9", "ff01 0000fde9", "0202 0000fde9", "0200", "02",
			"0201 0000fde9 02", "0201 0000fde9 0200", "0201 00000000", "0201 0000fd"}},
	{"AS_PATH of 2-octet numbers", "7.2", 2, 0x40, WITHDRAW, WITHDRAW, WITHDRAW, .old_only = true,
		.may_be_empty = true, .good = "0201 fde9",
		.bad = {"0001 fde9", "0501 fde9", "0202 fde9", "0200", "02", "0201 fde9 02", "0201 0000",
			"0201 fd"}},
	{"NEXT_HOP", "7.3", 3, 0x40, WITHDRAW, WITHDRAW, WITHDRAW, .good = "c0000201",
		.bad = {"c00002", "c000020100", "20010db8000000000000000000000001", "00000000", "e0000001",
			"ffffffff", "00000001", "f0000001"}},
	{"MULTI_EXIT_DISC", "7.4", 4, 0x80, WITHDRAW, WITHDRAW, WITHDRAW, .good = "00000064",
		.bad = {"000000", "0000000064", "64", "0064", "0000000000000064"}},
	{"LOCAL_PREF", "7.5", 5, 0x40, WITHDRAW, DISCARD, WITHDRAW, .internal_only = true, .good = "00000064",
		.bad = {"000000", "0000000064", "64", "0064", "0000000000000064"}},
	{"ATOMIC_AGGREGATE", "7.6", 6, 0x40, WITHDRAW, DISCARD, DISCARD, .may_be_empty = true, .good = "",
		.bad = {"00", "0000", "00000000"}},
	{"AGGREGATOR", "7.7", 7, 0xc0, WITHDRAW, DISCARD, DISCARD, .good = "0000fde9 c0000201",
		.bad = {"fde9 c0000201", "0000fde9 c00002", "0000fde9 c000020100", "00000000 c0000201",
			"00"}},
	{"AGGREGATOR of 2-octet numbers", "7.7", 7, 0xc0, WITHDRAW, DISCARD, DISCARD, .old_only = true,
		.good = "fde9 c0000201",
		.bad = {"0000fde9 c0000201", "fde9 c00002", "fde9 c000020100", "0000 c0000201"}},
	{"COMMUNITIES", "7.8", 8, 0xc0, WITHDRAW, WITHDRAW, WITHDRAW, .good = "fde90001 ffffff01",
		.bad = {"fde900", "fde9000100", "fd", "fde90001 fde900"}},
	{"ORIGINATOR_ID", "7.9", 9, 0x80, WITHDRAW, DISCARD, WITHDRAW, .internal_only = true,
		.good = "c0000201", .bad = {"c00002", "c000020100", "c0"}},
	{"CLUSTER_LIST", "7.10", 10, 0x80, WITHDRAW, DISCARD, WITHDRAW, .internal_only = true,
		.good = "c0000201 c0000202", .bad = {"c00002", "c000020100", "c0", "c0000201 c00002"}},
	{"MP_REACH_NLRI, IPv6", "7.11", 14, 0x80, WITHDRAW, RESET, RESET,
		.good = "0002 01 10 20010db8000000000000000000000001 00 20 20010db8",
		.bad = {"0002", "0002 01", "0002 01 00", "0002 01 00 00 20 20010db8",
			"0002 01 05 2001 0db8 00 00 20 20010db8",
			"0002 01 0f 20010db80000000000000000000000 00 20 20010db8",
			"0002 01 11 20010db800000000000000000000000100 00 20 20010db8",
			"0002 01 ff 20010db8000000000000000000000001 00",
			"0002 01 10 20010db8000000000000000000000001 00 81 20010db8000000000000000000000001ff",
			"0002 01 10 20010db8000000000000000000000001 00 20 20010d"}},
	{"MP_REACH_NLRI, IPv4", "7.11, RFC 8950", 14, 0x80, WITHDRAW, RESET, RESET,
		.good = "0001 01 10 20010db8000000000000000000000001 00 18 c63364",
		.bad = {"0001 01 10 20010db8000000000000000000000001 00 21 c633640000",
			"0001 01 10 20010db8000000000000000000000001 00 18 c633",
			"0001 01 10 20010db8000000000000000000000001 00 18 c63364 18",
			"0001 01 21 20010db8000000000000000000000001fe80000000000000000000000000000100 00 18 c63364",
			"0001 01 08 0000000000000000 00 18 c63364"}},
	{"MP_REACH_NLRI, EVPN", "5.4, 7.11", 14, 0x80, WITHDRAW, RESET, RESET,
		.good = "0019 46 04 c0000201 00 03 11 0001c00002010001 00000000 20 c0000201",
		.bad = {"0019 46 04 c0000201 00 03", "0019 46 04 c0000201 00 03 11 0001c00002010001",
			"0019 46 04 c0000201 00 03 11 0001c00002010001 00000000 21 c0000201",
			"0019 46 04 c0000201 00 03 11 0001c00002010001 00000000 00 c0000201",
			"0019 46 04 c0000201 00 03 12 0001c00002010001 00000000 20 c000020100",
			"0019 46 04 c0000201 00 02 08 0001c00002010001",
			"0019 46 04 c0000201 00 02 21 0001c00002010001 00000000000000000000 00000000 20 020000000001 00 000064",
			"0019 46 04 c0000201 00 02 21 0001c00002010001 00000000000000000000 00000000 30 020000000001 40 000064",
			"0019 46 04 c0000201 00 01 18 0001c00002010001 00000000000000000000 00000000 0000",
			"0019 46 04 c0000201 00 04 13 0001c00002010001 00000000000000000000 00"}},
	{"MP_UNREACH_NLRI", "7.12", 15, 0x80, WITHDRAW, RESET, RESET, .good = "0002 01 20 20010db8",
		.bad = {"00", "0002", "0002 01 81 20010db8000000000000000000000001ff", "0002 01 20 20010d",
			"0001 01 21 c633640000", "0001 01 18 c633", "0019 46 03", "0019 46 03 11 00"}},
	{"EXTENDED COMMUNITIES", "7.14", 16, 0xc0, WITHDRAW, WITHDRAW, WITHDRAW, .good = "0002fde900000064",
		.bad = {"0002fde9000000", "0002fde90000006400", "00", "0002fde9", "0002fde900000064 00"}},
	{"AS4_PATH", "RFC 6793 6", 17, 0xc0, WITHDRAW, DISCARD, DISCARD, .old_only = true,
		.good = "0201 00030d40",
		.bad = {"0001 00030d40", "0501 00030d40", "0202 00030d40", "0200", "02", "0201 00030d40 02",
			"0201 00000000", "0201 fde9"}},
	{"AS4_AGGREGATOR", "RFC 6793 6", 18, 0xc0, WITHDRAW, DISCARD, DISCARD, .old_only = true,
		.good = "00030d40 c0000201",
		.bad = {"fde9 c0000201", "00030d40 c000020100", "00000000 c0000201", "00"}},
	{"PMSI_TUNNEL", "RFC 6514 5", 22, 0xc0, WITHDRAW, WITHDRAW, WITHDRAW, .good = "00 06 000064 c0000201",
		.bad = {"00", "00 06", "00 06 0000"}},
	{"TUNNEL_ENCAPSULATION", "RFC 9012 13", 23, 0xc0, WITHDRAW, WITHDRAW, WITHDRAW, .good = "0008 0000",
		.bad = {"00", "0008", "0008 00", "0008 0001", "0008 0000 00"}},
	{"TRAFFIC_ENGINEERING", "7.13", 24, 0x80, WITHDRAW, WITHDRAW, WITHDRAW,
		.good = "01020000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000",
		.bad = {"01", "01020000",
			"01020000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 000000"}},
	{"IPV6 EXTENDED COMMUNITIES", "7.15", 25, 0xc0, WITHDRAW, WITHDRAW, WITHDRAW,
		.good = "0002 20010db8000000000000000000000001 0064",
		.bad = {"0002 20010db8000000000000000000000001 00",
			"0002 20010db8000000000000000000000001 0064 00", "0002fde900000064", "00"}},
	{"AIGP", "RFC 7311 3", 26, 0x80, DISCARD, DISCARD, DISCARD, .good = "01 000b 0000000000000064",
		.bad = {"01", "01 000b", "01 000a 00000000000064", "01 000c 000000000000006400", "01 0002",
			"01 0000", "02 0003", "01 000b 00000000000064"}},
	{"LARGE_COMMUNITIES", "RFC 8092 5", 32, 0xc0, WITHDRAW, WITHDRAW, WITHDRAW,
		.good = "0000fde9 00000001 00000002",
		.bad = {"0000fde9 00000001 000000", "0000fde9 00000001 00000002 00", "0000fde9",
			"0000fde9 00000001"}},
	{"OTC", "RFC 9234 5", 35, 0xc0, WITHDRAW, WITHDRAW, WITHDRAW, .good = "0000fde9",
		.bad = {"fde9", "0000fd", "0000fde900"}},
	{"ATTR_SET", "7.16, RFC 6368 5", 128, 0xc0, WITHDRAW, WITHDRAW, WITHDRAW, .good = "0000fde9 40010100",
		.bad = {"00", "0000fd", "0000fde9 4001", "0000fde9 40010103", "0000fde9 400102",
			"0000fde9 800e03000201", "0000fde9 800f03000201", "0000fde9 c0800400000001"}},
};

enum { ATTRIBUTES = sizeof attributes / sizeof attributes[0] };

/* How one case differs from a right UPDATE. */
struct variant {
	const char *rule;
	const char *value; /* of the attribute */
	uint8_t flags;
	bool twice, overrun, extended;
	bool no_routes; /* nothing reachable is in the UPDATE */
	enum am_bgp_class class;
};

static unsigned cases;

static void put_attribute(
	struct am_writer *w, uint8_t flags, uint8_t code, const char *hex, bool extended, int more)
{
	struct packet value = packet_of(hex);

	extended |= value.len > 255;
	am_put8(w, flags | (extended ? AM_BGP_FLAG_EXTENDED : 0));
	am_put8(w, code);
	if (extended)
		am_put16(w, (uint16_t)((int)value.len + more));
	else
		am_put8(w, (uint8_t)((int)value.len + more));
	am_put_bytes(w, value.bytes, value.len);
	free(value.bytes);
}

/* The attributes that a right UPDATE needs, but for the one that the case brings itself. */
static void put_needed(struct am_writer *w, const struct attribute *a, const struct variant *v, bool internal)
{
	if (v->no_routes)
		return;
	if (a->code != 1)
		put_attribute(w, 0x40, 1, "00", false, 0);
	if (a->code != 2)
		put_attribute(w, 0x40, 2, a->old_only ? "0201 5ba0" : "0201 0000fde9", false, 0);
	if (a->code != 3)
		put_attribute(w, 0x40, 3, "c0000201", false, 0);
	if (internal && a->code != 5)
		put_attribute(w, 0x40, 5, "00000064", false, 0);
}

static void build(struct am_writer *w, const struct attribute *a, const struct variant *v, bool internal)
{
	uint8_t *length;

	am_put16(w, 0);
	length = am_put(w, 2);
	put_needed(w, a, v, internal);
	for (int i = 0; i <= v->twice; i++)
		put_attribute(w, v->flags, a->code, v->value, v->extended, v->overrun ? 1 : 0);
	am_store16(length, (uint16_t)(w->at - length - 2));
	if (!v->no_routes)
		am_put_bytes(w, "\x18\xc6\x33\x64", 4);
	assert_false(w->full);
}

/* The NLRI field is still found, since nothing in the attributes may move it. */
static void check_routes(const struct am_bgp_update *u, const struct variant *v)
{
	struct am_bgp_nlri_iter iter = am_bgp_nlri_iter(&u->announced);
	char text[AM_PREFIX_TEXT];
	struct am_bgp_nlri nlri;

	if (v->no_routes || v->class == RESET)
		return;
	assert_true(am_bgp_nlri_next(&iter, &nlri));
	assert_string_equal(am_prefix_text(&nlri.prefix, text), "198.51.100.0/24");
	assert_false(am_bgp_nlri_next(&iter, &nlri));
}

static void run(const struct attribute *a, const struct variant *v, enum am_bgp_peer_kind kind)
{
	uint8_t body[1024], *exact, *scratch;
	struct am_writer w = am_writer(body, sizeof body);
	const struct am_bgp_context ctx = {
		.kind = kind, .families = ALL_FAMILIES, .as4 = !a->old_only, .aigp = true};
	struct am_bgp_update u;
	enum am_bgp_class class;

	build(&w, a, v, kind == AM_BGP_INTERNAL);
	exact = exactly(body, am_writer_len(&w));
	scratch = malloc(AM_BGP_SCRATCH(am_writer_len(&w)));
	class = am_bgp_update_decode(&ctx, (struct am_bgp_span){exact, am_writer_len(&w)}, scratch, &u);
	if (class != v->class)
		print_error("%s (%s), %s, value %s, peer %d%s: %s, not %s\n", a->name, a->section, v->rule,
			v->value, kind, v->no_routes ? ", no routes" : "", am_bgp_class_name(class),
			am_bgp_class_name(v->class));
	assert_int_equal(class, v->class);
	assert_int_equal(u.class, class);
	if (class != OK) {
		assert_int_equal(u.fault.error.code * (class == RESET), 3 * (class == RESET));
		assert_non_null(u.fault.error.why);
		assert_true(u.n_faults > 0);
	}
	if (class == DISCARD && !v->twice) {
		assert_true(u.discarded & AM_BGP_HAS(a->code));
		assert_false(u.attrs.has & AM_BGP_HAS(a->code));
	}
	check_routes(&u, v);
	free(exact);
	free(scratch);
	cases += v->class != OK;
}

/* With nothing that could be withdrawn, what would have been is a reset (5.2); not for MP_UNREACH_NLRI alone. */
static void run_both(const struct attribute *a, struct variant v, enum am_bgp_peer_kind kind)
{
	run(a, &v, kind);
	/* ORIGIN and MP_REACH_NLRI with routes of its own have their rules elsewhere. */
	if (a->code == AM_BGP_ATTR_MP_REACH)
		return;
	v.no_routes = true;
	if (v.class == WITHDRAW && a->code != AM_BGP_ATTR_MP_UNREACH)
		v.class = RESET;
	/* NEXT_HOP's address is looked at only where routes use it (RFC 4760 3). */
	if (a->code == AM_BGP_ATTR_NEXT_HOP && strlen(v.value) == 8 && !v.overrun && v.flags == a->flags &&
		!v.twice)
		v.class = OK;
	run(a, &v, kind);
}

static enum am_bgp_class bad_class(const struct attribute *a, enum am_bgp_peer_kind kind)
{
	return kind == AM_BGP_EXTERNAL ? a->external : a->internal;
}

/* A right value is right, but where an external peer has no business to send it. */
static enum am_bgp_class good_class(const struct attribute *a, enum am_bgp_peer_kind kind)
{
	return a->internal_only && kind == AM_BGP_EXTERNAL ? DISCARD : OK;
}

static enum am_bgp_class stronger(enum am_bgp_class a, enum am_bgp_class b)
{
	return a > b ? a : b;
}

static void attribute_cases(const struct attribute *a, enum am_bgp_peer_kind kind)
{
	bool mp = a->code == AM_BGP_ATTR_MP_REACH || a->code == AM_BGP_ATTR_MP_UNREACH;
	enum am_bgp_class good = good_class(a, kind), bad = bad_class(a, kind);
	const struct variant v = {.value = a->good, .flags = a->flags, .class = good};
	struct variant x;

	x = v, x.rule = "as it should be";
	run(a, &x, kind);
	x = v, x.rule = "Partial and the unused bits", x.flags = a->flags | 0x2f;
	run(a, &x, kind);
	x = v, x.rule = "extended length where none is needed", x.extended = true;
	run(a, &x, kind);
	x = v, x.rule = "3 c: Optional", x.flags = a->flags ^ 0x80, x.class = a->flags_class;
	run_both(a, x, kind);
	x = v, x.rule = "3 c: Transitive", x.flags = a->flags ^ 0x40, x.class = a->flags_class;
	run_both(a, x, kind);
	x = v, x.rule = "3 c: both", x.flags = a->flags ^ 0xc0, x.class = a->flags_class;
	run_both(a, x, kind);
	x = v, x.rule = "3 g: twice", x.twice = true, x.class = mp ? RESET : DISCARD;
	run_both(a, x, kind);
	x = v, x.rule = "4: longer than the list", x.overrun = true, x.class = mp ? RESET : WITHDRAW;
	run_both(a, x, kind);
	x = v, x.rule = "4: longer, extended", x.overrun = x.extended = true, x.class = mp ? RESET : WITHDRAW;
	run_both(a, x, kind);
	if (!a->may_be_empty) {
		x = v, x.rule = "4: empty", x.value = "", x.class = bad;
		run_both(a, x, kind);
	}
	for (unsigned i = 0; i < VALUES && a->bad[i]; i++) {
		x = v, x.rule = a->section, x.value = a->bad[i], x.class = bad;
		run_both(a, x, kind);
		x.rule = "3 h: a bad value, twice", x.twice = true,
		x.class = stronger(bad, mp ? RESET : DISCARD);
		run(a, &x, kind);
	}
}

static void test_table(void **state)
{
	(void)state;
	cases = 0;
	for (unsigned i = 0; i < ATTRIBUTES; i++) {
		attribute_cases(&attributes[i], AM_BGP_EXTERNAL);
		attribute_cases(&attributes[i], AM_BGP_INTERNAL);
	}
	print_message("%u malformed UPDATEs\n", cases);
	assert_true(cases >= 250);
}

/* Whole bodies, for what is not about one attribute. subcode: where it is a reset. */
#define ORIGIN     "40010100"
#define AS_PATH    "4002060201 0000fde9"
#define NEXT_HOP   "400304c0000201"
#define LOCAL_PREF "40050400000064"
#define EXTERNAL   ORIGIN AS_PATH NEXT_HOP
#define INTERNAL   EXTERNAL LOCAL_PREF
#define REACH6     "800e1a 0002 01 10 20010db8000000000000000000000001 00 20 20010db8"
#define NO_IP6     "00000000000000000000000000000000"
#define LINK_LOCAL "fe800000000000000000000000000001"
/* By one next hop, and by one with a link-local one beside it. */
#define REACH6_BY(hop)  "800e1a 0002 01 10" hop "00 20 20010db8"
#define REACH6_BY2(hop) "800e2a 0002 01 20" hop LINK_LOCAL "00 20 20010db8"
#define UNREACH6        "800f08 0002 01 20 20010db8"
#define ROUTE           "18c63364"

static const struct body {
	const char *name, *raw; /* raw: the whole body, where its own lengths lie */
	const char *withdrawn, *attributes, *announced;
	enum am_bgp_class external, internal;
	uint8_t subcode;
} bodies[] = {
	{"half a length", "00", .external = RESET, .internal = RESET, .subcode = 1},
	{"no length of attributes", "0000", .external = RESET, .internal = RESET, .subcode = 1},
	{"half a length of attributes", "0000 00", .external = RESET, .internal = RESET, .subcode = 1},
	{"3 a: withdrawn routes past the end", "0005 18c63364", .external = RESET, .internal = RESET,
		.subcode = 1},
	{"3 a: withdrawn routes eat the length", "0002 0000", .external = RESET, .internal = RESET,
		.subcode = 1},
	{"3 a: attributes past the end", "0000 0001", .external = RESET, .internal = RESET, .subcode = 1},
	{"3 a: attributes past the end, cut", "0000 0005 40010100", .external = RESET, .internal = RESET,
		.subcode = 1},
	{"nothing in it", NULL, "", "", "", OK, OK, 0},
	{"3 i: withdrawn, 33 bits", NULL, "21c633640000", "", "", RESET, RESET, 10},
	{"3 i: withdrawn, 255 bits", NULL, "ff", "", "", RESET, RESET, 10},
	{"3 i: withdrawn, cut", NULL, "18c633", "", "", RESET, RESET, 10},
	{"3 i: withdrawn, a second one cut", NULL, ROUTE "18", "", "", RESET, RESET, 10},
	{"withdrawn, right", NULL, ROUTE, "", "", OK, OK, 0},
	{"withdrawn, the default route", NULL, "00", "", "", OK, OK, 0},
	{"withdrawn, host bits set", NULL, "17c63365", "", "", OK, OK, 0},
	{"5.3: announced, 33 bits", NULL, "", INTERNAL, "21c633640000", RESET, RESET, 10},
	{"5.3: announced, cut", NULL, "", INTERNAL, "18c633", RESET, RESET, 10},
	{"5.3: announced, a second one cut", NULL, "", INTERNAL, ROUTE "20", RESET, RESET, 10},
	{"right, from outside; no LOCAL_PREF inside", NULL, "", EXTERNAL, ROUTE, OK, WITHDRAW, 0},
	{"right, with LOCAL_PREF", NULL, "", INTERNAL, ROUTE, DISCARD, OK, 0},
	{"3 d: no ORIGIN", NULL, "", AS_PATH NEXT_HOP LOCAL_PREF, ROUTE, WITHDRAW, WITHDRAW, 0},
	{"3 d: no AS_PATH", NULL, "", ORIGIN NEXT_HOP LOCAL_PREF, ROUTE, WITHDRAW, WITHDRAW, 0},
	{"3 d: no NEXT_HOP", NULL, "", ORIGIN AS_PATH LOCAL_PREF, ROUTE, WITHDRAW, WITHDRAW, 0},
	{"3 d: nothing at all", NULL, "", "", ROUTE, WITHDRAW, WITHDRAW, 0},
	{"3 d: MP_REACH_NLRI needs no NEXT_HOP", NULL, "", ORIGIN AS_PATH LOCAL_PREF REACH6, "", DISCARD, OK,
		0},
	{"3 d: MP_REACH_NLRI needs an ORIGIN", NULL, "", AS_PATH LOCAL_PREF REACH6, "", WITHDRAW, WITHDRAW,
		0},
	{"3 d: MP_REACH_NLRI needs an AS_PATH", NULL, "", ORIGIN LOCAL_PREF REACH6, "", WITHDRAW, WITHDRAW,
		0},
	{"RFC 4271 6.3: IPv6 next hop ::", NULL, "", ORIGIN AS_PATH LOCAL_PREF REACH6_BY(NO_IP6), "",
		WITHDRAW, WITHDRAW, 0},
	{"RFC 4271 6.3: IPv6 next hop ff02::1", NULL, "",
		ORIGIN AS_PATH LOCAL_PREF REACH6_BY("ff020000000000000000000000000001"), "", WITHDRAW,
		WITHDRAW, 0},
	{"RFC 4271 6.3: IPv6 next hops ff02::1 and fe80::1", NULL, "",
		ORIGIN AS_PATH LOCAL_PREF REACH6_BY2("ff020000000000000000000000000001"), "", WITHDRAW,
		WITHDRAW, 0},
	{"RFC 4271 6.3: IPv4 over the IPv6 next hop ::", NULL, "",
		ORIGIN AS_PATH LOCAL_PREF "800e19 0001 01 10" NO_IP6 "00 18c63364", "", WITHDRAW, WITHDRAW,
		0},
	{"RFC 4271 6.3: EVPN's next hop 224.0.0.1", NULL, "",
		ORIGIN AS_PATH LOCAL_PREF "800e0b 0019 46 04 e0000001 00 6300", "", WITHDRAW, WITHDRAW, 0},
	{"IPv6 next hops :: and fe80::1", NULL, "", ORIGIN AS_PATH LOCAL_PREF REACH6_BY2(NO_IP6), "", DISCARD,
		OK, 0},
	{"IPv6 next hop fe80::1", NULL, "", ORIGIN AS_PATH LOCAL_PREF REACH6_BY(LINK_LOCAL), "", DISCARD, OK,
		0},
	{"IPv6 next hop fe80::1, twice", NULL, "", ORIGIN AS_PATH LOCAL_PREF REACH6_BY2(LINK_LOCAL), "",
		DISCARD, OK, 0},
	{"RFC 4760 3: a stray NEXT_HOP is not looked at", NULL, "",
		ORIGIN AS_PATH LOCAL_PREF REACH6 "400304e0000001", "", DISCARD, OK, 0},
	{"7.3: but it has a length", NULL, "", ORIGIN AS_PATH LOCAL_PREF REACH6 "400303e00000", "", WITHDRAW,
		WITHDRAW, 0},
	{"both kinds of routes, an ORIGIN of 3", NULL, "", "40010103" AS_PATH NEXT_HOP LOCAL_PREF REACH6,
		ROUTE, WITHDRAW, WITHDRAW, 0},
	{"RFC 4271 6.3: unknown, well-known", NULL, "", INTERNAL "406300", ROUTE, RESET, RESET, 2},
	{"unknown, optional", NULL, "", EXTERNAL "806300", ROUTE, OK, WITHDRAW, 0},
	{"unknown, optional transitive", NULL, "", EXTERNAL "c06300", ROUTE, OK, WITHDRAW, 0},
	{"3 g: unknown, twice", NULL, "", EXTERNAL "c06300 c06300", ROUTE, DISCARD, WITHDRAW, 0},
	{"4: unknown, longer than the list", NULL, "", EXTERNAL "c06301", ROUTE, WITHDRAW, WITHDRAW, 0},
	{"4: one octet left", NULL, "", EXTERNAL "c0", ROUTE, WITHDRAW, WITHDRAW, 0},
	{"4: two octets left", NULL, "", EXTERNAL "c008", ROUTE, WITHDRAW, WITHDRAW, 0},
	{"4: extended, three octets left", NULL, "", EXTERNAL "d00800", ROUTE, WITHDRAW, WITHDRAW, 0},
	{"4: MP_REACH_NLRI longer than the list", NULL, "", EXTERNAL "800e05 00", ROUTE, RESET, RESET, 1},
	{"4: MP_UNREACH_NLRI longer than the list", NULL, "", EXTERNAL "800f05 00", ROUTE, RESET, RESET, 1},
	{"5.2: the list ends badly, no routes", NULL, "", EXTERNAL "c0", "", RESET, RESET, 1},
	{"5.2: MP_UNREACH_NLRI, then half a header", NULL, "", UNREACH6 "c0", "", RESET, RESET, 1},
	{"5.2: attributes without routes, all right", NULL, "", EXTERNAL, "", OK, OK, 0},
	{"5.2: MP_UNREACH_NLRI and a bad ORIGIN", NULL, "", UNREACH6 "40010103", "", RESET, RESET, 6},
	{"5.2: MP_UNREACH_NLRI and a bad AGGREGATOR", NULL, "", UNREACH6 "c0070100", "", DISCARD, DISCARD, 0},
	{"5.2: MP_REACH_NLRI without routes and a bad ORIGIN", NULL, "",
		"40010103 800e15 0002 01 10 20010db8000000000000000000000001 00", "", RESET, RESET, 6},
	{"5.4: EVPN of an unknown type", NULL, "", INTERNAL "800e0e 0019 46 04 c0000201 00 63 03 010203", "",
		DISCARD, OK, 0},
	{"5.3: EVPN of an unknown type, cut", NULL, "", INTERNAL "800e0d 0019 46 04 c0000201 00 63 03 0102",
		"", RESET, RESET, 9},
	{"RFC 9136 3.1: an IP prefix route of 33 octets", NULL, "",
		INTERNAL
		"800e2c 0019 46 04 c0000201 00 05 21 0001c00002010001 00000000000000000000 00000000 18 c6336400 00000000 "
		"0000",
		"", WITHDRAW, WITHDRAW, 0},
	{"RFC 9136 3.1: an IPv4 prefix of 33 bits", NULL, "",
		INTERNAL
		"800e2d 0019 46 04 c0000201 00 05 22 0001c00002010001 00000000000000000000 00000000 21 c6336400 00000000 "
		"000064",
		"", WITHDRAW, WITHDRAW, 0},
	{"End-of-RIB, IPv6", NULL, "", "800f03 0002 01", "", OK, OK, 0},
	{"3 c: MP_REACH_NLRI transitive, its routes found", NULL, "",
		ORIGIN AS_PATH LOCAL_PREF "c00e1a 0002 01 10 20010db8000000000000000000000001 00 20 20010db8",
		"", WITHDRAW, WITHDRAW, 0},
	{"3 c: MP_REACH_NLRI transitive, and its next hop has 5 octets", NULL, "",
		ORIGIN AS_PATH LOCAL_PREF "c00e0f 0002 01 05 20010db800 00 20 20010db8", "", RESET, RESET, 9},
	{"3 c: MP_REACH_NLRI transitive, no routes (5.2)", NULL, "",
		ORIGIN AS_PATH LOCAL_PREF "c00e15 0002 01 10 20010db8000000000000000000000001 00", "", RESET,
		RESET, 4},
	{"3 c: MP_UNREACH_NLRI well-known, alone", NULL, "", "000f08 0002 01 20 20010db8", "", WITHDRAW,
		WITHDRAW, 0},
	{"3 c: MP_UNREACH_NLRI well-known, beside others (5.2)", NULL, "",
		ORIGIN "000f08 0002 01 20 20010db8", "", RESET, RESET, 4},
	{"3 c: an End-of-RIB that is none", NULL, "", "c00f03 0002 01", "", WITHDRAW, WITHDRAW, 0},
	{"a family that nobody has, any octets", NULL, "",
		EXTERNAL "800e0e 4004 47 01 00 00 ffffffffffffffff", ROUTE, OK, WITHDRAW, 0},
	{"RFC 5065: a confederation's segment", NULL, "", ORIGIN "4002060301 0000fde9" NEXT_HOP LOCAL_PREF,
		ROUTE, WITHDRAW, OK, 0},
	{"RFC 6793: AS4_PATH from who needs none, however bad", NULL, "", INTERNAL "c0110107 c01201ff", ROUTE,
		DISCARD, OK, 0},
	{"RFC 7311: AIGP where it is not enabled, however bad", NULL, "", INTERNAL "801a0107", ROUTE, DISCARD,
		OK, 0},
};

/* The body with its lengths put right. */
static struct packet body_of(const struct body *b)
{
	struct packet part[3], p = {.bytes = malloc(2048)};
	struct am_writer w = am_writer(p.bytes, 2048);

	if (b->raw) {
		free(p.bytes);
		return packet_of(b->raw);
	}
	part[0] = packet_of(b->withdrawn);
	part[1] = packet_of(b->attributes);
	part[2] = packet_of(b->announced);
	for (int i = 0; i < 3; i++) {
		if (i < 2)
			am_put16(&w, (uint16_t)part[i].len);
		am_put_bytes(&w, part[i].bytes, part[i].len);
		free(part[i].bytes);
	}
	p.len = (uint32_t)am_writer_len(&w);
	return p;
}

static void run_body(const struct body *b, enum am_bgp_peer_kind kind)
{
	struct packet p = body_of(b);
	uint8_t *scratch = malloc(AM_BGP_SCRATCH(p.len)), *exact = exactly(p.bytes, p.len);
	const struct am_bgp_context ctx = {.kind = kind, .families = ALL_FAMILIES, .as4 = true};
	enum am_bgp_class want = kind == AM_BGP_EXTERNAL ? b->external : b->internal, got;
	struct am_bgp_update u;

	got = am_bgp_update_decode(&ctx, (struct am_bgp_span){exact, p.len}, scratch, &u);
	if (got != want)
		print_error("%s, peer %d: %s, not %s (%s: %s)\n", b->name, kind, am_bgp_class_name(got),
			am_bgp_class_name(want), am_bgp_attr_name(u.fault.attr),
			got ? u.fault.error.why : "right");
	assert_int_equal(got, want);
	if (got == RESET) {
		if (u.fault.error.subcode != b->subcode)
			print_error("%s\n", b->name);
		assert_int_equal(u.fault.error.code, 3);
		assert_int_equal(u.fault.error.subcode, b->subcode);
	}
	free(p.bytes);
	free(exact);
	free(scratch);
}

static void test_bodies(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		run_body(&bodies[i], AM_BGP_EXTERNAL);
		run_body(&bodies[i], AM_BGP_INTERNAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_bodies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
