/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PKT_REASM_H
#define PKT_REASM_H
/*
 * Reassembly of outer datagrams: one table per worker, no locks.
 *
 * Key: (peer, family, protocol, identification), on IPv6 without the protocol, since fragments of one packet
 * may name different ones (RFC 8200 4.5); a peer is a configured (vrf, remote, local) address triple, so
 * nothing is ever created for anybody else. Any order, any split, 2 to 4 fragments, output linear: the
 * longest piece that has the room becomes the datagram and the others are copied onto it. Overlap drops the
 * whole datagram and what comes later of it (RFC 5722); an exact duplicate is dropped alone; contradictions
 * (two last fragments, two different firsts) kill it. ECN as RFC 3168 5.3. The hash is seeded.
 *
 * Caps and floods. Entries are capped in all and per peer; who needs one too many gives up the oldest: its
 * own where it is at its cap, or where the table is full and it holds its even share of it or more; else the
 * oldest of all. Age counts from the first fragment and nothing refreshes it. So:
 *  - While neither the table nor the buffers are full, a peer's datagram is pushed out only if between its
 *    first and its last fragment peer_entries other datagrams of the same peer begin, lone fragments included.
 *    The default cap of 3,072 holds good halves 200 datagrams apart with ten lone fragments to each (2,400).
 *  - In a full table, or where no more buffers may be held, peers at their even share or above recycle their
 *    own entries, so that a flood in the name of some pushes out others only while it is below its share.
 *  - Oldest first is kept on purpose: nothing tells a hostile lone half from a good one before its other half
 *    comes, and any other order gives up the guarantee above for a probability.
 *  - A hostile fragment whose key is that of a good datagram (held, or to come within the timeout) spoils that
 *    one and no other: losses are at most the number of colliding fragments. With S random IPv4
 *    identifications a second, held for T, a good datagram meets one with a probability of at most
 *    min(S * T, peer_entries) / 65,536, 4.7 % at the default cap; on IPv6 2^-32 times that cap. Only a GRE
 *    checksum tells a half that was put in from a true one (RFC 4963).
 *  - A flood does not shorten the IPv4 timeout: the rate is that of datagrams made whole. Since half of the time
 *    to a wrap is taken, the rule still holds where every second datagram of the peer is lost on its way.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "net/ip.h"
#include "net/verdict.h"

struct rte_mbuf;
struct am_reasm;

enum { AM_REASM_FRAGMENTS = 4 };

struct am_reasm_conf {
	uint32_t entries;      /* cap on datagrams held, a power of two; also the table's size */
	uint32_t peer_entries; /* cap per peer */
	uint32_t buffers;      /* cap on fragments held, at least 8; 0: as many as the entries can hold */
	uint32_t peers;        /* peer indices are below this */
	uint64_t seed;
	uint64_t timeout6_ns;                      /* 1 s */
	uint64_t timeout4_min_ns, timeout4_max_ns; /* 20 ms, 500 ms */
	uint32_t id_range; /* IPv4 identifications one sender's worker range holds; 65,536 */
};

/* The timeouts that are usual; buffers 0. */
struct am_reasm_conf am_reasm_usual(uint32_t entries, uint32_t peer_entries, uint32_t peers, uint64_t seed);

struct am_reasm_stats {
	uint64_t reassembled; /* datagrams made whole */
	uint64_t fragments;   /* fragments seen */
	uint32_t live;    /* entries in use now: datagrams held, and killed ones until their time is over */
	uint32_t buffers; /* buffers held now */
	uint64_t memory;  /* octets of the table itself */
};

/*
 * Who is told of each packet that dies inside the table: the peer it came from and why. Never of AM_V_HELD.
 */
typedef void am_reasm_drop(void *ctx, uint32_t peer, enum am_verdict why, unsigned packets);

/* NULL where memory is short. drop is called from am_reasm_add, am_reasm_take and am_reasm_expire. */
struct am_reasm *am_reasm_create(const struct am_reasm_conf *conf, am_reasm_drop *drop, void *ctx);
void am_reasm_free(struct am_reasm *r);

/*
 * What becomes of fragments that never met their first one, when their time is over, they are pushed out, or their datagram is
 * longer than any of ours: true where orphan took m (with the link header in front, padding gone); otherwise it is dropped and reported like all others.
 */
typedef bool am_reasm_orphan(void *ctx, uint32_t peer, struct rte_mbuf *m);
void am_reasm_on_orphan(struct am_reasm *r, am_reasm_orphan *orphan);

