/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "bgp/as_path.h"
#include "bgp/community.h"
#include "bgp/update.h"
#include "test_hex.h"

enum { ALL_FAMILIES = 7, ROOM = AM_BGP_EXTENDED_MAX };

static uint8_t scratch[AM_BGP_SCRATCH(ROOM)];

static const struct am_bgp_context internal = {
	.kind = AM_BGP_INTERNAL, .families = ALL_FAMILIES, .as4 = true, .aigp = true};

static struct am_bgp_span span_of(struct packet p)
{
	return (struct am_bgp_span){p.bytes, p.len};
}

static void same_span(struct am_bgp_span a, struct am_bgp_span b)
{
	assert_int_equal(a.len, b.len);
	if (a.len)
		assert_memory_equal(a.bytes, b.bytes, a.len);
}

static void is_span(struct am_bgp_span got, const char *hex)
{
	struct packet want = packet_of(hex);

	same_span(got, span_of(want));
	free(want.bytes);
}

/* RFC 6793 4.2.3, from a peer of 2-octet numbers: AS_PATH, AS4_PATH (NULL: none) and the path that comes of them. */
static const struct {
	const char *name, *path, *path4, *want;
} merges[] = {
	{"nothing to merge", "0202 fde9 fdea", NULL, "0202 0000fde9 0000fdea"},
	{"an empty path", "", NULL, ""},
	{"all of it", "0202 5ba0 5ba0", "0202 00030d40 00030d41", "0202 00030d40 00030d41"},
	{"a leading part", "0203 fde9 5ba0 5ba0", "0202 00030d40 00030d41",
		"0201 0000fde9 0202 00030d40 00030d41"},
	{"a longer AS4_PATH is ignored", "0201 5ba0", "0202 00030d40 00030d41", "0201 00005ba0"},
	{"a set counts one", "0201 fde9 0102 0001 0002 0201 5ba0", "0201 00030d40",
		"0201 0000fde9 0102 00000001 00000002 0201 00030d40"},
	{"a leading part that ends within a sequence", "0204 0001 0002 5ba0 5ba0", "0202 00030d40 00030d41",
		"0202 00000001 00000002 0202 00030d40 00030d41"},
	{"confederation segments lead", "0302 fdf0 fdf1 0202 fde9 5ba0", "0201 00030d40",
		"0302 0000fdf0 0000fdf1 0201 0000fde9 0201 00030d40"},
	{"confederation segments in AS4_PATH are left out", "0202 fde9 5ba0", "0301 0000fdf0 0201 00030d40",
		"0201 0000fde9 0201 00030d40"},
	{"a broken AS4_PATH is not there", "0201 5ba0", "0202 00030d40", "0201 00005ba0"},
};

static struct packet body(const char *attributes, const char *nlri)
{
	struct packet a = packet_of(attributes), n = packet_of(nlri),
		      p = {.bytes = malloc(4 + a.len + n.len)};
	struct am_writer w = am_writer(p.bytes, 4 + a.len + n.len);

	am_put16(&w, 0);
	am_put16(&w, (uint16_t)a.len);
	am_put_bytes(&w, a.bytes, a.len);
	am_put_bytes(&w, n.bytes, n.len);
	p.len = (uint32_t)am_writer_len(&w);
	free(a.bytes);
	free(n.bytes);
	return p;
}

static void put_hex(struct am_writer *w, uint8_t flags, uint8_t code, const char *hex)
{
	struct packet p = packet_of(hex);

	am_put8(w, flags);
	am_put8(w, code);
	am_put8(w, (uint8_t)p.len);
	am_put_bytes(w, p.bytes, p.len);
	free(p.bytes);
}

static void test_as4(void **state)
{
	const struct am_bgp_context old = {.kind = AM_BGP_INTERNAL, .families = ALL_FAMILIES};

	(void)state;
	for (size_t i = 0; i < sizeof merges / sizeof merges[0]; i++) {
		uint8_t bytes[256];
		struct am_writer w = am_writer(bytes, sizeof bytes);
		struct am_bgp_update u;

		print_message("%s\n", merges[i].name);
		am_put32(&w, 0);
		/* In this order, AS4_PATH comes before what it belongs to. */
		if (merges[i].path4)
			put_hex(&w, 0xc0, 17, merges[i].path4);
		put_hex(&w, 0x40, 1, "00");
		put_hex(&w, 0x40, 2, merges[i].path);
		am_store16(bytes + 2, (uint16_t)(am_writer_len(&w) - 4));
		am_bgp_update_decode(&old, (struct am_bgp_span){bytes, am_writer_len(&w)}, scratch, &u);
		assert_true(u.class <= AM_BGP_DISCARD);
		is_span(u.attrs.as_path, merges[i].want);
	}
}

