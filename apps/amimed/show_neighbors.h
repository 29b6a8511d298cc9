/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_SHOW_NEIGHBORS_H
#define AMIMED_SHOW_NEIGHBORS_H
/* What `show neighbors` answers, a page: next hops that are waited for, and whom the kernel knows on our links. */
#include <jansson.h>

#include "request.h"

struct am_daemon;

json_t *am_show_neighbors(const struct am_daemon *d, const struct am_request *request);

#endif
