/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_STORIES_H
#define AMIMED_STORIES_H
/*
 * What happened to packets, gathered from the records of all workers. A story that another worker goes on with is told when
 * both parts are here.
 */
#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "pipeline/tap.h"

struct am_stories;

/* Names an interface's row of counters: {"interface": "wan", "kind": "port"}; NULL: memory is short. */
typedef json_t *am_stories_name(void *ctx, uint16_t iface);

/* most: after so many, no other is begun; 0: no end. */
struct am_stories *am_stories_new(uint32_t most, am_stories_name *name, void *ctx);
void am_stories_free(struct am_stories *s);

/* real_ns: the record's time since 1970; now_ns: any clock, the same as for am_stories_next. */
void am_stories_add(struct am_stories *s, const struct am_tap_record *record, const uint8_t *octets,
	uint64_t real_ns, uint64_t now_ns);
/* One that is complete, or with all set, any; NULL where there is none. The caller owns it. */
json_t *am_stories_next(struct am_stories *s, uint64_t now_ns, bool all);
/* As many as were asked for have been given out. */
bool am_stories_told(const struct am_stories *s);

#endif
