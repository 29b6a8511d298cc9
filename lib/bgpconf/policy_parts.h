/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGPCONF_POLICY_PARTS_H
#define BGPCONF_POLICY_PARTS_H
/* What the files that read policies share. */
#include "bgpconf/policy.h"
#include "parts.h"

/* Something that goes with the configuration, and how. */
struct bgpconf_kept {
	struct bgpconf_kept *next;
	void *what;
	void (*destroy)(void *what);
};

struct bgpconf_prefix_list {
	char name[AM_NAME_MAX];
	const struct am_bgp_prefix_list *list; /* NULL: it was complained about */
};

struct bgpconf_as_set {
	char name[AM_NAME_MAX];
	uint32_t n;
	const struct am_bgp_range *ranges;
};

struct bgpconf_community_list {
	char name[AM_NAME_MAX];
	uint32_t n;
	const struct am_bgp_community_pattern *patterns;
};

struct am_bgpconf_policies {
	struct bgpconf_kept *kept;
	uint16_t n_lists, n_as_sets, n_communities, n;
	struct bgpconf_prefix_list *lists;
	struct bgpconf_as_set *as_sets;
	struct bgpconf_community_list *communities;
	struct am_bgp_policy *policies;
};

/* The load that every place of a policy has. */
struct policy_load {
	struct load load; /* first */
	struct am_bgpconf_policies *policies;
	const char *folder; /* of the configuration's file; NULL: it is none */
};

static inline struct policy_load *policy_load(const struct place *at)
{
	return (struct policy_load *)at->load;
}

/* Elements while they are counted. */
struct vector {
	void *items;
	uint32_t n, room;
	size_t size;
};

/* Room for one more, zeroed; NULL and a complaint where there is none. */
void *bgpconf_push(const struct place *at, struct vector *v);
/* Its items, to stay until the configuration goes; NULL where there are none. */
const void *bgpconf_keep_vector(const struct place *at, struct vector *v);
/* False, and a complaint, where memory is short: what is then destroyed. */
bool bgpconf_keep(const struct place *at, void *what, void (*destroy)(void *what));
char *bgpconf_keep_text(const struct place *at, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Of a value, or of each element of an array, which must not be empty. */
typedef void (*read_one)(const struct place *at, void *to);
void bgpconf_each(const struct place *at, read_one read, void *to);

/* Elements are struct am_bgp_prefix_list *, struct am_bgp_range (then sorted), struct am_bgp_community_pattern. */
void bgpconf_read_prefix_lists(const struct place *at, struct vector *v);
void bgpconf_read_as_ranges(const struct place *at, struct vector *v);
void bgpconf_read_numbers(const struct place *at, struct vector *v);
void bgpconf_read_communities(const struct place *at, struct vector *v, bool single);
void bgpconf_sort_ranges(struct vector *v);

/* The sections that have names, in this order. */
void bgpconf_read_named_lists(const struct place *root);

/* Append what an object of conditions, or of actions, says. */
void bgpconf_read_conditions(const struct place *at, struct vector *v, bool negated);
void bgpconf_read_actions(const struct place *at, struct vector *v);

#endif