/* An AGGREGATOR that is not AS_TRANS was put there later: both AS4 attributes are old news. */
static void test_as4_aggregator(void **state)
{
	static const struct {
		const char *attributes, *path;
		uint32_t as;
	} rows[] = {
		{"40020602025ba05ba0 c007065ba0c0000201 c0120800030d40c0000202 c0110a0202 00030d40 00030d41",
			"0202 00030d40 00030d41", 200000},
		{"40020602025ba05ba0 c00706fde9c0000201 c0120800030d40c0000202 c0110a0202 00030d40 00030d41",
			"0202 00005ba0 00005ba0", 65001},
		{"40020602025ba05ba0 c00706fde9c0000201 c0110a0202 00030d40 00030d41",
			"0202 00030d40 00030d41", 65001},
	};
	const struct am_bgp_context old = {.kind = AM_BGP_EXTERNAL, .families = ALL_FAMILIES};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct packet p = body(rows[i].attributes, "");
		struct am_bgp_update u;

		assert_int_equal(am_bgp_update_decode(&old, span_of(p), scratch, &u), AM_BGP_OK);
		is_span(u.attrs.as_path, rows[i].path);
		assert_int_equal(u.attrs.aggregator.as, rows[i].as);
		free(p.bytes);
	}
}

static struct am_bgp_span text(const char *bytes, size_t len)
{
	return (struct am_bgp_span){(const uint8_t *)bytes, len};
}

static struct am_bgp_attrs all_attributes(void)
{
	static const char path[] = "\2\2\0\3\x0d\x40\0\0\xfd\xe9\1\1\0\0\0\7", zeroes[256];

	return (struct am_bgp_attrs){
		.has = AM_BGP_HAS(1) | AM_BGP_HAS(2) | AM_BGP_HAS(3) | AM_BGP_HAS(4) | AM_BGP_HAS(5) |
		       AM_BGP_HAS(6) | AM_BGP_HAS(7) | AM_BGP_HAS(8) | AM_BGP_HAS(9) | AM_BGP_HAS(10) |
		       AM_BGP_HAS(16) | AM_BGP_HAS(22) | AM_BGP_HAS(23) | AM_BGP_HAS(24) | AM_BGP_HAS(25) |
		       AM_BGP_HAS(26) | AM_BGP_HAS(32) | AM_BGP_HAS(35) | AM_BGP_HAS(128),
		.partial = AM_BGP_HAS(8) | AM_BGP_HAS(128),
		.origin = AM_BGP_ORIGIN_EGP,
		.next_hop = {192, 0, 2, 1},
		.med = 7,
		.local_pref = 200,
		.originator_id = 0xc0000202,
		.otc = 65001,
		.aigp = 0x123456789abcdef0,
		.aggregator = {200000, 0xc0000203},
		.as_path = text(path, sizeof path - 1),
		.communities = text("\xff\xff\xff\1", 4),
		.ext_communities = text("\0\2\xfd\xe9\0\0\0\1", 8),
		.ext6_communities = text(zeroes, 20),
		.large_communities = text(zeroes, 252),
		.cluster_list = text(zeroes, 256),
		.pmsi = text("\0\6\0\0\1\xc0\0\2\1", 9),
		.tunnel_encap = text("\0\10\0\0", 4),
		.traffic = text(zeroes, 36),
		.attr_set = text("\0\0\xfd\xe9\x40\1\1\0", 8),
		.unknown = text("\xe0\x63\1\7", 4),
	};
}

