/* SPDX-License-Identifier: BSD-3-Clause */
#include "policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bgpconf/policy.h"
#include "rpki.h"

static struct am_bgpd_policy *find(const struct am_bgpd *d, const char *name)
{
	struct am_bgpd_policy *p = d->policies;

	while (p && (p->old || strcmp(p->name, name)))
		p = p->next;
	return p;
}

static int add(struct am_bgpd *d, const char *name)
{
	struct am_bgpd_policy *p = calloc(1, sizeof *p);

	if (!p)
		return -ENOMEM;
	strcpy(p->name, name);
	p->use.policy = am_bgpconf_policy(d->config, name);
	p->use.local_as = am_bgpconf_as_outside(d->config);
	p->use.roas = am_bgpd_rpki_table(d->rpki);
	p->next = d->policies;
	d->policies = p;
	return 0;
}

/* What the policy of an entry has become. */
static void renew(const struct am_bgpd *d, struct am_bgpd_policy *p)
{
	const struct am_bgp_policy *now = am_bgpconf_policy(d->config, p->name);

	p->old |= !now || p->use.local_as != am_bgpconf_as_outside(d->config) ||
		  !am_bgp_policy_equal(p->use.policy, now);
	if (!p->old)
		p->use.policy = now;
}

static int want(struct am_bgpd *d, const char *name)
{
	return *name && !find(d, name) ? add(d, name) : 0;
}

int am_bgpd_policies_take(struct am_bgpd *d, struct am_err *err)
{
	int rc = 0;

	for (struct am_bgpd_policy *p = d->policies; p; p = p->next)
		renew(d, p);
	for (uint16_t i = 0; i < d->config->n_neighbors && !rc; i++) {
		rc = want(d, d->config->neighbors[i].import);
		if (!rc)
			rc = want(d, d->config->neighbors[i].export);
	}
	return rc ? am_fail(err, -rc, "cannot take the policies: %s", strerror(-rc)) : 0;
}

void am_bgpd_policies_sweep(struct am_bgpd *d)
{
	struct am_bgpd_policy **at = &d->policies;

	while (*at) {
		struct am_bgpd_policy *p = *at;

		if (!p->old) {
			at = &p->next;
			continue;
		}
		*at = p->next;
		free(p);
	}
}

void am_bgpd_policies_free(struct am_bgpd *d)
{
	for (struct am_bgpd_policy *p = d->policies; p; p = p->next)
		p->old = true;
	am_bgpd_policies_sweep(d);
}

struct am_bgp_filter am_bgpd_filter(const struct am_bgpd *d, const char *name)
{
	const struct am_bgpd_policy *p = *name ? find(d, name) : NULL;

	if (!strcmp(name, "accept"))
		return (struct am_bgp_filter){.run = am_bgp_filter_accept};
	return p ? (struct am_bgp_filter){am_bgp_policy_run, &p->use} : (struct am_bgp_filter){0};
}
