/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "bgp/as_path.h"
#include "bgp/message.h"
#include "bgp/mrt.h"
#include "bgp/update.h"
#include "test_hex.h"

/* RFC 6396's own layouts, filled by hand. */
#define PEERS                                                                                                \
	"65000000 000d 0001 00000030 c0000201 0004 76696577 0002 "                                           \
	"02 0a000001 0a000001 0000fde9 "                                                                     \
	"01 0a000002 20010db8000000000000000000000002 fdea"
#define RIB4                                                                                                 \
	"65000000 000d 0002 00000026 00000007 18 c63364 0001 0000 64fffff0 0014 400101004002060201 0000fde9 400304c0000201"
#define RIB6                                                                                                 \
	"65000000 000d 0004 00000035 00000008 20 20010db8 0001 0001 64fffff0 0022 40010100 400200 "          \
	"800e11 10 20010db8000000000000000000000001 40050400000064"
/* As BIRD 2.0.12 writes it: LOCAL_PREF without flags. */
#define RIB6_BIRD                                                                                            \
	"65000000 000d 0004 00000035 00000008 20 20010db8 0001 0001 64fffff0 0022 40010100 400200 "          \
	"00050400000064 800e11 10 20010db8000000000000000000000001"
#define RIB6_WHOLE                                                                                           \
	"65000000 000d 0004 0000003e 00000008 20 20010db8 0001 0001 64fffff0 002b 40010100 400200 "          \
	"800e1a 0002 01 10 20010db8000000000000000000000001 00 20 20010db8 40050400000064"
#define KEEPALIVE "ffffffffffffffffffffffffffffffff 0013 04"
#define MESSAGE   "65000000 0010 0004 00000027 0000fde9 0000fdea 0000 0001 0a000001 0a000002 " KEEPALIVE
#define MESSAGE_ET                                                                                           \
	"65000000 0011 0004 0000002b 0001e240 0000fde9 0000fdea 0000 0001 0a000001 0a000002 " KEEPALIVE
#define STATE                                                                                                \
	"65000000 0010 0000 0000002c fde9 fdea 0003 0002 fe800000000000000000000000000001 "                  \
	"fe800000000000000000000000000002 0005 0006"
#define UNKNOWN "65000000 0020 0001 00000003 010203"

static struct am_ip ip_of(const char *text)
{
	struct am_ip ip;

	assert_int_equal(am_ip_parse_text(text, &ip), 0);
	return ip;
}

/* The one record in hex; points into *p. */
static struct am_bgp_mrt_record record_of(const char *hex, struct packet *p, int want)
{
	struct am_bgp_mrt_reader *reader = am_bgp_mrt_reader_create(AM_BGP_MRT_RECORD_MAX);
	struct am_bgp_mrt_record record = {0};
	struct am_bgp_span bytes;

	*p = packet_of(hex);
	bytes = (struct am_bgp_span){p->bytes, p->len};
	assert_int_equal(am_bgp_mrt_read(reader, &bytes, &record), want);
	assert_int_equal(bytes.len, 0);
	assert_int_equal(record.why != NULL, want != 0);
	am_bgp_mrt_reader_free(reader);
	return record;
}

static void test_peers(void **state)
{
	struct packet p;
	struct am_bgp_mrt_record r = record_of(PEERS, &p, 0);
	struct am_reader list = am_reader(r.peers.list.bytes, r.peers.list.len);
	struct am_bgp_mrt_peer peer;
	struct am_ip one = ip_of("10.0.0.1"), two = ip_of("2001:db8::2");

	(void)state;
	assert_int_equal(r.kind, AM_BGP_MRT_PEERS);
	assert_int_equal(r.time.s, 0x65000000);
	assert_int_equal(r.peers.collector, 0xc0000201);
	assert_memory_equal(r.peers.view.bytes, "view", 4);
	assert_int_equal(r.peers.n, 2);
	assert_true(am_bgp_mrt_peer_next(&list, &peer));
	assert_int_equal(peer.as, 65001);
	assert_int_equal(peer.id, 0x0a000001);
	assert_true(am_ip_equal(&peer.address, &one));
	assert_true(am_bgp_mrt_peer_next(&list, &peer));
	assert_int_equal(peer.as, 65002);
	assert_true(am_ip_equal(&peer.address, &two));
	assert_false(am_bgp_mrt_peer_next(&list, &peer));
	free(p.bytes);
}

