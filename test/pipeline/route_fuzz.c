/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IP packets of any kind through the route stage, by routes that the input chooses. A trivial router that knows nothing of tables
 * says of each plain packet what must become of it: a drop by name, or out of which port and to which neighbour. Of every packet
 * holds: it leaves or is dropped, once, and no buffer is lost.
 *
 * Input: {number of routes, {prefix, way} for each}, then records {flags, length, octets}; see the enum.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <rte_mempool.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "eal.h"
#include "net/csum.h"
#include "net/ether.h"
#include "net/ip.h"
#include "rig.h"

enum {
	FLAG_IPV6 = 1,
	FLAG_FIX = 2, /* lengths and checksum are made right */
	ROUTES_MAX = 6,
	RECORDS_MAX = 64,
	PACKET_MAX = 200,
	BUFFERS = 2048,
	CONFIG_ROOM = 4096,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const prefixes[] = {"0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.1.0/24", "10.1.1.1/32",
	"128.0.0.0/1", "::/0", "2001:db8::/32", "2001:db8:1::/48", "fd00::/8"};

enum way { WAY_A, WAY_B, WAY_BLACKHOLE, WAY_UNREACHABLE, WAYS };

static const char *const way_keys[WAYS] = {"\"port\":\"a\",\"mac\":\"02:00:00:00:00:0a\"",
	"\"port\":\"b\",\"mac\":\"02:00:00:00:00:0b\"", "\"blackhole\":true", "\"unreachable\":true"};

struct route {
	struct am_prefix prefix;
	enum way way;
};

struct world {
	unsigned n;
	struct route routes[ROUTES_MAX];
	char config[CONFIG_ROOM];
};

static struct rte_mempool *pool;

/* ---- the routes ---- */

static bool is_known(const struct world *w, const struct am_prefix *prefix)
{
	for (unsigned i = 0; i < w->n; i++)
		if (w->routes[i].prefix.len == prefix->len &&
			am_ip_equal(&w->routes[i].prefix.ip, &prefix->ip))
			return true;
	return false;
}

static void make_world(struct world *w, const uint8_t **data, size_t *size)
{
	unsigned n = (*data)[0] % (ROUTES_MAX + 1);
	int used = snprintf(w->config, CONFIG_ROOM,
		"{\"ports\":{\"a\":{\"driver\":\"mem\",\"vrf\":\"default\",\"mac\":\"02:00:00:00:00:01\"},"
		"\"b\":{\"driver\":\"mem\",\"vrf\":\"default\",\"mac\":\"02:00:00:00:00:02\"}},\"vrfs\":{\"default\":{"
		"\"loopbacks\":[\"10.255.0.1\",\"fd00::1\"],\"routes\":[");

	++*data;
	--*size;
	for (; n && *size >= 2; n--, *data += 2, *size -= 2) {
		unsigned prefix = (*data)[0] % (sizeof prefixes / sizeof *prefixes);
		struct route r = {.way = (enum way)((*data)[1] % WAYS)};

		if (am_prefix_parse_text(prefixes[prefix], &r.prefix) != 0 || is_known(w, &r.prefix))
			continue;
		used += snprintf(w->config + used, CONFIG_ROOM - (size_t)used, "%s{\"prefix\":\"%s\",%s}",
			w->n ? "," : "", prefixes[prefix], way_keys[r.way]);
		w->routes[w->n++] = r;
	}
	snprintf(w->config + used, CONFIG_ROOM - (size_t)used, "]}}}");
}

/* ---- the trivial router ---- */

struct fate {
	bool certain; /* else only that it is counted */
	enum am_verdict drop;
	enum way way; /* where drop is AM_V_OK */
};

static bool is_martian4(const uint8_t *a)
{
	return a[0] == 0 || a[0] == 127 || a[0] >= 224;
}

static bool is_martian6(const struct am_ip *ip)
{
	uint8_t loopback[16] = {[15] = 1};

	return am_ip_is_unspecified(ip) || am_ip_is_multicast(ip) || am_ip_is_link_local(ip) ||
	       memcmp(ip->bytes, loopback, 16) == 0;
}

static struct fate lookup(const struct world *w, const struct am_ip *dst, uint8_t ttl)
{
	struct fate fate = {.certain = true, .drop = AM_V_ROUTE_NONE};
	int longest = -1;

	for (unsigned i = 0; i < w->n; i++) {
		const struct route *r = &w->routes[i];

		if (!am_prefix_contains(&r->prefix, dst) || r->prefix.len <= longest)
			continue;
		longest = r->prefix.len;
		fate.way = r->way;
		fate.drop = r->way == WAY_BLACKHOLE     ? AM_V_ROUTE_BLACKHOLE
			    : r->way == WAY_UNREACHABLE ? AM_V_ROUTE_UNREACHABLE
			    : ttl <= 1                  ? AM_V_IP_TTL
							: AM_V_OK;
	}
	return fate;
}

static struct fate judge4(const struct world *w, const uint8_t *ip, uint32_t len)
{
	static const uint8_t own[4] = {10, 255, 0, 1};
	struct am_ip dst = am_ip4(ip + 16);

