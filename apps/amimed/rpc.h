/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_RPC_H
#define AMIMED_RPC_H
/*
 * The control socket, /run/amime/<name>.sock, with mode and group as system.control_mode and control_group say. It is also what keeps two instances of one name apart: a
 * socket that somebody answers on is taken, one that nobody answers on was left behind and is replaced.
 */
#include <stdbool.h>

#include "base/err.h"

struct am_daemon;
struct am_rpc;

#define AM_SOCKET_DIR "/run/amime"

/*
 * Bind and listen; requests are answered when the loop runs. NULL only where memory is short: where the socket cannot be
 * bound, err says why, am_rpc_is_open is false, and it is closed like any other.
 */
struct am_rpc *am_rpc_open(struct am_daemon *d, struct am_err *err);
/* After each commit: mode and group as the configuration says now. */
void am_rpc_follow(struct am_rpc *rpc);
bool am_rpc_is_open(const struct am_rpc *rpc);
/* Closes what is open; the loop must run once more. Free after that. */
void am_rpc_close(struct am_rpc *rpc);
void am_rpc_free(struct am_rpc *rpc);

#endif