/* The only entry of a RIB record, as the UPDATE that it stands for. */
static void decode_only(const struct am_bgp_mrt_rib *rib, struct am_bgp_mrt_entry *entry,
	const struct am_bgp_context *ctx, uint8_t room[4096], struct am_bgp_update *update)
{
	static uint8_t scratch[AM_BGP_SCRATCH(4096)];
	struct am_reader list = am_reader(rib->list.bytes, rib->list.len);
	struct am_writer w = am_writer(room, 4096);
	struct am_bgp_message message;
	struct am_bgp_error err;

	assert_true(am_bgp_mrt_entry_next(&list, rib, entry));
	assert_int_equal(am_bgp_mrt_entry_update(&w, rib, entry), 0);
	assert_false(am_bgp_mrt_entry_next(&list, rib, entry));
	assert_int_equal(am_bgp_message_parse(room, am_writer_len(&w), 4096, &message, &err), 0);
	assert_int_equal(am_bgp_update_decode(ctx, message.body, scratch, update), AM_BGP_OK);
}

static void test_rib4(void **state)
{
	const struct am_bgp_context ctx = {.families = 7, .as4 = true};
	struct packet p;
	struct am_bgp_mrt_record r = record_of(RIB4, &p, 0);
	struct am_bgp_mrt_entry entry;
	struct am_bgp_update update;
	struct am_bgp_nlri_iter iter;
	struct am_bgp_nlri nlri;
	uint8_t room[4096];

	(void)state;
	assert_int_equal(r.kind, AM_BGP_MRT_RIB);
	assert_int_equal(r.rib.sequence, 7);
	decode_only(&r.rib, &entry, &ctx, room, &update);
	assert_int_equal(entry.originated, 0x64fffff0);
	assert_int_equal(am_bgp_as_path_origin(update.attrs.as_path), 65001);
	assert_memory_equal(update.attrs.next_hop, "\xc0\0\2\1", 4);
	iter = am_bgp_nlri_iter(&update.announced);
	assert_true(am_bgp_nlri_next(&iter, &nlri));
	assert_memory_equal(&nlri.prefix, &r.rib.nlri.prefix, sizeof nlri.prefix);
	free(p.bytes);
}

static void check_rib6(const char *hex)
{
	const struct am_bgp_context ctx = {.kind = AM_BGP_INTERNAL, .families = 7, .as4 = true};
	struct packet p;
	struct am_bgp_mrt_record r = record_of(hex, &p, 0);
	struct am_ip global, link_local, want = ip_of("2001:db8::1");
	struct am_bgp_mrt_entry entry;
	struct am_bgp_update update;
	uint8_t room[4096];

	decode_only(&r.rib, &entry, &ctx, room, &update);
	am_bgp_next_hop_split(&update.mp_next_hop, &global, &link_local);
	assert_true(am_ip_equal(&global, &want));
	assert_int_equal(update.mp_announced.nlri.len, 5);
	free(p.bytes);
}

/* The next hop alone, as RFC 6396 asks for, and the whole attribute, as some write it. */
static void test_rib6(void **state)
{
	(void)state;
	check_rib6(RIB6);
	check_rib6(RIB6_BIRD);
	check_rib6(RIB6_WHOLE);
}

