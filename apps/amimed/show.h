/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_SHOW_H
#define AMIMED_SHOW_H
/* What each `show` answers, as JSON. Control thread. NULL only where memory is short. */
#include <jansson.h>

#include "base/err.h"
#include "request.h"

struct am_config;
struct am_daemon;
struct am_iface_counters;

/* "port" */
const char *am_show_kind(int kind);

/* What the workers counted of an interface, and what its driver refused by itself. */
void am_show_read_counters(const struct am_daemon *d, uint16_t iface, struct am_iface_counters *out);
/* Octets of this process that are in memory. */
uint64_t am_show_resident(void);

/* NULL: no memory, or where err says something, what is asked for is not there. */
json_t *am_show(struct am_daemon *d, const struct am_request *request, struct am_err *err);
/* The answer to `show config` as a line; NULL: no memory. Caller frees. */
char *am_show_config(const struct am_daemon *d);
json_t *am_show_history(const struct am_daemon *d);
/* What was wrong with the last one. */
json_t *am_show_errors(const struct am_daemon *d);
json_t *am_show_reload(const struct am_daemon *d);
/* NULL with err where there is no such interface, or no such packet. */
json_t *am_show_explain_packet(
	const struct am_daemon *d, const struct am_packet_ask *ask, struct am_err *err);
/* NULL with err where there is no such tunnel. */
json_t *am_show_explain(const struct am_config *config, const char *tunnel, struct am_err *err);

/* One interface's counters and drops, flat, for telemetry: NULL where there is none of that kind and name. */
json_t *am_show_counters(const struct am_daemon *d, int kind, const char *name);

#endif
