/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TEST_SITES_H
#define TEST_SITES_H
/*
 * Two sites as configuration texts, mirror images of each other, for every kind of tunnel and payload:
 *
 *   lan -- bridge -- [VXLAN --] tunnel -- wan  =====  wan -- tunnel [-- VXLAN] -- bridge -- lan
 */
#include <stdbool.h>
#include <stddef.h>

struct site_kind {
	const char *type;  /* "gre", "gretap", "etherip", or NULL: VXLAN straight over the port */
	int family;        /* 4 or 6, of the outermost IP */
	int vxlan;         /* 0 none, 4 or 6: family of the VTEPs */
	unsigned stripes;  /* 1 or more outer address pairs */
	const char *extra; /* more of the tunnel's keys, beginning with a comma; or "" */
};

/*
 * side 0 or 1; more is put into "system". Writes at most room octets and fails the test where they do not
 * suffice.
 */
const char *site_config(const struct site_kind *kind, int side, const char *system, char *buf, size_t room);

#endif
