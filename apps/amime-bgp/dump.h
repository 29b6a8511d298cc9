/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_BGP_DUMP_H
#define AMIME_BGP_DUMP_H
/*
 * Dumps of the table into files, one at a time, in pieces between two looks at the sockets: on demand, and every so often where the
 * configuration says so. A dump is written beside its file and takes its name when it is whole.
 */
#include <jansson.h>

#include "daemon.h"

struct am_bgpd_dumps;

/* result, which it takes over, or NULL and why. */
typedef void (*am_bgpd_dump_done)(void *ctx, json_t *result, const char *why);

/* NULL, and why. */
struct am_bgpd_dumps *am_bgpd_dumps_open(struct am_bgpd *d, struct am_err *err);
/* Gives up what is under way, and closes its handles; free after the loop has run. */
void am_bgpd_dumps_close(struct am_bgpd_dumps *dumps);
void am_bgpd_dumps_free(struct am_bgpd_dumps *dumps);

/* d->config is a new one: the first dump of a new "every" comes after that time. */
void am_bgpd_dumps_take(struct am_bgpd_dumps *dumps);

/* Begin to write this file; done is called once, later. -EBUSY where a dump is under way, or what the file system said. */
int am_bgpd_dump(
	struct am_bgpd_dumps *dumps, const char *file, am_bgpd_dump_done done, void *ctx, struct am_err *err);
/* Whoever waits with this ctx does not any more. */
void am_bgpd_dump_forget(struct am_bgpd_dumps *dumps, const void *ctx);

#endif
