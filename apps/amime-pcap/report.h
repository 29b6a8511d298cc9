/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIME_PCAP_REPORT_H
#define AMIME_PCAP_REPORT_H
/*
 * Counters as JSON: everything that is not zero, by name, in a stable order, so that two runs compare as
 * text.
 */
#include "base/err.h"
#include "replay.h"

/* file may be "-". 0 or -errno with err. */
int report_write(const struct replay *r, const char *file, struct am_err *err);

#endif
