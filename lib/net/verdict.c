/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/verdict.h"

struct verdict_row {
	const char *name, *text;
};

static const struct verdict_row verdict_rows[AM_VERDICTS] = {
#define AM_VERDICT(name, counter, text) [AM_V_##name] = {counter, text},
#include "net/verdict.def"
#undef AM_VERDICT
};

const char *am_verdict_name(enum am_verdict v)
{
	return (unsigned)v < AM_VERDICTS ? verdict_rows[v].name : "unknown";
}

const char *am_verdict_text(enum am_verdict v)
{
	return (unsigned)v < AM_VERDICTS ? verdict_rows[v].text : "not a verdict";
}
