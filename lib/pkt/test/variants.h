/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PKT_TEST_VARIANTS_H
#define PKT_TEST_VARIANTS_H
/*
 * The inline ways into a tunnel as each variant of a worker takes them: the baseline, and the one of this CPU, which is the same
 * where there is no AVX2. They write in whole steps in front of a packet and behind it, so buffers are open to the end here, and
 * a sanitizer sees what leaves the buffer.
 */
#include "base/cpu.h"
#include "pkt/buf.h"
#include "pkt/cut.h"

/* m, and for a cut fresh, which is empty, as the pipeline has them. */
struct variant_in {
	const struct am_encap *e;
	struct am_ipid *ids;
	struct am_cut packet;
	struct rte_mbuf *m, *fresh;
};

static inline AM_INLINE void variant_push_as(const struct variant_in *in, bool wide)
{
	const struct am_cut *p = &in->packet;
	uint8_t *end = am_buf_data(in->m);

	am_buf_unguard(in->m);
	am_buf_prepend_known(in->m, am_buf_headroom(in->m), p->plen, in->e->len);
	if (p->plen > in->e->simple_max)
		am_string_put_numbered(
			in->e, end, p->plen, p->hash, p->tos, am_ipid4(in->ids, p->path), wide);
	else
		am_string_put_whole(in->e, end, p->plen, p->hash, p->tos, wide);
}

static inline AM_INLINE void variant_cut_as(const struct variant_in *in, bool wide)
{
	am_buf_unguard(in->m);
	am_buf_unguard(in->fresh);
	am_cut_usual(in->e, in->ids, &in->packet, in->m, in->fresh, wide);
}

static void variant_push_base(const struct variant_in *in)
{
	variant_push_as(in, false);
}

static AM_AVX2 void variant_push_avx2(const struct variant_in *in)
{
	variant_push_as(in, true);
}

static void variant_cut_base(const struct variant_in *in)
{
	variant_cut_as(in, false);
}

static AM_AVX2 void variant_cut_avx2(const struct variant_in *in)
{
	variant_cut_as(in, true);
}

AM_CHOOSE(variant_push, variant_push_base, variant_push_avx2);
AM_CHOOSE(variant_cut, variant_cut_base, variant_cut_avx2);

/* One packet by both variants, each with buffers of its own: the frames of each, or 0 where it goes no inline way. */
static inline unsigned variant_both(const struct variant_in in[2])
{
	const struct am_encap *e = in->e;
	uint32_t plen = in->packet.plen;

	if (am_cut_fits(e, in->m, plen)) {
		variant_cut_base(&in[0]);
		variant_cut(&in[1]);
		return 2;
	}
	if ((plen > e->simple_max && !am_string_is_numbered(e, plen)) || am_buf_headroom(in->m) < e->copy_len)
		return 0;
	variant_push_base(&in[0]);
	variant_push(&in[1]);
	return 1;
}

static inline bool variant_same(const struct rte_mbuf *a, const struct rte_mbuf *b)
{
	return a->data_off == b->data_off && a->pkt_len == b->pkt_len && a->data_len == b->data_len &&
	       a->pkt_len == a->data_len && !memcmp(am_buf_data(a), am_buf_data(b), am_buf_len(a));
}

#endif
