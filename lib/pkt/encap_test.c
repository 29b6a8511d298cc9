/* SPDX-License-Identifier: BSD-3-Clause */
/* Every kind of header string against the slow reference builder, byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "eal.h"
#include "net/ether.h"
#include "net/ip.h"
#include "pkt/buf.h"
#include "pkt/encap.h"
#include "pkt/string.h"
#include "reference.h"
#include "variants.h"

enum { PAYLOAD_MAX = 3000, FIRST_PATH = 3 };

static const uint16_t headrooms[] = {0, 7, 8, 53, 54, 62, 74, 100, 128, 134, 160, 192};

struct world {
	struct rte_mempool *pool;
	struct am_ipid ids;
	struct am_ipid twin[2]; /* each variant's own, of the same identifications */
	struct am_buf_stash stash;
	uint8_t payload[PAYLOAD_MAX];
	unsigned pushed, cut, simple, numbered, both[3];
};

static struct am_ip address(uint8_t family, uint8_t last)
{
	struct am_ip ip = {.family = family};

	if (family == AM_IPV4) {
		memcpy(ip.bytes, (uint8_t[]){192, 0, 2, last}, 4);
	} else {
		memcpy(ip.bytes, (uint8_t[]){0x20, 0x01, 0x0d, 0xb8, 0xff, 0xee}, 6);
		ip.bytes[15] = last;
	}
	return ip;
}

static struct am_encap_spec make_spec(enum am_tunnel_kind kind, uint8_t outer, uint8_t vxlan)
{
	struct am_encap_spec s = {
		.link_src = {2, 0, 0, 0, 0, 1},
		.link_dst = {2, 0, 0, 0, 0, 2},
		.kind = kind,
		.ttl = 64,
		.flow_label = true,
		.split = AM_SPLIT_FLOOR,
		.path_mtu = 1500,
		.mtu = 2400,
		.inner_src = {2, 0, 0, 0, 1, 1},
		.inner_dst = {2, 0, 0, 0, 1, 2},
	};

	if (kind != AM_TUNNEL_NONE) {
		s.local = address(outer, 1);
		s.remote = address(outer, 2);
	}
	if (vxlan) {
		s.vxlan = true;
		s.vtep_local = address(vxlan, 11);
		s.vtep_remote = address(vxlan, 12);
		s.vtep_ttl = 63;
		s.vtep_udp_csum = vxlan == AM_IPV6;
		s.vni = 0xabcdef;
	}
	return s;
}

static struct rte_mbuf *make_packet(struct world *w, uint16_t headroom, uint32_t len)
{
	struct rte_mbuf *m = am_buf_alloc(w->pool, headroom);

	assert_non_null(m);
	memcpy(am_buf_set_len(m, (uint16_t)len), w->payload, len);
	return m;
}

/* What cannot be foretold is read from the output, where its own rules are checked. */
static struct ref_in read_choices(const struct am_encap_spec *spec, const struct am_encap *e,
	const struct am_encap_in *in, const uint8_t *frame, bool cut)
{
	const uint8_t *ip = frame + e->ip_at;
	uint32_t extra = cut && e->family == AM_IPV6 ? 8 : 0;
	struct ref_in r = {.tos = in->tos, .seq = in->gre_seq};

	if (e->family == AM_IPV6) {
		r.label = am_load32(ip) & 0xfffff;
		assert_true(spec->flow_label ? r.label != 0 : r.label == 0);
		r.id = cut ? am_load32(ip + 44) : 0;
	} else {
		r.id = am_load16(ip + 4);
	}
	if (spec->vxlan) {
		r.sport = am_load16(frame + e->udp_at + extra);
		assert_true(r.sport >= 49152);
	}
	return r;
}

static void expect_frame(const struct rte_mbuf *m, const struct ref *want, const char *what)
{
	if (am_buf_len(m) != want->len)
		fail_msg("%s: %u octets, expected %u", what, am_buf_len(m), want->len);
	assert_int_equal(m->pkt_len, m->data_len);
	for (uint32_t i = 0; i < want->len; i++)
		if (am_buf_data(m)[i] != want->b[i])
			fail_msg("%s: octet %u is %02x, expected %02x", what, i, am_buf_data(m)[i],
				want->b[i]);
}

