/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_BGP_ROUTE_TEXT_H
#define AMIME_BGP_ROUTE_TEXT_H
/* Routes and their attributes as JSON, in the forms that people write them. */
#include <jansson.h>

#include "bgp/nlri.h"
#include "bgp/store.h"

json_t *am_bgp_nlri_json(const struct am_bgp_nlri *nlri);
/* Adds them to object. */
void am_bgp_set_json(const struct am_bgp_set *set, json_t *object);

#endif
