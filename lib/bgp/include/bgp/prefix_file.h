/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_PREFIX_FILE_H
#define BGP_PREFIX_FILE_H
/*
 * Files of prefix lists, as bgpq4 and people write them. One file may mix all of these but JSON:
 *
 *   plain   203.0.113.0/24                      with "le 28", "ge 25 le 28", "{25,28}" or "+" (and longer) behind it, and
 *                                               "permit" or "deny" before it
 *   FRR     ip prefix-list NAME seq 5 permit 203.0.113.0/24 le 28        (bgpq4 without a format; "no" lines, descriptions)
 *   BIRD    NAME = [ 203.0.113.0/24, 2001:db8::/32{33,48} ];             (bgpq4 -b; "define" before it)
 *   JSON    { "NAME": [ { "prefix": "203.0.113.0/24", "exact": false, "less-equal": 28 } ] }        (bgpq4 -j)
 *
 * Comments begin with #, !, // or stand between slash and asterisk.
 *
 * No RFC: these are the forms of bgpq4, FRR and BIRD. Ownership: text stays the caller's, and out->name points into it; out->entries is the
 * caller's. Threads: nothing is shared.
 */
#include <stddef.h>

#include "base/err.h"
#include "bgp/prefix_list.h"

/* The entries of one list. */
struct am_bgp_prefix_file {
	struct am_bgp_prefix_entry
		*entries; /* in the order of the file; sequence numbers as FRR gives them */
	size_t n;
	/* The name of the list that was taken; empty where the file names none. It points into the text. */
	const char *name;
	size_t name_len;
};

/* Each thing that is wrong: line and column count from 1, the sentence says what to do. */
typedef void (*am_bgp_complain)(void *to, unsigned line, unsigned column, const char *text);

enum { AM_BGP_PREFIX_COMPLAINTS = 20 }; /* after so many no more are looked for */

/*
 * All entries of the list of this name. NULL: of the only one there is; a file that has several is complained about then. 0; -EINVAL
 * after at least one complaint; -ENOMEM. out->entries is freed with am_bgp_prefix_file_free() after 0.
 */
int am_bgp_prefix_file_parse(const char *text, size_t len, const char *name, am_bgp_complain complain,
	void *to, struct am_bgp_prefix_file *out);
/* Its entries. One that was never filled, and is zeroed, may be freed, too. */
void am_bgp_prefix_file_free(struct am_bgp_prefix_file *file);

/* One entry in the plain form, which fills the text. 0; or -EINVAL, and err says why. */
int am_bgp_prefix_entry_parse(const char *text, struct am_bgp_prefix_entry *out, struct am_err *err);

#endif
