/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_SHOW_ACLS_H
#define AMIMED_SHOW_ACLS_H
/* What `show acls` answers: each rule with what it matched, and where its list is used. NULL only where memory is short. */
#include <jansson.h>

struct am_daemon;

json_t *am_show_acls(const struct am_daemon *d);

#endif
