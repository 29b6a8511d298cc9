/* SPDX-License-Identifier: BSD-3-Clause */
/* What a speaker is started with, and a reload does not change. */
#include <string.h>

#include "parts.h"

static bool same_system(const struct am_bgpconf *a, const struct am_bgpconf *b)
{
	return !strcmp(a->name, b->name) && a->port == b->port && a->n_listen == b->n_listen &&
	       !memcmp(a->listen, b->listen, sizeof a->listen);
}

static void keep_system(struct am_bgpconf *now, const struct am_bgpconf *running)
{
	memcpy(now->name, running->name, sizeof now->name);
	now->port = running->port;
	now->n_listen = running->n_listen;
	memcpy(now->listen, running->listen, sizeof now->listen);
}

static bool same_decision(const struct am_bgpconf *a, const struct am_bgpconf *b)
{
	return a->always_compare_med == b->always_compare_med &&
	       a->missing_med_is_worst == b->missing_med_is_worst &&
	       a->multipath_relax == b->multipath_relax && a->multipath == b->multipath &&
	       a->default_local_pref == b->default_local_pref;
}

static void keep_decision(struct am_bgpconf *now, const struct am_bgpconf *running)
{
	now->always_compare_med = running->always_compare_med;
	now->missing_med_is_worst = running->missing_med_is_worst;
	now->multipath_relax = running->multipath_relax;
	now->multipath = running->multipath;
	now->default_local_pref = running->default_local_pref;
}

static bool same_feeds(const struct am_bgpconf *a, const struct am_bgpconf *b)
{
	return a->n_feeds == b->n_feeds &&
	       (!a->n_feeds || !memcmp(a->feeds, b->feeds, a->n_feeds * sizeof *a->feeds));
}

/* Each has an owner all the time. */
static void swap_feeds(struct am_bgpconf *a, struct am_bgpconf *b)
{
	struct am_bgpconf_feed *feeds = a->feeds;
	uint16_t n = a->n_feeds;

	a->feeds = b->feeds;
	a->n_feeds = b->n_feeds;
	b->feeds = feeds;
	b->n_feeds = n;
}

void am_bgpconf_keep_fixed(
	struct am_bgpconf *now, struct am_bgpconf *running, const char *sections[AM_BGPCONF_FIXED + 1])
{
	unsigned n = 0;

	if (!same_system(now, running)) {
		sections[n++] = "system";
		keep_system(now, running);
	}
	if (!same_decision(now, running)) {
		sections[n++] = "decision";
		keep_decision(now, running);
	}
	if (!same_feeds(now, running)) {
		sections[n++] = "feeds";
		swap_feeds(now, running);
	}
	sections[n] = NULL;
}
