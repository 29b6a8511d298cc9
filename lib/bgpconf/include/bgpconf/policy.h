/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGPCONF_POLICY_H
#define BGPCONF_POLICY_H
/* The policies of a configuration, as bgp/policy.h runs them. They live as long as the configuration. doc/bgp-policy.md has the keys. */
#include "bgp/policy.h"
#include "bgpconf/bgpconf.h"

/* NULL where there is none of this name. "accept" and "reject" are always there: each says so of every route. */
const struct am_bgp_policy *am_bgpconf_policy(const struct am_bgpconf *config, const char *name);

/* In the order of the file, without the two that are always there; NULL behind the last one. */
const struct am_bgp_policy *am_bgpconf_policy_at(const struct am_bgpconf *config, unsigned i);

/* The key of a condition in the file. */
const char *am_bgpconf_condition_key(enum am_bgp_condition_type type);

#endif
