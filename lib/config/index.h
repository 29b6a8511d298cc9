/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONFIG_INDEX_H
#define CONFIG_INDEX_H
/* Ports and tunnels by name, routes by prefix: made once when a configuration was read, before it is checked. */
#include "config/config.h"

struct am_config_index;

/* NULL: no memory. */
struct am_config_index *conf_index_create(const struct am_config *config);
void conf_index_free(struct am_config_index *index);

/* The first route with exactly this prefix; NULL where there is none. */
const struct am_conf_route *conf_route_of(
	const struct am_config *config, enum am_vrf_kind vrf, const struct am_prefix *prefix);

#endif
