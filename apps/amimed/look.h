/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_LOOK_H
#define AMIMED_LOOK_H
/*
 * What a capture or a trace asks for:
 *   {"method": "capture", "stages": ["rx", "drop"], "interface": "wan", "snaplen": 96, "count": 100, "filter": P, "filter_ip": P}
 *   {"method": "trace", "interface": "to-b", "count": 10, "every": 100, "filter": P, "filter_ip": P}
 * Every key may be left out. P is what filter.h takes: for what begins with Ethernet, and for what begins with IP.
 */
#include <jansson.h>

#include "base/err.h"
#include "filter.h"

enum {
	AM_LOOK_SNAPLEN = 65535,
	AM_LOOK_STORY_SNAPLEN = 256,
};

struct am_look {
	bool stories;
	uint32_t stages; /* bits of enum am_tap_stage */
	char iface[64];  /* empty: all */
	uint32_t snaplen;
	uint32_t count; /* packets or stories; 0: until the asker goes */
	uint32_t every;
	struct am_filter ethernet, ip;
};

/* 0, or -EINVAL and why. */
int am_look_read(const json_t *object, bool stories, struct am_look *out, struct am_err *err);

#endif
