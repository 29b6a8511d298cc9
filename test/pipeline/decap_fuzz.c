/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Anything that may arrive, in bursts of any size: frames from the wire (fragments among them) and from the LAN,
 * through the whole data plane. Every buffer is poisoned outside its packet. Holds: no invalid access, no
 * frame longer than a bridge lets through, and after the timeouts no buffer is kept.
 *
 * Input: records of {flags, length (2 octets, little endian), bytes}; see the enum.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <rte_mempool.h>

#include "base/bytes.h"
#include "eal.h"
#include "net/csum.h"
#include "net/ether.h"
#include "net/ip.h"
#include "rig.h"

enum {
	FLAG_LAN = 1,       /* it arrives on the LAN, not on the wire */
	FLAG_FIX = 2,       /* make the outer IPv4 header checksum right first */
	FLAG_ADDRESSED = 4, /* put the right MAC addresses in front first */
	FLAG_LATER = 8,     /* 100 ms later */
	FLAG_PLAIN = 16,    /* it arrives on the LAN's other port, where no checksum is to be finished */
	FLAG_MORE = 32,     /* with the next one: what a turn finds on a port is a burst */
	RECORDS_MAX = 64,
	FRAME_ROOM = 2500,
	FRAME_OUT_MAX = 1522,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char config[] =
	"{\"system\":{\"reassembly\":{\"datagrams\":64,\"per_peer\":32}},"
	"\"ports\":{\"wan\":{\"driver\":\"mem\",\"vrf\":\"underlay\",\"mac\":\"02:ff:00:00:00:01\",\"mtu\":"
	"2400,"
	"\"checksums\":\"finish\"},\"lan\":{\"driver\":\"mem\",\"checksums\":\"finish\"},\"plain\":{\"driver\":\"mem\"}},"
	"\"tunnels\":{"
	"\"e4\":{\"type\":\"etherip\",\"local\":\"192.0.2.1\",\"remote\":\"198.51.100.1\",\"compat\":"
	"\"both\",\"dscp\":\"uniform\"},"
	"\"e6\":{\"type\":\"etherip\",\"local\":\"2001:db8:a::1\",\"remote\":\"2001:db8:b::1\",\"tcp_mss\":"
	"\"whole\"},"
	"\"g4\":{\"type\":\"gre\",\"local\":\"192.0.2.1\",\"remote\":\"198.51.100.1\",\"tcp_mss\":1000},"
	"\"g6\":{\"type\":\"gre\",\"local\":\"2001:db8:a::1\",\"remote\":\"2001:db8:b::1\",\"key\":7,"
	"\"checksum\":true},"
	"\"t4\":{\"type\":\"gretap\",\"local\":\"192.0.2.1\",\"remote\":\"198.51.100.1\",\"sequence\":true},"
	"\"t6\":{\"type\":\"gretap\",\"local\":\"2001:db8:a::1\",\"remote\":\"2001:db8:b::1\",\"mac\":\"02:"
	"ee:00:00:00:01\"}},"
	"\"vrfs\":{\"underlay\":{\"routes\":[{\"prefix\":\"0.0.0.0/"
	"0\",\"port\":\"wan\",\"mac\":\"02:ff:00:00:00:02\"},"
	"{\"prefix\":\"::/0\",\"port\":\"wan\",\"mac\":\"02:ff:00:00:00:02\"}]},"
	"\"default\":{\"loopbacks\":[\"10.255.0.1\",\"fd00::1\"],\"routes\":[{\"prefix\":\"10.255.0.2/"
	"32\",\"tunnel\":\"g4\"},"
	"{\"prefix\":\"fd00::2/128\",\"tunnel\":\"t6\",\"mac\":\"02:ee:00:00:00:02\"}]}},"
	"\"bridges\":{\"lan\":{\"vni\":10100,\"inner_vlan\":true,\"members\":[{\"port\":\"lan\"},{\"port\":\"plain\"},{\"vtep\":"
	"\"10.255.0.2\"},"
	"{\"vtep\":\"fd00::2\"},{\"tunnel\":\"e4\"},{\"tunnel\":\"e6\",\"vlan\":7},{\"tunnel\":\"t4\","
	"\"storm\":{\"broadcast\":5}}]}}}";

static struct rte_mempool *pool;

static const char *const ports[] = {"wan", "lan", "plain"};

static void drain(struct rig *r)
{
	struct rig_frame f;

	for (unsigned i = 0; i < sizeof ports / sizeof *ports; i++)
		while (rig_pop(r, ports[i], 0, &f))
			if (i > 0 && f.len > FRAME_OUT_MAX)
				abort();
}

static void prepare(uint8_t *frame, uint16_t len, uint8_t flags)
{
	static const uint8_t us[6] = {0x02, 0xff, 0, 0, 0, 1}, them[6] = {0x02, 0xff, 0, 0, 0, 2};
	uint16_t sum;

	if ((flags & FLAG_ADDRESSED) && len >= AM_ETH_LEN) {
		memcpy(frame, us, 6);
		memcpy(frame + 6, them, 6);
	}
	if (!(flags & FLAG_FIX) || len < AM_ETH_LEN + AM_IP4_LEN || am_load16(frame + 12) != AM_ET_IPV4)
		return;
	memset(frame + 24, 0, 2);
	sum = am_csum_finish(am_csum_add(frame + AM_ETH_LEN, AM_IP4_LEN, 0));
	memcpy(frame + 24, &sum, 2);
}

static void play(struct rig *r, const uint8_t *data, size_t size)
{
	uint8_t frame[FRAME_ROOM];

	for (unsigned i = 0; i < RECORDS_MAX && size >= 3; i++) {
		uint8_t flags = data[0];
		size_t len = (size_t)(data[1] | data[2] << 8) % FRAME_ROOM;

		data += 3;
		size -= 3;
		if (len > size)
			len = size;
		memcpy(frame, data, len);
		data += len;
		size -= len;
		prepare(frame, (uint16_t)len, flags);
		if (len > 0)
			rig_push(
				r, ports[flags & FLAG_PLAIN ? 2 : flags & FLAG_LAN], 0, frame, (uint16_t)len);
		if (flags & FLAG_LATER)
			r->now = am_time_add(r->now, 100 * AM_MS);
		if (flags & FLAG_MORE)
			continue;
		rig_turn(r);
		drain(r);
	}
}

static void start(void)
{
	if (am_test_eal() < 0)
		abort();
	pool = rig_pool(2048);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rig r;

	if (!pool)
		start();
	rig_open(&r, pool, config, 1, 1, false);
	play(&r, data, size);
	for (unsigned i = 0; i < 20; i++) {
		r.now = am_time_add(r.now, 100 * AM_MS);
		rig_settle(&r);
	}
	drain(&r);
	/* A worker's stash of spare buffers goes back with it. */
	rig_close(&r);
	if (rte_mempool_in_use_count(pool) != 0)
		abort();
	return 0;
}
