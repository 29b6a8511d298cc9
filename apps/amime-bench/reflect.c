/* SPDX-License-Identifier: BSD-3-Clause */
#include "reflect.h"

#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"
#include "net/ether.h"
#include "net/etherip.h"
#include "net/ip.h"
#include "net/vxlan.h"

enum { SWAP_MAX = 16 };

/* Where the walk is, and what is expected there. */
struct walk {
	uint8_t *p;
	uint32_t left;
	enum { WALK_ETHER, WALK_IP, WALK_END } at;
};

static void swap(uint8_t *a, uint8_t *b, unsigned n)
{
	uint8_t saved[SWAP_MAX];

	memcpy(saved, a, n);
	memcpy(a, b, n);
	memcpy(b, saved, n);
}

static void skip(struct walk *w, uint32_t n)
{
	w->p += n;
	w->left -= n;
}

static void ether(struct walk *w)
{
	struct am_ether eth;

	if (am_ether_parse(w->p, w->left, &eth) != AM_V_OK) {
		w->at = WALK_END;
		return;
	}
	swap(w->p, w->p + AM_MAC_LEN, AM_MAC_LEN);
	w->at = eth.type == AM_ET_IPV4 || eth.type == AM_ET_IPV6 ? WALK_IP : WALK_END;
	skip(w, eth.len);
}

/* The flags alone: a first fragment's checksum covers what is not there. */
static void gre(struct walk *w)
{
	enum { BASE = 4, OPTION = 4, CHECKSUM = 0x80, KEY = 0x20, SEQUENCE = 0x10 };
	uint32_t len = BASE;
	uint16_t type;

	w->at = WALK_END;
	if (w->left < BASE)
		return;
	type = am_load16(w->p + 2);
	len += w->p[0] & CHECKSUM ? OPTION : 0;
	len += w->p[0] & KEY ? OPTION : 0;
	len += w->p[0] & SEQUENCE ? OPTION : 0;
	if (w->left < len)
		return;
	w->at = type == AM_ET_TEB ? WALK_ETHER : WALK_IP;
	skip(w, len);
}

static void udp(struct walk *w)
{
	w->at = WALK_END;
	if (w->left < AM_UDP_LEN + AM_VXLAN_LEN || am_load16(w->p + 2) != AM_VXLAN_PORT)
		return;
	w->at = WALK_ETHER;
	skip(w, AM_UDP_LEN + AM_VXLAN_LEN);
}

/* The fixed part is read here, and not by lib/net's parser: a first fragment's length says more than is there. */
static bool ip_header(const struct walk *w, uint8_t *proto, uint32_t *hlen, uint8_t *addresses, bool *later)
{
	uint8_t family = w->left ? w->p[0] >> 4 : 0;

	*later = false;
	if (family == 4 && w->left >= AM_IP4_LEN) {
		*hlen = (uint32_t)(w->p[0] & 0xf) * 4;
		*proto = w->p[9];
		*addresses = 12;
		*later = am_load16(w->p + 6) & 0x1fff;
		return *hlen <= w->left;
	}
	if (family != 6 || w->left < AM_IP6_LEN)
		return false;
	*hlen = AM_IP6_LEN;
	*proto = w->p[6];
	*addresses = 8;
	if (*proto != AM_PROTO_FRAGMENT)
		return true;
	if (w->left < AM_IP6_LEN + AM_IP6_FRAG_LEN)
		return false;
	*proto = w->p[AM_IP6_LEN];
	*later = am_load16(w->p + AM_IP6_LEN + 2) & 0xfff8;
	*hlen += AM_IP6_FRAG_LEN;
	return true;
}

static void ip(struct walk *w)
{
	uint8_t proto, addresses;
	uint32_t hlen;
	bool later;

	if (!ip_header(w, &proto, &hlen, &addresses, &later)) {
		w->at = WALK_END;
		return;
	}
	if (addresses == 8)
		swap(w->p + 8, w->p + 24, 16);
	else
		swap(w->p + 12, w->p + 16, 4);
	skip(w, hlen);
	w->at = WALK_END;
	if (later)
		return;
	if (proto == AM_PROTO_GRE) {
		gre(w);
	} else if (proto == AM_PROTO_ETHERIP && w->left >= AM_ETHERIP_LEN) {
		w->at = WALK_ETHER;
		skip(w, AM_ETHERIP_LEN);
	} else if (proto == AM_PROTO_UDP) {
		udp(w);
	}
}

void reflect_packet(uint8_t *p, uint32_t len)
{
	struct walk w = {p, len, WALK_ETHER};

	while (w.at != WALK_END) {
		if (w.at == WALK_ETHER)
			ether(&w);
		else
			ip(&w);
	}
}
