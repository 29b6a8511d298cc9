/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Encapsulate, compare with the slow reference, then let the parser and the reassembly table take the frames
 * back: the outermost packet's payload must be what the reference put there, with the caller's payload at its
 * end. Both variants of the inline ways must make such frames too, octet for octet. The input chooses the tunnel, the
 * sizes, the headroom and the order of the fragments.
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "eal.h"
#include "net/ip.h"
#include "pkt/buf.h"
#include "pkt/encap.h"
#include "pkt/reasm.h"
#include "reference.h"
#include "variants.h"

enum { BUFFERS = 15, HEAD_LEN = 24, PAYLOAD_MAX = 3200 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok)
{
	if (!ok)
		abort();
}

static void no_drop(void *ctx, uint32_t peer, enum am_verdict why, unsigned packets)
{
	(void)ctx, (void)peer, (void)why, (void)packets;
	abort();
}

static struct am_ip address(bool v6, uint8_t last)
{
	struct am_ip ip = {.family = v6 ? AM_IPV6 : AM_IPV4, .bytes = {0x20, 0x01, 2, last}};

	if (v6)
		ip.bytes[15] = last;
	return ip;
}

static struct am_encap_spec choose_spec(const uint8_t *c)
{
	struct am_encap_spec s = {
		.link_src = {2, 1},
		.link_dst = {2, 2},
		.link_vlan = c[0] & 1 ? 100 : 0,
		.kind = c[1] % 4,
		.ttl = c[2] | 1,
		.dscp = c[3] & 63,
		.dscp_uniform = c[3] & 64,
		.etherip_swapped = c[1] & 64,
		.gre_csum = c[4] & 1,
		.gre_has_key = c[4] & 2,
		.gre_seq = c[4] & 4,
		.gre_key = am_load32(c + 4),
		.flow_label = c[4] & 8,
		.split = c[5] % 3,
		.path_mtu = (uint16_t)(1280 + c[6] * 4),
		.mtu = (uint16_t)(576 + am_load16(c + 8) % 2600),
		.vxlan = c[7] & 1 || c[1] % 4 == AM_TUNNEL_NONE,
	};

	if (s.kind != AM_TUNNEL_NONE) {
		s.local = address(c[7] & 2, 1);
		s.remote = address(c[7] & 2, 2);
	}
	if (s.vxlan) {
		s.vtep_local = address(c[7] & 4, 3);
		s.vtep_remote = address(c[7] & 4, 4);
		s.vtep_ttl = c[2] | 2;
		s.vtep_udp_csum = c[7] & 8;
		s.vni = am_load32(c + 10) & 0xffffff;
	}
	return s;
}

/* What the reference cannot know is read from the first frame. */
static struct ref_in read_choices(
	const struct am_encap *e, const struct am_encap_in *in, const uint8_t *frame, bool cut)
{
	const uint8_t *ip = frame + e->ip_at;
	struct ref_in r = {.tos = in->tos, .seq = in->gre_seq};

	if (e->family == AM_IPV6) {
		r.label = am_load32(ip) & 0xfffff;
		r.id = cut ? am_load32(ip + 44) : 0;
	} else {
		r.id = am_load16(ip + 4);
	}
	if (e->udp_at)
		r.sport = am_load16(frame + e->udp_at + (cut && e->family == AM_IPV6 ? 8 : 0));
	return r;
}

/* Both frames, in either order, make one packet that ends with the payload. */
static void check_back(struct rte_mbuf **out, bool swap, uint32_t ip_at, const struct ref *payload)
{
	struct am_reasm_conf conf = {.entries = 2,
		.peer_entries = 2,
		.peers = 1,
		.timeout4_max_ns = AM_S,
		.timeout6_ns = AM_S,
		.id_range = 65536};
	struct am_reasm *r = am_reasm_create(&conf, no_drop, NULL);
	struct rte_mbuf *whole = NULL;
	struct am_ip_hdr hdr;

	demand(r != NULL);
	for (unsigned i = 0; i < 2; i++) {
		struct rte_mbuf *m = out[i ^ swap];

		demand(!whole);
		demand(am_ip_parse(am_buf_data(m) + ip_at, am_buf_len(m) - ip_at, &hdr) == AM_V_OK &&
			hdr.frag);
		whole = am_reasm_add(r, 0, m, (uint16_t)ip_at, &hdr, 65535, (am_time){1});
	}
	demand(whole && am_buf_len(whole) == ip_at + hdr.hlen + hdr.plen);
	demand(!memcmp(am_buf_data(whole) + am_buf_len(whole) - payload->len, payload->b, payload->len));
	am_buf_free(whole);
	am_reasm_free(r);
}