static void check_push(struct world *w, const struct am_encap_spec *spec, const struct am_encap *e,
	uint32_t plen, uint16_t headroom)
{
	static struct ref want[2];
	struct am_encap_in in = {.hash = 0x12345678u * (plen + 1),
		.tos = (uint8_t)(0xb8 | (plen & 3)),
		.path = FIRST_PATH,
		.gre_seq = plen * 7,
		.stash = headroom & 1 ? NULL : &w->stash};
	struct rte_mbuf *m = make_packet(w, headroom, plen), *out[2];
	struct ref_in choices;
	unsigned n = 0, want_n;
	char what[160];

	snprintf(what, sizeof what, "kind %d outer IPv%u VXLAN %u split %d/%u payload %u headroom %u",
		spec->kind, e->family, e->vx_family, spec->split, spec->path_mtu, plen, headroom);
	assert_int_equal(am_encap_push(e, &w->ids, w->pool, &in, m, out, &n), AM_V_OK);
	choices = read_choices(spec, e, &in, am_buf_data(out[0]), n == 2);
	want_n = ref_encap(want, spec, &choices, w->payload, plen);
	if (n != want_n)
		fail_msg("%s: %u frames, expected %u", what, n, want_n);
	assert_true(out[0] == m || (n == 2 && out[1] == m));
	for (unsigned i = 0; i < n; i++) {
		expect_frame(out[i], &want[i], what);
		am_buf_free(out[i]);
	}
	w->pushed++;
	w->cut += n == 2;
}

/* The inline way of packets that need nothing but lengths. */
static void check_simple(struct world *w, const struct am_encap_spec *spec, const struct am_encap *e,
	uint32_t plen, uint16_t headroom)
{
	static struct ref want[2];
	struct am_encap_in in = {.hash = 0x9e3779b9u * (plen + 1), .tos = (uint8_t)(plen * 5)};
	struct rte_mbuf *m;
	struct ref_in choices;

	if (plen > e->simple_max || headroom < e->copy_len)
		return;
	m = make_packet(w, headroom, plen);
	am_buf_unguard(m);
	am_string_push_simple(e, m, plen, in.hash, in.tos);
	if (e->carries_ip)
		am_string_put_type(
			e, am_buf_data(m) + e->len, w->payload[0] >> 4 == 4 ? AM_ET_IPV4 : AM_ET_IPV6);
	choices = read_choices(spec, e, &in, am_buf_data(m), false);
	assert_int_equal(ref_encap(want, spec, &choices, w->payload, plen), 1);
	expect_frame(m, &want[0], "simple");
	am_buf_free(m);
	w->simple++;
}

/* The same frames from both variants, and those of the reference. The GRE header's type is not theirs. */
static void check_variants(struct world *w, const struct am_encap_spec *spec, const struct am_encap *e,
	uint32_t plen, uint16_t headroom)
{
	const struct am_encap_in given = {.hash = 0x2545f491u * (plen + 1), .tos = (uint8_t)(plen * 3)};
	static struct ref want[2];
	struct variant_in in[2];
	struct ref_in choices;
	unsigned n;

	for (unsigned v = 0; v < 2; v++)
		in[v] = (struct variant_in){e, &w->twin[v], {plen, given.hash, given.tos, FIRST_PATH},
			make_packet(w, headroom, plen), make_packet(w, AM_BUF_HEADROOM, 0)};
	n = e->carries_ip ? 0 : variant_both(in);
	if (n) {
		choices = read_choices(spec, e, &given, am_buf_data(in->m), n == 2);
		assert_int_equal(ref_encap(want, spec, &choices, w->payload, plen), n);
		expect_frame(in->m, &want[0], "inline");
		assert_true(variant_same(in[0].m, in[1].m));
	}
	if (n == 2) {
		expect_frame(in->fresh, &want[1], "inline, second");
		assert_true(variant_same(in[0].fresh, in[1].fresh));
	}
	am_buf_free_bulk((struct rte_mbuf *[]){in[0].m, in[1].m, in[0].fresh, in[1].fresh}, 4);
	w->both[n]++;
	w->numbered += n == 1 && plen > e->simple_max;
}

static void check_spec(struct world *w, const struct am_encap_spec *spec)
{
	struct am_encap e;
	struct am_err err;
	uint32_t whole;

	if (am_encap_build(spec, &e, &err))
		fail_msg("%s", err.text);
	assert_true(e.payload_max <= PAYLOAD_MAX);
	whole = am_encap_whole_payload(&e);
	w->payload[0] = spec->mtu & 1 ? 0x60 : 0x45;
	for (size_t h = 0; h < sizeof headrooms / sizeof headrooms[0]; h++) {
		const uint32_t sizes[] = {20, 61, 1190, whole - 1, whole, whole + 1, whole + 2, 1514,
			e.payload_max - 1u, e.payload_max};

		for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
			if (sizes[i] <= e.payload_max) {
				check_push(w, spec, &e, sizes[i], headrooms[h]);
				check_simple(w, spec, &e, sizes[i], headrooms[h]);
				check_variants(w, spec, &e, sizes[i], headrooms[h]);
			}
	}
}

