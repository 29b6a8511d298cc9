/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONFIG_INDEX_H
#define CONFIG_INDEX_H
/* Objects by name, routes by prefix: made once when a configuration was read, before it is checked. */
#include "config/config.h"

struct am_config_index;

/* NULL: no memory. */
struct am_config_index *conf_index_create(const struct am_config *config);
void conf_index_free(struct am_config_index *index);

#endif
