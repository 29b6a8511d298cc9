/* SPDX-License-Identifier: BSD-3-Clause */
/* The measuring stick does the work: what it makes is read by lib/net, and what it makes of that is what went in. */
#include "limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "eal.h"
#include "net/ether.h"
#include "net/gre.h"
#include "net/ip.h"
#include "net/vxlan.h"
#include "pkt/buf.h"

enum { BUFFERS = 1023, PAIRS = 100, PATHS = 8, SMALL = 64, FULL = 1514 };

static struct rte_mempool *pool;

static struct rte_mbuf *make_frame(uint16_t len, uint32_t pair)
{
	struct rte_mbuf *m = am_buf_alloc(pool, AM_BUF_HEADROOM);
	uint8_t *frame;

	assert_non_null(m);
	frame = am_buf_set_len(m, len);
	limit_frame(frame, len, pair);
	for (unsigned i = 42; i < len; i++)
		frame[i] = (uint8_t)(i * 7 + pair);
	return m;
}

static void check_ip(const uint8_t *ip, uint32_t len, uint8_t proto, struct am_ip_hdr *out)
{
	assert_int_equal(am_ip_parse(ip, len, out), AM_V_OK);
	assert_int_equal(out->proto, proto);
}

/* From the VXLAN header's IP on. */
static void check_inner(const uint8_t *ip, uint32_t len, uint16_t frame)
{
	struct am_ip_hdr inner;
	struct am_udp udp;
	uint32_t vni;

	check_ip(ip, len, AM_PROTO_UDP, &inner);
	assert_int_equal(am_udp_parse(ip + inner.hlen, inner.plen, &udp), AM_V_OK);
	assert_int_equal(udp.plen, frame + AM_VXLAN_LEN);
	assert_int_equal(am_vxlan_parse(ip + inner.hlen + AM_UDP_LEN, udp.plen, &vni), AM_V_OK);
	assert_int_equal(vni, 1000);
}

static void test_whole_packets(void **state)
{
	struct limit *l = limit_new(PAIRS, PATHS, pool, 7);

	(void)state;
	assert_non_null(l);
	for (uint32_t pair = 0; pair < PAIRS; pair++) {
		struct rte_mbuf *m = make_frame(SMALL, pair), *out[2];
		struct am_ip_hdr outer;
		struct am_gre gre;

		assert_int_equal(limit_encap(l, &m, 1, LIMIT_FLOOR, out), 1);
		assert_int_equal(am_buf_len(m), SMALL + LIMIT_HEADERS);
		check_ip(am_buf_data(m) + AM_ETH_LEN, am_buf_len(m) - AM_ETH_LEN, AM_PROTO_GRE, &outer);
		assert_int_equal(am_gre_parse(am_buf_data(m) + 34, outer.plen, &gre), AM_V_OK);
		check_inner(am_buf_data(m) + 38, outer.plen - gre.len, SMALL);
		limit_reflect(m);
		assert_int_equal(limit_decap(l, &m, 1, out), 1);
		assert_int_equal(am_buf_len(m), SMALL);
		assert_int_equal(am_buf_data(m)[SMALL - 1], (uint8_t)((SMALL - 1) * 7 + pair));
		am_buf_free(m);
	}
	limit_free(l);
}

/* Two packets that fit the cut, and the frame again from them, side by side or apart. */
static void cut_and_join(struct limit *l, uint16_t cut, bool apart)
{
	struct rte_mbuf *frames[2] = {make_frame(FULL, 1), make_frame(FULL, 2)}, *out[4], *in[4], *whole[4];
	struct rte_mbuf *again = make_frame(FULL, 1);

	assert_int_equal(limit_encap(l, frames, 2, cut, out), 4);
	for (unsigned i = 0; i < 4; i++) {
		struct am_ip_hdr hdr;

		assert_in_range(am_buf_len(out[i]), 60, AM_ETH_LEN + cut);
		check_ip(am_buf_data(out[i]) + AM_ETH_LEN, am_buf_len(out[i]) - AM_ETH_LEN, AM_PROTO_GRE,
			&hdr);
		assert_true(hdr.frag);
		limit_reflect(out[i]);
		in[apart ? i % 2 * 2 + i / 2 : i] = out[i];
	}
	assert_int_equal(limit_join(l, in, 4, whole), 2);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(am_buf_len(whole[i]), FULL);
	assert_memory_equal(am_buf_data(whole[0]) + 2 * AM_MAC_LEN, am_buf_data(again) + 2 * AM_MAC_LEN,
		FULL - 2 * AM_MAC_LEN);
	am_buf_free_bulk(whole, 2);
	am_buf_free(again);
}

static void test_cuts_are_joined(void **state)
{
	struct limit *l = limit_new(PAIRS, PATHS, pool, 7);

	(void)state;
	assert_non_null(l);
	cut_and_join(l, LIMIT_FLOOR, false);
	cut_and_join(l, LIMIT_FLOOR, true);
	cut_and_join(l, LIMIT_FILL, false);
	limit_free(l);
}

/* Of the outer header's type to the end of the inner addresses; what the UDP header says of itself is left to differ. */
static void test_what_is_not_usual_is_refused(void **state)
{
	struct limit *l = limit_new(PAIRS, PATHS, pool, 7);

	(void)state;
	assert_non_null(l);
	for (unsigned at = 12; at < LIMIT_HEADERS + 2 * AM_MAC_LEN; at++) {
		struct rte_mbuf *m = make_frame(SMALL, 3), *out[2];

		if ((at >= 58 && at < 60) || (at >= 62 && at < 66))
			continue;
		assert_int_equal(limit_encap(l, &m, 1, 0, out), 1);
		limit_reflect(m);
		am_buf_data(m)[at] ^= 0x80;
		assert_int_equal(limit_decap(l, &m, 1, out), 0);
		am_buf_free(m);
	}
	limit_free(l);
}

static int start(void **state)
{
	(void)state;
	if (am_test_eal())
		return -1;
	pool = am_buf_pool("limit", BUFFERS, 0);
	return pool ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_packets),
		cmocka_unit_test(test_cuts_are_joined),
		cmocka_unit_test(test_what_is_not_usual_is_refused),
	};

	return cmocka_run_group_tests_name("amime-bench/limit", tests, start, NULL);
}
