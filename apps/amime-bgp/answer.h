/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_BGP_ANSWER_H
#define AMIME_BGP_ANSWER_H
/* What a request gets: JSON, or NULL and why not. */
#include <jansson.h>

#include "daemon.h"
#include "request.h"

json_t *am_bgpd_answer(struct am_bgpd *d, const struct am_bgp_request *request, struct am_err *err);

/* show_*.c, one thing each. */
json_t *am_bgpd_show_neighbors(const struct am_bgpd *d, const char *name, struct am_err *err);
json_t *am_bgpd_show_routes(
	const struct am_bgpd *d, const struct am_bgp_request *request, struct am_err *err);
json_t *am_bgpd_show_policies(const struct am_bgpd *d, const char *name, struct am_err *err);
json_t *am_bgpd_show_counters(const struct am_bgpd *d);

#endif