static void test_messages(void **state)
{
	struct packet p;
	struct am_bgp_mrt_record r = record_of(MESSAGE, &p, 0);
	struct am_ip peer = ip_of("10.0.0.1"), local = ip_of("fe80::2");

	(void)state;
	assert_int_equal(r.kind, AM_BGP_MRT_MESSAGE);
	assert_int_equal(r.message.session.peer_as, 65001);
	assert_int_equal(r.message.session.local_as, 65002);
	assert_true(am_ip_equal(&r.message.session.peer, &peer));
	assert_true(r.message.as4 && !r.message.sent && !r.message.path_ids);
	assert_int_equal(r.message.message.len, 19);
	free(p.bytes);
	r = record_of(MESSAGE_ET, &p, 0);
	assert_int_equal(r.time.us, 123456);
	assert_int_equal(r.message.message.len, 19);
	free(p.bytes);
	r = record_of(STATE, &p, 0);
	assert_int_equal(r.kind, AM_BGP_MRT_STATE);
	assert_int_equal(r.state.session.interface, 3);
	assert_true(am_ip_equal(&r.state.session.local, &local));
	assert_int_equal(r.state.from, 5);
	assert_int_equal(r.state.to, 6);
	free(p.bytes);
	r = record_of(UNKNOWN, &p, 0);
	assert_int_equal(r.kind, AM_BGP_MRT_OTHER);
	assert_int_equal(r.body.len, 3);
	free(p.bytes);
}

static const struct {
	const char *name, *hex;
} wrong[] = {
	{"a peer table without its number", "65000000 000d 0001 00000006 c0000201 0000"},
	{"a view beyond the record", "65000000 000d 0001 00000008 c0000201 0009 0000"},
	{"more peers than there are",
		"65000000 000d 0001 00000015 c0000201 0000 0002 02 0a000001 0a000001 0000fde9"},
	{"fewer peers than there are",
		"65000000 000d 0001 00000015 c0000201 0000 0000 02 0a000001 0a000001 0000fde9"},
	{"a prefix of 33 bits", "65000000 000d 0002 0000000c 00000007 21 c633640000 0000"},
	{"a prefix without its octets", "65000000 000d 0002 00000006 00000007 18 c6"},
	{"more entries than there are", "65000000 000d 0002 0000000a 00000007 18 c63364 0001"},
	{"fewer entries than there are",
		"65000000 000d 0002 00000012 00000007 18 c63364 0000 0000 64fffff0 0000"},
	{"attributes beyond the record",
		"65000000 000d 0002 00000012 00000007 18 c63364 0001 0000 64fffff0 0001"},
	{"addresses of no family",
		"65000000 0010 0004 00000014 0000fde9 0000fdea 0000 0003 0a000001 0a000002"},
	{"addresses cut short", "65000000 0010 0004 00000013 0000fde9 0000fdea 0000 0001 0a000001 0a0000"},
	{"a state and more",
		"65000000 0010 0000 00000015 fde9 fdea 0003 0001 0a000001 0a000002 0005 0006 00"},
	{"half a state", "65000000 0010 0000 00000012 fde9 fdea 0003 0001 0a000001 0a000002 0005"},
	{"no microseconds", "65000000 0011 0004 00000003 000000"},
};

static void test_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct packet p;

		print_message("%s\n", wrong[i].name);
		record_of(wrong[i].hex, &p, -EBADMSG);
		free(p.bytes);
	}
}

/* Entries whose records are right and whose attributes are not. */
static void test_wrong_entry(void **state)
{
	static const struct {
		const char *hex;
		int rc;
	} rows[] = {
		{"400101", -EBADMSG},           /* an attribute beyond the list */
		{"40", -EBADMSG},               /* half a header */
		{"40010100", -ENOENT},          /* no next hop */
		{"800e020a01", -EBADMSG},       /* a next hop that is cut */
		{"800e00", -EBADMSG},           /* none in it */
		{"800e050002010400", -EBADMSG}, /* nor here */
	};
	const struct am_bgp_mrt_rib rib = {.nlri = {.family = AM_BGP_IPV4_UNICAST}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct packet p = packet_of(rows[i].hex);
		struct am_bgp_mrt_entry entry = {.attrs = {p.bytes, p.len}};
		uint8_t room[200];
		struct am_writer w = am_writer(room, sizeof room);

		assert_int_equal(am_bgp_mrt_entry_update(&w, &rib, &entry), rows[i].rc);
		assert_int_equal(am_writer_len(&w), 0);
		free(p.bytes);
	}
}