static void same_attrs(const struct am_bgp_attrs *a, const struct am_bgp_attrs *b)
{
	assert_true(a->has == b->has);
	assert_true(a->partial == b->partial);
	assert_int_equal(a->origin, b->origin);
	assert_memory_equal(a->next_hop, b->next_hop, 4);
	assert_int_equal(a->med, b->med);
	assert_int_equal(a->local_pref, b->local_pref);
	assert_int_equal(a->originator_id, b->originator_id);
	assert_int_equal(a->otc, b->otc);
	assert_true(a->aigp == b->aigp);
	assert_int_equal(a->aggregator.as, b->aggregator.as);
	assert_int_equal(a->aggregator.id, b->aggregator.id);
	same_span(a->as_path, b->as_path);
	same_span(a->communities, b->communities);
	same_span(a->ext_communities, b->ext_communities);
	same_span(a->ext6_communities, b->ext6_communities);
	same_span(a->large_communities, b->large_communities);
	same_span(a->cluster_list, b->cluster_list);
	same_span(a->pmsi, b->pmsi);
	same_span(a->tunnel_encap, b->tunnel_encap);
	same_span(a->traffic, b->traffic);
	same_span(a->attr_set, b->attr_set);
	same_span(a->unknown, b->unknown);
}

static struct am_bgp_message message_of(const uint8_t *bytes, size_t len)
{
	struct am_bgp_message message;
	struct am_bgp_error err;

	assert_int_equal(am_bgp_message_parse(bytes, len, AM_BGP_EXTENDED_MAX, &message, &err), 0);
	return message;
}

/* Every attribute, to peers of both kinds of AS number, and back. */
static void test_round(void **state)
{
	const struct am_bgp_update sent = {
		.attrs = all_attributes(),
		.announced = {.family = AM_BGP_IPV4_UNICAST, .nlri = text("\x18\xc6\x33\x64", 4)},
	};
	static uint8_t room[AM_BGP_MESSAGE_MAX];

	(void)state;
	for (int as4 = 0; as4 < 2; as4++) {
		struct am_bgp_context ctx = internal;
		struct am_writer w = am_writer(room, sizeof room);
		struct am_bgp_message message;
		struct am_bgp_update got;

		ctx.as4 = as4;
		assert_int_equal(am_bgp_update_encode(&w, &sent, &ctx, AM_BGP_MESSAGE_MAX), 0);
		message = message_of(room, am_writer_len(&w));
		assert_int_equal(am_bgp_update_decode(&ctx, message.body, scratch, &got), AM_BGP_OK);
		assert_int_equal(got.n_faults, 0);
		same_attrs(&got.attrs, &sent.attrs);
		same_span(got.announced.nlri, sent.announced.nlri);
	}
}

/* What does not fit is not begun: neither the room nor the message may be too small. */
static void test_room(void **state)
{
	const struct am_bgp_update sent = {.attrs = all_attributes()};
	static uint8_t room[AM_BGP_MESSAGE_MAX];
	struct am_writer w = am_writer(room, sizeof room);
	size_t whole;

	(void)state;
	assert_int_equal(am_bgp_update_encode(&w, &sent, &internal, AM_BGP_MESSAGE_MAX), 0);
	whole = am_writer_len(&w);
	for (size_t size = 0; size < whole; size++) {
		uint8_t *exact = malloc(size ? size : 1);

		w = am_writer(exact, size);
		assert_int_equal(am_bgp_update_encode(&w, &sent, &internal, AM_BGP_MESSAGE_MAX), -ENOSPC);
		assert_int_equal(am_writer_len(&w), 0);
		assert_false(w.full);
		free(exact);
	}
	w = am_writer(room, sizeof room);
	assert_int_equal(am_bgp_update_encode(&w, &sent, &internal, whole - 1), -EMSGSIZE);
	assert_int_equal(am_writer_len(&w), 0);
}

