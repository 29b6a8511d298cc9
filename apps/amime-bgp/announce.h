/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_BGP_ANNOUNCE_H
#define AMIME_BGP_ANNOUNCE_H
/* What this speaker originates, and the filters that neighbours name. */
#include "daemon.h"

/* From what the old configuration announces (NULL: nothing) to what the present one does. */
int am_bgpd_announce(struct am_bgpd *d, const struct am_bgpconf *old, struct am_err *err);

#endif