/* All records of a stream, in pieces of n octets; what came of each. */
static void in_pieces(const struct packet *p, size_t n, size_t max, const int *want, size_t records)
{
	struct am_bgp_mrt_reader *reader = am_bgp_mrt_reader_create(max);
	size_t got = 0;

	for (size_t at = 0; at < p->len; at += n) {
		size_t len = p->len - at < n ? p->len - at : n;
		uint8_t *piece = exactly(p->bytes + at, len);
		struct am_bgp_span bytes = {piece, len};
		struct am_bgp_mrt_record record;
		int rc;

		while ((rc = am_bgp_mrt_read(reader, &bytes, &record)) != -EAGAIN) {
			assert_true(got < records);
			assert_int_equal(rc, want[got++]);
		}
		assert_int_equal(bytes.len, 0);
		free(piece);
	}
	assert_int_equal(got, records);
	assert_int_equal(am_bgp_mrt_pending(reader), 0);
	am_bgp_mrt_reader_free(reader);
}

static void test_stream(void **state)
{
	static const int all[] = {0, 0, -EBADMSG, 0, 0, 0},
			 small[] = {-EMSGSIZE, 0, -EBADMSG, -EMSGSIZE, 0, 0};
	struct packet p = packet_of(PEERS RIB4 "65000000 0011 0004 00000003 000000" RIB6 UNKNOWN MESSAGE);

	(void)state;
	for (size_t n = 1; n <= p.len; n++) {
		in_pieces(&p, n, AM_BGP_MRT_RECORD_MAX, all, 6);
		in_pieces(&p, n, 12 + 0x27, small, 6);
	}
	free(p.bytes);
}

static void test_cut(void **state)
{
	struct packet p = packet_of(PEERS);

	(void)state;
	for (size_t n = 0; n < p.len; n++) {
		struct am_bgp_mrt_reader *reader = am_bgp_mrt_reader_create(AM_BGP_MRT_RECORD_MAX);
		struct am_bgp_span bytes = {p.bytes, n};
		struct am_bgp_mrt_record record;

		assert_int_equal(am_bgp_mrt_read(reader, &bytes, &record), -EAGAIN);
		assert_int_equal(am_bgp_mrt_pending(reader), n);
		am_bgp_mrt_reader_free(reader);
	}
	free(p.bytes);
}

static void same_octets(const struct am_writer *w, const char *hex)
{
	struct packet want = packet_of(hex);

	assert_int_equal(am_writer_len(w), want.len);
	assert_memory_equal(w->start, want.bytes, want.len);
	free(want.bytes);
}

static void test_write_peers(void **state)
{
	const struct am_bgp_mrt_peer peers[] = {{0x0a000001, 65001, ip_of("10.0.0.1")}};
	const struct am_bgp_span view = {(const uint8_t *)"view", 4};
	uint8_t room[64];
	struct am_writer w = am_writer(room, sizeof room), tight = am_writer(room, 36);

	(void)state;
	assert_int_equal(
		am_bgp_mrt_put_peers(&w, (struct am_bgp_mrt_time){0x65000000, 0}, 0xc0000201, view, peers, 1),
		0);
	same_octets(
		&w, "65000000 000d 0001 00000019 c0000201 0004 76696577 0001 02 0a000001 0a000001 0000fde9");
	assert_int_equal(
		am_bgp_mrt_put_peers(&tight, (struct am_bgp_mrt_time){0}, 0, view, peers, 1), -ENOSPC);
	assert_int_equal(am_writer_len(&tight), 0);
}