/* MP_UNREACH_NLRI and MP_REACH_NLRI come first (RFC 7606 5.1). */
static void test_order(void **state)
{
	const struct am_bgp_update sent = {
		.attrs = {.has = AM_BGP_HAS(AM_BGP_ATTR_ORIGIN) | AM_BGP_HAS(AM_BGP_ATTR_AS_PATH)},
		.has_mp_reach = true,
		.mp_announced = {.family = AM_BGP_IPV6_UNICAST, .nlri = text("\x20\x20\1\x0d\xb8", 5)},
		.mp_next_hop = {.len = 16, .bytes = {0x20, 1, 0xd, 0xb8, [15] = 1}},
	};
	uint8_t room[128];
	struct am_writer w = am_writer(room, sizeof room);

	(void)state;
	assert_int_equal(am_bgp_update_encode(&w, &sent, &internal, AM_BGP_MESSAGE_MAX), 0);
	is_span((struct am_bgp_span){room + AM_BGP_HEADER_LEN, am_writer_len(&w) - AM_BGP_HEADER_LEN},
		"0000 0024 800e1a 0002 01 10 20010db8000000000000000000000001 00 20 20010db8 40010100 400200");
}

static void test_end_of_rib(void **state)
{
	(void)state;
	for (enum am_bgp_family f = 0; f < AM_BGP_FAMILIES; f++) {
		uint8_t room[64];
		struct am_writer w = am_writer(room, sizeof room);
		struct am_bgp_message message;
		struct am_bgp_update u;

		assert_int_equal(am_bgp_end_of_rib_encode(&w, f), 0);
		message = message_of(room, am_writer_len(&w));
		assert_int_equal(message.whole.len, f == AM_BGP_IPV4_UNICAST ? 23 : 29);
		assert_int_equal(am_bgp_update_decode(&internal, message.body, scratch, &u), AM_BGP_OK);
		assert_true(u.end_of_rib);
		assert_int_equal(u.has_mp_unreach ? u.mp_withdrawn.family : AM_BGP_IPV4_UNICAST, f);
	}
}

/* What is no End-of-RIB marker, though little is in it. */
static void test_no_end_of_rib(void **state)
{
	static const char *const rows[] = {"0000 0004 40010100", "0000 000b 800f08 0002 01 20 20010db8",
		"0000 0009 806300 800f03 0002 01", "0001 00 0006 800f03 0002 01", "0000 0000 00",
		"0001 00 0000"};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct packet p = packet_of(rows[i]);
		struct am_bgp_update u;

		am_bgp_update_decode(&internal, span_of(p), scratch, &u);
		assert_false(u.end_of_rib);
		free(p.bytes);
	}
}

/* RFC 7911: the identifier is part of the route, in all four places. */
static void test_add_path(void **state)
{
	struct am_bgp_context ctx = {.kind = AM_BGP_EXTERNAL,
		.families = ALL_FAMILIES,
		.as4 = true,
		.path_ids = AM_BGP_IN(AM_BGP_IPV4_UNICAST)};
	struct packet p = body("40010100 4002060201 0000fde9 400304c0000201 800e1a 0002 01 10 "
			       "20010db8000000000000000000000001 00 20 20010db8",
		"00000007 18 c63364 00000008 18 c63364");
	struct am_bgp_nlri_iter iter;
	struct am_bgp_nlri nlri;
	struct am_bgp_update u;

	(void)state;
	assert_int_equal(am_bgp_update_decode(&ctx, span_of(p), scratch, &u), AM_BGP_OK);
	iter = am_bgp_nlri_iter(&u.announced);
	assert_true(am_bgp_nlri_next(&iter, &nlri));
	assert_int_equal(nlri.path_id, 7);
	assert_true(am_bgp_nlri_next(&iter, &nlri));
	assert_int_equal(nlri.path_id, 8);
	assert_false(am_bgp_nlri_next(&iter, &nlri));
	assert_false(u.mp_announced.path_ids);
	ctx.path_ids = AM_BGP_IN(AM_BGP_IPV6_UNICAST);
	assert_int_equal(am_bgp_update_decode(&ctx, span_of(p), scratch, &u), AM_BGP_RESET);
	free(p.bytes);
}

