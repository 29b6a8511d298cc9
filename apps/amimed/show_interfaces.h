/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_SHOW_INTERFACES_H
#define AMIMED_SHOW_INTERFACES_H
/* What `show interfaces` answers: a page of all, or with a name all that is known of those called so. */
#include <jansson.h>

#include "request.h"

struct am_daemon;

/* NULL and err: there is none of that name. */
json_t *am_show_interfaces(const struct am_daemon *d, const struct am_request *request, struct am_err *err);

#endif
