/* SPDX-License-Identifier: BSD-3-Clause */
#include "arp_nd.h"

#include <string.h>

#include "bridge.h"
#include "net/arp_nd.h"
#include "table/mac_ip.h"

enum { ICMP6_RA = 134, ICMP6_NA = 136 };

/* Most IPv6 packets are none of it, and are told by three octets. */
static inline bool may_be_nd(const uint8_t *ip, uint32_t len)
{
	return len > AM_IP6_LEN && ip[6] == AM_PROTO_ICMPV6 && ip[AM_IP6_LEN] >= ICMP6_RA &&
	       ip[AM_IP6_LEN] <= ICMP6_NA;
}

static bool read_it(const struct am_frame *f, struct am_arp_nd *q)
{
	const uint8_t *payload = am_buf_data(f->m) + f->eth.len;
	uint32_t len = am_buf_len(f->m) - f->eth.len;

	if (f->eth.type == AM_ET_ARP)
		return am_arp_read(payload, len, q);
	return may_be_nd(payload, len) && am_nd_read(payload, len, q);
}

/* What it says of itself, from the MAC that it sends from: an answer in somebody else's name is not kept. */
static void learn(
	struct am_worker *w, const struct am_frame *f, const struct am_member *in, const struct am_arp_nd *q)
{
	struct am_mac_ips *table = w->roots->mac_ips;
	struct am_learn_pair pair = {.bridge = in->bridge, .member = in->id, .ip = q->teller, .mac = q->mac};
	struct am_mac_ip known;
	uint32_t number;
	bool same;

	if (in->kind == AM_MEMBER_IRB ||
		memcmp(am_buf_data(f->m) + AM_MAC_LEN, q->mac.bytes, AM_MAC_LEN) != 0)
		return;
	pair.flags = (uint8_t)((q->router ? AM_MAC_IP_ROUTER : 0) | (q->override ? AM_MAC_IP_OVERRIDE : 0));
	number = am_mac_ips_find(table, in->bridge, &q->teller, &known);
	same = number != AM_MAC_IP_NONE && !memcmp(&known.mac, &q->mac, sizeof known.mac);
	if (same && (known.flags & ~(AM_MAC_IP_HELD | AM_MAC_IP_FIXED)) == pair.flags)
		am_mac_ips_see(table, number, (uint32_t)(w->now.ns / AM_S));
	else if (number == AM_MAC_IP_NONE || same || q->override)
		am_learn_report_pair(w, &pair);
}

/* Who hears it would send to the wrong MAC what is for a host that the file names, or for the bridge itself. */
static bool is_spoofed(const struct am_worker *w, const struct am_member *in, const struct am_arp_nd *q)
{
	struct am_mac_ip known;

	return q->claims && in->kind != AM_MEMBER_IRB &&
	       am_mac_ips_find(w->roots->mac_ips, in->bridge, &q->teller, &known) != AM_MAC_IP_NONE &&
	       known.flags & AM_MAC_IP_FIXED && memcmp(&known.mac, &q->mac, sizeof known.mac) != 0;
}

/* Is the host behind the member that asks? Then it hears the question itself. */
static bool is_behind(const struct am_worker *w, const struct am_member *in, const struct am_mac *mac)
{
	uint32_t slot,
		value = am_fdb_lookup(w->plane->conf.fdb, am_fdb_make_key(mac->bytes, in->bridge), &slot);

	return value && (value & AM_FDB_MEMBER) == in->id;
}

static void answer(struct am_worker *w, struct am_frame *f, const struct am_member *in,
	const struct am_arp_nd *q, const struct am_mac_ip *known)
{
	const struct am_arp_nd_answer a = {.mac = known->mac,
		.router = known->flags & AM_MAC_IP_ROUTER,
		.override = known->flags & AM_MAC_IP_OVERRIDE};

	if (q->family == AM_IPV6)
		am_buf_set_len(f->m, (uint16_t)(f->eth.len + AM_ARP_ND_ROOM));
	am_arp_nd_write(am_buf_data(f->m), f->eth.len, q, &a);
	am_count(w, f->iface, AM_C_ARP_ND_ANSWERED, 1);
	f->hashed = false;
	if (in->kind == AM_MEMBER_IRB)
		am_bridge_to_irb(w, f, in);
	else
		am_output(w, f, in);
}

/*
 * RFC 9161 3.2: questions to all are answered, those for duplicates too; questions to one host are that host's. What comes from
 * another VTEP was asked there.
 */
static bool settle(
	struct am_worker *w, struct am_frame *f, const struct am_member *in, const struct am_arp_nd *q)
{
	const uint8_t *frame = am_buf_data(f->m);
	struct am_mac_ip known;

	if (!q->asks || !am_mac_is_group(frame) || in->kind == AM_MEMBER_VTEP)
		return false;
	if (am_mac_ips_find(w->roots->mac_ips, in->bridge, &q->target, &known) == AM_MAC_IP_NONE) {
		if (!w->roots->bridges[in->bridge]->drop_unknown || in->kind == AM_MEMBER_IRB)
			return false;
		am_drop(w, f->iface, AM_V_BRIDGE_UNKNOWN_HOST, f->m);
		return true;
	}
	if (known.flags & AM_MAC_IP_HELD || !memcmp(frame + AM_MAC_LEN, known.mac.bytes, AM_MAC_LEN) ||
		is_behind(w, in, &known.mac) || am_buf_tailroom(f->m) < AM_ARP_ND_ROOM)
		return false;
	answer(w, f, in, q, &known);
	return true;
}

bool am_arp_nd_take(struct am_worker *w, struct am_frame *f)
{
	const struct am_member *in = w->roots->members[f->member];
	struct am_arp_nd q;

	if ((f->eth.type != AM_ET_ARP && f->eth.type != AM_ET_IPV6) ||
		!w->roots->bridges[in->bridge]->suppress || f->eth.tags || !read_it(f, &q))
		return false;
	if (q.tells)
		learn(w, f, in, &q);
	if (is_spoofed(w, in, &q))
		am_drop(w, f->iface, AM_V_BRIDGE_SPOOFED_HOST, f->m);
	else if (!settle(w, f, in, &q))
		return false;
	f->m = NULL;
	f->to = 0;
	return true;
}

void am_arp_nd_burst(struct am_worker *w)
{
	for (struct am_frame *f = w->frames, *end = f + w->n_frames; f < end; f++)
		if (f->m)
			am_arp_nd_take(w, f);
}
