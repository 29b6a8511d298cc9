/* SPDX-License-Identifier: BSD-3-Clause */
#include "pkt/port.h"

const char *am_steer_rule_name(enum am_steer_rule rule)
{
	static const char *const names[] = {
#define AM_STEER(name, text, what) [AM_STEER_##name] = text,
#include "pkt/steer.def"
#undef AM_STEER
	};

	return names[rule];
}

const char *am_steer_rule_text(enum am_steer_rule rule)
{
	static const char *const texts[] = {
#define AM_STEER(name, text, what) [AM_STEER_##name] = what,
#include "pkt/steer.def"
#undef AM_STEER
	};

	return texts[rule];
}
