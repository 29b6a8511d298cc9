/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_BGP_CLIENT_H
#define AMIME_BGP_CLIENT_H
/* The other end of the control socket. */
#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"

/* A descriptor; or a negative errno, and why. socket as in struct am_bgp_args. */
int am_bgp_client_connect(const char *socket, struct am_err *err);
/* Takes over request. NULL, and why; *refused: it answered that it will not. */
json_t *am_bgp_client_ask(int fd, json_t *request, bool *refused, struct am_err *err);

#endif
