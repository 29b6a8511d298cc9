/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "bgp/as_path.h"
#include "bgp/mrt.h"
#include "feed_read.h"

struct seen {
	unsigned n, withdrawn;
	char prefixes[16][AM_PREFIX_TEXT];
	uint32_t origin[16];
	unsigned length[16];
	am_bgp_attr_set has;
};

static void look(void *ctx, const struct am_bgp_nlri *nlri, const struct am_bgp_set *set)
{
	struct seen *s = ctx;

	if (!set) {
		s->withdrawn++;
		return;
	}
	assert_true(s->n < 16);
	am_prefix_text(&nlri->prefix, s->prefixes[s->n]);
	s->origin[s->n] = am_bgp_as_path_origin(set->attrs.as_path);
	s->length[s->n] = am_bgp_as_path_length(set->attrs.as_path);
	s->has |= set->attrs.has;
	s->n++;
}

/* However it is cut into pieces. */
static struct am_bgp_feed_counts read_all(
	bool mrt, const void *bytes, size_t len, size_t piece, struct seen *s)
{
	struct am_bgp_feed_reader *r = am_bgp_feed_reader_create(mrt, look, s);
	struct am_bgp_feed_counts c;

	memset(s, 0, sizeof *s);
	assert_non_null(r);
	for (size_t at = 0; at < len; at += piece)
		am_bgp_feed_read(r, (const uint8_t *)bytes + at, len - at < piece ? len - at : piece, false);
	am_bgp_feed_read(r, NULL, 0, true);
	c = am_bgp_feed_counts(r);
	am_bgp_feed_reader_free(r);
	return c;
}

static void text(void **state)
{
	static const char feed[] =
		"# a table\n203.0.113.0/24 64500 64501\r\n\n  2001:db8::/32\t4200000000 # and a word\n"
		"10.0.0.1/8\n10.0.0.0/8 64500 x\n10.0.0.0/8 0\n198.51.100.0/24";
	struct seen s;

	(void)state;
	for (size_t piece = 1; piece < sizeof feed; piece++) {
		struct am_bgp_feed_counts c = read_all(false, feed, sizeof feed - 1, piece, &s);

		assert_int_equal(c.routes, 3);
		assert_int_equal(s.n, 3);
		assert_string_equal(s.prefixes[0], "203.0.113.0/24");
		assert_int_equal(s.origin[0], 64501);
		assert_int_equal(s.length[0], 2);
		assert_int_equal(s.origin[1], 4200000000);
		assert_int_equal(s.length[2], 0);
		assert_int_equal(c.bad, 3);
		assert_int_equal(c.first_line, 5);
		assert_non_null(c.why);
	}
}

static void a_long_path_has_more_segments(void **state)
{
	char line[4096] = "203.0.113.0/24";
	struct seen s;
	size_t n = strlen(line);

	(void)state;
	for (unsigned i = 0; i < 300; i++)
		n += (size_t)snprintf(line + n, sizeof line - n, " %u", 64500 + i);
	read_all(false, line, n, n, &s);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.length[0], 300);
	assert_int_equal(s.origin[0], 64799);
}

/* A table with one prefix twice over and a message that withdraws. */
static size_t write_mrt(uint8_t *bytes, size_t room)
{
	static const uint8_t path[] = {2, 2, 0, 0, 0xfb, 0xf4, 0, 0, 0xfb, 0xf5}, hop[4] = {10, 0, 0, 1};
	static const uint8_t withdraw[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0, 27, 2, 0, 4, 24, 203, 0, 113, 0, 0};
	struct am_writer w = am_writer(bytes, room);
	struct am_bgp_mrt_rib_writer rib;
	struct am_bgp_nlri nlri;
	struct am_bgp_mrt_peer peer = {.id = 1, .as = 64500, .address = am_ip4(hop)};
	struct am_bgp_mrt_message message = {
		.session = {.peer_as = 64500, .local_as = 1, .peer = peer.address, .local = peer.address},
		.as4 = true,
		.message = {withdraw, sizeof withdraw}};
	struct am_bgp_attrs attrs = {.has = AM_BGP_HAS(AM_BGP_ATTR_ORIGIN) | AM_BGP_HAS(AM_BGP_ATTR_AS_PATH) |
					    AM_BGP_HAS(AM_BGP_ATTR_NEXT_HOP) |
					    AM_BGP_HAS(AM_BGP_ATTR_LOCAL_PREF),
		.as_path = {path, sizeof path}};

	memset(&nlri, 0, sizeof nlri);
	assert_int_equal(am_prefix_parse_text("203.0.113.0/24", &nlri.prefix), 0);
	memcpy(attrs.next_hop, hop, 4);
	assert_int_equal(
		am_bgp_mrt_put_peers(&w, (struct am_bgp_mrt_time){0}, 1, (struct am_bgp_span){0}, &peer, 1),
		0);
	assert_int_equal(am_bgp_mrt_rib_begin(&rib, &w, (struct am_bgp_mrt_time){0}, 0, &nlri, false), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(am_bgp_mrt_rib_put(&rib, 0, 0, 0, &attrs, &(struct am_bgp_next_hop){0}), 0);
	am_bgp_mrt_rib_end(&rib);
	assert_int_equal(am_bgp_mrt_put_message(&w, (struct am_bgp_mrt_time){0}, &message), 0);
	return am_writer_len(&w);
}

static void mrt(void **state)
{
	uint8_t bytes[1024];
	size_t len = write_mrt(bytes, sizeof bytes);
	struct seen s;

	(void)state;
	for (size_t piece = 1; piece <= len; piece++) {
		struct am_bgp_feed_counts c = read_all(true, bytes, len, piece, &s);

		assert_int_equal(c.bad, 0);
		assert_int_equal(s.n, 1);
		assert_int_equal(s.withdrawn, 1);
		assert_string_equal(s.prefixes[0], "203.0.113.0/24");
		assert_int_equal(s.origin[0], 64501);
		assert_false(s.has & (AM_BGP_HAS(AM_BGP_ATTR_NEXT_HOP) | AM_BGP_HAS(AM_BGP_ATTR_LOCAL_PREF)));
	}
	assert_int_equal(read_all(true, bytes, len - 1, len, &s).bad, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text),
		cmocka_unit_test(a_long_path_has_more_segments),
		cmocka_unit_test(mrt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
