/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bgp/as_path.h"
#include "route_message.h"

static const struct am_bgp_context context = {
	.families = AM_BGP_IN(AM_BGP_IPV4_UNICAST) | AM_BGP_IN(AM_BGP_IPV6_UNICAST),
	.path_ids = AM_BGP_IN(AM_BGP_IPV6_UNICAST),
	.as4 = true,
};

static struct am_bgp_nlri ipv6_route(void)
{
	static const uint8_t bytes[16] = {0x20, 0x01, 0x0d, 0xb8};
	struct am_bgp_nlri nlri;

	memset(&nlri, 0, sizeof nlri);
	nlri.family = AM_BGP_IPV6_UNICAST;
	nlri.path_id = 7;
	nlri.prefix = (struct am_prefix){.ip = am_ip6(bytes), .len = 32};
	return nlri;
}

static struct am_bgp_nlri ipv4_route(void)
{
	static const uint8_t bytes[4] = {192, 0, 2};
	struct am_bgp_nlri nlri;

	memset(&nlri, 0, sizeof nlri);
	nlri.family = AM_BGP_IPV4_UNICAST;
	nlri.prefix = (struct am_prefix){.ip = am_ip4(bytes), .len = 24};
	return nlri;
}

/* The next message of a span, decoded; scratch is of the caller. */
static enum am_bgp_class decode(struct am_bgp_span *messages, uint8_t *scratch, struct am_bgp_update *out)
{
	struct am_bgp_message message;
	struct am_bgp_error err;

	assert_int_equal(
		am_bgp_message_parse(messages->bytes, messages->len, AM_BGP_EXTENDED_MAX, &message, &err), 0);
	messages->bytes += message.whole.len;
	messages->len -= message.whole.len;
	return am_bgp_update_decode(&context, message.body, scratch, out);
}

static unsigned count(const struct am_bgp_routes *routes)
{
	struct am_bgp_nlri_iter iter = am_bgp_nlri_iter(routes);
	struct am_bgp_nlri nlri;
	unsigned n = 0;

	while (am_bgp_nlri_next(&iter, &nlri))
		n++;
	return n;
}

static void a_route_is_one_update(void **state)
{
	static const uint8_t path[6] = {2, 1, 0, 0, 0xfd, 0xe9}, hop[4] = {192, 0, 2, 1};
	static uint8_t room[4096], scratch[AM_BGP_SCRATCH(4096)];
	struct am_bgp_set set = {
		.attrs = {.has = AM_BGP_HAS(AM_BGP_ATTR_ORIGIN) | AM_BGP_HAS(AM_BGP_ATTR_AS_PATH),
			.as_path = {path, sizeof path}}};
	struct am_bgp_nlri v4 = ipv4_route(), v6 = ipv6_route(), again;
	struct am_writer w = am_writer(room, sizeof room);
	struct am_bgp_nlri_iter iter;
	struct am_bgp_update u;
	struct am_bgp_span all;
	struct am_ip v6_hop = v6.prefix.ip, v4_hop = am_ip4(hop);

	(void)state;
	set.next_hop = am_bgp_next_hop_of(&v4_hop, NULL);
	assert_int_equal(am_bgpd_route_message(&w, &v4, &set, &context), 0);
	set.next_hop = am_bgp_next_hop_of(&v6_hop, NULL);
	assert_int_equal(am_bgpd_route_message(&w, &v6, &set, &context), 0);
	all = (struct am_bgp_span){room, am_writer_len(&w)};
	assert_int_equal(decode(&all, scratch, &u), AM_BGP_OK);
	assert_int_equal(count(&u.announced), 1);
	assert_memory_equal(u.attrs.next_hop, hop, 4);
	assert_int_equal(decode(&all, scratch, &u), AM_BGP_OK);
	iter = am_bgp_nlri_iter(&u.mp_announced);
	assert_true(am_bgp_nlri_next(&iter, &again));
	assert_int_equal(again.path_id, 7);
	assert_int_equal(u.mp_next_hop.len, 16);
	assert_int_equal(all.len, 0);
}

/* ORIGIN of 3 is a fault that withdraws; what the UPDATE withdraws by itself, and what it announces, are both gone. */
static void a_wrong_update_is_what_became_of_it(void **state)
{
	static const uint8_t body[] = {
		0, 4, 24, 198, 51, 100,             /* withdrawn */
		0, 21,                              /* attributes */
		0x40, 1, 1, 3,                      /* ORIGIN */
		0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xe9, /* AS_PATH */
		0x40, 3, 4, 10, 0, 0, 2, 0xc0,      /* NEXT_HOP, and one octet of a list that ends badly */
		24, 192, 0, 2, 24, 203, 0, 113,     /* announced */
	};
	static uint8_t room[4096], scratch[AM_BGP_SCRATCH(4096)];
	struct am_writer w = am_writer(room, sizeof room);
	struct am_bgp_update u;
	struct am_bgp_span all;
	unsigned withdrawn = 0;

	(void)state;
	assert_int_equal(am_bgp_update_decode(&context, (struct am_bgp_span){body, sizeof body}, scratch, &u),
		AM_BGP_WITHDRAW);
	assert_int_equal(am_bgpd_update_message(&w, &u, &context), 0);
	all = (struct am_bgp_span){room, am_writer_len(&w)};
	while (all.len) {
		assert_int_equal(decode(&all, scratch, &u), AM_BGP_OK);
		assert_int_equal(count(&u.announced), 0);
		withdrawn += count(&u.withdrawn);
	}
	assert_int_equal(withdrawn, 3);
}

/* A fault of AGGREGATOR costs the attribute alone. */
static void a_dropped_attribute_is_left_out(void **state)
{
	static const uint8_t body[] = {
		0,
		0,
		0,
		24, /* attributes */
		0x40,
		1,
		1,
		0, /* ORIGIN */
		0x40,
		2,
		6,
		2,
		1,
		0,
		0,
		0xfd,
		0xe9, /* AS_PATH */
		0x40,
		3,
		4,
		10,
		0,
		0,
		2, /* NEXT_HOP */
		0xc0,
		7,
		1,
		0, /* AGGREGATOR of one octet */
		24,
		192,
		0,
		2,
	};
	static uint8_t room[4096], scratch[AM_BGP_SCRATCH(4096)];
	struct am_writer w = am_writer(room, sizeof room);
	struct am_bgp_update u;
	struct am_bgp_span all;

	(void)state;
	assert_int_equal(am_bgp_update_decode(&context, (struct am_bgp_span){body, sizeof body}, scratch, &u),
		AM_BGP_DISCARD);
	assert_int_equal(am_bgpd_update_message(&w, &u, &context), 0);
	all = (struct am_bgp_span){room, am_writer_len(&w)};
	assert_int_equal(decode(&all, scratch, &u), AM_BGP_OK);
	assert_int_equal(count(&u.announced), 1);
	assert_false(u.attrs.has & AM_BGP_HAS(AM_BGP_ATTR_AGGREGATOR));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_route_is_one_update),
		cmocka_unit_test(a_wrong_update_is_what_became_of_it),
		cmocka_unit_test(a_dropped_attribute_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
