/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TABLE_ACL_H
#define TABLE_ACL_H
/*
 * Access lists: rules over the headers of IP packets, of which the first that matches decides. What none matches is denied.
 *
 * A list is compiled into axes: source and destination by family, both ports, and the protocol. Each axis cuts its values
 * into intervals, and each interval names the set of rules that take its values, a bit each. A packet's five sets are ANDed
 * word by word, so the lowest bit that is left is the first rule that may match: thousands of prefixes in one rule cost a
 * binary search, not thousands of compares, and a thousand rules sixteen words. The little that no axis says (TCP flags, ICMP
 * types, fragments) is compared for those rules alone.
 *
 * Reader protocol: a list is immutable, and a snapshot's interfaces point to it.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "net/verdict.h"

enum {
	AM_ACL_RULES = 4096, /* of one list at most */
	AM_ACL_ANY = 256,    /* protocol, ICMP type or code that is not asked for */
	AM_ACL_ROWS =
		1
		<< 18, /* counters of rules of all lists; each list has one more, for what no rule matches */
};

enum am_acl_action { AM_ACL_PERMIT, AM_ACL_DENY, AM_ACL_REJECT };

/* What of a datagram a packet is. */
enum am_acl_part { AM_ACL_WHOLE = 1, AM_ACL_FIRST = 2, AM_ACL_LATER = 4, AM_ACL_PARTS = 7 };

enum { AM_ACL_IPV4 = 1, AM_ACL_IPV6 = 2 };

struct am_acl_range {
	uint16_t from, to;
};

/* One end of what a rule matches. */
struct am_acl_side {
	bool any;            /* address */
	uint32_t n_prefixes; /* else one of these; those of the other family match nothing */
	const struct am_prefix *prefixes;
	uint16_t n_ports; /* 0: any, or none */
	const struct am_acl_range *ports;
};

/*
 * What is asked of ports, flags and ICMP types cannot be asked of a later fragment. As RFC 1858 has it, those of what is
 * permitted pass, since without their first fragment they are nothing: to them a rule that permits matches by the rest of it,
 * and one that denies does not match.
 */
struct am_acl_rule {
	enum am_acl_action action;
	uint8_t families; /* AM_ACL_IPV4 | AM_ACL_IPV6 */
	uint8_t parts;    /* enum am_acl_part, ORed */
	bool established; /* TCP with ACK or RST */
	uint16_t protocol, icmp_type, icmp_code;
	struct am_acl_side src, dst; /* ports only where the protocol has them */
};

struct am_acl;

/* Compiled; the rules are not needed any more. 0, -EINVAL (too many of them) or -ENOMEM. */
int am_acl_create(const struct am_acl_rule *rules, unsigned n, struct am_acl **out);
void am_acl_free(struct am_acl *acl);
uint64_t am_acl_memory(const struct am_acl *acl);

/* What rules are asked of a packet. */
struct am_acl_key {
	const uint8_t *src, *dst; /* in the packet */
	uint8_t family;
	uint8_t protocol; /* behind extension headers */
	uint8_t part;     /* enum am_acl_part */
	uint8_t tcp_flags;
	uint16_t src_port, dst_port; /* 0 where the protocol has none */
	uint8_t icmp_type, icmp_code;
};

/*
 * Of an IP packet that was validated for forwarding, with all of its len octets. AM_V_ACL_HEADERS: its headers cannot be
 * walked, or it is too short for them. AM_V_ACL_TINY: a fragment made to hide them (RFC 1858, RFC 3128).
 */
enum am_verdict am_acl_read(const uint8_t *ip, uint32_t len, uint8_t family, struct am_acl_key *out);

/* The first rule that matches, by its index; as many as there are where none does. */
unsigned am_acl_match(const struct am_acl *acl, const struct am_acl_key *key);
/* Of that index. */
enum am_acl_action am_acl_action(const struct am_acl *acl, unsigned rule);
unsigned am_acl_rules(const struct am_acl *acl);

#endif