/* A family that was not agreed on is not looked into, and goes out as it came in. */
static void test_not_agreed(void **state)
{
	const struct am_bgp_context ctx = {.families = AM_BGP_IN(AM_BGP_IPV4_UNICAST), .as4 = true};
	struct packet p = body("40010100 4002060201 0000fde9 800e0b 0002 01 03 aabbcc 00 ff ff ff", "");
	struct am_bgp_nlri_iter iter;
	struct am_bgp_nlri nlri;
	struct am_bgp_update u;
	uint8_t room[128];
	struct am_writer w = am_writer(room, sizeof room);

	(void)state;
	assert_int_equal(am_bgp_update_decode(&ctx, span_of(p), scratch, &u), AM_BGP_OK);
	assert_int_equal(u.mp_announced.family, AM_BGP_FAMILY_OTHER);
	assert_int_equal(u.mp_announced.afi, AM_BGP_AFI_IPV6);
	is_span(u.mp_next_hop_other, "aabbcc");
	iter = am_bgp_nlri_iter(&u.mp_announced);
	assert_false(am_bgp_nlri_next(&iter, &nlri));
	assert_int_equal(am_bgp_update_encode(&w, &u, &ctx, AM_BGP_MESSAGE_MAX), 0);
	assert_int_equal(am_writer_len(&w), AM_BGP_HEADER_LEN + p.len);
	free(p.bytes);
}

#define GLOBAL "20010db8000000000000000000000001"
#define LOCAL  "fe800000000000000000000000000001"
#define NONE   "00000000000000000000000000000000"

