/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONFIG_ENDS_H
#define CONFIG_ENDS_H
/* A tunnel's two ends: addresses, or who is asked for them while it runs. Objects are struct am_conf_tunnel. */
#include "parts.h"

extern const char *const conf_family_words[];

void conf_read_local(const struct place *at, void *object);
void conf_read_remote(const struct place *at, void *object);
json_t *conf_print_local(const void *object);
json_t *conf_print_remote(const void *object);

/* What local and remote say of each other, and of the family. */
void conf_check_ends(
	const struct am_config *config, struct am_config_errors *errors, const struct am_conf_tunnel *t);

#endif
