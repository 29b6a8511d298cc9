/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sections of policies alone, around them a file that is right: they load, or say where they do not; what loads judges a route without
 * harm, and is the same as itself loaded again.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgpconf/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char before[] = "{\"as\":65000,\"router_id\":\"10.0.0.1\",";

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

static void judge(const struct am_bgp_policy *policy, enum am_bgp_family family)
{
	static uint8_t room[AM_BGP_FILTER_ROOM];
	static const uint8_t as_path[] = {2, 2, 0, 0, 0, 1, 0, 0, 0, 2};
	static const uint8_t communities[] = {0, 1, 0, 1, 255, 255, 2, 154};
	const struct am_bgp_neighbour from = {.as = 1, .address = {AM_IPV4, {10, 0, 0, 2}}};
	const struct am_bgp_policy_use use = {.policy = policy, .local_as = 65000};
	struct am_bgp_nlri nlri = {.family = family};
	struct am_bgp_path path = {.nlri = &nlri,
		.from = &from,
		.attrs = {.has = AM_BGP_HAS(1) | AM_BGP_HAS(2) | AM_BGP_HAS(8),
			.as_path = {as_path, sizeof as_path},
			.communities = {communities, sizeof communities}},
		.next_hop = {4, {10, 0, 0, 2}}};
	struct am_writer w = am_writer(room, sizeof room);

	if (family == AM_BGP_L2VPN_EVPN)
		nlri.evpn = (struct am_bgp_evpn){.type = 5, .ip = {AM_IPV4, {10}}, .ip_len = 8};
	else
		nlri.prefix =
			(struct am_prefix){{family == AM_BGP_IPV4_UNICAST ? AM_IPV4 : AM_IPV6, {10}}, 8};
	if (am_bgp_policy_run(&use, &path, &w) == AM_BGP_FILTER_REJECT)
		demand(path.why && *path.why, "rejected without a reason");
}

static void check(const struct am_bgpconf *c, const char *text, size_t len)
{
	struct am_config_errors errors = {0};
	struct am_bgpconf *again = am_bgpconf_load(text, len, &errors);
	const struct am_bgp_policy *p;

	demand(again != NULL, "what loads does not load again");
	for (unsigned i = 0; (p = am_bgpconf_policy_at(c, i)); i++) {
		for (int f = 0; f < AM_BGP_FAMILIES; f++)
			judge(p, (enum am_bgp_family)f);
		demand(am_bgp_policy_equal(p, am_bgpconf_policy_at(again, i)),
			"it is not what it is loaded again");
	}
	am_bgpconf_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct am_config_errors errors = {0};
	size_t len = sizeof before - 1 + size;
	char *text = malloc(len + 1);
	struct am_bgpconf *c;

	memcpy(text, before, sizeof before - 1);
	if (size)
		memcpy(text + sizeof before - 1, data, size);
	c = am_bgpconf_load(text, len, &errors);
	demand((c == NULL) == (errors.n > 0), "an error without a reason, or a reason without an error");
	for (size_t i = 0; i < errors.n; i++)
		demand(*errors.items[i].path == '$' && *errors.items[i].text, "an error that says nothing");
	if (c)
		check(c, text, len);
	am_bgpconf_free(c);
	am_config_errors_free(&errors);
	free(text);
	return 0;
}