static void test_write_message(void **state)
{
	struct packet keepalive = packet_of(KEEPALIVE);
	struct am_bgp_mrt_message m = {
		.session = {65001, 65002, 0, ip_of("10.0.0.1"), ip_of("10.0.0.2")},
		.as4 = true,
		.message = {keepalive.bytes, keepalive.len},
	};
	const struct am_bgp_mrt_time time = {0x65000000, 123456};
	uint8_t room[200];
	struct am_writer w = am_writer(room, sizeof room);

	(void)state;
	assert_int_equal(am_bgp_mrt_put_message(&w, time, &m), 0);
	same_octets(&w, MESSAGE_ET);
	/* What is read of each combination is what was written. */
	for (unsigned i = 0; i < 8; i++) {
		struct am_bgp_mrt_reader *reader = am_bgp_mrt_reader_create(AM_BGP_MRT_RECORD_MAX);
		struct am_bgp_mrt_record r;
		struct am_bgp_span bytes;

		w = am_writer(room, sizeof room);
		m.as4 = i & 1, m.sent = i & 2, m.path_ids = i & 4;
		m.session.peer_as = 4200000000;
		assert_int_equal(am_bgp_mrt_put_message(&w, time, &m), 0);
		bytes = (struct am_bgp_span){room, am_writer_len(&w)};
		assert_int_equal(am_bgp_mrt_read(reader, &bytes, &r), 0);
		assert_true(r.message.as4 == m.as4 && r.message.sent == m.sent &&
			    r.message.path_ids == m.path_ids);
		assert_int_equal(r.message.session.peer_as, m.as4 ? 4200000000 : AM_BGP_AS_TRANS);
		am_bgp_mrt_reader_free(reader);
	}
	m.session.local = ip_of("fe80::1");
	w = am_writer(room, sizeof room);
	assert_int_equal(am_bgp_mrt_put_message(&w, time, &m), -EINVAL);
	assert_int_equal(am_writer_len(&w), 0);
	free(keepalive.bytes);
}

static void test_write_state(void **state)
{
	const struct am_bgp_mrt_state s = {{65001, 65002, 3, ip_of("10.0.0.1"), ip_of("10.0.0.2")}, 5, 6};
	uint8_t room[200];
	struct am_writer w = am_writer(room, sizeof room);

	(void)state;
	assert_int_equal(am_bgp_mrt_put_state(&w, (struct am_bgp_mrt_time){0x65000000, 1}, &s), 0);
	same_octets(&w,
		"65000000 0011 0005 0000001c 00000001 0000fde9 0000fdea 0003 0001 0a000001 0a000002 0005 0006");
}

static const struct am_bgp_attrs some_attrs = {
	.has = AM_BGP_HAS(AM_BGP_ATTR_ORIGIN) | AM_BGP_HAS(AM_BGP_ATTR_AS_PATH) |
	       AM_BGP_HAS(AM_BGP_ATTR_NEXT_HOP),
	.as_path = {(const uint8_t *)"\2\1\0\0\xfd\xe9", 6},
	.next_hop = {0xc0, 0, 2, 1},
};

static void test_write_rib(void **state)
{
	struct am_bgp_nlri nlri = {.family = AM_BGP_IPV4_UNICAST};
	struct am_bgp_mrt_rib_writer rib;
	uint8_t room[200];
	struct am_writer w = am_writer(room, sizeof room);
	const struct am_bgp_mrt_time time = {0x65000000, 0};

	(void)state;
	assert_int_equal(am_prefix_parse_text("198.51.100.0/24", &nlri.prefix), 0);
	assert_int_equal(am_bgp_mrt_rib_begin(&rib, &w, time, 7, &nlri, false), 0);
	assert_int_equal(am_bgp_mrt_rib_put(&rib, 0, 0x64fffff0, 0, &some_attrs, NULL), 0);
	am_bgp_mrt_rib_end(&rib);
	same_octets(&w, RIB4);
	/* What does not fit leaves a record without it. */
	w = am_writer(room, 60);
	assert_int_equal(am_bgp_mrt_rib_begin(&rib, &w, time, 7, &nlri, false), 0);
	assert_int_equal(am_bgp_mrt_rib_put(&rib, 0, 0x64fffff0, 0, &some_attrs, NULL), 0);
	assert_int_equal(am_bgp_mrt_rib_put(&rib, 1, 0x64fffff0, 0, &some_attrs, NULL), -ENOSPC);
	am_bgp_mrt_rib_end(&rib);
	same_octets(&w, RIB4);
	for (size_t n = 0; n < 22; n++) {
		w = am_writer(room, n);
		assert_int_equal(am_bgp_mrt_rib_begin(&rib, &w, time, 7, &nlri, false), -ENOSPC);
		assert_int_equal(am_writer_len(&w), 0);
	}
}

