/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sequences of fragments into a small table. The input is a list of steps: how long to wait, which peer, how
 * much headroom, then one packet as it would come from the wire. What the parser takes goes in, by itself or as
 * a plain part of a burst; what comes out must parse again as exactly what was described, and at the end no
 * buffer may be missing.
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "eal.h"
#include "net/ip.h"
#include "net/plain.h"
#include "pkt/buf.h"
#include "pkt/reasm.h"

enum {
	BUFFERS = 127,
	ENTRIES = 16,
	PEER_ENTRIES = 8,
	PEERS = 4,
	MAX_LEN = 3300,
	STEP_LEN = 6,
	AS_PART = 0x80,
	NOTE = 7,
	PACKET_MAX = 3000
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok)
{
	if (!ok)
		abort();
}

static void count_drop(void *ctx, uint32_t peer, enum am_verdict why, unsigned packets)
{
	unsigned *dropped = ctx;

	demand(peer < PEERS && why > AM_V_HELD && why < AM_VERDICTS && packets > 0);
	*dropped += packets;
}

static void check_whole(struct rte_mbuf *m, uint16_t l2_len, const struct am_ip_hdr *hdr)
{
	struct am_ip_hdr again;

	demand(am_ip_parse(am_buf_data(m) + l2_len, am_buf_len(m) - l2_len, &again) == AM_V_OK);
	demand(!again.frag && !hdr->frag);
	demand(again.family == hdr->family && again.tos == hdr->tos && again.ttl == hdr->ttl);
	demand(again.proto == hdr->proto && again.hlen == hdr->hlen && again.plen == hdr->plen);
	demand(am_buf_len(m) == (uint32_t)l2_len + hdr->hlen + hdr->plen);
	am_buf_free(m);
}

/* A fragment that is plain, as one of a burst of one. False: it is not. */
static bool add_part(struct am_reasm *r, uint32_t peer, struct rte_mbuf *m, uint16_t l2_len, am_time now)
{
	const uint8_t *ip = am_buf_data(m) + l2_len;
	uint32_t has = am_buf_len(m) - l2_len;
	struct am_reasm_whole whole;
	struct am_reasm_part part;
	struct am_ip_hdr hdr;

	if (!am_ip4_fragment(ip, has, &hdr) && !am_ip6_fragment(ip, has, &hdr))
		return false;
	am_reasm_describe(&part, peer, m, l2_len, &hdr, hdr.frag_at ? AM_REASM_NO_NOTE : NOTE);
	if (!am_reasm_take(r, &part, 1, MAX_LEN + l2_len, now, &whole))
		return true;
	demand(whole.last == &part);
	demand(whole.note == AM_REASM_NO_NOTE || whole.note == NOTE);
	if (!whole.headers)
		am_reasm_headers(whole.m, l2_len, hdr.family);
	demand(am_ip_parse(am_buf_data(whole.m) + l2_len, am_buf_len(whole.m) - l2_len, &hdr) == AM_V_OK);
	check_whole(whole.m, l2_len, &hdr);
	return true;
}

/* One step; false where the input is used up. */
static bool step(
	struct am_reasm *r, struct rte_mempool *pool, struct am_reader *in, am_time *now, unsigned *taken)
{
	const uint8_t *head = am_take(in, STEP_LEN), *packet;
	struct am_ip_hdr hdr;
	uint16_t l2_len, len;
	struct rte_mbuf *m;

	if (!head)
		return false;
	*now = am_time_add(*now, head[0] * 4 * AM_MS);
	l2_len = head[3] % 23;
	len = (uint16_t)(am_load16(head + 4) % PACKET_MAX);
	if (len > am_reader_left(in))
		len = (uint16_t)am_reader_left(in);
	packet = am_take(in, len);
	am_reasm_expire(r, *now, head[1] >> 4);

	m = am_buf_alloc(pool, head[2]);
	demand(m != NULL);
	memset(am_buf_set_len(m, (uint16_t)(l2_len + len)), 0, l2_len);
	if (len)
		memcpy(am_buf_data(m) + l2_len, packet, len);
	if (am_ip_parse(am_buf_data(m) + l2_len, len, &hdr) != AM_V_OK || !hdr.frag) {
		am_buf_free(m);
		return true;
	}
	++*taken;
	if ((head[3] & AS_PART) && add_part(r, head[1] % PEERS, m, l2_len, *now))
		return true;
	m = am_reasm_add(r, head[1] % PEERS, m, l2_len, &hdr, MAX_LEN, *now);
	if (m)
		check_whole(m, l2_len, &hdr);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rte_mempool *pool;
	struct am_reasm_conf conf = {.entries = ENTRIES,
		.peer_entries = PEER_ENTRIES,
		.peers = PEERS,
		.seed = 1,
		.timeout6_ns = AM_S,
		.timeout4_min_ns = 20 * AM_MS,
		.timeout4_max_ns = 500 * AM_MS,
		.id_range = 65536};
	struct am_reader in = am_reader(data, size);
	unsigned dropped = 0, taken = 0;
	struct am_reasm_stats stats;
	am_time now = {AM_S};
	struct am_reasm *r;

	if (!pool) {
		demand(am_test_eal() == 0);
		pool = am_buf_pool("fuzz", BUFFERS, 0);
		demand(pool != NULL);
	}
	r = am_reasm_create(&conf, count_drop, &dropped);
	demand(r != NULL);
	while (step(r, pool, &in, &now, &taken)) {
		am_reasm_release(r);
		am_reasm_stats(r, &stats);
		demand(stats.live <= ENTRIES && stats.buffers <= ENTRIES * AM_REASM_FRAGMENTS);
		demand(dropped + stats.buffers <= taken);
		demand(rte_mempool_avail_count(pool) == BUFFERS - stats.buffers);
	}
	am_reasm_free(r);
	demand(rte_mempool_avail_count(pool) == BUFFERS);
	return 0;
}
