/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NET_VERDICT_H
#define NET_VERDICT_H
/* What became of a packet. Every function that can refuse one says so with one of these. */
#include <stdint.h>

enum am_verdict {
#define AM_VERDICT(name, counter, text) AM_V_##name,
#include "net/verdict.def"
#undef AM_VERDICT
	AM_VERDICTS,
};

/* The counter's name ("frag_overlap") and the sentence for people. */
const char *am_verdict_name(enum am_verdict v);
const char *am_verdict_text(enum am_verdict v);

#endif
