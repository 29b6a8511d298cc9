/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_BGP_POLICY_H
#define AMIME_BGP_POLICY_H
/*
 * Policies in use. What the table was given is an entry of this list, which stays where it is as long as the policy of its name says the
 * same, be it of another configuration: so a reload that changes nothing judges no route again.
 */
#include "bgp/policy.h"
#include "daemon.h"

struct am_bgpd_policy {
	struct am_bgpd_policy *next;
	char name[AM_NAME_MAX];
	bool old; /* its policy changed, or went: it goes when no neighbour has it any more */
	struct am_bgp_policy_use use;
};

/* d->config is a new one: take its policies. Those of the configuration before must live until am_bgpd_policies_sweep(). -ENOMEM. */
int am_bgpd_policies_take(struct am_bgpd *d, struct am_err *err);
/* All neighbours have the filters that d->config names. */
void am_bgpd_policies_sweep(struct am_bgpd *d);
void am_bgpd_policies_free(struct am_bgpd *d);

/* The policy of this name; the empty name is none, which RFC 8212 lets nothing pass for an external neighbour. */
struct am_bgp_filter am_bgpd_filter(const struct am_bgpd *d, const char *name);

#endif
