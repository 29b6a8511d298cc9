/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONFIG_DIFF_H
#define CONFIG_DIFF_H
/* What differs between two configurations: pure, by name, in the order it would be done. */
#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"

enum am_diff_action { AM_DIFF_REMOVE, AM_DIFF_CHANGE, AM_DIFF_ADD };
enum am_diff_object {
	AM_OBJ_SYSTEM,
	AM_OBJ_PORT,
	AM_OBJ_TUNNEL,
	AM_OBJ_VRF,
	AM_OBJ_BRIDGE,
	AM_OBJ_XCONNECT,
	AM_OBJ_PREFIX_SET,
	AM_OBJ_ACL
};

/* The worst that a change does to traffic, in rising order. */
enum am_diff_impact {
	AM_IMPACT_NONE,
	AM_IMPACT_BRIEF,   /* some packets, for milliseconds */
	AM_IMPACT_STOPS,   /* some traffic, until something else changes too, or for ever */
	AM_IMPACT_REFUSED, /* a reload with it changes nothing */
};

struct am_diff_item {
	enum am_diff_action action;
	enum am_diff_object object;
	char name[AM_NAME_MAX];
	char what[256];     /* "mtu 2400 -> 2300, ttl 64 -> 32" for a change */
	bool needs_restart; /* takes effect only when the daemon is started anew */
	enum am_diff_impact impact;
	char effect[192]; /* which packets are lost, in words */
};

struct am_diff {
	struct am_diff_item *items;
	size_t n;
};

/* old may be NULL: everything is added. 0 or -ENOMEM. */
int am_config_diff(const struct am_config *old, const struct am_config *new_, struct am_diff *out);
void am_diff_free(struct am_diff *diff);

#endif
