/* SPDX-License-Identifier: BSD-3-Clause */
#include "limit_route.h"

#include <string.h>

#include "base/bytes.h"
#include "net/csum.h"
#include "net/ether.h"
#include "net/forward.h"
#include "net/ip.h"
#include "pkt/buf.h"
#include "table/fib_read.h"

static inline bool is_right4(const uint8_t *ip, uint32_t has)
{
	return ip[0] == 0x45 && am_load16(ip + 2) <= has && ip[8] > 1 && am_csum_ip4_is_right(ip);
}

static inline bool is_right6(const uint8_t *ip, uint32_t has)
{
	return ip[0] >> 4 == AM_IPV6 && AM_IP6_LEN + (uint32_t)am_load16(ip + 4) <= has && ip[7] > 1;
}

/* Those that are right, without a gap, and where they go; family is a constant where this is inlined. */
static inline __attribute__((always_inline)) unsigned check(const struct am_fib *fib, uint8_t family,
	struct rte_mbuf **m, unsigned n, struct rte_mbuf **out, const uint8_t **to)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < n; i++) {
		const uint8_t *ip = am_buf_data(m[i]) + AM_ETH_LEN;
		uint32_t has = am_buf_len(m[i]) - AM_ETH_LEN;

		out[kept] = m[i];
		to[kept] = am_ip_dst(ip, family);
		am_fib_ask(fib, family, to[kept]);
		kept += family == AM_IPV4 ? is_right4(ip, has) : is_right6(ip, has);
	}
	return kept;
}

static inline __attribute__((always_inline)) unsigned route(const struct am_fib *fib, uint8_t family,
	struct limit_neighbour *neighbours, struct rte_mbuf **m, unsigned n, struct rte_mbuf **out)
{
	const uint8_t *to[AM_FIB_BULK_MAX];
	uint32_t values[AM_FIB_BULK_MAX];
	unsigned kept = check(fib, family, m, n, out, to), sent = 0;

	if (!kept)
		return 0;
	am_fib_lookup_asked(fib, to, kept, values);
	for (unsigned i = 0; i < kept; i++) {
		struct limit_neighbour *neighbour = &neighbours[values[i] % LIMIT_NEIGHBOURS];
		uint8_t *frame = am_buf_data(out[i]);

		memcpy(frame, neighbour->head, 2 * AM_MAC_LEN);
		am_forward_hop(frame + AM_ETH_LEN, family);
		neighbour->packets++;
		neighbour->octets += am_buf_len(out[i]);
		out[sent] = out[i];
		sent += values[i] != 0;
	}
	return sent;
}

unsigned limit_route(const struct am_fib *fib, struct limit_neighbour neighbours[LIMIT_NEIGHBOURS],
	struct rte_mbuf **m, unsigned n, struct rte_mbuf **out)
{
	return fib->family == AM_IPV4 ? route(fib, AM_IPV4, neighbours, m, n, out)
				      : route(fib, AM_IPV6, neighbours, m, n, out);
}