static void check_splits(struct world *w, struct am_encap_spec spec)
{
	static const uint16_t path_mtus[] = {1280, 1400, 1454, 1500};

	spec.split = AM_SPLIT_FLOOR;
	check_spec(w, &spec);
	spec.split = AM_SPLIT_FILL;
	for (size_t i = 0; i < sizeof path_mtus / sizeof path_mtus[0]; i++) {
		spec.path_mtu = path_mtus[i];
		spec.mtu = (uint16_t)(2400 - (i & 1));
		check_spec(w, &spec);
	}
}

static const uint8_t families[] = {AM_IPV4, AM_IPV6};
static const uint8_t vxlans[] = {0, AM_IPV4, AM_IPV6};

static void test_etherip(void **state)
{
	for (unsigned i = 0; i < 12; i++) {
		struct am_encap_spec s = make_spec(AM_TUNNEL_ETHERIP, families[i & 1], vxlans[i / 2 % 3]);

		s.etherip_swapped = i >= 6;
		s.dscp_uniform = i >= 6;
		s.dscp = 46;
		check_splits(*state, s);
	}
}

static void check_gre(struct world *w, enum am_tunnel_kind kind)
{
	for (unsigned i = 0; i < 6 * 8; i++) {
		struct am_encap_spec s = make_spec(kind, families[i & 1], vxlans[i / 2 % 3]);

		s.gre_csum = i / 6 & 1;
		s.gre_has_key = i / 6 & 2;
		s.gre_seq = i / 6 & 4;
		s.gre_key = 0xdeadbeef;
		s.link_vlan = i % 5 ? 0 : 4094;
		s.vtep_udp_csum = s.vxlan && i % 3;
		check_splits(w, s);
	}
}

static void test_gre(void **state)
{
	check_gre(*state, AM_TUNNEL_GRE);
}

static void test_gretap(void **state)
{
	check_gre(*state, AM_TUNNEL_GRETAP);
}

static void test_vxlan_alone(void **state)
{
	for (unsigned i = 0; i < 8; i++) {
		struct am_encap_spec s = make_spec(AM_TUNNEL_NONE, 0, families[i & 1]);

		s.split = AM_SPLIT_NONE;
		s.path_mtu = i & 2 ? 1600 : 1500;
		s.vtep_udp_csum = i & 4;
		s.flow_label = i & 2;
		check_spec(*state, &s);
	}
}

/* A UDP checksum that comes out as zero is sent as ffff; zero would say that there is none. */
static void test_udp_zero(void **state)
{
	struct world *w = *state;
	struct am_encap_spec s = make_spec(AM_TUNNEL_ETHERIP, AM_IPV6, AM_IPV6);
	struct am_encap_in in = {.path = FIRST_PATH};
	struct rte_mbuf *out[2];
	struct am_encap e;
	unsigned n, seen = 0;

	assert_int_equal(am_encap_build(&s, &e, NULL), 0);
	for (unsigned v = 0; v < 65536; v++) {
		struct rte_mbuf *m = make_packet(w, 192, 60);

		am_store16(am_buf_data(m) + 20, (uint16_t)v);
		assert_int_equal(am_encap_push(&e, &w->ids, w->pool, &in, m, out, &n), AM_V_OK);
		assert_int_not_equal(am_load16(am_buf_data(m) + e.udp_at + 6), 0);
		seen += am_load16(am_buf_data(m) + e.udp_at + 6) == 0xffff;
		am_buf_free(m);
	}
	assert_true(seen >= 1); /* the payload runs through every residue of the sum */
}

static void expect_untouched(struct world *w, struct rte_mbuf *m, uint16_t headroom, uint32_t len)
{
	assert_int_equal(am_buf_headroom(m), headroom);
	assert_int_equal(am_buf_len(m), len);
	assert_memory_equal(am_buf_data(m), w->payload, len);
	am_buf_free(m);
}

