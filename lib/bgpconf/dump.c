/* SPDX-License-Identifier: BSD-3-Clause */
/* Files that are written: the table every so often, and messages as they pass. */
#include <string.h>

#include "parts.h"

static const struct field dump_rows[] = {
	TEXT("rib", struct am_bgpconf, dump.rib),
	UINT("every", struct am_bgpconf, dump.every, 10, 604800, 3600),
	TEXT("messages", struct am_bgpconf, dump.messages),
	UINT("messages_every", struct am_bgpconf, dump.messages_every, 1, 604800, 900),
	UINT("messages_size", struct am_bgpconf, dump.messages_size, 1, 65536, 256),
};
const struct fields bgpconf_dump_fields = FIELDS(dump_rows);

void bgpconf_check_dump(const struct am_bgpconf *c, struct am_config_errors *errors)
{
	if (*c->dump.rib && !strcmp(c->dump.rib, c->dump.messages))
		am_bgpconf_complain(c, errors, "$.dump.messages",
			"the table is written into this file: name another one for messages");
}