/*
 * Take a fragment. m's data begins with l2_len octets of link header, then the IP header that hdr describes
 * (hdr->frag is true). max_len bounds the whole datagram, IP header included. m is consumed in every case.
 * Returns the whole datagram with a link header of l2_len octets in front (at most 32), m's or that of
 * another of its fragments; *hdr describes it (frag false, IPv6 without its Fragment header, lengths and
 * checksum in the packet rewritten). NULL: held, or dropped and reported.
 */
struct rte_mbuf *am_reasm_add(struct am_reasm *r, uint32_t peer, struct rte_mbuf *m, uint16_t l2_len,
	struct am_ip_hdr *hdr, uint32_t max_len, am_time now);

enum { AM_REASM_NO_NOTE = 0xffffffff };

/* A fragment of a known peer, below conf.peers, in the form that am_ip4_fragment and its like let through. */
struct am_reasm_part {
	struct rte_mbuf *m;
	uint64_t key;    /* peer and identification */
	uint32_t *chain; /* the table's own */
	uint32_t note;   /* what the caller wants to be told of a first half when it is whole */
	uint16_t kind;   /* family and protocol */
	uint16_t l2_len;
	uint16_t data; /* where its octets of the datagram begin, from m's first: behind the last header */
	uint16_t at, len;
	uint8_t ecn;
	bool more;
};

static inline uint64_t am_reasm_key(uint32_t peer, uint32_t id)
{
	return (uint64_t)peer << 32 | id;
}

/* RFC 8200: fragments of one IPv6 packet may name different next headers. */
static inline uint16_t am_reasm_kind(uint8_t family, uint8_t proto)
{
	return (uint16_t)(family << 8 | (family == AM_IPV6 ? 0 : proto));
}

/* One from what is known of its header. */
static inline void am_reasm_describe(struct am_reasm_part *p, uint32_t peer, struct rte_mbuf *m,
	uint16_t l2_len, const struct am_ip_hdr *hdr, uint32_t note)
{
	p->m = m;
	p->key = am_reasm_key(peer, hdr->frag_id);
	p->note = note;
	p->kind = am_reasm_kind(hdr->family, hdr->proto);
	p->l2_len = l2_len;
	p->data = (uint16_t)(l2_len + am_ip_fragment_at(hdr));
	p->at = hdr->frag_at;
	p->len = (uint16_t)(hdr->hlen + hdr->plen - am_ip_fragment_at(hdr));
	p->ecn = hdr->tos & 3;
	p->more = hdr->more;
}

/* A datagram that is whole. */
struct am_reasm_whole {
	struct rte_mbuf *m;
	const struct am_reasm_part
		*last; /* the part that made it so; what is in front of m is as long as its link header */
	uint32_t note; /* of the first half; AM_REASM_NO_NOTE: there is none */
	bool headers;  /* are those of a whole packet; else still the first half's, for whom that is enough */
};

/*
 * Take n fragments, in order, each as am_reasm_add would; max_end bounds a whole datagram with its link header. Returns how
 * many are whole in *whole, which has room for n, in the order in which they became so.
 */
unsigned am_reasm_take(struct am_reasm *r, struct am_reasm_part *part, unsigned n, uint32_t max_end,
	am_time now, struct am_reasm_whole *whole);

/* Two halves of a datagram that came one after the other. */
struct am_reasm_pair {
	struct rte_mbuf *first, *rest;
	struct am_halves halves; /* of both in this order: what am_ip4_halves or its like found */
	uint32_t peer;
	uint32_t data;    /* where octets of the datagram begin in each */
	uint32_t max_end; /* of a whole one with its link header */
	am_time now;
};

/*
 * Where nothing of the datagram is held its halves become whole without the table, as am_reasm_add of one and of the
 * other would have made them, but that the headers in front are still the first half's: all is in first then, and rest
 * is gone. False: nothing has happened.
 */
bool am_reasm_pair(struct am_reasm *r, const struct am_reasm_pair *pair);

/* Where the headers in front of a whole datagram are still its first half's: those of a whole packet. */
void am_reasm_headers(struct rte_mbuf *whole, uint16_t l2_len, uint8_t family);

/* Buffers that reassembly has emptied are kept for a while, to be freed together: now is the time, once a burst. */
void am_reasm_release(struct am_reasm *r);

/* Drop what is overdue; at most budget datagrams. Cheap where nothing is. */
void am_reasm_expire(struct am_reasm *r, am_time now, unsigned budget);

/* Drop everything held for one peer: it left the configuration. */
void am_reasm_forget(struct am_reasm *r, uint32_t peer);

void am_reasm_stats(const struct am_reasm *r, struct am_reasm_stats *out);

/* The IPv4 timeout in force for a peer, from its measured rate of datagrams. */
uint64_t am_reasm_timeout4(const struct am_reasm *r, uint32_t peer);

#endif