static void test_refused(void **state)
{
	struct world *w = *state;
	struct am_encap_spec s = make_spec(AM_TUNNEL_ETHERIP, AM_IPV4, AM_IPV4);
	struct am_encap_in in = {.path = FIRST_PATH};
	struct rte_mbuf *m, *out[2], *all[64];
	struct am_encap e;
	unsigned n, held = 0;

	assert_int_equal(am_encap_build(&s, &e, NULL), 0);
	m = make_packet(w, 192, e.payload_max + 1u);
	assert_int_equal(am_encap_push(&e, &w->ids, w->pool, &in, m, out, &n), AM_V_TUNNEL_MTU);
	expect_untouched(w, m, 192, e.payload_max + 1u);

	e.payload_max = PAYLOAD_MAX;
	m = make_packet(w, 192, 2600);
	assert_int_equal(am_encap_push(&e, &w->ids, w->pool, &in, m, out, &n), AM_V_TUNNEL_FRAGMENTS);
	expect_untouched(w, m, 192, 2600);

	e.whole_max = 3600;
	m = am_buf_alloc(w->pool, 10);
	memset(am_buf_set_len(m, AM_BUF_ROOM - 20), 1, AM_BUF_ROOM - 20);
	e.payload_max = AM_BUF_ROOM;
	assert_int_equal(am_encap_push(&e, &w->ids, w->pool, &in, m, out, &n), AM_V_NO_ROOM);
	assert_int_equal(am_buf_headroom(m), 10);
	am_buf_free(m);

	assert_int_equal(am_encap_build(&s, &e, NULL), 0);
	m = make_packet(w, 192, 1514);
	while (held < 64 && (all[held] = am_buf_alloc(w->pool, 0)))
		held++;
	assert_true(held < 64);
	assert_int_equal(am_encap_push(&e, &w->ids, w->pool, &in, m, out, &n), AM_V_NO_MBUF);
	am_buf_free_bulk(all, held);
	expect_untouched(w, m, 192, 1514);
}

/* What the sizes in ARCHITECTURE.md say. */
static void test_known_sizes(void **state)
{
	struct am_encap_spec s = make_spec(AM_TUNNEL_GRE, AM_IPV4, AM_IPV4);
	struct am_encap e;

	(void)state;
	assert_int_equal(am_encap_build(&s, &e, NULL), 0);
	assert_int_equal(e.len, 74);
	assert_int_equal(am_encap_whole_payload(&e) - 14, 1206);
	s = make_spec(AM_TUNNEL_ETHERIP, AM_IPV6, AM_IPV6);
	assert_int_equal(am_encap_build(&s, &e, NULL), 0);
	assert_int_equal(e.len, 126);
}

static const char *variant_name_base(void)
{
	return "baseline";
}

static AM_AVX2 const char *variant_name_avx2(void)
{
	return "avx2";
}

AM_CHOOSE(variant_name, variant_name_base, variant_name_avx2);

static int setup(void **state)
{
	static struct world w;
	uint32_t x = 1;

	if (am_test_eal())
		return -1;
	w.pool = am_buf_pool("encap", 31, 0);
	w.stash.pool = w.pool;
	for (uint32_t i = 0; i < PAYLOAD_MAX; i++) {
		x = x * 1664525 + 1013904223;
		w.payload[i] = (uint8_t)(x >> 24);
	}
	*state = &w;
	for (unsigned v = 0; v < 2; v++)
		if (am_ipid_init(&w.twin[v], 2, 3, FIRST_PATH + 1, 42))
			return -1;
	return w.pool ? am_ipid_init(&w.ids, 1, 3, FIRST_PATH + 1, 42) : -1;
}

static int teardown(void **state)
{
	struct world *w = *state;

	print_message("%u packets pushed, %u of them cut; %u pushed inline\n", w->pushed, w->cut, w->simple);
	print_message("baseline and %s: %u whole, %u of them with a number, %u cut\n", variant_name(),
		w->both[1], w->numbered, w->both[2]);
	if (!w->both[1] || !w->numbered || !w->both[2])
		return -1;
	am_ipid_fini(&w->ids);
	am_ipid_fini(&w->twin[0]);
	am_ipid_fini(&w->twin[1]);
	if (rte_mempool_avail_count(w->pool) != 31)
		return -1;
	rte_mempool_free(w->pool);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_etherip),
		cmocka_unit_test(test_gre),
		cmocka_unit_test(test_gretap),
		cmocka_unit_test(test_vxlan_alone),
		cmocka_unit_test(test_udp_zero),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_known_sizes),
	};

	return cmocka_run_group_tests_name("pkt/encap", tests, setup, teardown);
}
