/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_AS_REGEX_H
#define BGP_AS_REGEX_H
/*
 * Regular expressions over AS paths, in the form that routers have made familiar. What is matched is the path as it is printed:
 *
 *   64500 64501 {64502,64503}        a sequence, and a set; of a confederation (64512 64513) and [64514,64515]
 *
 *   _        where a number begins or ends: the begin, the end, or anything but a digit
 *   ^ $      begin and end; "^$" is the empty path, of what our own AS originates
 *   .        any character       [0-9] [^ ,]   one of these, or none of these
 *   * + ?    how often           {2} {2,} {2,4}   so often, directly behind a digit or ] ) . only; elsewhere { and } are those of a set
 *   ( | )    alternatives        \( \[ \{ \. ...  the character itself
 *
 * A path fits where any part of it does. An expression becomes a finite automaton when it is compiled: to match takes one step of a table for
 * each character, whatever the expression is, and no memory. What would need a larger automaton than below is refused.
 *
 * No RFC: this is the form of `as-path access-list` of Cisco and FRR; paths are those of RFC 4271 4.3 and 5065 3. Ownership: the text is
 * copied, and an expression is its maker's, until am_bgp_as_regex_free(). Threads: any number may match against one.
 */
#include <stdbool.h>
#include <stddef.h>

#include "bgp/error.h"

enum {
	AM_BGP_AS_REGEX_NODES =
		1024, /* characters and operators, those of repetitions counted as often as they repeat */
	AM_BGP_AS_REGEX_STATES = 1024, /* of the automaton; each takes 36 octets */
	AM_BGP_AS_REGEX_DEPTH = 32,    /* parentheses within each other */
};

struct am_bgp_as_regex;

struct am_bgp_as_regex_error {
	size_t at;       /* octets before the place at fault */
	const char *why; /* what is wrong, and what to do; constant */
};

/* -EINVAL, and *err says why; -E2BIG where it needs too large an automaton, and *err says so; -ENOMEM. */
int am_bgp_as_regex_compile(
	const char *text, size_t len, struct am_bgp_as_regex **out, struct am_bgp_as_regex_error *err);
/* NULL is no expression. */
void am_bgp_as_regex_free(struct am_bgp_as_regex *regex);

/* path is one that was decoded (bgp/as_path.h). */
bool am_bgp_as_regex_match(const struct am_bgp_as_regex *regex, struct am_bgp_span path);

/* As it was given, with a zero behind it. */
const char *am_bgp_as_regex_text(const struct am_bgp_as_regex *regex);
/* Of its automaton: what it costs, in pieces of 36 octets. */
size_t am_bgp_as_regex_states(const struct am_bgp_as_regex *regex);

#endif
