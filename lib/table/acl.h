/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TABLE_ACL_PARTS_H
#define TABLE_ACL_PARTS_H
/* A compiled list: made by acl_build.c, read by acl.c. */
#include "table/acl.h"

enum { AM_ACL_FIRST_OCTETS = 257 };

/*
 * Interval i begins at its start, and ends before the next one's. sets[i] is where the words of its set of rules begin. The
 * first start is 0. One interval is no question.
 */
struct am_acl_axis {
	uint32_t n;
	uint32_t *sets;
	union {
		uint16_t *ports;
		uint32_t *ip4;
		unsigned __int128 *ip6;
	} start;
	uint32_t *
		first; /* IPv4: by first octet, the interval that its lowest address is in; and the last one */
};

/* What no axis says. */
struct am_acl_rest {
	uint8_t action, parts;
	bool established;
	bool icmp; /* asks for a type */
	uint8_t icmp_type;
	uint16_t icmp_code; /* or AM_ACL_ANY */
};

struct am_acl {
	unsigned n, words; /* rules, and words of a set of them */
	uint64_t *sets;
	struct am_acl_axis src[2], dst[2]; /* IPv4, IPv6 */
	struct am_acl_axis src_port, dst_port;
	uint32_t protocol[256]; /* sets */
	uint32_t no_ports;      /* the set of rules that match packets without ports, */
	uint32_t later;         /* and later fragments, by what can be asked of those */
	struct am_acl_rest *rest;
	uint64_t octets;
};

#endif
