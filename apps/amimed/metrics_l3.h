/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef AMIMED_METRICS_L3_H
#define AMIMED_METRICS_L3_H
/* What routing, and the kernel beside it, have for Prometheus. */
#include "metrics.h"

struct am_daemon;

void am_metrics_l3(struct am_metrics *m, const struct am_daemon *d);

#endif
