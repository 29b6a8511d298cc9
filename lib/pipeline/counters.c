/* SPDX-License-Identifier: BSD-3-Clause */
#include "pipeline/counters.h"

#include <stddef.h>

static const struct {
	const char *name;
	const char *text;
} counters[] = {
#define AM_COUNTER(id, counter, text) [AM_C_##id] = {counter, text},
#include "pipeline/counter.def"
#undef AM_COUNTER
};

const char *am_counter_name(enum am_counter c)
{
	return c < AM_COUNTERS ? counters[c].name : NULL;
}

const char *am_counter_text(enum am_counter c)
{
	return c < AM_COUNTERS ? counters[c].text : NULL;
}
