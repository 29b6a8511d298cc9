/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BGP_POLICY_PARTS_H
#define BGP_POLICY_PARTS_H
/* What the files of a policy share. */
#include "bgp/policy.h"

bool am_bgp_condition_holds(const struct am_bgp_condition *condition, const struct am_bgp_policy_use *use,
	const struct am_bgp_path *path);
bool am_bgp_condition_equal(const struct am_bgp_condition *a, const struct am_bgp_condition *b);

/* True where it changed something. Where scratch is full the path is as it was, or half done: it is to be rejected. */
bool am_bgp_action_apply(const struct am_bgp_action *action, const struct am_bgp_policy_use *use,
	struct am_bgp_path *path, struct am_writer *scratch);
bool am_bgp_action_equal(const struct am_bgp_action *a, const struct am_bgp_action *b);

bool am_bgp_patterns_equal(
	const struct am_bgp_community_pattern *a, const struct am_bgp_community_pattern *b, uint32_t n);
/* Where communities of this kind stand, and the attribute's code. */
struct am_bgp_span *am_bgp_communities_of(
	struct am_bgp_attrs *attrs, enum am_bgp_community_kind kind, uint8_t *code);

#endif