/* Every form of next hop that is seen in the wild. */
static void test_next_hop(void **state)
{
	static const struct {
		const char *hex, *global, *link_local;
	} rows[] = {
		{"c0000201", "192.0.2.1", NULL},
		{GLOBAL, "2001:db8::1", NULL},
		{LOCAL, NULL, "fe80::1"},
		{GLOBAL LOCAL, "2001:db8::1", "fe80::1"},
		{NONE LOCAL, NULL, "fe80::1"},
		{LOCAL LOCAL, NULL, "fe80::1"},
		{LOCAL GLOBAL, NULL, "fe80::1"},
		{GLOBAL GLOBAL, "2001:db8::1", NULL},
		{NONE, NULL, NULL},
		{"", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct packet p = packet_of(rows[i].hex);
		struct am_bgp_next_hop hop = {.len = (uint8_t)p.len}, made, back;
		struct am_ip got[2], again[2];
		const char *want[2] = {rows[i].global, rows[i].link_local};
		char text_room[AM_IP_TEXT];

		memcpy(hop.bytes, p.bytes, p.len);
		am_bgp_next_hop_split(&hop, &got[0], &got[1]);
		for (int k = 0; k < 2; k++) {
			assert_int_equal(got[k].family != AM_AF_NONE, want[k] != NULL);
			if (want[k])
				assert_string_equal(am_ip_text(&got[k], text_room), want[k]);
		}
		made = am_bgp_next_hop_of(&got[0], &got[1]);
		am_bgp_next_hop_split(&made, &again[0], &again[1]);
		assert_true(am_ip_equal(&got[0], &again[0]) && am_ip_equal(&got[1], &again[1]));
		back = am_bgp_next_hop_of(NULL, NULL);
		assert_int_equal(back.len, 0);
		free(p.bytes);
	}
}

static void test_evpn_encode(void **state)
{
	struct am_bgp_nlri nlri = {.family = AM_BGP_L2VPN_EVPN, .evpn = {.type = AM_BGP_EVPN_IP_PREFIX}};
	uint8_t room[300], long_value[256] = {0};
	struct am_writer w = am_writer(room, sizeof room);

	(void)state;
	/* Routes that no peer could read are not written. */
	assert_int_equal(am_bgp_nlri_encode(&w, &nlri, false), -EINVAL);
	nlri.evpn =
		(struct am_bgp_evpn){.type = AM_BGP_EVPN_IP_PREFIX, .ip = {.family = AM_IPV4}, .ip_len = 33};
	assert_int_equal(am_bgp_nlri_encode(&w, &nlri, false), -EINVAL);
	nlri.evpn = (struct am_bgp_evpn){.type = AM_BGP_EVPN_ETHERNET_SEGMENT};
	assert_int_equal(am_bgp_nlri_encode(&w, &nlri, false), -EINVAL);
	nlri.evpn = (struct am_bgp_evpn){.type = 99, .opaque = {long_value, sizeof long_value}};
	assert_int_equal(am_bgp_nlri_encode(&w, &nlri, false), -EINVAL);
	nlri.family = AM_BGP_FAMILY_OTHER;
	assert_int_equal(am_bgp_nlri_encode(&w, &nlri, false), -EINVAL);
	nlri = (struct am_bgp_nlri){
		.family = AM_BGP_IPV6_UNICAST, .prefix = {.ip = {.family = AM_IPV4}, .len = 8}};
	assert_int_equal(am_bgp_nlri_encode(&w, &nlri, false), -EINVAL);
	assert_int_equal(am_writer_len(&w), 0);
	nlri = (struct am_bgp_nlri){
		.family = AM_BGP_IPV4_UNICAST, .prefix = {.ip = {.family = AM_IPV4}, .len = 32}};
	w = am_writer(room, 4);
	assert_int_equal(am_bgp_nlri_encode(&w, &nlri, false), -ENOSPC);
	assert_int_equal(am_writer_len(&w), 0);
}

static void test_as_path(void **state)
{
	struct packet p =
		packet_of("0301 0000fdf0 0202 0000fde9 00030d40 0102 00000001 00000002 0201 00000007");
	struct am_bgp_span path = span_of(p), empty = {0}, set = {p.bytes + 16, 10}, confed = {p.bytes, 6};

	(void)state;
	assert_int_equal(am_bgp_as_path_length(path), 4);
	assert_int_equal(am_bgp_as_path_count(path, 200000), 1);
	assert_int_equal(am_bgp_as_path_count(path, 0xfdf0), 1);
	assert_int_equal(am_bgp_as_path_count(path, 9), 0);
	assert_int_equal(am_bgp_as_path_first(path), 0xfdf0);
	assert_int_equal(am_bgp_as_path_origin(path), 7);
	assert_int_equal(am_bgp_as_path_length(empty), 0);
	assert_int_equal(am_bgp_as_path_first(empty), 0);
	assert_int_equal(am_bgp_as_path_origin(empty), 0);
	assert_int_equal(am_bgp_as_path_length(set), 1);
	assert_int_equal(am_bgp_as_path_first(set), 0);
	assert_int_equal(am_bgp_as_path_origin(set), 0);
	assert_int_equal(am_bgp_as_path_length(confed), 0);
	assert_int_equal(am_bgp_as_path_origin(confed), 0);
	free(p.bytes);
}

static void test_communities(void **state)
{
	struct packet c = packet_of("fde90001 ffff029a"), l = packet_of("0000fde9 00000001 00000002"),
		      e = packet_of("4002fde900000064 030c000000000008");

	(void)state;
	assert_true(am_bgp_communities_have(span_of(c), AM_BGP_BLACKHOLE));
	assert_false(am_bgp_communities_have(span_of(c), AM_BGP_NO_EXPORT));
	assert_false(am_bgp_communities_have((struct am_bgp_span){0}, AM_BGP_NO_EXPORT));
	assert_true(am_bgp_large_communities_have(span_of(l), 65001, 1, 2));
	assert_false(am_bgp_large_communities_have(span_of(l), 65001, 1, 3));
	assert_non_null(am_bgp_ext_community_find(span_of(e), 3, 0x0c));
	assert_non_null(am_bgp_ext_community_find(span_of(e), 0, 2));
	assert_null(am_bgp_ext_community_find(span_of(e), 3, 2));
	free(c.bytes);
	free(l.bytes);
	free(e.bytes);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(am_bgp_attr_name(AM_BGP_ATTR_OTC), "OTC");
	assert_string_equal(am_bgp_attr_name(0), "unknown");
	assert_string_equal(am_bgp_attr_name(255), "unknown");
	assert_string_equal(am_bgp_class_name(AM_BGP_WITHDRAW), "treat-as-withdraw");
	assert_string_equal(am_bgp_family_name(am_bgp_family_of(25, 70)), "l2vpn-evpn");
	assert_string_equal(am_bgp_family_name(am_bgp_family_of(1, 128)), "other");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as4),
		cmocka_unit_test(test_as4_aggregator),
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_end_of_rib),
		cmocka_unit_test(test_no_end_of_rib),
		cmocka_unit_test(test_add_path),
		cmocka_unit_test(test_not_agreed),
		cmocka_unit_test(test_next_hop),
		cmocka_unit_test(test_evpn_encode),
		cmocka_unit_test(test_as_path),
		cmocka_unit_test(test_communities),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
