/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TABLE_MAC_IP_H
#define TABLE_MAC_IP_H
/*
 * The MAC/IP table: (bridge, IP address) to the MAC that has it, for answering ARP and neighbour discovery in its name.
 *
 * One writer (control), any number of readers (workers), no locks. An entry has a number, and stays under it while it is there.
 * Entries of one hash are a chain. Reader protocol: the table has a version, odd while the writer changes something; what was read
 * between two equal even ones belongs together. A reader that meets the writer a few times over takes the address for unknown, which
 * makes one more question that is flooded. Chains are bounded, so a reader is done whatever it meets.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

struct am_mac_ips;

enum {
	AM_MAC_IP_ROUTER = 1,   /* it says of itself that it routes */
	AM_MAC_IP_OVERRIDE = 2, /* its advertisements replace what was known */
	AM_MAC_IP_HELD = 4,     /* two MACs claim the address: nobody answers in their names */
	AM_MAC_IP_FIXED = 8,    /* the file says so, and nothing that passes may say otherwise */

	AM_MAC_IP_NONE = UINT32_MAX,
};

struct am_mac_ip {
	uint16_t bridge;
	struct am_ip ip;
	struct am_mac mac;
	uint8_t flags;
};

/* max entries; pages that are never written take no memory. NULL: no memory. */
struct am_mac_ips *am_mac_ips_create(uint32_t max, uint64_t seed);
void am_mac_ips_free(struct am_mac_ips *t);

/* Anybody: the entry's number, or AM_MAC_IP_NONE. */
uint32_t am_mac_ips_find(
	const struct am_mac_ips *t, uint16_t bridge, const struct am_ip *ip, struct am_mac_ip *out);

/* Workers: somebody has just said that this entry is right. Written at most once a second. */
void am_mac_ips_see(struct am_mac_ips *t, uint32_t number, uint32_t now_s);

/* The writer. Put an entry in, or change the one of its address: the number, or AM_MAC_IP_NONE where there is no room. */
uint32_t am_mac_ips_set(struct am_mac_ips *t, const struct am_mac_ip *entry, uint32_t now_s);
void am_mac_ips_del(struct am_mac_ips *t, uint32_t number);
/* False: there is none of that number. */
bool am_mac_ips_at(const struct am_mac_ips *t, uint32_t number, struct am_mac_ip *out);
uint32_t am_mac_ips_seen_s(const struct am_mac_ips *t, uint32_t number);
uint32_t am_mac_ips_count(const struct am_mac_ips *t);
uint32_t am_mac_ips_end(const struct am_mac_ips *t); /* no entry has this number or one behind */
uint64_t am_mac_ips_memory(const struct am_mac_ips *t);

#endif
