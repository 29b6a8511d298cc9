/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TABLE_PEERS_H
#define TABLE_PEERS_H
/*
 * Whom we accept tunnel packets from. A peer is a configured (vrf, remote address, local address); behind one
 * there may be several tunnels (EtherIP, GRE, GRETAP, keys) or VNIs. Built whole at commit, then read-only:
 * readers need no protocol.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

struct am_peers;

enum { AM_NO_PEER = 0xffffffff, AM_NO_TARGET = 0xffffffff };

enum am_peer_lookup {
	AM_PEER_FOUND,
	AM_PEER_SOURCE_UNKNOWN, /* local is ours in this vrf, remote is not configured for it */
	AM_PEER_NOT_OURS,       /* local is no address of ours in this vrf */
};

/* What a packet from a peer can be for; part of the second key. */
enum am_peer_use {
	AM_USE_ETHERIP = 1,
	AM_USE_GRE, /* IP inside, no key */
	AM_USE_GRE_KEY,
	AM_USE_GRETAP,
	AM_USE_GRETAP_KEY,
	AM_USE_VXLAN, /* selector is the VNI */
};

struct am_peers_builder;

/* Control thread, before a commit. NULL: no memory. A builder may be built from more than once. */
struct am_peers_builder *am_peers_builder(uint64_t seed);
void am_peers_builder_free(struct am_peers_builder *b);
/*
 * index is the caller's stable number for the triple; adding the triple again with the same index is fine,
 * with another one -EEXIST. -EINVAL where the families differ, -ENOMEM.
 */
int am_peers_add(struct am_peers_builder *b, uint16_t vrf, const struct am_ip *remote,
	const struct am_ip *local, uint32_t index);
/*
 * selector is the GRE key, the VNI, or 0. target is a tunnel or member. -EEXIST where it is taken, -ENOMEM.
 */
int am_peers_add_use(
	struct am_peers_builder *b, uint32_t peer, enum am_peer_use use, uint32_t selector, uint32_t target);
struct am_peers *am_peers_build(const struct am_peers_builder *b); /* NULL: no memory */
void am_peers_free(struct am_peers *peers);

/* Workers. remote and local are addresses in place, 4 or 16 octets by family. *peer is set where FOUND. */
enum am_peer_lookup am_peers_find(const struct am_peers *peers, uint16_t vrf, uint8_t family,
	const uint8_t *remote, const uint8_t *local, uint32_t *peer);
/* The target, or AM_NO_TARGET. */
uint32_t am_peers_use(const struct am_peers *peers, uint32_t peer, enum am_peer_use use, uint32_t selector);

uint64_t am_peers_memory(const struct am_peers *peers);

#endif
