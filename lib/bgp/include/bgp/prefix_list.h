/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_PREFIX_LIST_H
#define BGP_PREFIX_LIST_H
/*
 * Prefix lists as routers know them: entries of a prefix and a range of lengths, permit or deny; of those that a route's prefix fits, the one
 * with the lowest sequence number decides, and what fits none is not permitted.
 *
 * A list is made once and then only read. Its memory is 16 octets an IPv4 entry and 28 an IPv6 one, and up to one more word for the index;
 * a look-up costs two or three cache lines however long the list is, and one more for each entry that covers the prefix.
 *
 * No RFC: this is what `ip prefix-list` of Cisco and FRR means. Ownership: a list is its maker's, until am_bgp_prefix_list_free(). Threads: any
 * number may read one list.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct am_bgp_prefix_entry {
	struct am_prefix prefix;
	uint8_t ge, le; /* lengths that fit: prefix.len <= ge <= le <= 32 or 128 */
	bool permit;
	uint32_t seq; /* of entries with one number, the first in the array counts */
};

enum am_bgp_prefix_match {
	AM_BGP_PREFIX_NO_MATCH,
	AM_BGP_PREFIX_PERMIT,
	AM_BGP_PREFIX_DENY,
};

struct am_bgp_prefix_list;

/* The entries are copied. -EINVAL where one contradicts a comment above, -E2BIG above 2^24 of them, -ENOMEM. */
int am_bgp_prefix_list_create(
	const struct am_bgp_prefix_entry *entries, size_t n, struct am_bgp_prefix_list **out);
/* NULL is no list. */
void am_bgp_prefix_list_free(struct am_bgp_prefix_list *list);

/* *seq: of the entry that decided; may be NULL. */
enum am_bgp_prefix_match am_bgp_prefix_list_match(
	const struct am_bgp_prefix_list *list, const struct am_prefix *prefix, uint32_t *seq);
/* Is it permitted? What nothing in the list fits is not. */
bool am_bgp_prefix_list_permits(const struct am_bgp_prefix_list *list, const struct am_prefix *prefix);
/* As a prefix of its own, of 32 or 128 bits. */
bool am_bgp_prefix_list_permits_ip(const struct am_bgp_prefix_list *list, const struct am_ip *ip);

/* Entries in it, those that are never reached, too. */
size_t am_bgp_prefix_list_count(const struct am_bgp_prefix_list *list);
/* Do both hold the same entries, in whatever order they were given? */
bool am_bgp_prefix_list_equal(const struct am_bgp_prefix_list *a, const struct am_bgp_prefix_list *b);

#endif