	if (len < AM_IP4_LEN || ip[0] != 0x45)
		return (struct fate){.certain = false};
	if (am_load16(ip + 2) < AM_IP4_LEN || am_load16(ip + 2) > len)
		return (struct fate){true, AM_V_IP4_TOTAL_LENGTH, WAY_A};
	if (am_csum_fold(am_csum_add(ip, AM_IP4_LEN, 0)) != 0xffff)
		return (struct fate){true, AM_V_IP4_CHECKSUM, WAY_A};
	if (is_martian4(ip + 12) || is_martian4(ip + 16))
		return (struct fate){true, AM_V_IP_MARTIAN, WAY_A};
	if (memcmp(ip + 16, own, 4) == 0) /* whoever takes it judges it */
		return (struct fate){.certain = false};
	return lookup(w, &dst, ip[8]);
}

static struct fate judge6(const struct world *w, const uint8_t *ip, uint32_t len)
{
	static const uint8_t own[16] = {0xfd, [15] = 1};
	struct am_ip src = am_ip6(ip + 8), dst = am_ip6(ip + 24);

	if (len < AM_IP6_LEN)
		return (struct fate){true, AM_V_IP6_SHORT, WAY_A};
	if (ip[0] >> 4 != 6)
		return (struct fate){true, AM_V_IP6_VERSION, WAY_A};
	if (AM_IP6_LEN + am_load16(ip + 4) > len)
		return (struct fate){true, AM_V_IP6_PAYLOAD_LENGTH, WAY_A};
	if (is_martian6(&src) || is_martian6(&dst))
		return (struct fate){true, AM_V_IP_MARTIAN, WAY_A};
	if (memcmp(ip + 24, own, 16) == 0)
		return (struct fate){.certain = false};
	return lookup(w, &dst, ip[7]);
}

/* ---- packets ---- */

static void fix(uint8_t *ip, uint16_t len, bool six)
{
	uint16_t sum;

	if (six && len >= AM_IP6_LEN) {
		ip[0] = 0x60;
		am_store16(ip + 4, (uint16_t)(len - AM_IP6_LEN));
	} else if (!six && len >= AM_IP4_LEN) {
		ip[0] = 0x45;
		am_store16(ip + 2, len);
		am_store16(ip + 10, 0);
		sum = am_csum_finish(am_csum_add(ip, AM_IP4_LEN, 0));
		memcpy(ip + 10, &sum, sizeof sum);
	}
}

static void need(bool holds)
{
	if (!holds)
		abort();
}

/* One frame left by this port to the neighbour there, with one hop less and nothing else changed. */
static bool is_forwarded(const struct rig_frame *out, const uint8_t *ip, bool six, enum way way)
{
	const uint8_t mac[AM_MAC_LEN] = {2, 0, 0, 0, 0, way == WAY_A ? 0x0a : 0x0b};
	uint32_t len = six ? AM_IP6_LEN + (uint32_t)am_load16(ip + 4) : am_load16(ip + 2);
	const uint8_t *got = out->bytes + AM_ETH_LEN;
	uint8_t copy[PACKET_MAX];

	if (out->len != AM_ETH_LEN + len || memcmp(out->bytes, mac, sizeof mac) != 0)
		return false;
	memcpy(copy, ip, len);
	copy[six ? 7 : 8]--;
	if (!six)
		memcpy(copy + 10, got + 10, 2);
	return memcmp(copy, got, len) == 0 && (six || am_csum_ip4_is_right(got));
}

static void send(struct rig *r, const struct world *w, const uint8_t *ip, uint16_t len, bool six)
{
	uint8_t frame[AM_ETH_LEN + PACKET_MAX] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9};
	struct fate fate = six ? judge6(w, ip, len) : judge4(w, ip, len);
	uint64_t named = fate.certain && fate.drop != AM_V_OK ? rig_drops(r, fate.drop) : 0;
	uint64_t drops = rig_all_drops(r), errors = rig_count(r, AM_C_ICMP_ERRORS), left = 0, right = 0;
	static const char *const ports[] = {"a", "b"};
	struct rig_frame out;

	am_store16(frame + 12, six ? AM_ET_IPV6 : AM_ET_IPV4);
	memcpy(frame + AM_ETH_LEN, ip, len);
	rig_push(r, "a", 0, frame, (uint16_t)(AM_ETH_LEN + len));
	rig_settle(r);
	for (unsigned p = 0; p < 2; p++)
		for (; rig_pop(r, ports[p], 0, &out); left++)
			right += fate.certain && fate.drop == AM_V_OK && p == (fate.way == WAY_B) &&
				 is_forwarded(&out, ip, six, fate.way);
	errors = rig_count(r, AM_C_ICMP_ERRORS) - errors;
	drops = rig_all_drops(r) - drops;
	need(left + drops == 1 + errors && errors <= 1);
	if (!fate.certain)
		return;
	need(fate.drop == AM_V_OK ? right == 1 && left == 1 && !drops : rig_drops(r, fate.drop) > named);
}

static void play(struct rig *r, const struct world *w, const uint8_t *data, size_t size)
{
	for (unsigned i = 0; i < RECORDS_MAX && size >= 2; i++) {
		uint8_t flags = data[0], ip[PACKET_MAX] = {0};
		uint16_t len = data[1] % PACKET_MAX;

		data += 2;
		size -= 2;
		memcpy(ip, data, len < size ? len : size);
		data += len < size ? len : size;
		size -= len < size ? len : size;
		if (flags & FLAG_FIX)
			fix(ip, len, flags & FLAG_IPV6);
		if (len)
			send(r, w, ip, len, flags & FLAG_IPV6);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world w = {.n = 0};
	struct rig r;

	if (!size)
		return 0;
	if (!pool) {
		need(am_test_eal() == 0);
		pool = rig_pool(BUFFERS);
	}
	make_world(&w, &data, &size);
	rig_open(&r, pool, w.config, 1, 1, false);
	play(&r, &w, data, size);
	rig_close(&r);
	need(rte_mempool_in_use_count(pool) == 0);
	return 0;
}