/* Every family, with and without path identifiers, is read as it was written. */
static void test_rib_again(void **state)
{
	static const struct am_bgp_nlri nlri[] = {
		{.family = AM_BGP_IPV4_UNICAST, .prefix = {{AM_IPV4, {10}}, 8}},
		{.family = AM_BGP_IPV6_UNICAST, .prefix = {{AM_IPV6, {0x20, 1}}, 16}},
		{.family = AM_BGP_L2VPN_EVPN,
			.evpn = {.type = AM_BGP_EVPN_INCLUSIVE_MULTICAST,
				.tag = 5,
				.ip = {AM_IPV4, {10, 0, 0, 9}}}},
	};
	struct am_ip hop_ip = ip_of("2001:db8::9"), global, link_local;
	const struct am_bgp_next_hop hop = am_bgp_next_hop_of(&hop_ip, NULL);
	struct am_bgp_attrs attrs = some_attrs;

	(void)state;
	attrs.has &= ~AM_BGP_HAS(AM_BGP_ATTR_NEXT_HOP);
	for (unsigned i = 0; i < 6; i++) {
		const struct am_bgp_context ctx = {.families = 7, .as4 = true, .path_ids = i & 1 ? 7 : 0};
		struct am_bgp_mrt_rib_writer rib;
		struct am_bgp_mrt_record r;
		struct am_bgp_mrt_entry entry;
		struct am_bgp_update update;
		struct am_bgp_nlri_iter iter;
		struct am_bgp_nlri out;
		uint8_t room[200], message[4096];
		struct am_writer w = am_writer(room, sizeof room);
		struct am_bgp_mrt_reader *reader = am_bgp_mrt_reader_create(200);
		struct am_bgp_span bytes;

		assert_int_equal(
			am_bgp_mrt_rib_begin(&rib, &w, (struct am_bgp_mrt_time){0}, i, &nlri[i / 2], i & 1),
			0);
		assert_int_equal(am_bgp_mrt_rib_put(&rib, 3, 9, 77, &attrs, &hop), 0);
		am_bgp_mrt_rib_end(&rib);
		bytes = (struct am_bgp_span){room, am_writer_len(&w)};
		assert_int_equal(am_bgp_mrt_read(reader, &bytes, &r), 0);
		assert_int_equal(r.kind, AM_BGP_MRT_RIB);
		decode_only(&r.rib, &entry, &ctx, message, &update);
		am_bgp_next_hop_split(&update.mp_next_hop, &global, &link_local);
		assert_true(am_ip_equal(&global, &hop_ip));
		iter = am_bgp_nlri_iter(&update.mp_announced);
		assert_true(am_bgp_nlri_next(&iter, &out));
		assert_int_equal(out.family, nlri[i / 2].family);
		assert_int_equal(out.path_id, i & 1 ? 77 : 0);
		am_bgp_mrt_reader_free(reader);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_peers),
		cmocka_unit_test(test_rib4),
		cmocka_unit_test(test_rib6),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_wrong_entry),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_write_peers),
		cmocka_unit_test(test_write_message),
		cmocka_unit_test(test_write_state),
		cmocka_unit_test(test_write_rib),
		cmocka_unit_test(test_rib_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