static bool is_frame(const struct rte_mbuf *m, const struct ref *want)
{
	return am_buf_len(m) == want->len && !memcmp(am_buf_data(m), want->b, want->len);
}

static void check_push(const struct am_encap_spec *spec, const struct am_encap *e, const uint8_t *c,
	const struct ref *payload, struct am_ipid *ids, struct rte_mempool *pool)
{
	struct am_encap_in in = {.hash = am_load32(c), .tos = c[4], .path = 0, .gre_seq = am_load32(c + 5)};
	struct rte_mbuf *m = am_buf_alloc(pool, c[9]), *out[2];
	static struct ref want[2];
	struct ref_in choices;
	enum am_verdict v;
	unsigned n;

	demand(m != NULL);
	memcpy(am_buf_set_len(m, (uint16_t)payload->len), payload->b, payload->len);
	v = am_encap_push(e, ids, pool, &in, m, out, &n);
	demand((v == AM_V_OK) == (payload->len <= e->payload_max));
	if (v != AM_V_OK) {
		demand(v == AM_V_TUNNEL_MTU && am_buf_len(m) == payload->len);
		am_buf_free(m);
		return;
	}
	choices = read_choices(e, &in, am_buf_data(out[0]), n == 2);
	demand(n == ref_encap(want, spec, &choices, payload->b, payload->len));
	for (unsigned i = 0; i < n; i++)
		demand(is_frame(out[i], &want[i]));
	if (n == 2)
		check_back(out, c[4] & 128, e->ip_at, payload);
	else
		am_buf_free(out[0]);
}

/* ids: each variant's own, of the same identifications. */
static void check_variants(const struct am_encap_spec *spec, const struct am_encap *e, const uint8_t *c,
	const struct ref *payload, struct am_ipid ids[2], struct rte_mempool *pool)
{
	const struct am_encap_in given = {.hash = am_load32(c), .tos = c[4]};
	static struct ref want[2];
	struct variant_in in[2];
	struct ref_in choices;
	unsigned n;

	for (unsigned v = 0; v < 2; v++) {
		in[v] = (struct variant_in){e, &ids[v], {payload->len, given.hash, given.tos, 0},
			am_buf_alloc(pool, c[9]), am_buf_alloc(pool, AM_BUF_HEADROOM)};
		demand(in[v].m && in[v].fresh);
		memcpy(am_buf_set_len(in[v].m, (uint16_t)payload->len), payload->b, payload->len);
	}
	n = e->carries_ip ? 0 : variant_both(in);
	if (n) {
		choices = read_choices(e, &given, am_buf_data(in->m), n == 2);
		demand(n == ref_encap(want, spec, &choices, payload->b, payload->len));
		demand(is_frame(in->m, &want[0]) && variant_same(in[0].m, in[1].m));
	}
	if (n == 2)
		demand(is_frame(in->fresh, &want[1]) && variant_same(in[0].fresh, in[1].fresh));
	am_buf_free_bulk((struct rte_mbuf *[]){in[0].m, in[1].m, in[0].fresh, in[1].fresh}, 4);
}

static struct rte_mempool *start(struct am_ipid *ids, unsigned n)
{
	struct rte_mempool *pool;

	demand(am_test_eal() == 0);
	for (unsigned i = 0; i < n; i++)
		demand(am_ipid_init(&ids[i], 0, 1, 1, 1) == 0);
	pool = am_buf_pool("fuzz", BUFFERS, 0);
	demand(pool != NULL);
	return pool;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rte_mempool *pool;
	static struct am_ipid ids[3];
	static struct ref payload;
	struct am_reader in = am_reader(data, size);
	const uint8_t *c = am_take(&in, HEAD_LEN);
	struct am_encap_spec spec;
	struct am_encap e;

	if (!pool)
		pool = start(ids, 3);
	if (!c)
		return 0;
	spec = choose_spec(c);
	if (am_encap_build(&spec, &e, NULL))
		return 0;
	payload.len = 1 + am_load16(c + 22) % PAYLOAD_MAX;
	for (uint32_t i = 0; i < payload.len; i++)
		payload.b[i] = am_reader_left(&in) ? am_take8(&in) : (uint8_t)(i * 13);
	if (e.carries_ip) /* the caller has parsed it: one of the two */
		payload.b[0] = payload.b[0] & 1 ? 0x60 : 0x45;
	check_push(&spec, &e, c + 12, &payload, &ids[2], pool);
	check_variants(&spec, &e, c + 12, &payload, ids, pool);
	demand(rte_mempool_avail_count(pool) == BUFFERS);
	return 0;
}
