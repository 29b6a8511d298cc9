/* SPDX-License-Identifier: BSD-3-Clause */
#include "parts.h"

json_t *conf_print_root(const struct am_config *config)
{
	return conf_print_fields(&conf_root_fields, config);
}

char *am_config_print(const struct am_config *config)
{
	json_t *json = conf_print_root(config);
	char *text = json_dumps(json, JSON_INDENT(2));

	json_decref(json);
	return text;
}
